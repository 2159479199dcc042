//! One evaluation of a command: the evaluator made from the configuration, sources, and arguments.

use std::sync::Arc;

use nivose::raw::{
    Error, Evaluator, FlameGraph, Handle, Origin, SharedCounts, default_memory_limit, is_address,
    write_string,
};
use nivose::world::{CachingWorld, OsWorld, World, WorldError, path, read_bounded};
use nivose_store::StoreDir;

use crate::arguments::to_path;
use crate::configuration::{AutoArgument, Configuration};
use crate::ending::Ending;
use crate::failure::Failure;
use crate::messages::Level;
use crate::profiler;
use crate::report;
use crate::search_path;
use crate::statistics;
use crate::status::Progress;
use crate::unwritten::Unwritten;
use crate::watched::WatchedWorld;

/// An evaluator with what the command line says of its surroundings.
pub struct Session {
    /// The evaluator.
    pub evaluator: Evaluator,
    /// The configuration that it was made from, completed.
    pub configuration: Configuration,
    /// The working directory.
    pub directory: Vec<u8>,
    /// Whether there are arguments for functions that 'nix-instantiate' finds at the end of a selection.
    pub has_auto_arguments: bool,
    /// What the status line shows.
    pub progress: Arc<Progress>,
    /// What is missing from the store because nothing is written to it.
    pub unwritten: Unwritten,
    /// Who says how the command ends.
    pub ending: Ending,
    /// What `NIX_COUNT_CALLS` asks for.
    pub counts: Option<SharedCounts>,
    /// The profile, if there is to be one.
    pub graph: Option<FlameGraph>,
    /// Standard input, once it was read.
    stdin: Option<Vec<u8>>,
    /// Results that wait for the end.
    held: Vec<u8>,
}

impl Session {
    /// A session of its own, which reads files and the environment of the system.
    ///
    /// # Errors
    /// If the working directory or the store directory make no sense.
    pub fn new(configuration: &Configuration) -> Result<Self, Failure> {
        let mut configuration = configuration.clone();
        let mut world = OsWorld::new();
        let directory = world.current_directory().map_err(|error| Failure::file(b".", error))?;
        let store = String::from_utf8_lossy(&world.store_directory()).into_owned();
        let store_dir = StoreDir::new(&store).map_err(|error| Failure::usage(error.to_string()))?;
        configuration.options.store_dir = store_dir;
        complete(&mut configuration, &mut world);
        let mut world = world.with_longest_file(configuration.options.heap.limit as u64);
        if let Some(system) = system(&configuration) {
            world = world.with_system(system);
        }
        let progress: Arc<Progress> = Arc::default();
        let unwritten = Unwritten::new(configuration.writes_derivations && configuration.has_real_store());
        let world = WatchedWorld::new(world, configuration.messages, progress.clone(), unwritten.clone());
        let world = CachingWorld::new(world);
        let mut evaluator = Evaluator::new(configuration.options.clone(), Box::new(world));
        let (ending, control) = (Ending::default(), evaluator.machine().control());
        if let Some(steps) = configuration.max_steps {
            control.set_budget(Some(steps));
        }
        ending.watch(control, progress.clone(), &configuration);
        let graph = profiler::sampler(&configuration.profile);
        let counts = statistics::observe(&mut evaluator, &configuration, graph.as_ref());
        progress.watch(!configuration.messages.wants(Level::INFO) || configuration.messages.json);
        let has_auto_arguments = !configuration.auto_arguments.is_empty();
        Ok(Session {
            evaluator,
            configuration,
            directory,
            has_auto_arguments,
            progress,
            unwritten,
            ending,
            counts,
            graph,
            stdin: None,
            held: Vec::new(),
        })
    }

