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

/// The memory of the codes of a table.
#[derive(Default)]
pub(crate) struct CodeSpace {
    bump: Bump,
}

impl CodeSpace {
    /// Keeps plain data.
    pub fn slice<T: Copy>(&self, items: &[T]) -> Kept<[T]> {
        Kept(NonNull::from(self.bump.alloc_slice_copy(items)))
    }

    /// The same, of items that an iterator gives.
    pub fn fill<T>(&self, items: impl ExactSizeIterator<Item = T>) -> Kept<[T]> {
        const { assert!(!std::mem::needs_drop::<T>()) };
        Kept(NonNull::from(self.bump.alloc_slice_fill_iter(items)))
    }

    /// Keeps something that owns nothing outside of this memory.
    pub fn keep<T>(&self, item: T) -> Kept<T> {
        const { assert!(!std::mem::needs_drop::<T>()) };
        Kept(NonNull::from(self.bump.alloc(item)))
    }

    /// Bytes that are in use.
    pub fn size(&self) -> usize {
        self.bump.allocated_bytes() - self.bump.chunk_capacity()
    }
}
