//! Native code that takes more than one step: starting it, resuming it, and performing what it asks for.
//!
//! What goes on between the frames of code is in `drive`.

use nivose_base::{DiagnosticId, Error, Result};
use nivose_heap::{ThunkState, Value};

use crate::code::CodeId;
use crate::drive::captured_scope;
use crate::frame::{CallSite, Continuation, Frame, FrameKind};
use crate::handover::{Asked, Step};
use crate::machine::{Machine, SLACK};
use crate::native::{Cx, Task};
use crate::types::Must;

impl Machine {
    /// Pushes the task that a step handed over, with its first slots.
    pub(crate) fn start_task(&mut self, origin: Value<'static>, continuation: Continuation) -> Result<()> {
        let count = self.shared.handover.values().len();
        let frame = Frame {
            pc: count as u32,
            closure: origin,
            ..Frame::waiting(FrameKind::Task, self.sp as u32, self.site, continuation)
        };
        self.push_frame(frame)?;
        self.tasks.push(self.shared.handover.task.take());
        self.ensure_stack(count + 1);
        let values = self.shared.handover.values();
        self.stack[self.sp..self.sp + count].copy_from_slice(values);
        self.sp += count;
        self.push(Value::NULL);
        Ok(())
    }

    /// A task is on top: it takes a step.
    pub(crate) fn resume_task(&mut self, mut input: Value<'static>) -> Result<()> {
        if self.wants_attention() {
            self.push(input);
            self.safe_point()?;
            input = self.pop();
        }
        let Some(mut task) = self.tasks.last_mut().and_then(Option::take) else {
            return Err(Error::new(DiagnosticId::Internal, &[&"a frame of native code without its task"]));
        };
        let step = task.resume(&mut Cx::new(self), input);
        self.put_back(task);
        match step {
            Ok(step) if step.is_under_way() => Ok(()),
            step => {
                self.note_slots();
                self.perform(step?)
            }
        }
    }

    /// Applies a function to arguments for the task on top, if it is a ready closure that takes just these, or was
    /// given others before. There is no safe point, since native code is still at work.
    #[inline]
    pub(crate) fn call_from_task<const N: usize>(
        &mut self,
        function: Value<'static>,
        arguments: [Value<'static>; N],
    ) -> bool {
        let function = function.resolved();
        match function.is_closure() {
            true => self.call_closure_from_task(function, &arguments, &[]),
            false => self.call_partial_from_task(function, &arguments),
        }
    }

    /// The same for a function that has arguments already.
    #[inline(never)]
    fn call_partial_from_task(&mut self, function: Value<'static>, arguments: &[Value<'static>]) -> bool {
        let (closure, bound) = function.unapplied();
        self.call_closure_from_task(closure, arguments, bound)
    }

