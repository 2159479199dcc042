//! The table of instructions. Number, mnemonic, operands, stack effect, flags and meaning stand
//! here once; the enum, the decoder, the encoder, the disassembler, the verifier and the
//! reference page derive from it.
//!
//! Numbers 0 to 46 are the base instruction set, the only one that level 0 emits. The extension
//! instructions follow. `Invalid` is the last number; every number without an instruction decodes to it.

/// What an operand is, and so how it is encoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OperandKind {
    /// Index into the constants of the chunk (`uvarint`).
    Constant,
    /// Slot of the current frame, counted from its base (`uvarint`).
    Slot,
    /// Upvalue of the running closure or thunk (`uvarint`).
    Upvalue,
    /// Number of stack values or pairs (`uvarint`).
    Count,
    /// Inline cache of the chunk (`uvarint`).
    Cache,
    /// Index of the first of [`SCOPE_CACHES`] inline caches.
    ScopeCaches,
    /// Forward jump distance from the byte after the operand (two bytes, little endian).
    Jump,
    /// The same in four bytes.
    WideJump,
    /// How to coerce to a string (one byte; see [`Coerce`]).
    Coerce,
    /// Blueprint and captured positions (see [`Position`]).
    Captures,
}

/// How many of the innermost `with` scopes a look-up remembers.
pub const SCOPE_CACHES: u32 = 4;

/// How many values an instruction pops.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pops {
    /// Always as many.
    Fixed(u8),
    /// The count operand plus this many.
    CountPlus(u8),
    /// Twice the count operand.
    Pairs,
    /// As many as the keys of the constant operand.
    Keys,
}

/// What an instruction may do besides touching the stack.
pub mod flags {
    /// Nothing.
    pub const NONE: u8 = 0;
    /// Forces an operand that is a thunk, by suspending and being executed anew.
    pub const FORCES: u8 = 1;
    /// Calls a function or builtin.
    pub const CALLS: u8 = 2;
    /// Allocates.
    pub const ALLOCATES: u8 = 4;
    /// May jump.
    pub const JUMPS: u8 = 8;
    /// Control never reaches the instruction after it.
    pub const ENDS: u8 = 16;
}

