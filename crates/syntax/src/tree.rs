//! The syntax tree: a flat arena that the parser fills once and nobody changes afterwards.
//!
//! Expressions are numbered; children, attributes, string parts and formals are ranges of shared
//! arrays. What the language settles while reading is settled here: attribute paths are nested
//! sets, sets of one name are merged, indented strings are stripped, escapes are resolved.
//! Scopes are not: that is the compiler's work.

use std::ops::Range;

use nivose_base::{Span, Symbol};

/// An expression of a [`Tree`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ExprId(pub u32);

/// A set of bindings of a [`Tree`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct BindingsId(pub u32);

/// A function of a [`Tree`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct LambdaId(pub u32);

/// A range of one of the shared arrays of a [`Tree`]; the type says of which.
pub struct Slice<T> {
    /// Index of the first element.
    pub start: u32,
    /// Number of elements.
    pub len: u32,
    of: std::marker::PhantomData<fn() -> T>,
}

impl<T> Clone for Slice<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Slice<T> {}

impl<T> std::fmt::Debug for Slice<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}+{}", self.start, self.len)
    }
}

impl<T> Slice<T> {
    /// The elements from `start` up to `end`.
    pub fn new(start: usize, end: usize) -> Self {
        Slice { start: start as u32, len: (end - start) as u32, of: std::marker::PhantomData }
    }

    /// The indices of the elements.
    pub fn range(self) -> Range<usize> {
        self.start as usize..(self.start + self.len) as usize
    }

    /// Whether there are no elements.
    pub fn is_empty(self) -> bool {
        self.len == 0
    }
}

/// A byte string of a [`Tree`].
pub type Text = Slice<u8>;

/// An expression. Parentheses leave no trace.
#[derive(Clone, Copy, Debug)]
pub enum Expr {
    /// Stands where a syntax error was; there is a diagnostic for it.
    Error,
    /// An integer literal.
    Int(i64),
    /// A float literal.
    Float(f64),
    /// A string without interpolation, of any of the three notations.
    Str(Text),
    /// A string with interpolations. Adjacent literal parts are one; empty ones are left out.
    Interpolation(Slice<Part>),
    /// An absolute or relative path as written, such as `./a/../b` or `/etc`; not canonicalised.
    Path(Text),
    /// A path with interpolations. The first part is the literal beginning as written (absolute, relative or `~/…`).
    InterpolatedPath(Slice<Part>),
    /// A home-relative path as written, beginning with `~/`.
    HomePath(Text),
    /// A search path `<…>`, without the brackets.
    SearchPath(Text),
    /// A variable.
    Variable(Symbol),
    /// The variable `__curPos`, which nothing can shadow.
    CurrentPosition,
    /// `set.a.b` and `set.a.b or default`.
    Select {
        /// What is selected from.
        set: ExprId,
        /// The names.
        path: Slice<AttrName>,
        /// What stands in for a missing attribute.
        default: Option<ExprId>,
    },
    /// `set ? a.b`.
    HasAttr {
        /// What is asked.
        set: ExprId,
        /// The names.
        path: Slice<AttrName>,
    },
    /// A function applied to one argument after another: `f a b` is one call with two.
    Call {
        /// What is called.
        function: ExprId,
        /// The arguments, at least one.
        arguments: Slice<ExprId>,
    },
    /// A function.
    Lambda(LambdaId),
    /// A set; its bindings say whether it is recursive.
    Set(BindingsId),
    /// `let … in body`.
    Let {
        /// The bindings, recursive and without computed names.
        bindings: BindingsId,
        /// What they are for.
        body: ExprId,
    },
    /// `let { …; body = e; }`: the attribute `body` of the recursive set.
    LegacyLet(BindingsId),
    /// A list.
    List(Slice<ExprId>),
    /// `if condition then consequence else alternative`.
    If {
        /// What decides.
        condition: ExprId,
        /// The value if it is true.
        consequence: ExprId,
        /// The value if it is false.
        alternative: ExprId,
    },
    /// `assert condition; body`.
    Assert {
        /// What must be true.
        condition: ExprId,
        /// The value then.
        body: ExprId,
    },
    /// `with namespace; body`.
    With {
        /// The set whose attributes become variables.
        namespace: ExprId,
        /// Where they do.
        body: ExprId,
    },
    /// `!operand`.
    Not(ExprId),
    /// `-operand`.
    Negate(ExprId),
    /// A binary operator.
    Binary {
        /// The operator.
        operator: BinaryOperator,
        /// The operand before it.
        left: ExprId,
        /// The operand after it.
        right: ExprId,
    },
}

