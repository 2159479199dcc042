//! `compareVersions`, `splitVersion` and `parseDrvName`.

use nivose_base::{Pos, Result, Symbol};
use nivose_heap::Value;
use nivose_machine::{BuiltinSpec, Cx, Step};

use crate::arguments::{expect_plain_string, force_and_run};
use crate::text::versions;

fn compare_versions<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let &[left, right] = arguments else { return Ok(Step::done(Value::NULL)) };
    let left = expect_plain_string(cx, left)?;
    if right.resolved().is_thunk() {
        return Ok(force_and_run(cx, compare_versions, arguments, 1));
    }
    let right = expect_plain_string(cx, right)?;
    Ok(Step::done(cx.int(versions::compare(left, right) as i64)))
}

fn split_version<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let &[version] = arguments else { return Ok(Step::done(Value::NULL)) };
    let version = expect_plain_string(cx, version)?;
    // A component takes at least a character, and then a string of a few words and its place in the list.
    cx.reserve(version.len().saturating_mul(32))?;
    let components: Vec<Value<'h>> = versions::components(version).map(|part| cx.string(part)).collect();
    Ok(Step::done(cx.list(&components)?))
}

fn parse_drv_name<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let &[name] = arguments else { return Ok(Step::done(Value::NULL)) };
    let (name, version) = versions::parse_derivation_name(expect_plain_string(cx, name)?);
    let (name, version) = (cx.string(name), cx.string(version));
    let attributes = [(Symbol::NAME, Pos::NONE, name), (Symbol::VERSION, Pos::NONE, version)];
    Ok(Step::done(cx.heap().attrs_from(&attributes)))
}

/// The builtins of this file.
pub const BUILTINS: &[BuiltinSpec] = &[
    BuiltinSpec {
        name: "compareVersions",
        arguments: &["s1", "s2"],
        strict: &[0],
        doc: "Compares two version strings: -1 if *s1* is older than *s2*, 0 if they are equally new, 1 if it is newer. \
              Versions are compared component by component, as `splitVersion` gives them.",
        run: compare_versions,
    },
    BuiltinSpec {
        name: "splitVersion",
        arguments: &["s"],
        strict: &[0],
        doc: "Splits a version string into its components: runs of digits and runs of other characters, between dots \
              and dashes.",
        run: split_version,
    },
    BuiltinSpec {
        name: "parseDrvName",
        arguments: &["s"],
        strict: &[0],
        doc: "Splits a package name such as `nix-2.18` into a set of `name` and `version`. The version begins behind the \
              first dash that no letter follows.",
        run: parse_drv_name,
    },
];
