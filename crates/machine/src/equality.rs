//! Equality, with a stack of what is open instead of recursion.

use nivose_base::{DiagnosticId, Error, Result, Symbol};
use nivose_heap::{Attrs, Value, View};

use crate::attrs::name_order;
use crate::handover::Step;
use crate::native::{Cx, Task};
use crate::shared::Shared;

/// Looks at what is open in one step.
const LOOKS: usize = 1000;

/// The most pairs that are passed over in one look.
const PAIRS_AT_ONCE: usize = 1000;

/// What a look at two forced values tells.
enum Verdict {
    Known(bool),
    /// Lists of one length, or sets that may be equal: their contents decide.
    Contents,
}

fn compare(left: Value<'_>, right: Value<'_>) -> Verdict {
    if let Some(equal) = quick_equal(left, right) {
        return Verdict::Known(equal);
    }
    Verdict::Known(match (left.view(), right.view()) {
        (View::Null, View::Null) => true,
        (View::Bool(a), View::Bool(b)) => a == b,
        (View::Int(a), View::Int(b)) => a == b,
        (View::Float(a), View::Float(b)) => a == b,
        (View::Int(a), View::Float(b)) | (View::Float(b), View::Int(a)) => a as f64 == b,
        (View::String(a), View::String(b)) => a.bytes() == b.bytes(),
        (View::Path(a), View::Path(b)) => a == b,
        (View::List(a), View::List(b)) if a.len() == b.len() && !a.is_empty() => return Verdict::Contents,
        (View::List(a), View::List(b)) => a.len() == b.len(),
        (View::Attrs(_), View::Attrs(_)) => return Verdict::Contents,
        _ => false,
    })
}

/// `left == right` for the usual forced values: small integers, null, booleans and strings.
#[inline(always)]
pub(crate) fn quick_equal(left: Value<'_>, right: Value<'_>) -> Option<bool> {
    if left.is_small_int() && right.is_small_int() {
        return Some(left.bits() == right.bits());
    }
    if let (Some(a), Some(b)) = (left.as_string(), right.as_string()) {
        return Some(a.bytes() == b.bytes());
    }
    let is_plain = |value: Value<'_>| value.is_null() || value.as_bool().is_some();
    (is_plain(left) || is_plain(right)).then(|| left.bits() == right.bits())
}

/// `left == right` for two forced values: at once, or by a task.
pub fn equal_step<'h>(shared: &mut Shared, left: Value<'h>, right: Value<'h>) -> Step<'h> {
    match compare(left, right) {
        Verdict::Known(equal) => Step::done(Value::bool(equal)),
        Verdict::Contents => shared.start(EqualTask, &pair_slots(left, right, THEMSELVES)),
    }
}

/// Compares the pairs of what is open, the innermost first and each when its turn comes: what differs early is found at
/// once however long the lists are.
///
/// Slots: four for each open pair of values, from the outermost on: both values; the number of pairs of their contents that
/// are equal; the number of pairs to compare, or one of the numbers below.
struct EqualTask;

/// In place of a number of pairs: the values themselves are to be compared.
const THEMSELVES: u32 = u32::MAX;

/// In place of a number of pairs: it is to be decided whether both sets are derivations.
const DERIVATIONS: u32 = u32::MAX - 1;

/// In place of a number of pairs: all of it was compared.
const DONE: u32 = u32::MAX - 2;

impl EqualTask {
    /// Looks at what is open innermost; `None` if there is more to do.
    fn look<'h>(&mut self, cx: &mut Cx<'_, 'h>) -> Result<Option<Step<'h>>> {
        let Some(bottom) = cx.slot_count().checked_sub(4) else { return Ok(Some(Step::done(Value::TRUE))) };
        let (left, right) = (cx.slot(bottom), cx.slot(bottom + 1));
        let [equal, count] = [2, 3].map(|slot| cx.slot(bottom + slot).as_number().unwrap_or(0));
        match count {
            THEMSELVES => self.pair(cx, left, right),
            DERIVATIONS => self.derivations(cx, left, right),
            DONE => {
                cx.truncate(bottom);
                Ok(None)
            }
            _ if equal < count => {
                let equal = equal + equal_at_once(cx.shared(), left, right, equal as usize, count as usize);
                cx.set_slot(bottom + 2, Value::number(equal));
                if equal == count {
                    return Ok(None);
                }
                let (left, right) = contents(cx.shared(), left, right, equal as usize);
                self.pair(cx, left, right)
            }
            _ => {
                cx.truncate(bottom);
                // Of sets, what was left out is a name that only one of them has.
                let has_more = left.as_attrs().is_some_and(|set| set.len() > count as usize);
                Ok(has_more.then(|| Step::done(Value::FALSE)))
            }
        }
    }

