//! The tree of one source with the ways upwards: which expression stands at a place, what a variable
//! refers to, and where a value is written. Nothing is evaluated: only what can be read off is known.

use nivose_base::{Map, Pos, Set, Source, Span, Symbol, Symbols};
use nivose_syntax::tree::{
    AttrName, Attribute, AttributeValue, Bindings, BindingsId, Expr, ExprId, Lambda, List, Part, Slice, Tree,
};
use nivose_syntax::{ParseOptions, parse};

/// No expression encloses this one.
const ROOT: u32 = u32::MAX;
/// Variables and selections that are followed from one to the next, at most.
const MAX_HOPS: usize = 50;
/// Ways upwards that a search through a whole source takes, in expressions.
const MAX_STEPS: usize = 5_000_000;
/// Bytes of source text that a message quotes.
const QUOTED: usize = 40;

/// A source that was parsed again for its error.
pub struct Outline {
    tree: Tree,
    base: Pos,
    text: Vec<u8>,
    parents: Vec<u32>,
}

/// Where a name gets its value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Definition {
    /// The place of the name.
    pub span: Span,
    /// What it is bound to, if that is an expression here.
    pub value: Option<ExprId>,
    /// Whether it is the argument of a function.
    pub is_argument: bool,
}

impl Outline {
    /// Parses a source; nothing for one with mistakes.
    pub fn new(source: &Source, symbols: &mut Symbols, pipe_operators: bool) -> Option<Self> {
        let options = ParseOptions { pipe_operators, describe: &|_| String::new(), watch: &|_| Ok(()) };
        let parsed = parse(&source.text, source.base(), symbols, &options);
        if !parsed.diagnostics.is_empty() {
            return None;
        }
        let tree = parsed.tree;
        let mut parents = vec![ROOT; tree.expr_count()];
        for id in 0..tree.expr_count() as u32 {
            for child in children(&tree, ExprId(id)) {
                if let Some(parent) = parents.get_mut(child.0 as usize) {
                    *parent = id;
                }
            }
        }
        Some(Outline { tree, base: source.base(), text: source.text.to_vec(), parents })
    }

    /// The expression.
    pub fn expr(&self, id: ExprId) -> Expr {
        self.tree.expr(id)
    }

