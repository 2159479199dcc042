//! The first pass: every variable of a tree to what it refers to, and for every lambda and every
//! suspended expression what it captures.
//!
//! One walk over the tree with an explicit stack of tasks. An undefined variable that no `with`
//! could supply is an error, in dead code too. Code is not made here, but what is suspended is
//! decided here, because it decides what is captured.

use nivose_base::{DiagnosticId, Error, Map, Pos, Symbol, Symbols};
use nivose_syntax::tree::{
    AttrName, Attribute, AttributeValue, BinaryOperator, BindingsId, Expr, ExprId, LambdaId, Part, Slice,
    Tree,
};

use crate::demand;
use crate::globals::{Global, Globals};
use crate::resolution::{
    Binding, Capture, Draft, Frame, PackedCapture, PackedResolved, Rebound, Resolution, Resolved,
};

/// Functions that are directly each other's body share a frame up to this number of arguments.
pub(crate) const MAX_PARAMETERS: usize = 16;

/// The greatest number of captures of a source. Only sources made to exhaust memory have more.
const MAX_CAPTURES: usize = 1 << 24;

/// Functions and thunks within each other beyond which it is their depth that captures so much.
const DEEP: usize = 1000;

/// What a name means at the moment, in one word.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Head(u32);

enum Meaning {
    Undefined,
    Binding(Binding),
    /// An attribute of the set that another binding holds: see [`Active::set`].
    Attribute(Binding),
    Global(u32),
}

/// What is known of a function that is called.
#[derive(Clone, Copy)]
enum Known {
    Nothing,
    Global(u32),
    Lambda(LambdaId),
}

impl Head {
    const UNDEFINED: Head = Head(0);

    fn binding(binding: Binding) -> Head {
        Head(1 << 30 | binding.0)
    }

    fn attribute(binding: Binding) -> Head {
        Head(2 << 30 | binding.0)
    }

    fn global(index: u32) -> Head {
        Head(3 << 30 | index)
    }

    fn meaning(self) -> Meaning {
        let index = self.0 & ((1 << 30) - 1);
        match self.0 >> 30 {
            1 => Meaning::Binding(Binding(index)),
            2 => Meaning::Attribute(Binding(index)),
            3 => Meaning::Global(index),
            _ => Meaning::Undefined,
        }
    }
}

/// A binding while the tree is walked.
struct Active {
    name: Symbol,
    /// What the name meant before.
    shadowed: Head,
    /// Depth of the frame whose slot it is.
    depth: u32,
    /// Depth of the innermost open frame that has captured it (or `depth`), and the upvalue there.
    reached: u32,
    upvalue: u32,
    /// The set whose attribute a variable of this name is, if it is one.
    set: Binding,
    /// What it is bound to, if that is known.
    value: Bound,
    /// For a set that `__overrides` finishes: the depth of the frame that evaluates `__overrides`, while that
    /// is walked.
    overrides: u32,
}

/// What a binding is bound to as the source has it, in one word.
#[derive(Clone, Copy)]
struct Bound(u32);

impl Bound {
    const UNKNOWN: Bound = Bound(u32::MAX);
    /// Set for the source of an `inherit (…)`.
    const FROM: u32 = 1 << 31;

    /// To an expression.
    fn to(value: ExprId) -> Bound {
        Bound(value.0)
    }

    /// To the attribute of its name of an expression.
    fn from(source: ExprId) -> Bound {
        Bound(source.0 | Bound::FROM)
    }

    /// The expression, and whether the attribute of its name is meant.
    fn get(self) -> Option<(ExprId, bool)> {
        let is_known = self.0 != Bound::UNKNOWN.0;
        is_known.then_some((ExprId(self.0 & !Bound::FROM), self.0 & Bound::FROM != 0))
    }
}

/// The depth of no frame.
const NOWHERE: u32 = u32::MAX;

#[derive(Clone, Copy)]
struct FrameCapture {
    binding: Binding,
    source: PackedCapture,
}

#[derive(Clone, Copy)]
enum Task {
    Strict(ExprId),
    Lazy(ExprId),
    BeginWith,
    EndWith,
    EndFrame,
    /// Begins and ends the expression that overrides the attributes of the set.
    BeginOverrides(Binding),
    EndOverrides(Binding),
    /// Ends the scope of so many bindings from this one on.
    EndScope(Binding, u32),
    /// Expressions in lazy position that are still to be done.
    Children(Slice<ExprId>),
    /// The same of the values of attributes.
    Values(Slice<Attribute>),
}

