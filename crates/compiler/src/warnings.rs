//! Warnings about a source.

use nivose_base::{Error, Pos, Symbols};
use nivose_syntax::tree::Tree;

use crate::globals::Globals;

pub(crate) fn find(_tree: &Tree, _globals: &Globals, _symbols: &Symbols, _base: Pos) -> Vec<Error> {
    Vec::new()
}
