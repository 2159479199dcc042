//! Damaged chunks: the verifier answers for any; what it accepts can be listed and runs without an internal error.
//!
//! The first byte chooses a program, the second how it runs. Then four bytes for each piece of damage: which chunk, what
//! kind of damage, where, and how.
#![no_main]

use std::collections::HashMap;

use libfuzzer_sys::fuzz_target;
use nivose::{DiagnosticId, TraceOptions};
use nivose::raw::{Error, Evaluator, HeapConfig, Options, Origin, PrintOptions, Result, Settings, SourceMap, StressMode, Symbol, Symbols};
use nivose::world::MemoryWorld;
use nivose_base::SourceId;
use nivose_bytecode::chunk::{ChunkKind, Constant, LambdaInfo, Tables};
use nivose_bytecode::decode::instructions;
use nivose_bytecode::verify::verify;
use nivose_bytecode::{Chunk, disassemble::disassemble};
use nivose_machine::FrontEnd;

/// Programs that together have every instruction and table.
const PROGRAMS: &[&str] = &[
    "let f = x: y: with { z = \"q\"; }; [ (x + y) \"${z}\" ]; s = { inherit f; ${\"b\"} = f 1 2; }; in \
     assert s ? b; if s ? f.b then f 1 2 else rec { p = q // s; q = -1; }",
    "({ a, b ? a.c or 1, c ? d, d ? 2, ... }@args: [ a b c d (args ? x) ]) { a = { c = 7; }; x = 1; }",
    "let f = { a, b ? a }: a + b; in map (a: f { inherit a; }) [ 1 2.5 3 ] ++ [ (f { a = \"x\"; b = \"y\"; }) ]",
    "let fix = f: let x = f x; in x; in fix (self: { n = 5; m = map (x: x * self.n) [ 1 2 3 ]; o = self.m; })",
    "with { a = 1; }; with { b = c: c; d = [ a ]; }; let g = x: { inherit x; y = b d; }; in [ (g a) (g b).y a d ]",
    "let loop = n: acc: if n <= 0 then acc else loop (n - 1) (acc ++ [ (n / 2) ]); in loop 6 [ ] == loop 5 [ ]",
    "rec { __overrides = { a = 2; }; a = 1; b = a; \"c d\" = b; e = { a.b.c = 1; }.a.b.c; }",
    "builtins.sort (a: b: a < b) (builtins.attrValues { x = 3; y = 1; z = (import /f.nix).a; }) ++ [ ./a ~/b ]",
    "let o = { __functor = self: x: self.k + x; k = 1; __toString = self: \"s\"; }; in [ (o 2) \"a${o}b\" (x: y: x) ]",
    "builtins.tryEval (assert (1 > 2) || !(1 >= 2) && false -> true; throw \"x\") // { l = [ <n> ]; }",
    "(derivation { name = \"n\"; system = \"s\"; builder = \"/b\"; args = [ \"a\" { outPath = \"/o\"; } ]; }).drvPath",
    "let x = a: b: c: [ a b c ]; p = x 1; q = p 2; in [ (q 3) (builtins.foldl' (a: b: a + b) 0 [ 1 2 ]) (p 4 5) ]",
];

/// Hands out damaged chunks for the first source that it loads.
#[derive(Default)]
struct Damaging {
    inner: Option<Box<dyn FrontEnd>>,
    damage: Vec<[u8; 4]>,
    damaged: HashMap<u32, Vec<Chunk>>,
}

impl Damaging {
    fn inner(&mut self) -> &mut dyn FrontEnd {
        self.inner.as_deref_mut().expect("a front end")
    }

