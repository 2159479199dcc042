//! A world that lives in memory: for tests, for browsers, and for programs that evaluate without a file system.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use crate::path;
use crate::world::{DirectoryEntry, EntryKind, MessageKind, Metadata, World, WorldError};

/// How many links the system follows in one path; Linux's number.
const MAX_LINKS: usize = 40;

#[derive(Clone, Debug)]
enum Node {
    File { contents: Vec<u8>, executable: bool },
    Directory(BTreeSet<Vec<u8>>),
    Symlink(Vec<u8>),
}

impl Node {
    fn metadata(&self) -> Metadata {
        let (kind, executable, size) = match self {
            Self::File { contents, executable } => (EntryKind::Regular, *executable, contents.len() as u64),
            Self::Directory(_) => (EntryKind::Directory, true, 0),
            Self::Symlink(target) => (EntryKind::Symlink, false, target.len() as u64),
        };
        Metadata { kind, executable, size }
    }
}

/// The messages that a [`MemoryWorld`] was given to emit, as the lines that C++ Nix prints; a handle that outlives handing the world over.
#[derive(Clone, Debug, Default)]
pub struct Emitted(Arc<Mutex<Vec<Vec<u8>>>>);

impl Emitted {
    /// Takes the lines emitted so far, oldest first.
    #[must_use]
    pub fn take(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn push(&self, line: Vec<u8>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

/// Files, links, variables and a clock, all given by hand; built with the `with_…` methods.
#[derive(Clone, Debug)]
pub struct MemoryWorld {
    nodes: BTreeMap<Vec<u8>, Node>,
    environment: BTreeMap<Vec<u8>, Vec<u8>>,
    time: i64,
    system: String,
    directory: Vec<u8>,
    home: Option<Vec<u8>>,
    store: Vec<u8>,
    emitted: Emitted,
}

impl Default for MemoryWorld {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryWorld {
    /// A world with an empty root directory, no variables, time 0, system `x86_64-linux`, working directory `/` and no home.
    #[must_use]
    pub fn new() -> Self {
        Self {
            nodes: BTreeMap::from([(Vec::from(*b"/"), Node::Directory(BTreeSet::new()))]),
            environment: BTreeMap::new(),
            time: 0,
            system: "x86_64-linux".to_owned(),
            directory: Vec::from(*b"/"),
            home: None,
            store: Vec::from(*b"/nix/store"),
            emitted: Emitted::default(),
        }
    }

    /// Adds a regular file and the directories above it; an existing entry is replaced.
    #[must_use]
    pub fn with_file(mut self, path: impl AsRef<[u8]>, contents: impl Into<Vec<u8>>) -> Self {
        self.insert(path.as_ref(), Node::File { contents: contents.into(), executable: false });
        self
    }

    /// Adds an executable file and the directories above it.
    #[must_use]
    pub fn with_executable(mut self, path: impl AsRef<[u8]>, contents: impl Into<Vec<u8>>) -> Self {
        self.insert(path.as_ref(), Node::File { contents: contents.into(), executable: true });
        self
    }

    /// Adds a directory and those above it.
    #[must_use]
    pub fn with_directory(mut self, path: impl AsRef<[u8]>) -> Self {
        self.ensure_directory(&path::canonicalise(path.as_ref()));
        self
    }

    /// Adds a symbolic link and the directories above it; the target is kept as written.
    #[must_use]
    pub fn with_symlink(mut self, path: impl AsRef<[u8]>, target: impl Into<Vec<u8>>) -> Self {
        self.insert(path.as_ref(), Node::Symlink(target.into()));
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn with_variable(mut self, name: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    /// Sets the clock, in seconds since 1970.
    #[must_use]
    pub fn with_time(mut self, seconds: i64) -> Self {
        self.time = seconds;
        self
    }

    /// Sets the system type.
    #[must_use]
    pub fn with_system(mut self, system: impl Into<String>) -> Self {
        self.system = system.into();
        self
    }

    /// Sets the working directory, which is created.
    #[must_use]
    pub fn with_current_directory(mut self, path: impl AsRef<[u8]>) -> Self {
        self.directory = path::canonicalise(path.as_ref());
        self.with_directory(path)
    }

    /// Sets the home directory.
    #[must_use]
    pub fn with_home(mut self, path: impl Into<Vec<u8>>) -> Self {
        self.home = Some(path.into());
        self
    }

    /// Sets the store directory.
    #[must_use]
    pub fn with_store_directory(mut self, path: impl Into<Vec<u8>>) -> Self {
        self.store = path.into();
        self
    }

    /// A handle to the lines that this world is given to emit.
    #[must_use]
    pub fn emitted(&self) -> Emitted {
        self.emitted.clone()
    }

    /// Adds or replaces a file while the world is in use.
    pub fn write_file(&mut self, path: &[u8], contents: Vec<u8>) {
        self.insert(path, Node::File { contents, executable: false });
    }

    fn insert(&mut self, path: &[u8], node: Node) {
        let path = path::canonicalise(path);
        if path == b"/" {
            return;
        }
        self.link_into_parent(&path);
        self.nodes.insert(path, node);
    }

    fn link_into_parent(&mut self, path: &[u8]) {
        let parent = path::directory_name(path).to_vec();
        self.ensure_directory(&parent);
        if let Some(Node::Directory(names)) = self.nodes.get_mut(&parent) {
            names.insert(path::base_name(path).to_vec());
        }
    }

    /// Makes a canonical path and all above it directories.
    fn ensure_directory(&mut self, path: &[u8]) {
        let mut current = Vec::from(*b"/");
        for name in path::components(path) {
            if let Some(Node::Directory(names)) = self.nodes.get_mut(&current) {
                names.insert(name.to_vec());
            }
            current = path::join(&current, name);
            let node = self.nodes.entry(current.clone()).or_insert_with(|| Node::Directory(BTreeSet::new()));
            if !matches!(node, Node::Directory(_)) {
                *node = Node::Directory(BTreeSet::new());
            }
        }
    }

    /// Finds a node as the system would: links among the ancestors are followed, a final one only on demand.
    fn find(&self, path: &[u8], follow_final: bool) -> Result<(&Node, Vec<u8>), WorldError> {
        let mut pending: Vec<Vec<u8>> = path::components(path).rev().map(<[u8]>::to_vec).collect();
        let mut place = Vec::from(*b"/");
        let mut links_left = MAX_LINKS;
        while let Some(component) = pending.pop() {
            self.require_directory(&place)?;
            let next = path::canonicalise(&path::join(&place, &component));
            match self.nodes.get(&next).ok_or(WorldError::NotFound)? {
                Node::Symlink(target) if follow_final || !pending.is_empty() => {
                    links_left = links_left.checked_sub(1).ok_or(WorldError::SymlinkLoop)?;
                    if path::is_absolute(target) {
                        place = Vec::from(*b"/");
                    }
                    pending.extend(path::components(target).rev().map(<[u8]>::to_vec));
                }
                _ => place = next,
            }
        }
        let node = self.nodes.get(&place).ok_or(WorldError::NotFound)?;
        Ok((node, place))
    }

    fn require_directory(&self, path: &[u8]) -> Result<(), WorldError> {
        match self.nodes.get(path) {
            Some(Node::Directory(_)) => Ok(()),
            Some(_) => Err(WorldError::NotADirectory),
            None => Err(WorldError::NotFound),
        }
    }

    fn entry(&self, directory: &[u8], name: &[u8]) -> DirectoryEntry {
        let node = self.nodes.get(&path::join(directory, name));
        let kind = node.map_or(EntryKind::Unknown, |node| node.metadata().kind);
        DirectoryEntry { name: name.to_vec(), kind }
    }
}

impl World for MemoryWorld {
    fn read_file(&mut self, path: &[u8]) -> Result<Vec<u8>, WorldError> {
        match self.find(path, true)?.0 {
            Node::File { contents, .. } => Ok(contents.clone()),
            _ => Err(WorldError::IsADirectory),
        }
    }

    fn read_directory(&mut self, path: &[u8]) -> Result<Vec<DirectoryEntry>, WorldError> {
        match self.find(path, true)? {
            (Node::Directory(names), place) => {
                Ok(names.iter().map(|name| self.entry(&place, name)).collect())
            }
            _ => Err(WorldError::NotADirectory),
        }
    }

    fn metadata(&mut self, path: &[u8]) -> Result<Metadata, WorldError> {
        self.find(path, false).map(|(node, _)| node.metadata())
    }

    fn read_link(&mut self, path: &[u8]) -> Result<Vec<u8>, WorldError> {
        match self.find(path, false)?.0 {
            Node::Symlink(target) => Ok(target.clone()),
            _ => Err(WorldError::NotASymlink),
        }
    }

    fn environment_variable(&mut self, name: &[u8]) -> Option<Vec<u8>> {
        self.environment.get(name).cloned()
    }

    fn current_time(&mut self) -> i64 {
        self.time
    }

    fn current_system(&mut self) -> String {
        self.system.clone()
    }

    fn current_directory(&mut self) -> Result<Vec<u8>, WorldError> {
        Ok(self.directory.clone())
    }

    fn home_directory(&mut self) -> Option<Vec<u8>> {
        self.home.clone()
    }

    fn store_directory(&mut self) -> Vec<u8> {
        self.store.clone()
    }

    fn emit(&mut self, kind: MessageKind, text: &[u8]) {
        self.emitted.push(kind.line(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world() -> MemoryWorld {
        MemoryWorld::new()
            .with_file("/a/b/c/file.nix", "1 + 1")
            .with_executable("/a/run", "#!")
            .with_symlink("/a/link", "b/c")
            .with_symlink("/a/loop", "loop")
            .with_symlink("/dangling", "/nowhere")
            .with_directory("/empty/deep/er")
    }

    #[test]
    fn files_are_read_through_links() {
        assert_eq!(world().read_file(b"/a/link/file.nix"), Ok(b"1 + 1".to_vec()));
        assert_eq!(world().read_file(b"/a/b"), Err(WorldError::IsADirectory));
        assert_eq!(world().read_file(b"/a/run/x"), Err(WorldError::NotADirectory));
        assert_eq!(world().read_file(b"/a/loop"), Err(WorldError::SymlinkLoop));
        assert_eq!(world().read_file(b"/dangling"), Err(WorldError::NotFound));
    }

    #[test]
    fn directories_are_sorted_and_typed() {
        let entries = world().read_directory(b"/a").unwrap();
        let listed: Vec<_> =
            entries.iter().map(|entry| (entry.name.as_slice(), entry.kind.nix_name())).collect();
        assert_eq!(
            listed,
            [(&b"b"[..], "directory"), (b"link", "symlink"), (b"loop", "symlink"), (b"run", "regular")]
        );
        let root = world().read_directory(b"/").unwrap();
        assert_eq!(
            root.iter().map(|entry| entry.name.as_slice()).collect::<Vec<_>>(),
            [&b"a"[..], b"dangling", b"empty"]
        );
        assert_eq!(world().read_directory(b"/empty/deep").unwrap().len(), 1);
        assert_eq!(world().read_directory(b"/a/run"), Err(WorldError::NotADirectory));
    }

    #[test]
    fn metadata_does_not_follow() {
        assert_eq!(world().metadata(b"/dangling").unwrap().kind, EntryKind::Symlink);
        assert!(world().metadata(b"/a/run").unwrap().executable);
        assert_eq!(world().metadata(b"/a/b/c/file.nix").unwrap().size, 5);
        assert_eq!(world().read_link(b"/a/link"), Ok(b"b/c".to_vec()));
        assert_eq!(world().read_link(b"/a/run"), Err(WorldError::NotASymlink));
    }

    #[test]
    fn emitted_lines_are_kept() {
        let mut world = world();
        let lines = world.emitted();
        world.emit(MessageKind::Trace, b"1");
        assert_eq!(lines.take(), [b"trace: 1".to_vec()]);
        assert!(lines.take().is_empty());
    }

    #[test]
    fn a_file_can_give_way_to_a_directory() {
        let mut world = MemoryWorld::new().with_file("/x", "1").with_file("/x/y/z", "2");
        assert_eq!(world.read_file(b"/x/y/z"), Ok(b"2".to_vec()));
        assert_eq!(world.read_directory(b"/").unwrap().len(), 1);
    }
}
