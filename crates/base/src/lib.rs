//! The ground that every other crate stands on: positions and sources, interned names, the one
//! table of diagnostics with the error value that carries them, and the text of numbers, literals and suggestions.
//!
//! Nothing here knows Nix values, reads files or prints.

pub mod decimal;
pub mod diagnostics;
pub mod error;
pub mod float;
pub mod hash_tables;
pub mod indent;
pub mod json_text;
pub mod literal;
pub mod module_trace;
pub mod render;
pub mod render_json;
pub mod source;
pub mod suggestion;
pub mod symbol;

pub use decimal::Decimal;
pub use diagnostics::{DiagnosticId, Severity};
pub use error::{Error, Note, Result, Shown, TraceFrame, TraceNote};
pub use hash_tables::{Map, Set};
pub use indent::indent;
pub use source::{Origin, Pos, Source, SourceId, SourceMap, Span};
pub use symbol::{ShortName, Symbol, Symbols};
