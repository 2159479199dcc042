//! Walking a tree of files into an archive's hash, one entry at a time, so that a program may choose the entries.

use nivose_base::{DiagnosticId, Error, Result};
use nivose_store::{ArchiveError, ArchiveWriter, Hash, HashAlgorithm, Hasher};
use nivose_world::{DirectoryEntry, EntryKind, path};

use crate::shared::Shared;

/// Files of up to so many bytes are read whole.
const WHOLE: u64 = 256 << 10;

/// An archive being hashed. Directories are open on a stack of its own: trees may be deep.
pub struct ArchiveWalk {
    writer: ArchiveWriter<Hasher>,
    open: Vec<OpenDirectory>,
}

struct OpenDirectory {
    path: Vec<u8>,
    entries: std::vec::IntoIter<DirectoryEntry>,
}

/// An entry that may be added.
pub struct WalkEntry {
    /// Its whole path.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: EntryKind,
}

impl ArchiveWalk {
    /// Begins with the object at `root`.
    ///
    /// # Errors
    /// What cannot be read or is not allowed.
    pub fn begin(shared: &mut Shared, root: &[u8]) -> Result<Self> {
        let kind = shared.source_kind(root)?;
        let writer = ArchiveWriter::new(Hasher::new(HashAlgorithm::Sha256));
        let mut walk = ArchiveWalk { writer, open: Vec::new() };
        walk.object(shared, root, kind)?;
        Ok(walk)
    }

    /// The next entry, in byte order of names, parents first; none at the end. It is left out unless it is added.
    ///
    /// # Errors
    /// A mistake of ours.
    pub fn next_entry(&mut self) -> Result<Option<WalkEntry>> {
        while let Some(directory) = self.open.last_mut() {
            if let Some(DirectoryEntry { name, kind }) = directory.entries.next() {
                return Ok(Some(WalkEntry { path: path::join(&directory.path, &name), kind }));
            }
            self.open.pop();
            self.writer.end_directory().map_err(|error| internal(&error))?;
        }
        Ok(None)
    }

    /// Adds the entry that came last.
    ///
    /// # Errors
    /// What cannot be read.
    pub fn add(&mut self, shared: &mut Shared, entry: WalkEntry) -> Result<()> {
        let name = path::base_name(&entry.path).to_vec();
        self.writer.entry(&name).map_err(|error| internal(&error))?;
        self.object(shared, &entry.path, entry.kind)
    }

    fn object(&mut self, shared: &mut Shared, path: &[u8], kind: EntryKind) -> Result<()> {
        let written = match kind {
            EntryKind::Directory => {
                let entries = shared.read_directory(path)?.into_iter();
                self.open.push(OpenDirectory { path: path.to_vec(), entries });
                self.writer.begin_directory()
            }
            EntryKind::Symlink => self.writer.symlink(&shared.read_link(path)?),
            EntryKind::Regular => {
                shared.control.check()?;
                let metadata = shared.path_metadata(path)?;
                let executable = metadata.is_some_and(|metadata| metadata.executable);
                match metadata {
                    Some(large) if large.size > WHOLE => {
                        return self.large_file(shared, path, executable, large.size);
                    }
                    _ => self.writer.regular(executable, &shared.read_file(path)?),
                }
            }
            EntryKind::Unknown => {
                let message = [b"file '", path, b"' has an unsupported type"].concat();
                return Err(Error::with_message(DiagnosticId::File, message));
            }
        };
        written.map_err(|error| internal(&error))
    }

    /// Adds a file of that size without holding it whole.
    fn large_file(&mut self, shared: &mut Shared, path: &[u8], executable: bool, size: u64) -> Result<()> {
        let writer = &mut self.writer;
        writer.begin_regular(executable, size).map_err(|error| internal(&error))?;
        shared.read_pieces(path, &mut |piece| writer.contents(piece).map_err(|_| changed(path)))?;
        writer.end_regular().map_err(|_| changed(path))
    }

    /// The hash of the archive.
    ///
    /// # Errors
    /// If entries are left.
    pub fn finish(self) -> Result<Hash> {
        self.writer.finish().map(Hasher::finish).map_err(|error| internal(&error))
    }
}

#[cold]
fn changed(path: &[u8]) -> Error {
    Error::with_message(DiagnosticId::File, [b"file '", path, b"' changed while it was read"].concat())
}

#[cold]
fn internal(error: &ArchiveError) -> Error {
    Error::new(DiagnosticId::Internal, &[&error.to_string()])
}
