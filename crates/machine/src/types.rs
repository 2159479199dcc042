//! The names of types, and the errors that name them.

use nivose_base::{DiagnosticId, Error};
use nivose_heap::{Value, View};

use crate::shared::Shared;
use crate::show::show;

/// What `typeOf` answers; "thunk" for what is not evaluated.
pub fn type_name(value: Value<'_>) -> &'static str {
    match value.resolved().view() {
        View::Null => "null",
        View::Bool(_) => "bool",
        View::Int(_) => "int",
        View::Float(_) => "float",
        View::String(_) => "string",
        View::Path(_) => "path",
        View::List(_) => "list",
        View::Attrs(_) => "set",
        View::Closure(_) | View::Builtin(_) | View::Partial { .. } => "lambda",
        View::Thunk(_) | View::Internal => "thunk",
    }
}

/// The type with its article, as messages have it: "an integer", "a set".
pub fn type_with_article(shared: &Shared, value: Value<'_>) -> String {
    let text = match value.resolved().view() {
        View::Null => "null",
        View::Bool(_) => "a Boolean",
        View::Int(_) => "an integer",
        View::Float(_) => "a float",
        View::String(string) if string.context().is_empty() => "a string",
        View::String(_) => "a string with context",
        View::Path(_) => "a path",
        View::List(_) => "a list",
        View::Attrs(_) => "a set",
        View::Closure(_) => "a function",
        View::Builtin(builtin) => {
            return format!("the built-in function '{}'", builtin_name(shared, builtin.0));
        }
        View::Partial { function, .. } => return partial_type(shared, function),
        View::Thunk(_) | View::Internal => "a thunk",
    };
    text.to_owned()
}

fn partial_type(shared: &Shared, function: Value<'_>) -> String {
    match function.as_builtin() {
        Some(builtin) => {
            format!("the partially applied built-in function '{}'", builtin_name(shared, builtin.0))
        }
        None => String::from("a function"),
    }
}

fn builtin_name(shared: &Shared, number: u32) -> &'static str {
    shared.builtins.get(number as usize).map_or("", |spec| spec.name)
}

/// "expected a list but found an integer: 8".
#[cold]
pub fn type_error(shared: &Shared, expected: &str, value: Value<'_>) -> Error {
    let found = type_with_article(shared, value);
    Error::new(DiagnosticId::UnexpectedType, &[&expected, &found, &show(shared, value)])
}

#[cold]
pub(crate) fn not_callable(shared: &Shared, value: Value<'_>) -> Error {
    let found = type_with_article(shared, value);
    Error::new(DiagnosticId::NotCallable, &[&found, &show(shared, value)])
}
