//! `hashString` and `convertHash`.

use nivose_base::{DiagnosticId, Error, Result, Symbol};
use nivose_heap::{Attrs, Value};
use nivose_machine::{BuiltinSpec, Cx, Shared, Step, Task};
use nivose_store::{Hash, HashAlgorithm, HashFormat};

use crate::arguments::{expect_plain_string, expect_string};
use crate::checks;
use crate::derivation_description::{require_feature, warn};

/// The hash algorithm of that name.
///
/// # Errors
/// If there is none, or its feature is not switched on.
pub fn algorithm(shared: &Shared, name: &[u8]) -> Result<HashAlgorithm> {
    let algorithm = HashAlgorithm::parse(name).map_err(|error| unknown_name(&error))?;
    if algorithm == HashAlgorithm::Blake3 {
        require_feature(shared, "blake3-hashes")?;
    }
    Ok(algorithm)
}

#[cold]
fn unknown_name(error: &dyn std::fmt::Display) -> Error {
    Error::with_message(DiagnosticId::UnknownHashName, error.to_string())
}

#[cold]
fn hash_error(error: &dyn std::fmt::Display) -> Error {
    Error::with_message(DiagnosticId::InvalidHash, error.to_string())
}

fn hash_string<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let name = expect_plain_string(cx, arguments[0])?;
    algorithm(cx.shared(), name)?;
    Ok(crate::arguments::force_and_run(cx, hash_forced_string, arguments, 1))
}

fn hash_forced_string<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let name = expect_plain_string(cx, arguments[0])?;
    let algorithm = algorithm(cx.shared(), name)?;
    let text = expect_string(cx, arguments[1])?;
    let hash = cx.shared().hash_bytes(algorithm, text.bytes())?;
    Ok(Step::done(cx.string(hash.format(HashFormat::Base16).as_bytes())))
}

fn convert_hash<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    checks::attrs(cx.shared(), arguments[0])?;
    Ok(cx.start(ConvertHash, &[arguments[0].resolved()]))
}

/// Slots: the set.
struct ConvertHash;

impl Task for ConvertHash {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, _: Value<'h>) -> Result<Step<'h>> {
        let argument = cx.slot(0);
        let set = checks::attrs(cx.shared(), argument)?;
        let Some(hash) = required(cx, set, Symbol::HASH)? else { return Ok(force(cx, set, Symbol::HASH)) };
        let mut expected = None;
        if set.has(Symbol::HASH_ALGO) {
            let Some(name) = required(cx, set, Symbol::HASH_ALGO)? else {
                return Ok(force(cx, set, Symbol::HASH_ALGO));
            };
            expected = Some(algorithm(cx.shared(), name)?);
        }
        let Some(name) = required(cx, set, Symbol::TO_HASH_FORMAT)? else {
            return Ok(force(cx, set, Symbol::TO_HASH_FORMAT));
        };
        let format = HashFormat::parse(name).map_err(|error| unknown_name(&error))?;
        if HashFormat::is_deprecated_name(name) {
            warn(cx.shared(), "\"base32\" is a deprecated alias for hash format \"nix32\".");
        }
        let hash = Hash::parse(hash, expected).map_err(|error| hash_error(&error))?;
        Ok(Step::done(cx.string(hash.format(format).as_bytes())))
    }
}

/// The string without context of an attribute; none if it must be forced first.
fn required<'h>(cx: &mut Cx<'_, 'h>, set: Attrs<'h>, name: Symbol) -> Result<Option<&'h [u8]>> {
    let Some(value) = set.get(name) else { return Err(cx.shared().missing_attribute(set, name)) };
    let value = value.resolved();
    if value.is_thunk() { Ok(None) } else { expect_plain_string(cx, value).map(Some) }
}

fn force<'h>(cx: &mut Cx<'_, 'h>, set: Attrs<'h>, name: Symbol) -> Step<'h> {
    cx.force(set.get(name).unwrap_or(Value::NULL))
}

/// The builtins of this family.
pub const BUILTINS: &[BuiltinSpec] = &[
    BuiltinSpec {
        name: "hashString",
        arguments: &["type", "s"],
        strict: &[0],
        doc: "The hash of the string *s* in hexadecimal digits; *type* is `\"md5\"`, `\"sha1\"`, `\"sha256\"` or \
              `\"sha512\"`.",
        run: hash_string,
    },
    BuiltinSpec {
        name: "convertHash",
        arguments: &["args"],
        strict: &[0],
        doc: "The hash `hash` of the set *args* in the format `toHashFormat` (`\"base16\"`, `\"nix32\"`, `\"base64\"` \
              or `\"sri\"`). `hashAlgo` names the algorithm where the text of the hash does not.",
        run: convert_hash,
    },
];
