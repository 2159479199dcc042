//! The environment of a derivation's builder: variables by name, their text in one buffer.
//!
//! Most derivations are made only to be hashed: a tree of strings would take longer to build than to hash.

use std::fmt;
use std::ops::Range;

/// Variables with their values, in byte order of their names, each once. Names and values are byte strings.
#[derive(Clone, Default)]
pub struct Environment {
    /// Names and values in the order in which they came. What was replaced stays.
    text: Vec<u8>,
    /// Ascending by name.
    variables: Vec<Variable>,
}

/// Where a variable's name and value are in the text.
#[derive(Clone)]
struct Variable {
    name: Range<usize>,
    value: Range<usize>,
}

impl Environment {
    /// No variables.
    pub const fn new() -> Self {
        Self { text: Vec::new(), variables: Vec::new() }
    }

    /// Makes room for some variables at once, as many as usual derivations have.
    pub fn reserve(&mut self) {
        self.text.reserve(2048);
        self.variables.reserve(32);
    }

    /// Gives a variable a value, whether it is there or not. Quickest in the order of the names.
    pub fn insert(&mut self, name: &[u8], value: &[u8]) {
        match self.place(name) {
            Ok(place) => {
                let value = self.append(value);
                self.variables[place].value = value;
            }
            Err(place) => {
                let variable = Variable { name: self.append(name), value: self.append(value) };
                self.variables.insert(place, variable);
            }
        }
    }

    /// Adds a variable whose name comes after all others in byte order.
    pub fn push(&mut self, name: &[u8], value: &[u8]) {
        debug_assert!(self.variables.last().is_none_or(|last| self.bytes(&last.name) < name));
        let variable = Variable { name: self.append(name), value: self.append(value) };
        self.variables.push(variable);
    }

    /// Takes a variable away, if it is there.
    pub fn remove(&mut self, name: &[u8]) {
        if let Ok(place) = self.place(name) {
            self.variables.remove(place);
        }
    }

    /// The value of a variable.
    pub fn get(&self, name: &[u8]) -> Option<&[u8]> {
        self.place(name).ok().map(|place| self.bytes(&self.variables[place].value))
    }

    /// Names and values in byte order of the names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], &[u8])> {
        self.variables.iter().map(|variable| (self.bytes(&variable.name), self.bytes(&variable.value)))
    }

    /// The number of variables.
    pub fn len(&self) -> usize {
        self.variables.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.variables.is_empty()
    }

    /// Takes all away; the room stays.
    pub fn clear(&mut self) {
        self.text.clear();
        self.variables.clear();
    }

    pub(crate) fn room(&self) -> usize {
        self.text.capacity() + self.variables.capacity() * size_of::<Variable>()
    }

    /// Where a name is, or where it would have to be.
    fn place(&self, name: &[u8]) -> Result<usize, usize> {
        match self.variables.last() {
            Some(last) if self.bytes(&last.name) >= name => {
                self.variables.binary_search_by(|variable| self.bytes(&variable.name).cmp(name))
            }
            _ => Err(self.variables.len()),
        }
    }

    /// Puts variables into order that came in any. The last of each name stays.
    fn sort(&mut self) {
        let text = &self.text;
        self.variables.sort_by(|a, b| text[a.name.clone()].cmp(&text[b.name.clone()]));
        self.variables.dedup_by(|later, earlier| {
            let same = text[later.name.clone()] == text[earlier.name.clone()];
            if same {
                std::mem::swap(later, earlier);
            }
            same
        });
    }

    fn append(&mut self, bytes: &[u8]) -> Range<usize> {
        let start = self.text.len();
        self.text.extend_from_slice(bytes);
        start..self.text.len()
    }

    fn bytes(&self, range: &Range<usize>) -> &[u8] {
        &self.text[range.clone()]
    }
}

impl PartialEq for Environment {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Environment {}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |bytes| String::from_utf8_lossy(bytes);
        f.debug_map().entries(self.iter().map(|(name, value)| (text(name), text(value)))).finish()
    }
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let mut environment = Self::new();
        for (name, value) in variables {
            let variable = Variable {
                name: environment.append(name.as_ref()),
                value: environment.append(value.as_ref()),
            };
            environment.variables.push(variable);
        }
        environment.sort();
        environment
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn behaves_as_a_sorted_map() {
        let mut environment = Environment::new();
        let mut map = BTreeMap::<&[u8], &[u8]>::new();
        let names = [&b"b"[..], b"d", b"a", b"c", b"b", b"", b"d", b"\xff", b"b"];
        let values = [&b"1"[..], b"2", b"", b"4", b"55", b"6", b"7", b"8", b"9"];
        assert!(
            names
                .into_iter()
                .zip(values)
                .collect::<Environment>()
                .iter()
                .eq(names.into_iter().zip(values).collect::<BTreeMap<_, _>>())
        );
        for (name, value) in names.into_iter().zip(values) {
            environment.insert(name, value);
            map.insert(name, value);
            assert!(environment.iter().eq(map.iter().map(|(&name, &value)| (name, value))));
        }
        assert_eq!(environment.len(), map.len());
        assert_eq!([environment.get(b"b"), environment.get(b"e")], [Some(&b"9"[..]), None]);
        environment.push(b"\xff\xff", b"10");
        map.insert(b"\xff\xff", b"10");
        environment.remove(b"b");
        environment.remove(b"e");
        map.remove(&b"b"[..]);
        assert_eq!(environment, map.iter().collect());
    }
}
