//! Why a command failed. How that is shown is not decided here.

use std::fmt;
use std::io;

use nivose::{DiagnosticId, Error};

/// Why a command failed.
#[derive(Debug)]
pub enum Failure {
    /// The command line does not make sense.
    Usage(String),
    /// The evaluation failed.
    Evaluation(Error),
    /// The result could not be written.
    Output(io::Error),
}

impl Failure {
    /// A mistake in the command line.
    pub fn usage(message: impl Into<String>) -> Self {
        Failure::Usage(message.into())
    }

    /// Something that this program does not do.
    pub fn not_available(message: impl Into<String>) -> Self {
        Failure::Evaluation(Error::with_message(DiagnosticId::NotAvailable, message.into()))
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
            Failure::Usage(message) => out.write_str(message),
            Failure::Evaluation(error) => error.fmt(out),
            Failure::Output(error) => write!(out, "cannot write the result: {error}"),
        }
    }
}
