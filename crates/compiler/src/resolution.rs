//! What resolving finds out about a tree: what every variable refers to, which expressions become
//! chunks of their own, and what each of these captures.
//!
//! Data only; `scope` fills it, `emit` reads it.

use nivose_base::{Map, Set};
use nivose_syntax::tree::{BindingsId, ExprId, LambdaId};

/// A variable bound in the source: a number that is unique within the unit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Binding(pub u32);

/// What a variable refers to, seen from the frame that it stands in; or for other expressions
/// whether they are suspended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Resolved {
    /// Nothing is known or needed.
    None,
    /// A slot of the same frame.
    Local(Binding),
    /// An upvalue of the frame.
    Upvalue(u32),
    /// The attribute of the variable's name, of the set in a slot of the same frame.
    LocalAttribute(Binding),
    /// The attribute of the variable's name, of the set in an upvalue.
    UpvalueAttribute(u32),
    /// A value of the global scope, by its index there.
    Global(u32),
    /// Only a `with` can supply it.
    Dynamic,
    /// The expression is a chunk of its own with this frame.
    Frame(u32),
}

/// [`Resolved`] in one word: the kind in the top three bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct PackedResolved(u32);

const INDEX_BITS: u32 = 29;
const INDEX_MASK: u32 = (1 << INDEX_BITS) - 1;

impl PackedResolved {
    pub const NONE: PackedResolved = PackedResolved(0);

    pub fn pack(resolved: Resolved) -> Self {
        let (kind, index) = match resolved {
            Resolved::None => (0, 0),
            Resolved::Local(binding) => (1, binding.0),
            Resolved::Upvalue(index) => (2, index),
            Resolved::LocalAttribute(binding) => (3, binding.0),
            Resolved::UpvalueAttribute(index) => (4, index),
            Resolved::Global(index) => (5, index),
            Resolved::Dynamic => (6, 0),
            Resolved::Frame(index) => (7, index),
        };
        PackedResolved(kind << INDEX_BITS | index & INDEX_MASK)
    }

    pub fn unpack(self) -> Resolved {
        let index = self.0 & INDEX_MASK;
        match self.0 >> INDEX_BITS {
            1 => Resolved::Local(Binding(index)),
            2 => Resolved::Upvalue(index),
            3 => Resolved::LocalAttribute(Binding(index)),
            4 => Resolved::UpvalueAttribute(index),
            5 => Resolved::Global(index),
            6 => Resolved::Dynamic,
            7 => Resolved::Frame(index),
            _ => Resolved::None,
        }
    }
}

/// What a chunk captures, in the order of its upvalues.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Capture {
    /// A slot of the frame around it.
    Local(Binding),
    /// An upvalue of the frame around it.
    Upvalue(u32),
}

/// A chunk to be: a lambda or a suspended expression.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Frame {
    /// First of its captures among those of the source.
    pub first_capture: u32,
    /// Number of captures.
    pub captures: u32,
    /// Whether it captures the `with` scopes.
    pub with: bool,
}

impl Frame {
    fn words(self) -> [u32; 2] {
        [self.first_capture, self.captures << 1 | u32::from(self.with)]
    }

    fn of_words(words: &[u32; 2]) -> Frame {
        Frame { first_capture: words[0], captures: words[1] >> 1, with: words[1] & 1 == 1 }
    }
}

/// [`Capture`] in one word.
#[derive(Clone, Copy)]
pub(crate) struct PackedCapture(u32);

impl PackedCapture {
    pub fn pack(capture: Capture) -> Self {
        PackedCapture(match capture {
            Capture::Local(binding) => binding.0 << 1,
            Capture::Upvalue(index) => index << 1 | 1,
        })
    }

    pub fn unpack(self) -> Capture {
        let index = self.0 >> 1;
        if self.0 & 1 == 0 { Capture::Local(Binding(index)) } else { Capture::Upvalue(index) }
    }
}

/// What an operator or a search path becomes where the names that stand behind it are rebound.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Rebound {
    /// The function (`__sub`, `__lessThan`, `__findFile` …).
    pub function: Resolved,
    /// `__nixPath`, for a search path.
    pub search_path: Resolved,
}

/// What is found out, while the tree is walked. The room is kept from one tree to the next.
#[derive(Default)]
pub(crate) struct Draft {
    /// By expression.
    pub exprs: Vec<PackedResolved>,
    /// By attribute: what an `inherit`ed name refers to.
    pub attributes: Vec<PackedResolved>,
    /// By set of bindings: the binding of its first attribute; the sources of `inherit (…)` follow
    /// the attributes, and the finished set of a `rec` with `__overrides` follows those.
    pub scopes: Vec<Binding>,
    /// By lambda: the binding of its argument; the formals follow.
    pub lambdas: Vec<Binding>,
    /// The chunks to be.
    pub frames: Vec<Frame>,
    /// What they capture.
    pub captures: Vec<PackedCapture>,
    /// Operators and search paths whose names are rebound.
    pub rebound: Map<u32, Rebound>,
    /// Suspended expressions that may be integers at once.
    pub integers: Set<u32>,
}

