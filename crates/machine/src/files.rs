//! Files as programs see them: behind the checks of pure and restricted evaluation, contents of copied store paths
//! from where they are, and failures in C++ Nix's words.

use std::ops::ControlFlow;

use nivose_base::{DiagnosticId, Error, Result};
use nivose_heap::Heap;
use nivose_world::{DirectoryEntry, EntryKind, Metadata, SymlinkMode, WorldError, path, resolve_symlinks};

use crate::shared::Shared;

/// What stands before the names of the files that are part of the evaluator, in place of a directory.
pub const INTERNAL_PREFIX: &[u8] = b"<nix/";

impl Shared {
    /// Whether this evaluation may see a canonical path.
    ///
    /// # Errors
    /// If it may not.
    pub fn check_path(&mut self, path: &[u8]) -> Result<()> {
        if !self.settings.pure_eval && !self.settings.restrict_eval {
            return Ok(());
        }
        if self.is_allowed(path) { Ok(()) } else { Err(self.forbidden(path)) }
    }

    fn is_allowed(&mut self, path: &[u8]) -> bool {
        // What contains an allowed path may be looked at too, to get there.
        let reaches = |allowed: &[u8]| path::is_within(path, allowed) || path::is_within(allowed, path);
        if self.settings.allowed_paths.iter().any(|allowed| reaches(allowed)) || self.store.is_known(path) {
            return true;
        }
        let base = self.world.current_directory().unwrap_or_else(|_| b"/".to_vec());
        let restricted = !self.settings.pure_eval;
        restricted && self.settings.nix_path.iter().any(|(_, entry)| reaches(&path::absolute(entry, &base)))
    }

    #[cold]
    fn forbidden(&self, path: &[u8]) -> Error {
        let mode = match self.settings.pure_eval {
            true => "pure evaluation mode (use '--impure' to override)",
            false => "restricted mode",
        };
        Error::new(DiagnosticId::ForbiddenPath, &[&path, &mode])
    }

    /// Whether this evaluation may fetch from an address.
    ///
    /// # Errors
    /// If it may not.
    pub fn check_uri(&mut self, uri: &[u8]) -> Result<()> {
        if !self.settings.restrict_eval
            || self.settings.allowed_uris.iter().any(|prefix| uri_matches(uri, prefix))
        {
            return Ok(());
        }
        match uri.strip_prefix(b"file://").unwrap_or(uri) {
            file if path::is_absolute(file) => self.check_path(&path::canonicalise(file)),
            _ => Err(Error::new(DiagnosticId::ForbiddenUri, &[&uri])),
        }
    }

    /// The path that a canonical path leads to. What is forbidden or missing is kept as it is: using it tells.
    ///
    /// # Errors
    /// Links that lead in a circle.
    pub fn resolve_path(&mut self, path: &[u8], mode: SymlinkMode) -> Result<Vec<u8>> {
        if path.starts_with(INTERNAL_PREFIX) || self.check_path(path).is_err() {
            return Ok(path.to_vec());
        }
        let backing = self.store.backing_path(path);
        let place = backing.as_deref().unwrap_or(path);
        let resolved = resolve_symlinks(&mut *self.world, place, mode).map_err(|error| match error {
            WorldError::SymlinkLoop => symlink_loop(path),
            other => file_error("getting status of", path, &other),
        })?;
        Ok(if resolved == place { path.to_vec() } else { resolved })
    }

    /// Reads a regular file; links are to be resolved before.
    ///
    /// # Errors
    /// What is missing, forbidden, no regular file, or too large for the memory limit.
    pub fn read_file(&mut self, path: &[u8]) -> Result<Vec<u8>> {
        self.check_path(path)?;
        if let Some(text) = self.stored_text(path) {
            return Ok(text);
        }
        let (place, size) = self.regular_file(path)?;
        self.reserve(usize::try_from(size).unwrap_or(Heap::MAX_LEN + 1))?;
        self.world.read_file(&place).map_err(|error| read_error(path, &error))
    }

