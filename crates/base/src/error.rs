//! The error value: one word that carries a diagnostic, where it arose and how it was reached.
//!
//! Rendering belongs to whoever shows it.

use std::sync::Arc;

use crate::Map;
use crate::{DiagnosticId, Pos};

/// The result of anything that evaluates.
pub type Result<T> = std::result::Result<T, Error>;

/// Trace frames beyond this number (counted from the place of the error) are not kept.
const MAX_TRACE: u32 = 20_000;

/// An error: a diagnostic of the table with its place and trace. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    core: Arc<Core>,
    pos: Pos,
    trace: Option<Arc<TraceNode>>,
    notes: Vec<Note>,
}

/// Something about an error that its headline does not say, such as where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What there is to say.
    pub message: Vec<u8>,
    /// Where.
    pub pos: Pos,
    /// Whether the source there is shown.
    pub excerpt: bool,
}

#[derive(Debug)]
struct Core {
    id: DiagnosticId,
    message: Vec<u8>,
    suggestions: Vec<String>,
}

/// One step on the way from the place of the error to the top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceFrame {
    /// What was being done, such as "while evaluating the attribute 'a'".
    pub message: Vec<u8>,
    /// Where.
    pub pos: Pos,
    /// When it is shown.
    pub shown: Shown,
}

/// When a step of a trace is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shown {
    /// However short the trace is.
    Always,
    /// Among the first few.
    AmongFirst,
    /// Only in a full trace.
    InFull,
}

impl TraceFrame {
    /// A step that a short trace shows among the first few.
    pub fn new(message: impl Into<Vec<u8>>, pos: Pos) -> Self {
        TraceFrame { message: message.into(), pos, shown: Shown::AmongFirst }
    }

    /// A step that every trace shows.
    pub fn always(message: impl Into<Vec<u8>>, pos: Pos) -> Self {
        TraceFrame { shown: Shown::Always, ..TraceFrame::new(message, pos) }
    }

    /// A step that only a full trace shows.
    pub fn in_full(message: impl Into<Vec<u8>>, pos: Pos) -> Self {
        TraceFrame { shown: Shown::InFull, ..TraceFrame::new(message, pos) }
    }
}

/// A step that the machine notes in numbers of its own. It becomes frames only when the error leaves the machine: most
/// errors are caught before.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TraceNote {
    /// The code that was running.
    pub code: u32,
    /// Where in it.
    pub pc: u32,
    /// Whether the instruction there waits for an operand.
    pub again: bool,
    /// The builtin whose arguments the instruction there evaluates, if it is a call of one.
    pub builtin: Option<u32>,
    /// The code and the place that it was called from, if that is known.
    pub caller: Option<(u32, u32)>,
}

#[derive(Debug)]
enum TraceStep {
    Frame(TraceFrame),
    Note(TraceNote),
}

#[derive(Debug)]
struct TraceNode {
    step: TraceStep,
    depth: u32,
    inner: Option<Arc<TraceNode>>,
}

impl Drop for TraceNode {
    /// Lets a long trace go without nesting on the native stack.
    fn drop(&mut self) {
        let mut next = self.inner.take();
        while let Some(node) = next {
            // Not `try_unwrap`: of two threads that let go of it at once, one must take the rest apart.
            next = Arc::into_inner(node).and_then(|mut node| node.inner.take());
        }
    }
}

impl Error {
    /// An error whose headline is the diagnostic's, with its `{0}`, `{1}` … filled in.
    #[cold]
    pub fn new(id: DiagnosticId, arguments: &[&dyn AsRef<[u8]>]) -> Self {
        Self::with_message(id, fill(id.headline(), arguments))
    }

    /// An error with a headline of its own, such as the text of a `throw`.
    #[cold]
    pub fn with_message(id: DiagnosticId, message: impl Into<Vec<u8>>) -> Self {
        let core = Core { id, message: message.into(), suggestions: Vec::new() };
        let (pos, trace, notes) = (Pos::NONE, None, Vec::new());
        Error(Box::new(Inner { core: Arc::new(core), pos, trace, notes }))
    }

    /// Adds names that may have been meant ("Did you mean …?").
    pub fn suggest(mut self, suggestions: Vec<String>) -> Self {
        let Core { id, message, .. } = &*self.0.core;
        self.0.core = Arc::new(Core { id: *id, message: message.clone(), suggestions });
        self
    }

    /// Adds something that the headline does not say.
    #[cold]
    pub fn note(mut self, message: impl Into<Vec<u8>>, pos: Pos) -> Self {
        self.0.notes.push(Note { message: message.into(), pos, excerpt: true });
        self
    }

