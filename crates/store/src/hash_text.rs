//! Hashes as text: base 16, Nix's base 32, base 64 and SRI, with or without
//! the name of the algorithm in front.
//!
//! Reading accepts what C++ Nix 2.36 accepts and complains in its words.

use std::fmt;

use crate::hash::{Hash, HashAlgorithm, UnknownHashAlgorithm};
use crate::{base16, base64, nixbase32};

/// How a digest is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashFormat {
    /// Lower-case hexadecimal digits.
    Base16,
    /// Nix's own base 32.
    Nix32,
    /// Base 64 with padding.
    Base64,
    /// The algorithm's name, `-` and base 64 ("subresource integrity").
    Sri,
}

/// A name that is not one of a hash format. Shown with the wording of C++ Nix
/// 2.36.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownHashFormat(
    /// The name given.
    pub String,
);

impl fmt::Display for UnknownHashFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.0;
        write!(f, "unknown hash format '{name}', expect 'base16', 'base32', 'base64', or 'sri'")
    }
}

impl std::error::Error for UnknownHashFormat {}

impl HashFormat {
    /// The format's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Base16 => "base16",
            Self::Nix32 => "nix32",
            Self::Base64 => "base64",
            Self::Sri => "sri",
        }
    }

    /// The format of that name. `base32` is an old name of `nix32`, of which
    /// C++ Nix warns: see [`HashFormat::is_deprecated_name`].
    ///
    /// # Errors
    /// [`UnknownHashFormat`] if there is none.
    pub fn parse(name: &[u8]) -> Result<Self, UnknownHashFormat> {
        match name {
            b"base16" => Ok(Self::Base16),
            b"nix32" | b"base32" => Ok(Self::Nix32),
            b"base64" => Ok(Self::Base64),
            b"sri" => Ok(Self::Sri),
            _ => Err(UnknownHashFormat(String::from_utf8_lossy(name).into_owned())),
        }
    }

    /// Whether the use of that name of a format deserves a warning.
    pub fn is_deprecated_name(name: &[u8]) -> bool {
        name == b"base32"
    }
}

/// Why a text is not a hash. Shown with the wording of C++ Nix 2.36.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HashTextError {
    /// The name in front is not one of an algorithm.
    UnknownAlgorithm(UnknownHashAlgorithm),
    /// Neither the text nor the context says which algorithm it is.
    MissingAlgorithm {
        /// The whole text.
        text: String,
    },
    /// The text names another algorithm than the one asked for.
    AlgorithmMismatch {
        /// The whole text.
        text: String,
        /// The algorithm asked for.
        expected: HashAlgorithm,
    },
    /// No encoding of the algorithm's digests has this length.
    WrongLength {
        /// The text without the algorithm's name.
        digits: String,
        /// The algorithm.
        algorithm: HashAlgorithm,
    },
    /// The digits do not stand for a digest.
    InvalidDigits {
        /// The encoding that the length told: `base16`, `nix32`, `base64` or `SRI`.
        encoding: &'static str,
        /// The text without the algorithm's name.
        digits: String,
        /// The number of bytes decoded; 0 if a character has no meaning.
        length: usize,
        /// The algorithm.
        algorithm: HashAlgorithm,
    },
    /// An empty text, and no algorithm that would tell how many zeros it means.
    EmptyWithoutAlgorithm,
}

impl fmt::Display for HashTextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownAlgorithm(error) => error.fmt(f),
            Self::MissingAlgorithm { text } => write!(
                f,
                "hash '{text}' does not include a type, nor is the type otherwise known from context"
            ),
            Self::AlgorithmMismatch { text, expected } => {
                write!(f, "hash '{text}' should have type '{expected}'")
            }
            Self::WrongLength { digits, algorithm } => {
                write!(f, "hash '{digits}' has wrong length for hash algorithm '{algorithm}'")
            }
            Self::InvalidDigits { encoding, digits, length, algorithm } => {
                let expected = algorithm.digest_size();
                write!(f, "invalid {encoding} hash '{digits}', length {length} != expected length {expected}")
            }
            Self::EmptyWithoutAlgorithm => f.write_str("empty hash requires explicit hash algorithm"),
        }
    }
}

impl std::error::Error for HashTextError {}

/// The parts of a hash's text.
struct Parts<'a> {
    algorithm: Option<HashAlgorithm>,
    is_sri: bool,
    digits: &'a [u8],
}

