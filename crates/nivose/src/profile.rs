//! Observers that C++ Nix has under other names: the lines of `--trace-function-calls`, the counts of `NIX_COUNT_CALLS`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use nivose_base::json_text::json_string;
use nivose_base::{Pos, Symbol};
use nivose_bytecode::decode::Operand;
use nivose_bytecode::instruction::Instruction;
use nivose_machine::Shared;
use nivose_machine::observe::{Event, Executing, Observer, Way};

use crate::trace::name_of;

/// Takes the lines, without line ends.
type Sink = Box<dyn FnMut(&str) + Send>;

/// Tells when functions are entered and left: `function-trace entered PLACE at NANOSECONDS`.
pub struct FunctionTrace {
    sink: Sink,
    /// Tells the time, in nanoseconds.
    clock: Box<dyn FnMut() -> u128 + Send>,
    /// The calls that are open: the depth of each, and its place.
    open: Vec<(usize, Pos)>,
}

impl FunctionTrace {
    /// A trace to `sink`, with the times of `clock`.
    pub fn new(
        clock: impl FnMut() -> u128 + Send + 'static,
        sink: impl FnMut(&str) + Send + 'static,
    ) -> Self {
        FunctionTrace { sink: Box::new(sink), clock: Box::new(clock), open: Vec::new() }
    }

    fn tell(&mut self, shared: &Shared, what: &str, site: Pos) {
        let place = if site.is_some() { shared.describe(site) } else { String::from("undefined position") };
        let line = format!("function-trace {what} {place} at {}", (self.clock)());
        (self.sink)(&line);
    }

    /// Leaves the calls that are at least as deep.
    fn leave_from(&mut self, shared: &Shared, depth: usize) {
        while let Some(&(open, site)) = self.open.last()
            && open >= depth
        {
            self.open.pop();
            self.tell(shared, "exited", site);
        }
    }
}

impl Observer for FunctionTrace {
    fn observe(&mut self, shared: &Shared, event: &Event<'_>) {
        match *event {
            Event::Enter { depth, way: Way::Call | Way::TailCall, site, .. } => {
                self.open.push((depth, site));
                self.tell(shared, "entered", site);
            }
            Event::Builtin { depth, site, .. } => {
                self.open.push((depth + 1, site));
                self.tell(shared, "entered", site);
            }
            Event::Leave { depth, .. } => self.leave_from(shared, depth),
            // Whatever was called from here is over.
            Event::Instruction(Executing { depth, .. }) => self.leave_from(shared, depth + 1),
            Event::Enter { .. } => {}
        }
    }
}

/// Several observers as one.
#[derive(Default)]
pub struct Observers(pub Vec<Box<dyn Observer>>);

impl Observer for Observers {
    fn observe(&mut self, shared: &Shared, event: &Event<'_>) {
        self.0.iter_mut().for_each(|observer| observer.observe(shared, event));
    }
}

/// Counts that somebody else reads when the evaluation is over.
#[derive(Clone, Debug, Default)]
pub struct SharedCounts(Arc<Mutex<CallCounts>>);

impl SharedCounts {
    /// The counts, see [`CallCounts::json`].
    pub fn json(&self, shared: &Shared) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).json(shared)
    }
}

impl Observer for SharedCounts {
    fn observe(&mut self, shared: &Shared, event: &Event<'_>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).observe(shared, event);
    }
}

/// Counts calls of functions and builtins, and selections of attributes.
#[derive(Debug, Default)]
pub struct CallCounts {
    builtins: BTreeMap<&'static str, u64>,
    /// By the place of the function.
    functions: BTreeMap<u32, (Option<String>, u64)>,
    /// By the place of the attribute.
    attributes: BTreeMap<u32, u64>,
}