    /// Children of a call.
    pub fn arguments(&self, slice: Slice<ExprId>) -> List<'_, ExprId> {
        self.tree.children(slice)
    }

    /// Names of a selection.
    pub fn names(&self, slice: Slice<AttrName>) -> List<'_, AttrName> {
        self.tree.names(slice)
    }

    /// A position of this source as an offset.
    pub fn offset(&self, pos: Pos) -> u32 {
        pos.0.saturating_sub(self.base.0)
    }

    /// An offset of this source as a position.
    pub fn pos(&self, offset: u32) -> Pos {
        Pos(self.base.0 + offset)
    }

    /// The expressions that messages at an offset may mean, the outermost first.
    pub fn at(&self, offset: u32) -> impl Iterator<Item = ExprId> {
        let all = (0..self.tree.expr_count() as u32).rev().map(ExprId);
        all.filter(move |&id| self.tree.point(id) == offset && !matches!(self.expr(id), Expr::Error))
    }

    /// The innermost expression that has an offset in it.
    pub fn enclosing(&self, offset: u32) -> Option<ExprId> {
        let all = (0..self.tree.expr_count() as u32).map(ExprId);
        let has = |id: &ExprId| {
            let span = self.tree.span(*id);
            (span.start..span.end).contains(&offset)
        };
        all.filter(has).min_by_key(|id| {
            let span = self.tree.span(*id);
            (span.end - span.start, id.0)
        })
    }

    /// The attribute of a name in the nearest set around an expression whose attributes are no variables.
    pub fn plain_attribute_around(&self, id: ExprId, name: Symbol) -> Option<Span> {
        self.around(id).find_map(|(parent, _)| match self.expr(parent) {
            Expr::Set(bindings) => {
                let bindings = self.tree.bindings(bindings);
                let attributes = self.tree.attributes(bindings.attributes);
                let found = attributes.iter().find(|attribute| attribute.name == name)?;
                let is_own = matches!(found.value, AttributeValue::Inherit);
                (!bindings.recursive && !is_own).then_some(found.span)
            }
            _ => None,
        })
    }

    /// The source text of an expression, if it is short and on one line.
    pub fn quote(&self, id: ExprId) -> Option<String> {
        let span = self.tree.span(id);
        self.quote_range(span.start, span.end)
    }

    /// The source text of a range, if it is short and on one line.
    pub fn quote_range(&self, start: u32, end: u32) -> Option<String> {
        let text = self.text.get(start as usize..end as usize)?;
        let text = std::str::from_utf8(text).ok()?.trim();
        let fits = text.len() <= QUOTED && !text.contains('\n') && !text.contains('`');
        (fits && !text.is_empty()).then(|| text.to_owned())
    }

    /// The expressions around one, the nearest first, itself not among them.
    fn around(&self, id: ExprId) -> impl Iterator<Item = (ExprId, ExprId)> {
        let mut at = id;
        std::iter::from_fn(move || {
            let parent = *self.parents.get(at.0 as usize)?;
            let child = at;
            at = ExprId(parent);
            (parent != ROOT).then_some((ExprId(parent), child))
        })
    }

    /// The name of the nearest binding around an expression, and its place.
    pub fn binding_around(&self, id: ExprId) -> Option<(Symbol, Span)> {
        self.around(id).find_map(|(parent, child)| {
            let bindings = match self.expr(parent) {
                Expr::Set(bindings) | Expr::LegacyLet(bindings) | Expr::Let { bindings, .. } => bindings,
                _ => return None,
            };
            let attributes = self.tree.attributes(self.tree.bindings(bindings).attributes);
            let is_bound = |attribute: &Attribute| matches!(attribute.value, AttributeValue::Expr(value) if value == child);
            attributes.iter().find(is_bound).map(|attribute| (attribute.name, attribute.span))
        })
    }

    /// An attribute beside the binding around an expression: its place and its value.
    pub fn beside(&self, id: ExprId, name: Symbol) -> Option<(Span, ExprId)> {
        let (_, own) = self.binding_around(id)?;
        self.around(id).find_map(|(parent, _)| {
            let Expr::Set(bindings) = self.expr(parent) else { return None };
            let attributes = self.tree.attributes(self.tree.bindings(bindings).attributes);
            attributes.iter().find(|attribute| attribute.span == own)?;
            let found = attributes.iter().find(|attribute| attribute.name == name)?;
            match found.value {
                AttributeValue::Expr(value) => Some((found.span, value)),
                _ => None,
            }
        })
    }

    /// The attribute that an expression selects from the argument of a function.
    pub fn selected_from_argument(&self, id: ExprId) -> Option<Symbol> {
        let Expr::Select { set, path, default: None } = self.expr(id) else { return None };
        let Some(AttrName::Static(name, _)) = self.tree.names(path).single() else { return None };
        self.definition(set).filter(|definition| definition.is_argument).map(|_| name)
    }

    /// What a variable at an expression refers to.
    fn lookup(&self, name: Symbol, from: ExprId) -> Option<Definition> {
        self.around(from).find_map(|(parent, _)| match self.expr(parent) {
            Expr::Let { bindings, .. } | Expr::LegacyLet(bindings) => {
                self.bound(&self.tree.bindings(bindings), name)
            }
            Expr::Set(bindings) => {
                let bindings = self.tree.bindings(bindings);
                if bindings.recursive { self.bound(&bindings, name) } else { None }
            }
            Expr::Lambda(lambda) => self.argument(&self.tree.lambda(lambda), name),
            _ => None,
        })
    }

    /// Where bindings define a name; nothing if they inherit it, so that it is sought further out.
    fn bound(&self, bindings: &Bindings, name: Symbol) -> Option<Definition> {
        let attributes = self.tree.attributes(bindings.attributes);
        let attribute = attributes.iter().find(|attribute| attribute.name == name)?;
        match attribute.value {
            AttributeValue::Expr(value) => {
                Some(Definition { span: attribute.span, value: Some(value), is_argument: false })
            }
            AttributeValue::Inherit => None,
            AttributeValue::InheritFrom(_) => {
                Some(Definition { span: attribute.span, value: None, is_argument: false })
            }
        }
    }

    fn argument(&self, lambda: &Lambda, name: Symbol) -> Option<Definition> {
        let formals = self.tree.formals_of(lambda);
        let formal = formals.iter().find(|formal| formal.name == name).map(|formal| formal.span);
        let whole = (lambda.argument == Some(name)).then_some(lambda.argument_span);
        formal.or(whole).map(|span| Definition { span, value: None, is_argument: true })
    }

    /// Where the value of a variable or of a selection with known names is written.
    pub fn definition(&self, id: ExprId) -> Option<Definition> {
        match self.expr(id) {
            Expr::Variable(name) => self.lookup(name, id),
            Expr::Select { set, path, default: None } => {
                let mut container = self.literal_set(set)?;
                let (last, before) = self.tree.names(path).split_last()?;
                for name in before {
                    container = self.literal_set(self.attribute(container, name)?.value?)?;
                }
                self.attribute(container, last)
            }
            _ => None,
        }
    }

    fn attribute(&self, bindings: BindingsId, name: AttrName) -> Option<Definition> {
        let AttrName::Static(name, _) = name else { return None };
        let bindings = self.tree.bindings(bindings);
        let attributes = self.tree.attributes(bindings.attributes);
        let attribute = attributes.iter().find(|attribute| attribute.name == name)?;
        let value = match attribute.value {
            AttributeValue::Expr(value) => Some(value),
            _ => None,
        };
        Some(Definition { span: attribute.span, value, is_argument: false })
    }

    /// The first part on the way of a selection that is written as something else than a set: its text and its place.
    pub fn leaf_on_the_way(&self, id: ExprId) -> Option<(String, Span)> {
        let Expr::Select { set, path, .. } = self.expr(id) else { return None };
        let start = self.tree.span(set).start;
        let mut container = self.literal_set(set)?;
        let (_, before) = self.tree.names(path).split_last()?;
        for name in before {
            let definition = self.attribute(container, name)?;
            let value = self.value(definition.value?)?;
            let AttrName::Static(_, span) = name else { return None };
            match self.expr(value) {
                Expr::Set(bindings) => container = bindings,
                Expr::Variable(_) if !self.is_constant(value) => return None,
                Expr::Variable(_)
                | Expr::Int(_)
                | Expr::Float(_)
                | Expr::Str(_)
                | Expr::Path(_)
                | Expr::List(_)
                | Expr::Lambda(_) => {
                    return Some((self.quote_range(start, span.end)?, definition.span));
                }
                _ => return None,
            }
        }
        None
    }

    /// Whether a variable that the source does not bind is a constant of the language.
    fn is_constant(&self, id: ExprId) -> bool {
        matches!(self.quote(id).as_deref(), Some("null" | "true" | "false"))
    }

    /// The sets whose attributes an expression sees through `with`, the nearest first.
    pub fn namespaces_around(&self, id: ExprId) -> Vec<ExprId> {
        let namespace = |(parent, child)| match self.expr(parent) {
            Expr::With { namespace, body } if body == child => Some(namespace),
            _ => None,
        };
        self.around(id).filter_map(namespace).collect()
    }

    /// The names of the attributes that an expression has, if it is written as a set.
    pub fn attribute_names(&self, id: ExprId) -> Vec<Symbol> {
        let Some(bindings) = self.literal_set(id) else { return Vec::new() };
        self.tree.attributes(self.tree.bindings(bindings).attributes).iter().map(|a| a.name).collect()
    }

    /// Where an expression that is written as a set has an attribute.
    pub fn attribute_of(&self, id: ExprId, name: Symbol) -> Option<Span> {
        let bindings = self.tree.bindings(self.literal_set(id)?);
        let attributes = self.tree.attributes(bindings.attributes);
        attributes.iter().find(|attribute| attribute.name == name).map(|attribute| attribute.span)
    }

    /// The names in the pattern of the function that begins at an offset.
    pub fn formals_at(&self, offset: u32) -> Vec<Symbol> {
        let formals = self.at(offset).find_map(|id| match self.expr(id) {
            Expr::Lambda(lambda) => self.tree.lambda(lambda).formals,
            _ => None,
        });
        formals.map(|formals| self.tree.formals(formals)).unwrap_or_default().iter().map(|f| f.name).collect()
    }

    /// The set that an expression is, when names are followed.
    fn literal_set(&self, id: ExprId) -> Option<BindingsId> {
        match self.expr(self.value(id)?) {
            Expr::Set(bindings) => Some(bindings),
            _ => None,
        }
    }

    /// What an expression is when names are followed, as far as the source binds them.
    fn value(&self, id: ExprId) -> Option<ExprId> {
        let mut at = id;
        for _ in 0..MAX_HOPS {
            match self.expr(at) {
                Expr::Variable(name) => match self.lookup(name, at) {
                    Some(definition) => at = definition.value?,
                    None => return Some(at),
                },
                _ => return Some(at),
            }
        }
        None
    }

    /// The definitions that one comes to from an expression when names are followed, the nearest first.
    pub fn chain(&self, id: ExprId) -> Vec<Definition> {
        let mut chain: Vec<Definition> = Vec::new();
        let mut next = Some(id);
        while let Some(definition) = next.and_then(|id| self.definition(id)) {
            if chain.contains(&definition) || chain.len() >= MAX_HOPS {
                break;
            }
            chain.push(definition);
            next = definition.value;
        }
        chain
    }

    /// How many arguments the function takes that an expression is.
    pub fn arity(&self, id: ExprId) -> Option<usize> {
        let mut count = 0;
        let value = match self.definition(id) {
            Some(definition) => definition.value?,
            None => id,
        };
        let mut at = self.value(value)?;
        while let Expr::Lambda(lambda) = self.expr(at) {
            count += 1;
            at = self.tree.lambda(lambda).body;
        }
        (count > 0).then_some(count)
    }

    /// The names that an expression can use, without those of the language.
    pub fn names_in_scope(&self, id: ExprId) -> Vec<Symbol> {
        let mut names = Vec::new();
        for (parent, _) in self.around(id) {
            match self.expr(parent) {
                Expr::Let { bindings, .. } | Expr::LegacyLet(bindings) | Expr::Set(bindings) => {
                    let is_set = matches!(self.expr(parent), Expr::Set(_));
                    let bindings = self.tree.bindings(bindings);
                    if bindings.recursive || !is_set {
                        names.extend(self.tree.attributes(bindings.attributes).iter().map(|a| a.name));
                    }
                }
                Expr::Lambda(lambda) => {
                    let lambda = self.tree.lambda(lambda);
                    names.extend(lambda.argument);
                    let formals = self.tree.formals_of(&lambda);
                    names.extend(formals.iter().map(|formal| formal.name));
                }
                _ => {}
            }
        }
        names
    }

    /// The variables that nothing defines, by place; `globals` are the names of the language.
    pub fn undefined_variables(&self, globals: &Set<Symbol>) -> Vec<(u32, Symbol)> {
        let mut found = Vec::new();
        let mut steps = 0;
        let mut scopes = Map::default();
        for id in (0..self.tree.expr_count() as u32).map(ExprId) {
            let Expr::Variable(name) = self.expr(id) else { continue };
            steps += self.around(id).count();
            if steps > MAX_STEPS {
                break;
            }
            if !globals.contains(&name) && self.is_undefined(id, name, &mut scopes) {
                found.push((self.tree.point(id), name));
            }
        }
        found.sort_unstable();
        found
    }

    /// Whether nothing around a variable binds its name; `scopes` remembers what each expression binds.
    fn is_undefined(&self, id: ExprId, name: Symbol, scopes: &mut Map<ExprId, Set<Symbol>>) -> bool {
        let mut top = id;
        for (parent, child) in self.around(id) {
            top = parent;
            match self.expr(parent) {
                Expr::With { body, .. } if body == child => return false,
                Expr::Let { .. } | Expr::LegacyLet(_) | Expr::Set(_) | Expr::Lambda(_)
                    if scopes.entry(parent).or_insert_with(|| self.binds(parent)).contains(&name) =>
                {
                    return false;
                }
                _ => {}
            }
        }
        // What merged sets were before hangs on nothing.
        Some(top) == self.tree.root
    }

    /// The names that an expression binds for what is in it, without those that it inherits from around it.
    fn binds(&self, id: ExprId) -> Set<Symbol> {
        let bound = |bindings: Bindings| {
            let is_own = |attribute: &Attribute| !matches!(attribute.value, AttributeValue::Inherit);
            self.tree.attributes(bindings.attributes).iter().filter(is_own).map(|own| own.name).collect()
        };
        match self.expr(id) {
            Expr::Let { bindings, .. } | Expr::LegacyLet(bindings) => bound(self.tree.bindings(bindings)),
            Expr::Set(bindings) => Some(self.tree.bindings(bindings))
                .filter(|set| set.recursive)
                .map_or_else(Set::default, bound),
            Expr::Lambda(lambda) => {
                let lambda = self.tree.lambda(lambda);
                let formals = self.tree.formals_of(&lambda);
                lambda.argument.into_iter().chain(formals.iter().map(|formal| formal.name)).collect()
            }
            _ => Set::default(),
        }
    }

    /// The nearest function around an expression that takes a set pattern with `...`.
    pub fn open_pattern_around(&self, id: ExprId) -> Option<u32> {
        self.around(id).find_map(|(parent, _)| match self.expr(parent) {
            Expr::Lambda(lambda) => {
                let lambda = self.tree.lambda(lambda);
                (lambda.formals.is_some() && lambda.ellipsis).then(|| self.tree.span(parent).start)
            }
            _ => None,
        })
    }
}

