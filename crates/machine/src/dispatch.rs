//! The dispatch loop: executes the instructions of chunks.
//!
//! The registers (`pc`, `sp`, …) live in local variables; they are written back before anything
//! that may push a frame, allocate at a safe point or fail. An instruction that needs an operand
//! forced suspends and is executed anew when the operand is there, so that none has to be resumed
//! half-way.
//!
//! Unsafe code here relies on the verifier: a chunk comes from the compiler (whose chunks pass it)
//! or from storage (where it is run): operands are in range, the stack stays between the base of
//! the frame and `max_stack`, code ends with an instruction that ends it.
#![allow(unsafe_code)]

use nivose_base::{DiagnosticId, Error, Result};
use nivose_bytecode::instruction::{Coerce, Instruction};
use nivose_bytecode::uvarint::read_uvarint;
use nivose_heap::{Attrs, Heap, Kind, Thunk, ThunkState, Value};

use crate::code::{Cache, Code, CodeId, KeySet};
use crate::coerce::coerce_step;
use crate::drive::Action;
use crate::equality::equal_step;
use crate::frame::{CallSite, Continuation, Frame, FrameKind};
use crate::machine::Machine;
use crate::native::Step;
use crate::ordering::less_step;
use crate::types::type_error;

/// The words that a closure or thunk captured.
pub(crate) fn captured_words(closure: Value<'static>) -> &'static [Value<'static>] {
    if let Some(thunk) = closure.as_thunk() {
        return thunk.captured();
    }
    // SAFETY: closures and thunks keep as many words as their header counts.
    unsafe { std::slice::from_raw_parts(Heap::captured(closure), Heap::captured_count(closure)) }
}

/// A suspended computation without captured values.
pub(crate) fn new_suspended(heap: &mut Heap, code: CodeId) -> Value<'static> {
    // SAFETY: there is no word to write.
    unsafe { heap.suspended(code, 0).1 }
}

/// The instructions of a chunk, for as long as the chunk lives.
pub(crate) fn code_bytes(chunk: &std::sync::Arc<nivose_bytecode::Chunk>) -> &'static [u8] {
    // SAFETY: kept only beside the shared chunk, whose code never moves or changes.
    unsafe { std::slice::from_raw_parts(chunk.code.as_ptr(), chunk.code.len()) }
}

/// A function without captured values.
pub(crate) fn new_closure(heap: &mut Heap, code: CodeId) -> Value<'static> {
    // SAFETY: there is no word to write.
    unsafe { heap.closure(code, 0).1 }
}

impl Machine {
    /// Runs until the bottom frame of this evaluation is on top, and takes it away.
    pub(crate) fn run(&mut self) -> Result<()> {
        loop {
            let outcome = match self.frames.last().map(|frame| frame.kind) {
                None => return Ok(()),
                Some(FrameKind::Halt) => {
                    self.frames.pop();
                    return Ok(());
                }
                // SAFETY: the frame on top runs a code that is ready and verified.
                Some(FrameKind::Code) => unsafe { self.run_code() },
                Some(FrameKind::Task) => self.resume_task(),
                Some(FrameKind::Arguments) => self.resume_arguments(),
                Some(FrameKind::Apply) => self.resume_apply(),
            };
            if let Err(error) = outcome {
                self.unwind(error)?;
            }
        }
    }

