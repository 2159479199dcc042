//! Loaded code: what the machine runs of a chunk, and the table of all codes.

mod install;
mod origin;
mod space;

use std::cell::Cell;

use nivose_base::{Pos, Set};
use nivose_bytecode::chunk::{Chunk, Formals, LambdaInfo, Tables};
use nivose_heap::{Tracer, Value};

use self::install::Made;
use self::space::{CodeSpace, Kept};

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
    /// The codes of the blueprints met so far; [`NO_CODE`] for others.
    codes: Vec<CodeId>,
}

const NO_CODE: CodeId = u32::MAX;

/// Where a code comes from.
#[derive(Clone, Copy)]
pub struct Origin {
    /// The unit that it belongs to.
    pub unit: UnitId,
    /// Its number there.
    pub blueprint: u32,
}

/// The keys of a set literal, ready for use.
pub(crate) struct KeySet {
    pub shape: Cell<Value<'static>>,
    /// Number of keys.
    pub count: u32,
    /// For each entry of the shape the place of its value among those on the stack; empty if that counts up from 0.
    pub order: Kept<[u32]>,
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

/// The code of one lambda or thunk.
pub struct Code {
    /// The instructions; none until it is compiled.
    pub(crate) bytes: Kept<[u8]>,
    pub(crate) constants: Kept<[Cell<Value<'static>>]>,
    /// Where code comes from: (code offset from which it holds, source offset), ascending.
    places: Kept<[(u32, u32)]>,
    /// The position of the first byte of its source.
    base: Pos,
    /// The first of its inline caches among those of the table.
    pub(crate) first_cache: u32,
    /// The number of its entry among [`CodeTable::more`].
    more: u32,
    pub(crate) arity: u32,
    pub(crate) max_stack: u32,
    pub(crate) captures_with: bool,
    /// Whether it is a function with a set pattern.
    pub(crate) has_formals: bool,
    /// Whether it is arithmetic of captured values and constants only.
    pub(crate) is_arithmetic: bool,
}

/// What few codes have.
pub(crate) struct More {
    pub keys: Kept<[KeySet]>,
    pub tables: Option<Box<Tables>>,
    lambda: Option<Box<LambdaInfo>>,
    /// The whole chunk, while there are observers to look at it.
    chunk: Option<Box<Chunk>>,
}

impl More {
    /// What is known of the function, if the code is one.
    pub fn lambda(&self) -> Option<&LambdaInfo> {
        self.lambda.as_deref()
    }

    /// The tables of the chunk.
    pub fn tables(&self) -> &Tables {
        self.tables.as_deref().unwrap_or(Tables::EMPTY)
    }
}

impl Code {
    /// Whether it was compiled.
    #[inline(always)]
    pub(crate) fn is_ready(&self) -> bool {
        !self.bytes.is_empty()
    }

    /// The position of a source offset.
    pub fn pos(&self, offset: u32) -> Pos {
        position(self.base, offset)
    }

    /// The position of the instruction at a code offset.
    pub fn pos_at(&self, pc: u32) -> Pos {
        let after = self.places.partition_point(|&(from, _)| from <= pc);
        let place = after.checked_sub(1).and_then(|index| self.places.get(index));
        place.map_or(Pos::NONE, |&(_, offset)| self.pos(offset))
    }
}

fn position(base: Pos, offset: u32) -> Pos {
    if offset == u32::MAX { Pos::NONE } else { Pos(base.0.saturating_add(offset)) }
}

/// All units and codes.
pub struct CodeTable {
    units: Vec<Unit>,
    codes: Vec<Kept<Code>>,
    origins: Vec<Origin>,
    /// What stands for each code that was not compiled yet.
    pending: Kept<Code>,
    /// What few codes have; the first entry is that of all others.
    more: Vec<More>,
    /// Codes of functions that deep evaluation met before they were compiled.
    needed: Set<CodeId>,
    /// The inline caches of all codes.
    pub(crate) caches: Vec<Cache>,
    /// The numbers of caches that were filled since the last collection: only they remember shapes that a minor one moves.
    fresh_caches: Vec<u32>,
    /// Codes that were compiled since the last collection.
    fresh: Vec<CodeId>,
    /// Those among the others that lead to objects.
    leading: Vec<CodeId>,
    /// Room for the next code.
    made: Made,
    space: CodeSpace,
}

impl Default for CodeTable {
    fn default() -> Self {
        let mut space = CodeSpace::default();
        let pending = Code {
            bytes: space.slice(&[]),
            constants: space.fill([].into_iter()),
            places: space.slice(&[]),
            base: Pos::NONE,
            first_cache: 0,
            more: 0,
            arity: 0,
            max_stack: 0,
            captures_with: false,
            has_formals: false,
            is_arithmetic: false,
        };
        let pending = space.keep(pending);
        let nothing = More { keys: space.fill([].into_iter()), tables: None, lambda: None, chunk: None };
        CodeTable {
            units: Vec::new(),
            codes: Vec::new(),
            origins: Vec::new(),
            pending,
            more: vec![nothing],
            needed: Set::default(),
            caches: Vec::new(),
            fresh_caches: Vec::new(),
            fresh: Vec::new(),
            leading: Vec::new(),
            made: Made::default(),
            space,
        }
    }
}

impl CodeTable {
    /// A code of the table.
    #[inline(always)]
    pub fn get(&self, id: CodeId) -> &Code {
        &self.codes[id as usize]
    }

