//! What the program can say without evaluating anything: help, completion, manual pages, and what diagnostics mean.

use crate::command::{Command, unknown};
use crate::completion::{self, Shell};
use crate::failure::Failure;
use crate::{doc, explain, help, manual};

/// Something to say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Topic {
    /// `nivose doc [NAME]`
    Doc,
    /// `nivose explain ID`
    Explain,
    /// `nivose completion SHELL`
    Completion,
    /// `nivose manual [PAGE]`
    Manual,
    /// `nivose help [COMMAND]`
    Help,
}

impl Topic {
    /// All of them.
    pub const ALL: [Topic; 5] = [Topic::Doc, Topic::Explain, Topic::Completion, Topic::Manual, Topic::Help];

    /// The name after `nivose`.
    pub fn name(self) -> &'static str {
        match self {
            Topic::Doc => "doc",
            Topic::Explain => "explain",
            Topic::Completion => "completion",
            Topic::Manual => "manual",
            Topic::Help => "help",
        }
    }

    /// What may follow it.
    pub fn argument(self) -> &'static str {
        match self {
            Topic::Doc => "[NAME]",
            Topic::Explain => "[ID]",
            Topic::Completion => "SHELL",
            Topic::Manual => "[PAGE]",
            Topic::Help => "[COMMAND]",
        }
    }

    /// What it says.
    pub fn about(self) -> &'static str {
        match self {
            Topic::Doc => "say what a builtin or an instruction does, or list them all",
            Topic::Explain => "say what a diagnostic means, or list them all",
            Topic::Completion => "print completions for bash, zsh or fish",
            Topic::Manual => "print a page of the manual, or list the pages",
            Topic::Help => "print this text, or that of a command or 'settings'",
        }
    }

    /// The words that may follow it.
    pub fn words(self) -> Vec<&'static str> {
        match self {
            Topic::Doc => doc::names().collect(),
            Topic::Explain => explain::ids().collect(),
            Topic::Completion => Shell::ALL.map(Shell::name).to_vec(),
            Topic::Manual => manual::pages().collect(),
            Topic::Help => Command::ALL.map(Command::name).into_iter().chain(["settings"]).collect(),
        }
    }
}

/// The text on a topic.
///
/// # Errors
/// A word that it does not know.
pub fn say(topic: Topic, word: Option<&str>) -> Result<String, Failure> {
    match (topic, word) {
        (Topic::Doc, None) => Ok(doc::list()),
        (Topic::Doc, Some(name)) => {
            doc::page(name).ok_or_else(|| Failure::unknown("there is no builtin", name, doc::names()))
        }
        (Topic::Explain, None) => Ok(explain::list()),
        (Topic::Explain, Some(id)) => {
            explain::page(id).ok_or_else(|| Failure::unknown("there is no diagnostic", id, explain::ids()))
        }
        (Topic::Completion, word) => {
            let name = word.unwrap_or_default();
            let shell = Shell::ALL.into_iter().find(|shell| shell.name() == name);
            shell.map(completion::script).ok_or_else(|| Failure::usage("the shell must be bash, zsh or fish"))
        }
        (Topic::Manual, None) => Ok(manual::pages().map(|page| format!("{page}\n")).collect()),
        (Topic::Manual, Some(name)) => {
            manual::page(name).ok_or_else(|| Failure::unknown("there is no page", name, manual::pages()))
        }
        (Topic::Help, None) => Ok(help::program()),
        (Topic::Help, Some("settings")) => Ok(help::settings()),
        (Topic::Help, Some(name)) => {
            let command = Command::ALL.into_iter().find(|command| command.name() == name);
            command.map(help::command).ok_or_else(|| unknown(name))
        }
    }
}
