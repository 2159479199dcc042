//! Hash algorithms, hash values and streaming hashers.
//!
//! How hashes are written and read is in `hash_text`.

use std::cmp::Ordering;
use std::fmt;

use sha2::Digest;

/// The length in bytes of the longest digest (SHA-512).
const MAX_DIGEST_SIZE: usize = 64;

/// A hash algorithm that Nix knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HashAlgorithm {
    /// BLAKE3 with 32 bytes (in C++ Nix behind the feature `blake3-hashes`).
    Blake3,
    /// MD5, 16 bytes.
    Md5,
    /// SHA-1, 20 bytes.
    Sha1,
    /// SHA-256, 32 bytes.
    Sha256,
    /// SHA-512, 64 bytes.
    Sha512,
}

/// A name that is not one of a hash algorithm. Shown with the wording of C++
/// Nix 2.36.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownHashAlgorithm(
    /// The name given.
    pub String,
);

impl fmt::Display for UnknownHashAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "unknown hash algorithm '{}', expect 'blake3', 'md5', 'sha1', 'sha256', or 'sha512'",
            self.0
        )
    }
}

impl std::error::Error for UnknownHashAlgorithm {}

impl HashAlgorithm {
    /// All algorithms, in the order of their names.
    pub const ALL: [Self; 5] = [Self::Blake3, Self::Md5, Self::Sha1, Self::Sha256, Self::Sha512];

    /// The name in Nix programs and in texts of hashes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Blake3 => "blake3",
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// The algorithm of that name, if there is one.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name().as_bytes() == name)
    }

    /// The algorithm of that name.
    ///
    /// # Errors
    /// [`UnknownHashAlgorithm`] if there is none.
    pub fn parse(name: &[u8]) -> Result<Self, UnknownHashAlgorithm> {
        Self::from_name(name).ok_or_else(|| UnknownHashAlgorithm(String::from_utf8_lossy(name).into_owned()))
    }

    /// The length of a digest in bytes.
    pub const fn digest_size(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Blake3 | Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    /// The hash of `data`.
    pub fn hash(self, data: &[u8]) -> Hash {
        let mut hasher = Hasher::new(self);
        hasher.update(data);
        hasher.finish()
    }
}

impl fmt::Display for HashAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A digest together with its algorithm.
#[derive(Clone, Copy)]
pub struct Hash {
    algorithm: HashAlgorithm,
    /// The digest, followed by zeros.
    bytes: [u8; MAX_DIGEST_SIZE],
}

impl Hash {
    /// A hash from a digest of the algorithm's size; `None` if the size is
    /// another.
    pub fn from_digest(algorithm: HashAlgorithm, digest: &[u8]) -> Option<Self> {
        (digest.len() == algorithm.digest_size()).then(|| Self::padded(algorithm, digest))
    }

    /// The hash whose bytes are all zero, which Nix takes for an empty text.
    pub fn zero(algorithm: HashAlgorithm) -> Self {
        Self { algorithm, bytes: [0; MAX_DIGEST_SIZE] }
    }

    fn padded(algorithm: HashAlgorithm, digest: &[u8]) -> Self {
        let mut hash = Self::zero(algorithm);
        for (to, from) in hash.bytes.iter_mut().zip(digest) {
            *to = *from;
        }
        hash
    }

    /// The algorithm.
    pub fn algorithm(&self) -> HashAlgorithm {
        self.algorithm
    }

    /// The digest, [`HashAlgorithm::digest_size`] bytes long.
    pub fn digest(&self) -> &[u8] {
        &self.bytes[..self.algorithm.digest_size()]
    }
}

impl PartialEq for Hash {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Hash {}

impl PartialOrd for Hash {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Hash {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.algorithm, self.digest()).cmp(&(other.algorithm, other.digest()))
    }
}

impl std::hash::Hash for Hash {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        std::hash::Hash::hash(&self.algorithm, state);
        std::hash::Hash::hash(self.digest(), state);
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.prefixed_base16())
    }
}

