//! A million levels of everything that a program can nest end in a value or in the depth error, on
//! a native stack of 256 KiB.

use nivose::DiagnosticId;
use nivose::raw::{Evaluator, HeapConfig, Options, Origin, PrintOptions, StressMode};
use nivose::world::MemoryWorld;

const NATIVE_STACK: usize = 256 * 1024;

/// The shown value, or the diagnostic.
fn evaluate(text: &str, level: u8, stress: StressMode) -> Result<String, DiagnosticId> {
    let text = text.to_owned();
    let run = move || {
        let heap = HeapConfig { stress, ..HeapConfig::default() };
        let options = Options { level, heap, ..Options::default() };
        let mut evaluator = Evaluator::new(options, Box::new(MemoryWorld::new()));
        let value = evaluator.evaluate(Origin::String, text.into_bytes(), b"/".to_vec());
        let value = value.map_err(|error| error.id())?;
        let shown = evaluator.machine().inspect(value, |shared, value| shared.show(value));
        Ok(String::from_utf8_lossy(&shown).into_owned())
    };
    let thread = std::thread::Builder::new().stack_size(NATIVE_STACK).spawn(run);
    thread.expect("a thread can be started").join().expect("the evaluation does not crash")
}

#[track_caller]
fn check(text: &str, expected: &str) {
    for level in [0, 1] {
        assert_eq!(evaluate(text, level, StressMode::Off).as_deref(), Ok(expected), "level {level}: {text}");
    }
}

#[track_caller]
fn fails(text: &str, id: DiagnosticId) {
    for level in [0, 1] {
        assert_eq!(evaluate(text, level, StressMode::Off), Err(id), "level {level}: {text}");
    }
}

#[test]
fn calls() {
    check("let f = n: if n == 0 then 0 else 1 + f (n - 1); in f 990000", "990000");
    fails("let f = n: if n == 0 then 0 else 1 + f (n - 1); in f 2000000", DiagnosticId::StackOverflow);
    fails("(x: x x) (x: x x)", DiagnosticId::StackOverflow);
    fails("let f = n: f (n + 1); in f 0", DiagnosticId::StackOverflow);
}

#[test]
fn thunks() {
    check(
        "builtins.foldl' (a: i: [ (builtins.head a + 1) ]) [ 0 ] (builtins.genList (i: i) 1000000)",
        "[ «thunk» ]",
    );
    check(
        "builtins.head (builtins.foldl' (a: i: [ (builtins.head a + 1) ]) [ 0 ] (builtins.genList (i: i) 1000000))",
        "1000000",
    );
}

#[test]
fn applications_made_by_map() {
    let text =
        "builtins.head (builtins.foldl' (a: i: map (x: x + 1) a) [ 0 ] (builtins.genList (i: i) 900000))";
    check(text, "900000");
}

#[test]
fn equality_of_deep_values() {
    let list = "builtins.foldl' (a: i: [ a ]) [ ] (builtins.genList (i: i) 990000)";
    check(&format!("({list}) == ({list})"), "true");
    let set = "builtins.foldl' (a: i: { inherit a; }) { } (builtins.genList (i: i) 990000)";
    check(&format!("({set}) == ({set})"), "true");
    let deeper = list.replace("990000", "1100000");
    fails(&format!("({deeper}) == ({deeper})"), DiagnosticId::StackOverflow);
}

#[test]
fn ordering_of_deep_values() {
    let list =
        |end: &str| format!("(builtins.foldl' (a: i: [ a ]) [ {end} ] (builtins.genList (i: i) 990000))");
    check(&format!("{} < {}", list("1"), list("2")), "true");
}

#[test]
fn deep_forcing() {
    let list = "builtins.foldl' (a: i: [ a ]) [ ] (builtins.genList (i: i) 1000000)";
    check(&format!("builtins.deepSeq ({list}) 1"), "1");
}

#[test]
fn serialisation() {
    let list = "builtins.foldl' (a: i: [ a ]) [ ] (builtins.genList (i: i) 990000)";
    check(&format!("builtins.stringLength (builtins.toJSON ({list}))"), "1980002");
    check(&format!("builtins.length (builtins.fromJSON (builtins.toJSON ({list})))"), "1");
    fails(&format!("builtins.stringLength (builtins.toXML ({list}))"), DiagnosticId::StackOverflow);
    check(&format!("builtins.stringLength (toString ({list}))"), "0");
}

#[test]
fn printing() {
    let run = || {
        let mut evaluator = Evaluator::new(Options::default(), Box::new(MemoryWorld::new()));
        let text = b"builtins.foldl' (a: i: [ a ]) [ ] (builtins.genList (i: i) 900000)".to_vec();
        let value = evaluator.evaluate(Origin::String, text, b"/".to_vec()).expect("a list");
        let value = evaluator.force_deep(value).expect("all of it");
        evaluator.print(value, PrintOptions::INSTANTIATE).expect("printable").len()
    };
    let thread = std::thread::Builder::new().stack_size(NATIVE_STACK).spawn(run);
    let length = thread.expect("a thread can be started").join().expect("printing does not crash");
    assert_eq!(length, "[ ".len() * 900_000 + "[ ]".len() + " ]".len() * 900_000);
}

#[test]
fn strings() {
    check("let s = n: if n == 0 then \"x\" else \"${s (n - 1)}\"; in s 900000", "\"x\"");
    let chain = "builtins.foldl' (a: i: { outPath = a; }) \"x\" (builtins.genList (i: i) 900000)";
    check(&format!("\"${{{chain}}}\""), "\"x\"");
}

#[test]
fn syntax() {
    let nested = |open: &str, close: &str, n: usize| format!("{}1{}", open.repeat(n), close.repeat(n));
    for n in [9_000, 1_000_000] {
        let result = evaluate(&nested("(", ")", n), 1, StressMode::Off);
        assert!(matches!(result, Ok(_) | Err(DiagnosticId::NestingTooDeep)), "{n}: {result:?}");
        let result = evaluate(&format!("builtins.length {}", nested("[", "]", n)), 1, StressMode::Off);
        assert!(matches!(result, Ok(_) | Err(DiagnosticId::NestingTooDeep)), "{n}: {result:?}");
    }
    let sum = vec!["1"; 1_000_000].join("+");
    let result = evaluate(&sum, 1, StressMode::Off);
    assert!(matches!(result.as_deref(), Ok("1000000") | Err(DiagnosticId::NestingTooDeep)), "{result:?}");
}

#[test]
fn a_stressed_collector_changes_nothing() {
    let text =
        "let f = n: if n == 0 then [ ] else [ (toString n) ] ++ f (n - 1); in builtins.length (f 2000)";
    assert_eq!(evaluate(text, 1, StressMode::On).as_deref(), Ok("2000"));
    assert_eq!(evaluate(text, 0, StressMode::On).as_deref(), Ok("2000"));
}
