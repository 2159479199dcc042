//! Evaluates everything within a value: the work of `deepSeq`.

use nivose_base::{Error, Result};
use nivose_heap::{Tracer, Value, View};
use nivose_machine::{Cx, Identities, Step, Task};

use crate::traversal::{Next, Traversal};

/// Parts looked at in one step.
const BUDGET: usize = 10_000;

/// Evaluates everything within the value in slot 0 and returns null. Every list and set is entered
/// once, so that cycles come to an end.
pub struct DeepForce {
    traversal: Traversal,
    /// The lists and sets that were entered, by identity. They stay alive as parts of the whole, which the caller holds.
    seen: Identities,
    started: bool,
    /// Whether a value was asked for.
    awaits: bool,
}

impl DeepForce {
    /// The step that does the work for a value, which somebody else must keep alive.
    pub fn start<'h>(cx: &mut Cx<'_, 'h>, value: Value<'h>) -> Step<'h> {
        let limit = cx.shared().settings.max_call_depth as usize;
        let traversal = Traversal::new(limit);
        let task = DeepForce { traversal, seen: Identities::default(), started: false, awaits: false };
        cx.start(task, &[value])
    }

    /// Enters a forced list or set that was not met before; notes a function.
    fn visit<'h>(&mut self, cx: &mut Cx<'_, 'h>, value: Value<'h>) -> Result<()> {
        let filled = match value.view() {
            View::List(elements) => !elements.is_empty(),
            View::Attrs(set) => !set.is_empty(),
            View::Closure(code) => {
                cx.shared().codes.mark_needed(code);
                false
            }
            _ => false,
        };
        if filled && self.seen.insert(value) {
            self.traversal.open(cx, value, self.seen.len())?;
        }
        Ok(())
    }
}

impl Task for DeepForce {
    fn relocate(&mut self, tracer: &Tracer<'_>) {
        self.seen.relocate(tracer);
    }

    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
        if !std::mem::replace(&mut self.started, true) {
            let value = cx.pop();
            self.awaits = true;
            return Ok(cx.force(value));
        }
        if std::mem::take(&mut self.awaits) {
            self.visit(cx, input)?;
        }
        for _ in 0..BUDGET {
            let value = match self.traversal.next(cx) {
                Next::Element { value, .. } | Next::Attribute { value, .. } => value.resolved(),
                Next::End { .. } => continue,
                Next::Done => return Ok(Step::done(Value::NULL)),
            };
            if value.is_thunk() {
                self.awaits = true;
                return Ok(cx.force(value));
            }
            self.visit(cx, value)?;
        }
        Ok(Step::YIELD)
    }

    fn recovers(&self) -> bool {
        true
    }

    fn recover<'h>(&mut self, cx: &mut Cx<'_, 'h>, mut error: Error) -> Result<Step<'h>> {
        self.traversal.add_steps(cx, "while evaluating the attribute", &mut error);
        Err(error)
    }
}
