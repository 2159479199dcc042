//! The error value: one word that carries a diagnostic, where it arose and how it was reached.
//!
//! Rendering belongs to whoever shows it.

use std::sync::Arc;

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
    /// Whether it is shown even in a shortened trace.
    pub always: bool,
}

#[derive(Debug)]
struct TraceNode {
    frame: TraceFrame,
    depth: u32,
    inner: Option<Arc<TraceNode>>,
}

impl Drop for TraceNode {
    /// Lets a long trace go without nesting on the native stack.
    fn drop(&mut self) {
        let mut next = self.inner.take();
        while let Some(node) = next {
            match Arc::try_unwrap(node) {
                Ok(mut node) => next = node.inner.take(),
                Err(_) => break,
            }
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
        let depth = self.0.trace.as_ref().map_or(0, |node| node.depth) + 1;
        if depth <= MAX_TRACE {
            let inner = self.0.trace.take();
            self.0.trace = Some(Arc::new(TraceNode { frame, depth, inner }));
        }
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

    /// The trace, outermost step first.
    pub fn trace(&self) -> impl Iterator<Item = &TraceFrame> {
        let mut next = self.0.trace.as_deref();
        std::iter::from_fn(move || {
            let node = next?;
            next = node.inner.as_deref();
            Some(&node.frame)
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
            error.push_trace(TraceFrame { message: Vec::new(), pos: Pos(i), always: false });
        }
        assert_eq!(error.trace().count(), MAX_TRACE as usize);
        assert_eq!(error.trace().last().map(|f| f.pos), Some(Pos(0)));
    }
}
