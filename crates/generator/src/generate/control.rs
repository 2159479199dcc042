//! Forms that any type has: bindings, branches, calls, selections, and what fails.

use super::{Generator, Profile};
use crate::names::{FIELDS, VARIABLES};
use crate::node::{Node, tight};
use crate::types::Type;

impl Generator {
    /// An expression that ends with an error.
    pub(super) fn failure(&mut self, depth: u32) -> Node {
        match self.random.below(10) {
            0..3 => {
                let message = self.expression(&Type::Text, depth);
                Node::call("throw", [message])
            }
            3 => Node::call("abort", [Node::atom("\"abort\"")]),
            4 | 5 => {
                let condition = self.expression(&Type::Bool, depth);
                let rest = self.expression(&Type::Int, depth);
                Node::new(tight::OPEN).text("assert ").open(condition).text("; ").open(rest)
            }
            6 => {
                let set = self.some_set(depth);
                Node::select(set, "missing")
            }
            7 => Node::new(tight::OPEN).text("let loop = loop; in loop"),
            8 => Node::new(tight::MULTIPLY).text("1 / 0"),
            _ => Node::atom("<missing-file>"),
        }
    }

    pub(super) fn control(&mut self, ty: &Type, depth: u32) -> Node {
        match self.random.below(34) {
            0..6 => self.let_in(ty, depth),
            6..8 => self.conditional(ty, depth),
            8..10 => self.with(ty, depth),
            10 => {
                let condition = self.expression(&Type::Bool, depth);
                let body = self.expression(ty, depth);
                Node::new(tight::OPEN).text("assert ").open(condition).text("; ").open(body)
            }
            11..14 => self.immediate_call(ty, depth),
            14 | 15 => self.pattern_call(ty, depth),
            16 | 17 => self.selection(ty, depth),
            18 => self.selection_or(ty, depth),
            19 => self.traced(ty, depth),
            20 => self.sequence(ty, depth),
            21 => self.attempt(ty, depth),
            22 => {
                let list = self.expression(&Type::list(ty.clone()), depth);
                let index = self.leaf_count();
                match self.random.chance(50) {
                    true => Node::call("builtins.elemAt", [list, index]),
                    false => Node::call("builtins.head", [list]),
                }
            }
            23 => self.imported(ty, depth),
            24 => self.conversion(ty, depth),
            25 => self.curried(ty, depth),
            26 => self.old_let(ty, depth),
            27 | 28 => self.inheriting(ty, depth),
            29 => self.over_application(ty, depth),
            30 => self.asserted_equality(ty, depth),
            31 => self.commented(ty, depth),
            32 => self.self_reference(ty, depth),
            _ => self.reachable(ty, depth).unwrap_or_else(|| self.leaf(ty)),
        }
    }

