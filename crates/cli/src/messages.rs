//! Messages on standard error: which are wanted, and how their lines look. With `--log-format
//! internal-json` every message is one object on a line that begins with `@nix`.

use std::io::{self, IsTerminal, Write};

use nivose_base::json_text::json_string;

use crate::configuration::variable;

/// How important a message is: Nix's levels, 0 for errors up to 7.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Level(u8);

impl Level {
    /// Errors and traces.
    pub const ERROR: Level = Level(0);
    /// Warnings.
    pub const WARNING: Level = Level(1);
    /// What is shown unless somebody says otherwise.
    pub const INFO: Level = Level(3);
    /// What `-v` adds.
    pub const TALKATIVE: Level = Level(4);
    /// Everything.
    pub const DEBUG: Level = Level(6);

    /// The next level, at which more is said.
    pub fn more(self) -> Level {
        Level(self.0.saturating_add(1).min(7))
    }

    /// The level before, at which less is said.
    pub fn less(self) -> Level {
        Level(self.0.saturating_sub(1))
    }
}

/// Which messages are written, and how.
#[derive(Clone, Copy, Debug)]
pub struct Messages {
    /// The least important messages that are still written.
    pub level: Level,
    /// Whether they are written as JSON.
    pub json: bool,
}

impl Default for Messages {
    fn default() -> Self {
        Messages { level: Level::INFO, json: false }
    }
}

impl Messages {
    /// Whether messages of a level are written.
    pub fn wants(self, level: Level) -> bool {
        level <= self.level
    }

    /// Writes a message, which may have several lines.
    pub fn write(self, level: Level, text: &[u8]) {
        if self.wants(level) {
            put(self.line(level, text, ""));
        }
    }

    /// Writes a warning.
    pub fn warn(self, text: &str) {
        let (start, end) = if wants_colour() { ("\x1b[35;1m", "\x1b[0m") } else { ("", "") };
        self.write(Level::WARNING, format!("{start}warning:{end} {text}").as_bytes());
    }

    /// The lines of an error that is rendered already; its headline is `headline`.
    pub fn error(self, text: &[u8], headline: &str) -> Vec<u8> {
        let mut raw = String::from(",\"raw_msg\":");
        json_string(&mut raw, headline);
        self.line(Level::ERROR, text, &raw)
    }

    fn line(self, level: Level, text: &[u8], members: &str) -> Vec<u8> {
        if !self.json {
            let mut line = without_escapes(text, wants_colour());
            line.push(b'\n');
            return line;
        }
        let mut line = format!("@nix {{\"action\":\"msg\",\"level\":{},\"msg\":", level.0);
        json_string(&mut line, &String::from_utf8_lossy(text));
        line.push_str(members);
        line.push_str("}\n");
        line.into_bytes()
    }
}

/// Writes whole lines at once, so that those of several programs do not mix.
pub fn put(lines: Vec<u8>) {
    // A closed standard error leaves nobody to tell.
    let _ = io::stderr().write_all(&lines);
}

/// Text without the escape sequences of terminals, which programs put into their messages. Colours may stay.
fn without_escapes(text: &[u8], keep_colours: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 1);
    let mut rest = text;
    while let Some(at) = rest.iter().position(|&byte| byte == b'\x1b') {
        out.extend_from_slice(&rest[..at]);
        let sequence = escape_sequence(&rest[at..]);
        if keep_colours && sequence.starts_with(b"\x1b[") && sequence.ends_with(b"m") {
            out.extend_from_slice(sequence);
        }
        rest = &rest[at + sequence.len()..];
    }
    out.extend_from_slice(rest);
    out
}

/// The escape sequence at the beginning of a text: `ESC [ … letter`, or `ESC` and one character.
fn escape_sequence(text: &[u8]) -> &[u8] {
    let end = match text.get(1) {
        Some(b'[') => text.iter().skip(2).position(|byte| (0x40..0x7f).contains(byte)).map(|at| at + 3),
        Some(0x20..0x7f) => Some(2),
        _ => Some(1),
    };
    &text[..end.unwrap_or(text.len())]
}

/// Whether standard error is to have colours: a terminal that can show them, and nobody objects.
pub fn wants_colour() -> bool {
    let set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    if set("NO_COLOR") || set("NOCOLOR") {
        return false;
    }
    let forced = variable("CLICOLOR_FORCE").is_some_and(|value| !matches!(value.as_str(), "" | "0"));
    forced || (io::stderr().is_terminal() && variable("TERM").as_deref() != Some("dumb"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_for_people_and_for_tools() {
        let mut messages = Messages::default();
        assert_eq!(messages.line(Level::ERROR, b"trace: \"x\"", ""), b"trace: \"x\"\n");
        messages.json = true;
        let expected = br#"@nix {"action":"msg","level":1,"msg":"two\nlines"}"#;
        assert_eq!(messages.line(Level::WARNING, b"two\nlines", "").trim_ascii_end(), expected);
    }

    #[test]
    fn escape_sequences_are_for_terminals() {
        let text = b"a\x1b[1;35mb\x1b[0m\x1b[2Kc\x1bMd\x1b[9".as_slice();
        assert_eq!(without_escapes(text, false), b"abcd");
        assert_eq!(without_escapes(text, true), b"a\x1b[1;35mb\x1b[0mcd");
        assert_eq!(without_escapes("\x1bé".as_bytes(), false), "é".as_bytes());
    }

    #[test]
    fn levels_go_up_and_down() {
        let mut messages = Messages::default();
        assert!(messages.wants(Level::WARNING) && !messages.wants(Level::TALKATIVE));
        messages.level = messages.level.more();
        assert!(messages.wants(Level::TALKATIVE));
        messages.level = (0..9).fold(messages.level, |level, _| level.less());
        assert!(messages.wants(Level::ERROR) && !messages.wants(Level::WARNING));
    }
}
