//! The simplest expressions of each type.

use super::Generator;
use crate::names::KEYS;
use crate::node::{Node, tight};
use crate::types::Type;

/// Integers, mostly small, and those at which representations change.
const INTEGERS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "4",
    "5",
    "7",
    "10",
    "42",
    "100",
    "255",
    "65536",
    "2147483647",
    "2147483648",
    "4294967296",
    "1152921504606846975",
    "1152921504606846976",
    "2305843009213693951",
    "2305843009213693952",
    "4611686018427387903",
    "4611686018427387904",
    "9007199254740993",
    "9223372036854775806",
    "9223372036854775807",
];

const FLOATS: &[&str] = &[
    "0.0",
    "1.0",
    "0.5",
    "1.5",
    "2.25",
    "3.14159",
    "100.0",
    ".25",
    "5.",
    "1.e2",
    "0.1",
    "1.0e-7",
    "1234567.0",
    "0.30000000000000004",
    "1.0e10",
    "1.5e-5",
    "123456.75",
    "1.0e100",
    "2.5e300",
];

/// Strings as they are written between double quotes.
const STRINGS: &[&str] = &[
    "",
    "a",
    "b",
    "abc",
    "foo",
    "foo-1.2.3",
    "1.0",
    "2.0pre1",
    "x y  z",
    "a/b/c",
    "/etc",
    "é",
    "\\n",
    "a\\tb",
    "\\${x}",
    "$$",
    "$",
    "\\\\",
    "\\\"q\\\"",
    "a,b,,c",
    "42",
    "-7",
    "true",
    "[1, {\\\"a\\\": null}]",
    "0123456789abcdef",
    "a\\rb",
    "\\$\\{",
    "A b",
    "name-1.2-rc3",
    "1.10a",
    "..",
    "-",
    "aab\\nba",
    "<&>",
];

const PATHS: &[&str] = &[
    "./.",
    "./text",
    "./folder",
    "./folder/default.nix",
    "./missing",
    "/nowhere/x",
    "./a/../text",
    "./folder/..",
];

impl Generator {
    /// A variable or a literal.
    pub(super) fn leaf(&mut self, ty: &Type) -> Node {
        if self.random.chance(60)
            && let Some(found) = self.variable_of(ty)
        {
            return found;
        }
        match ty {
            Type::Int => self.int_literal(),
            Type::Float => Node::atom(self.random.pick(FLOATS)),
            Type::Bool => Node::atom(self.random.pick(&["true", "false"])),
            Type::Null => Node::atom("null"),
            Type::Text => Node::atom(format!("\"{}\"", self.random.pick(STRINGS))),
            Type::Path => Node::atom(self.random.pick(PATHS)),
            Type::List(element) => self.leaf_list(element),
            Type::Record(fields) => self.leaf_record(fields),
            Type::Dictionary(element) => self.leaf_dictionary(element),
            Type::Function(_, result) => {
                let body = self.leaf(result);
                Node::new(tight::OPEN).text("_: ").open(body)
            }
            Type::Derivation => self.plain_derivation(),
        }
    }

    fn variable_of(&mut self, ty: &Type) -> Option<Node> {
        let found: Vec<&'static str> = self
            .scope
            .visible()
            .iter()
            .filter(|variable| variable.ty == *ty)
            .map(|variable| variable.name)
            .collect();
        (!found.is_empty()).then(|| Node::atom(self.random.pick(&found)))
    }

    pub(super) fn int_literal(&mut self) -> Node {
        let most = if self.random.chance(85) { 9 } else { INTEGERS.len() };
        let literal = Node::atom(INTEGERS[self.random.below(most)]);
        if self.random.chance(15) {
            Node::new(tight::NEGATE).text("-").part(literal, tight::APPLY)
        } else {
            literal
        }
    }

    pub(super) fn literal_text(&mut self) -> &'static str {
        self.random.pick(STRINGS)
    }

    fn leaf_list(&mut self, element: &Type) -> Node {
        let count = self.random.below(3);
        let elements: Vec<Node> = (0..count).map(|_| self.leaf(element)).collect();
        Self::list_of(elements)
    }

    fn leaf_record(&mut self, fields: &[(&'static str, Type)]) -> Node {
        let start = Node::new(tight::ATOM).text("{ ");
        let set = fields.iter().fold(start, |set, (name, ty)| {
            let value = self.leaf(ty);
            set.open(Self::binding(name, value))
        });
        set.text("}")
    }

    fn leaf_dictionary(&mut self, element: &Type) -> Node {
        let names = self.names(KEYS, 2);
        let set = names.into_iter().fold(Node::new(tight::ATOM).text("{ "), |set, name| {
            let value = self.leaf(element);
            set.open(Self::binding(name, value))
        });
        set.text("}")
    }

    /// A list of elements, each of which may be left out.
    pub(super) fn list_of(elements: Vec<Node>) -> Node {
        let start = Node::new(tight::ATOM).text("[ ");
        let item = |element| Node::item().part(element, tight::SELECT).text(" ");
        elements.into_iter().fold(start, |list, element| list.open(item(element))).text("]")
    }
}
