//! Views of sets.
//!
//! A set is flat, its values beside a shape, or it has layers: few attributes over another set, which may have layers
//! itself. What looks for one name works on any set ([`Attrs`]); what needs all attributes asks the heap for a flat one
//! ([`FlatAttrs`]), which a set with layers keeps from then on.

use std::borrow::Cow;
use std::marker::PhantomData;

use nivose_base::{Pos, Symbol};

use crate::layout::{Header, Kind, NO_POSITIONS, words};
use crate::value::Value;

/// One key of a shape.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub struct ShapeEntry {
    /// The name.
    pub name: Symbol,
    /// Where it was written.
    pub pos: Pos,
}

/// What a shape says: names and positions, ascending by symbol.
#[inline(always)]
pub(crate) fn shape_entries<'h>(shape: Value<'h>) -> &'h [ShapeEntry] {
    debug_assert_eq!(shape.kind(), Some(Kind::Shape));
    // SAFETY: the entries of a shape follow its first word and never change.
    unsafe {
        let shape = shape.address();
        std::slice::from_raw_parts(words(shape).add(1).cast(), (*shape).len as usize)
    }
}

/// How a set is held.
pub(crate) enum Form<'h> {
    /// Flat from the beginning, or by now.
    Flat(FlatAttrs<'h>),
    /// In layers.
    Layers(Layers<'h>),
}

/// A set of the heap.
#[derive(Clone, Copy)]
pub struct Attrs<'h> {
    object: *mut Header,
    brand: PhantomData<&'h ()>,
}

impl<'h> Attrs<'h> {
    /// # Safety
    /// `object` must be a set that lives for `'h`.
    #[inline(always)]
    pub(crate) unsafe fn new(object: *mut Header) -> Self {
        Attrs { object, brand: PhantomData }
    }

    /// Number of attributes.
    #[inline(always)]
    pub fn len(self) -> usize {
        // SAFETY: it is an object.
        unsafe { (*self.object).len as usize }
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// How it is held.
    #[inline]
    pub(crate) fn form(self) -> Form<'h> {
        // SAFETY: the kind is looked at; the first word of flattened layers is a flat set.
        unsafe {
            if (*self.object).kind == Kind::Attrs {
                return Form::Flat(FlatAttrs::new(self.object));
            }
            match flattened(self.object) {
                Some(flat) => Form::Flat(FlatAttrs::new(flat.address())),
                None => Form::Layers(Layers { object: self.object, brand: PhantomData }),
            }
        }
    }

