//! The order of values: numbers, strings, paths, and lists of them.

use std::cmp::Ordering;

use nivose_base::{DiagnosticId, Error, Result};
use nivose_bytecode::Instruction;
use nivose_heap::{Value, View};

use crate::equality::{equal_step, identical};
use crate::handover::Step;
use crate::native::{Cx, Task};
use crate::shared::Shared;
use crate::types::type_with_article;

/// `left < right` for two forced values (or its negation): at once, or by a task for lists.
///
/// # Errors
/// Values that have no order.
pub fn less_step<'h>(
    shared: &mut Shared,
    left: Value<'h>,
    right: Value<'h>,
    negate: bool,
) -> Result<Step<'h>> {
    match simple_less(shared, left, right)? {
        Some(less) => Ok(Step::done(Value::bool(less != negate))),
        None => Ok(shared.start(LessTask::new(negate), &[left, right])),
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

impl Shared {
    /// The order by which a function of two arguments says whether the first comes before the second, if it does nothing
    /// but `<` or `>` of the two.
    ///
    /// # Errors
    /// What can only be found while compiling it.
    pub(crate) fn comparator_direction(&mut self, function: Value<'_>) -> Result<Option<Ordering>> {
        let Some(code) = function.resolved().as_closure() else { return Ok(None) };
        self.ready(code)?;
        let code = self.codes.get(code);
        Ok(match *code.bytes {
            _ if code.arity != 2 => None,
            [GET, 1, GET, 0, LESS, RETURN] => Some(Ordering::Less),
            [GET, 0, GET, 1, LESS, RETURN] => Some(Ordering::Greater),
            _ => None,
        })
    }
}

/// The instructions of such a function. The second argument lies in slot 0.
const GET: u8 = Instruction::GetLocalForced as u8;
const LESS: u8 = Instruction::Less as u8;
const RETURN: u8 = Instruction::Return as u8;

#[cold]
fn incomparable(shared: &Shared, left: Value<'_>, right: Value<'_>) -> Error {
    let same = crate::types::type_name(left) == crate::types::type_name(right);
    let id = if same { DiagnosticId::CannotCompareType } else { DiagnosticId::CannotCompare };
    let types = (type_with_article(shared, left), type_with_article(shared, right));
    Error::new(id, &[&types.0, &types.1, &shared.show(left), &shared.show(right)])
}

/// Elements compared in one step.
const BUDGET: usize = 10_000;

/// What the task waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing: the next elements are looked at.
    Elements,
    /// Whether the two topmost slots, which are no lists, are equal.
    Equal,
}

/// Compares two lists: the first elements that differ decide, at whatever depth.
///
/// Slots: for each pair of lists that is open, one within the other, the two lists and the index of
/// the next elements; above them the elements whose equality is being found out.
struct LessTask {
    stage: Stage,
    negate: bool,
    started: bool,
}

impl LessTask {
    fn new(negate: bool) -> Self {
        LessTask { stage: Stage::Elements, negate, started: false }
    }

    fn answer<'h>(&self, less: bool) -> Step<'h> {
        Step::done(Value::bool(less != self.negate))
    }

    /// Looks at the next elements of the innermost pair of lists; `None` if they do not decide.
    fn elements<'h>(&mut self, cx: &mut Cx<'_, 'h>) -> Result<Option<Step<'h>>> {
        let top = cx.slot_count();
        let index = cx.slot(top - 1).as_number().unwrap_or(0) as usize;
        let (left, right) =
            (cx.slot(top - 3).as_list().unwrap_or(&[]), cx.slot(top - 2).as_list().unwrap_or(&[]));
        let (a, b) = match (left.get(index), right.get(index)) {
            (Some(a), Some(b)) => (a.resolved(), b.resolved()),
            (None, None) => return Ok(self.leave(cx)),
            (shorter, _) => return Ok(Some(self.answer(shorter.is_none()))),
        };
        if let Some(unevaluated) = [a, b].into_iter().find(|value| value.is_thunk()) {
            return Ok(Some(cx.force(unevaluated)));
        }
        cx.set_slot(top - 1, Value::number(index as u32 + 1));
        if identical(a, b) {
            return Ok(None);
        }
        if a.as_list().is_some() && b.as_list().is_some() {
            return self.open(cx, a, b).map(|()| None);
        }
        match equal_step(cx.shared(), a, b).at_once() {
            Ok(equal) => self.decide(cx, a, b, equal),
            Err(step) => {
                cx.push(a);
                cx.push(b);
                self.stage = Stage::Equal;
                Ok(Some(step))
            }
        }
    }

    /// Goes into a pair of lists.
    fn open<'h>(&mut self, cx: &mut Cx<'_, 'h>, a: Value<'h>, b: Value<'h>) -> Result<()> {
        let depth = (cx.slot_count() / 3) as u32;
        if depth.saturating_add(cx.depth()) > cx.shared().settings.max_call_depth {
            return Err(Error::new(DiagnosticId::StackOverflow, &[]));
        }
        cx.push(a);
        cx.push(b);
        cx.push(Value::number(0));
        Ok(())
    }

    /// The innermost lists are equal.
    fn leave<'h>(&mut self, cx: &mut Cx<'_, 'h>) -> Option<Step<'h>> {
        let top = cx.slot_count();
        cx.truncate(top - 3);
        (top == 3).then(|| self.answer(false))
    }

    /// The elements are equal, or else their order is the answer.
    fn decide<'h>(
        &mut self,
        cx: &mut Cx<'_, 'h>,
        a: Value<'h>,
        b: Value<'h>,
        equal: Value<'h>,
    ) -> Result<Option<Step<'h>>> {
        if equal.as_bool() == Some(true) {
            return Ok(None);
        }
        let less = simple_less(cx.shared(), a, b)?;
        Ok(Some(self.answer(less == Some(true))))
    }

    /// The equality of the two topmost slots is known.
    fn decided<'h>(&mut self, cx: &mut Cx<'_, 'h>, equal: Value<'h>) -> Result<Option<Step<'h>>> {
        let (b, a) = (cx.pop(), cx.pop());
        self.stage = Stage::Elements;
        self.decide(cx, a, b, equal)
    }
}

impl Task for LessTask {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
        if !self.started {
            self.started = true;
            cx.push(Value::number(0));
        }
        if self.stage == Stage::Equal
            && let Some(step) = self.decided(cx, input)?
        {
            return Ok(step);
        }
        for _ in 0..BUDGET {
            if let Some(step) = self.elements(cx)? {
                return Ok(step);
            }
        }
        Ok(Step::YIELD)
    }
}
