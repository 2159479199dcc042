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
    old: HashTable<Listed>,
    /// Those made since.
    new: HashTable<Listed>,
}

/// A shape in a table, with half of the hash of what it says: a table that grows does not look at the shapes.
#[derive(Clone, Copy)]
#[repr(Rust, packed(4))]
struct Listed {
    shape: Value<'static>,
    hash: u32,
}

impl Listed {
    fn new(hash: u64, shape: Value<'_>) -> Listed {
        Listed { shape: Value::from_bits(shape.bits()), hash: (hash >> 32) as u32 }
    }

    /// The hash that tables place it by, see [`spread`].
    fn hash(&self) -> u64 {
        spread(u64::from(self.hash) << 32)
    }
}

/// The hash for tables, which look at both ends of it, of the upper half of that of [`hash()`].
#[inline]
fn spread(hash: u64) -> u64 {
    let half = hash >> 32;
    half << 32 | half
}

impl Shapes {
    /// The shape that says this, if there is one.
    #[inline]
    pub fn find<'h>(&self, hash: u64, entries: &[ShapeEntry]) -> Option<Value<'h>> {
        let says_it = |listed: &Listed| shape_entries(listed.shape) == entries;
        let found = self.old.find(spread(hash), says_it).or_else(|| self.new.find(spread(hash), says_it));
        found.map(|listed| Value::from_bits({ listed.shape }.bits()))
    }

    /// Adds a shape that was just made, with the hash of what it says.
    pub fn add(&mut self, hash: u64, shape: Value<'_>) {
        let listed = Listed::new(hash, shape);
        self.new.insert_unique(listed.hash(), listed, Listed::hash);
    }

    /// Bytes of the tables.
    pub fn memory(&self) -> usize {
        (self.old.capacity() + self.new.capacity()) * (size_of::<Listed>() + 1)
    }

    /// After a collection: follows those that moved, and forgets those that are gone.
    pub fn relocate(&mut self, tracer: &Tracer<'_>) {
        if tracer.is_major() {
            self.old.retain(|listed| tracer.relocated({ listed.shape }.bits()).is_some());
            self.old.shrink_to(self.old.len() * 2, Listed::hash);
        }
        for listed in self.new.drain() {
            if let Some(shape) = tracer.relocated({ listed.shape }.bits()) {
                let listed = Listed { shape: Value::from_bits(shape), ..listed };
                self.old.insert_unique(listed.hash(), listed, Listed::hash);
            }
        }
    }
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
    /// Bytes of the origins.
    origin_bytes: usize,
}

/// Shapes of two sets and of what `//` makes of them.
#[derive(Default)]
struct Update {
    /// 0 in an empty place.
    under: u64,
    over: u64,
    result: u64,
    /// None before they were asked for.
    origins: Origins,
}

/// Where the values of what `//` makes are, in the order of its names: places in the set under the operator, and with
/// [`FROM_OVER`] in the one that wins.
pub type Origins = Box<[u16]>;

/// Set in the place of an attribute that comes from the set that wins.
pub const FROM_OVER: u16 = 1 << 15;

/// Sets of more attributes are not worth the memory: their runs are long.
const MOST_ORIGINS: usize = 256;

/// What the memo knows of `under // over`.
pub struct Known<'h> {
    /// The shape.
    pub shape: Value<'h>,
    /// What [`UpdateMemo::origins`] is asked with.
    pub place: usize,
}

impl UpdateMemo {
    /// What is remembered of `under // over`, if anything is.
    #[inline]
    pub fn find<'h>(&self, under: FlatAttrs<'h>, over: FlatAttrs<'h>) -> Option<Known<'h>> {
        let (under, over) = (key(under), key(over));
        let place = place(under, over);
        let found = self.places.get(place)?;
        let shape = Value::from_bits(found.result);
        (found.under == under && found.over == over).then_some(Known { shape, place })
    }

    /// The origins of a pair at its place, which `work_out` finds the first time; none if there are too many.
    #[inline]
    pub fn origins(&mut self, known: &Known<'_>, work_out: impl FnOnce(&mut Vec<u16>)) -> Option<&[u16]> {
        let update = &mut self.places[known.place];
        let len = shape_entries(known.shape).len();
        if len > MOST_ORIGINS {
            return None;
        }
        if update.origins.is_empty() {
            let mut origins = Vec::with_capacity(len);
            work_out(&mut origins);
            self.origin_bytes += size_of_val(&*origins);
            update.origins = origins.into_boxed_slice();
        }
        Some(&update.origins)
    }

    /// Remembers the shape of `under // over`.
    pub fn add(&mut self, under: FlatAttrs<'_>, over: FlatAttrs<'_>, result: Value<'_>) {
        if self.places.is_empty() {
            self.places.resize_with(PLACES, Update::default);
        }
        let (under, over) = (key(under), key(over));
        let place = place(under, over);
        self.put(place, Update { under, over, result: result.bits(), origins: Origins::default() });
        self.written.push(place as u16);
    }

    fn put(&mut self, place: usize, update: Update) {
        self.origin_bytes -= size_of_val(&*self.places[place].origins);
        self.places[place] = update;
    }

    /// Bytes of the memo.
    pub fn memory(&self) -> usize {
        self.places.capacity() * size_of::<Update>() + self.origin_bytes
    }

    /// After a collection: follows those that moved, to the places that are theirs now, and forgets those that are gone.
    pub fn relocate(&mut self, tracer: &Tracer<'_>) {
        if tracer.is_major() {
            for place in 0..self.places.len() {
                self.relocate_one(place, tracer);
            }
        }
        for place in std::mem::take(&mut self.written) {
            self.relocate_one(usize::from(place), tracer);
        }
    }

    fn relocate_one(&mut self, place: usize, tracer: &Tracer<'_>) {
        let Update { under, over, result, origins } = std::mem::take(&mut self.places[place]);
        let follow = |word: u64| {
            let flag = word & WITHOUT_POSITIONS;
            tracer.relocated(word ^ flag).map(|now| now | flag)
        };
        let bytes = size_of_val(&*origins);
        self.origin_bytes -= bytes;
        if under != 0
            && let (Some(under), Some(over), Some(result)) = (follow(under), follow(over), follow(result))
        {
            self.put(self::place(under, over), Update { under, over, result, origins });
            self.origin_bytes += bytes;
        }
    }
}

/// Where a pair is remembered.
#[inline]
fn place(under: u64, over: u64) -> usize {
    let mixed = (under.rotate_left(20) ^ over).wrapping_mul(MULTIPLIER);
    (mixed >> (u64::BITS - PLACES.trailing_zeros())) as usize
}

fn key(set: FlatAttrs<'_>) -> u64 {
    set.shape().bits() | if set.has_positions() { 0 } else { WITHOUT_POSITIONS }
}
