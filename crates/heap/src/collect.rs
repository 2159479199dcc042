//! The collector: a minor collection moves what is alive out of the nursery, a major one marks
//! everything that the roots reach. Both work with a stack of their own.
//!
//! A reference to an evaluated thunk is replaced by its value on the way, so that the thunk itself
//! can go; one to layers that were flattened by the flat set. Sets are told apart by their addresses,
//! and so all references to one set must be replaced at once: a minor collection does it for sets
//! in the nursery, a major one for the others.

use std::mem::MaybeUninit;
use std::ops::Range;

use crate::attrs::flattened;
use crate::layout::{Header, Kind, words};
use crate::nursery::Nursery;
use crate::space::Space;
use crate::value::Value;

/// Whoever holds values between steps.
pub trait Roots {
    /// Hands every word that it holds to the tracer. In a minor collection words that were handed
    /// over before and did not change since may be left out.
    fn trace(&mut self, tracer: &mut Tracer<'_>);
    /// Bytes that are looked at in each collection.
    fn bytes(&self) -> usize {
        0
    }
    /// Bytes that are held beside the heap: as long as it is smaller, what it could give back is little of the whole.
    fn beside(&self) -> usize {
        0
    }
    /// Called when everything live is known: drop or adjust what was remembered weakly.
    fn finished(&mut self, tracer: &Tracer<'_>);
}

/// A collection at work.
pub struct Tracer<'a> {
    space: &'a mut Space,
    nursery: &'a Nursery,
    pending: &'a mut Vec<*mut Header>,
    is_major: bool,
    /// A walk that only looks, in place of a collection.
    #[cfg(debug_assertions)]
    verification: Option<crate::verify::Verification<'a>>,
    /// The numbers of the errors that live thunks remember; complete in a major collection.
    pub failures: Vec<u32>,
}

impl<'a> Tracer<'a> {
    pub(crate) fn new(
        space: &'a mut Space,
        nursery: &'a Nursery,
        pending: &'a mut Vec<*mut Header>,
        is_major: bool,
    ) -> Self {
        Tracer {
            space,
            nursery,
            pending,
            is_major,
            #[cfg(debug_assertions)]
            verification: None,
            failures: Vec::new(),
        }
    }

    /// Makes the tracer one that only looks.
    #[cfg(debug_assertions)]
    pub(crate) fn verifying(self, verification: crate::verify::Verification<'a>) -> Self {
        Tracer { verification: Some(verification), ..self }
    }

    /// Looks at all that was reached; the number of bytes.
    #[cfg(debug_assertions)]
    pub(crate) fn verified(self) -> u64 {
        self.verification.map_or(0, crate::verify::Verification::finish)
    }

    /// Whether everything is looked at, and not only what is new.
    pub fn is_major(&self) -> bool {
        self.is_major
    }

    /// Takes a word of the roots: keeps its object alive; it may be replaced by an equivalent one.
    #[inline]
    pub fn trace(&mut self, value: &mut Value<'static>) {
        #[cfg(debug_assertions)]
        if let Some(verification) = &mut self.verification {
            return verification.reach(*value);
        }
        if self.is_major { self.mark_word(value) } else { self.move_word(value) }
    }

    /// Where an object that was remembered weakly, by the bits of its value, is now; `None` if it is gone.
    pub fn relocated(&self, bits: u64) -> Option<u64> {
        let value: Value<'static> = Value::from_bits(bits);
        let Some(object) = value.object() else { return Some(bits) };
        // SAFETY: nothing is freed before the weak references were looked at.
        unsafe {
            if (self.is_major || self.nursery.contains(object))
                && let Some(flat) = flattened(object)
            {
                return self.relocated(flat.bits());
            }
            if self.is_major {
                return ((*object).mark == self.space.epoch()).then_some(bits);
            }
            if !self.nursery.contains(object) {
                return Some(bits);
            }
            (*object).forwarded().map(|to| value.moved_to(to).bits())
        }
    }

    // --- minor ---

