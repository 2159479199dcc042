//! What is known of functions and of where attributes were written: `functionArgs`, `unsafeGetAttrPos`.

use nivose_base::{DiagnosticId, Error, Origin, Pos, Result, Symbol};
use nivose_heap::{Value, View};
use nivose_machine::{BuiltinSpec, Cx, Must, Shared, Step, sort_attributes};

use crate::checks;

/// The code of a function whose next argument has formals, if any.
fn code_with_formals(cx: &mut Cx<'_, '_>, function: Value<'_>) -> Result<Option<u32>> {
    let mut applied = 0;
    let mut function = function;
    loop {
        match function.view() {
            View::Closure(code) => {
                let parameters = cx.shared().function(code)?.map_or(0, |info| info.parameters.len());
                return Ok((parameters == applied + 1).then_some(code));
            }
            View::Partial { function: inner, arguments } => {
                applied += arguments.len();
                function = inner;
            }
            View::Builtin(_) => return Ok(None),
            _ => return Err(Error::new(DiagnosticId::FunctionArgsOfNonFunction, &[])),
        }
    }
}

fn function_args<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let code = code_with_formals(cx, arguments[0])?;
    let shared = cx.shared();
    let codes = &shared.codes;
    let Some((code, formals)) = code.and_then(|code| Some((code, codes.lambda(code)?.formals.as_ref()?)))
    else {
        return Ok(Step::done(shared.heap.empty_attrs()));
    };
    let mut attributes: Vec<(Symbol, Pos, Value<'h>)> = (formals.list.iter())
        .map(|formal| (formal.name, codes.pos(code, formal.offset), Value::bool(formal.has_default)))
        .collect();
    sort_attributes(&mut attributes);
    Ok(Step::done(shared.heap.attrs_from(&attributes)))
}

/// File, line and column of a position, or null if it does not lie in a file.
pub fn position<'h>(shared: &mut Shared, pos: Pos) -> Value<'h> {
    let Some((source, at)) = shared.sources.resolve(pos) else { return Value::NULL };
    let Origin::File(path) = &source.origin else { return Value::NULL };
    let file = shared.heap.string(path);
    let (line, column) = (shared.heap.int(at.line.into()), shared.heap.int(at.column.into()));
    let mut attributes = vec![
        (Symbol::FILE, Pos::NONE, file),
        (Symbol::LINE, Pos::NONE, line),
        (Symbol::COLUMN, Pos::NONE, column),
    ];
    sort_attributes(&mut attributes);
    shared.heap.attrs_from(&attributes)
}

fn unsafe_get_attr_pos<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let name = checks::known_symbol(cx.shared(), arguments[0])?;
    let set = checks::attrs(cx.shared(), arguments[1])?;
    let pos = name.and_then(|name| set.position_of(name)).unwrap_or(Pos::NONE);
    Ok(Step::done(position(cx.shared(), pos)))
}

/// The builtins of this file.
pub const BUILTINS: &[BuiltinSpec] = &[
    BuiltinSpec {
        name: "functionArgs",
        arguments: &["f"],
        strict: &[0],
        doc: "The names that the set pattern of the function *f* asks for; each is `true` if it has a default. Other \
              functions give the empty set.",
        run: function_args,
    },
    BuiltinSpec {
        name: "unsafeGetAttrPos",
        arguments: &["s", "set"],
        strict: &[Must::Name.be(0), 1],
        doc: "Where the attribute *s* of *set* was written: a set of `file`, `line` and `column`, or `null`. Programs \
              should not depend on it.",
        run: unsafe_get_attr_pos,
    },
];
