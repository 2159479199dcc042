//! Loaded code: a chunk with its constants made into values.

use std::sync::Arc;

use nivose_base::{Pos, Symbol};
use nivose_bytecode::chunk::{Chunk, ChunkKind, Constant, Formals, Key, LambdaInfo};
use nivose_heap::{ShapeEntry, Tracer, Value};
use nivose_world::path;

use crate::shared::Shared;

/// The number of a code in the table of all codes.
pub type CodeId = u32;

/// The number of a unit: a source that was analysed.
pub type UnitId = u32;

/// A unit as the machine knows it.
pub struct Unit {
    /// The position of the first byte of the source.
    pub base: Pos,
    /// The folder that relative paths start from.
    pub directory: Vec<u8>,
    /// The number of the unit with the front end.
    pub front_end_unit: u32,
    /// The codes of the blueprints met so far.
    codes: Vec<Option<CodeId>>,
}

/// The keys of a set literal, ready for use.
pub(crate) struct KeySet {
    pub shape: Value<'static>,
    /// For each entry of the shape the place of its value among those on the stack.
    pub order: Box<[u32]>,
    /// Whether `order` counts up from 0.
    pub in_order: bool,
}

/// Remembers where an attribute stood in sets of one shape.
#[derive(Clone, Copy)]
pub(crate) struct Cache {
    /// The shape, held weakly; 0 for none.
    pub shape: u64,
    pub index: u32,
    /// Whether it is among those that were filled since the last collection.
    is_fresh: bool,
}

impl Cache {
    /// A cache that remembers nothing.
    const EMPTY: Cache = Cache { shape: 0, index: 0, is_fresh: false };
    /// The index of a name that sets of the shape do not have: beyond every set.
    pub const MISSING: u32 = u32::MAX;

    fn relocate(&mut self, tracer: &Tracer<'_>) {
        self.shape = tracer.relocated(self.shape).unwrap_or(0);
    }
}

/// The code of one lambda or thunk; empty until it is entered for the first time.
pub struct Code {
    /// The unit that it belongs to.
    pub unit: UnitId,
    /// Its number there.
    pub blueprint: u32,
    /// The position of the first byte of its source.
    pub base: Pos,
    /// The instructions; they belong to the chunk.
    pub(crate) bytes: &'static [u8],
    /// The chunk, once it is compiled.
    pub chunk: Option<Arc<Chunk>>,
    pub(crate) constants: Box<[Value<'static>]>,
    pub(crate) keys: Box<[KeySet]>,
    /// The first of its inline caches among those of the table.
    pub(crate) first_cache: u32,
    pub(crate) arity: u32,
    pub(crate) max_stack: u32,
    pub(crate) captures_with: bool,
    /// Whether deep evaluation met it.
    is_needed: bool,
}

impl Code {
    fn new(unit: UnitId, blueprint: u32, base: Pos) -> Self {
        Code {
            unit,
            blueprint,
            base,
            bytes: &[],
            chunk: None,
            constants: Box::default(),
            keys: Box::default(),
            first_cache: 0,
            arity: 0,
            max_stack: 0,
            captures_with: false,
            is_needed: false,
        }
    }

    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        self.constants.iter_mut().for_each(|value| tracer.trace(value));
        self.keys.iter_mut().for_each(|keys| tracer.trace(&mut keys.shape));
    }

    /// Whether a constant is an object, or may become one.
    fn leads_to_objects(&self) -> bool {
        !self.keys.is_empty() || self.constants.iter().any(|value| value.is_object())
    }

    /// Whether it was compiled.
    #[inline(always)]
    pub(crate) fn is_ready(&self) -> bool {
        !self.bytes.is_empty()
    }

    /// The chunk of a code that runs.
    pub(crate) fn chunk_ref(&self) -> &Chunk {
        static NONE: std::sync::LazyLock<Chunk> = std::sync::LazyLock::new(Chunk::empty);
        self.chunk.as_deref().unwrap_or(&NONE)
    }

    /// Whether some function of this code is known to have been needed: it was called, or everything
    /// around it was evaluated. C++ Nix makes a thunk of a function that is part of something and
    /// shows it as one until then; here it costs no thunk, so this stands in for its state.
    pub fn was_needed(&self) -> bool {
        self.chunk.is_some() || self.is_needed
    }

    /// What is known of the function, if it is one and was compiled.
    pub fn lambda(&self) -> Option<&LambdaInfo> {
        match &self.chunk.as_deref()?.kind {
            ChunkKind::Lambda(info) => Some(info),
            _ => None,
        }
    }

