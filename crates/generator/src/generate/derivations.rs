//! Derivations.

use super::Generator;
use crate::node::{Node, tight};
use crate::types::Type;

impl Generator {
    pub(super) fn plain_derivation(&mut self) -> Node {
        let name = self.random.pick(&["one", "two-1.0", "three"]);
        Node::new(tight::APPLY)
            .text(format!("derivation {{ name = \"{name}\"; system = \"s\"; builder = \"b\"; }}"))
    }

    pub(super) fn derivation(&mut self, depth: u32) -> Node {
        match self.random.below(8) {
            0 => {
                let base = self.expression(&Type::Derivation, depth);
                let fields = self.fields();
                let start = Node::new(tight::ATOM).text("{ ");
                let set = fields.into_iter().fold(start, |set, name| {
                    let ty = Type::data(&mut self.random, 1);
                    let value = self.expression(&ty, depth);
                    set.open(Self::binding(name, value))
                });
                Self::update(base, set.text("}"))
            }
            1 => {
                let many = self.derivation_call(depth, "outputs = [ \"out\" \"dev\" ]; ");
                Node::select(many, self.random.pick(&["dev", "out"]))
            }
            2 => self.derivation_call(depth, "__structuredAttrs = true; "),
            3 => self.derivation_call(depth, "__ignoreNulls = true; n = null; "),
            4 => self.derivation_call(
                depth,
                "outputHash = \"0000000000000000000000000000000000000000000000000000000000000000\"; outputHashAlgo = \"sha256\"; ",
            ),
            _ => self.derivation_call(depth, ""),
        }
    }

    fn derivation_call(&mut self, depth: u32, special: &'static str) -> Node {
        let mut set = Node::new(tight::ATOM).text("{ name = \"drv\"; system = \"s\"; ");
        set = set.text("builder = ").open(self.textual(depth)).text("; ").text(special);
        for name in self.names(&["a", "b", "k", "v", "y"], 3) {
            let ty = self.environment_type();
            let value = self.expression(&ty, depth);
            set = set.open(Self::binding(name, value));
        }
        if self.random.chance(30) {
            let arguments = self.expression(&Type::list(Type::Text), depth);
            set = set.open(Self::binding("args", arguments));
        }
        Node::call("derivation", [set.text("}")])
    }

    fn textual(&mut self, depth: u32) -> Node {
        let ty = self.random.pick(&[Type::Text, Type::Path, Type::Derivation].each_ref()).clone();
        self.expression(&ty, depth)
    }

    fn environment_type(&mut self) -> Type {
        match self.random.below(8) {
            0..3 => Type::Text,
            3 => Type::Derivation,
            4 => Type::Int,
            5 => Type::list(Type::Text),
            6 => Type::Bool,
            _ => Type::Path,
        }
    }
}
