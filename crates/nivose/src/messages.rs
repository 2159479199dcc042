//! What an evaluation says while it runs (`trace`, `warn`), as data.

use std::sync::{Arc, Mutex, PoisonError};

use nivose_world::{MessageKind, World, WorldLayer};

/// What an evaluation says while it runs.
///
/// ```
/// use nivose::{Engine, MessageKind};
/// let evaluation = Engine::new().start();
/// evaluation.evaluate("builtins.warn \"old\" (builtins.trace 1 2)")?;
/// let messages = evaluation.take_messages();
/// assert_eq!((messages[0].kind, messages[0].text.as_str()), (MessageKind::EvaluationWarning, "old"));
/// assert_eq!((messages[1].kind, messages[1].text.as_str()), (MessageKind::Trace, "1"));
/// # Ok::<(), nivose::Diagnostic>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// What sort of message it is.
    pub kind: MessageKind,
    /// The text; [`MessageKind::line`] puts before it what C++ Nix prints.
    pub text: String,
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

    fn emit(&mut self, kind: MessageKind, text: &[u8]) {
        let message = Message { kind, text: String::from_utf8_lossy(text).into_owned() };
        match &self.listener {
            Some(listener) => listener(&message),
            None => self.messages.push(message),
        }
    }
}
