//! `nivose parse`: the syntax tree of a file or an expression, a line a node.
//!
//! A source with mistakes is shown as far as it was read. The expression as C++ Nix prints it is `nix-instantiate --parse`.

use nivose::raw::DumpFormat;

use crate::arguments::Given;
use crate::command::CommandLine;
use crate::failure::Failure;
use crate::options::OptionId;
use crate::report::Lines;
use crate::session::Session;
use crate::source_argument::SourceArgument;

/// A command line of `nivose parse`.
#[derive(Debug, Default)]
pub struct Parse {
    source: SourceArgument,
    json: bool,
}

impl CommandLine for Parse {
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

impl Parse {
    /// Parses, and writes the lines.
    ///
    /// # Errors
    /// The first mistake in the source, after what was read of it.
    pub fn run(self, session: &mut Session) -> Result<Vec<u8>, Failure> {
        let format = if self.json { DumpFormat::Json } else { DumpFormat::Text };
        let (origin, text, _) = self.source.read(session)?;
        let mut lines = Lines::new()?;
        let mut emit = |line: &str| {
            lines.write(line);
        };
        let mistakes = session.evaluator.dump_tree((origin, text), format, &mut emit)?;
        lines.finish()?;
        match mistakes.into_iter().next() {
            None => Ok(Vec::new()),
            Some(mistake) => Err(mistake.into()),
        }
    }
}
