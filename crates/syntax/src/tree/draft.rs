//! A tree while the parser fills it: its arrays apart, in room that is used again for the next source.

use nivose_base::{Span, Symbol};

use super::record::{Doc, FarPoint, Node, SelectOr};
use super::{
    ARRAYS, AttrName, Attribute, Bindings, BindingsId, DynamicAttribute, Expr, ExprId, Formal, Lambda,
    LambdaId, List, Part, Record, Slice, Text, Tree,
};

/// An array of packed records.
pub(crate) struct Array<T: Record> {
    records: Vec<T::Words>,
}

impl<T: Record> Default for Array<T> {
    fn default() -> Self {
        Array { records: Vec::new() }
    }
}

impl<T: Record> Array<T> {
    pub fn len(&self) -> usize {
        self.records.len()
    }

    #[inline]
    pub fn push(&mut self, record: T) {
        self.records.push(record.pack());
    }

    /// Adds what an iterator gives; says where it lies.
    #[inline]
    pub fn add(&mut self, records: impl Iterator<Item = T>) -> Slice<T> {
        let start = self.len();
        self.records.extend(records.map(T::pack));
        Slice::new(start, self.len())
    }

    #[inline]
    fn at(&self, index: u32) -> T {
        T::unpack(&self.records[index as usize])
    }

    fn slice(&self, slice: Slice<T>) -> List<'_, T> {
        List::of_records(&self.records[slice.range()])
    }

    fn change(&mut self, index: u32, change: impl FnOnce(&mut T)) {
        if let Some(record) = self.records.get_mut(index as usize) {
            let mut part = T::unpack(record);
            change(&mut part);
            *record = part.pack();
        }
    }

    fn words(&self) -> &[u32] {
        T::words(&self.records)
    }
}

/// Blocks of so many words are used again: the system takes long ones back at once, and a fresh page costs more than
/// filling it.
const LONG_BLOCK: usize = 1 << 15;

/// The block of a long tree that is not needed any more.
#[derive(Default)]
pub(crate) struct Spare(Vec<u32>);

impl Spare {
    /// An empty block with room for so many words.
    fn block(&mut self, length: usize) -> Vec<u32> {
        let suits = length >= LONG_BLOCK && (length..=4 * length).contains(&self.0.capacity());
        if suits { std::mem::take(&mut self.0) } else { Vec::with_capacity(length) }
    }

    /// Keeps the block of a tree, if it is longer than the present one.
    pub fn keep(&mut self, tree: Tree) {
        let mut words = tree.words;
        if words.capacity() >= LONG_BLOCK.max(self.0.capacity()) {
            words.clear();
            self.0 = words;
        }
    }
}

/// The arrays of a tree that is being made.
#[derive(Default)]
pub(crate) struct Draft {
    exprs: Array<Node>,
    far_points: Array<FarPoint>,
    defaults: Array<SelectOr>,
    pub children: Array<ExprId>,
    pub parts: Array<Part>,
    pub names: Array<AttrName>,
    bindings: Array<Bindings>,
    pub attributes: Array<Attribute>,
    docs: Array<Doc>,
    pub dynamic: Array<DynamicAttribute>,
    lambdas: Array<Lambda>,
    pub formals: Array<Formal>,
    pub bytes: Vec<u8>,
    pub root: Option<ExprId>,
    pub depth: u32,
}

impl Draft {
    /// The tree, in a block of its size, or in the spare one if that suits it.
    pub fn tree(&self, spare: &mut Spare) -> Tree {
        let arrays = self.arrays();
        let mut words = spare.block(arrays.iter().map(|array| array.len()).sum());
        let mut starts = [0; ARRAYS + 1];
        for (start, array) in starts[1..].iter_mut().zip(arrays) {
            words.extend_from_slice(array);
            *start = words.len();
        }
        let bytes = self.bytes.as_slice().into();
        Tree { words, starts, bytes, root: self.root, depth: self.depth }
    }

    /// The arrays in the order in which they lie in the block of a tree.
    fn arrays(&self) -> [&[u32]; ARRAYS] {
        [
            self.exprs.words(),
            self.far_points.words(),
            self.defaults.words(),
            self.children.words(),
            self.parts.words(),
            self.names.words(),
            self.bindings.words(),
            self.attributes.words(),
            self.docs.words(),
            self.dynamic.words(),
            self.lambdas.words(),
            self.formals.words(),
        ]
    }

