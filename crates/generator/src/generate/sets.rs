//! Sets: records with known attributes and dictionaries with known values.

use super::Generator;
use crate::names::{FIELDS, KEYS};
use crate::node::{Node, tight};
use crate::types::Type;

impl Generator {
    /// A set of some kind.
    pub(super) fn some_set(&mut self, depth: u32) -> Node {
        let ty = match self.random.below(8) {
            0 => Type::Derivation,
            1..4 => Type::dictionary(Type::data(&mut self.random, 1)),
            _ => Type::record(&mut self.random, |random| Type::data(random, 1)),
        };
        self.expression(&ty, depth)
    }

    pub(super) fn record(&mut self, fields: &[(&'static str, Type)], depth: u32) -> Node {
        match self.random.below(22) {
            0..5 => self.record_literal(fields, depth),
            5..8 => self.recursive_literal(fields, depth),
            8..11 => self.updated(fields, depth),
            11 => {
                let extra = self.random.pick(FIELDS);
                let set = self.expression(&self.record_with(fields, extra), depth);
                let names = match fields.iter().any(|(name, _)| *name == extra) {
                    true => String::from("[ ]"),
                    false => format!("[ \"{extra}\" \"missing\" ]"),
                };
                Node::call("removeAttrs", [set, Node::atom(names)])
            }
            12 => {
                let names: String = fields.iter().map(|(name, _)| format!("{name} = null; ")).collect();
                let set = self.expression(&Type::Record(fields.to_vec()), depth);
                Node::call("builtins.intersectAttrs", [Node::atom(format!("{{ {names}}}")), set])
            }
            13 => {
                let set = self.expression(&Type::Record(fields.to_vec()), depth);
                Node::call("builtins.mapAttrs", [Node::atom("(_: value: value)"), set])
            }
            14 => self.dynamic_literal(fields, depth),
            15 | 16 => self.overlaid(fields, depth),
            17 => self.inherited(fields, depth),
            19 => self.overridden(fields, depth),
            18 => self.path_literal(fields, depth),
            _ => self.pairs(fields, depth),
        }
    }

    fn record_with(&self, fields: &[(&'static str, Type)], extra: &'static str) -> Type {
        let mut fields = fields.to_vec();
        if fields.iter().all(|(name, _)| *name != extra) {
            fields.push((extra, Type::Int));
        }
        Type::Record(fields)
    }

    fn bindings(&mut self, start: Node, fields: &[(&'static str, Type)], depth: u32) -> Node {
        fields.iter().fold(start, |set, (name, ty)| {
            let value = self.expression(ty, depth);
            set.open(Self::binding(name, value))
        })
    }

    fn record_literal(&mut self, fields: &[(&'static str, Type)], depth: u32) -> Node {
        self.bindings(Node::new(tight::ATOM).text("{ "), fields, depth).text("}")
    }

    /// The attributes see each other; those that come first are used most.
    fn recursive_literal(&mut self, fields: &[(&'static str, Type)], depth: u32) -> Node {
        let outer = self.scope.len();
        let all = self.random.chance(25);
        let mut set = Node::new(tight::ATOM).text("rec { ");
        for (name, ty) in fields.iter().filter(|(_, ty)| all && !matches!(ty, Type::Function(..))) {
            self.scope.bind(name, ty.clone());
        }
        for (name, ty) in fields {
            let value = self.expression(ty, depth);
            set = set.open(Self::binding(name, value));
            self.scope.bind(name, ty.clone());
        }
        self.scope.truncate(outer);
        set.text("}")
    }

    fn updated(&mut self, fields: &[(&'static str, Type)], depth: u32) -> Node {
        let split = self.random.below(fields.len() + 1);
        let (some, others) = match self.random.below(3) {
            0 => (fields.to_vec(), fields[..split].to_vec()),
            1 => (fields[..split].to_vec(), fields.to_vec()),
            _ => (fields[..split].to_vec(), fields[split..].to_vec()),
        };
        let left = self.expression(&Type::Record(some), depth);
        let right = self.expression(&Type::Record(others), depth);
        Self::update(left, right)
    }

    pub(super) fn update(left: Node, right: Node) -> Node {
        Node::binary(tight::UPDATE, (left, tight::NOT), " // ", (right, tight::UPDATE))
    }

    fn dynamic_literal(&mut self, fields: &[(&'static str, Type)], depth: u32) -> Node {
        let mut set = Node::new(tight::ATOM).text(self.random.pick(&["{ ", "rec { "]));
        for (name, ty) in fields {
            let value = self.expression(ty, depth);
            let written = match self.random.below(4) {
                0 => format!("${{\"{name}\"}}"),
                1 => format!("${{\"{name}\" + \"\"}}"),
                2 => format!("\"{name}\""),
                _ => format!("\"${{\"{name}\"}}\""),
            };
            set = set.open(Self::binding(&written, value));
        }
        let nothing = if self.random.chance(20) { "${null} = 1; " } else { "" };
        set.text(nothing).text("}")
    }

    /// The fixed point of a few overlays.
    fn overlaid(&mut self, fields: &[(&'static str, Type)], depth: u32) -> Node {
        let record = Type::Record(fields.to_vec());
        let base = self.record_literal(fields, depth);
        let split = self.random.below(fields.len() + 1);
        let layer =
            self.within(&[("super", record.clone())], |this| this.record_literal(&fields[..split], depth));
        let last = &fields[split.min(fields.len().saturating_sub(1))..];
        let layer2 = self.within(&[("self", Type::Record(fields[..split].to_vec()))], |this| {
            this.record_literal(last, depth)
        });
        let overlays = Node::new(tight::ATOM)
            .text("[ ")
            .open(Node::item().text("(self: super: ").open(layer).text(") "))
            .open(Node::item().text("(self: super: super // ").part(layer2, tight::UPDATE).text(") "))
            .text("]");
        Node::new(tight::OPEN)
            .text("let fix = f: let x = f x; in x; extend = f: o: self: let super = f self; in super // o self super; in fix (builtins.foldl' extend (self: ")
            .open(base)
            .text(") ")
            .part(overlays.fixed_role(), tight::ATOM)
            .text(")")
    }

    fn inherited(&mut self, fields: &[(&'static str, Type)], depth: u32) -> Node {
        let from = self.expression(&Type::Record(fields.to_vec()), depth);
        let names: String = fields.iter().map(|(name, _)| format!(" {name}")).collect();
        let start = self.random.pick(&["{ inherit (", "rec { inherit ("]);
        Node::new(tight::ATOM).text(start).open(from).text(format!("){names}; }}"))
    }

    /// Attribute paths, and sets that merge.
    fn path_literal(&mut self, fields: &[(&'static str, Type)], depth: u32) -> Node {
        let mut set = Node::new(tight::ATOM).text("{ ");
        for (name, ty) in fields {
            set = match ty {
                Type::Record(inner) if !inner.is_empty() => inner.iter().fold(set, |set, (field, ty)| {
                    let value = self.expression(ty, depth);
                    set.open(Self::binding(&format!("{name}.{field}"), value))
                }),
                _ => {
                    let value = self.expression(ty, depth);
                    set.open(Self::binding(name, value))
                }
            };
        }
        set.text("}")
    }

    /// `rec { …; __overrides = …; }`. What overrides is made outside, or hands attributes on as they are: what reads
    /// them within is a known difference (COMPATIBILITY.md).
    fn overridden(&mut self, fields: &[(&'static str, Type)], depth: u32) -> Node {
        let split = self.random.below(fields.len() + 1);
        let names: String = fields[..split].iter().map(|(name, _)| format!(" {name}")).collect();
        let text = match self.random.below(4) {
            0 => format!("{{ inherit{names}; }}"),
            1 => format!("p' // {{ inherit{names}; }}"),
            _ => String::from("p'"),
        };
        let inner = self.expression(&Type::Record(fields[..split].to_vec()), depth);
        let set = self.bindings(Node::new(tight::ATOM).text("removeAttrs rec { "), fields, depth);
        let set = set.text(format!("__overrides = {text}; }} [ \"__overrides\" ]"));
        Node::new(tight::OPEN).text("let p' = ").open(inner).text("; in ").part(set.fixed_role(), tight::ATOM)
    }

    fn pairs(&mut self, fields: &[(&'static str, Type)], depth: u32) -> Node {
        let pairs = fields.iter().map(|(name, ty)| {
            let value = self.expression(ty, depth);
            Node::new(tight::ATOM).text(format!("{{ name = \"{name}\"; value = ")).open(value).text("; }")
        });
        let pairs: Vec<Node> = pairs.collect();
        Node::call("builtins.listToAttrs", [Self::list_of(pairs)])
    }

    pub(super) fn dictionary(&mut self, element: &Type, depth: u32) -> Node {
        let dictionary = || Type::dictionary(element.clone());
        match self.random.below(19) {
            0..4 => self.dictionary_literal(element, depth),
            4..6 => {
                let (left, right) =
                    (self.expression(&dictionary(), depth), self.expression(&dictionary(), depth));
                Self::update(left, right)
            }
            6 | 7 => {
                let from = Type::data(&mut self.random, 1);
                let function = self.lambda2(&Type::Text, &from, |this| this.expression(element, depth));
                let set = self.expression(&Type::dictionary(from), depth);
                Node::call("builtins.mapAttrs", [function, set])
            }
            8 => self.named_pairs(element, depth),
            9 => {
                let (left, right) = (self.some_set(depth), self.expression(&dictionary(), depth));
                Node::call("builtins.intersectAttrs", [left, right])
            }
            10 => {
                let set = self.expression(&dictionary(), depth);
                let names = self.expression(&Type::list(Type::Text), depth);
                Node::call("removeAttrs", [set, names])
            }
            11 => self.grouped(element, depth),
            12 => self.zipped(element, depth),
            13 => self.filtered(element, depth),
            14 if *element == Type::Int => {
                let text =
                    self.random.pick(&["{\\\"a\\\": 1, \\\"b\\\": 2, \\\"a\\\": 3}", "{}", "{\\\"k\\\":-5}"]);
                Node::call("builtins.fromJSON", [Node::atom(format!("\"{text}\""))])
            }
            15 if *element == Type::Int => {
                let text = self.random.pick(&["a = 1\\nb = 2", "k = 0x10", ""]);
                Node::call("builtins.fromTOML", [Node::atom(format!("\"{text}\""))])
            }
            16 if *element == Type::Bool => {
                let function =
                    self.random.pick(&["({ a, b ? 1, ... }: a)", "(x: x)", "({ }: 1)", "builtins.map"]);
                Node::call("builtins.functionArgs", [Node::atom(function)])
            }
            17 => self.bulk_dictionary(element, depth),
            _ => self.leaf(&dictionary()),
        }
    }

    /// Many attributes, in one go or one after the other.
    fn bulk_dictionary(&mut self, element: &Type, depth: u32) -> Node {
        let value = self.within(&[("n", Type::Int)], |this| this.expression(element, depth));
        let count = self.bulk();
        let start = self.expression(&Type::dictionary(element.clone()), depth);
        let name = self.random.pick(&[
            "\"k${toString n}\"",
            "\"k${toString (builtins.bitAnd n 7)}\"",
            "toString (n * 7919)",
        ]);
        match self.random.below(3) {
            0 => Node::new(tight::UPDATE)
                .part(start, tight::NOT)
                .text(format!(" // builtins.listToAttrs (builtins.genList (n: {{ name = {name}; value = "))
                .open(value)
                .text(format!("; }}) {count})")),
            1 => Node::new(tight::APPLY)
                .text(format!("builtins.foldl' (s: n: s // {{ ${{{name}}} = "))
                .open(value)
                .text("; }) ")
                .part(start, tight::SELECT)
                .text(format!(" (builtins.genList (n: n) {count})")),
            _ => Node::new(tight::APPLY)
                .text(format!("builtins.foldl' (s: n: {{ ${{{name}}} = "))
                .open(value)
                .text("; } // s) ")
                .part(start, tight::SELECT)
                .text(format!(" (builtins.genList (n: n) {count})")),
        }
    }

    fn dictionary_literal(&mut self, element: &Type, depth: u32) -> Node {
        let names = self.names(KEYS, 4);
        let start = Node::new(tight::ATOM).text("{ ");
        let set = names.into_iter().fold(start, |set, name| {
            let value = self.expression(element, depth);
            set.open(Self::binding(name, value))
        });
        set.text("}")
    }

    fn named_pairs(&mut self, element: &Type, depth: u32) -> Node {
        let name = Type::list(Type::Text);
        let names = self.expression(&name, depth);
        let value = self.within(&[("n", Type::Text)], |this| this.expression(element, depth));
        let pair = Node::new(tight::OPEN)
            .text("n: { name = builtins.unsafeDiscardStringContext n; value = ")
            .open(value)
            .text("; }");
        Node::call("builtins.listToAttrs", [Node::call("map", [pair, names])])
    }

    fn grouped(&mut self, element: &Type, depth: u32) -> Node {
        let Type::List(inner) = element else { return self.dictionary_literal(element, depth) };
        let key = self.lambda(inner, |this| {
            let ty = this.any_type();
            this.call_on("builtins.typeOf", &[ty], depth)
        });
        let list = self.expression(element, depth);
        Node::call("builtins.groupBy", [key, list])
    }

    fn zipped(&mut self, element: &Type, depth: u32) -> Node {
        let from = Type::data(&mut self.random, 1);
        let function =
            self.lambda2(&Type::Text, &Type::list(from.clone()), |this| this.expression(element, depth));
        let sets = self.expression(&Type::list(Type::dictionary(from)), depth);
        Node::call("builtins.zipAttrsWith", [function, sets])
    }

    fn filtered(&mut self, element: &Type, depth: u32) -> Node {
        let set = self.expression(&Type::dictionary(element.clone()), depth);
        let keep = self
            .within(&[("n", Type::Text), ("v", element.clone())], |this| this.expression(&Type::Bool, depth));
        Node::new(tight::OPEN)
            .text("let set = ")
            .open(set)
            .text("; in removeAttrs set (builtins.filter (n: let v = set.${n}; in !(")
            .open(keep)
            .text(")) (builtins.attrNames set))")
    }
}
