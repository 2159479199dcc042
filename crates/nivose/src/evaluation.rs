//! One evaluation: sources go in, values come out.

use std::path::Path;
use std::sync::Arc;

use nivose_machine::Control;

use crate::diagnostic::{Diagnostic, Result};
use crate::evaluator::Evaluator;
use crate::guarded::{Guarded, Root};
use crate::messages::Message;
use crate::source::{Source, bytes_of};
use crate::trace::TraceOptions;
use crate::value::Value;

/// An evaluation with a heap of its own. Clones are the same evaluation.
///
/// It works on one thing at a time: threads that share an evaluation take turns. For parallel work start one
/// evaluation on each thread.
///
/// ```
/// use nivose::Engine;
/// let evaluation = Engine::new().start();
/// let numbers = evaluation.evaluate("{ small = 1; large = throw \"not needed\"; }")?;
/// assert_eq!(numbers.attribute("small")?.as_int()?, 1);
/// # Ok::<(), nivose::Diagnostic>(())
/// ```
#[derive(Clone)]
pub struct Evaluation(Arc<Guarded>);

/// What an evaluation did, counted if its engine says so: [`EngineBuilder::counting`](crate::EngineBuilder::counting).
///
/// ```
/// let evaluation = nivose::Engine::builder().counting(true).build()?.start();
/// evaluation.evaluate("let f = x: x; in f (f { a = 1; }.a)")?;
/// let counts = evaluation.statistics()?.counts.expect("they were asked for");
/// assert_eq!((counts.function_calls, counts.selections), (2, 1));
/// # Ok::<(), nivose::Diagnostic>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Counts {
    /// Calls of functions that are written in Nix.
    pub function_calls: u64,
    /// Calls of builtins.
    pub builtin_calls: u64,
    /// Instructions that were executed.
    pub instructions: u64,
    /// Selections of an attribute.
    pub selections: u64,
    /// Operations `//`.
    pub updates: u64,
    /// Expressions and applications that were suspended.
    pub thunks: u64,
    /// Sets that were made.
    pub sets: u64,
    /// Their attributes.
    pub attributes: u64,
    /// Lists that were made.
    pub lists: u64,
    /// Their elements.
    pub elements: u64,
}

/// Figures of an evaluation.
///
/// ```
/// let evaluation = nivose::Engine::new().start();
/// let list = evaluation.evaluate("[ 1 2 ]")?;
/// assert_eq!(evaluation.statistics()?.held_values, 1);
/// assert!(evaluation.statistics()?.counts.is_none());
/// # Ok::<(), nivose::Diagnostic>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Statistics {
    /// What was done, if it is counted.
    pub counts: Option<Counts>,
    /// Collections of garbage.
    pub collections: u64,
    /// Bytes that were live after the last collection.
    pub live_bytes: u64,
    /// The most bytes that values took.
    pub peak_bytes: u64,
    /// Values that the embedding program holds.
    pub held_values: usize,
}

/// What an evaluator did, if it counts.
fn counts(evaluator: &mut Evaluator) -> Option<Counts> {
    let machine = evaluator.machine();
    let (made, _) = machine.shared.heap.counted()?;
    let counts = machine.counts()?;
    Some(Counts {
        function_calls: counts.function_calls,
        builtin_calls: counts.builtin_calls,
        instructions: counts.all_executed(),
        selections: counts.selections(),
        updates: counts.updates,
        thunks: made.thunks.number,
        sets: made.sets.number,
        attributes: made.sets.elements,
        lists: made.lists.number,
        elements: made.lists.elements,
    })
}

impl Evaluation {
    pub(crate) fn new(guarded: Guarded) -> Self {
        let guarded = Arc::new(guarded);
        guarded.introduce(Arc::downgrade(&guarded));
        Evaluation(guarded)
    }

    pub(crate) fn of(value: &Value) -> Self {
        Evaluation(value.guarded().clone())
    }

    /// The value of a source, evaluated but not deeply.
    ///
    /// # Errors
    /// The first diagnostic of the source, or what the evaluation fails with.
    ///
    /// ```
    /// let evaluation = nivose::Engine::new().start();
    /// assert_eq!(evaluation.evaluate("builtins.length [ 1 (throw \"\") ]")?.as_int()?, 2);
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn evaluate(&self, source: impl Into<Source>) -> Result<Value> {
        let source = source.into();
        let handle = self.0.run(|evaluator| {
            let (origin, text, directory) = source.placed(evaluator)?;
            evaluator.evaluate(origin, text, directory)
        })?;
        Ok(self.keep(handle))
    }

