//! `nivose repl`: reads lines from a terminal or a pipe and shows what becomes of them. What lines mean is known to the
//! crate `nivose-repl`.

use std::cell::RefCell;
use std::io::{self, BufRead, IsTerminal};
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use nivose::raw::Error;
use nivose_repl::{Input, Pending, Reply};
use rustyline::completion::{Completer, FilenameCompleter};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::DefaultHistory;
use rustyline::validate::Validator;
use rustyline::{Config, Context, Editor, Helper};

use crate::arguments::Given;
use crate::command::CommandLine;
use crate::failure::Failure;
use crate::messages::wants_colour;
use crate::options::OptionId;
use crate::report;
use crate::session::Session;

const PROMPT: &str = "nix-repl> ";
/// Before the further lines of what is not complete.
const CONTINUATION: &str = "          ";

/// A command line of `nivose repl`.
#[derive(Debug, Default)]
pub struct Repl {
    /// What is loaded before the first line.
    inputs: Vec<Input>,
}

impl CommandLine for Repl {
    fn take(&mut self, given: &mut Given) -> Result<bool, Failure> {
        match given.id {
            OptionId::Expression => self.inputs.push(Input::Expression(given.value())),
            OptionId::File => self.inputs.push(Input::File(given.value())),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn positional(&mut self, argument: Vec<u8>) -> Result<(), Failure> {
        self.inputs.push(Input::File(argument));
        Ok(())
    }
}

impl Repl {
    /// Whether somebody types.
    pub fn is_at_a_terminal() -> bool {
        io::stdin().is_terminal()
    }

    /// Takes lines until there are no more.
    ///
    /// # Errors
    /// Output that cannot be written, lines that cannot be read, or without a terminal an input that cannot be loaded.
    pub fn run(self, session: &mut Session) -> Result<Vec<u8>, Failure> {
        session.progress.finish();
        let arguments = session.auto_arguments()?;
        let repl = nivose_repl::Repl::new(session.directory.clone())
            .with_arguments(arguments)
            .with_traces(session.configuration.show_trace)
            .with_colours(io::stdout().is_terminal() && wants_colour())
            .with_step_limit(session.configuration.max_steps)
            .with_clock(clock);
        let mut dialogue = Dialogue { repl, session };
        report::write_result(banner().as_bytes())?;
        let is_at_a_terminal = Self::is_at_a_terminal();
        for input in self.inputs {
            dialogue.load(input, is_at_a_terminal)?;
        }
        if is_at_a_terminal { at_terminal(dialogue) } else { from_pipe(dialogue) }?;
        Ok(Vec::new())
    }
}

fn banner() -> String {
    format!("nivose {}\nType :? for help.\n", env!("CARGO_PKG_VERSION"))
}

fn clock() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}

/// What is to happen after a line.
enum After {
    Next,
    More(Error),
    End,
}

/// The lines and the evaluation that they belong to.
struct Dialogue<'s> {
    repl: nivose_repl::Repl,
    session: &'s mut Session,
}

impl Dialogue<'_> {
    /// Loads an input of the command line. If that fails, whoever types may mend it; a script has nothing to go on with.
    fn load(&mut self, input: Input, goes_on: bool) -> Result<(), Failure> {
        match self.repl.load(&mut self.session.evaluator, input) {
            Err(error) if !goes_on => Err(Failure::Evaluation(error)),
            result => self.show(result.into()).map(|_| ()),
        }
    }

    /// Takes what was typed and shows what becomes of it.
    fn line(&mut self, text: &str) -> Result<After, Failure> {
        // An interruption ends one line only.
        self.session.evaluator.machine().control().resume();
        let reply = self.repl.line(&mut self.session.evaluator, text);
        self.session.configuration.show_trace = self.repl.shows_traces();
        self.show(reply)
    }

    fn show(&mut self, reply: Reply) -> Result<After, Failure> {
        match reply {
            Reply::Text(text) => report::write_result(&text)?,
            Reply::Failed(error) => self.show_failure(error),
            Reply::Incomplete(error) => return Ok(After::More(error)),
            Reply::Ended => return Ok(After::End),
        }
        // An empty line after each input, as Nix has it.
        report::write_result(b"\n")?;
        Ok(After::Next)
    }

    fn show_failure(&mut self, error: Error) {
        let evaluator = &mut self.session.evaluator;
        evaluator.machine().control().resume();
        // What else is wrong with a line is for later; and variables of the scope are not known there.
        let error = evaluator.explain(error);
        let sources = &evaluator.machine().shared.sources;
        let configuration = &self.session.configuration;
        report::show_failure("nivose repl", &Failure::Evaluation(error), configuration, Some(sources));
    }
}

