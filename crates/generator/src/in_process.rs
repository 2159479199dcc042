//! Evaluation of a program by the library, in a world that lives in memory.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use nivose::DiagnosticId;
use nivose::raw::{Error, Evaluator, HeapConfig, Options, Origin, PrintOptions, Settings, StressMode};

use crate::fixture::{FOLDER, world};
use crate::outcome::{Class, Outcome};

/// More than any generated program needs.
const MEMORY: usize = 512 << 20;

/// Deeper than any generated program needs, unless it never ends.
const DEPTH: u32 = 3000;

/// How a program is evaluated.
#[derive(Clone, Copy)]
pub(crate) struct Way {
    pub(crate) level: u8,
    pub(crate) stress: StressMode,
}

/// What comes of a program. `watch` is given the flag that interrupts it.
pub(crate) fn run(
    text: &str,
    way: Way,
    folder: Option<&str>,
    watch: &mut dyn FnMut(Arc<AtomicBool>),
) -> Outcome {
    let folder = folder.unwrap_or(FOLDER);
    let world = world(folder);
    let emitted = world.emitted();
    let mut evaluator = Evaluator::new(options(way), Box::new(world));
    watch(evaluator.machine().interrupter());
    let result = evaluate(&mut evaluator, text, folder.into());
    let traces = emitted.take().iter().map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    match result {
        Ok(text) => Outcome { class: Class::Value, diagnostic: None, text, place: String::new(), traces },
        Err((error, parsed)) => Outcome {
            class: class(&error, parsed),
            diagnostic: Some(error.id().slug()),
            text: error.text().into_owned(),
            place: evaluator.machine().shared.describe(error.pos()),
            traces,
        },
    }
}

fn options(way: Way) -> Options {
    let heap = HeapConfig { limit: MEMORY, stress: way.stress, ..HeapConfig::default() };
    let settings = Settings { max_call_depth: DEPTH, ..Settings::default() };
    Options { heap, settings, level: way.level, ..Options::default() }
}

/// The value as text; or the error, and whether the text was read before it arose.
fn evaluate(evaluator: &mut Evaluator, text: &str, folder: Vec<u8>) -> Result<String, (Error, bool)> {
    let thunk = evaluator.suspend(Origin::String, text.into(), folder).map_err(|error| (error, false))?;
    let value = evaluator.force_deep(thunk).map_err(|error| (error, true))?;
    let printed = evaluator.print(value, PrintOptions::INSTANTIATE).map_err(|error| (error, true))?;
    Ok(String::from_utf8_lossy(&printed).into_owned())
}

fn class(error: &Error, parsed: bool) -> Class {
    match error.id() {
        DiagnosticId::Internal => Class::Internal,
        DiagnosticId::OutOfMemory | DiagnosticId::Interrupted | DiagnosticId::StackOverflow => {
            Class::Resources
        }
        _ if !parsed => Class::Parse,
        id if id.is_catchable() => Class::Caught,
        _ => Class::Uncaught,
    }
}
