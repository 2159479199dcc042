//! The builtins of an evaluation by number: their declarations, and what a call needs of these, side by side.

use nivose_heap::{Builtin, Value};

use crate::native::{BuiltinSpec, MAX_ARGUMENTS, NativeFn};
use crate::types::Must;

/// The builtins by number.
#[derive(Default)]
pub struct BuiltinTable {
    specs: Vec<BuiltinSpec>,
    natives: Vec<Native>,
}

/// What a call of a builtin needs of its declaration, in few bytes.
#[derive(Clone, Copy)]
pub(crate) struct Native {
    pub(crate) run: NativeFn,
    pub(crate) number: u32,
    pub(crate) arity: u8,
    /// A bit for each argument that is forced before.
    strict: u8,
    /// The argument that is forced first.
    first: u8,
}

impl Native {
    /// Whether the argument of a number is forced before the function runs.
    #[inline(always)]
    pub(crate) fn is_strict(&self, argument: usize) -> bool {
        self.strict >> argument & 1 != 0
    }

    /// Whether no other argument is forced before.
    #[inline(always)]
    pub(crate) fn is_first(&self, argument: usize) -> bool {
        usize::from(self.first) == argument
    }
}

impl BuiltinTable {
    /// Adds a builtin and gives its value.
    ///
    /// # Panics
    /// If it takes more than [`MAX_ARGUMENTS`].
    pub fn add(&mut self, spec: BuiltinSpec) -> Value<'static> {
        assert!(spec.arguments.len() <= MAX_ARGUMENTS, "a builtin with too many arguments");
        let number = self.specs.len() as u32;
        let strict = spec.strict.iter().fold(0, |strict, &entry| strict | 1 << Must::of(entry).0);
        let first = spec.strict.first().map_or(0, |&entry| Must::of(entry).0 as u8);
        self.natives.push(Native { run: spec.run, number, arity: spec.arity() as u8, strict, first });
        self.specs.push(spec);
        Value::builtin(Builtin(number))
    }

    /// The declaration of a number.
    pub fn get(&self, number: u32) -> Option<&BuiltinSpec> {
        self.specs.get(number as usize)
    }

    /// What a call of a builtin needs.
    #[inline(always)]
    pub(crate) fn native(&self, number: u32) -> Option<&Native> {
        self.natives.get(number as usize)
    }
}
