//! The headlines of errors and where they point.

mod common;

use common::{headline, print};

/// Asserts that each source fails with that syntax error.
fn check_syntax(table: &[(&str, &str)]) {
    for (source, message) in table {
        assert_eq!(headline(source.as_bytes()), format!("syntax error, {message}"), "{source}");
    }
}

#[test]
fn the_end_of_the_file() {
    check_syntax(&[
        ("", "unexpected end of file"),
        ("1 +", "unexpected end of file"),
        ("x:", "unexpected end of file"),
        ("[ 1 2", "unexpected end of file"),
        ("(1", "unexpected end of file, expecting ')'"),
        ("if true then 1", "unexpected end of file, expecting 'else'"),
        ("if true", "unexpected end of file, expecting 'then'"),
        ("with { } 1", "unexpected end of file, expecting ';'"),
        ("assert true 1", "unexpected end of file, expecting ';'"),
        ("{ a = 1", "unexpected end of file, expecting ';'"),
        ("{ a", "unexpected end of file, expecting '.' or '='"),
        ("{", "unexpected end of file, expecting 'inherit'"),
        ("rec {", "unexpected end of file, expecting 'inherit' or '}'"),
        ("let", "unexpected end of file, expecting 'in' or 'inherit'"),
        ("let a = 1; a", "unexpected end of file, expecting '.' or '='"),
        ("1 + let", "unexpected end of file, expecting '{'"),
        ("rec", "unexpected end of file, expecting '{'"),
        ("a.", "unexpected end of file, expecting identifier or 'or' or '${' or '\"'"),
        ("a ?", "unexpected end of file, expecting identifier or 'or' or '${' or '\"'"),
        ("\"a", "unexpected end of file, expecting '\"'"),
        ("\"a ${ \"b\"", "unexpected end of file, expecting '}'"),
        ("\"a\\", "unexpected end of file, expecting '\"'"),
        ("\"$", "unexpected end of file, expecting '\"'"),
        ("''a", "unexpected end of file, expecting indented string or '${' or end of an indented string"),
        ("''a''\\", "unexpected invalid token, expecting end of file"),
        ("./a${x", "unexpected end of file, expecting '}'"),
        ("{ inherit a", "unexpected end of file"),
        ("{ inherit (a", "unexpected end of file, expecting ')'"),
        ("a@", "unexpected end of file, expecting '{'"),
        ("{ a }", "unexpected end of file, expecting ':' or '@'"),
        ("{ a }@", "unexpected end of file, expecting identifier"),
        ("{ a }@b", "unexpected end of file, expecting ':'"),
        ("a@{ b, ...", "unexpected end of file, expecting '}'"),
    ]);
}

#[test]
fn tokens_out_of_place() {
    check_syntax(&[
        ("1 )", "unexpected ')', expecting end of file"),
        ("1; 2", "unexpected ';', expecting end of file"),
        ("{ a = 1 }", "unexpected '}', expecting ';'"),
        ("{ a: 1; }", "unexpected ':', expecting '.' or '='"),
        ("{ a; }", "unexpected ';', expecting '.' or '='"),
        ("{ if = 1; }", "unexpected 'if', expecting 'inherit'"),
        ("{ ..., a }: a", "unexpected ',', expecting '}'"),
        ("[ 1, 2 ]", "unexpected ','"),
        ("[ x: x ]", "unexpected ':'"),
        ("[ -1 ]", "unexpected '-'"),
        ("[ { } // { } ]", "unexpected '//'"),
        ("1 == 1 == true", "unexpected '=='"),
        ("1 != 2 == true", "unexpected '=='"),
        ("1 < 2 < 3", "unexpected '<'"),
        ("1 ++ * 2", "unexpected '*'"),
        ("{ }.x or -1", "unexpected '-'"),
        ("let or = 1; in or", "unexpected 'or'"),
        ("a@{ b }@c: b", "unexpected '@', expecting ':'"),
        ("1 |> x: x", "unexpected ':', expecting end of file"),
        ("a |> f <| b", "unexpected '<|', expecting end of file"),
        ("1 + if a then b else c", "unexpected 'if'"),
        ("\"a ${} b\"", "unexpected '}'"),
        ("1 ${a}", "unexpected '${', expecting end of file"),
        ("a${x}", "unexpected '${', expecting end of file"),
        ("\\x -> x", "unexpected invalid token"),
        ("1 /* never closed", "unexpected '*'"),
        ("/", "unexpected '/'"),
        (".", "unexpected '.'"),
        ("~", "unexpected invalid token"),
        ("1 é", "unexpected invalid token, expecting end of file"),
        ("./a//b", "unexpected end of path, expecting '${'"),
        ("{ inherit 3; }", "unexpected integer"),
        ("a ? 1.5", "unexpected floating-point literal, expecting identifier or 'or' or '${' or '\"'"),
        ("0.", "unexpected end of file, expecting identifier or 'or' or '${' or '\"'"),
    ]);
}

