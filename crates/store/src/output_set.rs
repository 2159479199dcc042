//! A set of output names, kept as a sorted list: most have one or two.

use std::sync::Arc;

/// The name of a derivation's output, such as `out` or `dev`.
pub type OutputName = Arc<str>;

/// Distinct output names in byte order.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct OutputSet(Vec<OutputName>);

impl OutputSet {
    /// The empty set.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a name, if it is not there.
    pub fn insert(&mut self, name: OutputName) {
        if let Err(position) = self.0.binary_search(&name) {
            self.0.insert(position, name);
        }
    }

    /// Adds every name of `other`.
    pub fn union(&mut self, other: &Self) {
        for name in &other.0 {
            self.insert(name.clone());
        }
    }

    /// Whether the name is in the set.
    pub fn contains(&self, name: &str) -> bool {
        self.0.binary_search_by(|element| (**element).cmp(name)).is_ok()
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of names.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The names in order.
    pub fn iter(&self) -> std::slice::Iter<'_, OutputName> {
        self.0.iter()
    }
}

impl FromIterator<OutputName> for OutputSet {
    fn from_iter<I: IntoIterator<Item = OutputName>>(names: I) -> Self {
        let mut names: Vec<_> = names.into_iter().collect();
        names.sort_unstable();
        names.dedup();
        Self(names)
    }
}

impl<'a> IntoIterator for &'a OutputSet {
    type Item = &'a OutputName;
    type IntoIter = std::slice::Iter<'a, OutputName>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorted_and_distinct() {
        let mut set: OutputSet = ["out", "dev", "out"].map(OutputName::from).into_iter().collect();
        set.insert("lib".into());
        set.insert("dev".into());
        assert_eq!(set.iter().map(|name| &**name).collect::<Vec<_>>(), ["dev", "lib", "out"]);
        assert!(set.contains("lib") && !set.contains("man"));
    }
}
