//! Huge pages for the blocks of glibc's allocator, which lie in one segment that grows at its end, the break.
//!
//! A look at memory that is spread over tens of megabytes misses the cache of page addresses less often when there are 512
//! times fewer pages. glibc does this by itself only if the environment says so before a program starts
//! (`glibc.malloc.hugetlb`); here the program asks the system when the segment has grown. Small programs keep small pages.
//! Nothing is done with other allocators.

#[cfg(all(target_os = "linux", target_env = "gnu", not(miri)))]
mod glibc {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    use crate::system::{HUGE, use_huge_pages};

    /// Bytes of the segment that stay in small pages.
    const SMALL: usize = 1 << 20;
    /// Bytes that the segment grows by beyond what is needed: where it ends within a huge page, that one is made of small
    /// pages. What is not written takes no memory.
    const STEP: i32 = 4 << 20;
    /// Blocks of at least this many bytes are no part of the segment. glibc's own value, but it is not raised when such a
    /// block is given back: that would leave holes in the segment.
    const MAPPED: i32 = 128 << 10;

    /// Blocks that end here or below need no look. Other threads may set it at the same time, all to what is true.
    static SEEN: AtomicUsize = AtomicUsize::new(0);

    /// A block that ends at this address was given out.
    #[inline(always)]
    pub fn note(end: usize) {
        if end > SEEN.load(Relaxed) {
            look(end);
        }
    }

    #[cold]
    #[inline(never)]
    fn look(end: usize) {
        let seen = SEEN.load(Relaxed);
        // SAFETY: asks for the break, and changes nothing.
        let segment_end = unsafe { libc::sbrk(0) } as usize;
        if seen == 0 {
            begin(end);
        } else if end <= segment_end {
            // SAFETY: the segment reaches from below `seen` to the break.
            unsafe { use_huge_pages((seen & !(HUGE - 1)) as *mut u8, segment_end - (seen & !(HUGE - 1))) };
            SEEN.store(segment_end, Relaxed);
        }
    }

    /// The first block of the program.
    fn begin(end: usize) {
        // SAFETY: sets how the allocator behaves from now on.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, MAPPED);
            libc::mallopt(libc::M_TOP_PAD, STEP);
            libc::mallopt(libc::M_TRIM_THRESHOLD, 2 * STEP);
        }
        SEEN.store((end + SMALL).next_multiple_of(HUGE), Relaxed);
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu", not(miri)))]
pub use glibc::note;

/// A block that ends at this address was given out.
#[cfg(not(all(target_os = "linux", target_env = "gnu", not(miri))))]
#[inline(always)]
pub fn note(_end: usize) {}
