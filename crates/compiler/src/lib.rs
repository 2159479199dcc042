//! From tree to bytecode: variables are resolved for a whole source at once, code is made chunk
//! by chunk when the machine asks for it.
//!
//! The compiler knows neither values nor the heap: what the global names stand for is given to it
//! as data. Level 0 emits the base instructions only, just as the description of the machine says;
//! level 1 means the same with fewer instructions, thunks and frames.

mod demand;
mod emit;
mod globals;
mod resolution;
mod scope;
mod unit;
mod warnings;

pub use globals::{Fusion, Global, Globals};
pub use unit::{Compiler, Options, Source, Unit};