    /// The set pattern of the function's last argument.
    pub fn formals(&self) -> Option<&Formals> {
        self.lambda()?.formals.as_ref()
    }

    /// The position of a source offset.
    pub fn pos(&self, offset: u32) -> Pos {
        if offset == u32::MAX { Pos::NONE } else { Pos(self.base.0.saturating_add(offset)) }
    }

    /// The position of the instruction at a code offset.
    pub fn pos_at(&self, pc: u32) -> Pos {
        let span = self.chunk.as_deref().and_then(|chunk| chunk.span_at(pc));
        span.map_or(Pos::NONE, |span| self.pos(span.start))
    }
}

/// All units and codes.
#[derive(Default)]
pub struct CodeTable {
    pub(crate) units: Vec<Unit>,
    // Boxed so that a code keeps its address while others are added.
    #[allow(clippy::vec_box)]
    pub(crate) codes: Vec<Box<Code>>,
    /// The inline caches of all codes.
    pub(crate) caches: Vec<Cache>,
    /// The numbers of caches that were filled since the last collection: only they remember shapes that a minor one moves.
    fresh_caches: Vec<u32>,
    /// Codes that were compiled since the last collection.
    fresh: Vec<CodeId>,
    /// Those among the others that lead to objects.
    leading: Vec<CodeId>,
}

impl CodeTable {
    /// A code of the table.
    #[inline(always)]
    pub fn get(&self, id: CodeId) -> &Code {
        &self.codes[id as usize]
    }

    /// Hands the constants of codes to the collector; in a minor collection those of new codes.
    pub(crate) fn trace(&mut self, tracer: &mut Tracer<'_>) {
        if tracer.is_major() {
            self.leading.iter().for_each(|&id| self.codes[id as usize].trace(tracer));
        }
        for id in self.fresh.drain(..) {
            let code = &mut self.codes[id as usize];
            code.trace(tracer);
            if code.leads_to_objects() {
                self.leading.push(id);
            }
        }
    }

    /// Makes a cache remember where sets of a shape have an attribute.
    pub(crate) fn fill_cache(&mut self, number: usize, shape: u64, index: u32) {
        let cache = &mut self.caches[number];
        if !cache.is_fresh {
            self.fresh_caches.push(number as u32);
        }
        *cache = Cache { shape, index, is_fresh: true };
    }

    /// Follows the shapes that inline caches remember.
    pub(crate) fn relocate_caches(&mut self, tracer: &Tracer<'_>) {
        for number in self.fresh_caches.drain(..) {
            let cache = &mut self.caches[number as usize];
            cache.is_fresh = false;
            if !tracer.is_major() {
                cache.relocate(tracer);
            }
        }
        if tracer.is_major() {
            self.caches.iter_mut().filter(|cache| cache.shape != 0).for_each(|cache| cache.relocate(tracer));
        }
    }

    /// Notes that a function of this code was evaluated as part of something; see [`Code::was_needed`].
    pub fn mark_needed(&mut self, id: CodeId) {
        if let Some(code) = self.codes.get_mut(id as usize) {
            code.is_needed = true;
        }
    }

    /// Adds a unit.
    pub fn add_unit(&mut self, base: Pos, directory: Vec<u8>, front_end_unit: u32) -> UnitId {
        self.units.push(Unit { base, directory, front_end_unit, codes: Vec::new() });
        self.units.len() as UnitId - 1
    }

    /// The code of a blueprint.
    pub fn code_of(&mut self, unit: UnitId, blueprint: u32) -> CodeId {
        let known = &mut self.units[unit as usize];
        let index = blueprint as usize;
        if known.codes.len() <= index {
            known.codes.resize(index + 1, None);
        }
        let base = known.base;
        let codes = &mut self.codes;
        *known.codes[index].get_or_insert_with(|| {
            codes.push(Box::new(Code::new(unit, blueprint, base)));
            codes.len() as CodeId - 1
        })
    }
}

/// A piece of source text without the parentheses around the whole of it.
fn without_parentheses(mut text: &[u8]) -> &[u8] {
    while let [b'(', inner @ .., b')'] = text {
        let mut depth = 0_i64;
        let closes_early = inner.iter().any(|byte| {
            depth += i64::from(*byte == b'(') - i64::from(*byte == b')');
            depth < 0
        });
        if closes_early {
            break;
        }
        text = inner.trim_ascii();
    }
    text
}

