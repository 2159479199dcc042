//! Evaluation in a scope: sources whose free variables are the attributes of a set, as `scopedImport` has it.
//!
//! A scope is a set like any other; adding to it makes a new one, and what was evaluated in the old one keeps that.

use nivose_base::{Origin, Result, Symbol};
use nivose_machine::{Handle, type_error, type_with_article};

use crate::Evaluator;
use crate::output::MergeTask;

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
            None => self.machine().run_task(Box::new(MergeTask), &[scope, added]),
        }
    }

    /// The variables that a scope has.
    pub(crate) fn names_in(&mut self, scope: Handle) -> Vec<Symbol> {
        self.attributes(scope).unwrap_or_default().into_iter().map(|(name, _)| name).collect()
    }

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

    /// Forgets which files were imported and what is known of the file system: files that have changed are read anew.
    /// Values that exist stay what they are.
    pub fn forget_files(&mut self) {
        let shared = &mut self.machine().shared;
        shared.imports.clear();
        shared.world.forget();
    }
}