    /// The bindings see those before them, sometimes all of them.
    fn let_in(&mut self, ty: &Type, depth: u32) -> Node {
        let outer = self.scope.len();
        let names = self.names(VARIABLES, 4);
        let bound: Vec<(&'static str, Type)> =
            names.into_iter().map(|name| (name, self.any_type())).collect();
        let all = self.random.chance(20);
        for (name, ty) in bound.iter().filter(|(_, ty)| all && !matches!(ty, Type::Function(..))) {
            self.scope.bind(name, ty.clone());
        }
        let mut node = Node::new(tight::OPEN).text("let ");
        for (name, ty) in &bound {
            let value = self.expression(ty, depth);
            node = node.open(Self::binding(name, value));
            self.scope.bind(name, ty.clone());
        }
        let body = self.expression(ty, depth);
        self.scope.truncate(outer);
        node.text("in ").open(body)
    }

    /// `let inherit (set) a b; inherit c; in …`
    fn inheriting(&mut self, ty: &Type, depth: u32) -> Node {
        let record = Type::record(&mut self.random, |random| Type::any(random, 1));
        let set = self.expression(&record, depth);
        let Type::Record(fields) = record else { return self.leaf(ty) };
        let names: String = fields.iter().map(|(name, _)| format!(" {name}")).collect();
        let again = self
            .scope
            .visible()
            .iter()
            .map(|variable| variable.name)
            .find(|name| fields.iter().all(|(other, _)| other != name));
        let again = again
            .filter(|_| self.random.chance(50))
            .map_or(String::new(), |name| format!("inherit {name}; "));
        // Within the set the names are those that are inherited already.
        let set = match self.random.chance(70) {
            true => set,
            false => self.within(&fields, |this| this.expression(&Type::Record(fields.clone()), depth)),
        };
        let body = self.within(&fields, |this| this.expression(ty, depth));
        let node = Node::new(tight::OPEN).text("let inherit (").open(set).text(format!("){names}; "));
        node.text(again).text("in ").open(body)
    }

    /// A function that gives a function, with the arguments of both.
    fn over_application(&mut self, ty: &Type, depth: u32) -> Node {
        let types: Vec<Type> = (0..3).map(|_| Type::data(&mut self.random, 1)).collect();
        let names: Vec<&'static str> = types.iter().map(|_| self.variable()).collect();
        let bindings: Vec<(&'static str, Type)> = names.iter().copied().zip(types.iter().cloned()).collect();
        let condition = self.within(&bindings[..1], |this| this.expression(&Type::Bool, depth));
        let (yes, no) =
            self.within(&bindings, |this| (this.expression(ty, depth), this.expression(ty, depth)));
        let (one, two, three) = (names[0], names[1], names[2]);
        let function = Node::new(tight::OPEN)
            .text(format!("{one}: if "))
            .open(condition)
            .text(format!(" then {two}: {three}: "))
            .open(yes)
            .text(format!(" else {two}: let g = {three}: "))
            .open(no)
            .text("; in g");
        let arguments: Vec<Node> = types.iter().map(|ty| self.expression(ty, depth)).collect();
        Node::apply(function, arguments)
    }

    fn asserted_equality(&mut self, ty: &Type, depth: u32) -> Node {
        let compared = Type::data(&mut self.random, 1);
        let (left, right) = (self.expression(&compared, depth), self.leaf(&compared));
        let body = self.expression(ty, depth);
        let equal = Node::binary(tight::EQUAL, (left, tight::LESS), " == ", (right, tight::LESS));
        let attempt = Node::new(tight::OPEN).text("assert ").open(equal).text("; ").open(body);
        let other = self.expression(ty, depth);
        Node::new(tight::OPEN)
            .text("let try = builtins.tryEval ")
            .part(attempt, tight::SELECT)
            .text("; in if try.success then try.value else ")
            .open(other)
    }

    fn commented(&mut self, ty: &Type, depth: u32) -> Node {
        let value = self.expression(ty, depth);
        let comment =
            self.random.pick(&["/* a comment */ ", "# to the end of the line\n", "/**/ ", "\t\r\n "]);
        Node::new(tight::ATOM).text("(").text(comment).open(value).text(comment).text(")")
    }

    /// A value out of a set that contains itself.
    fn self_reference(&mut self, ty: &Type, depth: u32) -> Node {
        let other = self.any_type();
        let fields = vec![("v", ty.clone()), ("w", other.clone())];
        let (value, other) = self.within(&[("self", Type::Record(fields))], |this| {
            (this.expression(ty, depth), this.expression(&other, depth))
        });
        let node = Node::new(tight::OPEN).text("let self = { v = ").open(value).text("; w = ").open(other);
        node.text("; inherit self; }; in self.").text(self.random.pick(&["v", "self.v", "self.self.v"]))
    }

    /// `let { …; body = …; }`
    fn old_let(&mut self, ty: &Type, depth: u32) -> Node {
        let (name, bound) = (self.variable(), self.any_type());
        let value = self.expression(&bound, depth);
        let body = self.within(&[(name, bound)], |this| this.expression(ty, depth));
        let node = Node::new(tight::ATOM).text("let { ").open(Self::binding(name, value));
        node.text("body = ").open(body).text("; }")
    }

    fn conditional(&mut self, ty: &Type, depth: u32) -> Node {
        let condition = self.expression(&Type::Bool, depth);
        let (yes, no) = (self.expression(ty, depth), self.expression(ty, depth));
        Node::new(tight::OPEN).text("if ").open(condition).text(" then ").open(yes).text(" else ").open(no)
    }

    fn with(&mut self, ty: &Type, depth: u32) -> Node {
        let scope = Type::record(&mut self.random, |random| Type::any(random, 1));
        let set = self.expression(&scope, depth);
        let outer = self.scope.len();
        if let Type::Record(fields) = scope {
            for (name, ty) in fields {
                self.scope.bind_with(name, ty);
            }
        }
        let body = self.expression(ty, depth);
        self.scope.truncate(outer);
        Node::new(tight::OPEN).text("with ").open(set).text("; ").open(body)
    }

    fn immediate_call(&mut self, ty: &Type, depth: u32) -> Node {
        let argument = self.any_type();
        let function = self.lambda(&argument, |this| this.expression(ty, depth));
        let value = self.expression(&argument, depth);
        Node::apply(function, [value])
    }

    /// A function of several arguments, called with all of them at once.
    fn curried(&mut self, ty: &Type, depth: u32) -> Node {
        let types: Vec<Type> = (0..2 + self.random.below(2)).map(|_| self.any_type()).collect();
        let names: Vec<&'static str> = types.iter().map(|_| self.variable()).collect();
        let bindings: Vec<(&'static str, Type)> = names.iter().copied().zip(types.iter().cloned()).collect();
        let body = self.within(&bindings, |this| this.expression(ty, depth));
        let head: String = names.iter().map(|name| format!("{name}: ")).collect();
        let function = Node::new(tight::OPEN).text(head).open(body);
        let arguments: Vec<Node> = types.iter().map(|ty| self.expression(ty, depth)).collect();
        Node::apply(function, arguments)
    }

    fn pattern_call(&mut self, ty: &Type, depth: u32) -> Node {
        let Type::Record(fields) = Type::record(&mut self.random, |random| Type::data(random, 1)) else {
            return self.leaf(ty);
        };
        let function = self.pattern_lambda(&fields, ty, depth);
        let value = self.expression(&Type::Record(fields), depth);
        Node::apply(function, [value])
    }

    fn selection(&mut self, ty: &Type, depth: u32) -> Node {
        let name = self.random.pick(FIELDS);
        let mut fields = vec![(name, ty.clone())];
        let other = self.random.pick(FIELDS);
        if other != name {
            fields.push((other, self.any_type()));
        }
        let set = self.expression(&Type::Record(fields), depth);
        match self.random.below(4) {
            0 => Node::call("builtins.getAttr", [Node::atom(format!("\"{name}\"")), set]),
            1 => Node::select(set, format!("${{\"{name}\" + \"\"}}")),
            _ => Node::select(set, name),
        }
    }

    fn selection_or(&mut self, ty: &Type, depth: u32) -> Node {
        let name = self.random.pick(FIELDS);
        let set = match self.random.chance(50) {
            true => self.some_set(depth),
            false => self.expression(&Type::dictionary(ty.clone()), depth),
        };
        let default = self.expression(ty, depth);
        let path = if self.random.chance(30) {
            format!("{name}.{}", self.random.pick(FIELDS))
        } else {
            name.to_owned()
        };
        Node::select(set, path).text(" or ").part(default, tight::ATOM)
    }

    fn traced(&mut self, ty: &Type, depth: u32) -> Node {
        self.traces += 1;
        let message = Node::atom(format!("\"t{}\"", self.traces));
        let value = self.expression(ty, depth);
        let warns = self.profile == Profile::Full && self.random.chance(20);
        Node::call(if warns { "builtins.warn" } else { "builtins.trace" }, [message, value])
    }

    fn sequence(&mut self, ty: &Type, depth: u32) -> Node {
        let first = self.any_type();
        let (first, value) = (self.expression(&first, depth), self.expression(ty, depth));
        Node::call(
            self.random.pick(&["builtins.seq", "builtins.deepSeq", "builtins.addErrorContext"]),
            [first, value],
        )
    }

    fn attempt(&mut self, ty: &Type, depth: u32) -> Node {
        let value = self.expression(ty, depth);
        let other = self.expression(ty, depth);
        Node::new(tight::OPEN)
            .text("let try = builtins.tryEval ")
            .part(value, tight::SELECT)
            .text("; in if try.success then try.value else ")
            .open(other)
    }

    fn imported(&mut self, ty: &Type, depth: u32) -> Node {
        match ty {
            Type::Int => Node::atom("(import ./number.nix)"),
            Type::List(element) if **element == Type::Int => Node::atom("(import ./folder)"),
            _ => {
                let scope = self.any_type();
                let name = self.random.pick(&["a", "k", "builtins"]);
                let value = self.expression(&scope, depth);
                let set = Node::new(tight::ATOM).text(format!("{{ {name} = ")).open(value).text("; }");
                let number = Node::call("builtins.scopedImport", [set, Node::atom("./number.nix")]);
                let rest = self.expression(ty, depth);
                Node::call("builtins.seq", [number, rest])
            }
        }
    }

    /// A value that goes through text and comes back.
    fn conversion(&mut self, ty: &Type, depth: u32) -> Node {
        let value = self.expression(ty, depth);
        match ty {
            Type::Function(..) | Type::Derivation | Type::Path => value,
            _ => Node::call(
                "builtins.fromJSON",
                [Node::call("builtins.unsafeDiscardStringContext", [Node::call("builtins.toJSON", [value])])],
            ),
        }
    }
}
