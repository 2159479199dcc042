//! The dialogue of `nivose repl`: lines go in, what is to be shown comes out.
//!
//! There is no terminal here, nothing is printed, and files are seen through the world of the evaluation only. Who calls
//! reads lines, shows replies, and owns the evaluator.

mod commands;
mod completion;
mod help;
mod input;
mod pending;
mod repl;

pub use commands::COMMANDS;
pub use completion::Completion;
pub use pending::Pending;
pub use repl::{Input, Repl, Reply};
