//! Nix's base 32: digits `0-9a-z` without `e`, `o`, `t`, `u`, most significant
//! digit first over the bytes read as one little-endian number.
//!
//! Only the encoding; which hashes are written in it is `hash_text`'s matter.

/// The 32 digits, in order of value, which is also their byte order.
pub const ALPHABET: &[u8; 32] = b"0123456789abcdfghijklmnpqrsvwxyz";

const NOT_A_DIGIT: u8 = 0xff;

const VALUES: [u8; 256] = digit_values();

const fn digit_values() -> [u8; 256] {
    let mut values = [NOT_A_DIGIT; 256];
    let mut digit = 0;
    while digit < ALPHABET.len() {
        values[ALPHABET[digit] as usize] = digit as u8;
        digit += 1;
    }
    values
}

/// The number of digits that `bytes` bytes take.
pub const fn encoded_length(bytes: usize) -> usize {
    (bytes * 8).div_ceil(5)
}

/// Whether `byte` is one of the 32 digits.
pub const fn is_digit(byte: u8) -> bool {
    VALUES[byte as usize] != NOT_A_DIGIT
}

/// Appends the digits of `bytes` to `out`.
pub fn encode_into(bytes: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + encoded_length(bytes.len()), 0);
    encode_to(bytes, &mut out[start..]);
}

/// Writes the digits of `bytes` to `out`, which has room for just these.
pub(crate) fn encode_to(bytes: &[u8], out: &mut [u8]) {
    // Five bytes are eight digits.
    let (groups, rest) = bytes.as_chunks();
    let (first, eights) = out.as_rchunks_mut();
    for (&[a, b, c, d, e], digits) in groups.iter().zip(eights.iter_mut().rev()) {
        *digits = eight_digits(u64::from_le_bytes([a, b, c, d, e, 0, 0, 0]));
    }
    let number = rest.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte));
    let unused = 8 - first.len();
    first.copy_from_slice(&eight_digits(number)[unused..]);
}

fn eight_digits(number: u64) -> [u8; 8] {
    std::array::from_fn(|place| ALPHABET[(number >> (35 - 5 * place) & 31) as usize])
}

/// The digits of `bytes`.
pub fn encode(bytes: &[u8]) -> String {
    let mut out = Vec::with_capacity(encoded_length(bytes.len()));
    encode_into(bytes, &mut out);
    out.into_iter().map(char::from).collect()
}

/// The bytes that `text` stands for; `None` if a character is not a digit or
/// if bits beyond the last whole byte are set.
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = vec![0; text.len() * 5 / 8];
    for (position, digit) in text.iter().rev().enumerate() {
        let value = VALUES[usize::from(*digit)];
        if value == NOT_A_DIGIT {
            return None;
        }
        let bit = position * 5;
        let pair = u16::from(value) << (bit % 8);
        or_byte(&mut bytes, bit / 8, (pair & 0xff) as u8)?;
        or_byte(&mut bytes, bit / 8 + 1, (pair >> 8) as u8)?;
    }
    Some(bytes)
}

fn or_byte(bytes: &mut [u8], index: usize, value: u8) -> Option<()> {
    match bytes.get_mut(index) {
        Some(byte) => *byte |= value,
        None if value == 0 => {}
        None => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_like_nix_hash() {
        let md5_of_abc =
            [0x90, 0x01, 0x50, 0x98, 0x3c, 0xd2, 0x4f, 0xb0, 0xd6, 0x96, 0x3f, 0x7d, 0x28, 0xe1, 0x7f, 0x72];
        assert_eq!(encode(&md5_of_abc), "3jgzhjhz9zjvbb0kyj7jc500ch");
        assert_eq!(decode(b"3jgzhjhz9zjvbb0kyj7jc500ch").unwrap(), md5_of_abc);
    }

    #[test]
    fn every_length_goes_there_and_back() {
        for length in 0..70_u8 {
            let bytes: Vec<u8> = (0..length).map(|i| i.wrapping_mul(37).wrapping_add(200)).collect();
            let text = encode(&bytes);
            assert_eq!(text.len(), encoded_length(bytes.len()));
            assert_eq!(decode(text.as_bytes()).unwrap(), bytes);
        }
    }

    #[test]
    fn text_order_is_the_order_of_the_reversed_bytes() {
        let (small, large) = ([0xff, 0x00, 0x01, 0, 0], [0x00, 0x00, 0x02, 0, 0]);
        assert!(encode(&small) < encode(&large));
    }

    #[test]
    fn refuses_other_letters_and_surplus_bits() {
        assert_eq!(decode(b"e0"), None);
        assert_eq!(decode(b"zjgzhjhz9zjvbb0kyj7jc500ch"), None);
        assert_eq!(decode(b"0Z"), None);
    }
}
