//! What closures and suspended computations capture: filling the words in when one is made, and
//! finding them when it runs.
//!
//! Unsafe code here relies on the verifier, as in the dispatch loop.

use nivose_heap::{Heap, Kind, ThunkState, Value};

use crate::code::CodeId;

/// The words that a closure or thunk captured.
pub(crate) fn captured_words(closure: Value<'static>) -> &'static [Value<'static>] {
    if let Some(thunk) = closure.as_thunk() {
        return thunk.captured();
    }
    // SAFETY: closures and thunks keep as many words as their header counts.
    unsafe { std::slice::from_raw_parts(Heap::captured(closure), Heap::captured_count(closure)) }
}

/// A suspended computation without captured values.
pub(crate) fn new_suspended(heap: &mut Heap, code: CodeId) -> Value<'static> {
    // SAFETY: there is no word to write.
    unsafe { heap.suspended(code, 0).1 }
}

/// A function without captured values.
pub(crate) fn new_closure(heap: &mut Heap, code: CodeId) -> Value<'static> {
    // SAFETY: there is no word to write.
    unsafe { heap.closure(code, 0).1 }
}

/// Where the captured words of the running closure or thunk are.
#[inline(always)]
pub(super) unsafe fn captured_pointer(closure: Value<'static>) -> *mut Value<'static> {
    // SAFETY: a frame of code has a closure or thunk.
    unsafe { Heap::captured(closure) }
}

/// Number of positions, and 1 if the `with` scopes are captured too.
#[inline(always)]
pub(super) fn split_captures(operand: usize) -> (usize, usize) {
    (operand >> 1, operand & 1)
}

/// The value at an encoded position. A deferred one is a number until `Finalise` fills it in. Evaluated thunks are not
/// seen through: collections do that, and here each would take two branches that cannot be foreseen.
#[inline(always)]
pub(super) unsafe fn capture(
    position: usize,
    base: *mut Value<'static>,
    captured: *mut Value<'static>,
) -> Value<'static> {
    let index = position >> 2;
    // SAFETY: the verifier checked the position.
    unsafe {
        if position & 3 == 1 {
            return Value::number(index as u32);
        }
        let words = if position & 2 == 0 { base } else { captured };
        words.add(index).read()
    }
}

/// Fills in the deferred words of a closure or thunk with the slots between `base` and `top`. One that was evaluated
/// in the meantime has none. The verifier does not know which slots it deferred to, or even in which frame it was made:
/// a number beyond the slots stays.
pub(super) unsafe fn finalise(value: Value<'static>, base: *mut Value<'static>, top: *const Value<'static>) {
    let thunk_state = value.as_thunk().map(|thunk| thunk.state());
    let captures = value.kind() == Some(Kind::Closure)
        || matches!(thunk_state, Some(ThunkState::Suspended | ThunkState::Blackhole));
    if !captures {
        return;
    }
    // SAFETY: closures and suspended thunks have captured words; the slots are in the frame, which has values up to
    // its top.
    unsafe {
        let slots = top.offset_from_unsigned(base);
        let words = Heap::captured(value);
        for index in 0..Heap::captured_count(value) {
            if let Some(slot) = words.add(index).read().as_number().filter(|&slot| (slot as usize) < slots) {
                words.add(index).write(base.add(slot as usize).read());
            }
        }
    }
}