/// Space that resolving needs, kept from one tree to the next.
#[derive(Default)]
pub(crate) struct Scratch {
    /// By symbol.
    heads: Vec<Head>,
    active: Vec<Active>,
    /// By depth of frame.
    captures: Vec<Vec<FrameCapture>>,
    tasks: Vec<Task>,
    /// Numbers of the open frames, outermost first.
    frames: Vec<u32>,
    /// Calls that are arguments, with the global function that is called there in place of the one that is named.
    stand_ins: Map<u32, u32>,
    out: Draft,
}

impl Scratch {
    /// Makes the global names known.
    pub fn with_globals(globals: &Globals) -> Scratch {
        let mut scratch = Scratch::default();
        for &(name, index) in &globals.names {
            scratch.set_head(name, Head::global(index));
        }
        scratch
    }

    fn head(&self, name: Symbol) -> Head {
        self.heads.get(name.0 as usize).copied().unwrap_or(Head::UNDEFINED)
    }

    fn set_head(&mut self, name: Symbol, head: Head) {
        let index = name.0 as usize;
        if index >= self.heads.len() {
            self.heads.resize(index + 1, Head::UNDEFINED);
        }
        self.heads[index] = head;
    }
}

/// What the resolver needs to know of a source.
pub(crate) struct Input<'a> {
    pub tree: &'a Tree,
    pub symbols: &'a Symbols,
    pub base: Pos,
    pub globals: &'a Globals,
    pub level: u8,
    /// The names of the set that a scoped import brings, if it is one.
    pub scope: Option<&'a [Symbol]>,
}

struct Resolver<'a> {
    input: Input<'a>,
    scratch: &'a mut Scratch,
    /// Depth of the frame that the outermost open `with` stands in.
    outermost_with: u32,
    open_withs: u32,
    /// The number of captures made so far.
    captured: usize,
    errors: Vec<Error>,
}

/// Resolves a tree. Errors are the undefined variables in the order of the walk.
pub(crate) fn resolve(input: Input<'_>, scratch: &mut Scratch) -> Result<Resolution, Vec<Error>> {
    let tree = input.tree;
    scratch.active.clear();
    scratch.frames.clear();
    scratch.stand_ins.clear();
    let (attributes, lambdas) = (tree.all_attributes().len(), tree.lambdas().len());
    scratch.out.begin(tree.expr_count(), attributes, tree.bindings_count(), lambdas);
    let mut resolver =
        Resolver { input, scratch, outermost_with: 0, open_withs: 0, captured: 0, errors: Vec::new() };
    resolver.run();
    let Resolver { scratch, errors, .. } = resolver;
    if errors.is_empty() { Ok(scratch.out.finish(scratch.active.len() as u32)) } else { Err(errors) }
}

