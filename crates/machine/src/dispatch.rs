//! The dispatch loop: executes the instructions of chunks.
//!
//! The registers (`pc`, `sp`, …) live in local variables; they are written back before anything
//! that may push a frame, allocate at a safe point or fail. An instruction that needs an operand
//! forced suspends and is executed anew when the operand is there, so that none has to be resumed
//! half-way.
//!
//! The loop is compiled twice, with and without an observer. What it calls out of the way of the usual cases is marked
//! `inline(never)`: otherwise whether it is put inline would depend on how often the loop is compiled.
//!
//! Unsafe code here relies on chunks being valid as the verifier of `bytecode` checks it: operands are in range, the
//! stack stays between the base of the frame and `max_stack`, code ends with an instruction that ends it. They come from
//! the compiler alone, whose chunks pass the verifier in the tests and while fuzzing.
#![allow(unsafe_code)]

mod arithmetic;
mod calls;
mod captures;
mod operands;
mod run;

use nivose_base::{DiagnosticId, Error, Result};
use nivose_bytecode::instruction::{Coerce, Instruction, SCOPE_CACHES};
use nivose_heap::{Heap, Thunk, ThunkState, Value};

use self::arithmetic::integer;
pub(crate) use self::arithmetic::is_arithmetic;
use self::calls::{leads_to_return, wait_for_value};
use self::captures::{capture_all, captured_pointer, finalise, split_captures};
pub(crate) use self::captures::{captured_words, new_closure, new_suspended};
use self::operands::{find, is_value, not_ready, noted_name, too_many_captures, wide_uvarint};
use crate::code::{Code, CodeId, KeySet};
use crate::coerce::coerce_step;
use crate::drive::{Action, captured_scope};
use crate::equality::{equal_step, quick_equal};
use crate::frame::{CallSite, Continuation, Frame, FrameKind};
use crate::machine::Machine;
use crate::operators::join_step;
use crate::ordering::less_step;
use crate::types::{Must, type_error};

/// A ready code that is about to run.
struct Entry {
    id: CodeId,
    code: *const Code,
    closure: Value<'static>,
    /// Where its values begin.
    base: *mut Value<'static>,
    continuation: Continuation,
}

