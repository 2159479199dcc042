//! The global scope: the names that every program finds defined, given by whoever assembles the
//! evaluator.

use nivose_base::{Map, Symbol, Symbols};
use nivose_bytecode::Constant;

/// What a global name, or a name in the set `builtins`, stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Global {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// The set `builtins`.
    Builtins,
    /// A function or another value in weak head normal form, by its registered name.
    Builtin(Symbol),
    /// A value that may have to be forced first, by its registered name (`derivation`, say).
    Lazy(Symbol),
}

impl Global {
    /// The constant that stands for it in a chunk.
    pub fn constant(self) -> Constant {
        match self {
            Global::Null => Constant::Null,
            Global::Bool(value) => Constant::Bool(value),
            Global::Builtins => Constant::Builtins,
            Global::Builtin(name) | Global::Lazy(name) => Constant::Builtin(name),
        }
    }

    /// Whether the value is in weak head normal form.
    pub fn is_forced(self) -> bool {
        !matches!(self, Global::Lazy(_))
    }
}

/// The global scope. Cheap to share, never changed after it is made.
pub struct Globals {
    /// What names stand for; the other fields refer to it by index.
    pub(crate) values: Vec<Global>,
    /// The global names.
    pub(crate) names: Vec<(Symbol, u32)>,
    /// What the set `builtins` holds.
    pub(crate) builtins: Map<Symbol, u32>,
    /// The builtin that finds the difference of two values; see [`Globals::with_assert_equal`].
    pub(crate) assert_equal: Option<Symbol>,
    /// The name `__unsafeGetAttrPos`, with which `__curPos` is compiled.
    pub(crate) unsafe_get_attr_pos: Symbol,
    /// The name `__seq`, whose calls need no call.
    seq: Symbol,
    /// For each of the values the argument that it evaluates first, if it is a function of which this is known.
    first_arguments: Vec<Option<u32>>,
    /// Pairs of global functions, one called within the other, and what is called in their places.
    fused: Vec<([Global; 2], StandIns)>,
}

/// A call of one builtin whose only argument is a call of another one with two: `concatLists (map f list)`.
///
/// Nobody else sees what the inner call gives, so that the two can agree on something that is cheaper than what programs
/// would see.
#[derive(Clone, Copy)]
pub struct Fusion {
    /// The registered names of the builtins that the source calls.
    pub outer: Symbol,
    /// The one within.
    pub inner: Symbol,
    /// The registered names of those that are called in their places, which are global. Together they give the same, fail with the same
    /// errors, and evaluate and call the same in the same order.
    pub outer_stand_in: Symbol,
    /// The one within.
    pub inner_stand_in: Symbol,
}

/// The places of the two stand-ins among the values.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct StandIns {
    pub outer: u32,
    pub inner: u32,
}

impl Globals {
    /// A global scope of `names`, in which the set `builtins` holds `builtins`. A name in either
    /// list that occurs twice means the later one.
    pub fn new(
        names: impl IntoIterator<Item = (Symbol, Global)>,
        builtins: impl IntoIterator<Item = (Symbol, Global)>,
        symbols: &mut Symbols,
    ) -> Self {
        let mut values = Vec::new();
        let mut add = |(name, global)| {
            values.push(global);
            (name, values.len() as u32 - 1)
        };
        let names = names.into_iter().map(&mut add).collect();
        let builtins = builtins.into_iter().map(&mut add).collect();
        Globals {
            first_arguments: vec![None; values.len()],
            values,
            names,
            builtins,
            assert_equal: None,
            unsafe_get_attr_pos: symbols.intern(b"__unsafeGetAttrPos"),
            seq: symbols.intern(b"__seq"),
            fused: Vec::new(),
        }
    }

    pub(crate) fn value(&self, index: u32) -> Global {
        self.values.get(index as usize).copied().unwrap_or(Global::Null)
    }

    /// Whether a global is `seq`.
    pub(crate) fn is_seq(&self, index: u32) -> bool {
        self.value(index) == Global::Builtin(self.seq)
    }

    /// The number of the argument that a global function evaluates before anything else, if that is known.
    pub(crate) fn first_argument(&self, index: u32) -> Option<u32> {
        self.first_arguments.get(index as usize).copied().flatten()
    }

    /// Says which argument (counted from 0) the builtin of a registered name evaluates before anything else, whatever the
    /// others are. Arguments that are integers may come evaluated then.
    pub fn with_first_arguments(mut self, first: impl Fn(Symbol) -> Option<u32>) -> Self {
        let of_value = |value: &Global| match value {
            Global::Builtin(name) => first(*name),
            _ => None,
        };
        self.first_arguments = self.values.iter().map(of_value).collect();
        self
    }

    /// Lets a failed `assert a == b` call the builtin of this registered name with the values of b
    /// and a (in this order), so that it can fail with their difference. The plain failure follows
    /// if it returns.
    pub fn with_assert_equal(mut self, builtin: Symbol) -> Self {
        self.assert_equal = Some(builtin);
        self
    }

    /// Lets calls of two builtins, one directly within the other, be calls of two others, from level 1 on; not if these
    /// are not global.
    pub fn with_fusion(mut self, fusion: Fusion) -> Self {
        let place = |name| self.values.iter().position(|&value| value == Global::Builtin(name));
        if let (Some(outer), Some(inner)) = (place(fusion.outer_stand_in), place(fusion.inner_stand_in)) {
            let stand_ins = StandIns { outer: outer as u32, inner: inner as u32 };
            self.fused.push(([fusion.outer, fusion.inner].map(Global::Builtin), stand_ins));
        }
        self
    }

    /// What is called in place of two global functions, one within the other, if anything is.
    pub(crate) fn stand_ins(&self, outer: u32, inner: u32) -> Option<StandIns> {
        let called = [outer, inner].map(|index| self.value(index));
        self.fused.iter().find(|(pair, _)| *pair == called).map(|&(_, stand_ins)| stand_ins)
    }
}
