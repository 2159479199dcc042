//! Contexts of strings: sets of interned elements, as numbers.
//!
//! A small one is an ascending array. One that grows is several: each is longer than all that were added after it
//! together, so that there are few and adding to them is cheap. What is in one is in no other.

use std::borrow::Cow;

use super::Heap;
use crate::layout::{Kind, WORD, words};
use crate::value::Value;

impl Heap {
    /// A context of interned elements, ascending and without repetition.
    pub fn context<'h>(&mut self, elements: &[u32]) -> Value<'h> {
        self.numbers(Kind::Context, elements)
    }

    /// A context of the elements of another one and of more, ascending, that are not in it.
    pub fn extended_context<'h>(&mut self, rest: Value<'h>, more: &[u32]) -> Value<'h> {
        debug_assert!(matches!(rest.kind(), Some(Kind::Context | Kind::ContextRun)));
        let (payload, value) = self.object(Kind::ContextRun, 0, more.len() as u32);
        // SAFETY: there is room for one word, and for the numbers, rounded up to words.
        unsafe {
            payload.write(rest);
            std::ptr::copy_nonoverlapping(more.as_ptr(), payload.add(1).cast(), more.len());
        }
        value
    }

    /// The arrays of a context, from the shortest to the longest, each with the context of those that follow it; none
    /// of anything else.
    pub fn context_runs<'h>(context: Value<'h>) -> impl Iterator<Item = (&'h [u32], Option<Value<'h>>)> {
        let mut next = Some(context);
        std::iter::from_fn(move || {
            let run = next.take()?;
            let object = run.object()?;
            // SAFETY: a context holds as many numbers as it says, after the rest if it has one, and never changes.
            unsafe {
                let len = (*object).len as usize;
                let first = match (*object).kind {
                    Kind::Context => words::<'h>(object),
                    Kind::ContextRun => {
                        next = Some(words(object).read());
                        words(object).add(1)
                    }
                    _ => return None,
                };
                Some((std::slice::from_raw_parts(first.cast(), len), next))
            }
        })
    }

    /// The elements of a context, ascending; none of anything else.
    pub fn context_elements<'h>(context: Value<'h>) -> Cow<'h, [u32]> {
        let mut runs = Heap::context_runs(context);
        let Some((first, rest)) = runs.next() else { return Cow::Borrowed(&[]) };
        if rest.is_none() {
            return Cow::Borrowed(first);
        }
        let mut elements = first.to_vec();
        runs.for_each(|(run, _)| elements.extend_from_slice(run));
        elements.sort_unstable();
        Cow::Owned(elements)
    }

    /// Whether a context has no elements.
    pub fn context_is_empty(context: Value<'_>) -> bool {
        Heap::context_runs(context).all(|(run, _)| run.is_empty())
    }

    pub(super) fn numbers<'h>(&mut self, kind: Kind, numbers: &[u32]) -> Value<'h> {
        let (payload, value) = self.object(kind, 0, numbers.len() as u32);
        // SAFETY: there is room for the numbers, rounded up to words; the last word is cleared so that no byte is left
        // undefined.
        unsafe {
            if !numbers.is_empty() {
                payload.add((numbers.len() - 1) * size_of::<u32>() / WORD).cast::<u64>().write(0);
            }
            std::ptr::copy_nonoverlapping(numbers.as_ptr(), payload.cast(), numbers.len());
        }
        value
    }
}
