//! The second pass: the code of one chunk from the resolved tree.
//!
//! An expression is expanded into a plan: a list of tasks in the order of execution, some of which
//! are expressions to be expanded in their turn. The plan is worked off from an explicit stack, so
//! that no nesting of the source nests on the native stack.

mod binding;
mod expression;
mod function;
mod operator;
mod select;
mod variable;

use nivose_base::{Span, Symbol, Symbols};
use nivose_bytecode::chunk::{ChunkKind, LambdaInfo};
use nivose_bytecode::instruction::{Coerce, Position};
use nivose_bytecode::{Chunk, ChunkBuilder, Constant, Instruction, Label};
use nivose_syntax::print::PathBase;
use nivose_syntax::tree::{BindingsId, ExprId, LambdaId, Tree};

use crate::globals::Globals;
use crate::resolution::{Binding, Resolution, Resolved};

/// What a chunk of a unit, compiled or still to be, is made from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Blueprint {
    /// The whole source.
    TopLevel,
    /// The whole source as a function of the set of a scoped import.
    ScopedTopLevel,
    /// A suspended expression.
    Thunk(ExprId),
    /// A function.
    Lambda(ExprId, LambdaId),
    /// The captured value: a variable that was not initialised where it was needed.
    Alias(Span),
    /// The attribute of this name of the captured set.
    Attribute(Symbol, Span),
    /// A variable that only a `with` can supply.
    Dynamic(Symbol, Span),
    /// The finished set of a `rec` with `__overrides`; captures the values of its attributes.
    Overridden(BindingsId),
}

/// Where a binding lies in its frame, and whether its value is there yet.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Slot {
    index: u32,
    is_initialised: bool,
}

/// What emitting reads.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub tree: &'a Tree,
    pub resolution: &'a Resolution,
    pub globals: &'a Globals,
    pub symbols: &'a Symbols,
    pub paths: PathBase<'a>,
    pub level: u8,
}

/// What becomes of the value of an expression.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mode {
    /// It is left on the stack, perhaps as a thunk.
    Value,
    /// It is left on the stack in weak head normal form.
    Strict,
    /// The chunk ends with it (level 1 only).
    Tail,
}

/// A step of a plan.
#[derive(Clone, Copy)]
enum Task {
    Code(ExprId, Mode),
    Lazy(ExprId),
    /// The value of an attribute (by index) of bindings whose `inherit` sources begin at this slot.
    Attribute(u32, u32),
    /// The value on the stack is that of this binding.
    Bound(Binding),
    /// The scope is complete.
    FinalisePending(Span),
    Op(Instruction, Span),
    Index(Instruction, u32, Span),
    Name(Symbol, Span),
    Bool(bool, Span),
    FinaliseRequest(bool, Span),
    Text(nivose_syntax::tree::Text, Span),
    Coerce(Coerce, Span),
    Jump(Instruction, Label, Span),
    Place(Label),
    /// Jumps if the condition is false; leaves nothing.
    Condition(ExprId, Label),
    Variable(Resolved, Symbol, Mode, Span),
    LazyVariable(Resolved, Symbol, Span),
    Select(Symbol, Span),
    SelectOrJump(Symbol, Label, Span),
    /// A selection by a computed name from the value on the stack, which is not forced yet.
    SelectComputed(ExprId, Option<Label>, Span),
    HasName(Symbol, Span),
    /// A pair for each attribute whose value lies in a slot; the first lies in this one.
    SlotPairs(BindingsId, u32, Span),
    Attrs(BindingsId, Keys, Span),
    AttrsKeys(BindingsId, Span),
    /// The thunk of the finished set of a `rec` whose attributes begin at this slot.
    Overridden(BindingsId, u32, Span),
    Builtin(Symbol, Span),
    Zero(Span),
    TakeFormals(u32, Span),
    JumpIfBound(u32, Label, Span),
    FormalSelect(Span),
    /// The value of this formal is in its slot.
    FormalBound(Binding),
    AssertFail(ExprId),
    /// More or fewer assertions are around the code.
    Asserts(i32),
}

/// Which keys of a set an `Attrs` has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keys {
    All,
    Dynamic,
}

/// What is known of the function of a blueprint, if it is one.
pub(crate) fn lambda_info(tree: &Tree, kind: Blueprint, level: u8) -> Option<LambdaInfo> {
    match kind {
        Blueprint::ScopedTopLevel => Some(function::scoped_top_level()),
        Blueprint::Lambda(id, lambda) => Some(function::lambda_info(tree, id, lambda, level)),
        _ => None,
    }
}

