//! `nivose disassemble`: the bytecode of a file or an expression.

use nivose::Origin;

use crate::arguments::Given;
use crate::command::CommandLine;
use crate::failure::Failure;
use crate::options::OptionId;
use crate::session::Session;

/// A command line of `nivose disassemble`.
#[derive(Debug, Default)]
pub struct Disassemble {
    expression: Option<Vec<u8>>,
    file: Option<Vec<u8>>,
}

impl CommandLine for Disassemble {
    fn take(&mut self, given: &mut Given) -> Result<bool, Failure> {
        let is_expression = given.id == OptionId::Expression;
        if is_expression {
            self.expression = Some(given.value());
        }
        Ok(is_expression)
    }

    fn positional(&mut self, argument: Vec<u8>) -> Result<(), Failure> {
        match self.file.replace(argument) {
            None => Ok(()),
            Some(_) => {
                let extra = String::from_utf8_lossy(self.file.as_deref().unwrap_or_default());
                Err(Failure::usage(format!("unexpected argument '{extra}'")))
            }
        }
    }

    fn finish(&mut self) -> Result<(), Failure> {
        match (&self.expression, &self.file) {
            (None, None) => Err(Failure::usage("a file or '-E EXPRESSION' is needed")),
            _ => Ok(()),
        }
    }
}

impl Disassemble {
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
