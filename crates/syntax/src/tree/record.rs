//! How the parts of a tree are packed into words: each kind of part in a fixed number of them.
//!
//! A part is packed when the parser is done with it, and unpacked by whoever reads it. Offsets and lengths are at
//! most 2^30 (the longest source), so their top bits are free for flags; what there is not is [`NONE`].

use std::marker::PhantomData;

use nivose_base::{Span, Symbol};

use super::{
    AttrName, Attribute, AttributeValue, BinaryOperator, Bindings, BindingsId, DynamicAttribute, Expr,
    ExprId, Formal, Lambda, LambdaId, Part, Slice, Text,
};

/// Stands for what there is not.
const NONE: u32 = u32::MAX;
/// The flag of an offset.
const FLAG: u32 = 1 << 31;

/// What a tree has arrays of.
pub trait Record: Copy + 'static {
    /// Its words.
    type Words: Copy + 'static;

    /// As words.
    fn pack(self) -> Self::Words;

    /// From its words.
    fn unpack(words: &Self::Words) -> Self;

    /// The number of its words.
    const LENGTH: usize;

    /// The words of the record at an index of an array that begins at the first of these.
    fn record(words: &[u32], index: u32) -> Option<&Self::Words>;

    /// An array of words as one of records.
    fn records(words: &[u32]) -> &[Self::Words];

    /// An array of records as one of words.
    fn words(records: &[Self::Words]) -> &[u32];
}

/// An array of records, or a part of one.
pub struct List<'a, T: Record> {
    records: &'a [T::Words],
    of: PhantomData<T>,
}

impl<T: Record> Clone for List<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Record> Copy for List<'_, T> {}

impl<T: Record> Default for List<'_, T> {
    fn default() -> Self {
        List { records: &[], of: PhantomData }
    }
}

impl<'a, T: Record> List<'a, T> {
    #[inline]
    pub(super) fn of_words(words: &'a [u32]) -> Self {
        Self::of_records(T::records(words))
    }

    #[inline]
    pub(super) fn of_records(records: &'a [T::Words]) -> Self {
        List { records, of: PhantomData }
    }

    /// The number of elements.
    #[inline]
    pub fn len(self) -> usize {
        self.records.len()
    }

    /// Whether there are no elements.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.records.is_empty()
    }

    /// The element at an index, if there is one.
    #[inline]
    pub fn get(self, index: usize) -> Option<T> {
        self.records.get(index).map(T::unpack)
    }

    /// The first element.
    pub fn first(self) -> Option<T> {
        self.get(0)
    }

    /// The element of a list that has just one.
    #[inline]
    pub fn single(self) -> Option<T> {
        match self.records {
            [record] => Some(T::unpack(record)),
            _ => None,
        }
    }

    /// The first element and the others.
    pub fn split_first(self) -> Option<(T, Self)> {
        let (first, rest) = self.records.split_first()?;
        Some((T::unpack(first), Self::of_records(rest)))
    }

    /// The last element and those before.
    pub fn split_last(self) -> Option<(T, Self)> {
        let (last, before) = self.records.split_last()?;
        Some((T::unpack(last), Self::of_records(before)))
    }

    /// The first so many elements.
    pub fn until(self, end: usize) -> Self {
        Self::of_records(self.records.get(..end).unwrap_or(self.records))
    }

    /// The number of elements before the first for which `holds` does not; it holds for none after that.
    pub fn partition_point(self, mut holds: impl FnMut(T) -> bool) -> usize {
        self.records.partition_point(|record| holds(T::unpack(record)))
    }

    /// The elements.
    #[inline]
    pub fn iter(self) -> impl DoubleEndedIterator<Item = T> + ExactSizeIterator + use<'a, T> {
        self.into_iter()
    }
}

impl<'a, T: Record> IntoIterator for List<'a, T> {
    type Item = T;
    type IntoIter = std::iter::Map<std::slice::Iter<'a, T::Words>, fn(&T::Words) -> T>;

