//! The one table of options: names, values, which commands have them, and what they are for.
//!
//! Reading the command line, help, completion and the manual pages all derive from it. Settings of
//! Nix, which are options too, have a table of their own ([`crate::settings`]). What an option does
//! is not known here.

use crate::command::Command;

/// Commands, as a set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Commands(u8);

const INSTANTIATE: Commands = Commands(1);
const EVALUATE: Commands = Commands(2);
const DISASSEMBLE: Commands = Commands(4);
const PARSE: Commands = Commands(8);
const TRACE: Commands = Commands(16);
const REPL: Commands = Commands(32);
/// Those that print a value.
const EVALUATION: Commands = INSTANTIATE.and(EVALUATE);
/// Those that give functions arguments.
const ARGUMENTS: Commands = EVALUATION.and(REPL);
/// Those that can evaluate a value to its full depth.
const DEEP: Commands = EVALUATION.and(TRACE);
/// Those with `-E EXPR`.
const SOURCE: Commands = EVALUATE.and(DISASSEMBLE).and(PARSE).and(TRACE).and(REPL);
/// Those with `-f FILE`.
const FILE: Commands = EVALUATE.and(REPL);
/// Those whose output has several forms.
const FORMS: Commands = EVALUATION.and(DISASSEMBLE).and(PARSE).and(TRACE);
const EVERY: Commands = FORMS.and(REPL);

impl Commands {
    const fn and(self, others: Commands) -> Commands {
        Commands(self.0 | others.0)
    }

    /// Whether a command is among them.
    pub fn contain(self, command: Command) -> bool {
        let bit = match command {
            Command::Instantiate => INSTANTIATE,
            Command::Evaluate | Command::NixEvaluate => EVALUATE,
            Command::Disassemble => DISASSEMBLE,
            Command::Parse => PARSE,
            Command::Trace => TRACE,
            Command::Repl => REPL,
        };
        self.0 & bit.0 != 0
    }
}

/// What options are for; the sections of help and manual.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Section {
    /// What is done with the input.
    Task,
    /// What is evaluated.
    Input,
    /// How values are printed.
    Form,
    /// Derivations and the store.
    Derivations,
    /// What the evaluation may know and use.
    Surroundings,
    /// Errors, warnings and other messages.
    Messages,
    /// What other options there are.
    About,
    /// What means nothing to an evaluator, and is accepted because scripts pass it along.
    Ignored,
}

impl Section {
    /// All sections, in the order in which they are shown.
    pub const ALL: [Section; 8] = [
        Section::Task,
        Section::Input,
        Section::Form,
        Section::Derivations,
        Section::Surroundings,
        Section::Messages,
        Section::About,
        Section::Ignored,
    ];

    /// The heading.
    pub fn title(self) -> &'static str {
        match self {
            Section::Task => "What to do",
            Section::Input => "What to evaluate",
            Section::Form => "How to print a value",
            Section::Derivations => "Derivations and the store",
            Section::Surroundings => "What the evaluation may know and use",
            Section::Messages => "Messages",
            Section::About => "About the program",
            Section::Ignored => "Accepted, and without meaning for an evaluator",
        }
    }
}

/// An option.
#[derive(Debug)]
pub struct OptionSpec {
    /// Which one.
    pub id: OptionId,
    /// Its names, with dashes.
    pub names: &'static [&'static str],
    /// What its values are called. `A|B` are the only words that a value may be.
    pub values: &'static [&'static str],
    /// The commands that have it.
    pub commands: Commands,
    /// What it is for.
    pub section: Section,
    /// What it does.
    pub help: &'static str,
}

macro_rules! options {
    ($($section:ident { $($id:ident, $commands:ident, [$($name:literal),+], [$($value:literal),*], $help:literal;)* })*) => {
        /// Which option.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum OptionId { $($(#[doc = $help] $id,)*)* }

        /// All options.
        pub static OPTIONS: &[OptionSpec] = &[$($(OptionSpec {
            id: OptionId::$id,
            names: &[$($name),+],
            values: &[$($value),*],
            commands: $commands,
            section: Section::$section,
            help: $help,
        },)*)*];
    };
}

