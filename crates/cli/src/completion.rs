//! Completions for shells, made from the tables of options and settings.

use crate::command::Command;
use crate::options::{self, OptionSpec};
use crate::settings::{Kind, SETTINGS};
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
        Shell::Bash => bash(),
        Shell::Zsh => zsh(),
        Shell::Fish => fish(),
    }
}

/// Commands and topics, with what they are for.
fn first_words() -> Vec<(&'static str, &'static str)> {
    let commands = Command::ALL.map(|command| (command.name(), crate::help::about(command).summary));
    commands.into_iter().chain(Topic::ALL.map(|topic| (topic.name(), topic.about()))).collect()
}

/// The settings that are worth completing, as options: each with whether a value follows.
fn settings() -> impl Iterator<Item = (String, &'static str, bool)> {
    SETTINGS.iter().filter(|setting| !setting.help.is_empty()).flat_map(|setting| {
        let name = setting.name;
        let (more, valued) = match setting.kind {
            Kind::Switch(_) => (Some(format!("--no-{name}")), false),
            Kind::List(_) => (Some(format!("--extra-{name}")), true),
            _ => (None, true),
        };
        [Some(format!("--{name}")), more].into_iter().flatten().map(move |flag| (flag, setting.help, valued))
    })
}

/// Whether the first value of an option is a file.
fn takes_file(option: &OptionSpec) -> bool {
    option.values.len() == 1
        && option.values.iter().any(|value| value.contains("FILE") || value.contains("=]PATH"))
}

fn bash() -> String {
    let words: Vec<_> = first_words().into_iter().map(|(word, _)| word).collect();
    let mut out = format!(
        "# Completions of nivose for bash.\n\
         _nivose() {{\n    local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} command options\n    \
         command=${{COMP_WORDS[1]}}\n    \
         [[ ${{COMP_WORDS[0]##*/}} == nix-instantiate ]] && command=nix-instantiate\n    \
         if [[ $COMP_CWORD == 1 && ${{COMP_WORDS[0]##*/}} != nix-instantiate ]]; then\n        \
         COMPREPLY=($(compgen -W \"{} --help --version\" -- \"$current\"))\n        return\n    fi\n    \
         case $command:$previous in\n",
        words.join(" ")
    );
    for command in Command::ALL {
        for option in options::of(command) {
            if let Some(choices) = option.choices(0) {
                let choices: Vec<_> = choices.collect();
                for name in option.names {
                    out.push_str(&bash_case(&format!("{}:{name}", command.name()), &choices));
                }
            }
        }
    }
    for topic in Topic::ALL {
        out.push_str(&bash_case(&format!("{0}:{0}", topic.name()), &topic.words()));
    }
    out.push_str("    esac\n    case $command in\n");
    for command in Command::ALL {
        let names = options::of(command).flat_map(|option| option.names).map(ToString::to_string);
        let all: Vec<_> = names.chain(settings().map(|(flag, ..)| flag)).collect();
        out.push_str(&format!("        {}) options=\"{}\" ;;\n", command.name(), all.join(" ")));
    }
    out.push_str(
        "    esac\n    if [[ $current == -* ]]; then\n        COMPREPLY=($(compgen -W \"$options\" -- \"$current\"))\n    \
         else\n        COMPREPLY=($(compgen -f -- \"$current\"))\n    fi\n}\n\
         complete -o filenames -F _nivose nivose nix-instantiate\n",
    );
    out
}

fn bash_case(pattern: &str, words: &[&str]) -> String {
    format!(
        "        {pattern}) COMPREPLY=($(compgen -W \"{}\" -- \"$current\")); return ;;\n",
        words.join(" ")
    )
}

