//! The chunk builder: writes the code of a chunk instruction by instruction.
//!
//! It keeps the height of the stack, the run-length table of spans and the targets of jumps, and
//! drops instructions that no control reaches. It does not know what the code is for.

use nivose_base::{Span, Symbol};

use crate::chunk::{Chunk, ChunkKind, Constant, Key, Tables};
use crate::effect::{Extent, dropped_by_jump, wide_variant};
use crate::instruction::{Coerce, Instruction, Position, SCOPE_CACHES};
use crate::uvarint::write_uvarint;

/// A place in the code that jumps lead to; see [`ChunkBuilder::new_label`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Label(u32);

/// How far back a name is looked for among the constants before it is added again.
const NAMES_LOOKED_BACK: usize = 12;

#[derive(Clone, Copy, Default)]
struct LabelState {
    /// Height of the stack at the label, known from the first jump to it.
    height: Option<u32>,
}

/// A jump operand still to be written.
#[derive(Clone, Copy)]
struct Patch {
    label: Label,
    /// Code offset of the operand.
    at: u32,
}

/// Room that chunks with more code took is not used again.
pub const LONG_CODE: usize = 1 << 16;

/// Writes one chunk.
///
/// Jumps are narrow unless the builder was made wide. When a distance does not fit,
/// [`ChunkBuilder::overflowed`] says so afterwards and the chunk has to be written again, wide.
#[derive(Default)]
pub struct ChunkBuilder {
    code: Vec<u8>,
    constants: Vec<Constant>,
    spans: Vec<(u32, Span)>,
    tables: Tables,
    labels: Vec<LabelState>,
    patches: Vec<Patch>,
    state: State,
}

/// What changes from one instruction to the next.
#[derive(Clone, Copy, Default)]
struct State {
    span: Span,
    caches: u32,
    height: u32,
    max_stack: u32,
    last: Option<u32>,
    unreachable: bool,
    wide: bool,
    overflowed: bool,
}

impl ChunkBuilder {
    /// An empty chunk whose frame begins with `height` values (the arguments of a lambda).
    pub fn new(height: u32, wide: bool) -> Self {
        let state = State { height, max_stack: height, wide, ..State::default() };
        ChunkBuilder { state, ..ChunkBuilder::default() }
    }

    /// Begins another chunk, in the room of the one before.
    pub fn restart(&mut self, height: u32, wide: bool) {
        self.code.clear();
        self.constants.clear();
        self.spans.clear();
        if !self.tables.is_empty() {
            self.tables = Tables::default();
        }
        self.labels.clear();
        self.patches.clear();
        self.state = State { height, max_stack: height, wide, ..State::default() };
    }

    /// Takes the room of a chunk that is not needed any more, for the next one, unless that is much.
    pub fn recycle(&mut self, chunk: Chunk) {
        if chunk.code.len() <= LONG_CODE {
            (self.code, self.constants, self.spans) = (chunk.code, chunk.constants, chunk.spans);
            self.constants.clear();
        }
    }

    /// Sets the source span of the instructions that follow.
    pub fn set_span(&mut self, span: Span) {
        self.state.span = span;
    }

    /// The height of the stack above the base of the frame.
    pub fn height(&self) -> u32 {
        self.state.height
    }

    /// Whether no control reaches the next instruction; instructions are dropped then.
    pub fn is_unreachable(&self) -> bool {
        self.state.unreachable
    }

    /// Whether some jump was too far for its operand: the chunk must be written again, wide.
    pub fn overflowed(&self) -> bool {
        self.state.overflowed
    }

    /// The code offset of the next instruction.
    pub fn offset(&self) -> u32 {
        self.code.len() as u32
    }

    /// Offset and instruction written last; `None` at the start and after a label.
    pub fn last(&self) -> Option<(u32, Instruction)> {
        let offset = self.state.last?;
        let number = self.code.get(offset as usize)?;
        Some((offset, Instruction::decode(*number)))
    }

