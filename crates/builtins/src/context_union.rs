//! The context of a text that is written from many strings.

use nivose_heap::{StringRef, Value};
use nivose_machine::Cx;

/// So many elements are gathered before equal ones are looked for.
const SMALL: usize = 64;

/// The context elements of the strings so far; equal ones are left out whenever there are twice as many.
pub struct ContextUnion {
    elements: Vec<u32>,
    compact_at: usize,
}

impl ContextUnion {
    /// No elements.
    pub fn new() -> Self {
        ContextUnion { elements: Vec::new(), compact_at: SMALL }
    }

    /// Adds the context of a string.
    pub fn add(&mut self, string: StringRef<'_>) {
        self.elements.extend_from_slice(&string.context());
        if self.elements.len() > self.compact_at {
            self.compact();
            self.compact_at = SMALL + 2 * self.elements.len();
        }
    }

    fn compact(&mut self) {
        self.elements.sort_unstable();
        self.elements.dedup();
    }

    /// The bytes that it takes.
    pub fn memory(&self) -> usize {
        size_of_val(self.elements.as_slice())
    }

    /// The string of a text that has all these elements.
    pub fn string<'h>(&mut self, cx: &mut Cx<'_, 'h>, text: &[u8]) -> Value<'h> {
        self.compact();
        let context = (!self.elements.is_empty()).then(|| cx.heap().context(&self.elements));
        cx.heap().string_with_context(text, context)
    }
}