/// Lines from a pipe or a file: no prompts.
fn from_pipe(mut dialogue: Dialogue<'_>) -> Result<(), Failure> {
    let mut pending = Pending::default();
    for line in io::stdin().lock().split(b'\n') {
        let line = line.map_err(|error| Failure::file(b"standard input", error))?;
        if !pending.push(&String::from_utf8_lossy(&line)) {
            continue;
        }
        match dialogue.line(pending.text())? {
            After::Next => pending.clear(),
            After::More(_) => {}
            After::End => return Ok(()),
        }
    }
    // What never became complete is tried once more, to tell what it lacks.
    if !pending.text().is_empty()
        && let After::More(error) = dialogue.line(pending.text())?
    {
        dialogue.show_failure(error);
    }
    Ok(())
}

/// Lines that somebody types.
fn at_terminal(dialogue: Dialogue<'_>) -> Result<(), Failure> {
    let config = Config::builder().auto_add_history(false).completion_type(rustyline::CompletionType::List);
    let mut editor: Editor<Typist<'_>, DefaultHistory> =
        Editor::with_config(config.build()).map_err(broken)?;
    let history = history_file();
    if let Some(file) = &history {
        // There is none the first time.
        let _ = editor.load_history(file);
    }
    let typist = Typist(RefCell::new(dialogue));
    editor.set_helper(Some(typist));
    let result = take_lines(&mut editor);
    if let Some(file) = &history {
        // A history that cannot be kept is no reason to fail.
        let _ = file.parent().map(std::fs::create_dir_all);
        let _ = editor.save_history(file);
    }
    result
}

fn broken(error: ReadlineError) -> Failure {
    Failure::message(format!("cannot read from the terminal: {error}"))
}

fn take_lines(editor: &mut Editor<Typist<'_>, DefaultHistory>) -> Result<(), Failure> {
    let mut pending = Pending::default();
    loop {
        let prompt = if pending.text().is_empty() { PROMPT } else { CONTINUATION };
        match editor.readline(prompt) {
            Ok(line) if !pending.push(&line) => continue,
            Ok(_) => {}
            Err(ReadlineError::Interrupted) => {
                pending.clear();
                continue;
            }
            Err(ReadlineError::Eof) => return Ok(()),
            Err(error) => return Err(broken(error)),
        }
        let after = match editor.helper() {
            Some(typist) => typist.0.borrow_mut().line(pending.text())?,
            None => After::End,
        };
        if let After::More(_) = after {
            continue;
        }
        // What is no text of a line is no reason to end.
        let _ = editor.add_history_entry(pending.text());
        pending.clear();
        if let After::End = after {
            return Ok(());
        }
    }
}

/// Where lines are kept: a file of our own, since Nix's has another form.
fn history_file() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let data = set("XDG_DATA_HOME").or_else(|| Some(set("HOME")?.join(".local/share")))?;
    Some(data.join("nivose").join("repl-history"))
}

/// What helps who types.
struct Typist<'s>(RefCell<Dialogue<'s>>);

impl Completer for Typist<'_> {
    type Candidate = String;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        let word = line.get(..at).unwrap_or_default().rsplit(char::is_whitespace).next().unwrap_or_default();
        if word.contains('/') {
            let (start, files) = FilenameCompleter::new().complete_path(line, at)?;
            return Ok((start, files.into_iter().map(|file| file.replacement).collect()));
        }
        let mut dialogue = self.0.borrow_mut();
        let Dialogue { repl, session } = &mut *dialogue;
        let found = repl.complete(&mut session.evaluator, line.get(..at).unwrap_or_default());
        Ok((found.start, found.words))
    }
}

impl Hinter for Typist<'_> {
    type Hint = String;
}

impl Highlighter for Typist<'_> {}
impl Validator for Typist<'_> {}
impl Helper for Typist<'_> {}
