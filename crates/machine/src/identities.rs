//! Sets of objects by identity: which lists and sets a walk has met.
//!
//! A map of bits for each page of addresses: what was made together lies together, and a walk over millions of objects
//! stays in the cache. Objects move once, when they outlive the nursery; whoever keeps such a set hands it to the
//! collector after each collection ([`crate::Task::relocate`]).

use nivose_heap::{Tracer, Value};

use nivose_base::Map;

/// Addresses of a page, as a power of two.
const PAGE: u32 = 12;
/// The bits of values are even; each even number of a page has a bit of its own, so that tags are told apart.
const WORDS: usize = (1 << PAGE) / 2 / 64;

/// Which bits of values on one page are in the set.
type Page = [u64; WORDS];

/// See the opening comment.
#[derive(Default)]
pub struct Identities {
    /// Where the page of a number is.
    numbers: Map<u64, u32>,
    pages: Vec<Page>,
    /// The number of each of the pages.
    places: Vec<u64>,
    /// The page that was looked at last.
    last: usize,
    len: usize,
    /// Those that came since the last collection, and may move.
    fresh: Vec<u64>,
}

impl Identities {
    /// Adds a value that is an object; whether it is new.
    pub fn insert(&mut self, value: Value<'_>) -> bool {
        let is_new = self.set(value.bits(), true);
        if is_new {
            self.fresh.push(value.bits());
        }
        is_new
    }

    /// The number of objects.
    pub fn len(&self) -> usize {
        self.len
    }

    /// About how many bytes they take.
    pub fn memory(&self) -> usize {
        let page = size_of::<Page>() + size_of::<u64>();
        self.pages.capacity() * page + self.numbers.capacity() * 16 + self.fresh.capacity() * size_of::<u64>()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Puts the bits of a value in or takes them out; whether that is a change.
    fn set(&mut self, bits: u64, to: bool) -> bool {
        let page = self.page(bits >> PAGE);
        let index = (bits & ((1 << PAGE) - 1)) as usize / 2;
        let (word, mask) = (&mut self.pages[page][index / 64], 1 << (index % 64));
        let changes = (*word & mask != 0) != to;
        if changes {
            *word ^= mask;
            self.len = if to { self.len + 1 } else { self.len - 1 };
        }
        changes
    }

    /// The page of a number, made if there is none.
    fn page(&mut self, number: u64) -> usize {
        if self.places.get(self.last) != Some(&number) {
            let next = self.pages.len();
            self.last = *self.numbers.entry(number).or_insert(next as u32) as usize;
            if self.last == next {
                self.pages.push([0; WORDS]);
                self.places.push(number);
            }
        }
        self.last
    }

    /// Follows the objects to where they are after a collection, and forgets those that are gone.
    pub fn relocate(&mut self, tracer: &Tracer<'_>) {
        if tracer.is_major() {
            self.fresh.clear();
            return self.follow_all(tracer);
        }
        for bits in std::mem::take(&mut self.fresh) {
            match tracer.relocated(bits) {
                Some(now) if now == bits => {}
                moved => {
                    self.set(bits, false);
                    if let Some(now) = moved {
                        self.set(now, true);
                    }
                }
            }
        }
    }

    /// The same for every object, of which a major collection moves only sets with layers: to the flat set in their place.
    fn follow_all(&mut self, tracer: &Tracer<'_>) {
        let mut moved = Vec::new();
        for (page, &number) in self.pages.iter_mut().zip(&self.places) {
            for (word, bits) in page.iter_mut().enumerate() {
                let mut left = *bits;
                while left != 0 {
                    let index = left.trailing_zeros();
                    left &= left - 1;
                    let value = (number << PAGE) + (word as u64 * 64 + u64::from(index)) * 2;
                    let now = tracer.relocated(value);
                    if now != Some(value) {
                        *bits &= !(1 << index);
                        self.len -= 1;
                        moved.extend(now);
                    }
                }
            }
        }
        for bits in moved {
            self.set(bits, true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nivose_base::{Pos, Symbol};
    use nivose_heap::{Heap, HeapConfig, Roots};

    /// A set that is held, and the identities of what was met.
    struct Held {
        set: Value<'static>,
        seen: Identities,
    }

    impl Roots for Held {
        fn trace(&mut self, tracer: &mut Tracer<'_>) {
            tracer.trace(&mut self.set);
        }

        fn finished(&mut self, tracer: &Tracer<'_>) {
            self.seen.relocate(tracer);
        }
    }

    fn numbered(heap: &mut Heap, count: u32) -> Value<'static> {
        let attributes: Vec<_> = (0..count).map(|n| (Symbol(n), Pos::NONE, Value::number(n))).collect();
        heap.attrs_from(&attributes)
    }

    #[test]
    fn a_set_with_layers_is_known_once_they_were_flattened() {
        let mut heap = Heap::new(HeapConfig::default());
        let (many, few) = (numbered(&mut heap, 200), numbered(&mut heap, 3));
        let set = many.as_attrs().zip(few.as_attrs()).map(|(many, few)| heap.update(many, few)).unwrap();
        let mut held = Held { set, seen: Identities::default() };
        assert!(held.seen.insert(held.set));
        heap.collect_all(&mut held);
        assert!(held.set.as_attrs().is_some_and(|set| set.as_flat().is_none()), "it has layers");
        heap.flat(held.set.as_attrs().unwrap());
        for _ in 0..3 {
            // Whoever holds the set holds the flat one now; the layers are gone.
            heap.collect_all(&mut held);
            assert!(held.set.as_attrs().is_some_and(|set| set.as_flat().is_some()));
            assert_eq!((held.seen.insert(held.set), held.seen.len()), (false, 1));
        }
    }

    #[test]
    fn each_object_is_new_once() {
        let mut heap = Heap::new(HeapConfig::default());
        let values: Vec<Value<'_>> = (0..5000).map(|i| heap.list(&[Value::number(i)])).collect();
        let mut seen = Identities::default();
        assert!(seen.is_empty());
        assert!(values.iter().all(|&value| seen.insert(value)));
        assert!(values.iter().rev().all(|&value| !seen.insert(value)));
        assert_eq!(seen.len(), values.len());
        assert!(seen.memory() < 5000 * 16 * 2);
    }
}
