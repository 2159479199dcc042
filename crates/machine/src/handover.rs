//! What native code asks of the machine: a step, and what it hands over.
//!
//! A [`Step`] is one word, so that native code returns it, or its error, in registers. The word is the result itself in the
//! usual case, otherwise a marker; what a marker is about lies in one place of the evaluation, the handover. A step that is
//! not performed (an error came after it, or somebody wanted only what is there at once) leaves its part there until the
//! next one: nobody looks at it, so no collection has to know of it.

use nivose_heap::Value;

use crate::hold::hold;
use crate::native::{MAX_ARGUMENTS, Task};
use crate::shared::Shared;

/// What native code asks of the machine.
///
/// [`Cx`](crate::Cx) and [`Shared`] make the steps that hand something over; only the latest of these can be performed.
pub struct Step<'h>(Value<'h>);

impl<'h> Step<'h> {
    /// Let others (the collector, an interruption) have a turn, then resume with null.
    pub const YIELD: Step<'static> = Step::asking(Asked::Yield);
    /// What [`Cx::call`](crate::Cx::call) or [`Cx::force`](crate::Cx::force) asked for is under way.
    pub(crate) const CALLED: Step<'static> = Step::asking(Asked::Called);

    /// Done: the result, which may be a thunk.
    #[inline(always)]
    pub fn done(result: Value<'h>) -> Self {
        Step(result)
    }

    /// Whether there is a result.
    #[inline(always)]
    pub fn is_done(&self) -> bool {
        self.0.as_marker().is_none()
    }

    /// The result if it is there at once, otherwise the step.
    ///
    /// # Errors
    /// The step, if it is not done.
    #[inline(always)]
    pub fn at_once(self) -> std::result::Result<Value<'h>, Self> {
        if self.is_done() { Ok(self.0) } else { Err(self) }
    }

    /// The result, if it is there at once and evaluated.
    #[inline(always)]
    pub(crate) fn value(&self) -> Option<Value<'h>> {
        (self.is_done() && !self.0.is_thunk()).then_some(self.0)
    }

    /// Whether an argument of the builtin is to be evaluated first.
    #[inline(always)]
    pub(crate) fn awaits_argument(&self) -> bool {
        self.0.bits() == Step::asking(Asked::Argument).0.bits()
    }

    /// Whether it is under way already.
    #[inline(always)]
    pub(crate) fn is_under_way(&self) -> bool {
        self.0.bits() == Step::CALLED.0.bits()
    }

    const fn asking(what: Asked) -> Self {
        Step(Value::marker(what as u32))
    }

    /// What a step that is not done asks for.
    #[inline(always)]
    pub(crate) fn asked(&self) -> Asked {
        let asked = self.0.as_marker().and_then(|number| Asked::ALL.get(number as usize));
        asked.copied().unwrap_or(Asked::Yield)
    }
}

/// What a step asks for that is not done.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Let others have a turn, then resume with null.
    Yield,
    /// It is under way.
    Called,
    /// Force the subject, then resume with it.
    Force,
    /// Apply the subject, a function, to the values (in the order of application), then resume with the result, forced.
    Call,
    /// Done: the result is that of this application.
    TailCall,
    /// Evaluate the subject, an argument, then call the builtin anew: only for the dispatch loop.
    Argument,
    /// Run the task, whose first slots hold the values; a builtin's result is that of the task, a task is resumed with it,
    /// forced.
    Start,
}

impl Asked {
    const ALL: [Asked; 7] = [
        Asked::Yield,
        Asked::Called,
        Asked::Force,
        Asked::Call,
        Asked::TailCall,
        Asked::Argument,
        Asked::Start,
    ];
}

/// What the latest step that handed something over is about.
pub(crate) struct Handover {
    pub(crate) subject: Value<'static>,
    pub(crate) task: Option<Box<dyn Task>>,
    count: usize,
    values: [Value<'static>; MAX_ARGUMENTS],
}

impl Default for Handover {
    fn default() -> Self {
        Handover { subject: Value::NULL, task: None, count: 0, values: [Value::NULL; MAX_ARGUMENTS] }
    }
}

impl Handover {
    /// The values, in the order in which native code gave them.
    pub(crate) fn values(&self) -> &[Value<'static>] {
        &self.values[..self.count]
    }

    #[inline(always)]
    fn set(&mut self, values: &[Value<'_>]) {
        self.count = values.len();
        self.values[..values.len()].iter_mut().zip(values).for_each(|(place, &value)| *place = hold(value));
    }
}

/// Steps that hand something over.
impl Shared {
    /// Force a value, then resume with it. A task uses [`Cx::force`](crate::Cx::force).
    #[inline]
    pub fn force<'h>(&mut self, value: Value<'h>) -> Step<'h> {
        self.handover.subject = hold(value);
        Step::asking(Asked::Force)
    }

    /// Evaluate an argument of a builtin before it is called.
    #[inline]
    pub(crate) fn evaluate_first(&mut self, argument: Value<'static>) -> Step<'static> {
        self.handover.subject = argument;
        Step::asking(Asked::Argument)
    }

    /// Apply a function to arguments (in the order of application), then resume with the result, forced. A task uses
    /// [`Cx::call`](crate::Cx::call).
    ///
    /// # Panics
    /// If there are more than [`MAX_ARGUMENTS`]: the calls are in our own code.
    #[inline]
    pub fn call<'h>(&mut self, function: Value<'h>, arguments: &[Value<'h>]) -> Step<'h> {
        self.handover.subject = hold(function);
        self.handover.set(arguments);
        Step::asking(Asked::Call)
    }

    /// Done: the result is that of this application.
    ///
    /// # Panics
    /// As for [`Shared::call`].
    #[inline]
    pub fn tail_call<'h>(&mut self, function: Value<'h>, arguments: &[Value<'h>]) -> Step<'h> {
        self.handover.subject = hold(function);
        self.handover.set(arguments);
        Step::asking(Asked::TailCall)
    }

    /// Run a task whose first slots hold the values; a builtin's result is that of the task, a task is resumed with it,
    /// forced.
    ///
    /// # Panics
    /// As for [`Shared::call`].
    #[inline]
    pub fn start<'h>(&mut self, task: impl Task + 'static, slots: &[Value<'h>]) -> Step<'h> {
        self.start_boxed(Box::new(task), slots)
    }

    /// The same for a task of any type.
    #[inline]
    pub(crate) fn start_boxed<'h>(&mut self, task: Box<dyn Task>, slots: &[Value<'h>]) -> Step<'h> {
        self.handover.task = Some(task);
        self.handover.set(slots);
        Step::asking(Asked::Start)
    }

    /// A step that a task takes for a builtin as its last one: what it asks for is the result.
    pub fn as_last<'h>(&self, step: Step<'h>) -> Step<'h> {
        match step.asked() {
            Asked::Force => Step::done(self.handover.subject),
            Asked::Call => Step::asking(Asked::TailCall),
            _ => step,
        }
    }
}
