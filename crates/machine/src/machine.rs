//! The state of one machine, and how evaluations are started.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nivose_base::Result;
use nivose_heap::Value;

use crate::code::UnitId;
use crate::control::Control;
use crate::drive::Action;
use crate::frame::{CallSite, Continuation, Frame, FrameKind};
use crate::handles::{Handle, Handles};
use crate::handover::{Asked, Step};
use crate::hold::hold;
use crate::identities::Identities;
use crate::native::Task;
use crate::observe::Probe;
use crate::scope_memo::ScopeMemo;
use crate::shared::Shared;

/// A machine: a stack of values, a stack of frames, and what it shares with the evaluation.
pub struct Machine {
    /// What belongs to the evaluation.
    pub shared: Shared,
    pub(crate) stack: Vec<Value<'static>>,
    /// The address in the stack that no frame may reach beyond without making room.
    pub(crate) stack_limit: usize,
    /// Number of stack values in use.
    pub(crate) sp: usize,
    pub(crate) frames: Vec<Frame>,
    pub(crate) tasks: Vec<Option<Box<dyn Task>>>,
    pub(crate) handles: Handles,
    /// What [`Machine::visit`] was asked about.
    pub(crate) visited: Identities,
    /// What names in `with` scopes are.
    pub(crate) scope_memo: ScopeMemo,
    /// The flag of the control, at hand.
    pub(crate) interrupted: Arc<AtomicBool>,
    /// Bytes that stay to the end of the evaluation and were there when the operation in hand began: a limit counts for
    /// each operation.
    kept_before: usize,
    /// How many errors are remembered before those of dead thunks are looked for.
    most_failures: usize,
    /// Who is told what happens, if somebody is.
    pub(crate) probe: Option<Box<Probe>>,
    /// Where the call in hand was made, if the frame that made it is given up.
    pub(crate) site: CallSite,
}

/// Stack values that are free above every frame beyond what its code says.
pub(crate) const SLACK: usize = 64;

/// So many errors may be remembered for thunks that are dead.
const FEW_FAILURES: usize = 1 << 15;

/// The most values, frames and tasks that stacks keep room for from one evaluation to the next.
const LARGE_STACK: usize = 1 << 16;

