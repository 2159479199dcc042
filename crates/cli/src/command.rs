//! The commands of the program: which one is meant, how its line is read, and how it is carried out.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use crate::arguments::{Argument, Arguments, Given};
use crate::configuration::Configuration;
use crate::disassemble::Disassemble;
use crate::evaluate::Evaluate;
use crate::failure::Failure;
use crate::help;
use crate::instantiate::Instantiate;
use crate::options::OptionId;
use crate::parse::Parse;
use crate::repl::Repl;
use crate::session::Session;
use crate::topics::{self, Topic};
use crate::trace::Trace;

/// A command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Command {
    /// `nix-instantiate`
    Instantiate,
    /// `nivose eval`
    Evaluate,
    /// `nix eval`: the same, called by that name, and as Nix does it
    NixEvaluate,
    /// `nivose disassemble`
    Disassemble,
    /// `nivose parse`
    Parse,
    /// `nivose trace`
    Trace,
    /// `nivose repl`, and `nix repl`
    Repl,
}

/// What a command line asks a command for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Request {
    /// The help text.
    Help,
    /// The version.
    Version,
    /// Work.
    Run,
}

/// What a command makes of its line.
pub trait CommandLine {
    /// Takes an option of its own; false if it is none.
    ///
    /// # Errors
    /// A value that makes no sense.
    fn take(&mut self, given: &mut Given) -> Result<bool, Failure>;

    /// Takes an argument that is no option.
    ///
    /// # Errors
    /// One too many.
    fn positional(&mut self, argument: Vec<u8>) -> Result<(), Failure>;

    /// Takes an option that must be its own.
    ///
    /// # Errors
    /// If it is not, or a value makes no sense.
    fn take_or_refuse(&mut self, mut given: Given) -> Result<(), Failure> {
        if self.take(&mut given)? {
            return Ok(());
        }
        Err(Failure::usage(format!("'{}' means nothing here", given.name)))
    }

    /// Looks at the whole when everything was taken.
    ///
    /// # Errors
    /// Arguments that contradict each other.
    fn finish(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    /// Reads a line. What concerns every command goes to the configuration.
    ///
    /// # Errors
    /// An option that is not known, or a value that is missing or makes no sense.
    fn read(
        &mut self,
        arguments: &mut Arguments,
        configuration: &mut Configuration,
    ) -> Result<Request, Failure> {
        while let Some(argument) = arguments.next()? {
            match configuration.take(argument)? {
                Some(Argument::Positional(argument)) => self.positional(argument)?,
                Some(Argument::Option(given)) => match given.id {
                    OptionId::Help => return Ok(Request::Help),
                    OptionId::Version => return Ok(Request::Version),
                    _ => self.take_or_refuse(given)?,
                },
                _ => {}
            }
        }
        self.finish().map(|()| Request::Run)
    }
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
    /// Show the syntax tree.
    Parse(Parse),
    /// Show what the machine does.
    Trace(Trace),
    /// Evaluate line by line.
    Repl(Repl),
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
    if called == "nix" {
        return nix_command(arguments);
    }
    if arguments.is_empty() {
        return Ok(Invocation::Say(help::program()));
    }
    let first = arguments.remove(0);
    if let Some(command) = Command::ALL.into_iter().find(|command| command.name() == first) {
        return Ok(Invocation::Run(command));
    }
    let rest = || arguments.iter().map(|argument| argument.to_string_lossy());
    match first.to_str() {
        Some("--help" | "-h") => return Ok(Invocation::Say(help::program())),
        Some("--version" | "-V") => return Ok(Invocation::Say(help::version("nivose"))),
        _ => {}
    }
    match Topic::ALL.into_iter().find(|topic| topic.name() == first) {
        Some(topic) => topics::say(topic, rest().next().as_deref()).map(Invocation::Say),
        None => Err(unknown(&first.to_string_lossy())),
    }
}

/// What the arguments of `nix` mean. Options may stand before the name of its command.
fn nix_command(arguments: &mut Vec<OsString>) -> Result<Invocation, Failure> {
    let known = [("eval", Command::NixEvaluate), ("repl", Command::Repl)];
    let found = |argument: &OsString| known.iter().find(|(name, _)| argument == name);
    if let Some((index, &(_, command))) =
        arguments.iter().enumerate().find_map(|(index, argument)| Some((index, found(argument)?)))
    {
        arguments.remove(index);
        return Ok(Invocation::Run(command));
    }
    if arguments.iter().any(|argument| argument == "--version") {
        return Ok(Invocation::Say(help::version("nix")));
    }
    Err(Failure::not_available("in place of 'nix', nivose does 'nix eval' and 'nix repl' only"))
}

/// The program of Nix that a whole command line means as it stands, and its arguments.
pub fn in_nix(line: impl IntoIterator<Item = OsString>) -> Option<(&'static str, Vec<OsString>)> {
    let mut line = line.into_iter();
    let program = line.next()?;
    let mut arguments: Vec<OsString> = line.collect();
    match Path::new(&program).file_stem()?.to_str()? {
        "nix" => Some(("nix", arguments)),
        "nix-instantiate" => Some(("nix-instantiate", arguments)),
        _ if arguments.first().is_some_and(|first| first == Command::Instantiate.name()) => {
            Some(("nix-instantiate", arguments.split_off(1)))
        }
        _ => None,
    }
}

/// What is said of a command that does not exist.
pub fn unknown(name: &str) -> Failure {
    let what = if name.starts_with('-') { "unrecognised flag" } else { "unknown command" };
    Failure::unknown(
        what,
        name,
        Command::ALL.map(Command::name).into_iter().chain(Topic::ALL.map(Topic::name)),
    )
}

impl Command {
    /// All commands of `nivose`.
    pub const ALL: [Command; 6] = [
        Command::Evaluate,
        Command::Repl,
        Command::Instantiate,
        Command::Disassemble,
        Command::Parse,
        Command::Trace,
    ];

