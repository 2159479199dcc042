//! The list of all families, and how their builtins become values.

use nivose_base::{Pos, Symbol};
use nivose_heap::Value;
use nivose_machine::{BuiltinSpec, Shared, sort_attributes};

use crate::internal::derivation_value;
use crate::{assertion, lists};

/// The families.
const FAMILIES: &[&[BuiltinSpec]] = &[
    crate::attrs::BUILTINS,
    crate::closure::BUILTINS,
    crate::context::BUILTINS,
    crate::control::BUILTINS,
    crate::debug::BUILTINS,
    crate::derivation::BUILTINS,
    crate::environment::BUILTINS,
    crate::fetch::BUILTINS,
    crate::files::BUILTINS,
    crate::find_file::BUILTINS,
    crate::flake_ref::BUILTINS,
    crate::functions::BUILTINS,
    crate::hashes::BUILTINS,
    crate::import::BUILTINS,
    crate::json::BUILTINS,
    crate::lists::BUILTINS,
    crate::math::BUILTINS,
    crate::paths::BUILTINS,
    crate::regex::BUILTINS,
    crate::replace::BUILTINS,
    crate::sort::BUILTINS,
    crate::sources::BUILTINS,
    crate::store::BUILTINS,
    crate::strings::BUILTINS,
    crate::toml::BUILTINS,
    crate::types::BUILTINS,
    crate::versions::BUILTINS,
    crate::xml::BUILTINS,
];

/// Names that are global without underscores.
const PLAIN_GLOBALS: &[&str] = &[
    "abort",
    "baseNameOf",
    "break",
    "derivation",
    "derivationStrict",
    "dirOf",
    "fetchGit",
    "fetchMercurial",
    "fetchTarball",
    "fetchTree",
    "fromTOML",
    "import",
    "isNull",
    "map",
    "placeholder",
    "removeAttrs",
    "scopedImport",
    "throw",
    "toString",
    "true",
    "false",
    "null",
];

/// Builtins that are there only while an experimental feature is on.
const FEATURES: &[(&str, &str)] =
    &[("fetchTree", "fetch-tree"), ("fetchClosure", "fetch-closure"), ("outputOf", "dynamic-derivations")];

/// The version of C++ Nix whose language this is.
pub const NIX_VERSION: &str = "2.36.0";

/// The version of the language.
const LANGUAGE_VERSION: i64 = 6;

/// The name under which a member of `builtins` is global.
pub fn global_name(name: &str) -> String {
    if PLAIN_GLOBALS.contains(&name) { name.to_owned() } else { format!("__{name}") }
}

/// The global names and the members of `builtins` as they come together.
#[derive(Default)]
struct Members<'h>(Vec<(Symbol, Pos, Value<'h>)>);

impl<'h> Members<'h> {
    /// Adds a member of `builtins` and its global name.
    fn add(&mut self, shared: &mut Shared, name: &str, value: Value<'h>) {
        shared.define_global(global_name(name).as_bytes(), value);
        self.0.push((shared.symbols.intern(name.as_bytes()), Pos::NONE, value));
    }
}

/// The declarations of all builtins, by family.
pub fn declarations() -> impl Iterator<Item = &'static BuiltinSpec> {
    FAMILIES.iter().copied().flatten()
}

/// Defines all builtins and constants in an evaluation: the globals and the set `builtins`.
pub fn install(shared: &mut Shared) {
    install_with(shared, &[]);
}

/// The same with builtins of somebody else, whose names must not be taken. The numbers of these follow those of ours,
/// in their order, from [`declarations`]' count on.
pub fn install_with(shared: &mut Shared, others: &[BuiltinSpec]) {
    let mut members = Members::default();
    for spec in declarations().copied().chain(others.iter().copied()) {
        let value = shared.builtins.add(spec);
        if is_visible(shared, spec.name) {
            members.add(shared, spec.name, value);
        }
    }
    add_constants(shared, &mut members);
    define_hidden(shared, assertion::NAME, &assertion::BUILTIN);
    for (name, spec) in &lists::FUSED {
        define_hidden(shared, name, spec);
    }
    let own = shared.heap.application(Value::NULL, &[]);
    members.0.push((Symbol::BUILTINS, Pos::NONE, own));
    sort_attributes(&mut members.0);
    let set = shared.heap.attrs_from(&members.0);
    // The set contains itself: the thunk is given its value once there is one.
    if let Some(own) = own.as_thunk() {
        own.begin();
        shared.heap.finish(own, set);
    }
    shared.set_builtins(set);
    shared.define_global(b"builtins", set);
}

/// Adds a builtin for the compiler: its global name is no identifier, so that no program can mean it.
fn define_hidden(shared: &mut Shared, name: &str, spec: &BuiltinSpec) {
    let value = shared.builtins.add(*spec);
    shared.define_global(name.as_bytes(), value);
}

/// Whether programs see a builtin: not so while the experimental feature that it belongs to is off.
fn is_visible(shared: &Shared, name: &str) -> bool {
    feature_of(name).is_none_or(|feature| shared.settings.has_feature(feature))
}

/// The experimental feature that a builtin belongs to.
pub(crate) fn feature_of(name: &str) -> Option<&'static str> {
    FEATURES.iter().find(|(gated, _)| *gated == name).map(|&(_, feature)| feature)
}

/// The constants. Pure evaluation does not tell the time, the system and the search path.
fn add_constants(shared: &mut Shared, members: &mut Members<'_>) {
    let version = shared.heap.string(NIX_VERSION.as_bytes());
    let directory = shared.store.dir.as_str().to_owned();
    let directory = shared.heap.string(directory.as_bytes());
    let language = shared.heap.int(LANGUAGE_VERSION);
    let search_path = search_path(shared);
    let constants = [
        ("true", Value::TRUE),
        ("false", Value::FALSE),
        ("null", Value::NULL),
        ("nixVersion", version),
        ("storeDir", directory),
        ("langVersion", language),
        ("nixPath", search_path),
    ];
    for (name, value) in constants {
        members.add(shared, name, value);
    }
    let derivation = derivation_value(shared);
    members.add(shared, "derivation", derivation);
    if !shared.settings.pure_eval {
        let time = shared.heap.int(shared.settings.current_time);
        members.add(shared, "currentTime", time);
        let system = shared.heap.string(shared.settings.system.as_bytes());
        members.add(shared, "currentSystem", system);
    }
}

/// `nixPath`: a list of sets of `prefix` and `path`.
fn search_path<'h>(shared: &mut Shared) -> Value<'h> {
    let Shared { heap, settings, .. } = shared;
    let entries = if settings.pure_eval { &[][..] } else { &settings.nix_path };
    let entries: Vec<Value<'h>> = entries
        .iter()
        .map(|(prefix, path)| {
            let (prefix, path) = (heap.string(prefix), heap.string(path));
            let mut entry = vec![(Symbol::PREFIX, Pos::NONE, prefix), (Symbol::PATH, Pos::NONE, path)];
            sort_attributes(&mut entry);
            heap.attrs_from(&entry)
        })
        .collect();
    heap.list(&entries)
}
