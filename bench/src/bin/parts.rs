//! The parts by themselves: reading, resolving, compiling; calls, forces, selections, updates, hashes.
//!
//! The front end is measured on the files of a folder, beside rnix's tokenizer alone; the machine on loops, from whose
//! time that of the same loops without the operation in question is taken off.

use std::hint::black_box;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use nivose::Engine;
use nivose_base::{Pos, Symbols};
use nivose_bench::nix_files;
use nivose_compiler::{Compiler, Globals, Options, Source};
use nivose_syntax::print::PathBase;
use nivose_syntax::{ParseOptions, Room, parse_in};
use nix::time::{ClockId, clock_gettime};

const USAGE: &str = "\
usage: parts [-n ROUNDS] [--only TEXT] [FOLDER]

Measures the parts of the evaluator. FOLDER is where sources for the front end are looked for, all `.nix` files below
it; the workloads of this benchmark if none is given.
";

const ROUNDS: usize = 9;

fn main() -> ExitCode {
    let (mut rounds, mut only, mut folder) = (ROUNDS, String::new(), None);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "-n" => rounds = words.next().and_then(|n| n.parse().ok()).unwrap_or(ROUNDS),
            "--only" => only = words.next().unwrap_or_default(),
            path if !path.starts_with('-') => folder = Some(path.to_owned()),
            _ => {
                eprint!("{USAGE}");
                return ExitCode::FAILURE;
            }
        }
    }
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/workloads");
    front_end(Path::new(folder.as_deref().unwrap_or(own)), rounds, &only);
    machine(rounds, &only);
    ExitCode::SUCCESS
}

/// Seconds of the processor that each of some works takes: the least of rounds in which they take turns.
fn seconds(rounds: usize, works: &mut [&mut dyn FnMut()]) -> Vec<f64> {
    let mut least = vec![f64::INFINITY; works.len()];
    for _ in 0..rounds {
        for (work, least) in works.iter_mut().zip(&mut least) {
            let begin = processor_time();
            work();
            *least = least.min(processor_time() - begin);
        }
    }
    least
}

/// Seconds that this thread has had of the processor.
fn processor_time() -> f64 {
    let time = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID);
    time.map_or(f64::NAN, |time| time.tv_sec() as f64 + time.tv_nsec() as f64 / 1e9)
}

// --- the front end ---

/// A source that parses, and that rnix's tokenizer can be given.
struct Text {
    bytes: Vec<u8>,
}

fn front_end(folder: &Path, rounds: usize, only: &str) {
    if !"front end".contains(only) {
        return;
    }
    let texts: Vec<Text> = nix_files(folder)
        .iter()
        .filter_map(|file| Some(Text { bytes: std::fs::read(file).ok()? }))
        .filter(|text| std::str::from_utf8(&text.bytes).is_ok() && parses(&text.bytes))
        .collect();
    let bytes: usize = texts.iter().map(|text| text.bytes.len()).sum();
    println!("{} files, {:.1} MB", texts.len(), bytes as f64 / 1e6);
    let mut tokens = || {
        for text in &texts {
            let text = std::str::from_utf8(&text.bytes).unwrap_or_default();
            for token in rnix::tokenize(text) {
                black_box(token);
            }
        }
    };
    let mut parse = || read(&texts, false);
    let mut resolve = || read(&texts, true);
    let taken = seconds(rounds, &mut [&mut tokens, &mut parse, &mut resolve]);
    let speed = |seconds: f64| bytes as f64 / 1e6 / seconds;
    for (name, &seconds) in
        ["rnix: tokens alone", "tokens and tree", "tokens, tree, scopes, first chunk"].iter().zip(&taken)
    {
        println!(
            "{name:<36}{:>8.1} ms {:>7.0} MB/s {:>6.2} × rnix's tokens",
            seconds * 1e3,
            speed(seconds),
            seconds / taken[0]
        );
    }
}

fn options() -> ParseOptions<'static> {
    ParseOptions { pipe_operators: false, describe: &|offset| offset.to_string(), watch: &|_| Ok(()) }
}

fn parses(text: &[u8]) -> bool {
    parse_in(&mut Room::default(), text, Pos(1), &mut Symbols::new(), &options()).diagnostics.is_empty()
}

