//! Small blocks that a program gave back, for the next ones of their size.
//!
//! Native code of an evaluation makes blocks of a few words and drops them soon, hundreds of thousands of times. To take one
//! from a list and to put it back costs a tenth of what the system's allocator does for it. Lists are short, and only the
//! first thread that gives a block back has them, which is most likely the one that evaluates: what others would keep would
//! be lost when they end.
//!
//! Where blocks come from and go to is the allocator's.

use std::alloc::Layout;
use std::cell::Cell;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Sizes are 8 bytes and then each 16 more: what glibc makes of smaller requests, beside a word of its own.
const STEP: usize = 16;

/// How many sizes there are.
const SIZES: usize = 33;

/// Blocks of one size that are kept at the most.
const MOST: u8 = 64;

/// Whether there are lists. Tools that look for blocks that are used after they were given back see nothing of it in lists.
const ARE_KEPT: bool = !cfg!(miri) && !cfg!(debug_assertions);

/// One of the sizes, by its number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Size(usize);

impl Size {
    /// The size of blocks for a layout; none if they are not small.
    #[inline(always)]
    pub fn of(layout: Layout) -> Option<Size> {
        Self::fitting(layout).filter(|_| ARE_KEPT)
    }

    #[inline(always)]
    fn fitting(layout: Layout) -> Option<Size> {
        let number = layout.size().wrapping_add(STEP / 2 - 1) / STEP;
        (number < SIZES && layout.align() <= align_of::<Next>()).then_some(Size(number))
    }

    /// The layout of the blocks.
    #[inline(always)]
    pub fn layout(self) -> Layout {
        // SAFETY: the alignment is that of a type, and the size is small.
        unsafe { Layout::from_size_align_unchecked(self.0 * STEP + STEP / 2, align_of::<Next>()) }
    }
}

/// What stands in a block that is kept: the next one.
type Next = *mut u8;

/// The blocks that one thread keeps.
struct Lists {
    first: [Cell<Next>; SIZES],
    count: [Cell<u8>; SIZES],
    /// How many are kept of each size: none in most threads.
    most: Cell<u8>,
}

impl Lists {
    const fn new() -> Self {
        Lists {
            first: [const { Cell::new(ptr::null_mut()) }; SIZES],
            count: [const { Cell::new(0) }; SIZES],
            most: Cell::new(0),
        }
    }

    /// A block that was kept; null if there is none.
    #[inline(always)]
    fn take(&self, size: Size) -> *mut u8 {
        let block = self.first[size.0].get();
        if !block.is_null() {
            // SAFETY: what is kept is a block, and holds the next one.
            self.first[size.0].set(unsafe { block.cast::<Next>().read() });
            self.count[size.0].set(self.count[size.0].get() - 1);
        }
        block
    }

    /// Keeps a block; false if there are enough of its size.
    ///
    /// # Safety
    /// Its layout is that of the size, and nothing refers to it.
    #[inline(always)]
    unsafe fn keep(&self, size: Size, block: *mut u8) -> bool {
        let count = self.count[size.0].get();
        if count >= self.most.get() && !self.claim() {
            return false;
        }
        // SAFETY: by the caller, who hands it over; it has room for a pointer.
        unsafe { block.cast::<Next>().write(self.first[size.0].get()) };
        self.first[size.0].set(block);
        self.count[size.0].set(count + 1);
        true
    }

    /// Whether this is the first thread of the program to keep blocks, and begins with it now.
    #[cold]
    fn claim(&self) -> bool {
        static CLAIMED: AtomicBool = AtomicBool::new(false);
        let is_first = self.most.get() == 0 && !CLAIMED.load(Relaxed) && !CLAIMED.swap(true, Relaxed);
        if is_first {
            self.most.set(MOST);
        }
        is_first
    }
}

thread_local! {
    static LISTS: Lists = const { Lists::new() };
}

/// A block of the size that this thread kept; null if there is none. Its content is undefined.
#[inline(always)]
pub fn take(size: Size) -> *mut u8 {
    LISTS.with(|lists| lists.take(size))
}

/// Keeps a block for [`take`]; false if this thread has enough of the size.
///
/// # Safety
/// Its layout is that of the size, and nothing refers to it.
#[inline(always)]
pub unsafe fn keep(size: Size, block: *mut u8) -> bool {
    // SAFETY: by the caller.
    LISTS.with(|lists| unsafe { lists.keep(size, block) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(bytes: usize, align: usize) -> Option<Size> {
        Size::fitting(Layout::from_size_align(bytes, align).unwrap())
    }

    #[test]
    fn sizes_have_room_for_what_is_asked() {
        for bytes in 1..=520 {
            let found = size(bytes, 8).unwrap();
            let room = found.layout().size();
            assert!((bytes..bytes + STEP).contains(&room), "{bytes} {room}");
            assert_eq!(size(room, 1), Some(found));
        }
        assert_eq!([size(521, 1), size(8, 16), size(1 << 40, 1)], [None; 3]);
    }

    #[test]
    fn blocks_are_kept_by_one_thread_and_up_to_a_number() {
        let (lists, others) = (Lists::new(), Lists::new());
        let size = size(24, 8).unwrap();
        let mut blocks = vec![[0_u64; 3]; usize::from(MOST) + 1];
        let blocks: Vec<*mut u8> = blocks.iter_mut().map(|block| block.as_mut_ptr().cast()).collect();
        assert!(lists.take(size).is_null());
        // SAFETY: the blocks have three words, and nothing else refers to them.
        let kept: Vec<bool> = blocks.iter().map(|&block| unsafe { lists.keep(size, block) }).collect();
        assert_eq!(kept.iter().filter(|kept| **kept).count(), usize::from(MOST));
        // SAFETY: as above.
        assert!(!unsafe { others.keep(size, blocks[0]) });
        assert_eq!(lists.take(size), blocks[usize::from(MOST) - 1]);
        let rest = std::iter::repeat_with(|| lists.take(size)).take_while(|block| !block.is_null());
        assert_eq!(rest.count(), usize::from(MOST) - 1);
    }
}
