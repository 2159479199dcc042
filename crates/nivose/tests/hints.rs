//! What is said of errors beyond their headlines.

use nivose::raw::{Evaluator, Options, Origin};
use nivose::world::MemoryWorld;

/// The notes and suggestions of the error that a source ends with; places as `line:column`.
fn said(text: impl AsRef<[u8]>) -> String {
    said_by(Evaluator::new(Options::default(), Box::new(MemoryWorld::new())), text.as_ref())
}

fn said_by(mut evaluator: Evaluator, text: &[u8]) -> String {
    let result = evaluator.evaluate(Origin::String, text.into(), b"/".to_vec());
    let forced = result.and_then(|value| evaluator.force_deep(value));
    let error = evaluator.explain(forced.expect_err("a failure"));
    let sources = &evaluator.machine().shared.sources;
    let mut lines: Vec<String> = Vec::new();
    for note in error.notes() {
        let place = sources.resolve(note.pos).map(|(_, at)| format!(" @{}:{}", at.line, at.column));
        lines.push(String::from_utf8_lossy(&note.message).into_owned() + &place.unwrap_or_default());
    }
    lines.extend(error.suggestions().iter().map(|name| format!("? {name}")));
    lines.join("\n")
}

#[test]
fn operands_are_followed_to_where_they_are_written() {
    assert_eq!(said("let n = \"1\"; in n ++ [ ]"), "'n' is defined @1:5");
    assert_eq!(said("let a = b; b = \"1\"; in a - 1"), "'a' is defined @1:5\n'b' is defined @1:12");
    assert_eq!(said("let c = { p.q = 1; }; in c.p.q // { }"), "'c.p.q' is defined @1:11");
    assert_eq!(said("(x: !x) 1"), "'x' is an argument of the function @1:2");
    assert_eq!(said("rec { n = 1; r = builtins.attrNames n; }"), "'n' is defined @1:7");
    assert_eq!(said("let inherit ({ a = 1; }) a; in if a then 1 else 2"), "'a' is defined @1:26");
    assert_eq!(said("1 ++ [ ]"), "");
}

#[test]
fn missing_attributes_say_what_there_is() {
    let text = "let s = { a.bcd = 1; }; in s.a.bcx";
    let expected = "the set has only 'bcd', defined @1:11\n's.a' is there, but has no such attribute\n? bcd";
    assert_eq!(said(text), expected);
    assert_eq!(said("{ }.a"), "the set is empty");
    assert_eq!(said("({ b = 1; \"c d\" = 2; }).a"), "the set has b, \"c d\", defined @1:4\n? b");
}

#[test]
fn undefined_variables_are_near_to_others() {
    assert_eq!(said("let version = 1; in versoin"), "? version");
    assert_eq!(said("True"), "? true");
    assert_eq!(
        said("{ lib, ... }: pkgs"),
        "this function does not take 'pkgs'; its callers may offer it @1:1"
    );
    assert_eq!(said("q"), "");
    assert_eq!(
        said("{ a = 1; b = a; }"),
        "the attribute 'a' would be a variable in 'rec { }' only; it is defined @1:3"
    );
    assert_eq!(said("let version = 1; in { inherit versoin; }"), "? version");
    assert_eq!(said("[ bar ]"), "");
}

#[test]
fn wrong_calls_show_call_and_definition() {
    assert_eq!(said("let f = { a }: a; in 1 + f { }"), "the function is called @1:26");
    let expected = "the function is called @1:22\nthe argument is given @1:26\n? a";
    assert_eq!(said("let f = { a }: a; in f { ab = 1; a = 1; }"), expected);
    let text = "let f = { name, src }: name; in f { nam = 1; src = 2; }";
    assert_eq!(said(text), "the function is called @1:33\nthe call gives 'nam' instead @1:37");
    assert_eq!(said("let f = { ab, ac ? 2 }: ab; in f { ac = 1; }"), "the function is called @1:32");
    assert_eq!(said("let f = x: x; in f 1 2"), "the function takes 1 argument, and the call has 2 @1:5");
    assert_eq!(said("let n = 3; in n 1"), "'n' is defined @1:5");
    let expected = "the function is called @1:30\n'x' is defined @1:20";
    assert_eq!(said("let f = { a }: a;  x = 1; in f x"), expected);
}

#[test]
fn cycles_are_shown_step_by_step() {
    assert_eq!(said("let x = x; in x"), "'x' needs 'x' @1:5");
    let text = "let fix = f: let x = f x; in x; in (fix (s: { a = s.b + 1; b = s.c; c = s.a; })).a";
    assert_eq!(said(text), "'a' needs 's.b' @1:47\n'b' needs 's.c' @1:60\n'c' needs 's.a' @1:69");
    let text = "rec { x = y + 1; y = z * 2; z = x; }.x";
    assert_eq!(said(text), "'x' needs 'y' @1:7\n'y' needs 'z' @1:18\n'z' needs 'x' @1:29");
    let text = "let l = { a = l.b + 1; b = l.c; c = l.a; }; in l.a";
    assert_eq!(said(text), "'a' needs 'l.b' @1:11\n'b' needs 'l.c' @1:24\n'c' needs 'l.a' @1:33");
}

