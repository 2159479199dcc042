//! What a failed `assert a == b` says: the first place where the sides differ.
//!
//! The compiler calls this builtin on the failing branch only; programs cannot name it.

use nivose_base::{DiagnosticId, Error, Result, Symbol};
use nivose_heap::{Attrs, Value, View};
use nivose_machine::equality::identical;
use nivose_machine::{BuiltinSpec, Cx, Step, Task, byte_order, type_with_article};

/// The name under which the compiler finds it: no identifier.
pub const NAME: &str = "assert equal";

/// Pairs compared in one step.
const BUDGET: usize = 1000;

fn assert_equal<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    // The compiler hands over the right side first.
    let [right, left] = [arguments[0], arguments[1]];
    Ok(cx.start(Difference { inner: false }, &[left, right]))
}

/// Looks for the first difference of the pairs in its slots, the topmost first.
struct Difference {
    inner: bool,
}

fn fail<T>(message: Vec<u8>) -> Result<T> {
    Err(Error::with_message(DiagnosticId::AssertionNotEqual, message))
}

fn text(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

impl Difference {
    /// Looks at the pair on top; `None` if it is equal or was replaced by others.
    fn pair<'h>(&mut self, cx: &mut Cx<'_, 'h>) -> Result<Option<Step<'h>>> {
        let top = cx.slot_count();
        let (left, right) = (cx.slot(top - 2).resolved(), cx.slot(top - 1).resolved());
        if let Some(thunk) = [left, right].into_iter().find(|value| value.is_thunk()) {
            return Ok(Some(cx.force(thunk)));
        }
        if let (View::Attrs(a), View::Attrs(b)) = (left.view(), right.view()) {
            return self.sets(cx, a, b);
        }
        cx.truncate(top - 2);
        if self.inner && identical(left, right) {
            return Ok(None);
        }
        if let (View::List(a), View::List(b)) = (left.view(), right.view()) {
            return self.lists(cx, left, right, a, b);
        }
        scalars(cx, left, right).map(|()| None)
    }

    fn lists<'h>(
        &mut self,
        cx: &mut Cx<'_, 'h>,
        left: Value<'h>,
        right: Value<'h>,
        a: &[Value<'h>],
        b: &[Value<'h>],
    ) -> Result<Option<Step<'h>>> {
        if a.len() != b.len() {
            let sizes = format!("list of size '{}' is not equal to list of size '{}', ", a.len(), b.len());
            let (left, right) = (cx.shared().show(left), cx.shared().show(right));
            let sides: [&[u8]; 5] = [b"left hand side is '", &left, b"', right hand side is '", &right, b"'"];
            return fail(text(&[sizes.as_bytes(), &text(&sides)]));
        }
        self.inner = true;
        for (&a, &b) in a.iter().zip(b).rev() {
            cx.push(a);
            cx.push(b);
        }
        Ok(None)
    }

    fn sets<'h>(&mut self, cx: &mut Cx<'_, 'h>, a: Attrs<'h>, b: Attrs<'h>) -> Result<Option<Step<'h>>> {
        let top = cx.slot_count();
        let mut derivations = 0;
        for set in [a, b] {
            let Some(kind) = set.get(Symbol::TYPE) else { continue };
            let kind = kind.resolved();
            if kind.is_thunk() {
                return Ok(Some(cx.force(kind)));
            }
            derivations += usize::from(kind.as_string().is_some_and(|kind| kind.bytes() == b"derivation"));
        }
        cx.truncate(top - 2);
        if self.inner && identical(a.value(), b.value()) {
            return Ok(None);
        }
        self.inner = true;
        if derivations == 2
            && let (Some(a), Some(b)) = (a.get(Symbol::OUT_PATH), b.get(Symbol::OUT_PATH))
        {
            cx.push(a);
            cx.push(b);
            return Ok(None);
        }
        same_names(cx, a, b)?;
        let a = cx.shared().flat(a)?;
        for &index in byte_order(&cx.shared().symbols, a).iter().rev() {
            let name = a.entries()[index as usize].name;
            cx.push(a.values()[index as usize]);
            cx.push(b.get(name).unwrap_or(Value::NULL));
        }
        Ok(None)
    }
}

/// Fails if the sets have different names.
fn same_names<'h>(cx: &mut Cx<'_, 'h>, a: Attrs<'h>, b: Attrs<'h>) -> Result<()> {
    let flat = cx.shared().flat(a)?;
    let order = byte_order(&cx.shared().symbols, flat);
    let extra = order.iter().map(|&index| flat.entries()[index as usize].name).find(|&name| !b.has(name));
    if extra.is_none() && a.len() == b.len() {
        return Ok(());
    }
    let (left, right) = (cx.shared().show(a.value()), cx.shared().show(b.value()));
    match extra {
        Some(name) => {
            let name = cx.shared().symbols.bytes(name).to_vec();
            let start: [&[u8]; 3] = [b"attribute name '", &name, b"' is contained in '"];
            fail(text(&[&text(&start), &left, b"', but not in '", &right, b"'"]))
        }
        None => {
            let start = b"attribute names of attribute set '";
            fail(text(&[start, &left, b"' differs from attribute set '", &right, b"'"]))
        }
    }
}

