//! Values into an evaluation: made of data or of other values.

use nivose_base::{Pos, Result, Symbol};
use nivose_machine::{Handle, sort_attributes};

use crate::evaluator::Evaluator;

impl Evaluator {
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
    pub fn attrs<N: AsRef<[u8]>>(&mut self, attributes: &[(N, Handle)]) -> Result<Handle> {
        let values: Vec<Handle> = attributes.iter().map(|&(_, value)| value).collect();
        self.machine().build_from(&values, |shared, values| {
            let names = attributes.iter().map(|(name, _)| shared.symbols.intern(name.as_ref()));
            let names: Vec<Symbol> = names.collect();
            let named = names.into_iter().zip(values).rev();
            let mut attributes: Vec<_> = named.map(|(name, &value)| (name, Pos::NONE, value)).collect();
            sort_attributes(&mut attributes);
            Ok(shared.heap.attrs_from(&attributes))
        })
    }

    /// The same value by a handle of its own.
    pub(crate) fn again(&mut self, value: Handle) -> Result<Handle> {
        self.machine().build_from(&[value], |_, value| Ok(value[0]))
    }
}
