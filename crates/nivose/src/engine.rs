//! What evaluations have in common: the outside, settings, limits, and builtins of the embedding program.
//!
//! An engine holds no values. It can be shared between threads and starts any number of evaluations, each with a heap
//! of its own.

use std::collections::HashSet;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use nivose_base::DiagnosticId;
use nivose_machine::BuiltinSpec;
use nivose_machine::observe::{CompilationObserver, Observer};
use nivose_store::StoreDir;
use nivose_world::{MemoryWorld, World};

use crate::diagnostic::{Diagnostic, Result};
use crate::evaluation::Evaluation;
use crate::evaluator::{Evaluator, Options, default_memory_limit};
use crate::guarded::{Guarded, Limits};
use crate::host::{HostBuiltin, HostFunction, HostTable};
use crate::messages::{Listener, Message, Messages, Recording};
use crate::source::bytes_of;

type MakeWorld = Arc<dyn Fn() -> Box<dyn World> + Send + Sync>;

type MakeObserver<O> = Arc<dyn Fn() -> Box<O> + Send + Sync>;

/// Makes evaluations that are alike.
///
/// ```
/// use nivose::Engine;
/// let engine = Engine::new();
/// let sums: Vec<_> = (0..4)
///     .map(|n| {
///         let engine = engine.clone();
///         std::thread::spawn(move || engine.start().evaluate(format!("{n} + 1"))?.as_int())
///     })
///     .map(|thread| thread.join().expect("no panic"))
///     .collect::<Result<_, _>>()?;
/// assert_eq!(sums, [1, 2, 3, 4]);
/// # Ok::<(), nivose::Diagnostic>(())
/// ```
#[derive(Clone, Debug)]
pub struct Engine(Arc<EngineBuilder>);

/// Says what an [`Engine`] is to be like.
///
/// ```
/// use nivose::{Engine, world::MemoryWorld};
/// let engine = Engine::builder()
///     .world(MemoryWorld::new().with_file("/lib/default.nix", "{ double = x: 2 * x; }"))
///     .search_path("lib", "/lib")
///     .memory_limit(64 << 20)
///     .build()?;
/// assert_eq!(engine.start().evaluate("(import <lib>).double 21")?.as_int()?, 42);
/// # Ok::<(), nivose::Diagnostic>(())
/// ```
#[derive(Clone)]
pub struct EngineBuilder {
    world: MakeWorld,
    /// Whether the outside says the time, the system and the place of the store.
    asks_world: bool,
    options: Options,
    store_directory: Option<String>,
    limits: Limits,
    /// The limit of memory: what is given, or else what the first evaluation works out.
    memory: OnceLock<usize>,
    counting: bool,
    observer: Option<MakeObserver<dyn Observer>>,
    compilation_observer: Option<MakeObserver<dyn CompilationObserver>>,
    listener: Option<Listener>,
    builtins: Vec<HostBuiltin>,
}

impl fmt::Debug for EngineBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let builtins: Vec<&str> = self.builtins.iter().map(HostBuiltin::name).collect();
        f.debug_struct("EngineBuilder")
            .field("options", &self.options)
            .field("limits", &self.limits)
            .field("store_directory", &self.store_directory)
            .field("builtins", &builtins)
            .finish_non_exhaustive()
    }
}

impl Default for EngineBuilder {
    fn default() -> Self {
        EngineBuilder {
            world: Arc::new(|| Box::new(MemoryWorld::new())),
            asks_world: true,
            options: Options::default(),
            store_directory: None,
            limits: Limits::default(),
            memory: OnceLock::new(),
            counting: false,
            observer: None,
            compilation_observer: None,
            listener: None,
            builtins: Vec::new(),
        }
    }
}

impl Default for Engine {
    fn default() -> Self {
        Self::new()
    }
}

impl Engine {
    /// An engine whose evaluations see nothing of the outside: no files, no environment, no clock.
    ///
    /// ```
    /// let evaluation = nivose::Engine::new().start();
    /// let failure = evaluation.evaluate("builtins.readFile /etc/passwd").err().expect("there are no files");
    /// assert_eq!(failure.message(), "path '/etc/passwd' does not exist");
    /// ```
    pub fn new() -> Self {
        Engine(Arc::default())
    }

