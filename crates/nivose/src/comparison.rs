//! Comparing two values that somebody outside of the machine holds.

use nivose_base::{DiagnosticId, Error, Result};
use nivose_heap::Value;
use nivose_machine::equality::equal_step;
use nivose_machine::ordering::less_step;
use nivose_machine::{Handle, Shared, Step};

use crate::evaluator::Evaluator;

/// What begins a comparison of two forced values.
type Comparison = for<'h> fn(&mut Shared, Value<'h>, Value<'h>) -> Result<Step<'h>>;

impl Evaluator {
    /// Whether two values are equal.
    pub(crate) fn equal(&mut self, left: Handle, right: Handle) -> Result<bool> {
        self.compare(left, right, |shared, left, right| Ok(equal_step(shared, left, right)))
    }

    /// Whether a value is less than another.
    pub(crate) fn less(&mut self, left: Handle, right: Handle) -> Result<bool> {
        self.compare(left, right, |shared, left, right| less_step(shared, left, right, false))
    }

    fn compare(&mut self, left: Handle, right: Handle, begin: Comparison) -> Result<bool> {
        self.machine().force_handle(left)?;
        self.machine().force_handle(right)?;
        let answer = self.once(&[left, right], move |cx| {
            let (left, right) = (cx.slot(0).resolved(), cx.slot(1).resolved());
            begin(cx.shared(), left, right)
        })?;
        let truth = self.machine().inspect(answer, |_, value| value.resolved().as_bool());
        self.machine().release(answer);
        truth.ok_or_else(|| Error::new(DiagnosticId::Internal, &[&"a comparison without an answer"]))
    }
}
