//! The variable-length encoding of unsigned 64-bit operands (`uvarint`).
//!
//! It is the vu128 encoding. The first byte tells the length:
//!
//! | first byte | bytes | value |
//! |---|---|---|
//! | `0xxxxxxx` | 1 | the 7 bits |
//! | `10xxxxxx` | 2 | 14 bits: the 6 bits of the first byte are the lowest, the others follow little endian |
//! | `110xxxxx` | 3 | 21 bits, likewise with 5 bits in the first byte |
//! | `1110xxxx` | 4 | 28 bits, likewise with 4 bits in the first byte |
//! | `1111nnnn` | n + 2 | n + 1 bytes, little endian; n is at most 7 here |

/// Values below this take at most four bytes and the unary form.
const BINARY_FORM: u64 = 1 << 28;

/// Appends the encoding of `value`: one to nine bytes.
pub fn write_uvarint(out: &mut Vec<u8>, value: u64) {
    if value < 0x80 {
        out.push(value as u8);
    } else if value < BINARY_FORM {
        write_unary(out, value as u32);
    } else {
        let length = (8 - value.leading_zeros() / 8) as usize;
        out.push(0xf0 | (length - 1) as u8);
        out.extend_from_slice(&value.to_le_bytes()[..length]);
    }
}

/// Appends a value of 8 to 28 bits: `length` bytes of which the first carries 8 − `length` bits.
fn write_unary(out: &mut Vec<u8>, value: u32) {
    let length = if value < 1 << 14 {
        2
    } else if value < 1 << 21 {
        3
    } else {
        4
    };
    let low_bits = 8 - length;
    let prefix = !(0xffu32 >> (length - 1)) & 0xff;
    out.push((prefix | (value & ((1 << low_bits) - 1))) as u8);
    out.extend_from_slice(&(value >> low_bits).to_le_bytes()[..length as usize - 1]);
}

/// Reads a `uvarint` at `*at` and moves `*at` past it; `None`, with `*at` unchanged, if the code
/// ends before it or the first byte announces more than 64 bits.
#[inline(always)]
pub fn read_uvarint(code: &[u8], at: &mut usize) -> Option<u64> {
    let first = *code.get(*at)?;
    if first < 0x80 {
        *at += 1;
        return Some(u64::from(first));
    }
    read_long(code, at, first)
}

/// The forms of more than one byte.
fn read_long(code: &[u8], at: &mut usize, first: u8) -> Option<u64> {
    let ones = first.leading_ones();
    let (payload, low_bits) = match ones {
        1..=3 => (ones as usize, 7 - ones),
        _ => ((first & 0x0f) as usize + 1, 0),
    };
    if payload > 8 {
        return None;
    }
    let start = *at + 1;
    let bytes = code.get(start..start + payload)?;
    let high = bytes.iter().rev().fold(0u64, |value, &byte| value << 8 | u64::from(byte));
    *at = start + payload;
    let low = u64::from(first) & ((1 << low_bits) - 1);
    Some(high << low_bits | low)
}

/// Reads two bytes, little endian.
#[inline(always)]
pub fn read_u16(code: &[u8], at: &mut usize) -> Option<u16> {
    let bytes = code.get(*at..)?.first_chunk::<2>()?;
    *at += 2;
    Some(u16::from_le_bytes(*bytes))
}

/// Reads four bytes, little endian.
#[inline(always)]
pub fn read_u32(code: &[u8], at: &mut usize) -> Option<u32> {
    let bytes = code.get(*at..)?.first_chunk::<4>()?;
    *at += 4;
    Some(u32::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(value: u64) -> Vec<u8> {
        let mut out = Vec::new();
        write_uvarint(&mut out, value);
        out
    }

    #[test]
    fn encodings_are_those_of_vu128() {
        assert_eq!(encoded(0x7f), [0x7f]);
        assert_eq!(encoded(0x80), [0x80, 0x02]);
        assert_eq!(encoded(0xABCDE), [0xDE, 0xE6, 0x55]);
        assert_eq!(encoded((1 << 28) - 1), [0xef, 0xff, 0xff, 0xff]);
        assert_eq!(encoded(0x1234_5678), [0xf3, 0x78, 0x56, 0x34, 0x12]);
        assert_eq!(encoded(u64::MAX).len(), 9);
    }

    #[test]
    fn every_length_reads_back() {
        for bits in 0..64 {
            for value in [1u64 << bits, (1 << bits) - 1, (1 << bits) + 1] {
                let code = encoded(value);
                let mut at = 0;
                assert_eq!(read_uvarint(&code, &mut at), Some(value));
                assert_eq!(at, code.len());
                for cut in 0..code.len() {
                    let mut at = 0;
                    assert_eq!(read_uvarint(&code[..cut], &mut at), None);
                    assert_eq!(at, 0);
                }
            }
        }
    }

    #[test]
    fn more_than_64_bits_are_refused() {
        assert_eq!(read_uvarint(&[0xff; 20], &mut 0), None);
        assert_eq!(read_uvarint(&[0xf8, 0, 0, 0, 0, 0, 0, 0, 0, 0], &mut 0), None);
        assert_eq!(read_u16(&[1], &mut 0), None);
        assert_eq!(read_u32(&[1, 0, 0, 1], &mut 0), Some(0x0100_0001));
    }
}
