//! What sources are parsed to, by the text that the tree is printed as.

mod common;

use common::print;

/// Asserts that each source is printed so.
fn check(table: &[(&str, &str)]) {
    for (source, printed) in table {
        assert_eq!(print(source.as_bytes()), *printed, "{source}");
    }
}

#[test]
fn numbers() {
    check(&[
        ("007", "7"),
        ("9223372036854775807", "9223372036854775807"),
        ("[ 1. .5 1.e3 1.5e-2 0.5 0.0 ]", "[ (1) (0.5) (1000) (0.015) (0.5) (0) ]"),
        ("[1.5.5]", "[ (1.5) (0.5) ]"),
        ("1e3", "(1 e3)"),
        ("01.5", "(1 0.5)"),
        ("0x10", "(0 x10)"),
        ("8.x", "(8 x)"),
        ("(1).a or 2", "(1).a or (2)"),
        (
            "[ 1.7976931348623157e308 123456.7 1234567.0 0.00001234 1.0e100 ]",
            "[ (1.79769e+308) (123457) (1.23457e+06) (1.234e-05) (1e+100) ]",
        ),
    ]);
}

#[test]
fn words_paths_and_uris() {
    check(&[
        ("[ a-b a' true or_ f''x'' ]", "[ (a-b) (a') (true) (or_) (f''x'') ]"),
        ("a -b", "(__sub a b)"),
        ("false->true", "(__lessThan true false-)"),
        ("x:x", "\"x:x\""),
        ("http://a.b/c?d=e", "\"http://a.b/c?d=e\""),
        ("_:x", "(_: x)"),
        ("{a}:a", "({ a }: a)"),
        ("a.b.c:d", "\"a.b.c:d\""),
        (
            "[ a/b 4/2 .../a ./a/../b ../c /d/./e a_b/c ]",
            "[ (/dir/a/b) (/dir/4/2) (/dir/.../a) (/dir/b) (/c) (/d/e) (/dir/a_b/c) ]",
        ),
        ("[ ~/x ~/y/../z ]", "[ (/home/x) (/home/z) ]"),
        ("a /b", "(a /b)"),
        ("a/ b", "(__div a b)"),
        ("[ ./a./b +/c -/d ]", "[ (/dir/a./b) (/dir/+/c) (/dir/-/d) ]"),
        ("<x/y-z>", "(__findFile __nixPath \"x/y-z\")"),
        ("<a> <b>", "(__findFile __nixPath \"a\" (__findFile __nixPath \"b\"))"),
        ("a <b", "(__lessThan a b)"),
        ("a.b.c", "(a).b.c"),
    ]);
}

#[test]
fn path_interpolation() {
    check(&[
        ("./a-${x}/b", "(/dir/a- + x + \"/b\")"),
        ("./${x}", "(/dir/ + x)"),
        ("/${x}", "(/ + x)"),
        ("~/${x}", "(/home/ + x)"),
        ("~/a${x}b/${y}", "(/home/a + x + \"b/\" + y)"),
        ("./a/${x}//b", "(/dir/a/ + x + \"//b\")"),
        ("./a//${x}", "(/dir/a/ + x)"),
        ("[ ./a${\"}\"}b c ]", "[ ((/dir/a + \"}\" + \"b\")) (c) ]"),
    ]);
}

