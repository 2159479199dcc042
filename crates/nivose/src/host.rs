//! Builtins of the embedding program: functions of Rust with typed arguments.
//!
//! The types say how far the arguments are evaluated before the function runs. The function never calls back: what it wants
//! evaluated after that it asks for by returning a [`Next`].

use std::fmt::Display;
use std::sync::{Arc, Weak};

use nivose_base::{DiagnosticId, Error, Map, Result};
use nivose_builtins::deep::DeepForce;
use nivose_heap::Value as HeapValue;
use nivose_machine::{BuiltinSpec, Cx, MAX_ARGUMENTS, Shared, Step, Task};
use serde::Serialize;

use crate::diagnostic::Diagnostic;
use crate::guarded::Guarded;
use crate::host_data::{HostAnswer, HostArgument, Need};
use crate::value::Value;

/// The names of the arguments, for as many as there are.
const ARGUMENT_NAMES: &[&str] = &["arg1", "arg2", "arg3", "arg4", "arg5"];

/// A function of Rust that can be a builtin: one to five arguments, and a result or a failure. Implemented for closures;
/// see [`EngineBuilder::builtin`](crate::EngineBuilder::builtin).
pub trait HostFunction<Args>: Send + Sync + 'static {
    /// How far each argument is evaluated.
    #[doc(hidden)]
    const NEEDS: &'static [Need];

    /// Calls it with arguments that are evaluated so far.
    #[doc(hidden)]
    fn call<'h>(&self, cx: &mut Cx<'_, 'h>, arguments: &[HeapValue<'h>]) -> Result<Answer<'h>>;
}

/// What a host function comes to.
#[doc(hidden)]
pub enum Answer<'h> {
    /// A result.
    Value(HeapValue<'h>),
    /// Something is to be done before there is one.
    Wait(Waiting),
}

/// What a host function wants evaluated before it can give its result, and how it goes on then.
///
/// ```
/// use nivose::{Engine, Next, Value};
/// let engine = Engine::builder()
///     .builtin("twice", "A function, applied twice.", |function: Value, argument: Value| {
///         let again = function.clone();
///         Ok::<_, String>(Next::call(&function, [&argument], move |once: Value| {
///             Ok::<_, String>(Next::call(&again, [&once], |twice: i64| Ok::<_, String>(twice)))
///         }))
///     })
///     .build()?;
/// assert_eq!(engine.start().evaluate("builtins.twice (x: x * 3) 2")?.as_int()?, 18);
/// # Ok::<(), nivose::Diagnostic>(())
/// ```
pub struct Next(Wish);

/// What a host function wants.
enum Wish {
    /// To give this result.
    Done(Done),
    /// To go on when a value is evaluated.
    Wait(Waiting),
}

/// What is evaluated before a host function goes on.
#[doc(hidden)]
pub struct Waiting {
    /// What is called, or evaluated if there are no arguments.
    value: Value,
    arguments: Vec<Value>,
    /// How far the result is evaluated.
    need: Need,
    then: Then,
}

/// Gives a result.
type Done = Box<dyn for<'h> FnOnce(&mut Cx<'_, 'h>) -> Result<Answer<'h>> + Send>;

/// How a host function goes on with what it asked for.
type Then = Box<dyn for<'h> FnOnce(&mut Cx<'_, 'h>, HeapValue<'h>) -> Result<Answer<'h>> + Send>;

impl Next {
    /// Gives a result after all: for functions of which only some ways ask for something.
    ///
    /// ```
    /// use nivose::{Engine, Next, Value};
    /// let engine = Engine::builder()
    ///     .builtin("orElse", "The first value, or the second if it is null.", |first: Option<i64>, second: Value| {
    ///         Ok::<_, String>(match first {
    ///             Some(number) => Next::done(number),
    ///             None => Next::evaluate(&second, |other: i64| Ok::<_, String>(other)),
    ///         })
    ///     })
    ///     .build()?;
    /// assert_eq!(engine.start().evaluate("builtins.orElse 1 (throw \"not needed\")")?.as_int()?, 1);
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn done<R: HostAnswer + Send + 'static>(result: R) -> Self {
        Next(Wish::Done(Box::new(move |cx| result.answer(cx))))
    }

    /// Evaluates a value as far as the type that `then` takes asks for, and goes on with it.
    ///
    /// ```
    /// use nivose::{Engine, Next, Value};
    /// let engine = Engine::builder()
    ///     .builtin("sum", "The sum of two numbers, the second evaluated first.", |first: Value, second: i64| {
    ///         Ok::<_, String>(Next::evaluate(&first, move |first: i64| Ok::<_, String>(first + second)))
    ///     })
    ///     .build()?;
    /// assert_eq!(engine.start().evaluate("builtins.sum 1 2")?.as_int()?, 3);
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn evaluate<A: HostArgument, R: HostAnswer, E: Display>(
        value: &Value,
        then: impl FnOnce(A) -> std::result::Result<R, E> + Send + 'static,
    ) -> Self {
        Next::call(value, [], then)
    }

    /// Calls a function with at most eight arguments, evaluates the result as far as the type that `then` takes asks for,
    /// and goes on with it. An example is with [`Next`].
    pub fn call<'a, A: HostArgument, R: HostAnswer, E: Display>(
        function: &Value,
        arguments: impl IntoIterator<Item = &'a Value>,
        then: impl FnOnce(A) -> std::result::Result<R, E> + Send + 'static,
    ) -> Self {
        Next(Wish::Wait(Waiting {
            value: function.clone(),
            arguments: arguments.into_iter().cloned().collect(),
            need: A::NEED,
            then: Box::new(move |cx, value| {
                let argument = A::read(cx, value)?;
                answer(cx, then(argument))
            }),
        }))
    }
}

