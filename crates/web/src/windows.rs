//! What can be seen of the entry without running it: its tree and its code.

use nivose::raw::{DumpFormat, Evaluator, ListingFormat, Options, Origin};

use crate::evaluate::{mistakes, world};
use crate::reply::{Object, diagnostic};
use crate::request::Request;

fn evaluator(request: &Request) -> Evaluator {
    let mut options = Options::default();
    options.settings.features.extend(request.features.iter().cloned());
    Evaluator::new(options, Box::new(world(request)))
}

fn origin(request: &Request) -> (Origin, Vec<u8>) {
    (Origin::File(request.entry.clone().into_bytes()), request.text().as_bytes().to_vec())
}

/// The syntax tree, as far as it was read.
pub fn tree(request: &Request) -> String {
    let mut nodes = Vec::new();
    let mut emit = |line: &str| nodes.push(line.to_owned());
    // What is wrong with the source is among the mistakes.
    let _ = evaluator(request).dump_tree(origin(request), DumpFormat::Json, &mut emit);
    answer(request, "nodes", nodes)
}

/// The listing of all chunks; nothing of a source with mistakes.
pub fn code(request: &Request, level: u8) -> String {
    let mut lines = Vec::new();
    let mut emit = |line: &str| lines.push(line.to_owned());
    let (origin, text) = origin(request);
    // As for trees.
    let _ = evaluator(request).list_code(level, (origin, text, b"/"), ListingFormat::Json, &mut emit);
    answer(request, "lines", lines)
}

fn answer(request: &Request, name: &str, lines: Vec<String>) -> String {
    Object::new().list(name, lines).list("diagnostics", mistakes(request).iter().map(diagnostic)).finish()
}
