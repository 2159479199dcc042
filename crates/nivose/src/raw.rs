//! The evaluator without its safeguards, for programs that drive the machine themselves: commands, debuggers, tests.
//!
//! Handles are plain numbers here, positions need the table of sources, and tasks see values of the heap. Programs that
//! only want values should use [`Engine`](crate::Engine).

pub use crate::derivations::FoundDerivation;
pub use crate::evaluator::{Evaluator, Options};
pub use crate::flame_graph::FlameGraph;
pub use crate::profile::{CallCounts, FunctionTrace, Observers, SharedCounts};
pub use crate::selection::split_selection;
pub use crate::sources::ListingFormat;

pub use nivose_base::literal::write_string;
pub use nivose_base::{DiagnosticId, Error, Origin, Pos, Result, SourceMap, Symbol, Symbols};
pub use nivose_builtins::print::{PrintOptions, Style};
pub use nivose_builtins::reference;
pub use nivose_bytecode::instruction::Row;
pub use nivose_heap::{Heap, HeapConfig, StressMode, Value, View};
pub use nivose_machine::observe::{End, Event, Executing, Observer, Way};
pub use nivose_machine::{BuiltinSpec, Cx, Handle, Machine, Settings, Shared, Step, Task};
pub use nivose_syntax::dump::DumpFormat;

/// Every instruction of the machine, in the order of their numbers.
pub fn instructions() -> &'static [Row] {
    nivose_bytecode::instruction::TABLE
}
