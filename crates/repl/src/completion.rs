//! How a word that was begun may go on: names of commands, variables and builtins. Nothing is evaluated.

use nivose::Evaluator;

use crate::commands::COMMANDS;
use crate::repl::Repl;

/// Ways to complete a line.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Completion {
    /// Where the word begins that is completed, in bytes.
    pub start: usize,
    /// What the word may become, sorted.
    pub words: Vec<String>,
}

impl Repl {
    /// How the end of a line may be completed.
    pub fn complete(&self, evaluator: &mut Evaluator, line: &str) -> Completion {
        let is_name = |next: char| next.is_ascii_alphanumeric() || "_'-.".contains(next);
        let start = line.trim_end_matches(is_name).len();
        let word = &line[start..];
        if line[..start].trim() == ":" {
            let start = line[..start].rfind(':').unwrap_or(start);
            return Completion { start, words: begun(&line[start..], command_names()) };
        }
        if word.is_empty() || word.contains('.') {
            return Completion { start, words: Vec::new() };
        }
        let names = self.names(evaluator);
        Completion { start, words: begun(word, names.into_iter()) }
    }

    /// The names of all variables: those of the scope, and the builtins.
    fn names(&self, evaluator: &mut Evaluator) -> Vec<String> {
        let scope = self.scope();
        let mut symbols: Vec<_> = evaluator.machine().shared.global_names().map(|(name, _)| name).collect();
        if let Some(scope) = scope {
            symbols.extend(evaluator.attributes(scope).unwrap_or_default().iter().map(|&(name, _)| name));
        }
        let known = &evaluator.machine().shared.symbols;
        symbols.iter().map(|&name| String::from_utf8_lossy(known.bytes(name)).into_owned()).collect()
    }
}

fn command_names() -> impl Iterator<Item = String> {
    COMMANDS.iter().flat_map(|command| command.names).map(|name| String::from(*name))
}

/// The words that begin so, sorted, each once. Names of ours that nobody types are not among them.
fn begun(start: &str, words: impl Iterator<Item = String>) -> Vec<String> {
    let hidden = |word: &str| word.starts_with("__") && !start.starts_with("__");
    let mut words: Vec<_> = words.filter(|word| word.starts_with(start) && !hidden(word)).collect();
    words.sort_unstable();
    words.dedup();
    words
}
