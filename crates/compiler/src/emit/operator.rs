//! Operators, native and rebound.

use nivose_base::{Span, Symbol};
use nivose_bytecode::Instruction;
use nivose_syntax::tree::{BinaryOperator, Expr, ExprId};

use super::{Emitter, Mode, Task};
use crate::resolution::{Rebound, Resolved};
use crate::scope::{has_overrides, operator_name};

/// Whether an operator is the inverse of the call that C++ Nix makes of it.
pub(super) fn inverts(operator: BinaryOperator) -> bool {
    matches!(operator, BinaryOperator::LessOrEqual | BinaryOperator::MoreOrEqual)
}

/// Whether C++ Nix passes the right operand first.
fn is_flipped(operator: BinaryOperator) -> bool {
    matches!(operator, BinaryOperator::More | BinaryOperator::LessOrEqual)
}

/// The instruction of an operator that evaluates both operands, after flipping.
fn instruction(operator: BinaryOperator) -> Instruction {
    match operator {
        BinaryOperator::Add => Instruction::Add,
        BinaryOperator::Subtract => Instruction::Sub,
        BinaryOperator::Multiply => Instruction::Mul,
        BinaryOperator::Divide => Instruction::Div,
        BinaryOperator::Concat => Instruction::Concat,
        BinaryOperator::Less | BinaryOperator::More => Instruction::Less,
        BinaryOperator::LessOrEqual | BinaryOperator::MoreOrEqual => Instruction::MoreOrEq,
        BinaryOperator::Equal | BinaryOperator::NotEqual => Instruction::Equal,
        BinaryOperator::Update => Instruction::AttrsUpdate,
        BinaryOperator::And | BinaryOperator::Or | BinaryOperator::Implies => Instruction::AssertBool,
    }
}

