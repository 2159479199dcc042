//! What names in `with` scopes were found to be since the last collection.
//!
//! Sources open `with` scopes at their top and use names of them in functions that are called often: the same place then
//! asks the same scopes again, all of which, and the sets they open, stay as they are. Other places, whose scopes differ
//! from call to call, are left to the inline caches.

use nivose_bytecode::instruction::SCOPE_CACHES;
use nivose_heap::Value;

/// Number of places of the memo; a power of two. More do not make it hit more often on a NixOS system.
const PLACES: usize = 1 << 8;

/// Each place in the code has one place in the memo, which it may share with others.
pub(crate) struct ScopeMemo {
    found: [Found; PLACES],
}

#[derive(Clone, Copy)]
struct Found {
    /// The first inline cache of the instruction; that of none in an empty place.
    cache: u32,
    /// The innermost scope.
    scope: Value<'static>,
    value: Value<'static>,
}

impl Found {
    const NOTHING: Found = Found { cache: u32::MAX, scope: Value::NONE, value: Value::NONE };
}

impl Default for ScopeMemo {
    fn default() -> Self {
        ScopeMemo { found: [Found::NOTHING; PLACES] }
    }
}

impl ScopeMemo {
    /// What the instruction with that cache found, if it was asked last for these scopes.
    #[inline(always)]
    pub fn get(&self, cache: u32, scope: Value<'static>) -> Option<Value<'static>> {
        let found = &self.found[place(cache)];
        (found.cache == cache && found.scope.bits() == scope.bits()).then_some(found.value)
    }

    /// Remembers what it found.
    #[inline(always)]
    pub fn note(&mut self, cache: u32, scope: Value<'static>, value: Value<'static>) {
        self.found[place(cache)] = Found { cache, scope, value };
    }

    /// Forgets everything: a collection moves scopes and values, and frees them.
    pub fn forget(&mut self) {
        self.found.fill(Found::NOTHING);
    }
}

/// An instruction has several caches, one after the other.
#[inline(always)]
fn place(cache: u32) -> usize {
    cache as usize / SCOPE_CACHES as usize % PLACES
}
