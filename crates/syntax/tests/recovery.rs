//! Several errors of one source, without those that only follow from others.

use nivose_base::{Pos, Symbols};
use nivose_syntax::{Around, ParseOptions, all_errors, brackets_around, unclosed};

/// The places of the errors as offsets, and their headlines.
fn errors(text: &str) -> Vec<(u32, String)> {
    let options =
        ParseOptions { pipe_operators: false, describe: &|offset| format!("@{offset}"), watch: &|_| Ok(()) };
    let found = all_errors(text.as_bytes(), Pos(1), &mut Symbols::new(), &options);
    found.iter().map(|error| (error.pos().0 - 1, error.text().into_owned())).collect()
}

/// What the source has at each error.
fn places(text: &str) -> Vec<String> {
    let rest = |offset: u32| text.get(offset as usize..).unwrap_or_default();
    errors(text).iter().map(|(offset, _)| rest(*offset).chars().take(3).collect()).collect()
}

#[test]
fn each_broken_binding_is_reported_once() {
    assert_eq!(places("{ a = 1 +; b = 2; c = ); d = [ 1 ; }"), ["; b", "); ", "; }"]);
    assert_eq!(places("let a = = 1; b = if x then 2; in a."), ["= 1", "; i", "."]);
    assert_eq!(places("{ a = { b = 1 +; c = 2 *; }; d = (; }"), ["; c", "; }", "; }"]);
    assert!(errors("{ a = 1; }").is_empty());
}

#[test]
fn errors_do_not_cascade() {
    assert_eq!(places("{ a = (1 + 2; b = 3; }"), ["; b"]);
    assert_eq!(places("{ a = 1\n  b = 2;\n  c = 3; }"), ["= 2"]);
    assert_eq!(places("{ a = 1 + + with x; 2; b = 3; }"), ["+ w"]);
    assert_eq!(places("{ a = let x = 1; in + ; b = 2; }"), ["+ ;"]);
    assert_eq!(places("{ a = \"x ${1 + ;} ; \"; b = 2; }"), [";} "]);
    assert_eq!(places("{ a = ''; ${1 +} ;''; b = +; }"), ["} ;", "+; "]);
    assert_eq!(places("{ a = + # ; }\n /* ; */ ; b = +; }"), ["+ #", "+; "]);
    assert_eq!(places("{ a b; c = 1; d = ; }"), ["b; ", "; }"]);
    assert_eq!(places("{ a = \"unclosed; b = 2; }").len(), 1);
    assert_eq!(places("1 + ) )"), [") )"]);
}

#[test]
fn duplicates_count_as_errors() {
    let found = errors("{ a = 1; a = 2; b = +; }");
    let expected = [(9, "attribute 'a' already defined at @2"), (20, "syntax error, unexpected '+'")];
    assert_eq!(found, expected.map(|(offset, text)| (offset, text.to_owned())));
}

#[test]
fn there_is_an_end_to_it() {
    let many: String = (0..100).map(|n| format!("a{n} = +; ")).collect();
    assert_eq!(errors(&format!("{{ {many} }}")).len(), 10);
    for text in
        ["", "{", "}", "\"${", "''${", "{ a = ${; }", "{ in = 1; }", "{ a = \u{0}; }", "a: { b = ]; }"]
    {
        assert!(errors(text).len() <= 2, "{text}");
    }
}

#[test]
fn what_is_open_at_the_end_is_found() {
    let found = |text: &str| unclosed(text.as_bytes());
    assert_eq!(found("{ a = \"x; }"), Some(6));
    assert_eq!(found("{ a = [ 1 (2) ; }"), None);
    assert_eq!(found("{ a = { b = 1; c = ''x ${y} '; }"), Some(19));
    assert_eq!(found("{ a = { b = 1; }"), Some(0));
    assert_eq!(found("let a = 1; "), Some(0));
    assert_eq!(found("{ a = 1; } # {"), None);
    assert_eq!(found(") ] } in \"a\""), None);
    assert_eq!(found("{\n  a = \"x;\n  b = \"y\";\n}"), Some(8));
    assert_eq!(found("{\n  a = {\n    b = 1;\n}\n"), Some(8));
}

#[test]
fn brackets_around_a_place() {
    let around = |text: &str| brackets_around(text.as_bytes(), text.find('|').expect("a mark"));
    assert_eq!(around("[ 1 (2) | ]"), (Around::List, Some(0)));
    assert_eq!(around("[ f (1 | 2) ]"), (Around::Parentheses, Some(4)));
    assert_eq!(around("[ { a = \"(\"; | } ]"), (Around::Braces, Some(2)));
    assert_eq!(around(") |"), (Around::Other, None));
}
