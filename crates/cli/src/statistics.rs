//! Figures of an evaluation, as `NIX_SHOW_STATS` asks for them: one JSON object with C++ Nix's
//! names where they mean the same, and our own under `nivose`.

use std::io::{self, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nivose::raw::{Evaluator, FlameGraph, FunctionTrace, Instruction, Observers, SharedCounts};

use crate::configuration::{Configuration, variable};
use crate::session::Session;

/// Writes the figures to where `NIX_SHOW_STATS_PATH` says, or to standard error, if they are wanted.
pub fn show(session: &mut Session, elapsed: Duration) {
    if !is_set("NIX_SHOW_STATS") {
        return;
    }
    let messages = session.configuration.messages;
    let text = figures(session, elapsed);
    let written = match variable("NIX_SHOW_STATS_PATH").filter(|path| !path.is_empty() && path != "-") {
        Some(path) => std::fs::write(path, text),
        None => io::stderr().write_all(text.as_bytes()),
    };
    if let Err(error) = written {
        messages.warn(&format!("cannot write statistics: {error}"));
    }
}

fn is_set(name: &str) -> bool {
    variable(name).is_some_and(|value| !matches!(value.as_str(), "" | "0"))
}

/// Observes what the settings and `NIX_COUNT_CALLS` ask for; gives the counts, to be shown with the figures.
pub fn observe(
    evaluator: &mut Evaluator,
    configuration: &Configuration,
    graph: Option<&FlameGraph>,
) -> Option<SharedCounts> {
    if is_set("NIX_SHOW_STATS") {
        evaluator.count(clock);
    }
    let counts = (is_set("NIX_COUNT_CALLS") && is_set("NIX_SHOW_STATS")).then(SharedCounts::default);
    let mut observers = Observers::default();
    if let Some(counts) = &counts {
        observers.0.push(Box::new(counts.clone()));
    }
    if configuration.traces_function_calls {
        // A closed standard error leaves nobody to tell.
        let sink = |line: &str| drop(writeln!(io::stderr(), "{line}"));
        observers.0.push(Box::new(FunctionTrace::new(|| clock().as_nanos(), sink)));
    }
    if let Some(graph) = graph {
        observers.0.push(Box::new(graph.clone()));
    }
    if !observers.0.is_empty() {
        evaluator.machine().set_observer(Box::new(observers));
    }
    counts
}

/// What C++ Nix counts, as far as there is something like it here. Where the machines differ:
///
/// - an environment is what a function or a suspended expression captured, or a `with` scope;
/// - a value is an object of the heap that is no list and no set: suspended expressions, functions, strings, paths, and
///   numbers that do not fit into a word;
/// - operators are no calls of builtins, and a function that takes several arguments at once is called once;
/// - thunks that were avoided are counted for operands of calls, lists and sets;
/// - sizes are those of what is empty; the bytes of sets include the names that they share.
fn figures(session: &mut Session, elapsed: Duration) -> String {
    let cpu = processor_time().unwrap_or(elapsed).as_secs_f64();
    let calls_by_place = session.counts.clone();
    let machine = session.evaluator.machine();
    let counts = machine.counts().cloned().unwrap_or_default();
    let shared = &machine.shared;
    let (made, collecting) = shared.heap.counted().unwrap_or_default();
    let (heap, sources) = (shared.heap.statistics(), shared.front_end.memory());
    let collecting = collecting.as_secs_f64();
    let fraction = if cpu > 0.0 { collecting / cpu } else { 0.0 };
    let calls = calls_by_place.map_or(String::new(), |counts| format!("  {},\n", counts.json(shared)));
    let concatenations = counts.executed(Instruction::Concat);
    format!(
        r#"{{
{calls}  "cpuTime": {cpu:.6},
  "envs": {},
  "gc": {{
    "cycles": {},
    "heapSize": {},
    "totalBytes": {}
  }},
  "list": {{
    "bytes": {},
    "concats": {concatenations},
    "elements": {}
  }},
  "nivose": {{
    "instructions": {},
    "liveBytes": {},
    "minorCollections": {},
    "treeBytes": {sources},
    "wallTime": {:.6}
  }},
  "nrAvoided": {},
  "nrExprs": {},
  "nrFunctionCalls": {},
  "nrLookups": {},
  "nrOpUpdateValuesCopied": {},
  "nrOpUpdates": {},
  "nrPrimOpCalls": {},
  "nrThunks": {},
  "sets": {},
  "sizes": {{
    "Attr": {WORD},
    "Bindings": {},
    "Env": {WORD},
    "Value": {WORD}
  }},
  "symbols": {{
    "bytes": {},
    "number": {}
  }},
  "time": {{
    "cpu": {cpu:.6},
    "gc": {collecting:.6},
    "gcFraction": {fraction:.6}
  }},
  "values": {{
    "bytes": {},
    "number": {}
  }}
}}
"#,
        made_json(made.environments.number, made.environments.elements, made.environments.bytes),
        heap.collections,
        heap.peak_bytes,
        heap.allocated_bytes,
        made.lists.bytes,
        made.lists.elements,
        counts.all_executed(),
        heap.live_bytes,
        heap.minor_collections,
        elapsed.as_secs_f64(),
        counts.avoided(),
        shared.front_end.expressions(),
        counts.function_calls,
        counts.selections(),
        counts.update_values_copied,
        counts.updates,
        counts.builtin_calls,
        made.thunks.number,
        made_json(made.sets.number, made.sets.elements, made.sets.bytes + made.shapes.bytes),
        2 * WORD,
        shared.symbols.memory(),
        shared.symbols.len(),
        made.thunks.bytes + made.others.bytes,
        made.thunks.number + made.others.number,
    )
}

/// Bytes of a word of the heap: of a value where it is held, and of the header of an object.
const WORD: usize = 8;

fn made_json(number: u64, elements: u64, bytes: u64) -> String {
    format!("{{\n    \"bytes\": {bytes},\n    \"elements\": {elements},\n    \"number\": {number}\n  }}")
}

/// The time since 1970; a clock before that is no reason to fail.
fn clock() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Processor time of the main thread so far, where the system tells it.
fn processor_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}
