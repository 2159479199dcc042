//! The world of the operating system, watched: messages go where the command line says, and what is
//! read is counted for the status line.

use std::sync::Arc;

use nivose::world::{self, DirectoryEntry, Metadata, OsWorld, World, WorldError};

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
}

impl World for WatchedWorld {
    fn read_file(&mut self, path: &[u8]) -> Result<Vec<u8>, WorldError> {
        if path.ends_with(b".nix") {
            self.progress.enter_file(path);
            if self.messages.wants(Level::TALKATIVE) {
                self.messages.write(Level::TALKATIVE, &[b"evaluating file '", path, b"'"].concat());
            }
        }
        self.inner.read_file(path)
    }

    fn read_directory(&mut self, path: &[u8]) -> Result<Vec<DirectoryEntry>, WorldError> {
        self.inner.read_directory(path)
    }

    fn metadata(&mut self, path: &[u8]) -> Result<Metadata, WorldError> {
        self.inner.metadata(path)
    }

    fn read_link(&mut self, path: &[u8]) -> Result<Vec<u8>, WorldError> {
        self.inner.read_link(path)
    }

    fn environment_variable(&mut self, name: &[u8]) -> Option<Vec<u8>> {
        self.inner.environment_variable(name)
    }

    fn current_time(&mut self) -> i64 {
        self.inner.current_time()
    }

    fn physical_memory(&mut self) -> Option<u64> {
        self.inner.physical_memory()
    }

    fn current_system(&mut self) -> String {
        self.inner.current_system()
    }

    fn current_directory(&mut self) -> Result<Vec<u8>, WorldError> {
        self.inner.current_directory()
    }

    fn home_directory(&mut self) -> Option<Vec<u8>> {
        self.inner.home_directory()
    }

    fn store_directory(&mut self) -> Vec<u8> {
        self.inner.store_directory()
    }

    fn emit(&mut self, line: &[u8]) {
        let is_warning = line.starts_with(b"warning: ") || line.starts_with(b"evaluation warning: ");
        let level = if is_warning { Level::WARNING } else { Level::ERROR };
        self.progress.hide_while(|| self.messages.write(level, line));
    }

    fn note(&mut self, progress: world::Progress<'_>) {
        let (world::Progress::Derivation { path, .. } | world::Progress::StoreObject { path }) = progress;
        self.unwritten.note(path);
        if let world::Progress::Derivation { name, .. } = progress {
            self.progress.enter_derivation(name);
        }
    }
}
