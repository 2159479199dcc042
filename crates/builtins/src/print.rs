//! Values as text: what `nix-instantiate --eval` and `nix eval` print.
//!
//! [`PrintTask`] goes through a value with a [`Traversal`], so that values may nest as deep as they
//! like. The short pictures of values in messages are not made here but in the machine's `show`.

use nivose_base::literal::{write_name, write_string};
use nivose_base::{Error, Result, Symbol, float, indent};
use nivose_heap::{Attrs, Thunk, ThunkState, Tracer, Value, View};
use nivose_machine::{Cx, Identities, Step, Task};

use crate::traversal::{Next, Traversal};

/// Values visited in one step.
const BUDGET: usize = 5_000;

/// Bytes written in one step, and one value more.
const MUCH_TEXT: usize = 1 << 20;

/// Sequences that begin a colour: of numbers and the like, strings and what stands for something else, paths, functions,
/// errors, and what is left out.
const CYAN: &str = "\x1b[36;1m";
const MAGENTA: &str = "\x1b[35;1m";
const GREEN: &str = "\x1b[32;1m";
const BLUE: &str = "\x1b[34;1m";
const RED: &str = "\x1b[31;1m";
const FAINT: &str = "\x1b[2m";
const PLAIN: &str = "\x1b[0m";

/// How functions and unevaluated parts look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// `<CODE>`, `<LAMBDA>`, `<PRIMOP>`: as `nix-instantiate --eval` prints them.
    Brackets,
    /// `«thunk»`, `«lambda f @ FILE:1:2»`, `«primop map»`: as `nix eval` prints them.
    Guillemets,
}

/// What a printer does.
#[derive(Clone, Copy, Debug)]
pub struct PrintOptions {
    /// How functions and unevaluated parts look.
    pub style: Style,
    /// Evaluates the parts on the way. Those that fail are printed as `«error: …»`.
    pub force: bool,
    /// Prints derivations as `«derivation /nix/store/….drv»`.
    pub derivation_paths: bool,
    /// How many lists and sets are shown within each other; `{ ... }` and `[ ... ]` stand for those that are deeper.
    pub depth: u32,
    /// Gives every part of a list or set a line of its own, if there are several or the only one has parts itself.
    pub pretty: bool,
    /// Tells kinds of values by the colours that C++ Nix gives them at a terminal.
    pub colours: bool,
}

impl PrintOptions {
    /// What `nix-instantiate --eval` prints.
    pub const INSTANTIATE: Self = PrintOptions {
        style: Style::Brackets,
        force: false,
        derivation_paths: false,
        depth: u32::MAX,
        pretty: false,
        colours: false,
    };
    /// What messages show: nothing is evaluated for them.
    pub const MESSAGE: Self = PrintOptions { style: Style::Guillemets, ..Self::INSTANTIATE };
    /// What `nix eval` prints.
    pub const EVAL: Self = PrintOptions { force: true, derivation_paths: true, ..Self::MESSAGE };
    /// What `nix repl` prints for `:p`.
    pub const REPL_DEEP: Self = PrintOptions { pretty: true, ..Self::EVAL };
    /// What `nix repl` prints.
    pub const REPL: Self = PrintOptions { depth: 1, ..Self::REPL_DEEP };
}

/// What the last step asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Awaited {
    /// Nothing.
    Nothing,
    /// A value that is to be printed.
    Value,
    /// The only part of the list or set in the topmost slot, which says how that is laid out.
    Only,
    /// The `type` of the set in the topmost slot.
    Kind,
    /// The `drvPath` of the set in the topmost slot.
    DrvPath,
}

/// Prints the value in slot 0, which must be forced; the result is the text, a string.
pub struct PrintTask {
    options: PrintOptions,
    out: Vec<u8>,
    traversal: Traversal,
    /// Length of the text that there was known to be memory for.
    reserved: usize,
    /// The sets and lists that were printed, by identity. They stay alive as parts of the first.
    seen: Identities,
    /// For each list or set that is open, whether its parts have lines of their own. Only if that is asked for.
    laid_out: Vec<bool>,
    started: bool,
    awaited: Awaited,
}

