//! Type checks of forced arguments and elements that several families make.
//!
//! Checks of strings are in `arguments`.

use nivose_base::{Result, Symbol};
use nivose_heap::{Attrs, FlatAttrs, Value};
use nivose_machine::{Must, Shared, type_error};

/// The elements of a list.
///
/// # Errors
/// If the value is no list.
pub fn list<'h>(shared: &Shared, value: Value<'h>) -> Result<&'h [Value<'h>]> {
    let value = value.resolved();
    value.as_list().ok_or_else(|| type_error(shared, "a list", value))
}

/// The set that a value is.
///
/// # Errors
/// If the value is no set.
pub fn attrs<'h>(shared: &Shared, value: Value<'h>) -> Result<Attrs<'h>> {
    let value = value.resolved();
    value.as_attrs().ok_or_else(|| type_error(shared, "a set", value))
}

/// The set that a value is, as a flat one: for what needs all of its attributes.
///
/// # Errors
/// If the value is no set, or its layers together do not fit into memory.
pub fn flat<'h>(shared: &mut Shared, value: Value<'h>) -> Result<FlatAttrs<'h>> {
    let set = attrs(shared, value)?;
    shared.flat(set)
}

/// The integer that a value is.
///
/// # Errors
/// If the value is no integer.
pub fn int(shared: &Shared, value: Value<'_>) -> Result<i64> {
    let value = value.resolved();
    value.as_int().ok_or_else(|| type_error(shared, "an integer", value))
}

/// The truth value that a value is.
///
/// # Errors
/// If the value is no truth value.
pub fn boolean(shared: &Shared, value: Value<'_>) -> Result<bool> {
    let value = value.resolved();
    value.as_bool().ok_or_else(|| type_error(shared, "a Boolean", value))
}

/// Makes sure that a value can be called: a function, a builtin, or a set with `__functor`.
///
/// # Errors
/// If it cannot.
pub fn function(shared: &Shared, value: Value<'_>) -> Result<()> {
    Must::Function.check(shared, value)
}

/// The bytes of a string without context, such as the name of an attribute.
///
/// # Errors
/// If the value is no string, or refers to the store.
pub fn name<'h>(shared: &Shared, value: Value<'h>) -> Result<&'h [u8]> {
    let value = value.resolved();
    let string = value.as_string().ok_or_else(|| type_error(shared, "a string", value))?;
    match string.context().first() {
        None => Ok(string.bytes()),
        Some(&element) => Err(shared.context_not_allowed(string.bytes(), element)),
    }
}

/// The symbol of a string without context.
///
/// # Errors
/// As [`name`].
pub fn symbol(shared: &mut Shared, value: Value<'_>) -> Result<Symbol> {
    name(shared, value)?;
    Ok(value.resolved().as_string().map_or(Symbol::EMPTY, |string| shared.intern(string)))
}

/// The symbol of a string without context, if any attribute may have that name.
///
/// # Errors
/// As [`name`].
pub fn known_symbol(shared: &Shared, value: Value<'_>) -> Result<Option<Symbol>> {
    name(shared, value)?;
    Ok(value.resolved().as_string().and_then(|string| shared.lookup(string)))
}
