//! Memory set aside, so that a collection that has begun can be finished when the system gives no more.
//!
//! A reserve is a run of address space that is not touched before it is needed. Regions are taken from its
//! beginning, large objects from its end. One that was drawn on stays until nothing in it is in use, and another takes its place.

use crate::layout::Header;
use crate::system::unmap;

/// A run of memory that regions and large objects are taken from.
struct Run {
    start: *mut u8,
    size: usize,
    /// What lies between is free.
    free: std::ops::Range<usize>,
    /// Regions and large objects in it.
    users: usize,
}

/// See the opening comment. Regions have `UNIT` bytes and are aligned to as many.
pub struct Reserve<const UNIT: usize> {
    current: Option<Run>,
    /// Those that were drawn on before.
    used: Vec<Run>,
}

impl<const UNIT: usize> Reserve<UNIT> {
    pub fn new() -> Self {
        Reserve { current: None, used: Vec::new() }
    }

    /// Bytes that objects of the nursery may take so that there is room for all of them, however they are placed.
    pub fn covers(&self) -> usize {
        let free = self.current.as_ref().map_or(0, |run| run.free.len());
        // Objects of several lines leave a quarter of their blocks free at the most, marks take a hundredth, and one
        // region of either sort may be begun.
        free.saturating_sub(2 * UNIT) / 24 * 17
    }

    /// Makes it cover `bytes`, with a run of the size and alignment that `map` is given; false if there is none.
    pub fn secure(&mut self, bytes: usize, map: impl FnOnce(usize, usize) -> Option<*mut u8>) -> bool {
        if self.covers() >= bytes && self.current.as_ref().is_some_and(|run| run.users == 0) {
            return true;
        }
        // Somewhat more, so that it does not grow at every collection.
        let size = (bytes / 17 * 32 + 4 * UNIT) / UNIT * UNIT;
        let Some(start) = map(size, UNIT) else { return self.covers() >= bytes };
        let old = self.current.replace(Run { start, size, free: 0..size, users: 0 });
        if let Some(old) = old {
            self.used.push(old);
            self.drop_unused();
        }
        true
    }

    /// A region.
    pub fn take_region(&mut self) -> Option<*mut u8> {
        let run = self.current.as_mut().filter(|run| run.free.len() >= UNIT)?;
        let at = run.free.start;
        run.free.start += UNIT;
        run.users += 1;
        // SAFETY: so much of the run is free.
        Some(unsafe { run.start.add(at) })
    }

    /// Room for a large object.
    pub fn take_large(&mut self, size: usize) -> Option<*mut Header> {
        let size = size.next_multiple_of(16);
        let run = self.current.as_mut().filter(|run| run.free.len() >= size)?;
        run.free.end -= size;
        run.users += 1;
        // SAFETY: so much of the run is free.
        Some(unsafe { run.start.add(run.free.end) }.cast())
    }

    /// Takes back a region or a large object; false if it does not come from here.
    pub fn give_back(&mut self, start: *mut u8) -> bool {
        let contains = |run: &&mut Run| (start as usize).wrapping_sub(run.start as usize) < run.size;
        let Some(run) = self.current.iter_mut().chain(&mut self.used).find(contains) else { return false };
        run.users -= 1;
        if run.users == 0 {
            run.free = 0..run.size;
        }
        true
    }

    /// Gives runs without users back to the system.
    pub fn drop_unused(&mut self) {
        self.used.retain(|run| {
            if run.users == 0 {
                // SAFETY: it was mapped so, and nothing in it is in use.
                unsafe { unmap(run.start, run.size, UNIT) };
            }
            run.users > 0
        });
    }
}

impl<const UNIT: usize> Drop for Reserve<UNIT> {
    fn drop(&mut self) {
        for run in self.current.iter().chain(&self.used) {
            // SAFETY: it was mapped so; the space that used it is gone.
            unsafe { unmap(run.start, run.size, UNIT) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIT: usize = 1 << 12;

    fn system(size: usize, align: usize) -> Option<*mut u8> {
        crate::system::System::default().map(size, align)
    }

    #[test]
    fn what_it_covers_fits() {
        let mut reserve: Reserve<UNIT> = Reserve::new();
        assert!(reserve.secure(100_000, system));
        assert!(reserve.covers() >= 100_000);
        let first = reserve.take_region().expect("room");
        assert!((first as usize).is_multiple_of(UNIT));
        let mut large = Vec::new();
        while let Some(object) = reserve.take_large(9000) {
            large.push(object);
        }
        assert!(large.len() * 9000 >= 100_000);
        assert!(reserve.take_large(9000).is_none());
        assert!(!reserve.secure(100_000, |_, _| None), "it was drawn on");
        assert!(reserve.secure(100_000, system));
        assert_eq!(reserve.used.len(), 1);
        assert!(reserve.give_back(first) && !reserve.give_back(std::ptr::null_mut()));
        large.into_iter().for_each(|object| assert!(reserve.give_back(object.cast())));
        reserve.drop_unused();
        assert!(reserve.used.is_empty());
    }

    #[test]
    fn it_grows_and_stays() {
        let mut reserve: Reserve<UNIT> = Reserve::new();
        assert!(!reserve.secure(1, |_, _| None));
        assert!(reserve.secure(10_000, system));
        assert!(reserve.secure(10_000, |_, _| unreachable!("it is there")));
        assert!(!reserve.secure(1 << 20, |_, _| None));
        assert!(reserve.covers() >= 10_000);
        assert!(reserve.secure(1 << 20, system));
    }
}
