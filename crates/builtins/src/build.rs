//! Builtins whose result has as many parts as an argument, each part made without evaluation:
//! `map`, `genList`, `mapAttrs`. Large results are made in several steps.

use std::marker::PhantomData;

use nivose_base::Result;
use nivose_heap::Value;
use nivose_machine::{Cx, Shared, Step, Task, Values};

/// Parts made in one step.
const CHUNK: usize = 10_000;

/// How the parts and the whole are made.
pub trait Parts: 'static {
    /// Part number `index`, allocated without forcing anything.
    fn part<'h>(shared: &mut Shared, arguments: &[Value<'h>], index: usize) -> Value<'h>;

    /// The result that consists of the parts.
    fn whole<'h>(shared: &mut Shared, arguments: &[Value<'h>], parts: &[Value<'h>]) -> Value<'h>;
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
    if len <= CHUNK {
        cx.reserve(len.saturating_mul(size + 8))?;
        let shared = cx.shared();
        let parts: Vec<Value<'h>> = (0..len).map(|index| P::part(shared, arguments, index)).collect();
        return Ok(Step::Return(P::whole(shared, arguments, &parts)));
    }
    cx.reserve(len.saturating_mul(8))?;
    let task = BuildTask::<P> { len, size, arity: arguments.len(), how: PhantomData };
    Ok(Step::Start(Box::new(task), Values::new(arguments)))
}

/// Slots: the arguments, then the parts made so far.
struct BuildTask<P> {
    len: usize,
    size: usize,
    arity: usize,
    how: PhantomData<fn() -> P>,
}

impl<P: Parts> Task for BuildTask<P> {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, _input: Value<'h>) -> Result<Step<'h>> {
        let arguments = Values::new(cx.slots().get(..self.arity).unwrap_or_default());
        let done = cx.slot_count() - self.arity;
        if done >= self.len {
            cx.reserve(self.len.saturating_mul(8))?;
            let parts = cx.slots().get(self.arity..).unwrap_or_default().to_vec();
            return Ok(Step::Return(P::whole(cx.shared(), arguments.as_slice(), &parts)));
        }
        let end = self.len.min(done + CHUNK);
        cx.reserve((end - done).saturating_mul(self.size))?;
        for index in done..end {
            let part = P::part(cx.shared(), arguments.as_slice(), index);
            cx.push(part);
        }
        Ok(Step::Yield)
    }
}
