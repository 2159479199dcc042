//! Whatever the bytes, parsing ends with a tree whose parts are sound, or with an error.

mod common;

use common::parse_text;
use nivose_base::Symbols;
use nivose_syntax::print::{PathBase, print_expr};
use nivose_syntax::tree::{Expr, ExprId, Tree};
use proptest::prelude::*;

/// Pieces of which sources can be made.
const PIECES: &[&str] = &[
    "a",
    "b",
    "or",
    "if ",
    " then ",
    " else ",
    "let ",
    " in ",
    "rec ",
    "inherit ",
    "with ",
    "assert ",
    "1",
    "2.5",
    "\"s\"",
    "\"t${",
    "}\"",
    "${",
    "}",
    "{",
    "(",
    ")",
    "[",
    "]",
    ";",
    ":",
    "@",
    ",",
    ".",
    "=",
    "?",
    "!",
    "+",
    "-",
    "*",
    "/",
    "++",
    "//",
    "==",
    "<",
    ">=",
    "&&",
    "||",
    "->",
    "|>",
    "<|",
    "...",
    "''",
    "'' q ${",
    "./p",
    "/q",
    "<n>",
    "~/h",
    "a/b",
    "u:r",
    "./p${",
    "\"",
    "\\",
    "$",
    "'",
    "#c\n",
    "/* d */",
    " ",
    "\n",
    "\r",
    "\0",
    "é",
    "a = 1;",
    "a.b = { };",
    "/** doc */",
    "__curPos",
    "{ a, b ? 1 }: ",
    "x: ",
    "99999999999999999999",
    "/*",
];

/// Parses a text and checks what comes out.
fn check(text: &[u8]) {
    let mut symbols = Symbols::new();
    let parse = parse_text(text, &mut symbols);
    let root = parse.tree.root.expect("a tree always comes out");
    assert_eq!(
        matches!(parse.tree.expr(root), Expr::Error),
        !parse.diagnostics.is_empty(),
        "an error in the tree has its diagnostic"
    );
    for error in &parse.diagnostics {
        assert!((1..=text.len() as u32 + 1).contains(&error.pos().0));
    }
    check_spans(&parse.tree, text.len() as u32);
    let base = PathBase { directory: b"/", home: b"/" };
    print_expr(&parse.tree, root, &symbols, base);
}

fn check_spans(tree: &Tree, length: u32) {
    for index in 0..tree.expr_count() {
        let id = ExprId(index as u32);
        let span = tree.span(id);
        assert!(span.start <= span.end && span.end <= length, "{:?} {span:?}", tree.expr(id));
        assert!(tree.point(id) <= length);
        if let Expr::Binary { left, right, .. } = tree.expr(id) {
            assert!(left.0 < id.0 && right.0 < id.0);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(text in proptest::collection::vec(any::<u8>(), 0..200)) {
        check(&text);
    }

    #[test]
    fn any_pieces(pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..60)) {
        check(pieces.concat().as_bytes());
    }
}
