//! The text of names, strings, floats and paths.

use crate::token::{TokenKind, word_kind};

/// Appends a name, quoted unless it is an identifier (or `or`).
pub fn print_name(name: &[u8], out: &mut Vec<u8>) {
    if is_identifier(name) {
        out.extend_from_slice(name);
    } else {
        print_string(name, out);
    }
}

fn is_identifier(name: &[u8]) -> bool {
    let head = matches!(name.first(), Some(b'a'..=b'z' | b'A'..=b'Z' | b'_'));
    let rest = name.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'\'' | b'-'));
    head && rest && matches!(word_kind(name), TokenKind::Identifier | TokenKind::Or)
}

/// Appends a string in quotes, with the escapes that make it a literal.
pub fn print_string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for (index, &byte) in text.iter().enumerate() {
        let escaped = match byte {
            b'"' | b'\\' => byte,
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            b'$' if text.get(index + 1) == Some(&b'{') => byte,
            _ => {
                out.push(byte);
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', escaped]);
    }
    out.push(b'"');
}

/// Appends a float with six significant digits, like C's `%g`.
pub fn print_float(value: f64, out: &mut Vec<u8>) {
    let scientific = format!("{value:.5e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        out.extend_from_slice(scientific.as_bytes());
        return;
    };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let text = if (-4..6).contains(&exponent) {
        let decimals = usize::try_from(5 - exponent).unwrap_or(0);
        without_trailing_zeros(&format!("{value:.decimals$}")).to_owned()
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{}e{sign}{:02}", without_trailing_zeros(mantissa), exponent.abs())
    };
    out.extend_from_slice(text.as_bytes());
}

fn without_trailing_zeros(number: &str) -> &str {
    if !number.contains('.') {
        return number;
    }
    number.trim_end_matches('0').trim_end_matches('.')
}

/// Appends a path made absolute, without `.` and `..`.
pub(super) fn print_path(base: &[u8], path: &[u8], out: &mut Vec<u8>) {
    let base = if path.starts_with(b"/") { b"" } else { base };
    let mut kept: Vec<&[u8]> = Vec::new();
    for component in base.split(|&b| b == b'/').chain(path.split(|&b| b == b'/')) {
        match component {
            b"" | b"." => {}
            b".." => drop(kept.pop()),
            _ => kept.push(component),
        }
    }
    if kept.is_empty() {
        out.push(b'/');
    }
    for component in kept {
        out.push(b'/');
        out.extend_from_slice(component);
    }
}
