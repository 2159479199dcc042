//! `typeOf`, the predicates on types, and `toString`.

use nivose_base::Result;
use nivose_heap::{Value, View};
use nivose_machine::coerce::{Coerce, coerce_step};
use nivose_machine::{BuiltinSpec, Cx, Step, type_name};

fn type_of<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    Ok(Step::done(cx.string(type_name(arguments[0]).as_bytes())))
}

fn to_string<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    coerce_step(cx.shared(), arguments[0], Coerce::STRONG)
}

/// Defines a predicate on the argument, which is forced.
macro_rules! predicate {
    ($function:ident, |$value:ident| $holds:expr) => {
        fn $function<'h>(_: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
            let $value = arguments[0].resolved();
            Ok(Step::done(Value::bool($holds)))
        }
    };
}

predicate!(is_null, |value| value.is_null());
predicate!(is_function, |value| {
    value.is_closure() || matches!(value.view(), View::Closure(_) | View::Builtin(_) | View::Partial { .. })
});
predicate!(is_int, |value| value.as_int().is_some());
predicate!(is_float, |value| value.as_float().is_some());
predicate!(is_string, |value| value.as_string().is_some());
predicate!(is_bool, |value| value.as_bool().is_some());
predicate!(is_path, |value| value.as_path().is_some());
predicate!(is_attrs, |value| value.is_attrs());
predicate!(is_list, |value| value.as_list().is_some());

/// The builtins of this file.
pub const BUILTINS: &[BuiltinSpec] = &[
    BuiltinSpec {
        name: "typeOf",
        arguments: &["e"],
        strict: &[0],
        doc: "The type of *e*: `\"int\"`, `\"bool\"`, `\"string\"`, `\"path\"`, `\"null\"`, `\"set\"`, `\"list\"`, \
              `\"lambda\"` or `\"float\"`.",
        run: type_of,
    },
    BuiltinSpec {
        name: "toString",
        arguments: &["e"],
        strict: &[0],
        doc: "*e* as a string: numbers in decimal, `true` as `\"1\"`, `false` and `null` as `\"\"`, lists joined by spaces, \
              paths as they are, sets by their `__toString` or `outPath`.",
        run: to_string,
    },
    BuiltinSpec {
        name: "isNull",
        arguments: &["e"],
        strict: &[0],
        doc: "Whether *e* is `null`.",
        run: is_null,
    },
    BuiltinSpec {
        name: "isFunction",
        arguments: &["e"],
        strict: &[0],
        doc: "Whether *e* is a function. A set with `__functor` is none.",
        run: is_function,
    },
    BuiltinSpec {
        name: "isInt",
        arguments: &["e"],
        strict: &[0],
        doc: "Whether *e* is an integer.",
        run: is_int,
    },
    BuiltinSpec {
        name: "isFloat",
        arguments: &["e"],
        strict: &[0],
        doc: "Whether *e* is a float.",
        run: is_float,
    },
    BuiltinSpec {
        name: "isString",
        arguments: &["e"],
        strict: &[0],
        doc: "Whether *e* is a string.",
        run: is_string,
    },
    BuiltinSpec {
        name: "isBool",
        arguments: &["e"],
        strict: &[0],
        doc: "Whether *e* is `true` or `false`.",
        run: is_bool,
    },
    BuiltinSpec {
        name: "isPath",
        arguments: &["e"],
        strict: &[0],
        doc: "Whether *e* is a path.",
        run: is_path,
    },
    BuiltinSpec {
        name: "isAttrs",
        arguments: &["e"],
        strict: &[0],
        doc: "Whether *e* is a set.",
        run: is_attrs,
    },
    BuiltinSpec {
        name: "isList",
        arguments: &["e"],
        strict: &[0],
        doc: "Whether *e* is a list.",
        run: is_list,
    },
];
