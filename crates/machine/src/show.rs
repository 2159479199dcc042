//! Short pictures of values for messages and traces: nothing is forced, depth and width are bounded.

use nivose_base::literal::{write_name, write_string};
use nivose_base::{Symbol, float};
use nivose_heap::{Attrs, Thunk, ThunkState, Value, View};

use crate::attrs::order_of;
use crate::shared::{Shared, describe};

/// How much of a value is shown.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Levels of lists and sets.
    pub depth: usize,
    /// Attributes of one set.
    pub attributes: usize,
    /// Elements of one list.
    pub elements: usize,
    /// Bytes of one string.
    pub string: usize,
    /// Characters of the source text by which unevaluated expressions are shown; with none they are all shown alike.
    pub source: usize,
}

/// The limits of messages.
pub const IN_MESSAGES: Limits = Limits { depth: 10, attributes: 10, elements: 10, string: 1024, source: 0 };

/// A value as messages show it.
pub fn show(shared: &Shared, value: Value<'_>) -> Vec<u8> {
    show_with(shared, value, IN_MESSAGES)
}

/// A value within limits.
pub fn show_with(shared: &Shared, value: Value<'_>, limits: Limits) -> Vec<u8> {
    let mut shower = Shower { shared, limits, seen: Vec::new(), attributes: 0, elements: 0, out: Vec::new() };
    shower.value(value, limits.depth);
    shower.out
}

/// At most so many characters of a piece of source text, on one line.
pub fn excerpt(text: &[u8], limit: usize) -> String {
    // Longer texts are not looked through.
    let kept = text.len().min(8 * limit);
    let line = String::from_utf8_lossy(&text[..kept]);
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut = line.char_indices().nth(limit).map(|(cut, _)| cut);
    match cut.or((kept < text.len()).then_some(line.len())) {
        Some(cut) => format!("{}…", &line[..cut]),
        None => line,
    }
}

impl Shared {
    /// The text of the expression that a thunk is; an application has none.
    fn source_text_of(&self, thunk: Thunk<'_>) -> Option<&[u8]> {
        let code = thunk.code();
        let is_code = self.codes.find(code).is_some();
        is_code.then(|| self.source_text(code))?.map(|(_, text)| text)
    }
}

/// Writes a picture. The recursion is bounded by the depth of the limits.
struct Shower<'a> {
    shared: &'a Shared,
    limits: Limits,
    /// Sets and lists that were shown, by identity.
    seen: Vec<u64>,
    /// Attributes and elements shown so far: the limits hold for the whole picture.
    attributes: usize,
    elements: usize,
    out: Vec<u8>,
}

