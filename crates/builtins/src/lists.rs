//! Lists: access, `map`, `filter`, `elem`, `concatLists`, `foldl'`, `any`, `partition` and the like.
//! `sort` has a file of its own.

use std::ops::Range;

use nivose_base::{DiagnosticId, Error, Map, Pos, Result, Symbol};
use nivose_heap::{Heap, Value};
use nivose_machine::equality::{equal_step, identical};
use nivose_machine::{BuiltinSpec, Cx, MOST_RESULTS, Must, Shared, Step, Task, sort_attributes};

use crate::arguments::force_and_run;
use crate::build::{Parts, build};
use crate::checks;
use crate::each::{Each, PerElement, elements_of, next_place, select};
use crate::scan::force_elements_and_run;

/// Bytes of a lazy application of a function to one argument.
const APPLICATION: usize = 24;

fn length<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let len = checks::list(cx.shared(), arguments[0])?.len();
    Ok(Step::done(cx.int(len as i64)))
}

#[cold]
fn empty_list(name: &str) -> Error {
    Error::new(DiagnosticId::EmptyList, &[&name])
}

fn head<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let elements = checks::list(cx.shared(), arguments[0])?;
    elements.first().map(|&first| Step::done(first)).ok_or_else(|| empty_list("head"))
}

fn tail<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let elements = checks::list(cx.shared(), arguments[0])?;
    let (_, rest) = elements.split_first().ok_or_else(|| empty_list("tail"))?;
    match cx.heap().list_tail(arguments[0]) {
        Some(view) => Ok(Step::done(view)),
        None => cx.list(rest).map(Step::done),
    }
}

fn elem_at<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let index = checks::int(cx.shared(), arguments[1])?;
    let elements = checks::list(cx.shared(), arguments[0])?;
    let element = usize::try_from(index).ok().and_then(|index| elements.get(index));
    element.map(|&element| Step::done(element)).ok_or_else(|| {
        let (index, len) = (index.to_string(), elements.len().to_string());
        Error::new(DiagnosticId::IndexOutOfBounds, &[&index, &len])
    })
}

/// `f x` for each `x`.
struct Mapped;

impl Parts for Mapped {
    fn whole<'h>(shared: &mut Shared, _: &[Value<'h>], len: usize) -> Value<'h> {
        shared.heap.list_to_fill(len)
    }

    fn fill<'h>(shared: &mut Shared, arguments: &[Value<'h>], whole: Value<'h>, parts: Range<usize>) {
        let (function, elements) = (arguments[0], elements_of(arguments[1]));
        shared.heap.fill(whole, parts, |heap, index| heap.application(function, &[elements[index]]));
    }
}

fn map<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let elements = checks::list(cx.shared(), arguments[1])?;
    if elements.is_empty() {
        return Ok(Step::done(arguments[1]));
    }
    let function = arguments[0].resolved();
    if function.is_thunk() {
        return Ok(force_and_run(cx, map, arguments, 0));
    }
    checks::function(cx.shared(), function)?;
    build::<Mapped>(cx, &[function, arguments[1]], elements.len(), APPLICATION)
}

/// `map` within `concatLists`: what it would be given, checked.
fn arguments_of_map<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let is_empty = checks::list(cx.shared(), arguments[1])?.is_empty();
    let function = arguments[0].resolved();
    if !is_empty {
        if function.is_thunk() {
            return Ok(force_and_run(cx, arguments_of_map, arguments, 0));
        }
        checks::function(cx.shared(), function)?;
    }
    cx.list(&[function, arguments[1]]).map(Step::done)
}

/// `f i` for each index `i`.
struct Generated;

impl Parts for Generated {
    fn whole<'h>(shared: &mut Shared, _: &[Value<'h>], len: usize) -> Value<'h> {
        shared.heap.list_to_fill(len)
    }

    fn fill<'h>(shared: &mut Shared, arguments: &[Value<'h>], whole: Value<'h>, parts: Range<usize>) {
        let function = arguments[0];
        shared.heap.fill(whole, parts, |heap, index| {
            let index = heap.int(index as i64);
            heap.application(function, &[index])
        });
    }
}

