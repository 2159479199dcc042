//! `toJSON`: a task that forces a value on the way and writes it.

use nivose_base::{DiagnosticId, Error, Result, Symbol};
use nivose_heap::{Attrs, StringRef, Value, View};
use nivose_machine::{Cx, Shared, Step, Task, type_with_article};

use crate::context_union::ContextUnion;
use crate::text::json_write::{InvalidUtf8, write_float, write_integer, write_string};
use crate::traversal::{Next, Traversal, attribute};

/// Values written in one step.
const BUDGET: usize = 10_000;

pub(super) fn to_json<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let &[value] = arguments else { return Ok(Step::done(Value::NULL)) };
    let task = ToJson::new(cx.shared(), JsonOptions::default());
    Ok(cx.start(task, &[value]))
}

/// How JSON is made.
#[derive(Clone, Copy, Debug)]
pub struct JsonOptions {
    /// Paths are copied to the store, and what is written is the path there.
    pub copies_paths: bool,
}

impl Default for JsonOptions {
    fn default() -> Self {
        JsonOptions { copies_paths: true }
    }
}

/// Texts up to so many bytes are written without a look at the memory that is left.
const SHORT_TEXT: usize = 1024;

/// A value that is written without further ado.
enum Plain<'h> {
    Int(i64),
    /// A short string without context.
    Text(&'h [u8]),
    /// `true`, `false` or `null`.
    Word(&'static [u8]),
}

impl<'h> Plain<'h> {
    #[inline]
    fn of(value: Value<'h>) -> Option<Self> {
        let value = value.resolved();
        if let Some(i) = value.as_small_int() {
            return Some(Plain::Int(i));
        }
        if let Some(string) = value.as_string() {
            let bytes = string.bytes();
            let is_plain = bytes.len() <= SHORT_TEXT && string.context_value().is_none();
            return is_plain.then_some(Plain::Text(bytes));
        }
        match value.as_bool() {
            Some(true) => Some(Plain::Word(b"true")),
            Some(false) => Some(Plain::Word(b"false")),
            None => value.is_null().then_some(Plain::Word(b"null")),
        }
    }
}

/// What the last step asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Awaited {
    /// Nothing: the value lies in slot 0.
    Nothing,
    /// A value that is to be written.
    Value,
    /// What a set's `__toString` gave, or the `outPath` of that.
    Text,
}

/// Writes the value in slot 0 (forced or not) as JSON; the result is a string with the contexts of all strings and
/// paths within. Later slots belong to the traversal.
pub struct ToJson {
    options: JsonOptions,
    out: Vec<u8>,
    /// The length of `out` up to which memory is known to suffice.
    reserved: usize,
    context: ContextUnion,
    traversal: Traversal,
    awaited: Awaited,
    /// Steps through `__toString` and `outPath` since the last value was written.
    hops: u32,
    /// The first string that JSON cannot hold: reported only when everything is evaluated.
    invalid: Option<InvalidUtf8>,
}

impl ToJson {
    /// A writer.
    pub fn new(shared: &Shared, options: JsonOptions) -> Self {
        ToJson {
            options,
            out: Vec::new(),
            reserved: 4096,
            context: ContextUnion::new(),
            traversal: Traversal::new(shared.settings.max_call_depth as usize),
            awaited: Awaited::Nothing,
            hops: 0,
            invalid: None,
        }
    }