impl Draft {
    /// Makes ready for a tree of so many expressions, attributes, sets of bindings and functions.
    pub fn begin(&mut self, exprs: usize, attributes: usize, bindings: usize, lambdas: usize) {
        refill(&mut self.exprs, exprs, PackedResolved::NONE);
        refill(&mut self.attributes, attributes, PackedResolved::NONE);
        refill(&mut self.scopes, bindings, Binding(0));
        refill(&mut self.lambdas, lambdas, Binding(0));
        self.frames.clear();
        self.captures.clear();
        self.rebound = Map::default();
        self.integers = Set::default();
    }

    pub fn set_expr(&mut self, id: ExprId, resolved: Resolved) {
        if let Some(place) = self.exprs.get_mut(id.0 as usize) {
            *place = PackedResolved::pack(resolved);
        }
    }

    /// What was found out, in one block of its size. The source has so many bindings.
    pub fn finish(&mut self, bindings: u32) -> Resolution {
        let parts = [self.exprs.len(), self.attributes.len(), self.scopes.len(), self.lambdas.len()];
        let total: usize = parts.iter().sum::<usize>() + 2 * self.frames.len() + self.captures.len();
        let mut words = Vec::with_capacity(total);
        words.extend(self.exprs.iter().chain(&self.attributes).map(|packed| packed.0));
        words.extend(self.scopes.iter().chain(&self.lambdas).map(|binding| binding.0));
        words.extend(self.frames.iter().flat_map(|frame| frame.words()));
        words.extend(self.captures.iter().map(|capture| capture.0));
        let rebound = std::mem::take(&mut self.rebound);
        let integers = std::mem::take(&mut self.integers);
        let [exprs, attributes, scopes, lambdas] = parts.map(|length| length as u32);
        let scopes_start = exprs + attributes;
        let frames = scopes_start + scopes + lambdas;
        Resolution {
            words: words.into(),
            attributes: exprs,
            scopes: scopes_start,
            lambdas: scopes_start + scopes,
            frames,
            captures: frames + 2 * self.frames.len() as u32,
            rebound,
            integers,
            bindings,
        }
    }
}

fn refill<T: Copy>(list: &mut Vec<T>, length: usize, value: T) {
    list.clear();
    list.resize(length, value);
}

/// The result of resolving one tree: the arrays of a [`Draft`] one after the other, in one block.
pub(crate) struct Resolution {
    words: Box<[u32]>,
    /// Where each array begins; the first is that of the expressions.
    attributes: u32,
    scopes: u32,
    lambdas: u32,
    frames: u32,
    captures: u32,
    rebound: Map<u32, Rebound>,
    integers: Set<u32>,
    /// The number of bindings.
    pub bindings: u32,
}

impl Resolution {
    /// Bytes that it takes.
    pub fn size(&self) -> usize {
        size_of_val(&self.words[..])
    }

    fn word(&self, index: u32) -> u32 {
        self.words.get(index as usize).copied().unwrap_or(0)
    }

    pub fn expr(&self, id: ExprId) -> Resolved {
        PackedResolved(self.word(id.0)).unpack()
    }

    /// What an `inherit`ed attribute refers to.
    pub fn attribute(&self, index: u32) -> Resolved {
        PackedResolved(self.word(self.attributes + index)).unpack()
    }

    /// The binding of the first attribute of a set.
    pub fn scope(&self, id: BindingsId) -> Binding {
        Binding(self.word(self.scopes + id.0))
    }

    /// The binding of the argument of a function.
    pub fn argument(&self, id: LambdaId) -> Binding {
        Binding(self.word(self.lambdas + id.0))
    }

    pub fn rebound(&self, id: ExprId) -> Option<Rebound> {
        if self.rebound.is_empty() { None } else { self.rebound.get(&id.0).copied() }
    }

    /// Whether a suspended expression may be an integer at once, where it comes to one without evaluation.
    pub fn may_be_integer(&self, id: ExprId) -> bool {
        !self.integers.is_empty() && self.integers.contains(&id.0)
    }

    pub fn frame(&self, index: u32) -> Frame {
        let words = self.words.get((self.frames + 2 * index) as usize..);
        words.and_then(|words| words.first_chunk()).map(Frame::of_words).unwrap_or_default()
    }

    pub fn captures(&self, frame: Frame) -> impl Iterator<Item = Capture> {
        let start = (self.captures + frame.first_capture) as usize;
        let words = self.words.get(start..start + frame.captures as usize).unwrap_or_default();
        words.iter().map(|&word| PackedCapture(word).unpack())
    }
}
