//! What the sources say about an error beyond its headline: where a value comes from, which names
//! are near, how values need each other. Worked out only for an error that is shown.
//!
//! The error itself stays as it is; notes and suggestions are added.

mod advice;
mod characters;
mod cycle;
mod further;
mod outline;

use std::collections::HashMap;

use nivose_base::suggestion::{distance, suggestions};
use nivose_base::{DiagnosticId, Error, Origin, Pos, Source, Symbol};
use nivose_machine::Shared;
use nivose_syntax::tree::{AttrName, BinaryOperator, Expr, ExprId};
use nivose_world::path;

use crate::evaluator::Evaluator;
use outline::{Definition, Outline};

/// Definitions that are shown for one operand.
const MAX_DEFINITIONS: usize = 3;
/// Sources longer than this are not parsed again.
const MAX_SOURCE: usize = 4 << 20;

impl Evaluator {
    /// Adds to an error what the sources say about it.
    #[must_use]
    pub fn explain(&mut self, error: Error) -> Error {
        let pos = error.pos();
        let mut hints = Hints { shared: &mut self.machine().shared, outlines: HashMap::new() };
        match error.id() {
            DiagnosticId::UndefinedVariable => hints.undefined_variable(error, pos),
            DiagnosticId::MissingAttribute => hints.missing_attribute(error, pos),
            DiagnosticId::NotCallable => hints.not_callable(error, pos),
            DiagnosticId::MissingArgument => hints.missing_argument(error, pos),
            DiagnosticId::UnexpectedType | DiagnosticId::CannotCoerce | DiagnosticId::CannotAdd => {
                let error = hints.operands(error, pos);
                let operator = hints.operator(pos);
                advice::on_values(error, operator)
            }
            DiagnosticId::CannotCompare
            | DiagnosticId::CannotCompareType
            | DiagnosticId::IntegerOverflow
            | DiagnosticId::DivisionByZero
            | DiagnosticId::IndexOutOfBounds
            | DiagnosticId::EmptyList
            | DiagnosticId::AssertionFailed
            | DiagnosticId::AssertionNotEqual
            | DiagnosticId::NotAnAbsolutePath => hints.operands(error, pos),
            DiagnosticId::Syntax => hints.syntax(error),
            DiagnosticId::InfiniteRecursion => hints.cycle(error),
            DiagnosticId::PathDoesNotExist => hints.near_files(error),
            DiagnosticId::SearchPathMiss => hints.search_path(error),
            _ => error,
        }
    }

    /// The errors that a source has besides the one that ended the evaluation, explained.
    pub fn further_errors(&mut self, error: &Error) -> Vec<Error> {
        let mut hints = Hints { shared: &mut self.machine().shared, outlines: HashMap::new() };
        let further = further::further_errors(&mut hints, error);
        further.into_iter().map(|error| self.explain(error)).collect()
    }
}

struct Hints<'a> {
    shared: &'a mut Shared,
    /// Sources that were parsed again, by the position of their first byte.
    outlines: HashMap<u32, Option<Outline>>,
}