#[test]
fn strings() {
    check(&[
        (r#""\n\r\t\u\$\"\\""#, r#""\n\r\tu$\"\\""#),
        (r#""$$ $ $${x} \${x} $""#, r#""$$ $ $\${x} \${x} $""#),
        (r#""a${"b"}c${d}""#, r#"("a" + "b" + "c" + d)"#),
        (r#""${a}""#, "(a)"),
        (r#""${"${"x"}"}""#, r#"(("x"))"#),
        ("\"a\r\nb\rc\n\"", r#""a\nb\nc\n""#),
        ("\"c\\\r\nd\"", r#""c\r\nd""#),
        (r#""a"/* c */"b""#, r#"("a" "b")"#),
        (r#""a${{ b = "}"; }.b}""#, r#"("a" + ({ b = "}"; }).b)"#),
    ]);
}

#[test]
fn indented_strings() {
    check(&[
        ("''a''", "\"a\""),
        ("'' a ''", "\"a \""),
        ("''   ''", "\"\""),
        ("''\n  a\n    b\n  ''", "\"a\\n  b\\n\""),
        ("''\n  a\n\n      \n  b''", "\"a\\n\\n    \\nb\""),
        ("''\n\ta\n  b\n''", "\"\\ta\\n  b\\n\""),
        ("''\n    a\n  ${x}\n''", "(\"  a\\n\" + x + \"\\n\")"),
        ("''\n  ${x}\n    ${y}\n''", "(x + \"\\n  \" + y + \"\\n\")"),
        ("''$ $$ $${x} ''${x} ''$ '' + ''x''", "(\"$ $$ $\\${x} \\${x} $ \" + \"x\")"),
        ("''' '''a''", "\"' ''a\""),
        ("''a''\\n''\\t''\\x''\\${b}''", "\"a\\n\\tx\\${b}\""),
        ("''it's ' ''", "\"it's ' \""),
        ("''\n  a\r\n  b''", "\"a\\r\\nb\""),
        ("''${x}''", "(x)"),
        ("''\n  '''\n    z\n  ''", "\"''\\n  z\\n\""),
        ("''$''", "\"$\""),
        ("''a'${x}''", "(\"a'\" + x)"),
    ]);
}

#[test]
fn precedence() {
    check(&[
        ("1 + 2 * 3 - 4 / 5", "(__sub (1 + (__mul 2 3)) (__div 4 5))"),
        ("a ++ b ++ c", "(a ++ (b ++ c))"),
        ("a // b // c", "(a // (b // c))"),
        ("a -> b -> c", "(a -> (b -> c))"),
        ("a || b && c", "(a || (b && c))"),
        ("a && b || c -> d", "(((a && b) || c) -> d)"),
        ("a == b && c != d", "((a == b) && (c != d))"),
        ("a < b == (c >= d)", "((__lessThan a b) == (! (__lessThan c d)))"),
        ("a > b", "(__lessThan b a)"),
        ("a <= b", "(! (__lessThan b a))"),
        ("!a + b", "(! (a + b))"),
        ("!a // b", "((! a) // b)"),
        ("1 * !a + b", "(__mul 1 (! (a + b)))"),
        ("!!a == b", "((! (! a)) == b)"),
        ("!a ? b", "(! ((a) ? b))"),
        ("-1 ? x", "(((__sub 0 1)) ? x)"),
        ("a ? b.c ? ${d}", "((((a) ? b.c)) ? \"${d}\")"),
        ("a ++ b ? c", "(a ++ ((b) ? c))"),
        ("-a.b + c", "((__sub 0 (a).b) + c)"),
        ("- - a", "(__sub 0 (__sub 0 a))"),
        ("f (-1) x.y z", "(f (__sub 0 1) (x).y z)"),
        ("a // b == c", "((a // b) == c)"),
        ("a + (b + c)", "(a + (b + c))"),
    ]);
}

#[test]
fn calls_and_selections() {
    check(&[
        ("f a b", "(f a b)"),
        ("(f a) b", "(f a b)"),
        ("(1 - 2) 3", "(__sub 1 2 3)"),
        ("f (a b)", "(f (a b))"),
        ("x.y or 1 2", "((x).y or (1) 2)"),
        ("a.b or c.d or e", "(a).b or ((c).d or (e))"),
        ("e.a.\"b c\".${d}.\"${f}\"", "(e).a.\"b c\".\"${d}\".\"${(f)}\""),
        ("e.${\"a\"}.\"b\"", "(e).a.b"),
        ("[ f or x ]", "[ ((f or)) (x) ]"),
        ("f x or y", "(f (x or) y)"),
        ("(f x) or y", "((f x) or y)"),
        ("(1 - 2) or", "((__sub 1 2) or)"),
        ("{ or = 1; }.or", "({ or = 1; }).or"),
        (
            "[ f 1 rec { } let { } (a b) a.b or c ]",
            "[ (f) (1) (rec { }) ((rec { }).body) ((a b)) ((a).b or (c)) ]",
        ),
        ("a |> f |> g", "(g (f a))"),
        ("f <| g <| a + 1", "(f (g (a + 1)))"),
        ("a -> b |> f x", "((f x) (a -> b))"),
        ("__curPos", "__curPos"),
    ]);
}

#[test]
fn functions() {
    check(&[
        ("x: y: x", "(x: (y: x))"),
        ("{ }: 1", "({  }: 1)"),
        ("{ ... }: 1", "({ ... }: 1)"),
        ("{ b, a ? 1, }: 1", "({ a ? 1, b }: 1)"),
        ("{ a, ... } @ x: 1", "({ a, ... } @ x: 1)"),
        ("x@{ a ? b: c, ... }: 1", "({ a ? (b: c), ... } @ x: 1)"),
        ("{ a }: { b }: a", "({ a }: ({ b }: a))"),
    ]);
}

#[test]
fn keywords() {
    check(&[
        ("if a then b else if c then d else e", "(if a then b else (if c then d else e))"),
        ("assert a; with b; c", "assert a; (with b; c)"),
        ("let a = 1; in let in a", "(let a = 1; in (let in a))"),
        ("let { body = 1; }", "(rec { body = 1; }).body"),
        ("let { a = 1; body = { inherit a; }; }.a", "((rec { a = 1; body = { inherit a; }; }).body).a"),
    ]);
}

#[test]
fn sets() {
    check(&[
        ("{ }", "{ }"),
        ("{ b = 1; a = 2; \"x y\" = 3; }", "{ a = 2; b = 1; \"x y\" = 3; }"),
        ("{ inherit; inherit (a); }", "{ }"),
        (
            "{ z = 1; inherit (s) q p; inherit b a; inherit (t) c \"d\" or; }",
            "{ inherit a b; inherit (s) p q; inherit (t) c d or; z = 1; }",
        ),
        ("{ ${\"a\"} = 1; ${b} = 2; \"${\"c\"}\" = 3; }", "{ a = 1; \"${b}\" = 2; \"${(\"c\")}\" = 3; }"),
        ("{ \"if\" = 1; \"\" = 2; \"1a\" = 3; a' = 4; }", "{ \"\" = 2; \"1a\" = 3; a' = 4; \"if\" = 1; }"),
        ("rec { a = b; b = 1; }", "rec { a = b; b = 1; }"),
    ]);
}

#[test]
fn merged_sets() {
    check(&[
        ("{ a.b.c = 1; a.b.d = 2; a.e = 3; }", "{ a = { b = { c = 1; d = 2; }; e = 3; }; }"),
        ("{ a = { b = 1; }; a.c = 2; }", "{ a = { b = 1; c = 2; }; }"),
        ("{ a.c = 2; a = ({ b = 1; }); }", "{ a = { b = 1; c = 2; }; }"),
        ("{ a = rec { b = 1; }; a.c = b; }", "{ a = rec { b = 1; c = b; }; }"),
        ("{ a = { b = 1; }; a = rec { c = b; }; }", "{ a = { b = 1; c = b; }; }"),
        (
            "{ a = { inherit (x) b; }; a = { inherit (y) c; ${d} = 1; }; }",
            "{ a = { inherit (x) b; inherit (y) c; \"${d}\" = 1; }; }",
        ),
        ("{ ${a}.b = 1; ${a}.c = 2; }", "{ \"${a}\" = { b = 1; }; \"${a}\" = { c = 2; }; }"),
        ("{ x.y = 1; x.${z}.w = 2; }", "{ x = { y = 1; \"${z}\" = { w = 2; }; }; }"),
        ("{ l = { m = { a = 1; }; m.b = 2; }; l.m.c = 3; }", "{ l = { m = { a = 1; b = 2; c = 3; }; }; }"),
        ("let a.b = 1; a.c = 2; in a", "(let a = { b = 1; c = 2; }; in a)"),
    ]);
}

#[test]
fn blanks_and_comments() {
    check(&[
        ("# a\r1", "1"),
        ("/**/ 1 /* * / */ # end", "1"),
        ("1\t\r\n+/*a*//*b*/2", "(1 + 2)"),
        ("# nul \0\n1", "1"),
        ("/* nul \0 */1", "1"),
        ("a/*c*/b", "(a b)"),
    ]);
}
