//! Messages while a program runs: `trace`, `traceVerbose`, `warn`, `break`.

use nivose_base::{DiagnosticId, Error, Result};
use nivose_heap::Value;
use nivose_machine::{BuiltinSpec, Cx, Step, Task};
use nivose_world::MessageKind;

use crate::arguments::{expect_string, force_and_run};
use crate::print::{PrintOptions, PrintTask};

/// How `trace` shows values other than strings: nothing more is evaluated.
const SHOWN: PrintOptions = PrintOptions::MESSAGE;

/// Prints a value, then returns another. Slots: both.
struct Trace {
    started: bool,
}

impl Task for Trace {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
        if !std::mem::replace(&mut self.started, true) {
            let printer = PrintTask::new(SHOWN, cx.shared().settings.max_call_depth);
            return Ok(cx.start(printer, &[cx.slot(0)]));
        }
        if let Some(text) = input.as_string() {
            cx.shared().world.emit(MessageKind::Trace, text.bytes());
        }
        Ok(Step::done(cx.slot(1)))
    }
}

fn trace<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let message = arguments[0].resolved();
    if let Some(text) = message.as_string() {
        cx.shared().world.emit(MessageKind::Trace, text.bytes());
        return Ok(Step::done(arguments[1]));
    }
    Ok(cx.start(Trace { started: false }, &[message, arguments[1]]))
}

fn trace_verbose<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    if !cx.shared().settings.trace_verbose {
        return Ok(Step::done(arguments[1]));
    }
    Ok(force_and_run(cx, trace, arguments, 0))
}

fn warn<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let message = expect_string(cx, arguments[0])?.bytes();
    cx.shared().world.emit(MessageKind::EvaluationWarning, message);
    if cx.shared().settings.abort_on_warn {
        return Err(Error::new(DiagnosticId::AbortOnWarn, &[]));
    }
    Ok(Step::done(arguments[1]))
}

fn breakpoint<'h>(_: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    Ok(Step::done(arguments[0]))
}

/// The builtins of this file.
pub const BUILTINS: &[BuiltinSpec] = &[
    BuiltinSpec {
        name: "trace",
        arguments: &["e1", "e2"],
        strict: &[0],
        doc: "Evaluates *e1*, not deeply, prints it as a message, and returns *e2*.",
        run: trace,
    },
    BuiltinSpec {
        name: "traceVerbose",
        arguments: &["e1", "e2"],
        strict: &[],
        doc: "As `trace` if the setting `trace-verbose` is on; otherwise just returns *e2*.",
        run: trace_verbose,
    },
    BuiltinSpec {
        name: "warn",
        arguments: &["e1", "e2"],
        strict: &[0],
        doc: "Prints the string *e1* as a warning and returns *e2*.",
        run: warn,
    },
    BuiltinSpec {
        name: "break",
        arguments: &["v"],
        strict: &[],
        doc: "Returns *v*. A debugger may stop here.",
        run: breakpoint,
    },
];
