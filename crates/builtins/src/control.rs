//! Giving up and carrying on: `throw`, `abort`, `tryEval`, `seq`, `deepSeq`, `addErrorContext`.

use nivose_base::{DiagnosticId, Error, Pos, Result, Symbol, TraceFrame};
use nivose_heap::Value;
use nivose_machine::coerce::{Coerce, coerce_step};
use nivose_machine::{BuiltinSpec, Cx, Step, Task, sort_attributes};

use crate::coerced::coerce_and_run;
use crate::deep::DeepForce;

fn text_of<'h>(string: Value<'h>) -> &'h [u8] {
    string.as_string().map_or(&[], |string| string.bytes())
}

fn throw<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    coerce_and_run(cx, arguments, 0, Coerce::IMPORT_PATHS, |_, _, message| {
        Err(Error::with_message(DiagnosticId::Thrown, text_of(message)))
    })
}

fn abort<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    coerce_and_run(cx, arguments, 0, Coerce::IMPORT_PATHS, |_, _, message| {
        Err(Error::new(DiagnosticId::Aborted, &[&text_of(message)]))
    })
}

/// The answer of `tryEval`.
fn outcome<'h>(cx: &mut Cx<'_, 'h>, success: bool, value: Value<'h>) -> Step<'h> {
    let mut attributes =
        vec![(Symbol::VALUE, Pos::NONE, value), (Symbol::SUCCESS, Pos::NONE, Value::bool(success))];
    sort_attributes(&mut attributes);
    Step::done(cx.heap().attrs_from(&attributes))
}

/// Forces the value in slot 0.
struct TryEval;

impl Task for TryEval {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, _input: Value<'h>) -> Result<Step<'h>> {
        let value = cx.slot(0).resolved();
        if value.is_thunk() {
            return Ok(cx.force(value));
        }
        Ok(outcome(cx, true, value))
    }

    fn recovers(&self) -> bool {
        true
    }

    fn recover<'h>(&mut self, cx: &mut Cx<'_, 'h>, error: Error) -> Result<Step<'h>> {
        if error.id().is_catchable() { Ok(outcome(cx, false, Value::FALSE)) } else { Err(error) }
    }
}

fn try_eval<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let value = arguments[0].resolved();
    if value.is_thunk() {
        return Ok(cx.start(TryEval, &[value]));
    }
    Ok(outcome(cx, true, value))
}

fn seq<'h>(_: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    Ok(Step::done(arguments[1]))
}

/// Slots: the value, the result.
struct DeepSeq {
    started: bool,
}

impl Task for DeepSeq {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, _input: Value<'h>) -> Result<Step<'h>> {
        if std::mem::replace(&mut self.started, true) {
            return Ok(Step::done(cx.slot(1)));
        }
        let value = cx.slot(0);
        Ok(DeepForce::start(cx, value))
    }
}

fn deep_seq<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let (value, result) = (arguments[0], arguments[1]);
    if !value.is_attrs() && value.as_list().is_none() {
        return Ok(Step::done(result));
    }
    Ok(cx.start(DeepSeq { started: false }, &[value, result]))
}

/// What `addErrorContext` waits for.
enum Stage {
    /// The value.
    Value,
    /// The value failed: the message, forced.
    Message,
    /// The message as a string.
    Coerced,
}

/// Slots: the message, the value.
struct ErrorContext {
    stage: Stage,
    error: Option<Error>,
}

impl ErrorContext {
    /// Fails with the error, the message added to its trace.
    fn fail<'h>(&mut self, message: Value<'h>) -> Result<Step<'h>> {
        let missing = || Error::new(DiagnosticId::Internal, &[&"an error context without an error"]);
        let mut error = self.error.take().unwrap_or_else(missing);
        error.push_trace(TraceFrame::always(text_of(message), Pos::NONE));
        Err(error)
    }
}

impl Task for ErrorContext {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
        match self.stage {
            Stage::Value => {
                let value = cx.slot(1).resolved();
                Ok(if value.is_thunk() { cx.force(value) } else { Step::done(value) })
            }
            Stage::Message => {
                self.stage = Stage::Coerced;
                match coerce_step(cx.shared(), input, Coerce::WEAK)?.at_once() {
                    Ok(message) => self.fail(message),
                    Err(step) => Ok(step),
                }
            }
            Stage::Coerced => self.fail(input),
        }
    }

    fn recovers(&self) -> bool {
        matches!(self.stage, Stage::Value)
    }

    fn recover<'h>(&mut self, cx: &mut Cx<'_, 'h>, error: Error) -> Result<Step<'h>> {
        if error.id().is_interruption() || error.id().is_out_of_memory() {
            return Err(error);
        }
        self.error = Some(error);
        self.stage = Stage::Message;
        let message = cx.slot(0);
        Ok(cx.shared().force(message))
    }
}

fn add_error_context<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let value = arguments[1].resolved();
    if !value.is_thunk() {
        return Ok(Step::done(value));
    }
    let task = ErrorContext { stage: Stage::Value, error: None };
    Ok(cx.start(task, &[arguments[0], value]))
}

/// The builtins of this file.
pub const BUILTINS: &[BuiltinSpec] = &[
    BuiltinSpec {
        name: "throw",
        arguments: &["s"],
        strict: &[0],
        doc: "Gives up with the message *s*. `tryEval` catches this.",
        run: throw,
    },
    BuiltinSpec {
        name: "abort",
        arguments: &["s"],
        strict: &[0],
        doc: "Gives up with the message *s*. Nothing catches this.",
        run: abort,
    },
    BuiltinSpec {
        name: "tryEval",
        arguments: &["e"],
        strict: &[],
        doc: "Evaluates *e*, not deeply. The result is a set of `success` and `value`; if *e* failed by `throw`, `assert` \
              or a search path miss, both are `false`. Other errors are not caught.",
        run: try_eval,
    },
    BuiltinSpec {
        name: "seq",
        arguments: &["e1", "e2"],
        strict: &[0],
        doc: "Evaluates *e1*, not deeply, then returns *e2*.",
        run: seq,
    },
    BuiltinSpec {
        name: "deepSeq",
        arguments: &["e1", "e2"],
        strict: &[0],
        doc: "Evaluates *e1* and everything within it, then returns *e2*.",
        run: deep_seq,
    },
    BuiltinSpec {
        name: "addErrorContext",
        arguments: &["context", "e"],
        strict: &[],
        doc: "Returns *e*. If its evaluation fails, the trace of the error shows the message *context*.",
        run: add_error_context,
    },
];
