//! Builtins that call a function for each element of a list and look at every result:
//! `filter`, `all`, `groupBy`.

use nivose_base::Result;
use nivose_heap::Value;
use nivose_machine::{Cx, Must, Step, Task};

/// What is done with the results.
pub trait PerElement: Send {
    /// What a result must be for the function to be called for the next element before the result is taken.
    const MUST: Must;
    /// Whether elements are forced before the function gets them.
    const FORCES: bool = false;

    /// Takes the result for element `index`; gives the result of the builtin if that is known now.
    ///
    /// # Errors
    /// A result of the wrong type.
    fn take<'h>(&mut self, cx: &mut Cx<'_, 'h>, index: usize, result: Value<'h>)
    -> Result<Option<Value<'h>>>;

    /// The result of the builtin after the last element.
    ///
    /// # Errors
    /// If it does not fit into memory.
    fn finish<'h>(&mut self, cx: &mut Cx<'_, 'h>) -> Result<Value<'h>>;
}

/// Calls the function in slot 0 for each element of the list in slot 2, whose next element has the number in slot 1.
/// Results that were not taken yet lie above.
pub struct Each<P> {
    per: P,
    called: bool,
}

/// The slots below the results.
const SLOTS: usize = 3;

impl<P: PerElement + 'static> Each<P> {
    /// Starts with the first element.
    pub fn start<'h>(cx: &mut Cx<'_, 'h>, per: P, function: Value<'h>, list: Value<'h>) -> Step<'h> {
        let slots = [function, Value::number(0), list.resolved()];
        cx.start(Each { per, called: false }, &slots)
    }
}

impl<P: PerElement> Each<P> {
    /// Takes the results up to the last, which belongs to the element before number `next`.
    fn take_results<'h>(
        &mut self,
        cx: &mut Cx<'_, 'h>,
        next: usize,
        last: Value<'h>,
    ) -> Result<Option<Value<'h>>> {
        let kept = cx.slot_count() - SLOTS;
        for index in 0..kept {
            let result = cx.slot(SLOTS + index);
            if let Some(known) = self.per.take(cx, next - 1 - kept + index, result)? {
                return Ok(Some(known));
            }
        }
        cx.truncate(SLOTS);
        self.per.take(cx, next - 1, last)
    }
}

impl<P: PerElement> Task for Each<P> {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
        let next = next_place(cx);
        if std::mem::take(&mut self.called)
            && let Some(result) = self.take_results(cx, next, input)?
        {
            return Ok(Step::done(result));
        }
        let list = cx.slot(2);
        let Some(&element) = elements_of(list).get(next) else {
            return self.per.finish(cx).map(Step::done);
        };
        if P::FORCES && element.resolved().is_thunk() {
            return Ok(cx.force(element));
        }
        self.called = true;
        if P::FORCES {
            cx.set_slot(1, Value::number(next as u32 + 1));
            return Ok(cx.call(cx.slot(0), [element]));
        }
        Ok(cx.call_each(list, next, P::MUST))
    }
}

/// The number of the next element of a task that calls a function for each.
pub fn next_place(cx: &Cx<'_, '_>) -> usize {
    cx.slot(1).as_number().unwrap_or(0) as usize
}

/// The elements of what is known to be a list.
pub fn elements_of<'h>(list: Value<'h>) -> &'h [Value<'h>] {
    list.resolved().as_list().unwrap_or_default()
}

/// The elements of a list with the given numbers, as a list; the list itself if they are all there.
///
/// # Errors
/// If it does not fit into memory.
pub fn select<'h>(cx: &mut Cx<'_, 'h>, list: Value<'h>, indices: &[u32]) -> Result<Value<'h>> {
    let elements = elements_of(list);
    if indices.len() == elements.len() {
        return Ok(list.resolved());
    }
    let kept: Vec<Value<'h>> =
        indices.iter().filter_map(|&index| elements.get(index as usize)).copied().collect();
    cx.list(&kept)
}
