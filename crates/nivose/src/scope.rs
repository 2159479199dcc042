//! Evaluation in a scope: sources whose free variables are the attributes of a set, as `scopedImport` has it.
//!
//! A scope is a set like any other; adding to it makes a new one, and what was evaluated in the old one keeps that.

use nivose_base::{Origin, Pos, Result, Symbol};
use nivose_machine::{Cx, Handle, Step, sort_attributes, type_error};

use crate::evaluator::Evaluator;

impl Evaluator {
    /// Evaluates a source in which the attributes of a forced set are variables, before all builtins.
    ///
    /// # Errors
    /// The first diagnostic of the source, or what the evaluation fails with.
    pub fn evaluate_in(
        &mut self,
        scope: Handle,
        origin: Origin,
        text: Vec<u8>,
        directory: Vec<u8>,
    ) -> Result<Handle> {
        let names = self.names_in(scope);
        let unit = self.machine().shared.load(origin, text, directory, Some(&names))?;
        let function = self.machine().make(|shared, _| shared.unit_function(unit));
        let result = self.apply(function, scope);
        self.machine().release(function);
        result
    }

    /// A scope with the attributes of another forced set added, which come before those of the same name.
    ///
    /// # Errors
    /// If what is to be added is no set, or there is no memory for it.
    pub fn extend_scope(&mut self, scope: Handle, added: Handle) -> Result<Handle> {
        let wrong = self.machine().inspect(added, |shared, added| {
            (!added.resolved().is_attrs()).then(|| type_error(shared, "a set", added))
        });
        match wrong {
            Some(error) => Err(error),
            None => self.once(&[scope, added], merge),
        }
    }

    /// The variables that a scope has.
    pub(crate) fn names_in(&mut self, scope: Handle) -> Vec<Symbol> {
        self.attributes(scope).unwrap_or_default().into_iter().map(|(name, _)| name).collect()
    }
}

/// The sets in the slots as one; of several values for a name the last counts.
fn merge<'h>(cx: &mut Cx<'_, 'h>) -> Result<Step<'h>> {
    let mut attributes: Vec<_> = Vec::new();
    for slot in (0..cx.slot_count()).rev() {
        let Some(set) = cx.slot(slot).resolved().as_attrs() else { continue };
        let set = cx.shared().flat(set)?;
        attributes.extend(set.iter().map(|(name, value)| (name, Pos::NONE, value)));
    }
    sort_attributes(&mut attributes);
    Ok(Step::done(cx.heap().attrs_from(&attributes)))
}
