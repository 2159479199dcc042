//! The short ways into functions and builtins that are ready, and what leads to them from native
//! code. The general way is in `drive`.

use std::mem::MaybeUninit;

use nivose_base::{Error, Result};
use nivose_bytecode::instruction::Instruction;
use nivose_bytecode::uvarint::read_uvarint;
use nivose_heap::{Builtin, Heap, Thunk, Value};

use super::operands::is_value;
use super::{Entry, not_ready};
use crate::builtin_table::Native;
use crate::code::{Code, CodeId, CodeTable};
use crate::drive::Action;
use crate::frame::{CallSite, Continuation, Frame, FrameKind};
use crate::handover::Step;
use crate::machine::Machine;
use crate::native::{BuiltinSpec, Cx, MAX_ARGUMENTS, MOST_RESULTS};
use crate::types::Must;

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
    /// the call before on top of the values; with the end of the values then. None if the function, beside the arguments
    /// that it has already, is no ready closure of as many arguments at most, there is no element, or the result is not
    /// what it has to be.
    ///
    /// # Safety
    /// The frame must be of one of the two kinds, and `sp` end its values.
    #[inline(never)]
    pub(super) unsafe fn next_call(
        &mut self,
        frame: *mut Frame,
        sp: *mut Value<'static>,
    ) -> Option<(Entry, *mut Value<'static>)> {
        // SAFETY: by the caller; such a frame has its function in the first slot.
        unsafe {
            let function = self.stack.as_ptr().add((*frame).base as usize).read().resolved();
            match function.is_closure() {
                true => self.next_call_of(frame, sp, function, &[]),
                false => self.next_call_of_partial(frame, sp, function),
            }
        }
    }

    /// The same where the function has arguments already.
    #[inline(never)]
    unsafe fn next_call_of_partial(
        &mut self,
        frame: *mut Frame,
        sp: *mut Value<'static>,
        partial: Value<'static>,
    ) -> Option<(Entry, *mut Value<'static>)> {
        let (function, bound) = partial.unapplied();
        if !function.is_closure() || bound.len() > MAX_ARGUMENTS {
            return None;
        }
        // SAFETY: by the caller.
        unsafe { self.next_call_of(frame, sp, function, bound) }
    }

    /// The same for a closure.
    #[inline(always)]
    unsafe fn next_call_of(
        &mut self,
        frame: *mut Frame,
        sp: *mut Value<'static>,
        function: Value<'static>,
        bound: &[Value<'static>],
    ) -> Option<(Entry, *mut Value<'static>)> {
        // SAFETY: a closure has a code. The stack has slack for a few values.
        unsafe {
            let value = sp.sub(1).read().resolved();
            let element = *(*frame).withs.as_list()?.get((*frame).code as usize)?;
            let depth = (*frame).continuation.depth + 1;
            if value.is_thunk() || depth > self.shared.settings.max_call_depth {
                return None;
            }
            let id = Heap::closure_code(function);
            let code = self.shared.codes.pointer(id);
            let given = bound.len() as u32 + if (*frame).kind == FrameKind::Fold { 2 } else { 1 };
            let arity = (*code).arity;
            if arity > given || !(*code).is_ready() {
                return None;
            }
            let mut top = if (*frame).kind == FrameKind::Fold {
                sp.sub(1).write(element);
                sp.write(value);
                sp.add(1)
            } else {
                let slots = self.stack.as_ptr().add((*frame).base as usize);
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
            for &argument in bound.iter().rev() {
                top.write(argument);
                top = top.add(1);
            }
            self.shared.counts.function_calls += 1;
            (*frame).code += 1;
            let continuation = Continuation { update: Value::NONE, pending: given - arity, depth };
            Some((Entry { id, code, closure: function, base: top.sub(arity as usize), continuation }, top))
        }
    }

    /// Gives the value on top to the thunk of the frame on top, which waits for it; whether that is what it waits for.
    /// Not as seldom as marked, but so the loop keeps its registers for the rest.
    ///
    /// # Safety
    /// It must be the frame on top.
    #[cold]
    #[inline(never)]
    pub(super) unsafe fn pass_on(&mut self, frame: *const Frame) -> bool {
        // SAFETY: by the caller.
        let continuation = unsafe { (*frame).continuation };
        let value = self.stack[self.sp - 1].resolved();
        let Some(thunk) = continuation.update.as_thunk().filter(|_| continuation.pending == 0) else {
            return false;
        };
        if value.is_thunk() {
            return false;
        }
        let value = self.shared.heap.place_list(value);
        self.shared.heap.finish(thunk, value);
        true
    }

    /// Makes room for a frame; the thunk that waits keeps a failure.
    #[cold]
    pub(super) fn grow_frames_for(&mut self, update: Value<'static>) -> Result<()> {
        self.grow_frames().inspect_err(|error| self.fail_thunk(update, error))
    }

    /// The builtin that a value is, if it takes so many arguments.
    #[inline(always)]
    pub(super) fn builtin_of_arity(&self, function: Value<'static>, count: usize) -> Option<*const Native> {
        let native = self.shared.builtins.native(function.as_builtin()?.0)?;
        (usize::from(native.arity) == count).then_some(std::ptr::from_ref(native))
    }

    /// Runs a builtin on its arguments, which lie below the function at the top of the values; gives its step, or that an
    /// argument is to be evaluated first. The frame on top is one of code, at the call.
    ///
    /// # Safety
    /// The builtin must be one of the table, and `sp` end the values of the frame.
    #[inline(always)]
    pub(super) unsafe fn run_builtin(
        &mut self,
        native: *const Native,
        sp: *mut Value<'static>,
    ) -> Result<Step<'static>> {
        // SAFETY: the builtins stay where they are while programs run; there are as many arguments as this one takes.
        unsafe {
            let Native { run, number, arity, .. } = *native;
            let mut arguments = [const { MaybeUninit::<Value<'static>>::uninit() }; MAX_ARGUMENTS];
            for index in 0..usize::from(arity) {
                let mut value = sp.sub(2 + index).read();
                if !is_value(&mut value) && (*native).is_strict(index) {
                    return match (*native).is_first(index) {
                        true => Ok(self.shared.evaluate_first(value)),
                        false => self.await_argument(number, sp),
                    };
                }
                arguments.get_unchecked_mut(index).write(value);
            }
            self.sp = sp.offset_from_unsigned(self.stack.as_ptr());
            self.shared.counts.builtin_calls += 1;
            let arguments = std::slice::from_raw_parts(arguments.as_ptr().cast(), usize::from(arity));
            run(&mut Cx::of_builtin(self, number), arguments)
                .map_err(|error| self.builtin_failed(number, error))
        }
    }

    /// The step that asks for the first argument of a builtin that is to be evaluated; those before it are checked.
    ///
    /// # Safety
    /// As for [`Machine::run_builtin`].
    #[inline(never)]
    unsafe fn await_argument(&mut self, number: u32, sp: *mut Value<'static>) -> Result<Step<'static>> {
        // SAFETY: by the caller.
        self.sp = unsafe { sp.offset_from_unsigned(self.stack.as_ptr()) };
        let Some(&BuiltinSpec { strict, .. }) = self.shared.builtins.get(number) else {
            return Err(not_ready());
        };
        for &entry in strict {
            let (argument, must) = Must::of(entry);
            // SAFETY: by the caller.
            let value = unsafe { sp.sub(2 + argument).read().resolved() };
            if value.is_thunk() {
                return Ok(self.shared.evaluate_first(value));
            }
            must.check(&self.shared, value).map_err(|error| self.builtin_failed(number, error))?;
        }
        Err(not_ready())
    }

    /// Adds to an error that the builtin was being called.
    #[cold]
    fn builtin_failed(&mut self, number: u32, error: Error) -> Error {
        self.site = CallSite::NONE;
        self.in_builtin(Value::builtin(Builtin(number)), error)
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
        let (function, bound) = function.resolved().unapplied();
        bound.iter().rev().for_each(|&argument| self.push(argument));
        let pending = continuation.pending + bound.len() as u32;
        if function.is_closure() && continuation.depth <= self.shared.settings.max_call_depth {
            // SAFETY: it is a closure.
            let id = unsafe { Heap::closure_code(function) };
            self.shared.ready(id)?;
            let arity = self.shared.codes.get(id).arity;
            if arity <= pending {
                self.shared.counts.function_calls += 1;
                let continuation = Continuation { pending: pending - arity, ..continuation };
                return self.enter(id, function, self.sp as u32 - arity, continuation);
            }
        }
        self.drive(Action::Apply { function, continuation: Continuation { pending, ..continuation } })
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
