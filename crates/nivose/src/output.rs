//! Values out of an evaluation: as text, and evaluated for it.

use nivose_base::Result;
use nivose_builtins::deep::DeepForce;
use nivose_builtins::json::{JsonOptions, ToJson};
use nivose_builtins::print::{PrintOptions, PrintTask};
use nivose_builtins::xml::{ToXml, XmlOptions};
use nivose_bytecode::instruction::Coerce;
use nivose_machine::coerce::coerce_step;
use nivose_machine::{Handle, Task};

use crate::evaluator::Evaluator;

impl Evaluator {
    /// Evaluates everything within a value, and gives it by a handle of its own.
    ///
    /// # Errors
    /// What the evaluation fails with.
    pub fn force_deep(&mut self, value: Handle) -> Result<Handle> {
        let done = self.once(&[value], |cx| Ok(DeepForce::start(cx, cx.slot(0))))?;
        self.machine().release(done);
        self.machine().build_from(&[value], |_, value| Ok(value[0].resolved()))
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
        let text = self.once(&[value], |cx| {
            let value = cx.slot(0).resolved();
            coerce_step(cx.shared(), value, Coerce::IMPORT_PATHS)
        })?;
        Ok(self.take_text(text))
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
    fn text_of(&mut self, task: Box<dyn Task>, value: Handle) -> Result<Vec<u8>> {
        let text = self.machine().run_task(task, &[value])?;
        Ok(self.take_text(text))
    }

    /// The bytes of a string, which is let go.
    fn take_text(&mut self, text: Handle) -> Vec<u8> {
        let bytes = self.machine().inspect(text, |_, text| {
            text.resolved().as_string().map(|text| text.bytes().to_vec()).unwrap_or_default()
        });
        self.machine().release(text);
        bytes
    }
}
