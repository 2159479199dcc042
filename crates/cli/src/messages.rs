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

    /// Writes an error that is rendered already; its headline is `headline`.
    pub fn error(self, text: &[u8], headline: &str) {
        let mut raw = String::from(",\"raw_msg\":");
        json_string(&mut raw, headline);
        put(self.line(Level::ERROR, text, &raw));
    }

    fn line(self, level: Level, text: &[u8], members: &str) -> Vec<u8> {
        if !self.json {
            return [text, b"\n"].concat();
        }
        let mut line = format!("@nix {{\"action\":\"msg\",\"level\":{},\"msg\":", level.0);
        json_string(&mut line, &String::from_utf8_lossy(text));
        line.push_str(members);
        line.push_str("}\n");
        line.into_bytes()
    }
}

/// Writes whole lines at once, so that those of several programs do not mix.
fn put(lines: Vec<u8>) {
    // A closed standard error leaves nobody to tell.
    let _ = io::stderr().write_all(&lines);
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
    fn levels_go_up_and_down() {
        let mut messages = Messages::default();
        assert!(messages.wants(Level::WARNING) && !messages.wants(Level::TALKATIVE));
        messages.level = messages.level.more();
        assert!(messages.wants(Level::TALKATIVE));
        messages.level = (0..9).fold(messages.level, |level, _| level.less());
        assert!(messages.wants(Level::ERROR) && !messages.wants(Level::WARNING));
    }
}
