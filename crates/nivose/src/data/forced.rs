//! Evaluated values of the heap, read within one step of the machine. Whoever looks at what lies within one has it evaluated
//! before.

use nivose_base::{DiagnosticId, Error, Pos, Symbol};
use nivose_heap::{Attrs, ShapeEntry, Value, View};
use nivose_machine::{Shared, sorted_names};

use super::de::{Look, Node};
use super::failure::{Failure, Result};

/// An evaluated value and the place of its attribute.
#[derive(Clone, Copy)]
pub(crate) struct Forced<'a, 'h> {
    shared: &'a Shared,
    pub value: Value<'h>,
    pos: Pos,
}

impl<'a, 'h> Forced<'a, 'h> {
    pub fn new(shared: &'a Shared, value: Value<'h>, pos: Pos) -> Self {
        Forced { shared, value, pos }
    }

    fn within(self, value: Value<'h>, pos: Pos) -> Self {
        Forced { shared: self.shared, value, pos }
    }

    /// The attributes of a set, by name.
    fn attributes(&self, set: Attrs<'h>) -> Result<Vec<(String, Self)>> {
        let mut attributes = Vec::with_capacity(set.len());
        for ShapeEntry { name, .. } in sorted_names(&self.shared.symbols, set) {
            let pos = set.position_of(name).unwrap_or(self.pos);
            if let Some(value) = set.get(name) {
                attributes.push((self.name(name)?, self.within(value, pos)));
            }
        }
        Ok(attributes)
    }

    fn name(&self, name: Symbol) -> Result<String> {
        let name = self.shared.symbols.bytes(name);
        String::from_utf8(name.to_vec())
            .map_err(|_| Failure::new(format!("'{}' is not valid UTF-8", String::from_utf8_lossy(name))))
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
            View::Attrs(set) => Look::Attrs(self.attributes(set)?),
            View::Closure(_) | View::Builtin(_) | View::Partial { .. } => Look::Function,
            View::Thunk(_) | View::Internal => {
                return Err(Error::new(DiagnosticId::Internal, &[&"a value that is not evaluated"]).into());
            }
        })
    }

    fn pos(&self) -> Pos {
        self.pos
    }
}
