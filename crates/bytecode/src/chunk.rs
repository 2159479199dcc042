//! The chunk: the code of one lambda or one thunk, as plain data that could be stored.

use nivose_base::{Span, Symbol};

/// A constant of a chunk. A [`Symbol`] is stored as its bytes.
#[derive(Clone, PartialEq, Debug)]
pub enum Constant {
    /// `null`
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// A string without context.
    String(Box<[u8]>),
    /// The name of an attribute or variable (pushed as an internal value that selects understand).
    Name(Symbol),
    /// An absolute path, canonical.
    AbsolutePath(Box<[u8]>),
    /// A path relative to the folder of the source, as written.
    RelativePath(Box<[u8]>),
    /// The text of `<…>`; resolved by `FindFile`.
    SearchPath(Box<[u8]>),
    /// A path as written, beginning with `~/`; resolved by `ResolveHomePath`.
    HomePath(Box<[u8]>),
    /// A builtin, by its registered name such as `map` or `__head`.
    Builtin(Symbol),
    /// The set `builtins`.
    Builtins,
    /// The internal finalise request *yes* (true) or *no*.
    FinaliseRequest(bool),
    /// A nested lambda or thunk of the same unit, by its number there.
    Blueprint(u32),
    /// A nested lambda that captures nothing, as a value.
    Function(u32),
    /// The keys of a set literal, for `AttrsKeys`: unique, in the order in which the values lie on the stack.
    Keys(Box<[Key]>),
}

/// A key of a set literal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Key {
    /// The name.
    pub name: Symbol,
    /// Its offset in the source; `u32::MAX` for no position.
    pub offset: u32,
}

/// What the code of a chunk is.
#[derive(Clone, PartialEq, Debug)]
pub enum ChunkKind {
    /// The whole of a source; runs once.
    TopLevel,
    /// A suspended computation.
    Thunk,
    /// A function.
    Lambda(Box<LambdaInfo>),
}

/// What is known of a function besides its code.
#[derive(Clone, PartialEq, Debug)]
pub struct LambdaInfo {
    /// The arguments that one call takes: one at level 0; more where functions are directly each
    /// other's body. Argument i of n lies in slot n − 1 − i. Only the last may have formals.
    pub parameters: Box<[Parameter]>,
    /// The formals of the last argument.
    pub formals: Option<Formals>,
}

/// An argument of a function, with what messages say of the function that takes it.
#[derive(Clone, PartialEq, Debug)]
pub struct Parameter {
    /// The name that the function is bound to.
    pub function_name: Option<Symbol>,
    /// The name of the argument (for a pattern, the one beside `@`).
    pub argument: Option<Symbol>,
    /// Offset of the function in the source.
    pub offset: u32,
    /// The documentation comment.
    pub doc: Option<Box<[u8]>>,
}

/// The set pattern of a function.
#[derive(Clone, PartialEq, Debug)]
pub struct Formals {
    /// The formals in source order.
    pub list: Box<[FormalInfo]>,
    /// Whether other attributes are allowed.
    pub ellipsis: bool,
}

/// One formal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FormalInfo {
    /// The name.
    pub name: Symbol,
    /// Its offset in the source.
    pub offset: u32,
    /// Whether it has a default.
    pub has_default: bool,
}

/// The code of one lambda or thunk.
#[derive(Clone, PartialEq, Debug)]
pub struct Chunk {
    /// What it is the code of.
    pub kind: ChunkKind,
    /// Instructions with their operands.
    pub code: Vec<u8>,
    /// The constants.
    pub constants: Vec<Constant>,
    /// Where code comes from: (code offset from which it holds, source span), ascending.
    pub spans: Vec<(u32, Span)>,
    /// Number of captured values.
    pub upvalues: u32,
    /// Whether it captures the `with` scopes around it.
    pub captures_with: bool,
    /// Greatest height of the stack above the base of the frame, arguments included.
    pub max_stack: u32,
    /// Number of inline caches.
    pub caches: u32,
    /// What few chunks have; see [`Chunk::tables`].
    pub rare: Option<Box<Tables>>,
}

/// What some instructions need besides their operands.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Tables {
    /// For each `Attrs`: code offset, and source offset of each key.
    pub key_positions: Vec<(u32, Box<[u32]>)>,
    /// For each `AssertFail`: code offset, and the condition as C++ Nix prints it.
    pub assertions: Vec<(u32, Box<[u8]>)>,
    /// Code offsets of the selects that fetch required formals.
    pub formal_selects: Vec<u32>,
}

impl Tables {
    /// Tables without entries.
    pub const EMPTY: &Tables =
        &Tables { key_positions: Vec::new(), assertions: Vec::new(), formal_selects: Vec::new() };

    /// The text of the condition of the `AssertFail` at a code offset.
    pub fn assertion_at(&self, offset: u32) -> Option<&[u8]> {
        let index = self.assertions.binary_search_by_key(&offset, |(at, _)| *at).ok()?;
        Some(&self.assertions[index].1)
    }

    /// The source offsets of the keys of the `Attrs` at a code offset.
    pub fn keys_at(&self, offset: u32) -> Option<&[u32]> {
        let index = self.key_positions.binary_search_by_key(&offset, |(at, _)| *at).ok()?;
        Some(&self.key_positions[index].1)
    }

    /// Whether there is nothing in them.
    pub fn is_empty(&self) -> bool {
        self.key_positions.is_empty() && self.assertions.is_empty() && self.formal_selects.is_empty()
    }
}

impl Chunk {
    /// A chunk without code.
    pub fn empty() -> Self {
        Chunk {
            kind: ChunkKind::Thunk,
            code: Vec::new(),
            constants: Vec::new(),
            spans: Vec::new(),
            upvalues: 0,
            captures_with: false,
            max_stack: 0,
            caches: 0,
            rare: None,
        }
    }

    /// What some instructions need besides their operands.
    pub fn tables(&self) -> &Tables {
        self.rare.as_deref().unwrap_or(Tables::EMPTY)
    }

    /// The source span of the instruction at a code offset.
    pub fn span_at(&self, offset: u32) -> Option<Span> {
        let index = self.spans.partition_point(|&(from, _)| from <= offset);
        self.spans.get(index.checked_sub(1)?).map(|&(_, span)| span)
    }
}
