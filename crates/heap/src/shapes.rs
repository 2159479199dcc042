//! The shapes in use, by what they say: sets of the same names at the same positions share one; and what `//` made of
//! pairs of shapes lately.
//!
//! Both hold shapes weakly and follow them when they move. Nothing that a program can see depends on whether two sets
//! share a shape.

use hashbrown::HashTable;

use crate::attrs::{FlatAttrs, ShapeEntry, shape_entries};
use crate::collect::Tracer;

use crate::value::Value;

/// A hash of what a shape says.
pub fn hash(entries: &[ShapeEntry]) -> u64 {
    let mut hash = entries.len() as u64;
    for entry in entries {
        let word = u64::from(entry.name.0) | u64::from(entry.pos.0) << 32;
        hash = (hash ^ word).wrapping_mul(MULTIPLIER);
        hash ^= hash >> 32;
    }
    hash.wrapping_mul(MULTIPLIER)
}

/// An odd number without pattern: the golden ratio.
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// All shapes that may be shared.
#[derive(Default)]
pub struct Shapes {
    /// Those that outlived a collection, and do not move any more.
    old: HashTable<Value<'static>>,
    /// Those made since.
    new: HashTable<Value<'static>>,
}

impl Shapes {
    /// The shape that says this, if there is one.
    #[inline]
    pub fn find<'h>(&self, hash: u64, entries: &[ShapeEntry]) -> Option<Value<'h>> {
        let says_it = |shape: &Value<'static>| shape_entries(*shape) == entries;
        self.old
            .find(hash, says_it)
            .or_else(|| self.new.find(hash, says_it))
            .map(|shape| Value::from_bits(shape.bits()))
    }

    /// Adds a shape that was just made, with the hash of what it says.
    pub fn add(&mut self, hash: u64, shape: Value<'_>) {
        self.new.insert_unique(hash, Value::from_bits(shape.bits()), rehash);
    }

    /// Bytes of the tables.
    pub fn memory(&self) -> usize {
        (self.old.capacity() + self.new.capacity()) * (size_of::<Value<'static>>() + 1)
    }

    /// After a collection: follows those that moved, and forgets those that are gone.
    pub fn relocate(&mut self, tracer: &Tracer<'_>) {
        if tracer.is_major() {
            self.old.retain(|shape| tracer.relocated(shape.bits()).is_some());
            self.old.shrink_to(self.old.len() * 2, rehash);
        }
        for shape in self.new.drain() {
            if let Some(shape) = tracer.relocated(shape.bits()).map(Value::from_bits) {
                self.old.insert_unique(rehash(&shape), shape, rehash);
            }
        }
    }
}

fn rehash(shape: &Value<'static>) -> u64 {
    hash(shape_entries(*shape))
}

/// Number of places of the memo; a power of two.
const PLACES: usize = 1 << 12;

/// Set in the word of a shape for a set whose attributes have no positions.
const WITHOUT_POSITIONS: u64 = 1 << 63;

/// What `//` made of pairs of shapes lately: each pair has one place, where the latest one lies.
#[derive(Default)]
pub struct UpdateMemo {
    /// None at first.
    places: Vec<Update>,
    /// The places that were written since the last collection.
    written: Vec<u16>,
}

/// Shapes of two sets and of what `//` makes of them.
#[derive(Clone, Copy, Default)]
struct Update {
    /// 0 in an empty place.
    under: u64,
    over: u64,
    result: u64,
}

impl UpdateMemo {
    /// The shape of `under // over`, if it is remembered.
    #[inline]
    pub fn find<'h>(&self, under: FlatAttrs<'h>, over: FlatAttrs<'h>) -> Option<Value<'h>> {
        let asked = Update { under: key(under), over: key(over), result: 0 };
        let found = self.places.get(asked.place())?;
        (found.under == asked.under && found.over == asked.over).then(|| Value::from_bits(found.result))
    }

    /// Remembers the shape of `under // over`.
    pub fn add(&mut self, under: FlatAttrs<'_>, over: FlatAttrs<'_>, result: Value<'_>) {
        if self.places.is_empty() {
            self.places.resize(PLACES, Update::default());
        }
        let update = Update { under: key(under), over: key(over), result: result.bits() };
        let place = update.place();
        self.places[place] = update;
        self.written.push(place as u16);
    }

    /// After a collection: follows those that moved, to the places that are theirs now, and forgets those that are gone.
    pub fn relocate(&mut self, tracer: &Tracer<'_>) {
        if tracer.is_major() {
            for update in &mut self.places {
                *update = update.relocated(tracer).unwrap_or_default();
            }
        }
        for place in self.written.drain(..) {
            if let Some(update) = std::mem::take(&mut self.places[usize::from(place)]).relocated(tracer) {
                self.places[update.place()] = update;
            }
        }
    }
}

impl Update {
    /// Where it is remembered.
    #[inline]
    fn place(&self) -> usize {
        let mixed = (self.under.rotate_left(20) ^ self.over).wrapping_mul(MULTIPLIER);
        (mixed >> (u64::BITS - PLACES.trailing_zeros())) as usize
    }

    /// The same after a collection; `None` if a shape is gone, or it is empty.
    fn relocated(&self, tracer: &Tracer<'_>) -> Option<Update> {
        let follow = |word: u64| {
            let flag = word & WITHOUT_POSITIONS;
            tracer.relocated(word ^ flag).map(|now| now | flag)
        };
        if self.under == 0 {
            return None;
        }
        Some(Update { under: follow(self.under)?, over: follow(self.over)?, result: follow(self.result)? })
    }
}

fn key(set: FlatAttrs<'_>) -> u64 {
    set.shape().bits() | if set.has_positions() { 0 } else { WITHOUT_POSITIONS }
}
