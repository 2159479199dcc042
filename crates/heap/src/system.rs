//! Memory from the system: runs of pages that are mapped for this heap alone, and go back to the system at once when they
//! are given back. Where pages cannot be mapped (systems other than Unix, Miri) they come from the allocator. Whoever holds
//! much asks for huge pages, of which the system has 512 times fewer to look after.
//!
//! What lies in the pages is not known here.

use std::alloc::Layout;

/// Pages are mapped in multiples of so many bytes, which is a multiple of the page of every system.
const GRAIN: usize = 64 << 10;

/// Bytes whose pages are asked for in one call at the most: a signal waits for its end.
#[cfg(target_os = "linux")]
const UNINTERRUPTED: usize = 4 << 20;

/// Bytes that are prepared at once, where memory is filled in order: a call costs less than a fault for each of the
/// pages, and what is prepared too early is at most this much.
pub const BATCH: usize = 128 << 10;

/// Bytes of a huge page.
pub const HUGE: usize = 2 << 20;

/// The system, which tests may make refuse.
#[derive(Default)]
pub struct System {
    /// How many requests are granted before all are refused.
    grants: Option<u64>,
}

impl System {
    /// A run of `size` bytes at a multiple of `align`, a power of two of at least a word; its content is undefined.
    pub fn map(&mut self, size: usize, align: usize) -> Option<*mut u8> {
        self.grant()?;
        pages::map(size.checked_next_multiple_of(GRAIN)?, align)
    }

    /// A piece of memory from the allocator, for what is too small for pages of its own.
    pub fn allocate(&mut self, layout: Layout) -> Option<*mut u8> {
        self.grant()?;
        if layout.size() == 0 {
            return None;
        }
        // SAFETY: the layout is not empty.
        let start = unsafe { std::alloc::alloc(layout) };
        (!start.is_null()).then_some(start)
    }

    fn grant(&mut self) -> Option<()> {
        if let Some(grants) = &mut self.grants {
            *grants = grants.checked_sub(1)?;
        }
        Some(())
    }

    /// For tests: refuses memory after so many requests.
    pub fn refuse_after(&mut self, grants: Option<u64>) {
        self.grants = grants;
    }
}

/// Gives a run back.
///
/// # Safety
/// It was mapped with this size and alignment, or is a part of such a run that is given back part by part (from the
/// allocator there are no parts), and nothing in it is used any more.
pub unsafe fn unmap(start: *mut u8, size: usize, align: usize) {
    // SAFETY: by the caller.
    unsafe { pages::unmap(start, size.next_multiple_of(GRAIN), align) }
}

/// Has the pages of a part of a run ready, since all of it is about to be written. What is in them stays.
///
/// # Safety
/// The part lies in a run that was mapped.
pub unsafe fn prepare(start: *mut u8, size: usize) {
    // SAFETY: by the caller.
    unsafe { pages::prepare(start, size) }
}

/// Has the system use huge pages for what is whole ones of a part of a run, as soon as it is written. What is in them stays.
///
/// # Safety
/// The part lies in a run that was mapped.
pub unsafe fn use_huge_pages(start: *mut u8, size: usize) {
    // SAFETY: by the caller.
    unsafe { pages::use_huge_pages(start, size) }
}

/// Ends the process, since the system refused so many bytes.
#[cold]
pub fn refused(size: usize) -> ! {
    let layout = Layout::from_size_align(size, 1).unwrap_or(Layout::new::<u8>());
    std::alloc::handle_alloc_error(layout)
}

/// From the system itself.
#[cfg(all(unix, not(miri)))]
mod pages {
    use std::ptr::null_mut;

