//! Coercion to strings: interpolation, `+`, `toString` and the builtins that take "anything like a string".

use nivose_base::{Decimal, DiagnosticId, Error, Result, Symbol, float};
pub use nivose_bytecode::instruction::Coerce;
use nivose_heap::{Attrs, Value, View};

use crate::context::{union, union_of};
use crate::handover::Step;
use crate::native::{Cx, Task};
use crate::shared::Shared;
use crate::types::type_with_article;

/// The string that a forced value stands for: at once, or by a task whose result it is.
///
/// # Errors
/// A value that has no string form of this sort.
pub fn coerce_step<'h>(shared: &mut Shared, value: Value<'h>, how: Coerce) -> Result<Step<'h>> {
    if value.as_string().is_some() {
        return Ok(Step::done(value));
    }
    let needs_task = match value.view() {
        View::Attrs(set) => match known_path(set) {
            Some(path) => return Ok(Step::done(path)),
            None => says_how(set),
        },
        View::List(elements) if how.is_strong() => match join_few(shared, elements, how)? {
            Some(string) => return Ok(Step::done(string)),
            None => true,
        },
        View::Thunk(_) => true,
        _ => false,
    };
    if needs_task {
        return Ok(shared.start(CoerceTask::new(how), &[Value::NULL, value]));
    }
    simple(shared, value, how).map(Step::done)
}

/// The most elements of a list that are joined at once.
const FEW_ELEMENTS: usize = 16;

/// The string form of a list of a few elements that all have theirs at once.
fn join_few<'h>(shared: &mut Shared, elements: &[Value<'h>], how: Coerce) -> Result<Option<Value<'h>>> {
    let is_there = |element: &Value<'h>| match element.resolved() {
        element if element.as_string().is_some() => true,
        element => match element.view() {
            View::Thunk(_) | View::List(_) => false,
            View::Attrs(set) => known_path(set).is_some(),
            _ => true,
        },
    };
    if elements.len() > FEW_ELEMENTS || !elements.iter().all(is_there) {
        return Ok(None);
    }
    let mut strings = [Value::NULL; FEW_ELEMENTS];
    let mut parts = [&b""[..]; 2 * FEW_ELEMENTS];
    let mut len = 0;
    for (index, element) in elements.iter().enumerate() {
        let element = element.resolved();
        let string = match element.as_attrs().and_then(known_path) {
            Some(path) => path,
            None => simple(shared, element, how)?,
        };
        let bytes = string.as_string().map_or(&b""[..], |string| string.bytes());
        let space = if index == 0 { &b""[..] } else { b" " };
        strings[index] = string;
        parts[2 * index] = space;
        parts[2 * index + 1] = bytes;
        len += space.len() + bytes.len();
    }
    shared.reserve(len)?;
    let strings = strings[..elements.len()].iter().filter_map(|string| string.as_string());
    let context = union_of(&mut shared.heap, strings.filter_map(|string| string.context_value()));
    let parts = parts[..2 * elements.len()].iter().copied();
    Ok(Some(shared.heap.string_of_parts(parts, len, context)))
}

/// The string form of a set if it is a string that is there already: the usual case of a derivation that was looked at.
fn known_path<'h>(set: Attrs<'h>) -> Option<Value<'h>> {
    let path = set.get(Symbol::OUT_PATH)?.resolved();
    (path.as_string().is_some() && !set.has(Symbol::TO_STRING)).then_some(path)
}

/// Whether a set has a string form.
fn says_how(set: Attrs<'_>) -> bool {
    set.has(Symbol::TO_STRING) || set.has(Symbol::OUT_PATH)
}

/// The string form of values that contain no others.
fn simple<'h>(shared: &mut Shared, value: Value<'h>, how: Coerce) -> Result<Value<'h>> {
    if value.as_string().is_some() {
        return Ok(value);
    }
    match value.view() {
        View::Path(path) if how.imports_paths() => shared.import_path(path),
        View::Path(path) => Ok(shared.heap.string(path)),
        View::Int(i) if how.is_strong() => Ok(shared.heap.string(Decimal::new(i).as_bytes())),
        View::Float(f) if how.is_strong() => Ok(shared.heap.string(float::fixed(f).as_bytes())),
        View::Bool(true) if how.is_strong() => Ok(shared.heap.string(b"1")),
        View::Bool(false) | View::Null if how.is_strong() => Ok(shared.heap.empty_string()),
        _ => Err(cannot_coerce(shared, value)),
    }
}

