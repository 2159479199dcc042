//! Sets piece by piece, for callers that walk through a value themselves.

use nivose_base::{Pos, Result, Symbol};
use nivose_heap::Value;
use nivose_machine::{Cx, Handle, Step, Task, sorted_names};

use crate::Evaluator;

impl Evaluator {
    /// The attributes of a forced set, sorted by name, each with the place of its definition;
    /// nothing if the value is no set.
    pub fn attributes(&mut self, value: Handle) -> Option<Vec<(Symbol, Pos)>> {
        self.machine().inspect(value, |shared, value| {
            let set = value.resolved().as_attrs()?;
            let sorted = sorted_names(&shared.symbols, set).into_iter();
            Some(sorted.map(|entry| (entry.name, entry.pos)).collect())
        })
    }

    /// An attribute of a forced set, forced; null if there is none.
    ///
    /// # Errors
    /// What the evaluation fails with.
    pub fn attribute(&mut self, set: Handle, name: Symbol) -> Result<Handle> {
        self.machine().run_task(Box::new(AttributeTask { name, selected: false }), &[set])
    }
}

/// Forces an attribute of the set in slot 0.
struct AttributeTask {
    name: Symbol,
    selected: bool,
}

impl Task for AttributeTask {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
        if std::mem::replace(&mut self.selected, true) {
            return Ok(Step::done(input));
        }
        let set = cx.slot(0).resolved().as_attrs();
        Ok(cx.force(set.and_then(|set| set.get(self.name)).unwrap_or(Value::NULL)))
    }
}
