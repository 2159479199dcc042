//! The store as the evaluator sees it: where it lies, what was put into it, paths copied to it.
//!
//! Nothing is written to disk: copying computes the store path and remembers where the contents are.

use std::collections::BTreeSet;
use std::sync::Arc;

use nivose_base::{DiagnosticId, Error, Result};
use nivose_heap::Value;
use nivose_store::{
    ContentAddressMethod, Derivation, Hash, HashAlgorithm, Hasher, Instantiator, MemoryStore, OutputName,
    StoreDir, StorePath, parse_derivation,
};
use nivose_world::{EntryKind, Progress, SymlinkMode, path};

use crate::archive::ArchiveWalk;
use crate::code::UnitId;
use crate::context::ContextElement;
use crate::shared::Shared;
use nivose_base::Map;

/// After so many bytes an interruption is looked for.
const HASHED_AT_ONCE: usize = 1 << 20;

/// Store paths, derivations and what they were made from.
pub struct StoreAccess {
    /// Where the store lies.
    pub dir: StoreDir,
    /// Computes derivation paths.
    pub instantiator: Instantiator,
    /// What evaluation put into the store.
    pub memory: MemoryStore,
    /// The store path of each source path that was copied.
    copied: Map<Vec<u8>, Arc<[u8]>>,
    /// Where the contents of each copied store path are.
    pub sources: Map<Vec<u8>, Vec<u8>>,
    /// Context elements in the store's terms, by number.
    references: Vec<Option<StoreReference>>,
    /// What was given back.
    rooms: Vec<DescriptionRoom>,
    /// A path that is printed, for its room.
    printed: Vec<u8>,
    /// The name `out`, which most outputs have.
    out: OutputName,
}

/// What a derivation is gathered in, used again for others.
#[derive(Default)]
pub struct DescriptionRoom {
    /// The derivation.
    pub derivation: Derivation,
    /// Numbers of context elements.
    pub context: Vec<u32>,
    /// Places of attributes.
    pub order: Vec<u32>,
}

impl DescriptionRoom {
    /// As much is kept of those that are used one within the other.
    const MOST: usize = 16;
    /// One that took more bytes is not kept.
    const LARGE: usize = 1 << 16;

    fn bytes(&self) -> usize {
        self.derivation.room() + (self.context.capacity() + self.order.capacity()) * size_of::<u32>()
    }
}

/// A context element in the store's terms.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StoreReference {
    /// A store path.
    Opaque(StorePath),
    /// A derivation with its whole closure.
    DrvDeep(StorePath),
    /// An output of a derivation.
    Built(StorePath, OutputName),
}

/// About how many bytes it takes to remember a source path and where it is in the store.
const COPIED: usize = 256;

impl StoreAccess {
    /// About how many bytes it takes.
    pub fn memory(&self) -> usize {
        let references = self.references.capacity() * size_of::<Option<StoreReference>>();
        self.memory.memory() + references + (self.copied.len() + self.sources.len()) * COPIED
    }

    /// An empty store at a place.
    pub fn new(dir: StoreDir) -> Self {
        StoreAccess {
            instantiator: Instantiator::new(dir.clone()),
            memory: MemoryStore::new(dir.clone()),
            dir,
            copied: Map::default(),
            sources: Map::default(),
            references: Vec::new(),
            rooms: Vec::new(),
            printed: Vec::new(),
            out: "out".into(),
        }
    }

    /// Empty room for a derivation.
    pub fn take_room(&mut self) -> DescriptionRoom {
        self.rooms.pop().unwrap_or_default()
    }

    /// Takes room that is not needed any more.
    pub fn give_back(&mut self, mut room: DescriptionRoom) {
        if self.rooms.len() < DescriptionRoom::MOST && room.bytes() <= DescriptionRoom::LARGE {
            room.derivation.clear();
            room.context.clear();
            room.order.clear();
            self.rooms.push(room);
        }
    }

    /// The whole path of a store path.
    pub fn print(&mut self, path: &StorePath) -> Arc<[u8]> {
        self.printed.clear();
        self.dir.write(path, &mut self.printed);
        self.printed.as_slice().into()
    }

    /// The name of an output.
    pub fn output_name(&self, name: &str) -> OutputName {
        if *name == *self.out { self.out.clone() } else { name.into() }
    }

    /// Notes what a context element is in the store's terms.
    pub fn note_reference(&mut self, number: u32, reference: StoreReference) {
        let index = number as usize;
        if self.references.len() <= index {
            self.references.resize(index + 1, None);
        }
        self.references[index] = Some(reference);
    }