    /// An engine whose evaluations read the files, the environment and the clock of the system.
    ///
    /// ```
    /// let evaluation = nivose::Engine::system().start();
    /// assert!(evaluation.evaluate("builtins.pathExists /.")?.as_bool()?);
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    #[cfg(not(target_family = "wasm"))]
    pub fn system() -> Self {
        Engine(Arc::new(EngineBuilder::default().system_world()))
    }

    /// Begins to say what an engine is to be like. An example is with [`EngineBuilder`].
    pub fn builder() -> EngineBuilder {
        EngineBuilder::default()
    }

    /// Starts an evaluation.
    ///
    /// ```
    /// let evaluation = nivose::Engine::new().start();
    /// assert_eq!(evaluation.evaluate("1 + 1")?.as_int()?, 2);
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn start(&self) -> Evaluation {
        let builder = &*self.0;
        let messages = Messages::default();
        let mut world = (builder.world)();
        let mut options = builder.options.clone();
        if builder.asks_world {
            options.settings.current_time = world.current_time();
            options.settings.system = world.current_system();
        }
        if options.heap.limit == usize::MAX {
            let limit = || default_memory_limit(&mut *world).unwrap_or(usize::MAX);
            options.heap.limit = *builder.memory.get_or_init(limit);
        }
        let world =
            Recording { inner: world, messages: messages.clone(), listener: builder.listener.clone() };
        let specs: Vec<BuiltinSpec> = builder.builtins.iter().map(HostBuiltin::spec).collect();
        let mut evaluator = Evaluator::with_builtins(options, Box::new(world), &specs);
        HostTable::install(&mut evaluator.machine().shared, &builder.builtins);
        if builder.counting {
            evaluator.count(|| Duration::ZERO);
        }
        if let Some(make) = &builder.observer {
            evaluator.machine().set_observer(make());
        }
        if let Some(make) = &builder.compilation_observer {
            evaluator.machine().set_compilation_observer(make());
        }
        Evaluation::new(Guarded::new(evaluator, builder.limits, messages))
    }
}

