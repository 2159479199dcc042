//! The evaluator without its safeguards, for programs that drive the machine themselves: commands, debuggers, tests.
//!
//! Handles are plain numbers here, positions need the table of sources, and tasks see values of the heap. Programs that
//! only want values should use [`Engine`](crate::Engine).
//!
//! A value of the heap may be moved by every collection. So it is branded with the step that it is handed to, and cannot be
//! kept beyond:
//!
//! ```compile_fail
//! use nivose::raw::{Evaluator, Handle, Value};
//! fn keep(evaluator: &mut Evaluator, handle: Handle) -> Value<'static> {
//!     evaluator.machine().inspect(handle, |_, value| value)
//! }
//! ```
//!
//! Plain data of it can:
//!
//! ```
//! use nivose::raw::{Evaluator, Handle};
//! fn keep(evaluator: &mut Evaluator, handle: Handle) -> Option<i64> {
//!     evaluator.machine().inspect(handle, |_, value| value.as_int())
//! }
//! ```
//!
//! Nor can a task keep one from one step to the next:
//!
//! ```compile_fail
//! use nivose::raw::{Cx, Result, Step, Task, Value};
//! struct Keeping(Option<Value<'static>>);
//! impl Task for Keeping {
//!     fn resume<'h>(&mut self, _: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
//!         self.0 = Some(input);
//!         Ok(Step::YIELD)
//!     }
//! }
//! ```
//!
//! (A value that a task makes has whatever lifetime is asked for. It is a rule that nobody asks for `'static`: the compiler
//! cannot say so yet.) But it has slots, which the collector sees:
//!
//! ```
//! use nivose::raw::{Cx, Result, Step, Task, Value};
//! struct Keeping;
//! impl Task for Keeping {
//!     fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
//!         cx.push(input);
//!         Ok(Step::YIELD)
//!     }
//! }
//! ```

pub use crate::evaluator::{Evaluator, Options, default_memory_limit};
pub use crate::flame_graph::FlameGraph;
pub use crate::listing::{Listing, ListingFormat};
pub use crate::profile::{CallCounts, FunctionTrace, Observers, SharedCounts};
pub use crate::selection::split_selection;

pub use nivose_base::literal::write_string;
pub use nivose_base::{Error, Origin, Pos, Result, SourceMap, Symbol, Symbols};
pub use nivose_builtins::find_file::is_address;
pub use nivose_builtins::print::{PrintOptions, Style};
pub use nivose_builtins::reference;
pub use nivose_builtins::registry::NIX_VERSION;
pub use nivose_bytecode::Chunk;
pub use nivose_bytecode::instruction::{Instruction, Row};
pub use nivose_heap::{Allocator, Census, Heap, HeapConfig, Made, StressMode, Value, View};
pub use nivose_machine::observe::{CompilationObserver, End, Event, Executing, Observer, Way};
pub use nivose_machine::{
    BuiltinSpec, Counts as MachineCounts, Cx, Handle, Lint, Lints, Machine, Settings, Shared, Step, Task,
};
pub use nivose_syntax::Balance;
pub use nivose_syntax::dump::DumpFormat;

/// Every instruction of the machine, in the order of their numbers.
pub fn instructions() -> &'static [Row] {
    nivose_bytecode::instruction::TABLE
}
