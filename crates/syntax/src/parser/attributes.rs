//! The attributes of bindings while they are read: paths become nested sets, sets of one name are
//! merged, a name defined twice is an error.
//!
//! A set that may still grow is an [`OpenSet`]. It is written to the tree when the bindings that
//! enclose it end.

use nivose_base::literal::write_name;
use nivose_base::{DiagnosticId, Error, Map, Span, Symbol};

use super::{Parser, Room};
use crate::lexer::Failed;
use crate::tree::*;

/// Sets up to this size are searched without an index.
const INDEX_FROM: usize = 16;

/// An attribute of an open set.
#[derive(Clone, Copy)]
pub(super) struct Pending {
    pub(super) name: Symbol,
    pub(super) span: Span,
    pub(super) value: PendingValue,
}

/// What an attribute of an open set is bound to.
#[derive(Clone, Copy)]
pub(super) enum PendingValue {
    Expr(ExprId),
    Inherit,
    InheritFrom(u32),
    /// A set that is open itself.
    Open(u32),
}

impl From<AttributeValue> for PendingValue {
    fn from(value: AttributeValue) -> Self {
        match value {
            AttributeValue::Expr(expr) => PendingValue::Expr(expr),
            AttributeValue::Inherit => PendingValue::Inherit,
            AttributeValue::InheritFrom(index) => PendingValue::InheritFrom(index),
        }
    }
}

/// A set that may still grow.
#[derive(Default)]
struct OpenSet {
    recursive: bool,
    span: Span,
    /// Tells this set from others in the index.
    serial: u32,
    /// A bit for each name: most names that are added are seen to be new without a look at the others.
    filter: u64,
    attributes: Vec<Pending>,
    /// The documentation comments of attributes, given by their indices.
    docs: Vec<(u32, Text)>,
    inherit_from: Vec<ExprId>,
    dynamic: Vec<DynamicAttribute>,
    empty_inherits: u32,
    /// Whether an attribute is bound to an open set.
    holds_open: bool,
    /// Whether an attribute is inherited from the scope around.
    inherits: bool,
}

impl OpenSet {
    /// Takes out what was written to the tree.
    fn clear(&mut self) {
        self.filter = 0;
        self.attributes.clear();
        self.inherit_from.clear();
        self.dynamic.clear();
        self.holds_open = false;
        self.inherits = false;
    }
}

/// The bit of a name in the filter of a set.
#[inline]
fn filter_bit(name: Symbol) -> u64 {
    1 << (name.0.wrapping_mul(0x9e37_79b1) >> 26)
}

/// The open sets; the room of closed ones is used again.
#[derive(Default)]
pub(super) struct OpenSets {
    sets: Vec<OpenSet>,
    free: Vec<u32>,
    serial: u32,
    index: Map<(u32, Symbol), u32>,
}

impl OpenSets {
    /// Opens an empty set.
    pub(super) fn open(&mut self, recursive: bool, start: u32) -> u32 {
        let id = self.free.pop().unwrap_or_else(|| {
            self.sets.push(OpenSet::default());
            self.sets.len() as u32 - 1
        });
        self.serial += 1;
        let serial = self.serial;
        let set = self.set(id);
        set.recursive = recursive;
        set.span = Span::new(start, start);
        set.serial = serial;
        id
    }

    /// Makes ready for another source; what an error left open is dropped.
    pub(super) fn clear(&mut self) {
        if self.free.len() != self.sets.len() {
            *self = OpenSets::default();
        } else if !self.index.is_empty() {
            self.index.clear();
        }
    }

    fn set(&mut self, id: u32) -> &mut OpenSet {
        &mut self.sets[id as usize]
    }

    /// The index of the attribute of a name.
    pub(super) fn find(&self, id: u32, name: Symbol) -> Option<usize> {
        let set = &self.sets[id as usize];
        if set.filter & filter_bit(name) == 0 {
            return None;
        }
        if set.attributes.len() <= INDEX_FROM {
            return set.attributes.iter().position(|attribute| attribute.name == name);
        }
        self.index.get(&(set.serial, name)).map(|&index| index as usize)
    }

    /// The attribute at an index.
    pub(super) fn get(&self, id: u32, index: usize) -> Pending {
        self.sets[id as usize].attributes[index]
    }

