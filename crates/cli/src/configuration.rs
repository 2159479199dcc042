//! What the command line, the files of settings and the environment say of an evaluation, for every
//! command alike.

use std::time::Duration;

use nivose::raw::{Options, StressMode};

use crate::arguments::{Argument, Given, into_bytes};
use crate::failure::Failure;
use crate::messages::{Level, Messages};
use crate::nix_conf;
use crate::options::{self, OptionId, Section};
use crate::search_path::{self, Entry};
use crate::settings;

/// An argument for functions at the end of a selection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AutoArgument {
    /// `--arg`: an expression.
    Expression(Vec<u8>),
    /// `--argstr`: a string.
    String(Vec<u8>),
    /// `--arg-from-file`: the contents of a file, as a string.
    File(Vec<u8>),
    /// `--arg-from-stdin`: standard input, as a string.
    Stdin,
}

/// How errors are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Diagnostics {
    /// As Nix shows them.
    #[default]
    Plain,
    /// With marked pieces of source.
    Rich,
    /// One JSON object on a line.
    Json,
}

impl Diagnostics {
    fn named(name: &str) -> Option<Self> {
        match name {
            "plain" | "text" => Some(Diagnostics::Plain),
            "rich" => Some(Diagnostics::Rich),
            "json" => Some(Diagnostics::Json),
            _ => None,
        }
    }
}

/// The setting `nix-path`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NixPath {
    /// What stands in place of the default, if anything does.
    pub entries: Option<Vec<Entry>>,
    /// What `extra-nix-path` adds.
    pub extra: Vec<Entry>,
}

impl NixPath {
    /// Gives the setting a value, or adds to it.
    pub fn assign(&mut self, words: Vec<String>, extra: bool) {
        let entries = words.iter().map(|word| search_path::parse_entry(word.as_bytes()));
        if extra {
            self.extra.extend(entries);
        } else {
            *self = NixPath { entries: Some(entries.collect()), extra: Vec::new() };
        }
    }
}

/// The settings `eval-profiler…`.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Whether there is to be one.
    pub is_wanted: bool,
    /// Where it goes.
    pub file: String,
    /// Samples in a second.
    pub frequency: u64,
}

impl Default for Profile {
    fn default() -> Self {
        Profile { is_wanted: false, file: String::from("nix.profile"), frequency: 99 }
    }
}

/// What an evaluation is to be like.
#[derive(Clone, Debug, Default)]
pub struct Configuration {
    /// The options of the evaluator. The search path and the system are worked out later.
    pub options: Options,
    /// Entries of the search path given with `-I`.
    pub include: Vec<Vec<u8>>,
    /// The setting `nix-path`.
    pub nix_path: NixPath,
    /// `--arg` and its like, in order.
    pub auto_arguments: Vec<(Vec<u8>, AutoArgument)>,
    /// Whether errors come with the whole trace.
    pub show_trace: bool,
    /// Whether somebody types lines at a terminal: Ctrl-C ends what one of them evaluates, and not the command.
    pub is_dialogue: bool,
    /// How errors are shown.
    pub diagnostics: Diagnostics,
    /// How messages are written, and which.
    pub messages: Messages,
    /// The setting `system`.
    pub system: Option<String>,
    /// The setting `eval-system`.
    pub eval_system: Option<String>,
    /// The address of the store.
    pub store: Option<String>,
    /// Whether the command writes derivations.
    pub writes_derivations: bool,
    /// Whether the program was called as `nix`, whose evaluations are pure unless somebody says otherwise.
    pub in_place_of_nix: bool,
    /// `--read-only`
    pub read_only: bool,
    /// Whether what this program does not do goes to the next program of the same name.
    pub hands_over: bool,
    /// The setting `trace-function-calls`.
    pub traces_function_calls: bool,
    /// What is profiled.
    pub profile: Profile,
    /// How many steps the command may take.
    pub max_steps: Option<u64>,
    /// How long the command may take.
    pub max_time: Option<Duration>,
    /// Warnings that were met on the way.
    pub warnings: Vec<String>,
}

impl Configuration {
    /// Reads the files of settings and the environment into a fresh configuration.
    ///
    /// # Errors
    /// A setting or variable with a value that makes no sense.
    pub fn read_surroundings(&mut self) -> Result<(), Failure> {
        self.store = variable("NIX_REMOTE").filter(|store| !store.is_empty());
        nix_conf::apply_all(self)?;
        if let Some(list) = std::env::var_os("NIX_PATH") {
            let entries = Some(search_path::parse_list(&into_bytes(list)));
            self.nix_path = NixPath { entries, extra: Vec::new() };
        }
        self.options.settings.abort_on_warn |=
            matches!(variable("NIX_ABORT_ON_WARN").as_deref(), Some("1" | "yes" | "true"));
        self.hands_over = wants_hand_over();
        self.read_own_variables()
    }

