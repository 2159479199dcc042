//! Huge pages for what is not large, as long as they are cheap.
//!
//! The system clears a huge page in a tenth of a millisecond, a seventh of what the 512 small ones in its place take. But
//! on a guest that gives free memory back to its host, a page that the host has to find again takes some milliseconds,
//! seven times as much as small ones, which come from what the guest kept. So the time of some is taken: there are no more
//! once they have taken longer than small ones would have.

#[cfg(all(target_os = "linux", not(miri)))]
mod linux {
    use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
    use std::time::Instant;

    use crate::system::{HUGE, prepare, use_huge_pages};

    /// Small pages in place of a huge one take about so many microseconds.
    const SMALL_ONES: i64 = 700;

    /// How many microseconds huge pages saved so far.
    static SAVED: AtomicI64 = AtomicI64::new(0);

    /// Whether those that were tried were cheap, all in all.
    pub fn are_cheap() -> bool {
        SAVED.load(Relaxed) >= 0
    }

    /// Has a part of a run in huge pages, unless they are dear after the first of them, which is about to be written.
    ///
    /// # Safety
    /// The part begins at a multiple of a huge page, and lies in a run that was mapped.
    pub unsafe fn try_out(start: *mut u8, size: usize) {
        if size < HUGE || !are_cheap() {
            return;
        }
        let begun = Instant::now();
        // SAFETY: by the caller; it is as large as one page.
        unsafe {
            use_huge_pages(start, HUGE);
            prepare(start, 1);
            let taken = i64::try_from(begun.elapsed().as_micros()).unwrap_or(i64::MAX / 2);
            SAVED.fetch_add(SMALL_ONES - taken, Relaxed);
            if are_cheap() {
                use_huge_pages(start, size);
            }
        }
    }
}

#[cfg(all(target_os = "linux", not(miri)))]
pub use linux::{are_cheap, try_out};

/// There are none.
#[cfg(not(all(target_os = "linux", not(miri))))]
pub fn are_cheap() -> bool {
    false
}

/// Does nothing.
///
/// # Safety
/// None.
#[cfg(not(all(target_os = "linux", not(miri))))]
pub unsafe fn try_out(_start: *mut u8, _size: usize) {}
