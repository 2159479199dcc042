//! Functions: arguments, set patterns and their defaults.

use nivose_base::Span;
use nivose_bytecode::Instruction;
use nivose_bytecode::chunk::{ChunkKind, FormalInfo, Formals, LambdaInfo, Parameter};
use nivose_syntax::tree::{Expr, ExprId, Formal, Lambda, LambdaId, List, Tree};

use super::{Emitter, Mode, Task};
use crate::resolution::{Binding, Capture, Resolved};
use crate::scope::parameter_chain;

/// The top level of a scoped import is a function of the set.
pub(super) fn scoped_top_level() -> LambdaInfo {
    let parameter = Parameter { function_name: None, argument: None, offset: 0, doc: None };
    LambdaInfo { parameters: Box::new([parameter]), formals: None }
}

/// What is known of a function before there is code for it.
pub(super) fn lambda_info(tree: &Tree, id: ExprId, lambda: LambdaId, level: u8) -> LambdaInfo {
    let mut expr = id;
    let mut parameters = Vec::with_capacity(parameter_chain(tree, lambda, level).count());
    let mut formals = None;
    for lambda in parameter_chain(tree, lambda, level) {
        let lambda = tree.lambda(lambda);
        parameters.push(Parameter {
            function_name: lambda.name,
            argument: lambda.argument,
            offset: tree.point(expr),
            doc: lambda.doc.map(|doc| tree.text(doc).into()),
        });
        expr = lambda.body;
        formals = formals_info(tree, &lambda);
    }
    LambdaInfo { parameters: parameters.into(), formals }
}

fn formals_info(tree: &Tree, lambda: &Lambda) -> Option<Formals> {
    let info = |formal: Formal| FormalInfo {
        name: formal.name,
        offset: formal.span.start,
        has_default: formal.default.is_some(),
    };
    let list = tree.formals(lambda.formals?).iter().map(info).collect();
    Some(Formals { list, ellipsis: lambda.ellipsis })
}

