//! What belongs to an evaluation and not to one machine: heap, names, sources, code, settings,
//! builtins, the outside.

use nivose_base::render::source_name;
use nivose_base::{Error, Map, Origin, Pos, Result, SourceId, SourceMap, Span, Symbol, Symbols};
use nivose_bytecode::chunk::{Chunk, LambdaInfo};
use nivose_heap::{Heap, HeapConfig, StringRef, Value};
use nivose_world::{MessageKind, World};

use crate::builtin_table::BuiltinTable;
use crate::code::{CodeId, CodeTable, UnitId};
use crate::context::Contexts;
use crate::control::Control;
use crate::counts::Counts;
use crate::extensions::Extensions;
use crate::handover::Handover;
use crate::hold::hold;
use crate::observe::CompilationObserver;
use crate::settings::Settings;
use crate::store_access::StoreAccess;

/// Text to code: what the machine needs of the front end and the compiler.
pub trait FrontEnd: Send {
    /// Analyses a source and gives its number with the front end. `scope` lists the names that a
    /// set, given to the unit as its argument, supplies before the globals.
    ///
    /// # Errors
    /// The first diagnostic of the source.
    fn load(
        &mut self,
        source: SourceId,
        directory: &[u8],
        sources: &SourceMap,
        symbols: &mut Symbols,
        scope: Option<&[Symbol]>,
    ) -> Result<u32>;

    /// Compiles a blueprint of a unit.
    ///
    /// # Errors
    /// What can only be found while compiling, such as a function that is too large.
    fn compile(
        &mut self,
        unit: u32,
        blueprint: u32,
        sources: &SourceMap,
        symbols: &mut Symbols,
    ) -> Result<Chunk>;

    /// Takes what is left of a chunk that is not needed any more: its room serves for the next one.
    fn recycle(&mut self, _chunk: Chunk) {}

    /// What is known of the function that a blueprint is, without compiling it; `None` if it is no
    /// function.
    fn lambda_info(&self, unit: u32, blueprint: u32) -> Option<LambdaInfo>;

    /// Where in its source a blueprint was written, if that is known.
    fn span(&self, _unit: u32, _blueprint: u32) -> Option<Span> {
        None
    }

    /// Expressions in the sources that were analysed.
    fn expressions(&self) -> u64 {
        0
    }

    /// Warnings about the sources that were analysed since this was asked last.
    fn take_warnings(&mut self) -> Vec<Error> {
        Vec::new()
    }

    /// Bytes of the trees and whatever else is kept of sources.
    fn memory(&self) -> usize {
        0
    }
}

/// Stands in until the builtins are known and a front end can be made for them.
struct NoFrontEnd;

impl FrontEnd for NoFrontEnd {
    fn load(
        &mut self,
        _: SourceId,
        _: &[u8],
        _: &SourceMap,
        _: &mut Symbols,
        _: Option<&[Symbol]>,
    ) -> Result<u32> {
        Err(Error::new(nivose_base::DiagnosticId::Internal, &[&"there is no front end yet"]))
    }

    fn compile(&mut self, _: u32, _: u32, _: &SourceMap, _: &mut Symbols) -> Result<Chunk> {
        Err(Error::new(nivose_base::DiagnosticId::Internal, &[&"there is no front end yet"]))
    }

    fn lambda_info(&self, _: u32, _: u32) -> Option<LambdaInfo> {
        None
    }
}

/// What an evaluation consists of besides its machine.
pub struct Shared {
    /// The heap.
    pub heap: Heap,
    /// Interned names.
    pub symbols: Symbols,
    /// All sources.
    pub sources: SourceMap,
    /// All code.
    pub codes: CodeTable,
    /// Interned elements of string contexts.
    pub contexts: Contexts,
    /// The settings.
    pub settings: Settings,
    /// The outside.
    pub world: Box<dyn World>,
    /// Store paths, and what evaluation put into the store.
    pub store: StoreAccess,
    /// Text to code.
    pub front_end: Box<dyn FrontEnd>,
    /// The builtins by number.
    pub builtins: BuiltinTable,
    /// The values of the global names.
    pub(crate) globals: Map<Symbol, Value<'static>>,
    /// The set `builtins`.
    pub(crate) builtins_set: Value<'static>,
    /// What `import` made of each resolved path.
    pub imports: Map<Vec<u8>, Imported>,
    /// The errors that failed thunks remember.
    pub(crate) failures: Vec<Option<Error>>,
    /// Bytes beside the heap that the operation in hand took at the last collection.
    pub(crate) held: usize,
    /// Whether chunks are kept whole beside what runs of them: observers show them.
    pub(crate) keeps_chunks: bool,
    /// Room for a text that a coercion gathers, left by another.
    pub(crate) spare_text: Vec<u8>,
    /// What was done, see [`Machine::count`](crate::Machine::count).
    pub(crate) counts: Counts,
    /// Who is told of finished chunks, if somebody is.
    pub(crate) compilation_observer: Option<Box<dyn CompilationObserver>>,
    /// What the latest step of native code handed over.
    pub(crate) handover: Handover,
    /// What natives keep.
    pub extensions: Extensions,
    /// What is wanted from outside; native code asks [`Control::check`] in the middle of long steps.
    pub control: Control,
}

