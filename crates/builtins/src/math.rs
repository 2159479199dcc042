//! Arithmetic on integers and floats, and the order of values.

use nivose_base::{DiagnosticId, Error, Result, float};
use nivose_heap::{Value, View};
use nivose_machine::ordering::less_step;
use nivose_machine::{BuiltinSpec, Cx, Must, Step, type_error};

use crate::checks;

fn add<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    cx.shared().add_numbers(arguments[0], arguments[1]).map(Step::done)
}

fn sub<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    cx.shared().subtract_numbers(arguments[0], arguments[1]).map(Step::done)
}

fn mul<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    cx.shared().multiply_numbers(arguments[0], arguments[1]).map(Step::done)
}

fn div<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    cx.shared().divide_numbers(arguments[0], arguments[1]).map(Step::done)
}

fn less_than<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    less_step(cx.shared(), arguments[0], arguments[1], false)
}

fn bits<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>], combine: fn(i64, i64) -> i64) -> Result<Step<'h>> {
    let left = checks::int(cx.shared(), arguments[0])?;
    let right = checks::int(cx.shared(), arguments[1])?;
    Ok(Step::done(cx.int(combine(left, right))))
}

fn bit_and<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    bits(cx, arguments, |a, b| a & b)
}

fn bit_or<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    bits(cx, arguments, |a, b| a | b)
}

fn bit_xor<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    bits(cx, arguments, |a, b| a ^ b)
}

/// 2⁶³, the first float above all integers.
const LIMIT: f64 = 9_223_372_036_854_775_808.0;

/// The integer that a whole float is, if it is in range.
fn whole(f: f64) -> Option<i64> {
    (-LIMIT..LIMIT).contains(&f).then_some(f as i64)
}

/// `ceil` and `floor`: integers go through floats too, and must come back unchanged.
fn round<'h>(cx: &mut Cx<'_, 'h>, value: Value<'h>, direction: fn(f64) -> f64) -> Result<Step<'h>> {
    match value.resolved().view() {
        View::Float(f) => match whole(direction(f)) {
            Some(i) => Ok(Step::done(cx.int(i))),
            None => Err(Error::new(DiagnosticId::FloatOutOfRange, &[&float::general(f)])),
        },
        View::Int(i) => match whole(i as f64) {
            Some(same) if same == i => Ok(Step::done(value)),
            other => Err(imprecise(i, other)),
        },
        _ => Err(type_error(cx.shared(), "a float", value)),
    }
}

/// Why an integer that no float equals is refused.
#[cold]
fn imprecise(i: i64, rounded: Option<i64>) -> Error {
    let what = match rounded {
        Some(rounded) => format!(
            "a loss of precision occurred in previous Nix versions because the NixInt argument {i} was rounded to {rounded}."
        ),
        None => format!("the NixInt argument {i} caused undefined behavior in previous Nix versions."),
    };
    Error::new(DiagnosticId::IntegerNotAFloat, &[&what])
}

fn ceil<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    round(cx, arguments[0], f64::ceil)
}

fn floor<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    round(cx, arguments[0], f64::floor)
}

/// The builtins of this file.
pub const BUILTINS: &[BuiltinSpec] = &[
    BuiltinSpec {
        name: "add",
        arguments: &["e1", "e2"],
        strict: &[0, 1],
        doc: "The sum of two numbers.",
        run: add,
    },
    BuiltinSpec {
        name: "sub",
        arguments: &["e1", "e2"],
        strict: &[0, 1],
        doc: "The difference of two numbers.",
        run: sub,
    },
    BuiltinSpec {
        name: "mul",
        arguments: &["e1", "e2"],
        strict: &[0, 1],
        doc: "The product of two numbers.",
        run: mul,
    },
    BuiltinSpec {
        name: "div",
        arguments: &["e1", "e2"],
        strict: &[0, 1],
        doc: "The quotient of two numbers; of two integers it is rounded towards zero.",
        run: div,
    },
    BuiltinSpec {
        name: "lessThan",
        arguments: &["e1", "e2"],
        strict: &[0, 1],
        doc: "Whether *e1* is less than *e2*: numbers by value, strings and paths by bytes, lists by their first elements \
              that differ.",
        run: less_than,
    },
    BuiltinSpec {
        name: "bitAnd",
        arguments: &["e1", "e2"],
        strict: &[Must::Int.be(0), 1],
        doc: "The bits that are set in both integers.",
        run: bit_and,
    },
    BuiltinSpec {
        name: "bitOr",
        arguments: &["e1", "e2"],
        strict: &[Must::Int.be(0), 1],
        doc: "The bits that are set in at least one of two integers.",
        run: bit_or,
    },
    BuiltinSpec {
        name: "bitXor",
        arguments: &["e1", "e2"],
        strict: &[Must::Int.be(0), 1],
        doc: "The bits that are set in exactly one of two integers.",
        run: bit_xor,
    },
    BuiltinSpec {
        name: "ceil",
        arguments: &["double"],
        strict: &[0],
        doc: "The least integer that is not below a number.",
        run: ceil,
    },
    BuiltinSpec {
        name: "floor",
        arguments: &["double"],
        strict: &[0],
        doc: "The greatest integer that is not above a number.",
        run: floor,
    },
];
