//! The verifier: whether a chunk is one that the machine can run without looking.
//!
//! One pass over the code. It checks structure only: heights, targets, operands, sorts of
//! constants; not what values are.

use std::collections::BTreeMap;
use std::fmt;

use crate::chunk::{Chunk, ChunkKind, Constant};
use crate::decode::{Captures, DecodeError, Decoded, Operand, decode};
use crate::effect::{Extent, dropped_by_jump};
use crate::instruction::{Instruction, Position, SCOPE_CACHES, flags};

/// What is wrong with a chunk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The code cannot be read.
    Decode(DecodeError),
    /// More values are popped than the frame has.
    StackUnderflow,
    /// The stack grows beyond `max_stack`.
    StackOverflow,
    /// Jumps meet at different heights of the stack or of the `with` scopes.
    HeightsDiffer,
    /// A jump leads to no instruction.
    JumpTarget,
    /// No control reaches the instruction.
    Unreachable,
    /// The code does not end with an instruction that ends it.
    NoEnd,
    /// A constant that does not exist.
    ConstantIndex,
    /// A constant of the wrong sort.
    ConstantSort,
    /// A blueprint that does not exist.
    Blueprint,
    /// A slot above the stack.
    Slot,
    /// An upvalue that does not exist.
    Upvalue,
    /// An inline cache that does not exist.
    Cache,
    /// More parameters than an unfinished application can hold arguments for.
    Parameters,
    /// `PopWith` without `PushWith`.
    WithScope,
    /// `TakeFormals` or `ValidateClosedFormals` outside a lambda with formals.
    NoFormals,
}

/// What is wrong with a chunk, and where.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VerifyError {
    /// Code offset of the instruction.
    pub offset: u32,
    /// What is wrong there.
    pub fault: Fault,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at offset {}", self.fault, self.offset)
    }
}

impl std::error::Error for VerifyError {}

/// What is on the machine at some place of the code.
#[derive(Clone, Copy, PartialEq, Eq)]
struct State {
    height: u32,
    with_scopes: u32,
}

struct Verifier<'a> {
    chunk: &'a Chunk,
    blueprints: u32,
    /// `None` where no control arrives from the instruction before.
    state: Option<State>,
    /// The states that jumps bring to offsets ahead.
    targets: BTreeMap<u32, State>,
}

/// Checks a chunk of a unit that has `blueprints` blueprints.
pub fn verify(chunk: &Chunk, blueprints: u32) -> Result<(), VerifyError> {
    let height = match &chunk.kind {
        ChunkKind::Lambda(info) => info.parameters.len() as u32,
        _ => 0,
    };
    if height > u32::from(u16::MAX) {
        return Err(VerifyError { offset: 0, fault: Fault::Parameters });
    }
    let state = Some(State { height, with_scopes: 0 });
    let mut verifier = Verifier { chunk, blueprints, state, targets: BTreeMap::new() };
    let mut offset = 0;
    while (offset as usize) < chunk.code.len() {
        offset = verifier.step(offset).map_err(|fault| VerifyError { offset, fault })?;
    }
    verifier.end().map_err(|fault| VerifyError { offset, fault })
}

