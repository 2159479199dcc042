//! The script for bash: one function that answers with words, and leaves files to bash.

use super::{Flag, first_words, flags};
use crate::command::Command;
use crate::topics::Topic;

const BEGINNING: &str = r#"# Completions of nivose for bash.
_nivose() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command words=
    command=${COMP_WORDS[1]}
    if [[ ${COMP_WORDS[0]##*/} == nix-instantiate ]]; then
        command=nix-instantiate
    elif [[ $COMP_CWORD == 1 ]]; then
        command=
    fi
    case $command:$previous in
"#;

const OPTIONS: &str = r#"        *) [[ $current == -* ]] && case $command in
"#;

// Without words, bash completes files.
const END: &str = r#"        esac ;;
    esac
    COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o bashdefault -o default -F _nivose nivose nix-instantiate
"#;

pub fn script() -> String {
    let mut out = String::from(BEGINNING);
    let first = first_words().into_iter().map(|(word, _)| word).chain(["--help", "--version"]);
    case(&mut out, ":*", first);
    for topic in Topic::ALL {
        case(&mut out, &format!("{0}:{0}", topic.name()), topic.words());
    }
    for command in Command::ALL {
        for Flag { names, choices, .. } in flags(command).filter(|flag| !flag.choices.is_empty()) {
            for name in names {
                case(&mut out, &format!("{}:{name}", command.name()), choices.iter().copied());
            }
        }
    }
    out.push_str(OPTIONS);
    for command in Command::ALL {
        let names: Vec<_> = flags(command).flat_map(|flag| flag.names).collect();
        case(&mut out, command.name(), names.iter().map(String::as_str));
    }
    out + END
}

/// A case that names the words to choose from.
fn case<'w>(out: &mut String, pattern: &str, words: impl IntoIterator<Item = &'w str>) {
    let words: Vec<_> = words.into_iter().map(quoted).collect();
    out.push_str(&format!("        {pattern}) words=\"{}\" ;;\n", words.join(" ")));
}

/// A word that is quoted three times: for the string it stands in, for `compgen -W`, and for the line that it comes to.
fn quoted(word: &str) -> String {
    word.replace('\'', r"\\\\\'")
}
