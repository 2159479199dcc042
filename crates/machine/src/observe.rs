//! Observers: what a machine does, told step by step to whoever wants to see it.
//!
//! The dispatch loop exists twice: the copy for machines without an observer has no trace of this. The other asks here
//! before each instruction; frames that came and went since the last one are worked out by looking at the machine's own.
//! Nothing here changes what is evaluated: an observer sees values, it cannot force them.

use nivose_base::Pos;
use nivose_bytecode::chunk::Chunk;
use nivose_bytecode::decode::{Decoded, decode};
use nivose_bytecode::instruction::flags;
use nivose_heap::Value;

use crate::code::CodeId;
use crate::frame::FrameKind;
use crate::machine::Machine;
use crate::shared::Shared;

/// Why a frame was entered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// A function was called.
    Call,
    /// A function was called in place of the frame that called it.
    TailCall,
    /// A suspended expression is evaluated, because its value is needed.
    Force,
}

/// How a frame ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// It gave its result.
    Returned,
    /// A call took its place: that gives the result.
    Replaced,
    /// An error went through it.
    Failed,
}

/// What happens. Depths count the frames of code that are observed, the outermost is 0.
pub enum Event<'a> {
    /// A frame of code is entered.
    Enter {
        /// Its depth.
        depth: usize,
        /// The code of the function or suspended expression.
        code: CodeId,
        /// Why.
        way: Way,
        /// Where the call or the need is.
        site: Pos,
    },
    /// A frame is left.
    Leave {
        /// Its depth.
        depth: usize,
        /// Its code.
        code: CodeId,
        /// Why it was entered.
        way: Way,
        /// How it ended.
        end: End,
    },
    /// A builtin has all its arguments and is called by an instruction.
    Builtin {
        /// The depth of the frame that calls it.
        depth: usize,
        /// The place of its declaration in [`Shared::builtins`].
        number: u32,
        /// Where the call is.
        site: Pos,
    },
    /// An instruction is about to be executed.
    Instruction(Executing<'a>),
}

/// An instruction that is about to be executed.
pub struct Executing<'a> {
    /// The depth of its frame.
    pub depth: usize,
    /// The code that it belongs to.
    pub code: CodeId,
    /// The instruction.
    pub decoded: Decoded,
    /// The values of the frame, the topmost last.
    pub stack: &'a [Value<'a>],
    /// Whether it was suspended because an operand was not evaluated, and is executed anew.
    pub again: bool,
}

/// Whoever is told what a machine does.
pub trait Observer: Send {
    /// Something happens. What belongs to the evaluation is there to describe it.
    fn observe(&mut self, shared: &Shared, event: &Event<'_>);
}

/// Whoever is told of code when it is compiled: before it runs for the first time. What never runs is never compiled.
pub trait CompilationObserver: Send {
    /// A chunk is finished, the code of `code`. Where it came from and its names are found in what belongs to the evaluation.
    fn compiled(&mut self, shared: &Shared, code: CodeId, chunk: &Chunk);
}

impl Shared {
    /// Tells of a finished chunk.
    pub(crate) fn tell_of_chunk(&mut self, code: CodeId, chunk: &Chunk) {
        let Some(mut observer) = self.compilation_observer.take() else { return };
        observer.compiled(self, code, chunk);
        self.compilation_observer = Some(observer);
    }
}

/// A frame of the machine that was seen.
#[derive(Clone, Copy)]
struct Seen {
    /// Its place among the frames.
    index: usize,
    code: CodeId,
    base: u32,
    way: Way,
    /// The offset of the last instruction that was seen.
    offset: u32,
    /// Whether that instruction calls.
    calls: bool,
    /// The offset after the last instruction whose builtin was told.
    told: u32,
}

/// An observer with the frames that it was told of.
pub(crate) struct Probe {
    observer: Box<dyn Observer>,
    seen: Vec<Seen>,
}

impl Machine {
    /// Tells an observer of everything from the next evaluation on.
    pub fn set_observer(&mut self, observer: Box<dyn Observer>) {
        self.shared.keeps_chunks = true;
        self.probe = Some(Box::new(Probe { observer, seen: Vec::new() }));
    }

    /// Takes the observer away.
    pub fn take_observer(&mut self) -> Option<Box<dyn Observer>> {
        self.probe.take().map(|probe| probe.observer)
    }

    /// Tells an observer of every chunk that is compiled from now on.
    pub fn set_compilation_observer(&mut self, observer: Box<dyn CompilationObserver>) {
        self.shared.compilation_observer = Some(observer);
    }

    /// Takes the observer of compilation away.
    pub fn take_compilation_observer(&mut self) -> Option<Box<dyn CompilationObserver>> {
        self.shared.compilation_observer.take()
    }

    /// Whether somebody wants to know what is executed.
    pub(crate) fn is_watched(&self) -> bool {
        self.probe.is_some() || self.shared.counts.is_counting()
    }

    /// The instruction of this number at `offset` of the frame on top is about to be executed.
    #[inline(always)]
    pub(crate) fn watch(&mut self, offset: u32, number: u8) {
        self.shared.counts.note(number);
        if self.probe.is_some() {
            self.observe_instruction(offset);
        }
    }