impl PrintTask {
    /// A printer of values that nest no deeper than `limit`.
    pub fn new(options: PrintOptions, limit: u32) -> Self {
        let traversal = Traversal::new(limit as usize + 1);
        let (out, seen) = (Vec::new(), Identities::default());
        PrintTask {
            options,
            out,
            reserved: 0,
            traversal,
            seen,
            laid_out: Vec::new(),
            started: false,
            awaited: Awaited::Nothing,
        }
    }

    fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// Writes something in a colour.
    fn painted(&mut self, colour: &str, write: impl FnOnce(&mut Vec<u8>)) {
        let (begin, end) = if self.options.colours { (colour, PLAIN) } else { ("", "") };
        self.text(begin);
        write(&mut self.out);
        self.text(end);
    }

    fn painted_text(&mut self, colour: &str, text: &str) {
        self.painted(colour, |out| out.extend_from_slice(text.as_bytes()));
    }

    /// Prints a value; a list or set is opened and lies in the topmost slot then.
    fn value<'h>(&mut self, cx: &mut Cx<'_, 'h>, value: Value<'h>) -> Result<Option<Step<'h>>> {
        let value = value.resolved();
        match value.view() {
            View::Null => self.painted_text(CYAN, "null"),
            View::Bool(b) => self.painted_text(CYAN, if b { "true" } else { "false" }),
            View::Int(i) => self.painted_text(CYAN, &i.to_string()),
            View::Float(f) => self.painted_text(CYAN, &float::general(f)),
            View::String(string) => self.painted(MAGENTA, |out| write_string(string.bytes(), out)),
            View::Path(path) => self.painted(GREEN, |out| out.extend_from_slice(path)),
            View::List(list) => return self.list(cx, value, list),
            View::Attrs(set) => return self.attrs(cx, set),
            View::Closure(code) if self.is_unneeded(cx, code) => self.unevaluated(),
            View::Closure(_) | View::Builtin(_) | View::Partial { .. } => self.function(cx, value),
            View::Thunk(_) if self.options.force => return Ok(Some(self.ask(cx, Awaited::Value, value))),
            View::Thunk(thunk) => self.thunk(thunk),
            View::Internal => self.text("«internal»"),
        }
        Ok(None)
    }

    fn ask<'h>(&mut self, cx: &mut Cx<'_, 'h>, awaited: Awaited, value: Value<'h>) -> Step<'h> {
        self.awaited = awaited;
        cx.force(value)
    }

    fn thunk(&mut self, thunk: Thunk<'_>) {
        match thunk.state() {
            ThunkState::Blackhole => self.painted_text(RED, "«potential infinite recursion»"),
            _ => self.unevaluated(),
        }
    }

    fn unevaluated(&mut self) {
        let text = if self.options.style == Style::Brackets { "<CODE>" } else { "«thunk»" };
        self.painted_text(MAGENTA, text);
    }

    /// Makes sure that there is memory for about as much text again.
    fn reserve(&mut self, cx: &mut Cx<'_, '_>) -> Result<()> {
        if self.out.len() > self.reserved {
            self.reserved = self.out.len().saturating_mul(2);
            cx.reserve(self.reserved)?;
        }
        Ok(())
    }

    /// Whether no list and no set is open.
    fn is_outermost(&self) -> bool {
        self.traversal.depth() == 0
    }

    /// Whether a function is a part that C++ Nix has not evaluated.
    fn is_unneeded(&self, cx: &mut Cx<'_, '_>, code: u32) -> bool {
        !self.options.force && !self.is_outermost() && !cx.shared().codes.was_needed(code)
    }

    fn function<'h>(&mut self, cx: &mut Cx<'_, 'h>, value: Value<'h>) {
        if self.options.style == Style::Guillemets {
            let shown = cx.shared().show(value);
            return self.painted(BLUE, |out| out.extend_from_slice(&shown));
        }
        let text = match value.view() {
            View::Builtin(_) => "<PRIMOP>",
            View::Partial { function, .. } if function.as_builtin().is_some() => "<PRIMOP-APP>",
            _ => "<LAMBDA>",
        };
        self.painted_text(BLUE, text);
    }

    fn list<'h>(
        &mut self,
        cx: &mut Cx<'_, 'h>,
        value: Value<'h>,
        list: &[Value<'h>],
    ) -> Result<Option<Step<'h>>> {
        if list.is_empty() {
            self.text("[ ]");
        } else if !self.seen.insert(value) {
            self.painted_text(MAGENTA, "«repeated»");
        } else if self.is_too_deep() {
            self.painted_text(FAINT, "[ ... ]");
        } else {
            return self.open(cx, value, list.len(), list.first().copied());
        }
        Ok(None)
    }

    fn is_too_deep(&self) -> bool {
        self.traversal.depth() >= self.options.depth as usize
    }

    /// Opens a list or set that is to be shown. Its layout may depend on its only part, which is evaluated before.
    fn open<'h>(
        &mut self,
        cx: &mut Cx<'_, 'h>,
        value: Value<'h>,
        count: usize,
        first: Option<Value<'h>>,
    ) -> Result<Option<Step<'h>>> {
        let only = first.filter(|_| self.options.pretty && count == 1);
        let Some(only) = only else {
            self.open_as(cx, value, self.options.pretty)?;
            return Ok(None);
        };
        if only.resolved().is_thunk() && self.options.force {
            cx.push(value);
            return Ok(Some(self.ask(cx, Awaited::Only, only)));
        }
        self.open_as(cx, value, has_parts(only))?;
        Ok(None)
    }

    fn open_as<'h>(&mut self, cx: &mut Cx<'_, 'h>, value: Value<'h>, laid_out: bool) -> Result<()> {
        self.traversal.open(cx, value, self.seen.len())?;
        self.text(if value.is_attrs() { "{" } else { "[" });
        if self.options.pretty {
            self.laid_out.push(laid_out);
        }
        Ok(())
    }

    /// What stands between the parts of the list or set that was opened last: a blank, or a new line.
    fn separate(&mut self) {
        if self.laid_out.last().copied().unwrap_or(false) {
            self.new_line(self.laid_out.len());
        } else {
            self.text(" ");
        }
    }

    fn new_line(&mut self, depth: usize) {
        self.out.push(b'\n');
        self.text(indent(depth));
    }

    /// The end of a list or set whose layout is on top.
    fn close(&mut self, is_set: bool) {
        if self.laid_out.pop().unwrap_or(false) {
            self.new_line(self.laid_out.len());
        } else {
            self.text(" ");
        }
        self.text(if is_set { "}" } else { "]" });
    }

    fn attrs<'h>(&mut self, cx: &mut Cx<'_, 'h>, set: Attrs<'h>) -> Result<Option<Step<'h>>> {
        if set.is_empty() {
            self.text("{ }");
            return Ok(None);
        }
        if !self.seen.insert(set.value()) {
            self.painted_text(MAGENTA, "«repeated»");
            return Ok(None);
        }
        if self.options.derivation_paths
            && let Some(kind) = set.get(Symbol::TYPE)
        {
            cx.push(set.value());
            return Ok(Some(self.ask(cx, Awaited::Kind, kind)));
        }
        self.open_attrs(cx, set)
    }

    fn open_attrs<'h>(&mut self, cx: &mut Cx<'_, 'h>, set: Attrs<'h>) -> Result<Option<Step<'h>>> {
        if self.is_too_deep() {
            self.painted_text(FAINT, "{ ... }");
            return Ok(None);
        }
        let first = (set.len() == 1).then(|| cx.heap().flat(set).iter().next().map(|(_, value)| value));
        self.open(cx, set.value(), set.len(), first.flatten())
    }

    /// Goes on with what was asked for.
    fn answer<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Option<Step<'h>>> {
        match std::mem::replace(&mut self.awaited, Awaited::Nothing) {
            Awaited::Nothing => Ok(None),
            Awaited::Value => self.value(cx, input),
            Awaited::Only => {
                let value = cx.pop();
                self.open_as(cx, value, has_parts(input))?;
                Ok(None)
            }
            Awaited::Kind => self.kind(cx, input),
            Awaited::DrvPath => {
                cx.pop();
                let path = input.as_string().map_or(&b"???"[..], |path| path.bytes());
                let parts = ["«derivation ".as_bytes(), path, "»".as_bytes()];
                self.painted(GREEN, |out| parts.iter().for_each(|part| out.extend_from_slice(part)));
                Ok(None)
            }
        }
    }

    /// The `type` of a set is known: it is a derivation, or to be printed like any set.
    fn kind<'h>(&mut self, cx: &mut Cx<'_, 'h>, kind: Value<'h>) -> Result<Option<Step<'h>>> {
        let Some(set) = cx.pop().as_attrs() else { return Ok(None) };
        if kind.as_string().is_none_or(|text| text.bytes() != b"derivation") {
            return self.open_attrs(cx, set);
        }
        let Some(path) = set.get(Symbol::DRV_PATH) else {
            self.painted_text(GREEN, "«derivation»");
            return Ok(None);
        };
        cx.push(set.value());
        Ok(Some(self.ask(cx, Awaited::DrvPath, path)))
    }

    /// Prints the next part of the innermost open list or set, or its end.
    fn next<'h>(&mut self, cx: &mut Cx<'_, 'h>) -> Result<Option<Step<'h>>> {
        match self.traversal.next(cx) {
            Next::Element { value, .. } => {
                self.separate();
                self.value(cx, value)
            }
            Next::Attribute { index, name, value, .. } => {
                self.text(if index == 0 { "" } else { ";" });
                self.separate();
                write_name(cx.shared().symbols.bytes(name), &mut self.out);
                self.text(" = ");
                self.value(cx, value)
            }
            Next::End { is_set, .. } => {
                self.text(if is_set { ";" } else { "" });
                self.close(is_set);
                Ok(None)
            }
            Next::Done => Ok(None),
        }
    }
}

