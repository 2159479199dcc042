//! Pure algorithms of the builtins, over bytes and plain data: no evaluator, no heap, no machine.

mod float_powers;
pub mod json_float;
pub mod json_read;
pub mod json_write;
pub mod regex;
pub mod toml;
pub mod versions;
pub mod xml_write;
