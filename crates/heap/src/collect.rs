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
use crate::layout::{Header, Kind, WORD, words};
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

/// What a collection has still to look at; empty between collections, of which each uses one of the two.
#[derive(Default)]
pub(crate) struct Work {
    /// Words outside of the nursery that may lead into it.
    slots: Vec<*mut Value<'static>>,
    /// Objects that were marked.
    pending: Vec<*mut Header>,
}

/// A collection at work.
pub struct Tracer<'a> {
    space: &'a mut Space,
    nursery: &'a Nursery,
    work: &'a mut Work,
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
        work: &'a mut Work,
        is_major: bool,
    ) -> Self {
        Tracer {
            space,
            nursery,
            work,
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
        if self.is_major { self.mark_word(value, self.space.epoch()) } else { self.move_word(value) }
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
        if self.nursery.may_hold(slot.bits()) {
            // SAFETY: it is a word.
            unsafe { self.move_slot(slot) };
        }
    }

    /// Moves the object that a word leads to, which was not moved yet, or something that stands for it.
    ///
    /// # Safety
    /// It must be the word of an object, or of a root, and may lead into the nursery.
    #[inline(always)]
    unsafe fn move_slot(&mut self, slot: *mut Value<'static>) {
        // SAFETY: by the caller; a word leads to an object of the nursery, or to what was left in its place.
        unsafe {
            let mut value = slot.read();
            while let Some(object) = value.object() {
                if (*object).kind.is_special() {
                    if let Some(to) = (*object).forwarded() {
                        value = value.moved_to(to);
                        break;
                    }
                    if let Some(other) = stands_for(object) {
                        value = other;
                        match self.nursery.may_hold(value.bits()) {
                            true => continue,
                            false => break,
                        }
                    }
                }
                value = value.moved_to(self.move_object(object));
                break;
            }
            slot.write(value);
        }
    }

    /// Copies an object out of the nursery. Those of its words that lead into the nursery themselves are noted while they
    /// are at hand.
    ///
    /// # Safety
    /// It must be one that was not copied yet.
    #[inline(always)]
    unsafe fn move_object(&mut self, from: *mut Header) -> *mut Header {
        // SAFETY: by the caller; the copy has the size of the original, and its words follow the header.
        unsafe {
            let (count, values) = (*from).extent();
            let to = self.space.allocate(WORD + count * WORD);
            to.write(*from);
            (*to).mark = self.space.epoch();
            (*from).forward(to);
            let (source, target) = (words::<'static>(from), words::<'static>(to));
            self.copy_values(source, target, values);
            copy_words(source.add(values).cast(), target.add(values).cast(), count - values);
            to
        }
    }

    /// Copies values, and notes where those are that may lead into the nursery.
    ///
    /// # Safety
    /// There are so many values and so much room.
    #[inline(always)]
    unsafe fn copy_values(&mut self, from: *const Value<'static>, to: *mut Value<'static>, count: usize) {
        self.work.slots.reserve(count);
        let noted = self.work.slots.len();
        // SAFETY: by the caller; each value is noted once at the most, for which there is room. Which ones are cannot be
        // foretold, and so all are written, and a number is added up.
        unsafe {
            let mut end = self.work.slots.as_mut_ptr().add(noted);
            for index in (0..count).rev() {
                let value = from.add(index).read();
                to.add(index).write(value);
                value.prefetch();
                end.write(to.add(index));
                end = end.add(usize::from(self.nursery.may_hold(value.bits())));
            }
            let added = end.offset_from(self.work.slots.as_ptr());
            self.work.slots.set_len(added as usize);
        }
    }

    /// An object outside of the nursery that may lead into it.
    pub(crate) fn rescan(&mut self, object: *mut Header) {
        // SAFETY: it is an object; its layout says which words are values.
        unsafe {
            (*object).mark = self.space.epoch();
            let first = words(object);
            self.rescan_words(first..first.add((*object).values()));
        }
    }

    /// Words of an object outside of the nursery that may lead into it.
    pub(crate) fn rescan_words(&mut self, words: Range<*mut Value<'static>>) {
        let mut word = words.start;
        while word < words.end {
            // SAFETY: the words belong to an object, which no minor collection frees.
            unsafe {
                self.move_word(&mut *word);
                word = word.add(1);
            }
        }
    }

    /// Moves everything that noted words lead to.
    fn move_noted(&mut self) {
        while let Some(slot) = self.work.slots.pop() {
            // SAFETY: it is a word of an object that was moved.
            unsafe { self.move_slot(slot) };
        }
    }

    // --- major ---

    #[inline(always)]
    fn mark_word(&mut self, value: &mut Value<'static>, epoch: u8) {
        let Some(object) = value.object() else { return };
        // SAFETY: every reference leads to an object.
        unsafe {
            if (*object).mark == epoch {
                return;
            }
            if (*object).kind.is_special() {
                return self.mark_special(value, epoch);
            }
            (*object).mark = epoch;
        }
        self.work.pending.push(object);
    }

    /// The same for an object that something may stand for, or that remembers an error.
    #[inline(never)]
    fn mark_special(&mut self, value: &mut Value<'static>, epoch: u8) {
        // SAFETY: every reference leads to an object; the first word of a failed thunk is a number.
        unsafe {
            while let Some(object) = value.object() {
                if let Some(other) = stands_for(object) {
                    *value = other;
                    continue;
                }
                if (*object).mark != epoch {
                    (*object).mark = epoch;
                    self.work.pending.push(object);
                    if (*object).kind == Kind::Failed {
                        self.failures.extend(words(object).read().as_number());
                    }
                }
                return;
            }
        }
    }

    /// Looks at everything that marked objects lead to.
    fn mark_pending(&mut self) {
        let epoch = self.space.epoch();
        while let Some(object) = self.work.pending.pop() {
            // SAFETY: it is an object; its layout says which words are values.
            unsafe {
                let (count, values) = (*object).extent();
                Space::mark_lines(object, WORD + count * WORD, epoch);
                let first = words(object);
                for index in 0..values {
                    self.mark_word(&mut *first.add(index), epoch);
                }
            }
        }
    }

    /// Looks at everything that was noted.
    pub(crate) fn drain(&mut self) {
        if self.is_major { self.mark_pending() } else { self.move_noted() }
    }
}

