//! Errors on their way up: frames are dropped, thunks keep the error, tasks that recover take it.

use nivose_base::{DiagnosticId, Error, Pos, Result, TraceFrame, TraceNote};
use nivose_heap::Value;

use crate::code::{Code, CodeId};
use crate::frame::{CallSite, Frame, FrameKind};
use crate::machine::Machine;
use crate::native::{Cx, Step};
use crate::steps::add_steps;

/// What a task did with an error.
enum Offered {
    Taken(Step<'static>),
    Refused(Error),
}

impl Machine {
    /// Hands an error to the nearest frame that takes it; the machine is then ready to run.
    ///
    /// # Errors
    /// The error itself, if nobody took it; the frames of this evaluation are gone then.
    pub(crate) fn unwind(&mut self, mut error: Error) -> Result<()> {
        let mut kept = None;
        while let Some(frame) = self.frames.last().copied() {
            match frame.kind {
                FrameKind::Halt => {
                    self.sp = frame.base as usize;
                    self.frames.pop();
                    return Err(self.explained(error));
                }
                FrameKind::Task => match self.offer_to_task(frame, error) {
                    Offered::Taken(step) => match self.perform(step) {
                        Ok(()) => return Ok(()),
                        Err(other) => {
                            error = other;
                            kept = None;
                            continue;
                        }
                    },
                    Offered::Refused(other) => {
                        error = self.in_called(frame, other);
                        kept = None;
                    }
                },
                FrameKind::Code => error = self.unwind_code(frame, error),
                FrameKind::Arguments => error = self.in_called(frame, error),
                FrameKind::Apply => {}
            }
            self.fail_kept(frame.continuation.update, &error, &mut kept);
            self.frames.pop();
        }
        Err(self.explained(error))
    }

    /// Offers an error to the task on top; a task that does not take it is dropped.
    fn offer_to_task(&mut self, frame: Frame, error: Error) -> Offered {
        let task = self.tasks.last_mut().and_then(Option::take);
        let Some(mut task) = task.filter(|task| task.recovers()) else {
            self.tasks.pop();
            return Offered::Refused(error);
        };
        self.sp = (frame.base + frame.pc) as usize;
        match task.recover(&mut Cx::new(self), error) {
            Ok(step) => {
                self.put_back(task);
                self.note_slots();
                Offered::Taken(step)
            }
            Err(error) => {
                self.tasks.pop();
                Offered::Refused(error)
            }
        }
    }

    /// Adds what a frame knows of the place of the error.
    fn unwind_code(&mut self, frame: Frame, mut error: Error) -> Error {
        if !error.pos().is_some() {
            error = error.at(self.shared.codes.get(frame.code).pos_at(frame.offset_at()));
        }
        let caller = self.caller(frame);
        error.push_note(TraceNote { code: frame.code, pc: frame.pc, again: frame.again, caller });
        error
    }

    /// The place from which the function on top was called.
    fn caller(&self, callee: Frame) -> Option<(CodeId, u32)> {
        if callee.site.code != CallSite::NONE.code {
            return Some((callee.site.code, callee.site.pc));
        }
        let below = self.frames.get(self.frames.len().checked_sub(2)?)?;
        let called = below.kind == FrameKind::Code && !below.again;
        called.then(|| (below.code, below.offset_at()))
    }

    /// Puts what was noted on the way up into words.
    fn explained(&self, error: Error) -> Error {
        error.explained(|note, error| {
            let code = self.shared.codes.get(note.code);
            add_steps(code, &self.shared.symbols, note, error);
            self.add_call(code, note, error);
        })
    }

    /// Adds that a function was being called, if the code is that of one, and from where.
    fn add_call(&self, code: &Code, note: TraceNote, error: &mut Error) {
        let Some(parameter) = code.lambda().and_then(|info| info.parameters.last()) else { return };
        let message = match parameter.function_name {
            Some(name) => [b"while calling '", self.shared.symbols.bytes(name), b"'"].concat(),
            None => b"while calling anonymous lambda".to_vec(),
        };
        error.push_trace(TraceFrame::in_full(message, code.pos(parameter.offset)));
        if let Some((caller, pc)) = note.caller {
            error.push_trace(TraceFrame::in_full("from call site", self.shared.codes.get(caller).pos_at(pc)));
        }
    }

    /// Adds that a builtin was being called, if `function` is one.
    pub(crate) fn in_builtin(&self, function: Value<'static>, mut error: Error) -> Error {
        let Some(spec) = function.as_builtin().and_then(|b| self.shared.builtins.get(b.0 as usize)) else {
            return error;
        };
        let pos = self.call_site();
        if !spec.is_hidden() {
            error.push_trace(TraceFrame::new(format!("while calling the '{}' builtin", spec.name), pos));
        }
        error.at(pos)
    }

    /// The same for a frame that belongs to a call of a builtin.
    fn in_called(&mut self, frame: Frame, error: Error) -> Error {
        self.site = frame.site;
        let error = self.in_builtin(frame.closure, error);
        self.site = CallSite::NONE;
        error
    }

    /// The position of the call in hand.
    fn call_site(&self) -> Pos {
        if self.site.code != CallSite::NONE.code {
            return self.shared.codes.get(self.site.code).pos_at(self.site.pc);
        }
        let frame = self.frames.iter().rev().take(16).find(|frame| frame.kind == FrameKind::Code);
        frame.map_or(Pos::NONE, |frame| self.shared.codes.get(frame.code).pos_at(frame.offset_at()))
    }

    /// Makes a thunk, if there is one, remember an error.
    pub(crate) fn fail_thunk(&mut self, thunk: Value<'static>, error: &Error) {
        self.fail_kept(thunk, error, &mut None);
    }

    /// The same; thunks of one way up share the remembered error.
    fn fail_kept(&mut self, thunk: Value<'static>, error: &Error, kept: &mut Option<u32>) {
        let Some(thunk) = thunk.as_thunk() else { return };
        if error.id() == DiagnosticId::Interrupted {
            thunk.restore();
            return;
        }
        let number = *kept.get_or_insert_with(|| self.shared.remember_failure(error.clone()));
        thunk.fail(number);
    }
}
