//! Any bytes as a source: the parser never fails, and what it prints of a tree it reads again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nivose_base::{Pos, Symbols};
use nivose_syntax::print::{PathBase, print_expr};
use nivose_syntax::{ParseOptions, parse};

fn printed(text: &[u8]) -> Option<Vec<u8>> {
    let mut symbols = Symbols::new();
    let options = ParseOptions { pipe_operators: true, describe: &|offset| format!("@{offset}") };
    let parsed = parse(text, Pos(1), &mut symbols, &options);
    if !parsed.diagnostics.is_empty() {
        return None;
    }
    let base = PathBase { directory: b"/dir", home: b"/home" };
    parsed.tree.root.map(|root| print_expr(&parsed.tree, root, &symbols, base))
}

fuzz_target!(|text: &[u8]| {
    printed(text);
});
