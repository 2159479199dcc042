//! The short ways into functions and builtins that are ready, and what leads to them from native
//! code. The general way is in `drive`.

use nivose_base::Result;
use nivose_bytecode::instruction::Instruction;
use nivose_bytecode::uvarint::read_uvarint;
use nivose_heap::{Heap, Thunk, Value};

use super::{Entry, not_ready};
use crate::code::{Code, CodeId, CodeTable};
use crate::drive::Action;
use crate::frame::{CallSite, Continuation, Frame, FrameKind};
use crate::machine::Machine;
use crate::native::{BuiltinSpec, MOST_RESULTS};

impl CodeTable {
    /// The place of a code, which it keeps.
    ///
    /// # Safety
    /// There must be a code of this number.
    #[inline(always)]
    pub(super) unsafe fn pointer(&self, id: CodeId) -> *const Code {
        debug_assert!((id as usize) < self.all().len());
        // SAFETY: by the caller.
        unsafe { &raw const **self.all().get_unchecked(id as usize) }
    }
}

impl Machine {
    /// The function of an application, if it is a ready closure that takes just its arguments.
    ///
    /// # Safety
    /// The thunk must be an application.
    #[inline(always)]
    pub(super) unsafe fn ready_application(
        &self,
        thunk: Thunk<'static>,
    ) -> Option<(CodeId, *const Code, Value<'static>)> {
        let words = thunk.captured();
        // SAFETY: an application has a function and arguments; a closure has a code.
        unsafe {
            let function = words.get_unchecked(0).resolved();
            if !function.is_closure() {
                return None;
            }
            let id = Heap::closure_code(function);
            let callee = self.shared.codes.pointer(id);
            let fits = (*callee).arity as usize == words.len() - 1 && (*callee).is_ready();
            fits.then_some((id, callee, function))
        }
    }

    /// The next call for an element of a list, for the frame of a fold or of such calls, which is on top, the result of
    /// the call before on top of the values; with the end of the values then. None if the function is no ready closure of
    /// as many arguments at most, there is no element, or the result is not what it has to be.
    ///
    /// # Safety
    /// The frame must be of one of the two kinds, and `sp` end its values.
    #[inline(never)]
    pub(super) unsafe fn next_call(
        &mut self,
        frame: *mut Frame,
        sp: *mut Value<'static>,
    ) -> Option<(Entry, *mut Value<'static>)> {
        // SAFETY: the frame has its function in the first slot; a closure has a code. The stack has slack for a value.
        unsafe {
            let value = sp.sub(1).read().resolved();
            let element = *(*frame).withs.as_list()?.get((*frame).code as usize)?;
            let slots = self.stack.as_ptr().add((*frame).base as usize);
            let function = slots.read().resolved();
            let depth = (*frame).continuation.depth + 1;
            if value.is_thunk() || !function.is_closure() || depth > self.shared.settings.max_call_depth {
                return None;
            }
            let id = Heap::closure_code(function);
            let code = self.shared.codes.pointer(id);
            let (arity, given) = ((*code).arity, if (*frame).kind == FrameKind::Fold { 2 } else { 1 });
            if arity > given || !(*code).is_ready() {
                return None;
            }
            let top = if (*frame).kind == FrameKind::Fold {
                sp.sub(1).write(element);
                sp.write(value);
                sp.add(1)
            } else {
                let (must, kept) = ((*frame).must, sp.offset_from(slots) as usize - (*frame).pc as usize);
                if kept >= MOST_RESULTS || !must.is_surely(value) {
                    return None;
                }
                // What is known of a result need not be kept.
                let place = if must.is_one_value() { sp.sub(1) } else { sp };
                sp.sub(1).write(value);
                place.write(element);
                place.add(1)
            };
            self.shared.counts.function_calls += 1;
            (*frame).code += 1;
            let continuation = Continuation { update: Value::NONE, pending: given - arity, depth };
            Some((Entry { id, code, closure: function, base: top.sub(arity as usize), continuation }, top))
        }
    }

    /// Makes room for a frame; the thunk that waits keeps a failure.
    #[cold]
    pub(super) fn grow_frames_for(&mut self, update: Value<'static>) -> Result<()> {
        self.grow_frames().inspect_err(|error| self.fail_thunk(update, error))
    }

