//! The state of a dialogue, and what becomes of each line.
//!
//! The variables are the attributes of one set. Definitions make a new set, so what was defined before keeps the variables
//! that it saw, and a line that fails changes nothing.

use std::time::Duration;

use nivose::DiagnosticId;
use nivose::raw::{DumpFormat, Error, Evaluator, Handle, Origin, Pos, PrintOptions, Result, reference};
use nivose::world::path;

use crate::commands::{self, CommandId, CommandSpec};
use crate::{help, input};

/// Where one reads what commands there are.
const HELP: &str = "':?' lists the commands";

/// What becomes of a line.
#[derive(Debug)]
pub enum Reply {
    /// Text to be shown, with its line ends; there may be none.
    Text(Vec<u8>),
    /// A failure. The sources that it is about are those of the evaluator.
    Failed(Error),
    /// The line is not complete: it is to be given again with the next one after it. If there is none, this is the failure.
    Incomplete(Error),
    /// The dialogue is over.
    Ended,
}

impl From<Result<Vec<u8>>> for Reply {
    fn from(result: Result<Vec<u8>>) -> Self {
        result.map_or_else(Reply::Failed, Reply::Text)
    }
}

/// What is loaded, and done anew by `:r`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Input {
    /// A file, by a path, or by `<name>` for one in the search path.
    File(Vec<u8>),
    /// An expression.
    Expression(Vec<u8>),
}

/// A dialogue with one evaluator, which every method must be given.
#[derive(Debug)]
pub struct Repl {
    directory: Vec<u8>,
    scope: Option<Handle>,
    loaded: Vec<Input>,
    last_loaded: Vec<Vec<u8>>,
    /// The set of arguments for functions that are loaded.
    arguments: Option<Handle>,
    shows_traces: bool,
    has_colours: bool,
    /// How many steps each line may take.
    steps: Option<u64>,
    clock: Option<fn() -> Duration>,
}

impl Repl {
    /// A dialogue without variables. Relative paths start from `directory`.
    pub fn new(directory: Vec<u8>) -> Self {
        Repl {
            directory,
            scope: None,
            loaded: Vec::new(),
            last_loaded: Vec::new(),
            arguments: None,
            shows_traces: false,
            has_colours: false,
            steps: None,
            clock: None,
        }
    }

    /// What says how late it is, for `:time`.
    #[must_use]
    pub fn with_clock(self, clock: fn() -> Duration) -> Self {
        Repl { clock: Some(clock), ..self }
    }

    /// The set whose attributes functions that are loaded get as their arguments.
    #[must_use]
    pub fn with_arguments(self, arguments: Handle) -> Self {
        Repl { arguments: Some(arguments), ..self }
    }

    /// Whether traces of errors are shown in full from the start.
    #[must_use]
    pub fn with_traces(self, shows_traces: bool) -> Self {
        Repl { shows_traces, ..self }
    }

    /// Whether values are shown in colours.
    #[must_use]
    pub fn with_colours(self, has_colours: bool) -> Self {
        Repl { has_colours, ..self }
    }

    /// How many steps each line may take, if that is limited.
    #[must_use]
    pub fn with_step_limit(self, steps: Option<u64>) -> Self {
        Repl { steps, ..self }
    }

    pub(crate) fn step_limit(&self) -> Option<u64> {
        self.steps
    }

    /// Whether traces of errors are to be shown in full now.
    pub fn shows_traces(&self) -> bool {
        self.shows_traces
    }

    pub(crate) fn scope(&self) -> Option<Handle> {
        self.scope
    }

    /// Takes a line, or several that belong together.
    pub fn line(&mut self, evaluator: &mut Evaluator, text: &str) -> Reply {
        if text.trim().is_empty() {
            return Reply::Text(Vec::new());
        }
        evaluator.machine().control().set_budget(self.steps);
        let Some((name, argument)) = input::command(text) else { return self.source(evaluator, text) };
        match commands::find(name) {
            Some(command) => self.command(evaluator, command, argument),
            None => Reply::Failed(refusal(format!("unknown command '{name}'")).brief_note(HELP, Pos::NONE)),
        }
    }

    /// Adds the attributes of a file or an expression to the variables, as `:l` does for files.
    ///
    /// # Errors
    /// What the evaluation of it fails with, or if it is no set.
    pub fn load(&mut self, evaluator: &mut Evaluator, what: Input) -> Result<Vec<u8>> {
        // Noted also if it fails: whoever mends the file wants to load it again.
        self.loaded.push(what.clone());
        self.load_anew(evaluator, &what)
    }

    fn load_anew(&mut self, evaluator: &mut Evaluator, what: &Input) -> Result<Vec<u8>> {
        let value = match what {
            Input::File(file) => {
                let path = self.locate(evaluator, file)?;
                evaluator.evaluate_file(&path)?
            }
            Input::Expression(text) => self.evaluate(evaluator, text)?,
        };
        let arguments = *self.arguments.get_or_insert_with(|| evaluator.empty_set());
        let called = evaluator.auto_call(value, arguments);
        evaluator.machine().release(value);
        self.add(evaluator, called?)
    }

