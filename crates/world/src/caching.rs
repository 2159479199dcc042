//! A wrapper that remembers what a world said about files, for the length of one evaluation.
//!
//! Contents of files are not kept: the evaluator's import cache keeps what it made of them.

use nivose_base::Map;

use crate::layer::WorldLayer;
use crate::world::{DirectoryEntry, Metadata, World, WorldError};

type Answers<T> = Map<Vec<u8>, Result<T, WorldError>>;

/// Answers `metadata`, `read_link` and `read_directory` from memory after the first time.
///
/// An evaluation then sees one state of each path, and deep paths cost no system call per component.
#[derive(Debug)]
pub struct CachingWorld<W> {
    inner: W,
    metadata: Answers<Metadata>,
    links: Answers<Vec<u8>>,
    directories: Answers<Vec<DirectoryEntry>>,
}

impl<W: World> CachingWorld<W> {
    /// Wraps a world, with nothing remembered.
    #[must_use]
    pub fn new(inner: W) -> Self {
        Self {
            inner,
            metadata: Answers::default(),
            links: Answers::default(),
            directories: Answers::default(),
        }
    }

    /// The world inside.
    pub fn inner_mut(&mut self) -> &mut W {
        &mut self.inner
    }
}

/// Answers from a table, asking and remembering if the table does not know.
fn remember<T: Clone>(
    table: &mut Answers<T>,
    path: &[u8],
    ask: impl FnOnce() -> Result<T, WorldError>,
) -> Result<T, WorldError> {
    if let Some(known) = table.get(path) {
        return known.clone();
    }
    let answer = ask();
    table.insert(path.to_vec(), answer.clone());
    answer
}

impl<W: World> WorldLayer for CachingWorld<W> {
    type Inner = W;
    const ANSWERS_FOR_FILES: bool = false;

    fn inner(&mut self) -> &mut W {
        &mut self.inner
    }

    /// Forgets everything: for when files have changed, such as after a build or a reload.
    fn forget(&mut self) {
        self.metadata.clear();
        self.links.clear();
        self.directories.clear();
        self.inner.forget();
    }

    fn read_directory(&mut self, path: &[u8]) -> Result<Vec<DirectoryEntry>, WorldError> {
        remember(&mut self.directories, path, || self.inner.read_directory(path))
    }

    fn metadata(&mut self, path: &[u8]) -> Result<Metadata, WorldError> {
        remember(&mut self.metadata, path, || self.inner.metadata(path))
    }

    fn read_link(&mut self, path: &[u8]) -> Result<Vec<u8>, WorldError> {
        remember(&mut self.links, path, || self.inner.read_link(path))
    }
}

#[cfg(test)]
mod tests {
    use super::CachingWorld;
    use crate::memory::MemoryWorld;
    use crate::world::{World, WorldError};

    #[test]
    fn answers_stay_until_forgotten() {
        let mut world = CachingWorld::new(MemoryWorld::new());
        assert_eq!(world.metadata(b"/f"), Err(WorldError::NotFound));
        assert!(world.read_directory(b"/").unwrap().is_empty());
        world.inner_mut().write_file(b"/f", b"1".to_vec());
        assert_eq!(world.metadata(b"/f"), Err(WorldError::NotFound));
        assert!(world.read_directory(b"/").unwrap().is_empty());
        world.forget();
        assert!(world.metadata(b"/f").is_ok());
        assert_eq!(world.read_directory(b"/").unwrap().len(), 1);
    }
}