    /// Adds a constant and gives its index. Names used shortly before are shared.
    pub fn constant(&mut self, constant: Constant) -> u32 {
        if matches!(constant, Constant::Name(_)) {
            let recent = self.constants.len().saturating_sub(NAMES_LOOKED_BACK);
            if let Some(found) = self.constants[recent..].iter().position(|c| *c == constant) {
                return (recent + found) as u32;
            }
        }
        self.constants.push(constant);
        self.constants.len() as u32 - 1
    }

    /// Writes the opcode and accounts for the stack; whether the instruction is kept at all.
    fn begin(&mut self, instruction: Instruction, extent: Extent) -> bool {
        if self.state.unreachable {
            return false;
        }
        let offset = self.offset();
        if self.spans.last().is_none_or(|&(_, span)| span != self.state.span) {
            self.spans.push((offset, self.state.span));
        }
        self.state.last = Some(offset);
        self.code.push(instruction as u8);
        if let Some(row) = instruction.row() {
            self.state.height = self.state.height.saturating_sub(row.popped(extent)) + row.pushed(extent);
            self.state.max_stack = self.state.max_stack.max(self.state.height);
            self.state.unreachable = row.ends();
        }
        true
    }

    /// Appends an instruction without operands.
    pub fn op(&mut self, instruction: Instruction) {
        self.begin(instruction, Extent::default());
    }

    /// Appends an instruction whose only operand is an index or a count.
    pub fn op_index(&mut self, instruction: Instruction, operand: u32) {
        if self.begin(instruction, Extent { count: operand, ..Extent::default() }) {
            write_uvarint(&mut self.code, u64::from(operand));
        }
    }

    /// Appends an instruction whose only operand is a new constant.
    pub fn op_constant(&mut self, instruction: Instruction, constant: Constant) {
        if !self.state.unreachable {
            let index = self.constant(constant);
            self.op_index(instruction, index);
        }
    }

    /// Appends `CoerceToString`.
    pub fn coerce(&mut self, coerce: Coerce) {
        if self.begin(Instruction::CoerceToString, Extent::default()) {
            self.code.push(coerce.0);
        }
    }

    /// Appends `Closure`, `ThunkClosure`, `ThunkSuspended` or `ThunkOrInteger`.
    pub fn captures(&mut self, instruction: Instruction, blueprint: u32, with: bool, positions: &[Position]) {
        if self.state.unreachable {
            return;
        }
        let constant = self.constant(Constant::Blueprint(blueprint));
        self.begin(instruction, Extent::default());
        write_uvarint(&mut self.code, u64::from(constant));
        write_uvarint(&mut self.code, (positions.len() as u64) << 1 | u64::from(with));
        for position in positions {
            write_uvarint(&mut self.code, position.encode());
        }
    }

    /// Appends `Attrs` over as many pairs as there are keys, given by their source offsets.
    pub fn attrs(&mut self, key_offsets: Box<[u32]>) {
        let offset = self.offset();
        if !self.state.unreachable {
            self.op_index(Instruction::Attrs, key_offsets.len() as u32);
            self.tables.key_positions.push((offset, key_offsets));
        }
    }

    /// Appends `AttrsKeys`.
    pub fn attrs_keys(&mut self, keys: Box<[Key]>) {
        if self.state.unreachable {
            return;
        }
        let extent = Extent { keys: keys.len() as u32, ..Extent::default() };
        let constant = self.constant(Constant::Keys(keys));
        self.begin(Instruction::AttrsKeys, extent);
        write_uvarint(&mut self.code, u64::from(constant));
    }

    /// Appends `AssertFail` with the text of the condition.
    pub fn assert_fail(&mut self, condition: Box<[u8]>) {
        let offset = self.offset();
        if self.begin(Instruction::AssertFail, Extent::default()) {
            self.tables.assertions.push((offset, condition));
        }
    }

    /// Appends `AttrsSelect` that fetches a required formal.
    pub fn select_formal(&mut self) {
        let offset = self.offset();
        if self.begin(Instruction::AttrsSelect, Extent::default()) {
            self.tables.formal_selects.push(offset);
        }
    }

    /// Appends `Select` with an inline cache of its own.
    pub fn select(&mut self, name: Symbol) {
        if !self.state.unreachable {
            let constant = self.constant(Constant::Name(name));
            self.begin(Instruction::Select, Extent::default());
            self.write_name_and_cache(constant);
        }
    }

