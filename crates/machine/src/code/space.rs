//! Where codes lie: blocks of memory that are given back together with the table of codes, and what points into them.
//!
//! Most codes are a few bytes of instructions and one or two constants; each part in an allocation of its own would
//! take several times as much, and a cache line each.
#![allow(unsafe_code)]

use std::ops::Deref;
use std::ptr::NonNull;

use bumpalo::Bump;

/// Something that stays where it is for as long as the table of codes. It never leaves the codes of that table.
pub(crate) struct Kept<T: ?Sized>(NonNull<T>);

impl<T: ?Sized> Clone for Kept<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Kept<T> {}

impl<T: ?Sized> Deref for Kept<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: made from a reference to what the table keeps, and used through the table only.
        unsafe { self.0.as_ref() }
    }
}

impl<T> Kept<[T]> {
    /// The first of them.
    #[inline(always)]
    pub fn first(self) -> *const T {
        self.0.as_ptr().cast()
    }
}

// SAFETY: reaches only what belongs to its table, which is sent as a whole and never shared between threads.
unsafe impl<T: ?Sized + Send> Send for Kept<T> {}

/// Bytes of a block.
const BLOCK: usize = 64 << 10;

/// The memory of the codes of a table.
#[derive(Default)]
pub(crate) struct CodeSpace {
    /// The block that is being filled. A `Bump` would make each of its blocks twice as large as the last one.
    bump: Bump,
    full: Vec<Bump>,
    /// Bytes in use of the full ones.
    full_bytes: usize,
}

impl CodeSpace {
    /// Keeps plain data.
    pub fn slice<T: Copy>(&mut self, items: &[T]) -> Kept<[T]> {
        Kept(NonNull::from(self.room_for::<T>(items.len()).alloc_slice_copy(items)))
    }

    /// The same, of items that an iterator gives.
    pub fn fill<T>(&mut self, items: impl ExactSizeIterator<Item = T>) -> Kept<[T]> {
        const { assert!(!std::mem::needs_drop::<T>()) };
        Kept(NonNull::from(self.room_for::<T>(items.len()).alloc_slice_fill_iter(items)))
    }

    /// Keeps something that owns nothing outside of this memory.
    pub fn keep<T>(&mut self, item: T) -> Kept<T> {
        const { assert!(!std::mem::needs_drop::<T>()) };
        Kept(NonNull::from(self.room_for::<T>(1).alloc(item)))
    }

    /// A block with room for so many items.
    #[inline]
    fn room_for<T>(&mut self, count: usize) -> &mut Bump {
        let bytes = size_of::<T>() * count + align_of::<T>();
        if self.bump.chunk_capacity() < bytes {
            self.add_block(bytes);
        }
        &mut self.bump
    }

    #[cold]
    fn add_block(&mut self, bytes: usize) {
        self.full_bytes = self.size();
        let next = Bump::with_capacity(bytes.max(BLOCK));
        self.full.push(std::mem::replace(&mut self.bump, next));
    }

    /// Bytes that are in use.
    pub fn size(&self) -> usize {
        self.full_bytes + self.bump.allocated_bytes() - self.bump.chunk_capacity()
    }
}