#[test]
fn cycles_of_options_are_named_by_option() {
    let text = "let x = builtins.addErrorContext \"while evaluating the option `a.b':\" (1 + x); in x";
    assert_eq!(said(text), "the option 'a.b' needs its own value");
    let frame = "while evaluating the module argument `config' in \\\"f\\\":";
    let text = format!("let x = builtins.addErrorContext \"{frame}\" (1 + x); in x");
    assert_eq!(said(&text), "the argument 'config' of the modules needs its own value");
}

#[test]
fn syntax_errors_name_what_is_missing() {
    assert_eq!(said("{\n  a = 1\n  b = 2; }"), "a ';' may be missing @2:7");
    assert_eq!(said("{ a = \"x; }"), "this is not closed @1:7");
    assert_eq!(said("1 +"), "");
    assert_eq!(said("{ a = (1 + 2; }"), "this is not closed @1:7");
    assert_eq!(said("{ a = [ (1) 2; }"), "this is not closed @1:7");
    assert_eq!(said("{ a = ; }"), "");
    assert_eq!(said("[ 1, 2 ]"), "elements of a list are separated by blanks");
    assert_eq!(said("f(1, 2)"), "arguments are separated by blanks, as in 'f a b'");
    assert_eq!(said("{ a = 1, b = 2; }"), "attributes end with ';'");
    assert_eq!(said("let a = 1, b = 2; in a"), "bindings end with ';'");
    assert_eq!(said("{ inherit (x) a, b; }"), "the names after 'inherit' are separated by blanks");
    assert_eq!(said("[ 1 (2 ]"), "this is not closed @1:5");
    assert_eq!(said("(f [ 1 )"), "this is not closed @1:4");
    assert_eq!(said("let a = 1; a + 1"), "'in' and the result are missing of this @1:1");
    assert_eq!(said("a = 1;"), "attributes stand in braces: '{ name = value; }'");
    assert_eq!(said("{ a: 1; }"), "'=' gives an attribute its value");
    assert_eq!(said("if 1 = 2 then 3 else 4"), "'==' compares two values");
    assert_eq!(said("if true then 1"), "every 'if' has an 'else'");
    assert_eq!(said("{ a == 1; }"), "'=' gives an attribute its value");
    assert_eq!(said("x => x"), "a function is written 'x: ...'");
    assert_eq!(said("import ./a.nix;"), "an expression has no ';' at its end");
    for text in ["[ a: a ]", "[ if a then b else c ]", "[ a ++ b ]", "[ 1 -1 ]"] {
        assert_eq!(said(text), "functions and operations stand in parentheses within a list");
    }
    let expected = "a variable has no '$' before it; '${ }' puts a value into a string, path or name";
    assert_eq!(said("\"$x\" + $y"), expected);
    assert_eq!(said("1 $ 2"), "");
}

#[test]
fn all_undefined_variables_are_named() {
    let mut evaluator = Evaluator::new(Options::default(), Box::new(MemoryWorld::new()));
    let text = "{ a = foo; b = [ bar foo ]; c = with { }; baz; d = x: x; }";
    let error = evaluator.evaluate(Origin::String, text.into(), b"/".to_vec()).expect_err("a variable");
    let further = evaluator.further_errors(&error);
    let texts: Vec<_> = further.iter().map(|error| error.text().into_owned()).collect();
    assert_eq!(
        (error.text().as_ref(), texts.join(", ").as_str()),
        ("undefined variable 'foo'", "undefined variable 'bar'")
    );
}

#[test]
fn habits_of_other_languages_are_recognised() {
    let element = "'builtins.elemAt list 0' is the first element of a list";
    assert_eq!((said("[ 1 ].0"), said("let l = [ 1 ]; in l[0]")), (element.into(), element.into()));
    let expected = "'set.name' selects an attribute, 'set.${name}' the one that a variable names";
    assert_eq!(said("let s = { a = 1; }; in s[\"a\"]"), expected);
    let name = "'-' is a part of this name; it subtracts if there are blanks around it";
    assert_eq!((said("let a = 1; b = 2; in a-b"), said("x: x-1")), (name.into(), name.into()));
    assert_eq!(said("let a = 1; in a-b"), "");
    let sign = "'-' subtracts here; a negative argument stands in parentheses, as in 'f (-1)'";
    assert_eq!(said("let f = x: x; in f -1"), format!("'f' is defined @1:5\n{sign}"));
}

