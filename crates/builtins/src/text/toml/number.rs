//! Integers and floats.
//!
//! A number is the longest beginning of the text that has the form of one. Whether what stands behind it may stand there
//! is not looked at here, but for a few bytes that show that a longer number was meant.

use super::problem::Problem;
use super::{Node, split};

/// A way of writing integers.
struct Radix {
    prefix: &'static [u8],
    radix: u32,
    too_large: Problem,
}

const DECIMAL: Radix = Radix { prefix: b"", radix: 10, too_large: Problem::LargeDecimal };

const PREFIXED: [Radix; 3] = [
    Radix { prefix: b"0x", radix: 16, too_large: Problem::LargeHexadecimal },
    Radix { prefix: b"0o", radix: 8, too_large: Problem::LargeOctal },
    Radix { prefix: b"0b", radix: 2, too_large: Problem::LargeBinary },
];

/// Reads the number that a text begins with; also says how long it is.
pub(super) fn read(text: &[u8]) -> Result<(Node, usize), Problem> {
    let (written, behind) = split(text, float_length(text));
    if !written.is_empty() {
        return match behind {
            [b'_', ..] => Err(Problem::FloatUnderscore),
            _ => Ok((Node::Float(float(written)?), written.len())),
        };
    }
    let (radix, length) = integer_form(text);
    if length == 0 {
        return Err(no_number(text));
    }
    let (written, behind) = split(text, length);
    check_behind(written, behind)?;
    Ok((Node::Integer(integer(radix, written)?), length))
}

fn sign_length(text: &[u8]) -> usize {
    usize::from(matches!(text, [b'+' | b'-', ..]))
}

/// The length of the digits at the start, with single underscores between them.
fn digits_length(text: &[u8], radix: u32) -> usize {
    let mut length = 0;
    loop {
        let underscore = length > 0 && text.get(length) == Some(&b'_');
        let next = length + usize::from(underscore);
        if !text.get(next).is_some_and(|&byte| char::from(byte).is_digit(radix)) {
            return length;
        }
        length = next + 1;
    }
}

/// The length of two pieces; nothing if the second, without which the first is none, is missing.
const fn together(first: usize, second: usize) -> usize {
    if second == 0 { 0 } else { first + second }
}

/// The length of a decimal integer with its sign; a zero is one by itself.
fn decimal_length(text: &[u8]) -> usize {
    let (sign, unsigned) = split(text, sign_length(text));
    let digits = if unsigned.first() == Some(&b'0') { 1 } else { digits_length(unsigned, 10) };
    together(sign.len(), digits)
}

fn float_length(text: &[u8]) -> usize {
    let (sign, unsigned) = split(text, sign_length(text));
    if unsigned.starts_with(b"inf") || unsigned.starts_with(b"nan") {
        return sign.len() + 3;
    }
    let whole = decimal_length(text);
    if whole == 0 {
        return 0;
    }
    let (_, behind) = split(text, whole);
    let fraction = fraction_length(behind);
    let (_, behind) = split(behind, fraction);
    together(whole, fraction + exponent_length(behind))
}

fn fraction_length(text: &[u8]) -> usize {
    match text {
        [b'.', digits @ ..] => together(1, digits_length(digits, 10)),
        _ => 0,
    }
}

fn exponent_length(text: &[u8]) -> usize {
    match text {
        [b'e' | b'E', exponent @ ..] => {
            let (sign, digits) = split(exponent, sign_length(exponent));
            together(1 + sign.len(), digits_length(digits, 10))
        }
        _ => 0,
    }
}

/// How an integer is written, and its length; nothing if there is none.
fn integer_form(text: &[u8]) -> (&'static Radix, usize) {
    for radix in &PREFIXED {
        if let Some(digits) = text.strip_prefix(radix.prefix) {
            let length = together(radix.prefix.len(), digits_length(digits, radix.radix));
            if length > 0 {
                return (radix, length);
            }
        }
    }
    (&DECIMAL, decimal_length(text))
}

/// What is wrong with a text that begins with no number.
fn no_number(text: &[u8]) -> Problem {
    match text {
        [b'.', ..] => Problem::NoNumberBeforePoint,
        [b'_', ..] => Problem::NoNumberBeforeUnderscore,
        _ => Problem::UnknownValue,
    }
}

/// Fails if what stands behind an integer shows that more was meant.
fn check_behind(written: &[u8], behind: &[u8]) -> Result<(), Problem> {
    let is_zero = matches!(written, b"0" | b"+0" | b"-0");
    Err(match behind {
        [b'x', ..] if is_zero => Problem::Hexadecimal,
        [b'o', ..] if is_zero => Problem::Octal,
        [b'b', ..] if is_zero => Problem::Binary,
        [b'_', ..] if is_zero => Problem::LeadingZeroUnderscore,
        [b'_', ..] => Problem::IntegerUnderscore,
        [b'0', ..] => Problem::LeadingZero,
        [b'1'..=b'9', ..] => Problem::DigitBehind,
        [b':' | b'-', ..] => Problem::TimestampFormat,
        [b'.' | b'e' | b'E', ..] => Problem::FloatFormat,
        _ => return Ok(()),
    })
}

fn without_underscores(written: &[u8]) -> String {
    written.iter().filter(|&&byte| byte != b'_').map(|&byte| char::from(byte)).collect()
}

fn float(written: &[u8]) -> Result<f64, Problem> {
    let is_word = written.ends_with(b"inf") || written.ends_with(b"nan");
    let number: f64 = without_underscores(written).parse().map_err(|_| Problem::FloatFormat)?;
    if number.is_finite() || is_word { Ok(number) } else { Err(Problem::LargeFloat) }
}

fn integer(radix: &Radix, written: &[u8]) -> Result<i64, Problem> {
    let digits = written.strip_prefix(radix.prefix).unwrap_or(written);
    i64::from_str_radix(&without_underscores(digits), radix.radix).map_err(|_| radix.too_large)
}