#[cold]
fn cannot_coerce(shared: &Shared, value: Value<'_>) -> Error {
    let what = type_with_article(shared, value);
    Error::new(DiagnosticId::CannotCoerce, &[&what, &shared.show(value)])
}

/// Bytes that a text has room for at first.
const FEW: usize = 256;

/// The greatest room that is left to the next text.
const MOST_SPARE: usize = 1 << 14;

/// Coerces sets, which may ask for calls, and lists, with a stack of its own.
///
/// Slots: the context gathered so far (or null), then for each open list the list and the index of the next element, then at first the value.
struct CoerceTask {
    how: Coerce,
    started: bool,
    /// The text gathered so far.
    text: Vec<u8>,
    /// Open lists.
    lists: u32,
    /// Whether a list was met: then the result is a new string.
    joins: bool,
    /// Steps through `__toString` and `outPath`.
    hops: u32,
}

impl CoerceTask {
    fn new(how: Coerce) -> Self {
        CoerceTask { how, started: false, text: Vec::new(), lists: 0, joins: false, hops: 0 }
    }

    fn append<'h>(&mut self, cx: &mut Cx<'_, 'h>, string: Value<'h>) -> Result<()> {
        let Some(string) = string.as_string() else { return Ok(()) };
        let more = string.bytes().len() + 1;
        if self.text.capacity() == 0 {
            self.text = std::mem::take(&mut cx.shared().spare_text);
        }
        if self.text.capacity() - self.text.len() < more {
            cx.make_room(&mut self.text, more.max(FEW))?;
        }
        self.text.extend_from_slice(string.bytes());
        let before = Some(cx.slot(0)).filter(|context| !context.is_null());
        if let Some(context) = union(cx.heap(), before, string.context_value()) {
            cx.set_slot(0, context);
        }
        Ok(())
    }

    /// Takes a value, or asks for it. None if it is done, or was a list that is open now.
    fn coerce<'h>(&mut self, cx: &mut Cx<'_, 'h>, value: Value<'h>) -> Result<Option<Step<'h>>> {
        let string = match value.view() {
            View::Thunk(_) => return Ok(Some(cx.force(value))),
            View::List(_) if self.how.is_strong() => {
                self.joins = true;
                self.lists += 1;
                self.check_depth(cx)?;
                cx.push(value);
                cx.push(Value::number(0));
                return Ok(None);
            }
            View::Attrs(set) => match known_path(set) {
                Some(path) => path,
                None => return self.ask(cx, value, set).map(Some),
            },
            _ => simple(cx.shared(), value, self.how)?,
        };
        match self.joins {
            true => self.append(cx, string).map(|()| None),
            false => Ok(Some(Step::done(string))),
        }
    }

    /// Open lists and steps count like calls: else a list within itself would have no end.
    fn check_depth(&self, cx: &mut Cx<'_, '_>) -> Result<()> {
        if self.lists + self.hops + cx.depth() > cx.shared().settings.max_call_depth {
            return Err(Error::new(DiagnosticId::StackOverflow, &[]));
        }
        Ok(())
    }

    /// What a set says its string form is, still to be coerced itself.
    fn ask<'h>(&mut self, cx: &mut Cx<'_, 'h>, value: Value<'h>, set: Attrs<'h>) -> Result<Step<'h>> {
        self.hops += 1;
        self.check_depth(cx)?;
        if let Some(function) = set.get(Symbol::TO_STRING) {
            return Ok(cx.call(function, [value]));
        }
        match set.get(Symbol::OUT_PATH) {
            Some(path) => Ok(cx.force(path)),
            None => Err(cannot_coerce(cx.shared(), value)),
        }
    }

    /// The next element of the innermost list that has one; none at the end.
    fn next_element<'h>(&mut self, cx: &mut Cx<'_, 'h>) -> Option<Value<'h>> {
        while self.lists > 0 {
            let top = cx.slot_count();
            let (list, index) = (cx.slot(top - 2), cx.slot(top - 1));
            let elements = list.as_list().unwrap_or(&[]);
            let index = index.as_number().unwrap_or(0) as usize;
            if let Some(&element) = elements.get(index) {
                let before = index.checked_sub(1).map(|before| elements[before].resolved());
                if before.is_some_and(|before| before.as_list().is_none_or(|list| !list.is_empty())) {
                    self.text.push(b' ');
                }
                cx.set_slot(top - 1, Value::number(index as u32 + 1));
                return Some(element);
            }
            cx.truncate(top - 2);
            self.lists -= 1;
        }
        None
    }
}