    /// All chunks of a unit.
    fn chunks(&mut self, unit: u32, sources: &SourceMap, symbols: &mut Symbols) -> Result<Vec<Chunk>> {
        let mut chunks = Vec::new();
        let mut known = 1;
        while chunks.len() < known {
            let chunk = self.inner().compile(unit, chunks.len() as u32, sources, symbols)?;
            for constant in &chunk.constants {
                if let Constant::Blueprint(number) | Constant::Function(number) = constant {
                    known = known.max(*number as usize + 1);
                }
            }
            chunks.push(chunk);
        }
        Ok(chunks)
    }
}

impl FrontEnd for Damaging {
    fn load(
        &mut self,
        source: SourceId,
        directory: &[u8],
        sources: &SourceMap,
        symbols: &mut Symbols,
        scope: Option<&[Symbol]>,
    ) -> Result<u32> {
        let unit = self.inner().load(source, directory, sources, symbols, scope)?;
        if !self.damaged.is_empty() {
            return Ok(unit);
        }
        let mut chunks = self.chunks(unit, sources, symbols)?;
        for &piece in &self.damage {
            damage(&mut chunks, piece);
        }
        match verify(&chunks, scope.is_some()) {
            Ok(()) => {
                for chunk in &chunks {
                    assert!(!disassemble(chunk, symbols, Some(sources.get(source))).is_empty());
                }
                self.damaged.insert(unit, chunks);
                Ok(unit)
            }
            Err(fault) => {
                assert!(!self.damage.is_empty(), "sound code is refused: {fault}");
                Err(Error::with_message(DiagnosticId::NotAvailable, "refused"))
            }
        }
    }

    fn compile(
        &mut self,
        unit: u32,
        blueprint: u32,
        sources: &SourceMap,
        symbols: &mut Symbols,
    ) -> Result<Chunk> {
        match self.damaged.get(&unit) {
            Some(chunks) => Ok(chunks[blueprint as usize].clone()),
            None => self.inner().compile(unit, blueprint, sources, symbols),
        }
    }

    fn lambda_info(&self, unit: u32, blueprint: u32) -> Option<LambdaInfo> {
        let Some(chunks) = self.damaged.get(&unit) else {
            return self.inner.as_ref()?.lambda_info(unit, blueprint);
        };
        match &chunks.get(blueprint as usize)?.kind {
            ChunkKind::Lambda(info) => Some((**info).clone()),
            _ => None,
        }
    }
}

/// Damages one of the chunks.
fn damage(chunks: &mut [Chunk], [chosen, kind, at, by]: [u8; 4]) {
    let count = chunks.len();
    let other = chunks[by as usize % count].clone();
    let chunk = &mut chunks[chosen as usize % count];
    match kind % 18 {
        0 => damage_code(chunk, at, |byte| *byte ^= by),
        1 => damage_code(chunk, at, |byte| *byte = by),
        2 => replace_instruction(chunk, at, by),
        3 => remove_code(chunk, at, by),
        4 => insert_code(chunk, at, by),
        5 => damage_constant(chunk, at, |constant, all| {
            *constant = all[by as usize % all.len()].clone();
        }),
        6 => damage_constant(chunk, at, |constant, _| *constant = any_constant(by)),
        7 => damage_constant(chunk, at, |constant, _| damage_keys(constant, by)),
        8 => chunk.upvalues = u32::from(by),
        9 => chunk.captures_with = by & 1 != 0,
        10 => {
            chunk.max_stack =
                if by == 255 { u32::MAX } else { chunk.max_stack.wrapping_add_signed((by as i8).into()) }
        }
        11 => chunk.caches = chunk.caches.wrapping_add_signed((by as i8).into()),
        12 => chunk.kind = other.kind,
        13 => damage_lambda(chunk, at, by),
        14 => damage_tables(chunk, at, by),
        15 => *chunk = other,
        16 => copy_instruction(chunk, at, by),
        _ => swap_instructions(chunk, at, by),
    }
}

fn damage_code(chunk: &mut Chunk, at: u8, change: impl FnOnce(&mut u8)) {
    let mut code = chunk.code.to_vec();
    let length = code.len().max(1);
    code.get_mut(at as usize % length).map(change);
    chunk.code = code.into();
}

