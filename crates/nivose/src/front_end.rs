//! Text to code: the parser and the compiler behind the machine's [`FrontEnd`].

use std::collections::VecDeque;
use std::sync::Arc;

use nivose_base::{DiagnosticId, Error, Map, Result, SourceId, SourceMap, Span, Symbol, Symbols};
use nivose_builtins::lists;
use nivose_builtins::registry::global_name;
use nivose_bytecode::Chunk;
use nivose_bytecode::chunk::LambdaInfo;
use nivose_compiler::{Compiler, Fusion, Global, Globals, Options, Source, Unit};
use nivose_heap::{Builtin, Value, View};
use nivose_machine::{Control, FrontEnd, Lints, Must, Shared, describe};
use nivose_syntax::print::PathBase;
use nivose_syntax::tree::Tree;
use nivose_syntax::{ParseOptions, Room, parse_in};

use crate::lints;

/// Bytes that remembered trees may take before those that are not in use are forgotten.
const REMEMBERED: usize = 13 << 20;

/// A tree of so many bytes is forgotten when the next source is read, unless it was entered by then.
const LARGE_TREE: usize = 128 << 10;

/// A unit and where it came from.
struct Loaded {
    unit: Unit,
    source: SourceId,
    /// Whether more than its top level was compiled.
    is_entered: bool,
    /// Whether something was compiled since its tree was made or last spared.
    is_in_use: bool,
}

/// The front end of an evaluation, with the units that it analysed. Most of the text of a package set
/// is never evaluated: trees of files that were not entered are forgotten when there are many, and
/// made anew should they be needed.
pub struct NixFrontEnd {
    compiler: Compiler,
    units: Vec<Loaded>,
    /// Units whose trees may be forgotten, with the bytes that each takes, in the order in which they are looked at.
    remembered: VecDeque<(u32, usize)>,
    /// Bytes that those trees take.
    remembered_bytes: usize,
    /// Bytes of all trees that there are.
    tree_bytes: usize,
    /// Expressions of all sources.
    expressions: u64,
    /// Room for the next parse.
    room: Room,
    pipe_operators: bool,
    home: Vec<u8>,
    /// What is wanted from outside meanwhile.
    control: Control,
    /// The limit of memory.
    limit: usize,
    lints: Lints,
    /// Warnings that nobody took yet.
    warnings: Vec<Error>,
}

impl NixFrontEnd {
    /// A front end for the global names of an evaluation.
    pub fn new(level: u8, shared: &mut Shared) -> Self {
        let globals = global_scope(shared);
        NixFrontEnd {
            compiler: Compiler::new(Arc::new(globals), Options { level }),
            units: Vec::new(),
            remembered: VecDeque::new(),
            remembered_bytes: 0,
            tree_bytes: 0,
            expressions: 0,
            room: Room::default(),
            home: shared.world.home_directory().unwrap_or_else(|| b"/".to_vec()),
            pipe_operators: shared.settings.has_feature("pipe-operators"),
            control: shared.control.clone(),
            limit: shared.heap.config().limit,
            lints: shared.settings.lints,
            warnings: Vec::new(),
        }
    }

    /// A unit by its number.
    pub fn unit(&mut self, number: u32) -> Option<&mut Unit> {
        self.units.get_mut(number as usize).map(|loaded| &mut loaded.unit)
    }

    /// The tree of a source.
    fn parse(&mut self, source: SourceId, sources: &SourceMap, symbols: &mut Symbols) -> Result<Tree> {
        let text = sources.get(source);
        let place = |offset: u32| describe(sources, text.pos(offset));
        let watch = parse_watch(&self.control, self.limit);
        let options = ParseOptions { pipe_operators: self.pipe_operators, describe: &place, watch: &watch };
        let parsed = parse_in(&mut self.room, &text.text, text.base(), symbols, &options);
        match parsed.diagnostics.into_iter().next() {
            Some(error) => Err(error),
            None => Ok(parsed.tree),
        }
    }

    /// Notes that the tree of a new unit was made; forgets others if there are too many. One in use is spared once.
    fn note_tree(&mut self, unit: u32) {
        let size = self.units[unit as usize].unit.size();
        self.tree_bytes += size;
        self.remembered_bytes += size;
        while self.remembered_bytes > REMEMBERED
            && let Some((oldest, size)) = self.remembered.pop_front()
        {
            if std::mem::take(&mut self.units[oldest as usize].is_in_use) {
                self.remembered.push_back((oldest, size));
            } else {
                self.remembered_bytes -= size;
                self.forget(oldest, size);
            }
        }
        self.remembered.push_back((unit, size));
    }

    /// Forgets the tree of a unit.
    fn forget(&mut self, unit: u32, size: usize) {
        if let Some(tree) = self.units[unit as usize].unit.forget() {
            self.tree_bytes -= size;
            self.room.recycle(tree);
        }
    }

    /// Forgets the tree made last if it is large and was not entered: most likely it will not be.
    fn forget_last(&mut self) {
        let Some(&(last, size)) = self.remembered.back() else { return };
        let loaded = &self.units[last as usize];
        if size >= LARGE_TREE && !loaded.is_entered {
            self.remembered.pop_back();
            self.remembered_bytes -= size;
            self.forget(last, size);
        }
    }

    /// Makes the tree of a unit that was forgotten anew. It is not forgotten again: no source is read more than twice.
    fn remember(&mut self, unit: u32, sources: &SourceMap, symbols: &mut Symbols) -> Result<()> {
        let tree = self.parse(self.units[unit as usize].source, sources, symbols)?;
        let loaded = &mut self.units[unit as usize];
        self.compiler.remember(&mut loaded.unit, tree, symbols).map_err(first)?;
        self.tree_bytes += loaded.unit.size();
        Ok(())
    }
}

