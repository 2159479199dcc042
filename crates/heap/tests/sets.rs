//! Sets against a simple model: whatever `//` and the like make is what a map of names would be, through collections.

use std::collections::BTreeMap;

use nivose_base::{Pos, Symbol};
use nivose_heap::{Attrs, Heap, HeapConfig, Roots, Tracer, Value};

struct Held(Vec<Value<'static>>);

impl Roots for Held {
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        self.0.iter_mut().for_each(|value| tracer.trace(value));
    }

    fn finished(&mut self, _: &Tracer<'_>) {}
}

/// For each name its position and value.
type Model = BTreeMap<u32, (u32, i64)>;

/// Names of the sets: enough for several layers.
const NAMES: u32 = 400;

/// Numbers without pattern, the same in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 32) % u64::from(bound)) as u32
    }
}

/// Sets and what they should be.
struct Both {
    heap: Heap,
    sets: Held,
    models: Vec<Model>,
    random: Random,
}

impl Both {
    fn new(seed: u64) -> Self {
        let random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        Both { heap: Heap::new(HeapConfig::default()), sets: Held(Vec::new()), models: Vec::new(), random }
    }

    /// A new set of about `size` of `names` names.
    fn add_new(&mut self, size: u32, names: u32) {
        let mut model = Model::new();
        for _ in 0..size {
            let name = self.random.below(names);
            // Few positions, so that shapes are the same by chance.
            model.insert(name, (self.random.below(2), i64::from(self.random.below(1000))));
        }
        let attributes: Vec<_> = model
            .iter()
            .map(|(&name, &(pos, value))| {
                (Symbol(name), Pos(pos), Value::small_int(value).unwrap_or(Value::NULL))
            })
            .collect();
        let set = self.heap.attrs_from(&attributes);
        self.sets.0.push(set);
        self.models.push(model);
    }

    fn set(&self, index: usize) -> Attrs<'static> {
        self.sets.0[index].as_attrs().expect("it is a set")
    }

    fn add_update(&mut self, under: usize, over: usize) {
        let (left, right) = (self.set(under), self.set(over));
        if left.is_empty() || right.is_empty() {
            return;
        }
        let written = Heap::written_by_update(left, right);
        let set = self.heap.update(left, right);
        let made = set.as_attrs().and_then(Attrs::as_flat).map_or(0, |flat| flat.len());
        assert!(written >= made, "no more is written than was said");
        assert!([left, right].iter().all(|old| old.value().bits() != set.bits()), "it is another set");
        self.sets.0.push(set);
        let mut model = self.models[under].clone();
        model.extend(&self.models[over]);
        self.models.push(model);
    }

    /// The set without about half of its attributes.
    fn add_subset(&mut self, of: usize) {
        let places: Vec<usize> = (0..self.set(of).len()).filter(|_| self.random.below(2) == 0).collect();
        let flat = self.heap.flat(self.set(of));
        let subset = self.heap.subset(flat, &places);
        self.sets.0.push(subset);
        let kept = self.models[of].iter().enumerate().filter(|(place, _)| places.contains(place));
        self.models.push(kept.map(|(_, (&name, &what))| (name, what)).collect());
    }

    /// The set without positions.
    fn add_without_positions(&mut self, of: usize) {
        let flat = self.heap.flat(self.set(of));
        self.sets.0.push(self.heap.attrs_like(flat, flat.values(), false));
        let bare = self.models[of].iter().map(|(&name, &(_, value))| (name, (0, value)));
        self.models.push(bare.collect());
    }

    fn step(&mut self) {
        let count = self.models.len() as u32;
        let (one, other) = (self.random.below(count) as usize, self.random.below(count) as usize);
        match self.random.below(20) {
            0 => self.add_new(NAMES, NAMES),
            1..3 => self.add_new(20, NAMES),
            3..5 => self.add_new(3, 6),
            5 => self.add_subset(one),
            6 => self.add_without_positions(one),
            7..18 => self.add_update(one, other),
            18 => self.heap.collect(&mut self.sets),
            _ => self.heap.collect_all(&mut self.sets),
        }
        let last = self.models.len() - 1;
        self.check(last);
        self.forget();
    }

    /// Lets go of a set now and then.
    fn forget(&mut self) {
        if self.models.len() > 30 {
            let index = self.random.below(30) as usize;
            self.models.swap_remove(index);
            self.sets.0.swap_remove(index);
        }
    }

    fn check(&mut self, index: usize) {
        let (set, model) = (self.set(index), &self.models[index]);
        assert_eq!(set.len(), model.len());
        for name in 0..NAMES {
            let found = set.get(Symbol(name)).and_then(Value::as_int);
            assert_eq!(found, model.get(&name).map(|what| what.1), "the value of {name}");
            let pos = set.position_of(Symbol(name)).map_or(0, |pos| pos.0);
            assert_eq!(pos, model.get(&name).map_or(0, |what| what.0), "the position of {name}");
        }
        let all = || model.iter().map(|(&name, what)| (name, Some(what.1)));
        let (entries, values) = set.parts();
        let parts = entries.iter().zip(&*values).map(|(entry, value)| (entry.name.0, value.as_int()));
        assert!(parts.eq(all()), "the parts of a set");
        if self.random.below(3) == 0 {
            let flat = self.heap.flat(set);
            assert!(flat.iter().map(|(name, value)| (name.0, value.as_int())).eq(all()), "all of a set");
            assert_eq!(
                set.as_flat().map(|flat| flat.shape().bits()),
                Some(flat.shape().bits()),
                "it is kept"
            );
        }
    }
}

