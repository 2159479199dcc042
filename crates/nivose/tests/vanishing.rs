//! Files that vanish, change or turn into something else between any two looks at the outside: each program ends in a
//! value or a diagnostic, and the evaluator is usable afterwards.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use nivose::DiagnosticId;
use nivose::raw::{Evaluator, Options, Origin, PrintOptions};
use nivose::world::{DirectoryEntry, MemoryWorld, Metadata, World, WorldError, WorldLayer};

/// The files before the change.
fn before() -> MemoryWorld {
    MemoryWorld::new()
        .with_file(
            "/d/default.nix",
            "import ./a.nix + builtins.length (builtins.attrNames (builtins.readDir ./.))",
        )
        .with_file("/d/a.nix", "1")
        .with_file("/d/text", "some text")
        .with_executable("/d/script", "#!")
        .with_file("/d/sub/inner", "inner")
        .with_file("/d/sub/deep/file.json", "{ \"a\": [ 1, 2 ] }")
        .with_symlink("/d/link", "sub/inner")
        .with_symlink("/d/folder", "sub/deep")
}

/// What may be there afterwards.
fn changes() -> Vec<(&'static str, MemoryWorld)> {
    let directory = |world: MemoryWorld, path: &str| world.with_directory(path);
    let names = ["/d/default.nix", "/d/a.nix", "/d/text", "/d/script", "/d/link", "/d/folder"];
    let directories = names.into_iter().fold(MemoryWorld::new(), directory);
    let loops = names.into_iter().chain(["/d/sub"]);
    vec![
        ("all is gone", MemoryWorld::new()),
        ("the folder is empty", MemoryWorld::new().with_directory("/d")),
        ("the folder is a file", MemoryWorld::new().with_file("/d", "1")),
        ("files are folders", directories.with_file("/d/sub", "a file")),
        (
            "all are links in a circle",
            loops.fold(MemoryWorld::new(), |world, path| world.with_symlink(path, path)),
        ),
        (
            "files are empty or not text",
            names
                .into_iter()
                .fold(MemoryWorld::new(), |world, path| world.with_file(path, b"\xff\0".to_vec())),
        ),
        ("names are no text", MemoryWorld::new().with_file(b"/d/\xff\xfe", "x").with_directory("/d/sub")),
    ]
}

/// A world that becomes another one after so many looks; it may refuse altogether then.
struct Changing {
    now: MemoryWorld,
    next: Option<MemoryWorld>,
    /// What comes in place of `next`.
    refusal: Option<WorldError>,
    left: usize,
    looks: Arc<AtomicUsize>,
}

impl Changing {
    fn look(&mut self) -> Result<&mut MemoryWorld, WorldError> {
        self.looks.fetch_add(1, Ordering::Relaxed);
        if self.left > 0 {
            self.left -= 1;
            return Ok(&mut self.now);
        }
        if let Some(next) = self.next.take() {
            self.now = next;
        }
        match &self.refusal {
            Some(refusal) => Err(refusal.clone()),
            None => Ok(&mut self.now),
        }
    }
}

impl WorldLayer for Changing {
    type Inner = MemoryWorld;

    fn inner(&mut self) -> &mut MemoryWorld {
        &mut self.now
    }

    fn read_file(&mut self, path: &[u8]) -> Result<Vec<u8>, WorldError> {
        self.look()?.read_file(path)
    }

    fn read_directory(&mut self, path: &[u8]) -> Result<Vec<DirectoryEntry>, WorldError> {
        self.look()?.read_directory(path)
    }

    fn metadata(&mut self, path: &[u8]) -> Result<Metadata, WorldError> {
        self.look()?.metadata(path)
    }

    fn read_link(&mut self, path: &[u8]) -> Result<Vec<u8>, WorldError> {
        self.look()?.read_link(path)
    }

    fn current_directory(&mut self) -> Result<Vec<u8>, WorldError> {
        self.look()?.current_directory()
    }
}

