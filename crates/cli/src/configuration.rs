//! What the command line and the environment say of an evaluation, for every command alike.

use nivose::{Options, StressMode};

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::settings::{self, SettingFlag};

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
pub enum ErrorFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object on a line.
    Json,
}

/// What an evaluation is to be like.
#[derive(Clone, Debug, Default)]
pub struct Configuration {
    /// The options of the evaluator. The search path and the system are worked out later.
    pub options: Options,
    /// Entries of the search path given with `-I`.
    pub include: Vec<Vec<u8>>,
    /// The setting `nix-path`.
    pub nix_path: Vec<String>,
    /// `--arg` and its like, in order.
    pub auto_arguments: Vec<(Vec<u8>, AutoArgument)>,
    /// Whether errors come with the whole trace.
    pub show_trace: bool,
    /// How errors are shown.
    pub error_format: ErrorFormat,
    /// The setting `system`.
    pub system: Option<String>,
    /// The setting `eval-system`.
    pub eval_system: Option<String>,
    /// The address of the store.
    pub store: Option<String>,
    /// Whether the command writes derivations.
    pub writes_derivations: bool,
    /// Warnings that were met on the way.
    pub warnings: Vec<String>,
}

impl Configuration {
    /// What the environment says.
    ///
    /// # Errors
    /// A variable with a value that makes no sense.
    pub fn from_environment() -> Result<Self, Failure> {
        let mut configuration = Configuration::default();
        let settings = &mut configuration.options.settings;
        settings.abort_on_warn =
            matches!(variable("NIX_ABORT_ON_WARN").as_deref(), Some("1" | "yes" | "true"));
        configuration.store = variable("NIX_REMOTE").filter(|store| !store.is_empty());
        if let Some(text) = variable("NIX_CONFIG") {
            settings::apply_lines(&mut configuration, &text)?;
        }
        if let Some(level) = variable("NIVOSE_OPT_LEVEL") {
            configuration.set_level("NIVOSE_OPT_LEVEL", &level)?;
        }
        match variable("NIVOSE_GC").as_deref() {
            None | Some("") => {}
            Some("stress") => configuration.options.heap.stress = StressMode::On,
            Some("never") => configuration.options.heap.stress = StressMode::Never,
            Some(other) => {
                return Err(Failure::usage(format!("NIVOSE_GC must be 'stress' or 'never', not '{other}'")));
            }
        }
        Ok(configuration)
    }

    /// Takes a flag that every command has; false if it is none.
    ///
    /// # Errors
    /// A value that is missing or makes no sense.
    pub fn take(&mut self, flag: &str, arguments: &mut Arguments) -> Result<bool, Failure> {
        Ok(self.take_argument(flag, arguments)?
            || self.take_own(flag, arguments)?
            || self.take_setting(flag, arguments)?)
    }