macro_rules! instructions {
    ($($(#[doc = $doc:literal])* $number:literal $name:ident ($($operand:ident),*) [$pops:expr, $pushes:literal] $flags:expr;)*) => {
        /// An instruction of the machine.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        pub enum Instruction { $($(#[doc = $doc])* $name = $number,)*
            /// Never valid: a mistake of the compiler.
            Invalid = 255,
        }

        /// One row of the table.
        pub struct Row {
            /// The instruction.
            pub instruction: Instruction,
            /// Its name.
            pub mnemonic: &'static str,
            /// Its operands, in order.
            pub operands: &'static [OperandKind],
            /// What it pops.
            pub pops: Pops,
            /// How many values it pushes (for instructions that jump: when they do not).
            pub pushes: u8,
            /// See [`flags`].
            pub flags: u8,
            /// What it does.
            pub meaning: &'static str,
        }

        /// Every instruction but `Invalid`, in the order of the numbers.
        pub static TABLE: &[Row] = &[$(Row {
            instruction: Instruction::$name,
            mnemonic: stringify!($name),
            operands: &[$(OperandKind::$operand),*],
            pops: $pops,
            pushes: $pushes,
            flags: $flags,
            meaning: concat!($($doc),*),
        }),*];
    };
}

use Pops::{CountPlus, Fixed, Keys, Pairs};
use flags::{ALLOCATES, CALLS, ENDS, FORCES, JUMPS, NONE};

instructions! {
    /// Push a constant.
    0 Constant(Constant) [Fixed(0), 1] NONE;
    /// Drop `{1}`.
    1 Pop() [Fixed(1), 0] NONE;
    /// Boolean not of `{1}`.
    2 Invert() [Fixed(1), 1] FORCES;
    /// Zero minus `{1}`.
    3 Negate() [Fixed(1), 1] FORCES | ALLOCATES;
    /// `{2}` + `{1}`: numbers, strings and paths; the left operand decides.
    4 Add() [Fixed(2), 1] FORCES | ALLOCATES | CALLS;
    /// `{2}` − `{1}`.
    5 Sub() [Fixed(2), 1] FORCES | ALLOCATES;
    /// `{2}` × `{1}`.
    6 Mul() [Fixed(2), 1] FORCES | ALLOCATES;
    /// `{2}` ÷ `{1}`; division by zero is an error for integers and floats.
    7 Div() [Fixed(2), 1] FORCES | ALLOCATES;
    /// Nix equality of `{2}` and `{1}`.
    8 Equal() [Fixed(2), 1] FORCES | CALLS;
    /// `{2}` < `{1}`.
    9 Less() [Fixed(2), 1] FORCES | CALLS;
    /// not (`{1}` < `{2}`).
    10 LessOrEq() [Fixed(2), 1] FORCES | CALLS;
    /// `{1}` < `{2}`.
    11 More() [Fixed(2), 1] FORCES | CALLS;
    /// not (`{2}` < `{1}`).
    12 MoreOrEq() [Fixed(2), 1] FORCES | CALLS;
    /// Jump forward.
    13 Jump(Jump) [Fixed(0), 0] JUMPS | ENDS;
    /// Jump if `{1}` is true (an error if it is no boolean); leaves it.
    14 JumpIfTrue(Jump) [Fixed(1), 1] JUMPS | FORCES;
    /// Jump if `{1}` is false (an error if it is no boolean); leaves it.
    15 JumpIfFalse(Jump) [Fixed(1), 1] JUMPS | FORCES;
    /// Jump if `{1}` is a caught error; leaves it.
    16 JumpIfCatchable(Jump) [Fixed(1), 1] JUMPS;
    /// If `{1}` is the "attribute not found" marker: drop it and jump.
    17 JumpIfNotFound(Jump) [Fixed(1), 1] JUMPS;
    /// Jump if `{1}` is the finalise request *no*; leaves it.
    18 JumpIfNoFinaliseRequest(Jump) [Fixed(1), 1] JUMPS;
    /// Build a set of n key–value pairs; a pair whose key is null is left out.
    19 Attrs(Count) [Pairs, 1] ALLOCATES;
    /// `{2}` // `{1}`.
    20 AttrsUpdate() [Fixed(2), 1] FORCES | ALLOCATES;
    /// Attribute named `{1}` of the set `{2}`; missing is an error.
    21 AttrsSelect() [Fixed(2), 1] NONE;
    /// The same, leaving the "not found" marker if it is missing or `{2}` is no set.
    22 AttrsTrySelect() [Fixed(2), 1] NONE;
    /// Has `{2}` an attribute named `{1}`? False for values that are no sets.
    23 HasAttr() [Fixed(2), 1] NONE;
    /// Error if the set `{1}` has an attribute that the lambda's formals do not name; leaves it.
    24 ValidateClosedFormals() [Fixed(1), 1] NONE;
    /// Open a `with` scope over the value in this slot.
    25 PushWith(Slot) [Fixed(0), 0] ALLOCATES;
    /// Close the innermost `with` scope.
    26 PopWith() [Fixed(0), 0] NONE;
    /// Look the name `{1}` up in the open `with` scopes, innermost first, then in the captured ones.
    27 ResolveWith() [Fixed(1), 1] FORCES;
    /// List of the n topmost values.
    28 List(Count) [CountPlus(0), 1] ALLOCATES;
    /// `{2}` ++ `{1}`.
    29 Concat() [Fixed(2), 1] FORCES | ALLOCATES;
    /// Concatenate n string fragments and their contexts.
    30 Interpolate(Count) [CountPlus(0), 1] ALLOCATES;
    /// Force `{1}` and coerce it to a string.
    31 CoerceToString(Coerce) [Fixed(1), 1] FORCES | CALLS | ALLOCATES;
    /// Resolve the search path literal `{1}`.
    32 FindFile() [Fixed(1), 1] CALLS;
    /// Resolve the home-relative path literal `{1}`.
    33 ResolveHomePath() [Fixed(1), 1] ALLOCATES;
    /// Error unless `{1}` is a boolean; leaves it.
    34 AssertBool() [Fixed(1), 1] FORCES;
    /// Error unless `{1}` is a set; leaves it.
    35 AssertAttrs() [Fixed(1), 1] FORCES;
    /// Push a copy of a slot of the current frame.
    36 GetLocal(Slot) [Fixed(0), 1] NONE;
    /// Drop the n values below `{1}`.
    37 CloseScope(Count) [CountPlus(1), 1] NONE;
    /// Fail with the catchable error "assertion … failed".
    38 AssertFail() [Fixed(0), 1] ENDS;
    /// Apply the forced value `{1}` to the argument `{2}`.
    39 Call() [Fixed(2), 1] CALLS;
    /// Push an upvalue of the closure or thunk being run.
    40 GetUpvalue(Upvalue) [Fixed(0), 1] NONE;
    /// Closure with upvalues and no reference to itself.
    41 Closure(Captures) [Fixed(0), 1] ALLOCATES;
    /// Closure that refers to itself, directly or through another binding.
    42 ThunkClosure(Captures) [Fixed(0), 1] ALLOCATES;
    /// Suspended computation.
    43 ThunkSuspended(Captures) [Fixed(0), 1] ALLOCATES;
    /// Evaluate `{1}` until it is in weak head normal form.
    44 Force() [Fixed(1), 1] FORCES;
    /// Fill the deferred upvalues of the closure or thunk in this slot.
    45 Finalise(Slot) [Fixed(0), 0] NONE;
    /// End of the chunk: hand `{1}` to the calling frame.
    46 Return() [Fixed(1), 0] ENDS;

    /// Apply `{1}`, forcing it, to n arguments; the first lies directly below it.
    47 CallN(Count) [CountPlus(1), 1] CALLS | FORCES;
    /// The same at the end of the chunk: the frame is given up.
    48 TailCall(Count) [CountPlus(1), 0] CALLS | FORCES | ENDS;
    /// The attribute of the set `{1}`, forcing it, that the constant names; missing is an error.
    49 Select(Constant, Cache) [Fixed(1), 1] FORCES;
    /// The same; if it is missing or `{1}` is no set, drop `{1}` and jump.
    50 SelectOrJump(Constant, Cache, Jump) [Fixed(1), 1] FORCES | JUMPS;
    /// Has `{1}`, forcing it, the attribute that the constant names?
    51 HasName(Constant) [Fixed(1), 1] FORCES;
    /// Look the name of the constant up in the `with` scopes; each of the innermost ones has a cache.
    52 ResolveWithName(Constant, ScopeCaches) [Fixed(0), 1] FORCES;
    /// Build a set from the n topmost values and the n keys of the constant, in the order of the keys.
    53 AttrsKeys(Constant) [Keys, 1] ALLOCATES;
    /// Force the set in slot, check it against the formals of the lambda, and push for each formal, in order, its value or, where it has a default and is missing, the "not found" marker.
    54 TakeFormals(Slot) [Fixed(0), 0] FORCES;
    /// Jump if this slot holds anything but the "not found" marker.
    55 JumpIfBound(Slot, Jump) [Fixed(0), 0] JUMPS;
    /// Pop `{1}` into a slot.
    56 SetLocal(Slot) [Fixed(1), 0] NONE;
    /// Jump and pop if `{1}`, forcing it, is false; pop otherwise too.
    57 BranchIfFalse(Jump) [Fixed(1), 0] FORCES | JUMPS;
    /// Push a copy of a slot, forced; the slot keeps the forced value.
    58 GetLocalForced(Slot) [Fixed(0), 1] FORCES;
    /// Push an upvalue, forced.
    59 GetUpvalueForced(Upvalue) [Fixed(0), 1] FORCES;
    /// Fail: the variable that the constant names is not defined.
    60 FailUndefined(Constant) [Fixed(0), 1] ENDS;
    /// `Jump` with a wide distance.
    61 JumpWide(WideJump) [Fixed(0), 0] JUMPS | ENDS;
    /// `JumpIfTrue` with a wide distance.
    62 JumpIfTrueWide(WideJump) [Fixed(1), 1] JUMPS | FORCES;
    /// `JumpIfFalse` with a wide distance.
    63 JumpIfFalseWide(WideJump) [Fixed(1), 1] JUMPS | FORCES;
    /// `JumpIfNotFound` with a wide distance.
    64 JumpIfNotFoundWide(WideJump) [Fixed(1), 1] JUMPS;
    /// `JumpIfNoFinaliseRequest` with a wide distance.
    65 JumpIfNoFinaliseRequestWide(WideJump) [Fixed(1), 1] JUMPS;
    /// `SelectOrJump` with a wide distance.
    66 SelectOrJumpWide(Constant, Cache, WideJump) [Fixed(1), 1] FORCES | JUMPS;
    /// `JumpIfBound` with a wide distance.
    67 JumpIfBoundWide(Slot, WideJump) [Fixed(0), 0] JUMPS;
    /// `BranchIfFalse` with a wide distance.
    68 BranchIfFalseWide(WideJump) [Fixed(1), 0] FORCES | JUMPS;
    /// Push the integer that the chunk comes to, if it is simple arithmetic of integers that are there already; otherwise as `ThunkSuspended`.
    69 ThunkOrInteger(Captures) [Fixed(0), 1] ALLOCATES;
}

/// The number of the last base instruction; level 0 emits none beyond it.
pub const LAST_BASE: Instruction = Instruction::Return;

impl Instruction {
    /// The instruction of a number; total: unknown numbers are `Invalid`.
    pub fn decode(number: u8) -> Instruction {
        TABLE.get(number as usize).map_or(Instruction::Invalid, |row| row.instruction)
    }

    /// The row of the table; `Invalid` has none.
    pub fn row(self) -> Option<&'static Row> {
        TABLE.get(self as usize)
    }
}

