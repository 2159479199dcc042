//! Builtins that look at the context of strings and change it.

use std::sync::Arc;

use nivose_base::{DiagnosticId, Error, Pos, Result, Symbol};
use nivose_heap::{StringRef, Value};
use nivose_machine::context::ContextElement;
use nivose_machine::{BuiltinSpec, Coerce, Cx, Shared, Step, Task, sort_attributes};

use crate::arguments::{expect_plain_string, expect_string};
use crate::attrs::attribute_in_order;
use crate::checks;
use crate::coerced::coerce_and_run;

/// Coerces to a string, so that paths are imported.
const IMPORTING: Coerce = Coerce::IMPORT_PATHS;

fn has_context<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let string = expect_string(cx, arguments[0])?;
    Ok(Step::done(Value::bool(string.has_context())))
}

fn discard_context<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    coerce_and_run(cx, arguments, 0, IMPORTING, |cx, _, value| {
        let string = expect_string(cx, value)?;
        match string.context_value() {
            None => Ok(Step::done(value)),
            Some(_) => Ok(Step::done(cx.string(string.bytes()))),
        }
    })
}

/// The string with the elements of its context changed.
fn with_elements<'h>(
    cx: &mut Cx<'_, 'h>,
    string: StringRef<'h>,
    change: impl Fn(&ContextElement) -> ContextElement,
) -> Value<'h> {
    let shared = cx.shared();
    let context = string.context();
    let mut elements = Vec::with_capacity(context.len());
    for &element in context.iter() {
        let changed = change(shared.contexts.get(element));
        elements.push(shared.contexts.intern(changed));
    }
    with_context(shared, string.bytes(), elements)
}

/// A string with a context of these elements, in any order.
fn with_context<'h>(shared: &mut Shared, text: &[u8], mut elements: Vec<u32>) -> Value<'h> {
    elements.sort_unstable();
    elements.dedup();
    let context = if elements.is_empty() { None } else { Some(shared.heap.context(&elements)) };
    shared.heap.string_with_context(text, context)
}

fn discard_output_dependency<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    coerce_and_run(cx, arguments, 0, IMPORTING, |cx, _, value| {
        let string = expect_string(cx, value)?;
        let changed = with_elements(cx, string, |element| match element {
            ContextElement::DrvDeep(path) => ContextElement::Opaque(path.clone()),
            other => other.clone(),
        });
        Ok(Step::done(changed))
    })
}

fn add_output_dependencies<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    coerce_and_run(cx, arguments, 0, IMPORTING, |cx, _, value| {
        let string = expect_string(cx, value)?;
        let [element] = *string.context() else {
            let (count, text) = (string.context().len().to_string(), string.bytes());
            let ends = b"' must have exactly one element, but has ";
            return Err(context_error([b"context of string '", text, ends, count.as_bytes()].concat()));
        };
        check_derivation(cx.shared().contexts.get(element))?;
        let changed = with_elements(cx, string, |element| match element {
            ContextElement::Opaque(path) => ContextElement::DrvDeep(path.clone()),
            other => other.clone(),
        });
        Ok(Step::done(changed))
    })
}

fn check_derivation(element: &ContextElement) -> Result<()> {
    match element {
        ContextElement::Opaque(path) if !path.ends_with(b".drv") => {
            Err(context_error([b"path '", &path[..], b"' is not a derivation"].concat()))
        }
        ContextElement::Built { output, .. } => {
            let start = b"`addDrvOutputDependencies` can only act on derivations, not on a derivation output such as '";
            Err(context_error([start, &output[..], b"'"].concat()))
        }
        _ => Ok(()),
    }
}

#[cold]
fn context_error(message: Vec<u8>) -> Error {
    Error::with_message(DiagnosticId::InvalidContext, message)
}

/// What a context says of one path.
#[derive(Default)]
struct PathContext {
    path: bool,
    all_outputs: bool,
    outputs: Vec<Arc<[u8]>>,
}

fn get_context<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let string = expect_string(cx, arguments[0])?;
    let mut paths: std::collections::BTreeMap<Arc<[u8]>, PathContext> = std::collections::BTreeMap::new();
    for &element in string.context().iter() {
        match cx.shared().contexts.get(element).clone() {
            ContextElement::Opaque(path) => paths.entry(path).or_default().path = true,
            ContextElement::DrvDeep(path) => paths.entry(path).or_default().all_outputs = true,
            ContextElement::Built { drv, output } => paths.entry(drv).or_default().outputs.push(output),
        }
    }
    let mut attributes = Vec::with_capacity(paths.len());
    for (path, what) in paths {
        let value = describe(cx, what);
        attributes.push((cx.shared().symbols.intern(&path), Pos::NONE, value));
    }
    sort_attributes(&mut attributes);
    Ok(Step::done(cx.heap().attrs_from(&attributes)))
}

fn describe<'h>(cx: &mut Cx<'_, 'h>, mut what: PathContext) -> Value<'h> {
    let mut attributes = Vec::new();
    if what.path {
        attributes.push((Symbol::PATH, Pos::NONE, Value::TRUE));
    }
    if what.all_outputs {
        attributes.push((Symbol::ALL_OUTPUTS, Pos::NONE, Value::TRUE));
    }
    if !what.outputs.is_empty() {
        what.outputs.sort_unstable();
        let names: Vec<Value<'h>> = what.outputs.iter().map(|name| cx.string(name)).collect();
        let list = cx.heap().list(&names);
        attributes.push((Symbol::OUTPUTS, Pos::NONE, cx.heap().place_list(list)));
    }
    sort_attributes(&mut attributes);
    cx.heap().attrs_from(&attributes)
}