impl Resolver<'_> {
    fn run(&mut self) {
        self.begin_frame();
        let set = self.begin_import_scope();
        let declared = self.scratch.active.len() as u32;
        self.scratch.tasks.extend(self.input.tree.root.map(Task::Strict));
        while let Some(task) = self.scratch.tasks.pop() {
            self.step(task);
            if self.captured > MAX_CAPTURES {
                return self.give_up();
            }
        }
        self.end_scope(set, declared);
        self.end_frame();
    }

    /// So much is captured that the source must be refused: the names are forgotten at once.
    fn give_up(&mut self) {
        let depth = self.scratch.frames.len();
        let error = if depth > DEEP {
            Error::new(DiagnosticId::NestingTooDeep, &[&depth.to_string()])
        } else {
            let message = format!("the expressions refer to more than {MAX_CAPTURES} variables around them");
            Error::with_message(DiagnosticId::TooManyCaptures, message)
        };
        self.errors = vec![error.at(self.input.base)];
        self.end_scope(Binding(0), self.scratch.active.len() as u32);
        self.scratch.tasks.clear();
        self.scratch.captures.clear();
    }

    /// The set of a scoped import is the first binding; its names are its attributes.
    fn begin_import_scope(&mut self) -> Binding {
        let set = Binding(0);
        let Some(names) = self.input.scope else { return set };
        self.declare_nameless();
        for &name in names {
            self.declare(name, Some(set));
        }
        set
    }

    /// Does a task. Branches foretell the usual ones better than a table of places to jump to.
    #[inline(always)]
    fn step(&mut self, task: Task) {
        if let Task::EndFrame = task {
            self.end_frame();
        } else if let Task::Values(attributes) = task {
            self.attribute_values(attributes);
        } else if let Task::Children(children) = task {
            self.children(children);
        } else {
            self.other_step(task);
        }
    }

    #[inline(never)]
    fn other_step(&mut self, task: Task) {
        match task {
            Task::Strict(expr) => self.strict(expr),
            Task::Lazy(expr) => self.lazy(expr),
            Task::BeginWith => self.begin_with(),
            Task::EndWith => self.open_withs -= 1,
            Task::EndFrame => self.end_frame(),
            Task::BeginOverrides(set) => self.set_overrides(set, self.depth() + 1),
            Task::EndOverrides(set) => self.set_overrides(set, NOWHERE),
            Task::EndScope(first, count) => self.end_scope(first, count),
            Task::Children(children) => self.children(children),
            Task::Values(attributes) => self.attribute_values(attributes),
        }
    }

    /// Lets the tasks pushed since `start` be done in the order in which they were pushed.
    fn in_order(&mut self, start: usize) {
        self.scratch.tasks[start..].reverse();
    }

    fn push_strict(&mut self, id: ExprId) {
        if !self.input.tree.is_constant(id) {
            self.scratch.tasks.push(Task::Strict(id));
        }
    }

    /// Pushes expressions in lazy position, the first of which is to be done first.
    fn push_lazy(&mut self, ids: impl DoubleEndedIterator<Item = ExprId>) {
        let tree = self.input.tree;
        self.scratch.tasks.extend(ids.rev().filter(|&id| !tree.is_constant(id)).map(Task::Lazy));
    }

    // --- frames, scopes, variables ---

    fn depth(&self) -> u32 {
        self.scratch.frames.len() as u32 - 1
    }

    fn begin_frame(&mut self) -> u32 {
        let number = self.scratch.out.frames.len() as u32;
        self.scratch.out.frames.push(Frame::default());
        self.scratch.frames.push(number);
        if self.scratch.captures.len() < self.scratch.frames.len() {
            self.scratch.captures.push(Vec::new());
        }
        number
    }

    fn end_frame(&mut self) {
        let depth = self.depth() as usize;
        let Some(number) = self.scratch.frames.pop() else { return };
        let Scratch { captures, active, out, .. } = &mut *self.scratch;
        let captures = &mut captures[depth];
        if captures.is_empty() {
            return;
        }
        let frame = &mut out.frames[number as usize];
        frame.first_capture = out.captures.len() as u32;
        frame.captures = captures.len() as u32;
        for &FrameCapture { binding, source } in captures.iter() {
            out.captures.push(source);
            let active = &mut active[binding.0 as usize];
            active.reached = depth as u32 - 1;
            if let Capture::Upvalue(index) = source.unpack() {
                active.upvalue = index;
            }
        }
        captures.clear();
    }

    fn declare(&mut self, name: Symbol, attribute_of: Option<Binding>) -> Binding {
        let binding = Binding(self.scratch.active.len() as u32);
        let depth = self.depth();
        let shadowed = self.scratch.head(name);
        let head = if attribute_of.is_some() { Head::attribute(binding) } else { Head::binding(binding) };
        let set = attribute_of.unwrap_or(binding);
        self.scratch.active.push(Active {
            name,
            shadowed,
            depth,
            reached: depth,
            upvalue: 0,
            set,
            value: Bound::UNKNOWN,
            overrides: NOWHERE,
        });
        self.scratch.set_head(name, head);
        binding
    }

    fn set_overrides(&mut self, set: Binding, depth: u32) {
        self.scratch.active[set.0 as usize].overrides = depth;
    }

    /// Whether the current frame is evaluated before the set is finished, so that its attributes are still
    /// those that are written.
    fn is_unfinished(&self, set: Binding) -> bool {
        let active = &self.scratch.active[set.0 as usize];
        // What is evaluated where it stands has no frame of its own.
        active.overrides != NOWHERE && (active.depth..=active.overrides).contains(&self.depth())
    }

    /// A binding that no variable refers to: none is called by the empty name.
    fn declare_nameless(&mut self) -> Binding {
        self.declare(Symbol::EMPTY, None)
    }

    fn end_scope(&mut self, first: Binding, count: u32) {
        for index in (first.0..first.0 + count).rev() {
            if let Some(&Active { name, shadowed, .. }) = self.scratch.active.get(index as usize) {
                self.scratch.set_head(name, shadowed);
            }
        }
    }

    /// Where the current frame finds a binding: its slot, or an upvalue captured all the way down.
    fn reach(&mut self, binding: Binding) -> Capture {
        let depth = self.depth();
        let active = &mut self.scratch.active[binding.0 as usize];
        while active.reached < depth {
            let source = match active.reached == active.depth {
                true => Capture::Local(binding),
                false => Capture::Upvalue(active.upvalue),
            };
            active.reached += 1;
            self.captured += 1;
            let captures = &mut self.scratch.captures[active.reached as usize];
            active.upvalue = captures.len() as u32;
            captures.push(FrameCapture { binding, source: PackedCapture::pack(source) });
        }
        if active.depth == depth { Capture::Local(binding) } else { Capture::Upvalue(active.upvalue) }
    }

    fn variable(&mut self, name: Symbol, offset: u32) -> Resolved {
        match self.scratch.head(name).meaning() {
            Meaning::Binding(binding) => self.value_of(binding),
            Meaning::Attribute(binding) => {
                let set = self.scratch.active[binding.0 as usize].set;
                if self.is_unfinished(set) { self.value_of(binding) } else { self.attribute_of(set) }
            }
            Meaning::Global(index) => Resolved::Global(index),
            Meaning::Undefined => self.dynamic(name, offset),
        }
    }

    fn value_of(&mut self, binding: Binding) -> Resolved {
        match self.reach(binding) {
            Capture::Local(binding) => Resolved::Local(binding),
            Capture::Upvalue(index) => Resolved::Upvalue(index),
        }
    }

    fn attribute_of(&mut self, set: Binding) -> Resolved {
        match self.reach(set) {
            Capture::Local(binding) => Resolved::LocalAttribute(binding),
            Capture::Upvalue(index) => Resolved::UpvalueAttribute(index),
        }
    }

    /// A name that only a `with` can supply.
    fn dynamic(&mut self, name: Symbol, offset: u32) -> Resolved {
        if self.open_withs == 0 {
            self.undefined(name, offset);
            return Resolved::None;
        }
        let from = self.outermost_with as usize + 1;
        for &number in self.scratch.frames.get(from..).unwrap_or_default().iter().rev() {
            // Frames further out were marked together with one that is marked.
            if std::mem::replace(&mut self.scratch.out.frames[number as usize].with, true) {
                break;
            }
        }
        Resolved::Dynamic
    }

    fn undefined(&mut self, name: Symbol, offset: u32) {
        let error = Error::new(DiagnosticId::UndefinedVariable, &[&self.input.symbols.bytes(name)]);
        self.errors.push(error.at(Pos(self.input.base.0.saturating_add(offset))));
    }

    fn begin_with(&mut self) {
        if self.open_withs == 0 {
            self.outermost_with = self.depth();
        }
        self.open_withs += 1;
    }

    // --- expressions ---

    /// An expression in lazy position: in place if it costs nothing, otherwise in a frame of its own. Programs can see
    /// what is in place: printing that forces nothing shows it, so all levels agree.
    fn lazy(&mut self, id: ExprId) {
        match self.input.tree.expr(id) {
            Expr::Error | Expr::Int(_) | Expr::Float(_) | Expr::Str(_) | Expr::Path(_) => {}
            Expr::Variable(name) => self.resolve_variable(id, name),
            Expr::Lambda(lambda) => self.lambda(id, lambda),
            Expr::List(items) if items.is_empty() => {}
            Expr::Select { set, path, .. } if self.constant_select(set, path).is_some() => self.strict(id),
            expr => self.suspended(id, expr),
        }
    }

    /// An expression in a frame of its own.
    #[inline(always)]
    fn suspended(&mut self, id: ExprId, expr: Expr) {
        let frame = self.begin_frame();
        self.scratch.out.set_expr(id, Resolved::Frame(frame));
        self.scratch.tasks.push(Task::EndFrame);
        match expr {
            Expr::Set(bindings) => self.bindings(bindings, None),
            Expr::List(items) => self.list(items),
            Expr::Call { function, arguments } => {
                if let Some(first) = self.call(id, function, arguments) {
                    self.strict(first);
                }
            }
            Expr::Select { set, path, default } => {
                let first = self.attribute_path(set, path, default);
                self.strict(first);
            }
            _ => self.strict(id),
        }
    }

    /// Children from the first on, as long as they have no parts; the others are left for later.
    fn children(&mut self, children: Slice<ExprId>) {
        for (index, id) in self.input.tree.children(children).iter().enumerate() {
            if !self.has_no_parts(id) {
                let rest = children.skip(index + 1);
                if !rest.is_empty() {
                    self.scratch.tasks.push(Task::Children(rest));
                }
                return self.lazy(id);
            }
        }
    }

    /// The same for the values of attributes.
    fn attribute_values(&mut self, attributes: Slice<Attribute>) {
        for (index, attribute) in self.input.tree.attributes(attributes).iter().enumerate() {
            if let AttributeValue::Expr(value) = attribute.value
                && !self.has_no_parts(value)
            {
                let rest = attributes.skip(index + 1);
                if !rest.is_empty() {
                    self.scratch.tasks.push(Task::Values(rest));
                }
                return self.lazy(value);
            }
        }
    }

    /// Whether an expression in lazy position is a constant or a variable; if so, all is done.
    #[inline(always)]
    fn has_no_parts(&mut self, id: ExprId) -> bool {
        let tree = self.input.tree;
        if let Some(name) = tree.variable(id)
            && self.captured <= MAX_CAPTURES
        {
            self.resolve_variable(id, name);
            return true;
        }
        tree.is_constant(id)
    }

    #[inline]
    fn resolve_variable(&mut self, id: ExprId, name: Symbol) {
        let resolved = self.variable(name, self.input.tree.point(id));
        self.scratch.out.set_expr(id, resolved);
    }

    fn list(&mut self, items: Slice<ExprId>) {
        if !items.is_empty() {
            self.scratch.tasks.push(Task::Children(items));
        }
    }

    /// An expression that is evaluated where it stands.
    fn strict(&mut self, id: ExprId) {
        let mut next = Some(id);
        while let Some(id) = next {
            next = self.expression(id);
        }
    }

    /// Pushes the parts of an expression but the first, which is returned, if it is evaluated where it stands.
    #[inline(always)]
    fn expression(&mut self, id: ExprId) -> Option<ExprId> {
        match self.input.tree.expr(id) {
            Expr::Variable(name) => self.resolve_variable(id, name),
            Expr::Select { set, path, default } => return self.select(id, set, path, default),
            Expr::HasAttr { set, path } => return Some(self.attribute_path(set, path, None)),
            Expr::Call { function, arguments } => return self.call(id, function, arguments),
            Expr::Lambda(lambda) => self.lambda(id, lambda),
            Expr::Set(bindings) | Expr::LegacyLet(bindings) => self.bindings(bindings, None),
            Expr::Let { bindings, body } => self.bindings(bindings, Some(body)),
            Expr::List(items) => self.list(items),
            Expr::Interpolation(parts) | Expr::InterpolatedPath(parts) => self.parts(parts),
            Expr::SearchPath(_) => self.search_path(id),
            Expr::If { condition, consequence, alternative } => {
                self.push_strict(alternative);
                self.push_strict(consequence);
                return Some(condition);
            }
            Expr::Assert { condition, body } => {
                self.push_strict(body);
                return Some(condition);
            }
            Expr::With { namespace, body } => {
                let tasks = [Task::EndWith, Task::Strict(body), Task::BeginWith, Task::Lazy(namespace)];
                self.scratch.tasks.extend(tasks);
            }
            Expr::Not(operand) => return Some(operand),
            Expr::Negate(operand) => return self.operator(id, Some(Symbol::SUB), operand, None),
            Expr::Binary { operator, left, right } => {
                return self.operator(id, operator_name(operator), left, Some(right));
            }
            Expr::Error | Expr::Int(_) | Expr::Float(_) | Expr::Str(_) | Expr::Path(_) => {}
            Expr::HomePath(_) | Expr::CurrentPosition => {}
        }
        None
    }

    /// An operator is a call where its C++ name is rebound; its operands are lazy then.
    fn operator(
        &mut self,
        id: ExprId,
        name: Option<Symbol>,
        left: ExprId,
        right: Option<ExprId>,
    ) -> Option<ExprId> {
        let Some(function) = name.and_then(|name| self.rebound(name, id)) else {
            right.inspect(|&right| self.push_strict(right));
            return Some(left);
        };
        self.push_lazy([left].into_iter().chain(right));
        self.scratch.out.rebound.insert(id.0, Rebound { function, search_path: Resolved::None });
        None
    }

    /// What a name that stands behind syntax refers to, if the source has rebound it.
    fn rebound(&mut self, name: Symbol, id: ExprId) -> Option<Resolved> {
        match self.scratch.head(name).meaning() {
            Meaning::Binding(_) | Meaning::Attribute(_) => {
                Some(self.variable(name, self.input.tree.point(id)))
            }
            Meaning::Global(_) | Meaning::Undefined => None,
        }
    }

    fn search_path(&mut self, id: ExprId) {
        let function = self.rebound(Symbol::FIND_FILE, id);
        let search_path = self.rebound(Symbol::NIX_PATH, id);
        if function.is_none() && search_path.is_none() {
            return;
        }
        let point = self.input.tree.point(id);
        let function = function.unwrap_or_else(|| self.variable(Symbol::FIND_FILE, point));
        let search_path = search_path.unwrap_or_else(|| self.variable(Symbol::NIX_PATH, point));
        self.scratch.out.rebound.insert(id.0, Rebound { function, search_path });
    }

    fn parts(&mut self, parts: Slice<Part>) {
        for part in self.input.tree.parts(parts).iter().rev() {
            if let Part::Expr(expr) = part {
                self.scratch.tasks.push(Task::Strict(expr));
            }
        }
    }

    /// The global that a selection from the set `builtins` stands for, if that is known already.
    fn constant_select(&self, set: ExprId, path: Slice<AttrName>) -> Option<u32> {
        let Some(AttrName::Static(name, _)) = self.input.tree.names(path).single() else { return None };
        self.member_of_builtins(set, name)
    }

    /// The global that an attribute of an expression is, if that is the set `builtins`. The expression may stand further
    /// out: whatever hides the name `builtins` there hides it here too.
    fn member_of_builtins(&self, set: ExprId, name: Symbol) -> Option<u32> {
        let Expr::Variable(variable) = self.input.tree.expr(set) else { return None };
        let Meaning::Global(index) = self.scratch.head(variable).meaning() else { return None };
        if self.input.globals.value(index) != Global::Builtins {
            return None;
        }
        self.input.globals.builtins.get(&name).copied()
    }

    fn select(
        &mut self,
        id: ExprId,
        set: ExprId,
        path: Slice<AttrName>,
        default: Option<ExprId>,
    ) -> Option<ExprId> {
        let Some(index) = self.constant_select(set, path) else {
            return Some(self.attribute_path(set, path, default));
        };
        self.scratch.out.set_expr(id, Resolved::Global(index));
        // Variables of the default have to be defined even though it never runs.
        default
    }

    /// The function that an expression is, if that is known already.
    fn known_function(&self, function: ExprId) -> Known {
        match self.input.tree.expr(function) {
            Expr::Variable(name) => match self.scratch.head(name).meaning() {
                Meaning::Global(index) => Known::Global(index),
                Meaning::Binding(binding) => self.known_value(binding),
                _ => Known::Nothing,
            },
            Expr::Select { set, path, .. } => {
                self.constant_select(set, path).map_or(Known::Nothing, Known::Global)
            }
            _ => Known::Nothing,
        }
    }

    /// The function that a binding is, if that is written where it is bound.
    fn known_value(&self, binding: Binding) -> Known {
        let Active { name, value, .. } = self.scratch.active[binding.0 as usize];
        let Some((value, is_source)) = value.get() else { return Known::Nothing };
        if is_source {
            return self.member_of_builtins(value, name).map_or(Known::Nothing, Known::Global);
        }
        match self.input.tree.expr(value) {
            Expr::Lambda(lambda) => Known::Lambda(lambda),
            Expr::Select { set, path, .. } => {
                self.constant_select(set, path).map_or(Known::Nothing, Known::Global)
            }
            _ => Known::Nothing,
        }
    }

    /// Notes the argument that the function of a call evaluates first, if it may be an integer at once.
    fn note_integer(&mut self, function: Known, arguments: Slice<ExprId>) {
        let tree = self.input.tree;
        let is_candidate = |id: &ExprId| demand::is_arithmetic(tree, *id);
        let arguments = tree.children(arguments);
        let first = match function {
            Known::Global(index) => self.input.globals.first_argument(index),
            Known::Lambda(lambda) if arguments.iter().any(|id| is_candidate(&id)) => {
                demand::first_evaluated(tree, lambda, self.input.level)
            }
            _ => None,
        };
        if let Some(argument) = first.and_then(|first| arguments.get(first as usize)).filter(is_candidate)
            && !demand::BEHIND_OPERATORS.iter().any(|&name| self.is_bound(name))
        {
            self.scratch.out.integers.insert(argument.0);
        }
    }

    /// Whether the source binds a name here.
    fn is_bound(&self, name: Symbol) -> bool {
        matches!(self.scratch.head(name).meaning(), Meaning::Binding(_) | Meaning::Attribute(_))
    }

    /// Pushes what a path computes, and gives the set, which comes first.
    fn attribute_path(&mut self, set: ExprId, path: Slice<AttrName>, default: Option<ExprId>) -> ExprId {
        for name in self.input.tree.names(path).iter().rev() {
            if let AttrName::Dynamic(name, _) = name {
                self.push_strict(name);
            }
        }
        default.inspect(|&default| self.push_strict(default));
        set
    }

    /// Pushes the arguments, and gives the function, which comes first, unless it is known.
    fn call(&mut self, id: ExprId, function: ExprId, arguments: Slice<ExprId>) -> Option<ExprId> {
        if self.input.level > 0 {
            match self.known_function(function) {
                Known::Nothing => {}
                Known::Global(index) => return self.call_of_global(id, function, index, arguments),
                known => self.note_integer(known, arguments),
            }
        }
        self.list(arguments);
        Some(function)
    }

    /// Level 1: the same for a global function. What `seq a b` evaluates needs no frames of its own.
    fn call_of_global(
        &mut self,
        id: ExprId,
        function: ExprId,
        index: u32,
        arguments: Slice<ExprId>,
    ) -> Option<ExprId> {
        if arguments.len == 2 && self.input.globals.is_seq(index) {
            let sides = self.input.tree.children(arguments);
            self.scratch.tasks.extend(sides.iter().rev().map(Task::Strict));
        } else {
            self.note_integer(Known::Global(index), arguments);
            self.list(arguments);
        }
        let called = self.stand_in(id, index, arguments);
        self.scratch.out.set_expr(function, Resolved::Global(called));
        match self.input.tree.expr(function) {
            // Variables of the default have to be defined even though it never runs.
            Expr::Select { default, .. } => default,
            _ => None,
        }
    }

    /// The global function that a call calls in place of the one it names, if it is one of two that are called together.
    fn stand_in(&mut self, id: ExprId, index: u32, arguments: Slice<ExprId>) -> u32 {
        if let Some(&inner) = self.scratch.stand_ins.get(&id.0) {
            return inner;
        }
        let tree = self.input.tree;
        let Some(argument) = tree.children(arguments).single() else { return index };
        let Expr::Call { function, arguments: Slice { len: 2, .. } } = tree.expr(argument) else {
            return index;
        };
        let Known::Global(inner) = self.known_function(function) else { return index };
        let Some(stand_ins) = self.input.globals.stand_ins(index, inner) else { return index };
        self.scratch.stand_ins.insert(argument.0, stand_ins.inner);
        stand_ins.outer
    }

    // --- functions and bindings ---

    fn lambda(&mut self, id: ExprId, lambda: LambdaId) {
        let frame = self.begin_frame();
        self.scratch.out.set_expr(id, Resolved::Frame(frame));
        let first = Binding(self.scratch.active.len() as u32);
        let start = self.scratch.tasks.len();
        let last = self.parameters(lambda);
        let count = self.scratch.active.len() as u32 - first.0;
        let tasks = &mut self.scratch.tasks;
        tasks.extend([Task::Strict(last), Task::EndScope(first, count), Task::EndFrame]);
        self.in_order(start);
    }

    /// Declares the arguments of a function and of those that share its frame; gives the body.
    fn parameters(&mut self, lambda: LambdaId) -> ExprId {
        let tree = self.input.tree;
        let chain = parameter_chain(tree, lambda, self.input.level);
        let mut body = tree.lambda(lambda).body;
        for lambda in chain {
            body = tree.lambda(lambda).body;
            self.parameter(lambda);
        }
        body
    }

    fn parameter(&mut self, id: LambdaId) {
        let tree = self.input.tree;
        let lambda = tree.lambda(id);
        let argument = match lambda.argument {
            Some(name) => self.declare(name, None),
            None => self.declare_nameless(),
        };
        self.scratch.out.lambdas[id.0 as usize] = argument;
        let formals = tree.formals_of(&lambda);
        for formal in formals {
            self.declare(formal.name, None);
        }
        let defaults = formals.iter().filter_map(|formal| formal.default);
        self.scratch.tasks.extend(defaults.map(Task::Lazy));
    }

    /// A set, a recursive set or a `let` with its body.
    fn bindings(&mut self, id: BindingsId, body: Option<ExprId>) {
        let tree = self.input.tree;
        let bindings = tree.bindings(id);
        let first = Binding(self.scratch.active.len() as u32);
        self.scratch.out.scopes[id.0 as usize] = first;
        if bindings.inherits {
            self.inherited(bindings.attributes);
        }
        let finished = if bindings.recursive {
            self.declare_attributes(id, body.is_none())
        } else {
            self.declare_sources(bindings.inherit_from.len);
            None
        };
        if !bindings.inherit_from.is_empty() {
            self.inherited_builtins(bindings.attributes, bindings.inherit_from);
        }
        let count = self.scratch.active.len() as u32 - first.0;
        if count > 0 {
            self.scratch.tasks.push(Task::EndScope(first, count));
        }
        body.inspect(|&body| self.push_strict(body));
        self.values(id, finished);
    }

    /// Names after `inherit` refer to the scope around the bindings.
    fn inherited(&mut self, attributes: Slice<Attribute>) {
        for (index, attribute) in attributes.range().zip(self.input.tree.attributes(attributes)) {
            if let AttributeValue::Inherit = attribute.value {
                let resolved = self.variable(attribute.name, attribute.span.start);
                self.scratch.out.attributes[index] = PackedResolved::pack(resolved);
            }
        }
    }

    /// What `inherit (builtins)` names is known, and needs no thunk.
    fn inherited_builtins(&mut self, attributes: Slice<Attribute>, sources: Slice<ExprId>) {
        let sources = self.input.tree.children(sources);
        for (index, attribute) in attributes.range().zip(self.input.tree.attributes(attributes)) {
            if let AttributeValue::InheritFrom(source) = attribute.value
                && let Some(source) = sources.get(source as usize)
                && let Some(builtin) = self.member_of_builtins(source, attribute.name)
            {
                self.scratch.out.attributes[index] = PackedResolved::pack(Resolved::Global(builtin));
            }
        }
    }

    /// Declares names that see each other, and the sources of `inherit (…)`. Where `__overrides`
    /// can replace the attributes of a set, they are attributes of the finished set, which is returned.
    fn declare_attributes(&mut self, id: BindingsId, is_set: bool) -> Option<Binding> {
        let tree = self.input.tree;
        let attributes = tree.attributes(tree.bindings(id).attributes);
        let inherit_from = tree.bindings(id).inherit_from;
        let sources = inherit_from.len;
        let first = self.scratch.active.len() as u32;
        let overridden = is_set && has_overrides(tree, id);
        let finished = overridden.then_some(Binding(first + attributes.len() as u32 + sources));
        for attribute in attributes {
            let binding = self.declare(attribute.name, finished);
            self.scratch.active[binding.0 as usize].value = match attribute.value {
                AttributeValue::Expr(value) => Bound::to(value),
                AttributeValue::InheritFrom(source) => {
                    tree.children(inherit_from).get(source as usize).map_or(Bound::UNKNOWN, Bound::from)
                }
                AttributeValue::Inherit => Bound::UNKNOWN,
            };
        }
        self.declare_sources(sources + u32::from(overridden));
        finished
    }

    fn declare_sources(&mut self, count: u32) {
        for _ in 0..count {
            self.declare_nameless();
        }
    }

    /// Pushes sources, values and dynamic attributes, to be done in this order; `finished` is the set that
    /// `__overrides` finishes.
    fn values(&mut self, id: BindingsId, finished: Option<Binding>) {
        let tree = self.input.tree;
        let bindings = tree.bindings(id);
        for dynamic in tree.dynamic(bindings.dynamic).iter().rev() {
            self.scratch.tasks.extend([Task::Lazy(dynamic.value), Task::Strict(dynamic.name)]);
        }
        match finished {
            Some(set) => self.overridden_values(bindings.attributes, set),
            None if bindings.attributes.is_empty() => {}
            None => self.scratch.tasks.push(Task::Values(bindings.attributes)),
        }
        self.list(bindings.inherit_from);
    }

    /// Pushes the values of the attributes of a set that `__overrides` finishes.
    fn overridden_values(&mut self, attributes: Slice<Attribute>, set: Binding) {
        for attribute in self.input.tree.attributes(attributes).iter().rev() {
            let AttributeValue::Expr(value) = attribute.value else { continue };
            if attribute.name == Symbol::OVERRIDES {
                let tasks = [Task::EndOverrides(set), Task::Lazy(value), Task::BeginOverrides(set)];
                self.scratch.tasks.extend(tasks);
            } else {
                self.scratch.tasks.push(Task::Lazy(value));
            }
        }
    }
}