/// The operand of `CoerceToString`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Coerce(pub u8);

impl Coerce {
    /// Only strings, paths and sets that say how.
    pub const WEAK: Coerce = Coerce(0);
    /// Numbers, booleans, null and lists too.
    pub const STRONG: Coerce = Coerce(1);
    /// Paths are imported into the store.
    pub const IMPORT_PATHS: Coerce = Coerce(2);

    /// Whether numbers, booleans, null and lists are taken.
    pub fn is_strong(self) -> bool {
        self.0 & 1 != 0
    }

    /// Whether paths are imported into the store.
    pub fn imports_paths(self) -> bool {
        self.0 & 2 != 0
    }
}

/// Where a captured value is found; encoded as `uvarint` index·4 + kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Position {
    /// Stack slot of the current frame, copied now.
    Slot(u32),
    /// Slot that is not initialised yet: filled in by `Finalise`.
    Deferred(u32),
    /// Upvalue of the enclosing closure.
    Upvalue(u32),
}

impl Position {
    /// The encoded form.
    pub fn encode(self) -> u64 {
        let (index, kind) = match self {
            Position::Slot(index) => (index, 0),
            Position::Deferred(index) => (index, 1),
            Position::Upvalue(index) => (index, 2),
        };
        u64::from(index) << 2 | kind
    }

    /// The position of an encoded form; kind 3 and indices beyond 32 bits are invalid.
    pub fn decode(encoded: u64) -> Option<Position> {
        let index = u32::try_from(encoded >> 2).ok()?;
        match encoded & 3 {
            0 => Some(Position::Slot(index)),
            1 => Some(Position::Deferred(index)),
            2 => Some(Position::Upvalue(index)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_at_their_numbers() {
        for (number, row) in TABLE.iter().enumerate() {
            assert_eq!(row.instruction as usize, number);
            assert_eq!(Instruction::decode(number as u8), row.instruction);
        }
        assert_eq!(Instruction::decode(200), Instruction::Invalid);
        assert_eq!(LAST_BASE as u8, 46);
    }
}
