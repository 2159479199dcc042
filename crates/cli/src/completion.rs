//! Completions for shells, made from the tables of options and settings.
//!
//! What there is to complete is gathered here; how a shell is told stands in a file for each.

mod bash;
mod fish;
mod zsh;

use crate::command::Command;
use crate::options::{self, OptionSpec};
use crate::settings::{self, FEATURES, Kind, SETTINGS};
use crate::topics::Topic;

/// A shell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shell {
    /// bash
    Bash,
    /// zsh
    Zsh,
    /// fish
    Fish,
}

impl Shell {
    /// All of them.
    pub const ALL: [Shell; 3] = [Shell::Bash, Shell::Zsh, Shell::Fish];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Shell::Bash => "bash",
            Shell::Zsh => "zsh",
            Shell::Fish => "fish",
        }
    }
}

/// The script that a shell reads.
pub fn script(shell: Shell) -> String {
    match shell {
        Shell::Bash => bash::script(),
        Shell::Zsh => zsh::script(),
        Shell::Fish => fish::script(),
    }
}

/// Commands and topics, with what they are for.
fn first_words() -> Vec<(&'static str, &'static str)> {
    let commands = Command::ALL.map(|command| (command.name(), crate::help::about(command).summary));
    commands.into_iter().chain(Topic::ALL.map(|topic| (topic.name(), topic.about()))).collect()
}

/// Something that begins with a dash: an option, or a setting as an option.
struct Flag {
    /// All its names, with dashes.
    names: Vec<String>,
    help: &'static str,
    /// What its values are called.
    values: Vec<&'static str>,
    /// The words that its first value may be, if they are known.
    choices: Vec<&'static str>,
    /// Whether its first value is a file.
    takes_file: bool,
}

/// What a command takes: its options, and the settings that mean something to an evaluation.
fn flags(command: Command) -> impl Iterator<Item = Flag> {
    let of_settings = SETTINGS.iter().filter(|setting| !setting.help.is_empty()).flat_map(setting_flags);
    options::of(command).map(option_flag).chain(of_settings)
}

fn option_flag(option: &'static OptionSpec) -> Flag {
    Flag {
        names: option.names.iter().map(ToString::to_string).collect(),
        help: option.help,
        values: option.values.to_vec(),
        choices: option.choices(0).map(Iterator::collect).unwrap_or_default(),
        takes_file: matches!(option.values, ["FILE" | "[PREFIX=]PATH"]),
    }
}

/// `--NAME`, and `--no-NAME` for a switch, `--extra-NAME` for a list.
fn setting_flags(setting: &'static settings::Setting) -> impl Iterator<Item = Flag> {
    let name = setting.name;
    let (more, valued) = match setting.kind {
        Kind::Switch(_) => (Some(format!("--no-{name}")), false),
        Kind::List(_) => (Some(format!("--extra-{name}")), true),
        _ => (None, true),
    };
    let choices = match setting.kind {
        Kind::Profiler => &["disabled", "flamegraph"][..],
        Kind::Lint(_) => &["ignore", "warn", "fatal"],
        _ if name == "experimental-features" => FEATURES,
        _ => &[],
    };
    [Some(format!("--{name}")), more].into_iter().flatten().map(move |flag| Flag {
        names: vec![flag],
        help: setting.help,
        values: if valued { vec!["VALUE"] } else { Vec::new() },
        choices: choices.to_vec(),
        takes_file: name == "eval-profile-file",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_is_completed_in_every_shell() {
        let scripts = Shell::ALL.map(script);
        for option in options::OPTIONS {
            for name in option.names {
                let bare = name.trim_start_matches('-');
                let [bash, zsh, fish] = &scripts;
                assert!(bash.contains(name) && zsh.contains(name) && fish.contains(bare), "{name}");
            }
        }
        assert!(scripts.iter().all(|script| script.contains("max-call-depth")));
    }
}
