//! Values that an embedding program holds, read on demand: a look at one evaluates it, not deeply.
//!
//! All looks of a conversion are one operation, so that the limits of the evaluation hold for the whole of it.

use std::cell::RefCell;

use nivose_base::Pos;
use nivose_machine::Handle;

use super::de::{Look, Node};
use super::failure::{Failure, Result};
use super::forced::Forced;
use crate::evaluator::Evaluator;

/// A value that is looked at.
pub(crate) struct Lazy<'a, 'e> {
    /// Shared by all values of a conversion, which come and go while there is one.
    evaluator: &'a RefCell<&'e mut Evaluator>,
    handle: Handle,
    /// The place of its attribute.
    pos: Pos,
}

impl<'a, 'e> Lazy<'a, 'e> {
    /// A value whose handle is let go with it.
    pub fn new(evaluator: &'a RefCell<&'e mut Evaluator>, handle: Handle, pos: Pos) -> Self {
        Lazy { evaluator, handle, pos }
    }

    /// What the value is, with the places of what lies within, and the handles of that.
    fn open(&self) -> nivose_base::Result<(Look<Pos>, Vec<Handle>)> {
        let mut evaluator = self.evaluator.borrow_mut();
        let machine = evaluator.machine();
        machine.force_handle(self.handle)?;
        let mut shown = Look::Null;
        let handles = machine.find_in(self.handle, |shared, value| {
            let mut values = Vec::new();
            shown = Forced::new(shared, value, self.pos).look()?.filter_map(|node| {
                values.push(node.value);
                Some(node.pos())
            });
            Ok::<_, Failure>(values)
        });
        Ok((shown, handles.map_err(Failure::into_error)?))
    }
}

impl Node for Lazy<'_, '_> {
    fn look(&self) -> Result<Look<Self>> {
        let (shown, handles) = self.open().map_err(|error| error.at(self.pos))?;
        let mut handles = handles.into_iter();
        // There are as many handles as places.
        let within = |pos| handles.next().map(|handle| Lazy { evaluator: self.evaluator, handle, pos });
        Ok(shown.filter_map(within))
    }

    fn pos(&self) -> Pos {
        self.pos
    }
}

impl Drop for Lazy<'_, '_> {
    fn drop(&mut self) {
        // Nobody drops a value while it is looked at.
        if let Ok(mut evaluator) = self.evaluator.try_borrow_mut() {
            evaluator.machine().release(self.handle);
        }
    }
}