/// Parses all texts as an evaluation does, from cold names; goes on to the first chunk of each if that is asked for.
fn read(texts: &[Text], compile: bool) {
    let (mut symbols, mut room) = (Symbols::new(), Room::default());
    let globals = Arc::new(Globals::new([], [], &mut symbols));
    let mut compiler = Compiler::new(globals, Options::default());
    for text in texts {
        let parsed = parse_in(&mut room, &text.bytes, Pos(1), &mut symbols, &options());
        if !compile {
            black_box(&parsed);
            continue;
        }
        let paths = PathBase { directory: b"/", home: b"/" };
        // Without the builtins most sources have undefined variables, which are found all the same.
        if let Ok(mut unit) =
            compiler.analyse(parsed.tree, &symbols, Source { base: Pos(1), paths, scope: None })
        {
            black_box(compiler.compile(&mut unit, 0, &symbols).ok());
        }
    }
}

// --- the machine ---

/// A loop of so many rounds whose body is an expression of `i`, and may use what is bound before.
struct Part {
    name: &'static str,
    bindings: &'static str,
    body: &'static str,
    /// The body without what is measured.
    empty: &'static str,
}

const PARTS: &[Part] = &[
    Part { name: "call", bindings: "f = x: x;", body: "f i", empty: "i" },
    Part { name: "call with two arguments", bindings: "f = x: y: x;", body: "f i i", empty: "i" },
    Part {
        name: "call with a set pattern",
        bindings: "f = { a, b ? 1 }: a;",
        body: "f { a = i; }",
        empty: "i",
    },
    Part { name: "force", bindings: "f = x: x;", body: "f (i + 0)", empty: "f i" },
    Part { name: "select, one name", bindings: "s = { a = 1; b = 2; };", body: "s.b + i", empty: "i + i" },
    Part {
        name: "select, three names",
        bindings: "s = { a.b.c = 1; };",
        body: "s.a.b.c + i",
        empty: "i + i",
    },
    Part { name: "select from 1000 names", bindings: WIDE, body: "s.n500 + i", empty: "i + i" },
    Part { name: "with", bindings: "s = { a = 1; b = 2; };", body: "with s; b + i", empty: "i + i" },
    Part { name: "make a set of 4", bindings: "", body: "{ a = i; b = i; c = i; d = i; }", empty: "i" },
    Part {
        name: "update 4 with 2",
        bindings: "s = { a = 1; b = 2; c = 3; d = 4; };",
        body: "s // { b = i; e = i; }",
        empty: "{ b = i; e = i; }",
    },
    Part { name: "update 1000 with 1", bindings: WIDE, body: "s // { x = i; }", empty: "{ x = i; }" },
    Part { name: "append to a list of 4", bindings: "l = [ 1 2 3 4 ];", body: "l ++ [ i ]", empty: "[ i ]" },
    Part { name: "interpolate", bindings: "", body: "\"a${toString i}b\"", empty: "toString i" },
    Part {
        name: "hash 1 kB (SHA-256)",
        bindings: KILOBYTE,
        body: "builtins.hashString \"sha256\" \"${text}${toString i}\"",
        empty: "\"${text}${toString i}\"",
    },
];

const WIDE: &str =
    "s = builtins.listToAttrs (builtins.genList (n: { name = \"n${toString n}\"; value = n; }) 1000);";
const KILOBYTE: &str = "text = builtins.concatStringsSep \"\" (builtins.genList (n: \"0123456789\") 100);";

/// Rounds of each loop.
const LOOPS: usize = 100_000;

fn machine(rounds: usize, only: &str) {
    let engine = Engine::new();
    for part in PARTS.iter().filter(|part| part.name.contains(only)) {
        let mut with = || evaluate(&engine, part, part.body);
        let mut without = || evaluate(&engine, part, part.empty);
        let taken = seconds(rounds, &mut [&mut with, &mut without]);
        println!("{:<36}{:>8.0} ns", part.name, (taken[0] - taken[1]) / LOOPS as f64 * 1e9);
    }
}

fn evaluate(engine: &Engine, part: &Part, body: &str) {
    let Part { bindings, .. } = part;
    let source = format!(
        "let {bindings} step = sum: i: builtins.seq i (if ({body}) == null then sum else sum + 1); \
         in builtins.foldl' step 0 (builtins.genList (i: i) {LOOPS})"
    );
    let value = engine.start().evaluate(source).and_then(|value| value.as_int());
    assert_eq!(value.ok(), Some(LOOPS as i64), "{body}");
}
