//! `nix-instantiate`: evaluates, parses or finds files, or prints the paths of derivations.

use nivose::DiagnosticId;
use nivose::raw::{Error, Handle, Origin, PrintOptions};
use nivose_store::StoreDir;

use crate::arguments::Given;
use crate::command::CommandLine;
use crate::failure::Failure;
use crate::options::OptionId;
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

impl CommandLine for Instantiate {
    fn take(&mut self, given: &mut Given) -> Result<bool, Failure> {
        match given.id {
            OptionId::Eval => self.mode = Mode::Evaluate,
            OptionId::Parse => self.mode = Mode::Parse,
            OptionId::FindFile => self.mode = Mode::FindFile,
            OptionId::Json => self.form = Form::Json,
            OptionId::Xml => self.form = Form::Xml,
            OptionId::Raw => self.form = Form::Raw,
            OptionId::Strict => self.strict = true,
            OptionId::NoLocation => self.no_location = true,
            OptionId::DryRun => self.dry_run = true,
            OptionId::ReadWriteMode => self.read_write = true,
            OptionId::Expressions => self.expressions = true,
            OptionId::Attr => self.selections.push(given.value()),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn positional(&mut self, argument: Vec<u8>) -> Result<(), Failure> {
        match argument.as_slice() {
            b"-" => self.reads_stdin = true,
            _ => self.inputs.push(argument),
        }
        Ok(())
    }
}

impl Instantiate {
    /// Whether the derivations themselves are asked for.
    pub fn instantiates(&self) -> bool {
        self.mode == Mode::Instantiate && !self.dry_run
    }

    /// Whether a derivation is written to a store in memory, so that it can be read back.
    pub fn writes_derivations(&self) -> bool {
        match self.mode {
            Mode::Instantiate => !self.dry_run,
            Mode::Evaluate => self.read_write,
            Mode::Parse | Mode::FindFile => false,
        }
    }

    /// Does the work. Each result is given as it comes: a later one that fails does not take it back.
    ///
    /// # Errors
    /// What the evaluation fails with.
    pub fn run(mut self, session: &mut Session) -> Result<(), Failure> {
        if self.selections.is_empty() {
            self.selections.push(Vec::new());
        }
        if self.mode == Mode::FindFile {
            for name in &self.inputs {
                let found = session.find_file(name)?;
                session.give(&line(found))?;
            }
            return Ok(());
        }
        let arguments = session.auto_arguments()?;
        for input in self.take_inputs() {
            match self.mode {
                Mode::Parse => self.parse_input(session, input)?,
                _ => self.process(session, input, arguments)?,
            }
        }
        Ok(())
    }

    /// What is evaluated: standard input first, wherever `-` stands.
    fn take_inputs(&mut self) -> Vec<Input> {
        if self.inputs.is_empty() && !self.expressions && !self.reads_stdin {
            self.inputs.push(b"./default.nix".to_vec());
        }
        let named = std::mem::take(&mut self.inputs).into_iter().map(Input::Named);
        self.reads_stdin.then_some(Input::Stdin).into_iter().chain(named).collect()
    }

    fn parse_input(&self, session: &mut Session, input: Input) -> Result<(), Failure> {
        let (origin, text, directory) = match input {
            Input::Named(text) if self.expressions => (Origin::String, text, session.directory.clone()),
            Input::Named(file) => session.source(&file)?,
            Input::Stdin => session.source(b"-")?,
        };
        let parsed = session.evaluator.parse(origin, text, &directory)?;
        session.give(&line(parsed))
    }

    /// Evaluates an input and prints what the selections select.
    fn process(&self, session: &mut Session, input: Input, arguments: Handle) -> Result<(), Failure> {
        let root = match input {
            Input::Named(text) if self.expressions => session.evaluate_text(text)?,
            Input::Named(file) => session.evaluate_file(&file)?,
            Input::Stdin => session.evaluate_file(b"-")?,
        };
        for selection in &self.selections {
            let value = session.evaluator.select(root, selection, arguments)?;
            let result = match self.mode {
                Mode::Evaluate => self.print(session, value, arguments)?,
                _ => self.instantiate(session, value, arguments)?,
            };
            session.give(&result)?;
        }
        Ok(())
    }

    /// A value as it is printed. Of one that fails underway nothing is, unlike in C++ Nix, which prints half of it.
    fn print(&self, session: &mut Session, mut value: Handle, arguments: Handle) -> Result<Vec<u8>, Failure> {
        if session.has_auto_arguments {
            value = session.evaluator.auto_call(value, arguments)?;
        }
        let evaluator = &mut session.evaluator;
        Ok(match self.form {
            Form::Expression => {
                if self.strict {
                    value = evaluator.force_deep(value)?;
                }
                line(evaluator.print(value, PrintOptions::INSTANTIATE)?)
            }
            Form::Raw => evaluator.coerce_to_string(value)?,
            Form::Json => line(evaluator.to_json(value, true)?),
            Form::Xml => evaluator.to_xml(value, self.strict, !self.no_location)?,
        })
    }

    /// The paths of the derivations in a value, as they are printed.
    fn instantiate(
        &self,
        session: &mut Session,
        value: Handle,
        arguments: Handle,
    ) -> Result<Vec<u8>, Failure> {
        let mut out = Vec::new();
        for derivation in session.evaluator.derivations(value, arguments)? {
            check_path(&derivation.drv_path, &session.configuration.options.store_dir)?;
            out.extend(derivation.drv_path);
            if derivation.output_name != b"out" {
                out.push(b'!');
                out.extend(derivation.output_name);
            }
            out.push(b'\n');
        }
        if self.instantiates() && session.unwritten.failure().is_some() {
            return Err(Failure::not_available(
                "nivose does not write derivations to a store; use '--dry-run' or '--store dummy://' \
                 to compute their paths only, or '--hand-over' to have another nix-instantiate do it",
            ));
        }
        Ok(out)
    }
}

fn line(mut text: Vec<u8>) -> Vec<u8> {
    text.push(b'\n');
    text
}

/// Makes sure that a set that calls itself a derivation names the file of one in the store.
fn check_path(path: &[u8], store: &StoreDir) -> Result<(), Error> {
    let shown = String::from_utf8_lossy(path);
    let message = match store.parse(path) {
        Ok(store_path) if store_path.is_derivation() => return Ok(()),
        Ok(store_path) => format!("store path '{}' is not a valid derivation path", store_path.base_name()),
        Err(_) => format!("path '{shown}' is not in the Nix store"),
    };
    Err(Error::with_message(DiagnosticId::StorePath, message))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;
    use crate::arguments::Arguments;
    use crate::command::Command;
    use crate::configuration::Configuration;

    fn parsed(line: &[&str]) -> Result<Instantiate, String> {
        let mut arguments = Arguments::new(Command::Instantiate, line.iter().map(OsString::from));
        let mut command = Instantiate::default();
        match command.read(&mut arguments, &mut Configuration::default()) {
            Ok(_) => Ok(command),
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
        assert_eq!(
            parsed(&["--eva"]).err().as_deref(),
            Some("unrecognised flag '--eva'\nDid you mean --eval?")
        );
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