    #[inline]
    fn into_iter(self) -> Self::IntoIter {
        self.records.iter().map(T::unpack)
    }
}

/// Says how many words a record has.
macro_rules! records_of {
    ($length:literal) => {
        type Words = [u32; $length];

        const LENGTH: usize = $length;

        #[inline(always)]
        fn record(words: &[u32], index: u32) -> Option<&Self::Words> {
            words.get($length * index as usize..)?.first_chunk()
        }

        #[inline]
        fn records(words: &[u32]) -> &[Self::Words] {
            words.as_chunks().0
        }

        #[inline]
        fn words(records: &[Self::Words]) -> &[u32] {
            records.as_flattened()
        }
    };
}

impl<T> Slice<T> {
    #[inline]
    fn of(start: u32, len: u32) -> Self {
        Slice { start, len, of: PhantomData }
    }
}

/// Whether the flag of an offset is up, and the offset.
#[inline]
fn flagged(word: u32) -> (bool, u32) {
    (word & FLAG != 0, word & !FLAG)
}

#[inline]
fn flag_if(is_up: bool) -> u32 {
    if is_up { FLAG } else { 0 }
}

#[inline]
fn optional(word: u32) -> Option<u32> {
    (word != NONE).then_some(word)
}

impl Record for ExprId {
    records_of!(1);

    #[inline]
    fn pack(self) -> [u32; 1] {
        [self.0]
    }

    #[inline]
    fn unpack(&[id]: &[u32; 1]) -> Self {
        ExprId(id)
    }
}

impl Record for Part {
    records_of!(2);

    #[inline]
    fn pack(self) -> [u32; 2] {
        match self {
            Part::Literal(text) => [text.start, text.len],
            Part::Expr(expr) => [expr.0, NONE],
        }
    }

    #[inline]
    fn unpack(&[first, second]: &[u32; 2]) -> Self {
        if second == NONE { Part::Expr(ExprId(first)) } else { Part::Literal(Slice::of(first, second)) }
    }
}

impl Record for AttrName {
    records_of!(3);

    #[inline]
    fn pack(self) -> [u32; 3] {
        match self {
            AttrName::Static(name, span) => [name.0, span.start, span.end],
            AttrName::Dynamic(expr, span) => [expr.0, span.start, span.end | FLAG],
        }
    }

    #[inline]
    fn unpack(&[name, start, end]: &[u32; 3]) -> Self {
        let (is_dynamic, end) = flagged(end);
        let span = Span { start, end };
        if is_dynamic { AttrName::Dynamic(ExprId(name), span) } else { AttrName::Static(Symbol(name), span) }
    }
}

impl Record for Bindings {
    records_of!(9);

    #[inline]
    fn pack(self) -> [u32; 9] {
        let Bindings { attributes, inherit_from, dynamic, inherits, empty_inherits, span, recursive } = self;
        let (start, end) = (span.start | flag_if(recursive), span.end | flag_if(inherits));
        let (a, i, d) = (attributes, inherit_from, dynamic);
        [a.start, a.len, i.start, i.len, d.start, d.len, empty_inherits, start, end]
    }

    #[inline]
    fn unpack(words: &[u32; 9]) -> Self {
        let &[attributes, count, sources, source_count, dynamic, dynamic_count, empty_inherits, start, end] =
            words;
        let ((recursive, start), (inherits, end)) = (flagged(start), flagged(end));
        Bindings {
            recursive,
            inherits,
            attributes: Slice::of(attributes, count),
            inherit_from: Slice::of(sources, source_count),
            dynamic: Slice::of(dynamic, dynamic_count),
            empty_inherits,
            span: Span { start, end },
        }
    }
}

impl Record for Attribute {
    records_of!(4);

    #[inline]
    fn pack(self) -> [u32; 4] {
        let Attribute { name, span, value } = self;
        match value {
            AttributeValue::Expr(expr) => [name.0, span.start, span.end, expr.0],
            AttributeValue::Inherit => [name.0, span.start | FLAG, span.end, 0],
            AttributeValue::InheritFrom(source) => [name.0, span.start, span.end | FLAG, source],
        }
    }

