//! Selections: `s.a.b`, `s.a.b or d`, `s ? a.b`.

use nivose_base::Span;
use nivose_bytecode::{Instruction, Label};
use nivose_syntax::tree::{AttrName, ExprId, List, Slice};

use super::{Emitter, Mode, Task};

impl Emitter<'_> {
    pub(super) fn select(
        &mut self,
        set: ExprId,
        path: Slice<AttrName>,
        default: Option<ExprId>,
        mode: Mode,
        at: Span,
    ) {
        let missing = default.map(|_| self.builder.new_label());
        let names = self.context.tree.names(path);
        let start = self.tasks.len();
        self.tasks.push(Task::Code(set, self.set_mode(set, names)));
        for (index, name) in names.iter().enumerate() {
            self.push_component(name, index == 0, missing, at);
        }
        if let (Some(missing), Some(default)) = (missing, default) {
            self.push_default(missing, default, mode, at);
        }
        self.in_order(start);
    }

    /// How the set at the beginning of a path is evaluated.
    fn set_mode(&self, set: ExprId, names: List<'_, AttrName>) -> Mode {
        match names.first() {
            Some(AttrName::Static(..)) => self.operand_mode(set),
            _ => Mode::Strict,
        }
    }

    fn push_default(&mut self, missing: Label, default: ExprId, mode: Mode, at: Span) {
        if mode == Mode::Tail {
            self.tasks.push(Task::Op(Instruction::Return, at));
            return self.tasks.extend([Task::Place(missing), Task::Code(default, mode)]);
        }
        let end = self.builder.new_label();
        self.tasks.push(Task::Jump(Instruction::Jump, end, at));
        self.tasks.extend([Task::Place(missing), Task::Code(default, mode), Task::Place(end)]);
    }

    /// Pushes the tasks that select one name from the value on the stack.
    fn push_component(&mut self, name: AttrName, is_first: bool, missing: Option<Label>, at: Span) {
        match (name, missing) {
            (AttrName::Static(name, _), None) if self.optimises() => self.tasks.push(Task::Select(name, at)),
            (AttrName::Static(name, _), Some(missing)) if self.optimises() => {
                self.tasks.push(Task::SelectOrJump(name, missing, at));
            }
            (AttrName::Static(name, _), _) => {
                if !is_first {
                    self.tasks.push(Task::Op(Instruction::Force, at));
                }
                self.tasks.push(Task::Name(name, at));
                self.push_select(missing, at);
            }
            (AttrName::Dynamic(name, _), _) if is_first => {
                self.tasks.push(Task::Code(name, Mode::Strict));
                self.push_select(missing, at);
            }
            (AttrName::Dynamic(name, _), _) => self.tasks.push(Task::SelectComputed(name, missing, at)),
        }
    }

    /// Pushes the tasks that select the name on the stack from the set below it.
    fn push_select(&mut self, missing: Option<Label>, at: Span) {
        match missing {
            None => self.tasks.push(Task::Op(Instruction::AttrsSelect, at)),
            Some(missing) => self.tasks.extend([
                Task::Op(Instruction::AttrsTrySelect, at),
                Task::Jump(Instruction::JumpIfNotFound, missing, at),
            ]),
        }
    }

    /// A computed name further along a path is evaluated before the set at its place is forced: the
    /// set and the name are held in nameless locals.
    pub(super) fn select_computed(&mut self, name: ExprId, missing: Option<Label>, at: Span) {
        let height = self.builder.height();
        let slot = height.saturating_sub(1);
        let select = if missing.is_some() { Instruction::AttrsTrySelect } else { Instruction::AttrsSelect };
        let start = self.tasks.len();
        self.tasks.extend([
            Task::Code(name, Mode::Strict),
            Task::Index(Instruction::GetLocal, slot, at),
            Task::Op(Instruction::Force, at),
            Task::Index(Instruction::GetLocal, height, at),
            Task::Op(select, at),
            Task::Index(Instruction::CloseScope, 2, at),
        ]);
        self.tasks.extend(missing.map(|label| Task::Jump(Instruction::JumpIfNotFound, label, at)));
        self.in_order(start);
    }

    pub(super) fn has_attr(&mut self, set: ExprId, path: Slice<AttrName>, at: Span) {
        let names = self.context.tree.names(path);
        let Some((last, before)) = names.split_last() else { return };
        // The names after one that is missing are not evaluated.
        let is_computed = |name: AttrName| matches!(name, AttrName::Dynamic(..));
        let jumps = self.optimises() && !before.is_empty() || names.iter().skip(1).any(is_computed);
        let missing = jumps.then(|| self.builder.new_label());
        let start = self.tasks.len();
        self.tasks.push(Task::Code(set, self.set_mode(set, names)));
        for (index, name) in before.iter().enumerate() {
            let next = names.get(index + 1).unwrap_or(last);
            self.push_test(name, next, missing, at);
        }
        self.push_last_test(last, at);
        if let Some(missing) = missing {
            self.push_false(missing, at);
        }
        self.in_order(start);
    }

    fn push_test(&mut self, name: AttrName, next: AttrName, missing: Option<Label>, at: Span) {
        match (name, missing) {
            (AttrName::Static(name, _), Some(missing)) if self.optimises() => {
                self.tasks.push(Task::SelectOrJump(name, missing, at));
            }
            _ => {
                self.push_name(name, at);
                self.tasks.push(Task::Op(Instruction::AttrsTrySelect, at));
                self.tasks.extend(missing.map(|label| Task::Jump(Instruction::JumpIfNotFound, label, at)));
            }
        }
        if !self.optimises() || matches!(next, AttrName::Dynamic(..)) {
            self.tasks.push(Task::Op(Instruction::Force, at));
        }
    }

    fn push_name(&mut self, name: AttrName, at: Span) {
        self.tasks.push(match name {
            AttrName::Static(name, _) => Task::Name(name, at),
            AttrName::Dynamic(name, _) => Task::Code(name, Mode::Strict),
        });
    }

    fn push_last_test(&mut self, name: AttrName, at: Span) {
        match name {
            AttrName::Static(name, _) if self.optimises() => self.tasks.push(Task::HasName(name, at)),
            _ => {
                self.push_name(name, at);
                self.tasks.push(Task::Op(Instruction::HasAttr, at));
            }
        }
    }

    fn push_false(&mut self, missing: Label, at: Span) {
        let end = self.builder.new_label();
        self.tasks.extend([
            Task::Jump(Instruction::Jump, end, at),
            Task::Place(missing),
            Task::Bool(false, at),
            Task::Place(end),
        ]);
    }
}
