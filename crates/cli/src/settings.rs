//! The settings of Nix: how their values are read and applied.
//!
//! They come from the command line (`--option NAME VALUE`, `--NAME VALUE`, `--NAME` and `--no-NAME`
//! for switches, `--extra-NAME VALUE` for lists) and from files ([`crate::nix_conf`]). What there is
//! stands in the [table](SETTINGS).

mod table;

use nivose::raw::{Lint, Lints};

use crate::configuration::Configuration;
use crate::failure::Failure;

pub use table::{FEATURES, SETTINGS};

/// A setting.
#[derive(Debug)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// What values it takes, and what it changes.
    pub kind: Kind,
    /// What it does; empty if it means nothing to an evaluation.
    pub help: &'static str,
    /// Whether it would mean something to Nix's evaluator.
    pub is_missing: bool,
}

/// What values a setting takes, and what it changes.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// `true` or `false`.
    Switch(fn(&mut Configuration, bool)),
    /// A number, perhaps with K, M, G or T.
    Number(fn(&mut Configuration, u64)),
    /// Words; the last argument tells whether they are added to those that are there.
    List(fn(&mut Configuration, Vec<String>, bool)),
    /// Anything.
    Text(fn(&mut Configuration, &str)),
    /// A number or `auto`.
    Jobs,
    /// `disabled` or `flamegraph`.
    Profiler,
    /// `ignore`, `warn` or `fatal`.
    Lint(fn(&mut Lints, Lint)),
}

/// The setting of that name, which may be an older one.
pub fn find(name: &str) -> Option<&'static Setting> {
    let by_name = |name: &str| {
        let index = SETTINGS.binary_search_by_key(&name, |setting| setting.name).ok()?;
        SETTINGS.get(index)
    };
    by_name(name).or_else(|| {
        let index = table::ALIASES.binary_search_by_key(&name, |(alias, _)| alias).ok()?;
        by_name(table::ALIASES.get(index)?.1)
    })
}

/// What a flag `--…` says of a setting.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SettingFlag {
    /// A switch is set.
    Switch(String, bool),
    /// The value follows as an argument; the name may begin with `extra-`.
    Valued(String),
}

/// The setting that a flag means, if it means one.
pub fn flag(flag: &str) -> Option<SettingFlag> {
    let name = flag.strip_prefix("--")?;
    match find(name).map(|setting| setting.kind) {
        Some(Kind::Switch(_)) => return Some(SettingFlag::Switch(name.to_owned(), true)),
        Some(_) => return Some(SettingFlag::Valued(name.to_owned())),
        None => {}
    }
    if let Some(switch) = name.strip_prefix("no-").filter(|name| is_switch(name)) {
        return Some(SettingFlag::Switch(switch.to_owned(), false));
    }
    list_to_extend(name).map(|_| SettingFlag::Valued(name.to_owned()))
}

fn is_switch(name: &str) -> bool {
    find(name).is_some_and(|setting| matches!(setting.kind, Kind::Switch(_)))
}

/// The list that a name such as `extra-experimental-features` means.
fn list_to_extend(name: &str) -> Option<&'static Setting> {
    find(name.strip_prefix("extra-")?).filter(|setting| matches!(setting.kind, Kind::List(_)))
}

/// Gives a setting its value. An unknown one is a warning.
///
/// # Errors
/// A value that the setting does not take.
pub fn apply(configuration: &mut Configuration, name: &str, value: &str) -> Result<(), Failure> {
    let direct = find(name);
    let extra = direct.is_none();
    let Some(setting) = direct.or_else(|| list_to_extend(name)) else {
        configuration.warnings.push(format!("unknown setting '{name}'"));
        return Ok(());
    };
    match setting.kind {
        Kind::Switch(set) => set(configuration, switch(name, value)?),
        Kind::Number(set) => set(configuration, number(name, value)?),
        Kind::List(set) => {
            set(configuration, value.split_whitespace().map(str::to_owned).collect(), extra);
        }
        Kind::Text(set) => set(configuration, value),
        Kind::Jobs => check_jobs(name, value)?,
        Kind::Profiler => configuration.profile.is_wanted = profiler(name, value)?,
        Kind::Lint(set) => set(&mut configuration.options.settings.lints, lint(name, value)?),
    }
    let changes_nothing = matches!(value, "false" | "no" | "0" | "");
    if setting.is_missing && !changes_nothing {
        configuration.warnings.push(format!("setting '{name}' has no effect in nivose"));
    }
    Ok(())
}

/// Sets a switch that exists.
pub fn set_switch(configuration: &mut Configuration, name: &str, on: bool) {
    let value = if on { "true" } else { "false" };
    // A switch that exists takes these.
    let _ = apply(configuration, name, value);
}

fn switch(name: &str, value: &str) -> Result<bool, Failure> {
    match value {
        "true" | "yes" | "1" => Ok(true),
        "false" | "no" | "0" => Ok(false),
        _ => Err(Failure::usage(format!("Boolean setting '{name}' has invalid value '{value}'"))),
    }
}