    /// The same, if that is a closure, with the arguments that it has already apart.
    #[inline(always)]
    fn call_closure_from_task(
        &mut self,
        closure: Value<'static>,
        arguments: &[Value<'static>],
        bound: &[Value<'static>],
    ) -> bool {
        let Some(code) = closure.as_closure() else { return false };
        let (depth, count) = (self.depth() + 1, arguments.len() + bound.len());
        if depth > self.shared.settings.max_call_depth || !self.has_room_for(code, count as u32) {
            return false;
        }
        self.note_slots();
        self.push_reversed(arguments);
        self.push_reversed(bound);
        self.shared.counts.function_calls += 1;
        self.enter_from_task(code, closure, count, Continuation::push(depth));
        true
    }

    /// Evaluates a thunk for the task on top, if its code is ready. There is no safe point, as above.
    #[inline]
    pub(crate) fn force_from_task(&mut self, value: Value<'static>) -> bool {
        let value = value.resolved();
        let Some(thunk) = value.as_thunk() else { return false };
        let continuation = Continuation { update: value, pending: 0, depth: self.depth() };
        match thunk.state() {
            ThunkState::Suspended if self.has_room_for(thunk.code(), 0) => {
                self.note_slots();
                self.push(value);
                thunk.begin();
                self.enter_from_task(thunk.code(), value, 0, continuation);
                true
            }
            ThunkState::Application => {
                let Some((function, arguments)) = thunk.captured().split_first() else { return false };
                let closure = function.resolved();
                let Some(code) = closure.as_closure() else { return false };
                if !self.has_room_for(code, arguments.len() as u32) {
                    return false;
                }
                self.note_slots();
                self.push(value);
                self.push_reversed(arguments);
                thunk.begin();
                self.shared.counts.function_calls += 1;
                self.enter_from_task(code, closure, arguments.len(), continuation);
                true
            }
            _ => false,
        }
    }

    /// Forces the elements of a list from place `at` on for the task on top, as long as each is what it must be. The task
    /// goes on with the place of the first that is not, or the number of all. There is no safe point, as above.
    pub(crate) fn force_elements_from_task(&mut self, list: Value<'static>, at: usize, must: Must) -> bool {
        let element = list.as_list().and_then(|elements| elements.get(at).copied());
        let task = self.frames.len() - 1;
        if !element.is_some_and(|element| self.force_from_task(element)) {
            return false;
        }
        let Some(frame) = self.frames.get_mut(task) else { return false };
        frame.kind = FrameKind::Elements;
        frame.code = at as u32;
        frame.must = must;
        frame.withs = list;
        true
    }

    /// An element is forced, and the task that waits for it and others is on top: the next one that is to be forced takes
    /// its place. If there is none, or one is not what it must be, the task has what it asked for.
    #[inline(never)]
    pub(crate) fn next_element(&mut self) -> Option<Value<'static>> {
        let frame = self.frames.last_mut()?;
        let elements = frame.withs.as_list().unwrap_or_default();
        let place = &mut self.stack[self.sp - 1];
        let mut at = frame.code as usize;
        while let Some(element) = elements.get(at) {
            let element = element.resolved();
            if element.is_thunk() {
                frame.code = at as u32;
                *place = element;
                return Some(element);
            }
            if !frame.must.is_surely(element) {
                break;
            }
            at += 1;
        }
        frame.kind = FrameKind::Task;
        *place = Value::number(at as u32);
        None
    }

    /// The same where native code gave the element.
    pub(crate) fn resume_elements(&mut self, element: Value<'static>) -> Result<()> {
        self.push(element);
        if self.wants_attention() {
            self.safe_point()?;
        }
        match self.next_element() {
            Some(element) => self.enter_thunk(element, self.depth()),
            None => {
                let input = self.pop();
                self.resume_task(input)
            }
        }
    }

    /// Calls the function in slot 0 for the task on top, with a value and the element at place `at` of a list, then with
    /// each result and the next element. The task goes on with the last result, the place in slot 1.
    pub(crate) fn fold_from_task(&mut self, value: Value<'static>, list: Value<'static>, at: usize) -> bool {
        let element = list.as_list().and_then(|elements| elements.get(at).copied());
        let (Some(element), function) = (element, self.task_slot(0)) else { return false };
        let task = self.frames.len() - 1;
        if !self.call_from_task(function, [value, element]) {
            return false;
        }
        let Some(frame) = self.frames.get_mut(task) else { return false };
        frame.kind = FrameKind::Fold;
        frame.code = at as u32 + 1;
        frame.withs = list;
        true
    }

    /// Calls the function in slot 0 for the task on top with the element at place `at` of a list, then with those after it,
    /// as long as each result is what it must be.
    pub(crate) fn call_each_from_task(&mut self, list: Value<'static>, at: usize, must: Must) -> bool {
        let element = list.as_list().and_then(|elements| elements.get(at).copied());
        let (Some(element), function) = (element, self.task_slot(0)) else { return false };
        let task = self.frames.len() - 1;
        if !self.call_from_task(function, [element]) {
            return false;
        }
        let Some(frame) = self.frames.get_mut(task) else { return false };
        frame.kind = FrameKind::Each;
        frame.code = at as u32 + 1;
        frame.must = must;
        frame.withs = list;
        true
    }

    /// The task of a fold or of such calls is on top with the result of the last: it goes on itself.
    pub(crate) fn resume_calls(&mut self, result: Value<'static>) -> Result<()> {
        if let Some(frame) = self.frames.last_mut() {
            frame.kind = FrameKind::Task;
            let place = Value::number(frame.code);
            self.set_task_slot(1, place);
        }
        self.resume_task(result)
    }

    /// Whether a code is ready and takes so many arguments (none, if it is that of a thunk), and the stacks have room
    /// for it and these, and one value more.
    #[inline(always)]
    fn has_room_for(&self, code: CodeId, count: u32) -> bool {
        let code = self.shared.codes.get(code);
        let top = self.sp + 1 + (count + code.max_stack) as usize + SLACK;
        let has_room = top <= self.stack.len() && self.frames.len() < self.frames.capacity();
        has_room && code.is_ready() && (code.arity == count || count == 0)
    }

    #[inline(always)]
    fn push_reversed(&mut self, values: &[Value<'static>]) {
        let end = self.sp + values.len();
        for (slot, &value) in self.stack[self.sp..end].iter_mut().rev().zip(values) {
            *slot = value;
        }
        self.sp = end;
    }

    /// Pushes a frame for code that has room, above so many arguments.
    #[inline(always)]
    fn enter_from_task(
        &mut self,
        code: CodeId,
        closure: Value<'static>,
        count: usize,
        continuation: Continuation,
    ) {
        let captures_with = self.shared.codes.get(code).captures_with;
        let withs = if captures_with { captured_scope(closure) } else { Value::NONE };
        let base = (self.sp - count) as u32;
        let frame = Frame::waiting(FrameKind::Code, base, CallSite::NONE, continuation);
        self.frames.push(Frame { code, closure, withs, ..frame });
    }

    /// Notes how many slots the task on top has.
    pub(crate) fn note_slots(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            debug_assert!(frame.kind != FrameKind::Code, "a builtin took a step that only tasks take");
            frame.pc = self.sp as u32 - frame.base;
        }
    }

    pub(crate) fn put_back(&mut self, task: Box<dyn Task>) {
        if let Some(place @ None) = self.tasks.last_mut() {
            *place = Some(task);
        }
    }

    /// Performs the step of the task on top.
    pub(crate) fn perform(&mut self, step: Step<'static>) -> Result<()> {
        self.site = CallSite::NONE;
        let step = match step.at_once() {
            Ok(value) => {
                let continuation = self.drop_task();
                return self.hand_over(value, continuation);
            }
            Err(step) => step,
        };
        match step.asked() {
            Asked::TailCall => {
                let continuation = self.drop_task();
                let action = self.push_call(continuation);
                self.drive(action)
            }
            // A thunk is evaluated before the task is resumed.
            Asked::Force => {
                let value = self.shared.handover.subject.resolved();
                self.push(value);
                if value.is_thunk() { self.enter_thunk(value, self.depth()) } else { Ok(()) }
            }
            Asked::Call => {
                let function = self.shared.handover.subject;
                let pending = self.push_arguments();
                let depth = self.depth() + 1;
                self.call_now(function, Continuation { pending, ..Continuation::push(depth) })
            }
            Asked::Start => {
                let depth = self.depth();
                self.start_task(Value::NONE, Continuation::push(depth))
            }
            Asked::Yield => {
                self.push(Value::NULL);
                Ok(())
            }
            Asked::Called | Asked::Argument => Ok(()),
        }
    }

    /// Takes the task on top and its frame away.
    fn drop_task(&mut self) -> Continuation {
        self.tasks.pop();
        let Some(frame) = self.frames.pop() else { return Continuation::push(0) };
        self.sp = frame.base as usize;
        frame.continuation
    }
}
