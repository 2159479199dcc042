//! `nivose eval`: the value of a file or an expression, all of it evaluated.

use nivose::{Handle, PrintOptions};

use crate::arguments::{Argument, Arguments};
use crate::command::Request;
use crate::configuration::Configuration;
use crate::failure::Failure;
use crate::instantiate::Form;
use crate::session::Session;

/// What is evaluated.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Input {
    File(Vec<u8>),
    Expression(Vec<u8>),
}

/// A command line of `nivose eval`.
#[derive(Debug, Default)]
pub struct Evaluate {
    input: Option<Input>,
    selection: Vec<u8>,
    /// A function that is applied to what was selected.
    apply: Option<Vec<u8>>,
    form: Form,
}

impl Evaluate {
    /// Reads a command line.
    ///
    /// # Errors
    /// A flag that is not known, or a value that is missing or makes no sense.
    pub fn parse(
        arguments: &mut Arguments,
        configuration: &mut Configuration,
    ) -> Result<Request<Self>, Failure> {
        let mut command = Evaluate::default();
        let mut positional = Vec::new();
        while let Some(argument) = arguments.next() {
            match argument {
                Argument::Positional(argument) => positional.push(argument),
                Argument::Flag(flag) => match flag.as_str() {
                    "--help" | "-h" => return Ok(Request::Help),
                    "--version" => return Ok(Request::Version),
                    _ if command.take(&flag, arguments)? || configuration.take(&flag, arguments)? => {}
                    _ => return Err(Failure::usage(format!("unrecognised flag '{flag}'"))),
                },
            }
        }
        command.place(positional)?;
        Ok(Request::Run(command))
    }

    /// Takes a flag of this command; false if it is none.
    fn take(&mut self, flag: &str, arguments: &mut Arguments) -> Result<bool, Failure> {
        match flag {
            "-E" | "--expr" => self.input = Some(Input::Expression(arguments.value(flag)?)),
            "-f" | "--file" => self.input = Some(Input::File(arguments.value(flag)?)),
            "-A" | "--attr" => self.selection = arguments.value(flag)?,
            "--apply" => self.apply = Some(arguments.value(flag)?),
            "--json" => self.form = Form::Json,
            "--xml" => self.form = Form::Xml,
            "--raw" => self.form = Form::Raw,
            "--stdin" => self.input = Some(Input::File(b"-".to_vec())),
            "--read-only" | "--no-pretty" | "--strict" => {}
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Gives the other arguments their meaning: the file, unless there is an input already, then the selection.
    fn place(&mut self, positional: Vec<Vec<u8>>) -> Result<(), Failure> {
        let mut rest = positional.into_iter();
        if self.input.is_none()
            && let Some(file) = rest.next()
        {
            if file.contains(&b'#') {
                return Err(Failure::not_available(
                    "nivose does not know flakes; give a file or an expression",
                ));
            }
            self.input = Some(Input::File(file));
        }
        if let Some(selection) = rest.next() {
            self.selection = selection;
        }
        match rest.next() {
            Some(extra) => {
                Err(Failure::usage(format!("unexpected argument '{}'", String::from_utf8_lossy(&extra))))
            }
            None => Ok(()),
        }
    }

    /// Evaluates, and gives what is to be printed.
    ///
    /// # Errors
    /// What the evaluation fails with.
    pub fn run(self, session: &mut Session) -> Result<Vec<u8>, Failure> {
        let arguments = session.auto_arguments()?;
        let root = match &self.input {
            Some(Input::Expression(text)) => session.evaluate_text(text.clone())?,
            Some(Input::File(file)) => session.evaluate_file(file)?,
            None => session.evaluate_file(b"./default.nix")?,
        };
        let mut value = session.evaluator.select(root, &self.selection, arguments)?;
        if !session.configuration.auto_arguments.is_empty() {
            value = session.evaluator.auto_call(value, arguments)?;
        }
        if let Some(function) = self.apply.clone() {
            let function = session.evaluate_text(function)?;
            value = session.evaluator.apply(function, value)?;
        }
        self.print(session, value)
    }

    fn print(&self, session: &mut Session, value: Handle) -> Result<Vec<u8>, Failure> {
        let evaluator = &mut session.evaluator;
        let mut out = match self.form {
            Form::Raw => return Ok(evaluator.coerce_to_string(value)?),
            Form::Xml => return Ok(evaluator.to_xml(value, true, false)?),
            Form::Json => evaluator.to_json(value, false)?,
            Form::Expression => evaluator.print(value, PrintOptions::EVAL)?,
        };
        out.push(b'\n');
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    fn parsed(line: &[&str]) -> Result<Evaluate, String> {
        let mut arguments = Arguments::new(line.iter().map(OsString::from));
        match Evaluate::parse(&mut arguments, &mut Configuration::default()) {
            Ok(Request::Run(command)) => Ok(command),
            Ok(other) => Err(format!("{other:?}")),
            Err(failure) => Err(failure.to_string()),
        }
    }

    #[test]
    fn the_file_comes_before_the_selection() {
        let command = parsed(&["a.nix", "b.c", "--json"]).expect("flags");
        assert_eq!((command.input, command.selection), (Some(Input::File(b"a.nix".into())), b"b.c".to_vec()));
        let command = parsed(&["-E", "{ }", "b", "--apply", "x: x"]).expect("flags");
        assert_eq!(
            (command.input, command.selection),
            (Some(Input::Expression(b"{ }".into())), b"b".to_vec())
        );
        assert_eq!(command.apply.as_deref(), Some(&b"x: x"[..]));
    }

    #[test]
    fn what_makes_no_sense() {
        assert_eq!(parsed(&["a", "b", "c"]).err().as_deref(), Some("unexpected argument 'c'"));
        assert_eq!(parsed(&["--evil"]).err().as_deref(), Some("unrecognised flag '--evil'"));
        assert!(parsed(&["nixpkgs#hello"]).is_err_and(|message| message.contains("flakes")));
    }
}
