//! Forcing, calling and returning: what happens between the instructions of two chunks.
//!
//! One loop takes every such transition, so that chains of them (a builtin that returns a thunk
//! of an application of a builtin …) do not nest on the native stack. The frequent ones have short
//! cuts in `dispatch`.

use nivose_base::{DiagnosticId, Error, Result, Symbol, TraceFrame};
use nivose_heap::{Builtin, Thunk, ThunkState, Value, View};

use crate::code::CodeId;
use crate::frame::{CallSite, Continuation, Frame, FrameKind};
use crate::handover::{Asked, Step};
use crate::hold::hold;
use crate::machine::Machine;
use crate::native::{BuiltinSpec, Cx, MAX_ARGUMENTS};
use crate::shared::Shared;
use crate::types::{Must, not_callable, type_error};

/// Frames that are looked through for the cycle of an infinite recursion.
const CYCLE_FRAMES: usize = 1000;

/// A transition.
#[derive(Clone, Copy)]
pub(crate) enum Action {
    /// Evaluate a thunk, which lies where the value is looked for.
    Force { thunk: Value<'static>, depth: u32 },
    /// Apply a function to the `pending` topmost values, the first argument on top.
    Apply { function: Value<'static>, continuation: Continuation },
    /// Hand a result to where it goes.
    Deliver { value: Value<'static>, continuation: Continuation },
}

impl Machine {
    /// Takes transitions until a frame is ready to run.
    pub(crate) fn drive(&mut self, action: Action) -> Result<()> {
        let mut next = Some(action);
        while let Some(action) = next {
            next = match self.transition(action) {
                Ok(next) => next,
                Err(error) => return Err(self.fail_action(action, error)),
            };
        }
        Ok(())
    }

    /// The thunk that waits for a transition that failed keeps the error.
    #[cold]
    fn fail_action(&mut self, action: Action, error: Error) -> Error {
        let (Action::Apply { continuation, .. } | Action::Deliver { continuation, .. }) = action else {
            return error;
        };
        self.fail_thunk(continuation.update, &error);
        error
    }

    fn transition(&mut self, action: Action) -> Result<Option<Action>> {
        match action {
            Action::Force { thunk, depth } => self.force(thunk, depth),
            Action::Apply { function, continuation } => self.apply(function, continuation),
            Action::Deliver { value, continuation } => self.deliver(value, continuation),
        }
    }

    fn force(&mut self, value: Value<'static>, depth: u32) -> Result<Option<Action>> {
        let value = value.resolved();
        let Some(thunk) = value.as_thunk() else { return Ok(None) };
        let mut continuation = Continuation { update: value, pending: 0, depth };
        match thunk.state() {
            ThunkState::Suspended => {
                let code = thunk.code();
                self.shared.ready(code)?;
                thunk.begin();
                self.enter_begun(code, value, continuation)?;
                Ok(None)
            }
            ThunkState::Application => {
                let words = thunk.captured();
                let (function, arguments) = (words[0], &words[1..]);
                thunk.begin();
                arguments.iter().rev().for_each(|&argument| self.push(argument));
                continuation.pending = arguments.len() as u32;
                self.site = CallSite::NONE;
                Ok(Some(Action::Apply { function, continuation }))
            }
            _ => Err(self.stuck(thunk)),
        }
    }

    /// Why a thunk that is neither suspended nor evaluated cannot be forced.
    #[cold]
    pub(crate) fn stuck(&self, thunk: Thunk<'static>) -> Error {
        let failure = thunk.failure().and_then(|n| self.shared.failures.get(n as usize).cloned().flatten());
        failure.unwrap_or_else(|| self.infinite_recursion(thunk))
    }

    /// The error of a thunk that needs itself, with the steps of the cycle.
    #[cold]
    fn infinite_recursion(&self, thunk: Thunk<'static>) -> Error {
        let mut error = Error::new(DiagnosticId::InfiniteRecursion, &[]);
        let own = thunk.as_value().bits();
        let recent = self.frames.iter().rev().take(CYCLE_FRAMES);
        let cycle = recent.clone().position(|frame| frame.continuation.update.bits() == own);
        for (index, frame) in recent.enumerate().take(cycle.map_or(0, |last| last + 1)) {
            if frame.kind != FrameKind::Code {
                continue;
            }
            let pos = self.shared.codes.get(frame.code).pos_at(frame.offset_at());
            let enters = Some(index) == cycle;
            error = error.at(pos);
            error.push_trace(match enters {
                true => TraceFrame::always("entering the infinite recursion", pos),
                false => TraceFrame::new("in the infinite recursion", pos),
            });
        }
        match self.shared.codes.find(thunk.code()) {
            Some(code) => error.at(code.pos_at(0)),
            None => error,
        }
    }

    /// Pushes a frame for code whose values begin at `base`. This is a safe point: everything that
    /// is in use must be on the stack or in the arguments.
    #[inline(always)]
    pub(crate) fn enter(
        &mut self,
        code: CodeId,
        closure: Value<'static>,
        base: u32,
        continuation: Continuation,
    ) -> Result<()> {
        let (max_stack, captures_with) = {
            let code = self.shared.codes.get(code);
            (code.max_stack, code.captures_with)
        };
        self.ensure_stack(max_stack as usize);
        let withs = if captures_with { captured_scope(closure) } else { Value::NONE };
        let site = CallSite::NONE;
        self.push_frame(Frame {
            kind: FrameKind::Code,
            code,
            pc: 0,
            again: false,
            must: Must::Any,
            base,
            closure,
            withs,
            site,
            continuation,
        })?;
        self.safe_point()
    }

    /// Pushes a frame for a thunk that is marked as being evaluated.
    #[inline(always)]
    pub(crate) fn enter_begun(
        &mut self,
        code: CodeId,
        thunk: Value<'static>,
        continuation: Continuation,
    ) -> Result<()> {
        match self.enter(code, thunk, self.sp as u32, continuation) {
            Ok(()) => Ok(()),
            Err(error) => {
                self.fail_thunk(thunk, &error);
                Err(error)
            }
        }
    }

    /// Pushes a frame, if the stack of frames has room.
    #[inline(always)]
    pub(crate) fn push_frame(&mut self, frame: Frame) -> Result<()> {
        if self.frames.len() == self.frames.capacity() {
            self.grow_frames()?;
        }
        self.frames.push(frame);
        Ok(())
    }

    /// Forcing nests without calls too; frames are bounded by a multiple of the depth of calls.
    #[cold]
    #[inline(never)]
    pub(crate) fn grow_frames(&mut self) -> Result<()> {
        let limit = (self.shared.settings.max_call_depth as usize).saturating_mul(8) + 100_000;
        if self.frames.len() >= limit {
            return Err(Error::new(DiagnosticId::StackOverflow, &[]));
        }
        self.frames.reserve(self.frames.len());
        Ok(())
    }

    fn apply(&mut self, function: Value<'static>, continuation: Continuation) -> Result<Option<Action>> {
        let function = function.resolved();
        if continuation.depth > self.shared.settings.max_call_depth {
            return Err(Error::new(DiagnosticId::StackOverflow, &[]));
        }
        if continuation.pending == 0 {
            return Ok(Some(Action::Deliver { value: function, continuation }));
        }
        match function.view() {
            View::Closure(code) => self.apply_closure(function, code, continuation),
            View::Builtin(builtin) => self.apply_builtin(builtin, continuation),
            View::Partial { function, arguments } => {
                arguments.iter().rev().for_each(|&argument| self.push(argument));
                let pending = continuation.pending + arguments.len() as u32;
                Ok(Some(Action::Apply { function, continuation: Continuation { pending, ..continuation } }))
            }
            View::Attrs(set) => match set.get(Symbol::FUNCTOR) {
                Some(functor) => {
                    self.push(function);
                    // A call within the call, as in C++ Nix: a functor that gives its set again would go on for ever.
                    let (pending, depth) = (continuation.pending + 1, continuation.depth + 1);
                    let continuation = Continuation { pending, depth, ..continuation };
                    Ok(Some(Action::Apply { function: functor, continuation }))
                }
                None => Err(not_callable(&self.shared, function)),
            },
            View::Thunk(_) => {
                let frame = Frame::waiting(FrameKind::Apply, self.sp as u32, self.site, continuation);
                self.push_frame(frame)?;
                self.push(function);
                Ok(Some(Action::Force { thunk: function, depth: continuation.depth }))
            }
            _ => Err(not_callable(&self.shared, function)),
        }
    }

    fn apply_closure(
        &mut self,
        closure: Value<'static>,
        code: CodeId,
        continuation: Continuation,
    ) -> Result<Option<Action>> {
        self.shared.ready(code)?;
        let arity = self.shared.codes.get(code).arity;
        if continuation.pending < arity {
            return Ok(Some(self.make_partial(closure, continuation)));
        }
        self.shared.counts.function_calls += 1;
        let pending = continuation.pending - arity;
        let base = self.sp as u32 - arity;
        self.enter(code, closure, base, Continuation { pending, ..continuation })?;
        Ok(None)
    }

    /// Too few arguments: they wait in an object.
    fn make_partial(&mut self, function: Value<'static>, continuation: Continuation) -> Action {
        let count = continuation.pending as usize;
        let start = self.sp - count;
        let arguments: Vec<Value<'static>> = self.stack[start..self.sp].iter().rev().copied().collect();
        self.sp = start;
        let value = self.shared.heap.partial(function, &arguments);
        Action::Deliver { value, continuation: Continuation { pending: 0, ..continuation } }
    }

    fn apply_builtin(&mut self, builtin: Builtin, continuation: Continuation) -> Result<Option<Action>> {
        let Some(arity) = self.shared.builtins.native(builtin.0).map(|native| u32::from(native.arity)) else {
            return Err(no_such_builtin());
        };
        if continuation.pending < arity {
            return Ok(Some(self.make_partial(Value::builtin(builtin), continuation)));
        }
        let base = self.sp as u32 - arity;
        let continuation = Continuation { pending: continuation.pending - arity, ..continuation };
        self.call_builtin(builtin, base, 0, continuation)
    }

    /// Forces the arguments of a builtin from number `done` on, then runs it.
    fn call_builtin(
        &mut self,
        builtin: Builtin,
        base: u32,
        done: u32,
        continuation: Continuation,
    ) -> Result<Option<Action>> {
        let Some(&spec) = self.shared.builtins.get(builtin.0) else { return Err(no_such_builtin()) };
        for (index, &argument) in spec.strict.iter().enumerate().skip(done as usize) {
            let slot = base as usize + spec.arguments.len() - 1 - Must::of(argument).0;
            let value = self.stack[slot].resolved();
            self.stack[slot] = value;
            if value.is_thunk() {
                self.check_arguments(&spec, Value::builtin(builtin), base as usize, index)?;
                let frame = Frame {
                    code: builtin.0,
                    pc: index as u32,
                    closure: Value::builtin(builtin),
                    ..Frame::waiting(FrameKind::Arguments, base, self.site, continuation)
                };
                self.push_frame(frame)?;
                return Ok(Some(Action::Force { thunk: value, depth: continuation.depth }));
            }
        }
        self.shared.counts.builtin_calls += 1;
        let mut arguments = [Value::NULL; MAX_ARGUMENTS];
        let arity = spec.arguments.len();
        for (index, slot) in arguments[..arity].iter_mut().enumerate() {
            *slot = self.stack[base as usize + arity - 1 - index];
        }
        let step = match (spec.run)(&mut Cx::of_builtin(self, builtin.0), &arguments[..arity]) {
            Ok(step) => step,
            Err(error) => return Err(self.in_builtin(Value::builtin(builtin), error)),
        };
        self.sp = base as usize;
        self.begin_step(step, Value::builtin(builtin), continuation)
    }

    /// Checks what a builtin demands of its first `count` strict arguments before the next one is
    /// forced. The last argument lies at `base`.
    pub(crate) fn check_arguments(
        &mut self,
        spec: &BuiltinSpec,
        builtin: Value<'static>,
        base: usize,
        count: usize,
    ) -> Result<()> {
        for &entry in &spec.strict[..count] {
            let (argument, must) = Must::of(entry);
            let value = self.stack[base + spec.arguments.len() - 1 - argument];
            must.check(&self.shared, value).map_err(|error| self.in_builtin(builtin, error))?;
        }
        Ok(())
    }

    /// A frame of kind `Arguments` is on top again: one more argument is forced.
    pub(crate) fn resume_arguments(&mut self) -> Result<()> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        let builtin = Builtin(frame.code);
        self.site = frame.site;
        match self.call_builtin(builtin, frame.base, frame.pc, frame.continuation) {
            Ok(Some(action)) => self.drive(action),
            Ok(None) => Ok(()),
            Err(error) => {
                self.fail_thunk(frame.continuation.update, &error);
                Err(error)
            }
        }
    }

    /// A frame of kind `Apply` is on top again: the function is forced.
    fn resume_apply(&mut self, function: Value<'static>) -> Result<()> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        if frame.continuation.pending == 0 {
            return self.hand_over(function, frame.continuation);
        }
        self.site = frame.site;
        self.drive(Action::Apply { function, continuation: frame.continuation })
    }

    /// Performs what native code returned in place of a result.
    pub(crate) fn begin(&mut self, step: Step<'static>, continuation: Continuation) -> Result<()> {
        self.begin_native(step, Value::NONE, continuation)
    }

    /// The same for a builtin.
    pub(crate) fn begin_native(
        &mut self,
        step: Step<'static>,
        builtin: Value<'static>,
        continuation: Continuation,
    ) -> Result<()> {
        self.site = CallSite::NONE;
        match self.begin_step(step, builtin, continuation)? {
            Some(action) => self.drive(action),
            None => Ok(()),
        }
    }

    /// `origin` is the builtin that took the step, or [`Value::NONE`].
    fn begin_step(
        &mut self,
        step: Step<'static>,
        origin: Value<'static>,
        continuation: Continuation,
    ) -> Result<Option<Action>> {
        let step = match step.at_once() {
            Ok(value) => return Ok(Some(Action::Deliver { value, continuation })),
            Err(step) => step,
        };
        match step.asked() {
            Asked::Force => Ok(Some(Action::Deliver { value: self.shared.handover.subject, continuation })),
            Asked::TailCall | Asked::Call => Ok(Some(self.push_call(continuation))),
            Asked::Start => {
                self.start_task(origin, continuation)?;
                Ok(None)
            }
            Asked::Yield | Asked::Called | Asked::Argument => {
                Err(Error::new(DiagnosticId::Internal, &[&"a builtin took a step that only tasks take"]))
            }
        }
    }

    /// Pushes the arguments that a step handed over, the first one on top, to apply its function to them.
    pub(crate) fn push_call(&mut self, continuation: Continuation) -> Action {
        let pending = continuation.pending + self.push_arguments();
        let depth = continuation.depth + 1;
        let function = self.shared.handover.subject;
        Action::Apply { function, continuation: Continuation { pending, depth, ..continuation } }
    }

    /// The same alone; gives their number.
    pub(crate) fn push_arguments(&mut self) -> u32 {
        let count = self.shared.handover.values().len();
        self.ensure_stack(count);
        let values = self.shared.handover.values();
        let slots = &mut self.stack[self.sp..self.sp + count];
        slots.iter_mut().rev().zip(values).for_each(|(slot, &value)| *slot = value);
        self.sp += count;
        count as u32
    }

    /// A frame that runs no code is on top: it goes on, or gets what it waits for.
    #[inline(never)]
    pub(crate) fn resume_waiting(&mut self) -> Result<()> {
        let Some(frame) = self.frames.last() else { return Ok(()) };
        let (kind, depth) = (frame.kind, frame.continuation.depth);
        if kind == FrameKind::Arguments {
            return self.resume_arguments();
        }
        // What such a frame waits for lies on top.
        let value = self.pop().resolved();
        if value.is_thunk() {
            self.push(value);
            return self.enter_thunk(value, depth);
        }
        match kind {
            FrameKind::Task => self.resume_task(value),
            FrameKind::Elements => self.resume_elements(value),
            FrameKind::Fold | FrameKind::Each => self.resume_calls(value),
            _ => self.resume_apply(value),
        }
    }

    /// Pushes what evaluates a thunk; code goes the short way.
    #[inline(never)]
    pub(crate) fn enter_thunk(&mut self, value: Value<'static>, depth: u32) -> Result<()> {
        let continuation = Continuation { update: value, pending: 0, depth };
        match value.as_thunk() {
            Some(thunk) if thunk.state() == ThunkState::Suspended => {
                let code = thunk.code();
                self.shared.ready(code)?;
                thunk.begin();
                self.enter_begun(code, value, continuation)
            }
            Some(thunk) if thunk.state() == ThunkState::Application => {
                let Some((&function, arguments)) = thunk.captured().split_first() else { return Ok(()) };
                thunk.begin();
                arguments.iter().rev().for_each(|&argument| self.push(argument));
                self.site = CallSite::NONE;
                self.call_now(function, Continuation { pending: arguments.len() as u32, ..continuation })
            }
            _ => self.drive(Action::Force { thunk: value, depth }),
        }
    }

    /// The depth of calls of the topmost frame.
    pub(crate) fn depth(&self) -> u32 {
        self.frames.last().map_or(0, |frame| frame.continuation.depth)
    }

    /// Hands a result to where it goes.
    pub(crate) fn hand_over(&mut self, value: Value<'static>, continuation: Continuation) -> Result<()> {
        let value = value.resolved();
        if continuation.pending > 0 || value.is_thunk() {
            return self.drive(Action::Deliver { value, continuation });
        }
        match continuation.update.as_thunk() {
            Some(update) => {
                let value = self.shared.heap.place_list(value);
                self.shared.heap.finish(update, value);
            }
            None => self.push(value),
        }
        Ok(())
    }

    fn deliver(&mut self, value: Value<'static>, continuation: Continuation) -> Result<Option<Action>> {
        let value = value.resolved();
        if continuation.pending > 0 {
            return Ok(Some(Action::Apply { function: value, continuation }));
        }
        let Some(update) = continuation.update.as_thunk() else {
            self.push(value);
            return Ok(None);
        };
        let Some(inner) = value.as_thunk() else {
            let value = self.shared.heap.place_list(value);
            self.shared.heap.finish(update, value);
            return Ok(None);
        };
        if matches!(inner.state(), ThunkState::Blackhole | ThunkState::Failed) {
            return Err(self.stuck(inner));
        }
        // The thunk waits for the value itself: as its own place of it, see `place_list`.
        let frame = Frame::waiting(FrameKind::Apply, self.sp as u32, CallSite::NONE, continuation);
        self.push_frame(frame)?;
        self.push(value);
        Ok(Some(Action::Force { thunk: value, depth: continuation.depth }))
    }
}

#[cold]
fn no_such_builtin() -> Error {
    Error::new(DiagnosticId::Internal, &[&"a builtin that there is not"])
}

/// The `with` scope that a closure or thunk captured, its last word.
pub(crate) fn captured_scope(closure: Value<'static>) -> Value<'static> {
    crate::dispatch::captured_words(closure).last().copied().unwrap_or(Value::NONE)
}

impl Shared {
    /// A suspended computation without captured values.
    pub(crate) fn suspend(&mut self, code: CodeId) -> Value<'static> {
        crate::dispatch::new_suspended(&mut self.heap, code)
    }

    /// A thunk for the whole of a unit.
    pub fn unit_thunk<'h>(&mut self, unit: u32) -> Value<'h> {
        let code = self.codes.code_of(unit, 0);
        self.suspend(code)
    }

    /// The thunk of a file that was imported.
    pub fn imported<'h>(&self, path: &[u8]) -> Option<Value<'h>> {
        self.imports.get(path).map(|imported| imported.0)
    }

    /// Remembers the value, usually a thunk, of a file.
    pub fn remember_import(&mut self, path: &[u8], value: Value<'_>) {
        self.imports.insert(path.to_vec(), crate::shared::Imported(hold(value)));
    }

    /// The type error "expected … but found …".
    pub fn expected(&self, what: &str, value: Value<'_>) -> Error {
        type_error(self, what, value)
    }
}
