//! The automaton in the form that is run: compact, without empty states, with what can be known before running.

use super::byte_set::ByteSet;
use super::nfa::{Nfa, Operation, UNSET};
use super::parser::Parsed;

/// How many instructions all searches for first bytes may visit together; beyond it a part counts as unpredictable.
const FIRST_BYTES_BUDGET: usize = 1 << 16;

/// One step of the executor. Links are indices of instructions, sets indices of [`Program::sets`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Instruction {
    Byte {
        byte: u8,
        next: u32,
    },
    Set {
        set: u32,
        next: u32,
    },
    Repeat {
        body: u32,
        exit: u32,
        slot: u32,
    },
    /// A loop whose body is one byte of a set.
    Run {
        set: u32,
        exit: u32,
        slot: u32,
    },
    Alternative {
        first: u32,
        second: u32,
        slot: u32,
    },
    GroupStart {
        group: u32,
        next: u32,
    },
    GroupEnd {
        group: u32,
        next: u32,
    },
    LineStart {
        next: u32,
    },
    LineEnd {
        next: u32,
    },
    Accept,
}

/// What can come first in matches that begin at some instruction: an upper bound.
#[derive(Clone, Copy, Debug)]
pub(super) struct FirstBytes {
    /// The bytes that can be consumed first.
    pub(super) bytes: ByteSet,
    /// Whether a match may end without consuming more, anywhere.
    pub(super) accepts: bool,
    /// Whether a match may end without consuming more, at the end of the subject.
    pub(super) accepts_at_end: bool,
}

impl FirstBytes {
    const UNKNOWN: Self = Self { bytes: ByteSet::FULL, accepts: true, accepts_at_end: true };
}

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) instructions: Vec<Instruction>,
    pub(super) sets: Vec<ByteSet>,
    pub(super) start: u32,
    pub(super) groups: u32,
    /// How many instructions choose; each has a slot number below this.
    pub(super) slots: u32,
    /// Whether a loop can go round without consuming anything: then loops must count their rounds.
    pub(super) cyclic: bool,
    /// The slots of the loops whose counts matter.
    pub(super) counted: Vec<u32>,
    /// What can come first in a match.
    pub(super) first: FirstBytes,
    /// By slot: what can come first behind a [`Instruction::Run`].
    pub(super) exits: Vec<FirstBytes>,
}

impl Program {
    /// About how many bytes of memory it takes.
    pub(super) fn size(&self) -> usize {
        self.instructions.len() * size_of::<Instruction>()
            + self.sets.len() * size_of::<ByteSet>()
            + self.exits.len() * size_of::<FirstBytes>()
    }

    pub(super) fn new(parsed: Parsed) -> Self {
        let Parsed { nfa, start, sets, groups } = parsed;
        let (instructions, slots) = Numbering::number(&nfa, start);
        let first = FirstBytes::UNKNOWN;
        let exits = vec![first; slots as usize];
        let mut program = Self {
            instructions,
            sets,
            start: 0,
            groups,
            slots,
            cyclic: false,
            counted: Vec::new(),
            first,
            exits,
        };
        program.counted = program.empty_loops();
        program.cyclic = !program.counted.is_empty();
        if !program.cyclic {
            program.find_runs();
        }
        program.find_first_bytes();
        program
    }

    #[inline]
    pub(super) fn instruction(&self, index: u32) -> Option<Instruction> {
        self.instructions.get(index as usize).copied()
    }

    #[inline]
    pub(super) fn set_contains(&self, set: u32, byte: u8) -> bool {
        self.sets.get(set as usize).is_some_and(|set| set.contains(byte))
    }

    /// The slots of the loops that can go round without consuming anything, and of those behind them: what is left after
    /// removing, again and again, instructions without predecessors.
    fn empty_loops(&self) -> Vec<u32> {
        let mut predecessors = vec![0_u32; self.instructions.len()];
        for successor in self.instructions.iter().flat_map(|instruction| instruction.empty_successors()) {
            if let Some(number) = predecessors.get_mut(successor as usize) {
                *number += 1;
            }
        }
        let mut free: Vec<usize> =
            (0..predecessors.len()).filter(|&index| predecessors[index] == 0).collect();
        while let Some(index) = free.pop() {
            for successor in self.instructions[index].empty_successors() {
                if let Some(number) = predecessors.get_mut(successor as usize) {
                    *number -= 1;
                    if *number == 0 {
                        free.push(successor as usize);
                    }
                }
            }
        }
        let left = self.instructions.iter().zip(predecessors).filter(|(_, number)| *number > 0);
        left.filter_map(|(instruction, _)| instruction.loop_slot()).collect()
    }

    /// Turns loops over one byte into [`Instruction::Run`]s.
    fn find_runs(&mut self) {
        for index in 0..self.instructions.len() {
            let Instruction::Repeat { body, exit, slot } = self.instructions[index] else { continue };
            let set = match self.instruction(body) {
                Some(Instruction::Set { set, next }) if next as usize == index => set,
                Some(Instruction::Byte { byte, next }) if next as usize == index => self.single(byte),
                _ => continue,
            };
            self.instructions[index] = Instruction::Run { set, exit, slot };
        }
    }

    fn single(&mut self, byte: u8) -> u32 {
        let set = ByteSet::single(byte);
        let number = self.sets.iter().position(|known| *known == set).unwrap_or(self.sets.len());
        if number == self.sets.len() {
            self.sets.push(set);
        }
        u32::try_from(number).unwrap_or(u32::MAX)
    }

