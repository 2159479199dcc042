//! `getEnv`.

use nivose_base::Result;
use nivose_heap::Value;
use nivose_machine::{BuiltinSpec, Cx, Step};

use crate::arguments::expect_plain_string;

fn get_env<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let name = expect_plain_string(cx, arguments[0])?;
    let shared = cx.shared();
    let hidden = shared.settings.pure_eval || shared.settings.restrict_eval;
    let value = if hidden { None } else { shared.world.environment_variable(name) };
    Ok(Step::done(cx.string(&value.unwrap_or_default())))
}

/// The builtins of this family.
pub const BUILTINS: &[BuiltinSpec] = &[BuiltinSpec {
    name: "getEnv",
    arguments: &["s"],
    strict: &[0],
    doc: "The value of the environment variable *s*; the empty string if it is not set, and in pure and restricted \
          evaluation.",
    run: get_env,
}];