impl Emitter<'_> {
    pub(super) fn begin_lambda(
        &mut self,
        id: ExprId,
        lambda: LambdaId,
        wide: bool,
    ) -> (ChunkKind, u32, bool) {
        let tree = self.context.tree;
        let chain: Vec<_> = parameter_chain(tree, lambda, self.context.level).collect();
        let count = chain.len() as u32;
        self.builder.restart(count, wide);
        for (index, &lambda) in (0..).zip(&chain) {
            self.set_slot(self.argument(lambda), count - 1 - index, true);
        }
        let last = chain.last().copied().unwrap_or(lambda);
        let at = self.span(chain.iter().nth_back(1).map_or(id, |&before| tree.lambda(before).body));
        self.plan_function(last, &tree.lambda(last), at);
        let frame = self.frame_of(id);
        let info = lambda_info(tree, id, lambda, self.context.level);
        (ChunkKind::Lambda(Box::new(info)), frame.captures, frame.with)
    }

    fn argument(&self, lambda: LambdaId) -> Binding {
        self.context.resolution.argument(lambda)
    }

    /// The plan of the last function of a chain, whose argument lies in slot 0.
    fn plan_function(&mut self, id: LambdaId, lambda: &Lambda, at: Span) {
        let start = self.tasks.len();
        match lambda.formals {
            None => {}
            Some(formals) if self.optimises() => {
                self.push_taken_formals(self.argument(id), self.context.tree.formals(formals), at);
            }
            Some(formals) => {
                self.push_base_formals(
                    self.argument(id),
                    self.context.tree.formals(formals),
                    lambda.ellipsis,
                    at,
                );
            }
        }
        if self.optimises() {
            self.tasks.push(Task::Code(lambda.body, Mode::Tail));
        } else {
            let end = self.span(lambda.body);
            self.tasks.push(Task::Code(lambda.body, Mode::Value));
            self.push_close_formals(lambda, end);
            self.tasks.push(Task::Op(Instruction::Return, end));
        }
        self.in_order(start);
    }

    fn push_close_formals(&mut self, lambda: &Lambda, at: Span) {
        let formals = self.context.tree.formals_of(lambda);
        let slots: u32 = formals.iter().map(|formal| base_slots(&formal)).sum();
        if slots > 0 {
            self.tasks.push(Task::Index(Instruction::CloseScope, slots, at));
        }
    }

    // --- level 0 ---

    /// Formals one after the other; a default is followed by its finalise request.
    fn push_base_formals(&mut self, argument: Binding, formals: List<'_, Formal>, ellipsis: bool, at: Span) {
        self.tasks.extend([Task::Op(Instruction::Force, at), Task::Op(Instruction::AssertAttrs, at)]);
        let mut slot = 1;
        for (binding, formal) in (argument.0 + 1..).zip(formals) {
            self.set_slot(Binding(binding), slot, false);
            self.push_base_formal(Binding(binding), &formal);
            slot += base_slots(&formal);
        }
        if !ellipsis {
            self.tasks.extend([
                Task::Index(Instruction::GetLocal, 0, at),
                Task::Op(Instruction::ValidateClosedFormals, at),
                Task::Op(Instruction::Pop, at),
            ]);
        }
        let mut slot = 1;
        for formal in formals {
            if formal.default.is_some() {
                self.push_finalise(slot, slot + 1, formal.span);
            }
            slot += base_slots(&formal);
        }
    }

    fn push_base_formal(&mut self, binding: Binding, formal: &Formal) {
        let at = formal.span;
        self.tasks.extend([Task::Index(Instruction::GetLocal, 0, at), Task::Name(formal.name, at)]);
        match formal.default {
            None => self.tasks.push(Task::FormalSelect(at)),
            Some(default) => {
                let (missing, end) = (self.builder.new_label(), self.builder.new_label());
                self.tasks.extend([
                    Task::Op(Instruction::AttrsTrySelect, at),
                    Task::Jump(Instruction::JumpIfNotFound, missing, at),
                    Task::FinaliseRequest(false, at),
                    Task::Jump(Instruction::Jump, end, at),
                    Task::Place(missing),
                    Task::Lazy(default),
                    Task::FinaliseRequest(true, at),
                    Task::Place(end),
                ]);
            }
        }
        self.tasks.push(Task::FormalBound(binding));
    }

    /// Pushes the tasks that finalise a default if it was used.
    fn push_finalise(&mut self, slot: u32, request: u32, at: Span) {
        let end = self.builder.new_label();
        self.tasks.extend([
            Task::Index(Instruction::GetLocal, request, at),
            Task::Jump(Instruction::JumpIfNoFinaliseRequest, end, at),
            Task::Index(Instruction::Finalise, slot, at),
            Task::Place(end),
            Task::Op(Instruction::Pop, at),
        ]);
    }

    /// The value of a formal is in its slot; finalising is not left to the end of a scope.
    pub(super) fn formal_bound(&mut self, binding: Binding) {
        self.deferred = false;
        let slot = self.slot(binding).index;
        self.set_slot(binding, slot, true);
    }

    // --- level 1 ---

    /// All formals at once, then the defaults of those that are missing.
    fn push_taken_formals(&mut self, argument: Binding, formals: List<'_, Formal>, at: Span) {
        let first_slot = self.builder.height();
        let first = argument.0 + 1;
        let with_default = |formal: &Formal| formal.default.is_some();
        self.tasks.push(Task::TakeFormals(formals.len() as u32, at));
        for (index, formal) in (0..).zip(formals) {
            self.set_slot(Binding(first + index), first_slot + index, formal.default.is_none());
        }
        let deferring = self.deferring_defaults(Binding(first), formals);
        let mut request = first_slot + formals.len() as u32;
        self.tasks.extend(deferring.iter().filter(|&&yes| yes).map(|_| Task::FinaliseRequest(false, at)));
        let mut finalise = Vec::new();
        for (index, formal) in (0..).zip(formals).filter(|(_, formal)| with_default(formal)) {
            let slot = first_slot + index;
            let requests = deferring.get(index as usize) == Some(&true);
            self.push_formal_default(Binding(first + index), slot, &formal, requests.then_some(request));
            if requests {
                finalise.push((slot, request, formal.span));
                request += 1;
            }
        }
        for (slot, request, at) in finalise {
            self.push_finalise(slot, request, at);
        }
    }

    fn push_formal_default(&mut self, binding: Binding, slot: u32, formal: &Formal, request: Option<u32>) {
        let Some(default) = formal.default else { return };
        let at = formal.span;
        let bound = self.builder.new_label();
        self.tasks.extend([
            Task::JumpIfBound(slot, bound, at),
            Task::Lazy(default),
            Task::Index(Instruction::SetLocal, slot, at),
        ]);
        if let Some(request) = request {
            let set = Task::Index(Instruction::SetLocal, request, at);
            self.tasks.extend([Task::FinaliseRequest(true, at), set]);
        }
        self.tasks.extend([Task::Place(bound), Task::FormalBound(binding)]);
    }

    /// For each formal whether its default refers to a default that is made no earlier.
    fn deferring_defaults(&self, first: Binding, formals: List<'_, Formal>) -> Vec<bool> {
        let deferred = |from: u32, binding: Binding| {
            let index = binding.0.checked_sub(first.0).map(|index| index as usize);
            let formal = index.and_then(|index| formals.get(index));
            binding.0 >= from && formal.is_some_and(|formal| formal.default.is_some())
        };
        let refers = |(from, formal): (u32, Formal)| match formal.default {
            Some(default) => self.captured_locals(default).any(|binding| deferred(from, binding)),
            None => false,
        };
        (first.0..).zip(formals).map(refers).collect()
    }

    /// The slots of this frame that an expression in lazy position captures.
    fn captured_locals(&self, id: ExprId) -> impl Iterator<Item = Binding> {
        let resolved = self.context.resolution.expr(id);
        let alone = match (self.context.tree.expr(id), resolved) {
            (Expr::Variable(_), Resolved::Local(binding)) => Some(binding),
            _ => None,
        };
        let captures = self.context.resolution.captures(self.frame_of(id));
        let captured = captures.filter_map(|capture| match capture {
            Capture::Local(binding) => Some(binding),
            Capture::Upvalue(_) => None,
        });
        captured.chain(alone)
    }
}

/// The slots of a formal at level 0: a default has one more for its finalise request.
fn base_slots(formal: &Formal) -> u32 {
    1 + u32::from(formal.default.is_some())
}
