//! The one table of the settings of Nix.
//!
//! Each has a name, a kind with what it changes, and a line of help. Settings that mean nothing to
//! an evaluation have no help: they are known, their values are checked, and nothing comes of it.

use super::{Kind, Setting, assign, set_features};

use Kind::{List, Number, Switch, Text};

const IGNORED_SWITCH: Kind = Switch(|_, _| {});
const IGNORED_NUMBER: Kind = Number(|_, _| {});
const IGNORED_LIST: Kind = List(|_, _, _| {});
const IGNORED_TEXT: Kind = Text(|_, _| {});

/// A setting that means something to an evaluation.
const fn setting(name: &'static str, kind: Kind, help: &'static str) -> Setting {
    Setting { name, kind, help, is_missing: false }
}

/// A setting that means nothing to it.
const fn ignored(name: &'static str, kind: Kind) -> Setting {
    Setting { name, kind, help: "", is_missing: false }
}

/// A setting that Nix's evaluator heeds and this one does not, which is said to whoever gives it a value.
const fn missing(name: &'static str, kind: Kind) -> Setting {
    Setting { is_missing: true, ..ignored(name, kind) }
}

/// All settings, sorted by name.
pub static SETTINGS: &[Setting] = &[
    setting(
        "abort-on-warn",
        Switch(|c, on| c.options.settings.abort_on_warn = on),
        "a warning ends the evaluation",
    ),
    ignored("accept-flake-config", IGNORED_SWITCH),
    ignored("access-tokens", IGNORED_LIST),
    ignored("allow-dirty", IGNORED_SWITCH),
    ignored("allow-dirty-locks", IGNORED_SWITCH),
    setting(
        "allow-import-from-derivation",
        Switch(|c, on| c.options.settings.allow_import_from_derivation = on),
        "the evaluation may read what derivations build",
    ),
    ignored("allow-new-privileges", IGNORED_SWITCH),
    ignored("allow-symlinked-store", IGNORED_SWITCH),
    missing("allow-unsafe-native-code-during-evaluation", IGNORED_SWITCH),
    ignored("allowed-impure-host-deps", IGNORED_LIST),
    setting(
        "allowed-uris",
        List(|c, words, extra| assign(&mut c.options.settings.allowed_uris, words, extra)),
        "addresses that a restricted evaluation may use",
    ),
    ignored("allowed-users", IGNORED_LIST),
    ignored("always-allow-substitutes", IGNORED_SWITCH),
    ignored("auto-allocate-uids", IGNORED_SWITCH),
    ignored("auto-optimise-store", IGNORED_SWITCH),
    ignored("bash-prompt", IGNORED_TEXT),
    ignored("bash-prompt-prefix", IGNORED_TEXT),
    ignored("bash-prompt-suffix", IGNORED_TEXT),
    ignored("build-dir", IGNORED_TEXT),
    ignored("build-hook", IGNORED_TEXT),
    ignored("build-poll-interval", IGNORED_NUMBER),
    ignored("build-users-group", IGNORED_TEXT),
    ignored("builders", IGNORED_TEXT),
    ignored("builders-use-substitutes", IGNORED_SWITCH),
    ignored("commit-lock-file-summary", IGNORED_TEXT),
    ignored("compress-build-log", IGNORED_SWITCH),
    ignored("connect-timeout", IGNORED_NUMBER),
    ignored("cores", IGNORED_NUMBER),
    ignored("darwin-log-sandbox-violations", IGNORED_SWITCH),
    missing("debugger-on-trace", IGNORED_SWITCH),
    missing("debugger-on-warn", IGNORED_SWITCH),
    ignored("diff-hook", IGNORED_TEXT),
    ignored("download-attempts", IGNORED_NUMBER),
    ignored("download-buffer-size", IGNORED_NUMBER),
    ignored("download-speed", IGNORED_NUMBER),
    ignored("eval-attrset-update-layer-rhs-threshold", IGNORED_NUMBER),
    ignored("eval-cache", IGNORED_SWITCH),
    ignored("eval-cores", IGNORED_NUMBER),
    setting(
        "eval-profile-file",
        Text(|c, text| c.profile.file = text.to_owned()),
        "where the profile goes; nix.profile by default",
    ),
    setting(
        "eval-profiler",
        Kind::Profiler,
        "'flamegraph' samples the stack of calls and writes it for tools such as flamegraph.pl; 'disabled' by default",
    ),
    setting(
        "eval-profiler-frequency",
        Number(|c, n| c.profile.frequency = n),
        "how many samples are taken in a second; 99 by default",
    ),
    setting(
        "eval-system",
        Text(|c, text| c.eval_system = Some(text.to_owned())),
        "what builtins.currentSystem is",
    ),
    setting("experimental-features", List(set_features), "experimental features that are switched on"),
    ignored("external-builders", IGNORED_TEXT),
    ignored("extra-platforms", IGNORED_LIST),
    ignored("fallback", IGNORED_SWITCH),
    ignored("filter-syscalls", IGNORED_SWITCH),
    ignored("flake-registry", IGNORED_TEXT),
    ignored("fsync-metadata", IGNORED_SWITCH),
    ignored("fsync-store-paths", IGNORED_SWITCH),
    ignored("gc-reserved-space", IGNORED_NUMBER),
    ignored("hashed-mirrors", IGNORED_LIST),
    ignored("http-connections", IGNORED_NUMBER),
    ignored("http2", IGNORED_SWITCH),
    ignored("id-count", IGNORED_NUMBER),
    missing("ignore-try", IGNORED_SWITCH),
    ignored("ignored-acls", IGNORED_LIST),
    ignored("impure-env", IGNORED_LIST),
    ignored("json-log-path", IGNORED_TEXT),
    ignored("keep-build-log", IGNORED_SWITCH),
    ignored("keep-derivations", IGNORED_SWITCH),
    ignored("keep-env-derivations", IGNORED_SWITCH),
    ignored("keep-failed", IGNORED_SWITCH),
    ignored("keep-going", IGNORED_SWITCH),
    ignored("keep-outputs", IGNORED_SWITCH),
    setting(
        "lint-absolute-path-literals",
        Kind::Lint(|lints, lint| lints.absolute_path_literals = lint),
        "what is done about paths such as /etc and ~/x: 'ignore' (the default), 'warn' or 'fatal'",
    ),
    setting(
        "lint-short-path-literals",
        Kind::Lint(|lints, lint| lints.short_path_literals = lint),
        "the same, about relative paths that do not begin with a dot, such as a/b",
    ),
    setting(
        "lint-url-literals",
        Kind::Lint(|lints, lint| lints.url_literals = lint),
        "the same, about addresses without quotes",
    ),
    ignored("log-lines", IGNORED_NUMBER),
    ignored("max-build-log-size", IGNORED_NUMBER),
    setting(
        "max-call-depth",
        Number(|c, n| c.options.settings.max_call_depth = u32::try_from(n).unwrap_or(u32::MAX)),
        "how deep calls may nest; 1000000 by default",
    ),
    ignored("max-free", IGNORED_NUMBER),
    ignored("max-jobs", Kind::Jobs),
    ignored("max-silent-time", IGNORED_NUMBER),
    ignored("max-substitution-jobs", IGNORED_NUMBER),
    ignored("min-free", IGNORED_NUMBER),
    ignored("min-free-check-interval", IGNORED_NUMBER),
    ignored("nar-buffer-size", IGNORED_NUMBER),
    ignored("narinfo-cache-negative-ttl", IGNORED_NUMBER),
    ignored("narinfo-cache-positive-ttl", IGNORED_NUMBER),
    ignored("netrc-file", IGNORED_TEXT),
    setting(
        "nix-path",
        List(|c, words, extra| c.nix_path.assign(words, extra)),
        "entries of the search path",
    ),
    ignored("nix-shell-always-looks-for-shell-nix", IGNORED_SWITCH),
    ignored("nix-shell-shebang-arguments-relative-to-script", IGNORED_SWITCH),
    ignored("pasta-path", IGNORED_TEXT),
    ignored("plugin-files", IGNORED_LIST),
    ignored("post-build-hook", IGNORED_TEXT),
    ignored("pre-build-hook", IGNORED_TEXT),
    ignored("preallocate-contents", IGNORED_SWITCH),
    ignored("print-missing", IGNORED_SWITCH),
    setting(
        "pure-eval",
        Switch(|c, on| c.options.settings.pure_eval = on),
        "the evaluation sees nothing of its surroundings",
    ),
    ignored("require-drop-supplementary-groups", IGNORED_SWITCH),
    ignored("require-sigs", IGNORED_SWITCH),
    setting(
        "restrict-eval",
        Switch(|c, on| c.options.settings.restrict_eval = on),
        "the evaluation reads only files in the search path",
    ),
    ignored("run-diff-hook", IGNORED_SWITCH),
    ignored("sandbox", IGNORED_TEXT),
    ignored("sandbox-build-dir", IGNORED_TEXT),
    ignored("sandbox-dev-shm-size", IGNORED_TEXT),
    ignored("sandbox-fallback", IGNORED_SWITCH),
    ignored("sandbox-paths", IGNORED_LIST),
    ignored("secret-key-files", IGNORED_LIST),
    setting("show-trace", Switch(|c, on| c.show_trace = on), "errors come with the whole trace"),
    ignored("ssl-cert-file", IGNORED_TEXT),
    ignored("stalled-download-timeout", IGNORED_NUMBER),
    ignored("start-id", IGNORED_NUMBER),
    setting(
        "store",
        Text(|c, text| c.store = Some(text.to_owned())),
        "the address of the store; 'dummy://' stands for none: paths are only computed",
    ),
    ignored("substitute", IGNORED_SWITCH),
    ignored("substituters", IGNORED_LIST),
    ignored("sync-before-registering", IGNORED_SWITCH),
    setting(
        "system",
        Text(|c, text| c.system = Some(text.to_owned())),
        "the system type, if eval-system is not set",
    ),
    ignored("system-features", IGNORED_LIST),
    ignored("tarball-ttl", IGNORED_NUMBER),
    ignored("timeout", IGNORED_NUMBER),
    setting(
        "trace-function-calls",
        Switch(|c, on| c.traces_function_calls = on),
        "calls of functions are told as they are entered and left, with the time",
    ),
    missing("trace-import-from-derivation", IGNORED_SWITCH),
    setting(
        "trace-verbose",
        Switch(|c, on| c.options.settings.trace_verbose = on),
        "builtins.traceVerbose traces",
    ),
    ignored("trust-tarballs-from-git-forges", IGNORED_SWITCH),
    ignored("trusted-public-keys", IGNORED_LIST),
    ignored("trusted-substituters", IGNORED_LIST),
    ignored("trusted-users", IGNORED_LIST),
    ignored("upgrade-nix-store-path-url", IGNORED_TEXT),
    ignored("use-case-hack", IGNORED_SWITCH),
    ignored("use-cgroups", IGNORED_SWITCH),
    ignored("use-registries", IGNORED_SWITCH),
    ignored("use-sqlite-wal", IGNORED_SWITCH),
    ignored("use-xdg-base-directories", IGNORED_SWITCH),
    ignored("user-agent-suffix", IGNORED_TEXT),
    ignored("warn-dirty", IGNORED_SWITCH),
    missing("warn-import-from-derivation", IGNORED_SWITCH),
    ignored("warn-large-path-threshold", IGNORED_NUMBER),
    missing("warn-short-path-literals", IGNORED_SWITCH),
];

