//! The checked decoder: reads code at any offset, total on any bytes.

use std::fmt;

use crate::instruction::{Coerce, Instruction, OperandKind, Position};
use crate::uvarint::{read_u16, read_u32, read_uvarint};

/// The most operands that an instruction has.
pub const MAX_OPERANDS: usize = 3;

/// Why code cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DecodeErrorKind {
    /// The code ends within an instruction, or the offset lies beyond its end.
    EndOfCode,
    /// The number of no instruction.
    InvalidInstruction,
    /// An operand that is malformed or beyond 32 bits.
    InvalidOperand,
}

/// Why and where code cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DecodeError {
    /// Code offset of the instruction.
    pub offset: u32,
    /// Why.
    pub kind: DecodeErrorKind,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            DecodeErrorKind::EndOfCode => "the code ends too early",
            DecodeErrorKind::InvalidInstruction => "no such instruction",
            DecodeErrorKind::InvalidOperand => "invalid operand",
        };
        write!(f, "{what} at offset {}", self.offset)
    }
}

impl std::error::Error for DecodeError {}

/// What a thunk or closure takes along.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Captures {
    /// Constant index of the blueprint.
    pub constant: u32,
    /// Whether the `with` scopes are captured.
    pub with: bool,
    /// Number of positions.
    pub count: u32,
    /// Code offset of the first position.
    pub start: u32,
}

impl Captures {
    /// The captured positions; ends early at damage (which [`decode`] has refused before).
    pub fn positions(self, code: &[u8]) -> impl Iterator<Item = Position> {
        let mut at = self.start as usize;
        (0..self.count).map_while(move |_| Position::decode(read_uvarint(code, &mut at)?))
    }
}

/// A decoded operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operand {
    /// There is no operand at this place.
    None,
    /// Index of a constant.
    Constant(u32),
    /// Slot of the frame.
    Slot(u32),
    /// Index of an upvalue.
    Upvalue(u32),
    /// A number of values or pairs.
    Count(u32),
    /// Index of an inline cache.
    Cache(u32),
    /// Index of the first of several inline caches.
    ScopeCaches(u32),
    /// Code offset that the jump leads to.
    Target(u32),
    /// How to coerce.
    Coerce(Coerce),
    /// Blueprint and captured positions.
    Captures(Captures),
}

/// A decoded instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decoded {
    /// Its code offset.
    pub offset: u32,
    /// The code offset after it.
    pub next: u32,
    /// The instruction.
    pub instruction: Instruction,
    /// Its operands, in order, filled up with [`Operand::None`].
    pub operands: [Operand; MAX_OPERANDS],
}

/// Reads the instruction at a code offset. `Invalid` and unknown numbers are errors.
pub fn decode(code: &[u8], offset: u32) -> Result<Decoded, DecodeError> {
    let fail = |kind| DecodeError { offset, kind };
    let mut at = offset as usize;
    let number = *code.get(at).ok_or(fail(DecodeErrorKind::EndOfCode))?;
    let instruction = Instruction::decode(number);
    let row = instruction.row().ok_or(fail(DecodeErrorKind::InvalidInstruction))?;
    at += 1;
    let mut operands = [Operand::None; MAX_OPERANDS];
    for (operand, &kind) in operands.iter_mut().zip(row.operands) {
        *operand = read_operand(code, &mut at, kind).map_err(fail)?;
    }
    let next = u32::try_from(at).map_err(|_| fail(DecodeErrorKind::EndOfCode))?;
    Ok(Decoded { offset, next, instruction, operands })
}