/// A hash being computed from data that arrives in pieces.
pub struct Hasher(State);

enum State {
    Blake3(Box<blake3::Hasher>),
    Md5(md5::Md5),
    Sha1(sha1::Sha1),
    Sha256(sha2::Sha256),
    Sha512(sha2::Sha512),
}

impl Hasher {
    /// A hasher that has seen nothing.
    pub fn new(algorithm: HashAlgorithm) -> Self {
        Self(match algorithm {
            HashAlgorithm::Blake3 => State::Blake3(Box::default()),
            HashAlgorithm::Md5 => State::Md5(md5::Md5::new()),
            HashAlgorithm::Sha1 => State::Sha1(sha1::Sha1::new()),
            HashAlgorithm::Sha256 => State::Sha256(sha2::Sha256::new()),
            HashAlgorithm::Sha512 => State::Sha512(sha2::Sha512::new()),
        })
    }

    /// Takes the next piece of data.
    pub fn update(&mut self, data: &[u8]) {
        match &mut self.0 {
            State::Blake3(state) => {
                state.update(data);
            }
            State::Md5(state) => state.update(data),
            State::Sha1(state) => state.update(data),
            State::Sha256(state) => state.update(data),
            State::Sha512(state) => state.update(data),
        }
    }

    /// The hash of everything taken.
    pub fn finish(self) -> Hash {
        match self.0 {
            State::Blake3(state) => Hash::padded(HashAlgorithm::Blake3, state.finalize().as_bytes()),
            State::Md5(state) => Hash::padded(HashAlgorithm::Md5, &state.finalize()),
            State::Sha1(state) => Hash::padded(HashAlgorithm::Sha1, &state.finalize()),
            State::Sha256(state) => Hash::padded(HashAlgorithm::Sha256, &state.finalize()),
            State::Sha512(state) => Hash::padded(HashAlgorithm::Sha512, &state.finalize()),
        }
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hasher")
    }
}

/// The SHA-256 digest of `data`, which is what most of the store is made of.
pub(crate) fn sha256(data: &[u8]) -> [u8; 32] {
    sha2::Sha256::digest(data).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_of_abc() {
        for (algorithm, start) in [
            (HashAlgorithm::Blake3, "blake3:6437b3ac38465133"),
            (HashAlgorithm::Md5, "md5:900150983cd24fb0"),
            (HashAlgorithm::Sha1, "sha1:a9993e364706816a"),
            (HashAlgorithm::Sha256, "sha256:ba7816bf8f01cfea"),
            (HashAlgorithm::Sha512, "sha512:ddaf35a193617aba"),
        ] {
            let hash = algorithm.hash(b"abc");
            assert!(hash.prefixed_base16().starts_with(start), "{hash:?}");
            assert_eq!(hash.digest().len(), algorithm.digest_size());
        }
    }

    #[test]
    fn pieces_make_the_same_hash() {
        for algorithm in HashAlgorithm::ALL {
            let mut hasher = Hasher::new(algorithm);
            for piece in [&b"a"[..], b"", b"bc"] {
                hasher.update(piece);
            }
            assert_eq!(hasher.finish(), algorithm.hash(b"abc"));
        }
    }

    #[test]
    fn names() {
        for algorithm in HashAlgorithm::ALL {
            assert_eq!(HashAlgorithm::parse(algorithm.name().as_bytes()), Ok(algorithm));
        }
        assert_eq!(
            HashAlgorithm::parse(b"crc32").unwrap_err().to_string(),
            "unknown hash algorithm 'crc32', expect 'blake3', 'md5', 'sha1', 'sha256', or 'sha512'"
        );
    }

    #[test]
    fn a_digest_must_have_the_right_size() {
        assert!(Hash::from_digest(HashAlgorithm::Sha1, &[1; 20]).is_some());
        assert!(Hash::from_digest(HashAlgorithm::Sha1, &[1; 32]).is_none());
        assert!(Hash::zero(HashAlgorithm::Md5) != Hash::zero(HashAlgorithm::Sha1));
    }
}
