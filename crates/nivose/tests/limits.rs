//! Limits of memory and depth: each ends in a diagnostic of its own, and the evaluator is usable afterwards.

use std::ops::ControlFlow;

use nivose::raw::{DumpFormat, Evaluator, HeapConfig, Options, Origin, PrintOptions, Settings};
use nivose::world::{DirectoryEntry, EntryKind, MemoryWorld, MessageKind, Metadata, World, WorldError};
use nivose::{Control, DiagnosticId};

const MEMORY: usize = 20 << 20;

fn evaluator(settings: Settings) -> Evaluator {
    let heap = HeapConfig { limit: MEMORY, ..HeapConfig::default() };
    let world = MemoryWorld::new();
    Evaluator::new(Options { heap, settings, ..Options::default() }, Box::new(world))
}

/// The printed value of an expression, or what it fails with and where.
fn outcome(evaluator: &mut Evaluator, text: &str) -> Result<String, (DiagnosticId, String)> {
    let result = evaluator
        .evaluate(Origin::String, text.into(), b"/".to_vec())
        .and_then(|value| evaluator.force_deep(value))
        .and_then(|value| evaluator.print(value, PrintOptions::INSTANTIATE));
    match result {
        Ok(text) => Ok(String::from_utf8_lossy(&text).into_owned()),
        Err(error) => Err((error.id(), evaluator.machine().shared.describe(error.pos()))),
    }
}

/// What an expression fails with, in an evaluator that must work afterwards, and whether the place is told.
fn failure(settings: Settings, text: &str) -> (DiagnosticId, bool) {
    let mut evaluator = evaluator(settings);
    let (id, place) = outcome(&mut evaluator, text).expect_err(text);
    let next = outcome(&mut evaluator, "let f = n: if n == 0 then [ ] else f (n - 1) ++ [ n ]; in f 3");
    assert_eq!(next.as_deref(), Ok("[ 1 2 3 ]"), "after {text}");
    (id, place.starts_with("«string»:1:"))
}

/// Definitions for the tables: a list of ten times ten times … elements, and a text repeated.
const HELP: &str = r#"let
  many = n: if n == 0 then "text" else let a = many (n - 1); in [ a a a a a a a a a a ];
  repeat = n: s: builtins.concatStringsSep "" (builtins.genList (_: s) n);
  double = s: n: if n == 0 then s else double (s + s) (n - 1);
in "#;

#[test]
fn memory_is_limited() {
    use DiagnosticId::{NegativeListSize, OutOfMemory};
    let cases = [
        ("builtins.genList (x: x) (1 / 1 * 4611686018427387904)", NegativeListSize),
        ("builtins.length (builtins.genList (x: x) 400000000)", OutOfMemory),
        ("builtins.length (builtins.genList (x: x) 10000000)", OutOfMemory),
        ("builtins.stringLength (double \"abcdefgh\" 40)", OutOfMemory),
        (
            "builtins.length (builtins.foldl' (l: _: l ++ l) [ 1 2 3 ] (builtins.genList (x: x) 40))",
            OutOfMemory,
        ),
        ("builtins.foldl' (l: _: [ l l l l l l l l ]) [ ] (builtins.genList (x: x) 10000000)", OutOfMemory),
        ("builtins.toJSON (many 7)", OutOfMemory),
        ("builtins.toXML (many 7)", OutOfMemory),
        ("toString (many 8)", OutOfMemory),
        (
            "let f = n: if n == 0 then \"some text\" else { a = f (n - 1); b = f (n - 1); }; in f 30",
            OutOfMemory,
        ),
        ("let s = repeat 10000 \"a\"; in builtins.replaceStrings [ \"a\" ] [ s ] s", OutOfMemory),
        (
            "let s = repeat 10000 \"a\"; in builtins.concatStringsSep s (builtins.genList (_: s) 10000)",
            OutOfMemory,
        ),
        ("let f = n: [ n (f (n + 1)) ]; in builtins.deepSeq (f 0) 1", OutOfMemory),
        ("let f = s: n: f (s // { ${toString n} = n; }) (n + 1); in f { } 0", OutOfMemory),
        (
            "builtins.genericClosure { startSet = [ { key = 0; } ]; operator = x: [ { key = x.key + 1; } ]; }",
            OutOfMemory,
        ),
        (
            "let f = n: if n == 0 then [ 1 ] else builtins.concatMap (_: f (n - 1)) [ 1 2 3 4 5 6 7 8 9 0 ]; in f 9",
            OutOfMemory,
        ),
        ("builtins.fromJSON (\"[\" + repeat 3000000 \"1.5,\" + \"1]\")", OutOfMemory),
        (
            "builtins.listToAttrs (builtins.genList (x: { name = toString x; value = x; }) 2000000)",
            OutOfMemory,
        ),
        // The sets are garbage at once; their names are not.
        (
            "let text = repeat 1000 \"a\"; in builtins.foldl' (n: x: builtins.seq { ${text + toString x} = 1; } n) 0 (builtins.genList (x: x) 40000)",
            OutOfMemory,
        ),
    ];
    for (text, expected) in cases {
        let settings = Settings { max_call_depth: 100_000_000, ..Settings::default() };
        let (id, placed) = failure(settings, &format!("{HELP}{text}").replace('\n', " "));
        assert_eq!(id, expected, "{text}");
        // What is too large only when it is printed was written nowhere in particular.
        assert!(placed || text.ends_with("in f 30"), "{text}");
    }
}

#[test]
fn garbage_does_not_count() {
    let mut evaluator = evaluator(Settings::default());
    let text = format!(
        "{HELP} builtins.foldl' (n: _: n + builtins.stringLength (double \"abcdefgh\" 18)) 0 (builtins.genList (x: x) 40)"
    );
    assert_eq!(outcome(&mut evaluator, &text).as_deref(), Ok("83886080"));
}

