//! Operands of instructions beyond the short cuts of the dispatch loop: wide ones, names by the inline caches, and what
//! is wrong with those that do not fit.

use nivose_base::{DiagnosticId, Error, Symbol};
use nivose_bytecode::uvarint::read_uvarint;
use nivose_heap::{Attrs, Value};

use crate::code::{Cache, Code};
use crate::shared::Shared;

#[cold]
pub(super) fn not_ready() -> Error {
    Error::new(DiagnosticId::Internal, &[&"code that does not fit its chunk"])
}

#[cold]
pub(super) fn too_many_captures() -> Error {
    Error::new(DiagnosticId::TooManyCaptures, &[&u16::MAX.to_string()])
}

/// An operand of any length, mostly of two bytes: its value and its length.
#[cold]
#[inline(never)]
pub(super) fn wide_uvarint(code: &Code, at: usize) -> (usize, usize) {
    // Nearly all take two.
    if let Some(&[first @ 0x80..0xc0, second]) = code.bytes.get(at..at + 2) {
        return (usize::from(first & 0x3f) | usize::from(second) << 6, 2);
    }
    let mut end = at;
    let value = read_uvarint(&code.bytes, &mut end).unwrap_or(0);
    (value as usize, end - at)
}

/// Whether a value is evaluated; it is replaced by what an evaluated thunk has.
#[inline(always)]
pub(super) fn is_value(value: &mut Value<'static>) -> bool {
    if value.is_thunk() {
        *value = value.resolved();
    }
    !value.is_thunk()
}

/// The name that a computed key is, if it can be told without looking at its text.
#[inline(always)]
pub(super) fn noted_name(key: Value<'static>) -> Option<Symbol> {
    key.as_name().or_else(|| key.as_string()?.symbol())
}

/// The value of a name by the inline cache, or looks the name up and remembers where it stood, or
/// that it is missing.
///
/// # Safety
/// The cache must be one of the table of caches, at which nobody else looks.
#[inline(always)]
pub(super) unsafe fn find(
    cache: *mut Cache,
    shared: &mut Shared,
    set: Attrs<'static>,
    name: Symbol,
) -> Option<Value<'static>> {
    // SAFETY: the verifier checked the number of the cache; nobody else looks at it meanwhile. It remembers a shape.
    unsafe {
        match set.with_shape((*cache).shape) {
            Some(flat) => flat.values().get((*cache).index as usize).copied(),
            None => look_up(cache, shared, set, name),
        }
    }
}

/// The same where the cache is of no use, or the set has layers.
///
/// # Safety
/// As for [`find`].
#[inline(never)]
unsafe fn look_up(
    cache: *const Cache,
    shared: &mut Shared,
    set: Attrs<'static>,
    name: Symbol,
) -> Option<Value<'static>> {
    let Some(flat) = set.as_flat() else { return shared.look_into_layers(set, name) };
    // SAFETY: the cache is one of the table.
    let number = unsafe { cache.offset_from_unsigned(shared.codes.caches.as_ptr()) };
    let (cache, shape) = (shared.codes.caches[number], flat.shape().bits());
    if cache.shape == shape {
        return flat.values().get(cache.index as usize).copied();
    }
    let index = flat.index_of(name).map_or(Cache::MISSING, |index| index as u32);
    shared.codes.fill_cache(number, shape, index);
    flat.values().get(index as usize).copied()
}