    /// The name after `nivose`.
    pub fn name(self) -> &'static str {
        match self {
            Command::Instantiate => "nix-instantiate",
            Command::Evaluate | Command::NixEvaluate => "eval",
            Command::Disassemble => "disassemble",
            Command::Parse => "parse",
            Command::Trace => "trace",
            Command::Repl => "repl",
        }
    }

    /// What one types to run it.
    pub fn program(self) -> &'static str {
        match self {
            Command::Instantiate => "nix-instantiate",
            Command::Evaluate => "nivose eval",
            Command::NixEvaluate => "nix eval",
            Command::Disassemble => "nivose disassemble",
            Command::Parse => "nivose parse",
            Command::Trace => "nivose trace",
            Command::Repl => "nivose repl",
        }
    }

    /// Reads the command line. What concerns every command goes to the configuration.
    ///
    /// # Errors
    /// An option that is not known, or a value that is missing or makes no sense.
    pub fn parse(
        self,
        line: Vec<OsString>,
        configuration: &mut Configuration,
    ) -> Result<(Request, Work), Failure> {
        let mut arguments = Arguments::new(self, line);
        Ok(match self {
            Command::Instantiate => {
                let mut command = Instantiate::default();
                (command.read(&mut arguments, configuration)?, Work::Instantiate(command))
            }
            Command::Evaluate => {
                let mut command = Evaluate::default();
                (command.read(&mut arguments, configuration)?, Work::Evaluate(command))
            }
            Command::NixEvaluate => {
                configuration.in_place_of_nix = true;
                configuration.options.settings.pure_eval = true;
                let mut command = Evaluate::in_place_of_nix();
                let request = command.read(&mut arguments, configuration)?;
                // As in Nix, '--file' implies '--impure'.
                configuration.options.settings.pure_eval &= !command.reads_file();
                (request, Work::Evaluate(command))
            }
            Command::Disassemble => {
                let mut command = Disassemble::default();
                (command.read(&mut arguments, configuration)?, Work::Disassemble(command))
            }
            Command::Parse => {
                let mut command = Parse::default();
                (command.read(&mut arguments, configuration)?, Work::Parse(command))
            }
            Command::Trace => {
                // The base instructions are those that people know from the reference.
                configuration.options.level = 0;
                let mut command = Trace::default();
                (command.read(&mut arguments, configuration)?, Work::Trace(command))
            }
            Command::Repl => {
                let mut command = Repl::default();
                configuration.is_dialogue = Repl::is_at_a_terminal();
                (command.read(&mut arguments, configuration)?, Work::Repl(command))
            }
        })
    }
}

