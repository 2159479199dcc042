//! State that natives keep for the length of an evaluation, such as caches, without the machine knowing its type.
//!
//! No values: the collector does not look here.

use std::any::{Any, TypeId};

use nivose_base::Map;

/// One state of each type.
#[derive(Default)]
pub struct Extensions {
    states: Map<TypeId, Box<dyn Any + Send>>,
}

impl Extensions {
    /// The state of type `T`, made on first use.
    pub fn get<T: Any + Send + Default>(&mut self) -> &mut T {
        let state = self.states.entry(TypeId::of::<T>()).or_insert_with(|| Box::new(T::default()));
        match state.downcast_mut() {
            Some(state) => state,
            // The key of an entry is the type of its state.
            None => unreachable!(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_kept_by_type() {
        let mut extensions = Extensions::default();
        *extensions.get::<u32>() += 1;
        *extensions.get::<u32>() += 1;
        *extensions.get::<u8>() += 7;
        assert_eq!((*extensions.get::<u32>(), *extensions.get::<u8>()), (2, 7));
    }
}