    fn locate(&self, evaluator: &mut Evaluator, file: &[u8]) -> Result<Vec<u8>> {
        if !file.starts_with(b"<") {
            return Ok(path::absolute(file, &self.directory));
        }
        // Not as interpolation does it, which would copy the file into the store.
        let text = [b"toString ", file].concat();
        self.with_value(evaluator, &text, |evaluator, value| evaluator.coerce_to_string(value))?
    }

    /// The value of an expression among the variables, forced.
    fn evaluate(&self, evaluator: &mut Evaluator, text: &[u8]) -> Result<Handle> {
        let directory = self.directory.clone();
        match self.scope {
            Some(scope) => evaluator.evaluate_in(scope, Origin::String, text.to_vec(), directory),
            None => evaluator.evaluate(Origin::String, text.to_vec(), directory),
        }
    }

    /// What `use_it` makes of the value of an expression.
    pub(crate) fn with_value<R>(
        &self,
        evaluator: &mut Evaluator,
        text: &[u8],
        use_it: impl FnOnce(&mut Evaluator, Handle) -> R,
    ) -> Result<R> {
        let value = self.evaluate(evaluator, text)?;
        let result = use_it(evaluator, value);
        evaluator.machine().release(value);
        Ok(result)
    }

    /// Adds the attributes of a set to the variables, and gives what is said of it.
    fn add(&mut self, evaluator: &mut Evaluator, set: Handle) -> Result<Vec<u8>> {
        let defined = self.define(evaluator, set);
        let names = evaluator.attributes(set).unwrap_or_default();
        evaluator.machine().release(set);
        defined?;
        let symbols = &evaluator.machine().shared.symbols;
        self.last_loaded = names.iter().map(|&(name, _)| symbols.bytes(name).to_vec()).collect();
        Ok(format!("Added {} variables.\n", names.len()).into_bytes())
    }

    fn define(&mut self, evaluator: &mut Evaluator, set: Handle) -> Result<()> {
        let before = self.scope.unwrap_or_else(|| evaluator.empty_set());
        let result = evaluator.extend_scope(before, set);
        if result.is_ok() || self.scope.is_none() {
            evaluator.machine().release(before);
        }
        self.scope = Some(result?);
        Ok(())
    }

    /// An expression or bindings.
    fn source(&mut self, evaluator: &mut Evaluator, text: &str) -> Reply {
        if input::looks_like_bindings(text) {
            return self.bindings(evaluator, text);
        }
        match self.print(evaluator, text, PrintOptions::REPL) {
            Err(error) if is_incomplete(evaluator, &error) => Reply::Incomplete(error),
            result => result.into(),
        }
    }

    /// Bindings: the attributes of a set that is not recursive.
    fn bindings(&mut self, evaluator: &mut Evaluator, text: &str) -> Reply {
        let result = self.evaluate(evaluator, input::as_set(text).as_bytes());
        let defined = result.and_then(|set| {
            let result = self.define(evaluator, set);
            evaluator.machine().release(set);
            result
        });
        match defined {
            Ok(()) => Reply::Text(Vec::new()),
            Err(error) if is_about_syntax(&error) && self.goes_on(evaluator, text) => {
                Reply::Incomplete(error)
            }
            Err(error) => Reply::Failed(error),
        }
    }

    /// Whether bindings that cannot be read lack only their end.
    fn goes_on(&self, evaluator: &mut Evaluator, text: &str) -> bool {
        let open = format!("{{ {text}");
        let error = self.evaluate(evaluator, open.as_bytes()).err();
        error.is_some_and(|error| is_incomplete(evaluator, &error))
    }

    fn print(&self, evaluator: &mut Evaluator, text: &str, options: PrintOptions) -> Result<Vec<u8>> {
        let options = PrintOptions { colours: self.has_colours, ..options };
        self.with_value(evaluator, text.as_bytes(), |evaluator, value| evaluator.print(value, options))?
            .map(with_line_end)
    }

    fn command(&mut self, evaluator: &mut Evaluator, command: &CommandSpec, argument: &str) -> Reply {
        let reply = match command.id {
            CommandId::Quit => return Reply::Ended,
            CommandId::Help => Ok(help::text().into_bytes()),
            CommandId::LastLoaded => Ok(self.last_names()),
            CommandId::Reload => self.reload(evaluator),
            CommandId::TraceEnable => self.enable_traces(argument),
            CommandId::NotThere => Err(not_there(command)),
            CommandId::Load => self.load(evaluator, Input::File(argument.into())),
            CommandId::Add => {
                self.evaluate(evaluator, argument.as_bytes()).and_then(|set| self.add(evaluator, set))
            }
            CommandId::Print => self.print_deep(evaluator, argument),
            CommandId::Type => self.describe(evaluator, argument),
            CommandId::Doc => self.document(evaluator, argument),
            CommandId::Ast => self.tree(evaluator, argument),
            CommandId::Disassemble => self.listing(evaluator, argument),
            CommandId::Time => self.time(evaluator, argument),
        };
        match reply {
            Err(error) if !argument.is_empty() && is_incomplete(evaluator, &error) => {
                Reply::Incomplete(error)
            }
            reply => reply.into(),
        }
    }