fn limit_of(stack: &[Value<'static>]) -> usize {
    stack[..stack.len() - SLACK].as_ptr_range().end as usize
}

impl Machine {
    /// A machine for an evaluation.
    pub fn new(shared: Shared) -> Self {
        let stack = vec![Value::NULL; 4096];
        Machine {
            interrupted: shared.control.flag(),
            shared,
            stack_limit: limit_of(&stack),
            stack,
            sp: 0,
            frames: Vec::with_capacity(256),
            tasks: Vec::new(),
            handles: Handles::default(),
            visited: Identities::default(),
            scope_memo: ScopeMemo::default(),
            kept_before: 0,
            most_failures: FEW_FAILURES,
            probe: None,
            site: CallSite::NONE,
        }
    }

    /// A flag that ends the evaluation with a diagnostic soon after it is set.
    pub fn interrupter(&self) -> Arc<AtomicBool> {
        self.interrupted.clone()
    }

    /// The remote control of this machine.
    pub fn control(&self) -> Control {
        self.shared.control.clone()
    }

    /// Evaluates a unit to weak head normal form.
    ///
    /// # Errors
    /// Whatever the evaluation fails with.
    pub fn evaluate_unit(&mut self, unit: UnitId) -> Result<Handle> {
        self.look_for_memory()?;
        let code = self.shared.codes.code_of(unit, 0);
        let thunk = self.shared.suspend(code);
        let value = self.evaluate(thunk)?;
        Ok(self.hold_value(value))
    }

    /// Runs a task to its result, forced.
    ///
    /// # Errors
    /// Whatever the evaluation fails with.
    pub fn run_task(&mut self, task: Box<dyn Task>, values: &[Handle]) -> Result<Handle> {
        self.look_for_memory()?;
        let values: Vec<Value<'static>> = values.iter().map(|&handle| self.value(handle)).collect();
        let step = self.shared.start_boxed(task, &values);
        let result = self.run_to_result(step)?;
        let value = self.evaluate(result)?;
        Ok(self.hold_value(value))
    }

    /// Evaluates a value to weak head normal form, for whoever keeps it before the next safe point.
    pub(crate) fn evaluate(&mut self, value: Value<'static>) -> Result<Value<'static>> {
        let mut value = value.resolved();
        while value.is_thunk() {
            let step = self.shared.force(value);
            value = self.run_to_result(step)?.resolved();
        }
        Ok(value)
    }

    /// Performs a step of native code down to its result, which may be a thunk.
    fn run_to_result(&mut self, step: Step<'static>) -> Result<Value<'static>> {
        if self.frames.is_empty() {
            self.shrink_stacks();
            self.kept_before = self.shared.kept_memory();
            self.shared.held = 0;
        }
        let bottom = Frame::waiting(FrameKind::Halt, self.sp as u32, CallSite::NONE, Continuation::push(0));
        self.frames.push(bottom);
        let begun = match step.asked() {
            Asked::Force => {
                let value = self.shared.handover.subject;
                self.push(value);
                self.drive(Action::Force { thunk: value, depth: 0 })
            }
            _ => self.begin(step, Continuation::push(0)),
        };
        if let Err(error) = begun {
            self.unwind(error)?;
        }
        self.run()?;
        Ok(self.pop())
    }

    fn hold_value(&mut self, value: Value<'static>) -> Handle {
        self.handles.keep(value)
    }

    /// Keeps a value that `make` gives.
    pub fn make(
        &mut self,
        make: impl for<'h> FnOnce(&mut Shared, std::marker::PhantomData<Value<'h>>) -> Value<'h>,
    ) -> Handle {
        let value = make(&mut self.shared, std::marker::PhantomData);
        let value = hold(value);
        self.hold_value(value)
    }

    /// Looks at a value.
    pub fn inspect<R>(
        &mut self,
        handle: Handle,
        look: impl for<'h> FnOnce(&mut Shared, Value<'h>) -> R,
    ) -> R {
        let value = self.value(handle);
        look(&mut self.shared, value)
    }

    /// Whether a value was not visited before; from now on it was. Values are told apart by identity.
    pub fn visit(&mut self, handle: Handle) -> bool {
        let value = self.value(handle).resolved();
        self.visited.insert(value)
    }

    /// Forgets all visits.
    pub fn forget_visits(&mut self) {
        self.visited = Identities::default();
    }

    /// Lets go of a value; its handle is given again later.
    pub fn release(&mut self, handle: Handle) {
        self.handles.release(handle);
    }

    /// The number of values that are kept by handles.
    pub fn handle_count(&self) -> usize {
        self.handles.len()
    }

    pub(crate) fn value(&self, handle: Handle) -> Value<'static> {
        self.handles.get(handle)
    }

    #[inline(always)]
    pub(crate) fn push(&mut self, value: Value<'static>) {
        if self.sp == self.stack.len() {
            self.grow_stack(1);
        }
        self.stack[self.sp] = value;
        self.sp += 1;
    }

    #[inline(always)]
    pub(crate) fn pop(&mut self) -> Value<'static> {
        self.sp -= 1;
        self.stack[self.sp]
    }

    /// Makes room for `count` values and some more.
    #[inline(always)]
    pub(crate) fn ensure_stack(&mut self, count: usize) {
        if self.sp + count + SLACK > self.stack.len() {
            self.grow_stack(count + SLACK);
        }
    }

    #[cold]
    #[inline(never)]
    fn grow_stack(&mut self, count: usize) {
        // A stack that takes much of the limit of memory grows slowly, and the limit is looked at.
        let is_large = size_of_val(&self.stack[..]) > self.shared.heap.config().limit / 8;
        let more = if is_large { self.stack.len() / 4 } else { self.stack.len() };
        let len = (self.sp + count).max(self.stack.len() + more);
        self.stack.resize(len, Value::NULL);
        self.stack_limit = limit_of(&self.stack);
        if is_large {
            self.shared.heap.want_collection();
        }
    }

    /// Gives back what a deep evaluation before took: it would count as memory of the next one.
    fn shrink_stacks(&mut self) {
        if self.stack.len() > LARGE_STACK && self.sp < LARGE_STACK / 2 {
            self.stack.truncate(LARGE_STACK);
            self.stack.shrink_to_fit();
            self.stack_limit = limit_of(&self.stack);
        }
        self.frames.shrink_to(LARGE_STACK);
        self.tasks.shrink_to(LARGE_STACK);
    }

    /// Whether a safe point has something to do.
    #[inline(always)]
    pub(crate) fn wants_attention(&self) -> bool {
        self.shared.heap.may_want_collection() || self.interrupted.load(Ordering::Relaxed)
    }

    /// What must happen now and then between two instructions: collection and interruption.
    #[inline(always)]
    pub(crate) fn safe_point(&mut self) -> Result<()> {
        if self.shared.heap.wants_collection() {
            self.collect_and_check()?;
        }
        if self.interrupted.load(Ordering::Relaxed) { self.shared.control.attend() } else { Ok(()) }
    }

    #[cold]
    #[inline(never)]
    fn collect_and_check(&mut self) -> Result<()> {
        self.collect();
        if self.shared.failures.len() > self.most_failures {
            self.collect_garbage();
            self.most_failures = FEW_FAILURES.max(2 * self.shared.failures.len());
        }
        self.shared.held = self.outside_memory();
        if self.collect_beyond(self.shared.held) {
            // The errors of thunks that died were forgotten.
            self.shared.held = self.outside_memory();
        }
        if self.shared.exceeds_limit(0) {
            return Err(self.shared.out_of_memory());
        }
        self.look_for_memory()
    }

    /// Between two instructions or evaluations, if the system refused memory: frees what can be freed, and fails if it refuses still.
    fn look_for_memory(&mut self) -> Result<()> {
        if !self.shared.heap.was_refused() {
            return Ok(());
        }
        self.collect_garbage();
        if self.shared.heap.recovers() { Ok(()) } else { Err(self.shared.memory_refused()) }
    }

    /// Bytes beside the heap that the operation in hand takes.
    fn outside_memory(&self) -> usize {
        let tasks = self.tasks.iter().flatten().map(|task| task.memory()).sum::<usize>();
        let stack = self.stack.capacity() * size_of::<Value<'static>>();
        let frames = self.frames.capacity() * size_of::<Frame>();
        let kept = self.shared.kept_memory().saturating_sub(self.kept_before);
        stack + frames + tasks + kept
    }

    /// The base of the running task's slots.
    pub(crate) fn task_base(&self) -> usize {
        self.frames.last().map_or(0, |frame| frame.base as usize)
    }

    pub(crate) fn task_slots<'h>(&self) -> &[Value<'h>] {
        &self.stack[self.task_base()..self.sp]
    }

    pub(crate) fn task_slot_count(&self) -> usize {
        self.sp - self.task_base()
    }

    pub(crate) fn task_slot(&self, index: usize) -> Value<'static> {
        self.stack[self.task_base() + index]
    }

    pub(crate) fn set_task_slot(&mut self, index: usize, value: Value<'_>) {
        let at = self.task_base() + index;
        self.stack[at] = hold(value);
    }

    pub(crate) fn push_task_slot(&mut self, value: Value<'_>) {
        self.push(hold(value));
    }

    pub(crate) fn pop_task_slot(&mut self) -> Value<'static> {
        if self.task_slot_count() == 0 { Value::NULL } else { self.pop() }
    }

    pub(crate) fn truncate_task_slots(&mut self, len: usize) {
        self.sp = self.sp.min(self.task_base() + len);
    }
}
