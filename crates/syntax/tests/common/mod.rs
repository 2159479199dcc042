//! What the tests share: parsing, printing and describing places in one line each.
#![allow(dead_code)]

use nivose_base::{Pos, Symbols};
use nivose_syntax::print::{PathBase, print_expr};
use nivose_syntax::{Parse, ParseOptions, parse};

/// Parses a text; places are described as their offsets.
pub fn parse_text(text: &[u8], symbols: &mut Symbols) -> Parse {
    let describe = |offset: u32| format!("@{offset}");
    parse(
        text,
        Pos(1),
        symbols,
        &ParseOptions { pipe_operators: true, describe: &describe, watch: &|_| Ok(()) },
    )
}

/// What a text is printed as, or its error with the offset.
pub fn print(text: &[u8]) -> String {
    let mut symbols = Symbols::new();
    let Parse { tree, diagnostics, .. } = parse_text(text, &mut symbols);
    if let Some(error) = diagnostics.first() {
        return format!("{}: {error}", error.pos().0 - 1);
    }
    let base = PathBase { directory: b"/dir", home: b"/home" };
    let printed = tree.root.map(|root| print_expr(&tree, root, &symbols, base));
    String::from_utf8_lossy(&printed.unwrap_or_default()).into_owned()
}

/// The headline of a text's first error.
pub fn headline(text: &[u8]) -> String {
    let parse = parse_text(text, &mut Symbols::new());
    parse.diagnostics.first().map_or("no error".to_owned(), |error| error.text().into_owned())
}
