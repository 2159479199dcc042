//! Dialogues as they look on the screen: `tests/repl/NAME.repl`. `REPL_BLESS=1` writes what is shown now after each input;
//! without an input's answer that is how a new one is made.

use std::fs;
use std::path::{Path, PathBuf};

use nivose::raw::{Evaluator, Options};
use nivose::world::MemoryWorld;
use nivose_base::render::{RenderOptions, render};
use nivose_repl::{Repl, Reply};

const PROMPT: &str = "nix-repl> ";
const CONTINUATION: &str = "          ";

fn evaluator() -> Evaluator {
    let world = MemoryWorld::new()
        .with_file("/work/set.nix", "{ one = 1; two = { three = 3; }; }")
        .with_file("/work/function.nix", "{ n ? 5 }: { inherit n; }")
        .with_file("/work/broken.nix", "{ a = ")
        .with_current_directory("/work");
    Evaluator::new(Options::default(), Box::new(world))
}

/// The inputs of a transcript: the lines after a prompt, and those that go on.
fn inputs(text: &str) -> Vec<String> {
    let mut inputs: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in text.lines() {
        if let Some(first) = line.strip_prefix(PROMPT.trim_end()) {
            inputs.push(first.strip_prefix(' ').unwrap_or(first).into());
            goes_on = true;
        } else if let (true, Some(next), Some(input)) =
            (goes_on, line.strip_prefix(CONTINUATION), inputs.last_mut())
        {
            input.push('\n');
            input.push_str(next);
        } else {
            goes_on = false;
        }
    }
    inputs
}

fn shown(evaluator: &mut Evaluator, reply: Reply, traces: bool) -> Vec<u8> {
    match reply {
        Reply::Text(text) => text,
        Reply::Ended => b"(end)\n".to_vec(),
        Reply::Failed(error) | Reply::Incomplete(error) => {
            let error = evaluator.explain(error);
            let options = RenderOptions { show_trace: traces, colour: false, width: None };
            let mut text = render(&error, &evaluator.machine().shared.sources, options);
            text.push(b'\n');
            text
        }
    }
}

fn play(text: &str) -> String {
    let mut evaluator = evaluator();
    let mut repl = Repl::new(b"/work".to_vec());
    let mut out = String::new();
    for input in inputs(text) {
        let reply = repl.line(&mut evaluator, &input);
        let shown = shown(&mut evaluator, reply, repl.shows_traces());
        out.push_str(&format!("{PROMPT}{}\n", input.replace('\n', &format!("\n{CONTINUATION}"))));
        out.push_str(&String::from_utf8_lossy(&shown));
        out.push('\n');
    }
    out
}

fn transcripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/repl");
    let entries = fs::read_dir(folder).expect("a folder of transcripts");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "repl"));
    files.sort();
    files
}

#[test]
fn dialogues_are_as_written() {
    let bless = std::env::var_os("REPL_BLESS").is_some();
    let files = transcripts();
    assert!(!files.is_empty());
    for file in files {
        let expected = fs::read_to_string(&file).expect("a transcript");
        let found = play(&expected);
        if bless {
            fs::write(&file, found).expect("a transcript that can be written");
        } else {
            assert_eq!(found, expected, "{}", file.display());
        }
    }
}

/// Pieces of lines that are put together at random, many of them senseless.
const PIECES: &[&str] = &[
    "x",
    "=",
    "1",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ";",
    "inherit",
    ".",
    "\"",
    "''",
    "${",
    ":",
    ":a ",
    ":p ",
    ":t ",
    ":l ",
    ":r",
    ":ll",
    ":te",
    ":doc ",
    ":ast ",
    ":disas ",
    ":time ",
    ":nope",
    "let",
    "in",
    "rec",
    "throw \"x\"",
    "x.y",
    "\u{e9}",
    "\0",
    " ",
    "\n",
    "+",
    "==",
    "map",
    "set.nix",
    "<a>",
    "with",
];

#[test]
fn no_line_panics_and_a_failed_one_changes_nothing() {
    let mut evaluator = evaluator();
    let mut repl = Repl::new(b"/work".to_vec());
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    for _ in 0..3_000 {
        let line: String = (0..=random(8)).map(|_| PIECES[random(PIECES.len())]).collect();
        let before = repl.complete(&mut evaluator, "x");
        let is_reload = line.trim().starts_with(":r");
        let reply = repl.line(&mut evaluator, &line);
        if matches!(reply, Reply::Failed(_) | Reply::Incomplete(_)) && !is_reload {
            assert_eq!(repl.complete(&mut evaluator, "x"), before, "{line:?}");
        }
        repl.complete(&mut evaluator, &line);
    }
}