    /// Writes a forced value, or the beginning of it; or says what must happen first.
    fn value<'h>(&mut self, cx: &mut Cx<'_, 'h>, value: Value<'h>) -> Result<Option<Step<'h>>> {
        match value.view() {
            View::Attrs(set) => return self.set(cx, value, set),
            View::List(_) => self.open(cx, value, b'[')?,
            View::String(string) => self.string(string),
            View::Path(path) => self.path(cx, path)?,
            View::Int(i) => write_integer(i, &mut self.out),
            View::Float(f) => write_float(f, &mut self.out),
            View::Bool(true) => self.out.extend_from_slice(b"true"),
            View::Bool(false) => self.out.extend_from_slice(b"false"),
            View::Null => self.out.extend_from_slice(b"null"),
            _ => return Err(not_json(cx.shared(), value)),
        }
        self.hops = 0;
        Ok(None)
    }

    fn open<'h>(&mut self, cx: &mut Cx<'_, 'h>, value: Value<'h>, bracket: u8) -> Result<()> {
        self.out.push(bracket);
        self.traversal.open(cx, value, 0)
    }

    /// A set is written as what it says it is, if it does.
    fn set<'h>(&mut self, cx: &mut Cx<'_, 'h>, value: Value<'h>, set: Attrs<'h>) -> Result<Option<Step<'h>>> {
        if let Some(function) = set.get(Symbol::TO_STRING) {
            self.hop(cx)?;
            self.awaited = Awaited::Text;
            return Ok(Some(cx.call(function, [value])));
        }
        if let Some(path) = set.get(Symbol::OUT_PATH) {
            self.hop(cx)?;
            return Ok(Some(cx.force(path)));
        }
        self.hops = 0;
        self.open(cx, value, b'{')?;
        Ok(None)
    }

    fn hop(&mut self, cx: &mut Cx<'_, '_>) -> Result<()> {
        self.hops += 1;
        if self.hops > cx.shared().settings.max_call_depth {
            return Err(Error::new(DiagnosticId::StackOverflow, &[]));
        }
        Ok(())
    }

    /// What `__toString` gave: a string or a path, which is not copied; or a set that says what it is.
    fn text<'h>(&mut self, cx: &mut Cx<'_, 'h>, value: Value<'h>) -> Result<Option<Step<'h>>> {
        match value.view() {
            View::String(string) => self.string(string),
            View::Path(path) => self.text_bytes(path),
            View::Attrs(set) => {
                self.hop(cx)?;
                if let Some(function) = set.get(Symbol::TO_STRING) {
                    return Ok(Some(cx.call(function, [value])));
                }
                let path = set.get(Symbol::OUT_PATH).ok_or_else(|| not_a_string(cx.shared(), value))?;
                return Ok(Some(cx.force(path)));
            }
            _ => return Err(not_a_string(cx.shared(), value)),
        }
        self.awaited = Awaited::Value;
        self.hops = 0;
        Ok(None)
    }

    fn path<'h>(&mut self, cx: &mut Cx<'_, 'h>, path: &'h [u8]) -> Result<()> {
        if !self.options.copies_paths {
            self.text_bytes(path);
            return Ok(());
        }
        if let Some(string) = cx.shared().import_path(path)?.as_string() {
            self.string(string);
        }
        Ok(())
    }

    fn string(&mut self, string: StringRef<'_>) {
        self.text_bytes(string.bytes());
        self.context.add(string);
    }

    fn text_bytes(&mut self, bytes: &[u8]) {
        if let Err(invalid) = write_string(bytes, &mut self.out) {
            self.invalid.get_or_insert(invalid);
        }
    }

    /// Goes on to the next value; none at the end.
    fn advance<'h>(&mut self, cx: &mut Cx<'_, 'h>) -> Option<Value<'h>> {
        loop {
            match self.traversal.next(cx) {
                Next::Element { index, value } => {
                    self.separate(index);
                    return Some(value);
                }
                Next::Attribute { index, name, value, .. } => {
                    self.separate(index);
                    self.name(cx.shared(), name);
                    return Some(value);
                }
                Next::End { is_set, .. } => self.out.push(if is_set { b'}' } else { b']' }),
                Next::Done => return None,
            }
        }
    }

    /// Writes elements or attributes of the list or set opened last as long as there is nothing to it, `budget` of them at
    /// most.
    fn write_plain<'h>(&mut self, cx: &mut Cx<'_, 'h>, budget: &mut usize) {
        let Some((container, first)) = self.traversal.innermost(cx) else { return };
        let (mut index, shared) = (first, &*cx.shared());
        let last = first.saturating_add(u32::try_from(*budget).unwrap_or(u32::MAX));
        if let Some(set) = container.as_attrs().and_then(Attrs::as_flat) {
            while let Some(Next::Attribute { name, value, .. }) =
                attribute(set, index).filter(|_| index < last)
            {
                let Some(plain) = Plain::of(value) else { break };
                self.separate(index);
                self.name(shared, name);
                self.plain(plain);
                index += 1;
            }
        } else if let Some(elements) = container.as_list() {
            let elements = elements.get(first as usize..).unwrap_or_default();
            for plain in elements.iter().map_while(|&element| Plain::of(element)) {
                if index == last {
                    break;
                }
                self.separate(index);
                self.plain(plain);
                index += 1;
            }
        }
        *budget -= (index - first) as usize;
        self.traversal.go_on_at(index);
    }

    #[inline]
    fn plain(&mut self, plain: Plain<'_>) {
        match plain {
            Plain::Int(i) => write_integer(i, &mut self.out),
            Plain::Text(text) => self.text_bytes(text),
            Plain::Word(word) => self.out.extend_from_slice(word),
        }
    }

    fn separate(&mut self, index: u32) {
        if index > 0 {
            self.out.push(b',');
        }
    }

    fn name(&mut self, shared: &Shared, name: Symbol) {
        self.text_bytes(shared.symbols.bytes(name));
        self.out.push(b':');
    }

    /// Makes sure that there is memory for about as much text again.
    fn reserve(&mut self, cx: &mut Cx<'_, '_>) -> Result<()> {
        if self.out.len() > self.reserved {
            self.reserved = self.out.len().saturating_mul(2);
            cx.reserve(self.reserved)?;
        }
        Ok(())
    }

    fn finish<'h>(&mut self, cx: &mut Cx<'_, 'h>) -> Result<Step<'h>> {
        if let Some(invalid) = self.invalid {
            return Err(Error::new(DiagnosticId::JsonWrite, &[&invalid.to_string()]));
        }
        cx.reserve(self.out.len())?;
        Ok(Step::done(self.context.string(cx, &self.out)))
    }
}

