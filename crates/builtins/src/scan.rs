//! Builtins that need parts of their arguments forced in an order of their own: the elements of a
//! list, say, each checked before the next is forced.

use nivose_base::Result;
use nivose_heap::Value;
use nivose_machine::{Cx, NativeFn, Shared, Step, Task, Values};

/// Looks through a list from place `at` on: advances it over what is forced and of the right
/// type, and gives the first value that is still to be forced; none at the end.
pub type Scan = for<'h> fn(&mut Shared, Value<'h>, &mut usize) -> Result<Option<Value<'h>>>;

/// Forces what `scan` asks for of the argument of number `list`, then runs `run`.
///
/// # Errors
/// What the scan finds wrong, or what `run` fails with.
pub fn scan_and_run<'h>(
    cx: &mut Cx<'_, 'h>,
    arguments: &[Value<'h>],
    list: usize,
    scan: Scan,
    run: NativeFn,
) -> Result<Step<'h>> {
    let mut at = 0;
    if scan(cx.shared(), arguments[list], &mut at)?.is_none() {
        return run(cx, arguments);
    }
    let task = ScanTask { scan, run, at, list, arity: arguments.len(), has_run: false };
    Ok(Step::Start(Box::new(task), Values::new(arguments)))
}

/// Slots: the arguments.
struct ScanTask {
    scan: Scan,
    run: NativeFn,
    at: usize,
    list: usize,
    arity: usize,
    has_run: bool,
}

impl Task for ScanTask {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
        if self.has_run {
            return Ok(Step::Return(input));
        }
        let list = cx.slot(self.list);
        if let Some(value) = (self.scan)(cx.shared(), list, &mut self.at)? {
            return Ok(cx.force(value));
        }
        self.has_run = true;
        let arguments = Values::new(cx.slots().get(..self.arity).unwrap_or_default());
        (self.run)(cx, arguments.as_slice())
    }
}

/// The first element from `at` on that is not forced; those before must pass `check`.
///
/// # Errors
/// What `check` says of an element.
pub fn scan_elements<'h>(
    shared: &mut Shared,
    list: Value<'h>,
    at: &mut usize,
    check: impl Fn(&Shared, Value<'h>) -> Result<()>,
) -> Result<Option<Value<'h>>> {
    let elements = crate::checks::list(shared, list)?;
    while let Some(element) = elements.get(*at) {
        let element = element.resolved();
        if element.is_thunk() {
            return Ok(Some(element));
        }
        check(shared, element)?;
        *at += 1;
    }
    Ok(None)
}
