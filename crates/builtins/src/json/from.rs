//! `fromJSON`: makes values of the events of a reader, on the task's own stack.

use std::borrow::Cow;

use nivose_base::{DiagnosticId, Error, Pos, Result, Symbol};
use nivose_heap::{ShapeEntry, Value};
use nivose_machine::{Cx, Step, Task};

use super::plain_string;
use crate::arguments::expect_plain_string;
use crate::text::json_read::{Event, JsonError, Suspended, unsigned_overflow};

/// Events read in one step.
const BUDGET: usize = 10_000;

pub(super) fn from_json<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let &[text] = arguments else { return Ok(Step::done(Value::NULL)) };
    expect_plain_string(cx, text)?;
    Ok(cx.start(FromJson::default(), &[text.resolved()]))
}

/// An array or object that is not finished.
struct Open {
    /// Its first element's slot.
    values: usize,
    /// Where its names begin.
    names: usize,
}

/// Reads a document. Slots: the text, then the values of everything that is not finished.
#[derive(Default)]
struct FromJson {
    reader: Suspended,
    open: Vec<Open>,
    /// The names of the open objects' members.
    names: Vec<Symbol>,
    /// The object being finished: its names in order and where their values are.
    order: Vec<(Symbol, u32)>,
}

impl FromJson {
    /// Reads some more; false at the end.
    fn read<'h>(&mut self, cx: &mut Cx<'_, 'h>, text: &'h [u8]) -> Result<bool> {
        let mut reader = std::mem::take(&mut self.reader).resume(text);
        for _ in 0..BUDGET {
            // An event is looked at where it was written: moving it waits for its parts.
            match &reader.next() {
                Ok(Some(event)) => self.event(cx, event)?,
                Ok(None) => return Ok(false),
                Err(error) => return Err(syntax_error(error)),
            }
        }
        self.reader = reader.suspend();
        cx.check_held(self.memory() + size_of_val(cx.slots()))?;
        Ok(true)
    }

    #[inline(always)]
    fn event<'h>(&mut self, cx: &mut Cx<'_, 'h>, event: &Event<'_>) -> Result<()> {
        let value = match event {
            Event::BeginObject | Event::BeginArray => {
                self.open.push(Open { values: cx.slot_count(), names: self.names.len() });
                return Ok(());
            }
            Event::Key(name) => {
                check(name)?;
                self.names.push(cx.shared().symbols.intern(name));
                return Ok(());
            }
            Event::EndArray => self.finish_array(cx)?,
            Event::EndObject => self.finish_object(cx)?,
            Event::String(text) => {
                check(text)?;
                cx.reserve(text.len())?;
                cx.string(text)
            }
            &Event::Integer(number) => cx.int(number),
            &Event::Unsigned(number) => return Err(json_error(unsigned_overflow(number))),
            &Event::Float(number) => cx.heap().float(number),
            &Event::Boolean(boolean) => Value::bool(boolean),
            Event::Null => Value::NULL,
        };
        cx.push(value);
        Ok(())
    }

    fn finish_array<'h>(&mut self, cx: &mut Cx<'_, 'h>) -> Result<Value<'h>> {
        let start = self.open.pop().map_or(1, |open| open.values);
        cx.reserve((cx.slot_count() - start).saturating_mul(8))?;
        let list = cx.of_slots(|heap, slots| heap.list(slots.get(start..).unwrap_or_default()));
        cx.truncate(start);
        // Within something else, the list has a place of its own.
        Ok(if self.open.is_empty() { list } else { cx.heap().place_list(list) })
    }

    fn finish_object<'h>(&mut self, cx: &mut Cx<'_, 'h>) -> Result<Value<'h>> {
        let Some(Open { values, names }) = self.open.pop() else { return Ok(Value::NULL) };
        self.sort_members(names);
        self.names.truncate(names);
        let set = self.make_set(cx, values)?;
        cx.truncate(values);
        Ok(set)
    }

    /// Puts the members from `start` on in order by name; of those with the same name the last one counts.
    fn sort_members(&mut self, start: usize) {
        let names = self.names.get(start..).unwrap_or_default();
        self.order.clear();
        self.order.extend(names.iter().copied().zip(0..));
        if self.order.is_sorted_by(|a, b| a.0 < b.0) {
            return;
        }
        self.order.sort_unstable_by_key(|&(name, index)| (name, !index));
        self.order.dedup_by_key(|&mut (name, _)| name);
    }

    /// The set of the values in the slots from `start` on, with the names of `order`.
    fn make_set<'h>(&self, cx: &mut Cx<'_, 'h>, start: usize) -> Result<Value<'h>> {
        if self.order.is_empty() {
            return Ok(cx.heap().empty_attrs());
        }
        cx.reserve(self.order.len().saturating_mul(16))?;
        let entries = self.order.iter().map(|&(name, _)| ShapeEntry { name, pos: Pos::NONE });
        let shape = cx.heap().shape_of(|names| names.extend(entries));
        Ok(cx.of_slots(|heap, slots| {
            let members = slots.get(start..).unwrap_or_default();
            heap.attrs_with(shape, self.order.len(), |room| {
                for (slot, &(_, index)) in room.iter_mut().zip(&self.order) {
                    *slot = members.get(index as usize).copied().unwrap_or(Value::NULL);
                }
            })
        }))
    }
}

/// Null bytes can only come from escapes: the text itself is a string of the language.
#[expect(clippy::ptr_arg, reason = "only what was decoded needs a look")]
fn check(text: &Cow<'_, [u8]>) -> Result<()> {
    match text {
        Cow::Borrowed(_) => Ok(()),
        Cow::Owned(text) => plain_string(text),
    }
}

#[cold]
fn syntax_error(error: &JsonError) -> Error {
    json_error(error.to_string())
}

#[cold]
fn json_error(message: String) -> Error {
    Error::new(DiagnosticId::JsonRead, &[&message])
}

impl Task for FromJson {
    fn memory(&self) -> usize {
        self.open.capacity() * size_of::<Open>()
            + self.reader.depth()
            + self.names.capacity() * size_of::<Symbol>()
            + self.order.capacity() * size_of::<(Symbol, u32)>()
    }

    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, _: Value<'h>) -> Result<Step<'h>> {
        let text = cx.slot(0);
        let text = expect_plain_string(cx, text)?;
        Ok(if self.read(cx, text)? { Step::YIELD } else { Step::done(cx.pop()) })
    }
}