    use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};

    /// A run wherever there is room.
    fn map_anywhere(size: usize) -> Option<*mut u8> {
        // SAFETY: a new private mapping overlaps nothing.
        let start = unsafe {
            mmap_anonymous(null_mut(), size, ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE)
        };
        start.ok().map(<*mut _>::cast)
    }

    pub fn map(size: usize, align: usize) -> Option<*mut u8> {
        let start = map_anywhere(size)?;
        if (start as usize).is_multiple_of(align) {
            return Some(start);
        }
        // SAFETY: it was just mapped.
        unsafe { unmap(start, size, align) };
        // More than is needed, without what is before and after. The next run comes to lie beside this one.
        let all = size.checked_add(align)?;
        let start = map_anywhere(all)?;
        let before = (start as usize).next_multiple_of(align) - start as usize;
        // SAFETY: all three parts lie within what was just mapped.
        unsafe {
            let run = start.add(before);
            unmap(start, before, align);
            unmap(run.add(size), all - before - size, align);
            Some(run)
        }
    }

    /// # Safety
    /// As for [`super::unmap`].
    pub unsafe fn unmap(start: *mut u8, size: usize, _align: usize) {
        if size > 0 {
            // A failure (the process has as many mappings as it may) keeps the pages and does no harm.
            // SAFETY: by the caller.
            let _ = unsafe { munmap(start.cast(), size) };
        }
    }

    /// # Safety
    /// As for [`super::prepare`].
    #[cfg(target_os = "linux")]
    pub unsafe fn prepare(start: *mut u8, size: usize) {
        for from in (0..size).step_by(super::UNINTERRUPTED) {
            let length = super::UNINTERRUPTED.min(size - from);
            // Kernels before 5.14 do not know the advice; the pages come one by one then.
            // SAFETY: by the caller; the advice changes no content.
            let advised = unsafe {
                rustix::mm::madvise(start.add(from).cast(), length, rustix::mm::Advice::LinuxPopulateWrite)
            };
            if advised.is_err() {
                break;
            }
        }
    }

    /// # Safety
    /// As for [`super::use_huge_pages`].
    #[cfg(target_os = "linux")]
    pub unsafe fn use_huge_pages(start: *mut u8, size: usize) {
        // A kernel without them has small pages instead.
        // SAFETY: by the caller; the advice changes no content.
        let _ = unsafe { rustix::mm::madvise(start.cast(), size, rustix::mm::Advice::LinuxHugepage) };
    }

    /// # Safety
    /// None; other systems have no such calls.
    #[cfg(not(target_os = "linux"))]
    pub unsafe fn prepare(_start: *mut u8, _size: usize) {}

    /// # Safety
    /// None; as above.
    #[cfg(not(target_os = "linux"))]
    pub unsafe fn use_huge_pages(_start: *mut u8, _size: usize) {}
}

/// What a block of whole pages is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Pages {
    /// The usual ones.
    Small,
    /// Huge ones.
    Huge,
}

/// Blocks of whole pages, which can be resized.
#[cfg(all(target_os = "linux", not(miri)))]
pub mod large {
    use std::ptr::null_mut;

    use rustix::mm::{MremapFlags, mremap, mremap_fixed};

    use super::{GRAIN, HUGE, Pages, pages};

    /// Whether there are such blocks.
    pub const ARE_MAPPED: bool = true;

    /// All lie at multiples of this, the least that a page of a system has.
    pub const ALIGN: usize = 4096;

    impl Pages {
        /// What the blocks of so many bytes take.
        fn whole(self, size: usize) -> Option<usize> {
            size.checked_next_multiple_of(if self == Pages::Huge { HUGE } else { GRAIN })
        }
    }

    /// A block of `size` bytes, which are zero; null if the system refuses it. So many at its beginning are about to be written:
    /// the pages for them come at once, not one by one.
    #[cold]
    pub fn map(kind: Pages, size: usize, written: usize) -> *mut u8 {
        let align = if kind == Pages::Huge { HUGE } else { ALIGN };
        let Some((whole, block)) =
            kind.whole(size).and_then(|whole| Some((whole, pages::map(whole, align)?)))
        else {
            return null_mut();
        };
        // SAFETY: it was just mapped.
        unsafe {
            match kind {
                Pages::Small => pages::prepare(block, written),
                Pages::Huge => pages::use_huge_pages(block, whole),
            }
        }
        block
    }

    /// Gives a block back.
    ///
    /// # Safety
    /// It was mapped so with this size, and is used no more.
    #[cold]
    pub unsafe fn unmap(kind: Pages, block: *mut u8, size: usize) {
        let whole = kind.whole(size).unwrap_or(size);
        // SAFETY: by the caller.
        unsafe { pages::unmap(block, whole, ALIGN) }
    }