/// Where an instruction begins and ends.
fn instruction(chunk: &Chunk, at: u8) -> Option<(usize, usize)> {
    let all: Vec<_> = instructions(&chunk.code).map_while(std::result::Result::ok).collect();
    let decoded = all.get((at as usize).checked_rem(all.len())?)?;
    Some((decoded.offset as usize, decoded.next as usize))
}

fn replace_instruction(chunk: &mut Chunk, at: u8, by: u8) {
    if let Some((start, _)) = instruction(chunk, at) {
        chunk.code[start] = by % 70;
    }
}

fn remove_code(chunk: &mut Chunk, at: u8, by: u8) {
    let mut code = chunk.code.to_vec();
    if let Some((start, end)) = instruction(chunk, at) {
        code.drain(start..if by & 1 == 0 { end } else { start + 1 });
    }
    chunk.code = code.into();
}

fn copy_instruction(chunk: &mut Chunk, at: u8, by: u8) {
    let mut code = chunk.code.to_vec();
    if let (Some((start, end)), Some((to, _))) = (instruction(chunk, at), instruction(chunk, by)) {
        code.splice(to..to, chunk.code[start..end].iter().copied());
    }
    chunk.code = code.into();
}

/// Swaps an instruction and the one after it.
fn swap_instructions(chunk: &mut Chunk, at: u8, by: u8) {
    let mut code = chunk.code.to_vec();
    for step in 0..=by % 4 {
        if let (Some((start, middle)), Some((next, end))) =
            (instruction(chunk, at.wrapping_add(step)), instruction(chunk, at.wrapping_add(step + 1)))
            && middle == next
        {
            code[start..end].rotate_left(middle - start);
        }
        chunk.code = code.clone().into();
    }
}

fn insert_code(chunk: &mut Chunk, at: u8, by: u8) {
    let mut code = chunk.code.to_vec();
    if let Some((start, _)) = instruction(chunk, at) {
        let operand = (by >= 128).then_some(by & 3);
        code.splice(start..start, [by % 70].into_iter().chain(operand));
    }
    chunk.code = code.into();
}

fn damage_constant(chunk: &mut Chunk, at: u8, change: impl FnOnce(&mut Constant, &[Constant])) {
    let all = chunk.constants.to_vec();
    if let Some(index) = (at as usize).checked_rem(all.len()) {
        change(&mut chunk.constants[index], &all);
    }
}

fn any_constant(by: u8) -> Constant {
    match by % 16 {
        0 => Constant::Null,
        1 => Constant::Bool(by & 16 != 0),
        2 => Constant::Int(i64::from(by) << 55),
        3 => Constant::Float(f64::NAN),
        4 => Constant::String(vec![by; 3].into()),
        5 => Constant::AbsolutePath(b"/../f.nix"[..].into()),
        6 => Constant::RelativePath(b"../\0/."[..].into()),
        7 => Constant::SearchPath(b"n/"[..].into()),
        8 => Constant::HomePath(b"x"[..].into()),
        9 => Constant::Builtins,
        10 => Constant::FinaliseRequest(by & 16 != 0),
        11 => Constant::Blueprint(u32::from(by >> 4)),
        12 => Constant::Function(u32::from(by >> 4)),
        13 => Constant::Builtin(Symbol::NAME),
        14 => Constant::Name(Symbol::FUNCTOR),
        _ => Constant::Int(i64::from(by)),
    }
}

fn damage_keys(constant: &mut Constant, by: u8) {
    let Constant::Keys(keys) = constant else { return };
    let mut changed = keys.to_vec();
    match by % 4 {
        0 => changed.extend(keys.first()),
        1 => changed.truncate(by as usize >> 2),
        2 => changed.iter_mut().for_each(|key| key.offset = key.offset.wrapping_add(u32::from(by) << 24)),
        _ => changed.rotate_left(usize::from(by) >> 2 & usize::from(!keys.is_empty())),
    }
    *keys = changed.into();
}

