//! The world of the operating system, watched: messages go where the command line says, and what is
//! read is counted for the status line.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use nivose::world::{OsWorld, World, WorldError, WorldLayer};

use crate::messages::{Level, Messages};
use crate::status::Progress;

/// A world whose messages and reads are seen.
pub struct WatchedWorld {
    inner: OsWorld,
    messages: Messages,
    progress: Arc<Progress>,
}

impl WatchedWorld {
    /// Watches a world.
    pub fn new(inner: OsWorld, messages: Messages, progress: Arc<Progress>) -> Self {
        WatchedWorld { inner, messages, progress }
    }

    /// Tells of a file that is read.
    fn note_file(&self, path: &[u8]) {
        if path.ends_with(b".nix") {
            count(&self.progress.files);
            self.progress.enter_file(path);
            if self.messages.wants(Level::TALKATIVE) {
                self.messages.write(Level::TALKATIVE, &[b"evaluating file '", path, b"'"].concat());
            }
        }
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl WorldLayer for WatchedWorld {
    type Inner = OsWorld;

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

    fn emit(&mut self, line: &[u8]) {
        let is_warning = line.starts_with(b"warning: ") || line.starts_with(b"evaluation warning: ");
        let level = if is_warning { Level::WARNING } else { Level::ERROR };
        self.progress.hide_while(|| self.messages.write(level, line));
    }
}