    /// The place of the contents of a path in the store that was copied there; none for other paths.
    pub fn backing_path(&self, path: &[u8]) -> Option<Vec<u8>> {
        if self.sources.is_empty() || !self.dir.contains(path) {
            return None;
        }
        let (store_path, rest) = self.dir.split(path).ok()?;
        let source = self.sources.get(self.dir.print(&store_path).as_bytes())?;
        Some([source, rest].concat())
    }

    /// Whether evaluation itself put the path, or what contains it, into the store.
    pub fn is_known(&self, path: &[u8]) -> bool {
        let Ok((store_path, _)) = self.dir.split(path) else { return false };
        self.memory.is_valid(&store_path) || self.sources.contains_key(self.dir.print(&store_path).as_bytes())
    }

    fn parse_element(&self, element: &ContextElement) -> Result<StoreReference> {
        let parse = |path: &[u8]| self.dir.parse(path).map_err(store_error);
        Ok(match element {
            ContextElement::Opaque(path) => StoreReference::Opaque(parse(path)?),
            ContextElement::DrvDeep(path) => StoreReference::DrvDeep(parse(path)?),
            ContextElement::Built { drv, output } => {
                StoreReference::Built(parse(drv)?, String::from_utf8_lossy(output).into())
            }
        })
    }
}

/// An error of the store, in its own words.
#[cold]
pub fn store_error(error: impl std::fmt::Display) -> Error {
    Error::with_message(DiagnosticId::StorePath, error.to_string())
}

/// "path '…' is not valid".
#[cold]
pub fn invalid_path(path: &[u8]) -> Error {
    Error::with_message(DiagnosticId::StorePath, [b"path '", path, b"' is not valid"].concat())
}

impl Shared {
    /// The string that a path is in a derivation: its store path, with the reference to it.
    ///
    /// # Errors
    /// A path that cannot be read or may not be seen.
    pub fn import_path<'h>(&mut self, path: &[u8]) -> Result<Value<'h>> {
        let store_path = self.copy_to_store(path)?;
        Ok(self.string_to_path(&store_path, ContextElement::Opaque(store_path.clone())))
    }

    /// A store path as a string that refers to it.
    pub fn store_path_string<'h>(&mut self, store_path: &[u8]) -> Value<'h> {
        self.string_to_path(store_path, ContextElement::Opaque(store_path.into()))
    }

    fn string_to_path<'h>(&mut self, store_path: &[u8], element: ContextElement) -> Value<'h> {
        let element = self.contexts.intern(element);
        let context = self.heap.context(&[element]);
        self.heap.string_with_context(store_path, Some(context))
    }

    /// The store path of a file or folder, by the hash of its archive.
    ///
    /// # Errors
    /// A path that cannot be read or may not be seen.
    fn copy_to_store(&mut self, path: &[u8]) -> Result<Arc<[u8]>> {
        if let Some(known) = self.store.copied.get(path) {
            return Ok(known.clone());
        }
        if path.ends_with(b".drv") {
            let message = "file names are not allowed to end in '.drv'";
            return Err(Error::with_message(DiagnosticId::StorePath, message));
        }
        let source = self.resolve_path(path, SymlinkMode::Ancestors)?;
        let hash = self.hash_archive(&source)?;
        let store_path =
            self.add_source(ContentAddressMethod::Nar, &hash, path::base_name(path), Some(&source))?;
        let store_path = Arc::<[u8]>::from(store_path);
        self.store.copied.insert(path.to_vec(), store_path.clone());
        self.world.note(Progress::StoreObject { path: &store_path });
        Ok(store_path)
    }

    /// The hash of the archive of a file or folder, taken whole.
    fn hash_archive(&mut self, source: &[u8]) -> Result<Hash> {
        let mut walk = ArchiveWalk::begin(self, source)?;
        while let Some(entry) = walk.next_entry()? {
            walk.add(self, entry)?;
        }
        walk.finish()
    }

    /// The hash of the contents of a file.
    ///
    /// # Errors
    /// As [`Shared::read_pieces`].
    pub fn hash_file(&mut self, algorithm: HashAlgorithm, path: &[u8]) -> Result<Hash> {
        let mut hasher = Hasher::new(algorithm);
        self.read_pieces(path, &mut |piece| {
            hasher.update(piece);
            Ok(())
        })?;
        Ok(hasher.finish())
    }

