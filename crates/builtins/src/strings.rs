//! Strings: `stringLength`, `substring`, `concatStringsSep`. Matching and replacing have files of their own.

use nivose_base::{DiagnosticId, Error, Result};
use nivose_heap::Value;
use nivose_machine::coerce::{Coerce, coerce_step};
use nivose_machine::context::union;
use nivose_machine::{BuiltinSpec, Cx, Must, Step, Task};

use crate::arguments::{expect_string, force_and_run};
use crate::checks;
use crate::coerced::coerce_and_run;
use crate::each::elements_of;

fn string_length<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    coerce_and_run(cx, arguments, 0, Coerce::IMPORT_PATHS, |cx, _, string| {
        let len = expect_string(cx, string)?.bytes().len();
        Ok(Step::done(cx.int(len as i64)))
    })
}

fn substring<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    if checks::int(cx.shared(), arguments[0])? < 0 {
        return Err(Error::new(DiagnosticId::NegativeSubstring, &[]));
    }
    if arguments[1].resolved().is_thunk() {
        return Ok(force_and_run(cx, substring, arguments, 1));
    }
    checks::int(cx.shared(), arguments[1])?;
    if arguments[2].resolved().is_thunk() {
        return Ok(force_and_run(cx, substring, arguments, 2));
    }
    coerce_and_run(cx, arguments, 2, Coerce::IMPORT_PATHS, |cx, arguments, string| {
        let start = checks::int(cx.shared(), arguments[0])?;
        let len = checks::int(cx.shared(), arguments[1])?;
        part(cx, string, start, len).map(Step::done)
    })
}

/// The part of a string from `start` on, `len` bytes or (if that is negative) to the end. The context stays.
fn part<'h>(cx: &mut Cx<'_, 'h>, value: Value<'h>, start: i64, len: i64) -> Result<Value<'h>> {
    let string = expect_string(cx, value)?;
    let bytes = string.bytes();
    let start = usize::try_from(start).unwrap_or(usize::MAX).min(bytes.len());
    let rest = &bytes[start..];
    let end = usize::try_from(len).map_or(rest.len(), |len| len.min(rest.len()));
    if end == bytes.len() {
        return Ok(value);
    }
    cx.reserve(end)?;
    Ok(cx.heap().string_with_context(&rest[..end], string.context_value()))
}

fn concat_strings_sep<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    expect_string(cx, arguments[0])?;
    let elements = checks::list(cx.shared(), arguments[1])?;
    let mut join = Join { text: Vec::new(), next: 0, stage: Stage::Element, strings: 0 };
    if elements.iter().all(|element| element.resolved().as_string().is_some()) {
        return join_plain(cx, arguments[0], elements).map(Step::done);
    }
    join.text.reserve(elements.len().min(1 << 16));
    Ok(cx.start(join, &[arguments[0], arguments[1], Value::NULL]))
}

