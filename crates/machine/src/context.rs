//! String contexts: what a string refers to in the store.
//!
//! Elements are interned; a context is a heap object of their numbers, ascending.

use nivose_base::Map;
use nivose_heap::{Heap, Value};

/// One reference of a string. Paths are full store paths.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ContextElement {
    /// A store path.
    Opaque(Box<[u8]>),
    /// A derivation with its whole closure, outputs included.
    DrvDeep(Box<[u8]>),
    /// An output of a derivation.
    Built {
        /// The derivation.
        drv: Box<[u8]>,
        /// The name of the output.
        output: Box<[u8]>,
    },
}

impl ContextElement {
    /// The element as messages show it: `P`, `P (deep)` or `P^out`.
    pub fn describe(&self) -> Vec<u8> {
        match self {
            ContextElement::Opaque(path) => path.to_vec(),
            ContextElement::DrvDeep(path) => [path, &b" (deep)"[..]].concat(),
            ContextElement::Built { drv, output } => [drv, &b"^"[..], output].concat(),
        }
    }
}

/// The table of interned elements.
#[derive(Default)]
pub struct Contexts {
    elements: Vec<ContextElement>,
    numbers: Map<ContextElement, u32>,
}

impl Contexts {
    /// The number of an element.
    pub fn intern(&mut self, element: ContextElement) -> u32 {
        if let Some(&number) = self.numbers.get(&element) {
            return number;
        }
        let number = self.elements.len() as u32;
        self.elements.push(element.clone());
        self.numbers.insert(element, number);
        number
    }

    /// The element of a number.
    pub fn get(&self, number: u32) -> &ContextElement {
        &self.elements[number as usize]
    }
}

/// The union of two contexts; shares one of them where it can.
pub fn union<'h>(heap: &mut Heap, left: Option<Value<'h>>, right: Option<Value<'h>>) -> Option<Value<'h>> {
    let (Some(a), Some(b)) = (left, right) else { return left.or(right) };
    if a.bits() == b.bits() {
        return left;
    }
    let (x, y) = (Heap::context_elements(a), Heap::context_elements(b));
    let merged = merge(x, y);
    if merged.len() == x.len() {
        return left;
    }
    if merged.len() == y.len() {
        return right;
    }
    Some(heap.context(&merged))
}

/// Two ascending lists without repetition as one.
fn merge(x: &[u32], y: &[u32]) -> Vec<u32> {
    let mut merged = Vec::with_capacity(x.len() + y.len());
    let (mut i, mut j) = (0, 0);
    while i < x.len() && j < y.len() {
        let next = x[i].min(y[j]);
        i += usize::from(x[i] == next);
        j += usize::from(y[j] == next);
        merged.push(next);
    }
    merged.extend_from_slice(&x[i..]);
    merged.extend_from_slice(&y[j..]);
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unions_are_sorted_sets() {
        assert_eq!(merge(&[1, 3, 5], &[2, 3, 9]), [1, 2, 3, 5, 9]);
        assert_eq!(merge(&[], &[4]), [4]);
    }
}