impl Hints<'_> {
    /// The source of a position.
    fn outline(&mut self, pos: Pos) -> Option<&Outline> {
        let source = self.shared.sources.source_of(pos)?;
        if source.text.len() > MAX_SOURCE {
            return None;
        }
        let key = source.base().0;
        let pipes = self.shared.settings.has_feature("pipe-operators");
        let symbols = &mut self.shared.symbols;
        self.outlines.entry(key).or_insert_with(|| Outline::new(source, symbols, pipes)).as_ref()
    }

    fn syntax(&mut self, error: Error) -> Error {
        match self.shared.sources.source_of(error.pos()) {
            Some(source) => advice::on_syntax(error, source),
            None => error,
        }
    }

    fn undefined_variable(&mut self, error: Error, pos: Pos) -> Error {
        let text = error.text().into_owned();
        let quoted = text.strip_prefix("undefined variable '").and_then(|rest| rest.strip_suffix('\''));
        let Some(wanted) = quoted else { return error };
        let Some(name) = self.shared.symbols.lookup(wanted.as_bytes()) else { return error };
        let Some(outline) = self.outline(pos) else { return error };
        let offset = outline.offset(pos);
        let is_variable = |id: &ExprId| matches!(outline.expr(*id), Expr::Variable(_));
        // The names after `inherit` are no expressions; what is around them sees the same.
        let found = outline.at(offset).find(is_variable).or_else(|| outline.enclosing(offset));
        let Some(id) = found else { return error };
        if let Some(span) = outline.plain_attribute_around(id, name) {
            let message =
                format!("the attribute '{wanted}' would be a variable in 'rec {{ }}' only; it is defined");
            let at = outline.pos(span.start);
            return error.note(message, at);
        }
        let mut known = outline.names_in_scope(id);
        let pattern = outline.open_pattern_around(id).map(|offset| outline.pos(offset));
        let namespaces = outline.namespaces_around(id);
        let attributes = namespaces.iter().flat_map(|&namespace| outline.attribute_names(namespace));
        known.extend(attributes);
        let quoted: Vec<_> = namespaces.iter().filter_map(|&namespace| outline.quote(namespace)).collect();
        if quoted.iter().any(|namespace| namespace == "builtins") {
            let builtins = self.shared.builtins_value().as_attrs().map(|set| set.parts().0);
            known.extend(builtins.iter().flat_map(|entries| entries.iter()).map(|entry| entry.name));
        }
        known.extend(self.shared.global_names().map(|(name, _)| name));
        if self.is_difference(wanted, &known) {
            let message = "'-' is a part of this name; it subtracts if there are blanks around it";
            return error.brief_note(message, Pos::NONE);
        }
        let near = self.near(wanted, known);
        let error = match quoted.first() {
            Some(namespace) if near.is_empty() => {
                error.brief_note(format!("nor is it in '{namespace}' of the 'with' around it"), Pos::NONE)
            }
            _ => error,
        };
        match pattern {
            Some(pattern) if near.is_empty() => error
                .note(format!("this function does not take '{wanted}'; its callers may offer it"), pattern),
            _ => error.suggest(near),
        }
    }

    /// Whether a name looks like a subtraction of known names and numbers.
    fn is_difference(&self, wanted: &str, known: &[Symbol]) -> bool {
        let is_known = |part: &str| {
            self.shared.symbols.lookup(part.as_bytes()).is_some_and(|name| known.contains(&name))
        };
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        match wanted.split_once('-') {
            Some((first, rest)) => {
                is_known(first) && rest.split('-').all(|part| is_known(part) || is_number(part))
            }
            None => false,
        }
    }

    /// Names near one; those that begin with two underscores are not for people.
    fn near(&self, wanted: &str, names: Vec<Symbol>) -> Vec<String> {
        let mut names: Vec<String> = names
            .into_iter()
            .map(|name| self.shared.symbols.text(name).into_owned())
            .filter(|name| !name.starts_with("__"))
            .collect();
        names.sort();
        names.dedup();
        // Any short name is near to any other.
        let limit = if wanted.len() < 4 { 1 } else { 2 };
        let close = |name: &&String| {
            shares(name, wanted) && distance(wanted.as_bytes(), name.as_bytes(), limit).is_some()
        };
        suggestions(wanted.as_bytes(), names.iter().filter(close).map(String::as_bytes))
    }

    fn missing_attribute(&mut self, error: Error, pos: Pos) -> Error {
        let text = error.text().into_owned();
        let Some(wanted) = text.strip_prefix("attribute '").and_then(|rest| rest.strip_suffix("' missing"))
        else {
            return error;
        };
        if is_module_argument(&error, wanted) {
            let message = format!("nobody gives the modules '{wanted}': 'specialArgs' and '_module.args' do");
            return error.brief_note(message, Pos::NONE);
        }
        let wanted = self.shared.symbols.lookup(wanted.trim_matches('"').as_bytes());
        let Some(outline) = self.outline(pos) else { return error };
        let found = outline.at(outline.offset(pos)).find_map(|id| match outline.expr(id) {
            Expr::Select { path, .. } => {
                let names = outline.names(path);
                let is_wanted =
                    |name: AttrName| matches!(name, AttrName::Static(name, _) if Some(name) == wanted);
                let index = names.iter().position(is_wanted).filter(|&index| index > 0)?;
                let (AttrName::Static(_, span) | AttrName::Dynamic(_, span)) = names.get(index - 1)?;
                outline.quote_range(outline.offset(pos), span.end)
            }
            _ => None,
        });
        match found {
            Some(found) => {
                error.brief_note(format!("'{found}' is there, but has no such attribute"), Pos::NONE)
            }
            None => error,
        }
    }

    /// What the call gives under a name near the one that is missing.
    fn missing_argument(&mut self, error: Error, pos: Pos) -> Error {
        let text = error.text().into_owned();
        let quoted = text.rsplit_once("argument '").and_then(|(_, rest)| rest.strip_suffix('\''));
        let called = error.notes().iter().find(|note| note.message == b"the function is called");
        let (Some(wanted), Some(call)) = (quoted, called.map(|note| note.pos)) else { return error };
        let Some(outline) = self.outline(pos) else { return error };
        let formals = outline.formals_at(outline.offset(pos));
        let Some(outline) = self.outline(call) else { return error };
        let argument = outline.at(outline.offset(call)).find_map(|id| match outline.expr(id) {
            Expr::Call { arguments, .. } => outline.arguments(arguments).iter().next_back(),
            _ => None,
        });
        let Some(argument) = argument else { return error };
        let given: Vec<Symbol> =
            outline.attribute_names(argument).into_iter().filter(|name| !formals.contains(name)).collect();
        let near = self.near(wanted, given);
        let Some(first) = near.first() else { return error };
        let message = format!("the call gives '{first}' instead");
        let name = self.shared.symbols.lookup(first.as_bytes());
        let Some(outline) = self.outline(call) else { return error };
        let place = name.and_then(|name| outline.attribute_of(argument, name));
        let at = place.map_or(Pos::NONE, |span| outline.pos(span.start));
        error.note(message, at)
    }

    fn not_callable(&mut self, error: Error, pos: Pos) -> Error {
        let Some(outline) = self.outline(pos) else { return error };
        let call = outline.at(outline.offset(pos)).find_map(|id| match outline.expr(id) {
            Expr::Call { function, arguments } => Some((function, outline.arguments(arguments))),
            _ => None,
        });
        let Some((function, arguments)) = call else { return error };
        let first = arguments.first().map(|first| outline.expr(first));
        if let Some(advice) = first.and_then(|first| advice::on_index(&error, first)) {
            return error.brief_note(advice, Pos::NONE);
        }
        let given = arguments.len();
        let Some(arity) = outline.arity(function).filter(|&arity| arity < given) else {
            let notes = definitions(outline, function);
            return with_notes(error, notes);
        };
        let plural = if arity == 1 { "" } else { "s" };
        let message = format!("the function takes {arity} argument{plural}, and the call has {given}");
        match outline.definition(function) {
            Some(definition) => error.note(message, outline.pos(definition.span.start)),
            None => error.brief_note(message, Pos::NONE),
        }
    }

    /// Where the operands of the expression at a place come from; of a function's pattern, those of the call.
    fn operands(&mut self, error: Error, pos: Pos) -> Error {
        let called = error.notes().iter().find(|note| note.message == b"the function is called");
        let pos = called.map_or(pos, |note| note.pos);
        let is_internal = |source: &Source| matches!(source.origin, Origin::Internal(_));
        if self.shared.sources.source_of(pos).is_some_and(is_internal) {
            return error;
        }
        let Some(outline) = self.outline(pos) else { return error };
        let mut candidates = outline.at(outline.offset(pos));
        let operands = candidates.find_map(|id| match outline.expr(id) {
            Expr::Binary { left, right, .. } => Some(vec![left, right]),
            Expr::Assert { condition, .. } => match outline.expr(condition) {
                Expr::Binary { left, right, .. } => Some(vec![left, right]),
                _ => Some(vec![condition]),
            },
            Expr::Call { arguments, .. } => Some(outline.arguments(arguments).iter().collect::<Vec<_>>()),
            Expr::Variable(_) => Some(vec![id]),
            Expr::Select { set, .. } => Some(vec![id, set]),
            Expr::Not(operand) | Expr::Negate(operand) => Some(vec![operand]),
            _ => None,
        });
        let leaf = operands.as_ref().and_then(|operands| outline.leaf_on_the_way(*operands.first()?));
        if let Some((quoted, span)) = leaf {
            let at = outline.pos(span.start);
            return error.note(format!("'{quoted}' is defined"), at);
        }
        let notes: Vec<_> = operands
            .unwrap_or_default()
            .into_iter()
            .flat_map(|operand| definitions(outline, operand))
            .collect();
        with_notes(error, notes)
    }

    /// The binary operator at a place.
    fn operator(&mut self, pos: Pos) -> Option<BinaryOperator> {
        let outline = self.outline(pos)?;
        outline.at(outline.offset(pos)).find_map(|id| match outline.expr(id) {
            Expr::Binary { operator, .. } => Some(operator),
            _ => None,
        })
    }

    fn cycle(&mut self, error: Error) -> Error {
        let steps = cycle::steps(self, &error);
        steps.into_iter().fold(error, |error, (message, pos)| error.brief_note(message, pos))
    }

    /// Files near one that does not exist.
    fn near_files(&mut self, error: Error) -> Error {
        let text = error.message().to_vec();
        let quoted = text.strip_prefix(b"path '").and_then(|rest| rest.strip_suffix(b"' does not exist"));
        let Some(file) = quoted else { return error };
        // What the evaluation may not see is no business of whoever reads the error either.
        if self.shared.check_path(file).is_err() {
            let mode = if self.shared.settings.pure_eval { "pure evaluation" } else { "restricted" };
            return error.brief_note(format!("it may not be read in {mode} mode"), Pos::NONE);
        }
        let (directory, name) = (path::directory_name(file).to_vec(), path::base_name(file).to_vec());
        match self.shared.read_directory(&directory) {
            Ok(entries) => {
                let wanted = String::from_utf8_lossy(&name).into_owned();
                let is_near = |near: &&[u8]| *near != name && shares(&String::from_utf8_lossy(near), &wanted);
                let names = entries.iter().map(|entry| &entry.name[..]).filter(is_near);
                error.suggest(suggestions(&name, names))
            }
            Err(_) => {
                let message = if self.shared.path_metadata(&directory).is_ok_and(|found| found.is_some()) {
                    [b"'", &directory[..], b"' is no directory"].concat()
                } else {
                    [b"there is no directory '", &directory[..], b"' either"].concat()
                };
                error.brief_note(message, Pos::NONE)
            }
        }
    }

    /// What the search path has, if that was searched.
    fn search_path(&mut self, error: Error) -> Error {
        if !self.searched_settings(&error) {
            return error;
        }
        let entries = &self.shared.settings.nix_path;
        if entries.is_empty() {
            return error.brief_note("the search path is empty", Pos::NONE);
        }
        let mut message = b"the search path is".to_vec();
        for (index, (prefix, location)) in entries.iter().take(8).enumerate() {
            message.extend_from_slice(if index == 0 { b" " } else { b":" });
            message.extend_from_slice(prefix);
            message.extend_from_slice(if prefix.is_empty() { b"" } else { b"=" });
            message.extend_from_slice(location);
        }
        message.extend_from_slice(if entries.len() > 8 { b":..." } else { b"" });
        error.brief_note(message, Pos::NONE)
    }

    /// Whether a name was looked up in the search path of the settings, as far as the source shows, and not in a list of
    /// its own.
    fn searched_settings(&mut self, error: &Error) -> bool {
        let is_look_up = |message: &[u8]| message == b"while calling the 'findFile' builtin";
        let Some(frame) = error.trace().filter(|frame| is_look_up(&frame.message)).last() else {
            // One of the command line.
            return true;
        };
        let own = [NIX_PATH, FIND_FILE].map(|name| self.shared.symbols.lookup(name.as_bytes()));
        let Some(outline) = self.outline(frame.pos) else { return false };
        let found = outline.at(outline.offset(frame.pos)).find_map(|id| match outline.expr(id) {
            Expr::SearchPath(_) => Some((id, true)),
            Expr::Call { arguments, .. } => {
                let list = outline.quote(outline.arguments(arguments).first()?)?;
                Some((id, list == NIX_PATH || list == "builtins.nixPath"))
            }
            _ => None,
        });
        found.is_some_and(|(id, is_named)| {
            is_named && !outline.names_in_scope(id).iter().any(|name| own.contains(&Some(*name)))
        })
    }
}

