//! Operands of instructions beyond the short cuts of the dispatch loop: wide ones, names by the inline caches, and what
//! is wrong with those that do not fit.

use nivose_base::{DiagnosticId, Error};
use nivose_bytecode::uvarint::read_uvarint;
use nivose_heap::{Attrs, Value};

use crate::code::{Cache, Code};

#[cold]
pub(super) fn not_ready() -> Error {
    Error::new(DiagnosticId::Internal, &[&"code that does not fit its chunk"])
}

#[cold]
pub(super) fn too_many_captures() -> Error {
    Error::new(DiagnosticId::TooManyCaptures, &[&u16::MAX.to_string()])
}

/// An operand of several bytes: its value and its length.
#[cold]
#[inline(never)]
pub(super) fn wide_uvarint(code: &Code, at: usize) -> (usize, usize) {
    let mut end = at;
    let value = read_uvarint(code.bytes, &mut end).unwrap_or(0);
    (value as usize, end - at)
}

/// The value of a name by the inline cache, or looks the name up and remembers where it stood, or
/// that it is missing.
///
/// # Safety
/// The cache must be one of the table of caches, at which nobody else looks.
#[inline(always)]
pub(super) unsafe fn find(
    set: Attrs<'static>,
    name: nivose_base::Symbol,
    cache: *mut Cache,
) -> Option<Value<'static>> {
    // SAFETY: the verifier checked the number of the cache; nobody else looks at it meanwhile.
    unsafe {
        let shape = set.shape().bits();
        if (*cache).shape != shape {
            let index = set.index_of(name).map_or(Cache::MISSING, |index| index as u32);
            *cache = Cache { shape, index };
        }
        set.values().get((*cache).index as usize).copied()
    }
}
