//! The store directory: printing and reading whole paths, and computing the
//! paths of texts and outputs, which depend on where the store is.
//!
//! The scheme is that of Nix's manual, chapter "Store Path Specification".

use std::fmt;
use std::sync::Arc;

use crate::base16;
use crate::hash::{Hash, HashAlgorithm, sha256};
use crate::store_path::{DIGEST_LENGTH, StorePath, StorePathError};

/// An absolute directory without a trailing slash; `/nix/store` by default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreDir(
    /// With the slash that follows it in paths.
    Arc<str>,
);

/// A text that cannot be a store directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreDirError(
    /// The text.
    pub String,
);

impl fmt::Display for StoreDirError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "store directory '{}' is not an absolute, canonical path", self.0)
    }
}

impl std::error::Error for StoreDirError {}

impl Default for StoreDir {
    fn default() -> Self {
        Self("/nix/store/".into())
    }
}

impl fmt::Display for StoreDir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl StoreDir {
    /// A store directory.
    ///
    /// # Errors
    /// [`StoreDirError`] unless `path` is absolute and has no empty, `.` or
    /// `..` component.
    pub fn new(path: &str) -> Result<Self, StoreDirError> {
        let canonical = path
            .strip_prefix('/')
            .is_some_and(|rest| rest.split('/').all(|component| !matches!(component, "" | "." | "..")));
        match canonical {
            true => Ok(Self(format!("{path}/").into())),
            false => Err(StoreDirError(path.to_owned())),
        }
    }

    /// The directory's path.
    pub fn as_str(&self) -> &str {
        self.0.strip_suffix('/').unwrap_or_default()
    }

    /// The whole path of `path`.
    pub fn print(&self, path: &StorePath) -> String {
        self.parts(path).concat()
    }

