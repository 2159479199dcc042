//! Errors on their way up: frames are dropped, thunks keep the error, tasks that recover take it.

use nivose_base::{Error, Pos, Result, TraceFrame};
use nivose_bytecode::chunk::ChunkKind;
use nivose_heap::Value;

use crate::frame::{CallSite, Frame, FrameKind};
use crate::machine::Machine;
use crate::native::{Cx, Step};

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
                    return Err(error);
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
        Err(error)
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
                Offered::Taken(step)
            }
            Err(error) => {
                self.tasks.pop();
                Offered::Refused(error)
            }
        }
    }

    /// Adds what a frame knows of the place of the error.
    fn unwind_code(&mut self, frame: Frame, error: Error) -> Error {
        let code = self.shared.codes.get(frame.code);
        let pos = code.pos_at(frame.offset_at());
        let mut error = error.at(pos);
        if let Some(frame) = self.trace_frame(frame, pos) {
            error.push_trace(frame);
        }
        error
    }

    fn trace_frame(&self, frame: Frame, pos: Pos) -> Option<TraceFrame> {
        let code = self.shared.codes.get(frame.code);
        let ChunkKind::Lambda(info) = &code.chunk.as_deref()?.kind else { return None };
        let name = info.parameters.last().and_then(|parameter| parameter.function_name);
        let message = match name {
            Some(name) => format!("while calling '{}'", self.shared.symbols.text(name)),
            None => String::from("while calling anonymous lambda"),
        };
        Some(TraceFrame { message: message.into_bytes(), pos, always: false })
    }

    /// Adds that a builtin was being called, if `function` is one.
    pub(crate) fn in_builtin(&self, function: Value<'static>, mut error: Error) -> Error {
        let Some(spec) = function.as_builtin().and_then(|b| self.shared.builtins.get(b.0 as usize)) else {
            return error;
        };
        let pos = self.call_site();
        if spec.name.contains(' ') {
            // A builtin of the compiler's, which no program knows.
            return error.at(pos);
        }
        let message = format!("while calling the '{}' builtin", spec.name).into_bytes();
        error.push_trace(TraceFrame { message, pos, always: false });
        error.at(pos)
    }

    /// The same for a frame that belongs to a call of a builtin.
    fn in_called(&mut self, frame: Frame, error: Error) -> Error {
        self.site = self.site_of(frame);
        let error = self.in_builtin(frame.closure, error);
        self.site = CallSite::NONE;
        error
    }

    /// Where the call of a frame was made. A call at the end of a thunk has given up the thunk's
    /// frame; its place is that of the end.
    fn site_of(&self, frame: Frame) -> CallSite {
        if frame.site.code != CallSite::NONE.code {
            return frame.site;
        }
        let code = frame.continuation.update.as_thunk().map(|thunk| thunk.code());
        let known = code.filter(|&code| self.shared.codes.codes.get(code as usize).is_some());
        known.map_or(CallSite::NONE, |code| CallSite { code, pc: u32::MAX })
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
        if error.id().is_interruption() {
            thunk.restore();
            return;
        }
        let number = *kept.get_or_insert_with(|| self.shared.remember_failure(error.clone()));
        thunk.fail(number);
    }
}
