//! The one source that `disassemble`, `parse` and `trace` take: a file or an expression.

use nivose::raw::Origin;

use crate::arguments::Given;
use crate::failure::Failure;
use crate::options::OptionId;
use crate::session::Session;

/// What a command line says of its source.
#[derive(Debug, Default)]
pub struct SourceArgument {
    expression: Option<Vec<u8>>,
    file: Option<Vec<u8>>,
}

impl SourceArgument {
    /// Takes `-E`; false if it is another option.
    pub fn take(&mut self, given: &mut Given) -> bool {
        let is_expression = given.id == OptionId::Expression;
        if is_expression {
            self.expression = Some(given.value());
        }
        is_expression
    }

    /// Takes the file.
    ///
    /// # Errors
    /// If there was one already.
    pub fn positional(&mut self, argument: Vec<u8>) -> Result<(), Failure> {
        match self.file.replace(argument) {
            None => Ok(()),
            Some(_) => Err(unexpected(self.file.as_deref().unwrap_or_default())),
        }
    }

    /// Makes sure that there is one source.
    ///
    /// # Errors
    /// If there is none, or a file besides an expression.
    pub fn finish(&self) -> Result<(), Failure> {
        match (&self.expression, &self.file) {
            (None, None) => Err(Failure::usage("a file or '-E EXPRESSION' is needed")),
            (Some(_), Some(file)) => Err(unexpected(file)),
            _ => Ok(()),
        }
    }

    /// Where the source came from, its text, and the directory that its paths start from.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read(self, session: &mut Session) -> Result<(Origin, Vec<u8>, Vec<u8>), Failure> {
        match (self.expression, self.file) {
            (Some(text), _) => Ok((Origin::String, text, session.directory.clone())),
            (None, file) => session.source(&file.unwrap_or_default()),
        }
    }
}

fn unexpected(argument: &[u8]) -> Failure {
    Failure::usage(format!("unexpected argument '{}'", String::from_utf8_lossy(argument)))
}
