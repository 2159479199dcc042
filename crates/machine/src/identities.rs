//! Sets of objects by identity: which lists and sets a walk has met.
//!
//! Objects move once, when they outlive the nursery; whoever keeps such a set hands it to the
//! collector after each collection ([`crate::Task::relocate`]).

use nivose_heap::{Tracer, Value};

use nivose_base::Map;

/// See the opening comment.
#[derive(Default)]
pub struct Identities {
    seen: Map<u64, ()>,
    /// Those that came since the last collection, and may move.
    fresh: Vec<u64>,
}

impl Identities {
    /// Adds a value that is an object; whether it is new.
    pub fn insert(&mut self, value: Value<'_>) -> bool {
        let is_new = self.seen.insert(value.bits(), ()).is_none();
        if is_new {
            self.fresh.push(value.bits());
        }
        is_new
    }

    /// The number of objects.
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// About how many bytes they take.
    pub fn memory(&self) -> usize {
        (self.seen.capacity() + self.fresh.capacity()) * size_of::<u64>()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// Follows the objects to where they are after a collection, and forgets those that are gone.
    pub fn relocate(&mut self, tracer: &Tracer<'_>) {
        if tracer.is_major() {
            self.seen.retain(|&bits, ()| tracer.relocated(bits).is_some());
        }
        for bits in self.fresh.drain(..) {
            match tracer.relocated(bits) {
                Some(now) if now == bits => {}
                moved => {
                    self.seen.remove(&bits);
                    self.seen.extend(moved.map(|now| (now, ())));
                }
            }
        }
    }
}
