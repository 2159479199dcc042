//! The builtins of the Nix language, one file per family, written against the interface that the
//! machine offers to natives.
//!
//! A builtin is one declaration (`BuiltinSpec`) in the list of its family; the families are
//! listed here. Nothing else needs to know of a new one.

pub mod arguments;
pub mod assertion;
pub mod attrs;
pub mod closure;
pub mod coerced;
pub mod context;
mod context_union;
pub mod control;
pub mod debug;
pub mod deep;
pub mod derivation;
pub mod derivation_description;
pub mod environment;
pub mod fetch;
pub mod files;
pub mod find_file;
pub mod flake_ref;
pub mod functions;
pub mod hashes;
pub mod import;
pub mod internal;
pub mod json;
pub mod lists;
pub mod math;
pub mod paths;
pub mod print;
pub mod reference;
pub mod regex;
pub mod registry;
pub mod replace;
pub mod sort;
pub mod sources;
pub mod store;
pub mod strings;
pub mod text;
pub mod toml;
pub mod traversal;
pub mod types;
pub mod versions;
pub mod xml;

mod build;
mod checks;
mod each;
mod ordered_keys;
mod scan;

pub use registry::{declarations, install, install_with};
