//! The evaluator as a library: wires text, compiler, machine, builtins, store and the outside.
//!
//! A thin facade: it decides nothing about the language.

mod auto_call;
mod derivations;
mod evaluator;
mod front_end;
mod hints;
mod output;
mod parts;
mod selection;
mod sources;

pub use derivations::FoundDerivation;
pub use evaluator::{Evaluator, Options};
pub use selection::split_selection;

pub use nivose_base::literal::write_string;
pub use nivose_base::{DiagnosticId, Error, Origin, Pos, Result, SourceMap, Symbol, Symbols};
pub use nivose_builtins::print::{PrintOptions, Style};
pub use nivose_heap::{Heap, HeapConfig, StressMode, Value, View};
pub use nivose_machine::{Handle, Machine, Settings, Shared, Step, Task};
pub use nivose_world as world;