fn append_context<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let string = expect_string(cx, arguments[0])?;
    let task = AppendContext { elements: string.context().to_vec(), next: 0, outputs: 0 };
    Ok(cx.start(task, &[arguments[0].resolved(), arguments[1]]))
}

/// Gathers the elements that a set describes. Slots: the string, the set.
struct AppendContext {
    elements: Vec<u32>,
    /// The attribute that is looked at; the ones before it are done.
    next: usize,
    /// Outputs of it that were added.
    outputs: usize,
}

impl Task for AppendContext {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, _: Value<'h>) -> Result<Step<'h>> {
        let set = cx.slot(1).resolved();
        if set.is_thunk() {
            return Ok(cx.force(set));
        }
        let set = checks::flat(cx.shared(), set)?;
        for _ in 0..1000 {
            let Some((name, value)) = attribute_in_order(cx.shared(), set, self.next) else {
                let string = expect_string(cx, cx.slot(0))?;
                let elements = std::mem::take(&mut self.elements);
                return Ok(Step::done(with_context(cx.shared(), string.bytes(), elements)));
            };
            let key = cx.shared().symbols.bytes(name).to_vec();
            check_key(cx.shared(), &key)?;
            if let Some(unforced) = self.add(cx, &key, value)? {
                return Ok(cx.force(unforced));
            }
            (self.next, self.outputs) = (self.next + 1, 0);
        }
        Ok(Step::YIELD)
    }
}

impl AppendContext {
    /// Adds what the context of one path is; or gives what must be forced first.
    fn add<'h>(&mut self, cx: &mut Cx<'_, 'h>, key: &[u8], value: Value<'h>) -> Result<Option<Value<'h>>> {
        if value.is_thunk() {
            return Ok(Some(value));
        }
        let what = checks::attrs(cx.shared(), value)?;
        let path = what.get(Symbol::PATH).unwrap_or(Value::FALSE).resolved();
        let all_outputs = what.get(Symbol::ALL_OUTPUTS).unwrap_or(Value::FALSE).resolved();
        let outputs = what.get(Symbol::OUTPUTS).map(Value::resolved);
        if path.is_thunk() {
            return Ok(Some(path));
        }
        let is_opaque = checks::boolean(cx.shared(), path)?;
        if all_outputs.is_thunk() {
            return Ok(Some(all_outputs));
        }
        let is_deep = checks::boolean(cx.shared(), all_outputs)?;
        if is_deep {
            require_derivation(key, "all-outputs")?;
        }
        if let Some(outputs) = outputs {
            if outputs.is_thunk() {
                return Ok(Some(outputs));
            }
            let names = checks::list(cx.shared(), outputs)?;
            if !names.is_empty() {
                require_derivation(key, "derivation output")?;
            }
            while let Some(name) = names.get(self.outputs).map(|name| name.resolved()) {
                if name.is_thunk() {
                    return Ok(Some(name));
                }
                let output = expect_plain_string(cx, name)?.into();
                self.intern(cx, ContextElement::Built { drv: key.into(), output });
                self.outputs += 1;
            }
        }
        if is_opaque {
            self.intern(cx, ContextElement::Opaque(key.into()));
        }
        if is_deep {
            self.intern(cx, ContextElement::DrvDeep(key.into()));
        }
        Ok(None)
    }

    fn intern(&mut self, cx: &mut Cx<'_, '_>, element: ContextElement) {
        self.elements.push(cx.shared().contexts.intern(element));
    }
}

/// Keys must be store paths. C++ Nix quotes those with a slash twice.
fn check_key(shared: &Shared, key: &[u8]) -> Result<()> {
    if shared.store.dir.parse(key).is_ok() {
        return Ok(());
    }
    let quote: &[u8] = if key.contains(&b'/') { b"\"" } else { b"" };
    Err(context_error([b"context key '", quote, key, quote, b"' is not a store path"].concat()))
}

fn require_derivation(key: &[u8], what: &str) -> Result<()> {
    if key.ends_with(b".drv") {
        return Ok(());
    }
    let start = [b"tried to add ", what.as_bytes(), b" context of \""].concat();
    Err(context_error([&start[..], key, b"\", which is not a derivation, to a string"].concat()))
}

/// The builtins of this family.
pub const BUILTINS: &[BuiltinSpec] = &[
    BuiltinSpec {
        name: "hasContext",
        arguments: &["s"],
        strict: &[0],
        doc: "Whether the string *s* refers to the store.",
        run: has_context,
    },
    BuiltinSpec {
        name: "getContext",
        arguments: &["s"],
        strict: &[0],
        doc: "What the string *s* refers to in the store: for each path, whether it refers to the `path` itself, to \
              `allOutputs` of a derivation, or to some of its `outputs`.",
        run: get_context,
    },
    BuiltinSpec {
        name: "appendContext",
        arguments: &["s", "context"],
        strict: &[0],
        doc: "The string *s* with further references, in the form that `getContext` gives.",
        run: append_context,
    },
    BuiltinSpec {
        name: "unsafeDiscardStringContext",
        arguments: &["s"],
        strict: &[0],
        doc: "The string *s* without its references to the store.",
        run: discard_context,
    },
    BuiltinSpec {
        name: "unsafeDiscardOutputDependency",
        arguments: &["s"],
        strict: &[0],
        doc: "The string *s*, where references to derivations with all that they need become references to their files.",
        run: discard_output_dependency,
    },
    BuiltinSpec {
        name: "addDrvOutputDependencies",
        arguments: &["s"],
        strict: &[0],
        doc: "The string *s*, whose one reference, to the file of a derivation, becomes one to the derivation with all \
              that it needs.",
        run: add_output_dependencies,
    },
];
