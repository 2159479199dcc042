//! Arguments that are coerced to strings or paths before a builtin goes on.

use std::borrow::Cow;

use nivose_base::{DiagnosticId, Error, Result};
use nivose_heap::{Value, View};
use nivose_machine::coerce::coerce_step;
use nivose_machine::{Coerce, Cx, INTERNAL_PREFIX, Shared, Step, StoreReference, Task, invalid_path};
use nivose_store::StorePath;
use nivose_world::path;

/// What goes on with the arguments and a coerced one.
pub type CoercedFn = for<'h> fn(&mut Cx<'_, 'h>, &[Value<'h>], Value<'h>) -> Result<Step<'h>>;

/// Coerces argument `index`, already forced, to a string and goes on with `run`. A path stays a path, unless paths are
/// to be imported.
///
/// # Errors
/// What has no string form of this sort, or what `run` fails with.
pub fn coerce_and_run<'h>(
    cx: &mut Cx<'_, 'h>,
    arguments: &[Value<'h>],
    index: u8,
    how: Coerce,
    run: CoercedFn,
) -> Result<Step<'h>> {
    match coerce_argument(cx, arguments, index, how)?.at_once() {
        Ok(value) => run(cx, arguments, value),
        Err(_) => Ok(cx.start(CoerceAndRun { index, how, run, stage: Stage::Coerce }, arguments)),
    }
}

fn coerce_argument<'h>(
    cx: &mut Cx<'_, 'h>,
    arguments: &[Value<'h>],
    index: u8,
    how: Coerce,
) -> Result<Step<'h>> {
    let value = arguments.get(usize::from(index)).map_or(Value::NULL, |value| value.resolved());
    if value.as_path().is_some() && !how.imports_paths() {
        return Ok(Step::done(value));
    }
    coerce_step(cx.shared(), value, how)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing was done.
    Coerce,
    /// The coerced value comes.
    Run,
    /// The result comes.
    Return,
}

/// Slots: the arguments.
struct CoerceAndRun {
    index: u8,
    how: Coerce,
    run: CoercedFn,
    stage: Stage,
}

impl Task for CoerceAndRun {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
        let arguments = cx.slots().to_vec();
        match self.stage {
            Stage::Coerce => {
                self.stage = Stage::Run;
                match coerce_argument(cx, &arguments, self.index, self.how)?.at_once() {
                    Ok(value) => self.resume(cx, value),
                    Err(step) => Ok(step),
                }
            }
            Stage::Run => {
                self.stage = Stage::Return;
                let step = (self.run)(cx, &arguments, input)?;
                Ok(cx.shared().as_last(step))
            }
            Stage::Return => Ok(Step::done(input)),
        }
    }
}

/// A path that a program named, with what it refers to in the store.
pub struct NamedPath<'h> {
    /// Absolute and canonical, or a file that is part of the evaluator.
    pub path: Vec<u8>,
    /// The elements of its context.
    pub context: Cow<'h, [u32]>,
}

/// The path that a coerced value names.
///
/// # Errors
/// A string that is no absolute path.
pub fn named_path<'h>(value: Value<'h>) -> Result<NamedPath<'h>> {
    match value.view() {
        View::Path(path) => Ok(NamedPath { path: path.to_vec(), context: Cow::Borrowed(&[]) }),
        View::String(string)
            if path::is_absolute(string.bytes()) || string.bytes().starts_with(INTERNAL_PREFIX) =>
        {
            let path = match string.bytes() {
                internal if internal.starts_with(INTERNAL_PREFIX) => internal.to_vec(),
                text => path::canonicalise(text),
            };
            Ok(NamedPath { path, context: string.context() })
        }
        View::String(string) => Err(Error::new(DiagnosticId::NotAnAbsolutePath, &[&string.bytes()])),
        _ => Err(Error::new(DiagnosticId::Internal, &[&"a path that is neither path nor string"])),
    }
}

/// The path that a coerced value names, when it is going to be looked at: what it refers to must be there.
///
/// # Errors
/// No absolute path, or something that would have to be built first.
pub fn realised_path(shared: &mut Shared, value: Value<'_>) -> Result<Vec<u8>> {
    let NamedPath { path, context } = named_path(value)?;
    if !context.is_empty() && !is_present(shared, &path) {
        for &element in context.iter() {
            require_built(shared, element)?;
        }
    }
    Ok(path)
}

/// Whether the store object that holds a path is there, so that nothing needs to be built.
fn is_present(shared: &mut Shared, path: &[u8]) -> bool {
    match shared.store.dir.split(path) {
        Ok((store_path, _)) => shared.is_valid_store_path(&store_path),
        Err(_) => false,
    }
}

/// Fails unless what a context element stands for is there.
fn require_built(shared: &mut Shared, element: u32) -> Result<()> {
    match shared.store_reference(element)? {
        StoreReference::Opaque(path) | StoreReference::DrvDeep(path) => require_valid(shared, &path),
        StoreReference::Built(derivation, _) => {
            require_valid(shared, &derivation)?;
            Err(cannot_build(shared, element))
        }
    }
}

fn require_valid(shared: &mut Shared, path: &StorePath) -> Result<()> {
    match shared.is_valid_store_path(path) {
        true => Ok(()),
        false => Err(invalid_path(shared.store.dir.print(path).as_bytes())),
    }
}

#[cold]
fn cannot_build(shared: &Shared, element: u32) -> Error {
    let why = match shared.settings.allow_import_from_derivation {
        true => "' during evaluation: this evaluator builds nothing, and the output is not in the store",
        false => "' during evaluation because the option 'allow-import-from-derivation' is disabled",
    };
    let wanted = shared.contexts.get(element).describe();
    Error::with_message(
        DiagnosticId::ImportFromDerivation,
        [b"cannot build '", &wanted[..], why.as_bytes()].concat(),
    )
}
