//! Truth values.

use super::Generator;
use crate::names::{FIELDS, KEYS};
use crate::node::{Node, tight};
use crate::types::Type;

const TESTS: &[&str] = &[
    "builtins.isInt",
    "builtins.isFloat",
    "builtins.isString",
    "builtins.isBool",
    "builtins.isPath",
    "builtins.isAttrs",
    "builtins.isList",
    "builtins.isFunction",
    "isNull",
    "builtins.isNull",
];

impl Generator {
    pub(super) fn boolean(&mut self, depth: u32) -> Node {
        match self.random.below(16) {
            0..2 => self.connective(depth),
            2 => {
                let operand = self.expression(&Type::Bool, depth);
                Node::new(tight::NOT).text("!").part(operand, tight::NOT)
            }
            3..6 => self.equality(depth),
            6 | 7 => self.ordering(depth),
            8 => self.has_attribute(depth),
            9 => {
                let test = self.random.pick(TESTS);
                let ty = self.any_type();
                self.call_on(test, &[ty], depth)
            }
            10 => {
                let ty = Type::data(&mut self.random, 1);
                self.call_on("builtins.elem", &[ty.clone(), Type::list(ty)], depth)
            }
            11 | 12 => self.quantifier(depth),
            13 => {
                let ty = self.any_type();
                let attempt = self.call_on("builtins.tryEval", &[ty], depth);
                Node::select(attempt, "success")
            }
            14 => match self.random.below(3) {
                0 => self.call_on("builtins.pathExists", &[Type::Path], depth),
                1 => self.call_on("builtins.hasContext", &[Type::Text], depth),
                _ => {
                    let ty = Type::ordered(&mut self.random);
                    self.call_on("builtins.lessThan", &[ty.clone(), ty], depth)
                }
            },
            _ => self.leaf(&Type::Bool),
        }
    }

    fn connective(&mut self, depth: u32) -> Node {
        let (left, right) = (self.expression(&Type::Bool, depth), self.expression(&Type::Bool, depth));
        match self.random.below(3) {
            0 => Node::binary(tight::AND, (left, tight::AND), " && ", (right, tight::EQUAL)),
            1 => Node::binary(tight::OR, (left, tight::OR), " || ", (right, tight::AND)),
            _ => Node::binary(tight::IMPLY, (left, tight::OR), " -> ", (right, tight::IMPLY)),
        }
    }

    fn equality(&mut self, depth: u32) -> Node {
        let ty = self.any_type();
        let (left, right) = (self.expression(&ty, depth), self.expression(&ty, depth));
        let operator = self.random.pick(&[" == ", " != "]);
        Node::binary(tight::EQUAL, (left, tight::LESS), operator, (right, tight::LESS))
    }

    fn ordering(&mut self, depth: u32) -> Node {
        let ty = Type::ordered(&mut self.random);
        let (left, right) = (self.expression(&ty, depth), self.expression(&ty, depth));
        let operator = self.random.pick(&[" < ", " <= ", " > ", " >= "]);
        Node::binary(tight::LESS, (left, tight::UPDATE), operator, (right, tight::UPDATE))
    }

    fn has_attribute(&mut self, depth: u32) -> Node {
        let name = if self.random.chance(70) { self.random.pick(FIELDS) } else { self.random.pick(KEYS) };
        let set = self.some_set(depth);
        match self.random.below(4) {
            0 => {
                let quoted = if name.starts_with('"') { name.to_owned() } else { format!("\"{name}\"") };
                Node::call("builtins.hasAttr", [Node::atom(quoted), set])
            }
            1 => {
                let second = self.random.pick(FIELDS);
                Node::new(tight::HAS).part(set, tight::NEGATE).text(format!(" ? {name}.{second}"))
            }
            2 => {
                let dynamic = self.expression(&Type::Text, depth);
                Node::new(tight::HAS).part(set, tight::NEGATE).text(" ? ${").open(dynamic).text("}")
            }
            _ => Node::new(tight::HAS).part(set, tight::NEGATE).text(format!(" ? {name}")),
        }
    }

    fn quantifier(&mut self, depth: u32) -> Node {
        let element = Type::data(&mut self.random, 1);
        let test = self.expression(&Type::function(element.clone(), Type::Bool), depth);
        let list = self.expression(&Type::list(element), depth);
        Node::call(self.random.pick(&["builtins.any", "builtins.all"]), [test, list])
    }
}
