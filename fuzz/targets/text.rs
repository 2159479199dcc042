//! Builtins that read a language of their own, on any texts: JSON, TOML, regular expressions, versions, hashes, names.
//! The first byte chooses the builtin; the arguments are what stands between null bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nivose::DiagnosticId;
use nivose::raw::{Evaluator, HeapConfig, Options, Origin, PrintOptions};
use nivose::world::MemoryWorld;

const FUNCTIONS: &[&str] = &[
    "builtins.fromJSON",
    "s: let v = builtins.fromJSON s; in builtins.fromJSON (builtins.toJSON v) == v || builtins.toJSON v != \"\"",
    "builtins.fromTOML",
    "builtins.match",
    "builtins.split",
    "builtins.compareVersions",
    "a: b: assert builtins.compareVersions a b == 0 - builtins.compareVersions b a; 1",
    "builtins.splitVersion",
    "builtins.parseDrvName",
    "a: b: c: builtins.replaceStrings [ a b ] [ b a ] c",
    "a: b: builtins.replaceStrings [ a ] [ \"\" ] b",
    "h: builtins.convertHash { hash = h; hashAlgo = \"sha256\"; toHashFormat = \"sri\"; }",
    "h: builtins.convertHash { hash = h; toHashFormat = \"nix32\"; }",
    "builtins.hashString \"sha256\"",
    "s: builtins.substring 1 3 s + baseNameOf s + dirOf s",
    "s: [ (builtins.toXML s) (builtins.toJSON s) (builtins.stringLength s) ]",
    "builtins.toPath",
    "builtins.storePath",
    "s: builtins.appendContext \"\" { ${s} = { path = true; }; }",
];

fuzz_target!(|data: &[u8]| {
    let Some((&choice, rest)) = data.split_first() else { return };
    let heap = HeapConfig { limit: 64 << 20, ..HeapConfig::default() };
    let mut evaluator = Evaluator::new(Options { heap, ..Options::default() }, Box::new(MemoryWorld::new()));
    let function = FUNCTIONS[choice as usize % FUNCTIONS.len()];
    let Ok(mut value) = evaluator.evaluate(Origin::String, function.into(), b"/".to_vec()) else { return };
    for argument in rest.split(|&byte| byte == 0) {
        let argument = evaluator.string(argument);
        value = match evaluator.apply(value, argument) {
            Ok(value) => value,
            Err(error) => return check(error.id()),
        };
    }
    let text =
        evaluator.force_deep(value).and_then(|value| evaluator.print(value, PrintOptions::INSTANTIATE));
    if let Err(error) = text {
        check(error.id());
    }
});

fn check(id: DiagnosticId) {
    assert!(!matches!(id, DiagnosticId::Internal | DiagnosticId::AssertionFailed), "{id:?}");
}
