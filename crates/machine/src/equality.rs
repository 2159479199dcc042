//! Equality, on a list of pending pairs instead of recursion.

use nivose_base::{DiagnosticId, Error, Result, Symbol};
use nivose_heap::{Attrs, FlatAttrs, Value, View};

use crate::attrs::byte_order;
use crate::handover::Step;
use crate::native::{Cx, Task};
use crate::shared::Shared;

/// Pairs compared in one step.
const BUDGET: usize = 10_000;

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
        Verdict::Contents => shared.start(EqualTask::default(), &[left, right]),
    }
}

/// Compares the pairs that lie in its slots, the topmost first.
#[derive(Default)]
struct EqualTask {
    inner: bool,
    /// Lists and sets that are open, one within the other.
    depth: u32,
}

/// Stands above a pair of sets of which it is to be decided whether both are derivations.
const CHECK_DERIVATIONS: u32 = 0;

/// Lies below the contents of a list or set.
const LEAVE: u32 = 1;

impl EqualTask {
    /// Compares the pair on top; `None` if another pair is next.
    fn pair<'h>(&mut self, cx: &mut Cx<'_, 'h>) -> Result<Option<Step<'h>>> {
        let top = cx.slot_count();
        match cx.slot(top - 1).as_number() {
            Some(CHECK_DERIVATIONS) => return self.derivations(cx),
            Some(_) => {
                self.depth -= 1;
                cx.truncate(top - 1);
                return Ok(None);
            }
            None => {}
        }
        let (left, right) = (cx.slot(top - 2).resolved(), cx.slot(top - 1).resolved());
        if let Some(unevaluated) = [left, right].into_iter().find(|value| value.is_thunk()) {
            if left.bits() == right.bits() && self.inner {
                // The same thunk: it is forced, but its value is not looked into.
                cx.truncate(top - 2);
            }
            return Ok(Some(cx.force(unevaluated)));
        }
        cx.truncate(top - 2);
        if self.inner && identical(left, right) {
            return Ok(None);
        }
        match compare(left, right) {
            Verdict::Known(true) => Ok(None),
            Verdict::Known(false) => Ok(Some(Step::done(Value::FALSE))),
            Verdict::Contents => self.open(cx, left, right),
        }
    }

    /// Puts the contents of two lists or sets in place of them.
    fn open<'h>(
        &mut self,
        cx: &mut Cx<'_, 'h>,
        left: Value<'h>,
        right: Value<'h>,
    ) -> Result<Option<Step<'h>>> {
        self.inner = true;
        self.depth += 1;
        if self.depth + cx.depth() > cx.shared().settings.max_call_depth {
            return Err(Error::new(DiagnosticId::StackOverflow, &[]));
        }
        cx.push(Value::number(LEAVE));
        if let (Some(a), Some(b)) = (left.as_list(), right.as_list()) {
            for (&a, &b) in a.iter().zip(b).rev() {
                cx.push(a);
                cx.push(b);
            }
            return Ok(None);
        }
        let (Some(a), Some(b)) = (left.as_attrs(), right.as_attrs()) else { return Ok(None) };
        // The type of the left set is looked at even where the right one has none.
        if a.get(Symbol::TYPE).is_some() {
            cx.push(left);
            cx.push(right);
            cx.push(Value::number(CHECK_DERIVATIONS));
            return Ok(None);
        }
        open_sets(cx, a, b)
    }

    /// Two derivations are equal when their output paths are.
    fn derivations<'h>(&mut self, cx: &mut Cx<'_, 'h>) -> Result<Option<Step<'h>>> {
        let top = cx.slot_count();
        let (left, right) = (cx.slot(top - 3), cx.slot(top - 2));
        let (Some(a), Some(b)) = (left.as_attrs(), right.as_attrs()) else { return Ok(None) };
        for set in [a, b] {
            let kind = set.get(Symbol::TYPE).unwrap_or(Value::NULL).resolved();
            if kind.is_thunk() {
                return Ok(Some(cx.force(kind)));
            }
            if kind.as_string().is_none_or(|text| text.bytes() != b"derivation") {
                cx.truncate(top - 3);
                return open_sets(cx, a, b);
            }
        }
        cx.truncate(top - 3);
        match (a.get(Symbol::OUT_PATH), b.get(Symbol::OUT_PATH)) {
            (Some(a), Some(b)) => {
                cx.push(a);
                cx.push(b);
                Ok(None)
            }
            _ => open_sets(cx, a, b),
        }
    }
}

/// Pushes the values of two sets of one size in byte order of the names, up to the first name that differs.
fn open_sets<'h>(cx: &mut Cx<'_, 'h>, a: Attrs<'h>, b: Attrs<'h>) -> Result<Option<Step<'h>>> {
    if a.len() != b.len() {
        return Ok(Some(Step::done(Value::FALSE)));
    }
    let (a, b) = (cx.shared().flat(a)?, cx.shared().flat(b)?);
    let same_names = a.entries().iter().zip(b.entries()).all(|(x, y)| x.name == y.name);
    let order = byte_order(&cx.shared().symbols, a);
    if same_names {
        push_pairs(cx, a, b, order.iter().map(|&index| (index, index)));
        return Ok(None);
    }
    let others = byte_order(&cx.shared().symbols, b);
    let pairs = order.iter().copied().zip(others.iter().copied());
    let same_name = |&(x, y): &(u32, u32)| a.entries()[x as usize].name == b.entries()[y as usize].name;
    let same = pairs.clone().take_while(same_name).count();
    // Below what is compared before: the names that differ.
    cx.push(Value::TRUE);
    cx.push(Value::FALSE);
    push_pairs(cx, a, b, pairs.take(same));
    Ok(None)
}

/// Pushes the values at pairs of indices, the first pair last.
fn push_pairs<'h>(
    cx: &mut Cx<'_, 'h>,
    a: FlatAttrs<'h>,
    b: FlatAttrs<'h>,
    pairs: impl DoubleEndedIterator<Item = (u32, u32)>,
) {
    for (x, y) in pairs.rev() {
        cx.push(a.values()[x as usize]);
        cx.push(b.values()[y as usize]);
    }
}

/// Whether two values are the same object; for floats, the same bits.
pub fn identical(left: Value<'_>, right: Value<'_>) -> bool {
    match (left.as_float(), right.as_float()) {
        (Some(a), Some(b)) => a.to_bits() == b.to_bits(),
        _ => left.bits() == right.bits(),
    }
}

impl Task for EqualTask {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, _input: Value<'h>) -> Result<Step<'h>> {
        for _ in 0..BUDGET {
            if cx.slot_count() == 0 {
                return Ok(Step::done(Value::TRUE));
            }
            if let Some(step) = self.pair(cx)? {
                return Ok(step);
            }
        }
        Ok(Step::YIELD)
    }
}