    fn read_own_variables(&mut self) -> Result<(), Failure> {
        if let Some(level) = own_variable("NIVOSE_OPT_LEVEL") {
            self.options.level = match level.as_str() {
                "0" => 0,
                "1" => 1,
                _ => return Err(wrong_variable("NIVOSE_OPT_LEVEL", "'0' or '1'", &level)),
            };
        }
        if let Some(name) = own_variable("NIVOSE_DIAGNOSTICS") {
            self.diagnostics = Diagnostics::named(&name)
                .ok_or_else(|| wrong_variable("NIVOSE_DIAGNOSTICS", "'plain', 'rich' or 'json'", &name))?;
        }
        if let Some(stress) = own_variable("NIVOSE_GC") {
            self.options.heap.stress = match stress.as_str() {
                "stress" => StressMode::On,
                "never" => StressMode::Never,
                _ => return Err(wrong_variable("NIVOSE_GC", "'stress' or 'never'", &stress)),
            };
        }
        Ok(())
    }

    /// Takes an argument that every command has; gives it back if it is none.
    ///
    /// # Errors
    /// A value that makes no sense.
    pub fn take(&mut self, argument: Argument) -> Result<Option<Argument>, Failure> {
        match argument {
            Argument::Switch(name, on) => settings::set_switch(self, &name, on),
            Argument::Setting(name, value) => settings::apply(self, &name, &value)?,
            Argument::Option(mut given) => {
                if !self.take_option(&mut given)? && !takes_quietly(given.id) {
                    return Ok(Some(Argument::Option(given)));
                }
            }
            other @ Argument::Positional(_) => return Ok(Some(other)),
        }
        Ok(None)
    }

    fn take_option(&mut self, given: &mut Given) -> Result<bool, Failure> {
        match given.id {
            OptionId::Include => self.include.push(given.value()),
            OptionId::Arg => self.argument(given, |given| AutoArgument::Expression(given.value())),
            OptionId::ArgString => self.argument(given, |given| AutoArgument::String(given.value())),
            OptionId::ArgFromFile => self.argument(given, |given| AutoArgument::File(given.value())),
            OptionId::ArgFromStdin => self.argument(given, |_| AutoArgument::Stdin),
            OptionId::Impure => self.options.settings.pure_eval = false,
            OptionId::HandOver => self.hands_over = true,
            OptionId::ReadOnly => self.read_only = true,
            OptionId::OptLevel => self.options.level = u8::from(given.value() == b"1"),
            OptionId::MaxMemory => {
                let text = given.text();
                let size = size(&text).filter(|&size| size > 0);
                self.options.heap.limit = size.ok_or_else(|| wrong_value(given, &text))?;
            }
            OptionId::MaxSteps => {
                let text = given.text();
                self.max_steps = Some(text.parse().map_err(|_| wrong_value(given, &text))?);
            }
            OptionId::MaxTime => {
                let text = given.text();
                self.max_time = Some(seconds(&text).ok_or_else(|| wrong_value(given, &text))?);
            }
            OptionId::Diagnostics | OptionId::ErrorFormat => {
                self.diagnostics = Diagnostics::named(&given.text()).unwrap_or_default();
            }
            OptionId::LogFormat => self.messages.json = log_format(given)?,
            OptionId::Verbose => self.messages.level = self.messages.level.more(),
            OptionId::Quiet => self.messages.level = self.messages.level.less(),
            OptionId::Debug => self.messages.level = Level::DEBUG,
            OptionId::Option => {
                let (name, value) = (given.text(), given.text());
                // As in Nix: scripts pass settings that another version takes.
                if let Err(failure) = settings::apply(self, &name, &value) {
                    self.warnings.push(failure.to_string());
                }
            }
            OptionId::Jobs => settings::apply(self, "max-jobs", &given.text())?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn argument(&mut self, given: &mut Given, make: impl FnOnce(&mut Given) -> AutoArgument) {
        let name = given.value();
        let argument = make(given);
        self.auto_arguments.push((name, argument));
    }

    /// Whether derivations that are written are kept in memory, to be read back.
    pub fn keeps_derivations(&self) -> bool {
        let writable = |store: &str| store.starts_with("dummy:") && store.contains("read-only=false");
        self.writes_derivations && self.store.as_deref().is_some_and(writable)
    }

    /// Whether there is a store that one could write to, which this program does not do.
    pub fn has_real_store(&self) -> bool {
        !self.store.as_deref().is_some_and(|store| store.starts_with("dummy:"))
    }
}

/// Options that mean nothing to an evaluation.
fn takes_quietly(id: OptionId) -> bool {
    options::OPTIONS.iter().any(|option| option.id == id && option.section == Section::Ignored)
        || matches!(id, OptionId::EvalStore | OptionId::Indirect | OptionId::AddRoot)
}

/// Whether messages are written as JSON. The other formats differ in what they show of builds.
fn log_format(given: &mut Given) -> Result<bool, Failure> {
    let format = given.text();
    match format.as_str() {
        "internal-json" => Ok(true),
        "raw" | "raw-with-logs" | "bar" | "bar-with-logs" | "multiline" | "multiline-with-logs" => Ok(false),
        _ => Err(Failure::usage(format!("option 'log-format' has an invalid value '{format}'"))),
    }
}

fn wrong_value(given: &Given, value: &str) -> Failure {
    Failure::usage(format!("'{}' does not take the value '{value}'", given.name))
}

fn wrong_variable(name: &str, wanted: &str, value: &str) -> Failure {
    Failure::usage(format!("{name} must be {wanted}, not '{value}'"))
}

/// Whether the environment says that what this program does not do goes to another one.
pub fn wants_hand_over() -> bool {
    own_variable("NIVOSE_HAND_OVER").is_some_and(|value| value != "0")
}

/// A variable of this program, unless it is empty.
fn own_variable(name: &str) -> Option<String> {
    variable(name).filter(|value| !value.is_empty())
}

/// A number of bytes: digits, and K, M, G or T for powers of 1024.
fn size(text: &str) -> Option<usize> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let power =
        match text.get(digits.len()..)?.to_ascii_uppercase().trim_end_matches("IB").trim_end_matches('B') {
            "" => 0,
            "K" => 1,
            "M" => 2,
            "G" => 3,
            "T" => 4,
            _ => return None,
        };
    digits.parse::<usize>().ok()?.checked_mul(1024usize.checked_pow(power)?)
}

/// A length of time, in seconds.
fn seconds(text: &str) -> Option<Duration> {
    let time = Duration::try_from_secs_f64(text.parse().ok()?).ok()?;
    (!time.is_zero()).then_some(time)
}

/// An environment variable as text.
pub fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;
    use crate::arguments::Arguments;
    use crate::command::Command;

