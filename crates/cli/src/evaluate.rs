//! `nivose eval`: the value of a file or an expression, all of it evaluated.

use std::io::{self, IsTerminal};

use nivose::raw::{Handle, PrintOptions};
use nivose::world::path;
use nivose_base::indent;

use crate::arguments::Given;
use crate::command::CommandLine;
use crate::failure::Failure;
use crate::options::OptionId;
use crate::session::Session;
use crate::write_tree;

/// A command line of `nivose eval`.
#[derive(Debug, Default)]
pub struct Evaluate {
    file: Option<Vec<u8>>,
    expression: Option<Vec<u8>>,
    selection: Vec<u8>,
    /// A function that is applied to what was selected.
    apply: Option<Vec<u8>>,
    json: bool,
    xml: bool,
    raw: bool,
    /// Whether XML has no positions.
    no_location: bool,
    /// Whether JSON goes over several lines; the terminal decides if nobody says.
    pretty: Option<bool>,
    /// Where files are made of the value.
    write_to: Option<Vec<u8>>,
    /// Arguments without a name.
    positional: Vec<Vec<u8>>,
    /// Whether those are read as 'nix eval' reads them: what is neither in a file nor an expression is in a flake.
    in_place_of_nix: bool,
}

impl CommandLine for Evaluate {
    fn take(&mut self, given: &mut Given) -> Result<bool, Failure> {
        match given.id {
            OptionId::Expression => self.expression = Some(given.value()),
            OptionId::File => self.file = Some(given.value()),
            OptionId::Stdin => self.file = Some(b"-".to_vec()),
            OptionId::Attr => self.selection = given.value(),
            OptionId::Apply => self.apply = Some(given.value()),
            OptionId::WriteTo => self.write_to = Some(given.value()),
            OptionId::Json => self.json = true,
            OptionId::Xml => self.xml = true,
            OptionId::Raw => self.raw = true,
            OptionId::NoLocation => self.no_location = true,
            OptionId::Pretty => self.pretty = Some(true),
            OptionId::NoPretty => self.pretty = Some(false),
            OptionId::Strict => {}
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn positional(&mut self, argument: Vec<u8>) -> Result<(), Failure> {
        self.positional.push(argument);
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Failure> {
        if self.raw && self.json {
            return Err(Failure::usage("--raw and --json are mutually exclusive"));
        }
        if self.file.is_some() && self.expression.is_some() {
            return Err(Failure::usage("'--file' and '--expr' are exclusive"));
        }
        self.place()
    }
}

impl Evaluate {
    /// A command line of `nix eval`.
    pub fn in_place_of_nix() -> Self {
        Evaluate { in_place_of_nix: true, ..Evaluate::default() }
    }

    /// Whether a file is evaluated.
    pub fn reads_file(&self) -> bool {
        self.file.is_some()
    }

    /// Gives the other arguments their meaning: the file, unless there is an input already, then the selection.
    fn place(&mut self) -> Result<(), Failure> {
        let mut rest = std::mem::take(&mut self.positional).into_iter();
        if self.file.is_none() && self.expression.is_none() {
            let file = rest.next();
            let is_flake = |file: &Vec<u8>| file.contains(&b'#') || file.starts_with(b"flake:");
            if self.in_place_of_nix || file.as_ref().is_some_and(is_flake) {
                return Err(self.no_flakes(file.as_deref().unwrap_or(b".")));
            }
            self.file = file;
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

    fn no_flakes(&self, installable: &[u8]) -> Failure {
        let installable = String::from_utf8_lossy(installable);
        let advice = if self.in_place_of_nix {
            "give a file ('--file') or an expression ('--expr'), or have another nix do it ('--hand-over')"
        } else {
            "give a file or an expression ('--expr')"
        };
        Failure::not_available(format!(
            "'{installable}' is in a flake, and nivose does not know flakes; {advice}"
        ))
    }

    /// Evaluates, and gives what is to be printed.
    ///
    /// # Errors
    /// What the evaluation fails with.
    pub fn run(self, session: &mut Session) -> Result<Vec<u8>, Failure> {
        let arguments = session.auto_arguments()?;
        let root = match &self.expression {
            Some(text) => session.evaluate_text(text.clone())?,
            None => session.evaluate_file(self.file.as_deref().unwrap_or(b"./default.nix"))?,
        };
        // Unlike 'nix-instantiate', a function at the end of the selection is not called.
        let mut value = session.evaluator.select(root, &self.selection, arguments)?;
        if let Some(function) = self.apply.clone() {
            let function = session.evaluate_text(function)?;
            value = session.evaluator.apply(function, value)?;
        }
        match &self.write_to {
            Some(path) => {
                let path = path::absolute(path, &session.directory);
                write_tree::write(session, value, path).map(|()| Vec::new())
            }
            None => self.print(session, value),
        }
    }

    fn print(&self, session: &mut Session, value: Handle) -> Result<Vec<u8>, Failure> {
        let evaluator = &mut session.evaluator;
        if self.raw {
            return Ok(evaluator.coerce_to_string(value)?);
        }
        if self.xml {
            return Ok(evaluator.to_xml(value, true, !self.no_location)?);
        }
        let mut out = if !self.json {
            evaluator.print(value, PrintOptions::EVAL)?
        } else if self.pretty.unwrap_or_else(|| io::stdout().is_terminal()) {
            pretty_json(&evaluator.to_json(value, false)?)
        } else {
            evaluator.to_json(value, false)?
        };
        out.push(b'\n');
        Ok(out)
    }
}

/// JSON over several lines, indented by two blanks; its tokens stay as they are.
fn pretty_json(compact: &[u8]) -> Vec<u8> {
    let (mut out, mut depth, mut quoted, mut escaped) = (Vec::new(), 0usize, false, false);
    let newline = |out: &mut Vec<u8>, depth: usize| {
        out.push(b'\n');
        out.extend_from_slice(indent(depth).as_bytes());
    };
    for (at, &byte) in compact.iter().enumerate() {
        if quoted {
            out.push(byte);
            (quoted, escaped) = (escaped || byte != b'"', !escaped && byte == b'\\');
            continue;
        }
        let empty = |close: u8| compact.get(at + 1) == Some(&close);
        match byte {
            b'{' | b'[' => {
                out.push(byte);
                depth += 1;
                if !empty(byte + 2) {
                    newline(&mut out, depth);
                }
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if !compact[..at].ends_with(&[byte - 2]) {
                    newline(&mut out, depth);
                }
                out.push(byte);
            }
            b',' => {
                out.push(byte);
                newline(&mut out, depth);
            }
            b':' => out.extend_from_slice(b": "),
            _ => {
                quoted = byte == b'"';
                out.push(byte);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;
    use crate::arguments::Arguments;
    use crate::command::Command;
    use crate::configuration::Configuration;

    fn parsed(line: &[&str]) -> Result<Evaluate, String> {
        let mut arguments = Arguments::new(Command::Evaluate, line.iter().map(OsString::from));
        let mut command = Evaluate::default();
        match command.read(&mut arguments, &mut Configuration::default()) {
            Ok(_) => Ok(command),
            Err(failure) => Err(failure.to_string()),
        }
    }

    #[test]
    fn the_file_comes_before_the_selection() {
        let command = parsed(&["a.nix", "b.c", "--json"]).expect("flags");
        assert_eq!((command.file, command.selection), (Some(b"a.nix".into()), b"b.c".to_vec()));
        let command = parsed(&["-E", "{ }", "b", "--apply", "x: x"]).expect("flags");
        assert_eq!((command.expression, command.selection), (Some(b"{ }".into()), b"b".to_vec()));
        assert_eq!(command.apply.as_deref(), Some(&b"x: x"[..]));
    }

    #[test]
    fn what_makes_no_sense() {
        assert_eq!(parsed(&["a", "b", "c"]).err().as_deref(), Some("unexpected argument 'c'"));
        for file in [&["--file", "a"][..], &["--stdin"]] {
            let line = [file, &["--expr", "1"]].concat();
            assert_eq!(parsed(&line).err().as_deref(), Some("'--file' and '--expr' are exclusive"));
        }
        assert_eq!(parsed(&["--evil"]).err().as_deref(), Some("unrecognised flag '--evil'"));
        assert!(parsed(&["nixpkgs#hello"]).is_err_and(|message| message.contains("flakes")));
    }

    #[test]
    fn json_over_several_lines() {
        let pretty = |text: &str| String::from_utf8(pretty_json(text.as_bytes())).expect("text");
        assert_eq!(
            pretty(r#"{"a":[1,{}],"b":"{\"x\\"}"#),
            "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": \"{\\\"x\\\\\"\n}"
        );
        assert_eq!(pretty("[]"), "[]");
        assert_eq!(pretty("1.5"), "1.5");
    }
}
