//! The only door to the outside: files, environment, clock and the output of traces, behind one trait.
//!
//! The evaluator asks a [`World`]; nothing else in the library touches the operating system. The crate knows no Nix values
//! and words no headlines: callers make those from [`WorldError`].

#[cfg(not(target_family = "wasm"))]
mod bounded;
mod caching;
mod layer;
mod memory;
#[cfg(not(target_family = "wasm"))]
mod os;
pub mod path;
#[cfg(not(target_family = "wasm"))]
mod physical_memory;
#[cfg(target_os = "linux")]
mod plain_file;
mod resolve;
mod world;

#[cfg(not(target_family = "wasm"))]
pub use bounded::read_bounded;
pub use caching::CachingWorld;
pub use layer::WorldLayer;
pub use memory::{Emitted, MemoryWorld};
#[cfg(not(target_family = "wasm"))]
pub use os::OsWorld;
pub use resolve::{SymlinkMode, resolve_symlinks};
pub use world::{
    DirectoryEntry, EntryKind, MessageKind, Metadata, Progress, World, WorldError, build_system,
};
