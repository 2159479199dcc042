//! The trait [`World`] and the plain data that it speaks in.
//!
//! Paths are absolute byte strings separated by `/`: Nix file names are bytes, not text.

use std::error::Error;
use std::fmt;
use std::ops::ControlFlow;

/// What a directory entry is, in the terms of `builtins.readFileType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EntryKind {
    /// A regular file.
    Regular,
    /// A directory.
    Directory,
    /// A symbolic link (never followed to find this out).
    Symlink,
    /// A device, a socket, a pipe or something that the system does not tell.
    Unknown,
}

impl EntryKind {
    /// The name that `builtins.readDir` and `builtins.readFileType` give to this kind.
    #[must_use]
    pub const fn nix_name(self) -> &'static str {
        match self {
            Self::Regular => "regular",
            Self::Directory => "directory",
            Self::Symlink => "symlink",
            Self::Unknown => "unknown",
        }
    }
}

/// What `lstat` tells about a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// The kind of the path itself; a final symbolic link is not followed.
    pub kind: EntryKind,
    /// Whether its owner may execute it; meaningful for regular files only.
    pub executable: bool,
    /// Size in bytes; meaningful for regular files only.
    pub size: u64,
}

/// One entry of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryEntry {
    /// The name in its directory: any bytes but `/` and NUL.
    pub name: Vec<u8>,
    /// What it is.
    pub kind: EntryKind,
}

/// Why the outside refused; the caller knows the path and words the headline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorldError {
    /// The path or one of its ancestors does not exist.
    NotFound,
    /// A directory was needed and something else was found.
    NotADirectory,
    /// A file was needed and a directory was found.
    IsADirectory,
    /// A symbolic link was needed and something else was found.
    NotASymlink,
    /// The system denies access.
    PermissionDenied,
    /// Symbolic links lead in a circle.
    SymlinkLoop,
    /// Anything else, in the system's words.
    Other(String),
}

impl WorldError {
    /// Whether the error says that nothing is at the path, as `pathExists` understands it.
    #[must_use]
    pub const fn is_absence(&self) -> bool {
        matches!(self, Self::NotFound | Self::NotADirectory)
    }
}

impl fmt::Display for WorldError {
    /// Writes the words of the C library for the same error.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::NotFound => "No such file or directory",
            Self::NotADirectory => "Not a directory",
            Self::IsADirectory => "Is a directory",
            Self::NotASymlink => "Invalid argument",
            Self::PermissionDenied => "Permission denied",
            Self::SymlinkLoop => "Too many levels of symbolic links",
            Self::Other(message) => message,
        })
    }
}

impl Error for WorldError {}

/// Everything that an evaluation can ask of the outside.
///
/// Paths are absolute, as bytes. Symbolic links among the ancestors of a path are followed as the system does;
/// each method says what happens to a final one.
pub trait World: Send {
    /// Reads a file whole, following a final symbolic link.
    ///
    /// # Errors
    /// Any [`WorldError`]; `IsADirectory` for a directory.
    fn read_file(&mut self, path: &[u8]) -> Result<Vec<u8>, WorldError>;

    /// Reads a regular file of moderate size whose path passes through no symbolic link, where one question to the
    /// outside can find all this out. `None` means nothing, not even that there is no such file: ask the other ways.
    fn read_plain_file(&mut self, _path: &[u8]) -> Option<Vec<u8>> {
        None
    }

    /// Hands a file's contents to `take` piece by piece, following a final symbolic link, until it breaks off. Worlds
    /// whose files may be large need not hold them whole.
    ///
    /// # Errors
    /// As [`World::read_file`].
    fn read_pieces(
        &mut self,
        path: &[u8],
        take: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), WorldError> {
        let _ = take(&self.read_file(path)?);
        Ok(())
    }

    /// Lists a directory sorted by name, without `.` and `..`, following a final symbolic link.
    ///
    /// # Errors
    /// Any [`WorldError`]; `NotADirectory` if the path is something else.
    fn read_directory(&mut self, path: &[u8]) -> Result<Vec<DirectoryEntry>, WorldError>;

    /// Tells what is at a path, without following a final symbolic link.
    ///
    /// # Errors
    /// Any [`WorldError`]; `NotFound` if nothing is there.
    fn metadata(&mut self, path: &[u8]) -> Result<Metadata, WorldError>;

