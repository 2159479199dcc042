//! `genericClosure`: everything that can be reached, each once by its key.

use nivose_base::{Result, Set, Symbol};
use nivose_heap::{Value, View};
use nivose_machine::ordering::less_step;
use nivose_machine::{BuiltinSpec, Cx, Step, Task};

use crate::checks;
use crate::ordered_keys::{OrderedKeys, Place, Question, Search};

/// Elements looked at in one step.
const BUDGET: usize = 10_000;

/// A gap between results and queue is closed when it is larger than this and than the queue.
const GAP: usize = 1024;

/// Bytes that a small allocation takes beside its content.
const ALLOCATION: usize = 16;

/// The keys met so far.
enum Keys {
    Empty,
    /// Only integers.
    Ints(Set<i64>),
    /// Only strings.
    Strings {
        keys: Set<Box<[u8]>>,
        /// Bytes of their texts.
        text: usize,
    },
    /// Any.
    Other,
}

impl Keys {
    /// About how many bytes they take.
    fn memory(&self) -> usize {
        match self {
            Keys::Empty | Keys::Other => 0,
            Keys::Ints(keys) => keys.capacity() * 2 * size_of::<i64>(),
            Keys::Strings { keys, text } => keys.capacity() * 2 * size_of::<Box<[u8]>>() + text,
        }
    }
}

/// What the task waits for.
enum Stage {
    /// The list to start with.
    StartSet,
    /// The operator.
    Operator,
    /// The next element of the queue, or its key.
    Element,
    /// Whether one key is less than another.
    Comparison(Search),
    /// The list that the operator made of the last result.
    Successors,
}

/// Slots: the operator (at first the argument), the results, a gap, the queue.
struct GenericClosure {
    stage: Stage,
    keys: Keys,
    /// The numbers of the results in the order of their keys, once those must be compared.
    ordered: Option<OrderedKeys>,
    /// Number of results.
    done: usize,
    /// Number of results and length of the gap.
    next: usize,
}

fn generic_closure<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    checks::attrs(cx.shared(), arguments[0])?;
    let task = GenericClosure { stage: Stage::StartSet, keys: Keys::Empty, ordered: None, done: 0, next: 0 };
    Ok(cx.start(task, &[arguments[0]]))
}

/// An attribute of a set.
fn required<'h>(cx: &mut Cx<'_, 'h>, set: Value<'h>, name: Symbol) -> Result<Value<'h>> {
    let set = checks::attrs(cx.shared(), set)?;
    set.get(name).map(Value::resolved).ok_or_else(|| cx.shared().missing_attribute(set, name))
}

/// The key of a result.
fn key_of<'h>(cx: &Cx<'_, 'h>, number: u32) -> Value<'h> {
    let element = cx.slot(1 + number as usize).resolved().as_attrs();
    element.and_then(|set| set.get(Symbol::KEY)).unwrap_or(Value::NULL).resolved()
}

