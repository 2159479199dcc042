//! Values that hold no others: strings, numbers, Booleans, dates.

use super::Node;
use super::parser::{Parser, Problem};
use super::timestamp;

const BAD_STRING: &str = "toml::parse_basic_string: invalid string format";
const BAD_LITERAL: &str = "toml::parse_literal_string: invalid string format";
const BAD_INTEGER: &str = "bad integer: invalid digit after an integer";
const BAD_FLOAT: &str = "bad float: invalid digit after a floating point number";
const BIG_INTEGER: &str = "toml::parse_dec_integer: too large integer: current max digits = 2^63";
const BIG_FLOAT: &str = "toml::parse_floating: failed to read floating point value";
const UNKNOWN_VALUE: &str = "bad format: unknown value appeared";

/// The longest number or word that is looked at.
const MAX_WORD: usize = 1 << 16;

impl Parser<'_> {
    /// Reads a value that is neither an array nor an inline table.
    pub(super) fn scalar(&mut self) -> Result<Node, Problem> {
        let rest = self.rest();
        match rest.first() {
            Some(b'"') => self.basic_string(true).map(Node::String),
            Some(b'\'') => self.literal_string(true).map(Node::String),
            Some(b'0'..=b'9') if timestamp::is_timestamp(rest) => {
                let found = timestamp::read(rest)?;
                self.advance(found.length);
                Ok(Node::Timestamp(found.text))
            }
            Some(b'0'..=b'9' | b'+' | b'-' | b'i' | b'n' | b't' | b'f') => self.word(),
            _ => Err(UNKNOWN_VALUE),
        }
    }

    /// Reads a number or a Boolean.
    fn word(&mut self) -> Result<Node, Problem> {
        let in_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'_');
        let rest = self.rest();
        let length = rest.iter().take_while(|byte| in_word(byte)).count();
        if length > MAX_WORD {
            return Err(UNKNOWN_VALUE);
        }
        let word = rest.get(..length).and_then(|word| std::str::from_utf8(word).ok()).unwrap_or_default();
        let value = match word {
            "true" => Node::Boolean(true),
            "false" => Node::Boolean(false),
            number => read_number(number)?,
        };
        self.advance(length);
        Ok(value)
    }

    /// Reads a string in double quotes; in three of them only where `multi_line` strings may be.
    pub(super) fn basic_string(&mut self, multi_line: bool) -> Result<String, Problem> {
        let long = multi_line && self.rest().starts_with(b"\"\"\"");
        self.advance(if long { 3 } else { 1 });
        if long {
            self.skip_line_end();
        }
        let mut contents = Vec::new();
        loop {
            match self.peek().ok_or(BAD_STRING)? {
                b'"' if !long => break self.advance(1),
                b'"' => {
                    if self.long_string_end(b'"', &mut contents) {
                        break;
                    }
                }
                b'\\' => self.escape(long, &mut contents)?,
                byte => self.character(byte, long, &mut contents).ok_or(BAD_STRING)?,
            }
        }
        String::from_utf8(contents).map_err(|_| BAD_STRING)
    }

    /// Reads a string in single quotes.
    pub(super) fn literal_string(&mut self, multi_line: bool) -> Result<String, Problem> {
        let long = multi_line && self.rest().starts_with(b"'''");
        self.advance(if long { 3 } else { 1 });
        if long {
            self.skip_line_end();
        }
        let mut contents = Vec::new();
        loop {
            match self.peek().ok_or(BAD_LITERAL)? {
                b'\'' if !long => break self.advance(1),
                b'\'' => {
                    if self.long_string_end(b'\'', &mut contents) {
                        break;
                    }
                }
                byte => self.character(byte, long, &mut contents).ok_or(BAD_LITERAL)?,
            }
        }
        String::from_utf8(contents).map_err(|_| BAD_LITERAL)
    }

    /// Reads quotes in a string of several lines: up to two of the last five belong to the string.
    fn long_string_end(&mut self, quote: u8, contents: &mut Vec<u8>) -> bool {
        let quotes = self.rest().iter().take(5).take_while(|&&byte| byte == quote).count();
        self.advance(quotes);
        let closes = quotes >= 3;
        let kept = if closes { quotes - 3 } else { quotes };
        contents.extend(std::iter::repeat_n(quote, kept));
        closes
    }

    /// Reads one plain byte; line ends are kept as they are written.
    fn character(&mut self, byte: u8, long: bool, contents: &mut Vec<u8>) -> Option<()> {
        if byte == b'\n' || byte == b'\r' {
            let start = self.position();
            if !long || !self.skip_line_end() {
                return None;
            }
            contents.extend_from_slice(self.since(start));
            return Some(());
        }
        if is_control(byte) {
            return None;
        }
        contents.push(byte);
        self.advance(1);
        Some(())
    }

    fn escape(&mut self, long: bool, contents: &mut Vec<u8>) -> Result<(), Problem> {
        self.advance(1);
        let kind = self.peek().ok_or(BAD_STRING)?;
        let byte = match kind {
            b'b' => 0x08,
            b't' => b'\t',
            b'n' => b'\n',
            b'f' => 0x0c,
            b'r' => b'\r',
            b'"' | b'\\' => kind,
            b'u' => return self.unicode(4, contents),
            b'U' => return self.unicode(8, contents),
            b' ' | b'\t' | b'\n' | b'\r' if long => return self.continued_line(),
            _ => return Err(BAD_STRING),
        };
        self.advance(1);
        contents.push(byte);
        Ok(())
    }

    fn unicode(&mut self, digits: usize, contents: &mut Vec<u8>) -> Result<(), Problem> {
        self.advance(1);
        let mut code = 0_u32;
        for _ in 0..digits {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16)).ok_or(BAD_STRING)?;
            code = code << 4 | digit;
            self.advance(1);
        }
        let character = char::from_u32(code).ok_or(BAD_STRING)?;
        contents.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }

    /// Skips what follows a backslash at the end of a line: the line end and all white space behind it.
    fn continued_line(&mut self) -> Result<(), Problem> {
        self.skip_spaces();
        if !self.skip_line_end() {
            return Err(BAD_STRING);
        }
        loop {
            self.skip_spaces();
            if !self.skip_line_end() {
                return Ok(());
            }
        }
    }
}

