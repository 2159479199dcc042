//! Derivations as data: what is built, from what, and how its outputs are
//! addressed.
//!
//! Their text is in `aterm_writer` and `aterm_parser`, their paths in
//! `derivation_modulo` and `instantiate`.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use crate::arguments::Arguments;
use crate::content_address::ContentAddressMethod;
use crate::derivation_error::DerivationError;
use crate::environment::Environment;
use crate::hash::{Hash, HashAlgorithm};
use crate::output_set::{OutputName, OutputSet};
use crate::outputs::Outputs;
use crate::store_dir::StoreDir;
use crate::store_path::StorePath;

/// One build: inputs, what is run, and the outputs. Texts are byte strings, as
/// in the Nix language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Derivation {
    /// The name, without `.drv`.
    pub name: String,
    /// The outputs by name.
    pub outputs: Outputs,
    /// Store paths that are used as they are.
    pub input_sources: BTreeSet<StorePath>,
    /// Derivations of which outputs are used.
    pub input_derivations: BTreeMap<StorePath, InputOutputs>,
    /// The system that the builder runs on.
    pub system: Vec<u8>,
    /// The program that is run.
    pub builder: Vec<u8>,
    /// The program's arguments.
    pub args: Arguments,
    /// The program's environment.
    pub env: Environment,
}

/// How an output is addressed, and its path where it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DerivationOutput {
    /// The path follows from the derivation.
    InputAddressed(StorePath),
    /// The content is known beforehand. Made by [`DerivationOutput::fixed`].
    Fixed {
        /// How the content is hashed.
        method: ContentAddressMethod,
        /// The content's hash.
        hash: Hash,
        /// The path, which follows from the other two and the name.
        path: StorePath,
    },
    /// The path follows from the content, once it is built.
    Floating {
        /// How the content will be hashed.
        method: ContentAddressMethod,
        /// With which algorithm.
        algorithm: HashAlgorithm,
    },
    /// Input-addressed, but not computed yet: either because nobody did or
    /// because an input's path is not known before it is built.
    Deferred,
    /// Content-addressed and different each time.
    Impure {
        /// How the content will be hashed.
        method: ContentAddressMethod,
        /// With which algorithm.
        algorithm: HashAlgorithm,
    },
}

impl DerivationOutput {
    /// A fixed output, with the path computed.
    ///
    /// # Errors
    /// [`DerivationError::FixedOutput`].
    pub fn fixed(
        dir: &StoreDir,
        derivation_name: &str,
        output_name: &str,
        method: ContentAddressMethod,
        hash: Hash,
    ) -> Result<Self, DerivationError> {
        let name = output_path_name(derivation_name, output_name);
        let path = dir.make_fixed_output_path(method, &hash, name.as_bytes(), [], false)?;
        Ok(Self::Fixed { method, hash, path })
    }

    /// The path, if it is known before the build.
    pub fn path(&self) -> Option<&StorePath> {
        match self {
            Self::InputAddressed(path) | Self::Fixed { path, .. } => Some(path),
            Self::Floating { .. } | Self::Deferred | Self::Impure { .. } => None,
        }
    }
}

/// The name in the store of a derivation's output: `NAME` for `out`,
/// `NAME-OUTPUT` for others.
pub fn output_path_name(derivation_name: &str, output_name: &str) -> String {
    match output_name {
        "out" => derivation_name.to_owned(),
        _ => format!("{derivation_name}-{output_name}"),
    }
}

/// Which outputs of a derivation are used; with dynamic derivations also
/// outputs of its outputs, and so on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InputOutputs {
    /// The outputs used themselves.
    pub outputs: OutputSet,
    /// Outputs that are derivations of which outputs are used.
    pub dynamic: BTreeMap<OutputName, InputOutputs>,
}

impl InputOutputs {
    /// The greatest nesting of outputs of outputs that is supported.
    pub const MAX_DEPTH: usize = 64;

    /// Adds an output of an output of …: the last element of `chain` is the
    /// output used, those before it are derivations. An empty chain adds
    /// nothing.
    ///
    /// # Errors
    /// [`DerivationError::TooDeep`] beyond [`InputOutputs::MAX_DEPTH`].
    pub fn insert_chain(&mut self, chain: &[OutputName]) -> Result<(), DerivationError> {
        let Some((last, derivations)) = chain.split_last() else { return Ok(()) };
        if derivations.len() > Self::MAX_DEPTH {
            return Err(DerivationError::TooDeep);
        }
        let node = derivations.iter().fold(self, |node, name| node.dynamic.entry(name.clone()).or_default());
        node.outputs.insert(last.clone());
        Ok(())
    }
}

impl From<OutputSet> for InputOutputs {
    fn from(outputs: OutputSet) -> Self {
        Self { outputs, dynamic: BTreeMap::new() }
    }
}

/// What all outputs of a derivation have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DerivationType {
    /// Paths follow from the derivation.
    InputAddressed,
    /// Paths would follow from the derivation, but are not computed.
    Deferred,
    /// One output with known content.
    Fixed,
    /// Paths follow from the content.
    Floating,
    /// Different each time.
    Impure,
}

