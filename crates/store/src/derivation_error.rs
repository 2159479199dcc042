//! Why a derivation has no paths, or not the ones it says.

use std::fmt;

use crate::content_address::FixedOutputError;
use crate::output_set::OutputName;
use crate::store_path::StorePathError;

/// What can be wrong with a derivation. Shown with C++ Nix's wording where it
/// has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DerivationError {
    /// A path that would have a bad name.
    Path(StorePathError),
    /// A fixed output that has no path.
    FixedOutput(FixedOutputError),
    /// There are no outputs.
    NoOutputs,
    /// Several outputs, one of them fixed.
    SeveralFixedOutputs,
    /// A fixed output of another name than `out`.
    FixedOutputName,
    /// Content-addressed outputs with different algorithms or methods.
    MixedAlgorithms,
    /// Outputs of different kinds.
    MixedOutputs,
    /// A derivation that is needed but not to be had; the whole path.
    UnknownDerivation(String),
    /// A derivation that depends on itself; the whole path.
    Cycle(String),
    /// An output that the derivation of that name does not have.
    UnknownOutput {
        /// The output.
        output: OutputName,
        /// The derivation's name.
        derivation: String,
    },
    /// Outputs of outputs nested deeper than supported.
    TooDeep,
    /// An output path that does not follow from the derivation.
    WrongOutputPath {
        /// The derivation's name.
        derivation: String,
        /// The path it gives.
        found: String,
        /// The path that follows.
        expected: String,
    },
    /// An output's environment variable that does not hold its path.
    WrongVariable {
        /// The derivation's name.
        derivation: String,
        /// The variable.
        variable: OutputName,
        /// What it should hold.
        expected: String,
    },
}

impl fmt::Display for DerivationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(error) => error.fmt(f),
            Self::FixedOutput(error) => error.fmt(f),
            Self::NoOutputs => f.write_str("must have at least one output"),
            Self::SeveralFixedOutputs => f.write_str("only one fixed output is allowed for now"),
            Self::FixedOutputName => f.write_str("single fixed output must be named \"out\""),
            Self::MixedAlgorithms => f.write_str("all floating outputs must use the same hash algorithm"),
            Self::MixedOutputs => f.write_str("can't mix derivation output types"),
            Self::UnknownDerivation(path) => write!(f, "path '{path}' is not valid"),
            Self::Cycle(path) => write!(f, "derivation '{path}' depends on itself"),
            Self::UnknownOutput { output, derivation } => {
                write!(f, "no hash for output '{output}' of derivation '{derivation}'")
            }
            Self::TooDeep => f.write_str("outputs of outputs are nested too deep"),
            Self::WrongOutputPath { derivation, found, expected } => {
                write!(f, "derivation '{derivation}' has incorrect output '{found}', should be '{expected}'")
            }
            Self::WrongVariable { derivation, variable, expected } => write!(
                f,
                "derivation '{derivation}' has incorrect environment variable '{variable}', \
                 should be '{expected}'"
            ),
        }
    }
}

impl std::error::Error for DerivationError {}

impl From<StorePathError> for DerivationError {
    fn from(error: StorePathError) -> Self {
        Self::Path(error)
    }
}

impl From<FixedOutputError> for DerivationError {
    fn from(error: FixedOutputError) -> Self {
        Self::FixedOutput(error)
    }
}