    fn last_names(&self) -> Vec<u8> {
        with_line_end(self.last_loaded.join(&b", "[..]))
    }

    /// Forgets all variables and loads all files anew.
    fn reload(&mut self, evaluator: &mut Evaluator) -> Result<Vec<u8>> {
        evaluator.forget_files();
        if let Some(scope) = self.scope.take() {
            evaluator.machine().release(scope);
        }
        let mut out = Vec::new();
        for what in self.loaded.clone() {
            out.extend(self.load_anew(evaluator, &what)?);
        }
        Ok(out)
    }

    fn enable_traces(&mut self, argument: &str) -> Result<Vec<u8>> {
        self.shows_traces = match argument {
            "" => !self.shows_traces,
            "true" => true,
            "false" => false,
            other => return Err(refusal(format!("unexpected argument '{other}' to :te"))),
        };
        let text = if self.shows_traces { "showing error traces\n" } else { "not showing error traces\n" };
        Ok(text.into())
    }

    /// A string as it is, anything else to its full depth.
    fn print_deep(&self, evaluator: &mut Evaluator, text: &str) -> Result<Vec<u8>> {
        let options = PrintOptions { colours: self.has_colours, ..PrintOptions::REPL_DEEP };
        let printed = self.with_value(evaluator, text.as_bytes(), |evaluator, value| {
            if evaluator.describe_type(value).starts_with("a string") {
                evaluator.coerce_to_string(value)
            } else {
                evaluator.print(value, options)
            }
        });
        printed?.map(with_line_end)
    }

    fn describe(&self, evaluator: &mut Evaluator, text: &str) -> Result<Vec<u8>> {
        self.with_value(evaluator, text.as_bytes(), |evaluator, value| evaluator.describe_type(value))
            .map(|description| with_line_end(description.into_bytes()))
    }

    fn document(&self, evaluator: &mut Evaluator, text: &str) -> Result<Vec<u8>> {
        let name =
            self.with_value(evaluator, text.as_bytes(), |evaluator, value| evaluator.builtin_name(value))?;
        let entry = name.and_then(reference::find);
        let entry = entry.ok_or_else(|| refusal("value does not have documentation"))?;
        Ok(entry.markdown(1).into_bytes())
    }

    fn tree(&self, evaluator: &mut Evaluator, text: &str) -> Result<Vec<u8>> {
        let mut out = String::new();
        let mut emit = |line: &str| out.extend([line, "\n"]);
        let source = (Origin::String, text.as_bytes().to_vec());
        let errors = evaluator.dump_tree(source, DumpFormat::Text, &mut emit)?;
        errors.into_iter().next().map_or(Ok(out.into_bytes()), Err)
    }

    fn listing(&self, evaluator: &mut Evaluator, text: &str) -> Result<Vec<u8>> {
        let text = text.as_bytes().to_vec();
        let listing = match self.scope {
            Some(scope) => evaluator.disassemble_in(scope, 1, Origin::String, text, &self.directory),
            None => evaluator.disassemble(1, Origin::String, text, &self.directory),
        };
        listing.map(String::into_bytes)
    }

    fn time(&self, evaluator: &mut Evaluator, text: &str) -> Result<Vec<u8>> {
        let clock = self.clock.ok_or_else(|| refusal("there is no clock"))?;
        let start = clock();
        let mut out = self.print(evaluator, text, PrintOptions::REPL)?;
        out.extend(format!("{:.3?}\n", clock().saturating_sub(start)).into_bytes());
        Ok(out)
    }
}

fn with_line_end(mut text: Vec<u8>) -> Vec<u8> {
    text.push(b'\n');
    text
}

fn refusal(message: impl Into<Vec<u8>>) -> Error {
    Error::with_message(DiagnosticId::InvalidArgument, message.into())
}

fn not_there(command: &CommandSpec) -> Error {
    let name = command.names.first().copied().unwrap_or_default();
    let why = match name {
        ":lf" => "nivose does not know flakes",
        ":e" => "nivose repl does not start editors yet",
        _ => "nivose does not build",
    };
    Error::with_message(DiagnosticId::NotAvailable, format!("'{name}' is not available: {why}"))
}

fn is_about_syntax(error: &Error) -> bool {
    error.id() == DiagnosticId::Syntax
}

/// Whether a source, the last one that was read, lacks its end.
fn is_incomplete(evaluator: &mut Evaluator, error: &Error) -> bool {
    let end = b"unexpected end of file";
    let names_end = is_about_syntax(error) && error.message().windows(end.len()).any(|part| part == end);
    let found = evaluator.machine().shared.sources.resolve(error.pos());
    names_end && found.is_none_or(|(source, _)| !matches!(source.origin, Origin::File(_)))
}