    /// Compares a pair; `None` if it is equal, or open now.
    fn pair<'h>(
        &mut self,
        cx: &mut Cx<'_, 'h>,
        left: Value<'h>,
        right: Value<'h>,
    ) -> Result<Option<Step<'h>>> {
        let (left, right) = (left.resolved(), right.resolved());
        // One of the contents of others.
        let is_inner = cx.slot_count() > 4;
        if let Some(unevaluated) = [left, right].into_iter().find(|value| value.is_thunk()) {
            if left.bits() == right.bits() && is_inner {
                // The same thunk: it is forced, but its value is not looked into.
                pass(cx);
            }
            return Ok(Some(cx.force(unevaluated)));
        }
        if is_inner && identical(left, right) {
            pass(cx);
            return Ok(None);
        }
        match compare(left, right) {
            Verdict::Known(true) => {
                pass(cx);
                Ok(None)
            }
            Verdict::Known(false) => Ok(Some(Step::done(Value::FALSE))),
            Verdict::Contents => {
                pass(cx);
                self.open(cx, left, right)
            }
        }
    }

    /// Opens two lists or two sets.
    fn open<'h>(
        &mut self,
        cx: &mut Cx<'_, 'h>,
        left: Value<'h>,
        right: Value<'h>,
    ) -> Result<Option<Step<'h>>> {
        let open = cx.slot_count() as u32 / 4;
        if open + cx.depth() > cx.shared().settings.max_call_depth {
            return Err(Error::new(DiagnosticId::StackOverflow, &[]));
        }
        if let Some(list) = left.as_list() {
            push(cx, left, right, list.len() as u32);
            return Ok(None);
        }
        // The type of the left set is looked at even where the right one has none.
        if left.as_attrs().is_some_and(|set| set.has(Symbol::TYPE)) {
            push(cx, left, right, DERIVATIONS);
            return Ok(None);
        }
        open_sets(cx, left, right)
    }

    /// Two derivations are equal when their output paths are.
    fn derivations<'h>(
        &mut self,
        cx: &mut Cx<'_, 'h>,
        left: Value<'h>,
        right: Value<'h>,
    ) -> Result<Option<Step<'h>>> {
        let (Some(a), Some(b)) = (left.as_attrs(), right.as_attrs()) else { return Ok(None) };
        let mut are_derivations = true;
        for set in [a, b] {
            let kind = set.get(Symbol::TYPE).unwrap_or(Value::NULL).resolved();
            if kind.is_thunk() {
                return Ok(Some(cx.force(kind)));
            }
            if kind.as_string().is_none_or(|text| text.bytes() != b"derivation") {
                are_derivations = false;
                break;
            }
        }
        cx.truncate(cx.slot_count() - 4);
        match (a.get(Symbol::OUT_PATH), b.get(Symbol::OUT_PATH)) {
            (Some(a), Some(b)) if are_derivations => {
                push(cx, a, b, THEMSELVES);
                Ok(None)
            }
            _ => open_sets(cx, left, right),
        }
    }
}

impl Task for EqualTask {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, _input: Value<'h>) -> Result<Step<'h>> {
        for _ in 0..LOOKS {
            if let Some(step) = self.look(cx)? {
                return Ok(step);
            }
        }
        Ok(Step::YIELD)
    }
}

fn push<'h>(cx: &mut Cx<'_, 'h>, left: Value<'h>, right: Value<'h>, count: u32) {
    pair_slots(left, right, count).into_iter().for_each(|value| cx.push(value));
}

