//! Why a command failed. How that is shown is not decided here.

use std::fmt;

use nivose::DiagnosticId;
use nivose::raw::Error;
use nivose_base::suggestion::{did_you_mean, suggestions};

/// Why a command failed.
#[derive(Debug)]
pub enum Failure {
    /// The command line does not make sense.
    Usage(String),
    /// Something else around the evaluation is wrong.
    Message(String),
    /// The evaluation failed.
    Evaluation(Error),
    /// The result could not be written, for a reason in the words of the system.
    Output(String),
}

impl Failure {
    /// A mistake in the command line.
    pub fn usage(message: impl Into<String>) -> Self {
        Failure::Usage(message.into())
    }

    /// A word that is none of those that there are; those near to it are named.
    pub fn unknown<'c>(what: &str, word: &str, known: impl Iterator<Item = &'c str>) -> Self {
        // Any short word is near to any other.
        let known = known.filter(|_| word.trim_start_matches('-').len() > 2).map(str::as_bytes);
        let near = did_you_mean(&suggestions(word.as_bytes(), known));
        Failure::Usage(
            [Some(format!("{what} '{word}'")), near].into_iter().flatten().collect::<Vec<_>>().join("\n"),
        )
    }

    /// A mistake around the evaluation, such as in a file of settings.
    pub fn message(message: impl Into<String>) -> Self {
        Failure::Message(message.into())
    }

    /// Something that this program does not do.
    pub fn not_available(message: impl Into<String>) -> Self {
        Failure::Evaluation(Error::with_message(DiagnosticId::NotAvailable, message.into()))
    }

    /// Whether another program may be able to do what this one does not do.
    pub fn is_not_available(&self) -> bool {
        let ids = [DiagnosticId::NotAvailable, DiagnosticId::ImportFromDerivation];
        matches!(self, Failure::Evaluation(error) if ids.contains(&error.id()))
    }

    /// A file that cannot be read.
    pub fn file(path: &[u8], reason: impl fmt::Display) -> Self {
        let message = [b"cannot read '", path, b"': ", reason.to_string().as_bytes()].concat();
        Failure::Evaluation(Error::with_message(DiagnosticId::File, message))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Evaluation(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Usage(message) | Failure::Message(message) => out.write_str(message),
            Failure::Evaluation(error) => error.fmt(out),
            Failure::Output(reason) => write!(out, "writing to file: {reason}"),
        }
    }
}