    /// Appends `ResolveWithName` with inline caches of its own.
    pub fn resolve_with(&mut self, name: Symbol) {
        if !self.state.unreachable {
            let constant = self.constant(Constant::Name(name));
            self.begin(Instruction::ResolveWithName, Extent::default());
            self.write_name_and_caches(constant, SCOPE_CACHES);
        }
    }

    fn write_name_and_cache(&mut self, constant: u32) {
        self.write_name_and_caches(constant, 1);
    }

    fn write_name_and_caches(&mut self, constant: u32, caches: u32) {
        write_uvarint(&mut self.code, u64::from(constant));
        write_uvarint(&mut self.code, u64::from(self.state.caches));
        self.state.caches += caches;
    }

    /// Appends `TakeFormals` of a lambda with so many formals.
    pub fn take_formals(&mut self, slot: u32, formals: u32) {
        if self.begin(Instruction::TakeFormals, Extent { formals, ..Extent::default() }) {
            write_uvarint(&mut self.code, u64::from(slot));
        }
    }

    /// A label that is not placed yet. Jumps only lead forward.
    pub fn new_label(&mut self) -> Label {
        self.labels.push(LabelState::default());
        Label(self.labels.len() as u32 - 1)
    }

    /// Appends a jump whose only operand is its distance.
    pub fn jump(&mut self, instruction: Instruction, label: Label) {
        let written = self.variant(instruction);
        if self.begin(written, Extent::default()) {
            self.jump_operand(written, label);
        }
    }

    /// Appends `SelectOrJump` with an inline cache of its own.
    pub fn select_or_jump(&mut self, name: Symbol, label: Label) {
        if self.state.unreachable {
            return;
        }
        let constant = self.constant(Constant::Name(name));
        let written = self.variant(Instruction::SelectOrJump);
        self.begin(written, Extent::default());
        self.write_name_and_cache(constant);
        self.jump_operand(written, label);
    }

    /// Appends `JumpIfBound`.
    pub fn jump_if_bound(&mut self, slot: u32, label: Label) {
        let written = self.variant(Instruction::JumpIfBound);
        if self.begin(written, Extent::default()) {
            write_uvarint(&mut self.code, u64::from(slot));
            self.jump_operand(written, label);
        }
    }

    fn variant(&self, instruction: Instruction) -> Instruction {
        if self.state.wide { wide_variant(instruction).unwrap_or(instruction) } else { instruction }
    }

    fn jump_operand(&mut self, written: Instruction, label: Label) {
        let pushed = written.row().map_or(0, |row| row.pushed(Extent::default()));
        let dropped = dropped_by_jump(written);
        // The height after the instruction counts its pushes, which a taken jump leaves or drops.
        let kept = if pushed == 0 { self.state.height } else { self.state.height.saturating_sub(dropped) };
        self.labels[label.0 as usize].height = Some(kept);
        self.patches.push(Patch { label, at: self.offset() });
        let size = if self.state.wide { 4 } else { 2 };
        self.code.extend_from_slice(&[0u8; 4][..size]);
    }

    /// Lets the jumps to the label lead to the next instruction.
    pub fn place(&mut self, label: Label) {
        if let Some(height) = self.labels[label.0 as usize].height {
            debug_assert!(
                self.state.unreachable || self.state.height == height,
                "jumps meet at equal heights"
            );
            self.state.height = height;
            self.state.unreachable = false;
        }
        self.state.last = None;
        let mut index = self.patches.len();
        // The jumps to an inner label are the latest ones, so that this ends early.
        while let Some(&patch) = index.checked_sub(1).and_then(|i| self.patches.get(i)) {
            index -= 1;
            if patch.label == label {
                self.write_distance(patch.at);
                self.patches.swap_remove(index);
            } else if patch.label.0 < label.0 {
                break;
            }
        }
    }

    /// Writes the distance from after the operand at `at` to the next instruction.
    fn write_distance(&mut self, at: u32) {
        let start = at as usize;
        let size = if self.state.wide { 4 } else { 2 };
        let distance = (self.code.len() - start - size) as u32;
        if !self.state.wide && distance > u32::from(u16::MAX) {
            self.state.overflowed = true;
        }
        self.code[start..start + size].copy_from_slice(&distance.to_le_bytes()[..size]);
    }

