//! The text of one derivation in parts: what the texts that are hashed and the file itself have in common is
//! written once.

use crate::aterm_writer::{HashedInput, write_hashed_inputs, write_text};
use crate::derivation::Derivation;
use crate::hash::{Hash, HashAlgorithm, Hasher};
use crate::output_set::OutputName;
use crate::store_dir::StoreDir;

/// Parts of a derivation's text. Used again for one derivation after the other, for their room.
#[derive(Clone, Debug, Default)]
pub(crate) struct DerivationText {
    /// From the sources to the end, without the values of the variables that are called like outputs.
    rest: Vec<u8>,
    /// Where the values of these variables belong, ascending.
    blanks: Vec<(usize, OutputName)>,
    /// What stands before the rest.
    head: Vec<u8>,
    /// The list of inputs as it is hashed.
    inputs: Vec<u8>,
    /// A value with its escapes.
    value: Vec<u8>,
}

impl DerivationText {
    /// Takes the next derivation. Its outputs and the variables called like them may change afterwards.
    pub(crate) fn set(&mut self, dir: &StoreDir, derivation: &Derivation) {
        self.rest.clear();
        self.blanks.clear();
        derivation.write_rest(dir, &mut self.rest, &mut self.blanks);
    }

    /// Sets what the inputs count for in hashes, by which they are ordered.
    pub(crate) fn set_inputs(&mut self, inputs: &[HashedInput<'_>]) {
        self.inputs.clear();
        write_hashed_inputs(inputs, &mut self.inputs);
    }

    /// The hash of the text with the inputs replaced by what they count for; without the paths of the outputs and the
    /// variables called like them, if `mask_outputs` says so.
    pub(crate) fn hash(&mut self, dir: &StoreDir, derivation: &Derivation, mask_outputs: bool) -> Hash {
        let mut hasher = Hasher::new(HashAlgorithm::Sha256);
        self.head.clear();
        derivation.write_outputs(dir, mask_outputs, &mut self.head);
        hasher.update(&self.head);
        hasher.update(&self.inputs);
        hasher.update(b",");
        match mask_outputs {
            true => hasher.update(&self.rest),
            false => self.complete(derivation, |piece| hasher.update(piece)),
        }
        hasher.finish()
    }

    /// Appends the text of the derivation's file.
    pub(crate) fn write(&mut self, dir: &StoreDir, derivation: &Derivation, out: &mut Vec<u8>) {
        derivation.write_outputs(dir, false, out);
        derivation.write_inputs(dir, out);
        out.push(b',');
        self.complete(derivation, |piece| out.extend_from_slice(piece));
    }

    /// Hands the pieces of the rest over, with the values that belong between them.
    fn complete(&mut self, derivation: &Derivation, mut piece: impl FnMut(&[u8])) {
        let mut from = 0;
        for (at, name) in &self.blanks {
            piece(&self.rest[from..*at]);
            self.value.clear();
            write_text(derivation.env.get(name.as_bytes()).unwrap_or_default(), &mut self.value);
            piece(&self.value);
            from = *at;
        }
        piece(&self.rest[from..]);
    }
}