/// The expressions directly within one.
fn children(tree: &Tree, id: ExprId) -> Vec<ExprId> {
    match tree.expr(id) {
        Expr::Interpolation(parts) | Expr::InterpolatedPath(parts) => {
            let expr = |part: Part| match part {
                Part::Expr(expr) => Some(expr),
                Part::Literal(_) => None,
            };
            tree.parts(parts).iter().filter_map(expr).collect()
        }
        Expr::Select { set, path, default } => {
            [set].into_iter().chain(computed(tree, path)).chain(default).collect()
        }
        Expr::HasAttr { set, path } => [set].into_iter().chain(computed(tree, path)).collect(),
        Expr::Call { function, arguments } => {
            [function].into_iter().chain(tree.children(arguments)).collect()
        }
        Expr::Lambda(lambda) => {
            let lambda = tree.lambda(lambda);
            let formals = tree.formals_of(&lambda);
            formals.iter().filter_map(|formal| formal.default).chain([lambda.body]).collect()
        }
        Expr::Set(bindings) | Expr::LegacyLet(bindings) => within(tree, bindings),
        Expr::Let { bindings, body } => [within(tree, bindings), vec![body]].concat(),
        Expr::List(elements) => tree.children(elements).iter().collect(),
        Expr::If { condition, consequence, alternative } => vec![condition, consequence, alternative],
        Expr::Assert { condition, body } => vec![condition, body],
        Expr::With { namespace, body } => vec![namespace, body],
        Expr::Not(operand) | Expr::Negate(operand) => vec![operand],
        Expr::Binary { left, right, .. } => vec![left, right],
        _ => Vec::new(),
    }
}

fn computed(tree: &Tree, path: Slice<AttrName>) -> impl Iterator<Item = ExprId> {
    tree.names(path).iter().filter_map(|name| match name {
        AttrName::Dynamic(expr, _) => Some(expr),
        AttrName::Static(..) => None,
    })
}

fn within(tree: &Tree, bindings: BindingsId) -> Vec<ExprId> {
    let bindings = tree.bindings(bindings);
    let values = tree.attributes(bindings.attributes).iter().filter_map(|attribute| match attribute.value {
        AttributeValue::Expr(value) => Some(value),
        _ => None,
    });
    let dynamic = tree.dynamic(bindings.dynamic).iter().flat_map(|dynamic| [dynamic.name, dynamic.value]);
    values.chain(tree.children(bindings.inherit_from)).chain(dynamic).collect()
}
