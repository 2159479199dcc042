//! The limit of time: a thread that ends an operation which takes longer.
//!
//! Most operations are over long before. So the thread is not started and woken for each: it sleeps until the moment at which
//! the operation that it was started for would be too long, sees by then how long the present one may take, and ends if there
//! is none.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nivose_base::DiagnosticId;
use nivose_machine::Control;

use crate::diagnostic::{Diagnostic, Result};

/// Watches over the operations of an evaluation, of which there is one at a time.
pub(crate) struct Watch {
    limit: Duration,
    shared: Arc<Shared>,
}

struct Shared {
    control: Control,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// When the present operation has taken too long.
    deadline: Option<Instant>,
    /// Whether the thread runs.
    has_thread: bool,
    /// Whether the evaluation is gone.
    is_over: bool,
}

/// An operation that is watched until this is dropped.
pub(crate) struct Watched<'a>(&'a Watch);

impl Watch {
    pub fn new(control: Control, limit: Duration) -> Self {
        Watch {
            limit,
            shared: Arc::new(Shared { control, state: Mutex::default(), changed: Condvar::new() }),
        }
    }

    /// Ends what the evaluation does when it is watched for longer than the limit.
    pub fn begin(&self) -> Result<Watched<'_>> {
        let mut state = self.shared.state();
        if !state.has_thread {
            let (shared, limit) = (self.shared.clone(), self.limit);
            let thread = std::thread::Builder::new().name("nivose-watch".into());
            thread.spawn(move || shared.watch(limit)).map_err(|reason| {
                Diagnostic::new(DiagnosticId::NotAvailable, format!("a time limit needs a thread: {reason}"))
            })?;
            state.has_thread = true;
        }
        // A limit beyond what the clock can tell is none.
        state.deadline = Instant::now().checked_add(self.limit);
        Ok(Watched(self))
    }
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        self.0.shared.state().deadline = None;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.state().is_over = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // The state is whole after every statement.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the thread does.
    fn watch(&self, limit: Duration) {
        let mut state = self.state();
        while !state.is_over
            && let Some(deadline) = state.deadline
        {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                self.control.expire(format!("{limit:?}"));
                state.deadline = None;
            } else {
                let waited = self.changed.wait_timeout(state, left);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
        }
        state.has_thread = false;
    }
}
