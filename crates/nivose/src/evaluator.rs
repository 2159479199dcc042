//! An evaluation from its settings to its values.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nivose_base::{Origin, Result};
use nivose_heap::HeapConfig;
use nivose_machine::{BuiltinSpec, Handle, Machine, Settings, Shared, StoreAccess};
use nivose_store::StoreDir;
use nivose_world::World;

use crate::front_end::NixFrontEnd;
use crate::listing::{Listing, ListingFormat};
use crate::trace::{TraceOptions, Tracer};

/// What an evaluation is to be like.
#[derive(Clone, Debug)]
pub struct Options {
    /// The settings of the language.
    pub settings: Settings,
    /// The settings of the heap.
    pub heap: HeapConfig,
    /// How much the compiler optimises: 0 or 1.
    pub level: u8,
    /// Where the store lies.
    pub store_dir: StoreDir,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            settings: Settings::default(),
            heap: HeapConfig::default(),
            level: 1,
            store_dir: StoreDir::default(),
        }
    }
}

/// How many bytes an evaluation may take if nothing else is said: three quarters of the machine's memory, if that is known to
/// the world or the system. All of it would leave nothing to others, and the system would pick whom to end.
pub fn default_memory_limit(world: &mut dyn World) -> Option<usize> {
    let known = world.physical_memory().or_else(system_memory)?;
    usize::try_from(known / 4 * 3).ok()
}

#[cfg(not(target_family = "wasm"))]
fn system_memory() -> Option<u64> {
    nivose_world::OsWorld::new().physical_memory()
}

#[cfg(target_family = "wasm")]
fn system_memory() -> Option<u64> {
    None
}

/// An evaluation: sources go in, values come out.
pub struct Evaluator {
    machine: Machine,
}

impl Evaluator {
    /// An evaluation of its own, with all builtins.
    pub fn new(options: Options, world: Box<dyn World>) -> Self {
        Self::with_builtins(options, world, &[])
    }

    /// The same with builtins of the embedding program, whose names must not be taken.
    pub fn with_builtins(options: Options, world: Box<dyn World>, others: &[BuiltinSpec]) -> Self {
        let store = StoreAccess::new(options.store_dir);
        let mut shared = Shared::new(options.heap, options.settings, world, store);
        nivose_builtins::install_with(&mut shared, others);
        shared.front_end = Box::new(NixFrontEnd::new(options.level, &mut shared));
        Evaluator { machine: Machine::new(shared) }
    }

    /// Evaluates a source to weak head normal form; `directory` is what its relative paths start from.
    ///
    /// # Errors
    /// The first diagnostic of the source, or what the evaluation fails with.
    pub fn evaluate(&mut self, origin: Origin, text: Vec<u8>, directory: Vec<u8>) -> Result<Handle> {
        let unit = self.machine.shared.load(origin, text, directory, None)?;
        self.machine.evaluate_unit(unit)
    }

    /// The thunk of a source, which is read and analysed now and evaluated when somebody needs it.
    ///
    /// # Errors
    /// The first diagnostic of the source.
    pub fn suspend(&mut self, origin: Origin, text: Vec<u8>, directory: Vec<u8>) -> Result<Handle> {
        let unit = self.machine.shared.load(origin, text, directory, None)?;
        Ok(self.machine.make(|shared, _| shared.unit_thunk(unit)))
    }

    /// Traces what is evaluated from now on: lines go to `sink` as things happen.
    pub fn trace(&mut self, options: TraceOptions, sink: impl FnMut(&str) + Send + 'static) {
        let sink = Arc::new(Mutex::new(sink));
        let to_sink = || {
            let sink = sink.clone();
            move |line: &str| (*sink.lock().unwrap_or_else(PoisonError::into_inner))(line)
        };
        if options.code {
            let format = if options.json { ListingFormat::Json } else { ListingFormat::Text };
            self.machine.set_compilation_observer(Box::new(Listing::new(format, to_sink())));
        }
        self.machine.set_observer(Box::new(Tracer::new(options, to_sink())));
    }

    /// Ends a trace: what takes its lines is dropped.
    pub fn stop_trace(&mut self) {
        drop(self.machine.take_observer());
        drop(self.machine.take_compilation_observer());
    }

    /// Counts what is done and made from now on; `clock` says how long collections take.
    pub fn count(&mut self, clock: fn() -> Duration) {
        self.machine.count();
        self.machine.shared.heap.count(clock);
    }

    /// The machine, to run tasks and look at values.
    pub fn machine(&mut self) -> &mut Machine {
        &mut self.machine
    }
}
