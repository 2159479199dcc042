//! Figures of an evaluation, as `NIX_SHOW_STATS` asks for them: one JSON object with C++ Nix's
//! names where they mean the same, and our own under `nivose`.

use std::io::{self, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nivose::Evaluator;
use nivose::raw::{FlameGraph, FunctionTrace, Observers, SharedCounts};

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
    let counts = (is_set("NIX_COUNT_CALLS") && is_set("NIX_SHOW_STATS")).then(SharedCounts::default);
    let mut observers = Observers::default();
    if let Some(counts) = &counts {
        observers.0.push(Box::new(counts.clone()));
    }
    if configuration.traces_function_calls {
        // A clock before 1970 is no reason to fail.
        let clock = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        // A closed standard error leaves nobody to tell.
        let sink = |line: &str| drop(writeln!(io::stderr(), "{line}"));
        observers.0.push(Box::new(FunctionTrace::new(clock, sink)));
    }
    if let Some(graph) = graph {
        observers.0.push(Box::new(graph.clone()));
    }
    if !observers.0.is_empty() {
        evaluator.machine().set_observer(Box::new(observers));
    }
    counts
}

fn figures(session: &mut Session, elapsed: Duration) -> String {
    let cpu = processor_time().unwrap_or(elapsed).as_secs_f64();
    let shared = &session.evaluator.machine().shared;
    let calls =
        session.counts.as_ref().map_or(String::new(), |counts| format!("  {},\n", counts.json(shared)));
    let (counts, heap) = (shared.statistics, shared.heap.statistics());
    let symbols = shared.symbols.len();
    format!(
        r#"{{
{calls}  "cpuTime": {cpu:.6},
  "gc": {{
    "cycles": {},
    "heapSize": {},
    "totalBytes": {}
  }},
  "nivose": {{
    "liveBytes": {},
    "minorCollections": {},
    "wallTime": {:.6}
  }},
  "nrFunctionCalls": {},
  "nrOpUpdateValuesCopied": {},
  "nrOpUpdates": {},
  "nrPrimOpCalls": {},
  "symbols": {{
    "number": {symbols}
  }},
  "time": {{
    "cpu": {cpu:.6}
  }}
}}
"#,
        heap.collections,
        heap.peak_bytes,
        heap.allocated_bytes,
        heap.live_bytes,
        heap.minor_collections,
        elapsed.as_secs_f64(),
        counts.function_calls,
        counts.update_values_copied,
        counts.updates,
        counts.builtin_calls,
    )
}

/// Processor time of the main thread so far, where the system tells it.
fn processor_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}
