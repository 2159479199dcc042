//! The hash of a derivation modulo fixed outputs: what the paths of its
//! outputs and of its users' outputs are computed from.
//!
//! A fixed output counts by its content, however it is obtained; every other
//! derivation by its text, with the derivations it uses replaced by their
//! hashes in turn. A derivation whose inputs' paths are not known before they
//! are built has no such hash.

use std::hash::BuildHasher;
use std::sync::Arc;

use hashbrown::hash_table::Entry;
use hashbrown::{HashSet, HashTable};
use rustc_hash::FxBuildHasher;

use crate::aterm_writer::HashedInput;
use crate::content_address::fixed_fingerprint;
use crate::derivation::{Derivation, DerivationOutput, DerivationType};
use crate::derivation_error::DerivationError;
use crate::derivation_text::DerivationText;
use crate::hash::sha256;
use crate::output_set::{OutputName, OutputSet};
use crate::store_dir::StoreDir;
use crate::store_path::StorePath;

/// Where derivations come from that have not been instantiated here.
pub trait DerivationSource {
    /// The derivation in that file, if there is one.
    fn derivation(&self, path: &StorePath) -> Option<Arc<Derivation>>;
}

/// No other derivations than those in the memo.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoDerivations;

impl DerivationSource for NoDerivations {
    fn derivation(&self, _path: &StorePath) -> Option<Arc<Derivation>> {
        None
    }
}

/// What a derivation counts for in the hashes of those that use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DerivationModulo {
    /// One hash for all its outputs.
    Regular {
        /// The hash.
        hash: [u8; 32],
        /// The outputs there are.
        outputs: OutputSet,
    },
    /// The hash of its only output, `out`, from the content.
    Fixed {
        /// The hash.
        hash: [u8; 32],
    },
    /// Nothing: output paths are not known before the build, neither its own
    /// nor its users'.
    Deferred,
}

impl DerivationModulo {
    /// That of a derivation whose outputs have their paths, and whose text is set.
    pub(crate) fn regular(dir: &StoreDir, derivation: &Derivation, text: &mut DerivationText) -> Self {
        let digest = text.hash(dir, derivation, false);
        let hash = digest.digest().try_into().unwrap_or_default();
        Self::Regular { hash, outputs: derivation.output_names() }
    }

    fn hash_of(&self, output: &str) -> Option<&[u8; 32]> {
        match self {
            Self::Regular { hash, outputs } => outputs.contains(output).then_some(hash),
            Self::Fixed { hash } => (output == "out").then_some(hash),
            Self::Deferred => None,
        }
    }
}

/// The hashes of derivations already known, by the path of their file.
#[derive(Clone, Debug, Default)]
pub struct ModuloMemo {
    known: Vec<(StorePath, DerivationModulo)>,
    /// The place of each.
    places: HashTable<u32>,
}

impl ModuloMemo {
    /// What is known of that derivation.
    pub fn get(&self, path: &StorePath) -> Option<&DerivationModulo> {
        let is_it = |&place: &u32| self.known[place as usize].0 == *path;
        self.places.find(hash_of(path), is_it).map(|&place| &self.known[place as usize].1)
    }

    /// Remembers a derivation.
    pub fn insert(&mut self, path: StorePath, modulo: DerivationModulo) {
        let Self { known, places } = self;
        let is_it = |&place: &u32| known[place as usize].0 == path;
        match places.entry(hash_of(&path), is_it, |&place| hash_of(&known[place as usize].0)) {
            Entry::Occupied(place) => known[*place.get() as usize].1 = modulo,
            Entry::Vacant(place) => {
                place.insert(known.len() as u32);
                known.push((path, modulo));
            }
        }
    }

    /// The number of derivations known.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether nothing is known yet.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Makes known all derivations that this one uses, reading from `source`
    /// those that are not.
    ///
    /// # Errors
    /// [`DerivationError`] if one is not to be had or makes no sense.
    pub(crate) fn learn_inputs(
        &mut self,
        dir: &StoreDir,
        derivation: &Derivation,
        source: &dyn DerivationSource,
    ) -> Result<(), DerivationError> {
        let mut pending = self.unknown_inputs(derivation)?;
        let mut expanded = HashSet::<StorePath, FxBuildHasher>::default();
        while let Some(path) = pending.last() {
            if self.get(path).is_some() {
                pending.pop();
                continue;
            }
            let input =
                source.derivation(path).ok_or_else(|| DerivationError::UnknownDerivation(dir.print(path)))?;
            let unknown = self.unknown_inputs(&input)?;
            if unknown.is_empty() {
                let modulo = self.modulo(dir, &input, &mut DerivationText::default())?;
                self.insert(path.clone(), modulo);
            } else if expanded.insert(path.clone()) {
                pending.extend(unknown);
            } else {
                return Err(DerivationError::Cycle(dir.print(path)));
            }
        }
        Ok(())
    }

