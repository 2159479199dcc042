//! Counts of what a machine does, for whoever asks for them before it runs.
//!
//! The dispatch loop counts in the copy that observers use; a machine that nobody counts runs the other one.

use nivose_bytecode::instruction::Instruction;

use crate::machine::Machine;

/// What a machine did. Incomplete unless it was asked to count by [`Machine::count`].
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Calls of functions. One that takes several arguments at once is called once.
    pub function_calls: u64,
    /// Calls of builtins. Operators are none.
    pub builtin_calls: u64,
    /// Operations `//`.
    pub updates: u64,
    /// Attributes copied by them.
    pub update_values_copied: u64,
    /// Operands of lists, sets and calls that code made.
    pub operands: u64,
    /// How often each instruction was executed, by its number; empty if that is not counted.
    instructions: Vec<u64>,
}

impl Counts {
    /// How often an instruction was executed. One that waits for an operand is executed once.
    pub fn executed(&self, instruction: Instruction) -> u64 {
        self.instructions.get(instruction as usize).copied().unwrap_or(0)
    }

    /// All that were executed.
    pub fn all_executed(&self) -> u64 {
        self.instructions.iter().sum()
    }

    /// Selections of an attribute, whether it was there or not.
    pub fn selections(&self) -> u64 {
        use Instruction::{AttrsSelect, AttrsTrySelect, Select, SelectOrJump, SelectOrJumpWide};
        let selecting = [AttrsSelect, AttrsTrySelect, Select, SelectOrJump, SelectOrJumpWide];
        selecting.map(|instruction| self.executed(instruction)).iter().sum()
    }

    /// Operands that needed no suspended expression: constants, variables, functions. Expressions that were suspended for
    /// bindings are taken for operands, so there were at least so many.
    pub fn avoided(&self) -> u64 {
        self.operands.saturating_sub(self.executed(Instruction::ThunkSuspended))
    }

    /// Whether instructions are counted.
    pub(crate) fn is_counting(&self) -> bool {
        !self.instructions.is_empty()
    }

    /// An instruction is executed.
    #[inline(always)]
    pub(crate) fn note(&mut self, number: u8) {
        if let Some(count) = self.instructions.get_mut(usize::from(number)) {
            *count += 1;
        }
    }

    /// An instruction waits for an operand and is going to be executed anew.
    #[inline(always)]
    pub(crate) fn take_back(&mut self, number: u8) {
        if let Some(count) = self.instructions.get_mut(usize::from(number)) {
            *count -= 1;
        }
    }
}

impl Machine {
    /// Counts what is done from now on.
    pub fn count(&mut self) {
        self.shared.counts = Counts { instructions: vec![0; 256], ..Counts::default() };
    }

    /// The counts, if they were asked for.
    pub fn counts(&self) -> Option<&Counts> {
        self.shared.counts.is_counting().then_some(&self.shared.counts)
    }
}
