//! Resolving: what is undefined, what a scoped import sees, what is captured; and the warnings.

mod common;

use std::sync::Arc;

use common::{analyse, chunks, globals};
use nivose_base::{DiagnosticId, Pos, Severity, Symbols};
use nivose_bytecode::chunk::{Chunk, ChunkKind};
use nivose_bytecode::decode::instructions;
use nivose_bytecode::{Constant, Instruction};
use nivose_compiler::{Compiler, Options, Source};
use nivose_syntax::print::PathBase;
use nivose_syntax::{ParseOptions, parse};

fn undefined(text: &str) -> Vec<String> {
    match analyse(text.as_bytes(), 1) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.iter().map(|error| error.text().into_owned()).collect(),
    }
}

fn used(chunk: &Chunk) -> Vec<Instruction> {
    instructions(&chunk.code).flatten().map(|decoded| decoded.instruction).collect()
}

#[test]
fn undefined_variables_are_found_in_dead_code() {
    assert_eq!(undefined("if true then 1 else x"), ["undefined variable 'x'"]);
    assert_eq!(undefined("{ a ? nowhere }: a"), ["undefined variable 'nowhere'"]);
    assert_eq!(undefined("{ inherit x; }"), ["undefined variable 'x'"]);
    assert_eq!(undefined("let inherit (s) x; in x"), ["undefined variable 's'"]);
    assert_eq!(undefined("builtins.map or y"), ["undefined variable 'y'"]);
    assert_eq!(undefined("{ a = 1; b = a; }"), ["undefined variable 'a'"]);
    assert_eq!(undefined("(x: x) x"), ["undefined variable 'x'"]);
}

#[test]
fn a_with_may_supply_any_name() {
    assert!(undefined("with { }; x").is_empty());
    assert!(undefined("x: with x; { a ? y }: y").is_empty());
    assert_eq!(undefined("(with { }; 1) + x"), ["undefined variable 'x'"]);
    assert_eq!(undefined("with x; 1"), ["undefined variable 'x'"]);
}

#[test]
fn names_of_one_source_are_forgotten_in_the_next() {
    let mut symbols = Symbols::new();
    let mut compiler = Compiler::new(Arc::new(globals(&mut symbols)), Options::default());
    let mut analyse = |text: &[u8], scope: Option<&[nivose_base::Symbol]>, symbols: &mut Symbols| {
        let options =
            ParseOptions { pipe_operators: false, describe: &|_| String::new(), watch: &|_| Ok(()) };
        let tree = parse(text, Pos(1), symbols, &options).tree;
        let paths = PathBase { directory: b"/", home: b"/" };
        compiler.analyse(tree, symbols, Source { base: Pos(1), paths, scope })
    };
    assert!(analyse(b"let a = 1; in a + nowhere", None, &mut symbols).is_err());
    assert!(analyse(b"a", None, &mut symbols).is_err());
    assert!(analyse(b"map: map", None, &mut symbols).is_ok());
    let scope = [symbols.intern(b"a"), symbols.intern(b"map"), symbols.intern(b"__sub")];
    assert!(analyse(b"[ a (map a) (a - 1) ]", Some(&scope), &mut symbols).is_ok());
    assert!(analyse(b"a", None, &mut symbols).is_err());
    let mut unit = analyse(b"map", None, &mut symbols).expect("map is global again");
    let chunk = unit.compile(0, &symbols).expect("compiles");
    assert!(matches!(chunk.constants[..], [Constant::Builtin(_)]));
}

#[test]
fn a_scoped_import_is_a_function_of_its_set() {
    let mut symbols = Symbols::new();
    for level in [0, 1] {
        let globals = Arc::new(globals(&mut symbols));
        let options =
            ParseOptions { pipe_operators: false, describe: &|_| String::new(), watch: &|_| Ok(()) };
        let tree = parse(b"[ a (x: a x) (b: b) (with a; true) ]", Pos(1), &mut symbols, &options).tree;
        let scope = [symbols.intern(b"a"), symbols.intern(b"true")];
        let paths = PathBase { directory: b"/", home: b"/" };
        let source = Source { base: Pos(1), paths, scope: Some(&scope) };
        let unit =
            Compiler::new(globals, Options { level }).analyse(tree, &symbols, source).expect("analyses");
        let mut analysed = common::Analysed { unit, symbols: Symbols::new() };
        std::mem::swap(&mut analysed.symbols, &mut symbols);
        let chunks = chunks(&mut analysed);
        assert!(matches!(&chunks[0].kind, ChunkKind::Lambda(info) if info.parameters.len() == 1));
        assert!(chunks.iter().all(|chunk| !chunk.constants.contains(&Constant::Bool(true))));
        std::mem::swap(&mut analysed.symbols, &mut symbols);
    }
}

#[test]
fn inner_chunks_capture_only_what_they_use() {
    let mut analysed = analyse(b"a: b: (c: (d: [ a d (b c) ]) c)", 0).expect("analyses");
    let upvalues: Vec<_> = chunks(&mut analysed).iter().map(|chunk| chunk.upvalues).collect();
    // Top level, a, b, then c with a and b, d with a, b and c, and the thunk of b c.
    assert_eq!(upvalues, [0, 0, 1, 2, 3, 2]);
}

#[test]
fn only_what_costs_nothing_is_not_suspended() {
    let text = b"y: { a = [ ]; b = [ 1 ]; c = { }; d = x: x; e = 1; f = y; g = builtins.map; h = [ [ ] ]; }";
    for level in [0, 1] {
        let mut analysed = analyse(text, level).expect("analyses");
        let chunks = chunks(&mut analysed);
        let is_thunk = |chunk: &&Chunk| chunk.kind == ChunkKind::Thunk;
        assert_eq!(chunks.iter().filter(is_thunk).count(), 3, "b, c and h at level {level}");
    }
}

