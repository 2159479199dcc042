//! Figures of an evaluation, as `NIX_SHOW_STATS` asks for them: one JSON object with C++ Nix's
//! names where they mean the same, and our own under `nivose`.

use std::io::{self, Write};
use std::time::Duration;

use nivose::Evaluator;

use crate::configuration::variable;

/// Writes the figures to where `NIX_SHOW_STATS_PATH` says, or to standard error, if they are wanted.
pub fn show(evaluator: &mut Evaluator, elapsed: Duration) {
    if !variable("NIX_SHOW_STATS").is_some_and(|value| !matches!(value.as_str(), "" | "0")) {
        return;
    }
    let text = figures(evaluator, elapsed);
    let written = match variable("NIX_SHOW_STATS_PATH").filter(|path| !path.is_empty() && path != "-") {
        Some(path) => std::fs::write(path, text),
        None => io::stderr().write_all(text.as_bytes()),
    };
    if let Err(error) = written {
        crate::report::show_warnings(&[format!("cannot write statistics: {error}")]);
    }
}

fn figures(evaluator: &mut Evaluator, elapsed: Duration) -> String {
    let cpu = processor_time().unwrap_or(elapsed).as_secs_f64();
    let shared = &evaluator.machine().shared;
    let (counts, heap) = (shared.statistics, shared.heap.statistics());
    let symbols = shared.symbols.len();
    format!(
        r#"{{
  "cpuTime": {cpu:.6},
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
