//! A world over another one, of which it changes some answers.

use std::ops::ControlFlow;

use crate::world::{DirectoryEntry, MessageKind, Metadata, Progress, World, WorldError};

/// A world over another one: what it does not answer itself, that one answers. Whatever is a layer is a [`World`].
///
/// ```
/// use nivose_world::{MemoryWorld, World, WorldLayer};
///
/// /// A world in which it is always midnight.
/// struct Midnight(MemoryWorld);
///
/// impl WorldLayer for Midnight {
///     type Inner = MemoryWorld;
///     fn inner(&mut self) -> &mut MemoryWorld {
///         &mut self.0
///     }
///     fn current_time(&mut self) -> i64 {
///         0
///     }
/// }
///
/// let mut world = Midnight(MemoryWorld::new().with_file("/a", "text").with_time(7));
/// assert_eq!(World::current_time(&mut world), 0);
/// assert_eq!(World::read_file(&mut world, b"/a").as_deref(), Ok(&b"text"[..]));
/// ```
pub trait WorldLayer: Send {
    /// The world below.
    type Inner: World + ?Sized;

    /// Whether the layer answers for the contents of files itself: then it is asked for every file, by
    /// [`WorldLayer::read_file`]. If not, all ways of reading one are handed on.
    const ANSWERS_FOR_FILES: bool = true;

    /// The world below.
    fn inner(&mut self) -> &mut Self::Inner;

    /// See [`World::read_file`].
    ///
    /// # Errors
    /// Any [`WorldError`].
    fn read_file(&mut self, path: &[u8]) -> Result<Vec<u8>, WorldError> {
        self.inner().read_file(path)
    }

    /// See [`World::read_plain_file`].
    fn read_plain_file(&mut self, path: &[u8]) -> Option<Vec<u8>> {
        if Self::ANSWERS_FOR_FILES { None } else { self.inner().read_plain_file(path) }
    }

    /// See [`World::read_pieces`]. What [`WorldLayer::read_file`] answers is one piece.
    ///
    /// # Errors
    /// Any [`WorldError`].
    fn read_pieces(
        &mut self,
        path: &[u8],
        take: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), WorldError> {
        if !Self::ANSWERS_FOR_FILES {
            return self.inner().read_pieces(path, take);
        }
        let _ = take(&self.read_file(path)?);
        Ok(())
    }

    /// See [`World::read_directory`].
    ///
    /// # Errors
    /// Any [`WorldError`].
    fn read_directory(&mut self, path: &[u8]) -> Result<Vec<DirectoryEntry>, WorldError> {
        self.inner().read_directory(path)
    }

    /// See [`World::metadata`].
    ///
    /// # Errors
    /// Any [`WorldError`].
    fn metadata(&mut self, path: &[u8]) -> Result<Metadata, WorldError> {
        self.inner().metadata(path)
    }

    /// See [`World::read_link`].
    ///
    /// # Errors
    /// Any [`WorldError`].
    fn read_link(&mut self, path: &[u8]) -> Result<Vec<u8>, WorldError> {
        self.inner().read_link(path)
    }

    /// See [`World::environment_variable`].
    fn environment_variable(&mut self, name: &[u8]) -> Option<Vec<u8>> {
        self.inner().environment_variable(name)
    }

    /// See [`World::current_time`].
    fn current_time(&mut self) -> i64 {
        self.inner().current_time()
    }

    /// See [`World::physical_memory`].
    fn physical_memory(&mut self) -> Option<u64> {
        self.inner().physical_memory()
    }

    /// See [`World::current_system`].
    fn current_system(&mut self) -> String {
        self.inner().current_system()
    }

    /// See [`World::current_directory`].
    ///
    /// # Errors
    /// Any [`WorldError`].
    fn current_directory(&mut self) -> Result<Vec<u8>, WorldError> {
        self.inner().current_directory()
    }

    /// See [`World::home_directory`].
    fn home_directory(&mut self) -> Option<Vec<u8>> {
        self.inner().home_directory()
    }

    /// See [`World::store_directory`].
    fn store_directory(&mut self) -> Vec<u8> {
        self.inner().store_directory()
    }

    /// See [`World::emit`].
    fn emit(&mut self, kind: MessageKind, text: &[u8]) {
        self.inner().emit(kind, text)
    }

    /// See [`World::forget`].
    fn forget(&mut self) {
        self.inner().forget()
    }

    /// See [`World::note`].
    fn note(&mut self, progress: Progress<'_>) {
        self.inner().note(progress)
    }
}

impl<L: WorldLayer> World for L {
    fn read_file(&mut self, path: &[u8]) -> Result<Vec<u8>, WorldError> {
        WorldLayer::read_file(self, path)
    }

    fn read_plain_file(&mut self, path: &[u8]) -> Option<Vec<u8>> {
        WorldLayer::read_plain_file(self, path)
    }

    fn read_pieces(
        &mut self,
        path: &[u8],
        take: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), WorldError> {
        WorldLayer::read_pieces(self, path, take)
    }

    fn read_directory(&mut self, path: &[u8]) -> Result<Vec<DirectoryEntry>, WorldError> {
        WorldLayer::read_directory(self, path)
    }

    fn metadata(&mut self, path: &[u8]) -> Result<Metadata, WorldError> {
        WorldLayer::metadata(self, path)
    }

    fn read_link(&mut self, path: &[u8]) -> Result<Vec<u8>, WorldError> {
        WorldLayer::read_link(self, path)
    }

    fn environment_variable(&mut self, name: &[u8]) -> Option<Vec<u8>> {
        WorldLayer::environment_variable(self, name)
    }

    fn current_time(&mut self) -> i64 {
        WorldLayer::current_time(self)
    }

    fn physical_memory(&mut self) -> Option<u64> {
        WorldLayer::physical_memory(self)
    }

    fn current_system(&mut self) -> String {
        WorldLayer::current_system(self)
    }

    fn current_directory(&mut self) -> Result<Vec<u8>, WorldError> {
        WorldLayer::current_directory(self)
    }

    fn home_directory(&mut self) -> Option<Vec<u8>> {
        WorldLayer::home_directory(self)
    }

    fn store_directory(&mut self) -> Vec<u8> {
        WorldLayer::store_directory(self)
    }

    fn emit(&mut self, kind: MessageKind, text: &[u8]) {
        WorldLayer::emit(self, kind, text)
    }

    fn forget(&mut self) {
        WorldLayer::forget(self)
    }

    fn note(&mut self, progress: Progress<'_>) {
        WorldLayer::note(self, progress)
    }
}