#[test]
fn right_operand_of_an_update_is_checked_first() {
    let checks = |text: &[u8], level| {
        let mut analysed = analyse(text, level).expect("analyses");
        used(&chunks(&mut analysed)[1]).iter().filter(|&&i| i == Instruction::AssertAttrs).count()
    };
    assert_eq!([0, 1].map(|level| checks(b"a: a.x // a.y", level)), [1, 1]);
    assert_eq!([0, 1].map(|level| checks(b"a: a.x // { }", level)), [1, 0]);
    assert_eq!([0, 1].map(|level| checks(b"a: a.x // (a.y // a.z)", level)), [2, 1]);
}

#[test]
fn level_one_shares_frames_and_calls_with_all_arguments() {
    let mut analysed = analyse(b"let f = a: b: { c, ... }: a; in x: f 1 2 x", 1).expect("analyses");
    let chunks = chunks(&mut analysed);
    let ChunkKind::Lambda(info) = &chunks[1].kind else { panic!("a lambda") };
    assert_eq!(info.parameters.len(), 3);
    assert!(info.formals.as_ref().is_some_and(|formals| formals.ellipsis));
    assert!(used(&chunks[2]).contains(&Instruction::TailCall));
}

#[test]
fn failed_assertions_have_their_text() {
    let mut analysed = analyse(b"x: assert x * 2 < 3; x", 1).expect("analyses");
    let chunks = chunks(&mut analysed);
    let (offset, text) = &chunks[1].tables().assertions[0];
    assert_eq!(text.as_ref(), b"(__lessThan (__mul x 2) 3)");
    assert_eq!(chunks[1].tables().assertion_at(*offset), Some(text.as_ref()));
}

#[test]
fn errors_point_where_cpp_nix_points() {
    let mut analysed = analyse(b"a: b: a +  b", 1).expect("analyses");
    let chunks = chunks(&mut analysed);
    let add = instructions(&chunks[1].code).flatten().find(|d| d.instruction == Instruction::Add);
    let span = chunks[1].span_at(add.expect("an addition").offset).expect("a span");
    assert_eq!((span.start, span.end), (8, 12));
}

#[test]
fn captures_beyond_all_reason_are_refused() {
    let names: Vec<_> = (0..9000).map(|n| format!("v{n}")).collect();
    let text = format!(
        "{}: {}[ {} ]{}",
        names.join(": "),
        "(f: f (".repeat(2000),
        names.join(" "),
        "))".repeat(2000)
    );
    let errors = analyse(text.as_bytes(), 1).err().expect("too much");
    assert_eq!(errors[0].id(), DiagnosticId::NestingTooDeep);
}

fn warnings(text: &str) -> Vec<(DiagnosticId, String, u32)> {
    let analysed = analyse(text.as_bytes(), 1).expect("analyses");
    let found = analysed.unit.warnings(&analysed.symbols);
    found.iter().map(|w| (w.id(), w.text().into_owned(), w.pos().0 - 1)).collect()
}

fn ids(text: &str) -> Vec<DiagnosticId> {
    warnings(text).into_iter().map(|(id, ..)| id).collect()
}

#[test]
fn unused_and_shadowing_bindings_are_warned_about() {
    use DiagnosticId::{ShadowedBinding, UnusedBinding};
    let found = warnings("let a = 1; b = a; in { x, y ? b }: x");
    assert_eq!(found, [(UnusedBinding, "unused binding 'y'".into(), 26)]);
    assert_eq!(ids("let a = 1; _b = 2; in 3"), [UnusedBinding]);
    assert_eq!(ids("let a = 1; in let a = 2; in a"), [UnusedBinding, ShadowedBinding]);
    assert_eq!(ids("args@{ x, y }: x"), []);
    assert_eq!(ids("x: y: rec { a = 1; }"), []);
    assert_eq!(ids("let __sub = a: b: a; in 1 - 2"), []);
}

#[test]
fn dead_and_deprecated_code_is_warned_about() {
    use DiagnosticId::{DeadCode, Deprecated, UselessInherit};
    assert_eq!(ids("if true then 1 else 2"), [DeadCode]);
    assert_eq!(ids("x: (!true) && x"), [DeadCode]);
    assert_eq!(ids("assert false; 1"), [DeadCode]);
    assert_eq!(ids("builtins.map or 1"), [DeadCode]);
    assert_eq!(ids("true: if true then 1 else 2"), []);
    assert_eq!(ids("let { body = 1; }"), [Deprecated]);
    assert_eq!(ids("rec { __overrides = { }; }"), [Deprecated]);
    assert_eq!(ids("{ inherit; }"), [UselessInherit]);
    assert_eq!(ids("x: let inherit x; in x"), [UselessInherit]);
    assert_eq!(ids("x: with x; let inherit y; in y"), []);
}

#[test]
fn every_warning_of_the_table_is_provoked() {
    let texts = [
        "let a = 1; in 2",
        "let a = 1; in let a = 2; in a",
        "if true then 1 else 2",
        "let { body = 1; }",
        "{ inherit; }",
    ];
    let found: Vec<DiagnosticId> = texts.into_iter().flat_map(ids).collect();
    let mut warnings = DiagnosticId::all().filter(|id| id.severity() == Severity::Warning);
    assert!(warnings.all(|id| found.contains(&id)));
}

#[test]
fn units_can_go_to_another_thread() {
    fn check<T: Send>() {}
    check::<nivose_compiler::Unit>();
    check::<Compiler>();
    check::<Chunk>();
}
