//! Expressions: which construct becomes which plan. Functions, bindings, operators and selections
//! have files of their own.

use nivose_base::Span;
use nivose_bytecode::instruction::Coerce;
use nivose_bytecode::{Constant, Instruction};
use nivose_syntax::print::print_expr;
use nivose_syntax::tree::{Expr, ExprId, Part, Slice, Text};

use super::{Blueprint, Emitter, Mode, Task};
use crate::resolution::Resolved;

/// Deeper in the conditions of other assertions, the difference of two sides is not looked for and
/// the condition is not printed: both would grow with the square of the source.
const MAX_NESTED_ASSERTS: i32 = 8;

/// Conditions with a longer source are not printed.
const MAX_PRINTED_CONDITION: u32 = 16 << 10;

impl Emitter<'_> {
    /// The code of an expression.
    pub(super) fn code(&mut self, id: ExprId, mode: Mode) {
        if self.builder.is_unreachable() {
            return;
        }
        let at = self.span(id);
        match mode {
            Mode::Tail if !self.ends_by_itself(id) => {
                self.plan(&[Task::Code(id, Mode::Value), Task::Op(Instruction::Return, at)]);
            }
            Mode::Strict if !self.is_forced(id) && !self.forces_by_itself(id) => {
                self.plan(&[Task::Code(id, Mode::Value), Task::Op(Instruction::Force, at)]);
            }
            _ => self.expression(id, mode, at),
        }
    }

    /// Whether a construct has branches or a call, whose ends end the chunk.
    fn ends_by_itself(&self, id: ExprId) -> bool {
        match self.context.tree.expr(id) {
            Expr::If { .. } | Expr::Assert { .. } | Expr::Let { .. } | Expr::With { .. } => true,
            Expr::Call { .. } => true,
            Expr::Select { default, .. } => {
                default.is_some() && !matches!(self.context.resolution.expr(id), Resolved::Global(_))
            }
            _ => false,
        }
    }

    /// Variables know how to be forced.
    fn forces_by_itself(&self, id: ExprId) -> bool {
        matches!(self.context.tree.expr(id), Expr::Variable(_))
    }

    fn expression(&mut self, id: ExprId, mode: Mode, at: Span) {
        let tree = self.context.tree;
        match tree.expr(id) {
            Expr::Error => self.constant(Constant::Null, at),
            Expr::Int(value) => self.constant(Constant::Int(value), at),
            Expr::Float(value) => self.constant(Constant::Float(value), at),
            Expr::Str(text) => self.constant(Constant::String(tree.text(text).into()), at),
            Expr::Path(text) => self.constant(path_constant(tree.text(text)), at),
            Expr::HomePath(text) => {
                self.constant(Constant::HomePath(tree.text(text).into()), at);
                self.builder.op(Instruction::ResolveHomePath);
            }
            Expr::SearchPath(text) => self.search_path(id, text, at),
            Expr::Interpolation(parts) => self.interpolation(parts, at),
            Expr::InterpolatedPath(parts) => self.interpolated_path(parts, at),
            Expr::Variable(name) => self.variable(self.context.resolution.expr(id), name, mode, at),
            Expr::CurrentPosition => self.current_position(at),
            Expr::List(items) => self.list(items, at),
            Expr::Set(bindings) => self.set(bindings, at),
            Expr::LegacyLet(bindings) => self.legacy_let(bindings, at),
            Expr::Let { bindings, body } => self.let_in(bindings, body, mode, at),
            Expr::Lambda(lambda) => {
                self.builder.set_span(at);
                let frame = self.frame_of(id);
                self.capture_frame(Instruction::Closure, Blueprint::Lambda(id, lambda), frame);
            }
            Expr::Call { function, arguments } => self.call(function, arguments, mode, at),
            Expr::Select { set, path, default } => match self.context.resolution.expr(id) {
                Resolved::Global(index) => {
                    self.builder.set_span(at);
                    self.global(index, mode == Mode::Strict);
                }
                _ => self.select(set, path, default, mode, at),
            },
            Expr::HasAttr { set, path } => self.has_attr(set, path, at),
            Expr::If { condition, consequence, alternative } => {
                self.if_then_else(condition, consequence, alternative, mode, at);
            }
            Expr::Assert { condition, body } => self.assert(condition, body, mode, at),
            Expr::With { namespace, body } => self.with(namespace, body, mode, at),
            Expr::Not(operand) => self.unary(Instruction::Invert, operand, at),
            Expr::Negate(operand) => self.negate(id, operand, at),
            Expr::Binary { operator, left, right } => self.binary(id, operator, left, right, at),
        }
    }

    /// Whether the code of an expression leaves weak head normal form.
    pub(super) fn is_forced(&self, id: ExprId) -> bool {
        let resolution = self.context.resolution;
        match self.context.tree.expr(id) {
            Expr::Error | Expr::Int(_) | Expr::Float(_) | Expr::Str(_) | Expr::Path(_) => true,
            Expr::HomePath(_) | Expr::Interpolation(_) | Expr::InterpolatedPath(_) => true,
            Expr::Lambda(_) | Expr::Set(_) | Expr::List(_) | Expr::HasAttr { .. } | Expr::Not(_) => true,
            Expr::SearchPath(_) | Expr::Negate(_) => resolution.rebound(id).is_none(),
            Expr::Binary { operator, .. } => {
                resolution.rebound(id).is_none() || super::operator::inverts(operator)
            }
            Expr::Variable(_) | Expr::Select { .. } => match resolution.expr(id) {
                Resolved::Global(index) => self.context.globals.value(index).is_forced(),
                _ => false,
            },
            _ => false,
        }
    }

    /// An expression in lazy position.
    pub(super) fn lazy(&mut self, id: ExprId) {
        if self.builder.is_unreachable() {
            return;
        }
        self.deferred = false;
        let at = self.span(id);
        let resolved = self.context.resolution.expr(id);
        match (self.context.tree.expr(id), resolved) {
            (Expr::Variable(name), _) => self.lazy_variable(resolved, name, at),
            (Expr::Lambda(_), _) => self.code(id, Mode::Value),
            (_, Resolved::Frame(frame)) => {
                self.builder.set_span(at);
                let resolution = self.context.resolution;
                let instruction = match resolution.may_be_integer(id) {
                    true => Instruction::ThunkOrInteger,
                    false => Instruction::ThunkSuspended,
                };
                self.capture_frame(instruction, Blueprint::Thunk(id), resolution.frame(frame));
            }
            _ => self.code(id, Mode::Value),
        }
    }

    fn list(&mut self, items: Slice<ExprId>, at: Span) {
        self.tasks.push(Task::Index(Instruction::List, items.len, at));
        let items = self.context.tree.children(items);
        self.tasks.extend(items.iter().rev().map(Task::Lazy));
    }

    /// `f x y`: arguments are pushed last first, the function on top.
    fn call(&mut self, function: ExprId, arguments: Slice<ExprId>, mode: Mode, at: Span) {
        if let Some((first, second)) = self.sequence(function, arguments) {
            let first = Task::Code(first, Mode::Strict);
            return self.plan(&[first, Task::Op(Instruction::Pop, at), Task::Code(second, mode)]);
        }
        let start = self.tasks.len();
        let list = self.context.tree.children(arguments);
        self.tasks.extend(list.iter().rev().map(Task::Lazy));
        let optimises = self.optimises();
        self.tasks.push(Task::Code(function, if optimises { Mode::Value } else { Mode::Strict }));
        self.push_call(arguments.len, mode == Mode::Tail, at);
        self.in_order(start);
    }

    /// Level 1: what a call of `seq` evaluates one after the other.
    fn sequence(&self, function: ExprId, arguments: Slice<ExprId>) -> Option<(ExprId, ExprId)> {
        let is_seq = match self.context.resolution.expr(function) {
            Resolved::Global(index) => self.context.globals.is_seq(index),
            _ => false,
        };
        let mut sides = self.context.tree.children(arguments).iter();
        let sides = (sides.next()?, sides.next()?);
        (is_seq && arguments.len == 2 && self.optimises()).then_some(sides)
    }

    /// Pushes the tasks that apply the function on the stack to so many arguments.
    pub(super) fn push_call(&mut self, arguments: u32, is_tail: bool, at: Span) {
        if self.optimises() {
            let instruction = if is_tail { Instruction::TailCall } else { Instruction::CallN };
            return self.tasks.push(Task::Index(instruction, arguments, at));
        }
        for number in 0..arguments {
            if number > 0 {
                self.tasks.push(Task::Op(Instruction::Force, at));
            }
            self.tasks.push(Task::Op(Instruction::Call, at));
        }
    }

    /// `with namespace; body`
    fn with(&mut self, namespace: ExprId, body: ExprId, mode: Mode, at: Span) {
        let slot = self.builder.height();
        if mode != Mode::Tail {
            let close = Task::Index(Instruction::CloseScope, 1, at);
            self.plan(&[Task::Op(Instruction::PopWith, at), close]);
        }
        let open = Task::Index(Instruction::PushWith, slot, at);
        self.plan(&[Task::Lazy(namespace), open, Task::Code(body, mode)]);
    }

    /// `__curPos`: the position of the key of a set made for this, so that it needs no instruction.
    fn current_position(&mut self, at: Span) {
        self.constant(Constant::Name(nivose_base::Symbol::EMPTY), at);
        self.constant(Constant::Null, at);
        self.builder.attrs(Box::new([at.start]));
        self.constant(Constant::String(Box::default()), at);
        self.constant(Constant::Builtin(self.context.globals.unsafe_get_attr_pos), at);
        let start = self.tasks.len();
        self.push_call(2, false, at);
        self.in_order(start);
    }

    // --- strings and paths ---

    fn interpolation(&mut self, parts: Slice<Part>, at: Span) {
        let start = self.tasks.len();
        for part in self.context.tree.parts(parts) {
            self.push_part(part, Coerce::IMPORT_PATHS, at);
        }
        if parts.len != 1 {
            self.tasks.push(Task::Index(Instruction::Interpolate, parts.len, at));
        }
        self.in_order(start);
    }

    fn push_part(&mut self, part: Part, coerce: Coerce, at: Span) {
        match part {
            Part::Literal(text) => self.tasks.push(Task::Text(text, at)),
            Part::Expr(expr) => {
                let mode = if self.optimises() { self.operand_mode(expr) } else { Mode::Value };
                let at = self.span(expr);
                self.tasks.extend([Task::Code(expr, mode), Task::Coerce(coerce, at)]);
            }
        }
    }

    /// A path with interpolations: the root, and what is interpolated after it.
    fn interpolated_path(&mut self, parts: Slice<Part>, at: Span) {
        self.constant(Constant::AbsolutePath(b"/"[..].into()), at);
        let list = self.context.tree.parts(parts);
        let (mut count, rest) = match list.split_first() {
            Some((Part::Literal(text), rest)) => (self.path_beginning(text, at), rest),
            _ => (0, list),
        };
        count += rest.len() as u32;
        let start = self.tasks.len();
        for part in rest {
            self.push_part(part, Coerce::WEAK, at);
        }
        self.tasks.push(Task::Index(Instruction::Interpolate, count, at));
        self.tasks.push(Task::Op(Instruction::Add, at));
        self.in_order(start);
    }

    /// Emits the literal beginning of a path as absolute text; gives the number of fragments. As in C++ Nix it is made
    /// canonical before the rest follows, so that `/a/.${"b"}` is `/ab`, unless it begins with the home directory.
    fn path_beginning(&mut self, text: Text, at: Span) -> u32 {
        let written = self.context.tree.text(text);
        // A canonical path has no slash at its end.
        let slash: &[u8] = if written.ends_with(b"/") { b"/" } else { b"" };
        let rest = match written {
            [b'/', ..] => {
                let path = canonical(written);
                let text = if path == b"/" { path } else { [&path, slash].concat() };
                self.constant(Constant::String(text.into()), at);
                return 1;
            }
            [b'~', rest @ ..] => {
                self.constant(Constant::HomePath(b"~/"[..].into()), at);
                self.builder.op(Instruction::ResolveHomePath);
                rest
            }
            _ => {
                self.constant(Constant::RelativePath(written.into()), at);
                slash
            }
        };
        self.builder.coerce(Coerce::WEAK);
        if rest.is_empty() {
            return 1;
        }
        self.constant(Constant::String(rest.into()), at);
        2
    }

    fn search_path(&mut self, id: ExprId, text: Text, at: Span) {
        let name = self.context.tree.text(text);
        let Some(rebound) = self.context.resolution.rebound(id) else {
            self.constant(Constant::SearchPath(name.into()), at);
            return self.builder.op(Instruction::FindFile);
        };
        self.constant(Constant::String(name.into()), at);
        let start = self.tasks.len();
        self.tasks.push(Task::LazyVariable(rebound.search_path, nivose_base::Symbol::NIX_PATH, at));
        self.push_rebound_call(rebound.function, nivose_base::Symbol::FIND_FILE, 2, at);
        self.in_order(start);
    }

    // --- conditions ---

    fn if_then_else(&mut self, condition: ExprId, yes: ExprId, no: ExprId, mode: Mode, at: Span) {
        if let Some(value) = self.constant_condition(condition) {
            return self.tasks.push(Task::Code(if value { yes } else { no }, mode));
        }
        let (otherwise, end) = (self.builder.new_label(), self.builder.new_label());
        let start = self.tasks.len();
        self.push_condition(condition, otherwise, at);
        self.tasks.push(Task::Code(yes, mode));
        self.tasks.push(Task::Jump(Instruction::Jump, end, at));
        self.push_otherwise(otherwise, at);
        self.tasks.extend([Task::Code(no, mode), Task::Place(end)]);
        self.in_order(start);
    }

    /// Pushes the tasks that go on if the condition holds and jump otherwise.
    fn push_condition(&mut self, condition: ExprId, otherwise: super::Label, at: Span) {
        if self.optimises() {
            return self.tasks.push(Task::Condition(condition, otherwise));
        }
        self.tasks.extend([
            Task::Code(condition, Mode::Strict),
            Task::Jump(Instruction::JumpIfFalse, otherwise, at),
            Task::Op(Instruction::Pop, at),
        ]);
    }

    /// Pushes the tasks at the place to which [`Self::push_condition`] jumps.
    fn push_otherwise(&mut self, otherwise: super::Label, at: Span) {
        self.tasks.push(Task::Place(otherwise));
        if !self.optimises() {
            self.tasks.push(Task::Op(Instruction::Pop, at));
        }
    }

    /// Level 1: a condition whose value is not kept.
    pub(super) fn condition(&mut self, id: ExprId, otherwise: super::Label) {
        if let Some((left, right)) = self.conjunction(id) {
            return self.plan(&[Task::Condition(left, otherwise), Task::Condition(right, otherwise)]);
        }
        let at = self.span(id);
        let mode = self.operand_mode(id);
        self.plan(&[Task::Code(id, mode), Task::Jump(Instruction::BranchIfFalse, otherwise, at)]);
    }

    /// The value of a condition that is known already.
    fn constant_condition(&self, id: ExprId) -> Option<bool> {
        let (mut id, mut inverted) = (id, false);
        while let Expr::Not(operand) = self.context.tree.expr(id) {
            (id, inverted) = (operand, !inverted);
        }
        match self.context.resolution.expr(id) {
            Resolved::Global(index) => match self.context.globals.value(index) {
                crate::Global::Bool(value) => Some(value != inverted),
                _ => None,
            },
            _ => None,
        }
    }

    fn assert(&mut self, condition: ExprId, body: ExprId, mode: Mode, at: Span) {
        match self.constant_condition(condition) {
            Some(true) => return self.tasks.push(Task::Code(body, mode)),
            Some(false) => return self.assert_fail(condition),
            None => {}
        }
        let (fail, end) = (self.builder.new_label(), self.builder.new_label());
        let start = self.tasks.len();
        self.tasks.push(Task::Asserts(1));
        self.push_condition(condition, fail, at);
        self.tasks.extend([Task::Asserts(-1), Task::Code(body, mode)]);
        self.tasks.push(Task::Jump(Instruction::Jump, end, at));
        self.push_otherwise(fail, at);
        self.push_difference(condition, at);
        self.tasks.extend([Task::AssertFail(condition), Task::Place(end)]);
        self.in_order(start);
    }

    /// Pushes the tasks that look for the difference of the sides of a failed equality.
    fn push_difference(&mut self, condition: ExprId, at: Span) {
        let Some(builtin) = self.context.globals.assert_equal else { return };
        let Some((left, right)) = self.equality(condition) else { return };
        if self.asserts >= MAX_NESTED_ASSERTS {
            return;
        }
        // The assertions in the sides have held before.
        self.tasks.push(Task::Asserts(MAX_NESTED_ASSERTS));
        self.tasks.extend([left, right].map(|side| Task::Code(side, Mode::Strict)));
        self.tasks.extend([Task::Asserts(-MAX_NESTED_ASSERTS), Task::Builtin(builtin, at)]);
        self.push_call(2, false, at);
        self.tasks.push(Task::Op(Instruction::Pop, at));
    }

    pub(super) fn assert_fail(&mut self, condition: ExprId) {
        let tree = self.context.tree;
        let span = tree.span(condition);
        let printed =
            self.asserts < MAX_NESTED_ASSERTS && span.end.saturating_sub(span.start) <= MAX_PRINTED_CONDITION;
        let text = match printed && !self.builder.is_unreachable() {
            true => print_expr(tree, condition, self.context.symbols, self.context.paths),
            false => "…".into(),
        };
        let at = self.span(condition);
        self.at(at).assert_fail(text.into());
    }
}

/// The constant of a path literal.
fn path_constant(written: &[u8]) -> Constant {
    if written.starts_with(b"/") {
        Constant::AbsolutePath(canonical(written).into())
    } else {
        Constant::RelativePath(written.into())
    }
}

/// An absolute path without `.`, `..` and empty components.
fn canonical(path: &[u8]) -> Vec<u8> {
    let mut components: Vec<&[u8]> = Vec::new();
    for component in path.split(|&byte| byte == b'/') {
        match component {
            b"" | b"." => {}
            b".." => {
                components.pop();
            }
            _ => components.push(component),
        }
    }
    let mut out = vec![b'/'];
    out.extend(components.join(&b'/'));
    out
}
