//! The observer behind `eval-profiler = flamegraph`: samples of the stack of calls, folded as tools for flame graphs
//! read them, `FRAME;FRAME;… COUNT` a line. A frame is the place of the call and the name of what is called.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nivose_base::{Pos, Symbol};
use nivose_machine::Shared;
use nivose_machine::observe::{Event, Executing, Observer, Way};

/// Frames of a stack that are kept, from the outermost: deeper recursion shows nothing new.
const MAX_FRAMES: usize = 5000;

/// Tells the time since some moment.
type Clock = Box<dyn FnMut() -> Duration + Send>;

/// Samples that somebody else reads when the evaluation is over.
#[derive(Clone)]
pub struct FlameGraph(Arc<Mutex<Sampler>>);

impl FlameGraph {
    /// Takes a sample at the first call after each `interval` of `clock`.
    pub fn new(interval: Duration, clock: impl FnMut() -> Duration + Send + 'static) -> Self {
        FlameGraph(Arc::new(Mutex::new(Sampler {
            clock: Box::new(clock),
            interval,
            next: Duration::ZERO,
            open: Vec::new(),
            samples: BTreeMap::new(),
        })))
    }

    /// The folded stacks, sorted.
    pub fn folded(&self, shared: &Shared) -> String {
        let sampler = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let line = |(stack, count): (&Vec<Frame>, &u64)| {
            let frames: Vec<String> = stack.iter().map(|frame| frame.text(shared)).collect();
            format!("{} {count}\n", frames.join(";"))
        };
        let mut lines: Vec<String> = sampler.samples.iter().map(line).collect();
        lines.sort_unstable();
        lines.concat()
    }
}

impl Observer for FlameGraph {
    fn observe(&mut self, shared: &Shared, event: &Event<'_>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).observe(shared, event);
    }
}

/// A call: where it is, and what is called.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Frame {
    site: u32,
    callee: Callee,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Callee {
    Anonymous,
    Function(Symbol),
    Builtin(&'static str),
}

impl Frame {
    fn text(self, shared: &Shared) -> String {
        let site = Pos(self.site);
        let place = if site.is_some() { shared.describe(site) } else { String::from("«none»") };
        match self.callee {
            Callee::Anonymous => place,
            Callee::Function(name) => format!("{place}:{}", shared.symbols.text(name)),
            Callee::Builtin(name) => format!("{place}:primop {name}"),
        }
    }
}

struct Sampler {
    clock: Clock,
    interval: Duration,
    /// When the next sample is due.
    next: Duration,
    /// The calls that are open: the depth of each.
    open: Vec<(usize, Frame)>,
    samples: BTreeMap<Vec<Frame>, u64>,
}

impl Sampler {
    fn observe(&mut self, shared: &Shared, event: &Event<'_>) {
        match *event {
            Event::Enter { depth, code, way: Way::Call | Way::TailCall, site } => {
                let info = shared.codes.lambda(code);
                let name = info.and_then(|info| info.parameters.last()?.function_name);
                self.enter(depth, site, name.map_or(Callee::Anonymous, Callee::Function));
            }
            Event::Builtin { depth, number, site } => {
                let name = shared.builtins.get(number).map_or("", |spec| spec.name);
                self.enter(depth + 1, site, Callee::Builtin(name));
            }
            Event::Leave { depth, .. } => self.leave_from(depth),
            // Whatever was called from here is over.
            Event::Instruction(Executing { depth, .. }) => self.leave_from(depth + 1),
            Event::Enter { .. } => {}
        }
    }

    fn enter(&mut self, depth: usize, site: Pos, callee: Callee) {
        self.open.push((depth, Frame { site: site.0, callee }));
        let now = (self.clock)();
        if now >= self.next {
            self.next = now + self.interval;
            let stack = self.open.iter().take(MAX_FRAMES).map(|&(_, frame)| frame).collect();
            *self.samples.entry(stack).or_default() += 1;
        }
    }

    /// Leaves the calls that are at least as deep.
    fn leave_from(&mut self, depth: usize) {
        while self.open.last().is_some_and(|&(open, _)| open >= depth) {
            self.open.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use nivose_base::Origin;
    use nivose_world::MemoryWorld;

    use super::*;
    use crate::evaluator::{Evaluator, Options};

    #[test]
    fn stacks_are_folded() {
        let mut evaluator = Evaluator::new(Options::default(), Box::new(MemoryWorld::new()));
        let mut time = Duration::ZERO;
        let clock = move || {
            time += Duration::from_secs(1);
            time
        };
        let graph = FlameGraph::new(Duration::from_secs(1), clock);
        evaluator.machine().set_observer(Box::new(graph.clone()));
        let text = "let f = x: g x + 1; g = x: builtins.length [ x ]; in [ (f 1) (f 2) ]";
        let value = evaluator.evaluate(Origin::String, text.into(), b"/".to_vec()).expect("a value");
        evaluator.force_deep(value).expect("numbers");
        let expected = "«string»:1:57:f 1
«string»:1:57:f;«string»:1:12:g 1
«string»:1:57:f;«string»:1:12:g;«string»:1:28:primop length 1
«string»:1:63:f 1
«string»:1:63:f;«string»:1:12:g 1
«string»:1:63:f;«string»:1:12:g;«string»:1:28:primop length 1
";
        assert_eq!(graph.folded(&evaluator.machine().shared), expected);
    }
}
