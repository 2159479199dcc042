//! How evaluation time grows with size: `cargo run --profile quick -p nivose --example growth [NAME]`.
//!
//! Each program is evaluated at four sizes, each twice the one before; the smallest is such that it takes a while. The
//! exponent is that of the power of the size which fits the times: 1 is linear, n log n a little more, 2 quadratic. It
//! fails if one is above 1.5. What is printed is a table in Markdown. For people and benchmarks, not for tests: time is
//! measured.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use nivose::raw::{Evaluator, Options, Origin};
use nivose::world::MemoryWorld;

/// Doublings from the smallest to the largest size.
const DOUBLINGS: u32 = 3;

/// Attempts per size, of which the fastest counts.
const ATTEMPTS: usize = 3;

/// The least time of the smallest size: the clock of a thread goes in steps of some milliseconds.
const LEAST: Duration = Duration::from_millis(30);

/// What takes longer is evaluated once only.
const LONG: Duration = Duration::from_millis(500);

/// After this, no larger size is tried.
const TOO_LONG: Duration = Duration::from_secs(2);

/// Smallest sizes are not greater than this.
const LARGEST: usize = 1 << 21;

/// Sources are not longer than this.
const LONGEST: usize = 200 << 20;

struct Case {
    name: &'static str,
    /// The smallest size to begin with.
    size: usize,
    program: fn(usize) -> String,
}

/// Cases that nest or search, and the greatest size that the limits of depth and steps allow.
const LIMITED: &[(&str, usize)] = &[
    ("deep attribute paths", 99_000),
    ("deep recursion", 990_000),
    ("failed deep recursion", 990_000),
    ("genericClosure, lists", 1_000_000),
    ("match", 1_000_000),
    ("tail walk", 990_000),
];

fn repeated(n: usize, piece: impl Fn(usize) -> String) -> String {
    (0..n).map(piece).collect()
}

fn fold(body: &str, start: &str, n: usize) -> String {
    format!("builtins.foldl' (a: x: {body}) {start} (builtins.genList (x: x) {n})")
}

fn set(n: usize) -> String {
    format!("builtins.listToAttrs (builtins.genList (x: {{ name = \"n${{toString x}}\"; value = x; }}) {n})")
}

fn text(n: usize) -> String {
    format!("builtins.concatStringsSep \"\" (builtins.genList (x: \"ab\") {n})")
}