impl Task for CoerceTask {
    fn memory(&self) -> usize {
        self.text.capacity()
    }

    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
        let mut value = if self.started { input } else { cx.pop() };
        self.started = true;
        for _ in 0..1000 {
            value = value.resolved();
            // Most of them are strings.
            if self.joins && value.as_string().is_some() {
                self.append(cx, value)?;
            } else if let Some(step) = self.coerce(cx, value)? {
                return Ok(step);
            }
            match self.next_element(cx) {
                Some(element) => value = element,
                None => {
                    let context = Some(cx.slot(0)).filter(|context| !context.is_null());
                    cx.reserve(self.text.len())?;
                    let string = cx.heap().string_with_context(&self.text, context);
                    if (1..=MOST_SPARE).contains(&self.text.capacity()) {
                        self.text.clear();
                        cx.shared().spare_text = std::mem::take(&mut self.text);
                    }
                    return Ok(Step::done(string));
                }
            }
        }
        Ok(cx.force(value))
    }
}

/// What becomes of a coerced operand of `+`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Continue {
    /// It follows the other operand, a string.
    Append,
    /// It follows the other operand, a path.
    AppendToPath,
    /// It is the left one; the other, the right one, is coerced now.
    CoerceRight,
}

/// Coerces `value`, then goes on with the other operand.
pub(crate) fn coerce_then<'h>(
    shared: &mut Shared,
    value: Value<'h>,
    how: Coerce,
    then: Continue,
    other: Value<'h>,
) -> Result<Step<'h>> {
    match coerce_step(shared, value, how)?.at_once() {
        Ok(string) => finish(shared, string, then, other),
        Err(_) => Ok(shared.start(AddTask { how, then, started: false }, &[other, value])),
    }
}

fn finish<'h>(shared: &mut Shared, string: Value<'h>, then: Continue, other: Value<'h>) -> Result<Step<'h>> {
    match then {
        Continue::Append => shared.append_strings(other, string).map(Step::done),
        Continue::AppendToPath => {
            shared.append_to_path(other.as_path().unwrap_or(b"/"), string).map(Step::done)
        }
        Continue::CoerceRight => coerce_then(shared, other, Coerce::WEAK, Continue::Append, string),
    }
}

/// `+` where an operand is coerced by a task. Slots: the other operand, then at first the value.
struct AddTask {
    how: Coerce,
    then: Continue,
    started: bool,
}

impl AddTask {
    /// The operand is coerced: combine it, or coerce the other one next.
    fn combine<'h>(&mut self, cx: &mut Cx<'_, 'h>, string: Value<'h>) -> Result<Step<'h>> {
        let other = cx.slot(0);
        if self.then != Continue::CoerceRight {
            return finish(cx.shared(), string, self.then, other);
        }
        self.then = Continue::Append;
        cx.set_slot(0, string);
        match coerce_step(cx.shared(), other, Coerce::WEAK)?.at_once() {
            Ok(right) => finish(cx.shared(), right, Continue::Append, string),
            Err(step) => Ok(step),
        }
    }
}

impl Task for AddTask {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
        if self.started {
            return self.combine(cx, input);
        }
        self.started = true;
        let value = cx.pop();
        match coerce_step(cx.shared(), value, self.how)?.at_once() {
            Ok(string) => self.combine(cx, string),
            Err(step) => Ok(step),
        }
    }
}