    /// The hash of bytes that may be many.
    ///
    /// # Errors
    /// An interruption.
    pub fn hash_bytes(&self, algorithm: HashAlgorithm, bytes: &[u8]) -> Result<Hash> {
        let mut hasher = Hasher::new(algorithm);
        for piece in bytes.chunks(HASHED_AT_ONCE) {
            self.control.check()?;
            hasher.update(piece);
        }
        Ok(hasher.finish())
    }

    /// The store path of contents of that hash; `source` is where they are, if they are as they are there.
    ///
    /// # Errors
    /// A name that no store path may have.
    pub fn add_source(
        &mut self,
        method: ContentAddressMethod,
        hash: &Hash,
        name: &[u8],
        source: Option<&[u8]>,
    ) -> Result<Vec<u8>> {
        let made =
            self.store.dir.make_fixed_output_path(method, hash, name, [], false).map_err(store_error)?;
        let store_path = self.store.dir.print(&made).into_bytes();
        if let Some(source) = source {
            let backing = self.store.backing_path(source).unwrap_or_else(|| source.to_vec());
            self.store.sources.insert(store_path.clone(), backing);
        }
        Ok(store_path)
    }

    /// A context element in the store's terms.
    ///
    /// # Errors
    /// An element that names no store path.
    pub fn store_reference(&mut self, number: u32) -> Result<StoreReference> {
        if let Some(Some(known)) = self.store.references.get(number as usize) {
            return Ok(known.clone());
        }
        let reference = self.store.parse_element(self.contexts.get(number))?;
        self.store.note_reference(number, reference.clone());
        Ok(reference)
    }

    /// Makes known a derivation that was not instantiated here, and those that it uses, from the store on disk.
    /// What is not there stays unknown.
    ///
    /// # Errors
    /// A derivation that is malformed.
    pub fn learn_derivation(&mut self, path: &StorePath) -> Result<()> {
        let mut pending = vec![path.clone()];
        while let Some(path) = pending.pop() {
            if path.is_derivation() && self.store.instantiator.memo().get(&path).is_none() {
                pending.extend(self.load_object(&path)?);
            }
        }
        Ok(())
    }

    /// Makes known a derivation's file with all that it refers to, from the store on disk. What is not there stays
    /// unknown.
    ///
    /// # Errors
    /// A derivation that is malformed.
    pub fn learn_closure(&mut self, path: &StorePath) -> Result<()> {
        let mut pending = vec![path.clone()];
        while let Some(path) = pending.pop() {
            pending.extend(self.load_object(&path)?);
        }
        Ok(())
    }

    /// Loads one object from disk, if it is there and not loaded yet; gives what it refers to.
    fn load_object(&mut self, path: &StorePath) -> Result<Vec<StorePath>> {
        let file = self.store.dir.print(path).into_bytes();
        if self.store.memory.is_valid(path) || self.world.metadata(&file).is_err() {
            return Ok(Vec::new());
        }
        if !path.is_derivation() {
            self.store.memory.add_object(path.clone(), None, BTreeSet::new());
            return Ok(Vec::new());
        }
        let text = self.read_file(&file)?;
        let derivation =
            parse_derivation(&self.store.dir, path.derivation_name(), &text).map_err(|error| {
                store_error(format_args!(
                    "error parsing derivation '{}': {error}",
                    self.store.dir.print(path)
                ))
            })?;
        let references: BTreeSet<StorePath> = derivation.references().cloned().collect();
        let found = references.iter().cloned().collect();
        self.store.memory.add_object(path.clone(), Some(text.into()), references);
        Ok(found)
    }

    /// Whether a store path is there: put there by this evaluation, or on disk.
    pub fn is_valid_store_path(&mut self, path: &StorePath) -> bool {
        let file = self.store.dir.print(path).into_bytes();
        self.store.is_known(&file) || self.world.metadata(&file).is_ok()
    }

    /// The unit as a function: what a scoped import is, of its set.
    pub fn unit_function<'h>(&mut self, unit: UnitId) -> Value<'h> {
        let code = self.codes.code_of(unit, 0);
        crate::dispatch::new_closure(&mut self.heap, code)
    }

    /// What is at a path that is to be archived.
    pub(crate) fn source_kind(&mut self, source: &[u8]) -> Result<EntryKind> {
        match self.path_metadata(source)? {
            Some(metadata) => Ok(metadata.kind),
            None => Err(Error::new(DiagnosticId::PathDoesNotExist, &[&source])),
        }
    }
}
