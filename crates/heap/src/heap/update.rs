//! `//`: the attributes of two sets, and flat sets of those that have layers.

use std::ops::Range;

use nivose_base::Symbol;

use super::Heap;
use crate::attrs::{Attrs, FlatAttrs, Form, Layers, ShapeEntry, shape_entries};
use crate::layout::{Kind, words};
use crate::shapes::FROM_OVER;
use crate::value::Value;

/// Values are copied one by one up to this many, which is faster than calling for it.
const SHORT_RUN: usize = 8;

/// Entries that are looked at one by one before the next name is searched for.
const NEAR: usize = 4;

/// A set of fewer attributes is copied rather than put below a layer. Small sets have layers too where all that deals with
/// them is tested.
const LEAST_BASE: usize = if cfg!(debug_assertions) { 3 } else { 16 };

/// A set is put over one that is at least so many times as large.
const LOPSIDED: usize = if cfg!(debug_assertions) { 2 } else { 4 };

/// Each layer has at least so many times the attributes of the one above it.
const GROWTH: usize = 4;

impl Heap {
    /// A new set of the attributes of both; those of `over` win. If one is much larger than the other, it is not copied
    /// but becomes the lower layer of the result.
    pub fn update<'h>(&mut self, under: Attrs<'h>, over: Attrs<'h>) -> Value<'h> {
        if is_lopsided(over, under) {
            let over = self.flat(over);
            let added = over.entries().iter().filter(|entry| !under.has(entry.name)).count();
            return self.put_over(under, over, under.len() + added);
        }
        if is_lopsided(under, over) {
            let under = self.flat(under);
            let is_left = |&place: &usize| !over.has(under.entries()[place].name);
            let places: Vec<usize> = (0..under.len()).filter(is_left).collect();
            let rest = self.subset(under, &places);
            // SAFETY: what `subset` makes is a flat set.
            let rest = unsafe { FlatAttrs::new(rest.address()) };
            return self.put_over(over, rest, over.len() + places.len());
        }
        let (under, over) = (self.flat(under), self.flat(over));
        self.update_flat(under, over).value()
    }

    /// How many attributes [`Heap::update`] writes at the most.
    pub fn written_by_update(under: Attrs<'_>, over: Attrs<'_>) -> usize {
        if !is_lopsided(over, under) {
            return under.len().saturating_add(over.len());
        }
        let (mut upper, mut base) = (over.len(), under);
        let mut written = upper;
        // As `put_over` does.
        loop {
            base = match base.form() {
                Form::Flat(flat) if is_near(upper, flat) => {
                    return written.saturating_add(upper + flat.len());
                }
                Form::Flat(_) => return written,
                Form::Layers(layers) => {
                    if !is_near(upper, layers.upper()) && layers.depth() < Layers::MAX_DEPTH {
                        return written;
                    }
                    upper += layers.upper().len();
                    written = written.saturating_add(upper);
                    layers.base()
                }
            }
        }
    }

    /// The set as a flat one, which it keeps if it has layers.
    #[inline]
    pub fn flat<'h>(&mut self, set: Attrs<'h>) -> FlatAttrs<'h> {
        set.as_flat().unwrap_or_else(|| self.flatten(set))
    }

    #[cold]
    #[inline(never)]
    fn flatten<'h>(&mut self, set: Attrs<'h>) -> FlatAttrs<'h> {
        let (mut lower, mut merged) = (set, None);
        let flat = loop {
            let (part, below) = match lower.form() {
                Form::Flat(flat) => (flat, None),
                Form::Layers(layers) => (layers.upper(), Some(layers.base())),
            };
            let all = match merged {
                None => part,
                Some(over) => self.update_flat(part, over),
            };
            let Some(below) = below else { break all };
            (lower, merged) = (below, Some(all));
        };
        debug_assert_eq!(flat.len(), set.len());
        let object = set.value().address();
        // SAFETY: it is a set with layers, which has two words; they change to mean the same.
        unsafe {
            words(object).write(flat.value().rebrand());
            words(object).add(1).write(Value::NONE);
        }
        self.remember(object);
        flat
    }

    /// The set of `len` attributes that are those of `base` and, before these, those of `upper`.
    ///
    /// Layers that are not much larger than the one on top of them are merged, so that there are few, and each attribute
    /// is copied a few times for each of them at the most.
    fn put_over<'h>(&mut self, base: Attrs<'h>, upper: FlatAttrs<'h>, len: usize) -> Value<'h> {
        let (mut base, mut upper) = (base, upper);
        loop {
            match base.form() {
                Form::Flat(flat) if is_near(upper.len(), flat) => {
                    return self.update_flat(flat, upper).value();
                }
                Form::Flat(flat) => return self.layers(flat.value(), upper, 0, len),
                Form::Layers(layers) => {
                    if !is_near(upper.len(), layers.upper()) && layers.depth() < Layers::MAX_DEPTH {
                        return self.layers(base.value(), upper, layers.depth() + 1, len);
                    }
                    upper = self.update_flat(layers.upper(), upper);
                    base = layers.base();
                }
            }
        }
    }

    fn layers<'h>(&mut self, base: Value<'h>, upper: FlatAttrs<'h>, depth: u16, len: usize) -> Value<'h> {
        let (payload, value) = self.object(Kind::Layers, depth, len as u32);
        // SAFETY: there is room for two words.
        unsafe {
            payload.write(base);
            payload.add(1).write(upper.value());
        }
        value
    }

    /// A new flat set of the attributes of both.
    fn update_flat<'h>(&mut self, under: FlatAttrs<'h>, over: FlatAttrs<'h>) -> FlatAttrs<'h> {
        let value = if over.is_empty() {
            self.attrs_like(under, under.values(), true)
        } else if under.is_empty() || under.shape().bits() == over.shape().bits() && over.has_positions() {
            self.attrs_like(over, over.values(), true)
        } else {
            self.update_differing(under, over)
        };
        // SAFETY: all of these make flat sets.
        unsafe { FlatAttrs::new(value.address()) }
    }

    /// The same for sets of different shapes. What was put together of shapes like these before says where values come from.
    fn update_differing<'h>(&mut self, under: FlatAttrs<'h>, over: FlatAttrs<'h>) -> Value<'h> {
        let Some(known) = self.updates.find(under, over) else {
            let shape = self.shape_of(|entries| merge_entries(under, over, entries));
            self.updates.add(under, over, shape);
            return self.merged(shape, under, over);
        };
        let (shape, len) = (known.shape, shape_entries(known.shape).len());
        let set = self.attrs_with(shape, len, |_| {});
        let origins = self.updates.origins(&known, |origins| merge_origins(under, over, origins));
        // SAFETY: the set was just made, with room for so many values, and nothing else looks at it yet.
        let room = unsafe { std::slice::from_raw_parts_mut(words(set.address()).add(1), len) };
        match origins {
            Some(origins) => gather(under.values(), over.values(), origins, room),
            None => {
                let filled = merge_values(under, over, room);
                debug_assert_eq!(filled, len);
            }
        }
        set
    }

    /// A set of this shape with the values of both sets.
    fn merged<'h>(&mut self, shape: Value<'h>, under: FlatAttrs<'h>, over: FlatAttrs<'h>) -> Value<'h> {
        let len = shape_entries(shape).len();
        self.attrs_with(shape, len, |room| {
            let filled = merge_values(under, over, room);
            debug_assert_eq!(filled, len);
        })
    }
}

