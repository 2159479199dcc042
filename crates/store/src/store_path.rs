//! A store path: the digest and the name, without the store directory.
//!
//! Where the store is, and how paths are computed, is `store_dir`'s matter.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::name::{self, MAX_NAME_LENGTH, NameError};
use crate::nixbase32;

/// The length of a store path's digest in bytes.
pub const DIGEST_LENGTH: usize = 20;

/// The length of the digest's text, in Nix's base 32.
pub const HASH_PART_LENGTH: usize = nixbase32::encoded_length(DIGEST_LENGTH);

/// A valid `HASH-NAME`. Cheap to clone; ordered as its text, which is the
/// order in derivations.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StorePath(
    /// The digest is kept as text, for it is printed far oftener than decoded.
    Arc<str>,
);

/// Why a text is not a store path. Shown with the wording of C++ Nix 2.36.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StorePathError {
    /// Not a path of a file right under the store directory.
    NotInStore {
        /// The whole path.
        path: String,
    },
    /// Too short to hold a digest and a dash, or without the dash.
    TooShort {
        /// The base name.
        base_name: String,
    },
    /// A character in the hash part that is not a digit.
    IllegalDigit {
        /// The base name.
        base_name: String,
        /// The first such byte.
        character: u8,
    },
    /// A name that is not allowed.
    Name {
        /// The base name.
        base_name: String,
        /// What is wrong with the name.
        error: NameError,
    },
}

impl fmt::Display for StorePathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInStore { path } => write!(f, "path '{path}' is not in the Nix store"),
            Self::TooShort { base_name } => {
                write!(f, "'{base_name}' is too short to be a valid store path")
            }
            Self::IllegalDigit { base_name, character } => {
                let character = String::from_utf8_lossy(std::slice::from_ref(character));
                write!(f, "store path '{base_name}' contains illegal base-32 character '{character}'")
            }
            Self::Name { base_name, error } => {
                write!(f, "path '{base_name}' is not a valid store path: {error}")
            }
        }
    }
}

impl std::error::Error for StorePathError {}

impl StorePath {
    /// Reads a base name, `HASH-NAME`.
    ///
    /// # Errors
    /// [`StorePathError`], but never [`StorePathError::NotInStore`].
    pub fn parse(base_name: &[u8]) -> Result<Self, StorePathError> {
        let owned = || String::from_utf8_lossy(base_name).into_owned();
        let split = base_name.split_at_checked(HASH_PART_LENGTH);
        let Some((digest, [b'-', name @ ..])) = split else {
            return Err(StorePathError::TooShort { base_name: owned() });
        };
        if let Some(&character) = digest.iter().find(|&&byte| !nixbase32::is_digit(byte)) {
            return Err(StorePathError::IllegalDigit { base_name: owned(), character });
        }
        name::check_characters(name).map_err(|error| StorePathError::Name { base_name: owned(), error })?;
        Ok(Self::from_ascii(base_name))
    }

    /// A path from its digest and name.
    ///
    /// # Errors
    /// [`StorePathError::Name`] if the name is not allowed.
    pub fn from_parts(digest: &[u8; DIGEST_LENGTH], name: &[u8]) -> Result<Self, StorePathError> {
        let mut room = [b'-'; HASH_PART_LENGTH + 1 + MAX_NAME_LENGTH];
        nixbase32::encode_to(digest, &mut room[..HASH_PART_LENGTH]);
        if let Err(error) = name::check_characters(name) {
            let base_name = [&room[..=HASH_PART_LENGTH], name].concat();
            return Err(StorePathError::Name {
                base_name: String::from_utf8_lossy(&base_name).into(),
                error,
            });
        }
        let length = HASH_PART_LENGTH + 1 + name.len();
        room[HASH_PART_LENGTH + 1..length].copy_from_slice(name);
        Ok(Self::from_ascii(&room[..length]))
    }

    /// Characters that were checked.
    fn from_ascii(base_name: &[u8]) -> Self {
        Self(std::str::from_utf8(base_name).unwrap_or_default().into())
    }

    /// The whole text, `HASH-NAME`.
    pub fn base_name(&self) -> &str {
        &self.0
    }

    /// The digest's text.
    pub fn hash_part(&self) -> &str {
        self.0.get(..HASH_PART_LENGTH).unwrap_or_default()
    }

    /// The name after the dash.
    pub fn name(&self) -> &str {
        self.0.get(HASH_PART_LENGTH + 1..).unwrap_or_default()
    }

    /// The digest.
    pub fn digest(&self) -> [u8; DIGEST_LENGTH] {
        let bytes = nixbase32::decode(self.hash_part().as_bytes());
        bytes.and_then(|bytes| bytes.try_into().ok()).unwrap_or_default()
    }

    /// Whether the name is that of a derivation, ending in `.drv`.
    pub fn is_derivation(&self) -> bool {
        self.0.ends_with(".drv")
    }

    /// The name without `.drv`: what the derivation in this file is called.
    pub fn derivation_name(&self) -> &str {
        let name = self.name();
        name.strip_suffix(".drv").unwrap_or(name)
    }
}

/// The digest tells paths apart as well as all of the text.
impl Hash for StorePath {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let (words, _) = self.0.as_bytes().as_chunks::<8>();
        words.iter().take(HASH_PART_LENGTH / 8).for_each(|word| state.write_u64(u64::from_le_bytes(*word)));
    }
}

impl fmt::Display for StorePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for StorePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        let path = StorePath::parse(b"wr1i7p014rsirg48bgmkclzgi393aj0p-n.drv").unwrap();
        assert_eq!(path.hash_part(), "wr1i7p014rsirg48bgmkclzgi393aj0p");
        assert_eq!((path.name(), path.derivation_name()), ("n.drv", "n"));
        assert!(path.is_derivation());
        assert_eq!(StorePath::from_parts(&path.digest(), b"n.drv"), Ok(path));
    }

    #[test]
    fn messages() {
        let message = |text: &str| StorePath::parse(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(message("0000"), "'0000' is too short to be a valid store path");
        assert_eq!(
            message("0000000000000000000000000000e000-ab"),
            "store path '0000000000000000000000000000e000-ab' contains illegal base-32 character 'e'"
        );
        assert_eq!(
            message("6kaaph92a1250d2dmw5xjr2r649y8m9g-bad~name"),
            "path '6kaaph92a1250d2dmw5xjr2r649y8m9g-bad~name' is not a valid store path: \
             name 'bad~name' contains illegal character '~'"
        );
        assert!(message("6kaaph92a1250d2dmw5xjr2r649y8m9g-").ends_with("name must not be empty"));
        assert!(message("6kaaph92a1250d2dmw5xjr2r649y8m9g").ends_with("valid store path"));
    }
}