    fn configured(line: &[&str]) -> Result<Configuration, String> {
        let mut arguments = Arguments::new(Command::Evaluate, line.iter().map(OsString::from));
        let mut configuration = Configuration::default();
        while let Some(argument) = arguments.next().map_err(|failure| failure.to_string())? {
            let left = configuration.take(argument).map_err(|failure| failure.to_string())?;
            assert_eq!(left, None);
        }
        Ok(configuration)
    }

    #[test]
    fn common_options() {
        let line = "-I a=b --arg x 1 --argstr y --z --option max-call-depth 5 --pure-eval --impure \
                    --opt-level 0 --max-memory 2G --max-steps 7 --max-time 0.5 --show-trace --system s -j 4 -k --timeout 3 --diagnostics rich";
        let configuration = configured(&line.split_whitespace().collect::<Vec<_>>()).expect("options");
        assert_eq!(configuration.include, [b"a=b".to_vec()]);
        let expected = [
            (b"x".to_vec(), AutoArgument::Expression(b"1".to_vec())),
            (b"y".to_vec(), AutoArgument::String(b"--z".to_vec())),
        ];
        assert_eq!(configuration.auto_arguments, expected);
        assert_eq!(configuration.options.settings.max_call_depth, 5);
        assert!(!configuration.options.settings.pure_eval && configuration.show_trace);
        assert_eq!((configuration.options.level, configuration.options.heap.limit), (0, 2 << 30));
        assert_eq!(configuration.max_steps, Some(7));
        assert_eq!(configuration.max_time, Some(Duration::from_millis(500)));
        assert_eq!(configuration.system.as_deref(), Some("s"));
        assert_eq!(configuration.diagnostics, Diagnostics::Rich);
        assert!(configuration.warnings.is_empty());
    }

    #[test]
    fn values_that_make_no_sense() {
        let message = |line: &[&str]| configured(line).err().unwrap_or_default();
        assert_eq!(message(&["--max-memory", "0"]), "'--max-memory' does not take the value '0'");
        assert_eq!(message(&["--max-steps", "-1"]), "'--max-steps' does not take the value '-1'");
        for time in ["0", "-1", "x", "NaN", "1e30"] {
            let expected = format!("'--max-time' does not take the value '{time}'");
            assert_eq!(message(&["--max-time", time]), expected);
        }
        assert_eq!(message(&["-j", "x"]), "configuration setting 'max-jobs' should be 'auto' or an integer");
        assert_eq!(message(&["--log-format", "x"]), "option 'log-format' has an invalid value 'x'");
    }

    #[test]
    fn the_search_path_is_replaced_or_extended() {
        let path = configured(&["--extra-nix-path", "a=1 b"]).expect("options").nix_path;
        assert_eq!((path.entries, path.extra.len()), (None, 2));
        let path = configured(&["--extra-nix-path", "a", "--nix-path", "c=2"]).expect("options").nix_path;
        assert_eq!((path.entries, path.extra.len()), (Some(vec![(b"c".to_vec(), b"2".to_vec())]), 0));
    }

    #[test]
    fn sizes() {
        let cases = [
            ("7", Some(7)),
            ("2K", Some(2048)),
            ("1MiB", Some(1 << 20)),
            ("3gb", Some(3 << 30)),
            ("x", None),
            ("1X", None),
            ("", None),
            ("99999999999T", None),
        ];
        for (text, bytes) in cases {
            assert_eq!(size(text), bytes, "{text}");
        }
    }
}
