//! `nix-instantiate`: evaluates, parses or finds files, or prints the paths of derivations.

use nivose::{Handle, Origin, PrintOptions};

use crate::arguments::{Argument, Arguments};
use crate::command::Request;
use crate::configuration::Configuration;
use crate::failure::Failure;
use crate::session::Session;

/// What is done with each expression.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Mode {
    /// Print the paths of its derivations.
    #[default]
    Instantiate,
    /// Print its value (`--eval`).
    Evaluate,
    /// Print it (`--parse`).
    Parse,
    /// Print where the search path has it (`--find-file`).
    FindFile,
}

/// How values are printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Form {
    /// As an expression.
    #[default]
    Expression,
    /// As JSON.
    Json,
    /// As XML.
    Xml,
    /// As the string that they are, without a final newline.
    Raw,
}

/// A command line of `nix-instantiate`.
#[derive(Debug, Default)]
pub struct Instantiate {
    mode: Mode,
    form: Form,
    strict: bool,
    /// Whether XML has no positions.
    no_location: bool,
    /// Whether the arguments are expressions and not files.
    expressions: bool,
    dry_run: bool,
    read_write: bool,
    selections: Vec<Vec<u8>>,
    /// Whether standard input is the first of the inputs (`-`).
    reads_stdin: bool,
    inputs: Vec<Vec<u8>>,
}

/// Something to evaluate or parse.
enum Input {
    /// The text on standard input.
    Stdin,
    /// A file, or an expression if the command line has expressions.
    Named(Vec<u8>),
}

impl Instantiate {
    /// Reads a command line.
    ///
    /// # Errors
    /// A flag that is not known, or a value that is missing or makes no sense.
    pub fn parse(
        arguments: &mut Arguments,
        configuration: &mut Configuration,
    ) -> Result<Request<Self>, Failure> {
        let mut command = Instantiate::default();
        while let Some(argument) = arguments.next() {
            match argument {
                Argument::Positional(input) if input == b"-" => command.reads_stdin = true,
                Argument::Positional(input) => command.inputs.push(input),
                Argument::Flag(flag) => match flag.as_str() {
                    "--help" => return Ok(Request::Help),
                    "--version" => return Ok(Request::Version),
                    _ if command.take(&flag, arguments)? || configuration.take(&flag, arguments)? => {}
                    _ => return Err(Failure::usage(format!("unrecognised flag '{flag}'"))),
                },
            }
        }
        Ok(Request::Run(command))
    }

