//! How an evaluation is paused, stepped, cancelled and bounded from outside of its thread.
//!
//! A machine looks at one flag at every safe point (the entry of a frame of code, the resumption of a task). Only when
//! the flag is up does it ask here what is wanted, so an evaluation that nobody disturbs pays for the look and no more.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use nivose_base::{DiagnosticId, Error, Result};

/// What the evaluation is to do at its next safe point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Order {
    Run,
    Pause,
    Cancel,
}

#[derive(Debug)]
struct State {
    order: Order,
    /// Whether the flag was raised here, and not by somebody who knows no more than the flag.
    asked: bool,
    /// Steps that a paused evaluation may still take.
    granted: u64,
    /// Whether the evaluation waits at a safe point.
    waiting: bool,
    /// Steps that are left, and the limit that they are counted down from.
    budget: Option<(u64, u64)>,
    /// The time limit that ran out, in words.
    expired: Option<String>,
}

#[derive(Debug)]
struct Inner {
    attention: Arc<AtomicBool>,
    state: Mutex<State>,
    changed: Condvar,
}

/// The remote control of one evaluation; clones control the same one, from any thread.
#[derive(Clone, Debug)]
pub struct Control(Arc<Inner>);

impl Default for Control {
    fn default() -> Self {
        let state = State {
            order: Order::Run,
            asked: false,
            granted: 0,
            waiting: false,
            budget: None,
            expired: None,
        };
        Control(Arc::new(Inner {
            attention: Arc::default(),
            state: Mutex::new(state),
            changed: Condvar::new(),
        }))
    }
}

impl Control {
    /// Makes the evaluation wait at its next safe point until it is resumed, stepped or cancelled.
    pub fn pause(&self) {
        self.change(|state| {
            if state.order == Order::Run {
                (state.order, state.granted) = (Order::Pause, 0);
            }
        });
    }

    /// Lets a paused evaluation go on, and one that was cancelled be used again.
    pub fn resume(&self) {
        self.change(|state| state.order = Order::Run);
    }

    /// Lets a paused evaluation go on for `count` safe points.
    pub fn step(&self, count: u64) {
        self.change(|state| state.granted = state.granted.saturating_add(count));
    }

    /// Makes the evaluation fail with "interrupted by the user" at its next safe point, paused or not, and whatever is
    /// asked of it from then on, until [`Control::resume`]. Nothing is lost but the work in hand.
    pub fn cancel(&self) {
        self.change(|state| state.order = Order::Cancel);
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.state().order == Order::Cancel
    }

    /// Waits until a paused evaluation has come to its safe point and has used up its steps, at most for `timeout`;
    /// whether it has.
    pub fn wait_until_waiting(&self, timeout: std::time::Duration) -> bool {
        let settled = |state: &mut State| !(state.waiting && state.granted == 0);
        let waited = self.0.changed.wait_timeout_while(self.state(), timeout, settled);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.waiting && state.granted == 0
    }

    /// Limits what comes next to so many steps, and lifts an earlier limit of time or steps that was reached.
    pub fn set_budget(&self, steps: Option<u64>) {
        self.change(|state| {
            state.budget = steps.map(|steps| (steps, steps));
            state.expired = None;
        });
    }

    /// Ends what is being evaluated because it took longer than `limit`, said in words.
    pub fn expire(&self, limit: String) {
        self.change(|state| state.expired = Some(limit));
    }

    /// The flag itself, for signal handlers, which can do no more: raising it ends what is being evaluated at its next
    /// safe point. Not together with a budget or a pause, under which the flag is up all the time.
    pub fn flag(&self) -> Arc<AtomicBool> {
        self.0.attention.clone()
    }

    /// Whether the evaluation may go on, for native code that looks in the middle of a long step. Pauses and steps wait
    /// for the next safe point.
    ///
    /// # Errors
    /// What it is to end with.
    #[inline]
    pub fn check(&self) -> Result<()> {
        if self.0.attention.load(Ordering::Relaxed) { self.check_order() } else { Ok(()) }
    }

    #[cold]
    #[inline(never)]
    fn check_order(&self) -> Result<()> {
        let state = self.state();
        if state.is_idle() && !state.asked {
            self.0.attention.store(false, Ordering::Relaxed);
            return Err(Error::new(DiagnosticId::Interrupted, &[]));
        }
        state.end()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        state.asked = true;
        self.0.attention.store(true, Ordering::Relaxed);
        self.0.changed.notify_all();
    }

    /// Does at a safe point what is wanted, since the flag is up.
    #[cold]
    #[inline(never)]
    pub(crate) fn attend(&self) -> Result<()> {
        let mut state = self.state();
        if state.is_idle() && !std::mem::take(&mut state.asked) {
            self.0.attention.store(false, Ordering::Relaxed);
            return Err(Error::new(DiagnosticId::Interrupted, &[]));
        }
        while state.order == Order::Pause && state.granted == 0 {
            state.waiting = true;
            self.0.changed.notify_all();
            state = self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.waiting = false;
        if state.order == Order::Pause {
            state.granted -= 1;
        }
        let verdict = state.verdict();
        let again = state.order != Order::Run || state.budget.is_some() || state.expired.is_some();
        self.0.attention.store(again, Ordering::Relaxed);
        verdict
    }
}

impl State {
    /// Whether nothing is wanted.
    fn is_idle(&self) -> bool {
        self.order == Order::Run && self.budget.is_none() && self.expired.is_none()
    }

    /// Fails if the evaluation was cancelled or its time is over.
    fn end(&self) -> Result<()> {
        if self.order == Order::Cancel {
            return Err(Error::new(DiagnosticId::Interrupted, &[]));
        }
        match &self.expired {
            Some(limit) => Err(Error::new(DiagnosticId::TimeLimit, &[limit])),
            None => Ok(()),
        }
    }

    /// Whether the evaluation may go on; counts a step.
    fn verdict(&mut self) -> Result<()> {
        self.end()?;
        match &mut self.budget {
            Some((0, limit)) => Err(Error::new(DiagnosticId::StepLimit, &[&limit.to_string()])),
            Some((left, _)) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}
