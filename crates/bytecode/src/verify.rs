//! The verifier: whether the chunks of a unit are some that the machine can run without looking.
//!
//! One pass over the code. It checks structure only: heights, targets, operands, sorts of
//! constants, and that functions and thunks are made as their chunks need it; not what values are.

use std::collections::BTreeMap;
use std::fmt;

use crate::chunk::{Chunk, ChunkKind, Constant, Key};
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
    /// The stack grows beyond `max_stack`, or never to it.
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
    /// Inline caches that are not numbered in the order of the code, or not as many as the chunk says.
    Cache,
    /// A function or thunk is made of a chunk of another kind, or with other captures than it has.
    Captures,
    /// The keys of a set are not unique.
    Keys,
    /// No parameters, or more than an unfinished application can hold arguments for.
    Parameters,
    /// `ResolveWith` is not directly after the constant that names the variable.
    NoName,
    /// The unit does not begin with a chunk that is run for its source.
    NoTopLevel,
    /// `PopWith` without `PushWith`.
    WithScope,
    /// `TakeFormals` or `ValidateClosedFormals` outside a lambda with formals.
    NoFormals,
}

/// What is wrong with a chunk, and where.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VerifyError {
    /// The number of the chunk in its unit.
    pub blueprint: u32,
    /// Code offset of the instruction.
    pub offset: u32,
    /// What is wrong there.
    pub fault: Fault,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at offset {} of blueprint {}", self.fault, self.offset, self.blueprint)
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
    /// The chunks of the unit.
    unit: &'a [Chunk],
    /// `None` where no control arrives from the instruction before.
    state: Option<State>,
    /// The states that jumps bring to offsets ahead.
    targets: BTreeMap<u32, State>,
    /// Whether the instruction before, and nothing else, leads here and pushed a name.
    named: bool,
    /// The greatest height so far.
    highest: u32,
    /// The number of inline caches so far.
    caches: u32,
}

/// Checks all chunks of a unit, by number. `scoped`: whether it is run as a function of the set of a scoped import.
pub fn verify(unit: &[Chunk], scoped: bool) -> Result<(), VerifyError> {
    let top_level = unit.first().filter(|top| is_top_level(top, scoped));
    check(top_level.is_some(), Fault::NoTopLevel).map_err(|fault| VerifyError {
        blueprint: 0,
        offset: 0,
        fault,
    })?;
    (0..).zip(unit).try_for_each(|(number, chunk)| {
        verify_chunk(chunk, unit).map_err(|(offset, fault)| VerifyError { blueprint: number, offset, fault })
    })
}

/// Whether a chunk needs nothing but what a source is given.
fn is_top_level(chunk: &Chunk, scoped: bool) -> bool {
    let fits = match &chunk.kind {
        ChunkKind::TopLevel => !scoped,
        ChunkKind::Lambda(info) => scoped && info.parameters.len() == 1,
        ChunkKind::Thunk => false,
    };
    fits && chunk.upvalues == 0 && !chunk.captures_with
}

/// Checks one of the chunks of a unit. A fault comes with the offset of its instruction.
fn verify_chunk(chunk: &Chunk, unit: &[Chunk]) -> Result<(), (u32, Fault)> {
    let height = arguments(chunk).map_err(|fault| (0, fault))?;
    let state = Some(State { height, with_scopes: 0 });
    let targets = BTreeMap::new();
    let mut verifier = Verifier { chunk, unit, state, targets, named: false, highest: height, caches: 0 };
    // All are made into values, even those that no instruction refers to.
    chunk.constants.iter().try_for_each(|constant| verifier.sound(constant)).map_err(|fault| (0, fault))?;
    let mut offset = 0;
    while (offset as usize) < chunk.code.len() {
        offset = verifier.step(offset).map_err(|fault| (offset, fault))?;
    }
    verifier.end().map_err(|fault| (offset, fault))
}

