//! Warnings about a source: what is bound and never used, hides another binding, can never run, or
//! should be written in another way.
//!
//! A walk of its own, made only when somebody asks, so that compiling does not pay for it.

use nivose_base::{DiagnosticId, Error, Pos, Span, Symbol, Symbols};
use nivose_syntax::tree::{
    AttrName, AttributeValue, BinaryOperator, BindingsId, Expr, ExprId, LambdaId, Part, Slice, Tree,
};

use crate::globals::{Global, Globals};
use crate::scope::{has_overrides, operator_name};

/// Why a name is bound, and so what is said about it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reason {
    /// Only to be used in its scope: `let`, a formal.
    Local,
    /// It has other uses too: an attribute of a set, an argument that stands at its place.
    Other,
}

struct Binding {
    name: Symbol,
    span: Span,
    reason: Reason,
    used: bool,
    /// What the name meant before: index of a binding + 1, or 0.
    shadowed: u32,
}

#[derive(Clone, Copy)]
enum Task {
    Visit(ExprId),
    /// Ends the scope of the bindings from this one on.
    EndScope(usize),
}

struct Finder<'a> {
    tree: &'a Tree,
    globals: &'a Globals,
    symbols: &'a Symbols,
    base: Pos,
    /// By symbol: index of the innermost binding + 1, or 0.
    heads: Vec<u32>,
    bindings: Vec<Binding>,
    tasks: Vec<Task>,
    found: Vec<Error>,
}

/// The warnings about a source, in the order of their places.
pub(crate) fn find(tree: &Tree, globals: &Globals, symbols: &Symbols, base: Pos) -> Vec<Error> {
    let mut finder = Finder {
        tree,
        globals,
        symbols,
        base,
        heads: vec![0; symbols.len()],
        bindings: Vec::new(),
        tasks: tree.root.map(Task::Visit).into_iter().collect(),
        found: Vec::new(),
    };
    while let Some(task) = finder.tasks.pop() {
        match task {
            Task::Visit(id) => finder.visit(id),
            Task::EndScope(first) => finder.end_scope(first),
        }
    }
    finder.found.sort_by_key(Error::pos);
    finder.found
}

