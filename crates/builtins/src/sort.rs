//! `sort`: a stable merge sort whose comparisons may be calls.
//!
//! The elements stay in their list; numbers of elements are sorted. With `lessThan` as comparator
//! nothing is called, and lists of one plain type are sorted at once. So they are if the comparator is a function that
//! does nothing but `<` or `>`, as it is written most often.

use std::cmp::Ordering;

use nivose_base::Result;
use nivose_heap::{Value, View};
use nivose_machine::ordering::less_step;
use nivose_machine::{BuiltinSpec, Cx, Must, Shared, Step, Task};

use crate::arguments::force_and_run;
use crate::checks;
use crate::each::{elements_of, select};
use crate::scan::force_elements_and_run;

/// Comparisons made in one step.
const BUDGET: usize = 10_000;

/// From this length on, two runs are looked at for being in order already before they are merged.
const PROBE: usize = 8;

fn sort<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    if checks::list(cx.shared(), arguments[1])?.is_empty() {
        return Ok(Step::done(arguments[1]));
    }
    if arguments[0].resolved().is_thunk() {
        return Ok(force_and_run(cx, sort, arguments, 0));
    }
    checks::function(cx.shared(), arguments[0])?;
    force_elements_and_run(cx, arguments, 1, Must::Any, sort_forced)
}

/// Sorts elements that are forced.
fn sort_forced<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let (comparator, list) = (arguments[0].resolved(), arguments[1].resolved());
    let elements = elements_of(list);
    cx.reserve(elements.len().saturating_mul(16))?;
    let mut order: Vec<u32> = (0..elements.len() as u32).collect();
    let native = is_less_than(cx.shared(), comparator);
    let known = if native { Some(Ordering::Less) } else { cx.comparator_direction(comparator)? };
    if known.is_some_and(|first| sort_plain(elements, &mut order, first)) {
        return rearranged(cx, list, &order).map(Step::done);
    }
    // Comparisons look at the elements often, and so not through evaluated thunks.
    let forced = cx.list(&elements.iter().map(|element| element.resolved()).collect::<Vec<_>>())?;
    Ok(cx.start(SortTask::new(order, native), &[comparator, list, forced]))
}

fn is_less_than(shared: &Shared, function: Value<'_>) -> bool {
    let spec = function.as_builtin().and_then(|builtin| shared.builtins.get(builtin.0));
    spec.is_some_and(|spec| spec.name == "lessThan")
}

/// The elements in a new order; the list itself if that is the old one.
fn rearranged<'h>(cx: &mut Cx<'_, 'h>, list: Value<'h>, order: &[u32]) -> Result<Value<'h>> {
    if order.is_sorted() {
        return select(cx, list, order);
    }
    let elements = elements_of(list);
    let sorted: Vec<Value<'h>> =
        order.iter().filter_map(|&index| elements.get(index as usize)).copied().collect();
    cx.list(&sorted)
}

