//! Why data cannot be converted: an error of the evaluation, or data that does not fit, with the way to it.

use std::fmt;

use nivose_base::{DiagnosticId, Error, Pos};

/// A conversion that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    error: Error,
    /// Where in the data, outermost part first.
    path: String,
}

/// The result of a conversion.
pub(crate) type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// Data that does not fit.
    pub fn new(message: impl Into<Vec<u8>>) -> Self {
        Error::with_message(DiagnosticId::Conversion, message).into()
    }

    /// The same for something within data: `part` leads there.
    pub fn within(mut self, part: &str) -> Self {
        let separator = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{part}{separator}{}", self.path);
        self
    }

    /// Gives data that does not fit a place, unless it has one.
    pub fn at(mut self, pos: Pos) -> Self {
        if self.error.id() == DiagnosticId::Conversion {
            self.error = self.error.at(pos);
        }
        self
    }

    /// The error, whose message tells the way to data that does not fit.
    pub fn into_error(self) -> Error {
        if self.path.is_empty() || self.error.id() != DiagnosticId::Conversion {
            return self.error;
        }
        let message = [self.path.as_bytes(), b": ", self.error.message()].concat();
        Error::with_message(DiagnosticId::Conversion, message).at(self.error.pos())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure { error, path: String::new() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.error.text())
    }
}

impl std::error::Error for Failure {}

impl serde::de::Error for Failure {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Failure::new(message.to_string())
    }
}

impl serde::ser::Error for Failure {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Failure::new(message.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_through_data_is_told() {
        let failure = Failure::new("no number");
        let failure = failure.within("port").within("[1]").within("servers").within("a");
        assert_eq!(failure.into_error().text(), "a.servers[1].port: no number");
    }
}
