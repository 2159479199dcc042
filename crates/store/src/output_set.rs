//! A set of output names, kept as a sorted list: most have one or two.

use std::fmt;
use std::sync::Arc;

/// The name of a derivation's output, such as `out` or `dev`.
pub type OutputName = Arc<str>;

/// Distinct output names in byte order.
#[derive(Clone, Default)]
pub struct OutputSet(Names);

/// A single name, the usual case, needs no allocation.
#[derive(Clone, Default)]
enum Names {
    #[default]
    None,
    One(OutputName),
    Many(Vec<OutputName>),
}

impl OutputSet {
    /// The empty set.
    pub const fn new() -> Self {
        Self(Names::None)
    }

    /// Adds a name, if it is not there.
    pub fn insert(&mut self, name: OutputName) {
        let Err(position) = self.as_slice().binary_search(&name) else { return };
        self.0 = match std::mem::take(&mut self.0) {
            Names::None => Names::One(name),
            Names::One(other) if position == 0 => Names::Many(vec![name, other]),
            Names::One(other) => Names::Many(vec![other, name]),
            Names::Many(mut names) => {
                names.insert(position, name);
                Names::Many(names)
            }
        };
    }

    /// Adds every name of `other`.
    pub fn union(&mut self, other: &Self) {
        for name in other {
            self.insert(name.clone());
        }
    }

    /// Whether the name is in the set.
    pub fn contains(&self, name: &str) -> bool {
        self.as_slice().binary_search_by(|element| (**element).cmp(name)).is_ok()
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }

    /// The number of names.
    pub fn len(&self) -> usize {
        self.as_slice().len()
    }

    /// The names in order.
    pub fn iter(&self) -> std::slice::Iter<'_, OutputName> {
        self.as_slice().iter()
    }

    fn as_slice(&self) -> &[OutputName] {
        match &self.0 {
            Names::None => &[],
            Names::One(name) => std::slice::from_ref(name),
            Names::Many(names) => names,
        }
    }
}

impl PartialEq for OutputSet {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl Eq for OutputSet {}

impl fmt::Debug for OutputSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self).finish()
    }
}

impl FromIterator<OutputName> for OutputSet {
    fn from_iter<I: IntoIterator<Item = OutputName>>(names: I) -> Self {
        let mut names = names.into_iter();
        let (Some(first), second) = (names.next(), names.next()) else { return Self::new() };
        let Some(second) = second else { return Self(Names::One(first)) };
        let mut names: Vec<_> = [first, second].into_iter().chain(names).collect();
        names.sort_unstable();
        names.dedup();
        Self(Names::Many(names))
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