    /// Makes a block of `old` bytes one of `new` bytes, elsewhere if need be; null, and nothing changed, if the system
    /// refuses it.
    ///
    /// # Safety
    /// It was mapped so with the size `old`, and its address is not used any more.
    #[cold]
    pub unsafe fn resize(kind: Pages, block: *mut u8, old: usize, new: usize) -> *mut u8 {
        let (Some(old), Some(new)) = (kind.whole(old), kind.whole(new)) else { return null_mut() };
        let flags = if kind == Pages::Huge { MremapFlags::empty() } else { MremapFlags::MAYMOVE };
        // SAFETY: by the caller; what is beyond the new end is used no more.
        unsafe {
            match mremap(block.cast(), old, new, flags) {
                Ok(block) => block.cast(),
                Err(_) if kind == Pages::Huge => move_huge_pages(block, old, new),
                Err(_) => null_mut(),
            }
        }
    }

    /// Moves a block to where its huge pages stay whole.
    ///
    /// # Safety
    /// As for [`resize`]; the sizes are whole pages.
    unsafe fn move_huge_pages(block: *mut u8, old: usize, new: usize) -> *mut u8 {
        let Some(to) = pages::map(new, HUGE) else { return null_mut() };
        // The address space is given up for the pages that are moved there.
        // SAFETY: by the caller; it was just mapped.
        unsafe {
            match mremap_fixed(block.cast(), old, new, MremapFlags::MAYMOVE, to.cast()) {
                Ok(moved) => moved.cast(),
                Err(_) => {
                    pages::unmap(to, new, HUGE);
                    null_mut()
                }
            }
        }
    }
}

/// There are none.
#[cfg(not(all(target_os = "linux", not(miri))))]
pub mod large {
    use super::Pages;

    /// Whether there are such blocks.
    pub const ARE_MAPPED: bool = false;

    /// Any.
    pub const ALIGN: usize = 1;

    /// Never called.
    pub fn map(_kind: Pages, _size: usize, _written: usize) -> *mut u8 {
        std::ptr::null_mut()
    }

    /// # Safety
    /// Never called.
    pub unsafe fn unmap(_kind: Pages, _block: *mut u8, _size: usize) {}

    /// # Safety
    /// Never called.
    pub unsafe fn resize(_kind: Pages, _block: *mut u8, _old: usize, _new: usize) -> *mut u8 {
        std::ptr::null_mut()
    }
}

/// From the allocator.
#[cfg(not(all(unix, not(miri))))]
mod pages {
    use std::alloc::{Layout, alloc, dealloc};

    pub fn map(size: usize, align: usize) -> Option<*mut u8> {
        let layout = Layout::from_size_align(size, align).ok().filter(|layout| layout.size() > 0)?;
        // SAFETY: the layout is not empty.
        let start = unsafe { alloc(layout) };
        (!start.is_null()).then_some(start)
    }

    /// # Safety
    /// As for [`super::unmap`].
    pub unsafe fn unmap(start: *mut u8, size: usize, align: usize) {
        // SAFETY: it was allocated with this layout.
        unsafe { dealloc(start, Layout::from_size_align_unchecked(size, align)) }
    }

    /// # Safety
    /// None; nothing is done.
    pub unsafe fn prepare(_start: *mut u8, _size: usize) {}

    /// # Safety
    /// None; nothing is done.
    pub unsafe fn use_huge_pages(_start: *mut u8, _size: usize) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_aligned_writable_and_given_back() {
        let mut system = System::default();
        let sizes = [1, GRAIN, 3 * GRAIN + 8];
        let runs: Vec<_> =
            (0..6).map(|i| (sizes[i % 3], system.map(sizes[i % 3], 1 << 20).unwrap())).collect();
        for &(size, run) in &runs {
            assert!((run as usize).is_multiple_of(1 << 20));
            // SAFETY: the run has so many bytes.
            unsafe {
                prepare(run, GRAIN);
                run.write_bytes(1, size);
            }
        }
        // SAFETY: each was mapped so, and is used no more.
        runs.into_iter().for_each(|(size, run)| unsafe { unmap(run, size, 1 << 20) });
    }

    #[test]
    fn what_is_out_of_proportion_is_refused() {
        let mut system = System::default();
        assert!(system.map(usize::MAX, 16).is_none());
        assert!(system.map(isize::MAX as usize, 16).is_none());
    }

    #[test]
    fn tests_may_refuse() {
        let mut system = System::default();
        system.refuse_after(Some(1));
        let run = system.map(GRAIN, WORD_ALIGN).unwrap();
        assert!(system.map(GRAIN, WORD_ALIGN).is_none());
        // SAFETY: it was mapped so.
        unsafe { unmap(run, GRAIN, WORD_ALIGN) };
    }

    const WORD_ALIGN: usize = 8;
}