#[test]
fn what_is_not_needed_any_more_is_let_go() {
    const LINES: &[&str] = &[
        "x = 1",
        "{ a = { }; }",
        "x = x + 1",
        ":p [ [ x ] ]",
        ":a { y = 1; }",
        ":a 1",
        "1 +",
        "throw \"x\"",
    ];
    let mut evaluator = evaluator();
    let mut repl = Repl::new(b"/work".to_vec());
    let mut play = |evaluator: &mut Evaluator, lines: &[&str]| {
        for line in lines {
            repl.line(evaluator, line);
        }
        evaluator.machine().handle_count()
    };
    let before = evaluator.machine().handle_count();
    assert_eq!(play(&mut evaluator, &[":a 1"]), before);
    let count = play(&mut evaluator, LINES);
    for _ in 0..100 {
        assert_eq!(play(&mut evaluator, LINES), count);
    }
}

#[test]
fn names_are_completed() {
    let mut evaluator = evaluator();
    let mut repl = Repl::new(b"/work".to_vec());
    repl.line(&mut evaluator, "mapping = 1");
    let words = |repl: &Repl, evaluator: &mut Evaluator, line: &str| repl.complete(evaluator, line);
    assert_eq!(words(&repl, &mut evaluator, "1 + ma").words, ["map", "mapping"]);
    assert_eq!(words(&repl, &mut evaluator, "1 + ma").start, 4);
    assert_eq!(words(&repl, &mut evaluator, ":t").words, [":t", ":te", ":time", ":trace-enable"]);
    assert!(words(&repl, &mut evaluator, "").words.is_empty());
}

#[test]
fn attributes_are_completed_as_long_as_that_is_quick() {
    let mut evaluator = evaluator();
    let mut repl = Repl::new(b"/work".to_vec());
    repl.line(&mut evaluator, "s = { a = { one = 1; other = 2; \"no name\" = 3; }; f = throw \"no\"; }");
    repl.line(&mut evaluator, "endless = let f = x: f (x + 1); in f 0");
    let found = repl.complete(&mut evaluator, "1 + s.a.o");
    assert_eq!((found.start, found.words), (8, vec!["one".into(), "other".into()]));
    assert_eq!(repl.complete(&mut evaluator, "s.").words, ["a", "f"]);
    assert_eq!(repl.complete(&mut evaluator, "s.a.").words, ["one", "other"]);
    for line in ["s.f.", "s.a.one.", "nope.a", "endless.", ".", "1.", "builtins.nope"] {
        assert!(repl.complete(&mut evaluator, line).words.is_empty(), "{line}");
    }
    assert_eq!(repl.complete(&mut evaluator, "builtins.concatM").words, ["concatMap"]);
    // What was not finished is not failed.
    assert!(matches!(repl.line(&mut evaluator, "s.a.one"), Reply::Text(text) if text == b"1\n"));
}

#[test]
fn values_are_shown_in_colours_if_they_are_wanted() {
    let mut evaluator = evaluator();
    let mut repl = Repl::new(b"/work".to_vec()).with_colours(true);
    let Reply::Text(text) = repl.line(&mut evaluator, "[ 1 \"a\" /p (x: x) { a = 1; } (throw \"no\") ]")
    else {
        panic!("no value");
    };
    let expected = "[\n  \x1b[36;1m1\x1b[0m\n  \x1b[35;1m\"a\"\x1b[0m\n  \x1b[32;1m/p\x1b[0m\n  \
        \x1b[34;1m«lambda @ «string»:1:13»\x1b[0m\n  \x1b[2m{ ... }\x1b[0m\n  \x1b[31;1m«error: no»\x1b[0m\n]\n";
    assert_eq!(String::from_utf8_lossy(&text), expected);
}

#[test]
fn each_line_has_the_steps_that_it_may_take() {
    let mut evaluator = evaluator();
    let mut repl = Repl::new(b"/work".to_vec()).with_step_limit(Some(10_000));
    for _ in 0..3 {
        let endless = repl.line(&mut evaluator, "let f = x: f (x + 1); in f 0");
        assert!(matches!(endless, Reply::Failed(error) if error.id().is_interruption()));
        assert!(matches!(repl.line(&mut evaluator, "1"), Reply::Text(_)));
    }
}
