//! The unit: one source, resolved, whose chunks are made on demand.

use std::sync::Arc;

use nivose_base::{DiagnosticId, Error, Pos, Span, Symbol, Symbols};
use nivose_bytecode::Chunk;
use nivose_bytecode::chunk::LambdaInfo;
use nivose_syntax::print::PathBase;
use nivose_syntax::tree::{Expr, Tree};

use crate::emit::{self, Blueprint};
use crate::globals::Globals;
use crate::resolution::Resolution;
use crate::scope::{self, Scratch};
use crate::warnings;

/// How to compile.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// 0: base instructions only; 1: everything.
    pub level: u8,
}

impl Default for Options {
    fn default() -> Self {
        Options { level: 1 }
    }
}

/// What the compiler is told of a source besides its tree.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The position of its first byte.
    pub base: Pos,
    /// The absolute paths to which paths in the source refer. Only for the text of failed
    /// assertions: in constants they stay as written.
    pub paths: PathBase<'a>,
    /// For a scoped import the names of its set. The top-level chunk is a function of that set then.
    pub scope: Option<&'a [Symbol]>,
}

/// Compiles sources for one global scope. It keeps working space from one source to the next.
pub struct Compiler {
    globals: Arc<Globals>,
    options: Options,
    scratch: Scratch,
    room: emit::Room,
    home: Arc<[u8]>,
}

impl Compiler {
    /// A compiler for a global scope.
    pub fn new(globals: Arc<Globals>, options: Options) -> Self {
        let scratch = Scratch::with_globals(&globals);
        Compiler { globals, options, scratch, room: emit::Room::default(), home: Arc::default() }
    }

    /// Resolves a source whose tree has no syntax errors. The symbols must be those that the tree
    /// was parsed with. Fails with every undefined variable, in the order in which they are met.
    pub fn analyse(&mut self, tree: Tree, symbols: &Symbols, source: Source<'_>) -> Result<Unit, Vec<Error>> {
        let Source { base, scope, .. } = source;
        let level = self.options.level;
        let input = scope::Input { tree: &tree, symbols, base, globals: &self.globals, level, scope };
        let resolution = scope::resolve(input, &mut self.scratch)?;
        let kind = if scope.is_some() { Blueprint::ScopedTopLevel } else { Blueprint::TopLevel };
        Ok(Unit {
            analysis: Some(Box::new(Analysis { tree, resolution })),
            forgotten: Vec::new(),
            is_scoped: scope.is_some(),
            slots: Vec::new(),
            globals: Arc::clone(&self.globals),
            options: self.options,
            base,
            directory: source.paths.directory.into(),
            home: self.home(source.paths.home),
            blueprints: first_blueprint(kind),
        })
    }

    /// The home directory, which sources share.
    fn home(&mut self, home: &[u8]) -> Arc<[u8]> {
        if *self.home != *home {
            self.home = home.into();
        }
        Arc::clone(&self.home)
    }
}

impl Compiler {
    /// [`Unit::compile`], in room that is used again.
    pub fn compile(&mut self, unit: &mut Unit, blueprint: u32, symbols: &Symbols) -> Result<Chunk, Error> {
        unit.compile_in(&mut self.room, blueprint, symbols)
    }

    /// Uses the room of a chunk for the next one.
    pub fn recycle(&mut self, chunk: Chunk) {
        self.room.recycle(chunk);
    }

    /// Resolves the tree of a unit that was forgotten anew; it must be parsed from the same text.
    pub fn remember(&mut self, unit: &mut Unit, tree: Tree, symbols: &Symbols) -> Result<(), Vec<Error>> {
        let level = self.options.level;
        let input = scope::Input {
            tree: &tree,
            symbols,
            base: unit.base,
            globals: &self.globals,
            level,
            scope: None,
        };
        let resolution = scope::resolve(input, &mut self.scratch)?;
        unit.analysis = Some(Box::new(Analysis { tree, resolution }));
        unit.forgotten = Vec::new();
        Ok(())
    }
}

/// A tree, and what its variables refer to.
struct Analysis {
    tree: Tree,
    resolution: Resolution,
}

impl Analysis {
    /// Whether a blueprint is the top level of a source that is a function: all bindings are inside of that, and many
    /// are never called.
    fn is_function(&self, kind: Blueprint) -> bool {
        let is_lambda = |root| matches!(self.tree.expr(root), Expr::Lambda(_));
        matches!(kind, Blueprint::TopLevel) && self.tree.root.is_some_and(is_lambda)
    }
}

/// The blueprints of a new unit, with room for the first few others.
fn first_blueprint(kind: Blueprint) -> Vec<Blueprint> {
    let mut blueprints = Vec::with_capacity(4);
    blueprints.push(kind);
    blueprints
}

/// What is known of a blueprint without a tree.
struct Known {
    function: Option<Box<LambdaInfo>>,
    /// Empty if it was not written.
    span: Span,
}

/// One resolved source. Blueprint 0 is its top level; the others are numbered when the chunk
/// around them is compiled.
pub struct Unit {
    /// None while it is forgotten, as most are in the end: so it is kept apart.
    analysis: Option<Box<Analysis>>,
    /// What is known of the blueprints of a unit that was forgotten.
    forgotten: Vec<Known>,
    is_scoped: bool,
    globals: Arc<Globals>,
    options: Options,
    base: Pos,
    directory: Box<[u8]>,
    home: Arc<[u8]>,
    blueprints: Vec<Blueprint>,
    slots: Vec<emit::Slot>,
}

