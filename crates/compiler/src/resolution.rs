//! What resolving finds out about a tree: what every variable refers to, which expressions become
//! chunks of their own, and what each of these captures.
//!
//! Data only; `scope` fills it, `emit` reads it.

use nivose_base::Map;
use nivose_syntax::tree::ExprId;

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
    /// First of its captures in [`Resolution::captures`].
    pub first_capture: u32,
    /// Number of captures.
    pub captures: u32,
    /// Whether it captures the `with` scopes.
    pub with: bool,
}

/// What an operator or a search path becomes where the names that stand behind it are rebound.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Rebound {
    /// The function (`__sub`, `__lessThan`, `__findFile` …).
    pub function: Resolved,
    /// `__nixPath`, for a search path.
    pub search_path: Resolved,
}

/// The result of resolving one tree.
#[derive(Default)]
pub(crate) struct Resolution {
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
    pub captures: Vec<Capture>,
    /// Operators and search paths whose names are rebound.
    pub rebound: Map<u32, Rebound>,
    /// The number of bindings.
    pub bindings: u32,
}

impl Resolution {
    /// Bytes that it takes.
    pub fn size(&self) -> usize {
        size_of_val(&self.exprs[..])
            + size_of_val(&self.attributes[..])
            + size_of_val(&self.scopes[..])
            + size_of_val(&self.lambdas[..])
            + size_of_val(&self.frames[..])
            + size_of_val(&self.captures[..])
    }

    pub fn expr(&self, id: ExprId) -> Resolved {
        self.exprs.get(id.0 as usize).map_or(Resolved::None, |packed| packed.unpack())
    }

    pub fn set_expr(&mut self, id: ExprId, resolved: Resolved) {
        if let Some(place) = self.exprs.get_mut(id.0 as usize) {
            *place = PackedResolved::pack(resolved);
        }
    }

    pub fn rebound(&self, id: ExprId) -> Option<Rebound> {
        if self.rebound.is_empty() { None } else { self.rebound.get(&id.0).copied() }
    }

    pub fn frame(&self, index: u32) -> Frame {
        self.frames.get(index as usize).copied().unwrap_or_default()
    }

    pub fn captures(&self, frame: Frame) -> &[Capture] {
        let start = frame.first_capture as usize;
        self.captures.get(start..start + frame.captures as usize).unwrap_or_default()
    }
}