fn gen_list<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let len = checks::int(cx.shared(), arguments[1])?;
    let possible = usize::try_from(len).ok().filter(|&len| len <= Heap::MAX_LEN / 8);
    let Some(count) = possible else {
        return Err(Error::new(DiagnosticId::NegativeListSize, &[&len.to_string()]));
    };
    let function = arguments[0].resolved();
    if function.is_thunk() {
        return Ok(force_and_run(cx, gen_list, arguments, 0));
    }
    checks::function(cx.shared(), function)?;
    build::<Generated>(cx, &[function], count, APPLICATION)
}

/// `filter`: the numbers of the elements that stay.
#[derive(Default)]
struct Filter {
    kept: Vec<u32>,
}

impl PerElement for Filter {
    const MUST: Must = Must::Bool;

    fn take<'h>(&mut self, cx: &mut Cx<'_, 'h>, index: usize, keep: Value<'h>) -> Result<Option<Value<'h>>> {
        if checks::boolean(cx.shared(), keep)? {
            self.kept.push(index as u32);
        }
        Ok(None)
    }

    fn finish<'h>(&mut self, cx: &mut Cx<'_, 'h>) -> Result<Value<'h>> {
        let list = cx.slot(2);
        select(cx, list, &self.kept)
    }
}

fn filter<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    if checks::list(cx.shared(), arguments[1])?.is_empty() {
        return Ok(Step::done(arguments[1]));
    }
    if arguments[0].resolved().is_thunk() {
        return Ok(force_and_run(cx, filter, arguments, 0));
    }
    checks::function(cx.shared(), arguments[0])?;
    Ok(Each::start(cx, Filter::default(), arguments[0].resolved(), arguments[1]))
}

/// `any` and `all`: the answer that ends the search.
struct Search<const WANTED: bool>;

impl<const WANTED: bool> PerElement for Search<WANTED> {
    const MUST: Must = if WANTED { Must::False } else { Must::True };

    fn take<'h>(&mut self, cx: &mut Cx<'_, 'h>, _: usize, answer: Value<'h>) -> Result<Option<Value<'h>>> {
        let found = checks::boolean(cx.shared(), answer)? == WANTED;
        Ok(found.then_some(Value::bool(WANTED)))
    }

    fn finish<'h>(&mut self, _: &mut Cx<'_, 'h>) -> Result<Value<'h>> {
        Ok(Value::bool(!WANTED))
    }
}

fn search<'h, const WANTED: bool>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    checks::function(cx.shared(), arguments[0])?;
    if checks::list(cx.shared(), arguments[1])?.is_empty() {
        return Ok(Step::done(Value::bool(!WANTED)));
    }
    Ok(Each::start(cx, Search::<WANTED>, arguments[0], arguments[1]))
}

/// `partition`: the numbers of the elements on either side.
#[derive(Default)]
struct Partition {
    right: Vec<u32>,
    wrong: Vec<u32>,
}

impl PerElement for Partition {
    const MUST: Must = Must::Bool;
    const FORCES: bool = true;

    fn take<'h>(&mut self, cx: &mut Cx<'_, 'h>, index: usize, right: Value<'h>) -> Result<Option<Value<'h>>> {
        let side = if checks::boolean(cx.shared(), right)? { &mut self.right } else { &mut self.wrong };
        side.push(index as u32);
        Ok(None)
    }

    fn finish<'h>(&mut self, cx: &mut Cx<'_, 'h>) -> Result<Value<'h>> {
        let list = cx.slot(2);
        let [right, wrong] = [select(cx, list, &self.right)?, select(cx, list, &self.wrong)?];
        let [right, wrong] = [right, wrong].map(|side| cx.heap().place_list(side));
        let mut sides = vec![(Symbol::RIGHT, Pos::NONE, right), (Symbol::WRONG, Pos::NONE, wrong)];
        sort_attributes(&mut sides);
        Ok(cx.heap().attrs_from(&sides))
    }
}

fn partition<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    checks::function(cx.shared(), arguments[0])?;
    checks::list(cx.shared(), arguments[1])?;
    Ok(Each::start(cx, Partition::default(), arguments[0], arguments[1]))
}

