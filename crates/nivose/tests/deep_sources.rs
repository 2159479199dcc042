//! Sources that nest deeply, all the way from text to printed value, on a small native stack.

use nivose::raw::{Evaluator, Options, Origin, PrintOptions};
use nivose::world::MemoryWorld;

/// Levels of what nests without brackets.
const LEVELS: usize = 100_000;

/// Levels of brackets, of which the parser allows that many.
const BRACKETS: usize = 90_000;

/// The value of a source as text, or the headline of its error.
fn evaluate(source: String, level: u8) -> String {
    let work = move || {
        let options = Options { level, ..Options::default() };
        let mut evaluator = Evaluator::new(options, Box::new(MemoryWorld::new()));
        let value = evaluator
            .evaluate(Origin::String, source.into(), b"/".to_vec())
            .and_then(|value| evaluator.force_deep(value))
            .and_then(|value| evaluator.print(value, PrintOptions::INSTANTIATE));
        match value {
            Ok(text) => String::from_utf8_lossy(&text).into_owned(),
            Err(error) => error.text().into_owned(),
        }
    };
    let thread = std::thread::Builder::new().stack_size(192 * 1024).spawn(work);
    thread.expect("a thread").join().expect("no panic")
}

fn check(open: &str, inner: &str, close: &str, levels: usize, expected: &str) {
    let source = [open.repeat(levels), inner.to_owned(), close.repeat(levels)].concat();
    for level in [0, 1] {
        assert_eq!(evaluate(source.clone(), level), expected, "{open} {inner} {close} at level {level}");
    }
}

#[test]
fn what_an_error_means_is_sought_through_deep_scopes() {
    let work = || {
        let mut evaluator = Evaluator::new(Options::default(), Box::new(MemoryWorld::new()));
        let source = format!("(x: {}x + 1) {{ }}", "let inherit x; in ".repeat(LEVELS));
        let error = evaluator.evaluate(Origin::String, source.into(), b"/".to_vec()).expect_err("no number");
        evaluator.explain(error).text().into_owned()
    };
    let thread = std::thread::Builder::new().stack_size(192 * 1024).spawn(work).expect("a thread");
    assert_eq!(thread.join().expect("no panic"), "cannot coerce a set to a string: { }");
}

#[test]
fn prefixes_nest_deep() {
    check("assert true; ", "1", "", LEVELS, "1");
    check("assert 1 == 1; ", "1", "", LEVELS, "1");
    check("if true then ", "1", " else 2", LEVELS, "1");
    check("if false then 2 else ", "1", "", LEVELS, "1");
    check("if 1 == 1 then ", "1", " else 2", LEVELS, "1");
    check("let a = 1; in ", "a", "", LEVELS, "1");
    check("with { a = 1; }; ", "a", "", LEVELS, "1");
    check("x: ", "x", "", LEVELS, "<LAMBDA>");
    check("{ a ? 1, ... }: ", "a", "", LEVELS, "<LAMBDA>");
    check("!", "true", "", LEVELS, "true");
    check("-", "1", "", LEVELS, "1");
}

#[test]
fn operators_nest_deep() {
    check("true -> ", "true", "", LEVELS, "true");
    check("true && ", "true", "", LEVELS, "true");
    check("false || ", "true", "", LEVELS, "true");
    check("1 + ", "1", "", LEVELS, "100001");
    check("\"\" + ", "\"a\"", "", LEVELS, "\"a\"");
    check("[ ] ++ ", "[ 1 ]", "", LEVELS, "[ 1 ]");
    check("{ } // ", "{ a = 1; }", "", LEVELS, "{ a = 1; }");
    check("", "1", " - 0", LEVELS, "1");
    check("", "let f = x: f; in f", " 1", LEVELS, "<LAMBDA>");
}

#[test]
fn brackets_nest_deep() {
    check("(", "1", ")", BRACKETS, "1");
    check("(x: ", "x", ") 1", BRACKETS, "1");
    check("({ a ? ", "1", " }: a) { }", BRACKETS / 2, "1");
    check("{ a = ", "1", "; }.a", BRACKETS, "1");
    check("rec { a = ", "1", "; }.a", BRACKETS, "1");
    check("let a = ", "1", "; in a", BRACKETS, "1");
    check("{ }.${", "\"a\"", "} or \"b\"", BRACKETS, "\"b\"");
    check("\"${", "\"a\"", "}\"", BRACKETS, "\"a\"");
    check("builtins.head [ (", "1", ") ]", BRACKETS / 2, "1");
    check("builtins.seq 1 (", "1", ")", BRACKETS, "1");
}