impl Work {
    /// Whether Nix would write derivations to the store as it evaluates.
    pub fn writes_derivations(&self, configuration: &Configuration) -> bool {
        match self {
            Work::Instantiate(command) => command.writes_derivations(),
            Work::Evaluate(_) => configuration.in_place_of_nix && !configuration.read_only,
            _ => false,
        }
    }

    /// Whether the result is nothing without a store that is more than a computation.
    pub fn writes_store(&self, configuration: &Configuration) -> bool {
        matches!(self, Work::Instantiate(command) if command.instantiates()) && configuration.has_real_store()
    }

    /// Does the work and gives what is to be printed. A command with several results gives each to the session.
    ///
    /// # Errors
    /// What the evaluation fails with.
    pub fn run(self, session: &mut Session) -> Result<Vec<u8>, Failure> {
        match self {
            Work::Instantiate(command) => command.run(session).map(|()| Vec::new()),
            Work::Evaluate(command) => command.run(session),
            Work::Disassemble(command) => command.run(session),
            Work::Parse(command) => command.run(session),
            Work::Trace(command) => command.run(session),
            Work::Repl(command) => command.run(session),
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
        assert_eq!(meant("nix", &["--impure", "eval", "-E"]), Ok((Some(Command::NixEvaluate), 2)));
        assert_eq!(meant("nix", &["repl", "-f", "x"]), Ok((Some(Command::Repl), 2)));
        assert!(meant("nix", &["build"]).is_err());
        assert_eq!(meant("nivose", &[]), Ok((None, 0)));
        assert_eq!(meant("nivose", &["help", "eval"]), Ok((None, 1)));
        assert_eq!(meant("nivose", &["evil"]), Err("unknown command 'evil'\nDid you mean eval?".into()));
        assert_eq!(meant("nivose", &["--evil"]), Err("unrecognised flag '--evil'".into()));
    }

    #[test]
    fn what_nix_is_called_with_in_its_place() {
        let meant = |line: &[&str]| {
            in_nix(line.iter().map(OsString::from)).map(|(name, arguments)| (name, arguments.len()))
        };
        assert_eq!(meant(&["/x/nix-instantiate", "--eval"]), Some(("nix-instantiate", 1)));
        assert_eq!(meant(&["nivose", "nix-instantiate", "-A", "a"]), Some(("nix-instantiate", 2)));
        assert_eq!(meant(&["nix", "build"]), Some(("nix", 1)));
        assert_eq!(meant(&["nivose", "eval"]), None);
    }

    #[test]
    fn every_option_of_the_table_is_taken() {
        for command in Command::ALL {
            for option in crate::options::of(command) {
                let values = (0..option.values.len()).map(|index| match option.choices(index) {
                    Some(mut choices) => choices.next().unwrap_or_default(),
                    None if option.id == OptionId::LogFormat => "raw",
                    None => "1",
                });
                let needs_file = !matches!(command, Command::Evaluate | Command::Instantiate);
                let is_source = option.id == OptionId::Expression && command != Command::Repl;
                let input = if needs_file && !is_source { &["x.nix"][..] } else { &[] };
                let line = input.iter().copied().chain(option.names.last().copied()).chain(values);
                let result = command.parse(line.map(OsString::from).collect(), &mut Configuration::default());
                assert!(result.is_ok(), "{command:?} {}: {result:?}", option.usage());
            }
        }
    }
}
