//! The builtins of the Nix language, one file per family, written against the interface that the
//! machine offers to natives.
//!
//! A builtin is one declaration ([`BuiltinSpec`]) in the list of its family; the families are
//! listed here. Nothing else needs to know of a new one.

pub mod arguments;
pub mod json;
pub mod print;
pub mod regex;
pub mod registry;
pub mod text;
pub mod toml;
pub mod versions;

pub use registry::install;
