//! Random programs, and comparisons of evaluators on them.
//!
//! [`program`] makes a well-scoped, mostly well-typed program from a seed. A [`Comparison`] evaluates it in two ways
//! that must agree; [`shrink`] makes a program on which they do not smaller. It is a tool for finding mistakes:
//! nothing of the product depends on it.

mod comparison;
mod differences;
mod fixture;
mod generate;
mod in_process;
mod names;
mod nix;
mod node;
mod outcome;
mod printed;
mod random;
mod scope;
mod shrink;
mod types;

pub use comparison::{Comparison, Verdict};
pub use differences::{DIFFERENCES, Difference};
pub use generate::{Profile, program};
pub use node::{Dialect, Node};
pub use outcome::{Class, Outcome};
pub use shrink::shrink;
