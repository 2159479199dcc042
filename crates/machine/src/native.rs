//! The interface between the machine and native code.
//!
//! A builtin is a declaration and a function from its arguments to a [`Step`]. Native code never
//! calls back into the machine: where it needs a value forced or a function applied it returns a
//! step that says so, and is resumed with the result. What it must keep in between it keeps as
//! plain data in a [`Task`], and its values in the slots of the task's frame, where the collector
//! sees them. The lifetime of a value makes keeping it in a task a compile error.
//!
//! A step allocates or runs a bounded amount and then returns: there is no safe point within it.

use std::cmp::Ordering;
use std::marker::PhantomData;

use nivose_base::{DiagnosticId, Error, Result};
use nivose_bytecode::chunk::LambdaInfo;
use nivose_heap::{Heap, Tracer, Value};

use crate::code::CodeId;
use crate::handles::Handle;
use crate::handover::Step;
use crate::hold::hold;
use crate::machine::Machine;
use crate::shared::Shared;
use crate::types::Must;

/// The greatest number of arguments of a builtin, and of values handed over in one step.
pub const MAX_ARGUMENTS: usize = 8;

/// The greatest number of results that [`Cx::call_each`] leaves in slots.
pub const MOST_RESULTS: usize = 512;

/// A copy of a few values: arguments that lie in slots.
#[derive(Clone, Copy)]
pub struct Values<'h> {
    len: u8,
    values: [Value<'h>; MAX_ARGUMENTS],
}

impl<'h> Values<'h> {
    /// The given values.
    ///
    /// # Panics
    /// If there are more than [`MAX_ARGUMENTS`]: the calls are in our own code and their number is written there.
    pub fn new(values: &[Value<'h>]) -> Self {
        assert!(values.len() <= MAX_ARGUMENTS, "more values than a step can hand over");
        let all = std::array::from_fn(|index| values.get(index).copied().unwrap_or(Value::NULL));
        Values { len: values.len() as u8, values: all }
    }

    /// The values.
    pub fn as_slice(&self) -> &[Value<'h>] {
        &self.values[..self.len as usize]
    }
}

/// Native code that takes more than one step.
pub trait Task: Send {
    /// Goes on: `input` is null at first, then what the last step asked for.
    ///
    /// # Errors
    /// Whatever the work fails with.
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>>;

    /// After a collection: a task that remembers objects by identity follows them.
    fn relocate(&mut self, _tracer: &Tracer<'_>) {}

    /// Bytes that the task holds outside of the heap, if these can be many.
    fn memory(&self) -> usize {
        0
    }

    /// Whether errors from below come to [`Task::recover`].
    fn recovers(&self) -> bool {
        false
    }

    /// An error came from below: go on with something else, or fail with it or another.
    ///
    /// # Errors
    /// Usually the same one.
    fn recover<'h>(&mut self, _cx: &mut Cx<'_, 'h>, error: Error) -> Result<Step<'h>> {
        Err(error)
    }
}

/// The function of a builtin: takes as many arguments as declared.
pub type NativeFn = for<'h> fn(&mut Cx<'_, 'h>, &[Value<'h>]) -> Result<Step<'h>>;

/// The declaration of a builtin.
#[derive(Clone, Copy)]
pub struct BuiltinSpec {
    /// The name, without underscores: `map`, `head`.
    pub name: &'static str,
    /// The names of the arguments, for documentation; their number is the arity (at least 1).
    pub arguments: &'static [&'static str],
    /// The arguments (counted from 0) that are forced before the function runs, in this order. Where an argument must
    /// have its type before the next one is forced, `strict` says so: `&[Must::Set.be(0), 1]`.
    pub strict: &'static [u8],
    /// What it does, in Markdown.
    pub doc: &'static str,
    /// The code.
    pub run: NativeFn,
}

impl BuiltinSpec {
    /// Whether only the compiler calls it: its name is no identifier then.
    pub fn is_hidden(&self) -> bool {
        self.name.contains(' ')
    }