/// Whether a value is a list or a set.
fn has_parts(value: Value<'_>) -> bool {
    matches!(value.resolved().view(), View::List(_) | View::Attrs(_))
}

impl Task for PrintTask {
    fn memory(&self) -> usize {
        self.out.capacity() + self.seen.memory() + self.laid_out.capacity()
    }

    fn relocate(&mut self, tracer: &Tracer<'_>) {
        self.seen.relocate(tracer);
    }

    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
        let step = if self.started {
            self.answer(cx, input)?
        } else {
            self.started = true;
            let value = cx.pop();
            self.value(cx, value)?
        };
        if let Some(step) = step {
            return Ok(step);
        }
        let begun = self.out.len();
        for _ in 0..BUDGET {
            self.reserve(cx)?;
            if self.is_outermost() {
                cx.reserve(self.out.len())?;
                return Ok(Step::done(cx.string(&self.out)));
            }
            if self.out.len() - begun > MUCH_TEXT {
                break;
            }
            if let Some(step) = self.next(cx)? {
                return Ok(step);
            }
        }
        Ok(Step::YIELD)
    }

    fn recovers(&self) -> bool {
        self.options.force
    }

    fn recover<'h>(&mut self, cx: &mut Cx<'_, 'h>, error: Error) -> Result<Step<'h>> {
        let fatal = error.id().is_interruption() || error.id().is_out_of_memory();
        if self.awaited == Awaited::Only && !fatal {
            // It fails again, and is shown as what it is, when its turn comes.
            self.awaited = Awaited::Nothing;
            let value = cx.pop();
            self.open_as(cx, value, false)?;
            return Ok(Step::YIELD);
        }
        if self.is_outermost() || fatal {
            return Err(error);
        }
        if matches!(self.awaited, Awaited::Kind | Awaited::DrvPath) {
            cx.pop();
        }
        self.awaited = Awaited::Nothing;
        let parts = ["«error: ".as_bytes(), error.message(), "»".as_bytes()];
        self.painted(RED, |out| parts.iter().for_each(|part| out.extend_from_slice(part)));
        Ok(Step::YIELD)
    }
}
