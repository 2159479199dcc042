//! Deep and long sources: nothing nests on the native stack, and nothing takes quadratic time.

mod common;

use common::parse_text;
use nivose_base::Symbols;
use nivose_syntax::print::{PathBase, print_expr};

/// Parses and prints on a small stack; says the headline of the error, if there is one.
fn parse_and_print(source: String) -> Option<String> {
    let work = move || {
        let mut symbols = Symbols::new();
        let parse = parse_text(source.as_bytes(), &mut symbols);
        if let Some(root) = parse.tree.root {
            let base = PathBase { directory: b"/", home: b"/" };
            assert!(!print_expr(&parse.tree, root, &symbols, base).is_empty());
        }
        parse.diagnostics.first().map(|error| error.text().into_owned())
    };
    let thread = std::thread::Builder::new().stack_size(128 * 1024).spawn(work);
    thread.expect("a thread").join().expect("no panic")
}

fn nested(open: &str, inner: &str, close: &str, levels: usize) -> String {
    [open.repeat(levels), inner.to_owned(), close.repeat(levels)].concat()
}

const BRACKETS: [(&str, &str, &str); 9] = [
    ("(", "1", ")"),
    ("[", "1", "]"),
    ("{a=", "1", ";}"),
    ("\"${", "1", "}\""),
    ("''${", "1", "}''"),
    ("./a${", "1", "}"),
    ("{${", "\"a\"", "}=1;}"),
    ("{a?", "1", "}:1"),
    ("let a=", "1", ";in a"),
];

#[test]
fn brackets_nest_deep() {
    for (open, inner, close) in BRACKETS {
        assert_eq!(parse_and_print(nested(open, inner, close, 40_000)), None, "{open}");
    }
}

#[test]
fn brackets_that_nest_too_deep_are_an_error() {
    let message = "the expression is nested too deeply (more than 100000 levels)";
    for (open, inner, close) in BRACKETS {
        let headline = parse_and_print(nested(open, inner, close, 100_001));
        assert_eq!(headline.as_deref(), Some(message), "{open}");
    }
    let path = format!("{{ {}a = 1; }}", "a.".repeat(100_000));
    assert_eq!(parse_and_print(path).as_deref(), Some(message));
}

#[test]
fn unclosed_brackets_are_an_error() {
    for (open, ..) in BRACKETS {
        assert!(parse_and_print(open.repeat(200_000)).is_some(), "{open}");
    }
}

#[test]
fn long_lists_of_names_have_no_limit() {
    let numbered =
        |before: &str, after: &str| (0..200_000).map(|i| format!("{before}{i}{after}")).collect::<String>();
    for source in [
        format!("x: x{}", ".\"a\"".repeat(200_000)),
        format!("x: x{}", ".${\"a\"}".repeat(200_000)),
        format!("{{ inherit {}; }}", numbered("\"a", "\" ")),
        format!("{{ {} }}", numbered("inherit a", "; ")),
        format!("{{ {} }}", numbered("inherit (1) \"a", "\"; ")),
        format!("{{ {} ... }}: 1", numbered("a", ", ")),
        format!("{{ {} ... }}: 1", numbered("a", " ? 1, ")),
    ] {
        assert_eq!(parse_and_print(source), None);
    }
}

#[test]
fn chains_have_no_limit() {
    for (link, last) in [
        ("a ++ ", "a"),
        ("a + ", "a"),
        ("a -> ", "a"),
        ("a |> ", "a"),
        ("a <| ", "a"),
        ("a ", "a"),
        ("x: ", "x"),
        ("if a then b else ", "c"),
        ("with a; ", "b"),
        ("assert a; ", "b"),
        ("a.b or ", "c"),
        ("a.", "b"),
        ("- ", "a"),
        ("!", "a"),
        ("a ? b ? ", "c"),
        ("{ a }: ", "a"),
        ("let in ", "a"),
        ("''a'' ", "a"),
    ] {
        assert_eq!(parse_and_print(link.repeat(500_000) + last), None, "{link}");
    }
}

#[test]
fn merging_large_sets_again_and_again_is_refused() {
    let attributes: String = (0..2000).map(|i| format!("a{i}=1;")).collect();
    let mut source = format!("{{ s = {{ {attributes} }}; s.x = 1; }}");
    for level in 0..1000 {
        let path = "s.".repeat(level + 1);
        source = format!("{{ s = {source}; s.{path}y{level} = 1; }}");
    }
    let headline = parse_and_print(source);
    assert_eq!(headline.as_deref(), Some("large attribute sets are merged at too many levels"));
}

#[test]
fn depth_counts_brackets() {
    let mut symbols = Symbols::new();
    assert_eq!(parse_text(b"[ ({ a = \"${1}\"; }) ] ++ b", &mut symbols).tree.depth, 4);
    assert_eq!(parse_text(b"a + b", &mut symbols).tree.depth, 0);
}

#[test]
fn a_parse_ends_when_it_is_not_wanted() {
    use nivose_base::{DiagnosticId, Error, Pos};
    use nivose_syntax::{ParseOptions, parse};
    let source = format!("[ {}]", "a ".repeat(1_000_000));
    let most = std::cell::Cell::new(0);
    let watch = |bytes| {
        most.set(most.replace(bytes).max(bytes));
        if bytes > 1 << 20 { Err(Error::new(DiagnosticId::Interrupted, &[])) } else { Ok(()) }
    };
    let options = ParseOptions { pipe_operators: false, describe: &|_| String::new(), watch: &watch };
    let parsed = parse(source.as_bytes(), Pos(1), &mut Symbols::new(), &options);
    assert_eq!(parsed.diagnostics.first().map(Error::id), Some(DiagnosticId::Interrupted));
    assert!(most.get() < 10 << 20, "{} bytes", most.get());
}