/// An entry of the import table: the value of a file, a thunk until it is needed.
pub struct Imported(pub(crate) Value<'static>);

impl Shared {
    /// An evaluation without builtins and without a front end, which needs to know them.
    pub fn new(heap: HeapConfig, settings: Settings, world: Box<dyn World>, store: StoreAccess) -> Self {
        let heap = Heap::new(heap);
        let builtins_set = heap.empty_attrs();
        Shared {
            heap,
            symbols: Symbols::new(),
            sources: SourceMap::new(),
            codes: CodeTable::default(),
            contexts: Contexts::default(),
            settings,
            world,
            store,
            front_end: Box::new(NoFrontEnd),
            builtins: BuiltinTable::default(),
            globals: Map::default(),
            builtins_set,
            imports: Map::default(),
            failures: Vec::new(),
            held: 0,
            keeps_chunks: false,
            spare_text: Vec::new(),
            counts: Counts::default(),
            compilation_observer: None,
            handover: Handover::default(),
            extensions: Extensions::default(),
            control: Control::default(),
        }
    }

    /// The global names with their values.
    pub fn global_names<'h>(&self) -> impl Iterator<Item = (Symbol, Value<'h>)> {
        self.globals.iter().map(|(&name, &value)| (name, value))
    }

    /// Adds a global name with its value.
    pub fn define_global(&mut self, name: &[u8], value: Value<'_>) {
        let symbol = self.symbols.intern(name);
        self.globals.insert(symbol, hold(value));
    }

    /// Makes `value` the set `builtins`.
    pub fn set_builtins(&mut self, value: Value<'_>) {
        self.builtins_set = hold(value);
    }

    /// The set `builtins`.
    pub fn builtins_value<'h>(&self) -> Value<'h> {
        self.builtins_set
    }

    /// Adds a source.
    ///
    /// # Errors
    /// If there is too much source text.
    pub fn add_text(&mut self, origin: Origin, text: Vec<u8>) -> Result<SourceId> {
        self.sources.add(origin, text).ok_or_else(|| {
            let message = "the sources of the evaluation are longer than 4 GiB together";
            Error::with_message(nivose_base::DiagnosticId::File, message)
        })
    }

    /// Adds a source and analyses it; `directory` is what its relative paths start from.
    ///
    /// # Errors
    /// The first diagnostic of the source, or that there is too much source text.
    pub fn load(
        &mut self,
        origin: Origin,
        text: Vec<u8>,
        directory: Vec<u8>,
        scope: Option<&[Symbol]>,
    ) -> Result<UnitId> {
        let source = self.add_text(origin, text)?;
        let base = self.sources.get(source).base();
        let unit = self.front_end.load(source, &directory, &self.sources, &mut self.symbols, scope)?;
        for warning in self.front_end.take_warnings() {
            let place = describe(&self.sources, warning.pos());
            let text = format!("{}, at {place}", warning.text());
            self.world.emit(MessageKind::Warning, text.as_bytes());
        }
        Ok(self.codes.add_unit(base, directory, unit))
    }

    /// Makes sure that a code is compiled.
    #[inline(always)]
    pub(crate) fn ready(&mut self, id: CodeId) -> Result<()> {
        if self.codes.get(id).is_ready() { Ok(()) } else { self.compile(id) }
    }

    #[cold]
    #[inline(never)]
    fn compile(&mut self, id: CodeId) -> Result<()> {
        let unit = self.codes.unit_of(id).front_end_unit;
        let blueprint = self.codes.origin(id).blueprint;
        let chunk = self.front_end.compile(unit, blueprint, &self.sources, &mut self.symbols)?;
        if !cfg!(without_probes) {
            self.tell_of_chunk(id, &chunk);
        }
        let used = self.install(id, chunk);
        self.front_end.recycle(used);
        Ok(())
    }

    /// The value of a global name such as `map`, `__head` or `true`; a missing one is null, which
    /// the compiler rules out.
    pub(crate) fn global(&self, name: Symbol) -> Value<'static> {
        self.globals.get(&name).copied().unwrap_or(Value::NULL)
    }

    /// The symbol of a string's text, which the string remembers.
    pub fn intern(&mut self, string: StringRef<'_>) -> Symbol {
        string.symbol().unwrap_or_else(|| {
            let symbol = self.symbols.intern(string.bytes());
            string.note_symbol(symbol);
            symbol
        })
    }

    /// The same, if the text was ever interned; if not, it is the name of no attribute.
    #[inline]
    pub fn lookup(&self, string: StringRef<'_>) -> Option<Symbol> {
        string.symbol().or_else(|| {
            let symbol = self.symbols.lookup(string.bytes())?;
            string.note_symbol(symbol);
            Some(symbol)
        })
    }

    /// Where and how a position reads: `FILE:LINE:COLUMN`.
    pub fn describe(&self, pos: Pos) -> String {
        describe(&self.sources, pos)
    }

    /// Remembers an error for the thunks that fail with it.
    pub(crate) fn remember_failure(&mut self, error: Error) -> u32 {
        self.failures.push(Some(error));
        self.failures.len() as u32 - 1
    }
}

/// Where a position reads: `FILE:LINE:COLUMN`, or nothing if there is none.
pub fn describe(sources: &SourceMap, pos: Pos) -> String {
    let Some((source, at)) = sources.resolve(pos) else { return String::from("«none»") };
    let name = source_name(&source.origin);
    format!("{}:{}:{}", String::from_utf8_lossy(&name), at.line, at.column)
}
