//! The store as the evaluator sees it: where it lies, what was put into it, paths copied to it.

use crate::Map;
use nivose_base::Result;
use nivose_heap::Value;
use nivose_store::{Instantiator, MemoryStore, StoreDir};

use crate::context::ContextElement;
use crate::shared::Shared;

/// Store paths, derivations and what they were made from.
pub struct StoreAccess {
    /// Where the store lies.
    pub dir: StoreDir,
    /// Computes derivation paths.
    pub instantiator: Instantiator,
    /// What evaluation put into the store.
    pub memory: MemoryStore,
    /// The store path of each source path that was copied.
    pub copied: Map<Vec<u8>, Vec<u8>>,
}

impl StoreAccess {
    /// An empty store at a place.
    pub fn new(dir: StoreDir) -> Self {
        let instantiator = Instantiator::new(dir.clone());
        StoreAccess { dir, instantiator, memory: MemoryStore::default(), copied: Map::default() }
    }
}

impl Shared {
    /// The string that a path is in a derivation: its store path, with the reference to it.
    ///
    /// # Errors
    /// A path that cannot be read or may not be seen.
    pub fn import_path<'h>(&mut self, path: &[u8]) -> Result<Value<'h>> {
        let store_path = self.copy_to_store(path)?;
        let element = self.contexts.intern(ContextElement::Opaque(store_path.clone().into()));
        let context = self.heap.context(&[element]);
        Ok(self.heap.string_with_context(&store_path, Some(context)))
    }

    /// The store path of a file or folder, by the hash of its archive.
    ///
    /// # Errors
    /// A path that cannot be read or may not be seen.
    pub fn copy_to_store(&mut self, path: &[u8]) -> Result<Vec<u8>> {
        if let Some(known) = self.copied_path(path) {
            return Ok(known);
        }
        Err(nivose_base::Error::new(nivose_base::DiagnosticId::PathDoesNotExist, &[&path]))
    }

    fn copied_path(&self, path: &[u8]) -> Option<Vec<u8>> {
        self.store.copied.get(path).cloned()
    }
}
