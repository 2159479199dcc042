//! Huge pages for the blocks of glibc's allocator, which lie in one segment that grows at its end, the break.
//!
//! A look at memory that is spread over tens of megabytes misses the cache of page addresses less often when there are 512
//! times fewer pages, and a fault fills 512 of them at once. glibc does this by itself only if the environment says so
//! before a program starts (`glibc.malloc.hugetlb`); here the program asks the system when the segment has grown, as long
//! as such pages are cheap. Small programs keep small pages. Nothing is done with other allocators.

#[cfg(all(target_os = "linux", target_env = "gnu", not(miri)))]
mod glibc {
    use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering::Relaxed};

    use rustix::process::{Resource, getrlimit};

    use crate::huge_page;
    use crate::system::{HUGE, use_huge_pages};

    /// Bytes of the segment that stay in small pages.
    const SMALL: usize = 1 << 20;
    /// Most blocks are smaller: the first huge page is made before one is written that reaches into it.
    const AHEAD: usize = 64 << 10;
    /// Bytes that the segment grows by beyond what is needed: where it ends within a huge page, that one is made of small
    /// pages. What is not written takes no memory.
    const STEP: i32 = 32 << 20;
    /// It never grows by less than this.
    const LEAST_STEP: i32 = 64 << 10;
    /// After so many blocks in segments of other threads the steps are small: each segment grows by them, and keeps twice as
    /// much when blocks are given back.
    const ELSEWHERE: usize = 1000;

    /// Where the part in huge pages begins; 0 before the first block.
    static FIRST: AtomicUsize = AtomicUsize::new(0);
    /// Blocks that end here or below need no look. Other threads may set it at the same time, all to what is true.
    static SEEN: AtomicUsize = AtomicUsize::new(0);
    /// What the segment grows by now.
    static GROWS_BY: AtomicI32 = AtomicI32::new(STEP);
    /// How many blocks were seen that do not lie in the segment.
    static SEEN_ELSEWHERE: AtomicUsize = AtomicUsize::new(0);

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
        let first = FIRST.load(Relaxed);
        if first == 0 {
            return begin(end);
        }
        // SAFETY: asks for the break, and changes nothing.
        let segment_end = unsafe { libc::sbrk(0) } as usize;
        if end <= segment_end {
            // Nothing beyond the block was written yet but a word.
            let next = (end + size_of::<usize>()).next_multiple_of(HUGE);
            // SAFETY: the segment reaches from below `first` to the break.
            unsafe {
                if next < segment_end {
                    huge_page::try_out(next as *mut u8, segment_end - next);
                }
                if huge_page::are_cheap() {
                    // All of it: parts may have gone and come back since.
                    use_huge_pages(first as *mut u8, segment_end - first);
                }
            }
            SEEN.store(segment_end, Relaxed);
        } else if SEEN_ELSEWHERE.fetch_add(1, Relaxed) == ELSEWHERE && GROWS_BY.load(Relaxed) == STEP {
            takes_smaller_steps();
        }
    }

    /// The first block of the program.
    fn begin(end: usize) {
        grow_by(STEP);
        if [Resource::As, Resource::Data].iter().any(|&resource| getrlimit(resource).current.is_some()) {
            // The heap needs the addresses.
            takes_smaller_steps();
        }
        let first = (end + SMALL).next_multiple_of(HUGE);
        FIRST.store(first, Relaxed);
        SEEN.store(first - AHEAD, Relaxed);
    }

    fn grow_by(step: i32) {
        GROWS_BY.store(step, Relaxed);
        // SAFETY: sets how the allocator behaves from now on.
        unsafe {
            libc::mallopt(libc::M_TOP_PAD, step);
            libc::mallopt(libc::M_TRIM_THRESHOLD, 2 * step);
        }
    }

    /// Has the segment grow by less from now on, since the system refused a block. False if it does already.
    #[cold]
    pub fn takes_smaller_steps() -> bool {
        let step = GROWS_BY.load(Relaxed) / 8;
        if step >= LEAST_STEP {
            grow_by(step);
        }
        step >= LEAST_STEP
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu", not(miri)))]
pub use glibc::{note, takes_smaller_steps};

/// A block that ends at this address was given out.
#[cfg(not(all(target_os = "linux", target_env = "gnu", not(miri))))]
#[inline(always)]
pub fn note(_end: usize) {}

/// The system refused a block. Whether it may give one if it is asked again.
#[cfg(not(all(target_os = "linux", target_env = "gnu", not(miri))))]
pub fn takes_smaller_steps() -> bool {
    false
}
