//! Making sets: values beside a shape, which all sets of the same names at the same positions share.

use nivose_base::{Pos, Symbol};

use super::Heap;
use crate::attrs::{FlatAttrs, ShapeEntry};
use crate::layout::{Kind, NO_POSITIONS, words};
use crate::shapes;
use crate::value::Value;

/// More entries than this are not kept room for.
const ROOM_KEPT: usize = 1 << 14;

impl Heap {
    /// The shape of names with their positions, strictly ascending by symbol.
    pub fn shape<'h>(&mut self, entries: &[ShapeEntry]) -> Value<'h> {
        let hash = shapes::hash(entries);
        if let Some(shape) = self.shapes.find(hash, entries) {
            return shape;
        }
        let shape = self.own_shape(entries);
        self.shapes.add(hash, shape);
        shape
    }

    /// A shape that sets made elsewhere do not share: for the keys of a literal, of which there is one for each place in
    /// a source.
    pub fn own_shape<'h>(&mut self, entries: &[ShapeEntry]) -> Value<'h> {
        debug_assert!(entries.is_sorted_by(|a, b| a.name < b.name));
        let (payload, value) = self.object(Kind::Shape, 0, entries.len() as u32);
        // SAFETY: there is room for one word and the entries.
        unsafe {
            payload.write(Value::NONE);
            std::ptr::copy_nonoverlapping(entries.as_ptr(), payload.add(1).cast(), entries.len());
        }
        value
    }

    /// The shape of the entries that `fill` puts into an empty vector, strictly ascending by symbol.
    pub fn shape_of<'h>(&mut self, fill: impl FnOnce(&mut Vec<ShapeEntry>)) -> Value<'h> {
        let mut entries = std::mem::take(&mut self.entries);
        fill(&mut entries);
        let shape = self.shape(&entries);
        entries.clear();
        entries.shrink_to(ROOM_KEPT);
        self.entries = entries;
        shape
    }

    /// A set of a shape whose values (`len` of them, null before) `fill` writes.
    #[inline]
    pub fn attrs_with<'h>(
        &mut self,
        shape: Value<'h>,
        len: usize,
        fill: impl FnOnce(&mut [Value<'h>]),
    ) -> Value<'h> {
        let (payload, value) = self.object(Kind::Attrs, 0, len as u32);
        // SAFETY: there is room for the shape and the values; all are written before they are read.
        unsafe {
            payload.write(shape);
            let room = payload.add(1);
            for index in 0..len {
                room.add(index).write(Value::NULL);
            }
            fill(std::slice::from_raw_parts_mut(room, len));
        }
        value
    }

    /// A set of a shape with as many values.
    pub fn attrs<'h>(&mut self, shape: Value<'h>, values: &[Value<'h>]) -> Value<'h> {
        self.attrs_with(shape, values.len(), |room| room.copy_from_slice(values))
    }

    /// The same set with other values and, if asked, without positions: shares the shape.
    pub fn attrs_like<'h>(&mut self, set: FlatAttrs<'h>, values: &[Value<'h>], positions: bool) -> Value<'h> {
        debug_assert_eq!(set.len(), values.len());
        let value = self.attrs(set.shape(), values);
        if !positions || !set.has_positions() {
            // SAFETY: the set was just made.
            unsafe { (*value.address()).count |= NO_POSITIONS };
        }
        value
    }

    /// A set from names, positions and values, strictly ascending by symbol.
    pub fn attrs_from<'h>(&mut self, attributes: &[(Symbol, Pos, Value<'h>)]) -> Value<'h> {
        if attributes.is_empty() {
            return self.empty_attrs;
        }
        let shape = self.shape_of(|entries| {
            entries.extend(attributes.iter().map(|&(name, pos, _)| ShapeEntry { name, pos }))
        });
        self.attrs_with(shape, attributes.len(), |room| {
            for (slot, attribute) in room.iter_mut().zip(attributes) {
                *slot = attribute.2;
            }
        })
    }

    /// A new set of the attributes of `set` at the given places, ascending.
    pub fn subset<'h>(&mut self, set: FlatAttrs<'h>, places: &[usize]) -> Value<'h> {
        if places.is_empty() {
            return self.empty_attrs;
        }
        if places.len() == set.len() {
            return self.attrs_like(set, set.values(), true);
        }
        let shape = self.shape_of(|entries| entries.extend(places.iter().map(|&place| set.entry(place))));
        let values = set.values();
        self.attrs_with(shape, places.len(), |room| {
            for (slot, &place) in room.iter_mut().zip(places) {
                *slot = values[place];
            }
        })
    }

    /// A new set of the attributes of `set` but for those at the given places, ascending and each once.
    pub fn without<'h>(&mut self, set: FlatAttrs<'h>, removed: &[usize]) -> Value<'h> {
        if removed.is_empty() {
            return self.attrs_like(set, set.values(), true);
        }
        let len = set.len() - removed.len();
        if len == 0 {
            return self.empty_attrs;
        }
        let kept = || {
            let starts = std::iter::once(0).chain(removed.iter().map(|&place| place + 1));
            starts.zip(removed.iter().copied().chain([set.len()])).map(|(start, end)| start..end)
        };
        let shape = self.shape_of(|entries| {
            for run in kept() {
                match set.has_positions() {
                    true => entries.extend_from_slice(&set.entries()[run]),
                    false => entries.extend(run.map(|place| set.entry(place))),
                }
            }
        });
        self.attrs_with(shape, len, |room| {
            let mut done = 0;
            for run in kept() {
                room[done..done + run.len()].copy_from_slice(&set.values()[run.clone()]);
                done += run.len();
            }
        })
    }

    /// Remembers the byte order of the names of a set's shape.
    pub fn cache_order(&mut self, set: FlatAttrs<'_>, order: &[u32]) {
        debug_assert_eq!(set.len(), order.len());
        let order: Value<'static> = self.numbers(Kind::Order, order);
        let shape = set.shape().address();
        // SAFETY: the first word of a shape is there to remember its order.
        unsafe { words(shape).write(order) };
        self.remember(shape);
    }
}
