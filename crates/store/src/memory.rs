//! A store kept in memory: texts, derivations and the mere existence of other
//! objects, each with its references.

use std::collections::BTreeSet;
use std::sync::Arc;

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use crate::aterm_parser::{AtermError, parse_derivation};
use crate::closure::ReferenceSource;
use crate::derivation::Derivation;
use crate::derivation_modulo::DerivationSource;
use crate::store_dir::StoreDir;
use crate::store_path::{StorePath, StorePathError};

/// What is known of a store object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// The content of a text or derivation; `None` where only the path is
    /// known to be valid.
    pub text: Option<Arc<[u8]>>,
    /// The paths that it refers to.
    pub references: BTreeSet<StorePath>,
}

/// A store in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    dir: StoreDir,
    objects: HashMap<StorePath, Object, FxBuildHasher>,
    /// Bytes of all texts.
    text_bytes: usize,
}

impl MemoryStore {
    /// An empty store.
    pub fn new(dir: StoreDir) -> Self {
        Self { dir, objects: HashMap::default(), text_bytes: 0 }
    }

    /// The store directory.
    pub fn store_dir(&self) -> &StoreDir {
        &self.dir
    }

    /// Adds a text, as `builtins.toFile` does, and gives its path.
    ///
    /// # Errors
    /// [`StorePathError::Name`] if the name is not allowed.
    pub fn add_text(
        &mut self,
        name: &[u8],
        text: &[u8],
        references: BTreeSet<StorePath>,
    ) -> Result<StorePath, StorePathError> {
        let path = self.dir.make_text_path(name, text, &references)?;
        self.add_object(path.clone(), Some(text.into()), references);
        Ok(path)
    }

    /// Adds a derivation's file and gives its path.
    ///
    /// # Errors
    /// [`StorePathError::Name`] if the name is not allowed.
    pub fn add_derivation(&mut self, derivation: &Derivation) -> Result<StorePath, StorePathError> {
        let mut text = Vec::new();
        derivation.write_aterm(&self.dir, &mut text);
        let references = derivation.references().cloned().collect();
        self.add_text(format!("{}.drv", derivation.name).as_bytes(), &text, references)
    }

    /// Adds an object under a path that the caller computed. What is there
    /// already is kept, except that a text replaces a mere path.
    pub fn add_object(&mut self, path: StorePath, text: Option<Arc<[u8]>>, references: BTreeSet<StorePath>) {
        let known = self.objects.get(&path).is_some_and(|object| object.text.is_some());
        if !known {
            self.text_bytes += text.as_deref().map_or(0, <[u8]>::len);
            self.objects.insert(path, Object { text, references });
        }
    }

    /// Whether the store has that path.
    pub fn is_valid(&self, path: &StorePath) -> bool {
        self.objects.contains_key(path)
    }

    /// What is known of that path.
    pub fn object(&self, path: &StorePath) -> Option<&Object> {
        self.objects.get(path)
    }

    /// The derivation in that file; `None` if there is no such text.
    pub fn read_derivation(&self, path: &StorePath) -> Option<Result<Derivation, AtermError>> {
        let text = self.objects.get(path)?.text.as_deref()?;
        Some(parse_derivation(&self.dir, path.derivation_name(), text))
    }

    /// About how many bytes it takes.
    pub fn memory(&self) -> usize {
        self.text_bytes + self.objects.capacity() * 2 * size_of::<(StorePath, Object)>()
    }

    /// The number of objects.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether there are no objects.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }
}

impl ReferenceSource for MemoryStore {
    fn references(&self, path: &StorePath) -> Option<BTreeSet<StorePath>> {
        self.objects.get(path).map(|object| object.references.clone())
    }
}

impl DerivationSource for MemoryStore {
    /// A text that is no derivation counts as none.
    fn derivation(&self, path: &StorePath) -> Option<Arc<Derivation>> {
        self.read_derivation(path)?.ok().map(Arc::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::closure::compute_closure;

    #[test]
    fn texts_and_closures() {
        let mut store = MemoryStore::default();
        let a = store.add_text(b"a.txt", b"content of a", BTreeSet::new()).unwrap();
        let text = format!("refers to {}", store.store_dir().print(&a));
        let b = store.add_text(b"b.txt", text.as_bytes(), [a.clone()].into()).unwrap();
        assert_eq!(b.base_name(), "1s06fymvf6i57yqi2ligz2imllfrl90c-b.txt");
        let closure = compute_closure(&store, [b.clone()]).unwrap();
        assert_eq!(closure, [a.clone(), b.clone()].into());
        assert!(store.is_valid(&a) && store.len() == 2);
        assert_eq!(store.object(&b).unwrap().text.as_deref(), Some(text.as_bytes()));
    }

    #[test]
    fn a_missing_path_is_told() {
        let mut store = MemoryStore::default();
        let missing = StorePath::parse(b"00000000000000000000000000000000-m").unwrap();
        let a = store.add_text(b"a", b"", [missing.clone()].into()).unwrap();
        let error = compute_closure(&store, [a]).unwrap_err();
        assert_eq!(error.0, missing);
        store.add_object(missing.clone(), None, BTreeSet::new());
        assert!(store.is_valid(&missing));
        assert!(store.read_derivation(&missing).is_none());
    }

    #[test]
    fn a_text_replaces_a_mere_path_but_not_the_reverse() {
        let mut store = MemoryStore::default();
        let path = StorePath::parse(b"00000000000000000000000000000000-m").unwrap();
        store.add_object(path.clone(), None, BTreeSet::new());
        store.add_object(path.clone(), Some(b"x"[..].into()), BTreeSet::new());
        store.add_object(path.clone(), None, BTreeSet::new());
        assert_eq!(store.object(&path).unwrap().text.as_deref(), Some(&b"x"[..]));
        assert!(store.read_derivation(&path).unwrap().is_err());
        assert!(store.derivation(&path).is_none());
    }
}
