//! `nivose disassemble`: the bytecode of a file or an expression.

use nivose::raw::ListingFormat;

use crate::arguments::Given;
use crate::command::CommandLine;
use crate::failure::Failure;
use crate::options::OptionId;
use crate::report::Lines;
use crate::session::Session;
use crate::source_argument::SourceArgument;

/// A command line of `nivose disassemble`.
#[derive(Debug, Default)]
pub struct Disassemble {
    source: SourceArgument,
    json: bool,
}

impl CommandLine for Disassemble {
    fn take(&mut self, given: &mut Given) -> Result<bool, Failure> {
        self.json |= given.id == OptionId::Json;
        Ok(given.id == OptionId::Json || self.source.take(given))
    }

    fn positional(&mut self, argument: Vec<u8>) -> Result<(), Failure> {
        self.source.positional(argument)
    }

    fn finish(&mut self) -> Result<(), Failure> {
        self.source.finish()
    }
}

impl Disassemble {
    /// Compiles, and writes the listing.
    ///
    /// # Errors
    /// The first diagnostic of the source, or output that cannot be written.
    pub fn run(self, session: &mut Session) -> Result<Vec<u8>, Failure> {
        let level = session.configuration.options.level;
        let format = if self.json { ListingFormat::Json } else { ListingFormat::Text };
        let (origin, text, directory) = self.source.read(session)?;
        let mut lines = Lines::new()?;
        let mut emit = |line: &str| {
            lines.write(line);
        };
        session.evaluator.list_code(level, (origin, text, &directory), format, &mut emit)?;
        lines.finish()?;
        Ok(Vec::new())
    }
}
