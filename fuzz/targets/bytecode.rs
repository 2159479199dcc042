//! Damaged chunks: the decoder, the verifier and the disassembler answer for any bytes; what the verifier accepts can be
//! listed. (Nothing loads chunks from outside yet, so damaged ones are not run.)
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use nivose_base::{Pos, Symbols};
use nivose_bytecode::verify::verify;
use nivose_bytecode::{Chunk, disassemble::disassemble};
use nivose_compiler::{Compiler, Globals, Options, Source};
use nivose_syntax::print::PathBase;
use nivose_syntax::{ParseOptions, parse};

const SOURCE: &str = "{ a, b ? a.c or 1, ... }@args: let f = x: y: with args; [ (x + y) \"${z}\" ]; s = { inherit a; ${b} = f 1; }; \
                      in assert a == b; if s ? a.b then f 1 2 else rec { p = q // s; q = -1; }";

/// The chunks of a program with a bit of everything.
fn chunks(symbols: &mut Symbols) -> Vec<Chunk> {
    let options = ParseOptions { pipe_operators: false, describe: &|_| String::new() };
    let parsed = parse(SOURCE.as_bytes(), Pos(1), symbols, &options);
    let globals = Globals::new(Vec::new(), Vec::new(), symbols);
    let mut compiler = Compiler::new(Arc::new(globals), Options { level: 1 });
    let paths = PathBase { directory: b"/", home: b"/" };
    let unit = compiler.analyse(parsed.tree, symbols, Source { base: Pos(1), paths, scope: None });
    unit.ok().and_then(|mut unit| unit.compile_all(symbols).ok()).unwrap_or_default()
}

fuzz_target!(|data: &[u8]| {
    let Some((&choice, rest)) = data.split_first() else { return };
    let mut symbols = Symbols::new();
    let mut chunks = chunks(&mut symbols);
    let count = chunks.len();
    let Some(chunk) = chunks.get_mut(choice as usize % count.max(1)) else { return };
    // Pairs of bytes: where, and by what the code there is changed.
    let mut code = chunk.code.to_vec();
    for pair in rest.chunks_exact(2) {
        let at = pair[0] as usize % code.len().max(1);
        if let Some(byte) = code.get_mut(at) {
            *byte ^= pair[1];
        }
    }
    chunk.code = code.into();
    if verify(chunk, count as u32).is_ok() {
        assert!(!disassemble(chunk, &symbols, SOURCE.as_bytes()).is_empty());
    }
});