    /// Hands the contents of a regular file to `take`, piece by piece; links are to be resolved before.
    ///
    /// # Errors
    /// As [`Shared::read_file`] except for its size, what `take` fails with, or an interruption.
    pub fn read_pieces(&mut self, path: &[u8], take: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        self.check_path(path)?;
        if let Some(text) = self.stored_text(path) {
            return take(&text);
        }
        let (place, _) = self.regular_file(path)?;
        let mut taken = Ok(());
        let control = &self.control;
        let read = self.world.read_pieces(&place, &mut |piece| {
            taken = control.check().and_then(|()| take(piece));
            if taken.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        read.map_err(|error| read_error(path, &error)).and(taken)
    }

    /// Where a file is whose path may be seen, and its size.
    fn regular_file(&mut self, path: &[u8]) -> Result<(Vec<u8>, u64)> {
        let place = self.store.backing_path(path).unwrap_or_else(|| path.to_vec());
        let metadata = self.world.metadata(&place).map_err(|error| read_error(path, &error))?;
        if metadata.kind != EntryKind::Regular {
            return Err(not_regular(path));
        }
        Ok((place, metadata.size))
    }

    /// Reads a regular file whose path passes through no link, if the outside tells all that at once: one question
    /// instead of one for each folder on the way. `None` means nothing.
    pub fn read_plain_file(&mut self, path: &[u8]) -> Option<Vec<u8>> {
        let is_outside = self.stored_text(path).is_none() && self.store.backing_path(path).is_none();
        if !is_outside || !path::is_canonical(path) || self.check_path(path).is_err() {
            return None;
        }
        let contents = self.world.read_plain_file(path)?;
        self.reserve(contents.len()).ok().map(|()| contents)
    }

    /// The text of a file that evaluation put into the store.
    fn stored_text(&self, path: &[u8]) -> Option<Vec<u8>> {
        let store = &self.store;
        if store.memory.is_empty() || !store.dir.contains(path) {
            return None;
        }
        let object = store.memory.object(&store.dir.parse(path).ok()?)?;
        object.text.as_deref().map(<[u8]>::to_vec)
    }

    /// Lists a directory in byte order of the names; what may not be seen is left out.
    ///
    /// # Errors
    /// What is missing, forbidden or no directory.
    pub fn read_directory(&mut self, path: &[u8]) -> Result<Vec<DirectoryEntry>> {
        self.check_path(path)?;
        let place = self.store.backing_path(path).unwrap_or_else(|| path.to_vec());
        let listed = self.world.read_directory(&place).map_err(|error| match error {
            WorldError::NotFound => Error::new(DiagnosticId::PathDoesNotExist, &[&path]),
            WorldError::NotADirectory => {
                Error::with_message(DiagnosticId::File, [b"'", path, b"' is not a directory"].concat())
            }
            WorldError::SymlinkLoop => symlink_loop(path),
            other => file_error("opening directory", path, &other),
        });
        let mut entries = listed?;
        if self.settings.pure_eval || self.settings.restrict_eval {
            // An ancestor of what may be seen may be listed, to get there.
            entries.retain(|entry| self.is_allowed(&path::join(path, &entry.name)));
        }
        Ok(entries)
    }

    /// What is at a path itself; none if nothing is, or it may not be seen.
    ///
    /// # Errors
    /// What the system does not tell.
    pub fn path_metadata(&mut self, path: &[u8]) -> Result<Option<Metadata>> {
        if self.check_path(path).is_err() {
            return Ok(None);
        }
        if let Some(text) = self.stored_text(path) {
            let size = text.len() as u64;
            return Ok(Some(Metadata { kind: EntryKind::Regular, executable: false, size }));
        }
        let place = self.store.backing_path(path).unwrap_or_else(|| path.to_vec());
        match self.world.metadata(&place) {
            Ok(metadata) => Ok(Some(metadata)),
            Err(error) if error.is_absence() => Ok(None),
            Err(WorldError::SymlinkLoop) => Err(symlink_loop(path)),
            Err(error) => Err(file_error("getting status of", path, &error)),
        }
    }

    /// Reads the target of a link.
    ///
    /// # Errors
    /// What is forbidden or no link.
    pub fn read_link(&mut self, path: &[u8]) -> Result<Vec<u8>> {
        self.check_path(path)?;
        let place = self.store.backing_path(path).unwrap_or_else(|| path.to_vec());
        self.world.read_link(&place).map_err(|error| file_error("reading symbolic link", path, &error))
    }
}

/// Whether an address is what a prefix allows: the same, or below it at a slash.
fn uri_matches(uri: &[u8], prefix: &str) -> bool {
    let prefix = prefix.as_bytes();
    match uri.strip_prefix(prefix) {
        Some(rest) => {
            rest.is_empty() || prefix.ends_with(b"/") || prefix.ends_with(b":") || rest.starts_with(b"/")
        }
        None => false,
    }
}

#[cold]
fn read_error(path: &[u8], error: &WorldError) -> Error {
    match error {
        WorldError::NotFound | WorldError::NotADirectory => {
            Error::new(DiagnosticId::PathDoesNotExist, &[&path])
        }
        WorldError::IsADirectory => not_regular(path),
        WorldError::SymlinkLoop => symlink_loop(path),
        other => file_error("opening file", path, other),
    }
}

#[cold]
fn not_regular(path: &[u8]) -> Error {
    Error::with_message(DiagnosticId::File, [b"file '", path, b"' is not a regular file"].concat())
}

#[cold]
fn symlink_loop(path: &[u8]) -> Error {
    Error::with_message(DiagnosticId::File, [b"infinite symlink recursion in path '", path, b"'"].concat())
}

#[cold]
fn file_error(action: &str, path: &[u8], error: &WorldError) -> Error {
    let message = [action.as_bytes(), b" '", path, b"': ", error.to_string().as_bytes()].concat();
    Error::with_message(DiagnosticId::File, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_match_at_slashes() {
        assert!(uri_matches(b"https://a/b", "https://a"));
        assert!(uri_matches(b"https://a", "https://a"));
        assert!(uri_matches(b"github:o/r", "github:"));
        assert!(!uri_matches(b"https://ab", "https://a"));
        assert!(!uri_matches(b"http://a", "https://a"));
    }
}
