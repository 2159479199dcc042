//! Any bytes as a source: the parser never fails, and the text that is printed of a tree is read again as the same text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nivose_base::{Pos, Symbol, Symbols};
use nivose_syntax::print::{PathBase, print_expr};
use nivose_syntax::tree::{AttrName, Expr, ExprId, Part, Tree};
use nivose_syntax::{Parse, ParseOptions, parse};

const BASE: PathBase = PathBase { directory: b"/dir", home: b"/home" };

fn read(text: &[u8], symbols: &mut Symbols, pipe_operators: bool) -> Parse {
    let options = ParseOptions { pipe_operators, describe: &|offset| format!("@{offset}"), watch: &|_| Ok(()) };
    parse(text, Pos(1), symbols, &options)
}

/// What is printed of a source without syntax errors, and whether that can be read again.
fn printed(text: &[u8]) -> Option<(Vec<u8>, bool)> {
    let mut symbols = Symbols::new();
    let Parse { tree, diagnostics, .. } = read(text, &mut symbols, false);
    let root = tree.root.filter(|_| diagnostics.is_empty())?;
    let is_source = (0..tree.expr_count() as u32).all(|id| is_source(&tree, tree.expr(ExprId(id))))
        && tree.all_dynamic().is_empty();
    Some((print_expr(&tree, root, &symbols, BASE), is_source))
}

/// Whether an expression is printed as a source of the same meaning. The text is that of C++ Nix, where nobody reads it
/// again.
fn is_source(tree: &Tree, expr: Expr) -> bool {
    match expr {
        // Without parentheses: no operand, or one that takes what follows along.
        Expr::Assert { .. } => false,
        // With an exponent but without a point, which is no number in a source.
        Expr::Float(value) => value == 0.0 || (1e-4..1e5).contains(&value),
        // Two parts are printed as the operands of a sum. One stands in parentheses, which say nothing, and of more
        // than two the sums between have none.
        Expr::Interpolation(parts) => {
            let parts = tree.parts(parts);
            parts.len() == 2 && parts.iter().any(|part| matches!(part, Part::Literal(_)))
        }
        // `(a.b) or`, `(a.b or c) or` and `(let { … }) or`, printed as a selection too, lose their parentheses.
        Expr::Call { function, arguments } => match tree.children(arguments).single() {
            Some(argument) if matches!(tree.expr(argument), Expr::Variable(Symbol::OR)) => {
                !matches!(tree.expr(function), Expr::Select { .. } | Expr::LegacyLet(_))
            }
            _ => true,
        },
        // The literal beginning may end with a slash.
        Expr::InterpolatedPath(_) => false,
        // What leads to the root: no source has a path `/`.
        Expr::Path(text) | Expr::HomePath(text) => {
            !tree.text(text).split(|&byte| byte == b'/').any(|part| part == b"." || part == b"..")
        }
        // Computed names gain parentheses each time.
        Expr::Select { path, .. } | Expr::HasAttr { path, .. } => {
            tree.names(path).iter().all(|name| matches!(name, AttrName::Static(..)))
        }
        _ => true,
    }
}

fuzz_target!(|text: &[u8]| {
    read(text, &mut Symbols::new(), true);
    let Some((first, true)) = printed(text) else { return };
    let Some((second, _)) = printed(&first) else {
        panic!("printed, but not read again: {}", String::from_utf8_lossy(&first));
    };
    assert_eq!(String::from_utf8_lossy(&first), String::from_utf8_lossy(&second));
});