    /// The number of arguments.
    pub fn arity(&self) -> u32 {
        self.arguments.len() as u32
    }
}

/// What native code sees of the machine during one step.
pub struct Cx<'m, 'h> {
    machine: &'m mut Machine,
    /// The number of the builtin that runs; for tasks this is not known.
    builtin: u32,
    brand: PhantomData<Value<'h>>,
}

impl<'m, 'h> Cx<'m, 'h> {
    pub(crate) fn new(machine: &'m mut Machine) -> Self {
        Cx { machine, builtin: u32::MAX, brand: PhantomData }
    }

    /// What the builtin of a number sees.
    pub(crate) fn of_builtin(machine: &'m mut Machine, builtin: u32) -> Self {
        Cx { machine, builtin, brand: PhantomData }
    }

    /// The number of the builtin whose function runs: the place of its declaration in [`Shared::builtins`].
    pub fn builtin(&self) -> u32 {
        self.builtin
    }

    /// The heap.
    pub fn heap(&mut self) -> &mut Heap {
        &mut self.machine.shared.heap
    }

    /// Everything that belongs to the evaluation.
    pub fn shared(&mut self) -> &mut Shared {
        &mut self.machine.shared
    }

    /// Keeps a value beyond the step, for somebody outside of the machine, who lets go of it by
    /// [`Machine::release`].
    pub fn keep(&mut self, value: Value<'h>) -> Handle {
        self.machine.handles.keep(hold(value))
    }