options! {
    Task {
        Eval, INSTANTIATE, ["--eval", "--eval-only"], [], "print the value";
        Parse, INSTANTIATE, ["--parse", "--parse-only"], [], "print the expression, with operators spelled out";
        FindFile, INSTANTIATE, ["--find-file"], [], "print where the search path has each name";
        Calls, TRACE, ["--calls"], [], "only calls and forces, no instructions";
        Code, TRACE, ["--code"], [], "the code of each function and suspended expression too, when it is compiled: before it runs for the first time";
        Depth, TRACE, ["--depth"], ["N"], "nothing deeper than this";
        InFile, TRACE, ["--in-file"], ["TEXT"], "only code of files whose path contains this";
        InFunction, TRACE, ["--in-function"], ["NAME"], "only while a function of this name runs";
        WriteTo, EVALUATE, ["--write-to"], ["PATH"], "write the value to files: a string to a file, a set to a directory";
    }
    Input {
        Expressions, INSTANTIATE, ["-E", "--expr"], [], "the arguments are expressions instead of files";
        Expression, SOURCE, ["-E", "--expr"], ["EXPR"], "an expression instead of a file";
        File, FILE, ["-f", "--file"], ["FILE"], "a file";
        Stdin, EVALUATE, ["--stdin"], [], "standard input, as the file '-'";
        Attr, EVALUATION, ["-A", "--attr"], ["PATH"], "select an attribute or element, such as a.b.\"c.d\".0; functions on the way are called";
        Apply, EVALUATE, ["--apply"], ["EXPR"], "apply this function to the value before it is printed";
        Arg, ARGUMENTS, ["--arg"], ["NAME", "EXPR"], "give functions on the way to a selection this argument";
        ArgString, ARGUMENTS, ["--argstr"], ["NAME", "TEXT"], "the same, for a string";
        ArgFromFile, ARGUMENTS, ["--arg-from-file"], ["NAME", "FILE"], "the same, for the contents of a file";
        ArgFromStdin, EVALUATION, ["--arg-from-stdin"], ["NAME"], "the same, for standard input";
    }
    Form {
        Strict, DEEP, ["--strict"], [], "evaluate all of the value, and not only its outermost part; 'nivose eval' always does";
        Json, FORMS, ["--json"], [], "as JSON; listings, trees and traces as one object on each line";
        Xml, EVALUATION, ["--xml"], [], "as XML";
        NoLocation, EVALUATION, ["--no-location"], [], "XML without positions";
        Raw, EVALUATION, ["--raw"], [], "as the string that it is, without quotes and newline";
        Pretty, EVALUATE, ["--pretty"], [], "JSON over several lines; the default on a terminal";
        NoPretty, EVALUATE, ["--no-pretty"], [], "JSON on one line; the default elsewhere";
    }
    Derivations {
        DryRun, INSTANTIATE, ["--dry-run"], [], "compute the paths of derivations only";
        ReadWriteMode, INSTANTIATE, ["--read-write-mode"], [], "with --eval: the evaluation may write to the store";
        ReadOnly, EVALUATE, ["--read-only"], [], "write nothing to the store, which is always so here; in place of 'nix eval', no warning says so";
        HandOver, EVALUATION, ["--hand-over"], [], "where the call needs a store that is written or a build, run the next nix-instantiate on PATH in its place";
        AddRoot, INSTANTIATE, ["--add-root"], ["PATH"], "the roots of the garbage collector belong to a store that is written";
        Indirect, INSTANTIATE, ["--indirect"], [], "the same";
        EvalStore, EVALUATION, ["--eval-store"], ["URI"], "the store of the evaluation, instead of that of --store";
    }
    Surroundings {
        Include, EVERY, ["-I", "--include"], ["[PREFIX=]PATH"], "add an entry to the search path, before all others";
        Impure, EVERY, ["--impure"], [], "undo --pure-eval";
        MaxMemory, EVERY, ["--max-memory"], ["SIZE"], "how much memory values may take, such as 4G; by default three quarters of what there is";
        MaxSteps, EVERY, ["--max-steps"], ["N"], "how many steps the evaluation may take: entries of functions and suspended expressions, and turns of long builtins";
        MaxTime, EVERY, ["--max-time"], ["SECONDS"], "how long the command may take, such as 0.5";
        OptLevel, EVERY, ["--opt-level"], ["0|1"], "how much the compiler optimises; 1 by default";
        Option, EVERY, ["--option"], ["NAME", "VALUE"], "give a setting of Nix a value; also --NAME VALUE, for switches --NAME and --no-NAME, and for lists --extra-NAME VALUE";
    }
    Messages {
        Diagnostics, EVERY, ["--diagnostics"], ["plain|rich|json"], "how errors are shown: as Nix does, with marked pieces of source, or as one object on a line";
        ErrorFormat, EVERY, ["--error-format"], ["text|json"], "an older name of --diagnostics";
        LogFormat, EVERY, ["--log-format"], ["FORMAT"], "'internal-json' writes messages as lines for tools such as nix-output-monitor";
        Verbose, EVERY, ["-v", "--verbose"], [], "say more: the files that are read. May be repeated";
        Quiet, EVERY, ["--quiet"], [], "say less. Three times for no warnings";
        Debug, EVERY, ["--debug"], [], "say everything";
    }
    About {
        Help, EVERY, ["--help", "-h"], [], "what this is";
        Version, EVERY, ["--version"], [], "which version this is";
    }
    Ignored {
        Jobs, EVALUATION, ["-j"], ["N"], "how many builds run at once";
        KeepGoing, EVALUATION, ["-k"], [], "whether other builds go on when one fails";
        KeepFailed, EVALUATION, ["-K"], [], "whether the directory of a failed build is kept";
        NoBuildOutput, EVALUATION, ["-Q", "--no-build-output"], [], "whether builds show what they say";
        PrintBuildLogs, EVALUATION, ["-L", "--print-build-logs"], [], "the same";
        Sandbox, EVALUATION, ["--sandbox", "--no-sandbox", "--relaxed-sandbox"], [], "how builds are kept apart";
        ReadonlyMode, EVALUATION, ["--readonly-mode"], [], "whether the store is opened for reading only";
        Repair, EVALUATION, ["--repair"], [], "whether broken store paths are mended";
        NoGcWarning, EVALUATION, ["--no-gc-warning"], [], "whether missing roots are warned of";
        Offline, EVALUATION, ["--offline", "--no-net"], [], "whether the network is used";
        Refresh, EVALUATION, ["--refresh"], [], "whether downloads are looked up again";
        Debugger, EVALUATION, ["--debugger"], [], "whether errors start a debugger";
        OverrideFlake, EVALUATION, ["--override-flake"], ["FLAKE", "OTHER"], "what flakes are taken for others";
        OverrideInput, EVALUATE, ["--override-input"], ["INPUT", "FLAKE"], "an input of a flake";
        UpdateInput, EVALUATE, ["--update-input"], ["INPUT"], "the same";
        InputsFrom, EVALUATE, ["--inputs-from"], ["FLAKE"], "the same";
        ReferenceLockFile, EVALUATE, ["--reference-lock-file"], ["FILE"], "where a flake is locked";
        OutputLockFile, EVALUATE, ["--output-lock-file"], ["FILE"], "the same";
        NoWriteLockFile, EVALUATE, ["--no-write-lock-file", "--no-update-lock-file", "--recreate-lock-file", "--commit-lock-file", "--no-registries"], [], "how a flake is locked";
    }
}

