//! Values as text: what `nix-instantiate --eval` and `nix eval` print.
//!
//! [`PrintTask`] walks a value with a stack of its own, so that values may nest as deep as they
//! like. The short pictures of values in messages are not made here but in the machine's `show`.

use nivose_base::literal::{write_name, write_string};
use nivose_base::{DiagnosticId, Error, Result, Symbol, float};
use nivose_heap::{Attrs, Thunk, ThunkState, Tracer, Value, View};
use nivose_machine::{Cx, Identities, Step, Task, byte_order};

/// Values visited in one step.
const BUDGET: usize = 5_000;

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

/// A list or set of which a part is still to be visited; it lies in the slot of the same number.
enum Open {
    List { next: usize },
    Attrs { order: Vec<u32>, next: usize },
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
    open: Vec<Open>,
    /// The sets and lists that were printed, by identity. They stay alive as parts of the first.
    seen: Identities,
    started: bool,
    awaited: Awaited,
}

impl PrintTask {
    /// A printer.
    pub fn new(options: PrintOptions) -> Self {
        let (out, open, seen) = (Vec::new(), Vec::new(), Identities::default());
        PrintTask { options, out, open, seen, started: false, awaited: Awaited::Nothing }
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
            View::Thunk(_) if self.options.force => return Ok(Some(self.ask(Awaited::Value, value))),
            View::Thunk(thunk) => self.thunk(thunk),
            View::Internal => self.text("«internal»"),
        }
        Ok(None)
    }

    fn ask<'h>(&mut self, awaited: Awaited, value: Value<'h>) -> Step<'h> {
        self.awaited = awaited;
        Step::Force(value)
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

    /// Whether a function is a part that C++ Nix has not evaluated.
    fn is_unneeded(&self, cx: &mut Cx<'_, '_>, code: u32) -> bool {
        !self.options.force && !self.open.is_empty() && !cx.shared().codes.get(code).was_needed()
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
            self.check_depth(cx)?;
            self.text("[ ");
            cx.push(value);
            self.open.push(Open::List { next: 0 });
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
        self.check_depth(cx)?;
        if self.options.derivation_paths
            && let Some(kind) = set.get(Symbol::TYPE)
        {
            cx.push(set.value());
            return Ok(Some(self.ask(Awaited::Kind, kind)));
        }
        self.open_attrs(cx, set);
        Ok(None)
    }

    fn open_attrs<'h>(&mut self, cx: &mut Cx<'_, 'h>, set: Attrs<'h>) {
        let order = byte_order(&cx.shared().symbols, set);
        cx.push(set.value());
        self.text("{ ");
        self.open.push(Open::Attrs { order, next: 0 });
    }

    fn check_depth(&self, cx: &mut Cx<'_, '_>) -> Result<()> {
        check_depth(cx, self.open.len())
    }

    /// Goes on with what was asked for.
    fn answer<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Option<Step<'h>>> {
        match std::mem::replace(&mut self.awaited, Awaited::Nothing) {
            Awaited::Nothing => Ok(None),
            Awaited::Value => self.value(cx, input),
            Awaited::Kind => Ok(self.kind(cx, input)),
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
    fn kind<'h>(&mut self, cx: &mut Cx<'_, 'h>, kind: Value<'h>) -> Option<Step<'h>> {
        let set = cx.pop().as_attrs()?;
        if kind.as_string().is_none_or(|text| text.bytes() != b"derivation") {
            self.open_attrs(cx, set);
            return None;
        }
        match set.get(Symbol::DRV_PATH) {
            Some(path) => {
                cx.push(set.value());
                Some(self.ask(Awaited::DrvPath, path))
            }
            None => {
                self.text("«derivation»");
                None
            }
        }
    }

    /// Prints the next part of the innermost open list or set, or closes it.
    fn next<'h>(&mut self, cx: &mut Cx<'_, 'h>) -> Result<Option<Step<'h>>> {
        let Some(container) = cx.slot_count().checked_sub(1).map(|top| cx.slot(top)) else { return Ok(None) };
        let part = match self.open.last_mut() {
            Some(Open::List { next }) => {
                let separator = if *next == 0 { "" } else { " " };
                self.out.extend_from_slice(separator.as_bytes());
                *next += 1;
                container.as_list().and_then(|list| list.get(*next - 1)).copied()
            }
            Some(Open::Attrs { order, next }) => {
                let separator = if *next == 0 { "" } else { "; " };
                self.out.extend_from_slice(separator.as_bytes());
                *next += 1;
                next_attribute(cx, container, order, *next - 1, &mut self.out)
            }
            None => None,
        };
        match part {
            Some(part) => self.value(cx, part),
            None => {
                self.close(cx);
                Ok(None)
            }
        }
    }

    fn close(&mut self, cx: &mut Cx<'_, '_>) {
        cx.pop();
        match self.open.pop() {
            Some(Open::List { .. }) => self.text("]"),
            Some(Open::Attrs { .. }) => self.text("}"),
            None => {}
        }
    }
}

/// Writes `NAME = ` of an attribute and gives its value.
fn next_attribute<'h>(
    cx: &mut Cx<'_, 'h>,
    container: Value<'h>,
    order: &[u32],
    at: usize,
    out: &mut Vec<u8>,
) -> Option<Value<'h>> {
    let set = container.as_attrs()?;
    let index = *order.get(at)? as usize;
    let name = set.entries().get(index)?.name;
    write_name(cx.shared().symbols.bytes(name), out);
    out.extend_from_slice(b" = ");
    set.values().get(index).copied()
}

fn check_depth(cx: &mut Cx<'_, '_>, depth: usize) -> Result<()> {
    if depth as u64 > u64::from(cx.shared().settings.max_call_depth) {
        return Err(Error::new(DiagnosticId::StackOverflow, &[]));
    }
    Ok(())
}

impl Task for PrintTask {
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
        cx.reserve(self.out.len())?;
        for _ in 0..BUDGET {
            if self.open.is_empty() {
                return Ok(Step::Return(cx.string(&self.out)));
            }
            if let Some(step) = self.next(cx)? {
                return Ok(step);
            }
        }
        Ok(Step::Yield)
    }

    fn recovers(&self) -> bool {
        self.options.force
    }

    fn recover<'h>(&mut self, cx: &mut Cx<'_, 'h>, error: Error) -> Result<Step<'h>> {
        let fatal = error.id().is_interruption() || error.id() == DiagnosticId::OutOfMemory;
        if self.open.is_empty() || fatal {
            return Err(error);
        }
        if matches!(self.awaited, Awaited::Kind | Awaited::DrvPath) {
            cx.pop();
        }
        self.awaited = Awaited::Nothing;
        self.text("«error: ");
        self.out.extend_from_slice(error.message());
        self.text("»");
        Ok(Step::Yield)
    }
}
