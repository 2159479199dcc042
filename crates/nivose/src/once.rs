//! One step of native code from outside of the machine: what comes of it is the result.

use nivose_base::Result;
use nivose_heap::Value;
use nivose_machine::{Cx, Handle, Step, Task};

use crate::evaluator::Evaluator;

/// A task of one step.
struct Once<F>(Option<F>);

impl<F: for<'h> FnOnce(&mut Cx<'_, 'h>) -> Result<Step<'h>> + Send> Task for Once<F> {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
        match self.0.take() {
            Some(step) => step(cx),
            None => Ok(Step::done(input)),
        }
    }
}

impl Evaluator {
    /// Performs a step, which finds the values in its slots. What comes of it is forced.
    pub(crate) fn once(
        &mut self,
        values: &[Handle],
        step: impl for<'h> FnOnce(&mut Cx<'_, 'h>) -> Result<Step<'h>> + Send + 'static,
    ) -> Result<Handle> {
        self.machine().run_task(Box::new(Once(Some(step))), values)
    }
}
