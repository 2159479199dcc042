//! The steps of an infinite recursion: which value needs which, each once, by name and place.

use nivose_base::{Error, Pos, Span, Symbol};
use nivose_syntax::tree::{Expr, ExprId};

use super::Hints;
use super::outline::Outline;

/// A binding, its place, and what it needs.
type Step = (Symbol, Pos, Option<String>);

/// Steps that are shown.
const MAX_STEPS: usize = 12;

/// The messages and places of the steps.
pub fn steps(hints: &mut Hints<'_>, error: &Error) -> Vec<(String, Pos)> {
    if let Some(option) = innermost(error, "while evaluating the option `", "':") {
        return vec![(format!("the option '{option}' needs its own value"), Pos::NONE)];
    }
    if let Some(argument) = innermost(error, "while evaluating the module argument `", "' in ") {
        return vec![(format!("the argument '{argument}' of the modules needs its own value"), Pos::NONE)];
    }
    let is_step = |message: &[u8]| message.ends_with(b"the infinite recursion");
    let mut places: Vec<Pos> =
        error.trace().filter(|frame| is_step(&frame.message)).map(|frame| frame.pos).collect();
    if places.is_empty() {
        places.push(error.pos());
    }
    let bindings: Vec<Pos> = places.iter().filter_map(|&pos| binding_at(hints, pos)).collect();
    let mut steps: Vec<(String, Pos)> = Vec::new();
    for pos in places {
        for step in steps_at(hints, pos, &bindings) {
            if !steps.contains(&step) {
                steps.push(step);
            }
        }
    }
    let hidden = steps.len().saturating_sub(MAX_STEPS);
    steps.truncate(MAX_STEPS);
    if hidden > 0 {
        steps.push((format!("... and {hidden} more steps"), Pos::NONE));
    }
    steps
}

/// The option or argument of nixpkgs' module system that was being evaluated, from the innermost frame that begins and
/// goes on so: its name says more than the functions of the library, which all of them go through.
fn innermost(error: &Error, begins: &str, goes_on: &str) -> Option<String> {
    let name = |message: &[u8]| {
        let rest = message.strip_prefix(begins.as_bytes())?;
        let end = rest.windows(goes_on.len()).position(|part| part == goes_on.as_bytes())?;
        Some(String::from_utf8_lossy(&rest[..end]).into_owned())
    };
    error.trace().filter_map(|frame| name(&frame.message)).last()
}

/// The place of the binding around a place.
fn binding_at(hints: &mut Hints<'_>, pos: Pos) -> Option<Pos> {
    let outline = hints.outline(pos)?;
    let id = outline.at(outline.offset(pos)).next()?;
    outline.binding_around(id).map(|(_, span)| outline.pos(span.start))
}

/// What is needed at a place, by which binding; and what that needs in turn as far as it only passes values on.
/// `cycle` has the places of the bindings that are known to be among the steps.
fn steps_at(hints: &mut Hints<'_>, pos: Pos, cycle: &[Pos]) -> Vec<(String, Pos)> {
    let Some(outline) = hints.outline(pos) else { return Vec::new() };
    let Some(id) = outline.at(outline.offset(pos)).next() else { return Vec::new() };
    let Some((name, span)) = outline.binding_around(id) else { return Vec::new() };
    let mut found: Vec<Step> = Vec::new();
    let needed = operands(outline, id).into_iter().find_map(|operand| {
        let chain = outline.chain(operand);
        let closes = chain
            .iter()
            .any(|definition| definition.span == span || cycle.contains(&outline.pos(definition.span.start)));
        (closes || chain.len() == 1).then_some((operand, chain))
    });
    let pos_of = |span: Span| outline.pos(span.start);
    let own = |needs: Option<ExprId>| needs.and_then(|id| outline.quote(id));
    let is_name = |id: &ExprId| matches!(outline.expr(*id), Expr::Variable(_) | Expr::Select { .. });
    let first = operands(outline, id).into_iter().find(is_name);
    found.push((name, pos_of(span), own(needed.as_ref().map(|(operand, _)| *operand).or(first))));
    if needed.is_none()
        && let Some(first) = first
    {
        found.extend(by_result(outline, name, first));
    }
    for definition in needed.into_iter().flat_map(|(_, chain)| chain) {
        let Some(value) = definition.value.filter(|_| definition.span != span) else { break };
        let Some((name, span)) = outline.binding_around(value) else { break };
        if outline.definition(value).is_none() {
            break;
        }
        found.push((name, pos_of(span), own(Some(value))));
    }
    let describe = |(name, pos, needs): Step| {
        let name = hints.shared.symbols.text(name);
        let sentence = match needs {
            Some(needs) => format!("'{name}' needs '{needs}'"),
            None => format!("'{name}' is among the values that need each other, defined"),
        };
        (sentence, pos)
    };
    found.into_iter().map(describe).collect()
}

/// The further steps of a set that sees itself through the argument of the function that makes it
/// (`self: { a = self.b; b = self.a; }`), if they lead back to the attribute `start`.
fn by_result(outline: &Outline, start: Symbol, first: ExprId) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut at = first;
    while let Some(name) = outline.selected_from_argument(at) {
        if name == start {
            return steps;
        }
        let Some((span, value)) = outline.beside(at, name).filter(|_| steps.len() < MAX_STEPS) else { break };
        steps.push((name, outline.pos(span.start), outline.quote(value)));
        at = value;
    }
    Vec::new()
}

/// What an expression needs first, as far as these are names.
fn operands(outline: &Outline, id: ExprId) -> Vec<ExprId> {
    match outline.expr(id) {
        Expr::Binary { left, right, .. } => vec![left, right],
        Expr::Call { function, arguments } => {
            std::iter::once(function).chain(outline.arguments(arguments)).collect()
        }
        Expr::Select { set, .. } => vec![id, set],
        Expr::Not(operand) | Expr::Negate(operand) => vec![operand],
        _ => vec![id],
    }
}