#[cold]
fn not_json(shared: &Shared, value: Value<'_>) -> Error {
    Error::new(DiagnosticId::NotJson, &[&type_with_article(shared, value)])
}

#[cold]
fn not_a_string(shared: &Shared, value: Value<'_>) -> Error {
    let found = type_with_article(shared, value);
    Error::new(DiagnosticId::ToStringResult, &[&found, &shared.show(value)])
}

impl Task for ToJson {
    fn memory(&self) -> usize {
        self.out.capacity() + self.context.memory()
    }

    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
        let mut value = input;
        if self.awaited == Awaited::Nothing {
            self.awaited = Awaited::Value;
            value = cx.pop();
        }
        let mut budget = BUDGET;
        while budget > 0 {
            budget -= 1;
            value = value.resolved();
            if value.is_thunk() {
                return Ok(cx.force(value));
            }
            let text = self.awaited == Awaited::Text;
            if let Some(step) = if text { self.text(cx, value)? } else { self.value(cx, value)? } {
                return Ok(step);
            }
            self.write_plain(cx, &mut budget);
            self.reserve(cx)?;
            match self.advance(cx) {
                Some(next) => value = next,
                None => return self.finish(cx),
            }
        }
        Ok(cx.force(value))
    }

    fn recovers(&self) -> bool {
        true
    }

    fn recover<'h>(&mut self, cx: &mut Cx<'_, 'h>, mut error: Error) -> Result<Step<'h>> {
        self.traversal.add_steps(cx, "while evaluating attribute", &mut error);
        Err(error)
    }
}