const CASES: &[Case] = &[
    Case {
        name: "update fold",
        size: 40_000,
        program: |n| fold("a // { ${\"n${toString x}\"} = x; }", "{ }", n),
    },
    Case {
        name: "update fold, right",
        size: 40_000,
        program: |n| fold("{ ${\"n${toString x}\"} = x; } // a", "{ }", n),
    },
    Case { name: "concat fold", size: 200_000, program: |n| fold("a ++ [ x ]", "[ ]", n) },
    Case { name: "concat fold, right", size: 200_000, program: |n| fold("[ x ] ++ a", "[ ]", n) },
    Case { name: "string fold", size: 400_000, program: |n| fold("a + \"some text\"", "\"\"", n) },
    Case {
        name: "string fold, interpolated",
        size: 100_000,
        program: |n| fold("\"${a}some text\"", "\"\"", n),
    },
    Case { name: "string fold, right", size: 400_000, program: |n| fold("\"some text\" + a", "\"\"", n) },
    Case { name: "string fold, both sides", size: 400_000, program: |n| fold("\"<${a}>\"", "\"\"", n) },
    Case {
        name: "string fold, contexts",
        size: 2000,
        program: |n| {
            let element = "builtins.unsafeDiscardOutputDependency (derivation { name = toString x; system = \"s\"; builder = \"b\"; }).drvPath";
            let list = format!("builtins.sort (a: b: a < b) (builtins.genList (x: {element}) {n})");
            format!("builtins.hasContext (builtins.foldl' (a: x: \"${{a}}${{x}}\") \"\" ({list}))")
        },
    },
    Case { name: "listToAttrs", size: 20_000, program: set },
    Case {
        name: "attrNames",
        size: 20_000,
        program: |n| format!("builtins.length (builtins.attrNames ({}))", set(n)),
    },
    Case {
        name: "mapAttrs",
        size: 20_000,
        program: |n| format!("builtins.deepSeq (builtins.mapAttrs (n: v: v) ({})) 1", set(n)),
    },
    Case {
        name: "with",
        size: 4000,
        program: |n| format!("with {}; builtins.deepSeq [ {} ] 1", set(n), repeated(n, |i| format!("n{i} "))),
    },
    Case {
        name: "select",
        size: 4000,
        program: |n| {
            format!("let s = {}; in builtins.deepSeq [ {} ] 1", set(n), repeated(n, |i| format!("s.n{i} ")))
        },
    },
    Case {
        name: "elem",
        size: 50_000,
        program: |n| format!("builtins.elem (-1) (builtins.genList (x: x) {n})"),
    },
    Case {
        name: "genericClosure, integers",
        size: 10_000,
        program: |n| {
            format!(
                "builtins.length (builtins.genericClosure {{ startSet = [ {{ key = 0; }} ]; operator = x: if x.key < {n} then [ {{ key = x.key + 1; }} ] else [ ]; }})"
            )
        },
    },
    Case {
        name: "genericClosure, lists",
        size: 5000,
        program: |n| {
            format!(
                "builtins.length (builtins.genericClosure {{ startSet = [ {{ key = [ 0 ]; n = 0; }} ]; operator = x: if x.n < {n} then [ {{ key = [ (builtins.bitAnd ((x.n + 1) * 7919) 1048575) ]; n = x.n + 1; }} ] else [ ]; }})"
            )
        },
    },
    Case {
        name: "sort",
        size: 20_000,
        program: |n| {
            format!(
                "builtins.length (builtins.sort (a: b: a < b) (builtins.genList (x: builtins.bitAnd (x * 7919) 65535) {n}))"
            )
        },
    },
    Case {
        name: "sort, sorted",
        size: 20_000,
        program: |n| {
            format!("builtins.length (builtins.sort builtins.lessThan (builtins.genList (x: x) {n}))")
        },
    },
    Case {
        name: "replaceStrings",
        size: 100_000,
        program: |n| {
            format!(
                "builtins.stringLength (builtins.replaceStrings [ \"x\" \"b\" ] [ \"y\" \"ccc\" ] ({}))",
                text(n)
            )
        },
    },
    Case {
        name: "replaceStrings, empty",
        size: 50_000,
        program: |n| {
            format!("builtins.stringLength (builtins.replaceStrings [ \"\" ] [ \"-\" ] ({}))", text(n))
        },
    },
    Case {
        name: "concatStringsSep",
        size: 50_000,
        program: |n| format!("builtins.stringLength ({})", text(n)),
    },
    Case {
        name: "split",
        size: 20_000,
        program: |n| format!("builtins.length (builtins.split \"b\" ({}))", text(n)),
    },
    Case { name: "match", size: 50_000, program: |n| format!("builtins.match \"((a|b)*)c?\" ({})", text(n)) },
    Case {
        name: "substrings",
        size: 20_000,
        program: |n| {
            format!(
                "let s = {}; in builtins.foldl' (a: x: a + builtins.stringLength (builtins.substring x 3 s)) 0 (builtins.genList (x: x) {n})",
                text(n)
            )
        },
    },
    Case {
        name: "tail walk",
        size: 100_000,
        program: |n| {
            format!(
                "let go = l: if l == [ ] then 0 else go (builtins.tail l); in go (builtins.genList (x: x) {n})"
            )
        },
    },
    Case {
        name: "deep attribute paths",
        size: 5000,
        program: |n| {
            repeated(50, |_| format!("{{ {}z = 1; }}.a0 // ", repeated(n, |i| format!("a{i}.")))) + "{ }"
        },
    },
    Case {
        name: "deep selection",
        size: 20_000,
        program: |n| format!("let a = {{ inherit a; }}; in a{}", ".a".repeat(n)),
    },
    Case {
        name: "long let",
        size: 10_000,
        program: |n| format!("let a0 = 0; {} in a{n}", repeated(n, |i| format!("a{} = a{i} + 1; ", i + 1))),
    },
    Case {
        name: "long rec",
        size: 10_000,
        program: |n| {
            format!("(rec {{ a0 = 0; {} }}).a{n}", repeated(n, |i| format!("a{} = a{i} + 1; ", i + 1)))
        },
    },
    Case {
        name: "long set",
        size: 20_000,
        program: |n| format!("{{ {} }}", repeated(n, |i| format!("a{i} = {i}; "))),
    },
    Case {
        name: "merged set",
        size: 10_000,
        program: |n| format!("{{ {} }}", repeated(n, |i| format!("a.a{i} = {i}; "))),
    },
    Case {
        name: "long list",
        size: 50_000,
        program: |n| format!("builtins.length [ {} ]", repeated(n, |i| format!("{i} "))),
    },
    Case {
        name: "long line, error at its end",
        size: 50_000,
        program: |n| format!("builtins.tryEval [ {} (throw \"x\") ]", repeated(n, |i| format!("{i} "))),
    },
    Case {
        name: "many lines",
        size: 20_000,
        program: |n| format!("{{ {} }}", repeated(n, |i| format!("a{i} = x: y: x.b{i}\n  + y;\n"))),
    },
    Case {
        name: "positions",
        size: 5000,
        program: |n| {
            format!(
                "let s = {{ {} }}; in builtins.deepSeq (map (n: builtins.unsafeGetAttrPos n s) (builtins.attrNames s)) 1",
                repeated(n, |i| format!("a{i} = 1;\n"))
            )
        },
    },
    Case {
        name: "many formals",
        size: 2000,
        program: |n| {
            format!(
                "({{ {} ... }}: a1) {{ {} }}",
                repeated(n, |i| format!("a{i} ? 1, ")),
                repeated(n, |i| format!("a{i} = 2; "))
            )
        },
    },
    Case {
        name: "one large file",
        size: 5000,
        program: |n| {
            let binding = |i| {
                format!(
                    "  # Comment {i}.\n  p{i} = {{ lib, version ? \"1.{i}\", ... }}@args: lib.mk (rec {{\n    name = \"p-${{version}}\";\n    inputs = [ args.a{i} lib.b ] ++ args.c or [ ];\n    script = ''\n      make -j ${{toString {i}}}\n    '';\n  }} // args);\n"
                )
            };
            format!("builtins.length (builtins.attrNames {{\n{}}})", repeated(n, binding))
        },
    },
    Case {
        name: "long text",
        size: 100_000,
        program: |n| format!("builtins.stringLength ''\n{}''", "    some words in a line\n".repeat(n)),
    },
    Case {
        name: "imports of one file",
        size: 100_000,
        program: |n| format!("builtins.foldl' (a: x: a + import /file.nix) 0 (builtins.genList (x: x) {n})"),
    },
    Case {
        name: "imports of many files",
        size: 5000,
        program: |n| {
            format!(
                "builtins.foldl' (a: x: a + import (builtins.toFile \"f\" (toString x))) 0 (builtins.genList (x: x) {n})"
            )
        },
    },
    Case {
        name: "deepSeq",
        size: 50_000,
        program: |n| format!("builtins.deepSeq (builtins.genList (x: [ x {{ a = x; }} ]) {n}) 1"),
    },
    Case {
        name: "toString of a list",
        size: 50_000,
        program: |n| format!("builtins.stringLength (toString (builtins.genList (x: x) {n}))"),
    },
    Case {
        name: "concatMap",
        size: 20_000,
        program: |n| {
            format!("builtins.length (builtins.concatMap (x: [ x x ]) (builtins.genList (x: x) {n}))")
        },
    },
    Case {
        name: "concatLists",
        size: 20_000,
        program: |n| format!("builtins.length (builtins.concatLists (builtins.genList (x: [ x x ]) {n}))"),
    },
    Case {
        name: "partition",
        size: 20_000,
        program: |n| format!("(builtins.partition (x: x > 7) (builtins.genList (x: x) {n})).wrong"),
    },
    Case {
        name: "equality",
        size: 20_000,
        program: |n| format!("builtins.genList (x: [ x ]) {n} == builtins.genList (x: [ x ]) {n}"),
    },
    Case {
        name: "toJSON",
        size: 20_000,
        program: |n| {
            format!(
                "builtins.stringLength (builtins.toJSON (builtins.genList (x: {{ a = x; b = \"text\"; }}) {n}))"
            )
        },
    },
    Case {
        name: "fromJSON",
        size: 20_000,
        program: |n| {
            format!(
                "builtins.length (builtins.fromJSON (builtins.toJSON (builtins.genList (x: {{ a = x; b = \"text\"; }}) {n})))"
            )
        },
    },
    Case {
        name: "fromTOML",
        size: 5000,
        program: |n| {
            format!(
                "builtins.fromTOML (builtins.concatStringsSep \"\\n\" (builtins.genList (x: \"a.b${{toString x}} = 1\") {n}))"
            )
        },
    },
    Case {
        name: "groupBy",
        size: 20_000,
        program: |n| {
            format!("builtins.groupBy (x: toString (builtins.bitAnd x 1023)) (builtins.genList (x: x) {n})")
        },
    },
    Case {
        name: "zipAttrsWith",
        size: 5000,
        program: |n| {
            format!(
                "builtins.deepSeq (builtins.zipAttrsWith (n: builtins.length) (builtins.genList (x: {{ a = x; ${{\"n${{toString x}}\"}} = x; }}) {n})) 1"
            )
        },
    },
    Case {
        name: "removeAttrs",
        size: 10_000,
        program: |n| format!("let s = {}; in removeAttrs s (builtins.attrNames s)", set(n)),
    },
    Case {
        name: "intersectAttrs",
        size: 10_000,
        program: |n| format!("let s = {}; in builtins.intersectAttrs s s", set(n)),
    },
    Case {
        name: "deep recursion",
        size: 20_000,
        program: |n| format!("let f = n: if n == 0 then 0 else 1 + f (n - 1); in f {n}"),
    },
    Case {
        name: "failed deep recursion",
        size: 20_000,
        program: |n| {
            format!(
                "let f = n: if n == 0 then throw \"x\" else 1 + f (n - 1); in (builtins.tryEval (f {n})).success"
            )
        },
    },
    Case {
        name: "compareVersions",
        size: 20_000,
        program: |n| {
            format!(
                "let s = builtins.concatStringsSep \".\" (builtins.genList toString {n}); in builtins.compareVersions s (s + \".1\")"
            )
        },
    },
    Case {
        name: "toXML",
        size: 20_000,
        program: |n| {
            format!("builtins.stringLength (builtins.toXML (builtins.genList (x: {{ a = x; }}) {n}))")
        },
    },
    Case {
        name: "contexts, joined",
        size: 2000,
        program: |n| {
            format!(
                "builtins.stringLength (builtins.concatStringsSep \"\" (builtins.genList (x: builtins.toFile \"f${{toString x}}\" \"\") {n}))"
            )
        },
    },
    Case {
        name: "inputs of a derivation",
        size: 2000,
        program: |n| {
            format!(
                "(derivation {{ name = \"n\"; system = \"s\"; builder = \"b\"; all = builtins.genList (x: builtins.toFile \"f${{toString x}}\" \"\") {n}; }}).drvPath"
            )
        },
    },
    Case {
        name: "contexts, folded",
        size: 300,
        program: |n| {
            format!(
                "builtins.stringLength (builtins.foldl' (a: x: a + \"${{derivation {{ name = \"n${{toString x}}\"; system = \"s\"; builder = \"b\"; }}}}\") \"\" (builtins.genList (x: x) {n}))"
            )
        },
    },
];