    /// Flags that give the program something to work with.
    fn take_argument(&mut self, flag: &str, arguments: &mut Arguments) -> Result<bool, Failure> {
        match flag {
            "-I" | "--include" => {
                let [entry] = arguments.values(flag)?;
                self.include.push(entry);
                return Ok(true);
            }
            "--arg" | "--argstr" | "--arg-from-file" => {
                let [name, value] = arguments.values(flag)?;
                let argument = match flag {
                    "--arg" => AutoArgument::Expression(value),
                    "--argstr" => AutoArgument::String(value),
                    _ => AutoArgument::File(value),
                };
                self.auto_arguments.push((name, argument));
            }
            "--arg-from-stdin" => {
                let [name] = arguments.values(flag)?;
                self.auto_arguments.push((name, AutoArgument::Stdin));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Flags of this program, and those of Nix that are no settings.
    fn take_own(&mut self, flag: &str, arguments: &mut Arguments) -> Result<bool, Failure> {
        match flag {
            "--impure" => self.options.settings.pure_eval = false,
            "--opt-level" => {
                let level = arguments.text(flag)?;
                self.set_level(flag, &level)?;
            }
            "--max-memory" => {
                let text = arguments.text(flag)?;
                self.options.heap.limit = size(&text).ok_or_else(|| wrong_value(flag, &text))?;
            }
            "--error-format" => {
                let text = arguments.text(flag)?;
                self.error_format = match text.as_str() {
                    "text" => ErrorFormat::Text,
                    "json" => ErrorFormat::Json,
                    _ => return Err(wrong_value(flag, &text)),
                };
            }
            "--eval-store" | "--log-format" => drop(arguments.values::<1>(flag)?),
            "-j" => drop(arguments.value(flag)?),
            "-k" | "-K" | "--no-build-output" | "--readonly-mode" | "--repair" | "--no-gc-warning" => {}
            "-v" | "--verbose" | "-Q" | "--quiet" | "--debug" | "--no-net" | "--offline" | "--refresh" => {}
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn take_setting(&mut self, flag: &str, arguments: &mut Arguments) -> Result<bool, Failure> {
        if flag == "--option" {
            let [name, value] = arguments.values(flag)?;
            settings::apply(self, &String::from_utf8_lossy(&name), &String::from_utf8_lossy(&value))?;
            return Ok(true);
        }
        match settings::flag(flag) {
            Some(SettingFlag::Switch(name, on)) => settings::set_switch(self, &name, on),
            Some(SettingFlag::Valued(name)) => settings::apply(self, &name, &arguments.setting(flag)?)?,
            None => return Ok(false),
        }
        Ok(true)
    }

    fn set_level(&mut self, source: &str, level: &str) -> Result<(), Failure> {
        self.options.level = match level {
            "0" => 0,
            "1" => 1,
            _ => return Err(wrong_value(source, level)),
        };
        Ok(())
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

fn wrong_value(flag: &str, value: &str) -> Failure {
    Failure::usage(format!("'{flag}' does not take the value '{value}'"))
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

/// An environment variable as text.
pub fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;
    use crate::arguments::Argument;

    fn configured(line: &[&str]) -> Result<Configuration, String> {
        let mut arguments = Arguments::new(line.iter().map(OsString::from));
        let mut configuration = Configuration::default();
        while let Some(argument) = arguments.next() {
            let Argument::Flag(flag) = argument else { return Err("not a flag".into()) };
            if !configuration.take(&flag, &mut arguments).map_err(|failure| failure.to_string())? {
                return Err(format!("unknown: {flag}"));
            }
        }
        Ok(configuration)
    }

    #[test]
    fn common_flags() {
        let line = [
            "-I",
            "a=b",
            "--arg",
            "x",
            "1",
            "--argstr",
            "y",
            "--z",
            "--option",
            "max-call-depth",
            "5",
            "--pure-eval",
            "--impure",
            "--opt-level",
            "0",
            "--max-memory",
            "2G",
            "--show-trace",
            "--system",
            "s",
        ];
        let configuration = configured(&line).expect("flags");
        assert_eq!(configuration.include, [b"a=b".to_vec()]);
        let expected = [
            (b"x".to_vec(), AutoArgument::Expression(b"1".to_vec())),
            (b"y".to_vec(), AutoArgument::String(b"--z".to_vec())),
        ];
        assert_eq!(configuration.auto_arguments, expected);
        assert_eq!(configuration.options.settings.max_call_depth, 5);
        assert!(!configuration.options.settings.pure_eval && configuration.show_trace);
        assert_eq!((configuration.options.level, configuration.options.heap.limit), (0, 2 << 30));
        assert_eq!(configuration.system.as_deref(), Some("s"));
    }

    #[test]
    fn flags_that_make_no_sense() {
        assert_eq!(configured(&["--nothing"]).err().as_deref(), Some("unknown: --nothing"));
        let message = "flag '--arg' requires 2 argument(s), but only 1 were given";
        assert_eq!(configured(&["--arg", "x"]).err().as_deref(), Some(message));
        assert_eq!(
            configured(&["--opt-level", "9"]).err().as_deref(),
            Some("'--opt-level' does not take the value '9'")
        );
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