impl Unit {
    /// Makes the code of a blueprint. Compiling one again numbers the blueprints in it anew.
    /// Fails only if there is no such blueprint or the code is larger than 4 GiB.
    pub fn compile(&mut self, blueprint: u32, symbols: &Symbols) -> Result<Chunk, Error> {
        self.compile_in(&mut emit::Room::default(), blueprint, symbols)
    }

    fn compile_in(
        &mut self,
        room: &mut emit::Room,
        blueprint: u32,
        symbols: &Symbols,
    ) -> Result<Chunk, Error> {
        let kind = self.blueprints.get(blueprint as usize).copied();
        let kind = kind.ok_or_else(|| internal("there is no such blueprint"))?;
        let Some(analysis) = &self.analysis else { return Err(internal("the unit is forgotten")) };
        if self.slots.is_empty() && !analysis.is_function(kind) {
            self.slots = vec![emit::Slot::default(); analysis.resolution.bindings as usize];
        }
        let known = self.blueprints.len();
        let chunk = self.emit(room, kind, symbols, false).or_else(|| {
            self.blueprints.truncate(known);
            self.emit(room, kind, symbols, true)
        });
        chunk.ok_or_else(|| internal("a jump is too far"))
    }

    fn emit(
        &mut self,
        room: &mut emit::Room,
        kind: Blueprint,
        symbols: &Symbols,
        wide: bool,
    ) -> Option<Chunk> {
        let Analysis { tree, resolution } = self.analysis.as_deref()?;
        let context = emit::Context {
            tree,
            resolution,
            globals: &self.globals,
            symbols,
            paths: PathBase { directory: &self.directory, home: &self.home },
            level: self.options.level,
        };
        emit::emit(context, kind, &mut self.blueprints, &mut self.slots, room, wide)
    }

    /// What is known of the function that a blueprint is, without making its code. `None` if there
    /// is no such blueprint or it is no function.
    pub fn lambda_info(&self, blueprint: u32) -> Option<LambdaInfo> {
        match &self.analysis {
            Some(analysis) => self.function(analysis, *self.blueprints.get(blueprint as usize)?),
            None => self.forgotten.get(blueprint as usize)?.function.as_deref().cloned(),
        }
    }

    /// Where in the source a blueprint was written, if it was.
    pub fn span(&self, blueprint: u32) -> Option<Span> {
        match &self.analysis {
            Some(analysis) => emit::span(&analysis.tree, *self.blueprints.get(blueprint as usize)?),
            None => Some(self.forgotten.get(blueprint as usize)?.span).filter(|span| span.start < span.end),
        }
    }

    fn function(&self, analysis: &Analysis, kind: Blueprint) -> Option<LambdaInfo> {
        emit::lambda_info(&analysis.tree, kind, self.options.level)
    }

    /// Bytes that remembering the tree takes.
    pub fn size(&self) -> usize {
        let slots = size_of_val(&self.slots[..]);
        self.analysis.as_ref().map_or(0, |analysis| analysis.tree.size() + analysis.resolution.size()) + slots
    }

    /// Whether [`Unit::forget`] was called, and [`Compiler::remember`] not since.
    pub fn is_forgotten(&self) -> bool {
        self.analysis.is_none()
    }

    /// Gives the memory of the tree back: until it is remembered nothing can be compiled. What may
    /// be asked for in between stays. Does nothing for the source of a scoped import. The tree is given to whoever
    /// has a use for its memory.
    pub fn forget(&mut self) -> Option<Tree> {
        let analysis = self.analysis.take_if(|_| !self.is_scoped)?;
        let known = |kind| Known {
            function: self.function(&analysis, kind).map(Box::new),
            span: emit::span(&analysis.tree, kind).unwrap_or_default(),
        };
        self.forgotten = self.blueprints.iter().copied().map(known).collect();
        self.blueprints.shrink_to_fit();
        self.slots = Vec::new();
        Some(analysis.tree)
    }

    /// The number of blueprints numbered so far.
    pub fn blueprint_count(&self) -> u32 {
        self.blueprints.len() as u32
    }

    /// Compiles every chunk that has not been numbered yet or was numbered before, in the order of
    /// the numbers. Meant for a unit of which nothing is compiled yet.
    pub fn compile_all(&mut self, symbols: &Symbols) -> Result<Vec<Chunk>, Error> {
        let mut chunks = Vec::new();
        while chunks.len() < self.blueprints.len() {
            chunks.push(self.compile(chunks.len() as u32, symbols)?);
        }
        Ok(chunks)
    }

    /// The tree, unless it is forgotten.
    pub fn tree(&self) -> Option<&Tree> {
        self.analysis.as_ref().map(|analysis| &analysis.tree)
    }

    /// The position of the first byte of the source.
    pub fn base(&self) -> Pos {
        self.base
    }

    /// What deserves a warning: unused and shadowed bindings, useless `inherit`s, dead code,
    /// deprecated forms; in source order. Worked out anew at each call; none while it is forgotten.
    pub fn warnings(&self, symbols: &Symbols) -> Vec<Error> {
        let Some(analysis) = &self.analysis else { return Vec::new() };
        warnings::find(&analysis.tree, &self.globals, symbols, self.base)
    }
}

fn internal(what: &str) -> Error {
    Error::new(DiagnosticId::Internal, &[&what])
}