impl Shower<'_> {
    fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn value(&mut self, value: Value<'_>, depth: usize) {
        match value.resolved().view() {
            View::Null => self.text("null"),
            View::Bool(b) => self.text(if b { "true" } else { "false" }),
            View::Int(i) => self.text(&i.to_string()),
            View::Float(f) => self.text(&float::general(f)),
            View::String(string) => self.string(string.bytes()),
            View::Path(path) => self.out.extend_from_slice(path),
            View::List(list) => self.list(value.resolved(), list, depth),
            View::Attrs(set) => self.attrs(set, depth),
            View::Closure(code) => self.closure(code, 0),
            View::Builtin(builtin) => self.builtin("«primop ", builtin.0),
            View::Partial { function, arguments } => self.partial(function, arguments.len()),
            View::Thunk(thunk) => self.thunk(thunk),
            View::Internal => self.text("«internal»"),
        }
    }

    fn thunk(&mut self, thunk: Thunk<'_>) {
        if self.limits.source > 0 {
            return self.suspended(thunk);
        }
        self.text(match thunk.state() {
            ThunkState::Blackhole => "«potential infinite recursion»",
            _ => "«thunk»",
        });
    }

    /// An unevaluated expression by its source text.
    fn suspended(&mut self, thunk: Thunk<'_>) {
        let code = self.shared.source_text_of(thunk).map(|text| excerpt(text, self.limits.source));
        self.text(match thunk.state() {
            ThunkState::Blackhole => "«evaluating ",
            ThunkState::Failed => "«failed ",
            _ => "«",
        });
        self.text(&code.map_or("application".into(), |text| format!("`{text}`")));
        self.text("»");
    }

    fn string(&mut self, bytes: &[u8]) {
        let shown = &bytes[..bytes.len().min(self.limits.string)];
        write_string(shown, &mut self.out);
        if shown.len() < bytes.len() {
            let left = bytes.len() - shown.len();
            self.text(&format!(" «{left} {} elided»", if left == 1 { "byte" } else { "bytes" }));
        }
    }

    fn list(&mut self, value: Value<'_>, list: &[Value<'_>], depth: usize) {
        if list.is_empty() {
            return self.text("[ ]");
        }
        if self.seen.contains(&value.bits()) {
            return self.text("«repeated»");
        }
        if depth == 0 {
            return self.text("[ ... ]");
        }
        self.seen.push(value.bits());
        self.text("[ ");
        for (index, &element) in list.iter().enumerate() {
            if self.elements >= self.limits.elements {
                self.elided(list.len() - index, "item");
                break;
            }
            self.value(element, depth - 1);
            self.elements += 1;
            self.text(" ");
        }
        self.text("]");
    }

    fn attrs(&mut self, set: Attrs<'_>, depth: usize) {
        if set.is_empty() {
            return self.text("{ }");
        }
        if self.seen.contains(&set.value().bits()) {
            return self.text("«repeated»");
        }
        if depth == 0 {
            return self.text("{ ... }");
        }
        self.seen.push(set.value().bits());
        self.text("{ ");
        let (entries, values) = set.parts();
        let mut order = order_of(&self.shared.symbols, &entries);
        // What kind of thing it is comes first.
        order.sort_by_key(|&index| ![Symbol::TYPE, Symbol::ID_TYPE].contains(&entries[index as usize].name));
        for (count, &index) in order.iter().enumerate() {
            if self.attributes >= self.limits.attributes {
                self.elided(order.len() - count, "attribute");
                break;
            }
            let name = self.shared.symbols.bytes(entries[index as usize].name);
            write_name(name, &mut self.out);
            self.text(" = ");
            self.value(values[index as usize], depth - 1);
            self.attributes += 1;
            self.text("; ");
        }
        self.text("}");
    }

    fn elided(&mut self, count: usize, what: &str) {
        let plural = if count == 1 { "" } else { "s" };
        self.text(&format!("«{count} {what}{plural} elided» "));
    }

    /// A function that already has `applied` of its arguments.
    fn closure(&mut self, code: u32, applied: usize) {
        let info = self.shared.lambda_info(code);
        let codes = &self.shared.codes;
        if applied == 0 && !self.seen.is_empty() && !codes.was_needed(code) && self.limits.source == 0 {
            return self.text("«thunk»");
        }
        self.text("«lambda");
        if let Some(parameter) = info.as_ref().and_then(|info| info.parameters.get(applied)) {
            if let Some(name) = parameter.function_name {
                self.text(" ");
                self.out.extend_from_slice(self.shared.symbols.bytes(name));
            }
            let pos = codes.pos(code, parameter.offset);
            self.text(&format!(" @ {}", describe(&self.shared.sources, pos)));
        }
        self.text("»");
    }

    fn builtin(&mut self, prefix: &str, number: u32) {
        self.text(prefix);
        self.text(self.shared.builtins.get(number).map_or("", |spec| spec.name));
        self.text("»");
    }

    fn partial(&mut self, function: Value<'_>, applied: usize) {
        match function.view() {
            View::Closure(code) => self.closure(code, applied),
            View::Builtin(builtin) => self.builtin("«partially applied primop ", builtin.0),
            _ => self.text("«partially applied primop»"),
        }
    }
}
