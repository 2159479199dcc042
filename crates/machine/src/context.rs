//! String contexts: what a string refers to in the store.
//!
//! Elements are interned; a context is a heap object of their numbers, ascending.

use std::hash::BuildHasher;
use std::sync::Arc;

use nivose_base::hash_tables::{Entry, HASHER, HashTable};
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
    /// The number of each.
    numbers: HashTable<u32>,
}

/// About how many bytes the text of an element takes.
const ELEMENT_TEXT: usize = 96;

impl Contexts {
    /// About how many bytes the table takes.
    pub fn memory(&self) -> usize {
        self.elements.len() * (size_of::<ContextElement>() + ELEMENT_TEXT) + self.numbers.capacity() * 8
    }

    /// The number of an element.
    pub fn intern(&mut self, element: ContextElement) -> u32 {
        let Self { elements, numbers } = self;
        let is_it = |&number: &u32| elements[number as usize] == element;
        let hash = |element: &ContextElement| HASHER.hash_one(element);
        match numbers.entry(hash(&element), is_it, |&number| hash(&elements[number as usize])) {
            Entry::Occupied(number) => *number.get(),
            Entry::Vacant(place) => {
                let number = elements.len() as u32;
                place.insert(number);
                elements.push(element);
                number
            }
        }
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
    if let Some(few) = few_together(heap, [a, b].into_iter()) {
        return few;
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

/// The union of contexts; shares one of them where it can.
pub fn union_of<'h>(heap: &mut Heap, contexts: impl Iterator<Item = Value<'h>> + Clone) -> Option<Value<'h>> {
    match few_together(heap, contexts.clone()) {
        Some(few) => few,
        None => contexts.fold(None, |all, context| union(heap, all, Some(context))),
    }
}

/// The union of contexts, if they have few elements together.
fn few_together<'h>(
    heap: &mut Heap,
    mut contexts: impl Iterator<Item = Value<'h>>,
) -> Option<Option<Value<'h>>> {
    let Some(mut largest) = contexts.next() else { return Some(None) };
    let mut elements = [0; FEW];
    let mut few = Few { elements: &mut elements, len: 0 };
    let mut most = few.add(largest)?;
    for context in contexts {
        if context.bits() == largest.bits() {
            continue;
        }
        let number = few.add(context)?;
        if number > most {
            (largest, most) = (context, number);
        }
    }
    let is_shared = few.len == most;
    Some(Some(if is_shared { largest } else { heap.context(&few.elements[..few.len]) }))
}

/// A few elements, ascending.
struct Few<'a> {
    elements: &'a mut [u32; FEW],
    len: usize,
}

impl Few<'_> {
    /// Adds the elements of a context and tells how many these are. None if there is no room for them.
    fn add(&mut self, context: Value<'_>) -> Option<usize> {
        let (run, None) = Heap::context_runs(context).next()? else { return None };
        if run.len() > FEW - self.len {
            return None;
        }
        if self.len == 0 {
            self.elements[..run.len()].copy_from_slice(run);
            self.len = run.len();
            return Some(run.len());
        }
        for &element in run {
            let Err(place) = self.elements[..self.len].binary_search(&element) else { continue };
            self.elements.copy_within(place..self.len, place + 1);
            self.elements[place] = element;
            self.len += 1;
        }
        Some(run.len())
    }
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
    fn a_union_shares_what_has_all() {
        let mut heap = Heap::new(nivose_heap::HeapConfig::default());
        let [a, b, c] = [&[1, 5, 9][..], &[5], &[2, 9]].map(|elements| heap.context(elements));
        let many = heap.context(&(0..100).collect::<Vec<_>>());
        for (contexts, all) in [(&[b, a, b][..], a), (&[a, many, c], many), (&[c], c)] {
            let union = union_of(&mut heap, contexts.iter().copied());
            assert_eq!(union.map(Value::bits), Some(all.bits()));
        }
        let union = union_of(&mut heap, [a, b, c].into_iter()).map(Heap::context_elements);
        assert_eq!(union.as_deref(), Some(&[1, 2, 5, 9][..]));
        assert!(union_of(&mut heap, std::iter::empty()).is_none());
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
