//! Text to tree: the lexer, the parser and the flat syntax tree of the Nix language.
//!
//! Parsing never fails: it gives a tree and the diagnostics met on the way. Nothing here knows
//! scopes, bytecode or values.

mod balance;
pub mod dump;
mod lexer;
mod parser;
pub mod print;
mod recovery;
mod token;
pub mod tree;

pub use balance::Balance;
pub use parser::{Parse, ParseOptions, Room, parse, parse_in};
pub use recovery::{Around, all_errors, brackets_around, unclosed};
pub use tree::Tree;
