//! `path` and `filterSource`: copying files into the store, with a function that chooses among them.

use nivose_base::{DiagnosticId, Error, Result, Symbol};
use nivose_heap::Value;
use nivose_machine::coerce::coerce_step;
use nivose_machine::{ArchiveWalk, BuiltinSpec, Coerce, Cx, Step, Task, WalkEntry};
use nivose_store::{ContentAddressMethod, Hash, HashAlgorithm};
use nivose_world::{Progress, SymlinkMode, path};

use crate::arguments::{expect_plain_string, force_and_run};
use crate::attrs::attribute_in_order;
use crate::checks;
use crate::coerced::{coerce_and_run, named_path, realised_path};
use crate::derivation_description::parse_hash;

/// How files are copied.
struct Copying {
    source: Vec<u8>,
    name: Vec<u8>,
    method: ContentAddressMethod,
    expected: Option<Hash>,
}

impl Copying {
    /// The store path of what was hashed, as a string that refers to it.
    fn finish<'h>(&self, cx: &mut Cx<'_, 'h>, hash: &Hash, is_whole: bool) -> Result<Step<'h>> {
        let shared = cx.shared();
        let source = is_whole.then_some(&self.source[..]);
        let made = shared.add_source(self.method, hash, &self.name, source)?;
        if let Some(expected) = &self.expected
            && shared.add_source(self.method, expected, &self.name, None)? != made
        {
            let what = b"store path mismatch in (possibly filtered) path added from '";
            return Err(Error::with_message(
                DiagnosticId::StorePath,
                [what, &self.source[..], b"'"].concat(),
            ));
        }
        shared.world.note(Progress::StoreObject { path: &made });
        Ok(Step::done(shared.store_path_string(&made)))
    }

    /// The result without copying, if what is expected is in the store.
    fn known<'h>(&self, cx: &mut Cx<'_, 'h>) -> Result<Option<Step<'h>>> {
        let Some(expected) = &self.expected else { return Ok(None) };
        let shared = cx.shared();
        let path = shared.add_source(self.method, expected, &self.name, None)?;
        let is_there = shared.store.dir.parse(&path).is_ok_and(|parsed| shared.is_valid_store_path(&parsed));
        Ok(is_there.then(|| Step::done(shared.store_path_string(&path))))
    }
}

/// Copies, asking `filter` if it is not null.
fn copy<'h>(cx: &mut Cx<'_, 'h>, copying: Copying, filter: Value<'h>) -> Result<Step<'h>> {
    if let Some(step) = copying.known(cx)? {
        return Ok(step);
    }
    if copying.method == ContentAddressMethod::Flat {
        let hash = cx.shared().hash_file(HashAlgorithm::Sha256, &copying.source)?;
        return copying.finish(cx, &hash, true);
    }
    Ok(cx.start(FilteredCopy { copying, walk: None, asked: None, is_whole: true }, &[filter]))
}

/// Walks the files, asking a function about each entry. Slots: the function, or null.
struct FilteredCopy {
    copying: Copying,
    walk: Option<ArchiveWalk>,
    /// The entry that the function is asked about.
    asked: Option<WalkEntry>,
    /// Whether nothing was left out.
    is_whole: bool,
}

impl Task for FilteredCopy {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
        let mut walk = match self.walk.take() {
            Some(walk) => walk,
            None => ArchiveWalk::begin(cx.shared(), &self.copying.source)?,
        };
        if let Some(entry) = self.asked.take() {
            self.answer(cx, &mut walk, entry, input)?;
        }
        // Files may be large: few of them in one step.
        for _ in 0..16 {
            let Some(entry) = walk.next_entry()? else {
                let hash = walk.finish()?;
                return self.copying.finish(cx, &hash, self.is_whole);
            };
            let filter = cx.slot(0);
            if !filter.is_null() {
                let arguments = [cx.string(&entry.path), cx.string(entry.kind.nix_name().as_bytes())];
                self.asked = Some(entry);
                self.walk = Some(walk);
                return Ok(cx.shared().call(filter, &arguments));
            }
            walk.add(cx.shared(), entry)?;
        }
        self.walk = Some(walk);
        Ok(Step::YIELD)
    }
}

impl FilteredCopy {
    fn answer<'h>(
        &mut self,
        cx: &mut Cx<'_, 'h>,
        walk: &mut ArchiveWalk,
        entry: WalkEntry,
        answer: Value<'h>,
    ) -> Result<()> {
        if checks::boolean(cx.shared(), answer)? {
            return walk.add(cx.shared(), entry);
        }
        self.is_whole = false;
        Ok(())
    }
}

fn filter_source<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    coerce_and_run(cx, arguments, 1, Coerce::WEAK, |cx, arguments, value| {
        // The path is known to be one before the function is looked at; that it is there, only after.
        named_path(value)?;
        Ok(force_and_run(cx, filter_source_forced, &[arguments[0], value], 0))
    })
}

fn filter_source_forced<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    checks::function(cx.shared(), arguments[0])?;
    let source = realised_path(cx.shared(), arguments[1])?;
    let name = path::base_name(&source).to_vec();
    let source = cx.shared().resolve_path(&source, SymlinkMode::Ancestors)?;
    let copying = Copying { source, name, method: ContentAddressMethod::Nar, expected: None };
    copy(cx, copying, arguments[0].resolved())
}