    #[inline]
    fn unpack(&[name, start, end, value]: &[u32; 4]) -> Self {
        let ((is_inherited, start), (is_selected, end)) = (flagged(start), flagged(end));
        let value = match (is_inherited, is_selected) {
            (true, _) => AttributeValue::Inherit,
            (_, true) => AttributeValue::InheritFrom(value),
            _ => AttributeValue::Expr(ExprId(value)),
        };
        Attribute { name: Symbol(name), span: Span { start, end }, value }
    }
}

/// The documentation comment before an attribute.
#[derive(Clone, Copy)]
pub(super) struct Doc {
    /// The attribute's index among all.
    pub attribute: u32,
    pub text: Text,
}

impl Record for Doc {
    records_of!(3);

    fn pack(self) -> [u32; 3] {
        [self.attribute, self.text.start, self.text.len]
    }

    fn unpack(&[attribute, start, len]: &[u32; 3]) -> Self {
        Doc { attribute, text: Slice::of(start, len) }
    }
}

impl Record for DynamicAttribute {
    records_of!(4);

    fn pack(self) -> [u32; 4] {
        [self.name.0, self.span.start, self.span.end, self.value.0]
    }

    fn unpack(&[name, start, end, value]: &[u32; 4]) -> Self {
        DynamicAttribute { name: ExprId(name), span: Span { start, end }, value: ExprId(value) }
    }
}

impl Record for Lambda {
    records_of!(9);

    #[inline]
    fn pack(self) -> [u32; 9] {
        let formals = self.formals.map_or([0, NONE], |formals| [formals.start, formals.len]);
        let doc = self.doc.map_or([0, NONE], |doc| [doc.start, doc.len]);
        let start = self.argument_span.start | flag_if(self.ellipsis);
        let symbol = |symbol: Option<Symbol>| symbol.map_or(NONE, |symbol| symbol.0);
        let (argument, end, name) = (symbol(self.argument), self.argument_span.end, symbol(self.name));
        [argument, start, end, formals[0], formals[1], self.body.0, name, doc[0], doc[1]]
    }

    #[inline]
    fn unpack(words: &[u32; 9]) -> Self {
        let &[argument, start, end, formals, formal_count, body, name, doc, doc_length] = words;
        let (ellipsis, start) = flagged(start);
        Lambda {
            argument: optional(argument).map(Symbol),
            argument_span: Span { start, end },
            formals: optional(formal_count).map(|count| Slice::of(formals, count)),
            ellipsis,
            body: ExprId(body),
            name: optional(name).map(Symbol),
            doc: optional(doc_length).map(|length| Slice::of(doc, length)),
        }
    }
}

impl Record for Formal {
    records_of!(4);

    #[inline]
    fn pack(self) -> [u32; 4] {
        let default = self.default.map_or(NONE, |default| default.0);
        [self.name.0, self.span.start, self.span.end, default]
    }

    #[inline]
    fn unpack(&[name, start, end, default]: &[u32; 4]) -> Self {
        Formal { name: Symbol(name), span: Span { start, end }, default: optional(default).map(ExprId) }
    }
}

/// A selection with a default; it has one word more than fits into a node.
#[derive(Clone, Copy)]
pub(super) struct SelectOr {
    pub set: ExprId,
    pub path: Slice<AttrName>,
    pub default: ExprId,
}

impl Record for SelectOr {
    records_of!(4);

    fn pack(self) -> [u32; 4] {
        [self.set.0, self.path.start, self.path.len, self.default.0]
    }

    fn unpack(&[set, start, len, default]: &[u32; 4]) -> Self {
        SelectOr { set: ExprId(set), path: Slice::of(start, len), default: ExprId(default) }
    }
}

