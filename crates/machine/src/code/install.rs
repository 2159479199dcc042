//! Making a chunk ready to run: its constants become values, and all its parts go to where codes lie.

use std::cell::Cell;

use nivose_base::Span;
use nivose_bytecode::chunk::{Chunk, ChunkKind, Constant, Key};
use nivose_bytecode::encode::LONG_CODE;
use nivose_heap::{ShapeEntry, Value};
use nivose_world::path;

use super::{Cache, Code, CodeId, CodeTable, KeySet, More, UnitId, position};
use crate::dispatch::is_arithmetic;
use crate::shared::Shared;

impl CodeTable {
    /// Puts the parts of a chunk where codes lie, and lets the code be run. Takes out of it what is of use as it is.
    fn put(&mut self, id: CodeId, chunk: &mut Chunk, made: &mut Made, keep: bool) {
        let first_cache = self.caches.len() as u32;
        let kept = keep.then(|| Box::new(chunk.clone()));
        let lambda = match std::mem::replace(&mut chunk.kind, ChunkKind::Thunk) {
            ChunkKind::Lambda(info) => Some(info),
            ChunkKind::TopLevel | ChunkKind::Thunk => None,
        };
        let arity = lambda.as_ref().map_or(0, |info| info.parameters.len() as u32);
        let has_formals = lambda.as_ref().is_some_and(|info| info.formals.is_some());
        let keys = self.space.fill(made.keys.drain(..));
        let more = More { keys, tables: chunk.rare.take(), lambda, chunk: kept };
        let base = self.unit_of(id).base;
        let code = Code {
            bytes: self.space.slice(&chunk.code),
            constants: self.space.fill(made.constants.drain(..).map(Cell::new)),
            places: self.space.fill(made.places.drain(..)),
            base,
            first_cache,
            more: self.add_more(more),
            arity,
            max_stack: chunk.max_stack,
            captures_with: chunk.captures_with,
            has_formals,
            is_arithmetic: is_arithmetic(&chunk.code),
        };
        self.codes[id as usize] = self.space.keep(code);
        self.caches.resize(self.caches.len() + chunk.caches as usize, Cache::EMPTY);
        self.fresh.push(id);
    }

    /// The number of an entry, which most codes share: that of having nothing.
    fn add_more(&mut self, more: More) -> u32 {
        let has_nothing =
            more.keys.is_empty() && more.tables.is_none() && more.lambda.is_none() && more.chunk.is_none();
        if has_nothing {
            return 0;
        }
        self.more.push(more);
        self.more.len() as u32 - 1
    }
}

/// What is made of the parts of a chunk, in room that is used again.
#[derive(Default)]
pub(super) struct Made {
    constants: Vec<Value<'static>>,
    keys: Vec<KeySet>,
    places: Vec<(u32, u32)>,
}

impl Made {
    /// Where the spans of a chunk begin, without those that begin where the one before them does.
    fn add_places(&mut self, spans: &[(u32, Span)]) {
        self.places.extend(spans.iter().map(|&(from, span)| (from, span.start)));
        self.places.dedup_by_key(|&mut (_, start)| start);
    }
}

impl Shared {
    /// Makes the constants of a chunk into values and the code ready to run. What is left of the chunk is of no use but
    /// for its room.
    pub(crate) fn install(&mut self, id: CodeId, mut chunk: Chunk) -> Chunk {
        let unit = self.codes.origin(id).unit;
        let mut made = std::mem::take(&mut self.codes.made);
        for constant in &chunk.constants {
            let value = self.materialise(unit, constant, &mut made.keys);
            made.constants.push(value);
        }
        made.add_places(&chunk.spans);
        self.codes.put(id, &mut chunk, &mut made, self.keeps_chunks);
        if chunk.code.len() <= LONG_CODE {
            self.codes.made = made;
        }
        chunk
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
            Constant::AbsolutePath(text) => self.heap.path(text),
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
        let entry = |&index: &u32| {
            let Key { name, offset } = list[index as usize];
            ShapeEntry { name, pos: position(base, offset) }
        };
        let entries: Vec<ShapeEntry> = order.iter().map(entry).collect();
        let shape = Cell::new(self.heap.own_shape(&entries));
        if order.is_sorted() {
            order.clear();
        }
        KeySet { shape, count: list.len() as u32, order: self.codes.space.slice(&order) }
    }
}
