//! The command line, one argument after the other: options with their values, and everything else.
//!
//! Options are written as `nix-instantiate` takes them: any number of values follow as arguments of
//! their own, `-ab` is `-a -b`, `-j8` is `-j 8`, and nothing after `--` is an option. Which there are says the
//! [table](crate::options); what they do is not known here.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::PathBuf;

use crate::command::Command;
use crate::failure::Failure;
use crate::options::{self, OptionId, OptionSpec};
use crate::settings::{self, SettingFlag};

/// One argument.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Argument {
    /// An option of the command.
    Option(Given),
    /// A switch among the settings.
    Switch(String, bool),
    /// Another setting and its value.
    Setting(String, String),
    /// Anything else, among it a single `-`.
    Positional(Vec<u8>),
}

/// An option with its values: as many as the table says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Given {
    /// Which option.
    pub id: OptionId,
    /// How it was written.
    pub name: String,
    values: VecDeque<Vec<u8>>,
}

impl Given {
    /// The next value.
    pub fn value(&mut self) -> Vec<u8> {
        self.values.pop_front().unwrap_or_default()
    }

    /// The next value, as text.
    pub fn text(&mut self) -> String {
        String::from_utf8_lossy(&self.value()).into_owned()
    }
}

/// Arguments that were not read yet.
pub struct Arguments {
    command: Command,
    pending: VecDeque<Vec<u8>>,
    /// Whether `--` was met.
    only_positional: bool,
}

impl Arguments {
    /// The given arguments of a command, without the names of program and command.
    pub fn new(command: Command, arguments: impl IntoIterator<Item = OsString>) -> Self {
        let pending = arguments.into_iter().map(into_bytes).collect();
        Arguments { command, pending, only_positional: false }
    }

    /// The next argument.
    ///
    /// # Errors
    /// An option that the command does not have, or one whose values are missing or make no sense.
    pub fn next(&mut self) -> Result<Option<Argument>, Failure> {
        while let Some(argument) = self.pending.pop_front() {
            match argument.as_slice() {
                _ if self.only_positional => return Ok(Some(Argument::Positional(argument))),
                b"--" => self.only_positional = true,
                [b'-', first, _, ..] if first.is_ascii_alphabetic() => self.expand(&argument),
                [b'-', _, ..] => return self.flag(&String::from_utf8_lossy(&argument)).map(Some),
                _ => return Ok(Some(Argument::Positional(argument))),
            }
        }
        Ok(None)
    }

    /// Puts the options `-a -b` in place of `-ab`, and `-j 8` in place of `-j8`.
    fn expand(&mut self, combined: &[u8]) {
        let letters = combined.iter().skip(1).take_while(|byte| byte.is_ascii_alphabetic()).count();
        let (letters, value) = combined.split_at(1 + letters);
        if !value.is_empty() {
            self.pending.push_front(value.to_vec());
        }
        for &letter in letters.iter().skip(1).rev() {
            self.pending.push_front(vec![b'-', letter]);
        }
    }

    fn flag(&mut self, name: &str) -> Result<Argument, Failure> {
        if let Some(option) = options::find(self.command, name) {
            return self.option(option, name).map(Argument::Option);
        }
        match settings::flag(name) {
            Some(SettingFlag::Switch(setting, on)) => Ok(Argument::Switch(setting, on)),
            Some(SettingFlag::Valued(setting)) => {
                let value = self.pending.pop_front().ok_or_else(|| missing_values(name, 1, 0))?;
                Ok(Argument::Setting(setting, String::from_utf8_lossy(&value).into_owned()))
            }
            None => {
                let settings: Vec<_> =
                    settings::SETTINGS.iter().map(|setting| format!("--{}", setting.name)).collect();
                let options = options::of(self.command).flat_map(|option| option.names.iter().copied());
                let known = options.chain(settings.iter().map(String::as_str));
                Err(Failure::unknown("unrecognised flag", name, known))
            }
        }
    }

    fn option(&mut self, option: &OptionSpec, name: &str) -> Result<Given, Failure> {
        let count = option.values.len();
        if self.pending.len() < count {
            return Err(match option.id {
                // Nix words it so for these.
                OptionId::Attr | OptionId::AddRoot => {
                    Failure::usage(format!("'{name}' requires an argument"))
                }
                _ => missing_values(name, count, self.pending.len()),
            });
        }
        let values: VecDeque<_> = self.pending.drain(..count).collect();
        for (index, value) in values.iter().enumerate() {
            check_choice(option, name, index, value)?;
        }
        Ok(Given { id: option.id, name: name.to_owned(), values })
    }
}

