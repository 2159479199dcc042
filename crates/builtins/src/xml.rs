//! `toXML`: a task that writes a value as XML, forcing it on the way if asked to.

use std::collections::HashSet;

use nivose_base::float::general;
use nivose_base::source::LineColumn;
use nivose_base::{Origin, Pos, Result, Source, Symbol};
use nivose_bytecode::chunk::Formals;
use nivose_heap::{Attrs, StringRef, Value, View};
use nivose_machine::{BuiltinSpec, Cx, Shared, Step, Task};

use crate::context_union::ContextUnion;
use crate::text::xml_write::escape_attribute;
use crate::traversal::{Next, Traversal};

/// Values written in one step.
const BUDGET: usize = 5_000;

/// How deep values may nest at most, whatever the setting: the text of deeper ones would be gigabytes of indentation.
const DEPTH_LIMIT: usize = 10_000;

fn to_xml<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let &[value] = arguments else { return Ok(Step::done(Value::NULL)) };
    let options = XmlOptions { forces: true, locations: false };
    let task = ToXml::new(cx.shared(), options);
    Ok(cx.start(task, &[value]))
}

/// How XML is made.
#[derive(Clone, Copy, Debug)]
pub struct XmlOptions {
    /// Values are forced; otherwise what is not evaluated is written as `<unevaluated />`.
    pub forces: bool,
    /// Attributes and functions say where they were written.
    pub locations: bool,
}

/// What is open: the name of its element.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Element {
    List,
    Attrs,
    Derivation,
}

impl Element {
    fn name(self) -> &'static str {
        match self {
            Element::List => "list",
            Element::Attrs => "attrs",
            Element::Derivation => "derivation",
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
    /// A part of the set in the topmost slot, which is to be written.
    PartOfSet,
    /// Its turn: the value in the topmost slot is to be written, as it is.
    Turn,
}

/// Writes the value in slot 0 (forced or not) as XML; the result is a string with the contexts of all strings within.
/// Later slots belong to the traversal.
pub struct ToXml {
    options: XmlOptions,
    out: Vec<u8>,
    /// The length of `out` up to which memory is known to suffice.
    reserved: usize,
    /// Elements open around the next one.
    indent: usize,
    context: ContextUnion,
    traversal: Traversal,
    /// The elements of what the traversal has open.
    open: Vec<Element>,
    /// The `drvPath`s of the derivations that were written.
    seen: HashSet<Box<[u8]>>,
    awaited: Awaited,
}

impl ToXml {
    /// A writer.
    pub fn new(shared: &Shared, options: XmlOptions) -> Self {
        let limit = DEPTH_LIMIT.min(shared.settings.max_call_depth as usize);
        ToXml {
            options,
            out: b"<?xml version='1.0' encoding='utf-8'?>\n<expr>\n".to_vec(),
            reserved: 4096,
            indent: 1,
            context: ContextUnion::new(),
            traversal: Traversal::new(limit),
            open: Vec::new(),
            seen: HashSet::new(),
            awaited: Awaited::Nothing,
        }
    }

    fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn indentation(&mut self) {
        self.out.resize(self.out.len() + 2 * self.indent, b' ');
    }

    /// `<NAME`, to be followed by attributes and `>`.
    fn begin(&mut self, name: &str) {
        self.indentation();
        self.text("<");
        self.text(name);
    }

    fn attribute(&mut self, name: &str, value: &[u8]) {
        self.text(" ");
        self.text(name);
        self.text("=\"");
        escape_attribute(value, &mut self.out);
        self.text("\"");
    }

    /// The end of a beginning: of an element that has others in it, or has none.
    fn end_begin(&mut self, has_content: bool) {
        self.text(if has_content { ">\n" } else { " />\n" });
        self.indent += usize::from(has_content);
    }

    /// `</NAME>`
    fn end(&mut self, name: &str) {
        self.indent = self.indent.saturating_sub(1);
        self.indentation();
        self.text("</");
        self.text(name);
        self.text(">\n");
    }

    fn empty(&mut self, name: &str) {
        self.begin(name);
        self.end_begin(false);
    }

    /// An element without content but for its attribute `value`.
    fn scalar(&mut self, name: &str, value: &[u8]) {
        self.begin(name);
        self.attribute("value", value);
        self.end_begin(false);
    }

    /// The attributes of a location that sort before `name`: column and line.
    fn line_and_column(&mut self, shared: &Shared, pos: Pos) {
        if let Some((_, at)) = self.place(shared, pos) {
            self.attribute("column", at.column.to_string().as_bytes());
            self.attribute("line", at.line.to_string().as_bytes());
        }
    }