/// Where a message about an expression points, if that is far from its start.
#[derive(Clone, Copy)]
pub(super) struct FarPoint {
    pub expr: ExprId,
    pub point: u32,
}

impl Record for FarPoint {
    records_of!(2);

    fn pack(self) -> [u32; 2] {
        [self.expr.0, self.point]
    }

    fn unpack(&[expr, point]: &[u32; 2]) -> Self {
        FarPoint { expr: ExprId(expr), point }
    }
}

/// The kinds of expressions.
mod kind {
    pub const ERROR: u8 = 0;
    pub const INT: u8 = 1;
    pub const FLOAT: u8 = 2;
    pub const STR: u8 = 3;
    pub const INTERPOLATION: u8 = 4;
    pub const PATH: u8 = 5;
    pub const INTERPOLATED_PATH: u8 = 6;
    pub const HOME_PATH: u8 = 7;
    pub const SEARCH_PATH: u8 = 8;
    pub const VARIABLE: u8 = 9;
    pub const CURRENT_POSITION: u8 = 10;
    pub const SELECT: u8 = 11;
    pub const SELECT_OR: u8 = 12;
    pub const HAS_ATTR: u8 = 13;
    pub const CALL: u8 = 14;
    pub const LAMBDA: u8 = 15;
    pub const SET: u8 = 16;
    pub const LET: u8 = 17;
    pub const LEGACY_LET: u8 = 18;
    pub const LIST: u8 = 19;
    pub const IF: u8 = 20;
    pub const ASSERT: u8 = 21;
    pub const WITH: u8 = 22;
    pub const NOT: u8 = 23;
    pub const NEGATE: u8 = 24;
    /// The binary operators, in the order of [`super::OPERATORS`].
    pub const BINARY: u8 = 25;
}

/// The binary operators in the order of their declaration.
const OPERATORS: [BinaryOperator; 15] = {
    use BinaryOperator::*;
    [
        Add,
        Subtract,
        Multiply,
        Divide,
        Concat,
        Update,
        Equal,
        NotEqual,
        Less,
        LessOrEqual,
        More,
        MoreOrEqual,
        And,
        Or,
        Implies,
    ]
};

/// An expression and its place: kind and distance of the point from the start, start, end, and what the kind says.
#[derive(Clone, Copy)]
pub(super) struct Node([u32; 6]);

/// The distance of a point that is elsewhere: see [`FarPoint`].
const FAR: u32 = (1 << 24) - 1;

impl Record for Node {
    records_of!(6);

    #[inline]
    fn pack(self) -> [u32; 6] {
        self.0
    }

    #[inline]
    fn unpack(words: &[u32; 6]) -> Self {
        Node(*words)
    }
}