    /// Adds an attribute whose name the set does not have.
    pub(super) fn add(&mut self, id: u32, attribute: Pending, doc: Option<Text>) {
        let set = &mut self.sets[id as usize];
        let count = set.attributes.len();
        set.filter |= filter_bit(attribute.name);
        set.attributes.push(attribute);
        if let Some(doc) = doc {
            set.docs.push((count as u32, doc));
        }
        set.holds_open |= matches!(attribute.value, PendingValue::Open(_));
        set.inherits |= matches!(attribute.value, PendingValue::Inherit);
        if count >= INDEX_FROM {
            self.add_to_index(id, if count == INDEX_FROM { 0 } else { count });
        }
    }

    /// Indexes the names of a set from one on.
    #[cold]
    fn add_to_index(&mut self, id: u32, from: usize) {
        let set = &self.sets[id as usize];
        for (index, attribute) in set.attributes.iter().enumerate().skip(from) {
            self.index.insert((set.serial, attribute.name), index as u32);
        }
    }

    /// Adds the source of an `inherit`; says its index.
    pub(super) fn add_source(&mut self, id: u32, source: ExprId) -> u32 {
        let sources = &mut self.set(id).inherit_from;
        sources.push(source);
        sources.len() as u32 - 1
    }

    pub(super) fn note_empty_inherit(&mut self, id: u32) {
        self.set(id).empty_inherits += 1;
    }

    /// Opens a set of the tree again.
    fn reopen(&mut self, tree: &Draft, bindings: Bindings) -> u32 {
        let id = self.open(bindings.recursive, bindings.span.start);
        for (attribute, doc) in pending(tree, bindings, 0) {
            self.add(id, attribute, doc);
        }
        let set = self.set(id);
        set.span = bindings.span;
        set.dynamic.extend(tree.dynamic(bindings.dynamic));
        set.inherit_from.extend(tree.children(bindings.inherit_from));
        set.empty_inherits = bindings.empty_inherits;
        id
    }

    /// The first open set among the attributes from an index on, with its index.
    fn open_attribute(&self, id: u32, from: usize) -> Option<(usize, u32)> {
        let set = &self.sets[id as usize];
        if !set.holds_open {
            return None;
        }
        set.attributes.iter().enumerate().skip(from).find_map(|(index, attribute)| match attribute.value {
            PendingValue::Open(inner) => Some((index, inner)),
            _ => None,
        })
    }
}

/// The attributes of bindings of the tree as those of an open set whose sources begin at an index.
fn pending(tree: &Draft, bindings: Bindings, sources: u32) -> impl Iterator<Item = (Pending, Option<Text>)> {
    let indices = bindings.attributes.start..;
    indices.zip(tree.attributes(bindings.attributes)).map(move |(index, attribute)| {
        let value = match attribute.value.into() {
            PendingValue::InheritFrom(index) => PendingValue::InheritFrom(index + sources),
            value => value,
        };
        (Pending { name: attribute.name, span: attribute.span, value }, tree.doc(index))
    })
}