/// Whether `__overrides` replaces attributes of this recursive set.
pub(crate) fn has_overrides(tree: &Tree, id: BindingsId) -> bool {
    let bindings = tree.bindings(id);
    let mut attributes = tree.attributes(bindings.attributes).iter();
    bindings.recursive && attributes.any(|attribute| attribute.name == Symbol::OVERRIDES)
}

/// The functions that share one frame, outermost first: each is directly the body of the one before.
/// At level 0 every function has its own.
pub(crate) fn parameter_chain(tree: &Tree, lambda: LambdaId, level: u8) -> impl Iterator<Item = LambdaId> {
    let longest = if level > 0 { MAX_PARAMETERS } else { 1 };
    let next = |&id: &LambdaId| {
        let lambda = tree.lambda(id);
        match tree.expr(lambda.body) {
            Expr::Lambda(inner) if lambda.formals.is_none() => Some(inner),
            _ => None,
        }
    };
    std::iter::successors(Some(lambda), next).take(longest)
}

/// The name that C++ Nix looks up for an operator, if it does.
pub(crate) fn operator_name(operator: BinaryOperator) -> Option<Symbol> {
    match operator {
        BinaryOperator::Subtract => Some(Symbol::SUB),
        BinaryOperator::Multiply => Some(Symbol::MUL),
        BinaryOperator::Divide => Some(Symbol::DIV),
        BinaryOperator::Less
        | BinaryOperator::LessOrEqual
        | BinaryOperator::More
        | BinaryOperator::MoreOrEqual => Some(Symbol::LESS_THAN),
        _ => None,
    }
}
