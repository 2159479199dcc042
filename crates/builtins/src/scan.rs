//! Builtins that need the elements of a list forced, or parts of them, each checked before the next is forced.

use nivose_base::Result;
use nivose_heap::Value;
use nivose_machine::{Cx, Must, NativeFn, Shared, Step, Task, Values};

/// Looks through a list from place `at` on: advances it over what is forced and of the right
/// type, and gives the first value that is still to be forced; none at the end.
pub type Scan = for<'h> fn(&mut Shared, Value<'h>, &mut usize) -> Result<Option<Value<'h>>>;

/// What is forced before a builtin runs.
#[derive(Clone, Copy)]
enum Wanted {
    /// The elements, which must be something.
    Elements(Must),
    /// What a function asks for.
    Parts(Scan),
}

/// Forces the elements of the argument of number `list`, which must be what `must` says, then runs `run`.
///
/// # Errors
/// The first element that is something else, or what `run` fails with.
pub fn force_elements_and_run<'h>(
    cx: &mut Cx<'_, 'h>,
    arguments: &[Value<'h>],
    list: usize,
    must: Must,
    run: NativeFn,
) -> Result<Step<'h>> {
    start(cx, arguments, list, Wanted::Elements(must), run)
}

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
    start(cx, arguments, list, Wanted::Parts(scan), run)
}

fn start<'h>(
    cx: &mut Cx<'_, 'h>,
    arguments: &[Value<'h>],
    list: usize,
    wanted: Wanted,
    run: NativeFn,
) -> Result<Step<'h>> {
    let mut at = 0;
    if wanted.next(cx.shared(), arguments[list], &mut at)?.is_none() {
        return run(cx, arguments);
    }
    let task = ScanTask { wanted, run, at, list, arity: arguments.len(), has_run: false };
    Ok(cx.start(task, arguments))
}

impl Wanted {
    /// The next value that is to be forced; those before it are what they must be.
    fn next<'h>(self, shared: &mut Shared, list: Value<'h>, at: &mut usize) -> Result<Option<Value<'h>>> {
        match self {
            Wanted::Elements(must) => next_element(shared, list, at, must),
            Wanted::Parts(scan) => scan(shared, list, at),
        }
    }
}

fn next_element<'h>(
    shared: &Shared,
    list: Value<'h>,
    at: &mut usize,
    must: Must,
) -> Result<Option<Value<'h>>> {
    let elements = crate::checks::list(shared, list)?;
    while let Some(element) = elements.get(*at) {
        let element = element.resolved();
        if element.is_thunk() {
            return Ok(Some(element));
        }
        must.check(shared, element)?;
        *at += 1;
    }
    Ok(None)
}

/// Slots: the arguments.
struct ScanTask {
    wanted: Wanted,
    run: NativeFn,
    at: usize,
    list: usize,
    arity: usize,
    has_run: bool,
}

impl Task for ScanTask {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
        if self.has_run {
            return Ok(Step::done(input));
        }
        if let Some(at) = input.as_number() {
            self.at = at as usize;
        }
        let list = cx.slot(self.list);
        if let Some(value) = self.wanted.next(cx.shared(), list, &mut self.at)? {
            return Ok(match self.wanted {
                Wanted::Elements(must) => cx.force_elements(list.resolved(), self.at, must),
                Wanted::Parts(_) => cx.force(value),
            });
        }
        self.has_run = true;
        let arguments = Values::new(cx.slots().get(..self.arity).unwrap_or_default());
        (self.run)(cx, arguments.as_slice())
    }
}