    /// Runs frames of code until another kind of frame is on top.
    ///
    /// # Safety
    /// The frame on top is one of code, the code is ready and verified, and the stack has room for it.
    #[allow(clippy::cognitive_complexity)]
    unsafe fn run_code(&mut self) -> Result<()> {
        // SAFETY: see the opening comment; every use of raw pointers below relies on the verifier.
        unsafe {
            'frame: loop {
                let frame: *mut Frame = match self.frames.last_mut() {
                    Some(frame) if frame.kind == FrameKind::Code => frame,
                    _ => return Ok(()),
                };
                let code: *const Code = self.shared.codes.get((*frame).code);
                let bytes: &[u8] = (*code).bytes;
                let constants = (*code).constants.as_ptr();
                let base = self.stack.as_mut_ptr().add((*frame).base as usize);
                let captured = captured_pointer((*frame).closure);
                let mut sp = self.stack.as_mut_ptr().add(self.sp);
                let mut pc = (*frame).pc as usize;

                /// Writes the registers back; the frame goes on at `$at`.
                macro_rules! save {
                    ($at:expr) => {
                        (*frame).pc = $at as u32;
                        (*frame).again = $at != pc;
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
                        let first = *bytes.get_unchecked(pc);
                        if first < 0x80 {
                            pc += 1;
                            first as usize
                        } else {
                            read_uvarint(bytes, &mut pc).unwrap_or(0) as usize
                        }
                    }};
                }
                macro_rules! distance {
                    (narrow) => {{
                        pc += 2;
                        u16::from_le_bytes([*bytes.get_unchecked(pc - 2), *bytes.get_unchecked(pc - 1)])
                            as usize
                    }};
                    (wide) => {{
                        pc += 4;
                        let at = bytes.as_ptr().add(pc - 4).cast::<[u8; 4]>();
                        u32::from_le_bytes(at.read()) as usize
                    }};
                }
                /// Fails at the current instruction.
                macro_rules! check {
                    ($result:expr) => {
                        match $result {
                            Ok(value) => value,
                            Err(error) => {
                                save!(pc);
                                return Err(error);
                            }
                        }
                    };
                }
                /// Evaluates a thunk that is not evaluated yet, then goes on at `$at`.
                macro_rules! evaluate {
                    ($thunk:expr, $at:expr, $discard:expr) => {{
                        let value: Value<'static> = $thunk;
                        save!($at);
                        self.enter_thunk(value, (*frame).continuation.depth, $discard)?;
                        continue 'frame;
                    }};
                }
                /// Makes sure that `{1}` is forced, executing the instruction at `$at` anew if not.
                macro_rules! force_top {
                    ($at:expr) => {{
                        let mut value = sp.sub(1).read();
                        if value.is_thunk() {
                            value = value.resolved();
                            if value.is_thunk() {
                                sp = sp.sub(1);
                                evaluate!(value, $at, false);
                            }
                            sp.sub(1).write(value);
                        }
                        value
                    }};
                }
                /// Makes sure that a value further below is forced.
                macro_rules! force_slot {
                    ($slot:expr, $at:expr) => {{
                        let slot: *mut Value<'static> = $slot;
                        let mut value = slot.read();
                        if value.is_thunk() {
                            value = value.resolved();
                            if value.is_thunk() {
                                evaluate!(value, $at, true);
                            }
                            slot.write(value);
                        }
                        value
                    }};
                }
                /// Performs a step that gives the result of an instruction.
                macro_rules! begin {
                    ($step:expr) => {{
                        match $step {
                            Step::Return(value) if !value.is_thunk() => push!(value),
                            step => {
                                save!(pc);
                                let depth = (*frame).continuation.depth;
                                self.site = CallSite::NONE;
                                self.begin(step, Continuation::push(depth))?;
                                continue 'frame;
                            }
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
                            _ => begin!(check!(less_step(&self.shared, left, right, $negate))),
                        }
                    }};
                }
                macro_rules! jump_if {
                    ($at:expr, $width:ident, $wanted:literal) => {{
                        let value = force_top!($at);
                        let distance = distance!($width);
                        match value.as_bool() {
                            Some(b) => {
                                if b == $wanted {
                                    pc += distance;
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
                            Some(false) => pc += distance,
                            None => check!(Err(type_error(&self.shared, "a Boolean", value))),
                        }
                    }};
                }
                macro_rules! select_or_jump {
                    ($at:expr, $width:ident) => {{
                        let set = force_top!($at);
                        let name = constants.add(uvarint!()).read();
                        let cache = uvarint!();
                        let distance = distance!($width);
                        let found = match (set.as_attrs(), name.as_name()) {
                            (Some(set), Some(name)) => select(set, name, code, cache),
                            _ => None,
                        };
                        match found {
                            Some(value) => sp.sub(1).write(value),
                            None => {
                                sp = sp.sub(1);
                                pc += distance;
                            }
                        }
                    }};
                }
                macro_rules! jump_if_bound {
                    ($width:ident) => {{
                        let slot = uvarint!();
                        let distance = distance!($width);
                        if base.add(slot).read().bits() != Value::NOT_FOUND.bits() {
                            pc += distance;
                        }
                    }};
                }
                macro_rules! jump_if_not_found {
                    ($width:ident) => {{
                        let distance = distance!($width);
                        if sp.sub(1).read().bits() == Value::NOT_FOUND.bits() {
                            sp = sp.sub(1);
                            pc += distance;
                        }
                    }};
                }
                macro_rules! jump_if_no_request {
                    ($width:ident) => {{
                        let distance = distance!($width);
                        if sp.sub(1).read().bits() == Value::FINALISE_NO.bits() {
                            pc += distance;
                        }
                    }};
                }
                macro_rules! resolve_with {
                    ($at:expr, $name:expr) => {{
                        let name = $name;
                        let mut scope = (*frame).withs;
                        loop {
                            let Some((namespace, parent)) = Heap::with_parts(scope) else {
                                check!(Err(self.undefined(name)))
                            };
                            let namespace = namespace.resolved();
                            if namespace.is_thunk() {
                                evaluate!(namespace, $at, true);
                            }
                            let Some(set) = namespace.as_attrs() else {
                                check!(Err(type_error(&self.shared, "a set", namespace)))
                            };
                            if let Some(value) = set.get(name) {
                                break value;
                            }
                            scope = parent;
                        }
                    }};
                }

                loop {
                    let at = pc;
                    let number = *bytes.get_unchecked(pc);
                    pc += 1;
                    // The verifier lets no other numbers pass than those of the table and `Invalid`.
                    debug_assert!(Instruction::decode(number) as u8 == number);
                    match std::mem::transmute::<u8, Instruction>(number) {
                        Instruction::Constant => push!(constants.add(uvarint!()).read()),
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
                            if left.is_small_int() && right.is_small_int() {
                                push!(Value::bool(left.bits() == right.bits()));
                            } else {
                                begin!(equal_step(&self.shared, left, right));
                            }
                        }
                        Instruction::Less => less!(at, 2, 1, false),
                        Instruction::LessOrEq => less!(at, 1, 2, true),
                        Instruction::More => less!(at, 1, 2, false),
                        Instruction::MoreOrEq => less!(at, 2, 1, true),
                        Instruction::Jump => {
                            let distance = distance!(narrow);
                            pc += distance;
                        }
                        Instruction::JumpWide => {
                            let distance = distance!(wide);
                            pc += distance;
                        }
                        Instruction::JumpIfTrue => jump_if!(at, narrow, true),
                        Instruction::JumpIfTrueWide => jump_if!(at, wide, true),
                        Instruction::JumpIfFalse => jump_if!(at, narrow, false),
                        Instruction::JumpIfFalseWide => jump_if!(at, wide, false),
                        Instruction::JumpIfCatchable => {
                            let distance = distance!(narrow);
                            if sp.sub(1).read().bits() == Value::CAUGHT.bits() {
                                pc += distance;
                            }
                        }
                        Instruction::JumpIfNotFound => jump_if_not_found!(narrow),
                        Instruction::JumpIfNotFoundWide => jump_if_not_found!(wide),
                        Instruction::JumpIfNoFinaliseRequest => jump_if_no_request!(narrow),
                        Instruction::JumpIfNoFinaliseRequestWide => jump_if_no_request!(wide),
                        Instruction::Attrs => {
                            let count = uvarint!();
                            sp = sp.sub(2 * count);
                            let pairs = std::slice::from_raw_parts(sp, 2 * count);
                            let offsets = (*code).chunk_ref().keys_at(at as u32).unwrap_or(&[]);
                            let value = check!(self.build_attrs(pairs, offsets, &*code));
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
                            let value = match self.select_key(set, key) {
                                Ok(value) => value,
                                Err(error) => check!(Err(self.formal_failure(error, &*code, at, key))),
                            };
                            push!(value);
                        }
                        Instruction::AttrsTrySelect => {
                            let key = pop!().resolved();
                            let set = pop!().resolved();
                            let name = check!(self.key_symbol(key));
                            let found = set.as_attrs().zip(name).and_then(|(set, name)| set.get(name));
                            push!(found.unwrap_or(Value::NOT_FOUND));
                        }
                        Instruction::HasAttr => {
                            let key = pop!().resolved();
                            let set = pop!().resolved();
                            let name = check!(self.key_symbol(key));
                            let found = set.as_attrs().zip(name).and_then(|(set, name)| set.get(name));
                            push!(Value::bool(found.is_some()));
                        }
                        Instruction::ValidateClosedFormals => {
                            let set = sp.sub(1).read().resolved();
                            check!(self.validate_closed(set, &*code));
                        }
                        Instruction::PushWith => {
                            let slot = uvarint!();
                            let namespace = base.add(slot).read();
                            (*frame).withs = self.shared.heap.with_scope(namespace, (*frame).withs);
                        }
                        Instruction::PopWith => {
                            let parts = Heap::with_parts((*frame).withs);
                            (*frame).withs = parts.map_or(Value::NONE, |(_, parent)| parent);
                        }
                        Instruction::ResolveWith => {
                            let Some(name) = sp.sub(1).read().as_name() else { return Err(not_ready()) };
                            let value = resolve_with!(at, name);
                            sp.sub(1).write(value);
                        }
                        Instruction::ResolveWithName => {
                            let Some(name) = constants.add(uvarint!()).read().as_name() else {
                                return Err(not_ready());
                            };
                            let value = resolve_with!(at, name);
                            push!(value);
                        }
                        Instruction::List => {
                            let count = uvarint!();
                            sp = sp.sub(count);
                            let elements = std::slice::from_raw_parts(sp, count);
                            push!(self.shared.heap.list(elements));
                        }
                        Instruction::Concat => {
                            let left = force_slot!(sp.sub(2), at);
                            let right = force_top!(at);
                            sp = sp.sub(2);
                            let value = check!(self.concat(left, right));
                            push!(value);
                        }
                        Instruction::Interpolate => {
                            let count = uvarint!();
                            sp = sp.sub(count);
                            let parts = std::slice::from_raw_parts(sp, count);
                            let value = check!(self.interpolate(parts));
                            push!(value);
                        }
                        Instruction::CoerceToString => {
                            let value = force_top!(at);
                            let how = Coerce(*bytes.get_unchecked(pc));
                            pc += 1;
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
                            let text = (*code).chunk_ref().assertion_at(at as u32).unwrap_or(b"false");
                            check!(Err(Error::new(DiagnosticId::AssertionFailed, &[&text])))
                        }
                        Instruction::Call => {
                            let function = pop!();
                            if leads_to_return(bytes, pc) {
                                save!(pc);
                                self.tail_call(function, 1)?;
                            } else {
                                save!(pc);
                                self.call(function, 1)?;
                            }
                            continue 'frame;
                        }
                        Instruction::CallN => {
                            let count = uvarint!();
                            let function = pop!();
                            save!(pc);
                            self.call(function, count as u32)?;
                            continue 'frame;
                        }
                        Instruction::TailCall => {
                            let count = uvarint!();
                            let function = pop!();
                            save!(pc);
                            self.tail_call(function, count as u32)?;
                            continue 'frame;
                        }
                        Instruction::GetUpvalue => push!(captured.add(uvarint!()).read()),
                        Instruction::GetUpvalueForced => {
                            let slot = captured.add(uvarint!());
                            let value = slot.read().resolved();
                            if value.is_thunk() {
                                evaluate!(value, pc, false);
                            }
                            push!(value);
                        }
                        Instruction::GetLocalForced => {
                            let slot = uvarint!();
                            let value = force_slot!(base.add(slot), at);
                            push!(value);
                        }
                        Instruction::Closure | Instruction::ThunkClosure => {
                            let Some(id) = constants.add(uvarint!()).read().as_code() else {
                                return Err(not_ready());
                            };
                            let (count, with) = split_captures(uvarint!());
                            let Ok(words) = u16::try_from(count + with) else {
                                check!(Err(too_many_captures()))
                            };
                            let (room, value) = self.shared.heap.closure(id, words);
                            for index in 0..count {
                                room.add(index).write(capture(uvarint!(), base, captured));
                            }
                            if with == 1 {
                                room.add(count).write((*frame).withs);
                            }
                            push!(value);
                        }
                        Instruction::ThunkSuspended => {
                            let Some(id) = constants.add(uvarint!()).read().as_code() else {
                                return Err(not_ready());
                            };
                            let (count, with) = split_captures(uvarint!());
                            let Ok(words) = u16::try_from(count + with) else {
                                check!(Err(too_many_captures()))
                            };
                            let (room, value) = self.shared.heap.suspended(id, words);
                            for index in 0..count {
                                room.add(index).write(capture(uvarint!(), base, captured));
                            }
                            if with == 1 {
                                room.add(count).write((*frame).withs);
                            }
                            push!(value);
                        }
                        Instruction::Force => {
                            let value = sp.sub(1).read();
                            if value.is_thunk() {
                                let value = value.resolved();
                                if value.is_thunk() {
                                    sp = sp.sub(1);
                                    evaluate!(value, pc, false);
                                }
                                sp.sub(1).write(value);
                            }
                        }
                        Instruction::Finalise => {
                            let slot = uvarint!();
                            finalise(base.add(slot).read(), base);
                        }
                        Instruction::Return => {
                            let value = pop!();
                            let continuation = (*frame).continuation;
                            let update = continuation.update.as_thunk();
                            if continuation.pending == 0 && (update.is_none() || !value.is_thunk()) {
                                let mut value = value;
                                if let Some(thunk) = update {
                                    value = self.shared.heap.place_list(value);
                                    thunk.finish(value);
                                }
                                sp = base;
                                if !continuation.discard {
                                    push!(value);
                                }
                                self.sp = sp.offset_from(self.stack.as_ptr()) as usize;
                                self.frames.pop();
                                continue 'frame;
                            }
                            self.frames.pop();
                            self.sp = base.offset_from(self.stack.as_ptr()) as usize;
                            self.drive(Action::Deliver { value, continuation })?;
                            continue 'frame;
                        }
                        Instruction::Select => {
                            let set = force_top!(at);
                            let name = constants.add(uvarint!()).read();
                            let cache = uvarint!();
                            let found = match (set.as_attrs(), name.as_name()) {
                                (Some(set), Some(name)) => select(set, name, code, cache),
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
                            let name = constants.add(uvarint!()).read().as_name();
                            let found = set.as_attrs().zip(name).and_then(|(set, name)| set.get(name));
                            sp.sub(1).write(Value::bool(found.is_some()));
                        }
                        Instruction::AttrsKeys => {
                            let Some(index) = constants.add(uvarint!()).read().as_number() else {
                                return Err(not_ready());
                            };
                            let keys: &KeySet = &*(*code).keys.as_ptr().add(index as usize);
                            let count = keys.order.len();
                            sp = sp.sub(count);
                            let values = std::slice::from_raw_parts(sp, count);
                            let value = self.shared.heap.attrs_with(keys.shape, count, |room| {
                                if keys.in_order {
                                    room.copy_from_slice(values);
                                } else {
                                    for (slot, &from) in room.iter_mut().zip(&keys.order) {
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
                                check!(Err(type_error(&self.shared, "a set", argument)))
                            };
                            let Some(formals) = (*code).formals() else { return Err(not_ready()) };
                            let mut found = 0;
                            for formal in &formals.list {
                                match set.get(formal.name) {
                                    Some(value) => {
                                        found += 1;
                                        push!(value);
                                    }
                                    None if formal.has_default => push!(Value::NOT_FOUND),
                                    None => check!(Err(self.missing_argument(&*code, formal.name))),
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
                            let name = constants.add(uvarint!()).read().as_name();
                            check!(Err(name.map_or_else(not_ready, |name| self.undefined(name))))
                        }
                        Instruction::Invalid => {
                            let message = format!("invalid instruction at offset {at}");
                            check!(Err(Error::new(DiagnosticId::Internal, &[&message])))
                        }
                    }
                }
            }
        }
    }

    /// Pushes what evaluates a thunk; code goes the short way.
    #[inline(always)]
    fn enter_thunk(&mut self, value: Value<'static>, depth: u32, discard: bool) -> Result<()> {
        if let Some(thunk) = value.as_thunk()
            && thunk.state() == ThunkState::Suspended
        {
            let code = thunk.code();
            self.shared.ready(code)?;
            thunk.begin();
            let continuation = Continuation { update: value, pending: 0, depth, discard };
            return self.enter_begun(code, value, continuation);
        }
        if let Some(thunk) = value.as_thunk()
            && thunk.state() == ThunkState::Application
        {
            return self.enter_application(thunk, depth, discard);
        }
        self.drive(Action::Force { thunk: value, depth, discard })
    }

    /// Makes the application that a thunk stands for.
    fn enter_application(&mut self, thunk: Thunk<'static>, depth: u32, discard: bool) -> Result<()> {
        let Some((&function, arguments)) = thunk.captured().split_first() else { return Err(not_ready()) };
        thunk.begin();
        arguments.iter().rev().for_each(|&argument| self.push(argument));
        let update = thunk.as_value();
        self.site = CallSite::NONE;
        self.call_now(function, Continuation { update, pending: arguments.len() as u32, depth, discard })
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
    #[inline(always)]
    fn call(&mut self, function: Value<'static>, count: u32) -> Result<()> {
        let depth = self.depth() + 1;
        self.site = CallSite::NONE;
        let continuation = Continuation { update: Value::NONE, pending: count, depth, discard: false };
        self.call_with(function, continuation)
    }

    #[inline(always)]
    fn call_with(&mut self, function: Value<'static>, continuation: Continuation) -> Result<()> {
        let function = function.resolved();
        if function.kind() == Some(Kind::Closure) && continuation.depth <= self.shared.settings.max_call_depth
        {
            // SAFETY: it is a closure.
            let id = unsafe { Heap::closure_code(function) };
            self.shared.ready(id)?;
            if self.shared.codes.get(id).arity == continuation.pending {
                self.shared.statistics.function_calls += 1;
                let base = self.sp as u32 - continuation.pending;
                return self.enter(id, function, base, Continuation { pending: 0, ..continuation });
            }
        }
        self.drive(Action::Apply { function, continuation })
    }

    /// The same, giving up the frame on top: the arguments move to its base, above what is still to be applied.
    #[inline(always)]
    fn tail_call(&mut self, function: Value<'static>, count: u32) -> Result<()> {
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

#[cold]
fn not_ready() -> Error {
    Error::new(DiagnosticId::Internal, &[&"code that does not fit its chunk"])
}

#[cold]
fn too_many_captures() -> Error {
    Error::new(DiagnosticId::TooManyCaptures, &[&u16::MAX.to_string()])
}

/// Where the captured words of the running closure or thunk are.
#[inline(always)]
unsafe fn captured_pointer(closure: Value<'static>) -> *mut Value<'static> {
    // SAFETY: a frame of code has a closure or thunk.
    unsafe { Heap::captured(closure) }
}

/// Number of positions, and 1 if the `with` scopes are captured too.
#[inline(always)]
fn split_captures(operand: usize) -> (usize, usize) {
    (operand >> 1, operand & 1)
}

/// The value at an encoded position. A deferred one is a number until `Finalise` fills it in.
#[inline(always)]
unsafe fn capture(
    position: usize,
    base: *mut Value<'static>,
    captured: *mut Value<'static>,
) -> Value<'static> {
    let index = position >> 2;
    // SAFETY: the verifier checked the position.
    unsafe {
        match position & 3 {
            0 => base.add(index).read().resolved(),
            1 => Value::number(index as u32),
            _ => captured.add(index).read().resolved(),
        }
    }
}

/// Fills in the deferred words of a closure or thunk. One that was evaluated in the meantime has none.
unsafe fn finalise(value: Value<'static>, base: *mut Value<'static>) {
    let thunk_state = value.as_thunk().map(|thunk| thunk.state());
    let captures = value.kind() == Some(Kind::Closure)
        || matches!(thunk_state, Some(ThunkState::Suspended | ThunkState::Blackhole));
    if !captures {
        return;
    }
    // SAFETY: closures and suspended thunks have captured words; the slots are in the frame.
    unsafe {
        let words = Heap::captured(value);
        for index in 0..Heap::captured_count(value) {
            if let Some(slot) = words.add(index).read().as_number() {
                words.add(index).write(base.add(slot as usize).read());
            }
        }
    }
}

/// Whether only the ends of scopes and jumps lie between here and `Return`.
fn leads_to_return(bytes: &[u8], mut pc: usize) -> bool {
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

/// Selects by the inline cache, or looks the name up and remembers where it stood.
#[inline(always)]
unsafe fn select(
    set: Attrs<'static>,
    name: nivose_base::Symbol,
    code: *const Code,
    cache: usize,
) -> Option<Value<'static>> {
    // SAFETY: the verifier checked the number of the cache; nobody else looks at it meanwhile. The
    // index is that of the same shape, and so in range.
    unsafe {
        let cache = (*code).caches.as_ptr().add(cache).cast_mut();
        let shape = set.shape().bits();
        if (*cache).shape == shape {
            return Some(*set.values().get_unchecked((*cache).index as usize));
        }
        let index = set.index_of(name)?;
        *cache = Cache { shape, index: index as u32 };
        Some(*set.values().get_unchecked(index))
    }
}