impl Verifier<'_> {
    /// Checks the instruction at `offset` and gives the offset after it.
    fn step(&mut self, offset: u32) -> Result<u32, Fault> {
        let decoded = decode(&self.chunk.code, offset).map_err(Fault::Decode)?;
        let before = self.arrive(offset)?;
        let mut extent = Extent::default();
        for operand in decoded.operands {
            self.operand(&decoded, operand, before, &mut extent)?;
        }
        self.formals(decoded.instruction, &mut extent)?;
        let after = self.apply(&decoded, before, extent)?;
        self.state = decoded.instruction.row().is_some_and(|row| !row.ends()).then_some(after);
        Ok(decoded.next)
    }

    /// The state at an offset, from the instruction before and from jumps.
    fn arrive(&mut self, offset: u32) -> Result<State, Fault> {
        if let Some((&target, _)) = self.targets.first_key_value()
            && target < offset
        {
            return Err(Fault::JumpTarget);
        }
        match (self.state, self.targets.remove(&offset)) {
            (Some(a), Some(b)) if a != b => Err(Fault::HeightsDiffer),
            (Some(state), _) | (None, Some(state)) => Ok(state),
            (None, None) => Err(Fault::Unreachable),
        }
    }

    fn end(&self) -> Result<(), Fault> {
        match (self.state, self.targets.is_empty()) {
            (Some(_), _) => Err(Fault::NoEnd),
            (None, false) => Err(Fault::JumpTarget),
            (None, true) => Ok(()),
        }
    }

    fn operand(
        &self,
        at: &Decoded,
        operand: Operand,
        state: State,
        extent: &mut Extent,
    ) -> Result<(), Fault> {
        match operand {
            Operand::None | Operand::Coerce(_) | Operand::Target(_) => Ok(()),
            Operand::Constant(index) => self.constant(at.instruction, index, extent),
            Operand::Slot(index) => check(index < state.height, Fault::Slot),
            Operand::Upvalue(index) => check(index < self.chunk.upvalues, Fault::Upvalue),
            Operand::Cache(index) => check(index < self.chunk.caches, Fault::Cache),
            Operand::ScopeCaches(index) => {
                let end = index.checked_add(SCOPE_CACHES);
                check(end.is_some_and(|end| end <= self.chunk.caches), Fault::Cache)
            }
            Operand::Count(count) => {
                extent.count = count;
                Ok(())
            }
            Operand::Captures(captures) => self.captures(captures, state),
        }
    }

    fn constant(&self, instruction: Instruction, index: u32, extent: &mut Extent) -> Result<(), Fault> {
        let constant = self.chunk.constants.get(index as usize).ok_or(Fault::ConstantIndex)?;
        let fits = match instruction {
            Instruction::Constant => !matches!(constant, Constant::Keys(_) | Constant::Blueprint(_)),
            Instruction::AttrsKeys => matches!(constant, Constant::Keys(_)),
            _ => matches!(constant, Constant::Name(_)),
        };
        if let Constant::Keys(keys) = constant {
            extent.keys = keys.len() as u32;
        }
        if let Constant::Function(number) = constant {
            check(*number < self.blueprints, Fault::Blueprint)?;
        }
        check(fits, Fault::ConstantSort)
    }

    fn captures(&self, captures: Captures, state: State) -> Result<(), Fault> {
        match self.chunk.constants.get(captures.constant as usize) {
            Some(Constant::Blueprint(number)) => check(*number < self.blueprints, Fault::Blueprint)?,
            Some(_) => return Err(Fault::ConstantSort),
            None => return Err(Fault::ConstantIndex),
        }
        for position in captures.positions(&self.chunk.code) {
            match position {
                Position::Slot(index) => check(index < state.height, Fault::Slot)?,
                // The slot is above the stack as yet, but within what the frame will hold.
                Position::Deferred(index) => check(index < self.chunk.max_stack, Fault::Slot)?,
                Position::Upvalue(index) => check(index < self.chunk.upvalues, Fault::Upvalue)?,
            }
        }
        Ok(())
    }

    fn formals(&self, instruction: Instruction, extent: &mut Extent) -> Result<(), Fault> {
        if !matches!(instruction, Instruction::TakeFormals | Instruction::ValidateClosedFormals) {
            return Ok(());
        }
        let ChunkKind::Lambda(info) = &self.chunk.kind else { return Err(Fault::NoFormals) };
        extent.formals = info.formals.as_ref().ok_or(Fault::NoFormals)?.list.len() as u32;
        Ok(())
    }

    fn apply(&mut self, decoded: &Decoded, before: State, extent: Extent) -> Result<State, Fault> {
        let instruction = decoded.instruction;
        let Some(row) = instruction.row() else { return Ok(before) };
        let rest = before.height.checked_sub(row.popped(extent)).ok_or(Fault::StackUnderflow)?;
        let height = rest.checked_add(row.pushed(extent)).ok_or(Fault::StackOverflow)?;
        check(height <= self.chunk.max_stack, Fault::StackOverflow)?;
        let with_scopes = match instruction {
            Instruction::PushWith => before.with_scopes + 1,
            Instruction::PopWith => before.with_scopes.checked_sub(1).ok_or(Fault::WithScope)?,
            _ => before.with_scopes,
        };
        if row.flags & flags::JUMPS != 0 {
            let height =
                before.height.checked_sub(dropped_by_jump(instruction)).ok_or(Fault::StackUnderflow)?;
            self.jump(decoded, State { height, with_scopes })?;
        }
        Ok(State { height, with_scopes })
    }

    fn jump(&mut self, decoded: &Decoded, state: State) -> Result<(), Fault> {
        let target = decoded.operands.iter().find_map(|operand| match operand {
            Operand::Target(target) => Some(*target),
            _ => None,
        });
        let target = target.ok_or(Fault::JumpTarget)?;
        match self.targets.insert(target, state) {
            Some(other) if other != state => Err(Fault::HeightsDiffer),
            _ => Ok(()),
        }
    }
}