/// `groupBy`: the groups in the order in which their names were met.
#[derive(Default)]
struct GroupBy {
    numbers: Map<Symbol, u32>,
    groups: Vec<(Symbol, Vec<u32>)>,
}

impl PerElement for GroupBy {
    const MUST: Must = Must::Name;

    fn take<'h>(&mut self, cx: &mut Cx<'_, 'h>, index: usize, name: Value<'h>) -> Result<Option<Value<'h>>> {
        let name = checks::symbol(cx.shared(), name)?;
        let next = self.groups.len() as u32;
        let number = *self.numbers.entry(name).or_insert(next);
        if number == next {
            self.groups.push((name, Vec::new()));
        }
        if let Some((_, group)) = self.groups.get_mut(number as usize) {
            group.push(index as u32);
        }
        Ok(None)
    }

    fn finish<'h>(&mut self, cx: &mut Cx<'_, 'h>) -> Result<Value<'h>> {
        let list = cx.slot(2);
        cx.reserve(elements_of(list).len().saturating_mul(8) + self.groups.len().saturating_mul(24))?;
        let mut attributes = Vec::with_capacity(self.groups.len());
        for (name, group) in &self.groups {
            let group = select(cx, list, group)?;
            attributes.push((*name, Pos::NONE, cx.heap().place_list(group)));
        }
        sort_attributes(&mut attributes);
        Ok(cx.heap().attrs_from(&attributes))
    }
}

fn group_by<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    checks::function(cx.shared(), arguments[0])?;
    checks::list(cx.shared(), arguments[1])?;
    Ok(Each::start(cx, GroupBy::default(), arguments[0], arguments[1]))
}

/// `concatMap`. Slots: the function, the number of the next element, the list, then lists that were joined of the results
/// before, and results.
struct ConcatMap {
    called: bool,
    joined: usize,
}

impl ConcatMap {
    /// The slots below those of lists.
    const SLOTS: usize = 3;

    /// Starts with the first element, if there is one.
    fn start<'h>(cx: &mut Cx<'_, 'h>, function: Value<'h>, list: Value<'h>) -> Step<'h> {
        if elements_of(list).is_empty() {
            return Step::done(cx.heap().empty_list());
        }
        let slots = [function, Value::number(0), list.resolved()];
        cx.start(ConcatMap { called: false, joined: 0 }, &slots)
    }

    /// Joins the lists in the slots from number `from` on to one, in their place.
    fn join(cx: &mut Cx<'_, '_>, from: usize) -> Result<()> {
        let (len, only) = measure(&cx.slots()[from..]);
        let joined = match only {
            Some(list) => list,
            None => {
                cx.reserve(len.saturating_mul(8))?;
                cx.of_slots(|heap, slots| {
                    heap.concat(slots[from..].iter().map(|&list| elements_of(list)), len)
                })
            }
        };
        cx.truncate(from);
        cx.push(joined);
        Ok(())
    }
}

impl Task for ConcatMap {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
        if std::mem::replace(&mut self.called, true) {
            checks::list(cx.shared(), input)?;
            cx.push(input);
        }
        let (next, list) = (next_place(cx), cx.slot(2));
        if next >= elements_of(list).len() {
            Self::join(cx, Self::SLOTS)?;
            return Ok(Step::done(cx.pop()));
        }
        // So collections look at few slots, and copy few elements that are to be copied again.
        let joined = Self::SLOTS + self.joined;
        if cx.slot_count() - joined >= MOST_RESULTS {
            Self::join(cx, joined)?;
            self.joined += 1;
        }
        Ok(cx.call_each(list, next, Must::List))
    }
}

fn concat_map<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    checks::function(cx.shared(), arguments[0])?;
    checks::list(cx.shared(), arguments[1])?;
    Ok(ConcatMap::start(cx, arguments[0], arguments[1]))
}

/// `concatLists` of what [`arguments_of_map`] gives.
fn concat_mapped<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let &[function, list] = elements_of(arguments[0]) else {
        return Err(Error::new(DiagnosticId::Internal, &[&"no arguments of map"]));
    };
    Ok(ConcatMap::start(cx, function, list))
}

fn concat_lists<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    force_elements_and_run(cx, arguments, 0, Must::List, concat_forced)
}