impl Emitter<'_> {
    /// How an operand is evaluated whose instruction forces it: level 1 leaves that to the
    /// instruction, except for variables, which keep the forced value.
    pub(super) fn operand_mode(&self, id: ExprId) -> Mode {
        let is_variable = matches!(self.context.tree.expr(id), Expr::Variable(_));
        if self.optimises() && !is_variable { Mode::Value } else { Mode::Strict }
    }

    pub(super) fn unary(&mut self, instruction: Instruction, operand: ExprId, at: Span) {
        let mode = self.operand_mode(operand);
        self.plan(&[Task::Code(operand, mode), Task::Op(instruction, at)]);
    }

    pub(super) fn negate(&mut self, id: ExprId, operand: ExprId, at: Span) {
        let Some(rebound) = self.context.resolution.rebound(id) else {
            return self.unary(Instruction::Negate, operand, at);
        };
        let start = self.tasks.len();
        self.tasks.extend([Task::Lazy(operand), Task::Zero(at)]);
        self.push_rebound_call(rebound.function, Symbol::SUB, 2, at);
        self.in_order(start);
    }

    pub(super) fn binary(
        &mut self,
        id: ExprId,
        operator: BinaryOperator,
        left: ExprId,
        right: ExprId,
        at: Span,
    ) {
        if let Some(rebound) = self.context.resolution.rebound(id) {
            return self.rebound_operator(rebound, operator, left, right, at);
        }
        match operator {
            BinaryOperator::And => self.logical(left, right, &[], Instruction::JumpIfFalse, at),
            BinaryOperator::Or => self.logical(left, right, &[], Instruction::JumpIfTrue, at),
            BinaryOperator::Implies => {
                let invert = [Task::Op(Instruction::Invert, at)];
                self.logical(left, right, &invert, Instruction::JumpIfTrue, at);
            }
            BinaryOperator::Update => self.update(left, right, at),
            BinaryOperator::NotEqual => {
                self.tasks.push(Task::Op(Instruction::Invert, at));
                self.both(left, right, Instruction::Equal, at);
            }
            _ if is_flipped(operator) => self.both(right, left, instruction(operator), at),
            _ => self.both(left, right, instruction(operator), at),
        }
    }

    /// Both operands, the first one first, then the instruction, which forces them in that order.
    fn both(&mut self, first: ExprId, second: ExprId, instruction: Instruction, at: Span) {
        let mut first_mode = self.operand_mode(first);
        if !self.does_nothing(second) {
            first_mode = Mode::Strict;
        }
        let is_forced = first_mode == Mode::Strict || self.is_forced(first);
        let second_mode = match self.optimises() {
            // Forcing the second operand must not come before the first one is forced.
            true if !is_forced => Mode::Value,
            _ => self.operand_mode(second),
        };
        self.plan(&[
            Task::Code(first, first_mode),
            Task::Code(second, second_mode),
            Task::Op(instruction, at),
        ]);
    }

    /// Whether the code of an expression neither fails nor evaluates anything, unless it is forced.
    fn does_nothing(&self, id: ExprId) -> bool {
        match self.context.tree.expr(id) {
            Expr::Int(_) | Expr::Float(_) | Expr::Str(_) | Expr::Path(_) | Expr::Lambda(_) => true,
            Expr::Variable(_) => matches!(
                self.context.resolution.expr(id),
                Resolved::Local(_) | Resolved::Upvalue(_) | Resolved::Global(_)
            ),
            _ => false,
        }
    }

    /// The short-circuiting operators: the right operand only if the jump is not taken.
    fn logical(&mut self, left: ExprId, right: ExprId, then: &[Task], jump: Instruction, at: Span) {
        let end = self.builder.new_label();
        let modes = (self.operand_mode(left), self.operand_mode(right));
        let start = self.tasks.len();
        self.tasks.push(Task::Code(left, modes.0));
        self.tasks.extend(then);
        self.tasks.extend([
            Task::Jump(jump, end, at),
            Task::Op(Instruction::Pop, at),
            Task::Code(right, modes.1),
            Task::Place(end),
            Task::Op(Instruction::AssertBool, at),
        ]);
        self.in_order(start);
    }

    /// `left // right`: the right operand is evaluated and checked first.
    fn update(&mut self, left: ExprId, right: ExprId, at: Span) {
        let update = Task::Op(Instruction::AttrsUpdate, at);
        let [left_code, right_code] = [left, right].map(|side| Task::Code(side, self.operand_mode(side)));
        if self.optimises() && (self.is_plain_set(left) || self.is_plain_set(right)) {
            return self.plan(&[left_code, right_code, update]);
        }
        let slot = self.builder.height();
        let start = self.tasks.len();
        self.tasks.push(right_code);
        if !self.optimises() || !self.is_update(right) {
            self.tasks.push(Task::Op(Instruction::AssertAttrs, self.span(right)));
        }
        self.tasks.extend([
            left_code,
            Task::Index(Instruction::GetLocal, slot, at),
            update,
            Task::Index(Instruction::CloseScope, 1, at),
        ]);
        self.in_order(start);
    }

    fn is_update(&self, id: ExprId) -> bool {
        matches!(self.context.tree.expr(id), Expr::Binary { operator: BinaryOperator::Update, .. })
    }

    /// Whether an expression is a set whose making cannot fail, so that nobody sees when it is made.
    fn is_plain_set(&self, id: ExprId) -> bool {
        let tree = self.context.tree;
        match tree.expr(id) {
            Expr::Set(id) => tree.bindings(id).dynamic.is_empty() && !has_overrides(tree, id),
            _ => false,
        }
    }

    /// The sides of a native `&&`.
    pub(super) fn conjunction(&self, id: ExprId) -> Option<(ExprId, ExprId)> {
        match self.context.tree.expr(id) {
            Expr::Binary { operator: BinaryOperator::And, left, right } => Some((left, right)),
            _ => None,
        }
    }

    /// The sides of an `==`.
    pub(super) fn equality(&self, id: ExprId) -> Option<(ExprId, ExprId)> {
        match self.context.tree.expr(id) {
            Expr::Binary { operator: BinaryOperator::Equal, left, right } => Some((left, right)),
            _ => None,
        }
    }

    // --- operators whose name is bound in the source ---

    fn rebound_operator(
        &mut self,
        rebound: Rebound,
        operator: BinaryOperator,
        left: ExprId,
        right: ExprId,
        at: Span,
    ) {
        let (first, second) = if is_flipped(operator) { (right, left) } else { (left, right) };
        let start = self.tasks.len();
        self.tasks.extend([Task::Lazy(second), Task::Lazy(first)]);
        self.push_rebound_call(rebound.function, operator_name(operator).unwrap_or(Symbol::EMPTY), 2, at);
        if inverts(operator) {
            if !self.optimises() {
                self.tasks.push(Task::Op(Instruction::Force, at));
            }
            self.tasks.push(Task::Op(Instruction::Invert, at));
        }
        self.in_order(start);
    }

    /// Pushes the tasks that call a variable with the arguments on the stack.
    pub(super) fn push_rebound_call(&mut self, function: Resolved, name: Symbol, arguments: u32, at: Span) {
        let mode = if self.optimises() { Mode::Value } else { Mode::Strict };
        self.tasks.push(Task::Variable(function, name, mode, at));
        self.push_call(arguments, false, at);
    }
}
