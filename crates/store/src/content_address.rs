//! Ways to address content, and the paths of content so addressed.

use std::fmt;

use crate::base16;
use crate::hash::{Hash, HashAlgorithm};
use crate::store_dir::StoreDir;
use crate::store_path::{StorePath, StorePathError};

/// How a file system object becomes bytes to be hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ContentAddressMethod {
    /// The bytes of a single regular file.
    Flat,
    /// The archive of the whole tree.
    Nar,
    /// The bytes of a text, with its references beside it.
    Text,
    /// Git's tree hash.
    Git,
}

impl ContentAddressMethod {
    /// The method that `outputHashMode` names: `flat`, `recursive` or `nar`,
    /// `text`, `git`.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        match name {
            b"flat" => Some(Self::Flat),
            b"recursive" | b"nar" => Some(Self::Nar),
            b"text" => Some(Self::Text),
            b"git" => Some(Self::Git),
            _ => None,
        }
    }

    /// What stands before the algorithm in derivations and fingerprints.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Flat => "",
            Self::Nar => "r:",
            Self::Text => "text:",
            Self::Git => "git:",
        }
    }

    /// Splits a text like `r:sha256` into method and algorithm's name.
    pub(crate) fn split_prefix(text: &[u8]) -> (Self, &[u8]) {
        [Self::Nar, Self::Text, Self::Git]
            .into_iter()
            .find_map(|method| Some((method, text.strip_prefix(method.prefix().as_bytes())?)))
            .unwrap_or((Self::Flat, text))
    }
}

/// Why content has no path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FixedOutputError {
    /// The name is not allowed.
    Path(StorePathError),
    /// The method does not go with this algorithm.
    Algorithm {
        /// The method.
        method: ContentAddressMethod,
        /// The algorithm.
        algorithm: HashAlgorithm,
    },
    /// The method, with this algorithm, does not allow references.
    References {
        /// The name of the object.
        name: String,
    },
}

impl fmt::Display for FixedOutputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(error) => error.fmt(f),
            Self::Algorithm { method: ContentAddressMethod::Git, algorithm } => {
                write!(f, "Git file ingestion must use SHA-1 or SHA-256 hash, but instead using: {algorithm}")
            }
            Self::Algorithm { algorithm, .. } => {
                write!(f, "text hashing must use SHA-256, but instead using: {algorithm}")
            }
            Self::References { name } => {
                write!(f, "fixed output derivation '{name}' is not allowed to refer to other store paths")
            }
        }
    }
}

impl std::error::Error for FixedOutputError {}

impl From<StorePathError> for FixedOutputError {
    fn from(error: StorePathError) -> Self {
        Self::Path(error)
    }
}

impl StoreDir {
    /// The path of content with that hash. References must be sorted; only
    /// archives hashed with SHA-256, and texts, may have any, and only the
    /// former may refer to themselves.
    ///
    /// # Errors
    /// [`FixedOutputError`].
    pub fn make_fixed_output_path<'a>(
        &self,
        method: ContentAddressMethod,
        hash: &Hash,
        name: &[u8],
        references: impl IntoIterator<Item = &'a StorePath>,
        self_reference: bool,
    ) -> Result<StorePath, FixedOutputError> {
        check_algorithm(method, hash.algorithm())?;
        let has_sha256 = hash.algorithm() == HashAlgorithm::Sha256;
        let mut references = references.into_iter().peekable();
        let kind = match method {
            ContentAddressMethod::Nar if has_sha256 => "source",
            ContentAddressMethod::Text if !self_reference => "text",
            _ if self_reference || references.peek().is_some() => {
                let name = String::from_utf8_lossy(name).into_owned();
                return Err(FixedOutputError::References { name });
            }
            _ => {
                let inner = fixed_fingerprint(method, hash, b"");
                let inner = HashAlgorithm::Sha256.hash(&inner);
                return Ok(self.make_store_path("output:out", &inner, name)?);
            }
        };
        Ok(self.make_referring_path(kind, references, self_reference, hash, &[name])?)
    }
}

fn check_algorithm(method: ContentAddressMethod, algorithm: HashAlgorithm) -> Result<(), FixedOutputError> {
    let allowed: &[HashAlgorithm] = match method {
        ContentAddressMethod::Flat | ContentAddressMethod::Nar => return Ok(()),
        ContentAddressMethod::Text => &[HashAlgorithm::Sha256],
        ContentAddressMethod::Git => &[HashAlgorithm::Sha1, HashAlgorithm::Sha256],
    };
    match allowed.contains(&algorithm) {
        true => Ok(()),
        false => Err(FixedOutputError::Algorithm { method, algorithm }),
    }
}

