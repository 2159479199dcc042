//! The one place where a value loses its brand: it goes to the stack, the frames, or another place
//! that the collector traces.
#![allow(unsafe_code)]

use nivose_heap::Value;

/// The value, to be stored where the collector traces it, or not beyond the next safe point.
#[inline(always)]
pub(crate) fn hold(value: Value<'_>) -> Value<'static> {
    // SAFETY: used within this crate only, for the stack, frames, tables that are traced, and
    // values that are on their way there within one step.
    unsafe { value.rebrand() }
}
