//! The settings that change what an evaluation does.

/// What is done about a form of the language that is allowed and better not used.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Lint {
    /// Nothing.
    #[default]
    Ignore,
    /// A warning.
    Warn,
    /// The source is not accepted.
    Fatal,
}

/// What is done about which forms.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Lints {
    /// `lint-url-literals`: addresses without quotes.
    pub url_literals: Lint,
    /// `lint-short-path-literals`: relative paths that begin with a name.
    pub short_path_literals: Lint,
    /// `lint-absolute-path-literals`: absolute paths and those of the home directory.
    pub absolute_path_literals: Lint,
}

/// Settings, with C++ Nix's names in the comments.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `max-call-depth`: how deep calls may nest.
    pub max_call_depth: u32,
    /// `pure-eval`
    pub pure_eval: bool,
    /// `restrict-eval`
    pub restrict_eval: bool,
    /// `allowed-uris`
    pub allowed_uris: Vec<String>,
    /// `allow-import-from-derivation`
    pub allow_import_from_derivation: bool,
    /// `trace-verbose`
    pub trace_verbose: bool,
    /// `abort-on-warn`
    pub abort_on_warn: bool,
    /// `lint-…`
    pub lints: Lints,
    /// `eval-system`, or the system of the machine.
    pub system: String,
    /// `nix-path` with what `-I` adds before it: (prefix, path or address).
    pub nix_path: Vec<(Vec<u8>, Vec<u8>)>,
    /// Experimental features that are switched on.
    pub features: Vec<String>,
    /// Paths that restricted and pure evaluation may read.
    pub allowed_paths: Vec<Vec<u8>>,
    /// What `currentTime` answers: seconds since 1970.
    pub current_time: i64,
    /// Whether derivations are kept so that they can be read back.
    pub keeps_derivations: bool,
    /// Whether an address in the search path that would have to be fetched ends the evaluation, so that somebody
    /// else may take over, instead of being passed over with a warning.
    pub addresses_fail: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            max_call_depth: 1_000_000,
            pure_eval: false,
            restrict_eval: false,
            allowed_uris: Vec::new(),
            allow_import_from_derivation: true,
            trace_verbose: false,
            abort_on_warn: false,
            lints: Lints::default(),
            system: String::from("x86_64-linux"),
            nix_path: Vec::new(),
            features: Vec::new(),
            allowed_paths: Vec::new(),
            current_time: 0,
            keeps_derivations: false,
            addresses_fail: false,
        }
    }
}

impl Settings {
    /// Whether an experimental feature is switched on.
    pub fn has_feature(&self, name: &str) -> bool {
        self.features.iter().any(|feature| feature == name)
    }
}
