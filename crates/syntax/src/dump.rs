//! The tree as it is, one line a node, for people and for programs: what `nivose parse` shows.
//!
//! Children follow their parent, one level deeper, with the role that they play for it. Lines are handed out one at a time,
//! and what is still to be shown lies in a list, so that trees of any size and depth are no trouble. The text that
//! `nix-instantiate --parse` prints is made in `print`.

use std::fmt::Write;

use nivose_base::json_text::json_string;
use nivose_base::{Span, Symbols, indent};

use crate::tree::*;

/// How a dump looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DumpFormat {
    /// Indented text.
    Text,
    /// A JSON object a line: `depth`, `role`, `kind`, `detail`, and where it is known `start` and `end` (offsets in bytes), `line`
    /// and `column` (of the start, counted from 1).
    Json,
}

/// Longest text of a literal that is shown to people.
const SHOWN_BYTES: usize = 60;

/// Tells line and column of an offset in the source, counted from 1.
pub type Locate<'a> = &'a dyn Fn(u32) -> (u32, u32);

/// Hands out the lines of a tree, without line ends.
pub fn dump(tree: &Tree, symbols: &Symbols, locate: Locate, format: DumpFormat, emit: &mut dyn FnMut(&str)) {
    let mut todo: Vec<Pending> = Vec::new();
    todo.extend(tree.root.map(|root| Pending { depth: 0, role: String::new(), node: Node::Expr(root) }));
    while let Some(pending) = todo.pop() {
        let mut dumper = Dumper { tree, symbols, depth: pending.depth + 1, children: Vec::new() };
        let (kind, detail, span) = dumper.node(&pending.node);
        let place = span.map(|span| (span, locate(span.start)));
        emit(&line(&pending, kind, &detail, place, format));
        dumper.children.reverse();
        todo.append(&mut dumper.children);
    }
}

/// A node that is still to be shown.
struct Pending {
    depth: usize,
    role: String,
    node: Node,
}

