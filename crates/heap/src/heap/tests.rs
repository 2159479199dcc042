//! The heap as its users see it: what is made stays what it was, through collections of every kind.

use super::*;
use crate::View;

struct Held(Vec<Value<'static>>);

impl Roots for Held {
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        self.0.iter_mut().for_each(|value| tracer.trace(value));
    }

    fn finished(&mut self, _: &Tracer<'_>) {}
}

fn heap() -> Heap {
    Heap::new(HeapConfig::default())
}

/// A number of repetitions: fewer where each is interpreted.
const fn many(count: usize) -> usize {
    if cfg!(miri) { count / 200 } else { count }
}

#[test]
fn what_is_reached_survives_unchanged() {
    let mut heap = heap();
    let mut list = heap.empty_list();
    for i in 0..many(10_000) {
        let text = heap.string(format!("element {i}").as_bytes());
        list = heap.list(&[text, list]);
    }
    let mut held = Held(vec![list]);
    heap.collect_all(&mut held);
    for _ in 0..many(50_000) {
        heap.string(b"rubbish that fills what was freed");
    }
    heap.collect_all(&mut held);
    let mut list = held.0[0];
    for i in (0..many(10_000)).rev() {
        let View::List(&[text, rest]) = list.view() else { panic!("element {i} is gone") };
        assert_eq!(text.as_string().map(|s| s.bytes().to_vec()), Some(format!("element {i}").into_bytes()));
        list = rest;
    }
}

#[test]
fn memory_is_given_back() {
    let mut heap = heap();
    let mut held = Held((0..many(100_000)).map(|_| heap.string(&[b'x'; 200])).collect());
    let big = heap.string(&vec![b'y'; many(5 << 20)]);
    held.0.push(big);
    heap.collect_all(&mut held);
    assert!(heap.space.claimed() > many(25 << 20));
    held.0.clear();
    heap.collect_all(&mut held);
    assert!(heap.space.claimed() <= 2 << 20, "{}", heap.space.claimed());
}

#[test]
fn what_is_dead_stays_dead() {
    let mut heap = heap();
    let mut held = Held((0..many(100_000)).map(|_| heap.string(&[b'x'; 200])).collect());
    heap.collect_all(&mut held);
    let mut index = 0;
    held.0.retain(|_| {
        index += 1;
        index % 500 == 0
    });
    heap.collect_all(&mut held);
    let live = heap.statistics().live_bytes;
    assert!(live < 1 << 20, "{live}");
    for _ in 0..3 {
        heap.collect_all(&mut held);
        assert_eq!(heap.statistics().live_bytes, live);
    }
}

#[test]
fn evaluated_thunks_are_short_cut() {
    let mut heap = heap();
    let function = heap.string(b"stands for a function");
    let thunk = heap.application(function, &[]);
    let list = heap.list(&[thunk]);
    if let Some(thunk) = thunk.as_thunk() {
        thunk.begin();
        heap.finish(thunk, Value::TRUE);
    }
    let mut held = Held(vec![list]);
    heap.collect_all(&mut held);
    assert!(matches!(held.0[0].as_list(), Some([v]) if v.as_bool() == Some(true)));
}

#[test]
fn objects_of_every_size_survive() {
    let mut heap = heap();
    let sizes = || (1..200).step_by(if cfg!(miri) { 17 } else { 1 }).map(|i| i * 173);
    let mut held = Held(sizes().map(|size| heap.string(&vec![(size % 251) as u8; size])).collect());
    for _ in 0..3 {
        heap.collect_all(&mut held);
        for size in sizes() {
            heap.string(&vec![0xff; size]);
        }
    }
    for (size, value) in sizes().zip(&held.0) {
        let bytes = value.as_string().map(|s| s.bytes().to_vec());
        assert_eq!(bytes, Some(vec![(size % 251) as u8; size]));
    }
}

#[test]
fn more_than_the_nursery_holds_may_come_between_two_collections() {
    let mut heap = heap();
    let texts = || (0..many(400_000)).map(|i| format!("{i:0>200}").into_bytes());
    let mut held = Held(texts().map(|text| heap.string(&text)).collect());
    for _ in 0..3 {
        heap.collect_all(&mut held);
        for (text, value) in texts().zip(&held.0) {
            assert!(value.as_string().is_some_and(|string| string.bytes() == text));
        }
    }
    held.0.truncate(1);
    heap.collect_all(&mut held);
    assert!(heap.space.claimed() <= 2 << 20, "{}", heap.space.claimed());
}

#[test]
fn collections_end_without_the_system() {
    let mut heap = heap();
    let sizes = || (1..many(40_000)).map(|i| [24, 100, 3000, 8200, 20_000][i % 5] + i % 100);
    let mut held = Held(Vec::new());
    heap.refuse_after(Some(0));
    for size in sizes() {
        if heap.nursery.used() > SLACK {
            break;
        }
        let value = heap.string(&vec![(size % 251) as u8; size]);
        held.0.push(value);
    }
    heap.collect_all(&mut held);
    assert!(cfg!(miri) || heap.was_refused() && !heap.recovers());
    for (size, value) in sizes().zip(&held.0) {
        assert!(value.as_string().is_some_and(|text| text.bytes() == vec![(size % 251) as u8; size]));
    }
    held.0.clear();
    heap.refuse_after(None);
    heap.collect_all(&mut held);
    assert!(heap.recovers());
}

#[test]
fn freed_lines_are_used_again() {
    let mut heap = heap();
    let mut held = Held(Vec::new());
    for round in 0..(if cfg!(miri) { 3 } else { 50 }) {
        for i in 0..many(20_000) {
            let value = heap.string(b"some text of moderate length");
            if i % 100 == 0 && round == 0 {
                held.0.push(value);
            }
        }
        heap.collect_all(&mut held);
    }
    assert!(heap.statistics().peak_bytes < 8 << 20, "{}", heap.statistics().peak_bytes);
}

#[cfg(debug_assertions)]
mod verification {
    use super::*;

    /// Puts a value into a list behind the heap's back.
    fn smuggle(list: Value<'static>, value: Value<'static>) {
        // SAFETY: the list has a first element.
        unsafe { words(list.address()).write(value) };
    }

    fn old_list(heap: &mut Heap) -> Held {
        let list = heap.list(&[Value::NULL]);
        let mut held = Held(vec![list]);
        heap.collect(&mut held);
        held
    }

    #[test]
    #[should_panic(expected = "leads into the emptied nursery")]
    fn finds_a_change_that_was_not_noted() {
        let mut heap = heap();
        let mut held = old_list(&mut heap);
        let text = heap.string(b"new");
        smuggle(held.0[0], text);
        heap.collect(&mut held);
    }

    #[test]
    #[should_panic(expected = "is not in the heap")]
    fn finds_a_reference_that_leads_nowhere() {
        let mut heap = heap();
        let mut held = old_list(&mut heap);
        smuggle(held.0[0], Value::from_bits(0x10_0000));
        heap.collect(&mut held);
    }

    #[test]
    #[should_panic(expected = "leads to an object of kind String")]
    fn finds_a_reference_of_the_wrong_sort() {
        let mut heap = heap();
        let mut held = old_list(&mut heap);
        let text = heap.string(b"old");
        held.0.push(text);
        heap.collect(&mut held);
        let disguised = Value::from_object(held.0[1].address(), Kind::Attrs);
        smuggle(held.0[0], disguised);
        heap.collect(&mut held);
    }

    #[test]
    #[should_panic(expected = "is not marked")]
    fn finds_an_object_that_was_not_reached() {
        let mut heap = heap();
        let mut held = old_list(&mut heap);
        // SAFETY: it is an object.
        unsafe { (*held.0[0].address()).mark = 0x7f };
        heap.collect(&mut held);
    }

    #[test]
    fn does_not_go_beyond_what_is_in_proportion() {
        let mut heap = heap();
        let big = heap.list(&vec![Value::NULL; many(1 << 17)]);
        let mut held = Held(vec![big]);
        (0..many(100).max(3)).for_each(|_| heap.collect_all(&mut held));
        let bound = crate::verify::GRACE + heap.statistics().allocated_bytes + (2 << 20);
        assert!((many(1 << 20) as u64..bound).contains(&heap.verified_bytes), "{}", heap.verified_bytes);
    }
}

#[test]
fn a_census_counts_everything_that_was_made() {
    let mut heap = heap();
    heap.count(|| std::time::Duration::ZERO);
    let before = heap.counted().expect("it counts").0;
    assert_eq!(before.bytes(), heap.statistics().allocated_bytes);
    let mut held = Held(Vec::new());
    for index in 0..many(20_000) {
        let text = heap.string(&vec![b'x'; index % 50]);
        let float = heap.float(0.5);
        let list = heap.list(&[text, float, Value::NULL]);
        let application = heap.application(list, &[text, float]);
        held.0 = vec![list, application];
        if index % 5000 == 0 {
            heap.finish(application.as_thunk().expect("a thunk"), list);
            heap.collect_all(&mut held);
        } else if index % 1000 == 0 {
            heap.collect(&mut held);
        }
    }
    // Too large for the nursery.
    heap.list_to_fill(100_000);
    let (made, _) = heap.counted().expect("it counts");
    let rounds = many(20_000) as u64;
    assert_eq!(made.bytes(), heap.statistics().allocated_bytes);
    assert_eq!(made.thunks.number, rounds);
    assert_eq!(made.environments.elements, 3 * rounds);
    assert_eq!(made.lists.number - before.lists.number, rounds + 1);
    assert_eq!(made.lists.elements, 3 * rounds + 100_000);
    assert_eq!(made.others.number - before.others.number, 2 * rounds);
}

/// Lists joined as the machine does it.
fn joined<'h>(heap: &mut Heap, left: Value<'h>, right: Value<'h>) -> Value<'h> {
    match heap.grow_list(&[left, right]) {
        Growth::Done(value) => value,
        Growth::Copy(how) => {
            let len = [left, right].map(|list| list.as_list().unwrap().len()).iter().sum();
            heap.join_lists(&[left, right], len, how)
        }
    }
}

fn numbers(list: Value<'_>) -> Vec<i64> {
    list.as_list().unwrap().iter().filter_map(|value| value.as_int()).collect()
}

#[test]
fn a_list_that_grows_leaves_those_that_it_was_as_they_were() {
    let mut heap = heap();
    let mut held = Held(vec![heap.empty_list()]);
    let count = 40 + many(4000) as i64;
    for i in 0..count {
        let one = heap.int(i);
        let one = heap.list(&[one]);
        let last = held.0[held.0.len() - 1];
        let next = if i % 3 == 0 { joined(&mut heap, one, last) } else { joined(&mut heap, last, one) };
        held.0.push(next);
        if i % 500 == 0 {
            heap.collect_all(&mut held);
        }
    }
    heap.collect_all(&mut held);
    let mut expected = std::collections::VecDeque::new();
    for (i, &list) in (0..count).zip(&held.0[1..]) {
        if i % 3 == 0 {
            expected.push_front(i)
        } else {
            expected.push_back(i)
        }
        if i % 97 == 0 {
            assert!(numbers(list).iter().eq(&expected), "after {i}");
        }
    }
}

#[test]
fn only_the_first_to_add_finds_the_room() {
    let mut heap = heap();
    let list = heap.list(&[Value::TRUE; 50]);
    let [one, two] = [1, 2].map(|i| {
        let int = heap.int(i);
        heap.list(&[int])
    });
    let mut base = list;
    for kind in [Kind::List, Kind::List, Kind::List, Kind::ListView] {
        base = joined(&mut heap, base, one);
        assert_eq!(base.kind(), Some(kind));
    }
    let [first, second] = [joined(&mut heap, base, one), joined(&mut heap, base, two)];
    assert_eq!([first.kind(), second.kind()], [Some(Kind::ListView), Some(Kind::List)]);
    assert_eq!(
        [numbers(base), numbers(first), numbers(second)],
        [vec![1; 4], vec![1; 5], vec![1, 1, 1, 1, 2]]
    );
    // What is before the units is room of its own.
    let before = joined(&mut heap, two, first);
    assert_eq!((before.kind(), numbers(before)), (Some(Kind::ListView), vec![2, 1, 1, 1, 1, 1]));
}

#[test]
fn what_is_added_in_an_old_buffer_is_found_by_a_minor_collection() {
    let mut heap = heap();
    let list = heap.list(&[Value::NULL; 50]);
    let one = heap.list(&[Value::NULL]);
    let mut held = Held(vec![list]);
    for _ in 0..4 {
        held.0[0] = joined(&mut heap, held.0[0], one);
    }
    heap.collect_all(&mut held);
    for round in 0..10 {
        let text = heap.string(format!("round {round}").as_bytes());
        let one = heap.list(&[text]);
        held.0[0] = if round % 2 == 0 {
            joined(&mut heap, held.0[0], one)
        } else {
            joined(&mut heap, one, held.0[0])
        };
        assert_eq!(held.0[0].kind(), Some(Kind::ListView));
        heap.collect(&mut held);
    }
    let texts: Vec<_> = held.0[0].as_list().unwrap().iter().filter_map(|value| value.as_string()).collect();
    assert_eq!(texts[0].bytes(), b"round 9");
    assert_eq!(texts[9].bytes(), b"round 8");
}

#[test]
fn a_tail_keeps_no_more_than_twice_its_length() {
    let mut heap = heap();
    let mut list = heap.list(&[Value::NULL; 200]);
    let mut copies = 0;
    for len in (0..200).rev() {
        list = match heap.list_tail(list) {
            Some(view) => view,
            None => {
                copies += 1;
                heap.list(&list.as_list().unwrap()[1..])
            }
        };
        assert_eq!(list.as_list().unwrap().len(), len);
    }
    assert!(copies < 40, "{copies} copies");
}
