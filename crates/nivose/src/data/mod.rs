//! Values to data of Rust and back, by `serde`.
//!
//! One deserialiser serves values that are evaluated on demand and values that the machine evaluated before. Nix data
//! may nest without limit, data of Rust nests on the native stack: so the depth is bounded.

pub(crate) mod de;
pub(crate) mod failure;
pub(crate) mod forced;
pub(crate) mod lazy;
pub(crate) mod ser;

/// How deep data may nest on its way to or from Rust.
const MAX_DEPTH: u32 = 200;
