//! A deterministic automaton that tells whether a whole subject matches, in one table look-up per byte.
//!
//! It knows no groups. It is built for patterns that are used often, and only if it stays small.

use nivose_base::{Map, Set};

use super::Stopped;
use super::program::{Instruction, Program};

/// How many states an automaton may have.
const STATE_LIMIT: usize = 256;
/// How many instructions the construction may visit.
const WORK_LIMIT: usize = 1 << 16;
/// After how many bytes a match looks whether it is to go on.
const BYTES_AT_ONCE: usize = 1 << 20;
/// The state that nothing leads out of.
const DEAD: u16 = 0;

/// The automaton.
#[derive(Debug)]
pub(super) struct Dfa {
    /// By byte: its class, in which the pattern makes no difference.
    classes: Box<[u8; 256]>,
    class_count: usize,
    /// By state and class: the next state.
    transitions: Vec<u16>,
    /// By state: whether the subject may end here.
    accepting: Vec<bool>,
    start: u16,
}

impl Dfa {
    /// Builds the automaton, unless it would be too big.
    pub(super) fn new(program: &Program) -> Option<Self> {
        Builder::new(program).build()
    }

    /// Whether the whole subject matches.
    pub(super) fn matches(&self, subject: &[u8], goes_on: &mut dyn FnMut() -> bool) -> Result<bool, Stopped> {
        let mut state = self.start;
        for piece in subject.chunks(BYTES_AT_ONCE) {
            for &byte in piece {
                let class = usize::from(self.classes[usize::from(byte)]);
                let index = usize::from(state) * self.class_count + class;
                state = self.transitions.get(index).copied().unwrap_or(DEAD);
                if state == DEAD {
                    return Ok(false);
                }
            }
            if piece.len() == BYTES_AT_ONCE && !goes_on() {
                return Err(Stopped::Interrupted);
            }
        }
        Ok(self.accepting.get(usize::from(state)).copied().unwrap_or(false))
    }
}

struct Builder<'p> {
    program: &'p Program,
    classes: Box<[u8; 256]>,
    /// One byte of each class.
    representatives: Vec<u8>,
    /// The states by the instructions that they stand before and whether the subject may end there.
    states: Map<(Vec<u32>, bool), u16>,
    pending: Vec<Vec<u32>>,
    accepting: Vec<bool>,
    work: usize,
}

impl<'p> Builder<'p> {
    fn new(program: &'p Program) -> Self {
        let classes = Box::new([0; 256]);
        let (states, pending, accepting) = (Map::default(), Vec::new(), Vec::new());
        let mut builder = Self {
            program,
            classes,
            representatives: Vec::new(),
            states,
            pending,
            accepting,
            work: WORK_LIMIT,
        };
        builder.find_classes();
        builder
    }

    /// Splits the bytes into classes by what the instructions tell apart.
    fn find_classes(&mut self) {
        // Numbers of classes, some of which lose all their bytes to others.
        let mut class_of = [0_u32; 256];
        let mut count = 1;
        for set in &self.program.sets {
            let mut inside: Map<u32, u32> = Map::default();
            for byte in (0..=u8::MAX).filter(|&byte| set.contains(byte)) {
                let class = &mut class_of[usize::from(byte)];
                *class = *inside.entry(*class).or_insert_with(|| {
                    count += 1;
                    count - 1
                });
            }
        }
        for byte in self.program.instructions.iter().filter_map(|instruction| instruction.byte()) {
            class_of[usize::from(byte)] = count + u32::from(byte);
        }
        let mut numbers: Map<u32, u8> = Map::default();
        for byte in 0..=u8::MAX {
            let next = u8::try_from(self.representatives.len()).unwrap_or(u8::MAX);
            let class = *numbers.entry(class_of[usize::from(byte)]).or_insert(next);
            if usize::from(class) == self.representatives.len() {
                self.representatives.push(byte);
            }
            self.classes[usize::from(byte)] = class;
        }
    }

    fn build(mut self) -> Option<Dfa> {
        self.state(Vec::new(), false)?;
        let (start, accepts) = self.closure(vec![self.program.start], true)?;
        let start = self.start_state(start, accepts)?;
        let mut transitions = Vec::new();
        let mut done = 0;
        while let Some(state) = self.pending.get(done).cloned() {
            done += 1;
            for class in 0..self.representatives.len() {
                let successors = self.successors(&state, self.representatives[class]);
                let (closure, accepts) = self.closure(successors, false)?;
                transitions.push(self.state(closure, accepts)?);
            }
        }
        let (classes, accepting) = (self.classes, self.accepting);
        Some(Dfa { classes, class_count: self.representatives.len(), transitions, accepting, start })
    }

    /// The start is a state of its own, since `^` holds only there.
    fn start_state(&mut self, mut instructions: Vec<u32>, accepts: bool) -> Option<u16> {
        instructions.push(u32::MAX);
        self.state(instructions, accepts)
    }

    fn state(&mut self, instructions: Vec<u32>, accepts: bool) -> Option<u16> {
        let key = (instructions, accepts);
        if let Some(&known) = self.states.get(&key) {
            return Some(known);
        }
        if self.pending.len() >= STATE_LIMIT {
            return None;
        }
        let number = u16::try_from(self.pending.len()).ok()?;
        self.pending.push(key.0.clone());
        self.states.insert(key, number);
        self.accepting.push(accepts);
        Some(number)
    }

    fn successors(&self, state: &[u32], byte: u8) -> Vec<u32> {
        let step = |&index: &u32| match self.program.instruction(index)? {
            Instruction::Byte { byte: wanted, next } => (wanted == byte).then_some(next),
            Instruction::Set { set, next } => self.program.set_contains(set, byte).then_some(next),
            Instruction::Run { set, .. } => self.program.set_contains(set, byte).then_some(index),
            _ => None,
        };
        state.iter().filter_map(step).collect()
    }

    /// The consuming instructions that can be reached without consuming, in order, and whether the subject may end here.
    fn closure(&mut self, from: Vec<u32>, at_start: bool) -> Option<(Vec<u32>, bool)> {
        // The second part of an entry says whether a `$` lies on the way.
        let mut pending: Vec<(u32, bool)> = from.into_iter().map(|index| (index, false)).collect();
        let mut seen = Set::default();
        let mut consuming = Vec::new();
        let mut accepts = false;
        while let Some((index, at_end)) = pending.pop() {
            if !seen.insert((index, at_end)) {
                continue;
            }
            self.work = self.work.checked_sub(1)?;
            let instruction = self.program.instruction(index)?;
            accepts |= instruction == Instruction::Accept;
            if instruction.consumes() && !at_end {
                consuming.push(index);
            }
            if at_start || !matches!(instruction, Instruction::LineStart { .. }) {
                let at_end = at_end || matches!(instruction, Instruction::LineEnd { .. });
                pending.extend(instruction.empty_successors().map(|next| (next, at_end)));
            }
        }
        consuming.sort_unstable();
        consuming.dedup();
        Some((consuming, accepts))
    }
}

impl Instruction {
    /// The byte that it consumes, if it is only that one.
    fn byte(&self) -> Option<u8> {
        match self {
            Self::Byte { byte, .. } => Some(*byte),
            _ => None,
        }
    }

    fn consumes(self) -> bool {
        matches!(self, Self::Byte { .. } | Self::Set { .. } | Self::Run { .. })
    }
}
