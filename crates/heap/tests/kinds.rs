//! Objects of every kind, as they are seen before and after collections, without evaluating
//! anything. Small enough to be interpreted by Miri.

use nivose_base::{Pos, Symbol};
use nivose_heap::{
    Attrs, FlatAttrs, Growth, Heap, HeapConfig, Kind, Roots, ShapeEntry, ThunkState, Tracer, Value, View,
};

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

/// What a value is, deeply, as text.
fn show(value: Value<'_>) -> String {
    match value.view() {
        View::Null => "null".to_owned(),
        View::Bool(b) => b.to_string(),
        View::Int(i) => i.to_string(),
        View::Float(f) => format!("{f:?}"),
        View::String(text) => {
            // Long ones by their beginning and length: formatting is slow where it is interpreted.
            let (bytes, context) = (text.bytes(), text.context());
            let start = String::from_utf8_lossy(&bytes[..bytes.len().min(30)]);
            let end = if bytes.len() > 30 { format!("…{}", bytes.len()) } else { String::new() };
            format!("{start:?}{end}{context:?}{:?}", text.symbol().map(|symbol| symbol.0))
        }
        View::Path(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        View::List(elements) => format!("[{}]", show_all(elements)),
        View::Attrs(set) => {
            let (entries, values) = set.parts();
            let names: Vec<_> = entries.iter().map(|entry| entry.name.0).collect();
            let place = set.position_of(Symbol(1)).map(|pos| pos.0);
            let order = set.as_flat().and_then(FlatAttrs::cached_order);
            format!("{{{names:?} {order:?} {place:?} {}}}", show_all(&values))
        }
        View::Closure(code) => format!("closure {code} ({})", show_captured(value)),
        View::Builtin(builtin) => format!("builtin {}", builtin.0),
        View::Partial { function, arguments } => format!("({} {})", show(function), show_all(arguments)),
        View::Thunk(thunk) => match thunk.state() {
            ThunkState::Evaluated => thunk.value().map(show).unwrap_or_default(),
            ThunkState::Failed => format!("failed {:?}", thunk.failure()),
            state => format!("{state:?} {} ({})", thunk.code(), show_captured(value)),
        },
        View::Internal => match Heap::with_parts(value) {
            Some((namespace, parent)) => format!("with {} in {}", show(namespace), show(parent)),
            None => format!("internal {:?}", value.as_number()),
        },
    }
}

fn show_all(values: &[Value<'_>]) -> String {
    values.iter().map(|&value| show(value)).collect::<Vec<_>>().join(" ")
}

fn show_captured(value: Value<'_>) -> String {
    // SAFETY: it is a closure or a thunk that was not evaluated.
    show_all(unsafe { std::slice::from_raw_parts(Heap::captured(value), Heap::captured_count(value)) })
}

fn closure(heap: &mut Heap, code: u32, captured: &[Value<'static>]) -> Value<'static> {
    // SAFETY: all captured words are written.
    unsafe {
        let (room, value) = heap.closure(code, captured.len() as u16);
        captured.iter().enumerate().for_each(|(index, &word)| room.add(index).write(word));
        value
    }
}

fn suspended(heap: &mut Heap, code: u32, captured: &[Value<'static>]) -> Value<'static> {
    // SAFETY: all captured words are written.
    unsafe {
        let (room, value) = heap.suspended(code, captured.len() as u16);
        captured.iter().enumerate().for_each(|(index, &word)| room.add(index).write(word));
        value
    }
}

/// A list to which others were added on either side, and those that it was before.
fn grown(heap: &mut Heap, list: Value<'static>, one: Value<'static>) -> Vec<Value<'static>> {
    let mut all = vec![list];
    for step in 0..7 {
        let last = all[all.len() - 1];
        let parts = if step % 2 == 0 { [last, heap.list(&[one])] } else { [heap.list(&[one]), last] };
        all.push(match heap.grow_list(&parts) {
            Growth::Done(value) => value,
            Growth::Copy(how) => {
                let len = parts.map(|list| list.as_list().unwrap().len()).iter().sum();
                heap.join_lists(&parts, len, how)
            }
        });
    }
    all
}

/// The same of a string.
fn grown_string(heap: &mut Heap, text: Value<'static>, more: Value<'static>) -> Vec<Value<'static>> {
    let context = text.as_string().and_then(|text| text.context_value());
    let mut all = vec![text];
    for step in 0..7 {
        let last = all[all.len() - 1];
        let parts = if step % 2 == 0 { [last, more] } else { [more, last] };
        all.push(match heap.grow_string(&parts, context) {
            Growth::Done(value) => value,
            Growth::Copy(how) => {
                let len = parts.map(|part| part.as_string().unwrap().bytes().len()).iter().sum();
                heap.join_strings(&parts, len, context, how)
            }
        });
    }
    all
}

fn data(heap: &mut Heap) -> Vec<Value<'static>> {
    let plain = heap.string(b"a text of some length");
    let named = heap.name(Symbol(7), b"seven");
    let context = heap.context(&[1, 5, 9]);
    let with_context = heap.string_with_context(b"/store/path", Some(context));
    let large = heap.string(&[b'l'; 130 << 10]);
    let list = heap.list(&[plain, Value::NULL, Value::TRUE]);
    let first = heap.place_list(list);
    let alias = heap.place_list(list);
    let joined = heap.concat([&[plain, named][..], &[large][..]].into_iter(), 3);
    let long = heap.list(&[plain; 40]);
    let tail = heap.list_tail(long).expect("a long list has a view without its first element");
    let run = heap.extended_context(context, &[2, 3]);
    let text = heap.string_with_context(&[b's'; 300], Some(run));
    let (grown_list, grown_string) = (grown(heap, long, plain), grown_string(heap, text, plain));
    let entries = [1, 4, 6].map(|name| ShapeEntry { name: Symbol(name), pos: Pos(name + 10) });
    let shape = heap.shape(&entries);
    let set = heap.attrs(shape, &[list, with_context, Value::FALSE]);
    let other = set.as_attrs().and_then(Attrs::as_flat).map(|flat| heap.attrs_like(flat, &[set; 3], false));
    if let Some(set) = set.as_attrs().and_then(Attrs::as_flat) {
        heap.cache_order(set, &[2, 0, 1]);
    }
    let many: Vec<_> = (1..200).map(|name| (Symbol(name), Pos(3), plain)).collect();
    let many = heap.attrs_from(&many);
    let layers = many.as_attrs().zip(set.as_attrs()).map(|(many, set)| heap.update(many, set));
    let numbers = [heap.int(i64::MAX), heap.int(i64::MIN), heap.int(-3), heap.float(0.5)];
    let path = heap.path(b"/a/path");
    let empty = [heap.empty_list(), heap.empty_attrs(), heap.empty_string()];
    let mut all = vec![plain, named, with_context, large, list, first, alias, joined, set, path];
    all.extend([long, tail, text]);
    all.extend(grown_list.into_iter().chain(grown_string));
    all.extend(other);
    all.extend(layers);
    all.extend(numbers);
    all.extend(empty);
    all
}

fn computations(heap: &mut Heap, data: &[Value<'static>]) -> Vec<Value<'static>> {
    let function = closure(heap, 3, &data[..4]);
    let constant = closure(heap, 4, &[]);
    let partial = heap.partial(function, &data[4..6]);
    let scope = heap.with_scope(data[8], Value::NONE);
    let inner = heap.with_scope(data[8], scope);
    let waiting = suspended(heap, 5, &[function, inner]);
    let without = suspended(heap, 6, &[]);
    let application = heap.application(function, &data[..2]);
    let [running, failed, done, chain] = [7, 8, 9, 10].map(|code| suspended(heap, code, &data[..1]));
    let thunks = [running, failed, done, chain].map(|value| value.as_thunk().expect("it is a thunk"));
    thunks.iter().for_each(|thunk| thunk.begin());
    thunks[1].fail(41);
    heap.finish(thunks[2], data[4]);
    heap.finish(thunks[3], done);
    vec![
        function,
        constant,
        partial,
        scope,
        inner,
        waiting,
        without,
        application,
        running,
        failed,
        done,
        chain,
    ]
}

fn fill_with_rubbish(heap: &mut Heap) {
    for size in (0..200).step_by(if cfg!(miri) { 40 } else { 1 }) {
        heap.string(&vec![0xee; size * 7]);
        heap.list(&vec![Value::NULL; size]);
    }
}

#[test]
fn objects_of_every_kind_survive_collections() {
    let mut heap = heap();
    let mut held = Held(data(&mut heap));
    let more = computations(&mut heap, &held.0);
    held.0.extend(more);
    let before: Vec<_> = held.0.iter().map(|&value| show(value)).collect();
    let collections = [Heap::collect, Heap::collect_all, Heap::collect, Heap::collect_all];
    for collect in collections {
        fill_with_rubbish(&mut heap);
        collect(&mut heap, &mut held);
        let after: Vec<_> = held.0.iter().map(|&value| show(value)).collect();
        assert_eq!(after, before);
    }
}

#[test]
fn old_objects_that_change_keep_what_is_new() {
    let mut heap = heap();
    let thunk = suspended(&mut heap, 1, &[]);
    let list = heap.list_to_fill(3);
    let shape = heap.shape(&[1, 2].map(|name| ShapeEntry { name: Symbol(name), pos: Pos(0) }));
    let set = heap.attrs(shape, &[Value::NULL; 2]);
    let mut held = Held(vec![thunk, list, set]);
    heap.collect_all(&mut held);
    let [thunk, list, set] = held.0[..] else { panic!("three are held") };
    heap.fill(list, 1..3, |heap, index| heap.string(&[b'0' + index as u8]));
    heap.fill(set, 0..1, |heap, _| heap.string(b"in a set"));
    heap.cache_order(set.as_attrs().and_then(Attrs::as_flat).expect("it is a flat set"), &[1, 0]);
    let value = heap.string(b"the value");
    heap.finish(thunk.as_thunk().expect("it is a thunk"), value);
    heap.collect(&mut held);
    fill_with_rubbish(&mut heap);
    assert_eq!(show(held.0[0]), "\"the value\"[]None");
    assert_eq!(show(held.0[1]), "[null \"1\"[]None \"2\"[]None]");
    assert_eq!(show(held.0[2]), "{[1, 2] Some([1, 0]) None \"in a set\"[]None null}");
}

#[test]
fn cycles_are_freed() {
    let mut heap = heap();
    let mut held = Held(Vec::new());
    heap.collect_all(&mut held);
    let empty = heap.statistics().live_bytes;
    for _ in 0..20 {
        let first = suspended(&mut heap, 1, &[Value::NULL]);
        let second = closure(&mut heap, 2, &[first]);
        // SAFETY: the thunk has one word.
        unsafe { Heap::captured(first).write(second) };
        held.0.push(first);
    }
    heap.collect_all(&mut held);
    assert!(heap.statistics().live_bytes > empty);
    held.0.clear();
    heap.collect_all(&mut held);
    assert_eq!(heap.statistics().live_bytes, empty);
}

#[test]
fn the_errors_of_live_thunks_are_reported() {
    struct Failures(Held, Vec<u32>);

    impl Roots for Failures {
        fn trace(&mut self, tracer: &mut Tracer<'_>) {
            self.0.trace(tracer);
        }

        fn finished(&mut self, tracer: &Tracer<'_>) {
            self.1 = tracer.failures.clone();
        }
    }

    let mut heap = heap();
    let thunks = [3, 4, 5].map(|code| suspended(&mut heap, code, &[]));
    for thunk in thunks.iter().filter_map(|value| value.as_thunk()) {
        thunk.begin();
        thunk.fail(thunk.code() * 10);
    }
    let mut roots = Failures(Held(vec![thunks[0], thunks[2]]), Vec::new());
    heap.collect_all(&mut roots);
    roots.1.sort_unstable();
    assert_eq!(roots.1, [30, 50]);
}

#[test]
fn weak_references_follow_what_moves_and_end_with_what_goes() {
    struct Weak(Held, Vec<Option<u64>>);

    impl Roots for Weak {
        fn trace(&mut self, tracer: &mut Tracer<'_>) {
            self.0.trace(tracer);
        }

        fn finished(&mut self, tracer: &Tracer<'_>) {
            self.1.iter_mut().for_each(|bits| *bits = bits.and_then(|bits| tracer.relocated(bits)));
        }
    }

    let mut heap = heap();
    let [kept, lost] = [b"kept", b"lost"].map(|text| heap.string(text));
    let bits = [kept, lost].map(|value| Some(value.bits()));
    let mut roots = Weak(Held(vec![kept]), bits.to_vec());
    heap.collect(&mut roots);
    assert_eq!(roots.1, [Some(roots.0.0[0].bits()), None]);
    assert_eq!(roots.0.0[0].kind(), Some(Kind::String));
    roots.0.0.clear();
    heap.collect_all(&mut roots);
    assert_eq!(roots.1, [None, None]);
}
