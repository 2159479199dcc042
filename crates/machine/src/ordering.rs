//! The order of values: numbers, strings, paths, and lists of them.

use nivose_base::{DiagnosticId, Error, Result};
use nivose_heap::{Value, View};

use crate::equality::equal_step;
use crate::native::{Cx, Step, Task};
use crate::shared::Shared;
use crate::types::type_with_article;

/// `left < right` for two forced values (or its negation): at once, or by a task for lists.
///
/// # Errors
/// Values that have no order.
pub fn less_step<'h>(shared: &Shared, left: Value<'h>, right: Value<'h>, negate: bool) -> Result<Step<'h>> {
    match simple_less(shared, left, right)? {
        Some(less) => Ok(Step::Return(Value::bool(less != negate))),
        None => Ok(Step::Start(Box::new(LessTask { index: 0, stage: Stage::Elements, negate }), [left, right].into())),
    }
}

/// `left < right`; `None` for two lists.
///
/// # Errors
/// Values that have no order.
pub fn simple_less(shared: &Shared, left: Value<'_>, right: Value<'_>) -> Result<Option<bool>> {
    Ok(Some(match (left.view(), right.view()) {
        (View::Int(a), View::Int(b)) => a < b,
        (View::Float(a), View::Float(b)) => a < b,
        (View::Int(a), View::Float(b)) => (a as f64) < b,
        (View::Float(a), View::Int(b)) => a < b as f64,
        (View::String(a), View::String(b)) => a.bytes() < b.bytes(),
        (View::Path(a), View::Path(b)) => a < b,
        (View::List(_), View::List(_)) => return Ok(None),
        _ => return Err(incomparable(shared, left, right)),
    }))
}

#[cold]
fn incomparable(shared: &Shared, left: Value<'_>, right: Value<'_>) -> Error {
    let same = crate::types::type_name(left) == crate::types::type_name(right);
    let id = if same { DiagnosticId::CannotCompareType } else { DiagnosticId::CannotCompare };
    let types = (type_with_article(shared, left), type_with_article(shared, right));
    Error::new(id, &[&types.0, &types.1, &shared.show(left), &shared.show(right)])
}

/// What the task waits for.
enum Stage {
    /// The two elements at `index` are to be forced and compared.
    Elements,
    /// Whether they are equal.
    Equal,
    /// Whether the left one is less.
    Less,
}

/// Compares two lists: the first elements that differ decide. Slots: the lists.
struct LessTask {
    index: usize,
    stage: Stage,
    negate: bool,
}

impl LessTask {
    fn answer<'h>(&self, less: bool) -> Step<'h> {
        Step::Return(Value::bool(less != self.negate))
    }

    /// Looks at the next elements; `None` if they are equal.
    fn elements<'h>(&mut self, cx: &mut Cx<'_, 'h>) -> Result<Option<Step<'h>>> {
        let (left, right) = (cx.slot(0).as_list().unwrap_or(&[]), cx.slot(1).as_list().unwrap_or(&[]));
        let Some(&b) = right.get(self.index) else { return Ok(Some(self.answer(false))) };
        let Some(&a) = left.get(self.index) else { return Ok(Some(self.answer(true))) };
        let (a, b) = (a.resolved(), b.resolved());
        if let Some(unevaluated) = [a, b].into_iter().find(|value| value.is_thunk()) {
            return Ok(Some(Step::Force(unevaluated)));
        }
        if a.bits() == b.bits() {
            return Ok(None);
        }
        match equal_step(cx.shared(), a, b) {
            Step::Return(equal) => self.decide(cx, equal),
            step => {
                self.stage = Stage::Equal;
                Ok(Some(step))
            }
        }
    }

    /// The elements are equal, or else their order is the answer.
    fn decide<'h>(&mut self, cx: &mut Cx<'_, 'h>, equal: Value<'h>) -> Result<Option<Step<'h>>> {
        if equal.as_bool() == Some(true) {
            return Ok(None);
        }
        let element = |slot: Value<'h>| slot.as_list().and_then(|list| list.get(self.index)).copied();
        let (a, b) = (element(cx.slot(0)), element(cx.slot(1)));
        let (a, b) = (a.unwrap_or(Value::NULL).resolved(), b.unwrap_or(Value::NULL).resolved());
        match less_step(cx.shared(), a, b, false)? {
            Step::Return(less) => Ok(Some(self.answer(less.as_bool() == Some(true)))),
            step => {
                self.stage = Stage::Less;
                Ok(Some(step))
            }
        }
    }
}

impl Task for LessTask {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
        let decided = match self.stage {
            Stage::Less => return Ok(self.answer(input.as_bool() == Some(true))),
            Stage::Equal => self.decide(cx, input)?,
            Stage::Elements => self.elements(cx)?,
        };
        if let Some(step) = decided {
            return Ok(step);
        }
        self.stage = Stage::Elements;
        for _ in 0..1000 {
            self.index += 1;
            if let Some(step) = self.elements(cx)? {
                return Ok(step);
            }
        }
        self.index += 1;
        Ok(Step::Yield)
    }
}
