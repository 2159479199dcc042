//! Values and traces of a request's entry, within its limits.

use std::sync::{Arc, Mutex, PoisonError};

use nivose::world::MemoryWorld;
use nivose::{Diagnostic, Engine, Evaluation, MessageKind, Source, Statistics, TraceOptions, Value};

use crate::reply::{Object, diagnostic};
use crate::request::{Form, Request};

/// Bytes that the events of a trace take at the most.
const TRACE_BYTES: usize = 32 << 20;

/// The value of the entry.
pub fn evaluate(request: &Request) -> String {
    match start(request) {
        Ok(evaluation) => outcome(request, &evaluation).finish(),
        Err(failure) => failed(&failure),
    }
}

/// The value of the entry, and what the machine did for it.
pub fn trace(request: &Request, most: usize) -> String {
    match start(request) {
        Ok(evaluation) => traced(request, &evaluation, most).unwrap_or_else(|failure| failed(&failure)),
        Err(failure) => failed(&failure),
    }
}

/// What is wrong with the entry as it is written.
pub fn mistakes(request: &Request) -> Vec<Diagnostic> {
    let checked = start(request).and_then(|evaluation| evaluation.check(source(request)));
    checked.unwrap_or_else(|failure| vec![failure])
}

fn source(request: &Request) -> Source {
    Source::new(request.text()).named(request.entry.as_str())
}

/// The files of a request.
pub fn world(request: &Request) -> MemoryWorld {
    let world = MemoryWorld::new();
    request.files.iter().fold(world, |world, (path, text)| world.with_file(path, text.as_str()))
}

fn start(request: &Request) -> Result<Evaluation, Diagnostic> {
    let limits = &request.limits;
    let engine = Engine::builder().world(world(request)).counting(true);
    let engine = engine.step_limit(limits.steps).memory_limit(limits.memory).depth_limit(limits.depth);
    let engine = request.features.iter().fold(engine, |engine, name| engine.feature(name));
    Ok(engine.build()?.start())
}

/// An answer without a value.
fn failed(failure: &Diagnostic) -> String {
    Object::new().json("value", "null").list("diagnostics", [diagnostic(failure)]).finish()
}

fn outcome(request: &Request, evaluation: &Evaluation) -> Object {
    let value = value(request, evaluation);
    let mut found = mistakes(request);
    // A source with mistakes fails with the first of them.
    found.retain(|mistake| {
        value.as_ref().err().is_none_or(|failure| failure.to_string() != mistake.to_string())
    });
    let failure = value.as_ref().err().map(Diagnostic::explained);
    let object = Object::new()
        .text_or_null("value", value.as_deref().ok())
        .list("diagnostics", failure.iter().chain(&found).map(diagnostic))
        .list("messages", evaluation.take_messages().iter().map(message));
    match evaluation.statistics() {
        Ok(figures) => object.json("statistics", &statistics(&figures)),
        Err(_) => object,
    }
}

fn value(request: &Request, evaluation: &Evaluation) -> Result<String, Diagnostic> {
    let value = evaluation.evaluate(source(request))?;
    if request.strict {
        value.force_deep()?;
    }
    written(&value, request)
}

fn written(value: &Value, request: &Request) -> Result<String, Diagnostic> {
    match request.form {
        Form::Json => value.to_json(),
        Form::Xml => value.to_xml(),
        Form::Nix if request.strict => value.print_pretty(),
        Form::Nix => Ok(value.to_string()),
    }
}

fn message(message: &nivose::Message) -> String {
    let kind = match message.kind {
        MessageKind::Trace => "trace",
        MessageKind::EvaluationWarning | MessageKind::Warning => "warning",
    };
    Object::new().text("kind", kind).text("text", &message.text).finish()
}

fn statistics(figures: &Statistics) -> String {
    let object = Object::new()
        .number("collections", figures.collections)
        .number("liveBytes", figures.live_bytes)
        .number("peakBytes", figures.peak_bytes);
    let Some(counts) = &figures.counts else { return object.finish() };
    object
        .number("instructions", counts.instructions)
        .number("functionCalls", counts.function_calls)
        .number("builtinCalls", counts.builtin_calls)
        .number("thunks", counts.thunks)
        .number("selections", counts.selections)
        .number("updates", counts.updates)
        .number("sets", counts.sets)
        .number("attributes", counts.attributes)
        .number("lists", counts.lists)
        .number("elements", counts.elements)
        .finish()
}

/// The events of a trace, as far as there is room for them.
#[derive(Default)]
struct Events {
    lines: Vec<String>,
    bytes: usize,
    incomplete: bool,
}

fn traced(request: &Request, evaluation: &Evaluation, most: usize) -> Result<String, Diagnostic> {
    let events = Arc::new(Mutex::new(Events::default()));
    let (sink, control) = (events.clone(), evaluation.control());
    let options = TraceOptions { json: true, ..TraceOptions::default() };
    evaluation.trace(options, move |line| {
        let mut events = sink.lock().unwrap_or_else(PoisonError::into_inner);
        if events.lines.len() < most && events.bytes + line.len() <= TRACE_BYTES {
            events.bytes += line.len();
            events.lines.push(line.to_owned());
        } else if !std::mem::replace(&mut events.incomplete, true) {
            // Nobody would see what comes of it.
            control.cancel();
        }
    })?;
    let object = outcome(request, evaluation);
    evaluation.stop_trace()?;
    let events = std::mem::take(&mut *events.lock().unwrap_or_else(PoisonError::into_inner));
    let complete = if events.incomplete { "false" } else { "true" };
    Ok(object.list("events", events.lines).json("complete", complete).finish())
}
