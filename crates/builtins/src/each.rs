//! Builtins that call a function for each element of a list and look at every result:
//! `filter`, `all`, `groupBy`.

use nivose_base::Result;
use nivose_heap::Value;
use nivose_machine::{Cx, Step, Task};

/// What is done with the results.
pub trait PerElement: Send {
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

/// Calls the function in slot 0 for each element of the list in slot 1; what comes of it may be gathered in slot 2.
pub struct Each<P> {
    per: P,
    next: usize,
    called: bool,
}

impl<P: PerElement + 'static> Each<P> {
    /// Starts with the first element.
    pub fn start<'h>(per: P, function: Value<'h>, list: Value<'h>) -> Step<'h> {
        Self::start_with(per, function, list, Value::NULL)
    }

    /// The same with a value in slot 2.
    pub fn start_with<'h>(per: P, function: Value<'h>, list: Value<'h>, gathered: Value<'h>) -> Step<'h> {
        Step::Start(Box::new(Each { per, next: 0, called: false }), [function, list, gathered].into())
    }
}

impl<P: PerElement> Task for Each<P> {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
        if self.called {
            self.called = false;
            if let Some(result) = self.per.take(cx, self.next, input)? {
                return Ok(Step::Return(result));
            }
            self.next += 1;
        }
        let elements = elements_of(cx.slot(1));
        let Some(&element) = elements.get(self.next) else {
            return self.per.finish(cx).map(Step::Return);
        };
        if P::FORCES && element.resolved().is_thunk() {
            return Ok(cx.force(element));
        }
        self.called = true;
        Ok(cx.call(cx.slot(0), [element]))
    }
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
