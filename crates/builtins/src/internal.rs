//! The parts of the evaluator that are written in Nix: `derivation`, the set of an imported derivation, and the file
//! `<nix/fetchurl.nix>`. Their texts are parsed when they are first used.

use nivose_base::{DiagnosticId, Error, Origin, Result};
use nivose_heap::Value;
use nivose_machine::{BuiltinSpec, Cx, INTERNAL_PREFIX, Shared, Step};

/// What `derivation` does: the set of the first output, with all outputs in it, around one lazy `derivationStrict`.
const DERIVATION: &str = r#"
attributes@{ outputs ? [ "out" ], ... }:
let
  instantiated = derivationStrict attributes;
  shared = attributes // builtins.listToAttrs entries // {
    all = map (entry: entry.value) entries;
    drvAttrs = attributes;
  };
  entry = output: {
    name = output;
    value = shared // {
      outPath = builtins.getAttr output instantiated;
      drvPath = instantiated.drvPath;
      type = "derivation";
      outputName = output;
    };
  };
  entries = map entry outputs;
in
(builtins.head entries).value
"#;

/// What importing a file `….drv` gives, from its outputs with their paths.
const IMPORTED_DERIVATION: &str = r#"
described@{ drvPath, name, outputs, ... }:
let
  shared = builtins.listToAttrs entries // {
    all = map (entry: entry.value) entries;
    inherit drvPath name;
    type = "derivation";
  };
  entry = output: {
    name = output;
    value = shared // {
      outPath = builtins.getAttr output described;
      outputName = output;
    };
  };
  entries = map entry outputs;
in
(builtins.head entries).value
"#;

/// `<nix/fetchurl.nix>`: the fixed-output derivation of a download that the build program itself performs.
const FETCHURL: &str = r#"
{ url
, hash ? ""
, sha512 ? ""
, sha256 ? ""
, sha1 ? ""
, md5 ? ""
, outputHash ?
    if hash != "" then hash
    else if sha512 != "" then sha512
    else if sha1 != "" then sha1
    else if md5 != "" then md5
    else sha256
, outputHashAlgo ?
    if hash != "" then ""
    else if sha512 != "" then "sha512"
    else if sha1 != "" then "sha1"
    else if md5 != "" then "md5"
    else "sha256"
, name ? baseNameOf (toString url)
, executable ? false
, unpack ? false
, impure ? false
, system ? ""
}:
let
  content = if impure then { __impure = true; } else { inherit outputHash outputHashAlgo; };
in
derivation ({
  inherit name url executable unpack;
  urls = [ url ];
  builder = "builtin:fetchurl";
  system = "builtin";
  outputHashMode = if executable || unpack then "recursive" else "flat";
  preferLocalBuild = true;
  impureEnvVars = [ "http_proxy" "https_proxy" "ftp_proxy" "all_proxy" "no_proxy" ];
} // content)
"#;

const LOAD_DERIVATION: BuiltinSpec = BuiltinSpec {
    name: "derivation",
    arguments: &["unused"],
    strict: &[],
    doc: "Loads the function `derivation`.",
    run: load_derivation,
};

fn load_derivation<'h>(cx: &mut Cx<'_, 'h>, _: &[Value<'h>]) -> Result<Step<'h>> {
    load_text(cx.shared(), Origin::Internal("derivation-internal.nix"), DERIVATION).map(Step::done)
}

/// The value `derivation`: a thunk of the function.
pub fn derivation_value<'h>(shared: &mut Shared) -> Value<'h> {
    let loader = shared.builtins.add(LOAD_DERIVATION);
    shared.heap.application(loader, &[Value::NULL])
}

/// The function that makes the set of an imported derivation.
///
/// # Errors
/// If there is no room for its text.
pub fn imported_derivation_function<'h>(shared: &mut Shared) -> Result<Value<'h>> {
    const NAME: &str = "imported-drv-to-derivation.nix";
    if let Some(known) = shared.imported(NAME.as_bytes()) {
        return Ok(known);
    }
    let function = load_text(shared, Origin::Internal(NAME), IMPORTED_DERIVATION)?;
    shared.remember_import(NAME.as_bytes(), function);
    Ok(function)
}

/// The text of a file that is part of the evaluator, from its whole path, `<nix/…>`.
///
/// # Errors
/// If there is no such file.
pub fn internal_file(path: &[u8]) -> Result<&'static [u8]> {
    match path.strip_prefix(INTERNAL_PREFIX) {
        Some(b"fetchurl.nix>") => Ok(FETCHURL.as_bytes()),
        _ => Err(Error::new(DiagnosticId::PathDoesNotExist, &[&path])),
    }
}

fn load_text<'h>(shared: &mut Shared, origin: Origin, text: &'static str) -> Result<Value<'h>> {
    let unit = shared.load(origin, text.as_bytes().to_vec(), b"/".to_vec(), None)?;
    Ok(shared.unit_thunk(unit))
}