impl Finder<'_> {
    fn warn(&mut self, id: DiagnosticId, argument: &[u8], span: Span) {
        let pos = Pos(self.base.0.saturating_add(span.start));
        self.found.push(Error::new(id, &[&argument]).at(pos));
    }

    fn warn_name(&mut self, id: DiagnosticId, name: Symbol, span: Span) {
        let symbols = self.symbols;
        self.warn(id, symbols.bytes(name), span);
    }

    // --- scopes ---

    fn head(&self, name: Symbol) -> Option<usize> {
        (self.heads.get(name.0 as usize).copied()? as usize).checked_sub(1)
    }

    fn set_head(&mut self, name: Symbol, head: u32) {
        if let Some(place) = self.heads.get_mut(name.0 as usize) {
            *place = head;
        }
    }

    fn declare(&mut self, name: Symbol, span: Span, reason: Reason) {
        let shadowed = self.heads.get(name.0 as usize).copied().unwrap_or(0);
        let is_marked = self.is_marked(name);
        if shadowed != 0 && reason == Reason::Local && !is_marked {
            self.warn_name(DiagnosticId::ShadowedBinding, name, span);
        }
        self.bindings.push(Binding { name, span, reason, used: is_marked, shadowed });
        self.set_head(name, self.bindings.len() as u32);
    }

    /// Whether the name says by an underscore that nobody need use it. C++ Nix uses the names that
    /// begin with two of them.
    fn is_marked(&self, name: Symbol) -> bool {
        self.symbols.bytes(name).starts_with(b"_")
    }

    fn end_scope(&mut self, first: usize) {
        while self.bindings.len() > first {
            let Some(Binding { name, span, reason, used, shadowed }) = self.bindings.pop() else { break };
            self.set_head(name, shadowed);
            if reason == Reason::Local && !used {
                self.warn_name(DiagnosticId::UnusedBinding, name, span);
            }
        }
    }

    fn use_name(&mut self, name: Symbol) {
        if let Some(index) = self.head(name) {
            self.bindings[index].used = true;
        }
    }

    fn is_global(&self, name: Symbol) -> Option<Global> {
        if self.head(name).is_some() {
            return None;
        }
        let (_, index) = self.globals.names.iter().rev().find(|(global, _)| *global == name)?;
        Some(self.globals.value(*index))
    }

    // --- expressions ---

    fn visit_all(&mut self, exprs: impl IntoIterator<Item = ExprId>) {
        self.tasks.extend(exprs.into_iter().map(Task::Visit));
    }

    fn visit(&mut self, id: ExprId) {
        let tree = self.tree;
        match tree.expr(id) {
            Expr::Variable(name) => self.variable(id, name),
            Expr::Select { set, path, default } => {
                self.known_select(set, path, default);
                self.visit_all([set]);
                self.tasks.extend(default.map(Task::Visit));
                self.names(path);
            }
            Expr::HasAttr { set, path } => {
                self.visit_all([set]);
                self.names(path);
            }
            Expr::Call { function, arguments } => {
                self.visit_all([function]);
                self.visit_all(tree.children(arguments));
            }
            Expr::Lambda(lambda) => self.lambda(lambda),
            Expr::Set(bindings) => self.scope(bindings, None, Reason::Other),
            Expr::LegacyLet(bindings) => {
                self.deprecated("the form 'let { … }' is deprecated", tree.span(id));
                self.scope(bindings, None, Reason::Other);
            }
            Expr::Let { bindings, body } => self.scope(bindings, Some(body), Reason::Local),
            Expr::List(items) => self.visit_all(tree.children(items)),
            Expr::Interpolation(parts) | Expr::InterpolatedPath(parts) => self.parts(parts),
            Expr::SearchPath(_) => {
                self.use_name(Symbol::FIND_FILE);
                self.use_name(Symbol::NIX_PATH);
            }
            Expr::If { condition, consequence, alternative } => {
                self.branches(condition, consequence, alternative);
            }
            Expr::Assert { condition, body } => {
                self.dead_if(self.constant(condition) == Some(false), body);
                self.visit_all([condition, body]);
            }
            Expr::With { namespace, body } => self.visit_all([namespace, body]),
            Expr::Not(operand) => self.visit_all([operand]),
            Expr::Negate(operand) => {
                self.use_name(Symbol::SUB);
                self.visit_all([operand]);
            }
            Expr::Binary { operator, left, right } => self.binary(operator, left, right),
            Expr::Error | Expr::Int(_) | Expr::Float(_) | Expr::Str(_) | Expr::Path(_) => {}
            Expr::HomePath(_) | Expr::CurrentPosition => {}
        }
    }

    fn deprecated(&mut self, what: &str, span: Span) {
        self.warn(DiagnosticId::Deprecated, what.as_bytes(), span);
    }

    fn variable(&mut self, id: ExprId, name: Symbol) {
        if name == Symbol::OR {
            self.deprecated("'or' is used as an identifier", self.tree.span(id));
        }
        self.use_name(name);
    }

    fn names(&mut self, path: Slice<AttrName>) {
        for name in self.tree.names(path) {
            if let AttrName::Dynamic(name, _) = name {
                self.tasks.push(Task::Visit(name));
            }
        }
    }

    fn parts(&mut self, parts: Slice<Part>) {
        for part in self.tree.parts(parts) {
            if let Part::Expr(expr) = part {
                self.tasks.push(Task::Visit(expr));
            }
        }
    }

    // --- conditions ---

    /// The value of a condition that is known without running.
    fn constant(&self, id: ExprId) -> Option<bool> {
        let (mut id, mut inverted) = (id, false);
        while let Expr::Not(operand) = self.tree.expr(id) {
            (id, inverted) = (operand, !inverted);
        }
        let Expr::Variable(name) = self.tree.expr(id) else { return None };
        match self.is_global(name)? {
            Global::Bool(value) => Some(value != inverted),
            _ => None,
        }
    }

    fn dead_if(&mut self, is_dead: bool, id: ExprId) {
        if is_dead {
            self.warn(DiagnosticId::DeadCode, b"", self.tree.span(id));
        }
    }

    fn branches(&mut self, condition: ExprId, yes: ExprId, no: ExprId) {
        match self.constant(condition) {
            Some(true) => self.dead_if(true, no),
            Some(false) => self.dead_if(true, yes),
            None => {}
        }
        self.visit_all([condition, yes, no]);
    }

    fn binary(&mut self, operator: BinaryOperator, left: ExprId, right: ExprId) {
        let skips_right = match operator {
            BinaryOperator::And | BinaryOperator::Implies => Some(false),
            BinaryOperator::Or => Some(true),
            _ => None,
        };
        self.dead_if(skips_right.is_some() && self.constant(left) == skips_right, right);
        if let Some(name) = operator_name(operator) {
            self.use_name(name);
        }
        self.visit_all([left, right]);
    }

    /// The default of a selection from `builtins` that cannot fail.
    fn known_select(&mut self, set: ExprId, path: Slice<AttrName>, default: Option<ExprId>) {
        let (Expr::Variable(name), Some(AttrName::Static(attribute, _)), Some(default)) =
            (self.tree.expr(set), self.tree.names(path).single(), default)
        else {
            return;
        };
        let is_known =
            self.is_global(name) == Some(Global::Builtins) && self.globals.builtins.contains_key(&attribute);
        self.dead_if(is_known, default);
    }

    // --- bindings ---

    fn lambda(&mut self, id: LambdaId) {
        let tree = self.tree;
        let lambda = tree.lambda(id);
        let first = self.bindings.len();
        if let Some(argument) = lambda.argument {
            self.declare(argument, lambda.argument_span, Reason::Other);
        }
        // Beside a name for the whole argument, formals also say what it may hold.
        let reason = if lambda.argument.is_some() { Reason::Other } else { Reason::Local };
        let formals = tree.formals_of(&lambda);
        self.tasks.push(Task::EndScope(first));
        for formal in formals {
            self.declare(formal.name, formal.span, reason);
            self.tasks.extend(formal.default.map(Task::Visit));
        }
        self.visit_all([lambda.body]);
    }

    fn scope(&mut self, id: BindingsId, body: Option<ExprId>, reason: Reason) {
        let tree = self.tree;
        let bindings = tree.bindings(id);
        if bindings.empty_inherits > 0 {
            self.warn(DiagnosticId::UselessInherit, b"", bindings.span);
        }
        if body.is_none() && has_overrides(tree, id) {
            self.deprecated("'__overrides' is deprecated", bindings.span);
        }
        self.inherited(id, reason);
        let first = self.bindings.len();
        self.tasks.push(Task::EndScope(first));
        for attribute in tree.attributes(bindings.attributes) {
            if bindings.recursive {
                self.declare_attribute(&attribute, reason);
            }
            if let AttributeValue::Expr(value) = attribute.value {
                self.tasks.push(Task::Visit(value));
            }
        }
        self.visit_all(tree.children(bindings.inherit_from));
        for dynamic in tree.dynamic(bindings.dynamic) {
            self.visit_all([dynamic.name, dynamic.value]);
        }
        self.tasks.extend(body.map(Task::Visit));
    }

    fn declare_attribute(&mut self, attribute: &nivose_syntax::tree::Attribute, reason: Reason) {
        // An inherited name hides what it stands for, which is the point of it.
        let is_inherited = matches!(attribute.value, AttributeValue::Inherit);
        let reason = if is_inherited { Reason::Other } else { reason };
        self.declare(attribute.name, attribute.span, reason);
    }

    /// Names after `inherit` refer to the scope around the bindings. In `let` that says nothing new
    /// unless a `with` supplies the name.
    fn inherited(&mut self, id: BindingsId, reason: Reason) {
        for attribute in self.tree.attributes(self.tree.bindings(id).attributes) {
            if !matches!(attribute.value, AttributeValue::Inherit) {
                continue;
            }
            let is_known = self.head(attribute.name).is_some() || self.is_global(attribute.name).is_some();
            if reason == Reason::Local && is_known {
                self.warn(DiagnosticId::UselessInherit, b"", attribute.span);
            }
            self.use_name(attribute.name);
        }
    }
}
