//! Integers in place of suspended expressions: what `n - 1` comes to where `n` is an integer already.
//!
//! Only code that is such arithmetic from end to end is looked at, and only where whoever gets the value cannot tell it
//! from a suspended one (the compiler sees to that). What is not of small integers is left to the thunk, and so it cannot
//! fail here.
//!
//! Unsafe code here relies on the verifier, as in the dispatch loop.

use nivose_bytecode::Instruction;
use nivose_heap::Value;

use crate::code::Code;

/// The most operands that wait for an operator.
const DEPTH: usize = 4;

/// Whether code is arithmetic of captured values and constants, with operands of one byte, and nothing else.
pub(crate) fn is_arithmetic(code: &[u8]) -> bool {
    use Instruction::{Add, Constant, GetUpvalue, GetUpvalueForced, Mul, Return, Sub};
    // Nearly all code is other code, and its end tells.
    let ends = [Add, Sub, Mul].map(|operator| [operator as u8, Return as u8]);
    if !ends.iter().any(|end| code.ends_with(end)) {
        return false;
    }
    let (mut rest, mut height) = (code, 0);
    while let Some((&number, after)) = rest.split_first() {
        (rest, height) = match (Instruction::decode(number), after) {
            (GetUpvalue | GetUpvalueForced | Constant, [0..0x80, after @ ..]) => (after, height + 1),
            (Add | Sub | Mul, _) if height > 1 => (after, height - 1),
            (Return, []) => return height == 1,
            _ => return false,
        };
        if height > DEPTH {
            return false;
        }
    }
    false
}

/// The integer that arithmetic comes to, if all integers on the way are small ones.
///
/// # Safety
/// The code must be arithmetic, and these what a thunk with it captured.
#[inline(never)]
pub(super) unsafe fn integer(code: *const Code, captured: *const Value<'static>) -> Option<Value<'static>> {
    // SAFETY: `is_arithmetic` has seen which instructions there are and how many operands wait; the verifier has checked
    // what they refer to.
    unsafe {
        let mut pc = (*code).bytes.as_ptr();
        let mut operands = [0i64; DEPTH];
        // Where the next operand goes.
        let mut top = operands.as_mut_ptr();
        macro_rules! combine {
            ($operator:ident) => {{
                top = top.sub(1);
                let left = top.sub(1);
                *left = (*left).$operator(*top)?;
                pc = pc.add(1);
            }};
        }
        macro_rules! push {
            ($operand:expr) => {{
                let index = usize::from(*pc.add(1));
                *top = $operand(index).as_small_int()?;
                top = top.add(1);
                pc = pc.add(2);
            }};
        }
        loop {
            match std::mem::transmute::<u8, Instruction>(*pc) {
                Instruction::Constant => push!(|index| (*(*code).constants.first().add(index)).get()),
                Instruction::Add => combine!(checked_add),
                Instruction::Sub => combine!(checked_sub),
                Instruction::Mul => combine!(checked_mul),
                Instruction::Return => return Value::small_int(operands[0]),
                _ => push!(|index| captured.add(index).read().resolved()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_is_told_from_other_code() {
        use Instruction::{Add, Constant, Div, GetUpvalueForced, Return, Sub};
        let is = |code: &[Instruction]| {
            let with_operands = code.iter().flat_map(|&instruction| {
                let takes = matches!(instruction, Constant | GetUpvalueForced);
                std::iter::once(instruction as u8).chain(takes.then_some(0))
            });
            is_arithmetic(&with_operands.collect::<Vec<_>>())
        };
        assert!(is(&[GetUpvalueForced, Constant, Sub, Return]));
        assert!(is(&[GetUpvalueForced, Constant, GetUpvalueForced, Add, Sub, Return]));
        assert!(!is(&[GetUpvalueForced, Constant, Div, Return]));
        assert!(!is(&[GetUpvalueForced, Add, Return]));
        assert!(!is(&[GetUpvalueForced, Constant, Return]));
        assert!(!is(&[GetUpvalueForced, Constant, Sub]));
        assert!(!is(&[Constant, Constant, Constant, Constant, Constant, Add, Add, Add, Add, Return]));
        assert!(!is_arithmetic(&[Constant as u8, 0x80, 1, Return as u8]));
    }
}
