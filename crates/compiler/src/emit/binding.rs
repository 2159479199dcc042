//! Bindings: sets, recursive sets, `let`, `inherit`, `__overrides`.

use nivose_base::{Span, Symbol};
use nivose_bytecode::chunk::{ChunkKind, Key};
use nivose_bytecode::instruction::Position;
use nivose_bytecode::{Constant, Instruction};
use nivose_syntax::tree::{AttributeValue, BindingsId, ExprId};

use super::{Blueprint, Emitter, Keys, Mode, Task};
use crate::resolution::{Binding, Resolved};
use crate::scope::has_overrides;

impl Emitter<'_> {
    // --- let and recursive sets ---

    /// Gives every binding of a recursive scope its slot: the sources of `inherit (…)` first, then
    /// the attributes. Gives the first attribute's slot.
    fn declare(&mut self, id: BindingsId) -> u32 {
        let bindings = self.context.tree.bindings(id);
        let (attributes, sources) = (bindings.attributes.len, bindings.inherit_from.len);
        let first = self.first_binding(id);
        let base = self.builder.height();
        for index in 0..sources {
            self.set_slot(Binding(first.0 + attributes + index), base + index, false);
        }
        for index in 0..attributes {
            self.set_slot(Binding(first.0 + index), base + sources + index, false);
        }
        base + sources
    }

    fn first_binding(&self, id: BindingsId) -> Binding {
        self.context.resolution.scope(id)
    }

    /// Pushes the tasks that fill the slots of a recursive scope.
    fn push_scope(&mut self, id: BindingsId, first_slot: u32) {
        let bindings = self.context.tree.bindings(id);
        let first = self.first_binding(id);
        let sources = self.context.tree.children(bindings.inherit_from);
        for (index, source) in (0..).zip(sources) {
            let binding = Binding(first.0 + bindings.attributes.len + index);
            self.tasks.extend([Task::Lazy(source), Task::Bound(binding)]);
        }
        let sources_slot = first_slot - bindings.inherit_from.len;
        for (binding, attribute) in (first.0..).zip(bindings.attributes.range()) {
            let value = Task::Attribute(attribute as u32, sources_slot);
            self.tasks.extend([value, Task::Bound(Binding(binding))]);
        }
    }

    /// The value just pushed is that of a binding.
    pub(super) fn bound(&mut self, binding: Binding) {
        let slot = self.slot(binding);
        self.set_slot(binding, slot.index, true);
        if std::mem::take(&mut self.deferred) {
            self.pending.push(slot.index);
        }
    }

    pub(super) fn finalise_pending(&mut self, at: Span) {
        self.builder.set_span(at);
        for slot in self.pending.drain(..) {
            self.builder.op_index(Instruction::Finalise, slot);
        }
    }

    pub(super) fn let_in(&mut self, id: BindingsId, body: ExprId, mode: Mode, at: Span) {
        let bindings = self.context.tree.bindings(id);
        let count = bindings.attributes.len + bindings.inherit_from.len;
        let first_slot = self.declare(id);
        let start = self.tasks.len();
        self.push_scope(id, first_slot);
        self.tasks.extend([Task::FinalisePending(at), Task::Code(body, mode)]);
        if mode != Mode::Tail {
            self.push_close(count, at);
        }
        self.in_order(start);
    }

    fn push_close(&mut self, count: u32, at: Span) {
        if count > 0 {
            self.tasks.push(Task::Index(Instruction::CloseScope, count, at));
        }
    }

    pub(super) fn legacy_let(&mut self, id: BindingsId, at: Span) {
        let start = self.tasks.len();
        if self.optimises() {
            self.tasks.push(Task::Select(Symbol::BODY, at));
        } else {
            self.tasks.extend([Task::Name(Symbol::BODY, at), Task::Op(Instruction::AttrsSelect, at)]);
        }
        self.in_order(start);
        self.set(id, at);
    }

    // --- sets ---

    pub(super) fn set(&mut self, id: BindingsId, at: Span) {
        let bindings = self.context.tree.bindings(id);
        match (bindings.recursive, has_overrides(self.context.tree, id)) {
            (false, _) => self.plain_set(id, at),
            (true, false) => self.recursive_set(id, at),
            (true, true) => self.overridden_set(id, at),
        }
    }

    fn plain_set(&mut self, id: BindingsId, at: Span) {
        let bindings = self.context.tree.bindings(id);
        let sources_slot = self.builder.height();
        let by_keys = self.optimises() && bindings.dynamic.is_empty();
        let start = self.tasks.len();
        let sources = self.context.tree.children(bindings.inherit_from);
        self.tasks.extend(sources.iter().map(Task::Lazy));
        let attributes = self.context.tree.attributes(bindings.attributes);
        for (index, attribute) in bindings.attributes.range().zip(attributes) {
            if !by_keys {
                self.tasks.push(Task::Name(attribute.name, attribute.span));
            }
            self.tasks.push(Task::Attribute(index as u32, sources_slot));
        }
        self.push_dynamic(id);
        self.tasks.push(if by_keys { Task::AttrsKeys(id, at) } else { Task::Attrs(id, Keys::All, at) });
        self.push_close(bindings.inherit_from.len, at);
        self.in_order(start);
    }

    fn recursive_set(&mut self, id: BindingsId, at: Span) {
        let bindings = self.context.tree.bindings(id);
        let sources = bindings.inherit_from.len;
        let first_slot = self.declare(id);
        let start = self.tasks.len();
        self.push_scope(id, first_slot);
        self.tasks.push(Task::FinalisePending(at));
        if self.optimises() && bindings.dynamic.is_empty() {
            // The slots of the attributes are on the top of the stack, in order.
            self.tasks.push(Task::AttrsKeys(id, at));
            self.push_close(sources, at);
        } else {
            self.tasks.push(Task::SlotPairs(id, first_slot, at));
            self.push_dynamic(id);
            self.tasks.push(Task::Attrs(id, Keys::All, at));
            self.push_close(sources + bindings.attributes.len, at);
        }
        self.in_order(start);
    }

    /// With `__overrides`, variables refer to the attributes of the finished set, which is suspended
    /// in a slot of its own.
    fn overridden_set(&mut self, id: BindingsId, at: Span) {
        let bindings = self.context.tree.bindings(id);
        let count = bindings.inherit_from.len + bindings.attributes.len;
        let first_slot = self.declare(id);
        let finished = Binding(self.first_binding(id).0 + count);
        let finished_slot = first_slot + bindings.attributes.len;
        self.set_slot(finished, finished_slot, false);
        let start = self.tasks.len();
        self.push_scope(id, first_slot);
        self.tasks.extend([
            Task::Overridden(id, first_slot, at),
            Task::Bound(finished),
            Task::FinalisePending(at),
            Task::Index(Instruction::GetLocal, finished_slot, at),
            Task::Op(Instruction::Force, at),
        ]);
        if !bindings.dynamic.is_empty() {
            self.push_dynamic(id);
            self.tasks.extend([Task::Attrs(id, Keys::Dynamic, at), Task::Op(Instruction::AttrsUpdate, at)]);
        }
        self.push_close(count + 1, at);
        self.in_order(start);
    }

    pub(super) fn overridden(&mut self, id: BindingsId, first_slot: u32, at: Span) {
        let attributes = self.context.tree.bindings(id).attributes.len;
        let positions: Vec<_> = (first_slot..first_slot + attributes).map(Position::Slot).collect();
        self.builder.set_span(at);
        self.thunk(Blueprint::Overridden(id), false, &positions);
    }

    /// The chunk of the finished set: the attributes, then what overrides them.
    pub(super) fn begin_overridden(&mut self, id: BindingsId) -> (ChunkKind, u32, bool) {
        let bindings = self.context.tree.bindings(id);
        let attributes = self.context.tree.attributes(bindings.attributes);
        self.builder.set_span(bindings.span);
        let mut overrides = 0;
        for (index, attribute) in (0..).zip(attributes) {
            if attribute.name == Symbol::OVERRIDES {
                overrides = index;
            }
            self.constant(Constant::Name(attribute.name), attribute.span);
            self.builder.op_index(Instruction::GetUpvalue, index);
        }
        let offsets = attributes.iter().map(|attribute| attribute.span.start).collect();
        self.at(bindings.span).attrs(offsets);
        self.builder.op_index(Instruction::GetUpvalue, overrides);
        for instruction in [Instruction::Force, Instruction::AttrsUpdate, Instruction::Return] {
            self.builder.op(instruction);
        }
        (ChunkKind::Thunk, attributes.len() as u32, false)
    }

    // --- parts ---

    /// The value of an attribute.
    pub(super) fn attribute(&mut self, index: u32, sources_slot: u32) {
        let attribute = self.context.tree.attribute(index);
        match attribute.value {
            AttributeValue::Expr(value) => self.lazy(value),
            AttributeValue::Inherit => {
                let resolved = self.context.resolution.attribute(index);
                self.lazy_variable(resolved, attribute.name, attribute.span);
            }
            AttributeValue::InheritFrom(source) => {
                self.builder.set_span(attribute.span);
                if let Resolved::Global(builtin) = self.context.resolution.attribute(index) {
                    return self.global(builtin, false);
                }
                let kind = Blueprint::Attribute(attribute.name, attribute.span);
                self.thunk(kind, false, &[Position::Slot(sources_slot + source)]);
            }
        }
    }

    fn push_dynamic(&mut self, id: BindingsId) {
        for dynamic in self.context.tree.dynamic(self.context.tree.bindings(id).dynamic) {
            self.tasks.extend([Task::Code(dynamic.name, Mode::Strict), Task::Lazy(dynamic.value)]);
        }
    }

    pub(super) fn slot_pairs(&mut self, id: BindingsId, first_slot: u32, at: Span) {
        let attributes = self.context.tree.attributes(self.context.tree.bindings(id).attributes);
        for (slot, attribute) in (first_slot..).zip(attributes) {
            self.constant(Constant::Name(attribute.name), attribute.span);
            self.at(at).op_index(Instruction::GetLocal, slot);
        }
    }

    pub(super) fn attrs(&mut self, id: BindingsId, keys: Keys, at: Span) {
        let bindings = self.context.tree.bindings(id);
        let mut offsets = Vec::new();
        if keys == Keys::All {
            let attributes = self.context.tree.attributes(bindings.attributes);
            offsets.extend(attributes.iter().map(|attribute| attribute.span.start));
        }
        let dynamic = self.context.tree.dynamic(bindings.dynamic);
        offsets.extend(dynamic.iter().map(|attribute| attribute.span.start));
        self.at(at).attrs(offsets.into());
    }

    pub(super) fn attrs_keys(&mut self, id: BindingsId, at: Span) {
        let attributes = self.context.tree.attributes(self.context.tree.bindings(id).attributes);
        let keys =
            attributes.iter().map(|attribute| Key { name: attribute.name, offset: attribute.span.start });
        self.builder.set_span(at);
        self.builder.attrs_keys(keys.collect());
    }
}
