//! TOML 1.0 to a plain tree, for `builtins.fromTOML`.
//!
//! What is accepted, what is said of the rest (the first line of it) and when follows C++ Nix's TOML library, toml11 of
//! version 4. That is TOML 1.0.0 but for two things: a header may stand behind a value on the same line, and an offset
//! may be up to 24 hours and 60 minutes. Nothing here recurses: the tree is an arena, so that deep documents are no
//! danger to those who read or drop it.

mod number;
mod parser;
mod problem;
mod scalar;
mod string;
mod timestamp;

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;

use problem::Problem;

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
    problem: Problem,
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
        write!(out, "[error] {}", self.problem.wording())
    }
}

impl Error for TomlError {}

/// What Nix says of a [`Node::Timestamp`] unless the feature `parse-toml-timestamps` is on, behind `while parsing TOML: `.
pub const TIMESTAMPS_UNSUPPORTED: &str = "Dates and times are not supported";

/// Parses a text.
///
/// # Errors
/// [`TomlError`] for anything that toml11 refuses.
pub fn parse(text: &[u8]) -> Result<Document, TomlError> {
    parser::parse(text)
}

/// The first bytes of a text, at most so many as it has, and the others.
fn split(text: &[u8], length: usize) -> (&[u8], &[u8]) {
    text.split_at_checked(length).unwrap_or((text, &[]))
}

#[cfg(test)]
mod refused;
#[cfg(test)]
mod tests;
