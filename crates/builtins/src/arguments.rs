//! What builtins ask of their arguments: type checks, and forcing one argument only after another was checked.

use nivose_base::Result;
use nivose_heap::{StringRef, Value};
use nivose_machine::{Cx, NativeFn, Step, Task, Values, type_error};

/// The string that a forced argument is.
///
/// # Errors
/// If it is of another type.
pub fn expect_string<'h>(cx: &mut Cx<'_, 'h>, value: Value<'h>) -> Result<StringRef<'h>> {
    let value = value.resolved();
    value.as_string().ok_or_else(|| type_error(cx.shared(), "a string", value))
}

/// The bytes of a forced argument that must be a string without context.
///
/// # Errors
/// If it is of another type, or refers to the store.
pub fn expect_plain_string<'h>(cx: &mut Cx<'_, 'h>, value: Value<'h>) -> Result<&'h [u8]> {
    let string = expect_string(cx, value)?;
    match string.context().first() {
        None => Ok(string.bytes()),
        Some(&element) => Err(cx.shared().context_not_allowed(string.bytes(), element)),
    }
}

/// For builtins that check one argument before they force the next: forces argument `index`, then runs `run` once more.
pub fn force_and_run<'h>(cx: &mut Cx<'_, 'h>, run: NativeFn, arguments: &[Value<'h>], index: u8) -> Step<'h> {
    let task = ForceAndRun { run, index, arity: arguments.len(), has_run: false };
    cx.start(task, arguments)
}

/// Slots: the arguments.
struct ForceAndRun {
    run: NativeFn,
    index: u8,
    arity: usize,
    has_run: bool,
}

impl Task for ForceAndRun {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
        if self.has_run {
            return Ok(Step::done(input));
        }
        let argument = cx.slot(usize::from(self.index)).resolved();
        if argument.is_thunk() {
            return Ok(cx.force(argument));
        }
        self.has_run = true;
        let arguments = Values::new(cx.slots().get(..self.arity).unwrap_or_default());
        let step = (self.run)(cx, arguments.as_slice())?;
        Ok(cx.shared().as_last(step))
    }
}
