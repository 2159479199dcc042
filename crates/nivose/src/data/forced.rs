//! Deeply evaluated values of the heap, read within one step of the machine.

use nivose_base::{DiagnosticId, Pos};
use nivose_heap::{ShapeEntry, Value, View};
use nivose_machine::{Shared, sorted_names};

use super::de::{Look, Node};
use crate::diagnostic::{Diagnostic, Location, Result};

/// A deeply evaluated value and the place of its attribute.
#[derive(Clone, Copy)]
pub(crate) struct Forced<'a, 'h> {
    shared: &'a Shared,
    value: Value<'h>,
    pos: Pos,
}

impl<'a, 'h> Forced<'a, 'h> {
    pub fn new(shared: &'a Shared, value: Value<'h>) -> Self {
        Forced { shared, value, pos: Pos::NONE }
    }

    fn within(self, value: Value<'h>, pos: Pos) -> Self {
        Forced { shared: self.shared, value, pos }
    }
}

impl Node for Forced<'_, '_> {
    fn look(&self) -> Result<Look<Self>> {
        Ok(match self.value.resolved().view() {
            View::Null => Look::Null,
            View::Bool(value) => Look::Bool(value),
            View::Int(value) => Look::Int(value),
            View::Float(value) => Look::Float(value),
            View::String(text) => Look::Text(text.bytes().to_vec()),
            View::Path(path) => Look::Text(path.to_vec()),
            View::List(list) => Look::List(list.iter().map(|&value| self.within(value, self.pos)).collect()),
            View::Attrs(set) => {
                let names = sorted_names(&self.shared.symbols, set);
                let attribute = |ShapeEntry { name, .. }| {
                    let pos = set.position_of(name).unwrap_or(self.pos);
                    Some((self.shared.symbols.text(name).into_owned(), self.within(set.get(name)?, pos)))
                };
                Look::Attrs(names.into_iter().filter_map(attribute).collect())
            }
            View::Closure(_) | View::Builtin(_) | View::Partial { .. } => Look::Function,
            View::Thunk(_) | View::Internal => {
                return Err(Diagnostic::new(DiagnosticId::Internal, "an argument that is not evaluated"));
            }
        })
    }

    fn location(&self) -> Option<Location> {
        Location::of(&self.shared.sources, self.pos)
    }
}