#[test]
fn other_errors_have_a_word_more() {
    assert_eq!(said("1 + \"2\""), "'toString' makes a string of a number");
    assert_eq!(said("(x: y: x) 1 + \"2\""), "the function may lack an argument");
    assert_eq!(said("let c = { s = null; }; in c.s.t.u"), "'c.s' is defined @1:11");
    assert_eq!(said("\"${1}\""), "'toString' makes a string of it");
    assert_eq!(said("[ ] + [ ]"), "'++' joins lists");
    assert_eq!(said("{ } ++ { }"), "'//' merges sets");
    assert_eq!(said("let c = 0; in assert c > 0; 1"), "'c' is defined @1:5");
    assert_eq!(said("let l = [ ]; in builtins.head l"), "'l' is defined @1:5");
    assert_eq!(said("let x = { a = 1; }; in x.a.b.c"), "'x.a' is defined @1:11");
    assert_eq!(said("with { hello = 1; }; helo"), "? hello");
    assert_eq!(said("with builtins; lenght [ ]"), "? length");
    let expected = "nor is it in '{ b = 2; }' of the 'with' around it";
    assert_eq!(said("with { b = 2; }; nothing"), expected);
    assert_eq!(said("<nixpkgs>"), "the search path is empty");
    assert_eq!(said("import /no/such/file.nix"), "there is no directory '/no/such' either");
}

#[test]
fn the_search_path_is_told_if_it_was_searched() {
    for text in ["<nope>", "builtins.findFile builtins.nixPath \"nope\"", "__findFile __nixPath \"nope\""] {
        assert_eq!(said(text), "the search path is empty", "{text}");
    }
    let list = "[ { prefix = \"q\"; path = /.; } ]";
    for text in [
        format!("builtins.findFile {list} \"nope\""),
        format!("let __nixPath = {list}; in <nope>"),
        format!("let __nixPath = {list}; in __findFile __nixPath \"nope\""),
        format!("map (builtins.findFile {list}) [ \"nope\" ]"),
    ] {
        assert_eq!(said(&text), "", "{text}");
    }
}

#[test]
fn files_that_may_not_be_read_are_not_told() {
    let explained = |set: fn(&mut Options), text: &str| {
        let world = MemoryWorld::new()
            .with_file("/work/seen/name.nix", "1")
            .with_file("/work/seen/link-target", "1")
            .with_file("/work/hidden/text", "1");
        let mut options = Options::default();
        set(&mut options);
        options.settings.allowed_paths = vec![b"/work/seen".to_vec()];
        said_by(Evaluator::new(options, Box::new(world)), text.as_bytes())
    };
    let restricted: fn(&mut Options) = |options| options.settings.restrict_eval = true;
    let pure: fn(&mut Options) = |options| options.settings.pure_eval = true;
    // The same whether there is such a file or not.
    for text in ["\"${/work/hidden/text}\"", "\"${/work/hidden/test}\"", "\"${/work/hiddem}\""] {
        assert_eq!(explained(restricted, text), "it may not be read in restricted mode", "{text}");
        assert_eq!(explained(pure, text), "it may not be read in pure evaluation mode", "{text}");
    }
    for set in [restricted, pure, |_: &mut Options| ()] {
        assert_eq!(explained(set, "import /work/seen/nane.nix"), "? name.nix");
    }
    assert_eq!(explained(|_| (), "\"${/work/hidden/test}\""), "? text");
}

#[test]
fn characters_that_look_like_others_are_named() {
    for (text, expected) in [
        ("\u{feff}1", "this is U+FEFF, a byte order mark; files are saved without it"),
        ("{ a =\u{a0}1; }", "this is U+00A0, a no-break space; words are separated by ' '"),
        ("{ a = “x”; }", "'“' is U+201C, a curly quote; strings stand between '\"'"),
        ("‘x’", "'‘' is U+2018, a curly quote; strings stand between '\"'"),
        ("1 – 2", "'–' is U+2013, an en dash; the minus is '-'"),
        ("[ — ]", "'—' is U+2014, an em dash; the minus is '-'"),
        ("1 − 2", "'−' is U+2212, a minus sign; the one of ASCII is '-'"),
        ("a\u{2011}b", "'\u{2011}' is U+2011, a hyphen; the one of ASCII is '-'"),
        ("{ a, … }: a", "'…' is U+2026, an ellipsis; the one of ASCII is '...'"),
        ("{ a = 1；}", "'；' is U+FF1B, a fullwidth character; the one of ASCII is ';'"),
        ("[\u{3000}1 ]", "this is U+3000, an ideographic space; words are separated by ' '"),
        ("1\u{200b}", "this is U+200B, a character without width; it is to be left out"),
        ("{ é = 1; }", "'é' is U+00E9; only strings and comments have characters other than those of ASCII"),
        ("1 $ 2", ""),
    ] {
        assert_eq!(said(text), expected, "{text}");
    }
    let utf16 = "the source is in UTF-16; files are saved in UTF-8";
    assert_eq!((said(b"\xff\xfe1\0"), said(b"\xfe\xff\x001")), (utf16.into(), utf16.into()));
    assert_eq!(said(b"1 \xff"), "");
}

#[test]
fn deep_and_odd_sources_are_no_problem() {
    let deep = format!("{}1 ++ [ ]{}", "(".repeat(50_000), ")".repeat(50_000));
    assert_eq!(said(&deep), "");
    let chain: String = (0..1000).map(|n| format!("v{n} = v{}; ", n + 1)).collect();
    assert!(said(format!("let {chain} v1000 = 1; in v0 ++ [ ]")).starts_with("'v0' is defined"));
}