impl GenericClosure {
    /// Puts the elements of a list into the queue.
    fn enqueue<'h>(&mut self, cx: &mut Cx<'_, 'h>, list: Value<'h>) -> Result<()> {
        let elements = checks::list(cx.shared(), list)?;
        cx.reserve(elements.len().saturating_mul(8))?;
        elements.iter().for_each(|&element| cx.push(element));
        Ok(())
    }

    /// Begins with the argument: the list to start with, then the operator, which an empty list needs not.
    fn begin<'h>(&mut self, cx: &mut Cx<'_, 'h>) -> Result<Option<Step<'h>>> {
        let argument = cx.slot(0);
        let start = required(cx, argument, Symbol::START_SET)?;
        if start.is_thunk() {
            return Ok(Some(cx.force(start)));
        }
        if checks::list(cx.shared(), start)?.is_empty() {
            return Ok(Some(Step::done(start)));
        }
        self.stage = Stage::Operator;
        let operator = required(cx, argument, Symbol::OPERATOR)?;
        Ok(operator.is_thunk().then(|| cx.force(operator)))
    }

    /// The operator is forced.
    fn fill<'h>(&mut self, cx: &mut Cx<'_, 'h>) -> Result<()> {
        let argument = cx.slot(0);
        let operator = required(cx, argument, Symbol::OPERATOR)?;
        checks::function(cx.shared(), operator)?;
        cx.set_slot(0, operator);
        let start = required(cx, argument, Symbol::START_SET)?;
        self.stage = Stage::Element;
        self.enqueue(cx, start)
    }

    /// Looks at the next element of the queue.
    fn element<'h>(&mut self, cx: &mut Cx<'_, 'h>) -> Result<Option<Step<'h>>> {
        if 1 + self.next >= cx.slot_count() {
            let results = cx.slots().get(1..=self.done).unwrap_or_default().to_vec();
            return cx.list(&results).map(|list| Some(Step::done(list)));
        }
        let element = cx.slot(1 + self.next).resolved();
        if element.is_thunk() {
            return Ok(Some(cx.force(element)));
        }
        let key = required(cx, element, Symbol::KEY)?;
        if key.is_thunk() {
            return Ok(Some(cx.force(key)));
        }
        match self.add_plain(key) {
            Some(true) => Ok(Some(self.accept(cx))),
            Some(false) => {
                self.next += 1;
                Ok(None)
            }
            None => {
                let search = self.ordered(cx).search();
                self.compare(cx, search)
            }
        }
    }

    /// Adds a key of the same plain type as those before; whether it is new. None if it must be compared.
    fn add_plain(&mut self, key: Value<'_>) -> Option<bool> {
        if let Keys::Empty = self.keys {
            self.keys = match key.view() {
                View::Int(_) => Keys::Ints(Set::default()),
                View::String(_) => Keys::Strings { keys: Set::default(), text: 0 },
                _ => Keys::Other,
            };
        }
        match (&mut self.keys, key.view()) {
            (Keys::Ints(keys), View::Int(i)) => Some(keys.insert(i)),
            (Keys::Strings { keys, text }, View::String(s)) => {
                let is_new = !keys.contains(s.bytes()) && keys.insert(s.bytes().into());
                *text += if is_new { s.bytes().len() + ALLOCATION } else { 0 };
                Some(is_new)
            }
            _ => None,
        }
    }

    /// The keys in order; those of one plain type are sorted first.
    fn ordered(&mut self, cx: &Cx<'_, '_>) -> &mut OrderedKeys {
        let done = self.done as u32;
        let keys = std::mem::replace(&mut self.keys, Keys::Other);
        self.ordered.get_or_insert_with(|| {
            let mut numbers: Vec<u32> = (0..done).collect();
            match keys {
                Keys::Ints(_) => numbers.sort_by_key(|&number| key_of(cx, number).as_int()),
                _ => numbers.sort_by_key(|&number| key_of(cx, number).as_string().map(|key| key.bytes())),
            }
            OrderedKeys::from_sorted(&numbers)
        })
    }

    /// Goes on with the search for the place of the next element's key.
    fn compare<'h>(&mut self, cx: &mut Cx<'_, 'h>, mut search: Search) -> Result<Option<Step<'h>>> {
        let element = cx.slot(1 + self.next).resolved();
        let new = required(cx, element, Symbol::KEY)?;
        loop {
            let step = match self.ordered(cx).question(&mut search) {
                Question::NewLess(number) => {
                    let key = key_of(cx, number);
                    less_step(cx.shared(), new, key, false)?
                }
                Question::LessThanNew(number) => {
                    let key = key_of(cx, number);
                    less_step(cx.shared(), key, new, false)?
                }
                Question::Known(Place::Present) => {
                    self.next += 1;
                    return Ok(None);
                }
                Question::Known(Place::At(block, place)) => {
                    let number = self.done as u32;
                    self.ordered(cx).insert(block, place, number);
                    return Ok(Some(self.accept(cx)));
                }
            };
            match step.at_once() {
                Ok(less) => search.answer(less.as_bool() == Some(true)),
                Err(step) => {
                    self.stage = Stage::Comparison(search);
                    return Ok(Some(step));
                }
            }
        }
    }

    /// Makes the next element a result, and asks the operator what follows.
    fn accept<'h>(&mut self, cx: &mut Cx<'_, 'h>) -> Step<'h> {
        let element = cx.slot(1 + self.next).resolved();
        cx.set_slot(1 + self.done, element);
        self.done += 1;
        self.next += 1;
        self.close_gap(cx);
        self.stage = Stage::Successors;
        cx.call(cx.slot(0), [element])
    }

    /// Moves the queue down behind the results, now and then, so that elements that were met before are let go.
    fn close_gap(&mut self, cx: &mut Cx<'_, '_>) {
        let gap = self.next - self.done;
        let waiting = cx.slot_count() - 1 - self.next;
        if gap < GAP || gap < waiting {
            return;
        }
        for index in 0..waiting {
            let element = cx.slot(1 + self.next + index);
            cx.set_slot(1 + self.done + index, element);
        }
        cx.truncate(1 + self.done + waiting);
        self.next = self.done;
    }

    /// One piece of the work.
    fn advance<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Option<Step<'h>>> {
        match std::mem::replace(&mut self.stage, Stage::Element) {
            Stage::StartSet => {
                self.stage = Stage::StartSet;
                self.begin(cx)
            }
            Stage::Operator => self.fill(cx).map(|()| None),
            Stage::Element => self.element(cx),
            Stage::Successors => self.enqueue(cx, input).map(|()| None),
            Stage::Comparison(mut search) => {
                search.answer(input.as_bool() == Some(true));
                self.compare(cx, search)
            }
        }
    }
}

impl Task for GenericClosure {
    fn memory(&self) -> usize {
        self.keys.memory()
    }

    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
        for _ in 0..BUDGET {
            if let Some(step) = self.advance(cx, input)? {
                return Ok(step);
            }
        }
        Ok(Step::YIELD)
    }
}

/// The builtins of this file.
pub const BUILTINS: &[BuiltinSpec] = &[BuiltinSpec {
    name: "genericClosure",
    arguments: &["attrset"],
    strict: &[0],
    doc: "Starts with the sets in `startSet`, applies `operator` to each, goes on with the sets in the lists that it \
          returns, and so on. The result are all sets that were met, in order; of those with equal `key` only the first.",
    run: generic_closure,
}];