/// Joins lists that are forced.
fn concat_forced<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let lists = elements_of(arguments[0]);
    let (len, only) = measure(lists);
    if len == 0 {
        return Ok(Step::done(cx.heap().empty_list()));
    }
    if let Some(list) = only {
        return Ok(Step::done(list));
    }
    cx.reserve(len.saturating_mul(8))?;
    Ok(Step::done(cx.heap().concat(lists.iter().map(|&list| elements_of(list)), len)))
}

/// How many elements lists have together. If not more than one of them has any, it is what they make together.
fn measure<'h>(lists: &[Value<'h>]) -> (usize, Option<Value<'h>>) {
    let (mut len, mut filled, mut only) = (0usize, 0, lists.first().copied());
    for &list in lists {
        let count = elements_of(list).len();
        if count > 0 {
            len = len.saturating_add(count);
            filled += 1;
            only = Some(list);
        }
    }
    (len, only.filter(|_| filled < 2))
}

/// `foldl'`. Slots: the function, the number of the next element, the list, and the value at the start.
struct Fold {
    started: bool,
}

impl Task for Fold {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
        // The value at the start is not forced; afterwards each result is.
        let value = if self.started { input } else { cx.pop() };
        self.started = true;
        let (next, list) = (next_place(cx), cx.slot(2));
        match elements_of(list).get(next) {
            None => Ok(Step::done(value)),
            Some(_) => Ok(cx.fold(value, list, next)),
        }
    }
}

fn foldl<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    checks::function(cx.shared(), arguments[0])?;
    let list = arguments[2].resolved();
    if checks::list(cx.shared(), list)?.is_empty() {
        return Ok(Step::done(arguments[1]));
    }
    let slots = [arguments[0], Value::number(0), list, arguments[1]];
    Ok(cx.start(Fold { started: false }, &slots))
}

/// Elements that `elem` compares in one step.
const ELEMENTS_AT_ONCE: usize = 10_000;

/// Comparing so many bytes takes the time of comparing an element.
const BYTES_LIKE_AN_ELEMENT: usize = 256;

/// `elem`. Slots: the value, the list.
struct Elem {
    next: usize,
    comparing: bool,
}

impl Elem {
    /// Compares elements without evaluation, as many as a step may.
    fn advance<'h>(&mut self, shared: &mut Shared, wanted: Value<'h>, list: Value<'h>) -> Step<'h> {
        let elements = elements_of(list);
        let wanted = wanted.resolved();
        let cost = 1 + wanted.as_string().map_or(0, |string| string.bytes().len() / BYTES_LIKE_AN_ELEMENT);
        for _ in 0..(ELEMENTS_AT_ONCE / cost).max(1) {
            let Some(element) = elements.get(self.next) else { return Step::done(Value::FALSE) };
            let element = element.resolved();
            if let Some(value) = [wanted, element].into_iter().find(|value| value.is_thunk()) {
                return shared.force(value);
            }
            if identical(wanted, element) {
                return Step::done(Value::TRUE);
            }
            match equal_step(shared, wanted, element).at_once() {
                Ok(equal) if equal.as_bool() == Some(true) => return Step::done(Value::TRUE),
                Ok(_) => self.next += 1,
                Err(step) => {
                    self.comparing = true;
                    return step;
                }
            }
        }
        Step::YIELD
    }
}

impl Task for Elem {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
        if self.comparing {
            self.comparing = false;
            if input.as_bool() == Some(true) {
                return Ok(Step::done(Value::TRUE));
            }
            self.next += 1;
        }
        let (wanted, list) = (cx.slot(0), cx.slot(1));
        Ok(self.advance(cx.shared(), wanted, list))
    }
}

fn elem<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    checks::list(cx.shared(), arguments[1])?;
    let mut search = Elem { next: 0, comparing: false };
    match search.advance(cx.shared(), arguments[0], arguments[1]).at_once() {
        Ok(found) => Ok(Step::done(found)),
        Err(_) => {
            search.comparing = false;
            Ok(cx.start(search, &[arguments[0], arguments[1]]))
        }
    }
}

