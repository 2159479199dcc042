//! Integers and floats.

use super::Generator;
use crate::node::{Node, tight};
use crate::types::Type;

impl Generator {
    pub(super) fn int(&mut self, depth: u32) -> Node {
        match self.random.below(20) {
            0..3 => self.int_literal(),
            3..7 => self.arithmetic(&Type::Int, &Type::Int, depth),
            7 => {
                let operand = self.expression(&Type::Int, depth);
                Node::new(tight::NEGATE).text("-").part(operand, tight::APPLY)
            }
            8 => {
                let list = self.some_list(depth);
                Node::call("builtins.length", [list])
            }
            9 => {
                let text = self.expression(&Type::Text, depth);
                Node::call("builtins.stringLength", [text])
            }
            10 => self.named_arithmetic(&Type::Int, depth),
            11 => {
                let function = self.random.pick(&["builtins.bitAnd", "builtins.bitOr", "builtins.bitXor"]);
                self.call_on(function, &[Type::Int, Type::Int], depth)
            }
            12 => {
                let function = self.random.pick(&["builtins.ceil", "builtins.floor"]);
                self.call_on(function, &[Type::Float], depth)
            }
            13 | 14 => self.sum(depth),
            15 => self.call_on("builtins.compareVersions", &[Type::Text, Type::Text], depth),
            16 => {
                let number = self.expression(&Type::Int, depth);
                Node::call("builtins.fromJSON", [Node::call("toString", [number])])
            }
            17 => self.even_odd(depth),
            18 => self.accumulation(depth),
            _ => self.countdown(depth),
        }
    }

    pub(super) fn float(&mut self, depth: u32) -> Node {
        match self.random.below(7) {
            0 | 1 => self.arithmetic(&Type::Float, &Type::Float, depth),
            2 => self.arithmetic(&Type::Float, &Type::Int, depth),
            3 => self.arithmetic(&Type::Int, &Type::Float, depth),
            4 => self.named_arithmetic(&Type::Float, depth),
            5 => {
                let literal = self.random.pick(&["1.5", "-0.25", "1e3", "2.0", "12E-2"]);
                Node::call("builtins.fromJSON", [Node::atom(format!("\"{literal}\""))])
            }
            _ => self.leaf(&Type::Float),
        }
    }

    fn arithmetic(&mut self, left: &Type, right: &Type, depth: u32) -> Node {
        let (left, right) = (self.expression(left, depth), self.expression(right, depth));
        let (level, operator) = self.random.pick(&[
            (tight::ADD, " + "),
            (tight::ADD, " - "),
            (tight::MULTIPLY, " * "),
            (tight::MULTIPLY, " / "),
        ]);
        Node::binary(level, (left, level), operator, (right, level + 1))
    }

    fn named_arithmetic(&mut self, ty: &Type, depth: u32) -> Node {
        let function =
            self.random.pick(&["builtins.add", "builtins.sub", "builtins.mul", "builtins.div", "__sub"]);
        self.call_on(function, &[ty.clone(), ty.clone()], depth)
    }

    fn sum(&mut self, depth: u32) -> Node {
        let element = Type::data(&mut self.random, 1);
        let function = self.lambda2(&Type::Int, &element, |this| this.expression(&Type::Int, depth));
        let start = self.expression(&Type::Int, depth);
        let list = self.expression(&Type::list(element), depth);
        Node::call("builtins.foldl'", [function, start, list])
    }

    /// Two functions that call each other.
    fn even_odd(&mut self, depth: u32) -> Node {
        let (yes, no) = (self.expression(&Type::Int, depth), self.expression(&Type::Int, depth));
        let count = self.bulk();
        Node::new(tight::OPEN)
            .text("let even = n: if n == 0 then ")
            .open(yes)
            .text(" else odd (n - 1); odd = n: if n == 0 then ")
            .open(no)
            .text(format!(" else even (n - 1); in even {count}"))
    }

    /// A loop with an accumulator that is evaluated at the end, or in every step.
    fn accumulation(&mut self, depth: u32) -> Node {
        let count = self.bulk();
        let step =
            self.within(&[("n", Type::Int), ("s", Type::Int)], |this| this.expression(&Type::Int, depth));
        let next = self.random.pick(&["go t (n - 1)", "builtins.seq t (go t (n - 1))", "go (t - n) (n - 1)"]);
        Node::new(tight::OPEN)
            .text("let go = s: n: if n == 0 then s else let t = s + builtins.bitAnd 15 (")
            .open(step)
            .text(format!("); in {next}; in go 0 {count}"))
    }

    /// A function that calls itself with a smaller number.
    fn countdown(&mut self, depth: u32) -> Node {
        let end = self.expression(&Type::Int, depth);
        let step = self.within(&[("n", Type::Int)], |this| this.expression(&Type::Int, depth));
        let again = Node::call("go", [Node::atom("(n - 1)")]);
        let (left, right) = if self.random.chance(50) { (again, step) } else { (step, again) };
        let sum = Node::binary(tight::ADD, (left, tight::ADD), " + ", (right, tight::MULTIPLY));
        let start = self.random.below(6);
        let body = Node::new(tight::OPEN).text("if n <= 0 then ").open(end).text(" else ").open(sum);
        Node::new(tight::OPEN).text("let go = n: ").open(body).text(format!("; in go {start}"))
    }
}
