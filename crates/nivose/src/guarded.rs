//! What an evaluation and its values share: the evaluator behind a lock, and the values that were let go.
//!
//! Every public operation goes through [`Guarded::run`], which sets the limits, waits its turn, and turns errors into
//! diagnostics.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::thread::ThreadId;
use std::time::Duration;

use nivose_base::{DiagnosticId, Error};
use nivose_machine::{Control, Handle};

use crate::diagnostic::{Diagnostic, Result};
use crate::evaluator::Evaluator;
use crate::host::HostTable;
use crate::messages::Messages;
use crate::watch::Watch;

/// The limits of each operation.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Limits {
    pub steps: Option<u64>,
    pub time: Option<Duration>,
}

pub(crate) struct Guarded {
    evaluator: Mutex<Evaluator>,
    /// The thread that holds the lock: a builtin of the embedding program that asks for it again must not wait for itself.
    holder: Mutex<Option<ThreadId>>,
    /// The evaluation as others refer to it.
    own: OnceLock<Weak<Guarded>>,
    /// Handles whose values nobody needs any more.
    released: Mutex<Vec<Handle>>,
    pub control: Control,
    limits: Limits,
    /// Who sees to the limit of time.
    watch: Option<Watch>,
    pub messages: Messages,
}

impl Guarded {
    pub fn new(mut evaluator: Evaluator, limits: Limits, messages: Messages) -> Self {
        let control = evaluator.machine().control();
        Guarded {
            evaluator: Mutex::new(evaluator),
            holder: Mutex::default(),
            own: OnceLock::new(),
            released: Mutex::default(),
            watch: limits.time.map(|limit| Watch::new(control.clone(), limit)),
            control,
            limits,
            messages,
        }
    }

    /// Tells the builtins of the embedding program which evaluation it is.
    pub fn introduce(&self, own: Weak<Guarded>) {
        // Nobody else has it yet.
        if let Ok(mut turn) = self.turn() {
            HostTable::belongs_to(&mut turn.evaluator.machine().shared, own.clone());
        }
        self.own.get_or_init(|| own);
    }

    /// Lets go of a value, as soon as the evaluator is free.
    pub fn release(&self, handle: Handle) {
        ignore_poison(self.released.lock()).push(handle);
    }

    /// Does something with the evaluator, within the limits.
    pub fn run<T>(&self, work: impl FnOnce(&mut Evaluator) -> nivose_base::Result<T>) -> Result<T> {
        let mut turn = self.turn()?;
        if self.limits.steps.is_some() || self.limits.time.is_some() {
            self.control.set_budget(self.limits.steps);
        }
        let watched = self.watch.as_ref().map(Watch::begin).transpose()?;
        let result = work(&mut turn.evaluator);
        drop(watched);
        result.map_err(|error| turn.diagnostic(&error))
    }

    /// Looks at something without evaluating.
    pub fn look<T>(&self, look: impl FnOnce(&mut Evaluator) -> T) -> Result<T> {
        Ok(look(&mut self.turn()?.evaluator))
    }

    /// Waits until the evaluator is free.
    fn turn(&self) -> Result<Turn<'_>> {
        let own = std::thread::current().id();
        if *ignore_poison(self.holder.lock()) == Some(own) {
            return Err(Diagnostic::new(DiagnosticId::Busy, DiagnosticId::Busy.headline()));
        }
        let Ok(mut evaluator) = self.evaluator.lock() else {
            return Err(Diagnostic::new(DiagnosticId::Internal, "the evaluation was given up by a panic"));
        };
        *ignore_poison(self.holder.lock()) = Some(own);
        for handle in std::mem::take(&mut *ignore_poison(self.released.lock())) {
            evaluator.machine().release(handle);
        }
        Ok(Turn { guarded: self, evaluator })
    }
}

/// The data behind these locks is whole after every statement.
fn ignore_poison<T>(locked: std::result::Result<T, PoisonError<T>>) -> T {
    locked.unwrap_or_else(PoisonError::into_inner)
}

/// The right to use the evaluator.
struct Turn<'a> {
    guarded: &'a Guarded,
    evaluator: MutexGuard<'a, Evaluator>,
}

impl Turn<'_> {
    fn diagnostic(&mut self, error: &Error) -> Diagnostic {
        let diagnostic = Diagnostic::of(error, &self.evaluator.machine().shared.sources);
        let evaluation = self.guarded.own.get().cloned().unwrap_or_default();
        diagnostic.explainable(error.clone(), evaluation)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *ignore_poison(self.guarded.holder.lock()) = None;
    }
}

/// A value that is kept while somebody holds it.
pub(crate) struct Root {
    pub guarded: Arc<Guarded>,
    pub handle: Handle,
}

impl Drop for Root {
    fn drop(&mut self) {
        self.guarded.release(self.handle);
    }
}
