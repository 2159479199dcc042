//! The heap: the value word, the layouts of objects, the allocator and the collector.
//!
//! A [`Value`] is one word. New objects are placed in a nursery by bumping a pointer; a minor
//! collection moves those that are alive to the old space, where they stay. A major collection marks
//! the old space and gives empty regions back to the system. Collection is precise and happens only
//! when the machine asks for it between two instructions. Debug builds walk over the heap after
//! collections and check it.
//!
//! The lifetime of a value is a brand: native code is handed values that live for one step of the
//! machine, and cannot keep them beyond it, since a collection may follow. Only the machine holds
//! `Value<'static>`, and only in places that it traces.
//!
//! Nothing here knows bytecode, names beyond their numbers, or what a value means.

mod allocator;
mod attrs;
mod break_segment;
mod census;
mod collect;
mod heap;
mod huge_page;
mod layout;
mod nursery;
mod objects;
mod reserve;
mod shapes;
mod small_blocks;
mod space;
mod system;
mod value;
#[cfg(debug_assertions)]
mod verify;

pub use allocator::Allocator;
pub use attrs::{Attrs, FlatAttrs, ShapeEntry};
pub use census::{Census, Made};
pub use collect::{Roots, Tracer};
pub use heap::{Copying, Growth, Heap, HeapConfig, HeapStatistics, StressMode};
pub use layout::Kind;
pub use objects::{StringRef, Thunk, ThunkState};
pub use value::{Builtin, Value, View};
