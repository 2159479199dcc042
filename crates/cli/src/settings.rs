//! The settings of Nix: names, types, and what those that matter to an evaluation change.
//!
//! Settings come from the command line (`--option NAME VALUE`, `--NAME VALUE`, `--NAME` and
//! `--no-NAME` for switches, `--extra-NAME VALUE` for lists) and from `NIX_CONFIG`. Those that
//! only concern building and stores are known and ignored.

use crate::configuration::Configuration;
use crate::failure::Failure;

/// What values a setting takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// `true` or `false`.
    Switch,
    /// A number.
    Number,
    /// Words.
    List,
    /// Anything.
    Text,
}

use Kind::{List, Number, Switch, Text};

/// A setting: its name and its kind.
type Row = (&'static str, Kind);

const SETTINGS: &[Row] = &[
    ("abort-on-warn", Switch),
    ("accept-flake-config", Switch),
    ("access-tokens", List),
    ("allow-dirty", Switch),
    ("allow-dirty-locks", Switch),
    ("allow-import-from-derivation", Switch),
    ("allow-new-privileges", Switch),
    ("allow-symlinked-store", Switch),
    ("allow-unsafe-native-code-during-evaluation", Switch),
    ("allowed-impure-host-deps", List),
    ("allowed-uris", List),
    ("allowed-users", List),
    ("always-allow-substitutes", Switch),
    ("auto-allocate-uids", Switch),
    ("auto-optimise-store", Switch),
    ("bash-prompt", Text),
    ("bash-prompt-prefix", Text),
    ("bash-prompt-suffix", Text),
    ("build-dir", Text),
    ("build-hook", Text),
    ("build-poll-interval", Number),
    ("build-users-group", Text),
    ("builders", Text),
    ("builders-use-substitutes", Switch),
    ("commit-lock-file-summary", Text),
    ("compress-build-log", Switch),
    ("connect-timeout", Number),
    ("cores", Number),
    ("debugger-on-trace", Switch),
    ("debugger-on-warn", Switch),
    ("diff-hook", Text),
    ("download-attempts", Number),
    ("download-buffer-size", Number),
    ("download-speed", Number),
    ("eval-attrset-update-layer-rhs-threshold", Number),
    ("eval-cache", Switch),
    ("eval-cores", Number),
    ("eval-profile-file", Text),
    ("eval-profiler", Text),
    ("eval-profiler-frequency", Number),
    ("eval-system", Text),
    ("experimental-features", List),
    ("extra-platforms", List),
    ("fallback", Switch),
    ("filter-syscalls", Switch),
    ("flake-registry", Text),
    ("fsync-metadata", Switch),
    ("fsync-store-paths", Switch),
    ("gc-reserved-space", Number),
    ("hashed-mirrors", List),
    ("http-connections", Number),
    ("http2", Switch),
    ("id-count", Number),
    ("ignore-try", Switch),
    ("ignored-acls", List),
    ("impure-env", List),
    ("keep-build-log", Switch),
    ("keep-derivations", Switch),
    ("keep-env-derivations", Switch),
    ("keep-failed", Switch),
    ("keep-going", Switch),
    ("keep-outputs", Switch),
    ("lint-absolute-path-literals", Text),
    ("lint-short-path-literals", Text),
    ("lint-url-literals", Text),
    ("log-lines", Number),
    ("max-build-log-size", Number),
    ("max-call-depth", Number),
    ("max-free", Number),
    ("max-jobs", Text),
    ("max-silent-time", Number),
    ("max-substitution-jobs", Number),
    ("min-free", Number),
    ("min-free-check-interval", Number),
    ("nar-buffer-size", Number),
    ("narinfo-cache-negative-ttl", Number),
    ("narinfo-cache-positive-ttl", Number),
    ("netrc-file", Text),
    ("nix-path", List),
    ("nix-shell-always-looks-for-shell-nix", Switch),
    ("nix-shell-shebang-arguments-relative-to-script", Switch),
    ("plugin-files", List),
    ("post-build-hook", Text),
    ("pre-build-hook", Text),
    ("preallocate-contents", Switch),
    ("print-missing", Switch),
    ("pure-eval", Switch),
    ("require-drop-supplementary-groups", Switch),
    ("require-sigs", Switch),
    ("restrict-eval", Switch),
    ("run-diff-hook", Switch),
    ("sandbox", Text),
    ("sandbox-build-dir", Text),
    ("sandbox-dev-shm-size", Text),
    ("sandbox-fallback", Switch),
    ("sandbox-paths", List),
    ("secret-key-files", List),
    ("show-trace", Switch),
    ("ssl-cert-file", Text),
    ("stalled-download-timeout", Number),
    ("start-id", Number),
    ("store", Text),
    ("substitute", Switch),
    ("substituters", List),
    ("sync-before-registering", Switch),
    ("system", Text),
    ("system-features", List),
    ("tarball-ttl", Number),
    ("timeout", Number),
    ("trace-function-calls", Switch),
    ("trace-import-from-derivation", Switch),
    ("trace-verbose", Switch),
    ("trust-tarballs-from-git-forges", Switch),
    ("trusted-public-keys", List),
    ("trusted-substituters", List),
    ("trusted-users", List),
    ("upgrade-nix-store-path-url", Text),
    ("use-case-hack", Switch),
    ("use-cgroups", Switch),
    ("use-registries", Switch),
    ("use-sqlite-wal", Switch),
    ("use-xdg-base-directories", Switch),
    ("user-agent-suffix", Text),
    ("warn-dirty", Switch),
    ("warn-large-path-threshold", Number),
    ("warn-short-path-literals", Switch),
];

/// The kind of a setting, if there is one of that name.
pub fn kind(name: &str) -> Option<Kind> {
    let index = SETTINGS.binary_search_by_key(&name, |(name, _)| name).ok()?;
    SETTINGS.get(index).map(|(_, kind)| *kind)
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
    match kind(name) {
        Some(Kind::Switch) => return Some(SettingFlag::Switch(name.to_owned(), true)),
        Some(_) => return Some(SettingFlag::Valued(name.to_owned())),
        None => {}
    }
    if let Some(switch) = name.strip_prefix("no-").filter(|name| kind(name) == Some(Kind::Switch)) {
        return Some(SettingFlag::Switch(switch.to_owned(), false));
    }
    let list = name.strip_prefix("extra-")?;
    (kind(list) == Some(Kind::List)).then(|| SettingFlag::Valued(name.to_owned()))
}

/// Gives a setting its value. An unknown one is a warning.
///
/// # Errors
/// A value that the setting does not take.
pub fn apply(configuration: &mut Configuration, name: &str, value: &str) -> Result<(), Failure> {
    let (name, extra) = match name.strip_prefix("extra-").filter(|list| kind(list) == Some(Kind::List)) {
        Some(list) => (list, true),
        None => (name, false),
    };
    match kind(name) {
        Some(Kind::Switch) => {
            let on = parse_switch(value).ok_or_else(|| {
                Failure::usage(format!("Boolean setting '{name}' has invalid value '{value}'"))
            })?;
            set_switch(configuration, name, on);
        }
        Some(Kind::Number) => {
            let number = value
                .trim()
                .parse()
                .map_err(|_| Failure::usage(format!("setting '{name}' has invalid value '{value}'")))?;
            set_number(configuration, name, number);
        }
        Some(Kind::List) => set_list(configuration, name, value, extra),
        Some(Kind::Text) => set_text(configuration, name, value),
        None => configuration.warnings.push(format!("unknown setting '{name}'")),
    }
    Ok(())
}

fn parse_switch(value: &str) -> Option<bool> {
    match value {
        "true" | "yes" | "1" => Some(true),
        "false" | "no" | "0" => Some(false),
        _ => None,
    }
}

/// Sets a switch; those that mean nothing to an evaluation are ignored.
pub fn set_switch(configuration: &mut Configuration, name: &str, on: bool) {
    let settings = &mut configuration.options.settings;
    match name {
        "abort-on-warn" => settings.abort_on_warn = on,
        "allow-import-from-derivation" => settings.allow_import_from_derivation = on,
        "pure-eval" => settings.pure_eval = on,
        "restrict-eval" => settings.restrict_eval = on,
        "trace-verbose" => settings.trace_verbose = on,
        "show-trace" => configuration.show_trace = on,
        _ => {}
    }
}

fn set_number(configuration: &mut Configuration, name: &str, number: u64) {
    if name == "max-call-depth" {
        configuration.options.settings.max_call_depth = u32::try_from(number).unwrap_or(u32::MAX);
    }
}

fn set_list(configuration: &mut Configuration, name: &str, value: &str, extra: bool) {
    let words = value.split_whitespace().map(str::to_owned);
    let settings = &mut configuration.options.settings;
    let list = match name {
        "allowed-uris" => &mut settings.allowed_uris,
        "experimental-features" => &mut settings.features,
        "nix-path" => &mut configuration.nix_path,
        _ => return,
    };
    if !extra {
        list.clear();
    }
    list.extend(words);
}

fn set_text(configuration: &mut Configuration, name: &str, value: &str) {
    let value = Some(value.to_owned());
    match name {
        "system" => configuration.system = value,
        "eval-system" => configuration.eval_system = value,
        "store" => configuration.store = value,
        _ => {}
    }
}

/// Applies lines `name = value`, as `NIX_CONFIG` has them; `#` begins a comment.
///
/// # Errors
/// A line of another form, or a value that a setting does not take.
pub fn apply_lines(configuration: &mut Configuration, text: &str) -> Result<(), Failure> {
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let (name, value) = line.split_once('=').ok_or_else(|| {
            Failure::usage(format!("syntax error in configuration line '{line}' in 'NIX_CONFIG'"))
        })?;
        apply(configuration, name.trim(), value.trim())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(SETTINGS.is_sorted_by(|a, b| a.0 < b.0));
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
        let text =
            "max-call-depth = 7 # comment\n\npure-eval=true\nextra-experimental-features = a b\nfoo = 1";
        apply_lines(&mut configuration, text).expect("settings");
        let settings = &configuration.options.settings;
        assert_eq!((settings.max_call_depth, settings.pure_eval), (7, true));
        assert_eq!(settings.features, ["a", "b"]);
        assert_eq!(configuration.warnings, ["unknown setting 'foo'"]);
        let wrong = apply(&mut configuration, "pure-eval", "maybe").err().map(|failure| failure.to_string());
        assert_eq!(wrong.as_deref(), Some("Boolean setting 'pure-eval' has invalid value 'maybe'"));
    }
}