    /// Two texts that make the whole path of `path`.
    pub fn parts<'a>(&'a self, path: &'a StorePath) -> [&'a str; 2] {
        [&self.0, path.base_name()]
    }

    /// Appends the whole path of `path`.
    pub fn write(&self, path: &StorePath, out: &mut Vec<u8>) {
        self.parts(path).iter().for_each(|part| out.extend_from_slice(part.as_bytes()));
    }

    /// Whether `path` lies below the store directory, however deep.
    pub fn contains(&self, path: &[u8]) -> bool {
        self.relative(path).is_some_and(|rest| !rest.is_empty())
    }

    fn relative<'a>(&self, path: &'a [u8]) -> Option<&'a [u8]> {
        path.strip_prefix(self.0.as_bytes())
    }

    /// Reads a whole store path, which must be canonical.
    ///
    /// # Errors
    /// [`StorePathError`].
    pub fn parse(&self, path: &[u8]) -> Result<StorePath, StorePathError> {
        match self.relative(path) {
            Some(base_name) if !base_name.contains(&b'/') => StorePath::parse(base_name),
            _ => Err(not_in_store(path)),
        }
    }

    /// Splits a canonical path in the store into the store path and what
    /// follows it (empty, or starting with a slash).
    ///
    /// # Errors
    /// [`StorePathError`].
    pub fn split<'a>(&self, path: &'a [u8]) -> Result<(StorePath, &'a [u8]), StorePathError> {
        let relative = self.relative(path).filter(|rest| !rest.is_empty());
        let relative = relative.ok_or_else(|| not_in_store(path))?;
        let length = relative.iter().position(|&byte| byte == b'/').unwrap_or(relative.len());
        let (base_name, rest) = relative.split_at(length);
        Ok((StorePath::parse(base_name)?, rest))
    }

    /// The path of something of the given kind (`source`, `text`,
    /// `output:out`, …), content hash and name.
    ///
    /// # Errors
    /// [`StorePathError::Name`] if the name is not allowed.
    pub fn make_store_path(&self, kind: &str, hash: &Hash, name: &[u8]) -> Result<StorePath, StorePathError> {
        let mut fingerprint = Vec::with_capacity(160 + name.len());
        fingerprint.extend_from_slice(kind.as_bytes());
        self.finish_fingerprint(fingerprint, hash, &[name])
    }

    /// The path of an output of a derivation, from the hash of this one.
    pub(crate) fn make_output_path(
        &self,
        derivation_name: &str,
        output: &str,
        hash: &Hash,
    ) -> Result<StorePath, StorePathError> {
        let mut fingerprint = Vec::with_capacity(160 + derivation_name.len() + 2 * output.len());
        fingerprint.extend_from_slice(b"output:");
        fingerprint.extend_from_slice(output.as_bytes());
        match output {
            "out" => self.finish_fingerprint(fingerprint, hash, &[derivation_name.as_bytes()]),
            _ => {
                let name = [derivation_name.as_bytes(), b"-", output.as_bytes()];
                self.finish_fingerprint(fingerprint, hash, &name)
            }
        }
    }

    /// Like [`StoreDir::make_store_path`], where the kind lists references,
    /// which must be sorted, and whether the object refers to itself, and the
    /// name comes in parts.
    pub(crate) fn make_referring_path<'a>(
        &self,
        kind: &str,
        references: impl IntoIterator<Item = &'a StorePath>,
        self_reference: bool,
        hash: &Hash,
        name: &[&[u8]],
    ) -> Result<StorePath, StorePathError> {
        let references = references.into_iter();
        // A path takes about so much.
        let len = (self.0.len() + 64) * references.size_hint().0.max(8);
        let mut fingerprint = Vec::with_capacity(256 + len);
        fingerprint.extend_from_slice(kind.as_bytes());
        for reference in references {
            fingerprint.push(b':');
            self.write(reference, &mut fingerprint);
        }
        if self_reference {
            fingerprint.extend_from_slice(b":self");
        }
        self.finish_fingerprint(fingerprint, hash, name)
    }

    /// Completes `KIND:ALGORITHM:HASH:STORE-DIR:NAME` and hashes it. The name comes in parts.
    fn finish_fingerprint(
        &self,
        mut fingerprint: Vec<u8>,
        hash: &Hash,
        name: &[&[u8]],
    ) -> Result<StorePath, StorePathError> {
        fingerprint.push(b':');
        fingerprint.extend_from_slice(hash.algorithm().name().as_bytes());
        fingerprint.push(b':');
        base16::encode_into(hash.digest(), &mut fingerprint);
        fingerprint.push(b':');
        fingerprint.extend_from_slice(self.as_str().as_bytes());
        fingerprint.push(b':');
        let start = fingerprint.len();
        name.iter().for_each(|part| fingerprint.extend_from_slice(part));
        StorePath::from_parts(&compress(&sha256(&fingerprint)), &fingerprint[start..])
    }

    /// The path of a text with that content: of `toFile` and of derivations.
    ///
    /// # Errors
    /// [`StorePathError::Name`] if the name is not allowed.
    pub fn make_text_path<'a>(
        &self,
        name: &[u8],
        content: &[u8],
        references: impl IntoIterator<Item = &'a StorePath>,
    ) -> Result<StorePath, StorePathError> {
        self.make_text_path_from_hash(name, &HashAlgorithm::Sha256.hash(content), references)
    }

    /// Like [`StoreDir::make_text_path`], from the content's SHA-256 hash.
    /// References may come in any order and more than once.
    ///
    /// # Errors
    /// [`StorePathError::Name`] if the name is not allowed.
    pub fn make_text_path_from_hash<'a>(
        &self,
        name: &[u8],
        hash: &Hash,
        references: impl IntoIterator<Item = &'a StorePath>,
    ) -> Result<StorePath, StorePathError> {
        let mut references: Vec<&StorePath> = references.into_iter().collect();
        references.sort_unstable();
        references.dedup();
        self.make_referring_path("text", references, false, hash, &[name])
    }
}

