//! Names in the store: which ones are allowed, and why others are not.

use std::fmt;

/// The greatest length of a name in bytes: a file name of 255 bytes less the
/// hash part, the dash and room for a suffix.
pub const MAX_NAME_LENGTH: usize = 211;

/// Why a name is not allowed. Shown with the wording of C++ Nix 2.36.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameError {
    /// The empty name.
    Empty,
    /// More than [`MAX_NAME_LENGTH`] bytes.
    TooLong(
        /// The name.
        String,
    ),
    /// The name `.` or `..`.
    Dots(
        /// The name.
        String,
    ),
    /// A name that starts with `.-` or `..-`.
    LeadingDots {
        /// The name.
        name: String,
        /// `.` or `..`.
        component: &'static str,
    },
    /// A character outside letters, digits and `+-._?=`.
    IllegalCharacter {
        /// The name.
        name: String,
        /// The first such byte.
        character: u8,
    },
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("name must not be empty"),
            Self::TooLong(name) => {
                write!(f, "name '{name}' must be no longer than {MAX_NAME_LENGTH} characters")
            }
            Self::Dots(name) => write!(f, "name '{name}' is not valid"),
            Self::LeadingDots { name, component } => write!(
                f,
                "name '{name}' is not valid: first dash-separated component must not be '{component}'"
            ),
            Self::IllegalCharacter { name, character } => {
                let character = String::from_utf8_lossy(std::slice::from_ref(character));
                write!(f, "name '{name}' contains illegal character '{character}'")
            }
        }
    }
}

impl std::error::Error for NameError {}

/// Checks a name and hands it back as text.
///
/// # Errors
/// [`NameError`] with the first rule broken.
pub fn check_name(name: &[u8]) -> Result<&str, NameError> {
    check_characters(name)?;
    // All are ASCII.
    Ok(std::str::from_utf8(name).unwrap_or_default())
}

/// Checks a name: what passes is ASCII.
pub(crate) fn check_characters(name: &[u8]) -> Result<(), NameError> {
    let owned = || String::from_utf8_lossy(name).into_owned();
    match name {
        b"" => return Err(NameError::Empty),
        _ if name.len() > MAX_NAME_LENGTH => return Err(NameError::TooLong(owned())),
        b"." | b".." => return Err(NameError::Dots(owned())),
        [b'.', b'-', ..] => return Err(NameError::LeadingDots { name: owned(), component: "." }),
        [b'.', b'.', b'-', ..] => {
            return Err(NameError::LeadingDots { name: owned(), component: ".." });
        }
        _ => {}
    }
    match name.iter().copied().find(|&byte| !ALLOWED[usize::from(byte)]) {
        None => Ok(()),
        Some(character) => Err(NameError::IllegalCharacter { name: owned(), character }),
    }
}

/// Which characters a name may have.
const ALLOWED: [bool; 256] = {
    let mut allowed = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        allowed[byte as usize] =
            byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'_' | b'?' | b'=');
        byte += 1;
    }
    allowed
};

#[cfg(test)]
mod tests {
    use super::*;

    fn message(name: &str) -> String {
        check_name(name.as_bytes()).map_or_else(|error| error.to_string(), str::to_owned)
    }

    #[test]
    fn good_names() {
        for name in ["a", "A-b_c+d.e?f=g", "0", "hello-.world", "_x", "=", "a..b", ".a", "...", "..a-"] {
            assert_eq!(check_name(name.as_bytes()), Ok(name));
        }
        assert!(check_name(&[b'a'; 211]).is_ok());
    }

    #[test]
    fn bad_names() {
        assert_eq!(message(""), "name must not be empty");
        assert_eq!(message("."), "name '.' is not valid");
        assert_eq!(message(".."), "name '..' is not valid");
        assert_eq!(message(".-x"), "name '.-x' is not valid: first dash-separated component must not be '.'");
        assert_eq!(
            message("..-x"),
            "name '..-x' is not valid: first dash-separated component must not be '..'"
        );
        assert_eq!(message("x~y"), "name 'x~y' contains illegal character '~'");
        assert_eq!(message("a b"), "name 'a b' contains illegal character ' '");
        assert!(message(&"a".repeat(212)).ends_with("' must be no longer than 211 characters"));
    }
}
