//! The outputs of a derivation by name, kept as a sorted list: most have one or two.

use crate::derivation::DerivationOutput;
use crate::output_set::OutputName;

/// Outputs in byte order of their names, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outputs(Vec<(OutputName, DerivationOutput)>);

impl Outputs {
    /// Gives an output's name another meaning, or adds it. Quickest in the order of the names.
    pub fn insert(&mut self, name: OutputName, output: DerivationOutput) {
        match self.place(&name) {
            Ok(place) => self.0[place].1 = output,
            Err(place) => self.0.insert(place, (name, output)),
        }
    }

    /// The output of that name.
    pub fn get(&self, name: &str) -> Option<&DerivationOutput> {
        self.place(name).ok().map(|place| &self.0[place].1)
    }

    /// Names and outputs in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&OutputName, &DerivationOutput)> {
        self.0.iter().map(|(name, output)| (name, output))
    }

    /// Names and outputs in order, these to be changed.
    pub fn iter_mut(&mut self) -> impl ExactSizeIterator<Item = (&OutputName, &mut DerivationOutput)> {
        self.0.iter_mut().map(|(name, output)| (&*name, output))
    }

    /// The names in order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &OutputName> {
        self.0.iter().map(|(name, _)| name)
    }

    /// The number of outputs.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes all away; the room stays.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| (**other).cmp(name))
    }
}

/// The last of each name counts.
impl FromIterator<(OutputName, DerivationOutput)> for Outputs {
    fn from_iter<I: IntoIterator<Item = (OutputName, DerivationOutput)>>(outputs: I) -> Self {
        let mut outputs: Vec<_> = outputs.into_iter().collect();
        outputs.sort_by(|(a, _), (b, _)| a.cmp(b));
        outputs.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                std::mem::swap(later, earlier);
            }
            same
        });
        Self(outputs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ContentAddressMethod, HashAlgorithm};

    #[test]
    fn behaves_as_a_sorted_map() {
        let floating =
            |algorithm| DerivationOutput::Floating { method: ContentAddressMethod::Nar, algorithm };
        let (a, b) = (floating(HashAlgorithm::Sha1), floating(HashAlgorithm::Sha256));
        let list =
            [("out", &a), ("dev", &a), ("out", &b)].map(|(name, output)| (name.into(), output.clone()));
        let mut outputs = Outputs::default();
        list.iter().for_each(|(name, output)| outputs.insert(OutputName::clone(name), output.clone()));
        assert_eq!(outputs, list.into_iter().collect());
        assert!(outputs.iter().eq([(&"dev".into(), &a), (&"out".into(), &b)]));
        assert_eq!([outputs.get("dev"), outputs.get("lib")], [Some(&a), None]);
        outputs.iter_mut().for_each(|(_, output)| *output = a.clone());
        assert_eq!(outputs.get("out"), Some(&a));
        outputs.clear();
        assert_eq!((outputs.is_empty(), outputs.names().len()), (true, 0));
    }
}