fn copy_path<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    checks::attrs(cx.shared(), arguments[0])?;
    Ok(cx.start(PathBuiltin::default(), &[arguments[0].resolved(), Value::NULL]))
}

/// Takes the attributes in byte order of their names. Slots: the set; the function.
#[derive(Default)]
struct PathBuiltin {
    /// The attribute that is looked at; those before it are done.
    next: usize,
    stage: Stage,
    source: Option<Vec<u8>>,
    name: Option<Vec<u8>>,
    is_flat: bool,
    expected: Option<Hash>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Stage {
    /// The input means nothing.
    #[default]
    Look,
    /// The input is the path.
    Path,
    /// The input is the result.
    Result,
}

impl Task for PathBuiltin {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
        match std::mem::take(&mut self.stage) {
            Stage::Look => {}
            Stage::Path => self.take_path(cx, input)?,
            Stage::Result => return Ok(Step::done(input)),
        }
        let argument = cx.slot(0);
        let set = checks::flat(cx.shared(), argument)?;
        while let Some((name, value)) = attribute_in_order(cx.shared(), set, self.next) {
            if let Some(step) = self.attribute(cx, name, value)? {
                return Ok(step);
            }
        }
        self.stage = Stage::Result;
        self.copy(cx)
    }
}

impl PathBuiltin {
    /// One attribute; or what must be known of it first.
    fn attribute<'h>(
        &mut self,
        cx: &mut Cx<'_, 'h>,
        name: Symbol,
        value: Value<'h>,
    ) -> Result<Option<Step<'h>>> {
        let is_known =
            matches!(name, Symbol::PATH | Symbol::NAME | Symbol::FILTER | Symbol::RECURSIVE | Symbol::SHA256);
        if !is_known {
            return Err(unsupported(cx.shared().symbols.bytes(name)));
        }
        if value.is_thunk() {
            return Ok(Some(cx.force(value)));
        }
        match name {
            Symbol::PATH => return self.path(cx, value),
            Symbol::NAME => self.name = Some(expect_plain_string(cx, value)?.to_vec()),
            Symbol::RECURSIVE => self.is_flat = !checks::boolean(cx.shared(), value)?,
            Symbol::FILTER => {
                checks::function(cx.shared(), value)?;
                cx.set_slot(1, value);
            }
            _ => {
                let text = expect_plain_string(cx, value)?;
                self.expected = Some(parse_hash(cx.shared(), text, Some(HashAlgorithm::Sha256))?);
            }
        }
        self.next += 1;
        Ok(None)
    }

    fn path<'h>(&mut self, cx: &mut Cx<'_, 'h>, value: Value<'h>) -> Result<Option<Step<'h>>> {
        let step = match value.as_path() {
            Some(_) => Step::done(value),
            None => coerce_step(cx.shared(), value, Coerce::WEAK)?,
        };
        match step.at_once() {
            Ok(value) => self.take_path(cx, value).map(|()| None),
            Err(step) => {
                self.stage = Stage::Path;
                Ok(Some(step))
            }
        }
    }

    fn take_path<'h>(&mut self, cx: &mut Cx<'_, 'h>, value: Value<'h>) -> Result<()> {
        self.source = Some(realised_path(cx.shared(), value)?);
        self.next += 1;
        Ok(())
    }

    fn copy<'h>(&mut self, cx: &mut Cx<'_, 'h>) -> Result<Step<'h>> {
        let Some(source) = self.source.take() else {
            let message = "missing required 'path' attribute in the first argument to 'builtins.path'";
            return Err(Error::with_message(DiagnosticId::InvalidArgument, message));
        };
        let name = self.name.take().filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| path::base_name(&source).to_vec());
        let method = if self.is_flat { ContentAddressMethod::Flat } else { ContentAddressMethod::Nar };
        let mode = if self.is_flat { SymlinkMode::Full } else { SymlinkMode::Ancestors };
        let source = cx.shared().resolve_path(&source, mode)?;
        let filter = cx.slot(1);
        copy(cx, Copying { source, name, method, expected: self.expected.take() }, filter)
    }
}

#[cold]
fn unsupported(name: &[u8]) -> Error {
    let message = [b"unsupported argument '", name, b"' to 'builtins.path'"].concat();
    Error::with_message(DiagnosticId::InvalidArgument, message)
}

/// The builtins of this family.
pub const BUILTINS: &[BuiltinSpec] = &[
    BuiltinSpec {
        name: "path",
        arguments: &["args"],
        strict: &[0],
        doc: "Copies `path` of the set *args* to the store. `name` is its name there; `filter` is called with the path \
              and the type of each file in it and says whether it is copied; `recursive = false` copies the bytes of a \
              single file; `sha256` is the hash that is expected.",
        run: copy_path,
    },
    BuiltinSpec {
        name: "filterSource",
        arguments: &["filter", "path"],
        strict: &[1],
        doc: "Copies *path* to the store without the files for which *filter*, called with their path and type, is false.",
        run: filter_source,
    },
];
