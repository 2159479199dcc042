//! Programs from seeds.
//!
//! Expressions are made for a type, with the variables in scope; a small part deliberately has another type or
//! fails. Recursion is bounded by construction, so that programs end.

mod booleans;
mod control;
mod derivations;
mod functions;
mod leaves;
mod lists;
mod numbers;
mod sets;
mod strings;
mod templates;

use crate::names::{FIELDS, VARIABLES};
use crate::node::{Node, tight};
use crate::random::Random;
use crate::scope::Scope;
use crate::types::Type;

/// What a program may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Profile {
    /// Everything.
    Full,
    /// What C++ Nix 2.8 has too.
    Nix28,
}

/// The program of a seed.
pub fn program(seed: u64, profile: Profile) -> Node {
    let mut random = Random::new(seed);
    let depth = 2 + random.below(5) as u32;
    let ty = Type::any(&mut random, 2);
    let budget = 20 + random.below(180) as i32;
    let wildness = random.pick(&[0, 0, 5, 20, 20, 60, 150]);
    let mut generator = Generator { random, scope: Scope::default(), profile, budget, traces: 0, wildness };
    generator.expression(&ty, depth)
}

pub(crate) struct Generator {
    random: Random,
    scope: Scope,
    profile: Profile,
    /// Expressions that may still be made before only leaves are.
    budget: i32,
    /// Traces so far, to number them.
    traces: u32,
    /// How many of a thousand expressions fail or have another type.
    wildness: usize,
}

impl Generator {
    /// An expression of a type.
    fn expression(&mut self, ty: &Type, depth: u32) -> Node {
        self.budget -= 1;
        if depth == 0 || self.budget <= 0 {
            return self.leaf(ty);
        }
        if self.random.below(1000) < self.wildness {
            return match self.random.below(10) {
                0..4 => self.failure(depth - 1),
                4..8 => self.of_another_type(depth - 1),
                _ => self.wild_call(depth - 1),
            };
        }
        match self.random.below(200) {
            0..40 => self.reachable(ty, depth - 1).unwrap_or_else(|| self.of_type(ty, depth - 1)),
            40..75 => self.control(ty, depth - 1),
            75..120 => self.template(ty, depth - 1),
            _ => self.of_type(ty, depth - 1),
        }
    }

    fn of_another_type(&mut self, depth: u32) -> Node {
        let ty = Type::any(&mut self.random, 1);
        self.expression(&ty, depth)
    }

    /// A form that only this type has.
    fn of_type(&mut self, ty: &Type, depth: u32) -> Node {
        match ty {
            Type::Int => self.int(depth),
            Type::Float => self.float(depth),
            Type::Bool => self.boolean(depth),
            Type::Null => Node::atom("null"),
            Type::Text => self.string(depth),
            Type::Path => self.path(depth),
            Type::List(element) => self.list(element, depth),
            Type::Record(fields) => self.record(fields, depth),
            Type::Dictionary(element) => self.dictionary(element, depth),
            Type::Function(argument, result) => self.function(argument, result, depth),
            Type::Derivation => self.derivation(depth),
        }
    }

    /// A variable of the type, or something of the type that a variable leads to.
    fn reachable(&mut self, ty: &Type, depth: u32) -> Option<Node> {
        let mut found: Vec<(Node, Option<Type>)> = Vec::new();
        for variable in self.scope.visible() {
            let base = || Node::atom(variable.name);
            if variable.ty == *ty {
                found.push((base(), None));
                found.push((base(), None));
            }
            match &variable.ty {
                Type::Record(fields) => found.extend(
                    fields
                        .iter()
                        .filter(|(_, field)| field == ty)
                        .map(|(name, _)| (Node::select(base(), *name), None)),
                ),
                Type::List(element) if **element == *ty => {
                    found.push((Node::call("builtins.head", [base()]), None))
                }
                Type::Function(argument, result) if **result == *ty => {
                    found.push((base(), Some((**argument).clone())));
                }
                Type::Derivation if *ty == Type::Text => found.push((Node::select(base(), "outPath"), None)),
                _ => {}
            }
        }
        let index = self.random.below(found.len());
        let (node, argument) = (!found.is_empty()).then(|| found.swap_remove(index))?;
        Some(match argument {
            Some(argument) => Node::apply(node, [self.expression(&argument, depth)]),
            None => node,
        })
    }

    fn any_type(&mut self) -> Type {
        // What is in scope already is of more use than something new.
        let known: Vec<Type> = self.scope.visible().iter().map(|variable| variable.ty.clone()).collect();
        if known.is_empty() || self.random.chance(60) {
            return Type::any(&mut self.random, 2);
        }
        let index = self.random.below(known.len());
        known[index].clone()
    }

    fn variable(&mut self) -> &'static str {
        self.random.pick(VARIABLES)
    }

    /// A few different names.
    fn names(&mut self, from: &[&'static str], most: usize) -> Vec<&'static str> {
        let mut names: Vec<&'static str> = Vec::new();
        for _ in 0..1 + self.random.below(most) {
            let name = self.random.pick(from);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Makes something in which a variable is bound.
    fn within<R>(&mut self, bindings: &[(&'static str, Type)], make: impl FnOnce(&mut Self) -> R) -> R {
        let outer = self.scope.len();
        for (name, ty) in bindings {
            self.scope.bind(name, ty.clone());
        }
        let made = make(self);
        self.scope.truncate(outer);
        made
    }

    /// A function of one variable whose body `make` makes.
    fn lambda(&mut self, argument: &Type, make: impl FnOnce(&mut Self) -> Node) -> Node {
        let name = self.variable();
        let body = self.within(&[(name, argument.clone())], make);
        Node::new(tight::OPEN).text(format!("{name}: ")).open(body)
    }

    /// A function of two variables.
    fn lambda2(&mut self, first: &Type, second: &Type, make: impl FnOnce(&mut Self) -> Node) -> Node {
        let second = second.clone();
        self.lambda(first, |this| this.lambda(&second, make))
    }

    /// `name = value;`
    fn binding(name: &str, value: Node) -> Node {
        Node::item().text(format!("{name} = ")).open(value).text("; ")
    }

    fn fields(&mut self) -> Vec<&'static str> {
        self.names(FIELDS, 4)
    }
}
