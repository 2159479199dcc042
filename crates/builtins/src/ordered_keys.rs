//! Keys in order that are compared by somebody else, one comparison at a time: for `genericClosure`, whose comparisons
//! may have to evaluate something.
//!
//! A key is a number here; what it stands for is the user's business.

/// Keys of one block; full blocks are split.
const BLOCK: usize = 512;

/// Keys in ascending order, in blocks so that insertion takes little time.
#[derive(Default)]
pub struct OrderedKeys {
    blocks: Vec<Vec<u32>>,
}

/// A comparison that a search needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Question {
    /// Is the new key less than this one?
    NewLess(u32),
    /// Is this key less than the new one?
    LessThanNew(u32),
    /// None: the search is over.
    Known(Place),
}

/// Where a new key belongs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// It is there already.
    Present,
    /// At a place of a block.
    At(usize, usize),
}

/// A search for the place of a new key.
#[derive(Clone, Copy, Debug)]
pub struct Search {
    stage: Stage,
    low: usize,
    high: usize,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    /// Among the first keys of the blocks.
    Blocks,
    /// Within a block.
    Within(usize),
    /// The key before the place may equal the new one.
    Last(usize),
    Over(Place),
}

impl OrderedKeys {
    /// Keys that are in order already.
    pub fn from_sorted(keys: &[u32]) -> Self {
        OrderedKeys { blocks: keys.chunks(BLOCK / 2).map(<[u32]>::to_vec).collect() }
    }

    /// Begins a search.
    pub fn search(&self) -> Search {
        Search { stage: Stage::Blocks, low: 0, high: self.blocks.len() }
    }

    fn key(&self, block: usize, place: usize) -> Option<u32> {
        self.blocks.get(block)?.get(place).copied()
    }

    /// What a search has to know next.
    pub fn question(&self, search: &mut Search) -> Question {
        loop {
            let middle = search.low + (search.high - search.low) / 2;
            let open = search.low < search.high;
            let asked = match search.stage {
                Stage::Blocks if open => self.key(middle, 0).map(Question::NewLess),
                Stage::Within(block) if open => self.key(block, middle).map(Question::NewLess),
                Stage::Last(block) => self.key(block, search.low - 1).map(Question::LessThanNew),
                Stage::Over(place) => return Question::Known(place),
                _ => None,
            };
            match asked {
                Some(question) => return question,
                None => self.descend(search),
            }
        }
    }

    /// A stage of the search is over.
    fn descend(&self, search: &mut Search) {
        match search.stage {
            Stage::Blocks if search.low == 0 => search.stage = Stage::Over(Place::At(0, 0)),
            Stage::Blocks => {
                let block = search.low - 1;
                *search = Search { stage: Stage::Within(block), low: 1, high: self.blocks[block].len() };
            }
            Stage::Within(block) => search.stage = Stage::Last(block),
            Stage::Last(_) | Stage::Over(_) => search.stage = Stage::Over(Place::Present),
        }
    }

    /// Inserts a key at the place that a search has found.
    pub fn insert(&mut self, block: usize, place: usize, key: u32) {
        let Some(keys) = self.blocks.get_mut(block) else {
            self.blocks.push(vec![key]);
            return;
        };
        keys.insert(place.min(keys.len()), key);
        if keys.len() >= BLOCK {
            let upper = keys.split_off(BLOCK / 2);
            self.blocks.insert(block + 1, upper);
        }
    }
}

impl Search {
    /// Takes the answer to the question that was asked last.
    pub fn answer(&mut self, yes: bool) {
        let middle = self.low + (self.high - self.low) / 2;
        match self.stage {
            Stage::Blocks | Stage::Within(_) if yes => self.high = middle,
            Stage::Blocks | Stage::Within(_) => self.low = middle + 1,
            Stage::Last(block) if yes => self.stage = Stage::Over(Place::At(block, self.low)),
            Stage::Last(_) => self.stage = Stage::Over(Place::Present),
            Stage::Over(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_is_kept_once_and_in_order() {
        let mut keys = OrderedKeys::default();
        let mut values: Vec<u32> = Vec::new();
        let mut expected = std::collections::BTreeSet::new();
        for i in 0..5000u32 {
            let value = i.wrapping_mul(2_654_435_761) >> 20;
            let mut search = keys.search();
            let place = loop {
                match keys.question(&mut search) {
                    Question::NewLess(key) => search.answer(value < values[key as usize]),
                    Question::LessThanNew(key) => search.answer(values[key as usize] < value),
                    Question::Known(place) => break place,
                }
            };
            assert_eq!(matches!(place, Place::Present), !expected.insert(value));
            if let Place::At(block, at) = place {
                keys.insert(block, at, values.len() as u32);
                values.push(value);
            }
        }
        let sorted: Vec<u32> = keys.blocks.iter().flatten().map(|&key| values[key as usize]).collect();
        assert!(sorted.iter().eq(expected.iter()));
    }
}