    /// The inputs whose hashes are needed and not known. A derivation with
    /// content-addressed outputs needs none.
    fn unknown_inputs(&self, derivation: &Derivation) -> Result<Vec<StorePath>, DerivationError> {
        match derivation.derivation_type()? {
            DerivationType::InputAddressed | DerivationType::Deferred => {}
            _ => return Ok(Vec::new()),
        }
        let inputs = derivation.input_derivations.keys();
        Ok(inputs.filter(|path| self.get(path).is_none()).cloned().collect())
    }

    /// Computes what a derivation counts for, once its inputs are known and its outputs have their paths.
    pub(crate) fn modulo(
        &self,
        dir: &StoreDir,
        derivation: &Derivation,
        text: &mut DerivationText,
    ) -> Result<DerivationModulo, DerivationError> {
        match derivation.derivation_type()? {
            DerivationType::Fixed => return Ok(fixed_modulo(dir, derivation)),
            DerivationType::Floating | DerivationType::Impure => return Ok(DerivationModulo::Deferred),
            DerivationType::InputAddressed | DerivationType::Deferred => {}
        }
        if !self.set_text(dir, derivation, text)? {
            return Ok(DerivationModulo::Deferred);
        }
        Ok(DerivationModulo::regular(dir, derivation, text))
    }

    /// Sets the parts of the text that is hashed; false if an input is deferred, and so the derivation.
    pub(crate) fn set_text(
        &self,
        dir: &StoreDir,
        derivation: &Derivation,
        text: &mut DerivationText,
    ) -> Result<bool, DerivationError> {
        text.set(dir, derivation);
        let Some(mut inputs) = self.hashed_inputs(dir, derivation)? else { return Ok(false) };
        inputs.sort_unstable_by_key(|(hash, _)| *hash);
        text.set_inputs(&inputs);
        Ok(true)
    }

    /// The hashes of the derivation's inputs; `None` if one of them is deferred.
    fn hashed_inputs<'a>(
        &'a self,
        dir: &StoreDir,
        derivation: &'a Derivation,
    ) -> Result<Option<Vec<HashedInput<'a>>>, DerivationError> {
        let mut hashed = Vec::with_capacity(derivation.input_derivations.len());
        let mut is_deferred = false;
        for (path, node) in &derivation.input_derivations {
            let modulo = self.get(path).ok_or_else(|| DerivationError::UnknownDerivation(dir.print(path)))?;
            // Whether the others are known is still of interest.
            is_deferred |= matches!(modulo, DerivationModulo::Deferred) || !node.dynamic.is_empty();
            if is_deferred {
                continue;
            }
            if let Some(hash) = common_hash(path, modulo, &node.outputs)? {
                hashed.push((hash, &node.outputs));
            }
        }
        Ok((!is_deferred).then_some(hashed))
    }
}

/// The hash of all these outputs; `None` if there are none of them.
fn common_hash<'a>(
    path: &StorePath,
    modulo: &'a DerivationModulo,
    outputs: &OutputSet,
) -> Result<Option<&'a [u8; 32]>, DerivationError> {
    let mut common = None;
    for output in outputs {
        common = Some(modulo.hash_of(output).ok_or_else(|| unknown_output(path, output))?);
    }
    Ok(common)
}

fn hash_of(path: &StorePath) -> u64 {
    FxBuildHasher.hash_one(path)
}

fn unknown_output(path: &StorePath, output: &OutputName) -> DerivationError {
    DerivationError::UnknownOutput { output: output.clone(), derivation: path.derivation_name().to_owned() }
}

pub(crate) fn fixed_modulo(dir: &StoreDir, derivation: &Derivation) -> DerivationModulo {
    match derivation.outputs.iter().next() {
        Some((_, DerivationOutput::Fixed { method, hash, path })) => {
            let text = fixed_fingerprint(*method, hash, dir.print(path).as_bytes());
            DerivationModulo::Fixed { hash: sha256(&text) }
        }
        _ => DerivationModulo::Deferred,
    }
}
