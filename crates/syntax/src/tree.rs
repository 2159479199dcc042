//! The syntax tree: a flat arena that the parser fills once and nobody changes afterwards.
//!
//! Expressions are numbered; children, attributes, string parts and formals are ranges of shared
//! arrays. What the language settles while reading is settled here: attribute paths are nested
//! sets, sets of one name are merged, indented strings are stripped, escapes are resolved.
//! Scopes are not: that is the compiler's work.
//!
//! The types here are what a reader of a tree sees. A tree keeps them packed (see `record`), all its arrays in
//! one block of words: most trees are made, kept for a while and dropped without much reading.

pub(crate) mod draft;
mod record;

use std::ops::Range;

use nivose_base::{Span, Symbol};

pub(crate) use draft::{Draft, Spare};
use record::{Doc, Node};
pub use record::{List, Record};

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

    /// The elements after the first so many.
    pub fn skip(self, count: usize) -> Self {
        let count = self.len.min(count as u32);
        Slice { start: self.start + count, len: self.len - count, ..self }
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
#[derive(Clone, Copy, Debug)]
pub struct Bindings {
    /// Whether the names see each other (always so in `let`).
    pub recursive: bool,
    /// The attributes with static names, in the order in which each name was first written; names are unique.
    pub attributes: Slice<Attribute>,
    /// The expressions of `inherit (e) …;`, in source order, each evaluated once.
    pub inherit_from: Slice<ExprId>,
    /// The attributes with dynamic names, in source order.
    pub dynamic: Slice<DynamicAttribute>,
    /// Whether there are attributes that are inherited from the scope around.
    pub inherits: bool,
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
#[derive(Clone, Copy, Debug)]
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

/// The tree of one source.
#[derive(Clone, Default)]
pub struct Tree {
    /// All arrays of records, one after the other.
    words: Vec<u32>,
    /// Where each array begins, and where the last one ends.
    starts: [usize; ARRAYS + 1],
    /// Bytes of strings, paths and documentation.
    bytes: Box<[u8]>,
    /// The whole expression.
    pub root: Option<ExprId>,
    /// How deep brackets, sets and interpolations nest. Chains of operators, calls, functions and
    /// `else if` do not count, so the expressions can nest deeper.
    pub depth: u32,
}

/// The number of arrays of a tree.
const ARRAYS: usize = 12;

/// Their order in its block.
mod array {
    pub const EXPRS: usize = 0;
    pub const POINTS: usize = 1;
    pub const DEFAULTS: usize = 2;
    pub const CHILDREN: usize = 3;
    pub const PARTS: usize = 4;
    pub const NAMES: usize = 5;
    pub const BINDINGS: usize = 6;
    pub const ATTRIBUTES: usize = 7;
    pub const DOCS: usize = 8;
    pub const DYNAMIC: usize = 9;
    pub const LAMBDAS: usize = 10;
    pub const FORMALS: usize = 11;
}

impl Tree {
    /// Bytes that it takes.
    pub fn size(&self) -> usize {
        self.words.capacity() * size_of::<u32>() + self.bytes.len()
    }

    /// An array of its block.
    fn array<T: Record>(&self, index: usize) -> List<'_, T> {
        let words = self.words.get(self.starts[index]..self.starts[index + 1]);
        List::of_words(words.unwrap_or_default())
    }

    /// A range of an array.
    #[inline]
    fn slice<T: Record>(&self, index: usize, slice: Slice<T>) -> List<'_, T> {
        let start = self.starts[index] + slice.start as usize * T::LENGTH;
        List::of_words(&self.words[start..start + slice.len as usize * T::LENGTH])
    }

    /// An element of an array.
    #[inline(always)]
    fn element<T: Record>(&self, array: usize, index: u32) -> T {
        let words = self.words.get(self.starts[array]..).unwrap_or_default();
        T::unpack(T::record(words, index).expect("numbers of a tree are of what it has"))
    }

    /// The number of expressions. A child has a smaller number than its parent; some belong to no other: what
    /// merged sets were before.
    pub fn expr_count(&self) -> usize {
        self.array::<Node>(array::EXPRS).len()
    }

    #[inline(always)]
    fn node(&self, id: ExprId) -> Node {
        // The first array begins with the block.
        Node::unpack(Node::record(&self.words, id.0).expect("numbers of a tree are of what it has"))
    }

    /// An expression of this tree.
    #[inline(always)]
    pub fn expr(&self, id: ExprId) -> Expr {
        self.node(id).expr(|index| self.element(array::DEFAULTS, index))
    }

    /// Whether an expression is an error, a number, or a string or plain path without interpolations.
    #[inline]
    pub fn is_constant(&self, id: ExprId) -> bool {
        self.node(id).is_constant()
    }

    /// The name of an expression that is a variable.
    #[inline]
    pub fn variable(&self, id: ExprId) -> Option<Symbol> {
        self.node(id).variable()
    }

    /// The place of an expression.
    #[inline]
    pub fn span(&self, id: ExprId) -> Span {
        self.node(id).span()
    }

    /// Where a message about an expression points.
    #[inline]
    pub fn point(&self, id: ExprId) -> u32 {
        self.node(id).point(id, || self.array(array::POINTS))
    }

    /// The bytes of a text.
    pub fn text(&self, text: Text) -> &[u8] {
        &self.bytes[text.range()]
    }

    /// Children of a list or call.
    #[inline]
    pub fn children(&self, slice: Slice<ExprId>) -> List<'_, ExprId> {
        self.slice(array::CHILDREN, slice)
    }

    /// Parts of a string or path.
    pub fn parts(&self, slice: Slice<Part>) -> List<'_, Part> {
        self.slice(array::PARTS, slice)
    }

    /// The names of a selection path.
    #[inline]
    pub fn names(&self, slice: Slice<AttrName>) -> List<'_, AttrName> {
        self.slice(array::NAMES, slice)
    }

    /// A set of bindings.
    #[inline]
    pub fn bindings(&self, id: BindingsId) -> Bindings {
        self.element(array::BINDINGS, id.0)
    }

    /// The number of sets of bindings.
    pub fn bindings_count(&self) -> usize {
        self.array::<Bindings>(array::BINDINGS).len()
    }

    /// Attributes of bindings.
    #[inline]
    pub fn attributes(&self, slice: Slice<Attribute>) -> List<'_, Attribute> {
        self.slice(array::ATTRIBUTES, slice)
    }

    /// The attributes of all bindings.
    pub fn all_attributes(&self) -> List<'_, Attribute> {
        self.array(array::ATTRIBUTES)
    }

    /// The documentation comment before an attribute, given by its index among all attributes.
    pub fn attribute_doc(&self, index: u32) -> Option<&[u8]> {
        let docs: List<'_, Doc> = self.array(array::DOCS);
        let place = docs.partition_point(|doc| doc.attribute < index);
        docs.get(place).filter(|doc| doc.attribute == index).map(|doc| self.text(doc.text))
    }

    /// An attribute, by its index among all.
    #[inline]
    pub fn attribute(&self, index: u32) -> Attribute {
        self.element(array::ATTRIBUTES, index)
    }

    /// Dynamic attributes of bindings.
    pub fn dynamic(&self, slice: Slice<DynamicAttribute>) -> List<'_, DynamicAttribute> {
        self.slice(array::DYNAMIC, slice)
    }

    /// The dynamic attributes of all bindings.
    pub fn all_dynamic(&self) -> List<'_, DynamicAttribute> {
        self.array(array::DYNAMIC)
    }

    /// A function.
    #[inline]
    pub fn lambda(&self, id: LambdaId) -> Lambda {
        self.element(array::LAMBDAS, id.0)
    }

    /// All functions.
    pub fn lambdas(&self) -> List<'_, Lambda> {
        self.array(array::LAMBDAS)
    }

    /// Formals of a function.
    #[inline]
    pub fn formals(&self, slice: Slice<Formal>) -> List<'_, Formal> {
        self.slice(array::FORMALS, slice)
    }

    /// Formals of a function, none if it has no set pattern.
    #[inline]
    pub fn formals_of(&self, lambda: &Lambda) -> List<'_, Formal> {
        lambda.formals.map(|formals| self.formals(formals)).unwrap_or_default()
    }
}
