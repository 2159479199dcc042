//! Calls from outside of the machine: with an argument, or automatic, where a function that a selection meets is given those
//! of the arguments of the command line that it asks for.

use nivose_base::{DiagnosticId, Error, Pos, Result, Symbol};
use nivose_bytecode::chunk::Formals;
use nivose_heap::{Attrs, Value, View};
use nivose_machine::{Cx, Handle, Shared, Step, Task, sort_attributes};

use crate::evaluator::Evaluator;

impl Evaluator {
    /// Applies a function to an argument.
    ///
    /// # Errors
    /// What the evaluation fails with.
    pub fn apply(&mut self, function: Handle, argument: Handle) -> Result<Handle> {
        self.once(&[function, argument], |cx| Ok(cx.call(cx.slot(0), [cx.slot(1)])))
    }

    /// Calls a function that takes a set pattern with those of `arguments`, a set, that it asks
    /// for; anything else is returned forced.
    ///
    /// # Errors
    /// An argument without a value, or what the evaluation fails with.
    pub fn auto_call(&mut self, function: Handle, arguments: Handle) -> Result<Handle> {
        self.machine().run_task(Box::new(AutoCallTask::default()), &[function, arguments])
    }
}

/// Calls the function in slot 0 with what it asks for of the set in slot 1; the result is what it
/// returns. Functions without a set pattern, and what is no function, are the result themselves.
#[derive(Default)]
struct AutoCallTask {
    started: bool,
    /// Whether the function was called with the arguments: what comes next is the result.
    called: bool,
    /// Calls of `__functor` so far: each may give another set with one.
    hops: u32,
}

impl Task for AutoCallTask {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
        if !std::mem::replace(&mut self.started, true) {
            return Ok(cx.force(cx.slot(0)));
        }
        if self.called {
            return Ok(Step::done(input));
        }
        let functor = input.as_attrs().and_then(|set| set.get(Symbol::FUNCTOR));
        if let Some(functor) = functor {
            return self.call_functor(cx, functor, input);
        }
        let Some(formals) = formals(cx.shared(), input)? else { return Ok(Step::done(input)) };
        let Some(given) = cx.slot(1).as_attrs() else { return Ok(Step::done(input)) };
        let arguments =
            if formals.ellipsis { given.value() } else { required(cx.shared(), &formals, given)? };
        self.called = true;
        Ok(cx.call(input, [arguments]))
    }
}

impl AutoCallTask {
    fn call_functor<'h>(
        &mut self,
        cx: &mut Cx<'_, 'h>,
        functor: Value<'h>,
        set: Value<'h>,
    ) -> Result<Step<'h>> {
        self.hops += 1;
        if self.hops > cx.shared().settings.max_call_depth {
            return Err(Error::new(DiagnosticId::StackOverflow, &[]));
        }
        Ok(cx.call(functor, [set]))
    }
}

/// The set pattern of a function's next argument.
fn formals(shared: &mut Shared, function: Value<'_>) -> Result<Option<Formals>> {
    let (code, applied) = match function.view() {
        View::Closure(code) => (code, 0),
        View::Partial { function, arguments } => match function.view() {
            View::Closure(code) => (code, arguments.len()),
            _ => return Ok(None),
        },
        _ => return Ok(None),
    };
    let last = shared.function(code)?.filter(|info| info.parameters.len() == applied + 1);
    Ok(last.and_then(|info| info.formals.clone()))
}

/// Of the given arguments those that the pattern names.
fn required<'h>(shared: &mut Shared, formals: &Formals, given: Attrs<'h>) -> Result<Value<'h>> {
    let mut arguments: Vec<(Symbol, Pos, Value<'h>)> = Vec::new();
    for formal in &formals.list {
        match given.get(formal.name) {
            Some(value) => arguments.push((formal.name, Pos::NONE, value)),
            None if formal.has_default => {}
            None => return Err(missing(shared, formal.name)),
        }
    }
    sort_attributes(&mut arguments);
    Ok(shared.heap.attrs_from(&arguments))
}

fn missing(shared: &Shared, name: Symbol) -> Error {
    Error::new(DiagnosticId::MissingAutoArgument, &[&shared.symbols.bytes(name)])
}
