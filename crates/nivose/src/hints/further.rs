//! The errors of a source besides the first one: somebody who mends a file wants them all.

use nivose_base::{DiagnosticId, Error, Pos, Set};
use nivose_machine::describe;
use nivose_syntax::{ParseOptions, all_errors};

use super::{Hints, MAX_SOURCE};

/// Further undefined variables that are named.
const MAX_VARIABLES: usize = 5;

/// Whether an error is one of a source that cannot be read.
fn is_about_syntax(id: DiagnosticId) -> bool {
    matches!(
        id,
        DiagnosticId::Syntax
            | DiagnosticId::InvalidInteger
            | DiagnosticId::InvalidFloat
            | DiagnosticId::PathTrailingSlash
            | DiagnosticId::AttributeAlreadyDefined
            | DiagnosticId::DynamicAttributeAlreadyDefined
            | DiagnosticId::DuplicateFormal
            | DiagnosticId::DynamicAttributeInLet
            | DiagnosticId::DynamicAttributeInInherit
    )
}

/// The errors that come after one in its source.
pub fn further_errors(hints: &mut Hints<'_>, error: &Error) -> Vec<Error> {
    if is_about_syntax(error.id()) {
        return syntax_errors(hints, error);
    }
    let in_scope = error.trace().any(|frame| frame.message.windows(12).any(|part| part == b"scopedImport"));
    match error.id() {
        DiagnosticId::UndefinedVariable if !in_scope => undefined_variables(hints, error.pos()),
        _ => Vec::new(),
    }
}

fn syntax_errors(hints: &mut Hints<'_>, error: &Error) -> Vec<Error> {
    let shared = &mut *hints.shared;
    let Some(source) = shared.sources.source_of(error.pos()) else { return Vec::new() };
    if source.text.len() > MAX_SOURCE {
        return Vec::new();
    }
    let place = |offset: u32| describe(&shared.sources, source.pos(offset));
    let pipe_operators = shared.settings.has_feature("pipe-operators");
    let options = ParseOptions { pipe_operators, describe: &place, watch: &|_| Ok(()) };
    let errors = all_errors(&source.text, source.base(), &mut shared.symbols, &options);
    errors.into_iter().filter(|other| other.pos() != error.pos()).collect()
}

fn undefined_variables(hints: &mut Hints<'_>, pos: Pos) -> Vec<Error> {
    let globals: Set<_> = hints.shared.global_names().map(|(name, _)| name).collect();
    let Some(outline) = hints.outline(pos) else { return Vec::new() };
    let unknown = outline.undefined_variables(&globals);
    let first = outline.offset(pos);
    let mut names: Vec<_> =
        unknown.iter().filter(|(offset, _)| *offset == first).map(|(_, name)| *name).collect();
    let places: Vec<_> = unknown
        .into_iter()
        .filter(|(offset, _)| *offset != first)
        .filter(|(_, name)| {
            let is_new = !names.contains(name);
            names.push(*name);
            is_new
        })
        .take(MAX_VARIABLES)
        .map(|(offset, name)| (outline.pos(offset), name))
        .collect();
    let symbols = &hints.shared.symbols;
    let error = |(pos, name)| Error::new(DiagnosticId::UndefinedVariable, &[&symbols.bytes(name)]).at(pos);
    places.into_iter().map(error).collect()
}
