//! The frames of the machine's own call stack.

use nivose_heap::Value;

use crate::code::CodeId;
use crate::types::Must;

/// What a frame waits for, and so what happens when it is on top again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FrameKind {
    /// The bottom: evaluation is complete.
    Halt,
    /// Runs the code of a chunk.
    Code,
    /// A builtin whose arguments are being forced; `pc` counts those that are done.
    Arguments,
    /// A function is being forced, to be applied to the arguments below.
    Apply,
    /// A task of native code.
    Task,
    /// A task that goes on when the elements of a list are forced, one after the other: `withs` is the list, `code` the
    /// number of the element that is being forced, `must` what each has to be before the next.
    Elements,
    /// A task that goes on when its function, in slot 0, was called for each element of a list, each time with the last
    /// result first: `withs` is the list, `code` the number of the next element.
    Fold,
    /// A task that goes on when its function, in slot 0, was called for each element of a list, with a place for the
    /// results: `withs` is the list, `code` the number of the next element, `must` what each result has to be before the
    /// next call, `pc` the number of slots below the results.
    Each,
}

/// Where a result goes: to the thunk that waits for it, otherwise to the stack. Whoever forces a
/// thunk keeps it on the stack and finds the value through it.
#[derive(Clone, Copy)]
pub(crate) struct Continuation {
    /// The thunk that remembers the result, or [`Value::NONE`].
    pub update: Value<'static>,
    /// Number of arguments, just below, that the result is to be applied to first.
    pub pending: u32,
    /// The depth of calls.
    pub depth: u32,
}

impl Continuation {
    /// The result goes to the stack.
    pub fn push(depth: u32) -> Self {
        Continuation { update: Value::NONE, pending: 0, depth }
    }
}

/// The place of a call in tail position, whose frame is gone.
#[derive(Clone, Copy)]
pub(crate) struct CallSite {
    pub code: CodeId,
    pub pc: u32,
}

impl CallSite {
    /// The call was not in tail position: the frame below knows its place.
    pub const NONE: CallSite = CallSite { code: u32::MAX, pc: 0 };
}

/// A frame.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    /// What it waits for.
    pub kind: FrameKind,
    /// The code, or for `Arguments` the number of the builtin.
    pub code: CodeId,
    /// Offset of the next instruction.
    pub pc: u32,
    /// Whether the next instruction is one that waits for an operand and is executed anew.
    pub again: bool,
    /// What elements must be.
    pub must: Must,
    /// Where the frame's values begin on the stack.
    pub base: u32,
    /// The closure or thunk whose captured values the code uses; for other kinds the function, for traces.
    pub closure: Value<'static>,
    /// The innermost open `with` scope, or [`Value::NONE`].
    pub withs: Value<'static>,
    pub site: CallSite,
    pub continuation: Continuation,
}

impl Frame {
    /// A frame that runs no code: it waits for a result.
    pub fn waiting(kind: FrameKind, base: u32, site: CallSite, continuation: Continuation) -> Self {
        let (closure, withs) = (Value::NONE, Value::NONE);
        Frame {
            kind,
            code: 0,
            pc: 0,
            again: false,
            must: Must::Any,
            base,
            closure,
            withs,
            site,
            continuation,
        }
    }

    /// An offset within the instruction that the frame is at, for its position in the source.
    pub fn offset_at(&self) -> u32 {
        if self.again { self.pc } else { self.pc.saturating_sub(1) }
    }
}