    /// Reads the target of a symbolic link as it is written in it.
    ///
    /// # Errors
    /// Any [`WorldError`]; `NotASymlink` if the path is something else.
    fn read_link(&mut self, path: &[u8]) -> Result<Vec<u8>, WorldError>;

    /// The value of an environment variable, if it is set.
    fn environment_variable(&mut self, name: &[u8]) -> Option<Vec<u8>>;

    /// Seconds since the beginning of 1970, for `builtins.currentTime`.
    fn current_time(&mut self) -> i64;

    /// How much memory the program may reckon with, in bytes, if that is known.
    fn physical_memory(&mut self) -> Option<u64> {
        None
    }

    /// The system type, such as `x86_64-linux`, for `builtins.currentSystem`.
    fn current_system(&mut self) -> String;

    /// The absolute path of the working directory.
    ///
    /// # Errors
    /// Any [`WorldError`] if the system does not tell it.
    fn current_directory(&mut self) -> Result<Vec<u8>, WorldError>;

    /// The absolute path of the user's home directory, for paths that begin with `~/`.
    fn home_directory(&mut self) -> Option<Vec<u8>>;

    /// The directory of the store, such as `/nix/store`, without a final slash.
    fn store_directory(&mut self) -> Vec<u8>;

    /// Hands one message of the evaluation to whoever watches it: the text alone, without a final newline.
    fn emit(&mut self, kind: MessageKind, text: &[u8]);

    /// Forgets what it remembers of files, which may have changed.
    fn forget(&mut self) {}

    /// Hears how the evaluation comes along, if it wants to know.
    fn note(&mut self, _progress: Progress<'_>) {}
}

/// What sort of message it is that an evaluation hands out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MessageKind {
    /// Of `builtins.trace` or `builtins.traceVerbose`.
    Trace,
    /// Of `builtins.warn`.
    EvaluationWarning,
    /// A warning of the evaluator: about a source, or about a derivation.
    Warning,
}

impl MessageKind {
    /// Whether it is a warning, whoever warns.
    #[must_use]
    pub const fn is_warning(self) -> bool {
        matches!(self, Self::EvaluationWarning | Self::Warning)
    }

    /// The line that C++ Nix prints for a message of this kind, without a final newline.
    #[must_use]
    pub fn line(self, text: &[u8]) -> Vec<u8> {
        let before: &[u8] = match self {
            Self::Trace => b"trace: ",
            Self::EvaluationWarning if text.is_empty() => b"",
            Self::EvaluationWarning => b"evaluation warning: ",
            Self::Warning => b"warning: ",
        };
        [before, text].concat()
    }
}

/// What an evaluation tells of its progress, besides messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress<'a> {
    /// A derivation was instantiated.
    Derivation {
        /// Its name.
        name: &'a [u8],
        /// The path of its file in the store.
        path: &'a [u8],
    },
    /// Something else got a path in the store: a text or a copied file.
    StoreObject {
        /// The path.
        path: &'a [u8],
    },
}

/// The Nix name of the system that this program was built for, such as `aarch64-darwin`.
#[must_use]
pub fn build_system() -> String {
    let architecture = match std::env::consts::ARCH {
        "x86" => "i686",
        "powerpc64" if cfg!(target_endian = "little") => "powerpc64le",
        "arm" => "armv7l",
        other => other,
    };
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        "" => "unknown",
        other => other,
    };
    format!("{architecture}-{system}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_has_two_parts() {
        let system = build_system();
        assert_eq!(system.split('-').count(), 2, "{system}");
    }

    #[test]
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    fn the_system_of_linux() {
        assert_eq!(build_system(), "x86_64-linux");
    }

    #[test]
    fn a_line_says_what_sort_of_message_it_is() {
        assert_eq!(MessageKind::Trace.line(b""), b"trace: ");
        assert_eq!(MessageKind::EvaluationWarning.line(b"old"), b"evaluation warning: old");
        assert_eq!(MessageKind::EvaluationWarning.line(b""), b"");
        assert_eq!(MessageKind::Warning.line(b""), b"warning: ");
    }

    #[test]
    fn absence_is_not_denial() {
        assert!(WorldError::NotADirectory.is_absence());
        assert!(!WorldError::PermissionDenied.is_absence());
    }
}