impl Next {
    /// The answer for the machine.
    pub(crate) fn into_answer<'h>(self, cx: &mut Cx<'_, 'h>) -> Result<Answer<'h>> {
        match self.0 {
            Wish::Done(done) => done(cx),
            Wish::Wait(waiting) => Ok(Answer::Wait(waiting)),
        }
    }
}

/// An argument by its number.
fn argument<'h, T: HostArgument>(
    cx: &mut Cx<'_, 'h>,
    arguments: &[HeapValue<'h>],
    index: usize,
) -> Result<T> {
    let value = arguments.get(index).copied().unwrap_or(HeapValue::NULL);
    T::read(cx, value).map_err(|failure| {
        let message = format!("argument {}: {}", index + 1, failure.text());
        Error::with_message(failure.id(), message)
    })
}

/// What the function gave, for the machine.
fn answer<'h, R: HostAnswer, E: Display>(
    cx: &mut Cx<'_, 'h>,
    result: std::result::Result<R, E>,
) -> Result<Answer<'h>> {
    match result {
        Ok(result) => result.answer(cx),
        Err(failure) => Err(Error::with_message(DiagnosticId::HostFunction, failure.to_string())),
    }
}

macro_rules! host_functions {
    ($($($name:ident $index:literal),*;)*) => {$(
        impl<F, R, E, $($name),*> HostFunction<($($name,)*)> for F
        where
            F: Fn($($name),*) -> std::result::Result<R, E> + Send + Sync + 'static,
            R: HostAnswer,
            E: Display,
            $($name: HostArgument),*
        {
            const NEEDS: &'static [Need] = &[$($name::NEED),*];

            fn call<'h>(&self, cx: &mut Cx<'_, 'h>, arguments: &[HeapValue<'h>]) -> Result<Answer<'h>> {
                let result = self($(argument::<$name>(cx, arguments, $index)?),*);
                answer(cx, result)
            }
        }
    )*};
}

host_functions! {
    A 0;
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
    A 0, B 1, C 2, D 3, G 4;
}

/// A host function whose types are forgotten.
trait Callable: Send + Sync {
    fn needs(&self) -> &'static [Need];
    fn call<'h>(&self, cx: &mut Cx<'_, 'h>, arguments: &[HeapValue<'h>]) -> Result<Answer<'h>>;
}

struct Typed<F, Args>(F, std::marker::PhantomData<fn(Args)>);

impl<Args: 'static, F: HostFunction<Args>> Callable for Typed<F, Args> {
    fn needs(&self) -> &'static [Need] {
        F::NEEDS
    }

    fn call<'h>(&self, cx: &mut Cx<'_, 'h>, arguments: &[HeapValue<'h>]) -> Result<Answer<'h>> {
        self.0.call(cx, arguments)
    }
}

/// A builtin that an engine adds.
#[derive(Clone)]
pub(crate) struct HostBuiltin {
    name: &'static str,
    doc: &'static str,
    function: Arc<dyn Callable>,
}

impl HostBuiltin {
    pub fn new<Args: 'static, F: HostFunction<Args>>(
        name: &'static str,
        doc: &'static str,
        function: F,
    ) -> Self {
        HostBuiltin { name, doc, function: Arc::new(Typed(function, std::marker::PhantomData)) }
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The declaration for the machine.
    pub fn spec(&self) -> BuiltinSpec {
        let arguments = ARGUMENT_NAMES.get(..self.function.needs().len()).unwrap_or(ARGUMENT_NAMES);
        BuiltinSpec { name: self.name, arguments, strict: &[], doc: self.doc, run }
    }
}

/// The host functions of an evaluation, by the numbers of their builtins.
#[derive(Default)]
pub(crate) struct HostTable {
    functions: Map<u32, Arc<dyn Callable>>,
    /// The evaluation that values are handed out of.
    guarded: Weak<Guarded>,
}

