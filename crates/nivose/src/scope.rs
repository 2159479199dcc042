//! Evaluation in a scope: sources whose free variables are the attributes of a set, as `scopedImport` has it.
//!
//! A scope is a set like any other; adding to it makes a new one, and what was evaluated in the old one keeps that.

use nivose_base::{Origin, Pos, Result};
use nivose_heap::Value;
use nivose_machine::{Cx, Handle, Step, Task, sort_attributes, sorted_names, type_error, type_with_article};

use crate::Evaluator;

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
        let names = self.machine().inspect(scope, |shared, scope| {
            let set = scope.resolved().as_attrs();
            set.map(|set| sorted_names(&shared.symbols, set).into_iter().map(|entry| entry.name).collect())
        });
        let names: Vec<_> = names.unwrap_or_default();
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
        self.machine().run_task(Box::new(ExtendTask), &[scope, added])
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

/// The set in slot 0 with the attributes of that in slot 1, in place of those of the same name.
struct ExtendTask;

impl Task for ExtendTask {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, _: Value<'h>) -> Result<Step<'h>> {
        let added = cx.slot(1).resolved();
        if !added.is_attrs() {
            return Err(type_error(cx.shared(), "a set", added));
        }
        let mut attributes: Vec<_> = Vec::new();
        for slot in [1, 0] {
            let Some(set) = cx.slot(slot).resolved().as_attrs() else { continue };
            let set = cx.shared().flat(set)?;
            attributes.extend(set.iter().map(|(name, value)| (name, Pos::NONE, value)));
        }
        sort_attributes(&mut attributes);
        Ok(Step::done(cx.heap().attrs_from(&attributes)))
    }
}
