//! The arguments of a derivation's builder, their text in one buffer.

use std::fmt;

/// Byte strings in a row.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Arguments {
    text: Vec<u8>,
    /// Where each ends in the text.
    ends: Vec<usize>,
}

impl Arguments {
    /// No arguments.
    pub const fn new() -> Self {
        Self { text: Vec::new(), ends: Vec::new() }
    }

    /// Adds one at the end.
    pub fn push(&mut self, argument: &[u8]) {
        self.text.extend_from_slice(argument);
        self.ends.push(self.text.len());
    }

    /// The arguments in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        let mut start = 0;
        self.ends.iter().map(move |&end| &self.text[std::mem::replace(&mut start, end)..end])
    }

    /// The number of arguments.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Takes all away; the room stays.
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    pub(crate) fn room(&self) -> usize {
        self.text.capacity() + self.ends.capacity() * size_of::<usize>()
    }
}

impl fmt::Debug for Arguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(String::from_utf8_lossy)).finish()
    }
}

impl<A: AsRef<[u8]>> FromIterator<A> for Arguments {
    fn from_iter<I: IntoIterator<Item = A>>(arguments: I) -> Self {
        let mut all = Self::new();
        arguments.into_iter().for_each(|argument| all.push(argument.as_ref()));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behaves_as_a_list() {
        let list = [&b"-e"[..], b"", b"x y"];
        let mut arguments: Arguments = list.into_iter().collect();
        assert!(arguments.iter().eq(list));
        assert_eq!((arguments.len(), arguments.is_empty()), (3, false));
        assert_ne!(arguments, [&b"-e"[..], b"x y"].into_iter().collect());
        arguments.clear();
        assert_eq!(arguments, Arguments::new());
    }
}
