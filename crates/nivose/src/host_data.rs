//! What host functions take and give: data of Rust, or values that are not evaluated.

use std::collections::BTreeMap;

use nivose_base::{DiagnosticId, Error, Pos, Result};
use nivose_heap::Value as HeapValue;
use nivose_machine::{Cx, type_error};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::data::de::from_node;
use crate::data::forced::Forced;
use crate::diagnostic::Diagnostic;
use crate::guarded::Root;
use crate::host::{Answer, HostTable, Next, answer_with};
use crate::value::Value;

/// How far an argument is evaluated before the function runs.
#[doc(hidden)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Need {
    /// Not at all.
    Nothing,
    /// Until it is known what it is, but not what lies within.
    Outermost,
    /// Deeply.
    Everything,
}

impl Need {
    /// The needs of one value.
    pub(crate) fn alone(self) -> &'static [Need] {
        match self {
            Need::Nothing => &[Need::Nothing],
            Need::Outermost => &[Need::Outermost],
            Need::Everything => &[Need::Everything],
        }
    }
}

/// What a host function can take. Data that `serde` can make is evaluated deeply; a [`Value`] is not evaluated at all;
/// of [`Elements`] and [`Attributes`] only the list or set is.
///
/// A value that is taken may be given as the result, kept, and handed to [`Next`]. While the function runs, the evaluation
/// is busy: looking at the value then is refused, and whoever looks at it from another thread waits.
///
/// ```
/// use nivose::{Engine, Value};
/// let engine = Engine::builder()
///     .builtin("choose", "One of two; the other one is not evaluated.", |first: bool, a: Value, b: Value| {
///         Ok::<_, String>(if first { a } else { b })
///     })
///     .build()?;
/// assert_eq!(engine.start().evaluate("builtins.choose true 1 (throw \"no\")")?.as_int()?, 1);
/// # Ok::<(), nivose::Diagnostic>(())
/// ```
pub trait HostArgument: Sized {
    /// How far it is evaluated.
    #[doc(hidden)]
    const NEED: Need;

    /// Makes it of a value that is evaluated so far.
    #[doc(hidden)]
    fn read<'h>(cx: &mut Cx<'_, 'h>, value: HeapValue<'h>) -> Result<Self>;
}

/// The elements of a list, unevaluated, as an argument of a host function.
///
/// ```
/// use nivose::{Elements, Engine};
/// let engine = Engine::builder()
///     .builtin("middle", "The element in the middle.", |list: Elements| {
///         list.0.get(list.0.len() / 2).cloned().ok_or("an empty list has no middle")
///     })
///     .build()?;
/// assert_eq!(engine.start().evaluate("builtins.middle [ (throw \"a\") 2 (throw \"c\") ]")?.as_int()?, 2);
/// # Ok::<(), nivose::Diagnostic>(())
/// ```
#[derive(Clone, Debug)]
pub struct Elements(pub Vec<Value>);

/// The attributes of a set, unevaluated, as an argument of a host function.
///
/// ```
/// use nivose::{Attributes, Engine};
/// let engine = Engine::builder()
///     .builtin("longestName", "The longest name of an attribute.", |set: Attributes| {
///         Ok::<_, String>(set.0.into_keys().max_by_key(String::len))
///     })
///     .build()?;
/// assert_eq!(engine.start().evaluate("builtins.longestName { a = throw \"\"; bc = throw \"\"; }")?.as_str()?, "bc");
/// # Ok::<(), nivose::Diagnostic>(())
/// ```
#[derive(Clone, Debug)]
pub struct Attributes(pub BTreeMap<String, Value>);

impl<T: DeserializeOwned> HostArgument for T {
    const NEED: Need = Need::Everything;

    fn read<'h>(cx: &mut Cx<'_, 'h>, value: HeapValue<'h>) -> Result<Self> {
        // What does not fit is said of the call, which is given its place.
        from_node(Forced::new(cx.shared(), value, Pos::NONE))
            .map_err(|failure| Error::with_message(DiagnosticId::Conversion, failure.message()))
    }
}

/// A value that the embedding program holds from now on.
fn taken<'h>(cx: &mut Cx<'_, 'h>, value: HeapValue<'h>, pos: Pos) -> Result<Value> {
    let guarded = HostTable::evaluation(cx.shared())?;
    let handle = cx.keep(value);
    Ok(Value::found(Root { guarded, handle }, pos))
}

impl HostArgument for Value {
    const NEED: Need = Need::Nothing;

    fn read<'h>(cx: &mut Cx<'_, 'h>, value: HeapValue<'h>) -> Result<Self> {
        taken(cx, value, Pos::NONE)
    }
}

impl HostArgument for Elements {
    const NEED: Need = Need::Outermost;

    fn read<'h>(cx: &mut Cx<'_, 'h>, value: HeapValue<'h>) -> Result<Self> {
        let list = value.resolved().as_list().ok_or_else(|| type_error(cx.shared(), "a list", value))?;
        let elements = list.iter().map(|&element| taken(cx, element, Pos::NONE));
        elements.collect::<Result<_>>().map(Elements)
    }
}

impl HostArgument for Attributes {
    const NEED: Need = Need::Outermost;

    fn read<'h>(cx: &mut Cx<'_, 'h>, value: HeapValue<'h>) -> Result<Self> {
        let set = value.resolved().as_attrs().ok_or_else(|| type_error(cx.shared(), "a set", value))?;
        let mut attributes = BTreeMap::new();
        for (name, value) in cx.shared().flat(set)?.iter() {
            let name_text = cx.shared().symbols.text(name).into_owned();
            let pos = set.position_of(name).unwrap_or(Pos::NONE);
            attributes.insert(name_text, taken(cx, value, pos)?);
        }
        Ok(Attributes(attributes))
    }
}

/// What a host function can give: data that `serde` can read, a [`Value`] of the same evaluation, or what it wants done
/// before it gives one of these ([`Next`]).
///
/// ```
/// use nivose::{Attributes, Engine};
/// let engine = Engine::builder()
///     .builtin("anyAttribute", "Some attribute of a set, unevaluated.", |set: Attributes| {
///         set.0.into_values().next().ok_or("an empty set has none")
///     })
///     .build()?;
/// assert_eq!(engine.start().evaluate("builtins.anyAttribute { a = 1; b = throw \"\"; }")?.as_int()?, 1);
/// # Ok::<(), nivose::Diagnostic>(())
/// ```
pub trait HostAnswer {
    /// The answer for the machine.
    #[doc(hidden)]
    fn answer<'h>(self, cx: &mut Cx<'_, 'h>) -> Result<Answer<'h>>;
}

impl<R: Serialize> HostAnswer for R {
    fn answer<'h>(self, cx: &mut Cx<'_, 'h>) -> Result<Answer<'h>> {
        answer_with(cx, &self)
    }
}

impl HostAnswer for Value {
    fn answer<'h>(self, cx: &mut Cx<'_, 'h>) -> Result<Answer<'h>> {
        let guarded = HostTable::evaluation(cx.shared())?;
        let handle = self.handle_in(&guarded).map_err(Diagnostic::into_error)?;
        Ok(Answer::Value(cx.kept(handle)))
    }
}

impl HostAnswer for Next {
    fn answer<'h>(self, cx: &mut Cx<'_, 'h>) -> Result<Answer<'h>> {
        self.into_answer(cx)
    }
}