fn damage_lambda(chunk: &mut Chunk, at: u8, by: u8) {
    let ChunkKind::Lambda(info) = &mut chunk.kind else { return };
    let mut parameters = info.parameters.to_vec();
    match at % 8 {
        0 => parameters.truncate(by as usize),
        1 => parameters.extend(parameters.first().cloned()),
        2 => parameters.iter_mut().for_each(|parameter| parameter.offset ^= u32::from(by) << 24),
        3 => info.formals = None,
        kind => {
            let Some(formals) = &mut info.formals else { return };
            let mut list = formals.list.to_vec();
            match kind {
                4 => formals.ellipsis ^= true,
                5 => list.iter_mut().for_each(|formal| formal.has_default ^= by & 1 != 0),
                6 => list.truncate(by as usize),
                _ => list.extend(list.first().copied()),
            }
            formals.list = list.into();
        }
    }
    info.parameters = parameters.into();
}

fn damage_tables(chunk: &mut Chunk, at: u8, by: u8) {
    let mut tables = chunk.tables().clone();
    match at % 5 {
        0 => tables = Tables::default(),
        1 => tables.key_positions.iter_mut().for_each(|entry| entry.0 ^= u32::from(by)),
        2 => tables.assertions.iter_mut().for_each(|entry| entry.1 = vec![by].into()),
        3 => tables.formal_selects.push(u32::from(by)),
        _ => {
            let mut spans = chunk.spans.to_vec();
            for (offset, span) in &mut spans {
                *offset ^= u32::from(by & 15);
                span.start = span.start.wrapping_mul(u32::from(by) << 20 | 1);
                span.end ^= u32::from(by);
            }
            chunk.spans = spans.into();
        }
    }
    chunk.rare = Some(Box::new(tables));
}

/// An evaluation under limits whose first source is damaged.
fn evaluator(how: u8, damage: Vec<[u8; 4]>) -> Evaluator {
    let (level, stressed, traced) = (how & 1, how & 6 == 6, how & 24 == 24);
    let stress = if stressed { StressMode::On } else { StressMode::Off };
    let heap = HeapConfig { limit: 32 << 20, stress, ..HeapConfig::default() };
    let settings = Settings { max_call_depth: 300, ..Settings::default() };
    let world = MemoryWorld::new().with_file("/f.nix", "{ a = 1; }");
    let mut evaluator =
        Evaluator::new(Options { heap, settings, level, ..Options::default() }, Box::new(world));
    if traced {
        evaluator.trace(TraceOptions::default(), |line| assert!(!line.is_empty()));
    }
    evaluator.machine().control().set_budget(Some(if stressed { 500 } else { 5_000 }));
    let front_end = &mut evaluator.machine().shared.front_end;
    let inner = Some(std::mem::replace(front_end, Box::new(Damaging::default())));
    *front_end = Box::new(Damaging { inner, damage, ..Damaging::default() });
    evaluator
}

fuzz_target!(|data: &[u8]| {
    let Some((&[program, how], damage)) = data.split_first_chunk() else { return };
    let program = PROGRAMS[program as usize % PROGRAMS.len()];
    let damage = damage.chunks_exact(4).filter_map(|piece| piece.first_chunk().copied()).collect();
    let mut evaluator = evaluator(how, damage);
    let result = evaluator
        .evaluate(Origin::String, program.into(), b"/".to_vec())
        .and_then(|value| evaluator.force_deep(value))
        .and_then(|value| evaluator.print(value, PrintOptions::INSTANTIATE));
    if let Err(error) = result {
        assert!(error.id() != DiagnosticId::Internal, "an internal error: {error}");
        assert!(!evaluator.explain(error).message().is_empty(), "an error without a message");
    }
});
