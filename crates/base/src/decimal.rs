//! The decimal digits of integers, without an allocation.

/// An integer as text.
#[derive(Clone, Copy, Debug)]
pub struct Decimal {
    digits: [u8; LEN],
    start: usize,
}

/// Digits of the longest, with its sign.
const LEN: usize = 20;

/// The digits of the numbers up to 99.
static PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + number as u8 / 10, b'0' + number as u8 % 10];
        number += 1;
    }
    pairs
};

impl Decimal {
    /// The text of an integer.
    ///
    /// ```
    /// assert_eq!(nivose_base::Decimal::new(-20).as_bytes(), b"-20");
    /// ```
    pub fn new(value: i64) -> Self {
        let (mut digits, mut start, mut rest) = ([0; LEN], LEN, value.unsigned_abs());
        // Two digits at a time: half of the divisions.
        while rest >= 100 {
            start -= 2;
            digits[start..start + 2].copy_from_slice(&PAIRS[(rest % 100) as usize]);
            rest /= 100;
        }
        if rest >= 10 {
            start -= 2;
            digits[start..start + 2].copy_from_slice(&PAIRS[rest as usize]);
        } else {
            start -= 1;
            digits[start] = b'0' + rest as u8;
        }
        if value < 0 {
            start -= 1;
            digits[start] = b'-';
        }
        Decimal { digits, start }
    }

    /// The text.
    pub fn as_bytes(&self) -> &[u8] {
        &self.digits[self.start..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_those_of_the_standard_library() {
        for value in [0, 1, -1, 9, 10, -10, 99, 100, 101, -999, 1000, 12_345, 123_456_789, i64::MAX, i64::MIN]
        {
            assert_eq!(Decimal::new(value).as_bytes(), value.to_string().as_bytes());
        }
    }
}