impl<'a> Parts<'a> {
    fn split(text: &'a [u8]) -> Result<Self, HashTextError> {
        let found = [b':', b'-'].into_iter().find_map(|separator| {
            let at = text.iter().position(|&byte| byte == separator)?;
            Some((separator, text.get(..at)?, text.get(at + 1..)?))
        });
        let Some((separator, name, digits)) = found else {
            return Ok(Self { algorithm: None, is_sri: false, digits: text });
        };
        let algorithm = HashAlgorithm::parse(name).map_err(HashTextError::UnknownAlgorithm)?;
        Ok(Self { algorithm: Some(algorithm), is_sri: separator == b'-', digits })
    }
}

impl Hash {
    /// Reads a hash in any form: `algorithm:digits`, SRI `algorithm-base64`, or
    /// digits alone where `algorithm` is given. The encoding shows by its
    /// length. An algorithm given and one in the text must agree.
    ///
    /// # Errors
    /// [`HashTextError`].
    pub fn parse(text: &[u8], algorithm: Option<HashAlgorithm>) -> Result<Self, HashTextError> {
        let parts = Parts::split(text)?;
        let algorithm = match (parts.algorithm, algorithm) {
            (None, None) => return Err(HashTextError::MissingAlgorithm { text: lossy(text) }),
            (Some(named), Some(expected)) if named != expected => {
                return Err(HashTextError::AlgorithmMismatch { text: lossy(text), expected });
            }
            (Some(algorithm), _) | (None, Some(algorithm)) => algorithm,
        };
        decode(parts.digits, algorithm, parts.is_sri)
    }

    /// Reads like [`Hash::parse`], but takes an empty text for the hash of
    /// zeros, of which C++ Nix warns with "found empty hash, assuming '…'".
    ///
    /// # Errors
    /// [`HashTextError`].
    pub fn parse_allow_empty(text: &[u8], algorithm: Option<HashAlgorithm>) -> Result<Self, HashTextError> {
        match (text.is_empty(), algorithm) {
            (false, _) => Self::parse(text, algorithm),
            (true, Some(algorithm)) => Ok(Self::zero(algorithm)),
            (true, None) => Err(HashTextError::EmptyWithoutAlgorithm),
        }
    }

    /// The digest as text. Only SRI names the algorithm.
    pub fn format(&self, format: HashFormat) -> String {
        let mut out = Vec::new();
        if format == HashFormat::Sri {
            out.extend_from_slice(self.algorithm().name().as_bytes());
            out.push(b'-');
        }
        self.write_digits(format, &mut out);
        out.into_iter().map(char::from).collect()
    }

    /// The algorithm's name, `:` and hexadecimal digits: the form that store
    /// paths are computed from.
    pub fn prefixed_base16(&self) -> String {
        format!("{}:{}", self.algorithm(), self.format(HashFormat::Base16))
    }

    /// Appends the digest without the algorithm's name.
    pub(crate) fn write_digits(&self, format: HashFormat, out: &mut Vec<u8>) {
        match format {
            HashFormat::Base16 => base16::encode_into(self.digest(), out),
            HashFormat::Nix32 => nixbase32::encode_into(self.digest(), out),
            HashFormat::Base64 | HashFormat::Sri => base64::encode_into(self.digest(), out),
        }
    }
}

