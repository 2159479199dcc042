//! The abstract machine: frames, forcing and calling, the instructions, and the interface for
//! native code.
//!
//! Nothing that a program can nest nests on the native stack: bytecode calls push frames, native
//! code returns [`Step`]s. The machine never sees syntax; it asks a [`FrontEnd`] for code.

pub mod code;
pub mod coerce;
pub mod context;
pub mod equality;
pub mod extensions;
pub mod observe;
pub mod ordering;
pub mod show;

mod archive;
mod attrs;
mod builtin_table;
mod control;
mod counts;
mod dispatch;
mod drive;
mod files;
mod frame;
mod handles;
mod handover;
mod hold;
mod identities;
mod machine;
mod native;
mod operators;
mod roots;
mod scope_memo;
mod settings;
mod shared;
mod steps;
mod store_access;
mod tasks;
mod types;
mod unwind;

pub use nivose_bytecode::instruction::Coerce;

pub use archive::{ArchiveWalk, WalkEntry};
pub use attrs::{byte_order, name_order, sort_attributes, sorted_names};
pub use builtin_table::BuiltinTable;
pub use control::Control;
pub use counts::Counts;
pub use files::INTERNAL_PREFIX;
pub use handles::Handle;
pub use handover::Step;
pub use identities::Identities;
pub use machine::Machine;
pub use native::{BuiltinSpec, Cx, MAX_ARGUMENTS, MOST_RESULTS, NativeFn, Task, Values};
pub use settings::{Lint, Lints, Settings};
pub use shared::{FrontEnd, Imported, Shared, describe};
pub use store_access::{DescriptionRoom, StoreAccess, StoreReference, invalid_path, store_error};
pub use types::{Must, type_error, type_name, type_with_article};
