//! `//`: the attributes of two sets.

use std::ops::Range;

use nivose_base::Symbol;

use super::Heap;
use crate::objects::{Attrs, ShapeEntry, shape_entries};
use crate::value::Value;

/// Values are copied one by one up to this many, which is faster than calling for it.
const SHORT_RUN: usize = 8;

/// Entries that are looked at one by one before the next name is searched for.
const NEAR: usize = 4;

impl Heap {
    /// A new set of the attributes of both; those of `over` win. Neither may be empty.
    pub fn update<'h>(&mut self, under: Attrs<'h>, over: Attrs<'h>) -> Value<'h> {
        if under.shape().bits() == over.shape().bits() && over.has_positions() {
            return self.attrs_like(over, over.values(), true);
        }
        let shape = self.updated_shape(under, over);
        let len = shape_entries(shape).len();
        self.attrs_with(shape, len, |room| {
            let filled = merge_values(under, over, room);
            debug_assert_eq!(filled, len);
        })
    }

    /// The shape of `under // over`.
    fn updated_shape<'h>(&mut self, under: Attrs<'h>, over: Attrs<'h>) -> Value<'h> {
        if let Some(shape) = self.updates.find(under, over) {
            return shape;
        }
        let shape = self.shape_of(|entries| merge_entries(under, over, entries));
        self.updates.add(under, over, shape);
        shape
    }
}

/// The entries of both sets, without positions where a set has none.
fn merge_entries(under: Attrs<'_>, over: Attrs<'_>, merged: &mut Vec<ShapeEntry>) {
    merged.reserve(under.len() + over.len());
    let (left, right) = (under.entries(), over.entries());
    let part = |run| match run {
        Run::Under(run) => merged.extend(run.map(|place| under.entry(place))),
        Run::Over(place) => merged.push(over.entry(place)),
    };
    merge(left, right, part);
}

/// Writes the values of both sets into `room`, in the order of their names; how many.
fn merge_values<'h>(under: Attrs<'h>, over: Attrs<'h>, room: &mut [Value<'h>]) -> usize {
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
