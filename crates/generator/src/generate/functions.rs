//! Functions, and calls of builtins with arguments of given types.

use super::Generator;
use crate::names::FIELDS;
use crate::node::{Node, Role, tight};
use crate::types::Type;

impl Generator {
    /// A builtin, applied to arguments of the given types.
    pub(super) fn call_on(&mut self, function: &'static str, types: &[Type], depth: u32) -> Node {
        let arguments: Vec<Node> = types.iter().map(|ty| self.expression(ty, depth)).collect();
        Node::call(function, arguments)
    }

    pub(super) fn function(&mut self, argument: &Type, result: &Type, depth: u32) -> Node {
        match (argument, self.random.below(12)) {
            (Type::Record(fields), 0..7) => self.pattern_lambda(fields, result, depth),
            (Type::Int, 0) if *result == Type::Int => {
                let builtin =
                    self.random.pick(&["builtins.add", "builtins.sub", "builtins.mul", "builtins.bitOr"]);
                self.call_on(builtin, &[Type::Int], depth)
            }
            (_, 1) if *result == Type::Bool => Node::atom(self.random.pick(&[
                "builtins.isInt",
                "builtins.isString",
                "builtins.isAttrs",
                "isNull",
            ])),
            (_, 2) if *result == Type::Text && argument.is_textual() => Node::atom("toString"),
            (_, 3) => self.functor(argument, result, depth),
            (_, 4) => {
                // A composition.
                let middle = Type::data(&mut self.random, 1);
                let first = self.expression(&Type::function(argument.clone(), middle.clone()), depth);
                let second = self.expression(&Type::function(middle, result.clone()), depth);
                Node::call("(g: f: x: g (f x))", [second, first])
            }
            (_, 5) => {
                // A function of two arguments that has one.
                let first = Type::data(&mut self.random, 1);
                let function = self.lambda2(&first, argument, |this| this.expression(result, depth));
                let value = self.expression(&first, depth);
                Node::apply(function, [value])
            }
            _ => self.lambda(argument, |this| this.expression(result, depth)),
        }
    }

    fn functor(&mut self, argument: &Type, result: &Type, depth: u32) -> Node {
        let name = self.variable();
        let body = self.within(&[(name, argument.clone())], |this| this.expression(result, depth));
        Node::new(tight::ATOM).text(format!("{{ __functor = self: {name}: ")).open(body).text("; }")
    }

    /// `{ a, b ? …, ... }@args: …`
    pub(super) fn pattern_lambda(
        &mut self,
        fields: &[(&'static str, Type)],
        result: &Type,
        depth: u32,
    ) -> Node {
        let whole = Type::Record(fields.to_vec());
        let named = self.random.below(3);
        let mut bindings: Vec<(&'static str, Type)> = fields.to_vec();
        let extra = self.random.pick(FIELDS);
        let has_extra = self.random.chance(40) && fields.iter().all(|(name, _)| *name != extra);
        if has_extra {
            bindings.push((extra, Type::Int));
        }
        if named != 0 {
            bindings.push(("args", whole));
        }
        let (formals, body) = self.within(&bindings, |this| {
            let formals = this.formals(fields, has_extra.then_some(extra), depth);
            (formals, this.expression(result, depth))
        });
        let start = Node::new(tight::OPEN).text(if named == 1 { "args@{ " } else { "{ " });
        let end = if named == 2 { "}@args: " } else { "}: " };
        start.part(formals, tight::OPEN).text(end).open(body)
    }

    fn formals(&mut self, fields: &[(&'static str, Type)], extra: Option<&'static str>, depth: u32) -> Node {
        let mut formals = Node::fixed();
        for (name, ty) in fields {
            formals = formals.text(*name);
            if self.random.chance(30) {
                let default = self.expression(ty, depth);
                formals = formals.open(Node::item().text(" ? ").open(default));
            }
            formals = formals.text(", ");
        }
        if let Some(extra) = extra {
            let default = self.expression(&Type::Int, depth);
            formals = formals.text(extra).text(" ? ").open(default).text(", ");
        }
        let ellipsis = self.random.chance(50);
        formals.text(if ellipsis { "... " } else { "" })
    }
}

impl Node {
    /// The same, but nothing that may be replaced as a whole.
    pub(crate) fn fixed_role(mut self) -> Node {
        self.role = Role::Fixed;
        self
    }
}