    /// The instruction at `offset` of the frame on top is about to be executed.
    #[cold]
    #[inline(never)]
    pub(crate) fn observe_instruction(&mut self, offset: u32) {
        let Some(mut probe) = self.probe.take() else { return };
        probe.follow_frames(self, offset);
        probe.instruction(self, offset);
        self.probe = Some(probe);
    }

    /// The frames above the first `len` are gone, by an error if `failed`.
    #[cold]
    pub(crate) fn observe_frames_gone(&mut self, len: usize, failed: bool) {
        let Some(mut probe) = self.probe.take() else { return };
        while probe.seen.last().is_some_and(|seen| seen.index >= len) {
            probe.leave(&self.shared, if failed { End::Failed } else { End::Returned });
        }
        self.probe = Some(probe);
    }
}

impl Probe {
    /// Works out which frames came and went since the last instruction.
    fn follow_frames(&mut self, machine: &Machine, offset: u32) {
        let top = machine.frames.len().saturating_sub(1);
        let mut replaced = None;
        while let Some(&last) = self.seen.last() {
            // Code never jumps back: at its beginning again it is another frame.
            let restarted = last.index == top && offset == 0 && last.offset > 0;
            let same = machine.frames.get(last.index).is_some_and(|frame| {
                frame.kind == FrameKind::Code && frame.code == last.code && frame.base == last.base
            });
            if same && !restarted {
                break;
            }
            replaced = (last.index == top && last.calls).then(|| self.site(machine));
            self.leave(&machine.shared, if replaced.is_some() { End::Replaced } else { End::Returned });
        }
        if self.seen.last().is_none_or(|last| last.index < top) {
            self.enter(machine, top, replaced);
        }
    }

    fn leave(&mut self, shared: &Shared, end: End) {
        let Some(Seen { code, way, .. }) = self.seen.pop() else { return };
        let depth = self.seen.len();
        self.observer.observe(shared, &Event::Leave { depth, code, way, end });
    }

    /// `replaced`: the place of the call that the frame takes the place of its frame by.
    fn enter(&mut self, machine: &Machine, index: usize, replaced: Option<Pos>) {
        let Some(frame) = machine.frames.get(index) else { return };
        let is_lambda = machine.shared.codes.lambda(frame.code).is_some();
        let way = match (is_lambda, replaced.is_some()) {
            (false, _) => Way::Force,
            (true, false) => Way::Call,
            (true, true) => Way::TailCall,
        };
        let site = replaced.unwrap_or_else(|| self.site(machine));
        let (code, base, depth) = (frame.code, frame.base, self.seen.len());
        self.seen.push(Seen { index, code, base, way, offset: 0, calls: false, told: 0 });
        self.observer.observe(&machine.shared, &Event::Enter { depth, code, way, site });
    }

    /// The place of the last instruction of the frame that is on top of those seen.
    fn site(&self, machine: &Machine) -> Pos {
        let place = |last: &Seen| machine.shared.codes.get(last.code).pos_at(last.offset);
        self.seen.last().map_or(Pos::NONE, place)
    }

    fn instruction(&mut self, machine: &Machine, offset: u32) {
        let Some(depth) = self.seen.len().checked_sub(1) else { return };
        let seen = &mut self.seen[depth];
        let code = machine.shared.codes.get(seen.code);
        let Ok(decoded) = decode(&code.bytes, offset) else { return };
        let again = seen.offset == offset && offset > 0;
        seen.calls = decoded.instruction.row().is_some_and(|row| row.flags & flags::CALLS != 0);
        seen.offset = offset;
        let (code, calls) = (seen.code, seen.calls);
        let stack = machine.stack.get(seen.base as usize..machine.sp).unwrap_or_default();
        self.observer
            .observe(&machine.shared, &Event::Instruction(Executing { depth, code, decoded, stack, again }));
        let told = self.seen[depth].told == decoded.next;
        if calls
            && !told
            && let Some(number) = self.called_builtin(machine, &decoded, stack)
        {
            self.seen[depth].told = decoded.next;
            let site = self.site(machine);
            self.observer.observe(&machine.shared, &Event::Builtin { depth, number, site });
        }
    }

    /// The builtin that an instruction calls with all its arguments.
    fn called_builtin(&self, machine: &Machine, decoded: &Decoded, stack: &[Value<'static>]) -> Option<u32> {
        use nivose_bytecode::decode::Operand;
        use nivose_bytecode::instruction::Instruction;
        let arguments = match (decoded.instruction, decoded.operands[0]) {
            (Instruction::Call, _) => 1,
            (Instruction::CallN | Instruction::TailCall, Operand::Count(count)) => count as usize,
            _ => return None,
        };
        let mut function = stack.last()?.resolved();
        let mut applied = 0;
        if let nivose_heap::View::Partial { function: inner, arguments } = function.view() {
            (function, applied) = (inner, arguments.len());
        }
        let number = function.as_builtin()?.0;
        let arity = machine.shared.builtins.get(number)?.arity() as usize;
        (applied + arguments >= arity).then_some(number)
    }
}
