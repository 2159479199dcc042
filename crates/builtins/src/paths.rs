//! Builtins on the text of paths, and `pathExists`.

use nivose_base::{DiagnosticId, Result};
use nivose_heap::{Value, View};
use nivose_machine::{BuiltinSpec, Coerce, Cx, INTERNAL_PREFIX, Step};
use nivose_world::{EntryKind, SymlinkMode, path};

use crate::coerced::{coerce_and_run, named_path, realised_path};
use crate::internal::internal_file;

/// The text of a coerced value: a string's or a path's.
fn text<'h>(value: Value<'h>) -> &'h [u8] {
    match value.view() {
        View::String(string) => string.bytes(),
        View::Path(path) => path,
        _ => b"",
    }
}

/// A string of other text with the same context.
fn with_text<'h>(cx: &mut Cx<'_, 'h>, text: &[u8], like: Value<'h>) -> Value<'h> {
    let context = like.as_string().and_then(|string| string.context_value());
    cx.heap().string_with_context(text, context)
}

fn base_name_of<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    coerce_and_run(cx, arguments, 0, Coerce::WEAK, |cx, _, value| {
        Ok(Step::done(with_text(cx, path::base_name(text(value)), value)))
    })
}

fn dir_of<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    if let Some(path) = arguments[0].resolved().as_path() {
        return Ok(Step::done(cx.heap().path(path::directory_name(path))));
    }
    coerce_and_run(cx, arguments, 0, Coerce::WEAK, |cx, _, value| {
        Ok(Step::done(with_text(cx, path::directory_name(text(value)), value)))
    })
}

fn to_path<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    coerce_and_run(cx, arguments, 0, Coerce::WEAK, |cx, _, value| {
        let path = named_path(value)?.path;
        Ok(Step::done(with_text(cx, &path, value)))
    })
}

fn path_exists<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    coerce_and_run(cx, arguments, 0, Coerce::WEAK, |cx, arguments, value| {
        // A path value says nothing of a final slash; a string may ask for a directory so.
        let must_be_directory = match arguments[0].resolved().as_string() {
            Some(string) => string.bytes().ends_with(b"/") || string.bytes().ends_with(b"/."),
            None => false,
        };
        let exists = exists(cx, value, must_be_directory)?;
        Ok(Step::done(Value::bool(exists)))
    })
}

fn exists<'h>(cx: &mut Cx<'_, 'h>, value: Value<'h>, must_be_directory: bool) -> Result<bool> {
    let path = match realised_path(cx.shared(), value) {
        Err(error) if error.id() == DiagnosticId::ForbiddenPath => return Ok(false),
        path => path?,
    };
    if path.starts_with(INTERNAL_PREFIX) {
        return Ok(internal_file(&path).is_ok());
    }
    let mode = if must_be_directory { SymlinkMode::Full } else { SymlinkMode::Ancestors };
    let place = cx.shared().resolve_path(&path, mode)?;
    let found = cx.shared().path_metadata(&place)?;
    Ok(found.is_some_and(|metadata| !must_be_directory || metadata.kind == EntryKind::Directory))
}

/// The builtins of this family.
pub const BUILTINS: &[BuiltinSpec] = &[
    BuiltinSpec {
        name: "baseNameOf",
        arguments: &["x"],
        strict: &[0],
        doc: "The last component of the path or string *x*: what follows the last slash. One final slash is ignored.",
        run: base_name_of,
    },
    BuiltinSpec {
        name: "dirOf",
        arguments: &["s"],
        strict: &[0],
        doc: "The directory part of the path or string *s*: what precedes the last slash. Of a path it is a path.",
        run: dir_of,
    },
    BuiltinSpec {
        name: "toPath",
        arguments: &["s"],
        strict: &[0],
        doc: "The canonical form of the absolute path *s*, as a string. Deprecated: use `/. + \"/path\"` to make paths.",
        run: to_path,
    },
    BuiltinSpec {
        name: "pathExists",
        arguments: &["path"],
        strict: &[0],
        doc: "Whether something is at *path*. A symbolic link counts even if its target does not exist; a string that \
              ends in a slash asks for a directory.",
        run: path_exists,
    },
];