/// The value of an evaluated thunk, or the flat set that layers were flattened to.
///
/// # Safety
/// It must be an object.
#[inline(always)]
unsafe fn stands_for(object: *mut Header) -> Option<Value<'static>> {
    // SAFETY: by the caller; the first word of an evaluated thunk is its value.
    unsafe {
        match (*object).kind {
            Kind::Evaluated => Some(words(object).read()),
            _ => flattened(object),
        }
    }
}

/// Copies words, of which there are mostly none or a few: those are not worth a call. They may be bytes behind a text that
/// were never written.
///
/// # Safety
/// There are so many words at both places, which do not overlap.
#[inline(always)]
unsafe fn copy_words(from: *const MaybeUninit<u64>, to: *mut MaybeUninit<u64>, count: usize) {
    /// Two words, at any word.
    type Pair = [MaybeUninit<u64>; 2];
    // SAFETY: by the caller. What is copied in pairs is at least as long; the last pair may have one word of the one
    // before it.
    unsafe {
        let pair = |at: usize| to.add(at).cast::<Pair>().write(from.add(at).cast::<Pair>().read());
        match count {
            0 => {}
            1 => to.write(from.read()),
            2..=4 => {
                pair(0);
                pair(count - 2);
            }
            5..=8 => {
                pair(0);
                pair(2);
                pair(count - 4);
                pair(count - 2);
            }
            _ => std::ptr::copy_nonoverlapping(from, to, count),
        }
    }
}
