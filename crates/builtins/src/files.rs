//! Builtins that read files and directories.

use nivose_base::{DiagnosticId, Error, Pos, Result};
use nivose_heap::Value;
use nivose_machine::context::ContextElement;
use nivose_machine::{BuiltinSpec, Coerce, Cx, INTERNAL_PREFIX, Shared, Step, sort_attributes};
use nivose_store::{HashAlgorithm, HashFormat, ReferenceScanner, StorePath};
use nivose_world::{EntryKind, SymlinkMode};

use crate::arguments::expect_plain_string;
use crate::coerced::{coerce_and_run, realised_path};
use crate::hashes::algorithm;
use crate::internal::internal_file;

/// The path that a coerced value names, all links followed.
fn resolved_path(shared: &mut Shared, value: Value<'_>) -> Result<Vec<u8>> {
    let path = realised_path(shared, value)?;
    shared.resolve_path(&path, SymlinkMode::Full)
}

/// The contents of a file, which may be part of the evaluator.
fn contents(shared: &mut Shared, path: &[u8]) -> Result<Vec<u8>> {
    match path.starts_with(INTERNAL_PREFIX) {
        true => internal_file(path).map(<[u8]>::to_vec),
        false => shared.read_file(path),
    }
}

fn read_file<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    coerce_and_run(cx, arguments, 0, Coerce::WEAK, |cx, _, value| {
        let shared = cx.shared();
        let path = resolved_path(shared, value)?;
        let text = contents(shared, &path)?;
        if text.contains(&0) {
            return Err(Error::new(DiagnosticId::FileNotAString, &[&path]));
        }
        let context = references(shared, &path, &text);
        cx.reserve(text.len())?;
        let context = if context.is_empty() { None } else { Some(cx.heap().context(&context)) };
        Ok(Step::done(cx.heap().string_with_context(&text, context)))
    })
}

/// The context of the text of a file in the store: the references of its store object that occur in the text.
fn references(shared: &mut Shared, path: &[u8], text: &[u8]) -> Vec<u32> {
    let Ok((store_path, _)) = shared.store.dir.split(path) else { return Vec::new() };
    let candidates: Vec<StorePath> = match shared.store.memory.object(&store_path) {
        Some(object) => object.references.iter().cloned().collect(),
        None => paths_in_text(shared, text),
    };
    let mut scanner = ReferenceScanner::new(candidates);
    scanner.scan(text);
    let mut context: Vec<u32> = Vec::new();
    for found in scanner.finish() {
        let printed = shared.store.dir.print(&found).into_bytes();
        context.push(shared.contexts.intern(ContextElement::Opaque(printed.into())));
    }
    context.sort_unstable();
    context
}

/// The store paths written in a text that exist. What an object on disk refers to is recorded nowhere that we can look.
fn paths_in_text(shared: &mut Shared, text: &[u8]) -> Vec<StorePath> {
    let prefix = [shared.store.dir.as_str().as_bytes(), b"/"].concat();
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = find(rest, &prefix) {
        rest = &rest[at + prefix.len()..];
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-._?=".contains(byte);
        let end = rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
        if let Ok(store_path) = StorePath::parse(&rest[..end])
            && shared.is_valid_store_path(&store_path)
        {
            found.push(store_path);
        }
    }
    found
}

/// Where `needle` first occurs.
fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

fn read_dir<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    coerce_and_run(cx, arguments, 0, Coerce::WEAK, |cx, _, value| {
        let path = resolved_path(cx.shared(), value)?;
        let entries = cx.shared().read_directory(&path)?;
        cx.reserve(entries.len().saturating_mul(32))?;
        let kinds = [EntryKind::Regular, EntryKind::Directory, EntryKind::Symlink, EntryKind::Unknown];
        let names = kinds.map(|kind| cx.string(kind.nix_name().as_bytes()));
        let mut attributes = Vec::with_capacity(entries.len());
        for entry in entries {
            let kind = kinds.iter().position(|&kind| kind == entry.kind).unwrap_or(3);
            attributes.push((cx.shared().symbols.intern(&entry.name), Pos::NONE, names[kind]));
        }
        sort_attributes(&mut attributes);
        Ok(Step::done(cx.heap().attrs_from(&attributes)))
    })
}

fn read_file_type<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    coerce_and_run(cx, arguments, 0, Coerce::WEAK, |cx, _, value| {
        let path = realised_path(cx.shared(), value)?;
        if path.starts_with(INTERNAL_PREFIX) {
            internal_file(&path)?;
            return Ok(Step::done(cx.string(b"regular")));
        }
        cx.shared().check_path(&path)?;
        refuse_linked_ancestors(cx.shared(), &path)?;
        match cx.shared().path_metadata(&path)? {
            Some(metadata) => Ok(Step::done(cx.string(metadata.kind.nix_name().as_bytes()))),
            None => Err(Error::new(DiagnosticId::PathDoesNotExist, &[&path])),
        }
    })
}

/// `readFileType` follows no links, not even on the way.
fn refuse_linked_ancestors(shared: &mut Shared, path: &[u8]) -> Result<()> {
    let slashes = path.iter().enumerate().skip(1).filter(|&(_, &byte)| byte == b'/');
    for (end, _) in slashes {
        let ancestor = &path[..end];
        if shared.path_metadata(ancestor)?.is_some_and(|metadata| metadata.kind == EntryKind::Symlink) {
            let message = [b"path '", ancestor, b"' (or its ancestor) is a symlink"].concat();
            return Err(Error::with_message(DiagnosticId::File, message));
        }
    }
    Ok(())
}

fn hash_file<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let name = expect_plain_string(cx, arguments[0])?;
    algorithm(cx.shared(), name)?;
    Ok(crate::arguments::force_and_run(cx, hash_forced_file, arguments, 1))
}

fn hash_forced_file<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    coerce_and_run(cx, arguments, 1, Coerce::WEAK, |cx, arguments, value| {
        let name = expect_plain_string(cx, arguments[0])?;
        let algorithm: HashAlgorithm = algorithm(cx.shared(), name)?;
        let path = resolved_path(cx.shared(), value)?;
        let hash = match path.starts_with(INTERNAL_PREFIX) {
            true => algorithm.hash(internal_file(&path)?),
            false => cx.shared().hash_file(algorithm, &path)?,
        };
        Ok(Step::done(cx.string(hash.format(HashFormat::Base16).as_bytes())))
    })
}

/// The builtins of this family.
pub const BUILTINS: &[BuiltinSpec] = &[
    BuiltinSpec {
        name: "readFile",
        arguments: &["path"],
        strict: &[0],
        doc: "The contents of the file at *path* as a string.",
        run: read_file,
    },
    BuiltinSpec {
        name: "readDir",
        arguments: &["path"],
        strict: &[0],
        doc: "The contents of the directory *path*: for each name `\"regular\"`, `\"directory\"`, `\"symlink\"` or \
              `\"unknown\"`.",
        run: read_dir,
    },
    BuiltinSpec {
        name: "readFileType",
        arguments: &["path"],
        strict: &[0],
        doc: "What is at *path*: `\"regular\"`, `\"directory\"`, `\"symlink\"` or `\"unknown\"`.",
        run: read_file_type,
    },
    BuiltinSpec {
        name: "hashFile",
        arguments: &["type", "path"],
        strict: &[0],
        doc: "The hash of the file at *path* in hexadecimal digits; *type* is `\"md5\"`, `\"sha1\"`, `\"sha256\"` or \
              `\"sha512\"`.",
        run: hash_file,
    },
];
