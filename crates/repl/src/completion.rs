//! How a word that was begun may go on: names of commands, variables and builtins, and of the attributes of a set, which is
//! evaluated for it within a number of steps. What fails has no attributes.

use nivose::raw::{Evaluator, Symbol};

use crate::commands::COMMANDS;
use crate::repl::Repl;

/// So many steps may take what is evaluated to complete a word: a tenth of a second or so.
const MOST_STEPS: u64 = 200_000;

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
        match word.rsplit_once('.') {
            _ if word.is_empty() => Completion { start, words: Vec::new() },
            None => Completion { start, words: begun(word, self.names(evaluator).into_iter()) },
            Some((set, name)) => {
                let names = self.attribute_names(evaluator, set).into_iter();
                Completion { start: start + set.len() + 1, words: begun(name, names) }
            }
        }
    }

    /// The names of the attributes of an expression.
    fn attribute_names(&self, evaluator: &mut Evaluator, set: &str) -> Vec<String> {
        let control = evaluator.machine().control();
        control.set_budget(Some(MOST_STEPS));
        let names = self.with_value(evaluator, set.as_bytes(), |evaluator, value| {
            let names = evaluator.attributes(value).unwrap_or_default();
            self.texts(evaluator, names.iter().map(|&(name, _)| name))
        });
        control.set_budget(self.step_limit());
        names.unwrap_or_default()
    }

    /// The names that can be written without quotes: what is global for the compiler only cannot.
    fn texts(&self, evaluator: &mut Evaluator, names: impl Iterator<Item = Symbol>) -> Vec<String> {
        let known = &evaluator.machine().shared.symbols;
        let texts = names.map(|name| String::from_utf8_lossy(known.bytes(name)).into_owned());
        texts.filter(|name| is_identifier(name)).collect()
    }

    /// The names of all variables: those of the scope, and the builtins.
    fn names(&self, evaluator: &mut Evaluator) -> Vec<String> {
        let scope = self.scope();
        let mut symbols: Vec<_> = evaluator.machine().shared.global_names().map(|(name, _)| name).collect();
        if let Some(scope) = scope {
            symbols.extend(evaluator.attributes(scope).unwrap_or_default().iter().map(|&(name, _)| name));
        }
        self.texts(evaluator, symbols.into_iter())
    }
}

fn is_identifier(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|next| next.is_ascii_alphanumeric() || "_'-".contains(next))
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