fn read_operand(code: &[u8], at: &mut usize, kind: OperandKind) -> Result<Operand, DecodeErrorKind> {
    Ok(match kind {
        OperandKind::Constant => Operand::Constant(read_index(code, at)?),
        OperandKind::Slot => Operand::Slot(read_index(code, at)?),
        OperandKind::Upvalue => Operand::Upvalue(read_index(code, at)?),
        OperandKind::Count => Operand::Count(read_index(code, at)?),
        OperandKind::Cache => Operand::Cache(read_index(code, at)?),
        OperandKind::ScopeCaches => Operand::ScopeCaches(read_index(code, at)?),
        OperandKind::Jump => target(*at + 2, read_u16(code, at).map(u32::from))?,
        OperandKind::WideJump => target(*at + 4, read_u32(code, at))?,
        OperandKind::Coerce => read_coerce(code, at)?,
        OperandKind::Captures => Operand::Captures(read_captures(code, at)?),
    })
}

fn read_index(code: &[u8], at: &mut usize) -> Result<u32, DecodeErrorKind> {
    let value = read_uvarint(code, at).ok_or(DecodeErrorKind::EndOfCode)?;
    u32::try_from(value).map_err(|_| DecodeErrorKind::InvalidOperand)
}

fn target(after: usize, distance: Option<u32>) -> Result<Operand, DecodeErrorKind> {
    let distance = distance.ok_or(DecodeErrorKind::EndOfCode)?;
    let target = after as u64 + u64::from(distance);
    u32::try_from(target).map(Operand::Target).map_err(|_| DecodeErrorKind::InvalidOperand)
}

fn read_coerce(code: &[u8], at: &mut usize) -> Result<Operand, DecodeErrorKind> {
    let byte = *code.get(*at).ok_or(DecodeErrorKind::EndOfCode)?;
    *at += 1;
    if byte > 3 { Err(DecodeErrorKind::InvalidOperand) } else { Ok(Operand::Coerce(Coerce(byte))) }
}

fn read_captures(code: &[u8], at: &mut usize) -> Result<Captures, DecodeErrorKind> {
    let constant = read_index(code, at)?;
    let packed = read_uvarint(code, at).ok_or(DecodeErrorKind::EndOfCode)?;
    let count = u32::try_from(packed >> 1).map_err(|_| DecodeErrorKind::InvalidOperand)?;
    let start = u32::try_from(*at).map_err(|_| DecodeErrorKind::InvalidOperand)?;
    for _ in 0..count {
        let encoded = read_uvarint(code, at).ok_or(DecodeErrorKind::EndOfCode)?;
        Position::decode(encoded).ok_or(DecodeErrorKind::InvalidOperand)?;
    }
    Ok(Captures { constant, with: packed & 1 != 0, count, start })
}

/// The instructions of some code, in order; ends after the first error.
pub fn instructions(code: &[u8]) -> impl Iterator<Item = Result<Decoded, DecodeError>> {
    let mut next = Some(0u32);
    std::iter::from_fn(move || {
        let offset = next.take().filter(|&offset| (offset as usize) < code.len())?;
        let decoded = decode(code, offset);
        next = decoded.ok().map(|decoded| decoded.next);
        Some(decoded)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_bytes_decode_or_fail() {
        for first in 0..=255u8 {
            for rest in [0u8, 1, 0x7f, 0x80, 0xc0, 0xe0, 0xf0, 0xf7, 0xff] {
                for length in 0..14 {
                    let mut code = vec![rest; length];
                    code.insert(0, first);
                    if let Ok(decoded) = decode(&code, 0) {
                        assert!(decoded.next as usize <= code.len());
                    }
                }
            }
        }
        assert_eq!(decode(&[], 0).map_err(|e| e.kind), Err(DecodeErrorKind::EndOfCode));
        assert_eq!(decode(&[], u32::MAX).map_err(|e| e.kind), Err(DecodeErrorKind::EndOfCode));
        assert_eq!(decode(&[255], 0).map_err(|e| e.kind), Err(DecodeErrorKind::InvalidInstruction));
    }

    #[test]
    fn jumps_count_from_after_the_operand() {
        let code = [Instruction::Jump as u8, 5, 0];
        assert_eq!(decode(&code, 0).map(|d| d.operands[0]), Ok(Operand::Target(8)));
    }
}