/// Whether a byte may not stand in strings or comments.
pub(super) fn is_control(byte: u8) -> bool {
    byte != b'\t' && byte.is_ascii_control()
}

fn read_number(word: &str) -> Result<Node, Problem> {
    let radixes = [("0x", 16), ("0o", 8), ("0b", 2)];
    if let Some((digits, radix)) =
        radixes.iter().find_map(|(prefix, radix)| Some((word.strip_prefix(prefix)?, *radix)))
    {
        return read_integer(digits, radix);
    }
    let unsigned = word.strip_prefix(['+', '-']).unwrap_or(word);
    match unsigned {
        "inf" => return Ok(Node::Float(with_sign(f64::INFINITY, word))),
        "nan" => return Ok(Node::Float(with_sign(f64::NAN, word))),
        _ => {}
    }
    if !unsigned.starts_with(|first: char| first.is_ascii_digit()) {
        return Err(UNKNOWN_VALUE);
    }
    if unsigned.contains(['.', 'e', 'E']) { read_float(word, unsigned) } else { read_decimal(word, unsigned) }
}

fn with_sign(value: f64, word: &str) -> f64 {
    value.copysign(if word.starts_with('-') { -1.0 } else { 1.0 })
}

/// The digits without the underscores between them; nothing if anything else is in the way.
fn digits(text: &str, radix: u32) -> Option<String> {
    let between = |part: &str| !part.is_empty() && part.chars().all(|digit| digit.is_digit(radix));
    text.split('_').all(between).then(|| text.replace('_', ""))
}

fn read_integer(text: &str, radix: u32) -> Result<Node, Problem> {
    let digits = digits(text, radix).ok_or(BAD_INTEGER)?;
    i64::from_str_radix(&digits, radix).map(Node::Integer).map_err(|_| BIG_INTEGER)
}

fn read_decimal(word: &str, unsigned: &str) -> Result<Node, Problem> {
    let digits = digits(unsigned, 10).ok_or(BAD_INTEGER)?;
    if digits.len() > 1 && digits.starts_with('0') {
        return Err(BAD_INTEGER);
    }
    let sign = if word.starts_with('-') { "-" } else { "" };
    format!("{sign}{digits}").parse().map(Node::Integer).map_err(|_| BIG_INTEGER)
}

fn read_float(word: &str, unsigned: &str) -> Result<Node, Problem> {
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (integral, fraction) = match mantissa.split_once('.') {
        Some((integral, fraction)) => (integral, Some(fraction)),
        None => (mantissa, None),
    };
    let mut number = digits(integral, 10).ok_or(BAD_FLOAT)?;
    if number.len() > 1 && number.starts_with('0') {
        return Err(BAD_FLOAT);
    }
    if let Some(fraction) = fraction {
        number = format!("{number}.{}", digits(fraction, 10).ok_or(BAD_FLOAT)?);
    }
    if let Some(exponent) = exponent {
        let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        let sign = if exponent.starts_with('-') { "-" } else { "" };
        number = format!("{number}e{sign}{}", digits(unsigned, 10).ok_or(BAD_FLOAT)?);
    }
    let value: f64 = number.parse().map_err(|_| BAD_FLOAT)?;
    if value.is_finite() { Ok(Node::Float(with_sign(value, word))) } else { Err(BIG_FLOAT) }
}