/// `fixed:out:METHOD ALGORITHM:HASH:PATH`, the text that stands for a fixed
/// output in other hashes.
pub(crate) fn fixed_fingerprint(method: ContentAddressMethod, hash: &Hash, path: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(192 + path.len());
    text.extend_from_slice(b"fixed:out:");
    text.extend_from_slice(method.prefix().as_bytes());
    text.extend_from_slice(hash.algorithm().name().as_bytes());
    text.push(b':');
    base16::encode_into(hash.digest(), &mut text);
    text.push(b':');
    text.extend_from_slice(path);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(method: ContentAddressMethod, hash: &[u8], name: &str) -> String {
        let hash = Hash::parse(hash, None).unwrap();
        let dir = StoreDir::default();
        let path = dir.make_fixed_output_path(method, &hash, name.as_bytes(), [], false);
        path.map_or_else(|error| error.to_string(), |path| path.base_name().to_owned())
    }

    #[test]
    fn fixed_outputs() {
        use ContentAddressMethod::{Flat, Git, Nar, Text};
        let md5 = b"md5:d41d8cd98f00b204e9800998ecf8427e";
        let sha1 = b"sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709";
        let sha256 = b"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let sha512 = b"sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==";
        for (method, hash, expected) in [
            (Flat, &md5[..], "dlk2kwbqj4yq450y5qwkqzhgc53cjzbd-n"),
            (Flat, sha1, "agrcq9hgqdvxrp4whnga2vkh430dgz3v-n"),
            (Flat, sha256, "znps1q33ssycby4w7qb3y0rpvjggn3a9-n"),
            (Flat, sha512, "xnr47hwj385wsa0sma4jlhjrkmrm0mxa-n"),
            (Nar, md5, "pxhj7k52wi4v30szi4zrnngsipnrmrln-n"),
            (Nar, sha1, "lj2bfc8d908qrbphz310jivji2bs78nh-n"),
            (Nar, sha256, "vdw2wjlp20gqdlf42r2ld488b8z5962m-n"),
            (Nar, sha512, "v51k7xpcjbwcan3jmv3wx803ns0p1vxl-n"),
            (Git, sha1, "gdw44i9ssn983kfv2cc8x3kggdj76vyn-n"),
        ] {
            assert_eq!(path(method, hash, "n"), expected);
        }
        let text = path(Text, b"sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=", "n.drv");
        assert_eq!(text, "332av6ap1vkipqc60vbxld8wsp8b5g7m-n.drv");
        assert!(path(Git, md5, "n").starts_with("Git file ingestion must use SHA-1"));
        assert!(path(Text, sha1, "n").starts_with("text hashing must use SHA-256"));
    }

    #[test]
    fn references_count_only_in_archives_and_texts() {
        let dir = StoreDir::default();
        let hash = HashAlgorithm::Sha256.hash(b"");
        let other = dir.make_text_path(b"o", b"", []).unwrap();
        let make = |method, references: &[&StorePath], to_itself| {
            dir.make_fixed_output_path(method, &hash, b"n", references.iter().copied(), to_itself)
        };
        let none = make(ContentAddressMethod::Nar, &[], false).unwrap();
        assert_ne!(make(ContentAddressMethod::Nar, &[], true).unwrap(), none);
        assert_ne!(make(ContentAddressMethod::Nar, &[&other], false).unwrap(), none);
        assert!(make(ContentAddressMethod::Flat, &[&other], false).is_err());
        assert!(make(ContentAddressMethod::Text, &[], true).is_err());
    }

    #[test]
    fn method_names() {
        assert_eq!(ContentAddressMethod::from_name(b"nar"), Some(ContentAddressMethod::Nar));
        assert_eq!(ContentAddressMethod::from_name(b"archive"), None);
        let split = ContentAddressMethod::split_prefix;
        assert_eq!(split(b"r:sha256"), (ContentAddressMethod::Nar, &b"sha256"[..]));
        assert_eq!(split(b"md5"), (ContentAddressMethod::Flat, &b"md5"[..]));
    }
}
