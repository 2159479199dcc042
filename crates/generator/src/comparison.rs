//! Two evaluations of one program that must agree.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nivose::DiagnosticId;
use nivose::raw::StressMode;

use crate::differences::{Both, explain};
use crate::generate::Profile;
use crate::in_process::{Way, run};
use crate::nix::Nix;
use crate::node::{Dialect, Node};
use crate::outcome::{Class, Outcome};

/// Longer than nearly all generated programs take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a comparison says if an evaluation was ended because it took too long: nothing can be told then.
const SLOW: &str = "slow";

/// What is compared.
pub enum Comparison {
    /// Level 0 and the default level.
    Levels(Watchdog),
    /// A collector that never runs, and one that runs at every safe point.
    Collectors(Watchdog),
    /// This evaluator and the C++ Nix 2.8 that is installed.
    Nix(Watchdog, Nix),
}

/// What a comparison says of a program.
pub enum Verdict {
    /// Both evaluations agree; how they ended.
    Same(Class),
    /// They differ, for the reason of this name in the list of known differences, or "slow".
    Known(&'static str),
    /// They differ.
    Different(Box<(Outcome, Outcome)>),
}

const DEFAULT: Way = Way { level: 1, stress: StressMode::Off };

impl Comparison {
    /// A comparison by its name: `levels`, `collectors` or `nix`.
    ///
    /// # Errors
    /// A name that is none, or no C++ Nix.
    pub fn named(name: &str) -> Result<Self, String> {
        match name {
            "levels" => Ok(Comparison::Levels(Watchdog::new())),
            "collectors" => Ok(Comparison::Collectors(Watchdog::new())),
            "nix" => Ok(Comparison::Nix(Watchdog::new(), Nix::new()?)),
            _ => Err(format!("there is no comparison '{name}'")),
        }
    }

    /// What programs for this comparison may use.
    pub fn profile(&self) -> Profile {
        match self {
            Comparison::Nix(..) => Profile::Nix28,
            _ => Profile::Full,
        }
    }

    /// How many programs are best compared at once.
    pub fn batch(&self) -> usize {
        if matches!(self, Comparison::Nix(..)) { 40 } else { 1 }
    }

    /// Compares the evaluations of a program.
    pub fn check(&self, program: &Node) -> Verdict {
        self.check_all(std::slice::from_ref(program)).pop().unwrap_or(Verdict::Known("nothing to compare"))
    }

    /// Compares the evaluations of programs.
    pub fn check_all(&self, programs: &[Node]) -> Vec<Verdict> {
        let texts: Vec<String> = programs.iter().map(|program| program.print(Dialect::Current)).collect();
        match self {
            Comparison::Levels(dog) => texts.iter().map(|text| levels(dog, text)).collect(),
            Comparison::Collectors(dog) => texts.iter().map(|text| collectors(dog, text)).collect(),
            Comparison::Nix(dog, nix) => {
                let theirs = nix.run_all(&texts);
                let run = |text: &str| dog.run(text, DEFAULT, Some(nix.folder()));
                let both = Both { run: &run, nix };
                let pairs = texts.iter().zip(theirs).zip(programs);
                pairs.map(|((text, theirs), program)| explain(run(text), theirs, program, &both)).collect()
            }
        }
    }
}

fn levels(dog: &Watchdog, text: &str) -> Verdict {
    // Places differ: level 0 has instructions of its own for some forms, with places of their own.
    // What messages show of functions that were never called differs too: COMPATIBILITY.md.
    let run = |way| {
        let outcome = dog.run(text, way, None);
        let traces = outcome.traces.iter().map(|trace| without_functions(trace)).collect();
        let text =
            if outcome.class == Class::Value { outcome.text } else { without_functions(&outcome.text) };
        Outcome { place: String::new(), text, traces, ..outcome }
    };
    judge(run(Way { level: 0, ..DEFAULT }), run(DEFAULT))
}

/// A text in which functions look like what is not evaluated.
fn without_functions(text: &str) -> String {
    const LAMBDA: &str = "«lambda";
    let (mut plain, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(LAMBDA) {
        plain.push_str(&rest[..at]);
        plain.push_str("«thunk»");
        // The name of the source has marks of its own.
        let mut depth = 0;
        let end = rest[at..].char_indices().find(|(_, c)| {
            depth += i32::from(*c == '«') - i32::from(*c == '»');
            depth == 0
        });
        rest = end.map_or("", |(length, mark)| &rest[at + length + mark.len_utf8()..]);
    }
    plain + rest
}

fn collectors(dog: &Watchdog, text: &str) -> Verdict {
    let run = |stress| dog.run(text, Way { stress, ..DEFAULT }, None);
    judge(run(StressMode::Never), run(StressMode::On))
}

/// Both are ours: everything must be the same, and no mistake of the evaluator counts as agreement.
fn judge(left: Outcome, right: Outcome) -> Verdict {
    let was_ended = |outcome: &Outcome| outcome.diagnostic == Some(DiagnosticId::Interrupted.slug());
    if was_ended(&left) != was_ended(&right) {
        return Verdict::Known(SLOW);
    }
    let both = left.class;
    let depth = both == Class::Resources && right.class == Class::Resources;
    if (left == right || depth) && both != Class::Internal {
        return Verdict::Same(both);
    }
    Verdict::Different(Box::new((left, right)))
}

/// Interrupts evaluations that take too long.
pub struct Watchdog(Arc<Mutex<Watched>>);

/// Since when an evaluation runs, and the flag that interrupts it.
type Watched = Option<(Instant, Arc<AtomicBool>)>;

impl Watchdog {
    fn new() -> Self {
        let current: Arc<Mutex<Watched>> = Arc::default();
        let watched = Arc::downgrade(&current);
        std::thread::spawn(move || {
            while let Some(current) = watched.upgrade() {
                if let Some((begun, flag)) = &*current.lock().unwrap_or_else(PoisonError::into_inner)
                    && begun.elapsed() > PATIENCE
                {
                    flag.store(true, Ordering::Relaxed);
                }
                drop(current);
                std::thread::sleep(Duration::from_millis(100));
            }
        });
        Watchdog(current)
    }

    fn run(&self, text: &str, way: Way, folder: Option<&str>) -> Outcome {
        let set = |value| *self.0.lock().unwrap_or_else(PoisonError::into_inner) = value;
        let outcome = run(text, way, folder, &mut |flag| set(Some((Instant::now(), flag))));
        set(None);
        outcome
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn functions_are_seen_through() {
        let plain = super::without_functions("[ 1 «lambda f @ «string»:1:2» «lambda» ] é");
        assert_eq!(plain, "[ 1 «thunk» «thunk» ] é");
    }
}
