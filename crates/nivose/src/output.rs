//! Values out of an evaluation: as text, and what has to happen to them before.

use nivose_base::{Origin, Pos, Result, Symbol};
use nivose_builtins::deep::DeepForce;
use nivose_builtins::json::{JsonOptions, ToJson};
use nivose_builtins::print::{PrintOptions, PrintTask};
use nivose_builtins::xml::{ToXml, XmlOptions};
use nivose_bytecode::instruction::Coerce;
use nivose_heap::Value;
use nivose_machine::coerce::coerce_step;
use nivose_machine::{Cx, Handle, MAX_ARGUMENTS, Step, Task, sort_attributes};

use crate::Evaluator;
use crate::auto_call::AutoCallTask;

impl Evaluator {
    /// The thunk of a source, which is read and analysed now and evaluated when somebody needs it.
    ///
    /// # Errors
    /// The first diagnostic of the source.
    pub fn suspend(&mut self, origin: Origin, text: Vec<u8>, directory: Vec<u8>) -> Result<Handle> {
        let unit = self.machine().shared.load(origin, text, directory, None)?;
        Ok(self.machine().make(|shared, _| shared.unit_thunk(unit)))
    }

    /// A string without context.
    pub fn string(&mut self, bytes: &[u8]) -> Handle {
        self.machine().make(|shared, _| shared.heap.string(bytes))
    }

    /// The set without attributes.
    pub fn empty_set(&mut self) -> Handle {
        self.machine().make(|shared, _| shared.heap.empty_attrs())
    }

    /// A set of values that stay unevaluated. Of several values for a name the last counts.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub fn set(&mut self, attributes: Vec<(Vec<u8>, Handle)>) -> Result<Handle> {
        let mut sets = Vec::new();
        for chunk in attributes.chunks(MAX_ARGUMENTS) {
            let symbols = &mut self.machine().shared.symbols;
            let names = chunk.iter().map(|(name, _)| symbols.intern(name)).collect();
            let values: Vec<Handle> = chunk.iter().map(|&(_, value)| value).collect();
            sets.push(self.machine().run_task(Box::new(SetTask { names }), &values)?);
        }
        while sets.len() > 1 {
            let merged =
                sets.chunks(MAX_ARGUMENTS).map(|chunk| self.machine().run_task(Box::new(MergeTask), chunk));
            sets = merged.collect::<Result<_>>()?;
        }
        Ok(sets.pop().unwrap_or_else(|| self.empty_set()))
    }

    /// Applies a function to an argument.
    ///
    /// # Errors
    /// What the evaluation fails with.
    pub fn apply(&mut self, function: Handle, argument: Handle) -> Result<Handle> {
        self.machine().run_task(Box::new(ApplyTask { called: false }), &[function, argument])
    }

    /// Calls a function that takes a set pattern with those of `arguments`, a set, that it asks
    /// for; anything else is returned forced.
    ///
    /// # Errors
    /// An argument without a value, or what the evaluation fails with.
    pub fn auto_call(&mut self, function: Handle, arguments: Handle) -> Result<Handle> {
        self.machine().run_task(Box::new(AutoCallTask::default()), &[function, arguments])
    }

    /// Evaluates everything within a value.
    ///
    /// # Errors
    /// What the evaluation fails with.
    pub fn force_deep(&mut self, value: Handle) -> Result<Handle> {
        self.machine().run_task(Box::new(ForceTask { started: false }), &[value])
    }

    /// The text of a forced value.
    ///
    /// # Errors
    /// What the evaluation of its parts fails with, if these are to be forced.
    pub fn print(&mut self, value: Handle, options: PrintOptions) -> Result<Vec<u8>> {
        let limit = self.machine().shared.settings.max_call_depth;
        self.text_of(Box::new(PrintTask::new(options, limit)), value)
    }

    /// The string that a value is, as interpolation coerces it.
    ///
    /// # Errors
    /// A value that has no string form, or what the evaluation fails with.
    pub fn coerce_to_string(&mut self, value: Handle) -> Result<Vec<u8>> {
        self.text_of(Box::new(CoerceTask { started: false }), value)
    }

    /// A value as JSON, everything within it evaluated. `copies_paths`: paths are those of copies in
    /// the store, as in `builtins.toJSON`.
    ///
    /// # Errors
    /// A value that has no JSON form, or what the evaluation fails with.
    pub fn to_json(&mut self, value: Handle, copies_paths: bool) -> Result<Vec<u8>> {
        let task = ToJson::new(&self.machine().shared, JsonOptions { copies_paths });
        self.text_of(Box::new(task), value)
    }

    /// A value as XML. `force`: everything within it is evaluated. `locations`: it says where
    /// attributes and functions were written.
    ///
    /// # Errors
    /// What the evaluation fails with.
    pub fn to_xml(&mut self, value: Handle, force: bool, locations: bool) -> Result<Vec<u8>> {
        let task = ToXml::new(&self.machine().shared, XmlOptions { forces: force, locations });
        self.text_of(Box::new(task), value)
    }

    /// Runs a task whose result is a string.
    pub(crate) fn text_of(&mut self, task: Box<dyn Task>, value: Handle) -> Result<Vec<u8>> {
        let text = self.machine().run_task(task, &[value])?;
        let bytes = self.machine().inspect(text, |_, text| {
            text.resolved().as_string().map(|text| text.bytes().to_vec()).unwrap_or_default()
        });
        self.machine().release(text);
        Ok(bytes)
    }
}

/// The value in slot 0, with everything within it evaluated.
struct ForceTask {
    started: bool,
}

impl Task for ForceTask {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, _: Value<'h>) -> Result<Step<'h>> {
        let value = cx.slot(0);
        if std::mem::replace(&mut self.started, true) {
            return Ok(Step::done(value));
        }
        Ok(DeepForce::start(cx, value))
    }
}

/// The set of the values in the slots under the given names.
struct SetTask {
    names: Vec<Symbol>,
}

impl Task for SetTask {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, _: Value<'h>) -> Result<Step<'h>> {
        let named = self.names.iter().enumerate().rev();
        let mut attributes: Vec<_> = named.map(|(slot, &name)| (name, Pos::NONE, cx.slot(slot))).collect();
        sort_attributes(&mut attributes);
        Ok(Step::done(cx.heap().attrs_from(&attributes)))
    }
}

/// The sets in the slots as one; of several values for a name the last counts.
pub(crate) struct MergeTask;

impl Task for MergeTask {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, _: Value<'h>) -> Result<Step<'h>> {
        let mut attributes: Vec<_> = Vec::new();
        for slot in (0..cx.slot_count()).rev() {
            let Some(set) = cx.slot(slot).resolved().as_attrs() else { continue };
            let set = cx.shared().flat(set)?;
            attributes.extend(set.iter().map(|(name, value)| (name, Pos::NONE, value)));
        }
        sort_attributes(&mut attributes);
        Ok(Step::done(cx.heap().attrs_from(&attributes)))
    }
}

/// The function in slot 0, applied to slot 1.
struct ApplyTask {
    called: bool,
}

impl Task for ApplyTask {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
        if std::mem::replace(&mut self.called, true) {
            return Ok(Step::done(input));
        }
        Ok(cx.call(cx.slot(0), [cx.slot(1)]))
    }
}

/// Coerces the value in slot 0 to a string.
struct CoerceTask {
    started: bool,
}

impl Task for CoerceTask {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
        if std::mem::replace(&mut self.started, true) {
            return Ok(Step::done(input));
        }
        let value = cx.slot(0).resolved();
        coerce_step(cx.shared(), value, Coerce::IMPORT_PATHS)
    }
}