    /// The set, if it is flat, or the flat one that it keeps.
    #[inline]
    pub fn as_flat(self) -> Option<FlatAttrs<'h>> {
        match self.form() {
            Form::Flat(flat) => Some(flat),
            Form::Layers(_) => None,
        }
    }

    /// The set as one that is flat and has this shape, if that is known at a glance.
    ///
    /// # Safety
    /// `shape` must be the bits of a shape, or no value's.
    #[inline(always)]
    pub unsafe fn with_shape(self, shape: u64) -> Option<FlatAttrs<'h>> {
        // SAFETY: there is a first word, which is a shape in flat sets only.
        unsafe {
            let first = words(self.object).read();
            (first.bits() == shape).then(|| FlatAttrs::new(self.object))
        }
    }

    /// The value of a name.
    #[inline]
    pub fn get(self, name: Symbol) -> Option<Value<'h>> {
        match self.as_flat() {
            Some(flat) => flat.get(name),
            None => self.find(name).map(|(set, place)| set.values()[place]),
        }
    }

    /// Whether it has an attribute of this name.
    #[inline]
    pub fn has(self, name: Symbol) -> bool {
        match self.as_flat() {
            Some(flat) => flat.index_of(name).is_some(),
            None => self.find(name).is_some(),
        }
    }

    /// The position of a name; `None` where the name is missing or has no position.
    pub fn position_of(self, name: Symbol) -> Option<Pos> {
        let (set, place) = self.find(name)?;
        let pos = set.entry(place).pos;
        pos.is_some().then_some(pos)
    }

    /// The layer that has the attribute of a name, and its place there.
    #[inline(never)]
    fn find(self, name: Symbol) -> Option<(FlatAttrs<'h>, usize)> {
        let mut set = self;
        loop {
            match set.form() {
                Form::Flat(flat) => return flat.index_of(name).map(|place| (flat, place)),
                Form::Layers(layers) => {
                    layers.count_lookup();
                    let upper = layers.upper();
                    if let Some(place) = upper.index_of(name) {
                        return Some((upper, place));
                    }
                    set = layers.base();
                }
            }
        }
    }

    /// Names with positions, and values, ascending by symbol. For those that cannot ask the heap for a flat set:
    /// layers are put together anew each time. The positions are there even if they do not count for the set.
    pub fn parts(self) -> (Cow<'h, [ShapeEntry]>, Cow<'h, [Value<'h>]>) {
        if let Some(flat) = self.as_flat() {
            return (Cow::Borrowed(flat.entries()), Cow::Borrowed(flat.values()));
        }
        let mut names: Vec<Symbol> = Vec::with_capacity(self.len());
        let mut set = self;
        loop {
            let (flat, base) = match set.form() {
                Form::Flat(flat) => (flat, None),
                Form::Layers(layers) => (layers.upper(), Some(layers.base())),
            };
            names.extend(flat.entries().iter().map(|entry| entry.name));
            let Some(base) = base else { break };
            set = base;
        }
        names.sort_unstable();
        names.dedup();
        let found = names.iter().filter_map(|&name| self.find(name));
        let (entries, values): (Vec<_>, Vec<_>) =
            found.map(|(set, place)| (set.entries()[place], set.values()[place])).unzip();
        (Cow::Owned(entries), Cow::Owned(values))
    }

    /// Whether a set with layers was asked for names so often that it pays to flatten it.
    pub fn is_much_used(self) -> bool {
        match self.form() {
            Form::Flat(_) => false,
            Form::Layers(layers) => layers.lookups() >= (self.len() / 8).clamp(FEW_LOOKUPS, MANY_LOOKUPS),
        }
    }

    /// The set as a value.
    pub fn value(self) -> Value<'h> {
        Value::from_object(self.object, Kind::Attrs)
    }
}

/// The flat set that a set with layers keeps, if it was flattened.
///
/// # Safety
/// `object` must be a set that lives for `'h`.
#[inline]
pub(crate) unsafe fn flattened<'h>(object: *mut Header) -> Option<Value<'h>> {
    // SAFETY: layers have two words; the second one is nothing once the first one is a flat set.
    unsafe {
        let is_flattened = (*object).kind == Kind::Layers && words(object).add(1).read().is_none();
        is_flattened.then(|| words(object).read())
    }
}

/// A set with layers that was not flattened.
///
/// Its header counts how many layers there are below the upper one, at the most, and how often a name was looked up.
#[derive(Clone, Copy)]
pub(crate) struct Layers<'h> {
    object: *mut Header,
    brand: PhantomData<&'h ()>,
}

/// Bits of the count of a set with layers that tell how many there are.
const DEPTH_BITS: u32 = 4;

/// Sets that were not looked into more often are not worth the work of flattening them.
const FEW_LOOKUPS: usize = 16;

/// Look-ups are counted up to this many.
const MANY_LOOKUPS: usize = (u16::MAX >> DEPTH_BITS) as usize;

impl<'h> Layers<'h> {
    /// The greatest depth.
    pub const MAX_DEPTH: u16 = 8;

    /// The attributes on top, which win.
    #[inline]
    pub fn upper(self) -> FlatAttrs<'h> {
        // SAFETY: the second word of layers is a flat set.
        unsafe { FlatAttrs { object: words(self.object).add(1).read().address(), brand: PhantomData } }
    }

    /// The set below.
    #[inline]
    pub fn base(self) -> Attrs<'h> {
        // SAFETY: the first word of layers is a set.
        unsafe { Attrs::new(words(self.object).read().address()) }
    }

    /// How many layers there are below the upper one, at the most.
    pub fn depth(self) -> u16 {
        // SAFETY: it is an object.
        unsafe { (*self.object).count & ((1 << DEPTH_BITS) - 1) }
    }

    /// How often a name was looked up.
    fn lookups(self) -> usize {
        // SAFETY: it is an object.
        usize::from(unsafe { (*self.object).count } >> DEPTH_BITS)
    }

    /// Counts a look-up, as far as there are bits for it.
    fn count_lookup(self) {
        // SAFETY: it is an object; the count of layers is there for this, and its size does not depend on it.
        unsafe {
            (*self.object).count =
                (*self.object).count.checked_add(1 << DEPTH_BITS).unwrap_or((*self.object).count)
        }
    }
}