    /// The attribute of a location that sorts behind `name`: the file.
    fn file(&mut self, shared: &Shared, pos: Pos) {
        match self.place(shared, pos).map(|(source, _)| &source.origin) {
            Some(Origin::File(path)) => self.attribute("path", path),
            Some(Origin::Internal(name)) => self.attribute("path", format!("/{name}").as_bytes()),
            _ => {}
        }
    }

    fn place<'s>(&self, shared: &'s Shared, pos: Pos) -> Option<(&'s Source, LineColumn)> {
        if self.options.locations { shared.sources.resolve(pos) } else { None }
    }

    /// Writes a value, or the beginning of it; or says what must happen first.
    fn value<'h>(&mut self, cx: &mut Cx<'_, 'h>, value: Value<'h>) -> Result<Option<Step<'h>>> {
        match value.view() {
            View::Attrs(set) => return self.set(cx, value, set),
            View::List(_) => {
                self.begin("list");
                self.enter(cx, value, Element::List)?;
            }
            View::String(string) => self.string(string),
            View::Path(path) => self.scalar("path", path),
            View::Int(i) => self.scalar("int", i.to_string().as_bytes()),
            View::Float(f) => self.scalar("float", general(f).as_bytes()),
            View::Bool(b) => self.scalar("bool", if b { b"true" } else { b"false" }),
            View::Null => self.empty("null"),
            View::Closure(code) if self.is_unneeded(cx.shared(), code) => self.empty("unevaluated"),
            View::Closure(code) => self.function(cx.shared(), code, 0),
            View::Partial { function, arguments } => match function.view() {
                View::Closure(code) => self.function(cx.shared(), code, arguments.len()),
                _ => self.empty("unevaluated"),
            },
            View::Builtin(_) | View::Thunk(_) | View::Internal => self.empty("unevaluated"),
        }
        Ok(None)
    }

    fn string(&mut self, string: StringRef<'_>) {
        self.scalar("string", string.bytes());
        self.context.add(string);
    }

    /// Ends the beginning of an element whose content is that of a list or set.
    fn enter<'h>(&mut self, cx: &mut Cx<'_, 'h>, value: Value<'h>, element: Element) -> Result<()> {
        self.end_begin(true);
        self.open.push(element);
        // A derivation that was not seen before is the only thing that a second visit writes otherwise.
        self.traversal.open(cx, value, self.seen.len())
    }

    fn set<'h>(&mut self, cx: &mut Cx<'_, 'h>, value: Value<'h>, set: Attrs<'h>) -> Result<Option<Step<'h>>> {
        let Some(kind) = set.get(Symbol::TYPE).map(Value::resolved) else {
            return self.plain_set(cx, value);
        };
        if kind.is_thunk() {
            return Ok(Some(self.ask(cx, value, kind)));
        }
        if kind.as_string().is_none_or(|kind| kind.bytes() != b"derivation") {
            return self.plain_set(cx, value);
        }
        let mut paths = [None, None];
        for (path, name) in paths.iter_mut().zip([Symbol::DRV_PATH, Symbol::OUT_PATH]) {
            let part = set.get(name).map(Value::resolved);
            if let Some(thunk) = part.filter(|part| part.is_thunk() && self.options.forces) {
                return Ok(Some(self.ask(cx, value, thunk)));
            }
            *path = part.and_then(|part| part.as_string().map(StringRef::bytes));
        }
        self.derivation(cx, value, paths)?;
        Ok(None)
    }

    fn plain_set<'h>(&mut self, cx: &mut Cx<'_, 'h>, value: Value<'h>) -> Result<Option<Step<'h>>> {
        self.begin("attrs");
        self.enter(cx, value, Element::Attrs)?;
        Ok(None)
    }

    /// Has a part of a set forced; the set is looked at again then.
    fn ask<'h>(&mut self, cx: &mut Cx<'_, 'h>, set: Value<'h>, part: Value<'h>) -> Step<'h> {
        cx.push(set);
        self.awaited = Awaited::PartOfSet;
        cx.force(part)
    }

    /// A derivation is written out where it is met for the first time.
    fn derivation<'h>(
        &mut self,
        cx: &mut Cx<'_, 'h>,
        value: Value<'h>,
        paths: [Option<&'h [u8]>; 2],
    ) -> Result<()> {
        self.begin("derivation");
        for (name, path) in ["drvPath", "outPath"].into_iter().zip(paths) {
            if let Some(path) = path {
                self.attribute(name, path);
            }
        }
        let drv_path = paths[0].unwrap_or_default();
        if !drv_path.is_empty() && self.seen.insert(drv_path.into()) {
            return self.enter(cx, value, Element::Derivation);
        }
        self.end_begin(true);
        self.empty("repeated");
        self.end("derivation");
        Ok(())
    }

    /// Whether a function is a part that C++ Nix has not evaluated.
    fn is_unneeded(&self, shared: &Shared, code: u32) -> bool {
        !self.options.forces && !self.open.is_empty() && !shared.codes.was_needed(code)
    }

    /// A function that has `applied` of its arguments.
    fn function(&mut self, shared: &Shared, code: u32, applied: usize) {
        let Some(info) = shared.lambda_info(code) else { return };
        let Some(parameter) = info.parameters.get(applied) else { return };
        let pos = shared.codes.pos(code, parameter.offset);
        let formals = info.formals.as_ref().filter(|_| applied + 1 == info.parameters.len());
        self.begin("function");
        self.line_and_column(shared, pos);
        self.file(shared, pos);
        self.end_begin(true);
        match formals {
            Some(formals) => self.pattern(shared, formals, parameter.argument),
            None => {
                self.begin("varpat");
                self.attribute(
                    "name",
                    parameter.argument.map_or(&b""[..], |name| shared.symbols.bytes(name)),
                );
                self.end_begin(false);
            }
        }
        self.end("function");
    }

    fn pattern(&mut self, shared: &Shared, formals: &Formals, name: Option<Symbol>) {
        self.begin("attrspat");
        if formals.ellipsis {
            self.attribute("ellipsis", b"1");
        }
        if let Some(name) = name {
            self.attribute("name", shared.symbols.bytes(name));
        }
        self.end_begin(true);
        let mut names: Vec<&[u8]> =
            formals.list.iter().map(|formal| shared.symbols.bytes(formal.name)).collect();
        names.sort_unstable();
        for name in names {
            self.begin("attr");
            self.attribute("name", name);
            self.end_begin(false);
        }
        self.end("attrspat");
    }

    /// Goes on to the next value; none at the end.
    fn advance<'h>(&mut self, cx: &mut Cx<'_, 'h>) -> Option<Value<'h>> {
        loop {
            match self.traversal.next(cx) {
                Next::Element { value, .. } => return Some(value),
                Next::Attribute { index, name, pos, value } => {
                    self.end_attribute(index);
                    self.begin_attribute(cx.shared(), name, pos);
                    return Some(value);
                }
                Next::End { is_set, count } => {
                    if is_set {
                        self.end_attribute(count);
                    }
                    let element = self.open.pop().map_or("", Element::name);
                    self.end(element);
                }
                Next::Done => return None,
            }
        }
    }

    fn begin_attribute(&mut self, shared: &Shared, name: Symbol, pos: Pos) {
        self.begin("attr");
        self.line_and_column(shared, pos);
        self.attribute("name", shared.symbols.bytes(name));
        self.file(shared, pos);
        self.end_begin(true);
    }

    /// Ends the element of the attribute before number `index`, if there is one.
    fn end_attribute(&mut self, index: u32) {
        if index > 0 {
            self.end("attr");
        }
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
        self.end("expr");
        cx.reserve(self.out.len())?;
        Ok(Step::done(self.context.string(cx, &self.out)))
    }
}

impl Task for ToXml {
    fn memory(&self) -> usize {
        self.out.capacity() + self.context.memory()
    }

    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
        let mut value = if self.awaited == Awaited::Value { input } else { cx.pop() };
        self.awaited = Awaited::Value;
        for _ in 0..BUDGET {
            value = value.resolved();
            if value.is_thunk() && self.options.forces {
                return Ok(cx.force(value));
            }
            if let Some(step) = self.value(cx, value)? {
                return Ok(step);
            }
            self.reserve(cx)?;
            match self.advance(cx) {
                Some(next) => value = next,
                None => return self.finish(cx),
            }
        }
        cx.push(value);
        self.awaited = Awaited::Turn;
        Ok(Step::YIELD)
    }
}

/// The builtins of this file.
pub const BUILTINS: &[BuiltinSpec] = &[BuiltinSpec {
    name: "toXML",
    arguments: &["e"],
    strict: &[0],
    doc: "The value *e* as XML. Functions are written as their patterns; a derivation is written out only once.",
    run: to_xml,
}];
