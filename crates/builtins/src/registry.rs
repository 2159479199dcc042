//! The list of all families, and how their builtins become values.

use nivose_base::{Pos, Symbol};
use nivose_heap::{Builtin, Value};
use nivose_machine::{BuiltinSpec, Shared, sort_attributes};

/// The families.
const FAMILIES: &[&[BuiltinSpec]] =
    &[crate::json::BUILTINS, crate::regex::BUILTINS, crate::toml::BUILTINS, crate::versions::BUILTINS];

/// Names that are global without underscores.
const PLAIN_GLOBALS: &[&str] = &[
    "abort", "baseNameOf", "break", "derivation", "derivationStrict", "dirOf", "fetchGit", "fetchMercurial",
    "fetchTarball", "fetchTree", "fromTOML", "import", "isNull", "map", "placeholder", "removeAttrs",
    "scopedImport", "throw", "toString",
];

/// The names that are global, each with what it is in `builtins`.
fn global_name(name: &str) -> String {
    if PLAIN_GLOBALS.contains(&name) { name.to_owned() } else { format!("__{name}") }
}

/// Defines all builtins and constants in an evaluation: the globals and the set `builtins`.
pub fn install(shared: &mut Shared) {
    let mut attributes: Vec<(Symbol, Pos, Value<'static>)> = Vec::new();
    for spec in FAMILIES.iter().copied().flatten() {
        let value = Value::builtin(Builtin(shared.builtins.len() as u32));
        shared.builtins.push(*spec);
        shared.define_global(global_name(spec.name).as_bytes(), value);
        attributes.push((shared.symbols.intern(spec.name.as_bytes()), Pos::NONE, value));
    }
    sort_attributes(&mut attributes);
    let set = shared.heap.attrs_from(&attributes);
    shared.set_builtins(set);
}