/// Fails if two values that contain no others differ.
fn scalars<'h>(cx: &mut Cx<'_, 'h>, left: Value<'h>, right: Value<'h>) -> Result<()> {
    let (a, b) = (cx.shared().show(left), cx.shared().show(right));
    let named = |what: &str| {
        let what = what.as_bytes();
        text(&[what, b" '", &a, b"' is not equal to ", what, b" '", &b, b"'"])
    };
    let message = match (left.view(), right.view()) {
        (View::Null, View::Null) => return Ok(()),
        (View::Int(x), View::Int(y)) if x == y => return Ok(()),
        (View::Float(x), View::Float(y)) if x == y => return Ok(()),
        (View::Int(x), View::Float(y)) | (View::Float(y), View::Int(x)) if x as f64 == y => return Ok(()),
        (View::Int(_) | View::Float(_), View::Int(_) | View::Float(_)) => {
            let mut number = |value| type_with_article(cx.shared(), value);
            let (x, y) = (number(left), number(right));
            let first: [&[u8]; 4] = [x.as_bytes(), b" with value '", &a, b"' is not equal to "];
            text(&[&text(&first), y.as_bytes(), b" with value '", &b, b"'"])
        }
        (View::Bool(x), View::Bool(y)) if x == y => return Ok(()),
        (View::Bool(_), View::Bool(_)) => named("boolean"),
        (View::String(x), View::String(y)) if x.bytes() == y.bytes() => return Ok(()),
        (View::String(_), View::String(_)) => named("string"),
        (View::Path(x), View::Path(y)) if x == y => return Ok(()),
        (View::Path(_), View::Path(_)) => named("path"),
        (
            View::Closure(_) | View::Builtin(_) | View::Partial { .. },
            View::Closure(_) | View::Builtin(_) | View::Partial { .. },
        ) => {
            b"distinct functions and immediate comparisons of identical functions compare as unequal".to_vec()
        }
        _ => {
            let mut kind = |value| type_with_article(cx.shared(), value);
            let (x, y) = (kind(left), kind(right));
            let first: [&[u8]; 4] = [x.as_bytes(), b" of value '", &a, b"' is not equal to "];
            text(&[&text(&first), y.as_bytes(), b" of value '", &b, b"'"])
        }
    };
    fail(message)
}

impl Task for Difference {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, _input: Value<'h>) -> Result<Step<'h>> {
        for _ in 0..BUDGET {
            if cx.slot_count() == 0 {
                return Ok(Step::done(Value::NULL));
            }
            if let Some(step) = self.pair(cx)? {
                return Ok(step);
            }
        }
        Ok(Step::YIELD)
    }
}

/// The builtin.
pub const BUILTIN: BuiltinSpec = BuiltinSpec {
    name: NAME,
    arguments: &["right", "left"],
    strict: &[],
    doc: "Fails with the first difference of two values.",
    run: assert_equal,
};
