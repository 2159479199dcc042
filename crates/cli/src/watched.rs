//! The world of the operating system, watched: messages go where the command line says, and what is
//! read is counted for the status line.

use std::sync::Arc;

use nivose::world::{self, MessageKind, OsWorld, World, WorldError, WorldLayer};

use crate::messages::{Level, Messages};
use crate::status::Progress;
use crate::unwritten::Unwritten;

/// A world whose messages and reads are seen.
pub struct WatchedWorld {
    inner: OsWorld,
    messages: Messages,
    progress: Arc<Progress>,
    unwritten: Unwritten,
}

impl WatchedWorld {
    /// Watches a world.
    pub fn new(inner: OsWorld, messages: Messages, progress: Arc<Progress>, unwritten: Unwritten) -> Self {
        WatchedWorld { inner, messages, progress, unwritten }
    }

    /// Tells of a file that is read.
    fn note_file(&self, path: &[u8]) {
        if path.ends_with(b".nix") {
            self.progress.enter_file(path);
            if self.messages.wants(Level::TALKATIVE) {
                self.messages.write(Level::TALKATIVE, &[b"evaluating file '", path, b"'"].concat());
            }
        }
    }
}

impl WorldLayer for WatchedWorld {
    type Inner = OsWorld;
    const ANSWERS_FOR_FILES: bool = false;

    fn inner(&mut self) -> &mut OsWorld {
        &mut self.inner
    }

    fn read_file(&mut self, path: &[u8]) -> Result<Vec<u8>, WorldError> {
        self.note_file(path);
        self.inner.read_file(path)
    }

    fn read_plain_file(&mut self, path: &[u8]) -> Option<Vec<u8>> {
        let contents = self.inner.read_plain_file(path)?;
        self.note_file(path);
        Some(contents)
    }

    fn emit(&mut self, kind: MessageKind, text: &[u8]) {
        let level = if kind.is_warning() { Level::WARNING } else { Level::ERROR };
        self.progress.hide_while(|| self.messages.write(level, &kind.line(text)));
    }

    fn note(&mut self, progress: world::Progress<'_>) {
        let (world::Progress::Derivation { path, .. } | world::Progress::StoreObject { path }) = progress;
        self.unwritten.note(path);
        if let world::Progress::Derivation { name, .. } = progress {
            self.progress.enter_derivation(name);
        }
    }
}