impl EngineBuilder {
    /// The outside: each evaluation gets a clone.
    ///
    /// ```
    /// use nivose::{Engine, world::MemoryWorld};
    /// let world = MemoryWorld::new().with_file("/etc/hostname", "snow");
    /// let evaluation = Engine::builder().world(world).build()?.start();
    /// assert_eq!(evaluation.evaluate("builtins.readFile /etc/hostname")?.as_str()?, "snow");
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    #[must_use]
    pub fn world<W: World + Clone + Sync + 'static>(self, world: W) -> Self {
        self.world_with(move || Box::new(world.clone()))
    }

    /// The outside, made anew for each evaluation.
    ///
    /// ```
    /// use nivose::{Engine, world::MemoryWorld};
    /// let engine = Engine::builder().world_with(|| Box::new(MemoryWorld::new().with_time(7))).build()?;
    /// assert_eq!(engine.start().evaluate("builtins.currentTime")?.as_int()?, 7);
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    #[must_use]
    pub fn world_with(mut self, make: impl Fn() -> Box<dyn World> + Send + Sync + 'static) -> Self {
        self.world = Arc::new(make);
        self
    }

    /// The files, the environment and the clock of the system. What an evaluation saw of a file's place it sees to its
    /// end. `NIX_PATH` is not read: see [`EngineBuilder::search_path`].
    ///
    /// ```
    /// let evaluation = nivose::Engine::builder().system_world().build()?.start();
    /// assert!(evaluation.evaluate("builtins.currentTime")?.as_int()? > 1_700_000_000);
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    #[cfg(not(target_family = "wasm"))]
    #[must_use]
    pub fn system_world(self) -> Self {
        self.world_with(|| Box::new(nivose_world::CachingWorld::new(nivose_world::OsWorld::new())))
    }

    /// Adds an entry to the search path: `<name>` is `path`. An empty name stands for all entries of the directory. A
    /// relative path starts from the current directory of the world.
    ///
    /// ```
    /// use nivose::{Engine, world::MemoryWorld};
    /// let world = MemoryWorld::new().with_file("/src/a/default.nix", "1");
    /// let engine = Engine::builder().world(world).search_path("", "/src").build()?;
    /// assert_eq!(engine.start().evaluate("import <a>")?.as_int()?, 1);
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    #[must_use]
    pub fn search_path(mut self, name: impl Into<Vec<u8>>, path: impl AsRef<Path>) -> Self {
        self.options.settings.nix_path.push((name.into(), bytes_of(path.as_ref()).to_vec()));
        self
    }

    /// Pure evaluation: nothing depends on time, environment, search path, or files that are not in the store.
    ///
    /// ```
    /// let evaluation = nivose::Engine::builder().pure(true).build()?.start();
    /// assert!(!evaluation.evaluate("builtins ? currentTime")?.as_bool()?);
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    #[must_use]
    pub fn pure(mut self, pure: bool) -> Self {
        self.options.settings.pure_eval = pure;
        self
    }

    /// Switches an experimental feature on, by C++ Nix's name.
    ///
    /// ```
    /// let evaluation = nivose::Engine::builder().feature("pipe-operators").build()?.start();
    /// assert_eq!(evaluation.evaluate("[ 1 2 ] |> builtins.length")?.as_int()?, 2);
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    #[must_use]
    pub fn feature(mut self, name: impl Into<String>) -> Self {
        self.options.settings.features.push(name.into());
        self
    }

    /// What `builtins.currentSystem` and `builtins.currentTime` answer, whatever the outside says.
    ///
    /// ```
    /// let evaluation = nivose::Engine::builder().fixed("riscv64-linux", 0).build()?.start();
    /// assert_eq!(evaluation.evaluate("builtins.currentSystem")?.as_str()?, "riscv64-linux");
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    #[must_use]
    pub fn fixed(mut self, system: impl Into<String>, time: i64) -> Self {
        self.asks_world = false;
        self.options.settings.system = system.into();
        self.options.settings.current_time = time;
        self
    }

    /// The directory of the store, `/nix/store` unless it is given.
    ///
    /// ```
    /// let evaluation = nivose::Engine::builder().store_directory("/gnu/store").build()?.start();
    /// assert_eq!(evaluation.evaluate("builtins.storeDir")?.as_str()?, "/gnu/store");
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    #[must_use]
    pub fn store_directory(mut self, directory: impl Into<String>) -> Self {
        self.store_directory = Some(directory.into());
        self
    }

    /// Ends an operation that takes longer: an [`evaluate`](Evaluation::evaluate), a look at a value, a whole
    /// [`to`](crate::Value::to). A thread sees to it.
    ///
    /// ```
    /// use std::time::Duration;
    /// let engine = nivose::Engine::builder().time_limit(Duration::from_millis(20)).build()?;
    /// let evaluation = engine.start();
    /// let failure = evaluation.evaluate(
    ///     "let many = builtins.genList (i: i) 100000; in builtins.foldl' (n: i: builtins.deepSeq (map (j: i * j) many) i) 0 many",
    /// );
    /// assert!(failure.err().is_some_and(|failure| failure.is_interruption()));
    /// assert_eq!(evaluation.evaluate("1 + 1")?.as_int()?, 2);
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.limits.time = Some(limit);
        self
    }

    /// Ends an operation, such as [`evaluate`](Evaluation::evaluate) or a whole [`to`](crate::Value::to), that takes more steps: entries of functions and suspended expressions, and turns of long
    /// builtins. The same program takes the same number everywhere.
    ///
    /// ```
    /// let engine = nivose::Engine::builder().step_limit(1000).build()?;
    /// let failure = engine.start().evaluate("let f = x: f (x + 1); in f 0").err().expect("a limit");
    /// assert_eq!(failure.message(), "the evaluation took more than 1000 steps");
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    #[must_use]
    pub fn step_limit(mut self, steps: u64) -> Self {
        self.limits.steps = Some(steps);
        self
    }

    /// How deep calls may nest (`max-call-depth`): a million unless it is given.
    ///
    /// ```
    /// let engine = nivose::Engine::builder().depth_limit(100).build()?;
    /// let failure = engine.start().evaluate("let f = x: 1 + f x; in f 0").err().expect("a limit");
    /// assert!(failure.message().contains("max-call-depth exceeded"));
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    #[must_use]
    pub fn depth_limit(mut self, depth: u32) -> Self {
        self.options.settings.max_call_depth = depth;
        self
    }

    /// How many bytes the values of an evaluation may take. If it is not given: three quarters of the machine's memory, or of
    /// what its control group or limits leave to the process, where that is known (on Linux). Evaluations that run side by
    /// side may take so much each: programs that start many, or evaluate what others wrote, should give a limit.
    /// `usize::MAX` is none.
    ///
    /// ```
    /// let engine = nivose::Engine::builder().memory_limit(16 << 20).build()?;
    /// let failure = engine.start().evaluate("builtins.length (builtins.genList (i: i) 100000000)");
    /// assert_eq!(failure.err().map(|failure| failure.id().slug()), Some("out-of-memory"));
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    #[must_use]
    pub fn memory_limit(mut self, bytes: usize) -> Self {
        self.options.heap.limit = bytes;
        self.memory = OnceLock::from(bytes);
        self
    }

    /// Counts what evaluations do, which makes them a little slower: [`Statistics::counts`](crate::Statistics::counts).
    ///
    /// ```
    /// let evaluation = nivose::Engine::builder().counting(true).build()?.start();
    /// evaluation.evaluate("builtins.length [ 1 2 3 ]")?;
    /// assert_eq!(evaluation.statistics()?.counts.map(|counts| counts.builtin_calls), Some(1));
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    #[must_use]
    pub fn counting(mut self, counting: bool) -> Self {
        self.counting = counting;
        self
    }

    /// Tells an observer of everything that an evaluation does: frames, calls of builtins, forces, instructions with the
    /// stack. Each evaluation gets one of its own. [`Evaluation::trace`] takes its place.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicUsize, Ordering};
    /// use nivose::raw::{Event, Observer, Shared, Way};
    ///
    /// struct Calls(Arc<AtomicUsize>);
    /// impl Observer for Calls {
    ///     fn observe(&mut self, _: &Shared, event: &Event<'_>) {
    ///         if matches!(event, Event::Enter { way: Way::Call | Way::TailCall, .. }) {
    ///             self.0.fetch_add(1, Ordering::Relaxed);
    ///         }
    ///     }
    /// }
    ///
    /// let calls = Arc::new(AtomicUsize::new(0));
    /// let counter = calls.clone();
    /// let engine = nivose::Engine::builder().observer(move || Calls(counter.clone())).build()?;
    /// engine.start().evaluate("let f = x: x; in f (f 1)")?;
    /// assert_eq!(calls.load(Ordering::Relaxed), 2);
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    #[must_use]
    pub fn observer<O: Observer + 'static>(mut self, make: impl Fn() -> O + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(move || Box::new(make())));
        self
    }

    /// Tells an observer of each chunk of code that an evaluation compiles: before it runs for the first time. Each
    /// evaluation gets one of its own.
    ///
    /// ```
    /// use std::sync::{Arc, Mutex};
    /// use nivose::raw::{Listing, ListingFormat};
    /// let lines = Arc::new(Mutex::new(String::new()));
    /// let sink = lines.clone();
    /// let engine = nivose::Engine::builder()
    ///     .compilation_observer(move || {
    ///         let sink = sink.clone();
    ///         Listing::new(ListingFormat::Text, move |line| *sink.lock().expect("lock") += line)
    ///     })
    ///     .build()?;
    /// engine.start().evaluate("1 + 1")?;
    /// assert!(lines.lock().expect("lock").contains("top level"));
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    #[must_use]
    pub fn compilation_observer<O: CompilationObserver + 'static>(
        mut self,
        make: impl Fn() -> O + Send + Sync + 'static,
    ) -> Self {
        self.compilation_observer = Some(Arc::new(move || Box::new(make())));
        self
    }

    /// Hands messages to a function as they come, instead of keeping them for [`Evaluation::take_messages`].
    ///
    /// ```
    /// use std::sync::{Arc, Mutex};
    /// let seen = Arc::new(Mutex::new(Vec::new()));
    /// let log = seen.clone();
    /// let engine = nivose::Engine::builder()
    ///     .on_message(move |message| log.lock().expect("lock").push(message.text.clone()))
    ///     .build()?;
    /// engine.start().evaluate("builtins.trace \"here\" null")?;
    /// assert_eq!(*seen.lock().expect("lock"), ["here"]);
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    #[must_use]
    pub fn on_message(mut self, listener: impl Fn(&Message) + Send + Sync + 'static) -> Self {
        self.listener = Some(Arc::new(listener));
        self
    }

    /// Adds a builtin: `builtins.NAME`, also `__NAME` everywhere. Name and documentation are a part of the program's text, as
    /// those of all builtins; a program that makes some while it runs can leak them (`String::leak`).
    ///
    /// Its arguments are evaluated deeply and made into the types of the function's arguments, its result is made into
    /// a value; both by `serde`. A failure is an error of the evaluation with the failure's text as headline. Types that
    /// leave an argument unevaluated are listed with [`HostArgument`](crate::HostArgument); what can be evaluated later is
    /// said with [`Next`](crate::Next).
    ///
    /// ```
    /// let engine = nivose::Engine::builder()
    ///     .builtin("repeat", "A string, several times.", |text: String, count: usize| {
    ///         Ok::<_, String>(text.repeat(count))
    ///     })
    ///     .builtin("parsePort", "The number of a port.", |text: String| text.parse::<u16>())
    ///     .build()?;
    /// let evaluation = engine.start();
    /// assert_eq!(evaluation.evaluate("builtins.repeat \"ab\" 3")?.as_str()?, "ababab");
    /// let failure = evaluation.evaluate("__parsePort \"x\"").err().expect("no number");
    /// assert_eq!(failure.message(), "invalid digit found in string");
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    #[must_use]
    pub fn builtin<Args, F>(mut self, name: &'static str, doc: &'static str, function: F) -> Self
    where
        F: HostFunction<Args>,
        Args: 'static,
    {
        self.builtins.push(HostBuiltin::new(name, doc, function));
        self
    }

    /// Changes the options that have no method here.
    ///
    /// ```
    /// let engine = nivose::Engine::builder().options(|options| options.level = 0).build()?;
    /// assert_eq!(engine.start().evaluate("1 + 1")?.as_int()?, 2);
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    #[must_use]
    pub fn options(mut self, change: impl FnOnce(&mut Options)) -> Self {
        change(&mut self.options);
        self
    }

    /// The engine.
    ///
    /// # Errors
    /// A store directory that cannot be one, or the name of a builtin that is taken or cannot be a name.
    ///
    /// ```
    /// let engine = nivose::Engine::builder().builtin("map", "", |x: i64| Ok::<_, String>(x)).build();
    /// assert_eq!(engine.err().map(|failure| failure.to_string()), Some("there is a builtin 'map' already".into()));
    /// ```
    pub fn build(mut self) -> Result<Engine> {
        if let Some(directory) = &self.store_directory {
            let directory = StoreDir::new(directory).map_err(|error| refused(error.to_string()))?;
            self.options.store_dir = directory;
        }
        let mut taken: HashSet<&str> = nivose_builtins::declarations().map(|spec| spec.name).collect();
        for builtin in &self.builtins {
            let name = builtin.name();
            if !is_identifier(name) {
                return Err(refused(format!("'{name}' cannot be the name of a builtin")));
            }
            if !taken.insert(name) {
                return Err(refused(format!("there is a builtin '{name}' already")));
            }
        }
        Ok(Engine(Arc::new(self)))
    }
}

fn refused(message: String) -> Diagnostic {
    Diagnostic::new(DiagnosticId::Configuration, message)
}

fn is_identifier(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'\''))
}
