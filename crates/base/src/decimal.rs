//! The decimal digits of integers, without an allocation.

/// An integer as text.
#[derive(Clone, Copy, Debug)]
pub struct Decimal {
    digits: [u8; LEN],
    start: usize,
}

/// Digits of the longest, with its sign.
const LEN: usize = 20;

impl Decimal {
    /// The text of an integer.
    ///
    /// ```
    /// assert_eq!(nivose_base::Decimal::new(-20).as_bytes(), b"-20");
    /// ```
    pub fn new(value: i64) -> Self {
        let (mut digits, mut start, mut rest) = ([0; LEN], LEN, value.unsigned_abs());
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
            start -= 1;
            if rest == 0 {
                break;
            }
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
        for value in [0, 1, -1, 9, 10, -10, 123_456_789, i64::MAX, i64::MIN] {
            assert_eq!(Decimal::new(value).as_bytes(), value.to_string().as_bytes());
        }
    }
}