    /// The value of a source, not evaluated before somebody needs it.
    ///
    /// # Errors
    /// The first diagnostic of the source.
    ///
    /// ```
    /// let evaluation = nivose::Engine::new().start();
    /// let later = evaluation.suspend("1 / 0")?;
    /// assert!(!later.is_evaluated()?);
    /// assert_eq!(later.force().err().map(|failure| failure.id().slug()), Some("division-by-zero"));
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn suspend(&self, source: impl Into<Source>) -> Result<Value> {
        let source = source.into();
        let handle = self.0.run(|evaluator| {
            let (origin, text, directory) = source.placed(evaluator)?;
            evaluator.suspend(origin, text, directory)
        })?;
        Ok(self.keep(handle))
    }

    /// The value of a file, or of the `default.nix` of a directory. A relative path starts from the current directory of the
    /// world. A file is evaluated once.
    ///
    /// # Errors
    /// A file that cannot be read, a relative path in a world without a current directory, the first diagnostic of the file,
    /// or what the evaluation fails with.
    ///
    /// ```
    /// use nivose::{Engine, world::MemoryWorld};
    /// let world = MemoryWorld::new().with_file("/a/default.nix", "import ./b.nix + 1").with_file("/a/b.nix", "1");
    /// let evaluation = Engine::builder().world(world).build()?.start();
    /// assert_eq!(evaluation.evaluate_file("/a")?.as_int()?, 2);
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn evaluate_file(&self, path: impl AsRef<Path>) -> Result<Value> {
        let handle = self.0.run(|evaluator| evaluator.evaluate_file(bytes_of(path.as_ref())))?;
        Ok(self.keep(handle))
    }

    /// What is wrong with a source, and what deserves a warning, without evaluating it: in the order of places.
    ///
    /// # Errors
    /// A relative name in a world without a current directory, or if the evaluation cannot be used.
    ///
    /// ```
    /// use nivose::{DiagnosticId, Engine};
    /// let found = Engine::new().start().check("let a = 1; in 2")?;
    /// assert_eq!(found[0].id(), DiagnosticId::UnusedBinding);
    /// let found = Engine::new().start().check("{ a = 1; a = 2; }")?;
    /// assert_eq!(found[0].id(), DiagnosticId::AttributeAlreadyDefined);
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn check(&self, source: impl Into<Source>) -> Result<Vec<Diagnostic>> {
        let source = source.into();
        self.0.run(|evaluator| {
            let (origin, text, directory) = source.placed(evaluator)?;
            let found = evaluator.check(origin, text, &directory);
            let sources = &evaluator.machine().shared.sources;
            Ok(found.iter().map(|error| Diagnostic::of(error, sources)).collect())
        })
    }

    /// A value made of data of Rust.
    ///
    /// # Errors
    /// Data that has no counterpart in Nix, such as a string with a null byte, or too little memory.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// let evaluation = nivose::Engine::new().start();
    /// let value = evaluation.to_value(&BTreeMap::from([("a", vec![1, 2])]))?;
    /// assert_eq!(value.to_string(), "{ a = [ 1 2 ]; }");
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn to_value<T: serde::Serialize + ?Sized>(&self, data: &T) -> Result<Value> {
        let handle = self.0.run(|evaluator| {
            evaluator.machine().build_from(&[], |shared, _| crate::data::ser::to_heap(shared, data))
        })?;
        Ok(self.keep(handle))
    }

