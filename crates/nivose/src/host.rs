//! Builtins of the embedding program: functions of Rust with typed arguments.
//!
//! Arguments are evaluated deeply by the machine before the function runs, so the function never has to call back.

use std::fmt::Display;
use std::sync::Arc;

use nivose_base::{DiagnosticId, Error, Map, Result};
use nivose_builtins::deep::DeepForce;
use nivose_heap::Value;
use nivose_machine::{BuiltinSpec, Cx, Shared, Step, Task, Values};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::data::de::from_node;
use crate::data::forced::Forced;
use crate::data::ser::to_heap;
use crate::diagnostic::Diagnostic;

/// The names of the arguments, for as many as there are.
const ARGUMENT_NAMES: &[&str] = &["arg1", "arg2", "arg3", "arg4", "arg5"];

/// A function of Rust that can be a builtin: one to five arguments that `serde` can make, and a result that it can read,
/// or a failure. Implemented for closures; see [`EngineBuilder::builtin`](crate::EngineBuilder::builtin).
pub trait HostFunction<Args>: Send + Sync + 'static {
    /// The number of arguments.
    #[doc(hidden)]
    const ARITY: usize;

    /// Calls it with deeply evaluated arguments.
    #[doc(hidden)]
    fn call<'h>(&self, shared: &mut Shared, arguments: &[Value<'h>]) -> Result<Value<'h>>;
}

/// An argument as data of Rust.
fn argument<T: DeserializeOwned>(shared: &Shared, arguments: &[Value<'_>], index: usize) -> Result<T> {
    let value = arguments.get(index).copied().unwrap_or(Value::NULL);
    from_node(Forced::new(shared, value)).map_err(|failure| {
        let message = format!("argument {}: {}", index + 1, failure.message());
        Error::with_message(DiagnosticId::Conversion, message)
    })
}

/// A result of Rust as a value.
fn result<'h, R: Serialize, E: Display>(
    shared: &mut Shared,
    result: std::result::Result<R, E>,
) -> Result<Value<'h>> {
    match result {
        Ok(result) => to_heap(shared, &result).map_err(Diagnostic::into_error),
        Err(failure) => Err(Error::with_message(DiagnosticId::HostFunction, failure.to_string())),
    }
}

macro_rules! host_functions {
    ($($arity:literal: $($name:ident $index:literal),*;)*) => {$(
        impl<F, R, E, $($name),*> HostFunction<($($name,)*)> for F
        where
            F: Fn($($name),*) -> std::result::Result<R, E> + Send + Sync + 'static,
            R: Serialize,
            E: Display,
            $($name: DeserializeOwned),*
        {
            const ARITY: usize = $arity;

            fn call<'h>(&self, shared: &mut Shared, arguments: &[Value<'h>]) -> Result<Value<'h>> {
                let answer = self($(argument::<$name>(shared, arguments, $index)?),*);
                result(shared, answer)
            }
        }
    )*};
}

host_functions! {
    1: A 0;
    2: A 0, B 1;
    3: A 0, B 1, C 2;
    4: A 0, B 1, C 2, D 3;
    5: A 0, B 1, C 2, D 3, G 4;
}

/// A host function whose types are forgotten.
trait Callable: Send + Sync {
    fn call<'h>(&self, shared: &mut Shared, arguments: &[Value<'h>]) -> Result<Value<'h>>;
}

struct Typed<F, Args>(F, std::marker::PhantomData<fn(Args)>);

impl<Args: 'static, F: HostFunction<Args>> Callable for Typed<F, Args> {
    fn call<'h>(&self, shared: &mut Shared, arguments: &[Value<'h>]) -> Result<Value<'h>> {
        self.0.call(shared, arguments)
    }
}

/// A builtin that an engine adds.
#[derive(Clone)]
pub(crate) struct HostBuiltin {
    name: &'static str,
    doc: &'static str,
    arity: usize,
    function: Arc<dyn Callable>,
}

impl HostBuiltin {
    pub fn new<Args: 'static, F: HostFunction<Args>>(
        name: &'static str,
        doc: &'static str,
        function: F,
    ) -> Self {
        let function = Arc::new(Typed(function, std::marker::PhantomData));
        HostBuiltin { name, doc, arity: F::ARITY, function }
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The declaration for the machine.
    pub fn spec(&self) -> BuiltinSpec {
        let arguments = ARGUMENT_NAMES.get(..self.arity).unwrap_or(ARGUMENT_NAMES);
        BuiltinSpec { name: self.name, arguments, strict: &[], doc: self.doc, run }
    }
}

/// The host functions of an evaluation, by the numbers of their builtins.
#[derive(Default)]
pub(crate) struct HostTable(Map<u32, Arc<dyn Callable>>);

impl HostTable {
    /// Connects the declarations that the evaluation was made with to their functions.
    pub fn install(shared: &mut Shared, builtins: &[HostBuiltin]) {
        let first = nivose_builtins::declarations().count() as u32;
        let numbered = (first..).zip(builtins).map(|(number, builtin)| (number, builtin.function.clone()));
        shared.extensions.get::<HostTable>().0.extend(numbered);
    }
}

/// The function of every host builtin.
fn run<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let number = cx.builtin();
    let Some(function) = cx.shared().extensions.get::<HostTable>().0.get(&number).cloned() else {
        return Err(Error::new(DiagnosticId::Internal, &[&"a host builtin without its function"]));
    };
    let task = HostTask { function, arity: arguments.len(), forced: 0 };
    Ok(Step::Start(Box::new(task), Values::new(arguments)))
}

/// Evaluates the arguments, which lie in its slots, one after the other; then calls the function.
struct HostTask {
    function: Arc<dyn Callable>,
    arity: usize,
    forced: usize,
}

impl Task for HostTask {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, _: Value<'h>) -> Result<Step<'h>> {
        if self.forced < self.arity {
            let argument = cx.slot(self.forced);
            self.forced += 1;
            return Ok(DeepForce::start(cx, argument));
        }
        let arguments = cx.slots().get(..self.arity).unwrap_or_default().to_vec();
        self.function.call(cx.shared(), &arguments).map(Step::Return)
    }
}
