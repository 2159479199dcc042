//! The script for zsh: specifications for `_arguments`.

use super::{Flag, first_words, flags};
use crate::command::Command;
use crate::topics::Topic;

const BEGINNING: &str = "#compdef nivose nix-instantiate
# Completions of nivose for zsh.

_nivose() {
    local -a commands
    commands=(
";

const COMMANDS: &str = "    )
    local command=$words[2]
    if [[ ${words[1]:t} == nix-instantiate ]]; then
        command=nix-instantiate
    elif (( CURRENT == 2 )); then
        _describe command commands
        return
    else
        shift words
        (( CURRENT-- ))
    fi
    case $command in
";

// The file may be read by `source` as well as found in `fpath`.
const END: &str = "    esac
}

if [[ $funcstack[1] == _nivose ]]; then
    _nivose \"$@\"
else
    compdef _nivose nivose nix-instantiate
fi
";

pub fn script() -> String {
    let mut out = String::from(BEGINNING);
    for (word, about) in first_words() {
        out.push_str(&format!("        {}\n", quoted(&format!("{word}:{about}"))));
    }
    out.push_str(COMMANDS);
    for command in Command::ALL {
        out.push_str(&format!("    {})\n        _arguments -s \\\n", command.name()));
        for flag in flags(command) {
            for name in &flag.names {
                out.push_str(&format!("            {} \\\n", specification(&flag, name)));
            }
        }
        out.push_str("            '*:file:_files'\n        ;;\n");
    }
    for topic in Topic::ALL {
        let words: Vec<_> = topic.words().into_iter().map(quoted).collect();
        out.push_str(&format!(
            "    {}) (( CURRENT == 2 )) && compadd -- {} ;;\n",
            topic.name(),
            words.join(" ")
        ));
    }
    out + END
}

/// What `_arguments` is told of one name of a flag.
fn specification(flag: &Flag, name: &str) -> String {
    let mut text = format!("*{name}[{}]", escaped(flag.help));
    for (index, value) in flag.values.iter().enumerate() {
        let action = match index {
            0 if !flag.choices.is_empty() => format!("({})", flag.choices.join(" ")),
            0 if flag.takes_file => String::from("_files"),
            _ => String::from(" "),
        };
        text.push_str(&format!(":{}:{action}", escaped(value).replace('|', " or ")));
    }
    quoted(&text)
}

/// Text within a specification.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]").replace(':', "\\:")
}

/// A word of the shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
