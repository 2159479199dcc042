//! The collector: marks what the roots reach, with a stack of its own.
//!
//! A reference to an evaluated thunk is replaced by its value on the way, so that the thunk itself
//! can go.

use crate::layout::{Header, Kind, words};
use crate::space::Space;
use crate::value::Value;

/// Whoever holds values between steps.
pub trait Roots {
    /// Hands every word that it holds to the tracer.
    fn trace(&mut self, tracer: &mut Tracer<'_>);
    /// Called when everything live is marked: drop what was remembered weakly.
    fn marked(&mut self, tracer: &Tracer<'_>);
}

/// A collection at work.
pub struct Tracer<'a> {
    epoch: u8,
    pending: &'a mut Vec<*mut Header>,
    /// The numbers of the errors that live thunks remember.
    pub failures: Vec<u32>,
}

impl<'a> Tracer<'a> {
    pub(crate) fn new(epoch: u8, pending: &'a mut Vec<*mut Header>) -> Self {
        Tracer { epoch, pending, failures: Vec::new() }
    }

    /// Marks a word of the roots; it may be replaced by an equivalent one.
    #[inline]
    pub fn trace(&mut self, value: &mut Value<'static>) {
        *value = value.resolved();
        if let Some(object) = value.object() {
            self.mark(object);
        }
    }

    /// Whether an object was reached; true for values without an object.
    pub fn is_marked(&self, value: Value<'_>) -> bool {
        // SAFETY: weak references are looked at before anything is freed.
        value.object().is_none_or(|object| unsafe { (*object).mark == self.epoch })
    }

    #[inline]
    fn mark(&mut self, object: *mut Header) {
        // SAFETY: every reference leads to an object.
        unsafe {
            if (*object).mark == self.epoch {
                return;
            }
            (*object).mark = self.epoch;
            let header = *object;
            Space::mark_lines(object, header.size(), self.epoch);
            match header.kind {
                Kind::Float | Kind::BigInt | Kind::String | Kind::Path | Kind::Order | Kind::Context => {}
                Kind::Failed => self.failures.extend(words(object).read().as_number()),
                _ => self.pending.push(object),
            }
        }
    }

    /// Marks everything that marked objects lead to.
    pub(crate) fn drain(&mut self) {
        while let Some(object) = self.pending.pop() {
            // SAFETY: the object is marked, so it is one; its layout says which words are values.
            unsafe {
                let header = *object;
                let first = words(object);
                let count = match header.kind {
                    Kind::List => header.len as usize,
                    Kind::Attrs => 1 + header.len as usize,
                    Kind::Shape | Kind::ContextString | Kind::Evaluated | Kind::ListAlias => 1,
                    Kind::Closure | Kind::Suspended | Kind::Application | Kind::Blackhole => {
                        header.count as usize
                    }
                    Kind::Partial => 1 + header.count as usize,
                    Kind::With => 2,
                    _ => 0,
                };
                for index in 0..count {
                    self.trace(&mut *first.add(index));
                }
            }
        }
    }
}
