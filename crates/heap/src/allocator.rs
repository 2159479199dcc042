//! An allocator for programs: the system's, except for large blocks, which are mapped by themselves in huge pages.
//!
//! A process that holds gigabytes ends by giving back its pages one by one, and a table of gigabytes misses the cache of
//! page addresses with every look at it: both are 512 times fewer pages here. Growing moves pages in place of bytes.
//! Where pages cannot be mapped so, this is the system's allocator.

use std::alloc::{GlobalAlloc, Layout, System};

use crate::break_segment;
use crate::system::{HUGE, large};

/// Blocks of at least this many bytes are mapped; what they round up to is a small part of them.
const LARGE: usize = 32 << 20;

/// The allocator for a program's `#[global_allocator]`; see the opening comment. Blocks that were taken from it are given
/// back to it.
pub struct Allocator;

/// Whether a block is mapped.
#[inline(always)]
fn is_large(layout: Layout) -> bool {
    large::ARE_MAPPED && layout.size() >= LARGE && layout.align() <= HUGE
}

/// A block from the system's allocator, which may have grown for it.
#[inline(always)]
fn noted(block: *mut u8, size: usize) -> *mut u8 {
    break_segment::note(block as usize + size);
    block
}

// SAFETY: a block comes from and goes back to the system's allocator or a mapping of its own, as its layout says.
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if is_large(layout) {
            return large::map(layout.size());
        }
        // SAFETY: by the caller.
        noted(unsafe { System.alloc(layout) }, layout.size())
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if is_large(layout) {
            // What was just mapped is zero.
            return large::map(layout.size());
        }
        // SAFETY: by the caller.
        noted(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: by the caller, it was allocated with this layout.
        unsafe {
            if is_large(layout) { large::unmap(block, layout.size()) } else { System.dealloc(block, layout) }
        }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: by the caller, the block has this layout, and there is one for the new size.
        unsafe {
            let new = Layout::from_size_align_unchecked(size, layout.align());
            match (is_large(layout), is_large(new)) {
                (false, false) => noted(System.realloc(block, layout, size), size),
                (true, true) => large::resize(block, layout.size(), size),
                _ => self.copy(block, layout, new),
            }
        }
    }
}

impl Allocator {
    /// Moves a block from one sort to the other.
    ///
    /// # Safety
    /// The block was allocated with the layout `old`.
    #[cold]
    unsafe fn copy(&self, block: *mut u8, old: Layout, new: Layout) -> *mut u8 {
        // SAFETY: by the caller; neither layout is empty, since one of the blocks is large and the other not empty.
        unsafe {
            let moved = self.alloc(new);
            if !moved.is_null() {
                std::ptr::copy_nonoverlapping(block, moved, old.size().min(new.size()));
                self.dealloc(block, old);
            }
            moved
        }
    }
}

// Under Miri this is the system's allocator.
#[cfg(all(test, not(miri)))]
mod tests {
    use super::*;

    const SIZES: [usize; 8] = [2, 4096, LARGE - 1, LARGE, LARGE + 1, 3 * LARGE, LARGE + HUGE, LARGE / 2];

    fn layout(size: usize) -> Layout {
        Layout::from_size_align(size, 8).unwrap()
    }

    #[test]
    fn content_stays_whatever_a_block_grows_or_shrinks_to() {
        let (mut block, mut size) = (std::ptr::null_mut(), 0);
        for (index, &next) in SIZES.iter().chain(SIZES.iter().rev()).enumerate() {
            // SAFETY: the block has `size` bytes, and was allocated so.
            unsafe {
                block = match index {
                    0 => Allocator.alloc(layout(next)),
                    _ => Allocator.realloc(block, layout(size), next),
                };
                assert!(!block.is_null());
                let kept = size.min(next);
                if kept > 0 {
                    let last = if kept == size { 2 } else { 1 };
                    assert_eq!((block.read(), block.add(kept - 1).read()), (1, last));
                }
                size = next;
                block.write_bytes(1, size);
                block.add(size - 1).write(2);
            }
        }
        // SAFETY: as above.
        unsafe { Allocator.dealloc(block, layout(size)) };
    }

    #[test]
    fn large_blocks_are_zero_if_asked_for() {
        // SAFETY: the layout is not empty, and the block is given back with it.
        unsafe {
            let block = Allocator.alloc_zeroed(layout(LARGE));
            assert_eq!((block.read(), block.add(LARGE - 1).read()), (0, 0));
            Allocator.dealloc(block, layout(LARGE));
        }
    }

    #[test]
    fn what_is_out_of_proportion_is_refused() {
        // SAFETY: the layout is not empty; nothing is allocated.
        unsafe {
            assert!(Allocator.alloc(layout(isize::MAX as usize / 2)).is_null());
            let block = Allocator.alloc(layout(LARGE));
            assert!(Allocator.realloc(block, layout(LARGE), isize::MAX as usize / 2).is_null());
            Allocator.dealloc(block, layout(LARGE));
        }
    }
}