fn not_in_store(path: &[u8]) -> StorePathError {
    StorePathError::NotInStore { path: String::from_utf8_lossy(path).into_owned() }
}

/// Folds a hash onto the length of a store path's digest by exclusive or.
pub(crate) fn compress(hash: &[u8]) -> [u8; DIGEST_LENGTH] {
    let mut digest = [0; DIGEST_LENGTH];
    for chunk in hash.chunks(DIGEST_LENGTH) {
        for (to, from) in digest.iter_mut().zip(chunk) {
            *to ^= from;
        }
    }
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_paths() {
        let dir = StoreDir::default();
        let path = |name: &str, content: &str, references: &[&StorePath]| {
            dir.make_text_path(name.as_bytes(), content.as_bytes(), references.iter().copied()).unwrap()
        };
        let hello = path("greeting", "hello store", &[]);
        assert_eq!(hello.base_name(), "4sv9zv8ps8kx3xa41nrzlcnz4cgbd6v7-greeting");
        assert_eq!(path("empty", "", &[]).base_name(), "wflv0hgb0qb1ddc5nxmsg0y9zjjhfvmh-empty");
        let a = path("a.txt", "content of a", &[]);
        assert_eq!(dir.print(&a), "/nix/store/0x4qfbmwlkncsnxvybjz0bkrgxbfll00-a.txt");
        let b = path("b.txt", &format!("refers to {}", dir.print(&a)), &[&a]);
        assert_eq!(b.base_name(), "1s06fymvf6i57yqi2ligz2imllfrl90c-b.txt");
        let source = StorePath::parse(b"8wnagsh82vv42y7hygmy16vjyi16rqml-source.txt").unwrap();
        let text = format!("refers to {} and {}", dir.print(&source), dir.print(&b));
        let c = path("c.txt", &text, &[&source, &b, &source]);
        assert_eq!(c.base_name(), "bp2ha994nk8apn51vzb5g30da4n6gha0-c.txt");
    }

    #[test]
    fn a_bad_name_is_told_with_the_path_it_would_have() {
        let error = StoreDir::default().make_text_path(b"a b", b"", []).unwrap_err();
        let message = error.to_string();
        assert!(message.starts_with("path '"), "{message}");
        assert!(
            message.ends_with("-a b' is not a valid store path: name 'a b' contains illegal character ' '"),
            "{message}"
        );
    }

    #[test]
    fn whole_paths() {
        let dir = StoreDir::default();
        let text = "/nix/store/00000000000000000000000000000000-ab";
        let path = dir.parse(text.as_bytes()).unwrap();
        assert_eq!(dir.print(&path), text);
        let inner = format!("{text}/c/d");
        assert_eq!(dir.split(inner.as_bytes()), Ok((path.clone(), &b"/c/d"[..])));
        assert_eq!(dir.split(text.as_bytes()), Ok((path, &b""[..])));
        for bad in ["/nix/store", "/nix/store/", "/elsewhere/x", "x", "/nix/storex/y"] {
            let message = format!("path '{bad}' is not in the Nix store");
            assert_eq!(dir.split(bad.as_bytes()).unwrap_err().to_string(), message);
            assert!(!dir.contains(bad.as_bytes()));
        }
        assert!(dir.parse(inner.as_bytes()).is_err());
        assert!(dir.contains(b"/nix/store/x"));
    }

    #[test]
    fn other_directories() {
        assert!(StoreDir::new("/opt/store").is_ok());
        for bad in ["", "/", "store", "/a//b", "/a/", "/a/../b"] {
            assert_eq!(StoreDir::new(bad), Err(StoreDirError(bad.to_owned())));
        }
        let elsewhere = StoreDir::new("/opt/store").unwrap();
        let text = |dir: &StoreDir| dir.make_text_path(b"n", b"x", []).unwrap();
        assert_ne!(text(&elsewhere), text(&StoreDir::default()));
    }
}