/// The binary operators. Pipes are calls: `a |> f` is `f a`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BinaryOperator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `++`
    Concat,
    /// `//`
    Update,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    More,
    /// `>=`
    MoreOrEqual,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `->`
    Implies,
}

/// A part of a string or path with interpolations.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    /// Literal text, escapes resolved.
    Literal(Text),
    /// An interpolated expression.
    Expr(ExprId),
}

/// A name in a selection path: known when reading, or computed.
#[derive(Clone, Copy, Debug)]
pub enum AttrName {
    /// `a`, `"a"`, `${"a"}`.
    Static(Symbol, Span),
    /// `${e}` or a string with interpolations.
    Dynamic(ExprId, Span),
}

/// The bindings of a set, a recursive set or a `let`, merged.
#[derive(Clone, Debug)]
pub struct Bindings {
    /// Whether the names see each other (always so in `let`).
    pub recursive: bool,
    /// The attributes with static names, in the order in which each name was first written; names are unique.
    pub attributes: Slice<Attribute>,
    /// The expressions of `inherit (e) …;`, in source order, each evaluated once.
    pub inherit_from: Slice<ExprId>,
    /// The attributes with dynamic names, in source order.
    pub dynamic: Slice<DynamicAttribute>,
    /// The number of `inherit` that name nothing (for warnings).
    pub empty_inherits: u32,
    /// From the opening brace (or `rec`, `let`) to the end.
    pub span: Span,
}

/// An attribute with a static name.
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    /// The name.
    pub name: Symbol,
    /// The place that C++ Nix calls its position: the name, or for `a.b.c` the start of the path.
    pub span: Span,
    /// What it is bound to.
    pub value: AttributeValue,
    /// The documentation comment before it.
    pub doc: Option<Text>,
}

/// What an attribute is bound to.
#[derive(Clone, Copy, Debug)]
pub enum AttributeValue {
    /// `name = e`
    Expr(ExprId),
    /// `inherit name;`: the variable of that name in the scope around the bindings.
    Inherit,
    /// `inherit (e) name;`: index into `inherit_from` of the bindings.
    InheritFrom(u32),
}

/// An attribute with a computed name.
#[derive(Clone, Copy, Debug)]
pub struct DynamicAttribute {
    /// The name.
    pub name: ExprId,
    /// Its place.
    pub span: Span,
    /// The value.
    pub value: ExprId,
}

/// A function.
#[derive(Clone, Debug)]
pub struct Lambda {
    /// `x` of `x: …`, or the name before or after `@`.
    pub argument: Option<Symbol>,
    /// The place of that name.
    pub argument_span: Span,
    /// The formals of a set pattern, in source order; `None` for a plain argument.
    pub formals: Option<Slice<Formal>>,
    /// Whether the pattern has `...`.
    pub ellipsis: bool,
    /// The body.
    pub body: ExprId,
    /// The name that the function is bound to, for messages; it passes to functions that are directly its body.
    pub name: Option<Symbol>,
    /// The documentation comment before it.
    pub doc: Option<Text>,
}

/// A formal of a set pattern.
#[derive(Clone, Copy, Debug)]
pub struct Formal {
    /// The name.
    pub name: Symbol,
    /// Its place.
    pub span: Span,
    /// The default.
    pub default: Option<ExprId>,
}

/// Where an expression stands.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// From its first byte to its last, with parentheses around it.
    pub span: Span,
    /// The offset at which a message points, as in C++ Nix: for binary operators and pipes the operator, otherwise
    /// the start without parentheses.
    pub point: u32,
}