const PROGRAMS: &[&str] = &[
    "import ./. + import ./a.nix",
    "builtins.readFile ./text",
    "builtins.readFile ./link",
    "builtins.map builtins.readFileType [ ./text ./link ./sub ]",
    "builtins.mapAttrs (name: kind: if kind == \"directory\" then builtins.readDir (./. + \"/${name}\") else kind) (builtins.readDir ./.)",
    "builtins.fromJSON (builtins.readFile ./folder/file.json)",
    "builtins.map (builtins.hashFile \"sha256\") [ ./text ./link ]",
    "builtins.map builtins.pathExists [ ./text ./link ./nothing ./sub/inner ]",
    "\"${./.}\"",
    "\"${./text} ${./link} ${./sub}\"",
    "builtins.path { path = ./.; name = \"x\"; filter = path: kind: kind != \"symlink\"; }",
    "builtins.filterSource (path: kind: builtins.pathExists path) ./sub",
    "builtins.path { path = ./text; recursive = false; }",
    "(derivation { name = \"n\"; system = \"s\"; builder = ./script; src = ./sub; }).drvPath",
    "let __nixPath = [ { prefix = \"p\"; path = ./sub; } ]; in <p/deep/file.json>",
    "builtins.findFile [ { prefix = \"\"; path = ./.; } ] \"sub/inner\"",
    "builtins.storePath ./text",
    "builtins.scopedImport { x = 1; } ./a.nix",
    "builtins.readFile (builtins.toFile \"t\" (builtins.readFile ./text))",
];

fn run(evaluator: &mut Evaluator, text: &str) -> Result<Vec<u8>, nivose::raw::Error> {
    evaluator
        .evaluate(Origin::String, text.into(), b"/d".to_vec())
        .and_then(|value| evaluator.force_deep(value))
        .and_then(|value| evaluator.print(value, PrintOptions::INSTANTIATE))
}

/// How many looks a program takes if its world changes after `left` of them.
fn attempt(text: &str, what: &str, next: MemoryWorld, refusal: Option<WorldError>, left: usize) -> usize {
    let looks: Arc<AtomicUsize> = Arc::default();
    let world = Changing { now: before(), next: Some(next), refusal, left, looks: looks.clone() };
    let mut evaluator = Evaluator::new(Options::default(), Box::new(world));
    if let Err(error) = run(&mut evaluator, text) {
        let said = error.text();
        assert!(error.id() != DiagnosticId::Internal && !said.is_empty(), "{text}, {what}, {left}: {said}");
    }
    let sum = run(&mut evaluator, "builtins.foldl' (a: b: a + b) 0 [ 1 2 3 ]");
    assert!(sum.is_ok_and(|sum| sum == b"6"), "after {text}, {what}, {left}");
    looks.load(Ordering::Relaxed)
}

#[test]
fn files_may_change_between_any_two_looks() {
    let refusals =
        [WorldError::PermissionDenied, WorldError::SymlinkLoop, WorldError::Other("I/O error".into())];
    for text in PROGRAMS {
        for (what, next) in changes() {
            (0..).take_while(|&left| attempt(text, what, next.clone(), None, left) > left).count();
        }
        for refusal in &refusals {
            let what = refusal.to_string();
            (0..)
                .take_while(|&left| {
                    attempt(text, &what, MemoryWorld::new(), Some(refusal.clone()), left) > left
                })
                .count();
        }
    }
}

#[test]
fn programs_see_their_files() {
    for text in PROGRAMS {
        let mut evaluator = Evaluator::new(Options::default(), Box::new(before()));
        let result = run(&mut evaluator, text);
        // The store has no such path, which is the answer for it.
        let expected = text.contains("storePath");
        assert_eq!(
            result.is_err(),
            expected,
            "{text}: {:?}",
            result.map_err(|error| error.text().into_owned())
        );
    }
}
