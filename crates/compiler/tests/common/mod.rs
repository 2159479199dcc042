//! What the tests share: a small global scope and the way from text to chunks.

use std::sync::Arc;

use nivose_base::{Error, Pos, Symbols};
use nivose_bytecode::Chunk;
use nivose_bytecode::chunk::ChunkKind;
use nivose_bytecode::verify::verify;
use nivose_compiler::{Compiler, Global, Globals, Options, Source, Unit};
use nivose_syntax::print::PathBase;
use nivose_syntax::{ParseOptions, parse};

/// Names that are global under this very name.
const PLAIN: &[&str] = &[
    "abort",
    "baseNameOf",
    "break",
    "derivationStrict",
    "dirOf",
    "fetchGit",
    "fetchTarball",
    "fromTOML",
    "import",
    "isNull",
    "map",
    "placeholder",
    "removeAttrs",
    "scopedImport",
    "throw",
    "toString",
];

/// Names that are global with two underscores before them.
const PREFIXED: &[&str] = &[
    "add",
    "sub",
    "mul",
    "div",
    "lessThan",
    "findFile",
    "nixPath",
    "head",
    "length",
    "currentSystem",
    "elemAt",
];

/// A global scope like that of C++ Nix, but smaller.
pub fn globals(symbols: &mut Symbols) -> Globals {
    let mut names = Vec::new();
    let mut builtins = Vec::new();
    for (name, global) in [
        ("null", Global::Null),
        ("true", Global::Bool(true)),
        ("false", Global::Bool(false)),
        ("builtins", Global::Builtins),
        ("derivation", Global::Lazy(symbols.intern(b"derivation"))),
    ] {
        names.push((symbols.intern(name.as_bytes()), global));
        builtins.push((symbols.intern(name.as_bytes()), global));
    }
    for name in PLAIN {
        let symbol = symbols.intern(name.as_bytes());
        names.push((symbol, Global::Builtin(symbol)));
        builtins.push((symbol, Global::Builtin(symbol)));
    }
    for name in PREFIXED {
        let symbol = symbols.intern(format!("__{name}").as_bytes());
        names.push((symbol, Global::Builtin(symbol)));
        builtins.push((symbols.intern(name.as_bytes()), Global::Builtin(symbol)));
    }
    let difference = symbols.intern(b"__assertEqual");
    Globals::new(names, builtins, symbols).with_assert_equal(difference)
}

/// A source that has been resolved, with the names that it uses.
pub struct Analysed {
    pub unit: Unit,
    pub symbols: Symbols,
}

/// Parses and resolves a text.
pub fn analyse(text: &[u8], level: u8) -> Result<Analysed, Vec<Error>> {
    let mut symbols = Symbols::new();
    let globals = Arc::new(globals(&mut symbols));
    let options =
        ParseOptions { pipe_operators: true, describe: &|offset| format!("at {offset}"), watch: &|_| Ok(()) };
    let parsed = parse(text, Pos(1), &mut symbols, &options);
    if !parsed.diagnostics.is_empty() {
        return Err(parsed.diagnostics);
    }
    let paths = PathBase { directory: b"/base", home: b"/home" };
    let source = Source { base: Pos(1), paths, scope: None };
    let unit = Compiler::new(globals, Options { level }).analyse(parsed.tree, &symbols, source)?;
    Ok(Analysed { unit, symbols })
}

/// All chunks of a unit, verified.
pub fn chunks(analysed: &mut Analysed) -> Vec<Chunk> {
    let chunks = analysed.unit.compile_all(&analysed.symbols).expect("compiles");
    let scoped = matches!(chunks.first().map(|chunk| &chunk.kind), Some(ChunkKind::Lambda(_)));
    if let Err(error) = verify(&chunks, scoped) {
        let chunk = &chunks[error.blueprint as usize];
        let listing = nivose_bytecode::disassemble::disassemble(chunk, &analysed.symbols, None);
        panic!("{error}\n{listing}");
    }
    chunks
}
