//! Lists.

use super::Generator;
use crate::node::{Node, tight};
use crate::types::Type;

impl Generator {
    /// A list of something.
    pub(super) fn some_list(&mut self, depth: u32) -> Node {
        let element = self.any_type();
        self.expression(&Type::list(element), depth)
    }

    pub(super) fn list(&mut self, element: &Type, depth: u32) -> Node {
        let list = || Type::list(element.clone());
        match self.random.below(26) {
            0..5 => self.list_literal(element, depth),
            5..7 => {
                let (left, right) = (self.expression(&list(), depth), self.expression(&list(), depth));
                Node::binary(tight::CONCAT, (left, tight::HAS), " ++ ", (right, tight::CONCAT))
            }
            7..10 => self.mapped(element, depth),
            10 | 11 => {
                let test = self.expression(&Type::function(element.clone(), Type::Bool), depth);
                let from = self.expression(&list(), depth);
                Node::call("builtins.filter", [test, from])
            }
            12 => {
                let function = self.expression(&Type::function(Type::Int, element.clone()), depth);
                let count = self.leaf_count();
                Node::call("builtins.genList", [function, count])
            }
            13 => self.sorted(element, depth),
            14 => self.call_on("builtins.concatLists", &[Type::list(list())], depth),
            15 => {
                let from = Type::data(&mut self.random, 1);
                let function = self.expression(&Type::function(from.clone(), list()), depth);
                let source = self.expression(&Type::list(from), depth);
                Node::call("builtins.concatMap", [function, source])
            }
            16 => self.call_on("builtins.attrValues", &[Type::dictionary(element.clone())], depth),
            17 => self.call_on("builtins.tail", &[list()], depth),
            18 => {
                let record = Type::list(Type::Record(vec![("v", element.clone())]));
                let sets = self.expression(&record, depth);
                Node::call("builtins.catAttrs", [Node::atom("\"v\""), sets])
            }
            19 => {
                let test = self.expression(&Type::function(element.clone(), Type::Bool), depth);
                let parts = Node::call("builtins.partition", [test, self.expression(&list(), depth)]);
                Node::select(parts, self.random.pick(&["right", "wrong"]))
            }
            20 => {
                // A list that is built up.
                let function = self.lambda2(&list(), element, |this| this.expression(&list(), depth));
                let start = self.expression(&list(), depth);
                let from = self.expression(&list(), depth);
                Node::call("builtins.foldl'", [function, start, from])
            }
            21 if *element == Type::Text => self.texts(depth),
            22 => self.closure(element, depth),
            23 | 24 => self.bulk_list(element, depth),
            _ => self.leaf(&list()),
        }
    }

    fn list_literal(&mut self, element: &Type, depth: u32) -> Node {
        let count = self.random.below(4);
        let elements: Vec<Node> = (0..count).map(|_| self.expression(element, depth)).collect();
        Self::list_of(elements)
    }

    /// A number of repetitions that makes memory move.
    pub(super) fn bulk(&mut self) -> usize {
        self.random.pick(&[9, 17, 33, 70, 130, 300])
    }

    /// Many elements, in one go or one after the other.
    fn bulk_list(&mut self, element: &Type, depth: u32) -> Node {
        let value = self.within(&[("n", Type::Int)], |this| this.expression(element, depth));
        let count = self.bulk();
        let node = Node::new(tight::APPLY);
        match self.random.below(3) {
            0 => node.text("builtins.genList (n: ").open(value).text(format!(") {count}")),
            1 => node
                .text("builtins.foldl' (l: n: l ++ [ (")
                .open(value)
                .text(format!(") ]) [ ] (builtins.genList (n: n) {count})")),
            _ => node
                .text("builtins.concatMap (n: [ (")
                .open(value)
                .text(format!(") ]) (builtins.sort (p: q: q < p) (builtins.genList (n: builtins.bitAnd (n * 7919) 255) {count}))")),
        }
    }

    fn mapped(&mut self, element: &Type, depth: u32) -> Node {
        let from = Type::data(&mut self.random, 1);
        let function = self.expression(&Type::function(from.clone(), element.clone()), depth);
        let source = self.expression(&Type::list(from), depth);
        Node::call("map", [function, source])
    }

    fn sorted(&mut self, element: &Type, depth: u32) -> Node {
        let order = match element {
            Type::Int | Type::Float | Type::Text if self.random.chance(50) => Node::atom("builtins.lessThan"),
            Type::Int | Type::Float | Type::Text | Type::Path => Node::atom("(p: q: q < p)"),
            _ => Node::atom("(p: q: builtins.toJSON p < builtins.toJSON q)"),
        };
        let list = self.expression(&Type::list(element.clone()), depth);
        Node::call("builtins.sort", [order, list])
    }

    fn texts(&mut self, depth: u32) -> Node {
        match self.random.below(3) {
            0 => Node::call("builtins.attrNames", [self.some_set(depth)]),
            1 => {
                let (pattern, text) = (self.regex(), self.expression(&Type::Text, depth));
                Node::call(
                    "builtins.filter",
                    [Node::atom("builtins.isString"), Node::call("builtins.split", [pattern, text])],
                )
            }
            _ => self.call_on("builtins.splitVersion", &[Type::Text], depth),
        }
    }

    /// What is reached from a few keys.
    fn closure(&mut self, element: &Type, depth: u32) -> Node {
        let value = self.within(&[("n", Type::Int)], |this| this.expression(element, depth));
        let step = self.random.pick(&["builtins.div n 2", "n - 3", "n"]);
        let start = self.random.below(12);
        let item = |key: String| format!("(i {key})");
        let (first, next) = (item(start.to_string()), item(format!("({step})")));
        let closure = Node::new(tight::APPLY)
            .text(format!("builtins.genericClosure {{ startSet = [ {first} ]; operator = {{ key, ... }}: let n = key; in if n <= 0 then [ ] else [ {next} ]; }}"));
        Node::new(tight::OPEN)
            .text("let i = n: { key = n; v = ")
            .open(value)
            .text("; }; in map (e: e.v) (")
            .part(closure.fixed_role(), tight::OPEN)
            .text(")")
    }
}
