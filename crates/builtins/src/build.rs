//! Builtins whose result has as many parts as an argument, each part made without evaluation:
//! `map`, `genList`, `mapAttrs`. Large results are made in several steps.

use std::marker::PhantomData;
use std::ops::Range;

use nivose_base::Result;
use nivose_heap::Value;
use nivose_machine::{Cx, Shared, Step, Task, Values};

/// Parts made in one step.
const CHUNK: usize = 10_000;

/// How the parts and the whole are made.
pub trait Parts: 'static {
    /// The list or set of `len` parts, to be filled.
    fn whole<'h>(shared: &mut Shared, arguments: &[Value<'h>], len: usize) -> Value<'h>;

    /// Puts some of the parts into their places, made without forcing anything.
    fn fill<'h>(shared: &mut Shared, arguments: &[Value<'h>], whole: Value<'h>, parts: Range<usize>);
}

/// Makes a result of `len` parts, each of which takes about `size` bytes.
///
/// # Errors
/// If it does not fit into memory.
pub fn build<'h, P: Parts>(
    cx: &mut Cx<'_, 'h>,
    arguments: &[Value<'h>],
    len: usize,
    size: usize,
) -> Result<Step<'h>> {
    cx.reserve(len.saturating_mul(8))?;
    if len > CHUNK {
        let whole = P::whole(cx.shared(), arguments, len);
        let task = BuildTask::<P> { done: 0, len, size, arity: arguments.len(), how: PhantomData };
        return Ok(cx.start(task, &[arguments, &[whole]].concat()));
    }
    cx.reserve(len.saturating_mul(size))?;
    let whole = P::whole(cx.shared(), arguments, len);
    P::fill(cx.shared(), arguments, whole, 0..len);
    Ok(Step::done(whole))
}

/// Slots: the arguments, then the whole.
struct BuildTask<P> {
    done: usize,
    len: usize,
    size: usize,
    arity: usize,
    how: PhantomData<fn() -> P>,
}

impl<P: Parts> Task for BuildTask<P> {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, _input: Value<'h>) -> Result<Step<'h>> {
        let whole = cx.slot(self.arity);
        if self.done >= self.len {
            return Ok(Step::done(whole));
        }
        let arguments = Values::new(cx.slots().get(..self.arity).unwrap_or_default());
        let end = self.len.min(self.done + CHUNK);
        cx.reserve((end - self.done).saturating_mul(self.size))?;
        P::fill(cx.shared(), arguments.as_slice(), whole, self.done..end);
        self.done = end;
        Ok(Step::YIELD)
    }
}
