//! `eval-profiler = flamegraph`: samples of the stack of calls, written to a file at the end.

use std::time::{Duration, Instant};

use nivose::raw::FlameGraph;

use crate::configuration::Profile;
use crate::session::Session;

/// Who takes the samples, if they are wanted.
pub fn sampler(profile: &Profile) -> Option<FlameGraph> {
    let start = Instant::now();
    let interval = Duration::from_secs(1).checked_div(u32::try_from(profile.frequency).unwrap_or(u32::MAX));
    profile.is_wanted.then(|| FlameGraph::new(interval.unwrap_or_default(), move || start.elapsed()))
}

/// Writes what was sampled.
pub fn write(session: &mut Session) {
    let Some(graph) = session.graph.take() else { return };
    let text = graph.folded(&session.evaluator.machine().shared);
    let file = &session.configuration.profile.file;
    if let Err(error) = std::fs::write(file, text) {
        let message = format!("cannot write the profile to '{file}': {error}");
        session.configuration.messages.warn(&message);
    }
}
