//! A census: which objects were made, by what they are.
//!
//! It is taken of the nursery before each minor collection, where all that was made since the last one lies side by side.
//! So making objects costs nothing for it, and whoever does not ask for it pays nothing at all.

use crate::layout::{Header, Kind, WORD};

/// How many objects of a sort were made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// Objects.
    pub number: u64,
    /// What they hold: elements, attributes, captured values.
    pub elements: u64,
    /// The bytes that they take.
    pub bytes: u64,
}

impl Made {
    fn add(&mut self, elements: usize, bytes: usize) {
        self.number += 1;
        self.elements += elements as u64;
        self.bytes += bytes as u64;
    }
}

/// Everything that was made, dead or alive. The bytes of all sorts together are those of the objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Lists.
    pub lists: Made,
    /// Sets.
    pub sets: Made,
    /// The names that sets have in common, and the order of these.
    pub shapes: Made,
    /// What functions and suspended expressions captured, and `with` scopes.
    pub environments: Made,
    /// Suspended expressions and applications, without what they captured.
    pub thunks: Made,
    /// All other values: functions, strings, paths, numbers that do not fit into a word.
    pub others: Made,
}

impl Census {
    /// Counts an object.
    pub(crate) fn add(&mut self, header: &Header) {
        let (size, len, count) = (header.size(), header.len as usize, header.count as usize);
        match header.kind {
            Kind::List => self.lists.add(len, size),
            Kind::ListView => self.lists.add(0, size),
            // Room that views have in common: no list of its own.
            Kind::Elements => {
                self.lists.elements += len as u64;
                self.lists.bytes += size as u64;
            }
            Kind::Attrs => self.sets.add(len, size),
            // A set whose attributes are in other sets.
            Kind::Layers => self.sets.add(0, size),
            Kind::Shape => self.shapes.add(len, size),
            Kind::Order => self.shapes.bytes += size as u64,
            Kind::With => self.environments.add(1, size),
            Kind::Suspended | Kind::Application | Kind::Blackhole | Kind::Evaluated | Kind::Failed => {
                self.thunks.add(0, size - count * WORD);
                self.captured(count);
            }
            Kind::Closure => {
                self.others.add(0, size - count * WORD);
                self.captured(count);
            }
            _ => self.others.add(0, size),
        }
    }

    fn captured(&mut self, count: usize) {
        if count > 0 {
            self.environments.add(count, count * WORD);
        }
    }

    /// The bytes of all objects.
    pub fn bytes(&self) -> u64 {
        [self.lists, self.sets, self.shapes, self.environments, self.thunks, self.others]
            .iter()
            .map(|made| made.bytes)
            .sum()
    }
}
