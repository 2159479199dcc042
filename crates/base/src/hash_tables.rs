//! The hash tables of every crate.
//!
//! Their hasher is fast, and no defence against keys that were made to collide.

pub use hashbrown::HashTable;
pub use hashbrown::hash_table::Entry;
use hashbrown::{HashMap, HashSet};
use rustc_hash::FxBuildHasher;

/// The hasher, for tables whose keys are kept elsewhere.
pub const HASHER: FxBuildHasher = FxBuildHasher;

/// A hash map; nothing observable depends on its order.
pub type Map<K, V> = HashMap<K, V, FxBuildHasher>;

/// A hash set; nothing observable depends on its order.
pub type Set<T> = HashSet<T, FxBuildHasher>;
