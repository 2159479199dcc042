//! The table of values that are kept for somebody outside of the machine.
//!
//! What a handle means is not checked here beyond the bounds of the table: whoever gives handles out sees to it that
//! each is given back once and used with its own machine.

use nivose_base::Result;
use nivose_heap::Value;

use crate::hold::hold;
use crate::machine::Machine;
use crate::shared::Shared;

/// A value that outlives collections, by its place in the table of the machine that gave it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Handle(usize);

/// The values that are kept, and the places that are free.
#[derive(Default)]
pub(crate) struct Handles {
    values: Vec<Value<'static>>,
    free: Vec<usize>,
}

impl Handles {
    pub fn keep(&mut self, value: Value<'static>) -> Handle {
        match self.free.pop() {
            Some(place) => {
                self.values[place] = value;
                Handle(place)
            }
            None => {
                self.values.push(value);
                Handle(self.values.len() - 1)
            }
        }
    }

    /// The value of a handle; null for one that was never given.
    pub fn get(&self, handle: Handle) -> Value<'static> {
        self.values.get(handle.0).copied().unwrap_or(Value::NULL)
    }

    fn set(&mut self, handle: Handle, value: Value<'static>) {
        if let Some(place) = self.values.get_mut(handle.0) {
            *place = value;
        }
    }

    pub fn release(&mut self, handle: Handle) {
        if let Some(value) = self.values.get_mut(handle.0) {
            *value = Value::NULL;
            self.free.push(handle.0);
        }
    }

    /// The number of values that are kept.
    pub fn len(&self) -> usize {
        self.values.len() - self.free.len()
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Value<'static>> {
        self.values.iter_mut()
    }
}

impl Machine {
    /// Evaluates a value to weak head normal form; the handle stands for the result from then on.
    ///
    /// # Errors
    /// Whatever the evaluation fails with.
    pub fn force_handle(&mut self, handle: Handle) -> Result<()> {
        let forced = self.evaluate(self.value(handle))?;
        self.handles.set(handle, forced);
        Ok(())
    }

    /// Keeps values that are found in another.
    pub fn find_in<E>(
        &mut self,
        handle: Handle,
        look: impl for<'h> FnOnce(&mut Shared, Value<'h>) -> std::result::Result<Vec<Value<'h>>, E>,
    ) -> std::result::Result<Vec<Handle>, E> {
        let value = self.value(handle);
        let found = look(&mut self.shared, value)?;
        Ok(found.into_iter().map(|value| self.handles.keep(value)).collect())
    }

    /// Keeps a value that is made of others.
    ///
    /// # Errors
    /// Whatever `build` fails with.
    pub fn build_from(
        &mut self,
        parts: &[Handle],
        build: impl for<'h> FnOnce(&mut Shared, &[Value<'h>]) -> Result<Value<'h>>,
    ) -> Result<Handle> {
        let parts: Vec<Value<'static>> = parts.iter().map(|&part| self.value(part)).collect();
        let built = hold(build(&mut self.shared, &parts)?);
        Ok(self.handles.keep(built))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_used_again() {
        let mut handles = Handles::default();
        let (a, b) = (handles.keep(Value::TRUE), handles.keep(Value::FALSE));
        handles.release(a);
        assert_eq!((handles.len(), handles.get(a).is_null()), (1, true));
        assert_eq!(handles.keep(Value::NULL), a);
        assert_eq!(handles.get(b).as_bool(), Some(false));
    }
}