    /// A value that is kept.
    pub fn kept(&self, handle: Handle) -> Value<'h> {
        self.machine.value(handle)
    }

    /// The depth of calls.
    pub fn depth(&self) -> u32 {
        self.machine.depth()
    }

    /// A slot of the running task, counted from 0.
    pub fn slot(&self, index: usize) -> Value<'h> {
        self.machine.task_slot(index)
    }

    /// Changes a slot of the running task.
    pub fn set_slot(&mut self, index: usize, value: Value<'h>) {
        self.machine.set_task_slot(index, value);
    }

    /// Adds a slot on top.
    pub fn push(&mut self, value: Value<'h>) {
        self.machine.push_task_slot(value);
    }

    /// Takes the topmost slot away; null if there is none.
    pub fn pop(&mut self) -> Value<'h> {
        self.machine.pop_task_slot()
    }

    /// The number of slots.
    pub fn slot_count(&self) -> usize {
        self.machine.task_slot_count()
    }

    /// The slots of the running task.
    pub fn slots(&self) -> &[Value<'h>] {
        self.machine.task_slots()
    }

    /// Makes something of the slots, which the heap may not be asked for at the same time otherwise.
    pub fn of_slots<R>(&mut self, make: impl FnOnce(&mut Heap, &[Value<'h>]) -> R) -> R {
        let base = self.machine.task_base();
        let Machine { shared, stack, sp, .. } = &mut *self.machine;
        make(&mut shared.heap, &stack[base..*sp])
    }

    /// Takes away all slots from `len` on.
    pub fn truncate(&mut self, len: usize) {
        self.machine.truncate_task_slots(len);
    }

    /// The last thing that a step of a task does: as [`Shared::call`], without a detour if the function is a usual one.
    #[inline]
    pub fn call<const N: usize>(&mut self, function: Value<'h>, arguments: [Value<'h>; N]) -> Step<'h> {
        if self.machine.call_from_task(hold(function), arguments.map(hold)) {
            return Step::CALLED;
        }
        self.machine.shared.call(function, &arguments)
    }

    /// As [`Shared::tail_call`]: done, the result is that of this application.
    #[inline]
    pub fn tail_call(&mut self, function: Value<'h>, arguments: &[Value<'h>]) -> Step<'h> {
        self.machine.shared.tail_call(function, arguments)
    }

    /// As [`Shared::start`]: runs a task whose first slots hold the values.
    #[inline]
    pub fn start(&mut self, task: impl Task + 'static, slots: &[Value<'h>]) -> Step<'h> {
        self.machine.shared.start(task, slots)
    }

    /// The last thing that a step of a task does: as [`Shared::force`], without a detour if the value is a usual thunk.
    #[inline]
    pub fn force(&mut self, value: Value<'h>) -> Step<'h> {
        if self.machine.force_from_task(hold(value)) {
            return Step::CALLED;
        }
        self.machine.shared.force(value)
    }

    /// The last thing that a step of a task does: forces the elements of a list from place `at` on. The task is resumed
    /// with the place, an internal number, of the first element that may not be what it must be, or beyond the last; or
    /// with the element at `at` alone.
    pub fn force_elements(&mut self, list: Value<'h>, at: usize, must: Must) -> Step<'h> {
        if self.machine.force_elements_from_task(hold(list), at, must) {
            return Step::CALLED;
        }
        let element = list.as_list().and_then(|elements| elements.get(at).copied());
        self.machine.shared.force(element.unwrap_or(Value::NULL))
    }

    /// The last thing that a step of a task does: calls the function in slot 0 with `value` and the element at place `at`
    /// of a list, then with each result and the next element. The task is resumed with the last result, or an earlier
    /// one; slot 1 has the place of the next element, an internal number.
    pub fn fold(&mut self, value: Value<'h>, list: Value<'h>, at: usize) -> Step<'h> {
        self.set_slot(1, Value::number(at as u32 + 1));
        if self.machine.fold_from_task(hold(value), hold(list), at) {
            return Step::CALLED;
        }
        let element = list.as_list().and_then(|elements| elements.get(at).copied()).unwrap_or(Value::NULL);
        self.machine.shared.call(self.machine.task_slot(0), &[value, element])
    }

    /// The last thing that a step of a task does: calls the function in slot 0 with the element at place `at` of a list, then
    /// with those after it, as long as each result is what it must be. The task is resumed with the last result, which may
    /// be something else, after at most [`MOST_RESULTS`] more; these lie in new slots on top, unless what they must be says
    /// all. Slot 1 has the place of the next element, an internal number.
    pub fn call_each(&mut self, list: Value<'h>, at: usize, must: Must) -> Step<'h> {
        self.set_slot(1, Value::number(at as u32 + 1));
        if self.machine.call_each_from_task(hold(list), at, must) {
            return Step::CALLED;
        }
        let element = list.as_list().and_then(|elements| elements.get(at).copied()).unwrap_or(Value::NULL);
        self.machine.shared.call(self.machine.task_slot(0), &[element])
    }

    /// The order by which a function of two arguments says whether the first comes before the second, if it does nothing
    /// but `<` or `>` of the two and nobody watches the calls.
    ///
    /// # Errors
    /// What can only be found while compiling it.
    pub fn comparator_direction(&mut self, function: Value<'h>) -> Result<Option<Ordering>> {
        if self.machine.is_watched() { Ok(None) } else { self.machine.shared.comparator_direction(function) }
    }

    /// An integer.
    pub fn int(&mut self, i: i64) -> Value<'h> {
        self.heap().int(i)
    }

    /// A string without context.
    pub fn string(&mut self, bytes: &[u8]) -> Value<'h> {
        self.heap().string(bytes)
    }

    /// A list; lengths are checked against the limit of memory first.
    ///
    /// # Errors
    /// If it does not fit.
    pub fn list(&mut self, elements: &[Value<'h>]) -> Result<Value<'h>> {
        self.reserve(elements.len().saturating_mul(8))?;
        Ok(self.heap().list(elements))
    }

    /// Makes sure that `bytes` more fit into the memory limit and into an object.
    ///
    /// # Errors
    /// If they do not.
    pub fn reserve(&mut self, bytes: usize) -> Result<()> {
        self.machine.shared.reserve(bytes)
    }

    /// Counts `bytes` that stay outside of the heap from now on.
    pub fn charge(&mut self, bytes: usize) {
        self.machine.shared.held += bytes;
    }

    /// Makes room for `more` bytes in a text that a task holds outside of the heap. It grows by doubling while it can: the
    /// limit and the system are asked seldom, since asking for much takes a few system calls.
    ///
    /// # Errors
    /// If so much does not fit.
    pub fn make_room(&mut self, text: &mut Vec<u8>, more: usize) -> Result<()> {
        if text.capacity() - text.len() >= more {
            return Ok(());
        }
        let needed = text.len().saturating_add(more);
        let wished = [needed.max(2 * text.capacity()), needed.saturating_add(needed / 8)];
        let room = match wished.into_iter().find(|&room| self.reserve(room).is_ok()) {
            Some(room) => room,
            None => {
                self.reserve(needed)?;
                needed
            }
        };
        text.try_reserve_exact(room - text.len()).map_err(|_| self.machine.shared.memory_refused())
    }

    /// Makes sure that `bytes` which a task holds outside of the heap are within the memory limit.
    ///
    /// # Errors
    /// If they are not.
    pub fn check_held(&mut self, bytes: usize) -> Result<()> {
        let shared = &self.machine.shared;
        if shared.heap.exceeds_limit(bytes) { Err(shared.out_of_memory()) } else { Ok(()) }
    }
}

impl Shared {
    /// What is known of the function that a code is, which is compiled if that did not happen yet. `None` for the code
    /// of a thunk.
    ///
    /// # Errors
    /// What can only be found while compiling.
    pub fn function(&mut self, code: CodeId) -> Result<Option<&LambdaInfo>> {
        self.ready(code)?;
        Ok(self.codes.lambda(code))
    }

    /// Makes sure that `bytes` more fit into the memory limit and into an object.
    #[inline]
    pub(crate) fn reserve(&mut self, bytes: usize) -> Result<()> {
        if bytes < 4096 { Ok(()) } else { self.reserve_many(bytes) }
    }

    #[inline(never)]
    fn reserve_many(&mut self, bytes: usize) -> Result<()> {
        if bytes > Heap::MAX_LEN {
            return Err(Error::new(DiagnosticId::StringTooLong, &[&Heap::MAX_LEN.to_string()]));
        }
        if self.exceeds_limit(bytes) {
            return Err(self.out_of_memory());
        }
        if bytes >= LARGE_REQUEST && !self.heap.is_available(bytes) {
            return Err(self.memory_refused());
        }
        Ok(())
    }

    /// Whether `more` bytes go beyond the limit together with what was there at the last collection.
    pub(crate) fn exceeds_limit(&self, more: usize) -> bool {
        self.heap.exceeds_limit(self.held.saturating_add(more))
    }

    /// Bytes beside the heap that stay to the end of the evaluation.
    pub(crate) fn kept_memory(&self) -> usize {
        self.symbols.memory()
            + self.heap.table_memory()
            + self.sources.memory()
            + self.front_end.memory()
            + self.codes.memory()
            + self.store.memory()
            + self.contexts.memory()
            + self.imports.capacity() * IMPORT
            + self.failures.len() * FAILURE
    }

    #[cold]
    pub(crate) fn memory_refused(&self) -> Error {
        Error::new(DiagnosticId::MemoryRefused, &[])
    }

    #[cold]
    pub(crate) fn out_of_memory(&self) -> Error {
        Error::new(DiagnosticId::OutOfMemory, &[&self.heap.config().limit.to_string()])
    }
}

/// About how many bytes an error takes that a thunk remembers.
const FAILURE: usize = 512;

/// About how many bytes it takes to remember what a file was imported as.
const IMPORT: usize = 128;

/// Requests of this many bytes are tried out before they are made: without the memory the system would end the program.
const LARGE_REQUEST: usize = 4 << 20;