impl CallCounts {
    /// The counts as members of a JSON object: `"primops": …, "functions": …, "attributes": …`, the most frequent first.
    pub fn json(&self, shared: &Shared) -> String {
        let mut out = String::from("\"primops\": {");
        for (index, (name, count)) in
            sorted(self.builtins.iter().map(|(&name, &count)| (name, count))).into_iter().enumerate()
        {
            out += &format!("{}\"{name}\": {count}", separator(index));
        }
        out.push_str("}, \"functions\": [");
        let functions = self.functions.iter().map(|(&pos, (name, count))| ((pos, name), *count));
        for (index, ((pos, name), count)) in sorted(functions).into_iter().enumerate() {
            out.push_str(separator(index));
            out.push_str("{\"name\": ");
            match name {
                Some(name) => json_string(&mut out, name),
                None => out.push_str("null"),
            }
            out += &format!("{}, \"count\": {count}}}", place(shared, pos));
        }
        out.push_str("], \"attributes\": [");
        for (index, (pos, count)) in
            sorted(self.attributes.iter().map(|(&pos, &count)| (pos, count))).into_iter().enumerate()
        {
            let place = place(shared, pos);
            let place = place.trim_start_matches(", ");
            let comma = if place.is_empty() { "" } else { ", " };
            out += &format!("{}{{{place}{comma}\"count\": {count}}}", separator(index));
        }
        out.push(']');
        out
    }

    fn select(&mut self, shared: &Shared, executing: &Executing<'_>) {
        let Executing { ref decoded, stack, code, .. } = *executing;
        let (set, name) = match (decoded.instruction, decoded.operands[0], stack) {
            (Instruction::AttrsSelect | Instruction::AttrsTrySelect, _, [.., set, name]) => {
                (set, name.as_name())
            }
            (
                Instruction::Select | Instruction::SelectOrJump | Instruction::SelectOrJumpWide,
                Operand::Constant(index),
                [.., set],
            ) => (set, constant_name(shared, code, index)),
            _ => return,
        };
        let Some(pos) = set.resolved().as_attrs().zip(name).and_then(|(set, name)| set.position_of(name))
        else {
            return;
        };
        *self.attributes.entry(pos.0).or_default() += 1;
    }
}

fn constant_name(shared: &Shared, code: u32, index: u32) -> Option<Symbol> {
    match shared.codes.chunk(code)?.constants.get(index as usize)? {
        nivose_bytecode::Constant::Name(name) => Some(*name),
        _ => None,
    }
}

/// The most frequent first; equally frequent ones in their own order.
fn sorted<K>(counts: impl Iterator<Item = (K, u64)>) -> Vec<(K, u64)> {
    let mut counts: Vec<_> = counts.collect();
    counts.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    counts
}

fn separator(index: usize) -> &'static str {
    if index == 0 { "" } else { ", " }
}

/// `, "file": …, "line": …, "column": …`, or nothing for an unknown place.
fn place(shared: &Shared, pos: u32) -> String {
    let Some((source, at)) = shared.sources.resolve(Pos(pos)) else { return String::new() };
    let mut out = String::from(", \"file\": ");
    json_string(&mut out, &String::from_utf8_lossy(&nivose_base::render::source_name(&source.origin)));
    out + &format!(", \"line\": {}, \"column\": {}", at.line, at.column)
}

impl Observer for CallCounts {
    fn observe(&mut self, shared: &Shared, event: &Event<'_>) {
        match event {
            Event::Enter { code, way: Way::Call | Way::TailCall, .. } => {
                let last = shared.codes.lambda(*code).and_then(|info| info.parameters.last());
                let pos = last.map_or(Pos::NONE, |last| shared.codes.pos(*code, last.offset));
                let name = || name_of(shared, *code);
                self.functions.entry(pos.0).or_insert_with(|| (name(), 0)).1 += 1;
            }
            Event::Builtin { number, .. } => {
                let name = shared.builtins.get(*number).map_or("", |spec| spec.name);
                *self.builtins.entry(name).or_default() += 1;
            }
            Event::Instruction(executing) if !executing.again => self.select(shared, executing),
            _ => {}
        }
    }
}