impl HostTable {
    /// Connects the declarations that the evaluation was made with to their functions.
    pub fn install(shared: &mut Shared, builtins: &[HostBuiltin]) {
        let first = nivose_builtins::declarations().count() as u32;
        let numbered = (first..).zip(builtins).map(|(number, builtin)| (number, builtin.function.clone()));
        shared.extensions.get::<HostTable>().functions.extend(numbered);
    }

    /// Says which evaluation it is.
    pub fn belongs_to(shared: &mut Shared, guarded: Weak<Guarded>) {
        shared.extensions.get::<HostTable>().guarded = guarded;
    }

    /// The evaluation that runs.
    pub fn evaluation(shared: &mut Shared) -> Result<Arc<Guarded>> {
        let evaluation = shared.extensions.get::<HostTable>().guarded.upgrade();
        evaluation.ok_or_else(|| Error::new(DiagnosticId::Internal, &[&"an evaluation that nobody holds"]))
    }
}

/// The function of every host builtin.
fn run<'h>(cx: &mut Cx<'_, 'h>, arguments: &[HeapValue<'h>]) -> Result<Step<'h>> {
    let number = cx.builtin();
    let Some(function) = cx.shared().extensions.get::<HostTable>().functions.get(&number).cloned() else {
        return Err(Error::new(DiagnosticId::Internal, &[&"a host builtin without its function"]));
    };
    let needs = function.needs();
    let first = Stage::Call(function);
    Ok(cx.start(HostTask { needs, evaluated: 0, stage: first }, arguments))
}

/// What comes when the slots are evaluated.
enum Stage {
    /// The function is called with them.
    Call(Arc<dyn Callable>),
    /// The function goes on with the first one, the result of a call if that is still to come.
    Continue { then: Then, is_called: bool },
    /// It is over.
    Over,
}

/// Evaluates its slots, as far as is needed, one after the other; then calls the function or goes on with it.
struct HostTask {
    needs: &'static [Need],
    evaluated: usize,
    stage: Stage,
}

impl HostTask {
    /// Does what the function asks for.
    fn follow<'h>(&mut self, cx: &mut Cx<'_, 'h>, waiting: Waiting) -> Result<Step<'h>> {
        let Waiting { value, arguments, need, then } = waiting;
        let guarded = HostTable::evaluation(cx.shared())?;
        let held = |cx: &Cx<'_, 'h>, value: &Value| {
            value.handle_in(&guarded).map(|handle| cx.kept(handle)).map_err(Diagnostic::into_error)
        };
        if arguments.len() > MAX_ARGUMENTS {
            let message = format!("a host function can call with at most {MAX_ARGUMENTS} arguments");
            return Err(Error::with_message(DiagnosticId::HostFunction, message));
        }
        (self.needs, self.evaluated) = (need.alone(), 0);
        let function = held(cx, &value)?;
        let arguments = arguments.iter().map(|value| held(cx, value)).collect::<Result<Vec<_>>>()?;
        let is_called = !arguments.is_empty();
        self.stage = Stage::Continue { then, is_called };
        cx.truncate(0);
        if is_called {
            return Ok(cx.shared().call(function, &arguments));
        }
        cx.push(function);
        self.go_on(cx)
    }

    /// Evaluates the next slot, or goes on when all are done.
    fn go_on<'h>(&mut self, cx: &mut Cx<'_, 'h>) -> Result<Step<'h>> {
        while let Some(need) = self.needs.get(self.evaluated) {
            let value = cx.slot(self.evaluated);
            self.evaluated += 1;
            match need {
                Need::Nothing => {}
                Need::Outermost => return Ok(cx.force(value)),
                Need::Everything => return Ok(DeepForce::start(cx, value)),
            }
        }
        let slots = cx.slots().to_vec();
        let answer = match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Call(function) => function.call(cx, &slots)?,
            Stage::Continue { then, .. } => then(cx, slots.first().copied().unwrap_or(HeapValue::NULL))?,
            Stage::Over => {
                return Err(Error::new(DiagnosticId::Internal, &[&"a host function that is over"]));
            }
        };
        match answer {
            Answer::Value(value) => Ok(Step::done(value)),
            Answer::Wait(waiting) => self.follow(cx, waiting),
        }
    }
}

impl Task for HostTask {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: HeapValue<'h>) -> Result<Step<'h>> {
        if let Stage::Continue { is_called, .. } = &mut self.stage
            && std::mem::take(is_called)
        {
            cx.push(input);
        }
        self.go_on(cx)
    }
}

/// Data of Rust as an answer.
pub(crate) fn answer_with<'h, R: Serialize>(cx: &mut Cx<'_, 'h>, data: &R) -> Result<Answer<'h>> {
    crate::data::ser::to_heap(cx.shared(), data).map(Answer::Value)
}