/// The tree of one source.
#[derive(Clone, Default)]
pub struct Tree {
    /// The expressions; a child has a smaller number than its parent. Some belong to no other: what
    /// merged sets were before.
    pub exprs: Vec<Expr>,
    /// Where each expression stands.
    pub places: Vec<Place>,
    /// Children of lists and calls, sources of `inherit`.
    pub children: Vec<ExprId>,
    /// Parts of strings and paths.
    pub parts: Vec<Part>,
    /// Names of selection paths.
    pub names: Vec<AttrName>,
    /// Sets of bindings.
    pub bindings: Vec<Bindings>,
    /// Attributes of the bindings.
    pub attributes: Vec<Attribute>,
    /// Dynamic attributes of the bindings.
    pub dynamic: Vec<DynamicAttribute>,
    /// Functions.
    pub lambdas: Vec<Lambda>,
    /// Formals of the functions.
    pub formals: Vec<Formal>,
    /// Bytes of strings, paths and documentation.
    pub bytes: Vec<u8>,
    /// The whole expression.
    pub root: Option<ExprId>,
    /// How deep brackets, sets and interpolations nest. Chains of operators, calls, functions and
    /// `else if` do not count, so the expressions can nest deeper.
    pub depth: u32,
}

impl Tree {
    /// Takes everything out, and keeps the room.
    pub(crate) fn clear(&mut self) {
        self.exprs.clear();
        self.places.clear();
        self.children.clear();
        self.parts.clear();
        self.names.clear();
        self.bindings.clear();
        self.attributes.clear();
        self.dynamic.clear();
        self.lambdas.clear();
        self.formals.clear();
        self.bytes.clear();
        self.root = None;
        self.depth = 0;
    }

    /// Gives back room that is not needed.
    pub(crate) fn shrink(&mut self) {
        self.exprs.shrink_to_fit();
        self.places.shrink_to_fit();
        self.children.shrink_to_fit();
        self.parts.shrink_to_fit();
        self.names.shrink_to_fit();
        self.bindings.shrink_to_fit();
        self.attributes.shrink_to_fit();
        self.dynamic.shrink_to_fit();
        self.lambdas.shrink_to_fit();
        self.formals.shrink_to_fit();
        self.bytes.shrink_to_fit();
    }

    /// Bytes that it takes.
    pub fn size(&self) -> usize {
        size_of_val(&self.exprs[..])
            + size_of_val(&self.places[..])
            + size_of_val(&self.children[..])
            + size_of_val(&self.parts[..])
            + size_of_val(&self.names[..])
            + size_of_val(&self.bindings[..])
            + size_of_val(&self.attributes[..])
            + size_of_val(&self.dynamic[..])
            + size_of_val(&self.lambdas[..])
            + size_of_val(&self.formals[..])
            + self.bytes.len()
    }

    /// An expression of this tree.
    pub fn expr(&self, id: ExprId) -> Expr {
        self.exprs[id.0 as usize]
    }

    /// The place of an expression.
    pub fn span(&self, id: ExprId) -> Span {
        self.places[id.0 as usize].span
    }

    /// Where a message about an expression points.
    pub fn point(&self, id: ExprId) -> u32 {
        self.places[id.0 as usize].point
    }

    /// The bytes of a text.
    pub fn text(&self, text: Text) -> &[u8] {
        &self.bytes[text.range()]
    }

    /// Children of a list or call.
    pub fn children(&self, slice: Slice<ExprId>) -> &[ExprId] {
        &self.children[slice.range()]
    }

    /// Parts of a string or path.
    pub fn parts(&self, slice: Slice<Part>) -> &[Part] {
        &self.parts[slice.range()]
    }

    /// The names of a selection path.
    pub fn names(&self, slice: Slice<AttrName>) -> &[AttrName] {
        &self.names[slice.range()]
    }

    /// A set of bindings.
    pub fn bindings(&self, id: BindingsId) -> &Bindings {
        &self.bindings[id.0 as usize]
    }

    /// Attributes of bindings.
    pub fn attributes(&self, slice: Slice<Attribute>) -> &[Attribute] {
        &self.attributes[slice.range()]
    }

    /// Dynamic attributes of bindings.
    pub fn dynamic(&self, slice: Slice<DynamicAttribute>) -> &[DynamicAttribute] {
        &self.dynamic[slice.range()]
    }

    /// A function.
    pub fn lambda(&self, id: LambdaId) -> &Lambda {
        &self.lambdas[id.0 as usize]
    }

    /// Formals of a function.
    pub fn formals(&self, slice: Slice<Formal>) -> &[Formal] {
        &self.formals[slice.range()]
    }
}