fn zsh() -> String {
    let mut out = String::from(
        "#compdef nivose nix-instantiate\n# Completions of nivose for zsh.\n\n_nivose() {\n    local -a commands\n    commands=(\n",
    );
    for (word, about) in first_words() {
        out.push_str(&format!("        {}\n", quoted(&format!("{word}:{about}"))));
    }
    out.push_str(
        "    )\n    local command=$words[2]\n    if [[ ${words[1]:t} == nix-instantiate ]]; then\n        command=nix-instantiate\n    \
         elif (( CURRENT == 2 )); then\n        _describe command commands\n        return\n    else\n        \
         shift words\n        (( CURRENT-- ))\n    fi\n    case $command in\n",
    );
    for command in Command::ALL {
        out.push_str(&format!("    {})\n        _arguments -s \\\n", command.name()));
        for option in options::of(command) {
            for name in option.names {
                out.push_str(&format!("            {} \\\n", zsh_option(option, name)));
            }
        }
        for (flag, help, valued) in settings() {
            let value = if valued { ":value:" } else { "" };
            out.push_str(&format!(
                "            {} \\\n",
                quoted(&format!("{flag}[{}]{value}", zsh_text(help)))
            ));
        }
        out.push_str("            '*:file:_files'\n        ;;\n");
    }
    for topic in Topic::ALL {
        out.push_str(&format!("    {}) compadd -- {} ;;\n", topic.name(), topic.words().join(" ")));
    }
    out.push_str("    esac\n}\n\n_nivose \"$@\"\n");
    out
}

fn zsh_option(option: &OptionSpec, name: &str) -> String {
    let mut spec = format!("*{name}[{}]", zsh_text(option.help));
    for (index, value) in option.values.iter().enumerate() {
        let action = match option.choices(index) {
            Some(choices) => format!("({})", choices.collect::<Vec<_>>().join(" ")),
            None if takes_file(option) => String::from("_files"),
            None => String::from(" "),
        };
        spec.push_str(&format!(":{}:{action}", zsh_text(value).replace('|', " or ")));
    }
    quoted(&spec)
}

/// Text within a specification of `_arguments`.
fn zsh_text(text: &str) -> String {
    text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]").replace(':', "\\:")
}

fn fish() -> String {
    let mut out = String::from("# Completions of nivose for fish.\n");
    for (word, about) in first_words() {
        out.push_str(&format!(
            "complete -c nivose -f -n __fish_use_subcommand -a {word} -d {}\n",
            quoted(about)
        ));
    }
    for topic in Topic::ALL {
        let (name, words) = (topic.name(), topic.words().join(" "));
        out.push_str(&format!(
            "complete -c nivose -f -n '__fish_seen_subcommand_from {name}' -a '{words}'\n"
        ));
    }
    for command in Command::ALL {
        let condition = format!("-c nivose -n '__fish_seen_subcommand_from {}'", command.name());
        fish_options(&mut out, command, &condition);
        if command == Command::Instantiate {
            fish_options(&mut out, command, "-c nix-instantiate");
        }
    }
    out
}

fn fish_options(out: &mut String, command: Command, condition: &str) {
    for option in options::of(command) {
        let names: String = option.names.iter().map(|name| fish_name(name)).collect();
        let value = match option.choices(0) {
            Some(choices) => format!(" -x -a {}", quoted(&choices.collect::<Vec<_>>().join(" "))),
            None if option.values.is_empty() => String::new(),
            None if takes_file(option) => String::from(" -r -F"),
            None => String::from(" -x"),
        };
        out.push_str(&format!("complete {condition}{names}{value} -d {}\n", quoted(option.help)));
    }
    for (flag, help, valued) in settings() {
        let value = if valued { " -x" } else { "" };
        out.push_str(&format!("complete {condition}{}{value} -d {}\n", fish_name(&flag), quoted(help)));
    }
}

fn fish_name(name: &str) -> String {
    match name.strip_prefix("--") {
        Some(long) => format!(" -l {long}"),
        None => format!(" -s {}", name.trim_start_matches('-')),
    }
}

/// A word of a shell, in single quotes.
fn quoted(text: &str) -> String {
    // Typographic quotes read as well, and need no escapes that differ from shell to shell.
    format!("'{}'", text.replace('\'', "’"))
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