/// A decoder and the name of its encoding in messages.
type Encoding = (&'static str, fn(&[u8]) -> Option<Vec<u8>>);

fn decode(digits: &[u8], algorithm: HashAlgorithm, is_sri: bool) -> Result<Hash, HashTextError> {
    let Some((encoding, decode)) = encoding(digits.len(), algorithm.digest_size(), is_sri) else {
        return Err(HashTextError::WrongLength { digits: lossy(digits), algorithm });
    };
    // A character of no meaning counts as nothing decoded, as in C++ Nix.
    let bytes = decode(digits).unwrap_or_default();
    Hash::from_digest(algorithm, &bytes).ok_or_else(|| HashTextError::InvalidDigits {
        encoding,
        digits: lossy(digits),
        length: bytes.len(),
        algorithm,
    })
}

fn encoding(length: usize, digest_size: usize, is_sri: bool) -> Option<Encoding> {
    if is_sri {
        Some(("SRI", base64::decode))
    } else if length == digest_size * 2 {
        Some(("base16", base16::decode))
    } else if length == nixbase32::encoded_length(digest_size) {
        Some(("nix32", nixbase32::decode))
    } else if length == base64::encoded_length(digest_size) {
        Some(("base64", base64::decode))
    } else {
        None
    }
}

fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const NIX32: &str = "1b8m03r63zqhnjf7l5wnldhh7c134ap5vpj0850ymkq1iyzicy5s";
    const BASE64: &str = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";

    fn parse(text: &str, algorithm: Option<HashAlgorithm>) -> Result<Hash, String> {
        Hash::parse(text.as_bytes(), algorithm).map_err(|error| error.to_string())
    }

    #[test]
    fn every_form_is_read() {
        let expected = HashAlgorithm::Sha256.hash(b"abc");
        for digits in [HEX, NIX32, BASE64, HEX.to_uppercase().as_str()] {
            assert_eq!(parse(digits, Some(HashAlgorithm::Sha256)), Ok(expected));
            assert_eq!(parse(&format!("sha256:{digits}"), None), Ok(expected));
        }
        assert_eq!(parse(&format!("sha256-{BASE64}"), None), Ok(expected));
        assert_eq!(parse(&format!("sha256-{BASE64}"), Some(HashAlgorithm::Sha256)), Ok(expected));
        assert_eq!(parse(&format!("sha256-{}", BASE64.trim_end_matches('=')), None), Ok(expected));
    }

    #[test]
    fn every_format_is_written() {
        let hash = HashAlgorithm::Sha256.hash(b"abc");
        assert_eq!(hash.format(HashFormat::Base16), HEX);
        assert_eq!(hash.format(HashFormat::Nix32), NIX32);
        assert_eq!(hash.format(HashFormat::Base64), BASE64);
        assert_eq!(hash.format(HashFormat::Sri), format!("sha256-{BASE64}"));
    }

    #[test]
    fn all_algorithms_in_all_formats_there_and_back() {
        for algorithm in HashAlgorithm::ALL {
            let hash = algorithm.hash(b"content");
            for format in [HashFormat::Base16, HashFormat::Nix32, HashFormat::Base64, HashFormat::Sri] {
                assert_eq!(parse(&hash.format(format), Some(algorithm)), Ok(hash));
            }
        }
    }

    #[test]
    fn messages() {
        let md5 = Some(HashAlgorithm::Md5);
        for (text, algorithm, message) in [
            (
                "00000000",
                None,
                "hash '00000000' does not include a type, nor is the type otherwise known from context",
            ),
            ("sha256:abcd", None, "hash 'abcd' has wrong length for hash algorithm 'sha256'"),
            ("sha256:", None, "hash '' has wrong length for hash algorithm 'sha256'"),
            ("zz", md5, "hash 'zz' has wrong length for hash algorithm 'md5'"),
            ("sha256-AAAA", md5, "hash 'sha256-AAAA' should have type 'md5'"),
            (
                "e000000000000000000000000000000u",
                md5,
                "invalid base16 hash 'e000000000000000000000000000000u', length 0 != expected length 16",
            ),
            (
                "3jgzhjhz9zjvbb0kyj7jc500ce",
                md5,
                "invalid nix32 hash '3jgzhjhz9zjvbb0kyj7jc500ce', length 0 != expected length 16",
            ),
            ("sha256-AAAA", None, "invalid SRI hash 'AAAA', length 3 != expected length 32"),
            (
                "foo:abc",
                None,
                "unknown hash algorithm 'foo', expect 'blake3', 'md5', 'sha1', 'sha256', or 'sha512'",
            ),
        ] {
            assert_eq!(parse(text, algorithm), Err(message.to_owned()));
        }
    }

    #[test]
    fn empty_text() {
        let zero = Hash::parse_allow_empty(b"", Some(HashAlgorithm::Sha1)).unwrap();
        assert_eq!(zero.format(HashFormat::Sri), "sha1-AAAAAAAAAAAAAAAAAAAAAAAAAAA=");
        assert_eq!(
            Hash::parse_allow_empty(b"", None).unwrap_err().to_string(),
            "empty hash requires explicit hash algorithm"
        );
    }

    #[test]
    fn format_names() {
        assert_eq!(HashFormat::parse(b"base32"), Ok(HashFormat::Nix32));
        assert!(HashFormat::is_deprecated_name(b"base32"));
        assert_eq!(
            HashFormat::parse(b"hex").unwrap_err().to_string(),
            "unknown hash format 'hex', expect 'base16', 'base32', 'base64', or 'sri'"
        );
    }
}
