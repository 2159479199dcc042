//! `fromJSON` and `toJSON`. The text forms are those of [`crate::text::json_read`] and [`crate::text::json_write`].

mod from;
mod to;

use nivose_base::{DiagnosticId, Error, Result};
use nivose_machine::BuiltinSpec;

pub use to::{JsonOptions, ToJson};

/// Makes sure that text from outside can be a string of the language: one without null bytes.
///
/// # Errors
/// If it cannot.
pub fn plain_string(text: &[u8]) -> Result<()> {
    if text.contains(&0) { Err(null_byte(text)) } else { Ok(()) }
}

#[cold]
fn null_byte(text: &[u8]) -> Error {
    let shown = text.split(|&byte| byte == 0).collect::<Vec<_>>().join("␀".as_bytes());
    Error::new(DiagnosticId::NullByte, &[&shown])
}

/// The builtins of this file.
pub const BUILTINS: &[BuiltinSpec] = &[
    BuiltinSpec {
        name: "fromJSON",
        arguments: &["e"],
        strict: &[0],
        doc: "The value that the JSON document *e* describes.",
        run: from::from_json,
    },
    BuiltinSpec {
        name: "toJSON",
        arguments: &["e"],
        strict: &[0],
        doc: "The value *e* as JSON. Sets that can be strings (`__toString`, `outPath`) become strings; paths are copied \
              to the store.",
        run: to::to_json,
    },
];
