//! The command `nivose`: an evaluator for the Nix language, in place of `nix-instantiate` and `nix eval`.
//!
//! A library only so that the reading of command lines and of files of settings can be fuzzed; programs that evaluate
//! use the crate `nivose`.

mod arguments;
mod closed_output;
pub mod command;
mod completion;
pub mod configuration;
mod disassemble;
mod doc;
mod ending;
mod evaluate;
mod explain;
pub mod failure;
mod hand_over;
mod help;
mod instantiate;
mod manual;
mod messages;
pub mod nix_conf;
mod options;
mod parse;
mod profiler;
mod program;
mod repl;
mod report;
mod rich;
pub mod search_path;
mod session;
mod settings;
mod source_argument;
mod statistics;
mod status;
mod topics;
mod trace;
mod unwritten;
mod watched;
mod write_tree;

pub use program::main;

/// Runs the examples in Rust of the pages of `nivose explain`.
#[cfg(doctest)]
#[doc = include_str!("explain/pages.md")]
struct Pages;