    /// The code of a number that may be none.
    pub(crate) fn find(&self, id: CodeId) -> Option<&Code> {
        self.codes.get(id as usize).map(|code| &**code)
    }

    /// All codes, by their numbers.
    pub(crate) fn all(&self) -> &[Kept<Code>] {
        &self.codes
    }

    /// Where a code comes from.
    pub fn origin(&self, id: CodeId) -> Origin {
        self.origins[id as usize]
    }

    /// The unit of a code.
    pub fn unit_of(&self, id: CodeId) -> &Unit {
        &self.units[self.origin(id).unit as usize]
    }

    /// The position of an offset in the source of a code, be it compiled or not.
    pub fn pos(&self, id: CodeId, offset: u32) -> Pos {
        position(self.unit_of(id).base, offset)
    }

    /// What few codes have.
    #[inline(always)]
    pub(crate) fn more(&self, code: &Code) -> &More {
        &self.more[code.more as usize]
    }

    /// What is known of the function that a code is, if it is one and was compiled.
    pub fn lambda(&self, id: CodeId) -> Option<&LambdaInfo> {
        self.more(self.get(id)).lambda()
    }

    /// The set pattern of a function's last argument.
    pub(crate) fn formals(&self, code: &Code) -> Option<&Formals> {
        self.more(code).lambda()?.formals.as_ref()
    }

    /// The chunk of a code that was compiled while there was an observer.
    pub fn chunk(&self, id: CodeId) -> Option<&Chunk> {
        self.more(self.get(id)).chunk.as_deref()
    }

    /// Whether a code is a function that is known to have been needed: it was called, or everything
    /// around it was evaluated. C++ Nix makes a thunk of a function that is part of something and
    /// shows it as one until then; here it costs no thunk, so this stands in for its state.
    pub fn was_needed(&self, id: CodeId) -> bool {
        self.get(id).is_ready() || self.needed.contains(&id)
    }

    /// Notes that a function of this code was evaluated as part of something; see [`CodeTable::was_needed`].
    pub fn mark_needed(&mut self, id: CodeId) {
        if !self.get(id).is_ready() {
            self.needed.insert(id);
        }
    }

    /// Adds a unit.
    pub fn add_unit(&mut self, base: Pos, directory: Vec<u8>, front_end_unit: u32) -> UnitId {
        self.units.push(Unit { base, directory, front_end_unit, codes: Vec::new() });
        self.units.len() as UnitId - 1
    }

    /// The code of a blueprint.
    pub fn code_of(&mut self, unit: UnitId, blueprint: u32) -> CodeId {
        let known = &mut self.units[unit as usize].codes;
        let index = blueprint as usize;
        if known.len() <= index {
            known.resize(index + 1, NO_CODE);
        }
        if known[index] == NO_CODE {
            known[index] = self.codes.len() as CodeId;
            self.codes.push(self.pending);
            self.origins.push(Origin { unit, blueprint });
        }
        known[index]
    }

    /// Bytes that all codes take.
    pub(crate) fn memory(&self) -> usize {
        self.space.size()
            + self.codes.capacity() * (size_of::<Kept<Code>>() + size_of::<Origin>())
            + self.caches.capacity() * size_of::<Cache>()
            + self.more.capacity() * size_of::<More>()
    }
}

/// What the collector asks for.
impl CodeTable {
    /// Hands the constants of codes to the collector; in a minor collection those of new codes.
    pub(crate) fn trace(&mut self, tracer: &mut Tracer<'_>) {
        if tracer.is_major() {
            self.leading.iter().for_each(|&id| self.trace_code(id, tracer));
        }
        for id in std::mem::take(&mut self.fresh) {
            self.trace_code(id, tracer);
            if self.leads_to_objects(id) {
                self.leading.push(id);
            }
        }
    }

    fn trace_code(&self, id: CodeId, tracer: &mut Tracer<'_>) {
        self.references(id).for_each(|cell| {
            let mut value = cell.get();
            tracer.trace(&mut value);
            cell.set(value);
        });
    }

    /// Whether something that a code refers to is an object, or may become one.
    fn leads_to_objects(&self, id: CodeId) -> bool {
        self.references(id).any(|cell| cell.get().is_object())
    }

    fn references(&self, id: CodeId) -> impl Iterator<Item = &Cell<Value<'static>>> {
        let code = self.get(id);
        code.constants.iter().chain(self.more(code).keys.iter().map(|keys| &keys.shape))
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
}
