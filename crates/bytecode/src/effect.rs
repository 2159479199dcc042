//! What an instruction does to the height of the stack, derived from the table.
//!
//! Shared by the builder, which keeps the height while code is written, and the verifier.

use crate::instruction::{Instruction, Pops, Row, flags};

/// Operands that a stack effect depends on.
#[derive(Clone, Copy, Default, Debug)]
pub struct Extent {
    /// The count operand, if there is one.
    pub count: u32,
    /// The number of keys of the constant operand of `AttrsKeys`.
    pub keys: u32,
    /// The number of formals of the lambda, for `TakeFormals`.
    pub formals: u32,
}

impl Row {
    /// How many values are popped.
    pub fn popped(&self, extent: Extent) -> u32 {
        match self.pops {
            Pops::Fixed(n) => u32::from(n),
            Pops::CountPlus(n) => extent.count.saturating_add(u32::from(n)),
            Pops::Pairs => extent.count.saturating_mul(2),
            Pops::Keys => extent.keys,
        }
    }

    /// How many values are pushed when no jump is taken.
    pub fn pushed(&self, extent: Extent) -> u32 {
        match self.instruction {
            Instruction::TakeFormals => extent.formals,
            _ => u32::from(self.pushes),
        }
    }

    /// Whether control never reaches the instruction after it.
    pub fn ends(&self) -> bool {
        self.flags & flags::ENDS != 0
    }
}

/// How many values a jump drops when it is taken.
pub fn dropped_by_jump(instruction: Instruction) -> u32 {
    use Instruction::*;
    match instruction {
        JumpIfNotFound | JumpIfNotFoundWide | SelectOrJump | SelectOrJumpWide | BranchIfFalse
        | BranchIfFalseWide => 1,
        _ => 0,
    }
}

/// The variant of a jump with a wide distance; `None` if there is none (or it is wide already).
pub fn wide_variant(instruction: Instruction) -> Option<Instruction> {
    use Instruction::*;
    Some(match instruction {
        Jump => JumpWide,
        JumpIfTrue => JumpIfTrueWide,
        JumpIfFalse => JumpIfFalseWide,
        JumpIfNotFound => JumpIfNotFoundWide,
        JumpIfNoFinaliseRequest => JumpIfNoFinaliseRequestWide,
        SelectOrJump => SelectOrJumpWide,
        JumpIfBound => JumpIfBoundWide,
        BranchIfFalse => BranchIfFalseWide,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instruction::{OperandKind, TABLE};

    #[test]
    fn every_narrow_jump_but_one_has_a_wide_variant_of_the_same_shape() {
        for row in TABLE.iter().filter(|row| row.operands.contains(&OperandKind::Jump)) {
            match wide_variant(row.instruction).and_then(Instruction::row) {
                Some(wide) => {
                    assert_eq!((wide.pops, wide.pushes, wide.flags), (row.pops, row.pushes, row.flags));
                    assert_eq!(wide.operands.len(), row.operands.len());
                    assert_eq!(dropped_by_jump(wide.instruction), dropped_by_jump(row.instruction));
                }
                None => assert_eq!(row.instruction, Instruction::JumpIfCatchable),
            }
        }
    }
}
