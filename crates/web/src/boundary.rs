//! What a page calls: memory for a request, the call, and memory given back.
//!
//! A page asks for memory, writes the request's bytes there and calls. What it gets is the address and the length of the
//! answer in one number; it reads the bytes and gives the memory of both back.

#![allow(unsafe_code)]

use std::alloc::{Layout, alloc, dealloc};

/// The layout of a text of `length` bytes; there is memory for the empty one, too.
fn layout(length: usize) -> Option<Layout> {
    Layout::array::<u8>(length.max(1)).ok()
}

/// Memory for a text of `length` bytes, or null.
// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
pub extern "C" fn nivose_allocate(length: usize) -> *mut u8 {
    // SAFETY: the layout is not empty.
    layout(length).map_or(std::ptr::null_mut(), |layout| unsafe { alloc(layout) })
}

/// Gives memory back.
///
/// # Safety
/// It is that of an answer, or came from [`nivose_allocate`], with this length, and is not used any more.
// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nivose_free(start: *mut u8, length: usize) {
    if let Some(layout) = layout(length) {
        // SAFETY: by the caller, it was allocated with this layout.
        unsafe { dealloc(start, layout) }
    }
}

/// Answers the request of `length` bytes at `start`: the address of the answer in the upper half, its length in the lower.
///
/// # Safety
/// All of the bytes were written, and nobody writes to them meanwhile.
// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nivose_call(start: *const u8, length: usize) -> u64 {
    // SAFETY: by the caller.
    let request = unsafe { std::slice::from_raw_parts(start, length) };
    let answer = crate::answer(&String::from_utf8_lossy(request)).into_bytes().into_boxed_slice();
    // An answer is a JSON object, hence not empty, and a boxed slice has the layout of its bytes.
    let (length, start) = (answer.len() as u64, Box::into_raw(answer).cast::<u8>() as u64);
    start << 32 | length
}
