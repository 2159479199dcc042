//! Strings, with and without context, and paths.

use super::{Generator, Profile};
use crate::node::{Node, tight};
use crate::types::Type;

const PATTERNS: &[&str] = &[
    "a",
    "[a-z]+",
    "([a-z]*)(-([0-9.]+))?",
    ".*",
    "(a|ab)(c|bcd)(d*)",
    "[[:space:]]*",
    "x{2,3}",
    "^a.*",
    "(.)(.*)",
];

const HASHES: &[&str] = &["md5", "sha1", "sha256", "sha512"];

impl Generator {
    pub(super) fn string(&mut self, depth: u32) -> Node {
        match self.random.below(28) {
            0..4 => self.quoted(depth),
            4..6 => self.indented(depth),
            6..9 => self.concatenation(depth),
            9 | 10 => {
                let ty = self.printable_type();
                self.call_on("toString", &[ty], depth)
            }
            11 => self.substring(depth),
            12 => self.call_on("builtins.concatStringsSep", &[Type::Text, Type::list(Type::Text)], depth),
            13 => self.replacement(depth),
            14 => {
                let ty = self.any_type();
                self.call_on("builtins.typeOf", &[ty], depth)
            }
            15 => {
                let ty = Type::data(&mut self.random, 2);
                let function = self.random.pick(&["builtins.toJSON", "builtins.toJSON", "builtins.toXML"]);
                self.call_on(function, &[ty], depth)
            }
            16 => {
                let text = self.expression(&Type::Text, depth);
                Node::call(
                    "builtins.hashString",
                    [Node::atom(format!("\"{}\"", self.random.pick(HASHES))), text],
                )
            }
            17 => {
                let function = self.pick_name();
                self.call_on(function, &[Type::Text], depth)
            }
            18 => self.match_group(depth),
            19 => self.call_on("builtins.unsafeDiscardStringContext", &[Type::Text], depth),
            20 => {
                let derivation = self.expression(&Type::Derivation, depth);
                Node::select(derivation, self.random.pick(&["outPath", "drvPath", "name"]))
            }
            21 => self.file_text(depth),
            22 => self.context_round_trip(depth),
            23 => {
                let names = Node::call("builtins.attrNames", [self.some_set(depth)]);
                Node::call("builtins.concatStringsSep", [Node::atom("\",\""), names])
            }
            24 => self.own_text(depth),
            25 => self.bulk_text(depth),
            26 => self.uri(),
            _ => self.leaf(&Type::Text),
        }
    }

    /// A long string, built up.
    fn bulk_text(&mut self, depth: u32) -> Node {
        let piece =
            self.within(&[("n", Type::Int), ("s", Type::Text)], |this| this.expression(&Type::Text, depth));
        let count = self.bulk();
        let cut = self.random.pick(&[
            "s + builtins.substring 0 3 t",
            "builtins.substring 0 3 t + s",
            "\"${builtins.substring 0 90 s}-${builtins.substring 0 3 t}\"",
        ]);
        Node::new(tight::APPLY)
            .text("builtins.foldl' (s: n: let t = ")
            .open(piece)
            .text(format!("; in {cut}) \"\" (builtins.genList (n: n) {count})"))
    }

    fn uri(&mut self) -> Node {
        Node::atom(self.random.pick(&["http://example.org/a?b=c", "x:y", "mailto:a@b.c"]).to_owned() + " ")
    }