/// A set whose values lie one after the other, beside a shape that other sets may share.
#[derive(Clone, Copy)]
pub struct FlatAttrs<'h> {
    object: *mut Header,
    brand: PhantomData<&'h ()>,
}

impl<'h> FlatAttrs<'h> {
    /// # Safety
    /// `object` must be a flat set that lives for `'h`.
    pub(crate) unsafe fn new(object: *mut Header) -> Self {
        FlatAttrs { object, brand: PhantomData }
    }

    /// Number of attributes.
    #[inline(always)]
    pub fn len(self) -> usize {
        // SAFETY: it is an object.
        unsafe { (*self.object).len as usize }
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The shape, to be shared with another set or to be remembered.
    #[inline(always)]
    pub fn shape(self) -> Value<'h> {
        // SAFETY: the first word of a set is its shape.
        unsafe { words(self.object).read() }
    }

    /// Names and positions, ascending by symbol.
    #[inline(always)]
    pub fn entries(self) -> &'h [ShapeEntry] {
        shape_entries(self.shape())
    }

    /// The name at a place, with its position if the set has positions.
    #[inline]
    pub fn entry(self, place: usize) -> ShapeEntry {
        let entry = self.entries()[place];
        if self.has_positions() { entry } else { ShapeEntry { pos: Pos::NONE, ..entry } }
    }

    /// The values, in the order of the entries.
    #[inline(always)]
    pub fn values(self) -> &'h [Value<'h>] {
        // SAFETY: the values of a set follow its first word; they never change while a step runs.
        unsafe { std::slice::from_raw_parts(words(self.object).add(1).cast(), self.len()) }
    }

    /// Where a name stands among the entries.
    #[inline]
    pub fn index_of(self, name: Symbol) -> Option<usize> {
        // The search has no branch on what is found: where a name stands cannot be foretold even among few.
        self.entries().binary_search_by_key(&name, |entry| entry.name).ok()
    }

    /// The value of a name.
    #[inline]
    pub fn get(self, name: Symbol) -> Option<Value<'h>> {
        self.index_of(name).map(|index| self.values()[index])
    }

    /// The position of a name; `None` where the name is missing or has no position.
    pub fn position_of(self, name: Symbol) -> Option<Pos> {
        let pos = self.entries()[self.index_of(name)?].pos;
        (self.has_positions() && pos.is_some()).then_some(pos)
    }

    /// Whether the positions of the shape count for this set.
    pub fn has_positions(self) -> bool {
        // SAFETY: it is an object.
        unsafe { (*self.object).count & NO_POSITIONS == 0 }
    }

    /// Names and values, ascending by symbol: for work whose order cannot be observed.
    pub fn iter(self) -> impl ExactSizeIterator<Item = (Symbol, Value<'h>)> {
        self.entries().iter().zip(self.values()).map(|(entry, &value)| (entry.name, value))
    }

    /// The indices of the entries in byte order of the names, if somebody has worked it out.
    pub fn cached_order(self) -> Option<&'h [u32]> {
        // SAFETY: the first word of a shape is nothing or an order of as many numbers.
        unsafe {
            let order = words(self.shape().address()).read();
            let object = order.object()?;
            Some(std::slice::from_raw_parts(words(object).cast(), (*object).len as usize))
        }
    }

    /// The flat set as a value. It may not be the one that it was asked of, which keeps it.
    pub(crate) fn value(self) -> Value<'h> {
        Value::from_object(self.object, Kind::Attrs)
    }
}
