//! What a forced value is, and sets piece by piece, for callers that walk through a value themselves.

use nivose_base::{Pos, Result, Symbol};
use nivose_heap::Value;
use nivose_machine::{Handle, sorted_names, type_with_article};

use crate::evaluator::Evaluator;

impl Evaluator {
    /// What a forced value is, with an article: "an integer", "the built-in function 'map'".
    pub fn describe_type(&mut self, value: Handle) -> String {
        self.machine().inspect(value, |shared, value| type_with_article(shared, value))
    }

    /// The name of a builtin.
    pub fn builtin_name(&mut self, value: Handle) -> Option<&'static str> {
        self.machine().inspect(value, |shared, value| {
            let builtin = value.resolved().as_builtin()?;
            shared.builtins.get(builtin.0).map(|spec| spec.name)
        })
    }

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
        self.once(&[set], move |cx| {
            let set = cx.slot(0).resolved().as_attrs();
            Ok(cx.force(set.and_then(|set| set.get(name)).unwrap_or(Value::NULL)))
        })
    }
}