#[test]
fn depth_is_limited() {
    let settings = || Settings { max_call_depth: 1000, ..Settings::default() };
    for text in [
        "(x: x x) (x: x x)",
        "let f = x: 1 + f x; in f 1",
        "let f = x: f (x + 1); in f 1",
        "let s = { __functor = self: x: self x; }; in s 1",
        "let s = { __toString = self: \"${s}\"; }; in \"${s}\"",
        "let f = n: [ (f n) ]; in builtins.deepSeq (f 1) 1",
        "let f = n: [ (f n) ]; in builtins.toJSON (f 1)",
        "let f = n: [ (f n) ]; in f 1 == f 1",
        "let f = n: builtins.head (map f [ n ]); in f 1",
    ] {
        assert_eq!(failure(settings(), text), (DiagnosticId::StackOverflow, true), "{text}");
    }
}

/// A world with a file that has no end; somebody cancels the evaluation while it is read.
struct Endless {
    inner: MemoryWorld,
    pieces: u32,
    cancel: std::sync::Arc<std::sync::OnceLock<Control>>,
}

impl World for Endless {
    fn read_pieces(
        &mut self,
        _: &[u8],
        take: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), WorldError> {
        for piece in 0.. {
            if piece == self.pieces
                && let Some(control) = self.cancel.get()
            {
                control.cancel();
            }
            if take(&[0; 1000]).is_break() {
                return Ok(());
            }
        }
        Ok(())
    }
    fn read_file(&mut self, path: &[u8]) -> Result<Vec<u8>, WorldError> {
        self.inner.read_file(path)
    }
    fn read_directory(&mut self, path: &[u8]) -> Result<Vec<DirectoryEntry>, WorldError> {
        self.inner.read_directory(path)
    }
    fn metadata(&mut self, path: &[u8]) -> Result<Metadata, WorldError> {
        let found = self.inner.metadata(path)?;
        Ok(Metadata { size: if found.kind == EntryKind::Regular { 1 << 40 } else { found.size }, ..found })
    }
    fn read_link(&mut self, path: &[u8]) -> Result<Vec<u8>, WorldError> {
        self.inner.read_link(path)
    }
    fn environment_variable(&mut self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }
    fn current_time(&mut self) -> i64 {
        0
    }
    fn current_system(&mut self) -> String {
        self.inner.current_system()
    }
    fn current_directory(&mut self) -> Result<Vec<u8>, WorldError> {
        self.inner.current_directory()
    }
    fn home_directory(&mut self) -> Option<Vec<u8>> {
        None
    }
    fn store_directory(&mut self) -> Vec<u8> {
        self.inner.store_directory()
    }
    fn emit(&mut self, _: MessageKind, _: &[u8]) {}
}

#[test]
fn files_are_hashed_piece_by_piece_until_somebody_cancels() {
    let programs = [
        "builtins.hashFile \"sha256\" /d/file",
        "\"${/d}\"",
        "builtins.path { path = /d/file; }",
        "builtins.path { path = /d/file; recursive = false; }",
    ];
    for text in programs {
        let cancel = std::sync::Arc::default();
        let inner = MemoryWorld::new().with_file("/d/file", "x");
        let world = Endless { inner, pieces: 1000, cancel: std::sync::Arc::clone(&cancel) };
        let mut evaluator = Evaluator::new(Options::default(), Box::new(world));
        let control = evaluator.machine().control();
        cancel.set(control.clone()).expect("it is set once");
        let (id, place) = outcome(&mut evaluator, text).expect_err(text);
        assert_eq!(id, DiagnosticId::Interrupted, "{text}");
        assert!(place.starts_with("«string»:1:"), "{text}: {place}");
        control.resume();
        assert_eq!(outcome(&mut evaluator, "1 + 1").as_deref(), Ok("2"), "after {text}");
    }
}

#[test]
fn the_memory_of_trees_is_limited() {
    let mut evaluator = evaluator(Settings::default());
    let text = format!("[ {}]", "a ".repeat(2_000_000));
    let (id, place) = outcome(&mut evaluator, &format!("let a = 1; in {text}")).expect_err("too large");
    assert_eq!(id, DiagnosticId::OutOfMemory);
    assert!(place.starts_with("«string»:1:"), "{place}");
    assert_eq!(outcome(&mut evaluator, "1 + 1").as_deref(), Ok("2"));
}

#[test]
fn trees_that_are_shown_are_limited_too() {
    let mut evaluator = evaluator(Settings::default());
    let text = format!("[ {}]", "a ".repeat(2_000_000));
    let found = |evaluator: &mut Evaluator| {
        let source = (Origin::String, text.clone().into_bytes());
        let found = evaluator.dump_tree(source, DumpFormat::Text, &mut |_| {}).expect("a tree");
        found.first().map(|error| error.id())
    };
    assert_eq!(found(&mut evaluator), Some(DiagnosticId::OutOfMemory));
    let control = evaluator.machine().control();
    control.cancel();
    assert_eq!(found(&mut evaluator), Some(DiagnosticId::Interrupted));
    control.resume();
    assert_eq!(outcome(&mut evaluator, "1 + 1").as_deref(), Ok("2"));
}

#[test]
fn limits_are_not_caught() {
    let mut evaluator = evaluator(Settings::default());
    let text = "(builtins.tryEval (builtins.length (builtins.genList (x: x) 400000000))).success";
    assert_eq!(outcome(&mut evaluator, text).map_err(|(id, _)| id), Err(DiagnosticId::OutOfMemory));
}