impl Node {
    /// An expression whose point is its start. A selection with a default is kept by `keep`, which says its index.
    #[inline(always)]
    pub(super) fn new(expr: Expr, span: Span, keep: impl FnOnce(SelectOr) -> u32) -> Self {
        let (kind, [a, b, c]) = match expr {
            Expr::Error => (kind::ERROR, [0; 3]),
            Expr::Int(value) => (kind::INT, [value as u32, (value as u64 >> 32) as u32, 0]),
            Expr::Float(value) => {
                let bits = value.to_bits();
                (kind::FLOAT, [bits as u32, (bits >> 32) as u32, 0])
            }
            Expr::Str(text) => (kind::STR, [text.start, text.len, 0]),
            Expr::Interpolation(parts) => (kind::INTERPOLATION, [parts.start, parts.len, 0]),
            Expr::Path(text) => (kind::PATH, [text.start, text.len, 0]),
            Expr::InterpolatedPath(parts) => (kind::INTERPOLATED_PATH, [parts.start, parts.len, 0]),
            Expr::HomePath(text) => (kind::HOME_PATH, [text.start, text.len, 0]),
            Expr::SearchPath(text) => (kind::SEARCH_PATH, [text.start, text.len, 0]),
            Expr::Variable(name) => (kind::VARIABLE, [name.0, 0, 0]),
            Expr::CurrentPosition => (kind::CURRENT_POSITION, [0; 3]),
            Expr::Select { set, path, default: None } => (kind::SELECT, [set.0, path.start, path.len]),
            Expr::Select { set, path, default: Some(default) } => {
                (kind::SELECT_OR, [keep(SelectOr { set, path, default }), 0, 0])
            }
            Expr::HasAttr { set, path } => (kind::HAS_ATTR, [set.0, path.start, path.len]),
            Expr::Call { function, arguments } => (kind::CALL, [function.0, arguments.start, arguments.len]),
            Expr::Lambda(lambda) => (kind::LAMBDA, [lambda.0, 0, 0]),
            Expr::Set(bindings) => (kind::SET, [bindings.0, 0, 0]),
            Expr::Let { bindings, body } => (kind::LET, [bindings.0, body.0, 0]),
            Expr::LegacyLet(bindings) => (kind::LEGACY_LET, [bindings.0, 0, 0]),
            Expr::List(elements) => (kind::LIST, [elements.start, elements.len, 0]),
            Expr::If { condition, consequence, alternative } => {
                (kind::IF, [condition.0, consequence.0, alternative.0])
            }
            Expr::Assert { condition, body } => (kind::ASSERT, [condition.0, body.0, 0]),
            Expr::With { namespace, body } => (kind::WITH, [namespace.0, body.0, 0]),
            Expr::Not(operand) => (kind::NOT, [operand.0, 0, 0]),
            Expr::Negate(operand) => (kind::NEGATE, [operand.0, 0, 0]),
            Expr::Binary { operator, left, right } => (kind::BINARY + operator as u8, [left.0, right.0, 0]),
        };
        Node([kind.into(), span.start, span.end, a, b, c])
    }

    /// The expression; `default` finds a selection that was kept.
    #[inline(always)]
    pub(super) fn expr(self, default: impl FnOnce(u32) -> SelectOr) -> Expr {
        let [head, _, _, a, b, c] = self.0;
        match head as u8 {
            kind::ERROR => Expr::Error,
            kind::INT => Expr::Int((u64::from(b) << 32 | u64::from(a)) as i64),
            kind::FLOAT => Expr::Float(f64::from_bits(u64::from(b) << 32 | u64::from(a))),
            kind::STR => Expr::Str(Slice::of(a, b)),
            kind::INTERPOLATION => Expr::Interpolation(Slice::of(a, b)),
            kind::PATH => Expr::Path(Slice::of(a, b)),
            kind::INTERPOLATED_PATH => Expr::InterpolatedPath(Slice::of(a, b)),
            kind::HOME_PATH => Expr::HomePath(Slice::of(a, b)),
            kind::SEARCH_PATH => Expr::SearchPath(Slice::of(a, b)),
            kind::VARIABLE => Expr::Variable(Symbol(a)),
            kind::CURRENT_POSITION => Expr::CurrentPosition,
            kind::SELECT => Expr::Select { set: ExprId(a), path: Slice::of(b, c), default: None },
            kind::SELECT_OR => {
                let SelectOr { set, path, default } = default(a);
                Expr::Select { set, path, default: Some(default) }
            }
            kind::HAS_ATTR => Expr::HasAttr { set: ExprId(a), path: Slice::of(b, c) },
            kind::CALL => Expr::Call { function: ExprId(a), arguments: Slice::of(b, c) },
            kind::LAMBDA => Expr::Lambda(LambdaId(a)),
            kind::SET => Expr::Set(BindingsId(a)),
            kind::LET => Expr::Let { bindings: BindingsId(a), body: ExprId(b) },
            kind::LEGACY_LET => Expr::LegacyLet(BindingsId(a)),
            kind::LIST => Expr::List(Slice::of(a, b)),
            kind::IF => Expr::If { condition: ExprId(a), consequence: ExprId(b), alternative: ExprId(c) },
            kind::ASSERT => Expr::Assert { condition: ExprId(a), body: ExprId(b) },
            kind::WITH => Expr::With { namespace: ExprId(a), body: ExprId(b) },
            kind::NOT => Expr::Not(ExprId(a)),
            kind::NEGATE => Expr::Negate(ExprId(a)),
            binary => match OPERATORS.get(usize::from(binary - kind::BINARY)) {
                Some(&operator) => Expr::Binary { operator, left: ExprId(a), right: ExprId(b) },
                None => Expr::Error,
            },
        }
    }