/// The variable that the search path of the settings is.
const NIX_PATH: &str = "__nixPath";
/// What looks up `<name>`.
const FIND_FILE: &str = "__findFile";

/// Whether an attribute is missing because a module of nixpkgs' module system wants it as its argument.
fn is_module_argument(error: &Error, name: &str) -> bool {
    let frame = format!("while evaluating the module argument `{name}'");
    error.trace().any(|shown| shown.message.starts_with(frame.as_bytes()))
}

/// Whether two names have a letter in common: what is changed throughout is not near.
fn shares(name: &str, wanted: &str) -> bool {
    name.chars().any(|c| c != '.' && wanted.contains(c))
}

/// Notes on where the value of an expression is written.
fn definitions(outline: &Outline, operand: ExprId) -> Vec<(String, Pos)> {
    let Some(mut name) = outline.quote(operand) else { return Vec::new() };
    let mut notes = Vec::new();
    for definition in outline.chain(operand).into_iter().take(MAX_DEFINITIONS) {
        notes.push((sentence(&name, definition), outline.pos(definition.span.start)));
        name = definition.value.and_then(|value| outline.quote(value)).unwrap_or_default();
    }
    notes
}

fn sentence(name: &str, definition: Definition) -> String {
    let what = if definition.is_argument { "is an argument of the function" } else { "is defined" };
    if name.is_empty() { format!("which {what}") } else { format!("'{name}' {what}") }
}

fn with_notes(error: Error, notes: Vec<(String, Pos)>) -> Error {
    let mut seen: Vec<Pos> = Vec::new();
    notes.into_iter().fold(error, |error, (message, pos)| {
        if seen.contains(&pos) {
            return error;
        }
        seen.push(pos);
        error.note(message, pos)
    })
}
