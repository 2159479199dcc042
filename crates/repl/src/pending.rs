//! The lines of an input that is not complete yet, and when to try it again. Nothing is evaluated here.

use nivose::raw::Balance;

/// A shorter text is tried at every line, so that a mistake in it is told at once.
const SHORT: usize = 1 << 10;

/// Lines that belong together, as far as one can tell.
///
/// A longer text is tried when no bracket, string or comment in it is open, and when it doubled: each trial reads all of
/// it, and the evaluator keeps what it read.
#[derive(Debug, Default)]
pub struct Pending {
    text: String,
    balance: Balance,
    /// The length of the text at which it is tried in any case.
    next: usize,
}

impl Pending {
    /// Adds a line; says whether the text is to be tried.
    pub fn push(&mut self, line: &str) -> bool {
        let is_first = self.text.is_empty();
        if !is_first {
            self.text.push('\n');
        }
        self.text.push_str(line);
        self.balance.line(line.as_bytes());
        let is_due = is_first || self.text.len() >= self.next || self.balance.may_be_complete();
        if is_due {
            self.next = if self.text.len() < SHORT { 0 } else { 2 * self.text.len() };
        }
        is_due
    }

    /// The text so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Begins anew.
    pub fn clear(&mut self) {
        *self = Pending::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_not_tried_at_every_line() {
        let mut pending = Pending::default();
        assert!(pending.push("["));
        let tried = (0..8000).filter(|number| pending.push(&number.to_string())).count();
        assert!(tried < 500, "{tried}");
        assert!(pending.push("]"));
        assert!(pending.text().ends_with("7999\n]"));
        pending.clear();
        assert_eq!(pending.text(), "");
        assert!(pending.push("1"));
    }

    #[test]
    fn what_may_be_complete_is_tried() {
        let mut pending = Pending::default();
        assert!(pending.push(&format!("# [{}", " ".repeat(2 * SHORT))));
        assert!(pending.push("1"));
    }
}
