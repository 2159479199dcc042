//! Writing JSON strings and numbers as C++ Nix's JSON library does. What goes between them is the caller's.

use std::error::Error;
use std::fmt;
use std::io::Write;

use nivose_base::Decimal;

pub use super::json_float::write_float;

/// A string that JSON cannot hold, since it is not UTF-8. Displays the library's own text, without Nix's prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidUtf8 {
    /// A byte that cannot stand where it does, with its index.
    Byte {
        /// Where in the string.
        index: usize,
        /// The byte.
        byte: u8,
    },
    /// The string ends within a character; its last byte.
    Incomplete {
        /// The string's last byte.
        last: u8,
    },
}

impl fmt::Display for InvalidUtf8 {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("[json.exception.type_error.316] ")?;
        match self {
            Self::Byte { index, byte } => write!(out, "invalid UTF-8 byte at index {index}: 0x{byte:02X}"),
            Self::Incomplete { last } => write!(out, "incomplete UTF-8 string; last byte: 0x{last:02X}"),
        }
    }
}

impl Error for InvalidUtf8 {}

/// Appends a string in quotes: short escapes where JSON has them, `\u00xx` for other control characters, all else raw.
///
/// # Errors
/// If the string is not UTF-8; nothing is appended then.
pub fn write_string(text: &[u8], out: &mut Vec<u8>) -> Result<(), InvalidUtf8> {
    if is_plain(text) {
        out.reserve(text.len() + 2);
        out.push(b'"');
        out.extend_from_slice(text);
        out.push(b'"');
        return Ok(());
    }
    check(text)?;
    out.reserve(text.len() + 2);
    out.push(b'"');
    for chunk in text.chunks(CHUNK) {
        // Without a branch per byte: most chunks need no escapes.
        if chunk.iter().fold(false, |found, &byte| found | is_special(byte)) {
            write_escaped(chunk, out);
        } else {
            out.extend_from_slice(chunk);
        }
    }
    out.push(b'"');
    Ok(())
}

/// Whether all characters are of one byte and written as they are.
fn is_plain(text: &[u8]) -> bool {
    let (words, rest) = text.as_chunks::<8>();
    let plain_words = words.iter().all(|&word| !has_special(u64::from_le_bytes(word)));
    plain_words && rest.iter().all(|&byte| IS_PLAIN[usize::from(byte)])
}

/// Whether one of eight bytes is special or no ASCII.
fn has_special(word: u64) -> bool {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = LOW << 7;
    // The high bit of a byte of the difference is set if the byte is less, or itself has it.
    let less_than_space = word.wrapping_sub(LOW * b' ' as u64);
    let [quotes, backslashes] = [b'"', b'\\'].map(|byte| (word ^ (LOW * byte as u64)).wrapping_sub(LOW));
    (word | less_than_space | quotes | backslashes) & HIGH != 0
}

/// The characters of one byte that are written as they are.
static IS_PLAIN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 0x80 {
        table[byte as usize] = !is_special(byte);
        byte += 1;
    }
    table
};

/// Bytes that are looked through at a time.
const CHUNK: usize = 64;

const fn is_special(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

fn write_escaped(text: &[u8], out: &mut Vec<u8>) {
    let mut done = 0;
    for (index, &byte) in text.iter().enumerate().filter(|&(_, &byte)| is_special(byte)) {
        out.extend_from_slice(text.get(done..index).unwrap_or_default());
        write_escape(byte, out);
        done = index + 1;
    }
    out.extend_from_slice(text.get(done..).unwrap_or_default());
}

fn write_escape(byte: u8, out: &mut Vec<u8>) {
    let short = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        0x0c => b'f',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        _ => {
            // Writing to a vector cannot fail.
            let _ = write!(out, "\\u{byte:04x}");
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

/// Finds the first byte that is not UTF-8, in the library's way of counting.
fn check(text: &[u8]) -> Result<(), InvalidUtf8> {
    let Err(error) = std::str::from_utf8(text) else { return Ok(()) };
    let start = error.valid_up_to();
    let Some(length) = error.error_len() else {
        return Err(InvalidUtf8::Incomplete { last: text.last().copied().unwrap_or(0) });
    };
    // The byte at fault is the first that cannot continue, or the lead byte if it cannot begin a character.
    let lead_is_valid = text.get(start).is_some_and(|lead| (0xc2..=0xf4).contains(lead));
    let index = if lead_is_valid { start + length } else { start };
    Err(InvalidUtf8::Byte { index, byte: text.get(index).copied().unwrap_or(0) })
}

/// Appends an integer.
pub fn write_integer(value: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(Decimal::new(value).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &[u8]) -> String {
        let mut out = Vec::new();
        match write_string(text, &mut out) {
            Ok(()) => String::from_utf8(out).unwrap(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn escapes() {
        assert_eq!(written(b"a\"b\\c/d"), r#""a\"b\\c/d""#);
        assert_eq!(
            written(b"\n\r\t\x08\x0c\x01\x0b\x1f\x7f"),
            "\"\\n\\r\\t\\b\\f\\u0001\\u000b\\u001f\x7f\""
        );
        assert_eq!(written("é 日本 😀".as_bytes()), "\"é 日本 😀\"");
        assert_eq!(written(b""), "\"\"");
        let long = "abc ".repeat(40);
        assert_eq!(written(format!("{long}\n{long}").as_bytes()), format!("\"{long}\\n{long}\""));
    }

    #[test]
    fn invalid_text() {
        let cases: [(&[u8], &str); 8] = [
            (b"\xc3", "incomplete UTF-8 string; last byte: 0xC3"),
            (b"ab\xe6\x97", "incomplete UTF-8 string; last byte: 0x97"),
            (b"ab\xa9c", "invalid UTF-8 byte at index 2: 0xA9"),
            (b"\xc3(", "invalid UTF-8 byte at index 1: 0x28"),
            (b"\xe0\x80\x80", "invalid UTF-8 byte at index 1: 0x80"),
            (b"\xed\xa0\x80", "invalid UTF-8 byte at index 1: 0xA0"),
            (b"\xf0\x9f\x98x", "invalid UTF-8 byte at index 3: 0x78"),
            (b"\xff", "invalid UTF-8 byte at index 0: 0xFF"),
        ];
        for (text, expected) in cases {
            assert_eq!(written(text), format!("[json.exception.type_error.316] {expected}"));
        }
    }

    #[test]
    fn integers() {
        for number in [i64::MIN, i64::MAX, 0, -1, 9, 10, -10, 1_000_000] {
            let mut out = Vec::new();
            write_integer(number, &mut out);
            assert_eq!(out, number.to_string().as_bytes());
        }
    }
}
