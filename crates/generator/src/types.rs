//! The types that the generator thinks in; the language has none.

use crate::names::FIELDS;
use crate::random::Random;

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Type {
    Int,
    Float,
    Bool,
    Null,
    Text,
    Path,
    List(Box<Type>),
    /// A set with these attributes.
    Record(Vec<(&'static str, Type)>),
    /// A set of which only the type of the values is known.
    Dictionary(Box<Type>),
    Function(Box<Type>, Box<Type>),
    Derivation,
}

impl Type {
    pub(crate) fn list(element: Type) -> Type {
        Type::List(Box::new(element))
    }

    pub(crate) fn dictionary(element: Type) -> Type {
        Type::Dictionary(Box::new(element))
    }

    pub(crate) fn function(argument: Type, result: Type) -> Type {
        Type::Function(Box::new(argument), Box::new(result))
    }

    /// A type of values that have an order.
    pub(crate) fn ordered(random: &mut Random) -> Type {
        match random.below(8) {
            0..3 => Type::Int,
            3 => Type::Float,
            4..6 => Type::Text,
            6 => Type::Path,
            _ => Type::list(Type::Int),
        }
    }

    /// A type without functions.
    pub(crate) fn data(random: &mut Random, depth: u32) -> Type {
        match random.below(if depth == 0 { 6 } else { 10 }) {
            0 | 1 => Type::Int,
            2 => Type::Text,
            3 => Type::Bool,
            4 => random.pick(&[Type::Float, Type::Null].each_ref()).clone(),
            5 => random.pick(&[Type::Text, Type::Path].each_ref()).clone(),
            6 | 7 => Type::list(Type::data(random, depth - 1)),
            8 => Type::dictionary(Type::data(random, depth - 1)),
            _ => Type::record(random, |random| Type::data(random, depth - 1)),
        }
    }

    /// Any type.
    pub(crate) fn any(random: &mut Random, depth: u32) -> Type {
        match random.below(if depth == 0 { 6 } else { 12 }) {
            0..8 => Type::data(random, depth),
            8 => Type::list(Type::any(random, depth - 1)),
            9 => Type::function(Type::any(random, depth - 1), Type::any(random, depth - 1)),
            10 => Type::record(random, |random| Type::any(random, depth - 1)),
            _ => random.pick(&[Type::Derivation, Type::Text].each_ref()).clone(),
        }
    }

    pub(crate) fn record(random: &mut Random, mut field: impl FnMut(&mut Random) -> Type) -> Type {
        let mut fields: Vec<(&'static str, Type)> = Vec::new();
        for _ in 0..1 + random.below(4) {
            let name = random.pick(FIELDS);
            if fields.iter().all(|(other, _)| *other != name) {
                fields.push((name, field(random)));
            }
        }
        Type::Record(fields)
    }

    /// Whether the value can be made a string by interpolation.
    pub(crate) fn is_textual(&self) -> bool {
        matches!(self, Type::Text | Type::Path | Type::Derivation)
    }
}
