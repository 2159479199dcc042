//! Variables: in code and in lazy position, and the small chunks that stand for some of them.

use nivose_base::{Span, Symbol};
use nivose_bytecode::chunk::ChunkKind;
use nivose_bytecode::instruction::Position;
use nivose_bytecode::{Constant, Instruction};
use nivose_syntax::tree::ExprId;

use super::{Blueprint, Emitter, Mode};
use crate::resolution::{Binding, Capture, Frame, Resolved};

impl Emitter<'_> {
    /// The value of a variable; `mode` is not `Tail`.
    pub(super) fn variable(&mut self, resolved: Resolved, name: Symbol, mode: Mode, at: Span) {
        self.builder.set_span(at);
        let strict = mode == Mode::Strict;
        match resolved {
            Resolved::Local(binding) => {
                let slot = self.slot(binding).index;
                self.get(Instruction::GetLocal, Instruction::GetLocalForced, slot, strict);
            }
            Resolved::Upvalue(index) => {
                self.get(Instruction::GetUpvalue, Instruction::GetUpvalueForced, index, strict);
            }
            Resolved::LocalAttribute(binding) => {
                let slot = self.slot(binding).index;
                self.builder.op_index(Instruction::GetLocal, slot);
                self.select_name(name, strict);
            }
            Resolved::UpvalueAttribute(index) => {
                self.builder.op_index(Instruction::GetUpvalue, index);
                self.select_name(name, strict);
            }
            Resolved::Global(index) => self.global(index, strict),
            Resolved::Dynamic => self.resolve_with(name, strict),
            // Resolving has refused such a source.
            Resolved::None | Resolved::Frame(_) => {
                self.builder.op_constant(Instruction::FailUndefined, Constant::Name(name));
            }
        }
    }

    fn get(&mut self, plain: Instruction, forced: Instruction, index: u32, strict: bool) {
        if strict && self.optimises() {
            self.builder.op_index(forced, index);
        } else {
            self.builder.op_index(plain, index);
            self.force_if(strict);
        }
    }

    fn force_if(&mut self, strict: bool) {
        if strict {
            self.builder.op(Instruction::Force);
        }
    }

    /// An attribute of the set on the stack, which may be a thunk.
    fn select_name(&mut self, name: Symbol, strict: bool) {
        if self.optimises() {
            self.builder.select(name);
        } else {
            self.builder.op(Instruction::Force);
            self.builder.op_constant(Instruction::Constant, Constant::Name(name));
            self.builder.op(Instruction::AttrsSelect);
        }
        self.force_if(strict);
    }

    pub(super) fn global(&mut self, index: u32, strict: bool) {
        let global = self.context.globals.value(index);
        self.builder.op_constant(Instruction::Constant, global.constant());
        self.force_if(strict && !global.is_forced());
    }

    fn resolve_with(&mut self, name: Symbol, strict: bool) {
        if self.optimises() {
            self.builder.resolve_with(name);
        } else {
            self.builder.op_constant(Instruction::Constant, Constant::Name(name));
            self.builder.op(Instruction::ResolveWith);
        }
        self.force_if(strict);
    }

    /// A variable in lazy position: copied if its value is there, otherwise suspended.
    pub(super) fn lazy_variable(&mut self, resolved: Resolved, name: Symbol, at: Span) {
        self.builder.set_span(at);
        self.deferred = false;
        match resolved {
            Resolved::Local(binding) if !self.slot(binding).is_initialised => {
                self.thunk(Blueprint::Alias(at), false, &[self.position(binding)]);
            }
            Resolved::LocalAttribute(binding) => {
                self.thunk(Blueprint::Attribute(name, at), false, &[self.position(binding)]);
            }
            Resolved::UpvalueAttribute(index) => {
                self.thunk(Blueprint::Attribute(name, at), false, &[Position::Upvalue(index)]);
            }
            Resolved::Dynamic => self.thunk(Blueprint::Dynamic(name, at), true, &[]),
            _ => self.variable(resolved, name, Mode::Value, at),
        }
    }

    pub(super) fn thunk(&mut self, kind: Blueprint, with: bool, positions: &[Position]) {
        self.capture(Instruction::ThunkSuspended, kind, with, positions);
    }

    /// Suspends an expression that has a frame of its own, or makes the closure of a function.
    pub(super) fn capture_frame(&mut self, instruction: Instruction, kind: Blueprint, frame: Frame) {
        let mut positions = std::mem::take(self.positions);
        positions.clear();
        let captures = self.context.resolution.captures(frame);
        positions.extend(captures.map(|capture| self.captured(capture)));
        self.capture(instruction, kind, frame.with, &positions);
        *self.positions = positions;
    }

    fn captured(&self, capture: Capture) -> Position {
        match capture {
            Capture::Local(binding) => self.position(binding),
            Capture::Upvalue(index) => Position::Upvalue(index),
        }
    }

    pub(super) fn frame_of(&self, id: ExprId) -> Frame {
        match self.context.resolution.expr(id) {
            Resolved::Frame(index) => self.context.resolution.frame(index),
            _ => Frame::default(),
        }
    }

    // --- slots ---

    pub(super) fn slot(&self, binding: Binding) -> super::Slot {
        self.slots.get(binding.0 as usize).copied().unwrap_or_default()
    }

    pub(super) fn set_slot(&mut self, binding: Binding, index: u32, is_initialised: bool) {
        if let Some(slot) = self.slots.get_mut(binding.0 as usize) {
            *slot = super::Slot { index, is_initialised };
        }
    }

    fn position(&self, binding: Binding) -> Position {
        let slot = self.slot(binding);
        if slot.is_initialised { Position::Slot(slot.index) } else { Position::Deferred(slot.index) }
    }

    // --- chunks ---

    pub(super) fn begin_alias(&mut self, at: Span) -> (ChunkKind, u32, bool) {
        self.at(at).op_index(Instruction::GetUpvalue, 0);
        self.builder.op(Instruction::Return);
        (ChunkKind::Thunk, 1, false)
    }

    pub(super) fn begin_attribute(&mut self, name: Symbol, at: Span) -> (ChunkKind, u32, bool) {
        self.at(at).op_index(Instruction::GetUpvalue, 0);
        self.select_name(name, false);
        self.builder.op(Instruction::Return);
        (ChunkKind::Thunk, 1, false)
    }

    pub(super) fn begin_dynamic(&mut self, name: Symbol, at: Span) -> (ChunkKind, u32, bool) {
        self.builder.set_span(at);
        self.resolve_with(name, false);
        self.builder.op(Instruction::Return);
        (ChunkKind::Thunk, 0, true)
    }
}