    #[inline]
    fn move_word(&mut self, slot: &mut Value<'static>) {
        let mut value = *slot;
        while let Some(object) = value.object().filter(|&object| self.nursery.contains(object)) {
            // SAFETY: the word leads to an object of the nursery, or to what was left in its place.
            unsafe {
                if let Some(to) = (*object).forwarded() {
                    value = value.moved_to(to);
                } else if (*object).kind == Kind::Evaluated {
                    value = words(object).read();
                    continue;
                } else if let Some(flat) = flattened(object) {
                    value = flat;
                    continue;
                } else {
                    value = value.moved_to(self.move_object(object));
                }
            }
            break;
        }
        *slot = value;
    }

    /// Copies an object out of the nursery.
    ///
    /// # Safety
    /// It must be one that was not copied yet.
    unsafe fn move_object(&mut self, from: *mut Header) -> *mut Header {
        // SAFETY: by the caller; the copy has the size of the original.
        unsafe {
            let header = *from;
            let size = header.size();
            let to = self.space.allocate(size);
            copy_object(from, to, size);
            (*to).mark = self.space.epoch();
            (*from).forward(to);
            if header.kind.has_values() {
                self.pending.push(to);
            }
            to
        }
    }

    /// An object outside of the nursery that may lead into it.
    pub(crate) fn rescan(&mut self, object: *mut Header) {
        // SAFETY: it is an object.
        unsafe { (*object).mark = self.space.epoch() };
        self.pending.push(object);
    }

    /// Words of an object outside of the nursery that may lead into it.
    pub(crate) fn rescan_words(&mut self, words: Range<*mut Value<'static>>) {
        let mut word = words.start;
        while word < words.end {
            // SAFETY: the words belong to an object, which no minor collection frees.
            unsafe {
                self.trace(&mut *word);
                word = word.add(1);
            }
        }
    }

    // --- major ---

    #[inline]
    fn mark_word(&mut self, value: &mut Value<'static>) {
        *value = value.resolved();
        if let Some(object) = value.object() {
            // SAFETY: every reference leads to an object.
            if let Some(flat) = unsafe { flattened(object) } {
                *value = flat;
                return self.mark(flat.address());
            }
            self.mark(object);
        }
    }

    #[inline]
    fn mark(&mut self, object: *mut Header) {
        let epoch = self.space.epoch();
        // SAFETY: every reference leads to an object.
        unsafe {
            if (*object).mark == epoch {
                return;
            }
            (*object).mark = epoch;
            let header = *object;
            Space::mark_lines(object, header.size(), epoch);
            if header.kind == Kind::Failed {
                self.failures.extend(words(object).read().as_number());
            } else if header.kind.has_values() {
                self.pending.push(object);
            }
        }
    }

    /// Looks at everything that pending objects lead to.
    pub(crate) fn drain(&mut self) {
        if self.is_major { self.drain_by(Self::mark_word) } else { self.drain_by(Self::move_word) }
    }

    /// The same, where each word is handed to `trace`. Each of the two collections has a loop of its own.
    #[inline(always)]
    fn drain_by(&mut self, trace: impl Fn(&mut Self, &mut Value<'static>)) {
        while let Some(object) = self.pending.pop() {
            // SAFETY: it is an object; its layout says which words are values.
            unsafe {
                let (first, count) = (words(object), (*object).values());
                for index in 0..count {
                    let word = &mut *first.add(index);
                    if !word.is_small_int() {
                        trace(self, word);
                    }
                }
            }
        }
    }
}

/// Copies an object of `size` bytes, which is mostly a few words: those are not worth a call.
///
/// # Safety
/// There are so many bytes at both places, which do not overlap.
#[inline(always)]
unsafe fn copy_object(from: *const Header, to: *mut Header, size: usize) {
    /// A word, of which the bytes behind a text are not written.
    type Word = MaybeUninit<u64>;
    /// Two words, at any word.
    type Pair = [Word; 2];
    // SAFETY: by the caller. What is copied in pairs is at least as long; the last pair may have one word of the one
    // before it.
    unsafe {
        let (from, to) = (from.cast::<u8>(), to.cast::<u8>());
        let pair = |at: usize| to.add(at).cast::<Pair>().write(from.add(at).cast::<Pair>().read());
        match size {
            ..16 => to.cast::<Word>().write(from.cast::<Word>().read()),
            16..=32 => {
                pair(0);
                pair(size - 16);
            }
            33..=64 => {
                pair(0);
                pair(16);
                pair(size - 32);
                pair(size - 16);
            }
            _ => std::ptr::copy_nonoverlapping(from, to, size),
        }
    }
}