/// Ends a parse that is not wanted any more, or whose tree, of so many bytes by now, takes too much memory.
pub(crate) fn parse_watch(control: &Control, limit: usize) -> impl Fn(usize) -> Result<()> {
    move |bytes| {
        control.check()?;
        // The tree's vectors may be twice as long, and what is worked out of it comes on top.
        if bytes.saturating_add(bytes / 2) > limit { Err(out_of_memory(limit)) } else { Ok(()) }
    }
}

/// What the compiler has to know of the global names.
fn global_scope(shared: &mut Shared) -> Globals {
    let set = shared.builtins_value();
    let names: Vec<(Symbol, Value<'_>)> = shared.global_names().collect();
    let registered: Map<u64, Symbol> = names.iter().map(|&(name, value)| (value.bits(), name)).collect();
    let global = |name: Symbol, value: Value<'_>| match value.view() {
        _ if value.bits() == set.bits() => Global::Builtins,
        View::Null => Global::Null,
        View::Bool(b) => Global::Bool(b),
        View::Thunk(_) => Global::Lazy(name),
        _ => Global::Builtin(name),
    };
    let members: Vec<(Symbol, Global)> = set
        .as_attrs()
        .into_iter()
        .flat_map(|set| shared.heap.flat(set).iter())
        .filter_map(|(member, value)| Some((member, global(*registered.get(&value.bits())?, value))))
        .collect();
    let globals: Vec<(Symbol, Global)> =
        names.iter().map(|&(name, value)| (name, global(name, value))).collect();
    let difference = shared.symbols.intern(nivose_builtins::assertion::NAME.as_bytes());
    let first_argument = |builtin: Builtin| {
        let entry = shared.builtins.get(builtin.0)?.strict.first()?;
        Some(Must::of(*entry).0 as u32)
    };
    let first_arguments: Map<Symbol, u32> = names
        .iter()
        .filter_map(|&(name, value)| Some((name, first_argument(value.as_builtin()?)?)))
        .collect();
    Globals::new(globals, members, &mut shared.symbols)
        .with_assert_equal(difference)
        .with_first_arguments(|name| first_arguments.get(&name).copied())
        .with_fusion(fusion(&mut shared.symbols))
}

/// The builtins that are called together.
fn fusion(symbols: &mut Symbols) -> Fusion {
    let [(outer_stand_in, outer), (inner_stand_in, inner)] = lists::FUSED;
    let mut name = |text: &str| symbols.intern(text.as_bytes());
    Fusion {
        outer: name(&global_name(outer.name)),
        inner: name(&global_name(inner.name)),
        outer_stand_in: name(outer_stand_in),
        inner_stand_in: name(inner_stand_in),
    }
}

impl FrontEnd for NixFrontEnd {
    fn load(
        &mut self,
        source: SourceId,
        directory: &[u8],
        sources: &SourceMap,
        symbols: &mut Symbols,
        scope: Option<&[Symbol]>,
    ) -> Result<u32> {
        self.forget_last();
        let tree = self.parse(source, sources, symbols)?;
        self.warnings.extend(lints::check(&tree, sources.get(source), self.lints)?);
        let base = sources.get(source).base();
        let given = Source { base, paths: PathBase { directory, home: &self.home }, scope };
        self.expressions += tree.expr_count() as u64;
        let unit = self.compiler.analyse(tree, symbols, given).map_err(first)?;
        self.units.push(Loaded { unit, source, is_entered: false, is_in_use: false });
        let number = self.units.len() as u32 - 1;
        self.note_tree(number);
        Ok(number)
    }

    fn compile(
        &mut self,
        unit: u32,
        blueprint: u32,
        sources: &SourceMap,
        symbols: &mut Symbols,
    ) -> Result<Chunk> {
        let no_unit = || Error::new(DiagnosticId::Internal, &[&"there is no such unit"]);
        let loaded = self.units.get_mut(unit as usize).ok_or_else(no_unit)?;
        loaded.is_entered |= blueprint > 0;
        loaded.is_in_use = true;
        if loaded.unit.is_forgotten() {
            self.remember(unit, sources, symbols)?;
        }
        self.compiler.compile(&mut self.units[unit as usize].unit, blueprint, symbols)
    }

    fn recycle(&mut self, chunk: Chunk) {
        self.compiler.recycle(chunk);
    }

    fn expressions(&self) -> u64 {
        self.expressions
    }

    fn take_warnings(&mut self) -> Vec<Error> {
        std::mem::take(&mut self.warnings)
    }

    fn memory(&self) -> usize {
        self.tree_bytes
    }

    fn span(&self, unit: u32, blueprint: u32) -> Option<Span> {
        self.units.get(unit as usize)?.unit.span(blueprint)
    }

    fn lambda_info(&self, unit: u32, blueprint: u32) -> Option<LambdaInfo> {
        self.units.get(unit as usize)?.unit.lambda_info(blueprint)
    }
}

#[cold]
fn out_of_memory(limit: usize) -> Error {
    Error::new(DiagnosticId::OutOfMemory, &[&limit.to_string()])
}

fn first(errors: Vec<Error>) -> Error {
    let none = || Error::new(DiagnosticId::Internal, &[&"a failure without a diagnostic"]);
    errors.into_iter().next().unwrap_or_else(none)
}
