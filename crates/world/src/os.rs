//! The world of the operating system. Not available on WebAssembly.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::bounded::{self, read_bounded};
use crate::path;
use crate::physical_memory::physical_memory;
use crate::world::{DirectoryEntry, EntryKind, MessageKind, Metadata, World, WorldError, build_system};

/// `ELOOP`, which the standard library has no stable name for.
const TOO_MANY_LINKS: i32 = if cfg!(target_os = "linux") { 40 } else { 62 };

/// Where stores are when `NIX_STORE_DIR` says nothing else.
const DEFAULT_STORE: &[u8] = b"/nix/store";

/// Files, environment and clock of the operating system; traces go to standard error.
#[derive(Clone, Debug, Default)]
pub struct OsWorld {
    /// Longer files are not read; devices and pipes may have no end.
    longest: Option<u64>,
    system: Option<String>,
}

impl OsWorld {
    /// The system's world, with the system type that this program was built for.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives another system type, as the setting `eval-system` does.
    #[must_use]
    pub fn with_system(self, system: impl Into<String>) -> Self {
        Self { system: Some(system.into()), ..self }
    }

    /// The same where files of more than `bytes` bytes are not read, whatever was known of their size before: they may
    /// grow meanwhile, or be replaced by something that has no end.
    #[must_use]
    pub fn with_longest_file(self, bytes: u64) -> Self {
        Self { longest: Some(bytes), ..self }
    }
}

impl World for OsWorld {
    fn read_file(&mut self, path: &[u8]) -> Result<Vec<u8>, WorldError> {
        let path = to_os(path)?;
        let Some(longest) = self.longest else { return Ok(fs::read(path)?) };
        let file = fs::File::open(path)?;
        let expected = file.metadata()?.len();
        read_bounded(file, expected, longest)
    }

    fn read_pieces(
        &mut self,
        path: &[u8],
        take: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), WorldError> {
        bounded::read_pieces(fs::File::open(to_os(path)?)?, take)
    }

    #[cfg(target_os = "linux")]
    fn read_plain_file(&mut self, path: &[u8]) -> Option<Vec<u8>> {
        crate::plain_file::read(path, self.longest.unwrap_or(u64::MAX))
    }

    fn read_directory(&mut self, path: &[u8]) -> Result<Vec<DirectoryEntry>, WorldError> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(to_os(path)?)? {
            let entry = entry?;
            let kind = entry.file_type().map_or(EntryKind::Unknown, entry_kind);
            entries.push(DirectoryEntry { name: from_os(&entry.file_name())?, kind });
        }
        entries.sort_unstable_by(|left, right| left.name.cmp(&right.name));
        Ok(entries)
    }

    fn metadata(&mut self, path: &[u8]) -> Result<Metadata, WorldError> {
        let found = fs::symlink_metadata(to_os(path)?)?;
        Ok(Metadata {
            kind: entry_kind(found.file_type()),
            executable: is_executable(&found),
            size: found.len(),
        })
    }

    fn read_link(&mut self, path: &[u8]) -> Result<Vec<u8>, WorldError> {
        match fs::read_link(to_os(path)?) {
            Ok(target) => from_os(target.as_os_str()),
            Err(error) if error.kind() == ErrorKind::InvalidInput => Err(WorldError::NotASymlink),
            Err(error) => Err(error.into()),
        }
    }

    fn environment_variable(&mut self, name: &[u8]) -> Option<Vec<u8>> {
        // The standard library panics on names that the system cannot hold.
        if name.is_empty() || name.iter().any(|&byte| byte == b'=' || byte == 0) {
            return None;
        }
        let name = to_os(name).ok()?;
        from_os(&std::env::var_os(name)?).ok()
    }

    fn current_time(&mut self) -> i64 {
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX)
    }

    fn physical_memory(&mut self) -> Option<u64> {
        physical_memory()
    }

    fn current_system(&mut self) -> String {
        self.system.clone().unwrap_or_else(build_system)
    }

    fn current_directory(&mut self) -> Result<Vec<u8>, WorldError> {
        from_os(std::env::current_dir()?.as_os_str())
    }

    fn home_directory(&mut self) -> Option<Vec<u8>> {
        from_os(std::env::home_dir()?.as_os_str()).ok()
    }

    fn store_directory(&mut self) -> Vec<u8> {
        match self.environment_variable(b"NIX_STORE_DIR") {
            Some(directory) if path::is_absolute(&directory) => path::canonicalise(&directory),
            _ => DEFAULT_STORE.to_vec(),
        }
    }

    fn emit(&mut self, kind: MessageKind, text: &[u8]) {
        let mut message = kind.line(text);
        message.push(b'\n');
        // A closed standard error must not end the evaluation.
        let _ = io::stderr().write_all(&message);
    }
}