/// Where in the source a blueprint was written; `None` for what is not written as an expression.
pub(crate) fn span(tree: &Tree, kind: Blueprint) -> Option<Span> {
    match kind {
        Blueprint::TopLevel | Blueprint::ScopedTopLevel => tree.root.map(|root| tree.span(root)),
        Blueprint::Thunk(id) | Blueprint::Lambda(id, _) => Some(tree.span(id)),
        Blueprint::Alias(span) | Blueprint::Attribute(_, span) | Blueprint::Dynamic(_, span) => Some(span),
        Blueprint::Overridden(_) => None,
    }
}

/// Room that emitting needs, kept from one chunk to the next.
#[derive(Default)]
pub(crate) struct Room {
    builder: ChunkBuilder,
    tasks: Vec<Task>,
    /// Slots that must be finalised when the scope is complete.
    pending: Vec<u32>,
    /// What a closure or thunk captures.
    positions: Vec<Position>,
}

impl Room {
    /// Uses the room of a chunk for the next one.
    pub fn recycle(&mut self, chunk: Chunk) {
        self.builder.recycle(chunk);
    }
}

struct Emitter<'a> {
    context: Context<'a>,
    builder: &'a mut ChunkBuilder,
    tasks: &'a mut Vec<Task>,
    slots: &'a mut [Slot],
    blueprints: &'a mut Vec<Blueprint>,
    pending: &'a mut Vec<u32>,
    positions: &'a mut Vec<Position>,
    /// Whether the value made last has captured a slot that is not initialised.
    deferred: bool,
    /// The number of assertions in whose condition the code stands.
    asserts: i32,
}

/// Makes the code of a blueprint; `None` if a jump is too far for its operand.
pub(crate) fn emit(
    context: Context<'_>,
    kind: Blueprint,
    blueprints: &mut Vec<Blueprint>,
    slots: &mut [Slot],
    room: &mut Room,
    wide: bool,
) -> Option<Chunk> {
    let Room { builder, tasks, pending, positions } = room;
    builder.restart(0, wide);
    tasks.clear();
    pending.clear();
    let mut emitter = Emitter {
        context,
        builder,
        tasks,
        slots,
        blueprints,
        pending,
        positions,
        deferred: false,
        asserts: 0,
    };
    let (kind, upvalues, with) = emitter.begin(kind, wide);
    emitter.run();
    if emitter.builder.overflowed() {
        return None;
    }
    Some(emitter.builder.take(kind, upvalues, with))
}

impl<'a> Emitter<'a> {
    /// Makes the plan of a chunk; gives its kind, number of upvalues, and whether it captures scopes.
    fn begin(&mut self, kind: Blueprint, wide: bool) -> (ChunkKind, u32, bool) {
        match kind {
            Blueprint::TopLevel => {
                self.plan_root();
                (ChunkKind::TopLevel, 0, false)
            }
            Blueprint::ScopedTopLevel => {
                self.builder.restart(1, wide);
                if let Some(set) = self.slots.first_mut() {
                    *set = Slot { index: 0, is_initialised: true };
                }
                self.plan_root();
                (ChunkKind::Lambda(Box::new(function::scoped_top_level())), 0, false)
            }
            Blueprint::Thunk(id) => {
                self.plan_result(id);
                let frame = self.frame_of(id);
                (ChunkKind::Thunk, frame.captures, frame.with)
            }
            Blueprint::Lambda(id, lambda) => self.begin_lambda(id, lambda, wide),
            Blueprint::Alias(span) => self.begin_alias(span),
            Blueprint::Attribute(name, span) => self.begin_attribute(name, span),
            Blueprint::Dynamic(name, span) => self.begin_dynamic(name, span),
            Blueprint::Overridden(bindings) => self.begin_overridden(bindings),
        }
    }

    fn plan_root(&mut self) {
        if let Some(root) = self.context.tree.root {
            let at = self.span(root);
            self.plan(&[Task::Code(root, Mode::Strict), Task::Op(Instruction::Return, at)]);
        } else {
            self.builder.op_constant(Instruction::Constant, Constant::Null);
            self.builder.op(Instruction::Return);
        }
    }

    /// The expression is the result of the chunk.
    fn plan_result(&mut self, id: ExprId) {
        if self.optimises() {
            self.plan(&[Task::Code(id, Mode::Tail)]);
        } else {
            let at = self.span(id);
            self.plan(&[Task::Code(id, Mode::Value), Task::Op(Instruction::Return, at)]);
        }
    }

    fn run(&mut self) {
        while let Some(task) = self.tasks.pop() {
            self.step(task);
        }
    }

