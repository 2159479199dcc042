//! The commands of the program: which one is meant, and how one is carried out.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use crate::arguments::Arguments;
use crate::configuration::Configuration;
use crate::disassemble::Disassemble;
use crate::evaluate::Evaluate;
use crate::failure::Failure;
use crate::help;
use crate::instantiate::Instantiate;
use crate::session::Session;

/// What a command line asks a command for.
#[derive(Debug)]
pub enum Request<T> {
    /// The help text.
    Help,
    /// The version.
    Version,
    /// Work.
    Run(T),
}

/// A command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Command {
    /// `nix-instantiate`
    Instantiate,
    /// `nivose eval`
    Evaluate,
    /// `nivose disassemble`
    Disassemble,
}

/// Work that a command line asks for.
#[derive(Debug)]
pub enum Work {
    /// Evaluate, parse or instantiate.
    Instantiate(Instantiate),
    /// Evaluate.
    Evaluate(Evaluate),
    /// List bytecode.
    Disassemble(Disassemble),
}

/// What the program is to do.
#[derive(Debug)]
pub enum Invocation {
    /// Say something that is known beforehand.
    Say(String),
    /// Run a command.
    Run(Command),
}

/// What the name of the program and its first argument mean; that argument is taken away if it is
/// the name of a command.
///
/// # Errors
/// A command that does not exist.
pub fn invocation(program: &OsStr, arguments: &mut Vec<OsString>) -> Result<Invocation, Failure> {
    let called = Path::new(program).file_stem().unwrap_or_default();
    if called == "nix-instantiate" {
        return Ok(Invocation::Run(Command::Instantiate));
    }
    if arguments.is_empty() {
        return Ok(Invocation::Say(help::PROGRAM.to_owned()));
    }
    let first = arguments.remove(0);
    let command = match first.to_str() {
        Some("nix-instantiate") => Command::Instantiate,
        Some("eval") => Command::Evaluate,
        Some("disassemble") => Command::Disassemble,
        Some("help" | "--help" | "-h") => return Ok(Invocation::Say(help_on(arguments)?)),
        Some("--version" | "-V") => return Ok(Invocation::Say(help::version("nivose"))),
        _ => return Err(unknown(&first)),
    };
    Ok(Invocation::Run(command))
}

/// `nivose help [COMMAND]`
fn help_on(arguments: &[OsString]) -> Result<String, Failure> {
    let Some(topic) = arguments.first() else { return Ok(help::PROGRAM.to_owned()) };
    let commands = [Command::Instantiate, Command::Evaluate, Command::Disassemble];
    let found = commands.into_iter().find(|command| command.name() == topic.as_os_str());
    found.map(|command| command.help().to_owned()).ok_or_else(|| unknown(topic))
}

fn unknown(name: &OsStr) -> Failure {
    let name = name.to_string_lossy();
    let what = if name.starts_with('-') { "unrecognised flag" } else { "unknown command" };
    Failure::usage(format!("{what} '{name}'"))
}

impl Command {
    /// The name after `nivose`.
    pub fn name(self) -> &'static str {
        match self {
            Command::Instantiate => "nix-instantiate",
            Command::Evaluate => "eval",
            Command::Disassemble => "disassemble",
        }
    }

    /// What one types to run it.
    pub fn program(self) -> &'static str {
        match self {
            Command::Instantiate => "nix-instantiate",
            Command::Evaluate => "nivose eval",
            Command::Disassemble => "nivose disassemble",
        }
    }

    /// The help text.
    pub fn help(self) -> &'static str {
        match self {
            Command::Instantiate => help::INSTANTIATE,
            Command::Evaluate => help::EVALUATE,
            Command::Disassemble => help::DISASSEMBLE,
        }
    }

    /// Reads the command line. What concerns every command goes to the configuration.
    ///
    /// # Errors
    /// A flag that is not known, or a value that is missing or makes no sense.
    pub fn parse(
        self,
        arguments: &mut Arguments,
        configuration: &mut Configuration,
    ) -> Result<Request<Work>, Failure> {
        Ok(match self {
            Command::Instantiate => Instantiate::parse(arguments, configuration)?.map(Work::Instantiate),
            Command::Evaluate => Evaluate::parse(arguments, configuration)?.map(Work::Evaluate),
            Command::Disassemble => Disassemble::parse(arguments, configuration)?.map(Work::Disassemble),
        })
    }
}

impl<T> Request<T> {
    fn map<U>(self, into: impl FnOnce(T) -> U) -> Request<U> {
        match self {
            Request::Help => Request::Help,
            Request::Version => Request::Version,
            Request::Run(work) => Request::Run(into(work)),
        }
    }
}

impl Work {
    /// Does the work and gives what is to be printed.
    ///
    /// # Errors
    /// What the evaluation fails with.
    pub fn run(self, session: &mut Session) -> Result<Vec<u8>, Failure> {
        match self {
            Work::Instantiate(command) => command.run(session),
            Work::Evaluate(command) => command.run(session),
            Work::Disassemble(command) => command.run(session),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant(program: &str, line: &[&str]) -> Result<(Option<Command>, usize), String> {
        let mut arguments: Vec<OsString> = line.iter().map(OsString::from).collect();
        match invocation(OsStr::new(program), &mut arguments) {
            Ok(Invocation::Run(command)) => Ok((Some(command), arguments.len())),
            Ok(Invocation::Say(_)) => Ok((None, arguments.len())),
            Err(failure) => Err(failure.to_string()),
        }
    }

    #[test]
    fn the_command_is_the_program_or_the_first_argument() {
        assert_eq!(meant("/bin/nix-instantiate", &["--eval"]), Ok((Some(Command::Instantiate), 1)));
        assert_eq!(meant("nivose", &["eval", "-E"]), Ok((Some(Command::Evaluate), 1)));
        assert_eq!(meant("nivose", &[]), Ok((None, 0)));
        assert_eq!(meant("nivose", &["help", "eval"]), Ok((None, 1)));
        assert_eq!(meant("nivose", &["evil"]), Err("unknown command 'evil'".into()));
        assert_eq!(meant("nivose", &["--evil"]), Err("unrecognised flag '--evil'".into()));
    }
}
