//! The command line, one argument after the other: flags, their values, and everything else.
//!
//! Flags are those of `nix-instantiate`: any number of values follow as arguments of their own,
//! `-ab` is `-a -b`, and nothing after `--` is a flag. What flags mean is not known here.

use std::collections::VecDeque;
use std::ffi::OsString;

use crate::failure::Failure;

/// One argument.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Argument {
    /// A flag with its dashes, such as `--eval` or `-A`.
    Flag(String),
    /// Anything else, among it a single `-`.
    Positional(Vec<u8>),
}

/// Arguments that were not read yet.
pub struct Arguments {
    pending: VecDeque<Vec<u8>>,
    /// Whether `--` was met.
    only_positional: bool,
}

impl Arguments {
    /// The given arguments, without the name of the program.
    pub fn new(arguments: impl IntoIterator<Item = OsString>) -> Self {
        Arguments { pending: arguments.into_iter().map(into_bytes).collect(), only_positional: false }
    }

    /// The next argument.
    pub fn next(&mut self) -> Option<Argument> {
        let argument = self.pending.pop_front()?;
        if self.only_positional {
            return Some(Argument::Positional(argument));
        }
        match argument.as_slice() {
            b"--" => {
                self.only_positional = true;
                self.next()
            }
            [b'-', first, _, ..] if first.is_ascii_alphabetic() => {
                self.expand(&argument);
                self.next()
            }
            [b'-', _, ..] => Some(Argument::Flag(String::from_utf8_lossy(&argument).into_owned())),
            _ => Some(Argument::Positional(argument)),
        }
    }

    /// Puts the flags `-a -b` in place of `-ab`.
    fn expand(&mut self, combined: &[u8]) {
        for &letter in combined.iter().skip(1).rev() {
            self.pending.push_front(vec![b'-', letter]);
        }
    }

    /// The value of a flag: the next argument, whatever it looks like.
    ///
    /// # Errors
    /// If there is none.
    pub fn value(&mut self, flag: &str) -> Result<Vec<u8>, Failure> {
        self.pending.pop_front().ok_or_else(|| Failure::usage(format!("'{flag}' requires an argument")))
    }

    /// The values of a flag that every command has, however they look.
    ///
    /// # Errors
    /// If there are fewer than `N`.
    pub fn values<const N: usize>(&mut self, flag: &str) -> Result<[Vec<u8>; N], Failure> {
        let given = self.pending.len().min(N);
        let values: Vec<Vec<u8>> = self.pending.drain(..given).collect();
        values.try_into().map_err(|_| {
            Failure::usage(format!("flag '{flag}' requires {N} argument(s), but only {given} were given"))
        })
    }

    /// The value of such a flag, as text.
    ///
    /// # Errors
    /// If there is none.
    pub fn setting(&mut self, flag: &str) -> Result<String, Failure> {
        let [value] = self.values(flag)?;
        Ok(String::from_utf8_lossy(&value).into_owned())
    }

    /// The value of a flag, as text.
    ///
    /// # Errors
    /// If there is none.
    pub fn text(&mut self, flag: &str) -> Result<String, Failure> {
        self.value(flag).map(|value| String::from_utf8_lossy(&value).into_owned())
    }
}

#[cfg(unix)]
fn into_bytes(argument: OsString) -> Vec<u8> {
    use std::os::unix::ffi::OsStringExt;
    argument.into_vec()
}

#[cfg(not(unix))]
fn into_bytes(argument: OsString) -> Vec<u8> {
    argument.to_string_lossy().into_owned().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &[&str]) -> Vec<Argument> {
        let mut arguments = Arguments::new(line.iter().map(OsString::from));
        std::iter::from_fn(|| arguments.next()).collect()
    }

    fn flag(text: &str) -> Argument {
        Argument::Flag(text.into())
    }

    #[test]
    fn flags_and_others() {
        assert_eq!(
            read(&["--eval", "a", "-"]),
            [flag("--eval"), Argument::Positional(b"a".into()), Argument::Positional(b"-".into())]
        );
        assert_eq!(read(&["-vE"]), [flag("-v"), flag("-E")]);
        assert_eq!(read(&["--", "-E"]), [Argument::Positional(b"-E".into())]);
        assert_eq!(read(&[""]), [Argument::Positional(b"".into())]);
    }

    #[test]
    fn values_may_look_like_flags() {
        let mut arguments = Arguments::new(["-A", "--eval"].map(OsString::from));
        assert_eq!(arguments.next(), Some(flag("-A")));
        assert_eq!(arguments.value("-A").ok(), Some(b"--eval".to_vec()));
        let message = arguments.value("-A").err().map(|failure| failure.to_string());
        assert_eq!(message.as_deref(), Some("'-A' requires an argument"));
    }
}