    /// A list of values, which stay as they are.
    ///
    /// # Errors
    /// A value of another evaluation, or too little memory.
    ///
    /// ```
    /// let evaluation = nivose::Engine::new().start();
    /// let one = evaluation.evaluate("1")?;
    /// let list = evaluation.list([&one, &evaluation.suspend("1 / 0")?, &one])?;
    /// assert_eq!(list.len()?, 3);
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn list<'a>(&self, elements: impl IntoIterator<Item = &'a Value>) -> Result<Value> {
        let elements = elements.into_iter();
        let handles = elements.map(|value| value.handle_in(&self.0)).collect::<Result<Vec<_>>>()?;
        let handle = self.0.run(|evaluator| {
            evaluator.machine().build_from(&handles, |shared, elements| Ok(shared.heap.list(elements)))
        })?;
        Ok(self.keep(handle))
    }

    /// A set of values, which stay as they are. Of several values for a name the last counts.
    ///
    /// # Errors
    /// A value of another evaluation, or too little memory.
    ///
    /// ```
    /// let evaluation = nivose::Engine::new().start();
    /// let set = evaluation.attrs([("a", evaluation.evaluate("1")?), ("b", evaluation.suspend("1 / 0")?)])?;
    /// assert_eq!(set.attribute("a")?.as_int()?, 1);
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn attrs<N: AsRef<[u8]>>(&self, attributes: impl IntoIterator<Item = (N, Value)>) -> Result<Value> {
        let attributes: Vec<(N, Value)> = attributes.into_iter().collect();
        let handles = attributes.iter().map(|(name, value)| Ok((name, value.handle_in(&self.0)?)));
        let handles = handles.collect::<Result<Vec<_>>>()?;
        let handle = self.0.run(|evaluator| evaluator.attrs(&handles))?;
        Ok(self.keep(handle))
    }

    /// The remote control, for other threads: pauses, steps, cancels.
    ///
    /// ```
    /// let evaluation = nivose::Engine::new().start();
    /// let control = evaluation.control();
    /// let long = "let l = builtins.genList (i: i) 100000; in builtins.foldl' (n: i: builtins.length (map (j: j) l)) 0 l";
    /// let work = std::thread::spawn(move || evaluation.evaluate(long).map(|_| ()));
    /// control.cancel();
    /// let failure = work.join().expect("no panic").err().expect("it was cancelled");
    /// assert!(failure.is_interruption());
    /// ```
    pub fn control(&self) -> Control {
        self.0.control.clone()
    }

    /// Takes the messages that came since the last time, oldest first. An example is with [`Message`].
    pub fn take_messages(&self) -> Vec<Message> {
        self.0.messages.take()
    }

    /// Figures. An example is with [`Statistics`].
    ///
    /// # Errors
    /// If the evaluation cannot be used.
    pub fn statistics(&self) -> Result<Statistics> {
        self.0.look(|evaluator| {
            let counts = counts(evaluator);
            let machine = evaluator.machine();
            let heap = machine.shared.heap.statistics();
            Statistics {
                counts,
                collections: heap.collections,
                live_bytes: heap.live_bytes,
                peak_bytes: heap.peak_bytes,
                held_values: machine.handle_count(),
            }
        })
    }

    /// Traces what is evaluated from now on: lines go to `sink` as things happen. An example is with [`TraceOptions`].
    ///
    /// # Errors
    /// If the evaluation cannot be used.
    pub fn trace(&self, options: TraceOptions, sink: impl FnMut(&str) + Send + 'static) -> Result<()> {
        self.0.look(|evaluator| evaluator.trace(options, sink))
    }

    /// Ends a trace.
    ///
    /// # Errors
    /// If the evaluation cannot be used.
    ///
    /// ```
    /// use nivose::{Engine, TraceOptions};
    /// let evaluation = Engine::new().start();
    /// evaluation.trace(TraceOptions::default(), |line| println!("{line}"))?;
    /// evaluation.evaluate("1 + 1")?;
    /// evaluation.stop_trace()?;
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn stop_trace(&self) -> Result<()> {
        self.0.look(|evaluator| evaluator.stop_trace())
    }

    /// Frees what no value refers to. This happens by itself, too; but not while nothing is evaluated.
    ///
    /// # Errors
    /// If the evaluation cannot be used.
    ///
    /// ```
    /// let evaluation = nivose::Engine::new().start();
    /// let list = evaluation.evaluate("builtins.genList (i: i * 1.5) 100000")?;
    /// list.force_deep()?;
    /// evaluation.collect_garbage()?;
    /// let before = evaluation.statistics()?.live_bytes;
    /// drop(list);
    /// evaluation.collect_garbage()?;
    /// assert!(evaluation.statistics()?.live_bytes + 1_000_000 < before);
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn collect_garbage(&self) -> Result<()> {
        self.0.look(|evaluator| evaluator.machine().collect_garbage())
    }

    fn keep(&self, handle: nivose_machine::Handle) -> Value {
        Value::new(Root { guarded: self.0.clone(), handle })
    }
}
