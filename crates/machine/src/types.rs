//! The names of types, and the errors that name them.

use nivose_base::{DiagnosticId, Error, Result, Symbol};
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
        View::String(string) if !string.has_context() => "a string",
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
    shared.builtins.get(number).map_or("", |spec| spec.name)
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

/// What an argument of a builtin must be before the next one is forced.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Must {
    /// Anything: the builtin checks later.
    Any,
    /// An integer.
    Int,
    /// A string.
    String,
    /// A string without context.
    Name,
    /// A set.
    Set,
    /// A list.
    List,
    /// A function, a builtin, or a set with `__functor`.
    Function,
    /// A boolean.
    Bool,
    /// `true`.
    True,
    /// `false`.
    False,
}

impl Must {
    const ALL: [Must; 10] = [
        Must::Any,
        Must::Int,
        Must::String,
        Must::Name,
        Must::Set,
        Must::List,
        Must::Function,
        Must::Bool,
        Must::True,
        Must::False,
    ];

    /// The number of an argument together with this demand, for [`crate::BuiltinSpec::strict`].
    pub const fn be(self, argument: u8) -> u8 {
        argument | (self as u8) << 3
    }

    /// The argument's number and the demand of an entry of [`crate::BuiltinSpec::strict`].
    pub const fn of(entry: u8) -> (usize, Must) {
        ((entry & 7) as usize, Must::ALL[(entry >> 3) as usize])
    }

    /// Whether a forced value is for certain what [`Must::check`] demands: the demands of which this can be told at once.
    #[inline(always)]
    pub fn is_surely(self, value: Value<'_>) -> bool {
        match self {
            Must::Any => true,
            Must::List => value.as_list().is_some(),
            Must::Set => value.is_attrs(),
            Must::String => value.as_string().is_some(),
            Must::Name => value.as_string().is_some_and(|string| string.context_value().is_none()),
            Must::Bool => value.as_bool().is_some(),
            Must::True => value.as_bool() == Some(true),
            Must::False => value.as_bool() == Some(false),
            Must::Int => value.is_small_int(),
            Must::Function => value.is_closure(),
        }
    }

    /// Whether only one value is what is demanded.
    #[inline(always)]
    pub(crate) fn is_one_value(self) -> bool {
        matches!(self, Must::True | Must::False)
    }

    /// Checks a forced value.
    ///
    /// # Errors
    /// If it is something else.
    #[inline(always)]
    pub fn check(self, shared: &Shared, value: Value<'_>) -> Result<()> {
        let value = value.resolved();
        if self.is_surely(value) { Ok(()) } else { self.check_closely(shared, value) }
    }

    #[inline(never)]
    fn check_closely(self, shared: &Shared, value: Value<'_>) -> Result<()> {
        let (fits, expected) = match self {
            Must::Any => return Ok(()),
            Must::Int => (value.as_int().is_some(), "an integer"),
            Must::String | Must::Name => (value.as_string().is_some(), "a string"),
            Must::Set => (value.as_attrs().is_some(), "a set"),
            Must::List => (value.as_list().is_some(), "a list"),
            Must::Function => (is_callable(value), "a function"),
            Must::Bool => (value.as_bool().is_some(), "a Boolean"),
            Must::True => (value.as_bool() == Some(true), "true"),
            Must::False => (value.as_bool() == Some(false), "false"),
        };
        if !fits {
            return Err(type_error(shared, expected, value));
        }
        if self == Must::Name
            && let Some(string) = value.as_string()
            && let Some(&element) = string.context().first()
        {
            return Err(shared.context_not_allowed(string.bytes(), element));
        }
        Ok(())
    }
}

/// Whether a value can be called: a function, a builtin, or a set with `__functor`.
fn is_callable(value: Value<'_>) -> bool {
    match value.view() {
        View::Closure(_) | View::Builtin(_) | View::Partial { .. } => true,
        View::Attrs(set) => set.has(Symbol::FUNCTOR),
        _ => false,
    }
}
