//! Closures: everything that store paths refer to, directly or not.

use std::collections::BTreeSet;
use std::fmt;

use crate::derivation::Derivation;
use crate::derivation_modulo::DerivationSource;
use crate::store_path::StorePath;

/// A store that knows what its objects refer to.
pub trait ReferenceSource {
    /// The references of a valid path; `None` if the path is not valid.
    fn references(&self, path: &StorePath) -> Option<BTreeSet<StorePath>>;
}

/// A path that the store does not have. It prints without the store directory,
/// which it does not know; a message should use `StoreDir::print`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownPath(
    /// The path.
    pub StorePath,
);

impl fmt::Display for UnknownPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "path '{}' is not valid", self.0)
    }
}

impl std::error::Error for UnknownPath {}

/// All paths that can be reached from `roots`, these included.
///
/// # Errors
/// [`UnknownPath`] for a path that is not valid.
pub fn compute_closure(
    source: &dyn ReferenceSource,
    roots: impl IntoIterator<Item = StorePath>,
) -> Result<BTreeSet<StorePath>, UnknownPath> {
    let mut closure = BTreeSet::new();
    let mut pending: Vec<StorePath> = roots.into_iter().collect();
    while let Some(path) = pending.pop() {
        if !closure.contains(&path) {
            let references = source.references(&path).ok_or_else(|| UnknownPath(path.clone()))?;
            pending.extend(references.into_iter().filter(|next| !closure.contains(next)));
            closure.insert(path);
        }
    }
    Ok(closure)
}

/// Makes `derivation` depend on another one's file with its whole closure:
/// every path in it, and every output of every derivation in it. This is what
/// a string from `drvPath` stands for.
///
/// # Errors
/// [`UnknownPath`] for a path that is not valid, or is no derivation although
/// its name says so.
pub fn add_deep_inputs<S: ReferenceSource + DerivationSource>(
    source: &S,
    derivation_path: &StorePath,
    derivation: &mut Derivation,
) -> Result<(), UnknownPath> {
    for path in compute_closure(source, [derivation_path.clone()])? {
        if path.is_derivation() {
            let input = source.derivation(&path).ok_or_else(|| UnknownPath(path.clone()))?;
            let node = derivation.input_derivations.entry(path.clone()).or_default();
            node.outputs.union(&input.output_names());
        }
        derivation.input_sources.insert(path);
    }
    Ok(())
}