    fn step(&mut self, task: Task) {
        match task {
            Task::Code(id, mode) => self.code(id, mode),
            Task::Lazy(id) => self.lazy(id),
            Task::Attribute(index, sources) => self.attribute(index, sources),
            Task::Bound(binding) => self.bound(binding),
            Task::FinalisePending(at) => self.finalise_pending(at),
            Task::Condition(id, label) => self.condition(id, label),
            Task::Variable(resolved, name, mode, at) => self.variable(resolved, name, mode, at),
            Task::LazyVariable(resolved, name, at) => self.lazy_variable(resolved, name, at),
            Task::SelectComputed(name, fail, at) => self.select_computed(name, fail, at),
            Task::SlotPairs(bindings, first, at) => self.slot_pairs(bindings, first, at),
            Task::Overridden(bindings, first, at) => self.overridden(bindings, first, at),
            Task::AssertFail(condition) => self.assert_fail(condition),
            Task::FormalBound(binding) => self.formal_bound(binding),
            Task::Asserts(change) => self.asserts += change,
            Task::Place(label) => self.builder.place(label),
            _ => self.simple_step(task),
        }
    }

    /// A step that is one instruction.
    fn simple_step(&mut self, task: Task) {
        match task {
            Task::Op(instruction, at) => self.at(at).op(instruction),
            Task::Index(instruction, index, at) => self.at(at).op_index(instruction, index),
            Task::Name(name, at) => self.constant(Constant::Name(name), at),
            Task::Bool(value, at) => self.constant(Constant::Bool(value), at),
            Task::FinaliseRequest(yes, at) => self.constant(Constant::FinaliseRequest(yes), at),
            Task::Builtin(name, at) => self.constant(Constant::Builtin(name), at),
            Task::Zero(at) => self.constant(Constant::Int(0), at),
            Task::TakeFormals(count, at) => self.at(at).take_formals(0, count),
            Task::Text(text, at) => {
                self.constant(Constant::String(self.context.tree.text(text).into()), at);
            }
            Task::Coerce(coerce, at) => self.at(at).coerce(coerce),
            Task::Jump(instruction, label, at) => self.at(at).jump(instruction, label),
            Task::Select(name, at) => self.at(at).select(name),
            Task::SelectOrJump(name, label, at) => self.at(at).select_or_jump(name, label),
            Task::HasName(name, at) => self.at(at).op_constant(Instruction::HasName, Constant::Name(name)),
            Task::Attrs(bindings, keys, at) => self.attrs(bindings, keys, at),
            Task::AttrsKeys(bindings, at) => self.attrs_keys(bindings, at),
            Task::JumpIfBound(slot, label, at) => self.at(at).jump_if_bound(slot, label),
            Task::FormalSelect(at) => self.at(at).select_formal(),
            _ => {}
        }
    }

    // --- plans ---

    /// Adds tasks to be done next, in this order.
    fn plan(&mut self, tasks: &[Task]) {
        self.tasks.extend(tasks.iter().rev());
    }

    /// Lets the tasks pushed since `start` be done in the order in which they were pushed.
    fn in_order(&mut self, start: usize) {
        self.tasks[start..].reverse();
    }

    fn optimises(&self) -> bool {
        self.context.level > 0
    }

    /// The span for instructions of an expression: from where its errors point to its end.
    fn span(&self, id: ExprId) -> Span {
        let point = self.context.tree.point(id);
        Span::new(point, self.context.tree.span(id).end.max(point))
    }

    /// The builder, set to a span.
    fn at(&mut self, span: Span) -> &mut ChunkBuilder {
        self.builder.set_span(span);
        self.builder
    }

    fn constant(&mut self, constant: Constant, at: Span) {
        self.at(at).op_constant(Instruction::Constant, constant);
    }

    /// Numbers a new blueprint and emits what captures for it.
    fn capture(&mut self, instruction: Instruction, kind: Blueprint, with: bool, positions: &[Position]) {
        if self.builder.is_unreachable() {
            return;
        }
        let number = self.blueprints.len() as u32;
        self.blueprints.push(kind);
        self.deferred = positions.iter().any(|position| matches!(position, Position::Deferred(_)));
        let instruction = match instruction {
            Instruction::Closure if self.deferred => Instruction::ThunkClosure,
            Instruction::Closure if positions.is_empty() && !with => Instruction::Constant,
            other => other,
        };
        if instruction == Instruction::Constant {
            self.builder.op_constant(instruction, Constant::Function(number));
        } else {
            self.builder.captures(instruction, number, with, positions);
        }
    }
}