    /// Takes everything out, and keeps the room.
    pub fn clear(&mut self) {
        self.exprs.records.clear();
        self.far_points.records.clear();
        self.defaults.records.clear();
        self.children.records.clear();
        self.parts.records.clear();
        self.names.records.clear();
        self.bindings.records.clear();
        self.attributes.records.clear();
        self.docs.records.clear();
        self.dynamic.records.clear();
        self.lambdas.records.clear();
        self.formals.records.clear();
        self.bytes.clear();
        self.root = None;
        self.depth = 0;
    }

    /// Bytes of all that is in it.
    pub fn size(&self) -> usize {
        self.arrays().iter().map(|array| size_of_val(*array)).sum::<usize>() + self.bytes.len()
    }

    // --- expressions ---

    /// Adds an expression whose messages point at its start.
    #[inline(always)]
    pub fn push(&mut self, expr: Expr, span: Span) -> ExprId {
        let id = ExprId(self.exprs.len() as u32);
        let node = Node::new(expr, span, |selection| {
            self.defaults.push(selection);
            self.defaults.len() as u32 - 1
        });
        self.exprs.push(node);
        id
    }

    /// Has an expression stand elsewhere, and messages about it point elsewhere.
    pub fn place(&mut self, id: ExprId, span: Span, point: u32) {
        let (node, is_far) = self.exprs.at(id.0).placed(span, point);
        self.exprs.records[id.0 as usize] = node.pack();
        if is_far {
            self.far_points.push(FarPoint { expr: id, point });
        }
    }

    /// Takes an expression that is a string back, if it is the last one.
    pub fn take_back(&mut self, id: ExprId) {
        if id.0 as usize + 1 == self.exprs.len() {
            self.exprs.records.pop();
        }
    }

    #[inline(always)]
    pub fn expr(&self, id: ExprId) -> Expr {
        self.exprs.at(id.0).expr(|index| self.defaults.at(index))
    }

    #[inline]
    pub fn span(&self, id: ExprId) -> Span {
        self.exprs.at(id.0).span()
    }

    pub fn point(&self, id: ExprId) -> u32 {
        self.exprs.at(id.0).point(id, || List::of_records(&self.far_points.records))
    }

    pub fn text(&self, text: Text) -> &[u8] {
        &self.bytes[text.range()]
    }

    // --- functions ---

    pub fn push_lambda(&mut self, lambda: Lambda) -> LambdaId {
        self.lambdas.push(lambda);
        LambdaId(self.lambdas.len() as u32 - 1)
    }

    pub fn lambda(&self, id: LambdaId) -> Lambda {
        self.lambdas.at(id.0)
    }

    pub fn set_body(&mut self, id: LambdaId, body: ExprId) {
        self.lambdas.change(id.0, |lambda| lambda.body = body);
    }

    pub fn set_name(&mut self, id: LambdaId, name: Symbol) {
        self.lambdas.change(id.0, |lambda| lambda.name = Some(name));
    }

    pub fn formals(&self, slice: Slice<Formal>) -> List<'_, Formal> {
        self.formals.slice(slice)
    }

    // --- bindings ---

    pub fn push_bindings(&mut self, bindings: Bindings) -> BindingsId {
        self.bindings.push(bindings);
        BindingsId(self.bindings.len() as u32 - 1)
    }

    pub fn bindings(&self, id: BindingsId) -> Bindings {
        self.bindings.at(id.0)
    }

    pub fn attributes(&self, slice: Slice<Attribute>) -> List<'_, Attribute> {
        self.attributes.slice(slice)
    }

    /// Keeps the documentation comment of an attribute, given by its index among all.
    pub fn push_doc(&mut self, attribute: u32, text: Text) {
        self.docs.push(Doc { attribute, text });
    }

    /// The documentation comment of an attribute.
    pub fn doc(&self, attribute: u32) -> Option<Text> {
        let docs = List::<Doc>::of_records(&self.docs.records);
        docs.get(docs.partition_point(|doc| doc.attribute < attribute))
            .filter(|doc| doc.attribute == attribute)
            .map(|doc| doc.text)
    }

    pub fn children(&self, slice: Slice<ExprId>) -> List<'_, ExprId> {
        self.children.slice(slice)
    }

    pub fn dynamic(&self, slice: Slice<DynamicAttribute>) -> List<'_, DynamicAttribute> {
        self.dynamic.slice(slice)
    }
}
