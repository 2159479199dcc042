//! Values as text: what `nix-instantiate --eval` and `nix eval` print.
//!
//! [`PrintTask`] goes through a value with a [`Traversal`], so that values may nest as deep as they
//! like. The short pictures of values in messages are not made here but in the machine's `show`.

use nivose_base::literal::{write_name, write_string};
use nivose_base::{Error, Result, Symbol, float};
use nivose_heap::{Attrs, Thunk, ThunkState, Tracer, Value, View};
use nivose_machine::{Cx, Identities, Step, Task};

use crate::traversal::{Next, Traversal};

/// Values visited in one step.
const BUDGET: usize = 5_000;

/// Bytes written in one step, and one value more.
const MUCH_TEXT: usize = 1 << 20;

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
}

impl PrintOptions {
    /// What `nix-instantiate --eval` prints.
    pub const INSTANTIATE: Self =
        PrintOptions { style: Style::Brackets, force: false, derivation_paths: false };
    /// What `nix eval` prints.
    pub const EVAL: Self = PrintOptions { style: Style::Guillemets, force: true, derivation_paths: true };
}

/// What the last step asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Awaited {
    /// Nothing.
    Nothing,
    /// A value that is to be printed.
    Value,
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
    started: bool,
    awaited: Awaited,
}

impl PrintTask {
    /// A printer of values that nest no deeper than `limit`.
    pub fn new(options: PrintOptions, limit: u32) -> Self {
        let traversal = Traversal::new(limit as usize + 1);
        let (out, seen) = (Vec::new(), Identities::default());
        PrintTask { options, out, reserved: 0, traversal, seen, started: false, awaited: Awaited::Nothing }
    }

    fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// Prints a value; a list or set is opened and lies in the topmost slot then.
    fn value<'h>(&mut self, cx: &mut Cx<'_, 'h>, value: Value<'h>) -> Result<Option<Step<'h>>> {
        let value = value.resolved();
        match value.view() {
            View::Null => self.text("null"),
            View::Bool(b) => self.text(if b { "true" } else { "false" }),
            View::Int(i) => self.text(&i.to_string()),
            View::Float(f) => self.text(&float::general(f)),
            View::String(string) => write_string(string.bytes(), &mut self.out),
            View::Path(path) => self.out.extend_from_slice(path),
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
            ThunkState::Blackhole => self.text("«potential infinite recursion»"),
            _ => self.unevaluated(),
        }
    }

    fn unevaluated(&mut self) {
        self.text(if self.options.style == Style::Brackets { "<CODE>" } else { "«thunk»" });
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
            self.out.extend_from_slice(&shown);
            return;
        }
        let text = match value.view() {
            View::Builtin(_) => "<PRIMOP>",
            View::Partial { function, .. } if function.as_builtin().is_some() => "<PRIMOP-APP>",
            _ => "<LAMBDA>",
        };
        self.text(text);
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
            self.text("«repeated»");
        } else {
            self.traversal.open(cx, value, self.seen.len())?;
            self.text("[ ");
        }
        Ok(None)
    }

    fn attrs<'h>(&mut self, cx: &mut Cx<'_, 'h>, set: Attrs<'h>) -> Result<Option<Step<'h>>> {
        if set.is_empty() {
            self.text("{ }");
            return Ok(None);
        }
        if !self.seen.insert(set.value()) {
            self.text("«repeated»");
            return Ok(None);
        }
        if self.options.derivation_paths
            && let Some(kind) = set.get(Symbol::TYPE)
        {
            cx.push(set.value());
            return Ok(Some(self.ask(cx, Awaited::Kind, kind)));
        }
        self.open_attrs(cx, set)?;
        Ok(None)
    }

    fn open_attrs<'h>(&mut self, cx: &mut Cx<'_, 'h>, set: Attrs<'h>) -> Result<()> {
        self.text("{ ");
        self.traversal.open(cx, set.value(), self.seen.len())
    }

    /// Goes on with what was asked for.
    fn answer<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Option<Step<'h>>> {
        match std::mem::replace(&mut self.awaited, Awaited::Nothing) {
            Awaited::Nothing => Ok(None),
            Awaited::Value => self.value(cx, input),
            Awaited::Kind => self.kind(cx, input),
            Awaited::DrvPath => {
                cx.pop();
                self.text("«derivation ");
                let path = input.as_string().map_or(&b"???"[..], |path| path.bytes());
                self.out.extend_from_slice(path);
                self.text("»");
                Ok(None)
            }
        }
    }

    /// The `type` of a set is known: it is a derivation, or to be printed like any set.
    fn kind<'h>(&mut self, cx: &mut Cx<'_, 'h>, kind: Value<'h>) -> Result<Option<Step<'h>>> {
        let Some(set) = cx.pop().as_attrs() else { return Ok(None) };
        if kind.as_string().is_none_or(|text| text.bytes() != b"derivation") {
            self.open_attrs(cx, set)?;
            return Ok(None);
        }
        let Some(path) = set.get(Symbol::DRV_PATH) else {
            self.text("«derivation»");
            return Ok(None);
        };
        cx.push(set.value());
        Ok(Some(self.ask(cx, Awaited::DrvPath, path)))
    }

    /// Prints the next part of the innermost open list or set, or its end.
    fn next<'h>(&mut self, cx: &mut Cx<'_, 'h>) -> Result<Option<Step<'h>>> {
        match self.traversal.next(cx) {
            Next::Element { index, value } => {
                self.text(if index == 0 { "" } else { " " });
                self.value(cx, value)
            }
            Next::Attribute { index, name, value, .. } => {
                self.text(if index == 0 { "" } else { "; " });
                write_name(cx.shared().symbols.bytes(name), &mut self.out);
                self.text(" = ");
                self.value(cx, value)
            }
            Next::End { is_set, .. } => {
                self.text(if is_set { "; }" } else { " ]" });
                Ok(None)
            }
            Next::Done => Ok(None),
        }
    }
}

impl Task for PrintTask {
    fn memory(&self) -> usize {
        self.out.capacity() + self.seen.memory()
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
        if self.is_outermost() || fatal {
            return Err(error);
        }
        if matches!(self.awaited, Awaited::Kind | Awaited::DrvPath) {
            cx.pop();
        }
        self.awaited = Awaited::Nothing;
        self.text("«error: ");
        self.out.extend_from_slice(error.message());
        self.text("»");
        Ok(Step::YIELD)
    }
}
