//! Errors on their way up: frames are dropped, thunks keep the error, tasks that recover take it.

use nivose_base::{Error, Pos, Result, TraceFrame, TraceNote};
use nivose_heap::Value;

use crate::code::{Code, CodeId};
use crate::frame::{CallSite, Frame, FrameKind};
use crate::handover::Step;
use crate::machine::Machine;
use crate::native::{BuiltinSpec, Cx};
use crate::steps::{call_at, steps};

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
                FrameKind::Task | FrameKind::Elements | FrameKind::Fold | FrameKind::Each => {
                    match self.offer_to_task(frame, error) {
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
                    }
                }
                FrameKind::Code => error = self.unwind_code(frame, error),
                FrameKind::Arguments => error = self.in_called(frame, error),
                FrameKind::Apply => {}
            }
            self.fail_kept(frame.continuation.update, &error, &mut kept);
            self.frames.pop();
            self.sp = frame.base.saturating_sub(frame.continuation.pending) as usize;
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
        let (builtin, caller) = (self.waiting_builtin(frame), self.caller());
        error.push_note(TraceNote { code: frame.code, pc: frame.pc, again: frame.again, builtin, caller });
        error
    }

    /// The builtin on top of the values of the frame on top, if its call waits there for arguments.
    fn waiting_builtin(&self, frame: Frame) -> Option<u32> {
        let count = call_at(self.shared.codes.get(frame.code), frame.pc).filter(|_| frame.again)?;
        let builtin = self.stack.get(self.sp.checked_sub(1)?)?.resolved().as_builtin()?;
        let spec = self.shared.builtins.get(builtin.0)?;
        (spec.arity() == count).then_some(builtin.0)
    }

    /// The place from which the function on top was called, if a frame of code called it.
    pub(crate) fn caller(&self) -> Option<(CodeId, u32)> {
        let [.., below, callee] = self.frames.as_slice() else { return None };
        let site = self.site_of(*callee);
        if site.code != CallSite::NONE.code {
            return Some((site.code, site.pc));
        }
        (below.kind == FrameKind::Code).then(|| (below.code, below.offset_at()))
    }

    /// Puts what was noted on the way up into words.
    fn explained(&self, error: Error) -> Error {
        let id = error.id();
        error.explained(|note| {
            let code = self.shared.codes.get(note.code);
            let mut frames = match note.builtin.and_then(|builtin| self.shared.builtins.get(builtin)) {
                Some(spec) => in_builtin(spec, code.pos_at(note.pc)).into_iter().collect(),
                None => steps(code, &self.shared.symbols, note, id),
            };
            self.add_call(code, note, &mut frames);
            frames
        })
    }

    /// Adds that a function was being called, if the code is that of one, and from where.
    fn add_call(&self, code: &Code, note: TraceNote, frames: &mut Vec<TraceFrame>) {
        let Some(parameter) = self.shared.codes.more(code).lambda().and_then(|info| info.parameters.last())
        else {
            return;
        };
        let message = match parameter.function_name {
            Some(name) => [b"while calling '", self.shared.symbols.bytes(name), b"'"].concat(),
            None => b"while calling anonymous lambda".to_vec(),
        };
        frames.push(TraceFrame::in_full(message, code.pos(parameter.offset)));
        if let Some((caller, pc)) = note.caller {
            frames.push(TraceFrame::in_full("from call site", self.shared.codes.get(caller).pos_at(pc)));
        }
    }

    /// Adds that a builtin was being called, if `function` is one.
    pub(crate) fn in_builtin(&self, function: Value<'static>, mut error: Error) -> Error {
        let Some(spec) = function.as_builtin().and_then(|b| self.shared.builtins.get(b.0)) else {
            return error;
        };
        let pos = self.call_site();
        in_builtin(spec, pos).into_iter().for_each(|frame| error.push_trace(frame));
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
        let known = code.filter(|&code| self.shared.codes.find(code).is_some());
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
        if error.id().is_interruption() || error.id().is_out_of_memory() {
            thunk.restore();
            return;
        }
        let number = *kept.get_or_insert_with(|| self.shared.remember_failure(error.clone()));
        thunk.fail(number);
    }
}

/// That a builtin was being called, unless it is one of the compiler's, which no program knows.
fn in_builtin(spec: &BuiltinSpec, pos: Pos) -> Option<TraceFrame> {
    let is_known = !spec.is_hidden();
    is_known.then(|| TraceFrame::new(format!("while calling the '{}' builtin", spec.name), pos))
}
