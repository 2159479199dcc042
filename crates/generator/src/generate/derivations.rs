//! Derivations.

use super::Generator;
use crate::node::{Node, tight};
use crate::types::Type;

/// Attributes that derivations treat in a way of their own, some of them with values that they refuse.
const SPECIAL: &[&str] = &[
    "__structuredAttrs = true; ",
    "__structuredAttrs = true; outputs = [ \"out\" \"dev\" ]; ",
    "__structuredAttrs = false; ",
    "__ignoreNulls = true; n = null; ",
    "__ignoreNulls = false; n = null; ",
    "outputHash = \"0000000000000000000000000000000000000000000000000000000000000000\"; outputHashAlgo = \"sha256\"; ",
    "outputHash = \"da39a3ee5e6b4b0d3255bfef95601890afd80709\"; outputHashAlgo = \"sha1\"; outputHashMode = \"recursive\"; ",
    "outputHash = \"sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\"; outputHashMode = \"flat\"; ",
    "outputHash = \"1b8m03r63zqhnjf7l5wnldhh7c134ap5vpj0850ymkq1iyzicy5s\"; outputHashAlgo = \"sha256\"; ",
    "outputHash = \"00\"; outputHashAlgo = \"sha256\"; ",
    "outputHash = \"da39a3ee5e6b4b0d3255bfef95601890afd80709\"; outputHashAlgo = \"sha1\"; outputs = [ \"out\" \"dev\" ]; ",
    "outputs = [ \"dev\" ]; ",
    "outputs = [ \"out\" \"out\" ]; ",
    "outputs = [ ]; ",
    "passAsFile = [ \"a\" ]; preferLocalBuild = true; ",
    "out = \"replaced\"; ",
    "allowedReferences = [ ]; ",
];

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
            2..5 => {
                let special = self.random.pick(SPECIAL);
                self.derivation_call(depth, special)
            }
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