/// How many values the frame of a chunk begins with.
fn arguments(chunk: &Chunk) -> Result<u32, Fault> {
    let ChunkKind::Lambda(info) = &chunk.kind else { return Ok(0) };
    match info.parameters.len() {
        count @ 1..=0xffff => Ok(count as u32),
        _ => Err(Fault::Parameters),
    }
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
        check(self.named || decoded.instruction != Instruction::ResolveWith, Fault::NoName)?;
        let after = self.apply(&decoded, before, extent)?;
        self.named = self.pushes_name(&decoded);
        self.highest = self.highest.max(after.height);
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
        let jumped = self.targets.remove(&offset);
        self.named &= jumped.is_none();
        match (self.state, jumped) {
            (Some(a), Some(b)) if a != b => Err(Fault::HeightsDiffer),
            (Some(state), _) | (None, Some(state)) => Ok(state),
            (None, None) => Err(Fault::Unreachable),
        }
    }

    fn end(&self) -> Result<(), Fault> {
        match (self.state, self.targets.is_empty()) {
            (Some(_), _) => return Err(Fault::NoEnd),
            (None, false) => return Err(Fault::JumpTarget),
            (None, true) => {}
        }
        check(self.caches == self.chunk.caches, Fault::Cache)?;
        check(self.highest == self.chunk.max_stack, Fault::StackOverflow)
    }

    fn pushes_name(&self, decoded: &Decoded) -> bool {
        let Operand::Constant(index) = decoded.operands[0] else { return false };
        let constant = self.chunk.constants.get(index as usize);
        decoded.instruction == Instruction::Constant && matches!(constant, Some(Constant::Name(_)))
    }

    fn operand(
        &mut self,
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
            Operand::Cache(index) => self.take_caches(index, 1),
            Operand::ScopeCaches(index) => self.take_caches(index, SCOPE_CACHES),
            Operand::Count(count) => {
                extent.count = count;
                Ok(())
            }
            Operand::Captures(captures) => self.captures(at.instruction, captures, state),
        }
    }

    /// Every inline cache belongs to one instruction.
    fn take_caches(&mut self, index: u32, count: u32) -> Result<(), Fault> {
        check(index == self.caches, Fault::Cache)?;
        self.caches = index.checked_add(count).ok_or(Fault::Cache)?;
        Ok(())
    }

    fn constant(&self, instruction: Instruction, index: u32, extent: &mut Extent) -> Result<(), Fault> {
        let constant = self.chunk.constants.get(index as usize).ok_or(Fault::ConstantIndex)?;
        let fits = match instruction {
            Instruction::Constant => !matches!(constant, Constant::Keys(_) | Constant::Blueprint(_)),
            Instruction::AttrsKeys => matches!(constant, Constant::Keys(_)),
            _ => matches!(constant, Constant::Name(_)),
        };
        check(fits, Fault::ConstantSort)?;
        if let Constant::Keys(keys) = constant {
            extent.keys = keys.len() as u32;
        }
        Ok(())
    }

    /// Checks a constant by itself.
    fn sound(&self, constant: &Constant) -> Result<(), Fault> {
        match constant {
            Constant::Keys(keys) => check(are_unique(keys), Fault::Keys),
            Constant::Function(number) => self.made(Instruction::Closure, *number, 0, false),
            Constant::Blueprint(number) => check((*number as usize) < self.unit.len(), Fault::Blueprint),
            _ => Ok(()),
        }
    }

    /// Checks that a function or thunk is made as its chunk needs it.
    fn made(&self, instruction: Instruction, number: u32, captures: u32, with: bool) -> Result<(), Fault> {
        let chunk = self.unit.get(number as usize).ok_or(Fault::Blueprint)?;
        let fits = match instruction {
            Instruction::ThunkSuspended | Instruction::ThunkOrInteger => {
                matches!(chunk.kind, ChunkKind::Thunk)
            }
            _ => matches!(chunk.kind, ChunkKind::Lambda(_)),
        };
        check(fits && chunk.upvalues == captures && chunk.captures_with == with, Fault::Captures)
    }

    fn captures(&self, instruction: Instruction, captures: Captures, state: State) -> Result<(), Fault> {
        match self.chunk.constants.get(captures.constant as usize) {
            Some(&Constant::Blueprint(number)) => {
                self.made(instruction, number, captures.count, captures.with)?;
            }
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

/// More keys are sorted to be compared.
const FEW_KEYS: usize = 16;

fn are_unique(keys: &[Key]) -> bool {
    if keys.len() <= FEW_KEYS {
        return keys.iter().enumerate().all(|(index, key)| keys[..index].iter().all(|k| k.name != key.name));
    }
    let mut names: Vec<_> = keys.iter().map(|key| key.name).collect();
    names.sort_unstable();
    names.windows(2).all(|pair| pair[0] != pair[1])
}

fn check(holds: bool, fault: Fault) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err(fault) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chunk::{LambdaInfo, Parameter};
    use crate::encode::ChunkBuilder;
    use nivose_base::Symbol;

    fn chunk(code: &[u8], constants: Vec<Constant>, max_stack: u32) -> Chunk {
        let mut chunk = ChunkBuilder::new(0, false).finish(ChunkKind::Thunk, 1, false);
        chunk.code = code.into();
        chunk.constants = constants;
        chunk.max_stack = max_stack;
        chunk
    }

    fn fault(code: &[u8], constants: Vec<Constant>) -> Option<Fault> {
        fault_of(&chunk(code, constants, 4))
    }

    /// What is wrong with a chunk beside which there is a thunk with one captured value.
    fn fault_of(chunk: &Chunk) -> Option<Fault> {
        let thunk = super::tests::chunk(&[GET, 0, RETURN], vec![], 1);
        verify_chunk(chunk, &[thunk]).err().map(|(_, fault)| fault)
    }

    fn lambda(parameters: usize) -> ChunkKind {
        let parameter = Parameter { function_name: None, argument: None, offset: 0, doc: None };
        ChunkKind::Lambda(Box::new(LambdaInfo {
            parameters: vec![parameter; parameters].into(),
            formals: None,
        }))
    }

    const GET: u8 = Instruction::GetUpvalue as u8;

    const PUSH: u8 = Instruction::Constant as u8;
    const RETURN: u8 = Instruction::Return as u8;
    const POP: u8 = Instruction::Pop as u8;

    #[test]
    fn sound_code_passes() {
        assert_eq!(fault_of(&chunk(&[PUSH, 0, RETURN], vec![Constant::Null], 1)), None);
        assert_eq!(fault_of(&chunk(&[GET, 0, RETURN], vec![], 1)), None);
    }

    #[test]
    fn damage_to_the_stack_is_found() {
        assert_eq!(fault(&[POP], vec![]), Some(Fault::StackUnderflow));
        assert_eq!(fault(&[PUSH, 0], vec![Constant::Null]), Some(Fault::NoEnd));
        assert_eq!(fault(&[], vec![]), Some(Fault::NoEnd));
        let code = [PUSH, 0, PUSH, 0, PUSH, 0, PUSH, 0, PUSH, 0, RETURN];
        assert_eq!(fault(&code, vec![Constant::Null]), Some(Fault::StackOverflow));
        assert_eq!(fault(&[GET, 0, RETURN], vec![]), Some(Fault::StackOverflow));
        assert_eq!(fault(&[Instruction::PopWith as u8], vec![]), Some(Fault::WithScope));
        let huge = [Instruction::Attrs as u8, 0xf3, 0xff, 0xff, 0xff, 0xff];
        assert_eq!(fault(&huge, vec![]), Some(Fault::StackUnderflow));
    }

    #[test]
    fn parameters_are_counted() {
        let fault = |count| {
            let code = [PUSH, 0, RETURN];
            let max_stack = count as u32 + 1;
            fault_of(&Chunk { kind: lambda(count), ..chunk(&code, vec![Constant::Null], max_stack) })
        };
        assert_eq!(fault(65535), None);
        assert_eq!(fault(65536), Some(Fault::Parameters));
        assert_eq!(fault(0), Some(Fault::Parameters));
    }

    #[test]
    fn functions_and_thunks_get_what_they_need() {
        let code = [PUSH, 0, Instruction::ThunkSuspended as u8, 1, 2, 0, RETURN];
        let top = |code: &[u8], constants: [Constant; 2]| Chunk {
            kind: ChunkKind::TopLevel,
            upvalues: 0,
            ..chunk(code, constants.into(), 2)
        };
        let thunk = || chunk(&[GET, 0, RETURN], vec![], 1);
        let blueprint = || [Constant::Null, Constant::Blueprint(1)];
        let fault = |unit: &[Chunk]| verify(unit, false).err().map(|error| error.fault);
        assert_eq!(fault(&[top(&code, blueprint()), thunk()]), None);
        let wrong = Some(Fault::Captures);
        assert_eq!(fault(&[top(&code, blueprint()), Chunk { upvalues: 2, ..thunk() }]), wrong);
        assert_eq!(fault(&[top(&code, blueprint()), Chunk { captures_with: true, ..thunk() }]), wrong);
        assert_eq!(fault(&[top(&code, blueprint()), Chunk { kind: lambda(1), ..thunk() }]), wrong);
        let closure = [PUSH, 0, Instruction::Closure as u8, 1, 2, 0, RETURN];
        assert_eq!(fault(&[top(&closure, blueprint()), thunk()]), wrong);
        let function = [PUSH, 0, PUSH, 1, RETURN];
        assert_eq!(fault(&[top(&function, [Constant::Null, Constant::Function(1)]), thunk()]), wrong);
        assert_eq!(fault(&[top(&code, blueprint())]), Some(Fault::Blueprint));
    }

    #[test]
    fn a_unit_begins_with_its_top_level() {
        let chunk = |kind| Chunk { kind, upvalues: 0, ..chunk(&[PUSH, 0, RETURN], vec![Constant::Null], 1) };
        let fault = |unit: &[Chunk], scoped| verify(unit, scoped).err().map(|error| error.fault);
        let function = Chunk { max_stack: 2, ..chunk(lambda(1)) };
        assert_eq!(fault(&[chunk(ChunkKind::TopLevel)], false), None);
        assert_eq!(fault(std::slice::from_ref(&function), true), None);
        let wrong = Some(Fault::NoTopLevel);
        assert_eq!(fault(&[function], false), wrong);
        assert_eq!(fault(&[chunk(ChunkKind::TopLevel)], true), wrong);
        assert_eq!(fault(&[Chunk { upvalues: 1, ..chunk(ChunkKind::TopLevel) }], false), wrong);
        assert_eq!(fault(&[], false), wrong);
    }

    #[test]
    fn names_are_looked_up_where_they_are_pushed() {
        let resolve = Instruction::ResolveWith as u8;
        let name = || vec![Constant::Name(Symbol::NAME), Constant::Bool(true)];
        assert_eq!(fault_of(&chunk(&[PUSH, 0, resolve, RETURN], name(), 1)), None);
        assert_eq!(fault(&[PUSH, 1, resolve, RETURN], name()), Some(Fault::NoName));
        assert_eq!(fault(&[GET, 0, resolve, RETURN], name()), Some(Fault::NoName));
        let jump = [PUSH, 1, Instruction::JumpIfTrue as u8, 3, 0, POP, PUSH, 0, resolve, RETURN];
        assert_eq!(fault(&jump, name()), Some(Fault::NoName));
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
        let key = Key { name: Symbol::NAME, offset: 0 };
        // They are checked whether they are used or not.
        for count in [2, 40] {
            let twice = Constant::Keys(vec![key; count].into());
            assert_eq!(fault(&[PUSH, 0, RETURN], vec![Constant::Null, twice]), Some(Fault::Keys));
        }
        for number in [Constant::Blueprint(1), Constant::Function(1)] {
            assert_eq!(fault(&[PUSH, 0, RETURN], vec![Constant::Null, number]), Some(Fault::Blueprint));
        }
        assert_eq!(fault(&[Instruction::AttrsKeys as u8, 0], vec![keys]), Some(Fault::StackUnderflow));
        assert_eq!(fault(&[Instruction::AttrsKeys as u8, 0], name()), Some(Fault::ConstantSort));
        assert_eq!(fault(&[PUSH, 0, RETURN], vec![Constant::Function(1)]), Some(Fault::Blueprint));
        assert_eq!(fault(&[PUSH, 0, RETURN], vec![Constant::Blueprint(0)]), Some(Fault::ConstantSort));
        assert_eq!(fault(&[Instruction::GetLocal as u8, 0], vec![]), Some(Fault::Slot));
        assert_eq!(fault(&[GET, 1], vec![]), Some(Fault::Upvalue));
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
            let _ = fault_of(&chunk(&code, vec![Constant::Null, Constant::Name(Symbol::NAME)], 8));
        }
    }
}
