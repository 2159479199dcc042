//! What closures and suspended computations capture: filling the words in when one is made, and
//! finding them when it runs.
//!
//! Unsafe code here relies on the verifier, as in the dispatch loop.

use nivose_heap::{Heap, Kind, ThunkState, Value};

use super::operands::wide_uvarint;
use crate::code::{Code, CodeId};

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

/// Set in the first byte of a position that takes more.
const WIDE: u8 = 0x80;

/// The bits of it that tell one that takes two.
const LENGTH: u8 = 0xc0;

/// Set in the position of a deferred local.
const DEFERRED: u8 = 1;

/// Fills the words from `room` on with the values at so many encoded positions from `pc` on; gives where the code goes
/// on. Evaluated thunks are not seen through: collections do that, and here each would take two branches that cannot be
/// foreseen.
#[inline(always)]
pub(super) unsafe fn capture_all(
    room: *mut Value<'static>,
    count: usize,
    mut pc: *const u8,
    code: *const Code,
    base: *mut Value<'static>,
    captured: *mut Value<'static>,
) -> *const u8 {
    // SAFETY: the verifier checked the positions; there is room for so many words.
    unsafe {
        let mut word = room;
        let end = room.add(count);
        while word != end {
            let first = *pc;
            let value = if first & (WIDE | DEFERRED) == 0 {
                pc = pc.add(1);
                at_position(first.into(), base, captured)
            } else if first & (LENGTH | DEFERRED) == WIDE {
                // Of two bytes, and not deferred: the place is in both.
                let position = usize::from(first & 0x3f) | usize::from(*pc.add(1)) << 6;
                pc = pc.add(2);
                at_position(position, base, captured)
            } else {
                let (value, length) = capture_other(&*code, pc, base, captured);
                pc = pc.add(length);
                value
            };
            word.write(value);
            word = word.add(1);
        }
        pc
    }
}

/// The value in a slot of the frame, or a captured one of the closure that runs.
#[inline(always)]
unsafe fn at_position(
    position: usize,
    base: *mut Value<'static>,
    captured: *mut Value<'static>,
) -> Value<'static> {
    let words = if position & 2 == 0 { base } else { captured };
    // SAFETY: the verifier checked the position.
    unsafe { words.add(position >> 2).read() }
}

/// The value at any position, and the length of that. A deferred one is a number until `Finalise` fills it in.
#[cold]
#[inline(never)]
unsafe fn capture_other(
    code: &Code,
    pc: *const u8,
    base: *mut Value<'static>,
    captured: *mut Value<'static>,
) -> (Value<'static>, usize) {
    // SAFETY: `pc` is within the code, at a position that the verifier checked.
    unsafe {
        let (position, length) = wide_uvarint(code, pc.offset_from_unsigned(code.bytes.as_ptr()));
        let value = match position & 3 {
            1 => Value::number((position >> 2) as u32),
            _ => at_position(position, base, captured),
        };
        (value, length)
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
