//! Strings as JSON, for messages that tools read. Not for values of the language, which have rules of their own.

use std::fmt::Write;

/// Appends a JSON string.
pub fn json_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' || c == '\u{7f}' => {
                // Writing to memory does not fail.
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_json_forbids_is_escaped() {
        let mut out = String::new();
        json_string(&mut out, "a\"\\\n\u{1b}é");
        assert_eq!(out, r#""a\"\\\n\u001bé""#);
    }
}
