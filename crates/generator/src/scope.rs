//! The variables that an expression may use.

use crate::types::Type;

#[derive(Clone, Debug)]
pub(crate) struct Variable {
    pub(crate) name: &'static str,
    pub(crate) ty: Type,
    /// Whether it comes from a `with`.
    dynamic: bool,
}

/// Variables, the innermost last.
#[derive(Default)]
pub(crate) struct Scope(Vec<Variable>);

impl Scope {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn bind(&mut self, name: &'static str, ty: Type) {
        self.0.push(Variable { name, ty, dynamic: false });
    }

    pub(crate) fn bind_with(&mut self, name: &'static str, ty: Type) {
        self.0.push(Variable { name, ty, dynamic: true });
    }

    /// Lets go of all variables from number `len` on.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }

    /// The variables that are not hidden: `with` never hides what is bound otherwise.
    pub(crate) fn visible(&self) -> Vec<&Variable> {
        let mut seen: Vec<&Variable> = Vec::new();
        let lexical = self.0.iter().rev().filter(|variable| !variable.dynamic);
        let dynamic = self.0.iter().rev().filter(|variable| variable.dynamic);
        for variable in lexical.chain(dynamic) {
            if seen.iter().all(|other| other.name != variable.name) {
                seen.push(variable);
            }
        }
        seen
    }
}