impl Machine {
    /// Runs the frames on top until the bottom one is reached.
    ///
    /// # Safety
    /// The code of frames of code is ready and verified, and the stack has room for it.
    #[allow(clippy::cognitive_complexity)]
    unsafe fn run_frames<const OBSERVED: bool>(&mut self) -> Result<()> {
        // SAFETY: see the opening comment; every use of raw pointers below relies on the verifier.
        unsafe {
            'frame: loop {
                let Some(top) = self.frames.len().checked_sub(1) else { return Ok(()) };
                // Not a reference to the frame on top: the pointer goes down to those below it.
                let mut frame: *mut Frame = self.frames.as_mut_ptr().add(top);
                match (*frame).kind {
                    FrameKind::Code => {}
                    FrameKind::Halt => return Ok(()),
                    _ => {
                        self.resume_waiting()?;
                        continue;
                    }
                }
                let mut code = self.shared.codes.pointer((*frame).code);
                let mut base = self.stack.as_mut_ptr().add((*frame).base as usize);
                let mut captured = captured_pointer((*frame).closure);
                let mut sp = self.stack.as_mut_ptr().add(self.sp);
                let mut pc: *const u8 = (*code).bytes.as_ptr().add((*frame).pc as usize);

                'run: loop {
                    let entry: Entry = 'enter: {
                        let value = 'evaluate: {
                            'next: loop {
                                /// The offset of a place in the code.
                                macro_rules! offset {
                                    ($at:expr) => {
                                        $at.offset_from((*code).bytes.as_ptr()) as u32
                                    };
                                }
                                /// Writes the registers back; the frame goes on after the instruction.
                                macro_rules! save {
                                    () => {
                                        (*frame).pc = offset!(pc);
                                        (*frame).again = false;
                                        self.sp = sp.offset_from(self.stack.as_ptr()) as usize;
                                    };
                                }
                                macro_rules! push {
                                    ($value:expr) => {{
                                        let value = $value;
                                        sp.write(value);
                                        sp = sp.add(1);
                                    }};
                                }
                                macro_rules! pop {
                                    () => {{
                                        sp = sp.sub(1);
                                        sp.read()
                                    }};
                                }
                                macro_rules! uvarint {
                                    () => {{
                                        let first = *pc;
                                        if first < 0x80 {
                                            pc = pc.add(1);
                                            first as usize
                                        } else {
                                            let (value, length) = wide_uvarint(&*code, offset!(pc) as usize);
                                            pc = pc.add(length);
                                            value
                                        }
                                    }};
                                }
                                macro_rules! constant {
                                    () => {
                                        (*(*code).constants.first().add(uvarint!())).get()
                                    };
                                }
                                macro_rules! distance {
                                    (narrow) => {{
                                        pc = pc.add(2);
                                        u16::from_le_bytes(pc.sub(2).cast::<[u8; 2]>().read()) as usize
                                    }};
                                    (wide) => {{
                                        pc = pc.add(4);
                                        u32::from_le_bytes(pc.sub(4).cast::<[u8; 4]>().read()) as usize
                                    }};
                                }
                                macro_rules! jump {
                                    ($distance:expr) => {
                                        pc = pc.add($distance)
                                    };
                                }
                                /// Fails at the current instruction.
                                macro_rules! check {
                                    ($result:expr) => {
                                        match $result {
                                            Ok(value) => value,
                                            Err(error) => {
                                                save!();
                                                return Err(error);
                                            }
                                        }
                                    };
                                }
                                /// Hands over to the section that pushes a frame for a ready code.
                                macro_rules! enter {
                                    ($id:expr, $callee:expr, $closure:expr, $base:expr, $continuation:expr) => {
                                        break 'enter Entry {
                                            id: $id,
                                            code: $callee,
                                            closure: $closure,
                                            base: $base,
                                            continuation: $continuation,
                                        }
                                    };
                                }
                                /// Takes the frame on top, which gave its result, away and goes on with the one below.
                                macro_rules! leave {
                                    () => {{
                                        loop {
                                            let len = self.frames.len() - 1;
                                            self.frames.set_len(len);
                                            frame = frame.sub(1);
                                            // The bottom frame is never one of code.
                                            if (*frame).kind == FrameKind::Code {
                                                break;
                                            }
                                            self.sp = sp.offset_from(self.stack.as_ptr()) as usize;
                                            match (*frame).kind {
                                                FrameKind::Elements => {
                                                    if let Some(element) = self.next_element() {
                                                        break 'evaluate element;
                                                    }
                                                }
                                                FrameKind::Fold | FrameKind::Each => {
                                                    if let Some((entry, top)) = self.next_call(frame, sp) {
                                                        sp = top;
                                                        break 'enter entry;
                                                    }
                                                }
                                                FrameKind::Apply if self.pass_on(frame) => {
                                                    sp = sp.sub(1);
                                                    continue;
                                                }
                                                _ => {}
                                            }
                                            continue 'frame;
                                        }
                                        code = self.shared.codes.pointer((*frame).code);
                                        base = self.stack.as_mut_ptr().add((*frame).base as usize);
                                        captured = captured_pointer((*frame).closure);
                                        pc = (*code).bytes.as_ptr().add((*frame).pc as usize);
                                    }};
                                }
                                /// Evaluates an unevaluated thunk, then executes the instruction at `$at` anew.
                                macro_rules! evaluate {
                                    ($thunk:expr, $at:expr) => {{
                                        if OBSERVED {
                                            self.shared.counts.take_back(*$at);
                                        }
                                        (*frame).pc = offset!($at);
                                        (*frame).again = true;
                                        break 'evaluate $thunk;
                                    }};
                                }
                                /// Makes a thunk or a closure; gives its code, the room of its captured values, which is
                                /// filled, and it.
                                macro_rules! capturing {
                                    ($make:ident) => {{
                                        let Some(id) = constant!().as_code() else {
                                            return Err(not_ready());
                                        };
                                        let (count, with) = split_captures(uvarint!());
                                        let Ok(words) = u16::try_from(count + with) else {
                                            check!(Err(too_many_captures()))
                                        };
                                        let (room, value) = self.shared.heap.$make(id, words);
                                        pc = capture_all(room, count, pc, code, base, captured);
                                        if with == 1 {
                                            room.add(count).write((*frame).withs);
                                        }
                                        (id, room, value)
                                    }};
                                }
                                /// Makes sure that the value in a slot of the stack is forced.
                                macro_rules! force_slot {
                                    ($slot:expr, $at:expr) => {{
                                        let slot: *mut Value<'static> = $slot;
                                        let mut value = slot.read();
                                        if value.is_thunk() {
                                            value = value.resolved();
                                            if value.is_thunk() {
                                                evaluate!(value, $at);
                                            }
                                            slot.write(value);
                                        }
                                        value
                                    }};
                                }
                                /// Makes sure that `{1}` is forced.
                                macro_rules! force_top {
                                    ($at:expr) => {
                                        force_slot!(sp.sub(1), $at)
                                    };
                                }
                                /// Counts operands of which some are suspended expressions.
                                macro_rules! count_operands {
                                    ($count:expr) => {
                                        if OBSERVED {
                                            self.shared.counts.operands += $count as u64;
                                        }
                                    };
                                }
                                /// Performs a step that gives the result of an instruction.
                                macro_rules! begin {
                                    ($step:expr) => {{
                                        let step = $step;
                                        match step.value() {
                                            Some(value) => push!(value),
                                            None => {
                                                save!();
                                                let depth = (*frame).continuation.depth;
                                                self.begin(step, Continuation::push(depth))?;
                                                continue 'frame;
                                            }
                                        }
                                    }};
                                }
                                /// Joins so many values from the top of the stack on after a safe point.
                                macro_rules! join_later {
                                    ($count:expr) => {{
                                        save!();
                                        // The task has copies: the values are overwritten by its frame.
                                        let parts = std::slice::from_raw_parts(sp, $count);
                                        let step = join_step(&mut self.shared, parts);
                                        self.begin(step, Continuation::push((*frame).continuation.depth))?;
                                        continue 'frame;
                                    }};
                                }
                                /// Runs the builtin on top with its arguments below it; gives its result, or a step. Strict
                                /// arguments are evaluated before.
                                macro_rules! run_builtin {
                                    ($at:expr, $native:expr) => {{
                                        (*frame).pc = offset!(pc);
                                        (*frame).again = false;
                                        match self.run_builtin($native, sp)?.at_once() {
                                            Err(step) if step.awaits_argument() => {
                                                if OBSERVED {
                                                    self.shared.counts.operands -=
                                                        u64::from((*$native).arity);
                                                }
                                                evaluate!(self.shared.handover.subject, $at);
                                            }
                                            outcome => outcome,
                                        }
                                    }};
                                }
                                macro_rules! arithmetic {
                                    ($at:expr, $checked:ident, $slow:ident) => {{
                                        let left = force_slot!(sp.sub(2), $at);
                                        let right = force_top!($at);
                                        sp = sp.sub(2);
                                        let fast = match (left.as_small_int(), right.as_small_int()) {
                                            (Some(a), Some(b)) => a.$checked(b).and_then(Value::small_int),
                                            _ => None,
                                        };
                                        match fast {
                                            Some(value) => push!(value),
                                            None => {
                                                let value = check!(self.$slow(left, right));
                                                push!(value);
                                            }
                                        }
                                    }};
                                }
                                /// `$left < $right`, where the operands lie at these places of the stack.
                                macro_rules! less {
                                    ($at:expr, $left:expr, $right:expr, $negate:expr) => {{
                                        let second = force_slot!(sp.sub(2), $at);
                                        let first = force_top!($at);
                                        let operands = [first, second];
                                        let (left, right) = (operands[$left - 1], operands[$right - 1]);
                                        sp = sp.sub(2);
                                        match (left.as_small_int(), right.as_small_int()) {
                                            (Some(a), Some(b)) => push!(Value::bool((a < b) != $negate)),
                                            _ => {
                                                begin!(check!(less_step(
                                                    &mut self.shared,
                                                    left,
                                                    right,
                                                    $negate
                                                )))
                                            }
                                        }
                                    }};
                                }
                                /// Ends the frame on top with its result.
                                macro_rules! give {
                                    ($value:expr) => {{
                                        let mut value: Value<'static> = $value;
                                        let continuation = (*frame).continuation;
                                        if continuation.pending == 0 {
                                            match continuation.update.as_thunk() {
                                                None => {
                                                    sp = base;
                                                    push!(value);
                                                    leave!();
                                                    continue 'next;
                                                }
                                                Some(thunk) if is_value(&mut value) => {
                                                    let value = self.shared.heap.place_list(value);
                                                    self.shared.heap.finish(thunk, value);
                                                    sp = base;
                                                    leave!();
                                                    continue 'next;
                                                }
                                                Some(_) if Thunk::of(value).is_unevaluated() => {
                                                    // The frame waits for the value in place of its code.
                                                    wait_for_value(frame);
                                                    sp = base;
                                                    push!(value);
                                                    break 'evaluate value;
                                                }
                                                Some(_) => {}
                                            }
                                        }
                                        self.frames.pop();
                                        self.sp = base.offset_from(self.stack.as_ptr()) as usize;
                                        self.drive(Action::Deliver { value, continuation })?;
                                        continue 'frame;
                                    }};
                                }
                                /// Applies `{1}` to the `$count` values below it.
                                macro_rules! call {
                                    ($at:expr, $count:expr) => {{
                                        let count: usize = $count;
                                        count_operands!(count);
                                        let function = sp.sub(1).read().resolved();
                                        let depth = (*frame).continuation.depth + 1;
                                        if function.is_closure() {
                                            let id = Heap::closure_code(function);
                                            let callee = self.shared.codes.pointer(id);
                                            let arity = (*callee).arity as usize;
                                            if arity <= count
                                                && (*callee).is_ready()
                                                && depth <= self.shared.settings.max_call_depth
                                            {
                                                if OBSERVED {
                                                    self.shared.counts.function_calls += 1;
                                                }
                                                sp = sp.sub(1);
                                                (*frame).pc = offset!(pc);
                                                (*frame).again = false;
                                                let pending = (count - arity) as u32;
                                                let continuation =
                                                    Continuation { update: Value::NONE, pending, depth };
                                                enter!(id, callee, function, sp.sub(arity), continuation);
                                            }
                                        } else if let Some(native) = self.builtin_of_arity(function, count) {
                                            match run_builtin!($at, native) {
                                                Ok(value) => {
                                                    sp = sp.sub(count + 1);
                                                    push!(value);
                                                    continue 'next;
                                                }
                                                Err(step) => {
                                                    self.sp -= count + 1;
                                                    self.begin_native(
                                                        step,
                                                        function,
                                                        Continuation::push(depth - 1),
                                                    )?;
                                                    continue 'frame;
                                                }
                                            }
                                        }
                                        sp = sp.sub(1);
                                        save!();
                                        self.call(function, count as u32)?;
                                        continue 'frame;
                                    }};
                                }
                                /// The same, giving up the frame on top: the arguments move to its base, above what is
                                /// still to be applied.
                                macro_rules! tail_call {
                                    ($at:expr, $count:expr) => {{
                                        let count: usize = $count;
                                        count_operands!(count);
                                        let function = sp.sub(1).read().resolved();
                                        let continuation = (*frame).continuation;
                                        let depth = continuation.depth + 1;
                                        if function.is_closure() {
                                            let id = Heap::closure_code(function);
                                            let callee = self.shared.codes.pointer(id);
                                            let arity = (*callee).arity as usize;
                                            if arity <= count
                                                && (*callee).is_ready()
                                                && depth <= self.shared.settings.max_call_depth
                                            {
                                                if OBSERVED {
                                                    self.shared.counts.function_calls += 1;
                                                }
                                                std::ptr::copy(sp.sub(1 + count), base, count);
                                                sp = base.add(count);
                                                let pending = continuation.pending + (count - arity) as u32;
                                                let update = continuation.update;
                                                let len = self.frames.len() - 1;
                                                self.frames.set_len(len);
                                                let continuation = Continuation { update, pending, depth };
                                                enter!(id, callee, function, sp.sub(arity), continuation);
                                            }
                                        } else if let Some(native) = self.builtin_of_arity(function, count) {
                                            match run_builtin!($at, native) {
                                                Ok(value) => give!(value),
                                                Err(step) => {
                                                    self.frames.pop();
                                                    self.sp = base.offset_from(self.stack.as_ptr()) as usize;
                                                    self.begin_native(step, function, continuation)?;
                                                    continue 'frame;
                                                }
                                            }
                                        }
                                        sp = sp.sub(1);
                                        save!();
                                        self.tail_call(function, count as u32)?;
                                        continue 'frame;
                                    }};
                                }
                                macro_rules! jump_if {
                                    ($at:expr, $width:ident, $wanted:literal) => {{
                                        let value = force_top!($at);
                                        let distance = distance!($width);
                                        match value.as_bool() {
                                            Some(b) => {
                                                if b == $wanted {
                                                    jump!(distance);
                                                }
                                            }
                                            None => check!(Err(type_error(&self.shared, "a Boolean", value))),
                                        }
                                    }};
                                }
                                macro_rules! branch_if_false {
                                    ($at:expr, $width:ident) => {{
                                        let value = force_top!($at);
                                        let distance = distance!($width);
                                        sp = sp.sub(1);
                                        match value.as_bool() {
                                            Some(true) => {}
                                            Some(false) => jump!(distance),
                                            None => check!(Err(type_error(&self.shared, "a Boolean", value))),
                                        }
                                    }};
                                }
                                macro_rules! select_or_jump {
                                    ($at:expr, $width:ident) => {{
                                        let set = force_top!($at);
                                        let name = constant!();
                                        let cache = uvarint!();
                                        let distance = distance!($width);
                                        let found = match (set.as_attrs(), name.as_name()) {
                                            (Some(set), Some(name)) => {
                                                find(caches!().add(cache), &mut self.shared, set, name)
                                            }
                                            _ => None,
                                        };
                                        match found {
                                            Some(value) => sp.sub(1).write(value),
                                            None => {
                                                sp = sp.sub(1);
                                                jump!(distance);
                                            }
                                        }
                                    }};
                                }
                                macro_rules! jump_if_bound {
                                    ($width:ident) => {{
                                        let slot = uvarint!();
                                        let distance = distance!($width);
                                        if base.add(slot).read().bits() != Value::NOT_FOUND.bits() {
                                            jump!(distance);
                                        }
                                    }};
                                }
                                macro_rules! jump_if_not_found {
                                    ($width:ident) => {{
                                        let distance = distance!($width);
                                        if sp.sub(1).read().bits() == Value::NOT_FOUND.bits() {
                                            sp = sp.sub(1);
                                            jump!(distance);
                                        }
                                    }};
                                }
                                macro_rules! jump_if_no_request {
                                    ($width:ident) => {{
                                        let distance = distance!($width);
                                        if sp.sub(1).read().bits() == Value::FINALISE_NO.bits() {
                                            jump!(distance);
                                        }
                                    }};
                                }
                                /// Looks a name up in the `with` scopes; `$set` in scope number `$depth`
                                /// by `$find`.
                                macro_rules! resolve_with {
                                    ($at:expr, $name:expr, |$set:ident, $depth:ident| $find:expr) => {{
                                        let name = $name;
                                        let mut scope = (*frame).withs;
                                        let mut $depth = 0;
                                        loop {
                                            let Some((namespace, parent)) = Heap::with_parts(scope) else {
                                                check!(Err(self.undefined(name)))
                                            };
                                            let namespace = namespace.resolved();
                                            if namespace.is_thunk() {
                                                evaluate!(namespace, $at);
                                            }
                                            let Some($set) = namespace.as_attrs() else {
                                                check!(Err(type_error(&self.shared, "a set", namespace)))
                                            };
                                            if let Some(value) = $find {
                                                break value;
                                            }
                                            scope = parent;
                                            $depth += 1;
                                        }
                                    }};
                                }
                                /// The name that a computed key is, if any attribute anywhere has it.
                                macro_rules! known_name {
                                    ($key:expr) => {{
                                        let key = $key;
                                        match noted_name(key) {
                                            None => check!(self.key_symbol(key)),
                                            name => name,
                                        }
                                    }};
                                }
                                /// The first of the inline caches of the code.
                                macro_rules! caches {
                                    () => {
                                        self.shared
                                            .codes
                                            .caches
                                            .as_mut_ptr()
                                            .add((*code).first_cache as usize)
                                    };
                                }

                                if OBSERVED {
                                    self.sp = sp.offset_from(self.stack.as_ptr()) as usize;
                                    self.watch(offset!(pc), *pc);
                                }
                                let at = pc;
                                let number = *pc;
                                pc = pc.add(1);
                                // The verifier lets no other numbers pass than those of the table and `Invalid`.
                                debug_assert!(Instruction::decode(number) as u8 == number);
                                match std::mem::transmute::<u8, Instruction>(number) {
                                    Instruction::Constant => push!(constant!()),
                                    Instruction::Pop => sp = sp.sub(1),
                                    Instruction::Invert => {
                                        let value = force_top!(at);
                                        match value.as_bool() {
                                            Some(b) => sp.sub(1).write(Value::bool(!b)),
                                            None => check!(Err(type_error(&self.shared, "a Boolean", value))),
                                        }
                                    }
                                    Instruction::Negate => {
                                        let value = force_top!(at);
                                        let negated = check!(self.negate(value));
                                        sp.sub(1).write(negated);
                                    }
                                    Instruction::Add => {
                                        let left = force_slot!(sp.sub(2), at);
                                        let right = force_top!(at);
                                        sp = sp.sub(2);
                                        let fast = match (left.as_small_int(), right.as_small_int()) {
                                            (Some(a), Some(b)) => Value::small_int(a + b),
                                            _ => None,
                                        };
                                        match fast {
                                            Some(value) => push!(value),
                                            None => begin!(check!(self.add(left, right))),
                                        }
                                    }
                                    Instruction::Sub => arithmetic!(at, checked_sub, subtract),
                                    Instruction::Mul => arithmetic!(at, checked_mul, multiply),
                                    Instruction::Div => arithmetic!(at, checked_div, divide),
                                    Instruction::Equal => {
                                        let left = force_slot!(sp.sub(2), at);
                                        let right = force_top!(at);
                                        sp = sp.sub(2);
                                        match quick_equal(left, right) {
                                            Some(equal) => push!(Value::bool(equal)),
                                            None => begin!(equal_step(&mut self.shared, left, right)),
                                        }
                                    }
                                    Instruction::Less => less!(at, 2, 1, false),
                                    Instruction::LessOrEq => less!(at, 1, 2, true),
                                    Instruction::More => less!(at, 1, 2, false),
                                    Instruction::MoreOrEq => less!(at, 2, 1, true),
                                    Instruction::Jump => {
                                        let distance = distance!(narrow);
                                        jump!(distance);
                                    }
                                    Instruction::JumpWide => {
                                        let distance = distance!(wide);
                                        jump!(distance);
                                    }
                                    Instruction::JumpIfTrue => jump_if!(at, narrow, true),
                                    Instruction::JumpIfTrueWide => jump_if!(at, wide, true),
                                    Instruction::JumpIfFalse => jump_if!(at, narrow, false),
                                    Instruction::JumpIfFalseWide => jump_if!(at, wide, false),
                                    Instruction::JumpIfCatchable => {
                                        let distance = distance!(narrow);
                                        if sp.sub(1).read().bits() == Value::CAUGHT.bits() {
                                            jump!(distance);
                                        }
                                    }
                                    Instruction::JumpIfNotFound => jump_if_not_found!(narrow),
                                    Instruction::JumpIfNotFoundWide => jump_if_not_found!(wide),
                                    Instruction::JumpIfNoFinaliseRequest => jump_if_no_request!(narrow),
                                    Instruction::JumpIfNoFinaliseRequestWide => jump_if_no_request!(wide),
                                    Instruction::Attrs => {
                                        let count = uvarint!();
                                        count_operands!(count);
                                        sp = sp.sub(2 * count);
                                        let pairs = std::slice::from_raw_parts(sp, 2 * count);
                                        let value = check!(self.build_attrs(pairs, &*code, offset!(at)));
                                        push!(value);
                                    }
                                    Instruction::AttrsUpdate => {
                                        let left = force_slot!(sp.sub(2), at);
                                        let right = force_top!(at);
                                        sp = sp.sub(2);
                                        let value = check!(self.update(left, right));
                                        push!(value);
                                    }
                                    Instruction::AttrsSelect => {
                                        let key = pop!().resolved();
                                        let set = pop!().resolved();
                                        let noted = noted_name(key);
                                        let found =
                                            set.as_attrs().zip(noted).and_then(|(set, name)| set.get(name));
                                        let value = match found.map_or_else(|| self.select_key(set, key), Ok)
                                        {
                                            Ok(value) => value,
                                            Err(error) => {
                                                check!(Err(self.formal_failure(
                                                    error,
                                                    &*code,
                                                    offset!(at) as usize,
                                                    key
                                                )))
                                            }
                                        };
                                        push!(value);
                                    }
                                    Instruction::AttrsTrySelect => {
                                        let key = pop!().resolved();
                                        let set = pop!().resolved();
                                        let name = known_name!(key);
                                        let found =
                                            set.as_attrs().zip(name).and_then(|(set, name)| set.get(name));
                                        push!(found.unwrap_or(Value::NOT_FOUND));
                                    }
                                    Instruction::HasAttr => {
                                        let key = pop!().resolved();
                                        let set = pop!().resolved();
                                        let name = known_name!(key);
                                        let found =
                                            set.as_attrs().zip(name).is_some_and(|(set, name)| set.has(name));
                                        push!(Value::bool(found));
                                    }
                                    Instruction::ValidateClosedFormals => {
                                        let set = sp.sub(1).read().resolved();
                                        check!(self.validate_closed(set, &*code));
                                    }
                                    Instruction::PushWith => {
                                        let slot = uvarint!();
                                        let namespace = base.add(slot).read();
                                        (*frame).withs =
                                            self.shared.heap.with_scope(namespace, (*frame).withs);
                                    }
                                    Instruction::PopWith => {
                                        let parts = Heap::with_parts((*frame).withs);
                                        (*frame).withs = parts.map_or(Value::NONE, |(_, parent)| parent);
                                    }
                                    Instruction::ResolveWith => {
                                        let Some(name) = sp.sub(1).read().as_name() else {
                                            return Err(not_ready());
                                        };
                                        let value = resolve_with!(at, name, |set, _depth| set.get(name));
                                        sp.sub(1).write(value);
                                    }
                                    Instruction::ResolveWithName => {
                                        let Some(name) = constant!().as_name() else {
                                            return Err(not_ready());
                                        };
                                        let cache = (*code).first_cache + uvarint!() as u32;
                                        let scopes = (*frame).withs;
                                        let value = match self.scope_memo.get(cache, scopes) {
                                            Some(value) => value,
                                            None => {
                                                let first =
                                                    self.shared.codes.caches.as_mut_ptr().add(cache as usize);
                                                let value = resolve_with!(at, name, |set, depth| {
                                                    if depth < SCOPE_CACHES as usize {
                                                        find(first.add(depth), &mut self.shared, set, name)
                                                    } else {
                                                        set.get(name)
                                                    }
                                                });
                                                self.scope_memo.note(cache, scopes, value);
                                                value
                                            }
                                        };
                                        push!(value);
                                    }
                                    Instruction::List => {
                                        let count = uvarint!();
                                        count_operands!(count);
                                        sp = sp.sub(count);
                                        let elements = std::slice::from_raw_parts(sp, count);
                                        push!(self.shared.heap.list(elements));
                                    }
                                    Instruction::Concat => {
                                        let left = force_slot!(sp.sub(2), at);
                                        let right = force_top!(at);
                                        sp = sp.sub(2);
                                        match check!(self.concat(left, right)) {
                                            Some(value) => push!(value),
                                            None => join_later!(2),
                                        }
                                    }
                                    Instruction::Interpolate => {
                                        let count = uvarint!();
                                        sp = sp.sub(count);
                                        let parts = std::slice::from_raw_parts(sp, count);
                                        match check!(self.interpolate(parts)) {
                                            Some(value) => push!(value),
                                            None => join_later!(count),
                                        }
                                    }
                                    Instruction::CoerceToString => {
                                        let value = force_top!(at);
                                        let how = Coerce(*pc);
                                        pc = pc.add(1);
                                        if value.as_string().is_none() {
                                            sp = sp.sub(1);
                                            begin!(check!(coerce_step(&mut self.shared, value, how)));
                                        }
                                    }
                                    Instruction::FindFile => {
                                        let name = pop!();
                                        begin!(self.find_file_step(name));
                                    }
                                    Instruction::ResolveHomePath => {
                                        let path = pop!();
                                        let value = check!(self.home_path(path));
                                        push!(value);
                                    }
                                    Instruction::AssertBool => {
                                        let value = force_top!(at);
                                        if value.as_bool().is_none() {
                                            check!(Err(type_error(&self.shared, "a Boolean", value)))
                                        }
                                    }
                                    Instruction::AssertAttrs => {
                                        let value = force_top!(at);
                                        if !value.is_attrs() {
                                            check!(Err(type_error(&self.shared, "a set", value)))
                                        }
                                    }
                                    Instruction::GetLocal => push!(base.add(uvarint!()).read()),
                                    Instruction::SetLocal => {
                                        let slot = uvarint!();
                                        let value = pop!();
                                        base.add(slot).write(value);
                                    }
                                    Instruction::CloseScope => {
                                        let count = uvarint!();
                                        let value = pop!();
                                        sp = sp.sub(count);
                                        push!(value);
                                    }
                                    Instruction::AssertFail => {
                                        let tables = self.shared.codes.more(&*code).tables();
                                        let text = tables.assertion_at(offset!(at)).unwrap_or(b"false");
                                        check!(Err(Error::new(DiagnosticId::AssertionFailed, &[&text])))
                                    }
                                    Instruction::Call => {
                                        if leads_to_return(&*code, offset!(pc) as usize) {
                                            tail_call!(at, 1);
                                        } else {
                                            call!(at, 1);
                                        }
                                    }
                                    Instruction::CallN => {
                                        let count = uvarint!();
                                        call!(at, count);
                                    }
                                    Instruction::TailCall => {
                                        let count = uvarint!();
                                        tail_call!(at, count);
                                    }
                                    Instruction::GetUpvalue => push!(captured.add(uvarint!()).read()),
                                    Instruction::GetUpvalueForced => {
                                        let value = captured.add(uvarint!()).read().resolved();
                                        if value.is_thunk() {
                                            evaluate!(value, at);
                                        }
                                        push!(value);
                                    }
                                    Instruction::GetLocalForced => {
                                        let slot = uvarint!();
                                        let value = force_slot!(base.add(slot), at);
                                        push!(value);
                                    }
                                    Instruction::Closure | Instruction::ThunkClosure => {
                                        let (_, _, value) = capturing!(closure);
                                        push!(value);
                                    }
                                    Instruction::ThunkSuspended => {
                                        let (_, _, value) = capturing!(suspended);
                                        push!(value);
                                    }
                                    Instruction::ThunkOrInteger => {
                                        let (id, room, value) = capturing!(suspended);
                                        let code = self.shared.codes.pointer(id);
                                        let integer =
                                            if (*code).is_arithmetic { integer(code, room) } else { None };
                                        if integer.is_some() {
                                            self.shared.heap.take_back(value);
                                        } else if OBSERVED {
                                            self.shared.counts.operands -= 1;
                                        }
                                        push!(integer.unwrap_or(value));
                                    }
                                    Instruction::Force => {
                                        force_top!(at);
                                    }
                                    Instruction::Finalise => {
                                        let slot = uvarint!();
                                        let value = base.add(slot).read();
                                        finalise(value, base, sp);
                                        self.shared.heap.note_change(value);
                                    }
                                    Instruction::Return => {
                                        let value = pop!();
                                        give!(value);
                                    }
                                    Instruction::Select => {
                                        let set = force_top!(at);
                                        let name = constant!();
                                        let cache = uvarint!();
                                        let found = match (set.as_attrs(), name.as_name()) {
                                            (Some(set), Some(name)) => {
                                                find(caches!().add(cache), &mut self.shared, set, name)
                                            }
                                            _ => None,
                                        };
                                        match found {
                                            Some(value) => sp.sub(1).write(value),
                                            None => check!(Err(self.select_failure(set, name))),
                                        }
                                    }
                                    Instruction::SelectOrJump => select_or_jump!(at, narrow),
                                    Instruction::SelectOrJumpWide => select_or_jump!(at, wide),
                                    Instruction::HasName => {
                                        let set = force_top!(at);
                                        let name = constant!().as_name();
                                        let found =
                                            set.as_attrs().zip(name).is_some_and(|(set, name)| set.has(name));
                                        sp.sub(1).write(Value::bool(found));
                                    }
                                    Instruction::AttrsKeys => {
                                        let Some(index) = constant!().as_number() else {
                                            return Err(not_ready());
                                        };
                                        let keys: &KeySet =
                                            self.shared.codes.more(&*code).keys.get_unchecked(index as usize);
                                        let count = keys.count as usize;
                                        count_operands!(count);
                                        sp = sp.sub(count);
                                        let values = std::slice::from_raw_parts(sp, count);
                                        let value =
                                            self.shared.heap.attrs_with(keys.shape.get(), count, |room| {
                                                if keys.order.is_empty() {
                                                    room.copy_from_slice(values);
                                                } else {
                                                    for (slot, &from) in room.iter_mut().zip(&*keys.order) {
                                                        *slot = values[from as usize];
                                                    }
                                                }
                                            });
                                        push!(value);
                                    }
                                    Instruction::TakeFormals => {
                                        let slot = uvarint!();
                                        let argument = force_slot!(base.add(slot), at);
                                        let Some(set) = argument.as_attrs() else {
                                            check!(Err(self.with_caller(type_error(
                                                &self.shared,
                                                "a set",
                                                argument
                                            ))))
                                        };
                                        let Some(formals) = self.shared.codes.formals(&*code) else {
                                            return Err(not_ready());
                                        };
                                        let mut found = 0;
                                        for formal in &formals.list {
                                            match set.get(formal.name) {
                                                Some(value) => {
                                                    found += 1;
                                                    push!(value);
                                                }
                                                None if formal.has_default => push!(Value::NOT_FOUND),
                                                None => {
                                                    check!(Err(self.missing_argument(&*code, formal.name)))
                                                }
                                            }
                                        }
                                        if found != set.len() && !formals.ellipsis {
                                            check!(Err(self.unexpected_argument(set, &*code)))
                                        }
                                    }
                                    Instruction::JumpIfBound => jump_if_bound!(narrow),
                                    Instruction::JumpIfBoundWide => jump_if_bound!(wide),
                                    Instruction::BranchIfFalse => branch_if_false!(at, narrow),
                                    Instruction::BranchIfFalseWide => branch_if_false!(at, wide),
                                    Instruction::FailUndefined => {
                                        let name = constant!().as_name();
                                        check!(Err(name.map_or_else(not_ready, |name| self.undefined(name))))
                                    }
                                    Instruction::Invalid => {
                                        let message =
                                            format!("invalid instruction at offset {}", offset!(at));
                                        check!(Err(Error::new(DiagnosticId::Internal, &[&message])))
                                    }
                                }
                            }
                        };
                        // The frame on top waits for this thunk.
                        let thunk = Thunk::of(value);
                        let depth = (*frame).continuation.depth;
                        let continuation = Continuation { update: value, pending: 0, depth };
                        match thunk.state() {
                            ThunkState::Suspended => {
                                let id = thunk.code();
                                let callee = self.shared.codes.pointer(id);
                                if (*callee).is_ready() {
                                    thunk.begin();
                                    break 'enter Entry {
                                        id,
                                        code: callee,
                                        closure: value,
                                        base: sp,
                                        continuation,
                                    };
                                }
                            }
                            ThunkState::Application => {
                                if let Some((id, callee, function)) = self.ready_application(thunk) {
                                    if OBSERVED {
                                        self.shared.counts.function_calls += 1;
                                    }
                                    thunk.begin();
                                    let arguments = thunk.captured().get_unchecked(1..);
                                    let base = sp;
                                    for &argument in arguments.iter().rev() {
                                        sp.write(argument);
                                        sp = sp.add(1);
                                    }
                                    break 'enter Entry {
                                        id,
                                        code: callee,
                                        closure: function,
                                        base,
                                        continuation,
                                    };
                                }
                            }
                            _ => {}
                        }
                        self.sp = sp.offset_from(self.stack.as_ptr()) as usize;
                        self.enter_thunk(value, depth)?;
                        continue 'frame;
                    };
                    // A ready code is entered; its values begin at `entry.base`. This is a safe point.
                    if self.frames.len() == self.frames.capacity() {
                        self.sp = sp.offset_from(self.stack.as_ptr()) as usize;
                        self.grow_frames_for(entry.continuation.update)?;
                    }
                    let len = self.frames.len();
                    frame = self.frames.as_mut_ptr().add(len);
                    code = entry.code;
                    base = entry.base;
                    frame.write(Frame {
                        kind: FrameKind::Code,
                        code: entry.id,
                        pc: 0,
                        again: false,
                        must: Must::Any,
                        base: base.offset_from(self.stack.as_ptr()) as u32,
                        closure: entry.closure,
                        withs: if (*code).captures_with {
                            captured_scope(entry.closure)
                        } else {
                            Value::NONE
                        },
                        site: CallSite::NONE,
                        continuation: entry.continuation,
                    });
                    self.frames.set_len(len + 1);
                    captured = captured_pointer(entry.closure);
                    pc = (*code).bytes.as_ptr();
                    let top = sp as usize + (*code).max_stack as usize * size_of::<Value<'static>>();
                    if top > self.stack_limit || self.wants_attention() {
                        self.sp = sp.offset_from(self.stack.as_ptr()) as usize;
                        self.ensure_stack((*code).max_stack as usize);
                        self.safe_point()?;
                        continue 'frame;
                    }
                    continue 'run;
                }
            }
        }
    }
}