/// Sorts if the elements are all integers, all floats (no NaN), all strings or all paths: the least one first if `first` is
/// `Less`, otherwise the greatest.
fn sort_plain(elements: &[Value<'_>], order: &mut [u32], first: Ordering) -> bool {
    let Some(element) = elements.first() else { return true };
    match element.resolved().view() {
        View::Int(_) => sort_by(elements, order, first, |value| value.as_int()),
        View::Float(_) => sort_by(elements, order, first, |value| value.as_float().filter(|f| !f.is_nan())),
        View::String(_) => sort_by(elements, order, first, |value| value.as_string().map(|s| s.bytes())),
        View::Path(_) => sort_by(elements, order, first, |value| value.as_path()),
        _ => false,
    }
}

/// Sorts by keys, if every element has one.
fn sort_by<'h, K: PartialOrd>(
    elements: &[Value<'h>],
    order: &mut [u32],
    first: Ordering,
    key: impl Fn(Value<'h>) -> Option<K>,
) -> bool {
    let keys: Vec<K> = elements.iter().map_while(|element| key(element.resolved())).collect();
    if keys.len() < elements.len() {
        return false;
    }
    let compare = |a: u32, b: u32| keys[a as usize].partial_cmp(&keys[b as usize]).unwrap_or(Ordering::Equal);
    match first {
        Ordering::Less => order.sort_by(|&a, &b| compare(a, b)),
        _ => order.sort_by(|&a, &b| compare(b, a)),
    }
    true
}

/// Two neighbouring runs that are being merged: `left..middle` and `right..end` are still to come.
#[derive(Default)]
struct Merge {
    left: usize,
    middle: usize,
    right: usize,
    end: usize,
    /// Whether it is still to be seen if the runs are in order as they are.
    probe: bool,
}

/// Merges runs of doubling length. Slots: the comparator, the list, its elements without thunks.
struct SortTask {
    order: Vec<u32>,
    /// What the runs of this length are merged into.
    merged: Vec<u32>,
    width: usize,
    merge: Merge,
    /// Whether the order is `<`.
    native: bool,
    /// Whether the answer to a comparison is awaited.
    comparing: bool,
}

impl SortTask {
    fn new(order: Vec<u32>, native: bool) -> Self {
        let merged = Vec::with_capacity(order.len());
        let mut task =
            SortTask { order, merged, width: 1, merge: Merge::default(), native, comparing: false };
        task.open(0);
        task
    }

    /// Begins with the runs at `start`.
    fn open(&mut self, start: usize) {
        let len = self.order.len();
        let middle = len.min(start + self.width);
        let end = len.min(middle + self.width);
        self.merge = Merge { left: start, middle, right: middle, end, probe: self.width >= PROBE };
    }

    /// The two elements to be compared next: whether the first comes before the second. None if all are sorted.
    fn next_pair(&mut self) -> Option<(u32, u32)> {
        loop {
            let Merge { left, middle, right, end, probe } = self.merge;
            if left < middle && right < end {
                return Some(if probe {
                    (self.order[right], self.order[middle - 1])
                } else {
                    (self.order[right], self.order[left])
                });
            }
            self.merged.extend_from_slice(&self.order[left..middle]);
            self.merged.extend_from_slice(&self.order[right..end]);
            if end < self.order.len() {
                self.open(end);
                continue;
            }
            std::mem::swap(&mut self.order, &mut self.merged);
            self.merged.clear();
            self.width = self.width.saturating_mul(2);
            if self.width >= self.order.len() {
                return None;
            }
            self.open(0);
        }
    }

    /// Takes the answer for the pair.
    fn decide(&mut self, right_first: bool) {
        let merge = &mut self.merge;
        if std::mem::take(&mut merge.probe) {
            if !right_first {
                self.merged.extend_from_slice(&self.order[merge.left..merge.end]);
                (merge.left, merge.right) = (merge.middle, merge.end);
            }
            return;
        }
        let from = if right_first { &mut merge.right } else { &mut merge.left };
        self.merged.push(self.order[*from]);
        *from += 1;
    }
}

impl Task for SortTask {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
        if std::mem::take(&mut self.comparing) {
            let right_first = checks::boolean(cx.shared(), input)?;
            self.decide(right_first);
        }
        let (comparator, list) = (cx.slot(0), cx.slot(1));
        let elements = elements_of(cx.slot(2));
        for _ in 0..BUDGET {
            let Some((a, b)) = self.next_pair() else {
                return rearranged(cx, list, &self.order).map(Step::done);
            };
            let (a, b) = (elements[a as usize], elements[b as usize]);
            let step = match self.native {
                true => less_step(cx.shared(), a, b, false)?,
                false => cx.call(comparator, [a, b]),
            };
            match step.at_once() {
                Ok(less) => self.decide(less.as_bool() == Some(true)),
                Err(step) => {
                    self.comparing = true;
                    return Ok(step);
                }
            }
        }
        Ok(Step::YIELD)
    }
}

/// The builtins of this file.
pub const BUILTINS: &[BuiltinSpec] = &[BuiltinSpec {
    name: "sort",
    arguments: &["comparator", "list"],
    strict: &[1],
    doc: "*list* sorted by *comparator*, which says of two elements whether the first comes before the second. Elements \
          of which neither comes before the other keep their order.",
    run: sort,
}];

#[cfg(test)]
mod tests {
    use super::*;

    /// Sorts numbers by their tens and counts the comparisons.
    fn sorted(values: &[u32]) -> (Vec<u32>, usize) {
        let mut task = SortTask::new((0..values.len() as u32).collect(), false);
        let mut comparisons = 0;
        while let Some((a, b)) = task.next_pair() {
            comparisons += 1;
            task.decide(values[a as usize] / 10 < values[b as usize] / 10);
        }
        (task.order.iter().map(|&index| values[index as usize]).collect(), comparisons)
    }

    #[test]
    fn merging_is_stable() {
        for len in [0, 1, 2, 3, 7, 8, 9, 100, 1000, 1023] {
            let values: Vec<u32> = (0..len).map(|i: u32| i.wrapping_mul(2_654_435_761) % 1000).collect();
            let mut expected = values.clone();
            expected.sort_by_key(|value| value / 10);
            assert_eq!(sorted(&values).0, expected);
        }
    }

    #[test]
    fn sorted_input_needs_few_comparisons() {
        let values: Vec<u32> = (0..4096).map(|i| i * 10).collect();
        assert!(sorted(&values).1 < 3 * values.len());
        let shuffled: Vec<u32> = (0..4096u32).map(|i| i.wrapping_mul(2_654_435_761)).collect();
        assert!(sorted(&shuffled).1 < 13 * shuffled.len());
    }
}
