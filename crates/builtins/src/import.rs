//! `import` and `scopedImport`: finding the file, loading it once, and giving its value.

use nivose_base::{DiagnosticId, Error, Origin, Pos, Result, Symbol};
use nivose_heap::Value;
use nivose_machine::context::ContextElement;
use nivose_machine::{BuiltinSpec, Coerce, Cx, INTERNAL_PREFIX, Shared, Step, sort_attributes};
use nivose_store::{Derivation, StorePath};
use nivose_world::{EntryKind, SymlinkMode, path};

use crate::arguments::force_and_run;
use crate::checks;
use crate::coerced::{coerce_and_run, realised_path};
use crate::derivation_description::output_text;
use crate::internal::{imported_derivation_function, internal_file};

/// How many links a file's name may pass through.
const MAX_LINKS: u32 = 1024;

/// The file of a folder that is imported.
const DEFAULT_FILE: &[u8] = b"default.nix";

fn import<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    coerce_and_run(cx, arguments, 0, Coerce::WEAK, |cx, _, value| {
        let shared = cx.shared();
        let path = realised_path(shared, value)?;
        if let Some(derivation) = stored_derivation(shared, &path)? {
            return import_derivation(shared, &derivation);
        }
        import_file(shared, &path).map(Step::done)
    })
}

fn scoped_import<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    coerce_and_run(cx, arguments, 1, Coerce::WEAK, |cx, arguments, value| {
        realised_path(cx.shared(), value)?;
        Ok(force_and_run(cx, import_into, &[arguments[0], value], 0))
    })
}

/// Loads the file that a path names, with the attributes of a forced scope in front of the builtins.
fn import_into<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let shared = cx.shared();
    let scope = arguments[0].resolved();
    let set = checks::flat(shared, scope)?;
    let path = realised_path(shared, arguments[1])?;
    let file = resolve_file(shared, &path)?;
    let names: Vec<Symbol> = set.entries().iter().map(|entry| entry.name).collect();
    let text = file_text(shared, &file)?;
    let directory = directory_of(&file);
    let unit = shared.load(Origin::File(file), text, directory, Some(&names))?;
    let function = shared.unit_function(unit);
    Ok(shared.tail_call(function, &[scope]))
}

/// The value of a file, a thunk until it is needed: each file is loaded once.
///
/// # Errors
/// A file that cannot be read, or its first diagnostic.
pub fn import_file<'h>(shared: &mut Shared, path: &[u8]) -> Result<Value<'h>> {
    if let Some(known) = shared.imported(path) {
        return Ok(known);
    }
    if let Some(text) = plain_source(shared, path) {
        return load_text(shared, path, text);
    }
    if let Some(value) = import_folder(shared, path)? {
        return Ok(value);
    }
    let file = resolve_file(shared, path)?;
    let value = match shared.imported(&file) {
        Some(known) => known,
        None => load_file(shared, &file)?,
    };
    if file != path {
        shared.remember_import(path, value);
    }
    Ok(value)
}

/// The value of the `default.nix` of what is most likely a folder, if that tells at once that it was not loaded, is a
/// file, and no link is on the way to it.
fn import_folder<'h>(shared: &mut Shared, path: &[u8]) -> Result<Option<Value<'h>>> {
    if path.ends_with(b".nix") || path.starts_with(INTERNAL_PREFIX) {
        return Ok(None);
    }
    let file = path::join(path, DEFAULT_FILE);
    if shared.imported(&file).is_some() {
        return Ok(None);
    }
    let Some(text) = plain_source(shared, &file) else { return Ok(None) };
    let value = load_text(shared, &file, text)?;
    shared.remember_import(path, value);
    Ok(Some(value))
}

fn load_file<'h>(shared: &mut Shared, file: &[u8]) -> Result<Value<'h>> {
    let text = file_text(shared, file)?;
    load_text(shared, file, text)
}

fn load_text<'h>(shared: &mut Shared, file: &[u8], text: Vec<u8>) -> Result<Value<'h>> {
    let unit = shared.load(Origin::File(file.to_vec()), text, directory_of(file), None)?;
    let value = shared.unit_thunk(unit);
    shared.remember_import(file, value);
    Ok(value)
}

fn file_text(shared: &mut Shared, file: &[u8]) -> Result<Vec<u8>> {
    if file.starts_with(INTERNAL_PREFIX) {
        return internal_file(file).map(<[u8]>::to_vec);
    }
    if let Some(text) = plain_source(shared, file) {
        return Ok(text);
    }
    // A link may lead out of what may be seen; the `default.nix` of a directory may be one.
    let place = shared.resolve_path(file, SymlinkMode::Full)?;
    shared.read_file(&place)
}

