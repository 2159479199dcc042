//! Evaluates a file again whenever a file that it read changes, comes or goes: `cargo run -p nivose --example watch FILE`.
//!
//! A world of one's own knows what was read: it lies over the system's and notes paths.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use nivose::world::{DirectoryEntry, EntryKind, Metadata, OsWorld, World, WorldError, WorldLayer};
use nivose::{Engine, Result};

/// The files that were read or looked for, with the times of their last changes; of those that were missing there is none.
#[derive(Clone, Default)]
pub struct Seen(Arc<Mutex<BTreeMap<Vec<u8>, Option<SystemTime>>>>);

fn changed_at(path: &[u8]) -> Option<SystemTime> {
    std::fs::metadata(String::from_utf8_lossy(path).as_ref()).ok()?.modified().ok()
}

impl Seen {
    fn note(&self, path: &[u8]) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.entry(path.to_vec()).or_insert_with(|| changed_at(path));
    }

    /// The files that were read or looked for.
    pub fn paths(&self) -> Vec<String> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.keys().map(|path| String::from_utf8_lossy(path).into_owned()).collect()
    }

    /// Whether one of the files changed, came or went since then.
    pub fn is_stale(&self) -> bool {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter().any(|(path, at)| changed_at(path) != *at)
    }
}

/// The system's world, which notes what is read.
struct Watched {
    inner: OsWorld,
    seen: Seen,
}

impl WorldLayer for Watched {
    type Inner = OsWorld;

    fn inner(&mut self) -> &mut OsWorld {
        &mut self.inner
    }

    fn read_file(&mut self, path: &[u8]) -> std::result::Result<Vec<u8>, WorldError> {
        self.seen.note(path);
        self.inner.read_file(path)
    }

    fn read_directory(&mut self, path: &[u8]) -> std::result::Result<Vec<DirectoryEntry>, WorldError> {
        self.seen.note(path);
        self.inner.read_directory(path)
    }

    fn metadata(&mut self, path: &[u8]) -> std::result::Result<Metadata, WorldError> {
        let found = self.inner.metadata(path);
        // What is missing may come, and what is there may go. But folders on the way change with every file beside.
        if !found.as_ref().is_ok_and(|found| found.kind == EntryKind::Directory) {
            self.seen.note(path);
        }
        found
    }

    fn read_link(&mut self, path: &[u8]) -> std::result::Result<Vec<u8>, WorldError> {
        self.inner.read_link(path)
    }
}

/// The value of a file as text, and what was read for it.
pub fn evaluate(file: &str) -> (Result<String>, Seen) {
    let seen = Seen::default();
    let noted = seen.clone();
    let world =
        move || -> Box<dyn World> { Box::new(Watched { inner: OsWorld::new(), seen: noted.clone() }) };
    let engine = Engine::builder().world_with(world).build();
    let text = engine.and_then(|engine| engine.start().evaluate_file(file)?.print());
    (text, seen)
}

/// Watches the file that is named, for ever.
pub fn main() {
    let Some(file) = std::env::args().nth(1) else {
        eprintln!("usage: watch FILE");
        return;
    };
    loop {
        let (text, seen) = evaluate(&file);
        match text {
            Ok(text) => println!("{text}"),
            Err(failure) => eprintln!("{}", failure.rendered()),
        }
        while !seen.is_stale() {
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}
