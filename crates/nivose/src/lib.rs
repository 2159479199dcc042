//! An evaluator for the [Nix](https://nixos.org) language as a library.
//!
//! ```
//! let value = nivose::evaluate("1 + 1")?;
//! assert_eq!(value.as_int()?, 2);
//! # Ok::<(), nivose::Diagnostic>(())
//! ```
//!
//! Nix as a configuration language, with `serde`:
//!
//! ```
//! #[derive(serde::Deserialize)]
//! struct Config {
//!     name: String,
//!     ports: Vec<u16>,
//! }
//! let config: Config = nivose::from_str("let base = 8000; in { name = \"web\"; ports = [ base (base + 1) ]; }")?;
//! assert_eq!((config.name.as_str(), config.ports), ("web", vec![8000, 8001]));
//!
//! let failure = nivose::from_str::<Config>("{\n  name = \"web\";\n  ports = [ 80 \"http\" ];\n}").err().expect("a mistake");
//! assert_eq!(
//!     failure.to_string(),
//!     "ports[1]: invalid type: string \"http\", expected u16 at «string»:3:3",
//! );
//! # Ok::<(), nivose::Diagnostic>(())
//! ```
//!
//! An [`Engine`] says what evaluations are like: the outside that they see (none unless it is given), limits of time,
//! steps, depth and memory, builtins in Rust. It starts [`Evaluation`]s, each with a heap of its own; these give
//! [`Value`]s, which are looked at lazily. A [`Control`] pauses, steps and cancels an evaluation from another thread.
//! Failures and warnings are [`Diagnostic`]s: data with places in the source.
//!
//! Nothing is global, nothing prints, and no input makes it panic. The crate decides nothing about the language.

#![warn(missing_debug_implementations)]

#[cfg(all(doc, not(doctest)))]
pub mod pages;
pub mod raw;

mod calls;
mod comparison;
mod construction;
mod data;
mod derivations;
mod diagnostic;
mod engine;
mod evaluation;
mod evaluator;
mod flame_graph;
mod front_end;
mod guarded;
mod hints;
mod host;
mod host_data;
mod lints;
mod listing;
mod messages;
mod once;
mod opaque;
mod output;
mod parts;
mod profile;
mod scope;
mod selection;
mod source;
mod sources;
mod trace;
mod value;
mod watch;

pub use derivations::FoundDerivation;
pub use diagnostic::{Diagnostic, Location, Note, Result, TraceStep};
pub use engine::{Engine, EngineBuilder};
pub use evaluation::{Counts, Evaluation, Statistics};
pub use host::{HostFunction, Next};
pub use host_data::{Attributes, Elements, HostAnswer, HostArgument};
pub use messages::Message;
pub use nivose_base::{DiagnosticId, Shown, diagnostics::Severity};
/// Pauses, steps and cancels an evaluation from another thread. Here one thread evaluates, and another watches over it.
///
/// ```
/// use std::time::Duration;
/// let evaluation = nivose::Engine::new().start();
/// let control = evaluation.control();
/// control.pause();
/// let work = std::thread::spawn(move || evaluation.evaluate("1 + 1").and_then(|value| value.as_int()));
/// assert!(control.wait_until_waiting(Duration::from_secs(60)));
/// control.step(1);
/// control.resume();
/// assert_eq!(work.join().expect("no panic")?, 2);
/// # Ok::<(), nivose::Diagnostic>(())
/// ```
pub use nivose_machine::Control;
pub use nivose_world as world;
pub use nivose_world::MessageKind;
pub use source::Source;
pub use trace::TraceOptions;
pub use value::{Kind, Value};

/// The value of a source, in an evaluation of its own that sees nothing of the outside.
///
/// # Errors
/// The first diagnostic of the source, or what the evaluation fails with.
///
/// ```
/// assert_eq!(nivose::evaluate("{ a = 1; }.a")?.as_int()?, 1);
/// # Ok::<(), nivose::Diagnostic>(())
/// ```
pub fn evaluate(source: impl Into<Source>) -> Result<Value> {
    Engine::new().start().evaluate(source)
}

/// Data of Rust from a source: Nix as a configuration language. The source sees nothing of the outside.
///
/// # Errors
/// The first diagnostic of the source, what the evaluation fails with, or a value that does not fit the type.
///
/// ```
/// let squares: Vec<u32> = nivose::from_str("builtins.genList (n: n * n) 4")?;
/// assert_eq!(squares, [0, 1, 4, 9]);
/// # Ok::<(), nivose::Diagnostic>(())
/// ```
pub fn from_str<T: serde::de::DeserializeOwned>(source: impl Into<Source>) -> Result<T> {
    evaluate(source)?.to()
}

/// Data of Rust from a file of the system, which may import others.
///
/// # Errors
/// A file that cannot be read, its first diagnostic, what the evaluation fails with, or a value that does not fit the type.
///
/// ```
/// let path = std::env::temp_dir().join(format!("nivose-from-file-{}.nix", std::process::id()));
/// std::fs::write(&path, "{ answer = 6 * 7; }")?;
/// let data: std::collections::BTreeMap<String, i64> = nivose::from_file(&path)?;
/// assert_eq!(data["answer"], 42);
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(not(target_family = "wasm"))]
pub fn from_file<T: serde::de::DeserializeOwned>(path: impl AsRef<std::path::Path>) -> Result<T> {
    Engine::system().start().evaluate_file(path)?.to()
}
