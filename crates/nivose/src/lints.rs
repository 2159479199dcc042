//! The settings `lint-…`: forms of the language that are allowed and better not used.

use nivose_base::{DiagnosticId, Error, Origin, Result, Source};
use nivose_machine::{Lint, Lints};
use nivose_syntax::tree::{Expr, ExprId, Part, Tree};

/// The warnings about a source, in the order of their places.
///
/// # Errors
/// The first form that the settings do not accept.
pub fn check(tree: &Tree, source: &Source, lints: Lints) -> Result<Vec<Error>> {
    if lints == Lints::default() || matches!(source.origin, Origin::Internal(_)) {
        return Ok(Vec::new());
    }
    let ids = (0..tree.expr_count() as u32).map(ExprId);
    let mut found: Vec<(Lint, Error)> = ids.filter_map(|id| lint(tree, source, lints, id)).collect();
    found.sort_by_key(|(_, error)| error.pos());
    match found.iter().find(|(lint, _)| *lint == Lint::Fatal) {
        Some((_, error)) => Err(error.clone()),
        None => Ok(found.into_iter().map(|(_, error)| error).collect()),
    }
}

/// What is to be said of an expression.
fn lint(tree: &Tree, source: &Source, lints: Lints, id: ExprId) -> Option<(Lint, Error)> {
    let start = tree.span(id).start;
    let (lint, what, text) = match tree.expr(id) {
        // A string without quotes.
        Expr::Str(text) if source.text.get(start as usize)?.is_ascii_alphabetic() => {
            (lints.url_literals, "an address stands in quotes", tree.text(text))
        }
        Expr::Path(text) | Expr::HomePath(text) => path(lints, tree.text(text))?,
        Expr::InterpolatedPath(parts) => match tree.parts(parts).first()? {
            Part::Literal(text) => path(lints, tree.text(text))?,
            Part::Expr(_) => return None,
        },
        _ => return None,
    };
    if lint == Lint::Ignore {
        return None;
    }
    let message = [what.as_bytes(), b": '", text, b"'"].concat();
    Some((lint, Error::with_message(DiagnosticId::Lint, message).at(source.pos(start))))
}

/// What is to be said of a path as it is written.
fn path(lints: Lints, text: &[u8]) -> Option<(Lint, &'static str, &[u8])> {
    if text.starts_with(b"./") || text.starts_with(b"../") {
        return None;
    }
    Some(if text.starts_with(b"/") || text.starts_with(b"~") {
        (lints.absolute_path_literals, "an absolute path depends on the machine", text)
    } else {
        (lints.short_path_literals, "a relative path begins with './'", text)
    })
}