    fn find_first_bytes(&mut self) {
        let mut search =
            FirstBytesSearch { seen: vec![0; self.instructions.len()], round: 0, budget: FIRST_BYTES_BUDGET };
        self.first = search.from(self, self.start);
        for index in 0..self.instructions.len() {
            if let Instruction::Run { exit, slot, .. } = self.instructions[index] {
                let first = search.from(self, exit);
                if let Some(place) = self.exits.get_mut(slot as usize) {
                    *place = first;
                }
            }
        }
    }
}

impl Instruction {
    fn loop_slot(&self) -> Option<u32> {
        match self {
            Self::Repeat { slot, .. } => Some(*slot),
            _ => None,
        }
    }

    /// The instructions that can come next without consuming a byte.
    pub(super) fn empty_successors(self) -> impl Iterator<Item = u32> {
        let (first, second) = match self {
            Self::Repeat { body: first, exit: second, .. } | Self::Alternative { first, second, .. } => {
                (Some(first), Some(second))
            }
            Self::Run { exit: next, .. }
            | Self::GroupStart { next, .. }
            | Self::GroupEnd { next, .. }
            | Self::LineStart { next }
            | Self::LineEnd { next } => (Some(next), None),
            Self::Byte { .. } | Self::Set { .. } | Self::Accept => (None, None),
        };
        first.into_iter().chain(second)
    }
}

/// Gives numbers to the states that can be reached and are not empty, in the order in which they are met.
struct Numbering<'n> {
    nfa: &'n Nfa,
    numbers: Vec<u32>,
    order: Vec<u32>,
}

impl<'n> Numbering<'n> {
    /// The instructions, the first of which is the start, and how many slots they use.
    fn number(nfa: &'n Nfa, start: u32) -> (Vec<Instruction>, u32) {
        let mut numbering = Self { nfa, numbers: vec![UNSET; nfa.states.len()], order: Vec::new() };
        numbering.visit(start);
        let mut slots = 0;
        let instructions =
            numbering.order.iter().map(|&state| numbering.translate(state, &mut slots)).collect();
        (instructions, slots)
    }

    /// Follows empty states. They cannot form a cycle, since every cycle passes a [`Operation::Repeat`].
    fn skip(&self, mut state: u32) -> u32 {
        while let Some(found) = self.nfa.states.get(state as usize) {
            if found.operation != Operation::Pass {
                break;
            }
            state = found.next;
        }
        state
    }

    fn visit(&mut self, start: u32) {
        let mut pending = vec![start];
        while let Some(state) = pending.pop() {
            let state = self.skip(state);
            let Some(number) = self.numbers.get_mut(state as usize) else { continue };
            if *number != UNSET {
                continue;
            }
            *number = u32::try_from(self.order.len()).unwrap_or(UNSET);
            self.order.push(state);
            if let Some(found) = self.nfa.states.get(state as usize) {
                pending.extend([found.next, found.branch].into_iter().filter(|&link| link != UNSET));
            }
        }
    }

    fn link(&self, state: u32) -> u32 {
        self.numbers.get(self.skip(state) as usize).copied().unwrap_or(UNSET)
    }

    fn translate(&self, state: u32, slots: &mut u32) -> Instruction {
        let Some(found) = self.nfa.states.get(state as usize) else { return Instruction::Accept };
        let next = self.link(found.next);
        let mut slot = || {
            *slots += 1;
            *slots - 1
        };
        match found.operation {
            Operation::Byte(byte) => Instruction::Byte { byte, next },
            Operation::Set(set) => Instruction::Set { set, next },
            Operation::Repeat => {
                Instruction::Repeat { body: self.link(found.branch), exit: next, slot: slot() }
            }
            Operation::Alternative => {
                Instruction::Alternative { first: self.link(found.branch), second: next, slot: slot() }
            }
            Operation::GroupStart(group) => Instruction::GroupStart { group, next },
            Operation::GroupEnd(group) => Instruction::GroupEnd { group, next },
            Operation::LineStart => Instruction::LineStart { next },
            Operation::LineEnd => Instruction::LineEnd { next },
            Operation::Pass | Operation::Accept => Instruction::Accept,
        }
    }
}

/// Looks for first bytes from several instructions in turn.
struct FirstBytesSearch {
    /// By instruction: the round in which it was last seen.
    seen: Vec<u32>,
    round: u32,
    budget: usize,
}

impl FirstBytesSearch {
    fn from(&mut self, program: &Program, start: u32) -> FirstBytes {
        self.round += 1;
        let mut first = FirstBytes { bytes: ByteSet::default(), accepts: false, accepts_at_end: false };
        let mut pending = vec![start];
        while let Some(index) = pending.pop() {
            let Some(seen) = self.seen.get_mut(index as usize) else { continue };
            if std::mem::replace(seen, self.round) == self.round {
                continue;
            }
            let Some(budget) = self.budget.checked_sub(1) else { return FirstBytes::UNKNOWN };
            self.budget = budget;
            if let Some(instruction) = program.instruction(index) {
                first.add(program, instruction);
                pending.extend(instruction.empty_successors());
            }
        }
        first
    }
}

impl FirstBytes {
    fn add(&mut self, program: &Program, instruction: Instruction) {
        match instruction {
            Instruction::Byte { byte, .. } => self.bytes.insert(byte),
            Instruction::Set { set, .. } | Instruction::Run { set, .. } => {
                if let Some(set) = program.sets.get(set as usize) {
                    self.bytes.union(set);
                }
            }
            Instruction::LineEnd { .. } => self.accepts_at_end = true,
            Instruction::Accept => {
                self.accepts = true;
                self.accepts_at_end = true;
            }
            _ => {}
        }
    }
}
