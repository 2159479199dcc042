//! `nivose disassemble`: the bytecode of a file or an expression.

use nivose::Origin;

use crate::arguments::{Argument, Arguments};
use crate::command::Request;
use crate::configuration::Configuration;
use crate::failure::Failure;
use crate::session::Session;

/// A command line of `nivose disassemble`.
#[derive(Debug, Default)]
pub struct Disassemble {
    expression: Option<Vec<u8>>,
    file: Option<Vec<u8>>,
}

impl Disassemble {
    /// Reads a command line.
    ///
    /// # Errors
    /// A flag that is not known, or a value that is missing or makes no sense.
    pub fn parse(
        arguments: &mut Arguments,
        configuration: &mut Configuration,
    ) -> Result<Request<Self>, Failure> {
        let mut command = Disassemble::default();
        while let Some(argument) = arguments.next() {
            match argument {
                Argument::Positional(file) if command.file.is_none() => command.file = Some(file),
                Argument::Positional(extra) => {
                    let extra = String::from_utf8_lossy(&extra).into_owned();
                    return Err(Failure::usage(format!("unexpected argument '{extra}'")));
                }
                Argument::Flag(flag) => match flag.as_str() {
                    "--help" | "-h" => return Ok(Request::Help),
                    "--version" => return Ok(Request::Version),
                    "-E" | "--expr" => command.expression = Some(arguments.value(&flag)?),
                    _ if configuration.take(&flag, arguments)? => {}
                    _ => return Err(Failure::usage(format!("unrecognised flag '{flag}'"))),
                },
            }
        }
        if command.expression.is_none() && command.file.is_none() {
            return Err(Failure::usage("a file or '-E EXPRESSION' is needed"));
        }
        Ok(Request::Run(command))
    }

    /// Compiles, and gives the listing.
    ///
    /// # Errors
    /// The first diagnostic of the source.
    pub fn run(self, session: &mut Session) -> Result<Vec<u8>, Failure> {
        let level = session.configuration.options.level;
        let (origin, text, directory) = match (self.expression, self.file) {
            (Some(text), _) => (Origin::String, text, session.directory.clone()),
            (None, file) => session.source(&file.unwrap_or_default())?,
        };
        Ok(session.evaluator.disassemble(level, origin, text, &directory)?.into_bytes())
    }
}
