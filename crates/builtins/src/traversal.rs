//! Goes through nested lists and sets for the writers of JSON and XML, on the slots of a task instead of the native
//! stack.
//!
//! It forces nothing and writes nothing: it says what comes next. Attributes come in byte order of their names.

use nivose_base::{DiagnosticId, Error, Pos, Result, Symbol, TraceFrame};
use nivose_heap::{Attrs, FlatAttrs, Value};
use nivose_machine::{Cx, byte_order};

/// What comes next in the innermost list or set that is open.
pub enum Next<'h> {
    /// An element of a list.
    Element {
        /// How many came before it.
        index: u32,
        /// The element.
        value: Value<'h>,
    },
    /// An attribute of a set.
    Attribute {
        /// How many came before it.
        index: u32,
        /// The name.
        name: Symbol,
        /// Where it was written.
        pos: Pos,
        /// The value.
        value: Value<'h>,
    },
    /// The end of the list or set that was opened last.
    End {
        /// Whether it is a set.
        is_set: bool,
        /// How many elements or attributes it has.
        count: u32,
    },
    /// Nothing is open.
    Done,
}

/// The lists and sets that are open. Each takes a slot of the task, from slot 0 on; nothing else may lie there
/// between two steps of the traversal.
pub struct Traversal {
    /// For each the number of the next element.
    next: Vec<u32>,
    /// How many may be open.
    limit: usize,
    /// One that is open, which those opened later are compared with.
    checkpoint: usize,
    /// What [`Traversal::open`] was told when the checkpoint was set.
    checkpoint_state: usize,
}

impl Traversal {
    /// Nothing is open; at most `limit` lists and sets may be open at a time.
    pub fn new(limit: usize) -> Self {
        Traversal { next: Vec::new(), limit, checkpoint: 0, checkpoint_state: 0 }
    }

    /// How many lists and sets are open.
    pub fn depth(&self) -> usize {
        self.next.len()
    }

    /// Opens a list or a set. `state` must change whenever a second visit of the same value may go on differently from
    /// the first.
    ///
    /// # Errors
    /// If too many are open, or the value contains itself, so that there would be no end.
    pub fn open<'h>(&mut self, cx: &mut Cx<'_, 'h>, value: Value<'h>, state: usize) -> Result<()> {
        if self.depth() >= self.limit || self.contains_itself(cx, value, state) {
            return Err(Error::new(DiagnosticId::StackOverflow, &[]));
        }
        if let Some(set) = value.as_attrs() {
            remember_order(cx, set)?;
        }
        cx.push(value);
        self.next.push(0);
        if self.depth() > 2 * (self.checkpoint + 1) {
            self.checkpoint = self.depth() - 1;
            self.checkpoint_state = state;
        }
        Ok(())
    }

    /// Whether the value is the checkpoint itself: sooner or later so (as in Brent's algorithm) if there is a cycle.
    fn contains_itself<'h>(&self, cx: &Cx<'_, 'h>, value: Value<'h>, state: usize) -> bool {
        let ancestor = cx.slots().get(..self.depth()).and_then(|open| open.get(self.checkpoint));
        state == self.checkpoint_state && ancestor.is_some_and(|ancestor| ancestor.bits() == value.bits())
    }

    /// Goes one step on. The topmost slot is the list or set opened last.
    #[inline]
    pub fn next<'h>(&mut self, cx: &mut Cx<'_, 'h>) -> Next<'h> {
        let depth = self.depth();
        let Some(next) = self.next.last_mut() else { return Next::Done };
        let index = *next;
        let container = cx.slots().get(depth - 1).copied().unwrap_or(Value::NULL);
        if let Some(found) = entry(container, index) {
            *next += 1;
            return found;
        }
        self.next.pop();
        cx.truncate(depth - 1);
        self.checkpoint = self.checkpoint.min(depth.saturating_sub(2));
        Next::End { is_set: container.is_attrs(), count: index }
    }

    /// The list or set opened last, which is flat, and the number of its next element: for whoever goes through some of them
    /// without [`Traversal::next`].
    pub fn innermost<'h>(&self, cx: &Cx<'_, 'h>) -> Option<(Value<'h>, u32)> {
        let container = cx.slots().get(self.depth().checked_sub(1)?).copied()?;
        Some((container, *self.next.last()?))
    }

    /// Notes that the next element of the list or set opened last is this one.
    pub fn go_on_at(&mut self, index: u32) {
        if let Some(next) = self.next.last_mut() {
            *next = index;
        }
    }

    /// Adds the elements and attributes on the way to the part in hand to an error's trace.
    #[cold]
    pub fn add_steps(&self, cx: &mut Cx<'_, '_>, attribute: &str, error: &mut Error) {
        for (depth, &next) in self.next.iter().enumerate().rev() {
            if !error.wants_trace() {
                return;
            }
            let container = cx.slots().get(depth).copied().unwrap_or(Value::NULL);
            match next.checked_sub(1).and_then(|index| entry(container, index)) {
                Some(Next::Element { index, .. }) => {
                    let message = format!("while evaluating list element at index {index}");
                    error.push_trace(TraceFrame::new(message, Pos::NONE));
                }
                Some(Next::Attribute { name, pos, .. }) => {
                    let message = format!("{attribute} '{}'", cx.shared().symbols.text(name));
                    error.push_trace(TraceFrame::new(message, pos));
                }
                _ => {}
            }
        }
    }
}

/// The element or attribute of a number.
#[inline]
fn entry<'h>(container: Value<'h>, index: u32) -> Option<Next<'h>> {
    if let Some(set) = container.as_attrs() {
        return attribute(set.as_flat()?, index);
    }
    let value = *container.as_list()?.get(index as usize)?;
    Some(Next::Element { index, value })
}

/// The attribute of a number in byte order of the names.
#[inline]
pub fn attribute<'h>(set: FlatAttrs<'h>, index: u32) -> Option<Next<'h>> {
    let place = match set.cached_order() {
        Some(order) => *order.get(index as usize)?,
        None => index,
    };
    let (entry, value) = (set.entries().get(place as usize)?, *set.values().get(place as usize)?);
    let pos = if set.has_positions() { entry.pos } else { Pos::NONE };
    Some(Next::Attribute { index, name: entry.name, pos, value })
}

/// Makes sure that a set is flat and that the byte order of its names is known.
fn remember_order(cx: &mut Cx<'_, '_>, set: Attrs<'_>) -> Result<()> {
    let set = cx.shared().flat(set)?;
    if set.len() < 2 || set.cached_order().is_some() {
        return Ok(());
    }
    cx.reserve(set.len().saturating_mul(4))?;
    let shared = cx.shared();
    let order = byte_order(&shared.symbols, set);
    shared.heap.cache_order(set, &order);
    Ok(())
}