    fn pick_name(&mut self) -> &'static str {
        self.random.pick(&[
            "baseNameOf",
            "dirOf",
            "builtins.unsafeDiscardOutputDependency",
            "toString",
            "throw",
            "builtins.placeholder",
        ])
    }

    /// A type whose values `toString` takes.
    fn printable_type(&mut self) -> Type {
        match self.random.below(9) {
            0..3 => Type::Int,
            3 => Type::Float,
            4 => Type::Bool,
            5 => Type::Null,
            6 => Type::list(Type::Int),
            7 => Type::list(Type::list(Type::Text)),
            _ => self.textual_type(),
        }
    }

    fn textual_type(&mut self) -> Type {
        match self.random.below(10) {
            0..8 => Type::Text,
            8 => Type::Derivation,
            _ => Type::Path,
        }
    }

    fn interpolation(&mut self, depth: u32) -> Node {
        let ty = self.textual_type();
        let value = self.expression(&ty, depth);
        Node::item().text("${").open(value).text("}")
    }

    fn quoted(&mut self, depth: u32) -> Node {
        let mut node = Node::new(tight::ATOM).text("\"");
        for _ in 0..1 + self.random.below(3) {
            // A dollar before an interpolation would escape it.
            node = node.text(self.literal_text().trim_end_matches('$')).open(self.interpolation(depth));
        }
        node.text(self.literal_text()).text("\"")
    }

    fn indented(&mut self, depth: u32) -> Node {
        let mut node = Node::new(tight::ATOM).text(self.random.pick(&["''\n", "''", "''  "]));
        for _ in 0..self.random.below(4) {
            let indent = self.random.pick(&["", "  ", "    ", "\t", " \t "]);
            let text = self.random.pick(&[
                "word", "''${x}", "'''", "''\\n", "''\\t", "''\\\\", "''\\${", "''$", "$$", "$x", "a b ", "",
                "\"", "\\", "'x",
            ]);
            node = node.text(indent).open(Node::item().text(text));
            if self.random.chance(40) {
                node = node.text(" ").open(self.interpolation(depth));
            }
            node = node.text(self.random.pick(&["\n", "\n\n", " \n", ""]));
        }
        node.text(self.random.pick(&["''", "  ''"]))
    }

    fn concatenation(&mut self, depth: u32) -> Node {
        let right = self.textual_type();
        let (left, right) = (self.expression(&Type::Text, depth), self.expression(&right, depth));
        Node::binary(tight::ADD, (left, tight::ADD), " + ", (right, tight::MULTIPLY))
    }

    fn substring(&mut self, depth: u32) -> Node {
        let start =
            if self.random.chance(80) { self.leaf_count() } else { self.expression(&Type::Int, depth) };
        let length =
            if self.random.chance(80) { self.leaf_count() } else { self.expression(&Type::Int, depth) };
        let text = self.expression(&Type::Text, depth);
        Node::call("builtins.substring", [start, length, text])
    }

    pub(super) fn leaf_count(&mut self) -> Node {
        Node::atom(self.random.pick(&["0", "1", "2", "3", "5"]))
    }

    fn replacement(&mut self, depth: u32) -> Node {
        let count = self.random.below(3);
        let pick = |this: &mut Self| {
            Node::atom(format!("\"{}\"", this.random.pick(&["", "a", "b", "o", "/", "é", "-1"])))
        };
        let from: Vec<Node> = (0..count).map(|_| pick(self)).collect();
        let to: Vec<Node> =
            (0..count).map(|_| self.expression(&Type::Text, depth.saturating_sub(1))).collect();
        let fixed = |elements: Vec<Node>| {
            let start = Node::new(tight::ATOM).text("[ ");
            elements
                .into_iter()
                .fold(start, |list, element| list.part(element, tight::SELECT).text(" "))
                .text("]")
        };
        let text = self.expression(&Type::Text, depth);
        Node::call("builtins.replaceStrings", [fixed(from), fixed(to), text])
    }

    pub(super) fn pattern(&mut self) -> Node {
        Node::atom(format!("\"{}\"", self.random.pick(PATTERNS)))
    }

    fn match_group(&mut self, depth: u32) -> Node {
        let (pattern, text) = (self.regex(), self.expression(&Type::Text, depth));
        let matched = Node::call("builtins.match", [pattern, text]);
        if self.random.chance(50) {
            return Node::call("builtins.toJSON", [matched]);
        }
        Node::call("toString", [matched])
    }

    fn file_text(&mut self, depth: u32) -> Node {
        match self.random.below(3) {
            0 => Node::atom("builtins.readFile ./text").into_application(),
            1 => {
                let text = self.expression(&Type::Text, depth);
                Node::call("builtins.toFile", [Node::atom("\"file\""), text])
            }
            _ => {
                let path = self.expression(&Type::Path, depth);
                Node::new(tight::ATOM).text("\"${").open(path).text("}\"")
            }
        }
    }

    /// A context taken off and put on again.
    fn context_round_trip(&mut self, depth: u32) -> Node {
        let text = self.expression(&Type::Text, depth);
        let function = Node::atom(
            "(s: builtins.appendContext (builtins.unsafeDiscardStringContext s) (builtins.getContext s))",
        );
        let names = "(s: toString (builtins.attrNames (builtins.getContext s)))";
        let deeper = "(s: builtins.addDrvOutputDependencies s)";
        match self.random.below(if self.profile == Profile::Full { 3 } else { 2 }) {
            0 => Node::apply(function, [text]),
            1 => Node::apply(Node::atom(names), [text]),
            _ => Node::apply(Node::atom(deeper), [text]),
        }
    }

    /// The text of a set that says how it is made one.
    fn own_text(&mut self, depth: u32) -> Node {
        let text = self.expression(&Type::Text, depth);
        let set = match self.random.chance(50) {
            true => Node::new(tight::ATOM).text("{ __toString = self: ").open(text).text("; }"),
            false => Node::new(tight::ATOM).text("{ outPath = ").open(text).text("; }"),
        };
        match self.random.chance(50) {
            true => Node::call("toString", [set]),
            false => Node::new(tight::ATOM).text("\"${").open(set).text("}\""),
        }
    }

    pub(super) fn path(&mut self, depth: u32) -> Node {
        match self.random.below(6) {
            0 => {
                let base = self.expression(&Type::Path, depth);
                let text = self.random.pick(&["\"/x\"", "\"/../y\"", "\".nix\"", "\"\""]);
                Node::binary(tight::ADD, (base, tight::ADD), " + ", (Node::atom(text), tight::MULTIPLY))
            }
            1 => self.call_on("dirOf", &[Type::Path], depth),
            2 => {
                let text = self.expression(&Type::Text, depth);
                Node::new(tight::ATOM).text("./sub/${").open(text).text("}/x")
            }
            _ => self.leaf(&Type::Path),
        }
    }
}

impl Node {
    /// Text that is an application.
    fn into_application(self) -> Node {
        Node::new(tight::APPLY).open(self)
    }
}