/// `concatLists (map f list)`, where the compiler knows both: one call after the other, without applications between.
/// They are called what they stand in for, and are global under names that are no identifiers.
pub const FUSED: [(&str, BuiltinSpec); 2] = [
    (
        "concatLists of map",
        BuiltinSpec {
            name: "concatLists",
            arguments: &["arguments of map"],
            strict: &[0],
            doc: "The lists that the function returns for the elements, joined to one.",
            run: concat_mapped,
        },
    ),
    (
        "map in concatLists",
        BuiltinSpec {
            name: "map",
            arguments: &["f", "list"],
            strict: &[1],
            doc: "Both arguments.",
            run: arguments_of_map,
        },
    ),
];

/// The builtins of this file.
pub const BUILTINS: &[BuiltinSpec] = &[
    BuiltinSpec {
        name: "length",
        arguments: &["list"],
        strict: &[0],
        doc: "The number of elements of *list*.",
        run: length,
    },
    BuiltinSpec {
        name: "head",
        arguments: &["list"],
        strict: &[0],
        doc: "The first element of *list*; fails on an empty one.",
        run: head,
    },
    BuiltinSpec {
        name: "tail",
        arguments: &["list"],
        strict: &[0],
        doc: "*list* without its first element; fails on an empty one.",
        run: tail,
    },
    BuiltinSpec {
        name: "elemAt",
        arguments: &["list", "index"],
        strict: &[Must::Int.be(1), 0],
        doc: "The element of *list* with the number *index*, counted from 0.",
        run: elem_at,
    },
    BuiltinSpec {
        name: "map",
        arguments: &["f", "list"],
        strict: &[1],
        doc: "The results of applying *f* to each element of *list*. The applications are made when they are needed.",
        run: map,
    },
    BuiltinSpec {
        name: "genList",
        arguments: &["f", "length"],
        strict: &[1],
        doc: "The list of `f 0`, `f 1` and so on, *length* elements, each computed when it is needed.",
        run: gen_list,
    },
    BuiltinSpec {
        name: "filter",
        arguments: &["f", "list"],
        strict: &[1],
        doc: "The elements of *list* for which *f* returns `true`.",
        run: filter,
    },
    BuiltinSpec {
        name: "any",
        arguments: &["pred", "list"],
        strict: &[Must::Function.be(0), 1],
        doc: "Whether *pred* returns `true` for an element of *list*. Stops at the first such element.",
        run: search::<true>,
    },
    BuiltinSpec {
        name: "all",
        arguments: &["pred", "list"],
        strict: &[Must::Function.be(0), 1],
        doc: "Whether *pred* returns `true` for all elements of *list*. Stops at the first other one.",
        run: search::<false>,
    },
    BuiltinSpec {
        name: "partition",
        arguments: &["pred", "list"],
        strict: &[Must::Function.be(0), 1],
        doc: "A set of two lists: `right` has the elements of *list* for which *pred* returns `true`, `wrong` the others.",
        run: partition,
    },
    BuiltinSpec {
        name: "groupBy",
        arguments: &["f", "list"],
        strict: &[Must::Function.be(0), 1],
        doc: "A set of lists: each element of *list* goes to the list named by the string that *f* returns for it.",
        run: group_by,
    },
    BuiltinSpec {
        name: "concatMap",
        arguments: &["f", "list"],
        strict: &[Must::Function.be(0), 1],
        doc: "The lists that *f* returns for the elements of *list*, joined to one.",
        run: concat_map,
    },
    BuiltinSpec {
        name: "concatLists",
        arguments: &["lists"],
        strict: &[0],
        doc: "The elements of all *lists*, in order, as one list.",
        run: concat_lists,
    },
    BuiltinSpec {
        name: "foldl'",
        arguments: &["op", "nul", "list"],
        strict: &[Must::Function.be(0), 2],
        doc: "Reduces *list* from the left with the function *op*, which takes the value so far (at first *nul*) and an \
              element. Every result is evaluated before the next call.",
        run: foldl,
    },
    BuiltinSpec {
        name: "elem",
        arguments: &["x", "list"],
        strict: &[1],
        doc: "Whether an element of *list* equals *x*.",
        run: elem,
    },
];
