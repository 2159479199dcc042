//! The text of expressions, as `nix-instantiate --parse` of C++ Nix 2.36 prints it: operators
//! that stand for functions are calls, paths are absolute, attributes are sorted by name.
//!
//! It works on a list of its own of what is still to be printed, so that deep trees are no trouble.

mod path;

use nivose_base::float::write_general;
use nivose_base::literal::{write_name, write_string};
use nivose_base::{Symbol, Symbols};

use crate::tree::*;

/// The directories that paths in a source are relative to.
#[derive(Clone, Copy, Debug)]
pub struct PathBase<'a> {
    /// For `./a` and `a/b`: the directory of the source.
    pub directory: &'a [u8],
    /// For `~/a`.
    pub home: &'a [u8],
}

/// The text of an expression.
pub fn print_expr(tree: &Tree, expr: ExprId, symbols: &Symbols, base: PathBase) -> Vec<u8> {
    let mut printer = Printer { tree, symbols, base, out: Vec::new(), todo: vec![Item::Expr(expr)] };
    while let Some(item) = printer.todo.pop() {
        printer.print(item);
    }
    printer.out
}

/// Something that is still to be printed.
#[derive(Clone, Copy)]
enum Item {
    Expr(ExprId),
    /// An expression that is called: if it is a call itself, without parentheses.
    Function(ExprId),
    Static(&'static str),
    Name(Symbol),
    String(Text),
    /// The literal beginning of a path with interpolations.
    PathBeginning(Text),
    Bindings(BindingsId),
    AttrName(AttrName),
}

struct Printer<'a> {
    tree: &'a Tree,
    symbols: &'a Symbols,
    base: PathBase<'a>,
    out: Vec<u8>,
    /// What is still to be printed, the next item last.
    todo: Vec<Item>,
}

