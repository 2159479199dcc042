//! An allocator for programs: the system's, except for large blocks, which are mapped by themselves.
//!
//! Such a block goes back to the system at once, leaves no hole among the others, and grows by moving pages in place of
//! bytes. The largest are in huge pages: a process that holds gigabytes ends by giving back its pages one by one, and a
//! table of gigabytes misses the cache of page addresses with every look at it.
//! Where pages cannot be mapped so, this is the system's allocator.
//! Small blocks that are given back are kept for the next ones of their size.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr;

use crate::break_segment;
use crate::small_blocks::{self, Size};
use crate::system::{Pages, large};

/// Blocks of at least this many bytes are mapped; what they round up to is a small part of them.
const LARGE: usize = 1 << 20;

/// The same in huge pages.
const VERY_LARGE: usize = 32 << 20;

/// The allocator for a program's `#[global_allocator]`; see the opening comment. Blocks that were taken from it are given
/// back to it.
pub struct Allocator;

/// The pages that a block is mapped in; none if it comes from the system's allocator.
#[inline(always)]
fn pages(layout: Layout) -> Option<Pages> {
    if !large::ARE_MAPPED || layout.size() < LARGE || layout.align() > large::ALIGN {
        return None;
    }
    Some(if layout.size() < VERY_LARGE { Pages::Small } else { Pages::Huge })
}

/// A block of so many bytes from the system's allocator, which may have grown for it.
#[inline(always)]
fn noted(size: usize, allocate: impl Fn() -> *mut u8) -> *mut u8 {
    let mut block = allocate();
    while block.is_null() && break_segment::takes_smaller_steps() {
        block = allocate();
    }
    break_segment::note(block as usize + size);
    block
}

// SAFETY: a block comes from and goes back to the system's allocator or a mapping of its own, as its layout says.
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match Size::of(layout) {
            Some(size) => small(size),
            None => other(layout),
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match pages(layout) {
            // What was just mapped is zero.
            Some(pages) => large::map(pages, layout.size(), 0),
            None => {
                let layout = system_layout(layout);
                // SAFETY: by the caller, it is not empty.
                noted(layout.size(), || unsafe { System.alloc_zeroed(layout) })
            }
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: by the caller, it was allocated with this layout.
        unsafe {
            match Size::of(layout) {
                Some(size) if small_blocks::keep(size, block) => {}
                Some(size) => System.dealloc(block, size.layout()),
                None => free_other(block, layout),
            }
        }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: by the caller, the block has this layout, and there is one for the new size.
        unsafe {
            let new = Layout::from_size_align_unchecked(size, layout.align());
            match (Size::of(layout), Size::of(new)) {
                (Some(old), Some(new)) if old == new => return block,
                (Some(_), Some(_)) => return self.copy(block, layout, new),
                _ => {}
            }
            match (pages(layout), pages(new)) {
                (None, None) => {
                    let (old, new) = (system_layout(layout), system_layout(new));
                    noted(new.size(), || System.realloc(block, old, new.size()))
                }
                (Some(old), Some(new)) if old == new => large::resize(new, block, layout.size(), size),
                _ => self.copy(block, layout, new),
            }
        }
    }
}

/// A small block, one that was kept if there is any.
#[inline(always)]
fn small(size: Size) -> *mut u8 {
    let block = small_blocks::take(size);
    if block.is_null() { fresh(size) } else { block }
}

/// A small block from the system's allocator.
#[inline(never)]
fn fresh(size: Size) -> *mut u8 {
    let layout = size.layout();
    // SAFETY: the layout is not empty.
    noted(layout.size(), || unsafe { System.alloc(layout) })
}

/// A block that is not small.
#[inline(never)]
fn other(layout: Layout) -> *mut u8 {
    match pages(layout) {
        // Most of it, most likely.
        Some(pages) => large::map(pages, layout.size(), layout.size()),
        // SAFETY: nobody allocates what is empty.
        None => noted(layout.size(), || unsafe { System.alloc(layout) }),
    }
}

/// Gives back a block that is not small.
///
/// # Safety
/// It was allocated with this layout.
#[inline(never)]
unsafe fn free_other(block: *mut u8, layout: Layout) {
    // SAFETY: by the caller.
    unsafe {
        match pages(layout) {
            Some(pages) => large::unmap(pages, block, layout.size()),
            None => System.dealloc(block, layout),
        }
    }
}

/// The layout of a block for this one, as the system's allocator sees it.
#[inline(always)]
fn system_layout(layout: Layout) -> Layout {
    Size::of(layout).map_or(layout, Size::layout)
}

impl Allocator {
    /// Moves a block to one of another size or sort.
    ///
    /// # Safety
    /// The block was allocated with the layout `old`.
    #[cold]
    unsafe fn copy(&self, block: *mut u8, old: Layout, new: Layout) -> *mut u8 {
        let content = old.size().min(new.size());
        // SAFETY: by the caller; neither layout is empty, since nobody allocates or asks for what is.
        unsafe {
            let moved = match pages(new) {
                Some(pages) => large::map(pages, new.size(), content),
                None => self.alloc(new),
            };
            if !moved.is_null() {
                ptr::copy_nonoverlapping(block, moved, content);
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

    const SIZES: [usize; 12] = [
        2,
        4096,
        LARGE - 1,
        LARGE,
        LARGE + 1,
        3 * LARGE,
        VERY_LARGE - 1,
        VERY_LARGE,
        VERY_LARGE + 1,
        3 * VERY_LARGE,
        VERY_LARGE + (2 << 20),
        LARGE / 2,
    ];

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
        for size in [LARGE, VERY_LARGE] {
            // SAFETY: the layout is not empty, and the block is given back with it.
            unsafe {
                let block = Allocator.alloc_zeroed(layout(size));
                assert_eq!((block.read(), block.add(size - 1).read()), (0, 0));
                Allocator.dealloc(block, layout(size));
            }
        }
    }

    #[test]
    fn what_is_out_of_proportion_is_refused() {
        // SAFETY: the layout is not empty; nothing is allocated.
        unsafe {
            assert!(Allocator.alloc(layout(isize::MAX as usize / 2)).is_null());
            for size in [LARGE, VERY_LARGE] {
                let block = Allocator.alloc(layout(size));
                assert!(Allocator.realloc(block, layout(size), isize::MAX as usize / 2).is_null());
                Allocator.dealloc(block, layout(size));
            }
        }
    }
}