/// Older names of settings.
pub static ALIASES: &[(&str, &str)] = &[
    ("binary-cache-public-keys", "trusted-public-keys"),
    ("binary-caches", "substituters"),
    ("build-compress-log", "compress-build-log"),
    ("build-cores", "cores"),
    ("build-fallback", "fallback"),
    ("build-keep-log", "keep-build-log"),
    ("build-max-jobs", "max-jobs"),
    ("build-max-log-size", "max-build-log-size"),
    ("build-max-silent-time", "max-silent-time"),
    ("build-timeout", "timeout"),
    ("build-use-chroot", "sandbox"),
    ("build-use-sandbox", "sandbox"),
    ("build-use-substitutes", "substitute"),
    ("env-keep-derivations", "keep-env-derivations"),
    ("gc-keep-derivations", "keep-derivations"),
    ("gc-keep-outputs", "keep-outputs"),
    ("trusted-binary-caches", "trusted-substituters"),
];

/// Experimental features that are known.
pub static FEATURES: &[&str] = &[
    "auto-allocate-uids",
    "blake3-hashes",
    "build-time-fetch-tree",
    "ca-derivations",
    "cgroups",
    "configurable-impure-env",
    "daemon-trust-override",
    "dynamic-derivations",
    "external-builders",
    "fetch-closure",
    "fetch-tree",
    "flakes",
    "git-hashing",
    "impure-derivations",
    "local-overlay-store",
    "mounted-ssh-store",
    "nix-command",
    "no-url-literals",
    "parse-toml-timestamps",
    "pipe-operators",
    "read-only-local-store",
    "recursive-nix",
    "verified-fetches",
];
