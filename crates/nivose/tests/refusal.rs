//! A system that refuses memory at any moment: each program ends in a diagnostic, and the evaluator is usable as soon
//! as there is memory again.

use nivose::DiagnosticId;
use nivose::raw::{Evaluator, HeapConfig, Options, Origin, PrintOptions};
use nivose::world::MemoryWorld;

/// A small nursery and many collections, so that there are many requests.
fn evaluator() -> Evaluator {
    let heap = HeapConfig { minimum_nursery: 256 << 10, minimum_threshold: 2 << 20, ..HeapConfig::default() };
    Evaluator::new(Options { heap, ..Options::default() }, Box::new(MemoryWorld::new()))
}

/// Programs that keep small values, values of many lines, and large ones, and that drop them.
const PROGRAMS: &[(&str, &str)] = &[
    ("small", "builtins.length (builtins.deepSeq (builtins.genList (i: [ i (i + 1) ]) 40000) [ 1 ])"),
    (
        "sets",
        "builtins.length (builtins.deepSeq (builtins.genList (i: { a = i; ${\"k${toString i}\"} = i; }) 20000) [ 1 ])",
    ),
    (
        "lists",
        "builtins.length (builtins.foldl' (l: i: l ++ builtins.genList (j: i) 100) [ ] (builtins.genList (i: i) 300))",
    ),
    (
        "medium",
        "let text = n: s: if n == 0 then s else text (n - 1) (s + s); in builtins.foldl' (n: s: n + builtins.stringLength s) 0 (builtins.genList (i: text 10 \"abcd${toString i}\") 500)",
    ),
    (
        "dropped",
        "let text = n: s: if n == 0 then s else text (n - 1) (s + s); s = text 13 \"0123456789\"; f = n: if n == 0 then 0 else builtins.seq (s + s) (f (n - 1)); in f 300",
    ),
    (
        "kept",
        "let text = n: s: if n == 0 then s else text (n - 1) (s + s); s = text 10 \"0123456789\"; in builtins.foldl' (n: t: n + builtins.stringLength t) 0 (builtins.genList (i: s + toString i) 6000)",
    ),
];

/// The last one, which makes thousands of requests, one for each of its values, and needs more than what is set aside.
const LONG: &[(&str, &str)] = PROGRAMS.split_at(PROGRAMS.len() - 1).1;

fn run(evaluator: &mut Evaluator, text: &str) -> Result<Vec<u8>, DiagnosticId> {
    let result = evaluator
        .evaluate(Origin::String, text.into(), b"/".to_vec())
        .and_then(|value| evaluator.force_deep(value))
        .and_then(|value| evaluator.print(value, PrintOptions::INSTANTIATE));
    result.map_err(|error| error.id())
}

/// Runs a program whose memory is refused after so many requests; whether it was.
fn refused(evaluator: &mut Evaluator, name: &str, text: &str, requests: u64) -> bool {
    evaluator.machine().shared.heap.refuse_after(Some(requests));
    let result = run(evaluator, text);
    let again = result.is_err().then(|| run(evaluator, "builtins.length (builtins.genList (i: [ i ]) 100)"));
    evaluator.machine().shared.heap.refuse_after(None);
    if let Err(id) = result {
        assert_eq!(id, DiagnosticId::MemoryRefused, "{name} after {requests} requests");
    }
    // There may be enough for this little in the meantime.
    let small =
        again.is_none_or(|again| matches!(again.as_deref(), Ok(b"100") | Err(DiagnosticId::MemoryRefused)));
    assert!(small, "{name} after {requests} requests");
    let sum = run(evaluator, "builtins.foldl' (a: b: a + b) 0 (builtins.genList (i: i) 1000)");
    assert_eq!(sum.as_deref(), Ok(&b"499500"[..]), "after {name} and {requests} requests");
    result.is_err()
}

#[test]
fn memory_may_be_refused_at_each_of_the_first_thousand_requests() {
    let mut evaluator = evaluator();
    let mut refusals = 0;
    for requests in 0..1000 {
        let programs = if requests < 60 { PROGRAMS } else { LONG };
        let (name, text) = programs[requests % programs.len()];
        refusals += usize::from(refused(&mut evaluator, name, text, requests as u64));
    }
    assert!(refusals > 900, "{refusals}");
}

#[test]
fn programs_end_with_their_value_when_there_is_memory_again() {
    for (name, text) in PROGRAMS {
        let expected = run(&mut evaluator(), text);
        assert!(expected.is_ok(), "{name}: {expected:?}");
        for requests in 0..4 {
            let mut evaluator = evaluator();
            refused(&mut evaluator, name, text, requests);
            assert_eq!(run(&mut evaluator, text), expected, "{name} after {requests} requests");
        }
    }
}

/// A thunk that could not be evaluated for want of memory is not spoilt.
#[test]
fn values_can_be_asked_for_again() {
    let mut evaluator = evaluator();
    let world = "let big = builtins.length (builtins.genList (i: i) 3000000); in { inherit big; }";
    let set = evaluator.evaluate(Origin::String, world.into(), b"/".to_vec()).expect("a set");
    evaluator.machine().shared.heap.refuse_after(Some(0));
    let failed = evaluator.force_deep(set).map_err(|error| error.id());
    assert_eq!(failed.err(), Some(DiagnosticId::MemoryRefused));
    evaluator.machine().shared.heap.refuse_after(None);
    let value = evaluator.force_deep(set).and_then(|value| evaluator.print(value, PrintOptions::INSTANTIATE));
    assert_eq!(value.ok().as_deref(), Some(&b"{ big = 3000000; }"[..]));
}