/// The time that this thread had a processor, where the system tells it, so that others disturb less.
fn processor_time(begun: Instant) -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let told = told.as_deref().and_then(|text| text.split_whitespace().next()?.parse().ok());
    told.map_or_else(|| begun.elapsed(), Duration::from_nanos)
}

/// The time of one evaluation.
fn time(program: &str) -> Duration {
    let world = MemoryWorld::new().with_file("/file.nix", "1");
    let mut evaluator = Evaluator::new(Options::default(), Box::new(world));
    let start = Instant::now();
    let begun = processor_time(start);
    let result = evaluator.evaluate(Origin::String, program.into(), b"/".to_vec());
    let taken = processor_time(start).saturating_sub(begun);
    assert!(result.is_ok(), "{:?}", result.map_err(|error| error.text().into_owned()));
    taken
}

/// The smallest size at which a case takes long enough to be measured, if there is one within the limits.
fn smallest_size(case: &Case) -> usize {
    let limited = LIMITED.iter().find(|(name, _)| *name == case.name).map(|(_, most)| *most);
    let most = limited.unwrap_or(usize::MAX) >> DOUBLINGS;
    let mut size = case.size;
    loop {
        let program = (case.program)(size);
        let is_long = program.len() << DOUBLINGS > LONGEST / 2;
        if 2 * size > most || size >= LARGEST || is_long || time(&program) >= LEAST {
            return size;
        }
        size *= 2;
    }
}