impl Parser<'_> {
    /// Adds the binding of a path, the pending names from `names` on, to a set.
    pub(super) fn add_binding(
        &mut self,
        set: u32,
        names: usize,
        start: u32,
        doc: Option<Text>,
        value: ExprId,
    ) -> Result<(), Failed> {
        let last = self.room.names.len().saturating_sub(1);
        self.check_nesting(self.nesting + (last - names) as u32)?;
        let mut set = set;
        for index in names..last {
            match self.room.names[index] {
                AttrName::Static(name, span) => {
                    let span = Span::new(start, span.end);
                    set = self.descend(set, name, span, names..index + 1)?;
                }
                AttrName::Dynamic(name, span) => {
                    let value = self.nest(index + 1, start, value);
                    let span = Span::new(start, span.end);
                    self.room.sets.set(set).dynamic.push(DynamicAttribute { name, span, value });
                    return Ok(());
                }
            }
        }
        self.bind(set, names, start, doc, value)
    }

    /// Binds the last name of a path.
    fn bind(
        &mut self,
        set: u32,
        names: usize,
        start: u32,
        doc: Option<Text>,
        value: ExprId,
    ) -> Result<(), Failed> {
        match self.room.names.last() {
            Some(&AttrName::Static(name, span)) => {
                let span = Span::new(start, span.end);
                if let Some(present) = self.room.sets.find(set, name) {
                    return self.merge(set, present, value, start, names);
                }
                self.name_function(value, name);
                let value = PendingValue::Expr(value);
                self.room.sets.add(set, Pending { name, span, value }, doc);
            }
            Some(&AttrName::Dynamic(name, span)) => {
                let span = Span::new(start, span.end);
                self.room.sets.set(set).dynamic.push(DynamicAttribute { name, span, value });
            }
            None => {}
        }
        Ok(())
    }

    /// The open set that an inner name of a path stands for, made if the name is new.
    fn descend(
        &mut self,
        set: u32,
        name: Symbol,
        span: Span,
        path: std::ops::Range<usize>,
    ) -> Result<u32, Failed> {
        let Some(present) = self.room.sets.find(set, name) else {
            let inner = self.room.sets.open(false, span.start);
            self.room.sets.set(inner).span = span;
            let value = PendingValue::Open(inner);
            self.room.sets.add(set, Pending { name, span, value }, None);
            return Ok(inner);
        };
        match self.open_value(set, present)? {
            Some(inner) => Ok(inner),
            None => Err(self.path_already_defined(path, span.start, set, present)),
        }
    }

    /// The set that an attribute is bound to, opened; `None` if it is bound to something else.
    fn open_value(&mut self, set: u32, index: usize) -> Result<Option<u32>, Failed> {
        match self.room.sets.get(set, index).value {
            PendingValue::Open(inner) => Ok(Some(inner)),
            PendingValue::Expr(expr) => {
                let Expr::Set(bindings) = self.room.tree.expr(expr) else {
                    return Ok(None);
                };
                self.allow_copy(bindings)?;
                let inner = self.room.sets.reopen(&self.room.tree, self.room.tree.bindings(bindings));
                let set = self.room.sets.set(set);
                set.attributes[index].value = PendingValue::Open(inner);
                set.holds_open = true;
                Ok(Some(inner))
            }
            _ => Ok(None),
        }
    }

    /// Fails if copying a set that is opened again would make the tree grow out of proportion to
    /// the source, which takes large sets that are merged anew at many levels.
    fn allow_copy(&mut self, bindings: BindingsId) -> Result<(), Failed> {
        let bindings = self.room.tree.bindings(bindings);
        let start = bindings.span.start;
        let lengths = [bindings.attributes.len, bindings.inherit_from.len, bindings.dynamic.len];
        self.copied += lengths.iter().map(|&length| length as usize).sum::<usize>();
        if self.copied <= 2 * self.lexer.len() {
            return Ok(());
        }
        let error = Error::with_message(
            DiagnosticId::NestingTooDeep,
            "large attribute sets are merged at too many levels",
        );
        Err(self.fail_at(error, start))
    }

    /// Merges a set into the one that an attribute is bound to already.
    fn merge(
        &mut self,
        set: u32,
        present: usize,
        value: ExprId,
        start: u32,
        names: usize,
    ) -> Result<(), Failed> {
        let path = names..self.room.names.len();
        let Expr::Set(bindings) = self.room.tree.expr(value) else {
            return Err(self.path_already_defined(path, start, set, present));
        };
        let Some(inner) = self.open_value(set, present)? else {
            return Err(self.path_already_defined(path, start, set, present));
        };
        self.merge_bindings(inner, bindings)
    }

    /// Adds all that a set of the tree holds to an open one.
    fn merge_bindings(&mut self, set: u32, from: BindingsId) -> Result<(), Failed> {
        let from = self.room.tree.bindings(from);
        let sources = self.room.sets.set(set).inherit_from.len() as u32;
        let Room { tree, sets, .. } = &mut self.room;
        let mut repeated = None;
        for (attribute, doc) in pending(tree, from, sources) {
            if let Some(present) = sets.find(set, attribute.name) {
                repeated = Some((attribute, sets.get(set, present)));
                break;
            }
            sets.add(set, attribute, doc);
        }
        if let Some((here, there)) = repeated {
            return Err(self.already_defined(&[here.name], there.span.start, here.span.start));
        }
        let open = self.room.sets.set(set);
        open.dynamic.extend(self.room.tree.dynamic(from.dynamic));
        open.inherit_from.extend(self.room.tree.children(from.inherit_from));
        open.empty_inherits += from.empty_inherits;
        Ok(())
    }

    /// The expression for the names from an index on, below a computed one: sets in sets.
    fn nest(&mut self, from: usize, start: u32, value: ExprId) -> ExprId {
        let mut value = value;
        for index in (from..self.room.names.len()).rev() {
            let set = self.room.sets.open(false, start);
            match self.room.names[index] {
                AttrName::Static(name, span) => {
                    if index + 1 == self.room.names.len() {
                        self.name_function(value, name);
                    }
                    let span = Span::new(start, span.end);
                    let value = PendingValue::Expr(value);
                    self.room.sets.add(set, Pending { name, span, value }, None);
                }
                AttrName::Dynamic(name, span) => {
                    let span = Span::new(start, span.end);
                    self.room.sets.set(set).dynamic.push(DynamicAttribute { name, span, value });
                }
            }
            let end = self.room.tree.span(value).end;
            let bindings = self.close_set(set, end);
            value = self.push(Expr::Set(bindings), Span::new(start, end));
        }
        value
    }

    /// Tells a function and those that are directly its body their name.
    fn name_function(&mut self, value: ExprId, name: Symbol) {
        let mut value = value;
        while let Expr::Lambda(id) = self.room.tree.expr(value) {
            self.room.tree.set_name(id, name);
            value = self.room.tree.lambda(id).body;
        }
    }

    /// Writes an open set, which ends at an offset, and those in it to the tree.
    pub(super) fn close_set(&mut self, set: u32, end: u32) -> BindingsId {
        self.room.sets.set(set).span.end = end;
        let mut enclosing = Vec::new();
        let (mut id, mut from) = (set, 0);
        loop {
            if let Some((index, inner)) = self.room.sets.open_attribute(id, from) {
                enclosing.push((id, index));
                (id, from) = (inner, 0);
                continue;
            }
            let bindings = self.write_set(id);
            let Some((outer, index)) = enclosing.pop() else {
                return bindings;
            };
            let span = self.room.tree.bindings(bindings).span;
            let expr = self.push(Expr::Set(bindings), span);
            self.room.sets.set(outer).attributes[index].value = PendingValue::Expr(expr);
            (id, from) = (outer, index + 1);
        }
    }

    /// Writes an open set whose attributes are all closed to the tree.
    fn write_set(&mut self, id: u32) -> BindingsId {
        let (set, tree) = (&mut self.room.sets.sets[id as usize], &mut self.room.tree);
        let start = tree.attributes.len();
        for (index, doc) in set.docs.drain(..) {
            tree.push_doc(start as u32 + index, doc);
        }
        let bindings = Bindings {
            recursive: set.recursive,
            attributes: tree.attributes.add(set.attributes.iter().map(closed)),
            inherit_from: tree.children.add(set.inherit_from.iter().copied()),
            dynamic: tree.dynamic.add(set.dynamic.iter().copied()),
            inherits: set.inherits,
            empty_inherits: std::mem::take(&mut set.empty_inherits),
            span: set.span,
        };
        set.clear();
        self.room.sets.free.push(id);
        self.room.tree.push_bindings(bindings)
    }

    /// The error for a path whose last name is bound already.
    #[cold]
    fn path_already_defined(
        &mut self,
        path: std::ops::Range<usize>,
        start: u32,
        set: u32,
        present: usize,
    ) -> Failed {
        let names: Vec<_> = self.room.names[path]
            .iter()
            .filter_map(|name| match name {
                AttrName::Static(name, _) => Some(*name),
                AttrName::Dynamic(..) => None,
            })
            .collect();
        let there = self.room.sets.get(set, present).span.start;
        self.already_defined(&names, start, there)
    }

    /// The error for names that are defined at one offset and were defined at another.
    #[cold]
    pub(super) fn already_defined(&mut self, path: &[Symbol], here: u32, there: u32) -> Failed {
        let mut shown = Vec::new();
        for (index, &name) in path.iter().enumerate() {
            if index > 0 {
                shown.push(b'.');
            }
            write_name(self.symbols.bytes(name), &mut shown);
        }
        let place = (self.options.describe)(there);
        let error = Error::new(DiagnosticId::AttributeAlreadyDefined, &[&shown, &place]);
        self.fail_at(error, here)
    }
}

/// An attribute of an open set, whose value is closed.
#[inline]
fn closed(attribute: &Pending) -> Attribute {
    let &Pending { name, span, value } = attribute;
    let value = match value {
        PendingValue::Expr(expr) => AttributeValue::Expr(expr),
        PendingValue::InheritFrom(index) => AttributeValue::InheritFrom(index),
        PendingValue::Inherit | PendingValue::Open(_) => AttributeValue::Inherit,
    };
    Attribute { name, span, value }
}
