//! Help texts and the version, made from the tables of options and settings.

use nivose::raw::NIX_VERSION;

use crate::command::Command;
use crate::options::{self, Section};
use crate::settings::SETTINGS;
use crate::topics::Topic;

/// Columns of a line.
const WIDTH: usize = 80;
/// Where the text beside an option begins.
const MARGIN: usize = 27;

/// What `--version` prints. In place of Nix's programs, the form that scripts look for: the first and the only number
/// is the version of Nix.
pub fn version(program: &str) -> String {
    match program {
        "nix-instantiate" | "nix" | "nix eval" => {
            format!("{} (nivose, like Nix) {NIX_VERSION}\n", program.split(' ').next().unwrap_or_default())
        }
        _ => format!("nivose {}\n", env!("CARGO_PKG_VERSION")),
    }
}

/// What is said of a command beside its options.
pub struct About {
    /// In one line.
    pub summary: &'static str,
    /// How it is used.
    pub usage: &'static [&'static str],
    /// More.
    pub description: &'static str,
    /// Lines to try.
    pub examples: &'static [&'static str],
}

/// What is said of a command.
pub fn about(command: Command) -> About {
    match command {
        Command::Evaluate | Command::NixEvaluate => About {
            summary: "print the value of a file or an expression",
            usage: &["[OPTION]... [FILE] [PATH]", "[OPTION]... -E EXPR [PATH]"],
            description: "FILE is a path, <name> for one in the search path, or - for standard input; ./default.nix if \
                there is none. PATH selects a part, such as a.b.\"c.d\".0. All of the value is evaluated; \
                parts that fail are printed as «error: …».",
            examples: &[
                "nivose eval -E 'map (x: x * x) [ 1 2 3 ]'",
                "nivose eval ./config.nix services.nginx --json",
                "nivose eval -E 'import <nixpkgs> { }' --apply 'p: p.hello.name' --raw",
            ],
        },
        Command::Instantiate => About {
            summary: "do what Nix's command of that name does",
            usage: &["[OPTION]... [FILE]...", "--eval [OPTION]... [FILE]...", "--find-file NAME..."],
            description: "FILE is a path, <name> for one in the search path, or - for standard input; ./default.nix if \
                there is none. Without a task the paths of the derivations in the value are printed. \
                nivose computes these paths but does not write to a store: without '--dry-run' or a store \
                'dummy://' it says so, or hands the call over ('--hand-over'). \
                A link 'nix-instantiate' to the program is this command; a link 'nix' is 'nivose eval' for 'nix eval' \
                and 'nivose repl' for 'nix repl'.",
            examples: &[
                "nix-instantiate --eval --strict --json ./default.nix -A version",
                "nix-instantiate --dry-run '<nixpkgs>' -A hello",
                "nix-instantiate --find-file nixpkgs",
            ],
        },
        Command::Repl => About {
            summary: "evaluate line by line, with variables that stay",
            usage: &["[OPTION]... [FILE]..."],
            description: "Lines are expressions, bindings such as 'x = 1', or commands: ':?' lists them. The attributes of \
                each FILE, and of the values of '--file' and '--expr', are variables from the start. Values are shown \
                one level deep, ':p' shows all of them. At a terminal, Tab completes names, Ctrl-C ends what is being \
                evaluated, and Ctrl-D ends the command; lines are kept in ~/.local/share/nivose/repl-history.",
            examples: &["nivose repl", "nivose repl ./default.nix", "echo '1 + 1' | nivose repl"],
        },
        Command::Disassemble => About {
            summary: "print the bytecode of a file or an expression",
            usage: &["[OPTION]... FILE", "[OPTION]... -E EXPR"],
            description: "Each function and each suspended computation is listed by itself under its number; other \
                listings refer to it by that number.",
            examples: &[
                "nivose disassemble -E 'x: y: x + y'",
                "nivose disassemble --opt-level 0 --json ./default.nix",
            ],
        },
        Command::Parse => About {
            summary: "print the syntax tree of a file or an expression",
            usage: &["[OPTION]... FILE", "[OPTION]... -E EXPR"],
            description: "One line for each node: the role that it plays for its parent, what it is, and its line and \
                column. A source with mistakes is shown as far as it was read. 'nix-instantiate --parse' prints the \
                expression itself.",
            examples: &["nivose parse -E 'x: x.a or 1'", "nivose parse --json ./default.nix"],
        },
        Command::Trace => About {
            summary: "print what the machine does while it evaluates",
            usage: &["[OPTION]... FILE", "[OPTION]... -E EXPR"],
            description: "Calls and forces with their results, and the instructions within them with the values on the \
                stack. Only base instructions are used unless '--opt-level 1' asks for what is usual. \
                What is not evaluated yet is shown by its source text, in «»; nothing is evaluated to show it.",
            examples: &[
                "nivose trace -E 'let f = x: x + 1; in f 1'",
                "nivose trace --calls --depth 3 ./default.nix",
                "nivose trace --code -E 'map (x: x + 1) [ 1 2 ]' --strict",
                "nivose trace --json --in-function mkDerivation ./default.nix",
            ],
        },
    }
}