impl Printer<'_> {
    fn print(&mut self, item: Item) {
        match item {
            Item::Expr(expr) => self.expr(expr),
            Item::Function(expr) => self.function(expr),
            Item::Static(text) => self.out.extend_from_slice(text.as_bytes()),
            Item::Name(name) => write_name(self.symbols.bytes(name), &mut self.out),
            Item::String(text) => write_string(self.tree.text(text), &mut self.out),
            Item::PathBeginning(text) => self.path_beginning(text),
            Item::Bindings(id) => self.later(|printer| printer.bindings(id)),
            Item::AttrName(name) => self.attr_name(name),
        }
    }

    /// Runs `plan`, which appends items in the order of the text, and turns them around.
    fn later(&mut self, plan: impl FnOnce(&mut Self)) {
        let from = self.todo.len();
        plan(self);
        self.todo[from..].reverse();
    }

    /// Plans items in the order of the text.
    fn plan(&mut self, items: &[Item]) {
        self.todo.extend_from_slice(items);
    }

    fn expr(&mut self, id: ExprId) {
        match self.tree.expr(id) {
            Expr::Error => self.out.extend_from_slice(b"<error>"),
            Expr::Int(value) => self.out.extend_from_slice(value.to_string().as_bytes()),
            Expr::Float(value) => write_general(value, &mut self.out),
            Expr::Str(text) => write_string(self.tree.text(text), &mut self.out),
            Expr::Path(text) => self.path(text),
            Expr::HomePath(text) => self.home_path(text),
            Expr::Variable(name) => write_name(self.symbols.bytes(name), &mut self.out),
            Expr::CurrentPosition => self.out.extend_from_slice(b"__curPos"),
            expr => self.later(|printer| printer.compound(id, expr)),
        }
    }

    /// Plans the text of an expression that has parts.
    fn compound(&mut self, id: ExprId, expr: Expr) {
        use Item::{Expr as E, Static};
        match expr {
            Expr::Interpolation(parts) | Expr::InterpolatedPath(parts) => {
                self.parts(parts, matches!(expr, Expr::InterpolatedPath(_)));
            }
            Expr::Select { set, path, default } => self.select(set, path, default),
            Expr::HasAttr { set, path } => {
                self.plan(&[Static("(("), E(set), Static(") ? ")]);
                self.attr_path(path);
                self.plan(&[Static(")")]);
            }
            Expr::Lambda(lambda) => self.lambda(lambda),
            Expr::Set(bindings) => self.set(bindings),
            Expr::LegacyLet(bindings) => {
                self.plan(&[Static("(")]);
                self.set(bindings);
                self.plan(&[Static(").body")]);
            }
            Expr::List(elements) => self.list(elements),
            Expr::Not(operand) => self.plan(&[Static("(! "), E(operand), Static(")")]),
            _ if self.is_call(expr) => {
                self.plan(&[Static("(")]);
                self.call(id, expr);
                self.plan(&[Static(")")]);
            }
            Expr::Binary { operator, left, right } => self.binary(operator, left, right),
            _ => self.statement(expr),
        }
    }

    /// Plans the text of an expression that begins with a keyword.
    fn statement(&mut self, expr: Expr) {
        use Item::{Expr as E, Static};
        match expr {
            Expr::Let { bindings, body } => {
                self.plan(&[Static("(let "), Item::Bindings(bindings), Static("in "), E(body), Static(")")])
            }
            Expr::If { condition, consequence, alternative } => self.plan(&[
                Static("(if "),
                E(condition),
                Static(" then "),
                E(consequence),
                Static(" else "),
                E(alternative),
                Static(")"),
            ]),
            Expr::Assert { condition, body } => {
                self.plan(&[Static("assert "), E(condition), Static("; "), E(body)]);
            }
            Expr::With { namespace, body } => {
                self.plan(&[Static("(with "), E(namespace), Static("; "), E(body), Static(")")])
            }
            _ => {}
        }
    }

    fn parts(&mut self, parts: Slice<Part>, path: bool) {
        self.plan(&[Item::Static("(")]);
        for (index, part) in self.tree.parts(parts).iter().enumerate() {
            if index > 0 {
                self.plan(&[Item::Static(" + ")]);
            }
            self.plan(&[match part {
                Part::Literal(text) if path && index == 0 => Item::PathBeginning(text),
                Part::Literal(text) => Item::String(text),
                Part::Expr(expr) => Item::Expr(expr),
            }]);
        }
        self.plan(&[Item::Static(")")]);
    }

    fn select(&mut self, set: ExprId, path: Slice<AttrName>, default: Option<ExprId>) {
        self.plan(&[Item::Static("("), Item::Expr(set), Item::Static(").")]);
        self.attr_path(path);
        if let Some(default) = default {
            self.plan(&[Item::Static(" or ("), Item::Expr(default), Item::Static(")")]);
        }
    }

    fn attr_path(&mut self, path: Slice<AttrName>) {
        for (index, name) in self.tree.names(path).iter().enumerate() {
            if index > 0 {
                self.plan(&[Item::Static(".")]);
            }
            self.plan(&[Item::AttrName(name)]);
        }
    }

    fn attr_name(&mut self, name: AttrName) {
        self.later(|printer| match name {
            AttrName::Static(name, _) => printer.plan(&[Item::Name(name)]),
            AttrName::Dynamic(expr, _) => printer.computed_name(expr),
        });
    }

    fn computed_name(&mut self, expr: ExprId) {
        self.plan(&[Item::Static("\"${"), Item::Expr(expr), Item::Static("}\"")]);
    }

    fn list(&mut self, elements: Slice<ExprId>) {
        self.plan(&[Item::Static("[ ")]);
        for element in self.tree.children(elements) {
            self.plan(&[Item::Static("("), Item::Expr(element), Item::Static(") ")]);
        }
        self.plan(&[Item::Static("]")]);
    }

    fn lambda(&mut self, id: LambdaId) {
        let lambda = self.tree.lambda(id);
        self.plan(&[Item::Static("(")]);
        if let Some(formals) = lambda.formals {
            self.formals(formals, lambda.ellipsis);
        }
        if let Some(argument) = lambda.argument {
            let separator = if lambda.formals.is_some() { " @ " } else { "" };
            self.plan(&[Item::Static(separator), Item::Name(argument)]);
        }
        self.plan(&[Item::Static(": "), Item::Expr(lambda.body), Item::Static(")")]);
    }

    /// Plans the text of the formals, sorted by name.
    fn formals(&mut self, formals: Slice<Formal>, ellipsis: bool) {
        let mut sorted: Vec<_> = self.tree.formals(formals).iter().collect();
        sorted.sort_by_key(|formal| self.symbols.bytes(formal.name));
        self.plan(&[Item::Static("{ ")]);
        for (index, formal) in sorted.iter().enumerate() {
            self.plan(&[Item::Static(if index > 0 { ", " } else { "" }), Item::Name(formal.name)]);
            if let Some(default) = formal.default {
                self.plan(&[Item::Static(" ? "), Item::Expr(default)]);
            }
        }
        if ellipsis {
            self.plan(&[Item::Static(if sorted.is_empty() { "..." } else { ", ..." })]);
        }
        self.plan(&[Item::Static(" }")]);
    }

    fn set(&mut self, id: BindingsId) {
        let begin = if self.tree.bindings(id).recursive { "rec { " } else { "{ " };
        self.plan(&[Item::Static(begin), Item::Bindings(id), Item::Static("}")]);
    }

    /// Plans the text of bindings: what is inherited, then the rest, then computed names.
    fn bindings(&mut self, id: BindingsId) {
        let bindings = self.tree.bindings(id);
        let mut sorted: Vec<_> = self.tree.attributes(bindings.attributes).iter().collect();
        sorted.sort_by_key(|attribute| self.symbols.bytes(attribute.name));
        self.inherited(&bindings, &sorted);
        for attribute in sorted {
            if let AttributeValue::Expr(value) = attribute.value {
                let name = Item::Name(attribute.name);
                self.plan(&[name, Item::Static(" = "), Item::Expr(value), Item::Static("; ")]);
            }
        }
        for attribute in self.tree.dynamic(bindings.dynamic) {
            self.computed_name(attribute.name);
            self.plan(&[Item::Static(" = "), Item::Expr(attribute.value), Item::Static("; ")]);
        }
    }

    /// Plans the text of the inherited attributes among those sorted by name.
    fn inherited(&mut self, bindings: &Bindings, sorted: &[Attribute]) {
        let mut by_source: Vec<(Option<u32>, Symbol)> = sorted
            .iter()
            .filter_map(|attribute| match attribute.value {
                AttributeValue::Expr(_) => None,
                AttributeValue::Inherit => Some((None, attribute.name)),
                AttributeValue::InheritFrom(index) => Some((Some(index), attribute.name)),
            })
            .collect();
        by_source.sort_by_key(|&(source, _)| source);
        for group in by_source.chunk_by(|a, b| a.0 == b.0) {
            self.plan(&[Item::Static("inherit")]);
            let sources = self.tree.children(bindings.inherit_from);
            let source = group.first().and_then(|&(source, _)| sources.get(source? as usize));
            if let Some(source) = source {
                self.plan(&[Item::Static(" ("), Item::Expr(source), Item::Static(")")]);
            }
            for &(_, name) in group {
                self.plan(&[Item::Static(" "), Item::Name(name)]);
            }
            self.plan(&[Item::Static("; ")]);
        }
    }

    /// Whether an expression is a call for C++ Nix.
    fn is_call(&self, expr: Expr) -> bool {
        use BinaryOperator::*;
        match expr {
            Expr::Call { .. } | Expr::Negate(_) | Expr::SearchPath(_) => true,
            Expr::Binary { operator, .. } => {
                matches!(operator, Subtract | Multiply | Divide | Less | More)
            }
            _ => false,
        }
    }

    /// Prints what is called: C++ Nix gives the arguments of a call to the call that it applies.
    fn function(&mut self, id: ExprId) {
        let expr = self.tree.expr(id);
        if self.is_call(expr) {
            self.later(|printer| printer.call(id, expr));
        } else {
            self.expr(id);
        }
    }

    /// Plans the text of a call without its parentheses.
    fn call(&mut self, id: ExprId, expr: Expr) {
        use BinaryOperator::*;
        use Item::{Expr as E, Static};
        match expr {
            Expr::Call { function, arguments } => self.application(id, function, arguments),
            Expr::Negate(operand) => self.plan(&[Static("__sub 0 "), E(operand)]),
            Expr::SearchPath(name) => {
                self.plan(&[Static("__findFile __nixPath "), Item::String(name)]);
            }
            Expr::Binary { operator, left, right } => {
                let (name, first, second) = match operator {
                    Subtract => ("__sub ", left, right),
                    Multiply => ("__mul ", left, right),
                    Divide => ("__div ", left, right),
                    More => ("__lessThan ", right, left),
                    _ => ("__lessThan ", left, right),
                };
                self.plan(&[Static(name), E(first), Static(" "), E(second)]);
            }
            _ => {}
        }
    }

    /// Plans the text of a call as it is written. A pipe, which points at its operator, and `f or` are calls of
    /// their own even if what they call is one.
    fn application(&mut self, id: ExprId, function: ExprId, arguments: Slice<ExprId>) {
        let piped = self.tree.point(id) != self.tree.span(function).start;
        let only = self.tree.children(arguments).single();
        let to_or =
            only.is_some_and(|argument| matches!(self.tree.expr(argument), Expr::Variable(Symbol::OR)));
        self.plan(&[if piped || to_or { Item::Expr(function) } else { Item::Function(function) }]);
        for argument in self.tree.children(arguments) {
            self.plan(&[Item::Static(" "), Item::Expr(argument)]);
        }
    }

    fn binary(&mut self, operator: BinaryOperator, left: ExprId, right: ExprId) {
        use BinaryOperator::*;
        use Item::{Expr as E, Static};
        let (left, right) = if operator == LessOrEqual { (right, left) } else { (left, right) };
        let name = match operator {
            Concat => " ++ ",
            Update => " // ",
            Equal => " == ",
            NotEqual => " != ",
            And => " && ",
            Or => " || ",
            Implies => " -> ",
            LessOrEqual | MoreOrEqual => {
                let begin = Static("(! (__lessThan ");
                return self.plan(&[begin, E(left), Static(" "), E(right), Static("))")]);
            }
            _ => " + ",
        };
        self.plan(&[Static("("), E(left), Static(name), E(right), Static(")")]);
    }

    fn path(&mut self, text: Text) {
        path::print_path(self.base.directory, self.tree.text(text), &mut self.out);
    }

    fn home_path(&mut self, text: Text) {
        let rest = self.tree.text(text).get(2..).unwrap_or_default();
        path::print_path(self.base.home, rest, &mut self.out);
    }

    /// Prints the beginning of a path with interpolations; a slash at its end stays. In the home directory it is as it was
    /// written.
    fn path_beginning(&mut self, text: Text) {
        let written = self.tree.text(text);
        if let Some(rest) = written.strip_prefix(b"~") {
            self.out.extend_from_slice(self.base.home);
            return self.out.extend_from_slice(rest);
        }
        self.path(text);
        if written.ends_with(b"/") && !self.out.ends_with(b"/") {
            self.out.push(b'/');
        }
    }
}