    /// Writes one result of several. It waits for the end if another program may have to do the whole call.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn give(&mut self, result: &[u8]) -> Result<(), Failure> {
        if self.configuration.hands_over {
            self.held.extend_from_slice(result);
            return Ok(());
        }
        let mut written = Ok(());
        self.progress.hide_while(|| written = report::write_result(result));
        written
    }

    /// The results that wait.
    pub fn take_held(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.held)
    }

    /// Evaluates an expression given as text.
    ///
    /// # Errors
    /// What the evaluation fails with.
    pub fn evaluate_text(&mut self, text: Vec<u8>) -> Result<Handle, Error> {
        self.evaluator.evaluate(Origin::String, text, self.directory.clone())
    }

    /// Evaluates a file as the command line names it: a path, `<name>`, or `-` for standard input.
    ///
    /// # Errors
    /// A file that cannot be read, or what the evaluation fails with.
    pub fn evaluate_file(&mut self, file: &[u8]) -> Result<Handle, Failure> {
        if file == b"-" {
            let text = self.read_stdin()?;
            return Ok(self.evaluator.evaluate(Origin::Stdin, text, self.directory.clone())?);
        }
        let path = self.locate(file)?;
        match self.read_special(&path, file)? {
            Some(text) => {
                let directory = path::directory_name(&path).to_vec();
                Ok(self.evaluator.evaluate(Origin::File(path), text, directory)?)
            }
            None => Ok(self.evaluator.evaluate_file(&path)?),
        }
    }

    /// The text of a file as the command line names it, where it came from, and its directory.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn source(&mut self, file: &[u8]) -> Result<(Origin, Vec<u8>, Vec<u8>), Failure> {
        if file == b"-" {
            return Ok((Origin::Stdin, self.read_stdin()?, self.directory.clone()));
        }
        let path = self.locate(file)?;
        let (path, text) = match self.read_special(&path, file)? {
            Some(text) => (path, text),
            None => self.evaluator.read_source(&path)?,
        };
        let directory = path::directory_name(&path).to_vec();
        Ok((Origin::File(path), text, directory))
    }

    /// The text of a pipe or device, such as `/dev/stdin` or what `<(…)` of a shell stands for. The
    /// language knows only regular files, but the command line may name others.
    fn read_special(&self, path: &[u8], file: &[u8]) -> Result<Option<Vec<u8>>, Failure> {
        let path = to_path(path);
        let is_special = std::fs::metadata(&path).is_ok_and(|found| !found.is_file() && !found.is_dir());
        if !is_special {
            return Ok(None);
        }
        let special = std::fs::File::open(&path).map_err(WorldError::from);
        let text = special.and_then(|special| read_bounded(special, 0, self.longest_input()));
        text.map(Some).map_err(|error| Failure::file(file, error))
    }

    /// More is not read of what may have no end.
    fn longest_input(&self) -> u64 {
        self.configuration.options.heap.limit.min(MAX_INPUT) as u64
    }

    /// The path that the command line means by a file.
    fn locate(&mut self, file: &[u8]) -> Result<Vec<u8>, Failure> {
        if let [b'<', name @ .., b'>'] = file {
            return self.find_file(name);
        }
        if is_address(file) {
            let file = String::from_utf8_lossy(file);
            return Err(Failure::not_available(format!(
                "cannot fetch '{file}': nivose does not use the network"
            )));
        }
        Ok(path::absolute(file, &self.directory))
    }

    /// What `<name>` stands for.
    ///
    /// # Errors
    /// A name that the search path does not have.
    pub fn find_file(&mut self, name: &[u8]) -> Result<Vec<u8>, Failure> {
        let mut expression = b"__findFile __nixPath ".to_vec();
        write_string(name, &mut expression);
        // Nobody wrote the expression: its places and trace say nothing.
        let bare = |error: Error| Error::with_message(error.id(), error.message());
        let found = self.evaluate_text(expression).map_err(bare)?;
        let path = self
            .evaluator
            .machine()
            .inspect(found, |_, found| found.resolved().as_path().map(<[u8]>::to_vec));
        path.ok_or_else(|| {
            Failure::usage(format!("'{}' is no name in the search path", String::from_utf8_lossy(name)))
        })
    }

    /// All of standard input. It can be read only once, so it is kept.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read_stdin(&mut self) -> Result<Vec<u8>, Failure> {
        if let Some(text) = &self.stdin {
            return Ok(text.clone());
        }
        let text = read_bounded(std::io::stdin().lock(), 0, self.longest_input());
        let text = text.map_err(|error| Failure::file(b"standard input", error))?;
        self.stdin = Some(text.clone());
        Ok(text)
    }

    /// Standard input, if it was read.
    pub fn stdin(&self) -> Option<&[u8]> {
        self.stdin.as_deref()
    }

    /// The set of the arguments that the command line gives. Expressions are not evaluated yet.
    ///
    /// # Errors
    /// An expression that cannot be parsed, or a file that cannot be read.
    pub fn auto_arguments(&mut self) -> Result<Handle, Failure> {
        let mut attributes = Vec::new();
        for (name, argument) in std::mem::take(&mut self.configuration.auto_arguments) {
            let value = self.auto_argument(argument)?;
            attributes.push((name, value));
        }
        Ok(self.evaluator.attrs(&attributes)?)
    }

    fn auto_argument(&mut self, argument: AutoArgument) -> Result<Handle, Failure> {
        Ok(match argument {
            AutoArgument::Expression(text) => {
                self.evaluator.suspend(Origin::String, text, self.directory.clone())?
            }
            AutoArgument::String(text) => self.evaluator.string(&text),
            AutoArgument::File(file) => {
                let path = path::absolute(&file, &self.directory);
                let text = self.evaluator.machine().shared.world.read_file(&path);
                let text = text.map_err(|error| Failure::file(&file, error))?;
                self.evaluator.string(&text)
            }
            AutoArgument::Stdin => {
                let text = self.read_stdin()?;
                self.evaluator.string(&text)
            }
        })
    }
}

/// More of standard input, or of a pipe or device, is not read: as much as the parser takes.
const MAX_INPUT: usize = 1 << 30;

/// Fills in what the settings leave to the surroundings.
fn complete(configuration: &mut Configuration, world: &mut dyn World) {
    let entries = search_path_entries(configuration, world);
    let system = system(configuration).unwrap_or_else(|| world.current_system());
    let keeps_derivations = configuration.keeps_derivations();
    if configuration.options.heap.limit == usize::MAX
        && let Some(limit) = default_memory_limit(world)
    {
        configuration.options.heap.limit = limit;
    }
    let settings = &mut configuration.options.settings;
    settings.nix_path = entries;
    settings.current_time = world.current_time();
    settings.system = system;
    settings.keeps_derivations = keeps_derivations;
    settings.addresses_fail = configuration.hands_over;
}

/// The system that the settings name.
fn system(configuration: &Configuration) -> Option<String> {
    let named = [&configuration.eval_system, &configuration.system];
    named.into_iter().flatten().find(|system| !system.is_empty()).cloned()
}

fn search_path_entries(configuration: &Configuration, world: &mut dyn World) -> Vec<search_path::Entry> {
    let mut entries: Vec<_> =
        configuration.include.iter().map(|entry| search_path::parse_entry(entry)).collect();
    let settings = &configuration.options.settings;
    match &configuration.nix_path.entries {
        Some(given) => entries.extend(given.iter().cloned()),
        None if settings.pure_eval || settings.restrict_eval => {}
        None => {
            let home = world.home_directory();
            let exists = |path: &[u8]| world.metadata(path).is_ok();
            entries.extend(search_path::default_entries(home.as_deref(), exists));
        }
    }
    entries.extend(configuration.nix_path.extra.iter().cloned());
    entries
}
