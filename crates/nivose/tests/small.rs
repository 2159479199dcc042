//! Small programs through the whole machine, with a world in memory: few enough steps that each can be interpreted by
//! Miri, at both levels, and with a collector that runs at every safe point.

use nivose::raw::{Evaluator, HeapConfig, Options, Origin, PrintOptions, StressMode};
use nivose::world::MemoryWorld;

/// Programs and their values.
const PROGRAMS: &[(&str, &str)] = &[
    ("1 + 2 * 3 - 4 / 2", "5"),
    ("9223372036854775807 - 1", "9223372036854775806"),
    ("0.5 + 1", "1.5"),
    ("let f = n: if n == 0 then 0 else n + f (n - 1); in f 20", "210"),
    ("let loop = n: acc: if n == 0 then acc else loop (n - 1) (acc + n); in loop 30 0", "465"),
    ("(a: b: c: a - b - c) 9 3 1", "5"),
    ("let add = a: b: c: a + b + c; g = add 1; h = g 2; in h 3 + h 4", "13"),
    ("({ a, b ? a + 1, ... }@all: a + b + all.c) { a = 1; c = 3; }", "6"),
    ("let s = { __functor = self: x: self.k + x; k = 1; }; in s 2", "3"),
    ("rec { a = b; b = 1; c.d.e = a + b; }.c.d.e", "2"),
    ("({ a = 1; b = 2; } // { b = 3; c = 4; }).b", "3"),
    ("let s = { a.b = 1; }; in [ (s.a.b or 2) (s.x.y or 3) (s ? a.b) (s ? c) ]", "[ 1 3 true false ]"),
    ("with { x = 1; }; with { y = 2; }; x + y", "3"),
    ("let x = throw \"never\"; in builtins.length [ x x ]", "2"),
    ("(builtins.tryEval (throw \"x\")).success", "false"),
    ("(builtins.tryEval (assert 1 == 2; 3)).value", "false"),
    ("\"a${\"b\" + \"c\"}d${toString [ 1 2 ]}\"", "\"abcd1 2\""),
    ("''\n  indented\n    text ${toString 1}\n''", "\"indented\\n  text 1\\n\""),
    ("[ 1 2 ] ++ [ (1 + 2) ] ++ [ ]", "[ 1 2 3 ]"),
    ("[ 1 [ 2 { a = 3; } ] ] == [ 1 [ 2 { a = 3; } ] ]", "true"),
    ("builtins.map (x: x * x) [ 1 2 3 ]", "[ 1 4 9 ]"),
    ("builtins.filter (x: x > 1) [ 1 2 3 ]", "[ 2 3 ]"),
    ("builtins.foldl' (a: b: a + b) 0 (builtins.genList (x: x) 10)", "45"),
    ("builtins.sort (a: b: a < b) [ 3 1 2 5 4 ]", "[ 1 2 3 4 5 ]"),
    ("builtins.concatMap (x: [ x x ]) [ 1 2 ]", "[ 1 1 2 2 ]"),
    ("builtins.groupBy (x: if x > 1 then \"b\" else \"a\") [ 1 2 3 ]", "{ a = [ 1 ]; b = [ 2 3 ]; }"),
    ("builtins.mapAttrs (n: v: n + v) { a = \"1\"; b = \"2\"; }", "{ a = \"a1\"; b = \"b2\"; }"),
    (
        "builtins.listToAttrs [ { name = \"x\"; value = 1; } { name = \"y\"; value = 2; } ]",
        "{ x = 1; y = 2; }",
    ),
    ("builtins.removeAttrs { a = 1; b = 2; } [ \"a\" ]", "{ b = 2; }"),
    ("builtins.intersectAttrs { a = 0; } { a = 1; b = 2; }", "{ a = 1; }"),
    ("builtins.zipAttrsWith (n: v: v) [ { a = 1; } { a = 2; b = 3; } ]", "{ a = [ 1 2 ]; b = [ 3 ]; }"),
    (
        "map (e: e.key) (builtins.genericClosure { startSet = [ { key = 1; } ]; operator = e: if e.key < 8 then [ { key = e.key * 2; } { key = 1; } ] else [ ]; })",
        "[ 1 2 4 8 ]",
    ),
    ("builtins.match \"(a+)(b*)\" \"aab\"", "[ \"aa\" \"b\" ]"),
    ("builtins.split \"[,;]\" \"a,b;c\"", "[ \"a\" [ ] \"b\" [ ] \"c\" ]"),
    ("builtins.replaceStrings [ \"a\" \"bc\" ] [ \"x\" \"\" ] \"abcd\"", "\"xd\""),
    ("builtins.substring 1 2 \"abcd\"", "\"bc\""),
    ("builtins.toJSON { a = [ 1 null true \"x\" 1.5 ]; }", "\"{\\\"a\\\":[1,null,true,\\\"x\\\",1.5]}\""),
    ("builtins.fromJSON \"{\\\"a\\\": [1, {\\\"b\\\": null}]}\"", "{ a = [ 1 { b = null; } ]; }"),
    ("builtins.fromTOML \"a = 1\\n[b]\\nc = [true]\"", "{ a = 1; b = { c = [ true ]; }; }"),
    ("builtins.hashString \"md5\" \"a\"", "\"0cc175b9c0f1b6a831c399e269772661\""),
    ("builtins.compareVersions \"1.10\" \"1.9\"", "1"),
    ("import /d + import /d/a.nix", "3"),
    ("builtins.readFile /d/text", "\"text\""),
    ("builtins.attrNames (builtins.readDir /d)", "[ \"a.nix\" \"default.nix\" \"text\" ]"),
    ("builtins.length (builtins.genList (i: [ i { a = i; } \"${toString i}\" ]) 40)", "40"),
    (
        "let xs = builtins.genList (i: { v = i; next = builtins.elemAt xs ((i + 1) / 1 - (if i == 4 then 5 else 0)); }) 5; in (builtins.head xs).next.next.next.next.next.v",
        "0",
    ),
];

fn world() -> MemoryWorld {
    MemoryWorld::new()
        .with_file("/d/default.nix", "1")
        .with_file("/d/a.nix", "import ./. + 1")
        .with_file("/d/text", "text")
}

fn value(evaluator: &mut Evaluator, text: &str) -> String {
    let result = evaluator
        .evaluate(Origin::String, text.into(), b"/d".to_vec())
        .and_then(|value| evaluator.force_deep(value))
        .and_then(|value| evaluator.print(value, PrintOptions::INSTANTIATE));
    match result {
        Ok(text) => String::from_utf8_lossy(&text).into_owned(),
        Err(error) => error.text().into_owned(),
    }
}

fn all(level: u8, stress: StressMode) {
    let heap = HeapConfig { stress, ..HeapConfig::default() };
    let mut evaluator = Evaluator::new(Options { level, heap, ..Options::default() }, Box::new(world()));
    for (text, expected) in PROGRAMS {
        assert_eq!(value(&mut evaluator, text), *expected, "{text}");
    }
    evaluator.machine().collect_garbage();
    assert_eq!(value(&mut evaluator, "1 / 0"), "division by zero");
}

#[test]
fn base_instructions() {
    all(0, StressMode::Off);
}

#[test]
fn all_instructions() {
    all(1, StressMode::Off);
}

#[test]
fn with_a_collector_that_always_runs() {
    all(1, StressMode::On);
}