enum Node {
    Expr(ExprId),
    /// A part of something else, without children of its own.
    Leaf(&'static str, String, Option<Span>),
}

fn line(
    pending: &Pending,
    kind: &str,
    detail: &str,
    place: Option<(Span, (u32, u32))>,
    format: DumpFormat,
) -> String {
    let mut out = String::new();
    match format {
        DumpFormat::Text => {
            let role = if pending.role.is_empty() { String::new() } else { format!("{}: ", pending.role) };
            let detail = if detail.is_empty() { String::new() } else { format!(" {}", shorten(detail)) };
            let _ = write!(out, "{}{role}{kind}{detail}", indent(pending.depth));
            if let Some((_, (line, column))) = place {
                let _ = write!(out, "  {line}:{column}");
            }
        }
        DumpFormat::Json => {
            let _ = write!(out, "{{\"depth\":{},\"role\":", pending.depth);
            json_string(&mut out, &pending.role);
            let _ = write!(out, ",\"kind\":\"{kind}\",\"detail\":");
            json_string(&mut out, detail);
            if let Some((Span { start, end }, (line, column))) = place {
                let _ = write!(out, ",\"start\":{start},\"end\":{end},\"line\":{line},\"column\":{column}");
            }
            out.push('}');
        }
    }
    out
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(SHOWN_BYTES) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Says what a node is and gathers its children.
struct Dumper<'a> {
    tree: &'a Tree,
    symbols: &'a Symbols,
    /// That of the children.
    depth: usize,
    children: Vec<Pending>,
}

type Described = (&'static str, String, Option<Span>);

impl Dumper<'_> {
    fn child(&mut self, role: impl Into<String>, expr: ExprId) {
        self.children.push(Pending { depth: self.depth, role: role.into(), node: Node::Expr(expr) });
    }

    fn leaf(&mut self, role: impl Into<String>, kind: &'static str, detail: String, span: Option<Span>) {
        let node = Node::Leaf(kind, detail, span);
        self.children.push(Pending { depth: self.depth, role: role.into(), node });
    }

    fn node(&mut self, node: &Node) -> Described {
        match node {
            Node::Leaf(kind, detail, span) => (kind, detail.clone(), *span),
            Node::Expr(expr) => {
                let (kind, detail) = self.expr(*expr);
                (kind, detail, Some(self.tree.span(*expr)))
            }
        }
    }

    fn text(&self, text: Text) -> String {
        format!("{:?}", String::from_utf8_lossy(self.tree.text(text)))
    }

    fn name(&self, name: nivose_base::Symbol) -> String {
        self.symbols.text(name).into_owned()
    }

    /// What an expression is; its parts become children.
    fn expr(&mut self, expr: ExprId) -> (&'static str, String) {
        let plain = |kind| (kind, String::new());
        match self.tree.expr(expr) {
            Expr::Error => plain("Error"),
            Expr::Int(value) => ("Int", value.to_string()),
            Expr::Float(value) => ("Float", format!("{value:?}")),
            Expr::Str(text) => ("Str", self.text(text)),
            Expr::Path(text) => ("Path", self.text(text)),
            Expr::HomePath(text) => ("HomePath", self.text(text)),
            Expr::SearchPath(text) => ("SearchPath", self.text(text)),
            Expr::Variable(name) => ("Variable", self.name(name)),
            Expr::CurrentPosition => plain("CurrentPosition"),
            Expr::Interpolation(parts) => self.parts("Interpolation", parts),
            Expr::InterpolatedPath(parts) => self.parts("InterpolatedPath", parts),
            Expr::Select { set, path, default } => {
                self.child("set", set);
                self.path(path);
                default.into_iter().for_each(|default| self.child("or", default));
                plain("Select")
            }
            Expr::HasAttr { set, path } => {
                self.child("set", set);
                self.path(path);
                plain("HasAttr")
            }
            Expr::Call { function, arguments } => {
                self.child("function", function);
                let tree = self.tree;
                tree.children(arguments).iter().for_each(|argument| self.child("argument", argument));
                plain("Call")
            }
            Expr::Lambda(id) => self.lambda(id),
            Expr::Set(id) => self.set("Set", id),
            Expr::LegacyLet(id) => self.set("LegacyLet", id),
            Expr::Let { bindings, body } => {
                let described = self.set("Let", bindings);
                self.child("in", body);
                (described.0, String::new())
            }
            Expr::List(elements) => {
                let tree = self.tree;
                tree.children(elements).iter().for_each(|element| self.child("", element));
                ("List", tree.children(elements).len().to_string())
            }
            other => self.control(other),
        }
    }

    /// The expressions with a fixed number of parts that are all expressions.
    fn control(&mut self, expr: Expr) -> (&'static str, String) {
        let (kind, detail, children) = match expr {
            Expr::If { condition, consequence, alternative } => {
                ("If", "", vec![("if", condition), ("then", consequence), ("else", alternative)])
            }
            Expr::Assert { condition, body } => ("Assert", "", vec![("assert", condition), ("body", body)]),
            Expr::With { namespace, body } => ("With", "", vec![("with", namespace), ("body", body)]),
            Expr::Not(operand) => ("Not", "", vec![("", operand)]),
            Expr::Negate(operand) => ("Negate", "", vec![("", operand)]),
            Expr::Binary { operator, left, right } => {
                ("Binary", operator_text(operator), vec![("left", left), ("right", right)])
            }
            _ => ("Error", "", Vec::new()),
        };
        children.into_iter().for_each(|(role, child)| self.child(role, child));
        (kind, detail.to_owned())
    }

    fn parts(&mut self, kind: &'static str, parts: Slice<Part>) -> (&'static str, String) {
        let tree = self.tree;
        for part in tree.parts(parts) {
            match part {
                Part::Literal(text) => self.leaf("", "Literal", self.text(text), None),
                Part::Expr(expr) => self.child("", expr),
            }
        }
        (kind, String::new())
    }

    fn path(&mut self, path: Slice<AttrName>) {
        let tree = self.tree;
        for name in tree.names(path) {
            match name {
                AttrName::Static(name, span) => self.leaf("name", "Name", self.name(name), Some(span)),
                AttrName::Dynamic(expr, _) => self.child("name", expr),
            }
        }
    }

    fn lambda(&mut self, id: LambdaId) -> (&'static str, String) {
        let tree = self.tree;
        let lambda = tree.lambda(id);
        let mut detail = lambda.argument.map_or(String::new(), |name| format!("{}:", self.name(name)));
        for formal in tree.formals_of(&lambda) {
            self.leaf("formal", "Name", self.name(formal.name), Some(formal.span));
            formal.default.into_iter().for_each(|default| self.child("default", default));
        }
        if lambda.formals.is_some() {
            detail.push_str(if lambda.ellipsis { " { ... }" } else { " { }" });
        }
        self.child("body", lambda.body);
        ("Lambda", detail.trim().to_owned())
    }

    fn set(&mut self, kind: &'static str, id: BindingsId) -> (&'static str, String) {
        let tree = self.tree;
        let bindings = tree.bindings(id);
        for source in tree.children(bindings.inherit_from) {
            self.child("inherit from", source);
        }
        for attribute in tree.attributes(bindings.attributes) {
            let name = self.name(attribute.name);
            match attribute.value {
                AttributeValue::Expr(value) => self.child(name, value),
                AttributeValue::Inherit => self.leaf(name, "Inherit", String::new(), Some(attribute.span)),
                AttributeValue::InheritFrom(number) => {
                    self.leaf(name, "InheritFrom", number.to_string(), Some(attribute.span));
                }
            }
        }
        for attribute in tree.dynamic(bindings.dynamic) {
            self.child("dynamic name", attribute.name);
            self.child("value", attribute.value);
        }
        (kind, if bindings.recursive && kind == "Set" { "rec".into() } else { String::new() })
    }
}

/// The operator as it is written.
pub fn operator_text(operator: BinaryOperator) -> &'static str {
    match operator {
        BinaryOperator::Add => "+",
        BinaryOperator::Subtract => "-",
        BinaryOperator::Multiply => "*",
        BinaryOperator::Divide => "/",
        BinaryOperator::Concat => "++",
        BinaryOperator::Update => "//",
        BinaryOperator::Equal => "==",
        BinaryOperator::NotEqual => "!=",
        BinaryOperator::Less => "<",
        BinaryOperator::LessOrEqual => "<=",
        BinaryOperator::More => ">",
        BinaryOperator::MoreOrEqual => ">=",
        BinaryOperator::And => "&&",
        BinaryOperator::Or => "||",
        BinaryOperator::Implies => "->",
    }
}
