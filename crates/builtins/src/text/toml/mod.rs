//! TOML 1.0 to a plain tree, for `builtins.fromTOML`.
//!
//! Errors are worded as C++ Nix's TOML library (toml11, version 4) words the same situation, first line only; which text
//! is accepted follows the TOML 1.0.0 specification. Nothing here recurses: the tree is an arena, so that deep
//! documents are no danger to those who read or drop it.

mod parser;
mod scalar;
mod timestamp;

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;

/// The number of a node in its [`Document`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(usize);

/// One value of a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// A table, by name.
    Table(BTreeMap<String, NodeId>),
    /// An array.
    Array(Vec<NodeId>),
    /// A string; may hold NUL, which Nix strings cannot.
    String(String),
    /// An integer.
    Integer(i64),
    /// A float; may be infinite or not a number, with a sign.
    Float(f64),
    /// A Boolean.
    Boolean(bool),
    /// A date, a time or both, in normal form: `T` and `Z` upper-case, three, six or nine digits of a fraction if it is
    /// not zero.
    Timestamp(String),
}

/// A parsed document.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    nodes: Vec<Node>,
}

impl Document {
    /// The table of the whole document.
    #[must_use]
    pub const fn root(&self) -> NodeId {
        NodeId(0)
    }

    /// A node; numbers come from the same document.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0)
    }
}

/// Why a text is not TOML. Displays the message behind Nix's `while parsing TOML: `.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TomlError {
    message: &'static str,
    line: usize,
}

impl TomlError {
    /// The line of the error, from 1 on.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }
}

impl fmt::Display for TomlError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "[error] {}", self.message)
    }
}

impl Error for TomlError {}

/// What Nix says of a [`Node::Timestamp`] unless the feature `parse-toml-timestamps` is on, behind `while parsing TOML: `.
pub const TIMESTAMPS_UNSUPPORTED: &str = "Dates and times are not supported";

/// Parses a text.
///
/// # Errors
/// [`TomlError`] for anything that is not TOML 1.0.
pub fn parse(text: &[u8]) -> Result<Document, TomlError> {
    parser::parse(text)
}

#[cfg(test)]
mod tests;
