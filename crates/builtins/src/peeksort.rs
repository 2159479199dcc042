//! Peeksort (Munro and Wild, "Nearly-Optimal Mergesorts", 2018): a stable merge sort that looks for
//! runs around the middle of what is to be sorted; 16 elements and fewer are sorted by insertion.
//!
//! Which elements are compared, and in which order, can be seen by programs: the comparator may
//! print, fail, or be no order at all. C++ Nix sorts in this way since 2.30, so all of that agrees.
//! The sort asks for one comparison after the other; who answers them is not its concern.

/// Up to this length, elements are inserted one after the other.
const INSERTION_LIMIT: usize = 16;

/// A range that is to be sorted, with the runs known at its ends: `begin..left` and `right..end`.
#[derive(Clone, Copy)]
struct Range {
    begin: usize,
    end: usize,
    left: usize,
    right: usize,
}

impl Range {
    fn middle(self) -> usize {
        self.begin + (self.end - self.begin) / 2
    }
}

/// What is still to be done, the last first.
#[derive(Clone, Copy)]
enum Job {
    Sort(Range),
    /// Merges the sorted `begin..middle` and `middle..end`.
    Merge {
        begin: usize,
        middle: usize,
        end: usize,
    },
}

/// What the next comparison is for. It always asks whether the later element comes before the other.
#[derive(Clone, Copy)]
enum Active {
    Nothing,
    /// `begin..current` is sorted; the element that came from `current` has sunk to `at`.
    Insert {
        begin: usize,
        end: usize,
        current: usize,
        at: usize,
    },
    /// Whether the run around the middle goes up or down.
    Direction(Range),
    /// The run around the middle is known to begin at `from` or before.
    Backward {
        range: Range,
        falls: bool,
        from: usize,
    },
    /// The run around the middle, from `from` on, is known to reach `last` or beyond.
    Forward {
        range: Range,
        falls: bool,
        from: usize,
        last: usize,
    },
    /// The buffer holds both runs; `out` is where the next element goes.
    Merge {
        left: usize,
        middle: usize,
        right: usize,
        out: usize,
    },
}

/// A sort that is under way.
pub(crate) struct PeekSort {
    order: Vec<u32>,
    buffer: Vec<u32>,
    jobs: Vec<Job>,
    active: Active,
}

impl PeekSort {
    /// Begins to sort these numbers of elements.
    pub(crate) fn new(order: Vec<u32>) -> Self {
        let end = order.len();
        let jobs = vec![Job::Sort(Range { begin: 0, end, left: 0, right: end })];
        PeekSort { order, buffer: Vec::new(), jobs, active: Active::Nothing }
    }

    /// The numbers, sorted if no comparison is left.
    pub(crate) fn order(&self) -> &[u32] {
        &self.order
    }

    /// The two elements to be compared next: whether the first comes before the second. None if all
    /// are sorted.
    pub(crate) fn next_pair(&mut self) -> Option<(u32, u32)> {
        loop {
            if let Some(pair) = self.pair() {
                return Some(pair);
            }
            match self.jobs.pop()? {
                Job::Sort(range) => self.begin_sort(range),
                Job::Merge { begin, middle, end } => self.begin_merge(begin, middle, end),
            }
        }
    }

    /// The pair that the activity asks for; None if it is at its end.
    fn pair(&mut self) -> Option<(u32, u32)> {
        loop {
            match self.active {
                Active::Nothing => return None,
                Active::Insert { begin, end, current, .. } if current >= end || begin >= end => {}
                Active::Insert { begin, end, current, at } if at == begin => {
                    self.active = Active::Insert { begin, end, current: current + 1, at: current + 1 };
                    continue;
                }
                Active::Insert { at, .. } => return self.neighbours(at),
                Active::Direction(range) => return self.neighbours(range.middle()),
                Active::Backward { range, falls, from } if from == range.left => {
                    self.active = Active::Forward { range, falls, from, last: range.middle() - 1 };
                    continue;
                }
                Active::Backward { from, .. } => return self.neighbours(from),
                Active::Forward { range, falls, from, last } if last + 1 == range.right => {
                    self.divide(range, falls, from, last + 1);
                }
                Active::Forward { last, .. } => return self.neighbours(last + 1),
                Active::Merge { left, middle, right, .. } if left < middle && right < self.buffer.len() => {
                    return Some((self.buffer[right], self.buffer[left]));
                }
                Active::Merge { left, middle, right, out } => self.end_merge(left, middle, right, out),
            }
            self.active = Active::Nothing;
        }
    }

    /// The element at a place, and the one before it.
    fn neighbours(&self, at: usize) -> Option<(u32, u32)> {
        Some((*self.order.get(at)?, *self.order.get(at.checked_sub(1)?)?))
    }

    fn begin_sort(&mut self, range: Range) {
        let Range { begin, end, left, right } = range;
        if left == end || right == begin {
            return;
        }
        if end - begin <= INSERTION_LIMIT {
            self.active = Active::Insert { begin, end, current: begin, at: begin };
            return;
        }
        let middle = range.middle();
        if middle <= left {
            self.split(left, range, None, Some(Range { begin: left, end, left: left + 1, right }));
        } else if middle >= right {
            self.split(right, range, Some(Range { begin, end: right, left, right: right - 1 }), None);
        } else {
            self.active = Active::Direction(range);
        }
    }

    /// Sorts the parts left and right of `at` that are not sorted, then merges them.
    fn split(&mut self, at: usize, range: Range, left: Option<Range>, right: Option<Range>) {
        self.jobs.push(Job::Merge { begin: range.begin, middle: at, end: range.end });
        self.jobs.extend(right.map(Job::Sort));
        self.jobs.extend(left.map(Job::Sort));
    }

