//! What an evaluation says while it runs (`trace`, `warn`), as data.

use std::sync::{Arc, Mutex, PoisonError};

use nivose_world::{World, WorldLayer};

/// What sort of message it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MessageKind {
    /// Of `builtins.trace` or `builtins.traceVerbose`.
    Trace,
    /// Of `builtins.warn`, or a warning of the evaluator.
    Warning,
    /// Anything else.
    Other,
}

/// What an evaluation says while it runs.
///
/// ```
/// use nivose::{Engine, MessageKind};
/// let evaluation = Engine::new().start();
/// evaluation.evaluate("builtins.warn \"old\" (builtins.trace 1 2)")?;
/// let messages = evaluation.take_messages();
/// assert_eq!((messages[0].kind, messages[0].text.as_str()), (MessageKind::Warning, "old"));
/// assert_eq!((messages[1].kind, messages[1].text.as_str()), (MessageKind::Trace, "1"));
/// # Ok::<(), nivose::Diagnostic>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// What sort of message it is.
    pub kind: MessageKind,
    /// The text, without what says its kind.
    pub text: String,
}

impl Message {
    fn of(line: &[u8]) -> Self {
        let kinds: [(&[u8], MessageKind); 3] = [
            (b"trace: ", MessageKind::Trace),
            (b"evaluation warning: ", MessageKind::Warning),
            (b"warning: ", MessageKind::Warning),
        ];
        let found = kinds.iter().find_map(|(prefix, kind)| Some((*kind, line.strip_prefix(*prefix)?)));
        let (kind, text) = found.unwrap_or((MessageKind::Other, line));
        Message { kind, text: String::from_utf8_lossy(text).into_owned() }
    }
}

/// Whoever is told of messages as they come.
pub(crate) type Listener = Arc<dyn Fn(&Message) + Send + Sync>;

/// The messages that nobody took yet.
#[derive(Clone, Default)]
pub(crate) struct Messages(Arc<Mutex<Vec<Message>>>);

impl Messages {
    pub fn take(&self) -> Vec<Message> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn push(&self, message: Message) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(message);
    }
}

/// A world whose messages go to the listener, or are kept if there is none.
pub(crate) struct Recording {
    pub inner: Box<dyn World>,
    pub messages: Messages,
    pub listener: Option<Listener>,
}

impl WorldLayer for Recording {
    type Inner = dyn World;
    const ANSWERS_FOR_FILES: bool = false;

    fn inner(&mut self) -> &mut (dyn World + 'static) {
        &mut *self.inner
    }

    fn emit(&mut self, line: &[u8]) {
        let message = Message::of(line);
        match &self.listener {
            Some(listener) => listener(&message),
            None => self.messages.push(message),
        }
    }
}