impl Shared {
    /// Makes the constants of a chunk into values and the code ready to run.
    pub(crate) fn install(&mut self, id: CodeId, mut chunk: Chunk) {
        let unit = self.codes.get(id).unit;
        let mut keys = Vec::new();
        let constants = chunk.constants.iter().map(|c| self.materialise(unit, c, &mut keys)).collect();
        let caches = chunk.caches as usize;
        let code = &mut self.codes.codes[id as usize];
        code.arity = match &chunk.kind {
            ChunkKind::Lambda(info) => info.parameters.len() as u32,
            _ => 0,
        };
        code.max_stack = chunk.max_stack;
        code.captures_with = chunk.captures_with;
        code.first_cache = self.codes.caches.len() as u32;
        code.constants = constants;
        code.keys = keys.into();
        if !self.keeps_constants {
            chunk.constants = Box::default();
        }
        let chunk = Arc::new(chunk);
        code.bytes = crate::dispatch::code_bytes(&chunk);
        code.chunk = Some(chunk);
        self.codes.caches.resize(self.codes.caches.len() + caches, Cache::EMPTY);
        self.codes.fresh.push(id);
    }

    fn materialise(&mut self, unit: UnitId, constant: &Constant, keys: &mut Vec<KeySet>) -> Value<'static> {
        match constant {
            Constant::Null => Value::NULL,
            Constant::Bool(b) => Value::bool(*b),
            Constant::Int(i) => self.heap.int(*i),
            Constant::Float(f) => self.heap.float(*f),
            Constant::String(text) | Constant::SearchPath(text) | Constant::HomePath(text) => {
                self.heap.string(text)
            }
            Constant::Name(name) => Value::name(*name),
            Constant::AbsolutePath(text) => self.heap.path(&path::canonicalise(text)),
            Constant::RelativePath(text) => {
                let absolute = path::absolute(text, &self.codes.units[unit as usize].directory);
                self.heap.path(&absolute)
            }
            Constant::Builtin(name) => self.global(*name),
            Constant::Builtins => self.builtins_set,
            Constant::FinaliseRequest(true) => Value::FINALISE_YES,
            Constant::FinaliseRequest(false) => Value::FINALISE_NO,
            Constant::Blueprint(number) => Value::code(self.codes.code_of(unit, *number)),
            Constant::Function(number) => {
                let code = self.codes.code_of(unit, *number);
                crate::dispatch::new_closure(&mut self.heap, code)
            }
            Constant::Keys(list) => {
                keys.push(self.key_set(unit, list));
                Value::number(keys.len() as u32 - 1)
            }
        }
    }

    fn key_set(&mut self, unit: UnitId, list: &[Key]) -> KeySet {
        let base = self.codes.units[unit as usize].base;
        let mut order: Vec<u32> = (0..list.len() as u32).collect();
        order.sort_unstable_by_key(|&index| list[index as usize].name);
        let entries: Vec<ShapeEntry> = order
            .iter()
            .map(|&index| {
                let Key { name, offset } = list[index as usize];
                let pos = if offset == u32::MAX { Pos::NONE } else { Pos(base.0.saturating_add(offset)) };
                ShapeEntry { name, pos }
            })
            .collect();
        let in_order = order.is_sorted();
        KeySet { shape: self.heap.own_shape(&entries), order: order.into(), in_order }
    }

    /// Where the function or suspended expression of a code was written, and its text.
    pub fn source_text(&self, id: CodeId) -> Option<(Pos, &[u8])> {
        self.blueprint_text(id, self.codes.get(id).blueprint)
    }

    /// The same for another blueprint of the unit of a code.
    pub fn blueprint_text(&self, id: CodeId, blueprint: u32) -> Option<(Pos, &[u8])> {
        let code = self.codes.get(id);
        let unit = self.codes.units.get(code.unit as usize)?;
        let span = self.front_end.span(unit.front_end_unit, blueprint)?;
        let text = &self.sources.source_of(code.base)?.text;
        let text = without_parentheses(text.get(span.start as usize..span.end as usize)?);
        Some((code.pos(span.start), text))
    }

    /// What is known of a function, be it compiled or not; `None` for the code of a thunk.
    pub fn lambda_info(&self, id: CodeId) -> Option<LambdaInfo> {
        let code = self.codes.get(id);
        if code.chunk.is_some() {
            return code.lambda().cloned();
        }
        let unit = self.codes.units.get(code.unit as usize)?;
        self.front_end.lambda_info(unit.front_end_unit, code.blueprint)
    }

    /// The value of a global name such as `map`, `__head` or `true`; a missing one is null, which
    /// the compiler rules out.
    pub(crate) fn global(&self, name: Symbol) -> Value<'static> {
        self.globals.get(&name).copied().unwrap_or(Value::NULL)
    }
}