/// The option of a command that has a name.
pub fn find(command: Command, name: &str) -> Option<&'static OptionSpec> {
    of(command).find(|option| option.names.contains(&name))
}

/// The options of a command, in the order of the table.
pub fn of(command: Command) -> impl Iterator<Item = &'static OptionSpec> {
    OPTIONS.iter().filter(move |option| option.commands.contain(command))
}

impl OptionSpec {
    /// The words that the value at an index must be one of; nothing if it may be anything.
    pub fn choices(&self, index: usize) -> Option<impl Iterator<Item = &'static str>> {
        self.values.get(index).filter(|value| value.contains('|')).map(|value| value.split('|'))
    }

    /// How the option is written, such as `-A, --attr PATH`.
    pub fn usage(&self) -> String {
        let mut usage = self.names.join(", ");
        for value in self.values {
            usage.push(' ');
            usage.push_str(value);
        }
        usage
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_command_has_a_name_twice() {
        for command in Command::ALL {
            let mut names: Vec<_> = of(command).flat_map(|option| option.names).collect();
            let count = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), count, "{command:?}");
        }
    }

    #[test]
    fn names_mean_what_their_command_says() {
        let id = |command, name| find(command, name).map(|option| (option.id, option.values.len()));
        assert_eq!(id(Command::Instantiate, "-E"), Some((OptionId::Expressions, 0)));
        assert_eq!(id(Command::Evaluate, "-E"), Some((OptionId::Expression, 1)));
        assert_eq!(id(Command::Disassemble, "--parse"), None);
    }

    #[test]
    fn choices_come_from_the_names_of_values() {
        let option = find(Command::Evaluate, "--diagnostics").expect("an option");
        let choices: Vec<_> = option.choices(0).expect("choices").collect();
        assert_eq!(choices, ["plain", "rich", "json"]);
        assert_eq!(find(Command::Evaluate, "--arg").map(OptionSpec::usage), Some("--arg NAME EXPR".into()));
    }
}