/// Environment variables, and what they are for.
pub const ENVIRONMENT: &[(&str, &str)] = &[
    ("NIX_PATH", "the search path, in place of the setting nix-path"),
    ("NIX_CONFIG", "settings, one a line, after those of the files"),
    ("NIX_CONF_DIR", "where the nix.conf of the system is; /etc/nix by default"),
    ("NIX_USER_CONF_FILES", "the files of the user's settings; ~/.config/nix/nix.conf by default"),
    ("NIX_REMOTE", "the store, as --store"),
    ("NIX_STORE_DIR", "the directory of the store; /nix/store by default"),
    ("NIX_SHOW_STATS", "1 prints figures of the evaluation, to NIX_SHOW_STATS_PATH if that is set"),
    ("NIX_COUNT_CALLS", "1 adds to these figures how often functions were called"),
    ("NO_COLOR", "no colours"),
    ("NIVOSE_DIAGNOSTICS", "the same as --diagnostics"),
    ("NIVOSE_HAND_OVER", "1 is the same as --hand-over"),
    ("NIVOSE_STATUS", "0 hides the status line of long work"),
    ("NIVOSE_OPT_LEVEL", "the same as --opt-level"),
    ("NIVOSE_GC", "'stress' or 'never': when memory is collected, for testing"),
];

/// `nivose --help`
pub fn program() -> String {
    let mut out = String::from(
        "nivose evaluates the Nix language.\n\nUsage: nivose COMMAND [OPTION]...\n\nCommands:\n",
    );
    for command in Command::ALL {
        row(&mut out, command.name(), about(command).summary);
    }
    for topic in Topic::ALL {
        row(&mut out, &format!("{} {}", topic.name(), topic.argument()), topic.about());
    }
    out.push_str("\nExamples:\n");
    for command in Command::ALL {
        if let Some(example) = about(command).examples.first() {
            out.push_str(&format!("  {example}\n"));
        }
    }
    out.push_str("\n'nivose help COMMAND' lists the options of a command.\n\nEnvironment:\n");
    for (name, help) in ENVIRONMENT {
        row(&mut out, name, help);
    }
    out
}

/// The help of a command.
pub fn command(command: Command) -> String {
    let About { summary, usage, description, examples } = about(command);
    let mut out = format!("{}: {summary}\n\n", command.program());
    for (index, line) in usage.iter().enumerate() {
        let start = if index == 0 { "Usage:" } else { "      " };
        out.push_str(&format!("{start} {} {line}\n", command.program()));
    }
    out.push('\n');
    wrap(&mut out, 0, 0, description);
    for section in Section::ALL {
        section_of(&mut out, command, section);
    }
    out.push_str("\nSettings are options too: 'nivose help settings'.\n\nExamples:\n");
    for example in examples {
        out.push_str(&format!("  {example}\n"));
    }
    out
}

fn section_of(out: &mut String, command: Command, section: Section) {
    let all: Vec<_> = options::of(command).filter(|option| option.section == section).collect();
    if all.is_empty() {
        return;
    }
    out.push_str(&format!("\n{}:\n", section.title()));
    if section == Section::Ignored {
        let names: Vec<_> = all.iter().map(|option| option.usage()).collect();
        out.push_str("  ");
        wrap(out, 2, 2, &names.join(", "));
        return;
    }
    for option in all {
        row(out, &option.usage(), option.help);
    }
}

/// `nivose help settings`
pub fn settings() -> String {
    let mut out = String::from("Settings that mean something to an evaluation:\n");
    for setting in SETTINGS.iter().filter(|setting| !setting.help.is_empty()) {
        row(&mut out, setting.name, setting.help);
    }
    out.push('\n');
    wrap(&mut out, 0, 0, SETTINGS_USE);
    out.push_str("\nKnown, and without meaning for an evaluator:\n  ");
    let others = SETTINGS.iter().filter(|setting| setting.help.is_empty());
    wrap(&mut out, 2, 2, &others.map(|setting| setting.name).collect::<Vec<_>>().join(", "));
    out
}

/// How settings are given.
pub const SETTINGS_USE: &str = "Each is given in nix.conf (of the system in /etc/nix, of the user in ~/.config/nix) or in NIX_CONFIG by a line \
    'NAME = VALUE', or on the command line by '--option NAME VALUE' or '--NAME VALUE'. Switches are also '--NAME' \
    and '--no-NAME'; 'extra-NAME' adds to a list.";

/// A name with its text beside it, or below if the name is long.
fn row(out: &mut String, name: &str, text: &str) {
    out.push_str(&format!("  {name}"));
    let used = name.chars().count() + 2;
    if used + 2 > MARGIN {
        out.push('\n');
        out.push_str(&" ".repeat(MARGIN));
    } else {
        out.push_str(&" ".repeat(MARGIN - used));
    }
    wrap(out, MARGIN, MARGIN, text);
}

/// Words over several lines: the first begins at `column`, the others are indented.
fn wrap(out: &mut String, column: usize, indent: usize, text: &str) {
    let mut at = column;
    let mut first = true;
    for word in text.split_whitespace() {
        let width = word.chars().count();
        if !first && at + 1 + width > WIDTH {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            at = indent;
        } else if !first {
            out.push(' ');
            at += 1;
        }
        out.push_str(word);
        at += width;
        first = false;
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_of_a_command_is_in_its_help() {
        for command in Command::ALL {
            let text = super::command(command);
            for name in options::of(command).flat_map(|option| option.names) {
                assert!(text.contains(name), "{command:?} {name}");
            }
            assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        }
        assert!(settings().contains("max-call-depth") && settings().contains("substituters"));
    }

    #[test]
    fn words_are_wrapped() {
        let mut out = String::from("ab");
        wrap(&mut out, 2, 3, &"word ".repeat(20));
        assert_eq!(out.lines().count(), 2);
        assert!(out.lines().skip(1).all(|line| line.starts_with("   word")));
    }
}
