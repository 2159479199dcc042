//! Comparing two values that somebody outside of the machine holds.

use nivose_base::Result;
use nivose_heap::Value;
use nivose_machine::equality::equal_step;
use nivose_machine::ordering::less_step;
use nivose_machine::{Cx, Step, Task};

/// Forces slots 0 and 1, then compares them.
#[derive(Default)]
struct Operands {
    forced: u8,
}

impl Operands {
    /// What to do before both are forced; nothing after that.
    fn next<'h>(&mut self, cx: &mut Cx<'_, 'h>) -> Option<Step<'h>> {
        let slot = usize::from(self.forced);
        self.forced += 1;
        (slot < 2).then(|| cx.force(cx.slot(slot)))
    }

    /// Whether the comparison was started, and what comes in is its result.
    fn is_compared(&self) -> bool {
        self.forced > 3
    }
}

/// Whether the values in slots 0 and 1 are equal.
#[derive(Default)]
pub(crate) struct EqualTask(Operands);

impl Task for EqualTask {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
        if let Some(step) = self.0.next(cx) {
            return Ok(step);
        }
        if self.0.is_compared() {
            return Ok(Step::done(input));
        }
        let (left, right) = (cx.slot(0).resolved(), cx.slot(1).resolved());
        Ok(equal_step(cx.shared(), left, right))
    }
}

/// Whether the value in slot 0 is less than that in slot 1.
#[derive(Default)]
pub(crate) struct LessTask(Operands);

impl Task for LessTask {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
        if let Some(step) = self.0.next(cx) {
            return Ok(step);
        }
        if self.0.is_compared() {
            return Ok(Step::done(input));
        }
        let (left, right) = (cx.slot(0).resolved(), cx.slot(1).resolved());
        less_step(cx.shared(), left, right, false)
    }
}