    /// The same, in one line: the source is not shown.
    #[cold]
    pub fn brief_note(mut self, message: impl Into<Vec<u8>>, pos: Pos) -> Self {
        self.0.notes.push(Note { message: message.into(), pos, excerpt: false });
        self
    }

    /// Says where the error arose, unless that is known already.
    pub fn at(mut self, pos: Pos) -> Self {
        if !self.0.pos.is_some() {
            self.0.pos = pos;
        }
        self
    }

    /// Adds the next outer step of the trace.
    pub fn push_trace(&mut self, frame: TraceFrame) {
        self.push_step(TraceStep::Frame(frame));
    }

    /// Notes the next outer step, to be explained later.
    pub fn push_note(&mut self, note: TraceNote) {
        self.push_step(TraceStep::Note(note));
    }

    fn push_step(&mut self, step: TraceStep) {
        let depth = self.0.trace.as_ref().map_or(0, |node| node.depth) + 1;
        if depth <= MAX_TRACE {
            let inner = self.0.trace.take();
            self.0.trace = Some(Arc::new(TraceNode { step, depth, inner }));
        }
    }

    /// The same error with frames in place of what was noted. `explain` gives those of one note, the innermost first; it is
    /// asked once for each of the notes that are the same, as those of a recursion are.
    #[must_use]
    pub fn explained(mut self, explain: impl Fn(TraceNote) -> Vec<TraceFrame>) -> Self {
        let trace = self.0.trace.take();
        let outer_first = std::iter::successors(trace.as_deref(), |node| node.inner.as_deref());
        let steps: Vec<&TraceStep> = outer_first.map(|node| &node.step).collect();
        let mut known: Map<TraceNote, Vec<TraceFrame>> = Map::default();
        for step in steps.into_iter().rev() {
            let frames = match step {
                TraceStep::Frame(frame) => std::slice::from_ref(frame),
                TraceStep::Note(note) => known.entry(*note).or_insert_with(|| explain(*note)),
            };
            frames.iter().for_each(|frame| self.push_trace(frame.clone()));
        }
        self
    }

    /// Whether the trace is not longer yet than anybody will read.
    pub fn wants_trace(&self) -> bool {
        self.0.trace.as_ref().is_none_or(|node| node.depth < MAX_TRACE)
    }

    /// The diagnostic.
    pub fn id(&self) -> DiagnosticId {
        self.0.core.id
    }

    /// The headline, any bytes.
    pub fn message(&self) -> &[u8] {
        &self.0.core.message
    }

    /// The headline for people.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self.message())
    }

    /// Where the error arose, if that is known.
    pub fn pos(&self) -> Pos {
        self.0.pos
    }

    /// Names that may have been meant.
    pub fn suggestions(&self) -> &[String] {
        &self.0.core.suggestions
    }

    /// What the headline does not say.
    pub fn notes(&self) -> &[Note] {
        &self.0.notes
    }

    /// Whether `tryEval` catches it.
    pub fn is_catchable(&self) -> bool {
        self.id().is_catchable()
    }

    /// The trace, outermost step first, without what was only noted.
    pub fn trace(&self) -> impl Iterator<Item = &TraceFrame> {
        let nodes = std::iter::successors(self.0.trace.as_deref(), |node| node.inner.as_deref());
        nodes.filter_map(|node| match &node.step {
            TraceStep::Frame(frame) => Some(frame),
            TraceStep::Note(_) => None,
        })
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text())
    }
}

impl std::error::Error for Error {}

/// Puts arguments in the places of `{0}`, `{1}` … of a headline.
fn fill(headline: &str, arguments: &[&dyn AsRef<[u8]>]) -> Vec<u8> {
    let mut out = Vec::with_capacity(headline.len() + 16);
    let bytes = headline.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        match bytes[i..] {
            [b'{', digit @ b'0'..=b'9', b'}', ..] => {
                if let Some(argument) = arguments.get((digit - b'0') as usize) {
                    out.extend_from_slice(argument.as_ref());
                }
                i += 3;
            }
            _ => {
                out.push(bytes[i]);
                i += 1;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_word() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
        assert_eq!(size_of::<Result<()>>(), size_of::<usize>());
    }

    #[test]
    fn headlines_are_filled() {
        let error = Error::new(DiagnosticId::UndefinedVariable, &[&"x"]);
        assert_eq!(error.text(), "undefined variable 'x'");
    }

    #[test]
    fn long_traces_are_cut_and_dropped_flat() {
        let mut error = Error::new(DiagnosticId::DivisionByZero, &[]);
        for i in 0..1_000_000u32 {
            error.push_trace(TraceFrame::new("", Pos(i)));
        }
        assert_eq!(error.trace().count(), MAX_TRACE as usize);
        assert_eq!(error.trace().last().map(|f| f.pos), Some(Pos(0)));
    }
}
