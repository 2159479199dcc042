//! Pure algorithms of the builtins, over bytes and plain data: no evaluator, no heap, no machine.

pub mod float;
mod float_powers;
pub mod json_read;
pub mod json_write;
pub mod levenshtein;
pub mod regex;
pub mod toml;
pub mod versions;
pub mod xml_write;
