//! What the executor remembers of its choices, during one search.

use std::ops::Range;

use nivose_base::Map;

/// How many choices the table by slot and position may hold; longer subjects go without.
const TABLE_LIMIT: usize = 1 << 24;
/// How many choices with counted rounds may be held.
const MAP_LIMIT: usize = 1 << 20;
/// Generations fit the entries' upper bits.
const GENERATION_LIMIT: u32 = 1 << 30;

/// A choice: which one, where, and the rounds that the loops have gone there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Choice {
    pub(super) slot: u32,
    pub(super) position: u32,
    pub(super) rounds: u64,
}

/// The results of choices: whether they led to a match.
#[derive(Debug, Default)]
pub(super) struct Memo {
    /// By slot and position: the search (generation) and the result. Entries of earlier searches need no clearing.
    table: Vec<u32>,
    generation: u32,
    /// The positions of a slot in the table; zero if the table is not in use.
    width: usize,
    map: Map<Choice, bool>,
}

impl Memo {
    /// Forgets everything. With no slots, choices go to the map.
    pub(super) fn prepare(&mut self, slots: u32, end: u32) {
        self.map.clear();
        self.width = end as usize + 1;
        let needed = self.width.saturating_mul(slots as usize);
        if slots == 0 || needed > TABLE_LIMIT {
            self.width = 0;
            return;
        }
        if self.table.len() < needed {
            self.table.resize(needed, 0);
        }
        self.generation += 1;
        if self.generation >= GENERATION_LIMIT {
            self.table.fill(0);
            self.generation = 1;
        }
    }

    /// Gives back the memory of large searches.
    pub(super) fn trim(&mut self, keep: usize) {
        if self.table.len() > keep {
            self.table = Vec::new();
        }
        if self.map.capacity() > keep {
            self.map = Map::default();
        }
    }

    #[inline]
    pub(super) fn get(&self, choice: Choice) -> Option<bool> {
        if self.width == 0 {
            return if self.map.is_empty() { None } else { self.map.get(&choice).copied() };
        }
        let entry = *self.table.get(choice.slot as usize * self.width + choice.position as usize)?;
        (entry >> 1 == self.generation).then_some(entry & 1 != 0)
    }

    #[inline]
    pub(super) fn set(&mut self, choice: Choice, found: bool) {
        if self.width == 0 {
            if self.map.len() < MAP_LIMIT {
                self.map.insert(choice, found);
            }
        } else if let Some(entry) =
            self.table.get_mut(choice.slot as usize * self.width + choice.position as usize)
        {
            *entry = self.generation << 1 | u32::from(found);
        }
    }

    /// Sets a range of positions of one slot, if the table is in use.
    #[inline]
    pub(super) fn set_range(&mut self, slot: u32, positions: Range<u32>, found: bool) {
        if self.width == 0 {
            return;
        }
        let row = slot as usize * self.width;
        let range = row + positions.start as usize..row + positions.end as usize;
        if let Some(entries) = self.table.get_mut(range) {
            entries.fill(self.generation << 1 | u32::from(found));
        }
    }
}