impl From<io::Error> for WorldError {
    fn from(error: io::Error) -> Self {
        if error.raw_os_error() == Some(TOO_MANY_LINKS) {
            return Self::SymlinkLoop;
        }
        match error.kind() {
            ErrorKind::NotFound => Self::NotFound,
            ErrorKind::NotADirectory => Self::NotADirectory,
            ErrorKind::IsADirectory => Self::IsADirectory,
            ErrorKind::PermissionDenied => Self::PermissionDenied,
            _ => Self::Other(words(&error)),
        }
    }
}

/// What the C library says of an error, without the number that the standard library adds.
fn words(error: &io::Error) -> String {
    let text = error.to_string();
    match (error.raw_os_error(), text.rfind(" (os error ")) {
        (Some(_), Some(end)) => text[..end].to_owned(),
        _ => text,
    }
}

fn entry_kind(file_type: fs::FileType) -> EntryKind {
    if file_type.is_symlink() {
        EntryKind::Symlink
    } else if file_type.is_dir() {
        EntryKind::Directory
    } else if file_type.is_file() {
        EntryKind::Regular
    } else {
        EntryKind::Unknown
    }
}

#[cfg(unix)]
fn is_executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    false
}

#[cfg(unix)]
fn to_os(path: &[u8]) -> Result<PathBuf, WorldError> {
    use std::os::unix::ffi::OsStrExt;
    Ok(Path::new(OsStr::from_bytes(path)).to_path_buf())
}

#[cfg(not(unix))]
fn to_os(path: &[u8]) -> Result<PathBuf, WorldError> {
    let text = std::str::from_utf8(path).map_err(|_| WorldError::NotFound)?;
    Ok(Path::new(text).to_path_buf())
}

#[cfg(unix)]
fn from_os(text: &OsStr) -> Result<Vec<u8>, WorldError> {
    use std::os::unix::ffi::OsStrExt;
    Ok(text.as_bytes().to_vec())
}

#[cfg(not(unix))]
fn from_os(text: &OsStr) -> Result<Vec<u8>, WorldError> {
    let text = text.to_str().ok_or_else(|| WorldError::Other("name is not Unicode".to_owned()))?;
    Ok(text.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here() -> Vec<u8> {
        env!("CARGO_MANIFEST_DIR").as_bytes().to_vec()
    }

    #[test]
    fn a_file_of_this_crate() {
        let mut world = OsWorld::new();
        let manifest = path::join(&here(), b"Cargo.toml");
        assert!(world.read_file(&manifest).unwrap().starts_with(b"[package]"));
        let metadata = world.metadata(&manifest).unwrap();
        assert_eq!((metadata.kind, metadata.executable), (EntryKind::Regular, false));
        assert_eq!(world.read_link(&manifest), Err(WorldError::NotASymlink));
        assert_eq!(world.metadata(&path::join(&manifest, b"x")), Err(WorldError::NotADirectory));
        assert_eq!(world.read_directory(&manifest), Err(WorldError::NotADirectory));
    }

    #[test]
    fn a_directory_of_this_crate() {
        let entries = OsWorld::new().read_directory(&here()).unwrap();
        assert!(entries.is_sorted_by(|left, right| left.name < right.name));
        assert!(entries.contains(&DirectoryEntry { name: b"src".to_vec(), kind: EntryKind::Directory }));
        assert_eq!(OsWorld::new().read_file(&here()), Err(WorldError::IsADirectory));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn files_are_read_up_to_a_length() {
        let mut world = OsWorld::new().with_longest_file(1000);
        assert!(matches!(world.read_file(b"/dev/zero"), Err(WorldError::Other(_))));
        assert_eq!(world.read_file(b"/dev/null"), Ok(Vec::new()));
        assert!(world.read_file(b"/proc/self/stat").is_ok_and(|text| !text.is_empty()));
        assert_eq!(world.read_file(&here()), Err(WorldError::IsADirectory));
        assert!(OsWorld::new().with_longest_file(u64::MAX).read_file(b"/proc/self/stat").is_ok());
    }

    #[test]
    fn odd_names_do_not_panic() {
        let mut world = OsWorld::new();
        assert_eq!(world.environment_variable(b""), None);
        assert_eq!(world.environment_variable(b"a=b"), None);
        assert_eq!(world.environment_variable(b"a\0b"), None);
        assert!(world.read_file(b"/a\0b").is_err());
    }

    #[test]
    fn the_surroundings() {
        let mut world = OsWorld::new();
        assert!(world.current_time() > 1_600_000_000);
        assert!(path::is_absolute(&world.current_directory().unwrap()));
        assert!(path::is_absolute(&world.store_directory()));
        assert_eq!(OsWorld::new().with_system("riscv64-linux").current_system(), "riscv64-linux");
    }
}