fn missing_values(name: &str, count: usize, given: usize) -> Failure {
    Failure::usage(format!("flag '{name}' requires {count} argument(s), but only {given} were given"))
}

/// Checks a value that must be one of a few words.
fn check_choice(option: &OptionSpec, name: &str, index: usize, value: &[u8]) -> Result<(), Failure> {
    let Some(mut choices) = option.choices(index) else { return Ok(()) };
    if choices.any(|choice| choice.as_bytes() == value) {
        return Ok(());
    }
    let (name, value) = (name.trim_start_matches('-'), String::from_utf8_lossy(value));
    Err(Failure::usage(format!("option '{name}' has an invalid value '{value}'")))
}

/// The bytes of a text of the operating system.
#[cfg(unix)]
pub fn into_bytes(argument: OsString) -> Vec<u8> {
    use std::os::unix::ffi::OsStringExt;
    argument.into_vec()
}

/// The bytes of a text of the operating system.
#[cfg(not(unix))]
pub fn into_bytes(argument: OsString) -> Vec<u8> {
    argument.to_string_lossy().into_owned().into_bytes()
}

/// A path of the operating system.
#[cfg(unix)]
pub fn to_path(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    std::ffi::OsStr::from_bytes(bytes).into()
}

/// A path of the operating system.
#[cfg(not(unix))]
pub fn to_path(bytes: &[u8]) -> PathBuf {
    String::from_utf8_lossy(bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &[&str]) -> Result<Vec<Argument>, String> {
        let mut arguments = Arguments::new(Command::Instantiate, line.iter().map(OsString::from));
        let mut all = Vec::new();
        while let Some(argument) = arguments.next().map_err(|failure| failure.to_string())? {
            all.push(argument);
        }
        Ok(all)
    }

    fn option(id: OptionId, name: &str, values: &[&str]) -> Argument {
        let values = values.iter().map(|value| value.as_bytes().to_vec()).collect();
        Argument::Option(Given { id, name: name.into(), values })
    }

    fn positional(text: &str) -> Argument {
        Argument::Positional(text.into())
    }

    #[test]
    fn options_and_others() {
        let all = [option(OptionId::Eval, "--eval", &[]), positional("a"), positional("-")];
        assert_eq!(read(&["--eval", "a", "-"]), Ok(all.into()));
        let all = [option(OptionId::Verbose, "-v", &[]), option(OptionId::Expressions, "-E", &[])];
        assert_eq!(read(&["-vE"]), Ok(all.into()));
        let all = [option(OptionId::KeepGoing, "-k", &[]), option(OptionId::Jobs, "-j", &["8"])];
        assert_eq!(read(&["-kj8"]), Ok(all.into()));
        assert_eq!(read(&["--", "-E", "--"]), Ok(vec![positional("-E"), positional("--")]));
        assert_eq!(read(&[""]), Ok(vec![positional("")]));
    }

    #[test]
    fn values_may_look_like_options() {
        assert_eq!(read(&["-A", "--eval"]), Ok(vec![option(OptionId::Attr, "-A", &["--eval"])]));
        let arg = option(OptionId::Arg, "--arg", &["x", "--"]);
        assert_eq!(read(&["--arg", "x", "--"]), Ok(vec![arg]));
    }

    #[test]
    fn settings_are_options() {
        let all =
            [Argument::Switch("pure-eval".into(), false), Argument::Setting("cores".into(), "2".into())];
        assert_eq!(read(&["--no-pure-eval", "--cores", "2"]), Ok(all.into()));
    }

    #[test]
    fn what_makes_no_sense() {
        let message = |line: &[&str]| read(line).err().unwrap_or_default();
        assert_eq!(message(&["--nothing"]), "unrecognised flag '--nothing'");
        assert_eq!(message(&["--jsn"]), "unrecognised flag '--jsn'\nDid you mean --json?");
        assert_eq!(message(&["--puer-eval"]), "unrecognised flag '--puer-eval'\nDid you mean --pure-eval?");
        assert_eq!(message(&["-A"]), "'-A' requires an argument");
        assert_eq!(message(&["--arg", "x"]), "flag '--arg' requires 2 argument(s), but only 1 were given");
        assert_eq!(message(&["--cores"]), "flag '--cores' requires 1 argument(s), but only 0 were given");
        assert_eq!(message(&["--opt-level", "9"]), "option 'opt-level' has an invalid value '9'");
    }
}
