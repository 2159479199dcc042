//! The evaluator for web pages: one JSON text in, one JSON text out.
//!
//! A request is an object. `do` says what is wanted: `evaluate`, `trace`, `tree`, `code`, `document` or `names`. The first
//! four take `files` (an object of names and texts, which lie in the directory `/`) and `entry` (the name of one of
//! them); see [`answer`]. Nothing is kept between two requests, and nothing of the outside is seen.
//!
//! What crosses the boundary of a WebAssembly module is in `boundary`; pages are not here but in `playground/`.

#[cfg(target_family = "wasm")]
mod boundary;
mod document;
mod evaluate;
mod reply;
mod request;
mod windows;

use reply::Object;
use request::{Request, Wanted};

/// Answers a request, always with a JSON object.
///
/// | `do` | further members | what the answer has |
/// |---|---|---|
/// | `evaluate` | `strict`, `form` (`nix`, `json` or `xml`), `limits` | `value` (a text or `null`), `messages`, `statistics` |
/// | `trace` | the same, `events` (how many at the most) | these, `events`, `complete` |
/// | `tree` | | `nodes` |
/// | `code` | `level` (0 or 1) | `lines` |
/// | `document` | `name` | `text` (Markdown, or `null`) |
/// | `names` | | `names` of builtins and instructions |
///
/// The first four have `diagnostics` too. `limits` may have `steps`, `memory` (bytes) and `depth`; `features` is a list of
/// experimental features. Events, nodes and lines are those of `nivose trace --json`, `nivose parse --json` and
/// `nivose disassemble --json`. A request that cannot be understood gets `failure`, a sentence.
///
/// ```
/// let request = r#"{ "do": "evaluate", "files": { "main.nix": "1 + 1" }, "entry": "main.nix" }"#;
/// assert!(nivose_web::answer(request).starts_with(r#"{"value":"2","#));
/// ```
pub fn answer(request: &str) -> String {
    match Request::read(request) {
        Ok(request) => answer_to(&request),
        Err(reason) => Object::new().text("failure", &reason).finish(),
    }
}

fn answer_to(request: &Request) -> String {
    match &request.wanted {
        Wanted::Evaluate => evaluate::evaluate(request),
        Wanted::Trace { events } => evaluate::trace(request, *events),
        Wanted::Tree => windows::tree(request),
        Wanted::Code { level } => windows::code(request, *level),
        Wanted::Document { name } => document::document(name),
        Wanted::Names => document::names(),
    }
}
