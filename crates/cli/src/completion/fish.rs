//! The script for fish: a `complete` for each word and option.

use super::{Flag, first_words, flags};
use crate::command::Command;
use crate::topics::Topic;

pub fn script() -> String {
    let mut out = String::from("# Completions of nivose for fish.\n");
    for (word, about) in first_words() {
        out.push_str(&format!(
            "complete -c nivose -f -n __fish_use_subcommand -a {word} -d {}\n",
            quoted(about)
        ));
    }
    for topic in Topic::ALL {
        let words = list(&topic.words());
        out.push_str(&format!(
            "complete -c nivose -f -n '__fish_seen_subcommand_from {}' -a {words}\n",
            topic.name()
        ));
    }
    for command in Command::ALL {
        let condition = format!("-c nivose -n '__fish_seen_subcommand_from {}'", command.name());
        options(&mut out, command, &condition);
        if command == Command::Instantiate {
            options(&mut out, command, "-c nix-instantiate");
        }
    }
    out
}

fn options(out: &mut String, command: Command, condition: &str) {
    for flag in flags(command) {
        let names: String = flag.names.iter().map(|name| option(name)).collect();
        let value = value(&flag);
        out.push_str(&format!("complete {condition}{names}{value} -d {}\n", quoted(flag.help)));
    }
}

/// What is said of the first value of a flag.
fn value(flag: &Flag) -> String {
    if !flag.choices.is_empty() {
        format!(" -x -a {}", list(&flag.choices))
    } else if flag.takes_file {
        String::from(" -r -F")
    } else if flag.values.is_empty() {
        String::new()
    } else {
        String::from(" -x")
    }
}

fn option(name: &str) -> String {
    match name.strip_prefix("--") {
        Some(long) => format!(" -l {long}"),
        None => format!(" -s {}", name.trim_start_matches('-')),
    }
}

/// Words as one argument, which fish takes apart once more.
fn list(words: &[&str]) -> String {
    let words: Vec<_> = words.iter().map(|word| escaped(word)).collect();
    quoted(&words.join(" "))
}

/// A word of the shell.
fn quoted(text: &str) -> String {
    format!("'{}'", escaped(text))
}

fn escaped(text: &str) -> String {
    text.replace('\\', r"\\").replace('\'', r"\'")
}