/// The text of a file if it can be had at once; only what is named like a source is tried.
fn plain_source(shared: &mut Shared, path: &[u8]) -> Option<Vec<u8>> {
    if path.ends_with(b".nix") { shared.read_plain_file(path) } else { None }
}

fn directory_of(file: &[u8]) -> Vec<u8> {
    if file.starts_with(INTERNAL_PREFIX) { b"/".to_vec() } else { path::directory_name(file).to_vec() }
}

/// The file that is meant by a path: a final link is followed, and of a directory it is `default.nix`. Links among the
/// ancestors stay, so that relative paths in the file keep their names.
///
/// # Errors
/// Links that lead in a circle.
pub fn resolve_file(shared: &mut Shared, path: &[u8]) -> Result<Vec<u8>> {
    if path.starts_with(INTERNAL_PREFIX) {
        return Ok(path.to_vec());
    }
    let mut file = path.to_vec();
    for _ in 0..MAX_LINKS {
        let place = shared.resolve_path(&file, SymlinkMode::Ancestors)?;
        match shared.path_metadata(&place)?.map(|metadata| metadata.kind) {
            Some(EntryKind::Symlink) => {
                let target = shared.read_link(&place)?;
                file = path::absolute(&target, path::directory_name(&file));
            }
            Some(EntryKind::Directory) => return Ok(path::join(&file, DEFAULT_FILE)),
            _ => return Ok(file),
        }
    }
    let message = [b"too many symbolic links encountered while traversing the path '", path, b"'"].concat();
    Err(Error::with_message(DiagnosticId::File, message))
}

/// The derivation whose file a path is, if it is that of a derivation in the store.
pub(crate) fn stored_derivation(shared: &mut Shared, path: &[u8]) -> Result<Option<(StorePath, Derivation)>> {
    if !path.ends_with(b".drv") {
        return Ok(None);
    }
    let Ok(store_path) = shared.store.dir.parse(path) else { return Ok(None) };
    shared.learn_closure(&store_path)?;
    match shared.store.memory.read_derivation(&store_path) {
        Some(Ok(derivation)) => Ok(Some((store_path, derivation))),
        Some(Err(error)) => Err(nivose_machine::store_error(error)),
        None => Ok(None),
    }
}

/// Applies the function for imported derivations to what is known of one.
fn import_derivation<'h>(shared: &mut Shared, known: &(StorePath, Derivation)) -> Result<Step<'h>> {
    let (store_path, derivation) = known;
    let file = shared.store.dir.print(store_path).into_bytes();
    let drv_path = contextual(shared, &file, ContextElement::DrvDeep(file.clone().into()));
    let name = derivation.env.get(b"name").unwrap_or(derivation.name.as_bytes()).to_vec();
    let mut outputs = Vec::new();
    let mut attributes =
        vec![(Symbol::DRV_PATH, Pos::NONE, drv_path), (Symbol::NAME, Pos::NONE, shared.heap.string(&name))];
    for (output, how) in derivation.outputs.iter() {
        outputs.push(shared.heap.string(output.as_bytes()));
        let text = output_text(&shared.store.dir, store_path, output, how);
        let element = ContextElement::Built { drv: file.clone().into(), output: output.as_bytes().into() };
        let value = contextual(shared, &text, element);
        attributes.push((shared.symbols.intern(output.as_bytes()), Pos::NONE, value));
    }
    let outputs = shared.heap.list(&outputs);
    attributes.push((Symbol::OUTPUTS, Pos::NONE, outputs));
    sort_attributes(&mut attributes);
    let set = shared.heap.attrs_from(&attributes);
    let function = imported_derivation_function(shared)?;
    Ok(shared.tail_call(function, &[set]))
}

/// A string that refers to one element.
pub(crate) fn contextual<'h>(shared: &mut Shared, text: &[u8], element: ContextElement) -> Value<'h> {
    let number = shared.contexts.intern(element);
    let context = shared.heap.context(&[number]);
    shared.heap.string_with_context(text, Some(context))
}

/// The builtins of this family.
pub const BUILTINS: &[BuiltinSpec] = &[
    BuiltinSpec {
        name: "import",
        arguments: &["path"],
        strict: &[0],
        doc: "Evaluates the file at *path* and gives its value. Of a directory, that is the file `default.nix` in it. \
              Each file is evaluated once.",
        run: import,
    },
    BuiltinSpec {
        name: "scopedImport",
        arguments: &["scope", "path"],
        strict: &[1],
        doc: "Like `import`, but the attributes of *scope* are variables in the file, before all builtins. The value \
              is not shared with other imports of the file.",
        run: scoped_import,
    },
];