fn check(holds: bool, fault: Fault) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err(fault) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chunk::{Key, LambdaInfo, Parameter};
    use crate::encode::ChunkBuilder;
    use nivose_base::Symbol;

    fn chunk(code: &[u8], constants: Vec<Constant>, max_stack: u32) -> Chunk {
        let mut chunk = ChunkBuilder::new(0, false).finish(ChunkKind::Thunk, 1, false);
        chunk.code = code.into();
        chunk.constants = constants.into();
        chunk.max_stack = max_stack;
        chunk
    }

    fn fault(code: &[u8], constants: Vec<Constant>) -> Option<Fault> {
        verify(&chunk(code, constants, 4), 1).err().map(|error| error.fault)
    }

    const PUSH: u8 = Instruction::Constant as u8;
    const RETURN: u8 = Instruction::Return as u8;
    const POP: u8 = Instruction::Pop as u8;

    #[test]
    fn sound_code_passes() {
        assert_eq!(fault(&[PUSH, 0, RETURN], vec![Constant::Null]), None);
        assert_eq!(fault(&[Instruction::GetUpvalue as u8, 0, RETURN], vec![]), None);
    }

    #[test]
    fn damage_to_the_stack_is_found() {
        assert_eq!(fault(&[POP], vec![]), Some(Fault::StackUnderflow));
        assert_eq!(fault(&[PUSH, 0], vec![Constant::Null]), Some(Fault::NoEnd));
        assert_eq!(fault(&[], vec![]), Some(Fault::NoEnd));
        let code = [PUSH, 0, PUSH, 0, PUSH, 0, PUSH, 0, PUSH, 0, RETURN];
        assert_eq!(fault(&code, vec![Constant::Null]), Some(Fault::StackOverflow));
        assert_eq!(fault(&[Instruction::PopWith as u8], vec![]), Some(Fault::WithScope));
        let huge = [Instruction::Attrs as u8, 0xf3, 0xff, 0xff, 0xff, 0xff];
        assert_eq!(fault(&huge, vec![]), Some(Fault::StackUnderflow));
    }

    #[test]
    fn parameters_are_counted() {
        let parameter = Parameter { function_name: None, argument: None, offset: 0, doc: None };
        let lambda = |count| {
            let parameters = vec![parameter.clone(); count].into();
            let kind = ChunkKind::Lambda(Box::new(LambdaInfo { parameters, formals: None }));
            let code = [PUSH, 0, RETURN];
            verify(&Chunk { kind, ..chunk(&code, vec![Constant::Null], 1 << 17) }, 0).map_err(|e| e.fault)
        };
        assert_eq!(lambda(65535), Ok(()));
        assert_eq!(lambda(65536), Err(Fault::Parameters));
    }

    #[test]
    fn damage_to_jumps_is_found() {
        let jump = Instruction::Jump as u8;
        assert_eq!(fault(&[jump, 9, 0], vec![]), Some(Fault::JumpTarget));
        // Into the operand of an instruction.
        let code = [PUSH, 0, Instruction::JumpIfTrue as u8, 2, 0, POP, PUSH, 0, RETURN];
        assert_eq!(fault(&code, vec![Constant::Null]), Some(Fault::JumpTarget));
        let code = [PUSH, 0, Instruction::JumpIfTrue as u8, 1, 0, POP, RETURN];
        assert_eq!(fault(&code, vec![Constant::Null]), Some(Fault::HeightsDiffer));
        assert_eq!(fault(&[jump, 1, 0, POP, RETURN], vec![]), Some(Fault::Unreachable));
    }

    #[test]
    fn damage_to_operands_is_found() {
        let name = || vec![Constant::Name(Symbol::NAME)];
        let keys = Constant::Keys(Box::new([Key { name: Symbol::NAME, offset: 0 }]));
        assert_eq!(fault(&[PUSH, 1, RETURN], name()), Some(Fault::ConstantIndex));
        assert_eq!(fault(&[PUSH, 0, RETURN], vec![keys.clone()]), Some(Fault::ConstantSort));
        assert_eq!(fault(&[Instruction::AttrsKeys as u8, 0], vec![keys]), Some(Fault::StackUnderflow));
        assert_eq!(fault(&[Instruction::AttrsKeys as u8, 0], name()), Some(Fault::ConstantSort));
        assert_eq!(fault(&[PUSH, 0, RETURN], vec![Constant::Function(1)]), Some(Fault::Blueprint));
        assert_eq!(fault(&[PUSH, 0, RETURN], vec![Constant::Blueprint(0)]), Some(Fault::ConstantSort));
        assert_eq!(fault(&[Instruction::GetLocal as u8, 0], vec![]), Some(Fault::Slot));
        assert_eq!(fault(&[Instruction::GetUpvalue as u8, 1], vec![]), Some(Fault::Upvalue));
        let select = [PUSH, 0, Instruction::Select as u8, 0, 0, RETURN];
        assert_eq!(fault(&select, name()), Some(Fault::Cache));
        assert_eq!(fault(&[Instruction::TakeFormals as u8, 0], vec![]), Some(Fault::Slot));
        let thunk = [Instruction::ThunkSuspended as u8, 0, 2, 0, RETURN];
        assert_eq!(fault(&thunk, vec![Constant::Blueprint(0)]), Some(Fault::Slot));
    }

    #[test]
    fn arbitrary_bytes_never_panic() {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        for _ in 0..20_000 {
            let code: Vec<u8> = (0..24)
                .map(|_| {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    (state % 80) as u8
                })
                .collect();
            let _ = verify(&chunk(&code, vec![Constant::Null, Constant::Name(Symbol::NAME)], 8), 1);
        }
    }
}