/// The least of a few evaluations of a program, of one if it takes long.
fn least(program: &str) -> Duration {
    let first = time(program);
    let others = if first > LONG { 0 } else { ATTEMPTS - 1 };
    (0..others).map(|_| time(program)).fold(first, Duration::min)
}

/// The times at the sizes, fewer if it takes too long, and the exponent.
fn measure(case: &Case, size: usize) -> (Vec<Duration>, f64) {
    let mut times = Vec::new();
    while times.len() <= DOUBLINGS as usize && times.last().is_none_or(|&last| last < TOO_LONG) {
        times.push(least(&(case.program)(size << times.len())));
    }
    let seconds = |time: Option<&Duration>| time.map_or(0.001, |time| time.as_secs_f64().max(0.001));
    let doublings = (times.len() - 1).max(1) as f64;
    let exponent = (seconds(times.last()) / seconds(times.first())).log2() / doublings;
    (times, exponent)
}

fn main() -> ExitCode {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    let mut quadratic = 0;
    println!("| | *n* | at *n* | at 2 *n* | at 4 *n* | at 8 *n* | grows like |");
    println!("|---|---:|---:|---:|---:|---:|---|");
    for case in CASES.iter().filter(|case| case.name.contains(&wanted)) {
        let size = smallest_size(case);
        let (times, exponent) = measure(case, size);
        let mut shown: Vec<String> =
            times.iter().map(|time| format!("{:.0} ms", time.as_secs_f64() * 1000.0)).collect();
        shown.resize(DOUBLINGS as usize + 1, String::new());
        let power = format!("*n*^{exponent:.2}");
        let power = if exponent > 1.5 { format!("**{power}**") } else { power };
        println!("| {} | {size} | {} | {power} |", case.name, shown.join(" | "));
        quadratic += usize::from(exponent > 1.5);
    }
    if quadratic == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