    /// Ends the chunk. All labels must have been placed.
    pub fn finish(mut self, kind: ChunkKind, upvalues: u32, captures_with: bool) -> Chunk {
        self.take(kind, upvalues, captures_with)
    }

    /// The same; the builder is of use for another chunk, see [`ChunkBuilder::restart`].
    pub fn take(&mut self, kind: ChunkKind, upvalues: u32, captures_with: bool) -> Chunk {
        debug_assert!(self.patches.is_empty(), "every label is placed");
        let rare =
            if self.tables.is_empty() { None } else { Some(Box::new(std::mem::take(&mut self.tables))) };
        Chunk {
            kind,
            code: std::mem::take(&mut self.code),
            constants: std::mem::take(&mut self.constants),
            spans: std::mem::take(&mut self.spans),
            upvalues,
            captures_with,
            max_stack: self.state.max_stack,
            caches: self.state.caches,
            rare,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::verify;

    fn branches(wide: bool, filler: usize) -> ChunkBuilder {
        let mut builder = ChunkBuilder::new(0, wide);
        let (no, end) = (builder.new_label(), builder.new_label());
        builder.op_constant(Instruction::Constant, Constant::Bool(true));
        builder.jump(Instruction::BranchIfFalse, no);
        for _ in 0..filler {
            builder.op_constant(Instruction::Constant, Constant::Null);
            builder.op(Instruction::Pop);
        }
        builder.op_constant(Instruction::Constant, Constant::Int(1));
        builder.jump(Instruction::Jump, end);
        builder.place(no);
        builder.op_constant(Instruction::Constant, Constant::Int(2));
        builder.place(end);
        builder.op(Instruction::Return);
        builder
    }

    #[test]
    fn jumps_that_do_not_fit_are_reported_and_fit_when_wide() {
        assert!(!branches(false, 10).overflowed());
        assert!(branches(false, 20_000).overflowed());
        let builder = branches(true, 20_000);
        assert!(!builder.overflowed());
        let chunk = builder.finish(ChunkKind::TopLevel, 0, false);
        assert_eq!(chunk.max_stack, 1);
        assert_eq!(verify(&[chunk], false), Ok(()));
    }

    #[test]
    fn what_no_control_reaches_is_dropped() {
        let mut builder = ChunkBuilder::new(1, false);
        builder.op_index(Instruction::TailCall, 0);
        let length = builder.offset();
        builder.op_constant(Instruction::Constant, Constant::Null);
        builder.op(Instruction::Return);
        assert_eq!(builder.offset(), length);
        assert!(builder.is_unreachable());
        assert!(builder.finish(ChunkKind::Thunk, 0, false).constants.is_empty());
    }

    #[test]
    fn the_last_instruction_is_known_until_a_label() {
        let mut builder = ChunkBuilder::new(1, false);
        assert_eq!(builder.last(), None);
        builder.op_index(Instruction::GetLocal, 0);
        builder.op(Instruction::Force);
        assert_eq!(builder.last(), Some((2, Instruction::Force)));
        let label = builder.new_label();
        builder.jump(Instruction::JumpIfTrue, label);
        builder.place(label);
        assert_eq!(builder.last(), None);
    }

    #[test]
    fn spans_are_kept_where_they_change() {
        let mut builder = ChunkBuilder::new(1, false);
        builder.set_span(Span::new(0, 5));
        builder.op_index(Instruction::GetLocal, 0);
        builder.op(Instruction::Force);
        builder.set_span(Span::new(3, 4));
        builder.op(Instruction::Return);
        let chunk = builder.finish(ChunkKind::Thunk, 0, false);
        assert_eq!(*chunk.spans, [(0, Span::new(0, 5)), (3, Span::new(3, 4))]);
        assert_eq!(chunk.span_at(2), Some(Span::new(0, 5)));
        assert_eq!(chunk.span_at(3), Some(Span::new(3, 4)));
    }
}
