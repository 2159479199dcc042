//! The builtins of the Nix language, one file per family, written against the interface that the
//! machine offers to natives.
//!
//! A builtin is one declaration ([`BuiltinSpec`]) in the list of its family; the families are
//! listed here. Nothing else needs to know of a new one.

pub mod registry;
pub mod text;

pub use registry::install;
