//! What every construct of the language compiles to at level 0, instruction by instruction, against the reference of the
//! instruction set; and the page that shows it, `docs/constructs.md`. `UPDATE=1` renews the page.

mod common;

use common::{analyse, chunks};
use nivose_bytecode::Chunk;
use nivose_bytecode::decode::instructions;
use nivose_bytecode::disassemble::disassemble;

/// A construct, a source that has it, the number of the chunk where it lies, and the instructions there.
struct Construct(&'static str, &'static str, usize, &'static str);

const CONSTRUCTS: &[Construct] = &[
    Construct("a literal", "1", 0, "Constant Return"),
    Construct("a string, a path", "\"a\"", 0, "Constant Return"),
    Construct("a builtin", "map", 0, "Constant Return"),
    Construct("a selection from `builtins`", "builtins.head", 0, "Constant Return"),
    Construct("a variable of the same function", "x: x", 1, "GetLocal Return"),
    Construct("a variable of a function around", "x: y: x", 2, "GetUpvalue Return"),
    Construct(
        "a variable that only `with` can supply",
        "s: with s; a",
        1,
        "GetLocal PushWith Constant ResolveWith PopWith CloseScope Return",
    ),
    Construct("the same, in a thunk", "s: with s; [ a ]", 2, "Constant ResolveWith Return"),
    Construct("`!a`", "a: !a", 1, "GetLocal Force Invert Return"),
    Construct("`-a`", "a: -a", 1, "GetLocal Force Negate Return"),
    Construct("`a + b`", "a: b: a + b", 2, "GetUpvalue Force GetLocal Force Add Return"),
    Construct("`a - b`", "a: b: a - b", 2, "GetUpvalue Force GetLocal Force Sub Return"),
    Construct("`a * b`", "a: b: a * b", 2, "GetUpvalue Force GetLocal Force Mul Return"),
    Construct("`a / b`", "a: b: a / b", 2, "GetUpvalue Force GetLocal Force Div Return"),
    Construct("`a == b`", "a: b: a == b", 2, "GetUpvalue Force GetLocal Force Equal Return"),
    Construct("`a != b`", "a: b: a != b", 2, "GetUpvalue Force GetLocal Force Equal Invert Return"),
    Construct("`a ++ b`", "a: b: a ++ b", 2, "GetUpvalue Force GetLocal Force Concat Return"),
    Construct("`a < b`", "a: b: a < b", 2, "GetUpvalue Force GetLocal Force Less Return"),
    Construct("`a >= b`", "a: b: a >= b", 2, "GetUpvalue Force GetLocal Force MoreOrEq Return"),
    Construct(
        "`a > b`, the right side first",
        "a: b: a > b",
        2,
        "GetLocal Force GetUpvalue Force Less Return",
    ),
    Construct(
        "`a <= b`, the right side first",
        "a: b: a <= b",
        2,
        "GetLocal Force GetUpvalue Force MoreOrEq Return",
    ),
    Construct(
        "`a // b`, the right side first",
        "a: b: a // b",
        2,
        "GetLocal Force AssertAttrs GetUpvalue Force GetLocal AttrsUpdate CloseScope Return",
    ),
    Construct(
        "an operator whose name is bound",
        "__sub: a: b: a - b",
        3,
        "GetLocal GetUpvalue GetUpvalue Force Call Force Call Return",
    ),
    Construct(
        "`a < b` where `__lessThan` is bound",
        "__lessThan: a: b: a < b",
        3,
        "GetLocal GetUpvalue GetUpvalue Force Call Force Call Return",
    ),
    Construct(
        "`a && b`",
        "a: b: a && b",
        2,
        "GetUpvalue Force JumpIfFalse Pop GetLocal Force AssertBool Return",
    ),
    Construct(
        "`a || b`",
        "a: b: a || b",
        2,
        "GetUpvalue Force JumpIfTrue Pop GetLocal Force AssertBool Return",
    ),
    Construct(
        "`a -> b`",
        "a: b: a -> b",
        2,
        "GetUpvalue Force Invert JumpIfTrue Pop GetLocal Force AssertBool Return",
    ),
    Construct(
        "`if c then t else f`",
        "c: if c then 1 else 2",
        1,
        "GetLocal Force JumpIfFalse Pop Constant Jump Pop Constant Return",
    ),
    Construct(
        "`assert c; b`",
        "c: assert c; 1",
        1,
        "GetLocal Force JumpIfFalse Pop Constant Jump Pop AssertFail Return",
    ),
    Construct("`[ a (f b) ]`: lazy elements", "f: b: [ b (f b) ]", 2, "GetLocal ThunkSuspended List Return"),
    Construct(
        "`{ a = v; }`: lazy values",
        "f: { a = f; b = f 1; }",
        1,
        "Constant GetLocal Constant ThunkSuspended Attrs Return",
    ),
    Construct("a dynamic name", "n: { ${n} = 1; }", 1, "GetLocal Force Constant Attrs Return"),
    Construct(
        "nested paths are merged",
        "{ a.b = 1; a.c = 2; }",
        1,
        "Constant Constant Constant Constant Attrs Return",
    ),
    Construct("`inherit a`", "a: { inherit a; }", 1, "Constant GetLocal Attrs Return"),
    Construct(
        "`rec { … }`",
        "rec { a = 1; b = [ a ]; }",
        0,
        "Constant ThunkSuspended Constant GetLocal Constant GetLocal Attrs CloseScope Return",
    ),
    Construct(
        "`rec` with a dynamic name: the scope first",
        "n: rec { a = 1; ${n} = a; }",
        1,
        "Constant Constant GetLocal GetLocal Force GetLocal Attrs CloseScope Return",
    ),
    Construct(
        "`rec` with `__overrides`: the finished set",
        "rec { a = 1; __overrides = { a = 2; }; b = a; }",
        3,
        "Constant GetUpvalue Constant GetUpvalue Constant GetUpvalue Attrs GetUpvalue Force AttrsUpdate Return",
    ),
    Construct(
        "`rec` with `__overrides`: a reference",
        "rec { a = 1; __overrides = { a = 2; }; b = a; }",
        2,
        "GetUpvalue Force Constant AttrsSelect Return",
    ),
    Construct(
        "`inherit (e) a`",
        "e: { inherit (e) a; }",
        1,
        "GetLocal Constant ThunkSuspended Attrs CloseScope Return",
    ),
    Construct(
        "`inherit (e) a`: its thunk",
        "e: { inherit (e) a; }",
        2,
        "GetUpvalue Force Constant AttrsSelect Return",
    ),
    Construct(
        "`let`: a value that refers to itself",
        "let x = [ x ]; in x",
        0,
        "ThunkSuspended Finalise GetLocal CloseScope Force Return",
    ),
    Construct(
        "`let`: a function that refers to itself",
        "let f = n: f n; in f",
        0,
        "ThunkClosure Finalise GetLocal CloseScope Force Return",
    ),
    Construct(
        "`s.a.b`",
        "s: s.a.b",
        1,
        "GetLocal Force Constant AttrsSelect Force Constant AttrsSelect Return",
    ),
    Construct(
        "`s.a.${n}`: the name before the set at its place",
        "n: s: s.a.${n}",
        2,
        "GetLocal Force Constant AttrsSelect GetUpvalue Force GetLocal Force GetLocal AttrsSelect CloseScope Return",
    ),
    Construct(
        "`s.a or d`",
        "s: s.a or 1",
        1,
        "GetLocal Force Constant AttrsTrySelect JumpIfNotFound Jump Constant Return",
    ),
    Construct(
        "`s.a.b or d`",
        "s: s.a.b or 1",
        1,
        "GetLocal Force Constant AttrsTrySelect JumpIfNotFound Force Constant AttrsTrySelect JumpIfNotFound Jump Constant Return",
    ),
    Construct(
        "`s ? a.b`",
        "s: s ? a.b",
        1,
        "GetLocal Force Constant AttrsTrySelect Force Constant HasAttr Return",
    ),
    Construct("`f x y`", "f: x: y: f x y", 3, "GetLocal GetUpvalue GetUpvalue Force Call Force Call Return"),
    Construct(
        "`f (g x)`: a lazy argument",
        "f: x: f (f x)",
        2,
        "ThunkSuspended GetUpvalue Force Call Return",
    ),
    Construct("`x: b` that captures nothing", "x: x", 0, "Constant Return"),
    Construct("`x: b` that captures", "x: y: x", 1, "Closure Return"),
    Construct(
        "`{ a }: b`",
        "{ a }: a",
        1,
        "Force AssertAttrs GetLocal Constant AttrsSelect GetLocal ValidateClosedFormals Pop GetLocal CloseScope Return",
    ),
    Construct(
        "`{ a ? d, ... }: b`",
        "{ a ? [ ], ... }: a",
        1,
        "Force AssertAttrs GetLocal Constant AttrsTrySelect JumpIfNotFound Constant Jump List Constant GetLocal JumpIfNoFinaliseRequest Finalise Pop GetLocal CloseScope Return",
    ),
    Construct(
        "`{ a, ... }@all: b`",
        "{ a, ... }@all: all",
        1,
        "Force AssertAttrs GetLocal Constant AttrsSelect GetLocal CloseScope Return",
    ),
    Construct(
        "`with e; b`",
        "e: with e; x",
        1,
        "GetLocal PushWith Constant ResolveWith PopWith CloseScope Return",
    ),
    Construct(
        "`\"a${e}b\"`",
        "e: \"a${e}b\"",
        1,
        "Constant GetLocal CoerceToString Constant Interpolate Return",
    ),
    Construct("`\"${e}\"`: one part", "e: \"${e}\"", 1, "GetLocal CoerceToString Return"),
    Construct(
        "`./a/${e}`",
        "e: ./a/${e}",
        1,
        "Constant Constant CoerceToString Constant GetLocal CoerceToString Interpolate Add Return",
    ),
    Construct("`<x>`", "<x>", 0, "Constant FindFile Return"),
    Construct(
        "`<x>` where `__findFile` is bound",
        "__findFile: <x>",
        1,
        "Constant Constant GetLocal Force Call Force Call Return",
    ),
    Construct("`~/x`", "~/x", 0, "Constant ResolveHomePath Return"),
    Construct(
        "legacy `let { … }`",
        "let { a = 1; body = a; }",
        0,
        "Constant GetLocal Constant GetLocal Constant GetLocal Attrs CloseScope Constant AttrsSelect Force Return",
    ),
];

fn compile(source: &str, level: u8) -> (Vec<Chunk>, common::Analysed) {
    let Ok(mut analysed) = analyse(source.as_bytes(), level) else { panic!("{source} does not compile") };
    (chunks(&mut analysed), analysed)
}

fn mnemonics(chunk: &Chunk) -> String {
    let names = instructions(&chunk.code)
        .map(|decoded| decoded.expect("valid code").instruction.row().map_or("Invalid", |row| row.mnemonic));
    names.collect::<Vec<_>>().join(" ")
}

#[test]
fn every_construct_compiles_as_the_reference_says() {
    let mut wrong = Vec::new();
    for Construct(what, source, number, expected) in CONSTRUCTS {
        let found = mnemonics(&compile(source, 0).0[*number]);
        if found != *expected {
            wrong.push(format!("{what}: {source}\n  expected {expected}\n  found    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const INTRODUCTION: &str = "\
# What the constructs compile to

Made by `crates/compiler/tests/constructs.rs`, which also checks each listing against the reference of the instructions; refresh with
`UPDATE=1 cargo test -p nivose-compiler --test constructs`. `nivose disassemble --opt-level 0 -E EXPRESSION` shows the whole listing of any
expression: the chunk of each function and of each suspended expression. Here is the one that matters.

What is *strict* is followed by `Force`; what is *lazy* is a constant, a variable, a closure, or a `ThunkSuspended`: the chunk of its own that
runs when somebody forces it. What the instructions do is on the page *Instructions*.
";

fn page() -> String {
    let mut page = String::from(INTRODUCTION);
    for Construct(what, source, number, _) in CONSTRUCTS {
        let (chunks, analysed) = compile(source, 0);
        let listing = disassemble(&chunks[*number], &analysed.symbols, None);
        page.push_str(&format!("\n## {what}\n\n```nix\n{source}\n```\n```text\n{listing}```\n"));
    }
    page
}

#[test]
fn the_page_in_the_documentation_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/constructs.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, page()).expect("page");
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(found == page(), "docs/constructs.md is out of date: run the test with UPDATE=1");
}
