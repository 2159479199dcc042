//! Any bytes as a program, under limits: no panic, no internal error, and the same outcome at both levels and under
//! the stressed collector.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nivose::DiagnosticId;
use nivose::raw::{Evaluator, HeapConfig, Options, Origin, PrintOptions, Settings, StressMode};
use nivose::world::MemoryWorld;

/// The value as text, or the diagnostic.
fn outcome(text: &[u8], level: u8, stress: StressMode) -> Result<Vec<u8>, DiagnosticId> {
    // Collections at every safe point are slow: they get fewer steps.
    let budget = if stress == StressMode::On { 2_000 } else { 20_000 };
    let heap = HeapConfig { limit: 32 << 20, stress, ..HeapConfig::default() };
    let settings = Settings { max_call_depth: 300, ..Settings::default() };
    let world = MemoryWorld::new().with_file("/f.nix", "{ a = 1; }").with_file("/d/default.nix", "2");
    let mut evaluator =
        Evaluator::new(Options { heap, settings, level, ..Options::default() }, Box::new(world));
    evaluator.machine().control().set_budget(Some(budget));
    let result = evaluator
        .evaluate(Origin::String, text.to_vec(), b"/".to_vec())
        .and_then(|value| evaluator.force_deep(value))
        .and_then(|value| evaluator.print(value, PrintOptions::INSTANTIATE));
    result.map_err(|error| error.id())
}

/// Whether how far an evaluation came depends on the way it was made.
fn is_limit(outcome: &Result<Vec<u8>, DiagnosticId>) -> bool {
    matches!(outcome, Err(id) if id.is_interruption() || *id == DiagnosticId::OutOfMemory || *id == DiagnosticId::StackOverflow)
}

fuzz_target!(|text: &[u8]| {
    let first = outcome(text, 1, StressMode::Off);
    assert!(first != Err(DiagnosticId::Internal), "an internal error");
    for other in [outcome(text, 0, StressMode::Off), outcome(text, 1, StressMode::On)] {
        if !is_limit(&first) && !is_limit(&other) {
            assert_eq!(first, other);
        }
    }
});