#[test]
fn sets_are_what_maps_would_be() {
    let (seeds, steps) = if cfg!(miri) { (1, 60) } else { (40, 500) };
    for seed in 1..=seeds {
        let mut both = Both::new(seed);
        both.add_new(NAMES, NAMES);
        (0..steps).for_each(|_| both.step());
        (0..both.models.len()).for_each(|index| both.check(index));
    }
}

/// Sets of the names 1 to `count` at one position.
fn numbered(heap: &mut Heap, count: u32) -> Value<'static> {
    let attributes: Vec<_> = (1..=count).map(|name| (Symbol(name), Pos(7), Value::NULL)).collect();
    heap.attrs_from(&attributes)
}

fn shape(set: Value<'_>) -> u64 {
    set.as_attrs().and_then(Attrs::as_flat).map_or(0, |set| set.shape().bits())
}

#[test]
fn sets_of_the_same_names_and_positions_share_their_shape() {
    let mut heap = Heap::new(HeapConfig::default());
    let mut held = Held((0..3).map(|_| numbered(&mut heap, 5)).collect());
    assert!(held.0.iter().all(|&set| shape(set) == shape(held.0[0])));
    assert_ne!(shape(numbered(&mut heap, 4)), shape(held.0[0]));
    for _ in 0..2 {
        heap.collect_all(&mut held);
        let new = numbered(&mut heap, 5);
        assert!(held.0.iter().all(|&set| shape(set) == shape(new)));
    }
    let large = held.0[0].as_attrs().and_then(Attrs::as_flat).expect("it is a flat set");
    let (some, again) = (heap.subset(large, &[0, 1, 2, 3]), numbered(&mut heap, 4));
    assert_eq!(shape(some), shape(again), "however they are made");
}

#[test]
fn shapes_that_nobody_has_are_given_back() {
    let mut heap = Heap::new(HeapConfig::default());
    let mut held = Held(Vec::new());
    heap.collect_all(&mut held);
    let before = heap.statistics().live_bytes;
    let count = if cfg!(miri) { 20 } else { 2000 };
    for round in 0..3 {
        for name in 0..count {
            let set = heap
                .attrs_from(&[(Symbol(name), Pos(round), Value::NULL), (Symbol(count), Pos(0), Value::NULL)]);
            held.0.push(set);
        }
        heap.collect_all(&mut held);
        assert!(heap.statistics().live_bytes > before);
        held.0.clear();
        heap.collect_all(&mut held);
        assert_eq!(heap.statistics().live_bytes, before);
    }
}

/// A chain of updates by one attribute each, as a fold makes it; the bytes that it took.
fn grown(count: u32) -> u64 {
    let mut heap = Heap::new(HeapConfig::default());
    let mut held = Held(vec![numbered(&mut heap, 64)]);
    let before = heap.statistics().allocated_bytes;
    for name in 0..count {
        let one = heap.attrs_from(&[(Symbol(1000 + name), Pos(0), Value::TRUE)]);
        let (all, one) = (held.0[0].as_attrs().expect("a set"), one.as_attrs().expect("a set"));
        held.0[0] = heap.update(all, one);
        if heap.may_want_collection() {
            heap.collect(&mut held);
        }
    }
    let set = held.0[0].as_attrs().expect("a set");
    assert_eq!(set.len(), 64 + count as usize);
    assert!((0..count).all(|name| set.has(Symbol(1000 + name))));
    assert_eq!(heap.flat(set).len(), set.len());
    heap.statistics().allocated_bytes - before
}

#[test]
fn a_set_that_grows_by_one_name_at_a_time_is_not_copied_each_time() {
    let (few, many) = if cfg!(miri) { (50, 100) } else { (2000, 16_000) };
    let (small, large) = (grown(few), grown(many));
    let times = u64::from(many / few);
    assert!(large < small * times * 2, "{small} bytes for {few} names, {large} for {many}");
}

#[test]
fn what_is_put_over_a_large_set_writes_little() {
    let mut heap = Heap::new(HeapConfig::default());
    let mut held = Held(vec![numbered(&mut heap, 4096)]);
    let mut written = 0;
    for name in 0..500 {
        let one = heap.attrs_from(&[(Symbol(5000 + name), Pos(0), Value::TRUE)]);
        let (all, one) = (held.0[0].as_attrs().expect("a set"), one.as_attrs().expect("a set"));
        written += Heap::written_by_update(all, one);
        held.0[0] = heap.update(all, one);
    }
    assert!((500..500 * 40).contains(&written), "{written}");
}

#[test]
fn layers_that_were_flattened_stay_one_set_to_all_who_hold_them() {
    let mut heap = Heap::new(HeapConfig::default());
    let (many, few) = (numbered(&mut heap, 200), numbered(&mut heap, 3));
    let (many, few) = (many.as_attrs().expect("a set"), few.as_attrs().expect("a set"));
    let set = heap.update(many, few);
    assert!(set.as_attrs().and_then(Attrs::as_flat).is_none(), "it has layers");
    let list = heap.list(&[set]);
    let mut held = Held(vec![set, list]);
    heap.collect(&mut held);
    heap.flat(held.0[0].as_attrs().expect("a set"));
    // The list is old now: a minor collection does not see it.
    for round in 0..4 {
        let again = heap.list(&[held.0[0]]);
        held.0.push(again);
        if round < 2 {
            heap.collect(&mut held)
        } else {
            heap.collect_all(&mut held)
        };
        let set = held.0[0].bits();
        let lists = held.0[1..].iter().map(|list| list.as_list().expect("a list")[0].bits());
        assert!(lists.eq(std::iter::repeat_n(set, held.0.len() - 1)));
    }
    assert_eq!(held.0[0].kind(), Some(nivose_heap::Kind::Attrs), "the layers are gone");
}
