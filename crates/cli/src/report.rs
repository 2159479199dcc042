//! What a command says at its end: the result on standard output, or why there is none on standard error.

use std::io::{self, BufWriter, ErrorKind, Write};

use nivose_base::render::{RenderOptions, render};
use nivose_base::render_json::render_json;
use nivose_base::{DiagnosticId, Error, SourceMap};

use nivose::world::WorldError;

use crate::closed_output;
use crate::configuration::{Configuration, Diagnostics};
use crate::failure::Failure;
use crate::messages::{put, wants_colour};
use crate::rich::{self, RichOptions};

/// Writes a whole result. Whoever closed the other end does not want more: that is no failure.
///
/// # Errors
/// If it cannot be written.
pub fn write_result(result: &[u8]) -> Result<(), Failure> {
    if closed_output::was_closed() && !result.is_empty() {
        return Err(Failure::Output(String::from("Bad file descriptor")));
    }
    let mut stdout = io::stdout().lock();
    match stdout.write_all(result).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::Output(WorldError::from(error).to_string()))
        }
        _ => Ok(()),
    }
}

/// Writes a result line by line, while it is made: it may be larger than memory.
pub struct Lines {
    out: BufWriter<io::Stdout>,
    failure: Option<io::Error>,
}

impl Lines {
    /// To standard output.
    ///
    /// # Errors
    /// If that is closed.
    pub fn new() -> Result<Self, Failure> {
        if closed_output::was_closed() {
            return Err(Failure::Output(String::from("Bad file descriptor")));
        }
        Ok(Lines { out: BufWriter::new(io::stdout()), failure: None })
    }

    /// Writes a line; false if nobody wants more.
    pub fn write(&mut self, line: &str) -> bool {
        if self.failure.is_none() {
            self.failure = writeln!(self.out, "{line}").err();
        }
        self.failure.is_none()
    }

    /// Writes what is held back.
    ///
    /// # Errors
    /// If something could not be written, unless nobody wanted it.
    pub fn finish(mut self) -> Result<(), Failure> {
        let failure = self.failure.take().or(self.out.flush().err());
        // What could not be written is not tried again.
        drop(self.out.into_parts());
        match failure {
            Some(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(Failure::Output(WorldError::from(error).to_string()))
            }
            _ => Ok(()),
        }
    }
}

/// Shows why a command failed. `sources` are those of the evaluation, if there was one.
pub fn show_failure(
    program: &str,
    failure: &Failure,
    configuration: &Configuration,
    sources: Option<&SourceMap>,
) {
    put(failure_lines(program, failure, configuration, sources));
}

/// What is written to show why a command failed.
pub fn failure_lines(
    program: &str,
    failure: &Failure,
    configuration: &Configuration,
    sources: Option<&SourceMap>,
) -> Vec<u8> {
    let nothing = SourceMap::new();
    let sources = sources.unwrap_or(&nothing);
    let mut text = match (failure, configuration.diagnostics) {
        (Failure::Evaluation(error), Diagnostics::Json) => render_json(error, sources).into_bytes(),
        (Failure::Evaluation(error), Diagnostics::Rich) => {
            let (show_trace, colour, width) = (configuration.show_trace, wants_colour(), width());
            let options = RichOptions { show_trace, colour, width };
            rich::render(error, sources, options).into_bytes()
        }
        (Failure::Evaluation(error), Diagnostics::Plain) => {
            let (show_trace, colour, width) = (configuration.show_trace, wants_colour(), width());
            let options = RenderOptions { show_trace, colour, width };
            render(error, sources, options)
        }
        (other, Diagnostics::Json) => {
            let id =
                if matches!(other, Failure::Usage(_)) { DiagnosticId::Usage } else { DiagnosticId::File };
            render_json(&Error::with_message(id, other.to_string()), sources).into_bytes()
        }
        (other, _) => plain(other).into_bytes(),
    };
    if refers_to_help(failure) && configuration.diagnostics != Diagnostics::Json {
        text.extend(format!("\nTry '{program} --help' for more information.").into_bytes());
    }
    configuration.messages.error(&text, &failure.to_string())
}

/// Columns of the terminal that messages go to, if they go to one.
fn width() -> Option<usize> {
    terminal_size::terminal_size_of(io::stderr()).map(|(width, _)| width.0.into())
}

fn plain(failure: &Failure) -> String {
    let (start, end) = if wants_colour() { ("\x1b[31;1m", "\x1b[0m") } else { ("", "") };
    format!("{start}error:{end} {failure}")
}

fn refers_to_help(failure: &Failure) -> bool {
    match failure {
        Failure::Usage(_) => true,
        Failure::Evaluation(error) => error.id().refers_to_help(),
        Failure::Message(_) | Failure::Output(_) => false,
    }
}