impl Derivation {
    /// The kind of derivation.
    ///
    /// # Errors
    /// [`DerivationError`] if there are no outputs, or outputs that do not go
    /// together.
    pub fn derivation_type(&self) -> Result<DerivationType, DerivationError> {
        let mut outputs = self.outputs.iter();
        let (name, first) = outputs.next().ok_or(DerivationError::NoOutputs)?;
        let kind = output_type(first);
        for (_, output) in outputs {
            if kind == DerivationType::Fixed && output_type(output) == kind {
                return Err(DerivationError::SeveralFixedOutputs);
            }
            check_same_kind(first, output)?;
        }
        match kind == DerivationType::Fixed && **name != *"out" {
            true => Err(DerivationError::FixedOutputName),
            false => Ok(kind),
        }
    }

    /// The names of the outputs.
    pub fn output_names(&self) -> OutputSet {
        self.outputs.names().cloned().collect()
    }

    /// Adds the use of one output of another derivation.
    pub fn add_input(&mut self, derivation: StorePath, output: OutputName) {
        self.input_derivations.entry(derivation).or_default().outputs.insert(output);
    }

    /// The store paths that the derivation's text refers to, in order and each once.
    pub fn references(&self) -> impl Iterator<Item = &StorePath> {
        let mut sources = self.input_sources.iter().peekable();
        let mut derivations = self.input_derivations.keys().peekable();
        std::iter::from_fn(move || {
            let order = match (sources.peek(), derivations.peek()) {
                (Some(source), Some(derivation)) => source.cmp(derivation),
                (Some(_), None) => Ordering::Less,
                _ => Ordering::Greater,
            };
            if order.is_eq() {
                derivations.next();
            }
            if order.is_gt() { derivations.next() } else { sources.next() }
        })
    }

    /// Makes it an empty description. The room stays for the next one.
    pub fn clear(&mut self) {
        let Self { name, outputs, input_sources, input_derivations, system, builder, args, env } = self;
        name.clear();
        outputs.clear();
        input_sources.clear();
        input_derivations.clear();
        system.clear();
        builder.clear();
        args.clear();
        env.clear();
    }

    /// About how many bytes [`Derivation::clear`] leaves.
    pub fn room(&self) -> usize {
        let texts = self.name.capacity() + self.system.capacity() + self.builder.capacity();
        texts + self.args.room() + self.env.room()
    }
}

fn output_type(output: &DerivationOutput) -> DerivationType {
    match output {
        DerivationOutput::InputAddressed(_) => DerivationType::InputAddressed,
        DerivationOutput::Fixed { .. } => DerivationType::Fixed,
        DerivationOutput::Floating { .. } => DerivationType::Floating,
        DerivationOutput::Deferred => DerivationType::Deferred,
        DerivationOutput::Impure { .. } => DerivationType::Impure,
    }
}

fn check_same_kind(first: &DerivationOutput, other: &DerivationOutput) -> Result<(), DerivationError> {
    use DerivationOutput::{Floating, Impure};
    if output_type(first) != output_type(other) {
        return Err(DerivationError::MixedOutputs);
    }
    match (first, other) {
        (Floating { algorithm: a, .. }, Floating { algorithm: b, .. })
        | (Impure { algorithm: a, .. }, Impure { algorithm: b, .. })
            if a != b =>
        {
            Err(DerivationError::MixedAlgorithms)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_outputs(outputs: &[(&str, DerivationOutput)]) -> Derivation {
        let outputs = outputs.iter().map(|(name, output)| ((*name).into(), output.clone()));
        Derivation { outputs: outputs.collect(), ..Derivation::default() }
    }

    fn floating(algorithm: HashAlgorithm) -> DerivationOutput {
        DerivationOutput::Floating { method: ContentAddressMethod::Nar, algorithm }
    }

    fn fixed() -> DerivationOutput {
        let hash = Hash::zero(HashAlgorithm::Sha256);
        let dir = StoreDir::default();
        DerivationOutput::fixed(&dir, "n", "out", ContentAddressMethod::Flat, hash).unwrap()
    }

    #[test]
    fn types() {
        use DerivationOutput::Deferred;
        let kind = |outputs: &[_]| with_outputs(outputs).derivation_type();
        assert_eq!(kind(&[("a", Deferred), ("b", Deferred)]), Ok(DerivationType::Deferred));
        assert_eq!(kind(&[("out", fixed())]), Ok(DerivationType::Fixed));
        assert_eq!(kind(&[]), Err(DerivationError::NoOutputs));
        assert_eq!(kind(&[("dev", fixed())]), Err(DerivationError::FixedOutputName));
        assert_eq!(kind(&[("dev", fixed()), ("out", fixed())]), Err(DerivationError::SeveralFixedOutputs));
        assert_eq!(kind(&[("dev", Deferred), ("out", fixed())]), Err(DerivationError::MixedOutputs));
        assert_eq!(
            kind(&[("a", floating(HashAlgorithm::Sha1)), ("b", floating(HashAlgorithm::Sha256))]),
            Err(DerivationError::MixedAlgorithms)
        );
    }

    #[test]
    fn chains_of_outputs() {
        let mut node = InputOutputs::default();
        node.insert_chain(&["out".into()]).unwrap();
        node.insert_chain(&["out".into(), "dev".into()]).unwrap();
        assert!(node.outputs.contains("out"));
        assert!(node.dynamic["out"].outputs.contains("dev"));
        let deep = vec![OutputName::from("out"); 100_000];
        assert_eq!(node.insert_chain(&deep), Err(DerivationError::TooDeep));
    }
}
