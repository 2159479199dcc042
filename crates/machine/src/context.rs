//! String contexts: what a string refers to in the store.
//!
//! Elements are interned; a context is a heap object of their numbers, ascending.

use std::sync::Arc;

use nivose_base::Map;
use nivose_heap::{Heap, Value};

/// One reference of a string. Paths are full store paths.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ContextElement {
    /// A store path.
    Opaque(Arc<[u8]>),
    /// A derivation with its whole closure, outputs included.
    DrvDeep(Arc<[u8]>),
    /// An output of a derivation.
    Built {
        /// The derivation.
        drv: Arc<[u8]>,
        /// The name of the output.
        output: Arc<[u8]>,
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

/// Arrays of fewer elements are copied when some are added.
const FEW: usize = 64;

/// The union of two contexts; shares one of them where it can.
pub fn union<'h>(heap: &mut Heap, left: Option<Value<'h>>, right: Option<Value<'h>>) -> Option<Value<'h>> {
    let (Some(a), Some(b)) = (left, right) else { return left.or(right) };
    if a.bits() == b.bits() {
        return left;
    }
    let len = |context| Heap::context_runs(context).map(|(run, _)| run.len()).sum::<usize>();
    let (large, small) = if len(a) >= len(b) { (a, b) } else { (b, a) };
    let has = |element: &u32| Heap::context_runs(large).any(|(run, _)| run.binary_search(element).is_ok());
    let mut new: Vec<u32> = Heap::context_elements(small).iter().copied().filter(|e| !has(e)).collect();
    if new.is_empty() {
        return Some(large);
    }
    // What is new takes the short arrays in, so that each that stays is longer than what was added after it.
    let mut rest = Some(large);
    while let Some(context) = rest {
        let Some((run, next)) = Heap::context_runs(context).next() else { break };
        if run.len() >= FEW && run.len() > 2 * new.len() {
            return Some(heap.extended_context(context, &new));
        }
        new = merge(&new, run);
        rest = next;
    }
    Some(heap.context(&new))
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

    #[test]
    fn unions_of_many_are_those_of_their_elements() {
        let mut heap = Heap::new(nivose_heap::HeapConfig::default());
        let (mut context, mut expected) = (None, std::collections::BTreeSet::new());
        for step in 0..1000u32 {
            let more: Vec<u32> = (0..1 + step % 3).map(|i| (step * 7919 + i * 13) % 2048).collect();
            let (more, empty) = (std::collections::BTreeSet::from_iter(more), heap.context(&[]));
            expected.extend(&more);
            let more = heap.context(&more.into_iter().collect::<Vec<_>>());
            context = union(&mut heap, context.or(Some(empty)), Some(more));
            if step % 97 == 0 {
                let elements = context.map(Heap::context_elements).unwrap_or_default();
                assert!(elements.iter().eq(&expected));
            }
        }
        let runs: Vec<usize> =
            context.into_iter().flat_map(Heap::context_runs).map(|(run, _)| run.len()).collect();
        assert!(runs.len() > 1 && runs.is_sorted_by(|a, b| a < b), "{runs:?}");
        assert_eq!(
            context.map(|context| union(&mut heap, Some(context), Some(context)).unwrap().bits()),
            context.map(Value::bits)
        );
    }
}