    /// The builtin that a value is, if it takes so many arguments.
    #[inline(always)]
    pub(super) fn builtin_of_arity(
        &self,
        function: Value<'static>,
        count: usize,
    ) -> Option<&'static BuiltinSpec> {
        let builtin = function.as_builtin()?;
        let spec = self.shared.builtins.get(builtin.0 as usize)?;
        // SAFETY: the builtins are there before anything runs, and stay as long as the machine.
        let spec = unsafe { &*std::ptr::from_ref(spec) };
        (spec.arguments.len() == count).then_some(spec)
    }

    /// Applies a function to the `pending` topmost values; the thunk that waits keeps a failure.
    #[inline]
    pub(crate) fn call_now(&mut self, function: Value<'static>, continuation: Continuation) -> Result<()> {
        match self.call_with(function, continuation) {
            Ok(()) => Ok(()),
            Err(error) => {
                self.fail_thunk(continuation.update, &error);
                Err(error)
            }
        }
    }

    /// Applies a function to the `count` topmost values; a closure that takes just so many goes the short way.
    #[inline(never)]
    pub(super) fn call(&mut self, function: Value<'static>, count: u32) -> Result<()> {
        let depth = self.depth() + 1;
        self.site = CallSite::NONE;
        let continuation = Continuation { update: Value::NONE, pending: count, depth };
        self.call_with(function, continuation)
    }

    #[inline(always)]
    pub(super) fn call_with(&mut self, function: Value<'static>, continuation: Continuation) -> Result<()> {
        let function = function.resolved();
        if function.is_closure() && continuation.depth <= self.shared.settings.max_call_depth {
            // SAFETY: it is a closure.
            let id = unsafe { Heap::closure_code(function) };
            self.shared.ready(id)?;
            if self.shared.codes.get(id).arity == continuation.pending {
                self.shared.counts.function_calls += 1;
                let base = self.sp as u32 - continuation.pending;
                return self.enter(id, function, base, Continuation { pending: 0, ..continuation });
            }
        }
        self.drive(Action::Apply { function, continuation })
    }

    /// The same, giving up the frame on top: the arguments move to its base, above what is still to be applied.
    #[inline(never)]
    pub(super) fn tail_call(&mut self, function: Value<'static>, count: u32) -> Result<()> {
        let Some(frame) = self.frames.pop() else { return Err(not_ready()) };
        let base = frame.base as usize;
        let start = self.sp - count as usize;
        self.stack.copy_within(start..self.sp, base);
        self.sp = base + count as usize;
        let continuation = frame.continuation;
        let pending = continuation.pending + count;
        let depth = continuation.depth + 1;
        self.site = CallSite { code: frame.code, pc: frame.offset_at() };
        match self.call_with(function, Continuation { pending, depth, ..continuation }) {
            Ok(()) => Ok(()),
            Err(error) => {
                // The position of the call is lost with the frame: it is added here.
                let pos = self.shared.codes.get(frame.code).pos_at(frame.offset_at());
                self.fail_thunk(continuation.update, &error);
                Err(error.at(pos))
            }
        }
    }
}

/// Makes the frame of a thunk that has an unevaluated value one that waits for it.
///
/// # Safety
/// It must be a frame.
#[inline(never)]
pub(super) unsafe fn wait_for_value(frame: *mut Frame) {
    // SAFETY: by the caller.
    unsafe {
        let (base, continuation) = ((*frame).base, (*frame).continuation);
        frame.write(Frame::waiting(FrameKind::Apply, base, CallSite::NONE, continuation));
    }
}

/// Whether only the ends of scopes and jumps lie between here and `Return`.
#[inline(never)]
pub(super) fn leads_to_return(code: &Code, mut pc: usize) -> bool {
    let bytes = &*code.bytes;
    loop {
        let Some(&number) = bytes.get(pc) else { return false };
        pc += 1;
        match Instruction::decode(number) {
            Instruction::Return => return true,
            Instruction::PopWith => {}
            Instruction::CloseScope => {
                if read_uvarint(bytes, &mut pc).is_none() {
                    return false;
                }
            }
            Instruction::Jump => match bytes.get(pc..pc + 2) {
                Some(&[low, high]) => pc += 2 + u16::from_le_bytes([low, high]) as usize,
                _ => return false,
            },
            Instruction::JumpWide => match bytes.get(pc..pc + 4) {
                Some(&[a, b, c, d]) => pc += 4 + u32::from_le_bytes([a, b, c, d]) as usize,
                _ => return false,
            },
            _ => return false,
        }
    }
}
