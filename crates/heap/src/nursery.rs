//! The nursery: one run of memory in which new objects are placed by bumping a pointer.
//!
//! A minor collection moves what is alive out of it and makes it empty again. It asks to be
//! collected at a soft limit, which the heap sets; a native step may go beyond that, up to the end.
//! What does not fit is the heap's to place elsewhere. Pages are made ready shortly before they are
//! reached for the first time and kept, so the size of the run costs address space only.

use crate::layout::{Header, WORD};
use crate::system::{self, BATCH, System};

/// Bytes of the run.
const SIZE: usize = if cfg!(miri) {
    // Interpreted memory costs several times as much.
    1 << 20
} else if cfg!(fuzzing) {
    // Each of many short evaluations pays for the shadow of its memory.
    4 << 20
} else if cfg!(target_pointer_width = "64") {
    64 << 20
} else {
    16 << 20
};

/// The greatest soft limit: leaves room for the native steps between two safe points.
pub const MAX_SOFT_LIMIT: usize = SIZE / 4 * 3;

/// Bytes beyond the soft limit that native steps between two safe points may fill.
pub const SLACK: usize = SIZE - MAX_SOFT_LIMIT;

/// Objects of more bytes are not placed here: if they live on, they would be copied.
pub const LARGEST: usize = 128 << 10;

/// See the opening comment.
pub struct Nursery {
    start: *mut u8,
    cursor: *mut u8,
    /// The end of what is ready of the room.
    end: *mut u8,
    /// Bytes of room between two collections.
    room: usize,
    /// Bytes whose pages are ready.
    ready: usize,
    /// From here on it wants to be collected.
    soft_end: *mut u8,
}

// SAFETY: a nursery owns the memory that its pointers lead to.
unsafe impl Send for Nursery {}

impl Nursery {
    pub fn new() -> Self {
        let start = System::default().map(SIZE, WORD).unwrap_or_else(|| system::refused(SIZE));
        Nursery { start, cursor: start, end: start, room: SIZE, ready: 0, soft_end: start }
    }

    /// Room for `size` bytes (a multiple of the word), if so much is ready; the content is undefined.
    #[inline(always)]
    pub fn take(&mut self, size: usize) -> Option<*mut Header> {
        let left = self.end as usize - self.cursor as usize;
        (size <= left).then(|| {
            let object = self.cursor;
            // SAFETY: `size` bytes are left before the end.
            self.cursor = unsafe { object.add(size) };
            object.cast()
        })
    }

    /// The same after more was made ready, if there is room.
    #[cold]
    pub fn extend(&mut self, size: usize) -> Option<*mut Header> {
        let needed = self.used() + size;
        if needed > self.room {
            return None;
        }
        let ready = needed.next_multiple_of(BATCH).min(SIZE);
        if ready > self.ready {
            // SAFETY: both are within the run.
            unsafe { system::prepare(self.start.add(self.ready), ready - self.ready) };
            self.ready = ready;
        }
        self.set_end();
        self.take(size)
    }

    /// Takes back the room of the object that was made last, if it is here.
    #[inline(always)]
    pub fn take_back(&mut self, object: *mut Header) {
        if self.contains(object) {
            self.cursor = object.cast();
        }
    }

    /// Everything that is ready may be used, up to the room.
    fn set_end(&mut self) {
        // SAFETY: within the run.
        self.end = unsafe { self.start.add(self.ready.min(self.room)) };
    }

    /// Whether an address lies in the nursery.
    #[inline(always)]
    pub fn contains(&self, object: *const Header) -> bool {
        (object as usize).wrapping_sub(self.start as usize) < SIZE
    }

    /// Whether the bits of a value are those of an address in it; integers may look like one.
    #[inline(always)]
    pub fn may_hold(&self, bits: u64) -> bool {
        bits.wrapping_sub(self.start as usize as u64) < SIZE as u64
    }

    /// Whether the soft limit is reached.
    #[inline(always)]
    pub fn is_full(&self) -> bool {
        self.cursor >= self.soft_end
    }

    /// Bytes in use.
    pub fn used(&self) -> usize {
        self.cursor as usize - self.start as usize
    }

    /// The headers of the objects in it, in the order in which they were made.
    pub fn objects(&self) -> impl Iterator<Item = &Header> {
        let mut at = self.start;
        std::iter::from_fn(move || {
            if at >= self.cursor {
                return None;
            }
            // SAFETY: objects follow each other from the start to the cursor, each of the size that its header says.
            unsafe {
                let header = &*at.cast::<Header>();
                at = at.add(header.size());
                Some(header)
            }
        })
    }

    /// Makes it empty and gives it room for `room` bytes; it wants to be collected after `soft_limit` bytes.
    pub fn reset(&mut self, soft_limit: usize, room: usize) {
        #[cfg(debug_assertions)]
        self.poison();
        self.cursor = self.start;
        self.room = room.min(SIZE);
        self.set_end();
        self.limit(soft_limit);
    }

    /// Overwrites what it held, so that a reference that was left behind shows.
    #[cfg(debug_assertions)]
    fn poison(&mut self) {
        // SAFETY: the bytes in use belong to the nursery, and nothing refers to them any more.
        unsafe { self.start.write_bytes(0xdb, self.used()) };
    }

    /// It wants to be collected after `soft_limit` bytes.
    pub fn limit(&mut self, soft_limit: usize) {
        // SAFETY: within the run.
        self.soft_end = unsafe { self.start.add(soft_limit.min(SIZE)) };
    }
}

impl Drop for Nursery {
    fn drop(&mut self) {
        // SAFETY: the nursery owns its memory.
        unsafe { system::unmap(self.start, SIZE, WORD) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_follow_each_other_up_to_the_end() {
        let mut nursery = Nursery::new();
        assert!(nursery.take(16).is_none());
        let first = nursery.extend(16).unwrap();
        let second = nursery.take(8).unwrap();
        assert_eq!(second as usize - first as usize, 16);
        assert!(nursery.contains(first) && nursery.contains(second));
        assert!(nursery.take(SIZE).is_none() && nursery.extend(SIZE).is_none());
        assert_eq!(nursery.used(), 24);
    }

    #[test]
    fn the_soft_limit_is_kept_from_reset_to_reset() {
        let mut nursery = Nursery::new();
        nursery.reset(32, SIZE);
        nursery.extend(24).unwrap();
        assert!(!nursery.is_full());
        nursery.take(8).unwrap();
        assert!(nursery.is_full());
        nursery.reset(64, SIZE);
        assert!(!nursery.is_full() && nursery.used() == 0);
    }
}
