//! Builtins that put text into the store or name what is in it.

use std::collections::BTreeSet;

use nivose_base::{DiagnosticId, Error, Result};
use nivose_heap::Value;
use nivose_machine::context::ContextElement;
use nivose_machine::{
    BuiltinSpec, Coerce, Cx, Must, Shared, Step, StoreReference, invalid_path, store_error,
};
use nivose_store::{DownstreamPlaceholder, StorePath, output_placeholder};
use nivose_world::{Progress, SymlinkMode};

use crate::arguments::{expect_plain_string, expect_string, force_and_run};
use crate::coerced::{NamedPath, coerce_and_run, named_path};
use crate::derivation_description::output_text;
use crate::import::{contextual, stored_derivation};

fn to_file<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    expect_plain_string(cx, arguments[0])?;
    Ok(force_and_run(cx, to_file_forced, arguments, 1))
}

fn to_file_forced<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let name = expect_plain_string(cx, arguments[0])?;
    let text = expect_string(cx, arguments[1])?;
    cx.reserve(text.bytes().len())?;
    let shared = cx.shared();
    let mut references = BTreeSet::new();
    for &element in text.context().iter() {
        match shared.store_reference(element)? {
            StoreReference::Opaque(path) => references.insert(path),
            other => return Err(refers_to_derivation(name, &other)),
        };
    }
    let before = shared.store.memory.memory();
    let path = shared.store.memory.add_text(name, text.bytes(), references).map_err(store_error)?;
    let path = shared.store.dir.print(&path).into_bytes();
    // What the store has already takes no more memory.
    let added = shared.store.memory.memory() - before;
    shared.world.note(Progress::StoreObject { path: &path });
    cx.charge(added);
    Ok(Step::done(cx.shared().store_path_string(&path)))
}

#[cold]
fn refers_to_derivation(name: &[u8], reference: &StoreReference) -> Error {
    let shown = match reference {
        StoreReference::Opaque(path) => path.to_string(),
        StoreReference::DrvDeep(path) => format!("={path}"),
        StoreReference::Built(path, output) => format!("!{output}!{path}"),
    };
    let what = b"files created by builtins.toFile may not reference derivations, but ";
    let message = [&what[..], name, b" references ", shown.as_bytes()].concat();
    Error::with_message(DiagnosticId::StorePath, message)
}

fn store_path<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    if cx.shared().settings.pure_eval {
        let message = "'builtins.storePath' is not allowed in pure evaluation mode";
        return Err(Error::with_message(DiagnosticId::StorePath, message));
    }
    Ok(force_and_run(cx, store_path_forced, arguments, 0))
}

fn store_path_forced<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    coerce_and_run(cx, arguments, 0, Coerce::WEAK, |cx, _, value| {
        let NamedPath { mut path, context } = named_path(value)?;
        let shared = cx.shared();
        if shared.store.dir.parse(&path).is_err() {
            path = shared.resolve_path(&path, SymlinkMode::Full)?;
        }
        let (store_path, _) = shared.store.dir.split(&path).map_err(store_error)?;
        // As in C++ Nix, an evaluation that only reads takes the caller's word.
        if shared.settings.keeps_derivations && !shared.is_valid_store_path(&store_path) {
            return Err(invalid_path(shared.store.dir.print(&store_path).as_bytes()));
        }
        let element = opaque_element(shared, &store_path);
        let mut elements = [&context[..], &[element]].concat();
        elements.sort_unstable();
        elements.dedup();
        let context = shared.heap.context(&elements);
        Ok(Step::done(shared.heap.string_with_context(&path, Some(context))))
    })
}

fn opaque_element(shared: &mut Shared, path: &StorePath) -> u32 {
    let printed = shared.store.dir.print(path).into_bytes();
    shared.contexts.intern(ContextElement::Opaque(printed.into()))
}

fn placeholder<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let output = expect_plain_string(cx, arguments[0])?;
    Ok(Step::done(cx.string(output_placeholder(output).as_bytes())))
}

fn output_of<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let drv = expect_string(cx, arguments[0])?;
    let output = expect_plain_string(cx, arguments[1])?;
    let shared = cx.shared();
    let [element] = *drv.context() else {
        let entries = format!(
            "' has {} entries in its context. It should only have exactly one entry",
            drv.context().len()
        );
        let message = [b"string '", drv.bytes(), entries.as_bytes()].concat();
        return Err(Error::with_message(DiagnosticId::InvalidContext, message));
    };
    let path = match shared.store_reference(element)? {
        StoreReference::Opaque(path) => path,
        StoreReference::DrvDeep(_) => {
            let end = b"' has a context which refers to a complete source and binary closure. This is not supported at this time";
            let message = [&b"string '"[..], drv.bytes(), end].concat();
            return Err(Error::with_message(DiagnosticId::InvalidContext, message));
        }
        StoreReference::Built(..) => {
            let message = "outputs of outputs of derivations are not supported by this evaluator";
            return Err(Error::with_message(DiagnosticId::NotAvailable, message));
        }
    };
    let printed = shared.store.dir.print(&path).into_bytes();
    let name = String::from_utf8_lossy(output);
    let text = match stored_derivation(shared, &printed)? {
        None => DownstreamPlaceholder::unknown_output(&path, &name).render().into_bytes(),
        Some((path, derivation)) => match derivation.outputs.get(&name) {
            Some(how) => output_text(&shared.store.dir, &path, &name, how),
            None => return Err(no_such_output(&printed, output)),
        },
    };
    let element = ContextElement::Built { drv: printed.into(), output: output.into() };
    Ok(Step::done(contextual(shared, &text, element)))
}

#[cold]
fn no_such_output(derivation: &[u8], output: &[u8]) -> Error {
    let message = [b"derivation '", derivation, b"' does not have output '", output, b"'"].concat();
    Error::with_message(DiagnosticId::InvalidContext, message)
}

/// The builtins of this family. `outputOf` is seen only with the feature `dynamic-derivations`.
pub const BUILTINS: &[BuiltinSpec] = &[
    BuiltinSpec {
        name: "toFile",
        arguments: &["name", "s"],
        strict: &[0],
        doc: "Puts a file named *name* with the contents *s* into the store and gives its path. The contents may refer to \
              store paths, but not to outputs of derivations.",
        run: to_file,
    },
    BuiltinSpec {
        name: "storePath",
        arguments: &["path"],
        strict: &[],
        doc: "The string *path*, which must be a path in the store, as a reference to what is there. Not in pure \
              evaluation.",
        run: store_path,
    },
    BuiltinSpec {
        name: "placeholder",
        arguments: &["output"],
        strict: &[0],
        doc: "A string that stands for the path of *output* in the derivation that it is used in.",
        run: placeholder,
    },
    BuiltinSpec {
        name: "outputOf",
        arguments: &["derivation-reference", "output-name"],
        strict: &[Must::String.be(0), 1],
        doc: "The path of an output of a derivation, or a string that stands for it until it is known. The derivation \
              may be one that is itself to be built.",
        run: output_of,
    },
];