/// Whether one set is so much smaller than the other that it becomes a layer over it.
fn is_lopsided(few: Attrs<'_>, many: Attrs<'_>) -> bool {
    many.len() >= LEAST_BASE && few.len() * LOPSIDED <= many.len()
}

/// Whether so many attributes are merged with the layer below them rather than put over it.
fn is_near(few: usize, below: FlatAttrs<'_>) -> bool {
    few == 0 || few * GROWTH > below.len()
}

/// The entries of both sets, without positions where a set has none.
fn merge_entries(under: FlatAttrs<'_>, over: FlatAttrs<'_>, merged: &mut Vec<ShapeEntry>) {
    merged.reserve(under.len() + over.len());
    let (left, right) = (under.entries(), over.entries());
    let part = |run| match run {
        Run::Under(run) => merged.extend(run.map(|place| under.entry(place))),
        Run::Over(place) => merged.push(over.entry(place)),
    };
    merge(left, right, part);
}

/// Writes the values of both sets into `room`, in the order of their names; how many.
fn merge_values<'h>(under: FlatAttrs<'h>, over: FlatAttrs<'h>, room: &mut [Value<'h>]) -> usize {
    let (left, right) = (under.values(), over.values());
    let mut filled = 0;
    merge(under.entries(), over.entries(), |run| match run {
        Run::Under(run) if run.len() <= SHORT_RUN => {
            for &value in &left[run] {
                room[filled] = value;
                filled += 1;
            }
        }
        Run::Under(run) => {
            room[filled..filled + run.len()].copy_from_slice(&left[run.clone()]);
            filled += run.len();
        }
        Run::Over(place) => {
            room[filled] = right[place];
            filled += 1;
        }
    });
    filled
}

/// Where the values of both sets are, in the order of their names.
fn merge_origins(under: FlatAttrs<'_>, over: FlatAttrs<'_>, origins: &mut Vec<u16>) {
    merge(under.entries(), over.entries(), |run| match run {
        Run::Under(run) => origins.extend(run.map(|place| place as u16)),
        Run::Over(place) => origins.push(place as u16 | FROM_OVER),
    });
}

/// Writes values of two sets into `room`, those that the origins name.
#[inline]
fn gather<'h>(under: &[Value<'h>], over: &[Value<'h>], origins: &[u16], room: &mut [Value<'h>]) {
    let sets = [under, over];
    for (slot, &origin) in room.iter_mut().zip(origins) {
        let set = sets[usize::from(origin / FROM_OVER)];
        *slot = set[usize::from(origin % FROM_OVER)];
    }
}

/// What comes next in the merged set.
enum Run {
    /// Attributes of the set on the left.
    Under(Range<usize>),
    /// The attribute at a place of the set on the right.
    Over(usize),
}

/// Goes through the entries of two sets in the order of their names; of those with one name the right one counts.
#[inline]
fn merge(left: &[ShapeEntry], right: &[ShapeEntry], mut part: impl FnMut(Run)) {
    let mut i = 0;
    for (place, entry) in right.iter().enumerate() {
        let from = i;
        while i < left.len() && left[i].name < entry.name {
            i = if i - from < NEAR { i + 1 } else { i + count_before(&left[i..], entry.name) };
        }
        if i > from {
            part(Run::Under(from..i));
        }
        if left.get(i).is_some_and(|other| other.name == entry.name) {
            i += 1;
        }
        part(Run::Over(place));
    }
    if i < left.len() {
        part(Run::Under(i..left.len()));
    }
}

/// The number of leading entries with names before `name`, by galloping search: cheap when it is small, logarithmic when
/// it is great.
fn count_before(entries: &[ShapeEntry], name: Symbol) -> usize {
    let mut bound = 1;
    while bound < entries.len() && entries[bound].name < name {
        bound *= 2;
    }
    let (low, high) = (bound / 2, entries.len().min(bound + 1));
    low + entries[low..high].partition_point(|entry| entry.name < name)
}