/// The slots of a pair of which nothing is compared yet.
fn pair_slots<'h>(left: Value<'h>, right: Value<'h>, count: u32) -> [Value<'h>; 4] {
    [left, right, Value::number(0), Value::number(count)]
}

/// The pair at hand is equal, or its contents come next: what it is a part of goes on after it. It stays open meanwhile, so
/// that what leads back to itself comes to the limit of depth.
fn pass(cx: &mut Cx<'_, '_>) {
    let top = cx.slot_count();
    if cx.slot(top - 1).as_number() == Some(THEMSELVES) {
        return cx.set_slot(top - 1, Value::number(DONE));
    }
    let equal = cx.slot(top - 2).as_number().unwrap_or(0);
    cx.set_slot(top - 2, Value::number(equal + 1));
}

/// Opens two sets, whose attributes are compared in byte order of the names, up to the first name that differs.
fn open_sets<'h>(cx: &mut Cx<'_, 'h>, left: Value<'h>, right: Value<'h>) -> Result<Option<Step<'h>>> {
    let (Some(a), Some(b)) = (left.as_attrs(), right.as_attrs()) else { return Ok(None) };
    if a.len() != b.len() {
        return Ok(Some(Step::done(Value::FALSE)));
    }
    let shared = cx.shared();
    let (a, b) = (shared.flat(a)?, shared.flat(b)?);
    let (x, y) = (name_order(shared, a), name_order(shared, b));
    let same_name = |&(x, y): &(&u32, &u32)| a.entry(*x as usize).name == b.entry(*y as usize).name;
    push(cx, left, right, x.iter().zip(y).take_while(same_name).count() as u32);
    Ok(None)
}

/// How many pairs of contents, from a place on, are seen to be equal without more ado.
fn equal_at_once<'h>(
    shared: &mut Shared,
    left: Value<'h>,
    right: Value<'h>,
    from: usize,
    count: usize,
) -> u32 {
    let places = from..count.min(from + PAIRS_AT_ONCE);
    let is_equal = |left: Value<'h>, right: Value<'h>| {
        let (left, right) = (left.resolved(), right.resolved());
        let is_same = || identical(left, right) || quick_equal(left, right) == Some(true);
        !left.is_thunk() && !right.is_thunk() && is_same()
    };
    let equal = if let (Some(left), Some(right)) = (left.as_list(), right.as_list()) {
        let pairs = left[places.clone()].iter().zip(&right[places]);
        pairs.take_while(|(left, right)| is_equal(**left, **right)).count()
    } else {
        let sets = [left, right].map(|set| set.as_attrs().and_then(Attrs::as_flat));
        let [Some(left), Some(right)] = sets else { return 0 };
        let (x, y) = (name_order(shared, left), name_order(shared, right));
        let (left, right) = (left.values(), right.values());
        let pairs = x[places.clone()].iter().zip(&y[places]);
        pairs.take_while(|(x, y)| is_equal(left[**x as usize], right[**y as usize])).count()
    };
    equal as u32
}

/// The contents of two lists or two open sets at a place.
fn contents<'h>(
    shared: &mut Shared,
    left: Value<'h>,
    right: Value<'h>,
    place: usize,
) -> (Value<'h>, Value<'h>) {
    if let (Some(left), Some(right)) = (left.as_list(), right.as_list()) {
        return (left[place], right[place]);
    }
    let mut attribute = |set: Value<'h>| {
        let set = set.as_attrs().and_then(Attrs::as_flat)?;
        Some(set.values()[name_order(shared, set)[place] as usize])
    };
    (attribute(left).unwrap_or(Value::NULL), attribute(right).unwrap_or(Value::NULL))
}

/// Whether two values are the same object; for floats, the same bits.
pub fn identical(left: Value<'_>, right: Value<'_>) -> bool {
    match (left.as_float(), right.as_float()) {
        (Some(a), Some(b)) => a.to_bits() == b.to_bits(),
        _ => left.bits() == right.bits(),
    }
}