fn number(name: &str, value: &str) -> Result<u64, Failure> {
    let (digits, power) = match value.char_indices().next_back() {
        Some((at, 'K' | 'k')) => (&value[..at], 1),
        Some((at, 'M' | 'm')) => (&value[..at], 2),
        Some((at, 'G' | 'g')) => (&value[..at], 3),
        Some((at, 'T' | 't')) => (&value[..at], 4),
        _ => (value, 0),
    };
    let number = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(1 << (10 * power)));
    number.ok_or_else(|| Failure::usage(format!("setting '{name}' has invalid value '{value}'")))
}

fn profiler(name: &str, value: &str) -> Result<bool, Failure> {
    match value {
        "disabled" => Ok(false),
        "flamegraph" => Ok(true),
        _ => Err(Failure::usage(format!("setting '{name}' has invalid value '{value}'"))),
    }
}

fn lint(name: &str, value: &str) -> Result<Lint, Failure> {
    match value {
        "ignore" => Ok(Lint::Ignore),
        "warn" => Ok(Lint::Warn),
        "fatal" => Ok(Lint::Fatal),
        _ => Err(Failure::usage(format!("setting '{name}' has invalid value '{value}'"))),
    }
}

fn check_jobs(name: &str, value: &str) -> Result<(), Failure> {
    if value == "auto" || value.parse::<u32>().is_ok() {
        return Ok(());
    }
    Err(Failure::usage(format!("configuration setting '{name}' should be 'auto' or an integer")))
}

/// Gives a list other words, or more words.
fn assign(list: &mut Vec<String>, words: Vec<String>, extra: bool) {
    if !extra {
        list.clear();
    }
    list.extend(words);
}

fn set_features(configuration: &mut Configuration, words: Vec<String>, extra: bool) {
    let unknown = words.iter().filter(|word| !FEATURES.contains(&word.as_str()));
    configuration.warnings.extend(unknown.map(|word| format!("unknown experimental feature '{word}'")));
    assign(&mut configuration.options.settings.features, words, extra);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(result: Result<(), Failure>) -> Option<String> {
        result.err().map(|failure| failure.to_string())
    }

    #[test]
    fn the_tables_are_sorted() {
        assert!(SETTINGS.is_sorted_by(|a, b| a.name < b.name));
        assert!(table::ALIASES.is_sorted_by(|a, b| a.0 < b.0));
        assert!(table::ALIASES.iter().all(|(_, name)| find(name).is_some()));
    }

    #[test]
    fn flags_of_settings() {
        assert_eq!(flag("--pure-eval"), Some(SettingFlag::Switch("pure-eval".into(), true)));
        assert_eq!(flag("--no-eval-cache"), Some(SettingFlag::Switch("eval-cache".into(), false)));
        assert_eq!(flag("--eval-system"), Some(SettingFlag::Valued("eval-system".into())));
        let extra = Some(SettingFlag::Valued("extra-experimental-features".into()));
        assert_eq!(flag("--extra-experimental-features"), extra);
        assert_eq!(
            (flag("--no-cores"), flag("--extra-cores"), flag("--nothing"), flag("-x")),
            (None, None, None, None)
        );
    }

    #[test]
    fn values_are_applied() {
        let mut configuration = Configuration::default();
        for (name, value) in [
            ("max-call-depth", "7"),
            ("pure-eval", "true"),
            ("experimental-features", "x"),
            ("extra-experimental-features", "flakes"),
            ("foo", "1"),
            ("build-cores", "3"),
            ("extra-platforms", "a"),
            ("max-jobs", "auto"),
        ] {
            apply(&mut configuration, name, value).expect(name);
        }
        let settings = &configuration.options.settings;
        assert_eq!((settings.max_call_depth, settings.pure_eval), (7, true));
        assert_eq!(settings.features, ["x", "flakes"]);
        assert_eq!(configuration.warnings, ["unknown experimental feature 'x'", "unknown setting 'foo'"]);
    }

    #[test]
    fn values_are_checked() {
        let mut configuration = Configuration::default();
        let mut apply = |name, value| failure(apply(&mut configuration, name, value));
        assert_eq!(
            apply("pure-eval", "maybe").as_deref(),
            Some("Boolean setting 'pure-eval' has invalid value 'maybe'")
        );
        assert_eq!(apply("cores", "1 2").as_deref(), Some("setting 'cores' has invalid value '1 2'"));
        assert_eq!(
            apply("min-free", "99999999T").as_deref(),
            Some("setting 'min-free' has invalid value '99999999T'")
        );
        assert_eq!(
            apply("max-jobs", "many").as_deref(),
            Some("configuration setting 'max-jobs' should be 'auto' or an integer")
        );
        assert_eq!(apply("min-free", "5G"), None);
    }
}