    /// The run around the middle is `from..to`: divides the range at the end of it that is nearer to the middle.
    fn divide(&mut self, range: Range, falls: bool, from: usize, to: usize) {
        let Range { begin, end, left, right } = range;
        if falls {
            self.order[from..to].reverse();
        }
        if from == begin && to == end {
            return;
        }
        let middle = range.middle();
        if middle - from < to - middle {
            let before = Range { begin, end: from, left, right: from.saturating_sub(1) };
            self.split(from, range, Some(before), Some(Range { begin: from, end, left: to, right }));
        } else {
            let before = Range { begin, end: to, left, right: from };
            self.split(to, range, Some(before), Some(Range { begin: to, end, left: to + 1, right }));
        }
    }

    fn begin_merge(&mut self, begin: usize, middle: usize, end: usize) {
        self.buffer.clear();
        self.buffer.extend_from_slice(&self.order[begin..end]);
        let length = middle - begin;
        self.active = Active::Merge { left: 0, middle: length, right: length, out: begin };
    }

    fn end_merge(&mut self, left: usize, middle: usize, right: usize, out: usize) {
        let rest = self.buffer[left..middle].iter().chain(&self.buffer[right..]);
        self.order[out..].iter_mut().zip(rest).for_each(|(place, &index)| *place = index);
    }

    /// Takes the answer for the pair.
    pub(crate) fn decide(&mut self, before: bool) {
        match self.active {
            Active::Nothing => {}
            Active::Insert { begin, end, current, at } => {
                let at = if before { at - 1 } else { begin };
                if before {
                    self.order.swap(at, at + 1);
                }
                self.active = Active::Insert { begin, end, current, at };
            }
            Active::Direction(range) => {
                self.active = Active::Backward { range, falls: before, from: range.middle() - 1 };
            }
            Active::Backward { range, falls, from } if before == falls => {
                self.active = Active::Backward { range, falls, from: from - 1 };
            }
            Active::Backward { range, falls, from } => {
                self.active = Active::Forward { range, falls, from, last: range.middle() - 1 };
            }
            Active::Forward { range, falls, from, last } if before == falls => {
                self.active = Active::Forward { range, falls, from, last: last + 1 };
            }
            Active::Forward { range, falls, from, last } => {
                self.active = Active::Nothing;
                self.divide(range, falls, from, last + 1);
            }
            Active::Merge { left, middle, right, out } => self.take(left, middle, right, out, before),
        }
    }

    /// Writes the first element of one of the runs that are being merged.
    fn take(&mut self, left: usize, middle: usize, right: usize, out: usize, from_right: bool) {
        let (from, left, right) = if from_right { (right, left, right + 1) } else { (left, left + 1, right) };
        self.order[out] = self.buffer[from];
        self.active = Active::Merge { left, middle, right, out: out + 1 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sorts by a comparator and tells the pairs that were compared.
    fn run(values: &[u32], before: impl Fn(u32, u32) -> bool) -> (Vec<u32>, Vec<(u32, u32)>) {
        let mut sort = PeekSort::new((0..values.len() as u32).collect());
        let mut pairs = Vec::new();
        while let Some((a, b)) = sort.next_pair() {
            let (a, b) = (values[a as usize], values[b as usize]);
            pairs.push((a, b));
            sort.decide(before(a, b));
        }
        (sort.order().iter().map(|&index| values[index as usize]).collect(), pairs)
    }

    fn scattered(len: u32) -> Vec<u32> {
        (0..len).map(|i| i.wrapping_mul(2_654_435_761) % 1000).collect()
    }

    #[test]
    fn equal_elements_keep_their_order() {
        for len in [0, 1, 2, 3, 15, 16, 17, 18, 33, 100, 1000, 1023] {
            let values = scattered(len);
            let mut expected = values.clone();
            expected.sort_by_key(|value| value / 10);
            assert_eq!(run(&values, |a, b| a / 10 < b / 10).0, expected);
        }
    }

    #[test]
    fn runs_are_found() {
        for step in [1, 3, 7] {
            let parts: Vec<u32> = (0..300).map(|i| (i * step) % 97).collect();
            let falling: Vec<u32> = parts.iter().rev().copied().collect();
            for values in [parts, falling] {
                let mut expected = values.clone();
                expected.sort();
                assert_eq!(run(&values, |a, b| a < b).0, expected);
            }
        }
    }

    #[test]
    fn few_elements_are_inserted() {
        let pairs = run(&[3, 1, 2], |a, b| a < b).1;
        assert_eq!(pairs, [(1, 3), (2, 3), (2, 1)]);
        assert_eq!(run(&[1, 2, 3], |_, _| true).0, [3, 2, 1]);
    }

    #[test]
    fn sorted_input_needs_few_comparisons() {
        let rising: Vec<u32> = (0..4096).collect();
        assert!(run(&rising, |a, b| a < b).1.len() <= 2 * rising.len());
        let falling: Vec<u32> = (0..4096).rev().collect();
        assert!(run(&falling, |a, b| a < b).1.len() <= 2 * falling.len());
        let shuffled: Vec<u32> = (0..4096u32).map(|i| i.wrapping_mul(2_654_435_761)).collect();
        assert!(run(&shuffled, |a, b| a < b).1.len() < 15 * shuffled.len());
    }

    #[test]
    fn comparators_that_are_no_order_come_to_an_end() {
        for len in [2, 16, 17, 40, 333] {
            let values = scattered(len);
            for answer in [|_, _| true, |_, _| false, |a: u32, b: u32| a.wrapping_mul(b) % 3 == 1] {
                let mut sorted = run(&values, answer).0;
                let mut expected = values.clone();
                sorted.sort();
                expected.sort();
                assert_eq!(sorted, expected);
            }
        }
    }
}