    /// Takes a flag of this command; false if it is none.
    fn take(&mut self, flag: &str, arguments: &mut Arguments) -> Result<bool, Failure> {
        match flag {
            "--eval" | "--eval-only" => self.mode = Mode::Evaluate,
            "--parse" | "--parse-only" => self.mode = Mode::Parse,
            "--find-file" => self.mode = Mode::FindFile,
            "--json" => self.form = Form::Json,
            "--xml" => self.form = Form::Xml,
            "--raw" => self.form = Form::Raw,
            "--strict" => self.strict = true,
            "--no-location" => self.no_location = true,
            "--dry-run" => self.dry_run = true,
            "--read-write-mode" => self.read_write = true,
            "-E" | "--expr" => self.expressions = true,
            "-A" | "--attr" => self.selections.push(arguments.value(flag)?),
            "--add-root" => drop(arguments.value(flag)?),
            "--indirect" => {}
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Whether a derivation is written to a store in memory, so that it can be read back.
    pub fn writes_derivations(&self) -> bool {
        self.read_write || (self.mode == Mode::Instantiate && !self.dry_run)
    }

    /// Does the work and gives what is to be printed.
    ///
    /// # Errors
    /// What the evaluation fails with.
    pub fn run(mut self, session: &mut Session) -> Result<Vec<u8>, Failure> {
        if self.selections.is_empty() {
            self.selections.push(Vec::new());
        }
        let mut out = Vec::new();
        if self.mode == Mode::FindFile {
            for name in &self.inputs {
                out.extend(session.find_file(name)?);
                out.push(b'\n');
            }
            return Ok(out);
        }
        let arguments = session.auto_arguments()?;
        for input in self.take_inputs() {
            match self.mode {
                Mode::Parse => self.parse_input(session, input, &mut out)?,
                _ => self.process(session, input, arguments, &mut out)?,
            }
        }
        Ok(out)
    }

    /// What is evaluated: standard input first, wherever `-` stands.
    fn take_inputs(&mut self) -> Vec<Input> {
        if self.inputs.is_empty() && !self.expressions && !self.reads_stdin {
            self.inputs.push(b"./default.nix".to_vec());
        }
        let named = std::mem::take(&mut self.inputs).into_iter().map(Input::Named);
        self.reads_stdin.then_some(Input::Stdin).into_iter().chain(named).collect()
    }

    fn parse_input(&self, session: &mut Session, input: Input, out: &mut Vec<u8>) -> Result<(), Failure> {
        let (origin, text, directory) = match input {
            Input::Named(text) if self.expressions => (Origin::String, text, session.directory.clone()),
            Input::Named(file) => session.source(&file)?,
            Input::Stdin => session.source(b"-")?,
        };
        out.extend(session.evaluator.parse(origin, text, &directory)?);
        out.push(b'\n');
        Ok(())
    }

    /// Evaluates an input and prints what the selections select.
    fn process(
        &self,
        session: &mut Session,
        input: Input,
        arguments: Handle,
        out: &mut Vec<u8>,
    ) -> Result<(), Failure> {
        let root = match input {
            Input::Named(text) if self.expressions => session.evaluate_text(text)?,
            Input::Named(file) => session.evaluate_file(&file)?,
            Input::Stdin => session.evaluate_file(b"-")?,
        };
        for selection in &self.selections {
            let value = session.evaluator.select(root, selection, arguments)?;
            if self.mode == Mode::Evaluate {
                self.print(session, value, arguments, out)?;
            } else {
                self.instantiate(session, value, arguments, out)?;
            }
        }
        Ok(())
    }

    fn print(
        &self,
        session: &mut Session,
        mut value: Handle,
        arguments: Handle,
        out: &mut Vec<u8>,
    ) -> Result<(), Failure> {
        if !session.configuration.auto_arguments.is_empty() {
            value = session.evaluator.auto_call(value, arguments)?;
        }
        let evaluator = &mut session.evaluator;
        match self.form {
            Form::Expression => {
                if self.strict {
                    value = evaluator.force_deep(value)?;
                }
                out.extend(evaluator.print(value, PrintOptions::INSTANTIATE)?);
                out.push(b'\n');
            }
            Form::Raw => out.extend(evaluator.coerce_to_string(value)?),
            Form::Json => {
                out.extend(evaluator.to_json(value, true)?);
                out.push(b'\n');
            }
            Form::Xml => out.extend(evaluator.to_xml(value, self.strict, !self.no_location)?),
        }
        Ok(())
    }

    /// Prints the paths of the derivations in a value.
    fn instantiate(
        &self,
        session: &mut Session,
        value: Handle,
        arguments: Handle,
        out: &mut Vec<u8>,
    ) -> Result<(), Failure> {
        for derivation in session.evaluator.derivations(value, arguments)? {
            out.extend(derivation.drv_path);
            if derivation.output_name != b"out" {
                out.push(b'!');
                out.extend(derivation.output_name);
            }
            out.push(b'\n');
        }
        let writes = !self.dry_run && session.configuration.has_real_store();
        if writes && !out.is_empty() {
            return Err(Failure::not_available(
                "nivose does not write derivations to a store; \
                 use '--dry-run' or '--store dummy://' to compute their paths only",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    fn parsed(line: &[&str]) -> Result<Instantiate, String> {
        let mut arguments = Arguments::new(line.iter().map(OsString::from));
        match Instantiate::parse(&mut arguments, &mut Configuration::default()) {
            Ok(Request::Run(command)) => Ok(command),
            Ok(other) => Err(format!("{other:?}")),
            Err(failure) => Err(failure.to_string()),
        }
    }

    #[test]
    fn a_line_with_everything() {
        let line = [
            "--eval",
            "--strict",
            "--xml",
            "--no-location",
            "-A",
            "a.b",
            "-E",
            "1",
            "--attr",
            "c",
            "-I",
            "x=y",
        ];
        let command = parsed(&line).expect("flags");
        assert_eq!((command.mode, command.form, command.strict), (Mode::Evaluate, Form::Xml, true));
        assert_eq!(command.selections, [b"a.b".to_vec(), b"c".to_vec()]);
        assert!(command.expressions && command.no_location);
        assert_eq!(command.inputs, [b"1".to_vec()]);
    }

    #[test]
    fn unknown_flags_and_missing_values() {
        assert_eq!(parsed(&["--eva"]).err().as_deref(), Some("unrecognised flag '--eva'"));
        assert_eq!(parsed(&["--eval", "-A"]).err().as_deref(), Some("'-A' requires an argument"));
    }

    #[test]
    fn writing_is_not_the_same_as_evaluating() {
        assert!(parsed(&[]).is_ok_and(|command| command.writes_derivations()));
        assert!(parsed(&["--eval"]).is_ok_and(|command| !command.writes_derivations()));
        assert!(parsed(&["--eval", "--read-write-mode"]).is_ok_and(|command| command.writes_derivations()));
        assert!(parsed(&["--dry-run"]).is_ok_and(|command| !command.writes_derivations()));
    }
}
