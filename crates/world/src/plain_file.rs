//! Files whose paths pass through no symbolic link, read with one look at the path.
//!
//! Linux opens a file on the condition that no component of its path is a link. An import then needs
//! no question for each folder on the way, and a file of known size is read at once.

use rustix::buffer::spare_capacity;
use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags, fstat, openat2};

/// Larger files are read the other way, which asks first whether there is memory for them.
const LARGEST: u64 = 1 << 20;

/// The contents of a regular file that is no longer than `longest`, if all is as expected.
pub(crate) fn read(path: &[u8], longest: u64) -> Option<Vec<u8>> {
    // Opening a pipe would wait for somebody to write into it.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = openat2(CWD, path, flags, Mode::empty(), ResolveFlags::NO_SYMLINKS).ok()?;
    let status = fstat(&file).ok()?;
    let size = u64::try_from(status.st_size).ok()?;
    if FileType::from_raw_mode(status.st_mode) != FileType::RegularFile || size > longest.min(LARGEST) {
        return None;
    }
    // Files of `/proc` say that they are empty.
    let size = usize::try_from(size).ok().filter(|&size| size > 0)?;
    let mut contents = Vec::with_capacity(size + 1);
    // The byte more shows that the file has not grown.
    let read = rustix::io::read(&file, spare_capacity(&mut contents)).ok()?;
    (read == size).then_some(contents)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn plain_files_only() {
        let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml").as_bytes();
        let Some(contents) = read(manifest, u64::MAX) else {
            return; // an old kernel, or a sandbox that forbids the call
        };
        assert!(contents.starts_with(b"[package]"));
        assert_eq!(read(manifest, 10), None);
        assert_eq!(read(env!("CARGO_MANIFEST_DIR").as_bytes(), u64::MAX), None);
        for special in ["/dev/null", "/dev/zero", "/proc/self/stat", "/proc/self/exe", "/no/such", "/a\0b"] {
            assert_eq!(read(special.as_bytes(), u64::MAX), None, "{special}");
        }
    }

    #[test]
    fn links_are_not_followed() {
        let folder = std::env::temp_dir().join(format!("nivose-plain-{}", std::process::id()));
        let make = || -> std::io::Result<()> {
            std::fs::create_dir_all(folder.join("real"))?;
            std::fs::write(folder.join("real/file"), "text")?;
            std::os::unix::fs::symlink("real", folder.join("folder"))?;
            std::os::unix::fs::symlink("real/file", folder.join("file"))
        };
        make().expect("a temporary folder");
        for link in ["folder/file", "file"] {
            assert_eq!(read(folder.join(link).as_os_str().as_encoded_bytes(), u64::MAX), None, "{link}");
        }
        std::fs::remove_dir_all(&folder).expect("the folder");
    }
}