    /// See [`super::Tree::is_constant`].
    #[inline]
    pub(super) fn is_constant(self) -> bool {
        matches!(self.0[0] as u8, kind::ERROR | kind::INT | kind::FLOAT | kind::STR | kind::PATH)
    }

    /// See [`super::Tree::variable`].
    #[inline]
    pub(super) fn variable(self) -> Option<Symbol> {
        (self.0[0] as u8 == kind::VARIABLE).then_some(Symbol(self.0[3]))
    }

    #[inline]
    pub(super) fn span(self) -> Span {
        Span { start: self.0[1], end: self.0[2] }
    }

    /// The point of the expression with this number; `far` are those that are far.
    #[inline]
    pub(super) fn point<'a>(self, id: ExprId, far: impl FnOnce() -> List<'a, FarPoint>) -> u32 {
        let [head, start, ..] = self.0;
        if head >> 8 == FAR { far_point(id, far()).unwrap_or(start) } else { start + (head >> 8) }
    }

    /// The same expression at another place; says also whether the point is far from it, and must be kept.
    #[inline]
    pub(super) fn placed(self, span: Span, point: u32) -> (Self, bool) {
        let [head, _, _, a, b, c] = self.0;
        let distance = point.wrapping_sub(span.start);
        let is_far = distance >= FAR;
        let distance = if is_far { FAR } else { distance };
        (Node([head & 0xff | distance << 8, span.start, span.end, a, b, c]), is_far)
    }
}

/// Points are noted in the order of their expressions, as a rule; the one noted last counts.
#[cold]
fn far_point(id: ExprId, far: List<'_, FarPoint>) -> Option<u32> {
    far.iter().rev().find(|far| far.expr == id).map(|far| far.point)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked_the_same() {
        let span = Span::new(3, 1 << 30);
        let exprs = [
            Expr::Int(i64::MIN + 5),
            Expr::Float(-0.5),
            Expr::Select { set: ExprId(1), path: Slice::of(2, 3), default: Some(ExprId(4)) },
            Expr::Select { set: ExprId(1), path: Slice::of(2, 3), default: None },
            Expr::If { condition: ExprId(1), consequence: ExprId(2), alternative: ExprId(3) },
        ];
        let operators =
            OPERATORS.map(|operator| Expr::Binary { operator, left: ExprId(7), right: ExprId(8) });
        for expr in exprs.into_iter().chain(operators) {
            let mut kept = None;
            let node = Node::new(expr, span, |default| {
                kept = Some(default);
                9
            });
            let found = node.expr(|index| kept.filter(|_| index == 9).expect("a selection"));
            assert_eq!(format!("{found:?}"), format!("{expr:?}"));
            assert_eq!((node.span(), node.point(ExprId(0), List::default)), (span, 3));
        }
    }

    #[test]
    fn points_far_from_the_start_are_kept_beside() {
        let node = Node::new(Expr::Error, Span::new(5, 9), |_| 0);
        let (near, is_far) = node.placed(Span::new(1, FAR + 9), FAR);
        assert_eq!((is_far, near.point(ExprId(4), List::default)), (false, FAR));
        let (far, is_far) = node.placed(Span::new(1, FAR + 9), FAR + 1);
        assert!(is_far);
        let kept = [[3, 8], [4, 9], [4, FAR + 1]];
        assert_eq!(far.point(ExprId(4), || List::of_records(&kept)), FAR + 1);
        assert_eq!(far.span(), Span::new(1, FAR + 9));
    }
}