/// Joins elements that are strings.
fn join_plain<'h>(cx: &mut Cx<'_, 'h>, separator: Value<'h>, elements: &[Value<'h>]) -> Result<Value<'h>> {
    let separator_string = expect_string(cx, separator)?;
    let mut context = separator_string.context_value();
    let mut len = elements.len().saturating_sub(1).saturating_mul(separator_string.bytes().len());
    for string in elements.iter().filter_map(|element| element.resolved().as_string()) {
        len = len.saturating_add(string.bytes().len());
        context = union(cx.heap(), context, string.context_value());
    }
    cx.reserve(len)?;
    let strings = elements.iter().filter_map(|element| element.resolved().as_string());
    let parts = strings.enumerate().flat_map(|(index, string)| {
        let separator = if index > 0 { separator_string.bytes() } else { b"" };
        [separator, string.bytes()]
    });
    Ok(cx.heap().string_of_parts(parts, len, context))
}

/// Elements joined in one step.
const BUDGET: usize = 10_000;

enum Stage {
    /// The next element is to be looked at, or was forced.
    Element,
    /// The next element comes as a string.
    Coerced,
}

/// Joins strings that must be forced and coerced. Slots: the separator, the list, the context so far.
struct Join {
    text: Vec<u8>,
    next: usize,
    stage: Stage,
    /// Nothing is written until an element is no string: so many are, and perhaps all.
    strings: usize,
}

impl Join {
    /// Goes on over elements that are strings, of which the input may tell; gives the place of one that is to be forced. At
    /// one that is no string, or at the end, there is none.
    fn next_thunk(&mut self, elements: &[Value<'_>], input: Value<'_>) -> Option<usize> {
        self.strings = input.as_number().map_or(self.strings, |place| place as usize);
        while let Some(element) = elements.get(self.strings).map(|element| element.resolved()) {
            if element.as_string().is_none() {
                return element.is_thunk().then_some(self.strings);
            }
            self.strings += 1;
        }
        None
    }

    /// Adds the next element, which is a string now.
    fn append<'h>(&mut self, cx: &mut Cx<'_, 'h>, string: Value<'h>) -> Result<()> {
        let separator = cx.slot(0);
        let separator = if self.next > 0 { expect_string(cx, separator)?.bytes() } else { b"" };
        let string = expect_string(cx, string)?;
        cx.make_room(&mut self.text, separator.len() + string.bytes().len())?;
        self.text.extend_from_slice(separator);
        self.text.extend_from_slice(string.bytes());
        if let Some(context) = string.context_value() {
            let before = Some(cx.slot(2)).filter(|context| !context.is_null());
            let context = union(cx.heap(), before, Some(context)).unwrap_or(context);
            cx.set_slot(2, context);
        }
        self.next += 1;
        Ok(())
    }

    /// The string of all elements. The context of the separator counts even if it was not used.
    fn finish<'h>(&self, cx: &mut Cx<'_, 'h>) -> Result<Step<'h>> {
        let context = Some(cx.slot(2)).filter(|context| !context.is_null());
        let separator = cx.slot(0);
        let separator = expect_string(cx, separator)?.context_value();
        let context = union(cx.heap(), context, separator);
        cx.reserve(self.text.len())?;
        Ok(Step::done(cx.heap().string_with_context(&self.text, context)))
    }
}

impl Task for Join {
    fn memory(&self) -> usize {
        self.text.capacity()
    }

    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
        if let Stage::Coerced = std::mem::replace(&mut self.stage, Stage::Element) {
            self.append(cx, input)?;
        }
        let list = cx.slot(1);
        if self.next == 0 {
            let elements = elements_of(list);
            if let Some(thunk) = self.next_thunk(elements, input) {
                return Ok(cx.force_elements(list.resolved(), thunk, Must::String));
            }
            if self.strings == elements.len() {
                return join_plain(cx, cx.slot(0), elements).map(Step::done);
            }
        }
        for _ in 0..BUDGET {
            let Some(element) = elements_of(list).get(self.next) else { return self.finish(cx) };
            let element = element.resolved();
            if element.is_thunk() {
                // Whatever is no string is coerced before the next is forced.
                return Ok(cx.force_elements(list.resolved(), self.next, Must::String));
            }
            match coerce_step(cx.shared(), element, Coerce::IMPORT_PATHS)?.at_once() {
                Ok(string) => self.append(cx, string)?,
                Err(step) => {
                    self.stage = Stage::Coerced;
                    return Ok(step);
                }
            }
        }
        Ok(Step::YIELD)
    }
}

/// The builtins of this file.
pub const BUILTINS: &[BuiltinSpec] = &[
    BuiltinSpec {
        name: "stringLength",
        arguments: &["e"],
        strict: &[0],
        doc: "The number of bytes of the string *e*.",
        run: string_length,
    },
    BuiltinSpec {
        name: "substring",
        arguments: &["start", "len", "s"],
        strict: &[0],
        doc: "The part of *s* from the byte *start* on, counted from 0, at most *len* bytes long; a negative *len* means \
              the whole rest.",
        run: substring,
    },
    BuiltinSpec {
        name: "concatStringsSep",
        arguments: &["separator", "list"],
        strict: &[Must::String.be(0), 1],
        doc: "The strings of *list* joined to one, with *separator* between them.",
        run: concat_strings_sep,
    },
];