#[test]
fn literals() {
    for (source, message) in [
        ("9223372036854775808", "invalid integer '9223372036854775808'"),
        ("1.0e400", "invalid float '1.0e400'"),
        ("1.0e-320", "invalid float '1.0e-320'"),
        ("1.0e-999", "invalid float '1.0e-999'"),
        ("./a/", "path has a trailing slash"),
        ("./${x}/", "path has a trailing slash"),
        ("./a/*c*/", "path has a trailing slash"),
        ("~/a/", "path has a trailing slash"),
        ("\"a\0b\"", "input string 'a␀b' cannot be represented as Nix string because it contains null bytes"),
        ("''a\0b''", "input string 'a␀b' cannot be represented as Nix string because it contains null bytes"),
    ] {
        assert_eq!(headline(source.as_bytes()), message, "{source}");
    }
}

#[test]
fn definitions() {
    for (source, message) in [
        ("{ x = 1; x = 2; }", "9: attribute 'x' already defined at @2"),
        ("{ a.b = 1; a.b.c = 2; }", "11: attribute 'a.b' already defined at @2"),
        ("{ a = { b = 1; }; a.b = 2; }", "18: attribute 'a.b' already defined at @8"),
        ("{ a = {b = 1;}; a = {b=2;}; }", "7: attribute 'b' already defined at @21"),
        ("{ \"a b\" = 1; ${\"a b\"} = 2; }", "13: attribute '\"a b\"' already defined at @2"),
        ("{ inherit a; a = 2; }", "13: attribute 'a' already defined at @10"),
        ("{ inherit a; a.y = 2; }", "13: attribute 'a' already defined at @10"),
        ("{ inherit a; inherit (s) a; }", "25: attribute 'a' already defined at @10"),
        ("{ a = 1; inherit a; }", "17: attribute 'a' already defined at @2"),
        ("let ${a} = 1; in 2", "0: dynamic attributes not allowed in let"),
        ("{ inherit ${a}; }", "10: dynamic attributes not allowed in inherit"),
        ("{ inherit \"${a}\"; }", "10: dynamic attributes not allowed in inherit"),
        ("{ x, x }: 1", "5: duplicate formal function argument 'x'"),
        ("{ x }@x: 1", "0: duplicate formal function argument 'x'"),
        ("{a,b,c,d,e,f,g,h,i,b,a}: 1", "19: duplicate formal function argument 'b'"),
    ] {
        assert_eq!(print(source.as_bytes()), message, "{source}");
    }
}

#[test]
fn a_name_is_found_again_in_a_large_set() {
    let names: String = (0..100).map(|i| format!("a{i} = {i}; ")).collect();
    let source = format!("{{ {names} a50 = 1; }}");
    assert!(headline(source.as_bytes()).starts_with("attribute 'a50' already defined at @"));
    let fine = format!("{{ {names} b = {{ {names} }}; b.c = 1; b.a7.d = 1; }}");
    assert!(headline(fine.as_bytes()).starts_with("attribute 'b.a7' already defined at @"));
}

#[test]
fn pipes_need_their_feature() {
    let describe = |_| String::new();
    let options =
        nivose_syntax::ParseOptions { pipe_operators: false, describe: &describe, watch: &|_| Ok(()) };
    for source in ["1 |> f", "f <| 1"] {
        let mut symbols = nivose_base::Symbols::new();
        let parse = nivose_syntax::parse(source.as_bytes(), nivose_base::Pos(1), &mut symbols, &options);
        let message = "experimental Nix feature 'pipe-operators' is disabled; \
                       add '--extra-experimental-features pipe-operators' to enable it";
        assert_eq!(parse.diagnostics.first().map(|e| e.text().into_owned()), Some(message.into()));
    }
}

#[test]
fn ends_of_files_are_pointed_at() {
    assert_eq!(print(b"(a\n\n"), "2: syntax error, unexpected end of file, expecting ')'");
    assert_eq!(print(b"(a"), "1: syntax error, unexpected end of file, expecting ')'");
    assert_eq!(print(b""), "0: syntax error, unexpected end of file");
}
