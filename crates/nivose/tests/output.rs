//! Values out of an evaluation: selection, automatic calls, printing, JSON and XML, parsing and
//! listing, in a world that has no files.

use nivose::DiagnosticId;
use nivose::raw::{Evaluator, Handle, Options, Origin, PrintOptions};
use nivose::world::MemoryWorld;

fn evaluator() -> Evaluator {
    Evaluator::new(Options::default(), Box::new(MemoryWorld::new()))
}

fn evaluate(evaluator: &mut Evaluator, text: &str) -> Handle {
    evaluator.evaluate(Origin::String, text.into(), b"/".to_vec()).expect("a value")
}

/// The text of an expression, evaluated no further than asked for.
fn printed(text: &str, options: PrintOptions) -> String {
    let mut evaluator = evaluator();
    let value = evaluate(&mut evaluator, text);
    String::from_utf8(evaluator.print(value, options).expect("printable")).expect("text")
}

fn lazy(text: &str) -> String {
    printed(text, PrintOptions::INSTANTIATE)
}

fn full(text: &str) -> String {
    printed(text, PrintOptions::EVAL)
}

fn strict(text: &str) -> String {
    let mut evaluator = evaluator();
    let value = evaluate(&mut evaluator, text);
    let value = evaluator.force_deep(value).expect("all of it");
    String::from_utf8(evaluator.print(value, PrintOptions::INSTANTIATE).expect("printable")).expect("text")
}

#[test]
fn what_is_not_evaluated_is_code() {
    assert_eq!(lazy("{ b = 1 + 1; a = [ ((x: x) 2) ]; }").matches("<CODE>").count(), 2);
    assert_eq!(
        lazy("{ f = x: x; s = \"a\\n\\${b\"; p = /a/b; n = 1.5; }"),
        "{ f = <CODE>; n = 1.5; p = /a/b; s = \"a\\n\\${b\"; }"
    );
    assert_eq!(
        strict("{ b = 1 + 1; \"x y\" = { }; \"if\" = [ ]; or = 1.0; }"),
        "{ b = 2; \"if\" = [ ]; or = 1; \"x y\" = { }; }"
    );
}

#[test]
fn repeated_sets_and_lists_are_marked() {
    assert_eq!(
        strict("let s = { self = s; n = 1; l = [ s ]; }; in s"),
        "{ l = [ «repeated» ]; n = 1; self = «repeated»; }"
    );
    assert_eq!(strict("let e = { }; l = [ 1 ]; in [ e e l l ]"), "[ { } { } [ 1 ] «repeated» ]");
}

#[test]
fn everything_is_evaluated_and_failures_stay_where_they_are() {
    assert_eq!(full("{ a = 1 + 1; f = { x }: x; }"), "{ a = 2; f = «lambda f @ «string»:1:18»; }");
    assert_eq!(
        full("{ a = 1 + { }; b = [ ({ }.x) 2 ]; }"),
        "{ a = «error: cannot coerce a set to a string: { }»; b = [ «error: attribute 'x' missing» 2 ]; }"
            .replace("cannot coerce a set to a string: { }", "cannot add a set to an integer")
    );
    let mut evaluator = evaluator();
    assert!(evaluator.evaluate(Origin::String, b"{ }.x".to_vec(), b"/".to_vec()).is_err());
}

#[test]
fn derivations_are_named_by_their_paths() {
    assert_eq!(
        full("{ d = { type = \"derivation\"; drvPath = \"/p.drv\"; x = 1; }; }"),
        "{ d = «derivation /p.drv»; }"
    );
    assert_eq!(full("{ type = \"derivation\"; }"), "«derivation»");
    assert_eq!(full("{ type = \"other\"; drvPath = 1; }"), "{ drvPath = 1; type = \"other\"; }");
    assert_eq!(full("[ { type = { }.x; } 1 ]"), "[ «error: attribute 'x' missing» 1 ]");
}

#[test]
fn deep_values_are_printed() {
    let deep = "let deep = n: if n == 0 then [ ] else [ (deep (n - 1)) ]; in deep 200000";
    assert_eq!(strict(deep).len(), 200_000 * 4 + 3);
    assert_eq!(full(deep).len(), 200_000 * 4 + 3);
}

#[test]
fn selections_lead_through_sets_lists_and_functions() {
    let mut evaluator = evaluator();
    let root =
        evaluate(&mut evaluator, "{ x ? 1 }: { a = { b = [ { c = x; } { c = 2; } ]; \"d.e\" = 3; }; }");
    let arguments = evaluator.empty_set();
    let mut select = |path: &str| {
        let value =
            evaluator.select(root, path.as_bytes(), arguments).map_err(|error| error.text().into_owned())?;
        Ok::<_, String>(
            String::from_utf8_lossy(&evaluator.print(value, PrintOptions::INSTANTIATE).expect("text"))
                .into_owned(),
        )
    };
    assert_eq!(select("a.b.0.c"), Ok("1".into()));
    assert_eq!(select("a.\"d.e\""), Ok("3".into()));
    assert_eq!(select(""), Ok("<LAMBDA>".into()));
    let failures = [
        ("a.c", "attribute 'c' in selection path 'a.c' not found"),
        ("a.b.2", "list index 2 in selection path 'a.b.2' is out of range"),
        ("a.b.c", "the expression selected by the selection path 'a.b.c' should be a set but is a list"),
        ("a.0", "the expression selected by the selection path 'a.0' should be a list but is a set"),
        ("a..b", "empty attribute name in selection path 'a..b'"),
    ];
    for (path, message) in failures {
        assert_eq!(select(path), Err(message.into()));
    }
}

#[test]
fn automatic_calls_give_what_is_asked_for() {
    let mut evaluator = evaluator();
    let mut attributes = Vec::new();
    for (name, text) in [("a", "1"), ("b", "{ }.unused")] {
        let value = evaluator.suspend(Origin::String, text.into(), b"/".to_vec()).expect("text");
        attributes.push((name.as_bytes().to_vec(), value));
    }
    let arguments = evaluator.attrs(&attributes).expect("a set");
    let mut called = |text: &str| {
        let function = evaluate(&mut evaluator, text);
        let value = evaluator.auto_call(function, arguments).map_err(|error| error.id())?;
        let value = evaluator.force_deep(value).map_err(|error| error.id())?;
        Ok(String::from_utf8_lossy(&evaluator.print(value, PrintOptions::INSTANTIATE).expect("text"))
            .into_owned())
    };
    assert_eq!(called("{ a, c ? 2 }: [ a c ]").as_deref(), Ok("[ 1 2 ]"));
    assert_eq!(called("args@{ a, ... }: args ? b"), Ok("true".into()));
    assert_eq!(called("{ a, c }: a"), Err(DiagnosticId::MissingAutoArgument));
    assert_eq!(called("x: x"), Ok("<LAMBDA>".into()));
    assert_eq!(called("{ __functor = self: { a }: a; }"), Ok("1".into()));
    assert_eq!(called("{ a }: b: [ a b ]"), Ok("<LAMBDA>".into()));
    assert_eq!(called("(x: { a }: [ x a ]) 5"), Ok("[ 5 1 ]".into()));
    assert_eq!(called("7"), Ok("7".into()));
}

#[test]
fn xml_leaves_what_is_not_evaluated() {
    let mut evaluator = evaluator();
    let value = evaluate(&mut evaluator, "builtins.genList (n: throw \"never\") 12000");
    let xml = evaluator.to_xml(value, false, false).expect("nothing is evaluated");
    assert_eq!(String::from_utf8_lossy(&xml).matches("<unevaluated />").count(), 12_000);
}

#[test]
fn json_xml_and_strings() {
    let mut evaluator = evaluator();
    let value = evaluate(&mut evaluator, "{ b = [ 1 \"x\" ]; a = 1 + 1; }");
    assert_eq!(evaluator.to_json(value, true).ok().as_deref(), Some(&br#"{"a":2,"b":[1,"x"]}"#[..]));
    let xml = evaluator.to_xml(value, true, false).expect("xml");
    assert!(String::from_utf8_lossy(&xml).contains("<int value=\"2\" />"));
    let string = evaluate(&mut evaluator, "{ outPath = \"coerced\"; }");
    assert_eq!(evaluator.coerce_to_string(string).ok().as_deref(), Some(&b"coerced"[..]));
    assert_eq!(
        evaluator.coerce_to_string(value).err().map(|error| error.id()),
        Some(DiagnosticId::CannotCoerce)
    );
}

#[test]
fn derivations_are_found_where_nix_looks_for_them() {
    let mut evaluator = evaluator();
    let arguments = evaluator.empty_set();
    let mut found = |text: &str| {
        let drv = "let d = n: { type = \"derivation\"; drvPath = \"/${n}.drv\"; outputName = \"out\"; }; in ";
        let value = evaluate(&mut evaluator, &format!("{drv}{text}"));
        let found = evaluator.derivations(value, arguments).map_err(|error| error.text().into_owned())?;
        Ok::<_, String>(
            found
                .iter()
                .map(|found| String::from_utf8_lossy(&found.drv_path).into_owned())
                .collect::<Vec<_>>()
                .join(" "),
        )
    };
    assert_eq!(found("d \"a\""), Ok("/a.drv".into()));
    assert_eq!(found("[ (d \"b\") { x = d \"a\"; } ]"), Ok("/b.drv /a.drv".into()));
    assert_eq!(
        found(
            "{ b = d \"b\"; a = d \"a\"; n = { c = d \"c\"; }; f = { x }: x; l = [ (d \"l\") ]; \".x\" = d \"x\"; }"
        ),
        Ok("/a.drv /b.drv".into())
    );
    assert_eq!(found("{ n = { recurseForDerivations = 1 == 1; c = d \"c\"; }; }"), Ok("/c.drv".into()));
    assert_eq!(found("let x = d \"a\"; in [ x x ]"), Ok("/a.drv".into()));
    assert_eq!(found("{ x ? d \"a\" }: x"), Ok("/a.drv".into()));
    let failure = "expression does not evaluate to a derivation (or a set or list of those)";
    assert_eq!(found("1"), Err(failure.into()));
}

#[test]
fn sources_are_printed_and_listed() {
    let mut evaluator = evaluator();
    let parsed = evaluator.parse(Origin::String, b"x: x - 1".to_vec(), b"/").expect("text");
    assert_eq!(String::from_utf8_lossy(&parsed), "(x: (__sub x 1))");
    assert_eq!(
        evaluator.parse(Origin::String, b"x".to_vec(), b"/").err().map(|e| e.id()),
        Some(DiagnosticId::UndefinedVariable)
    );
    let listing =
        evaluator.disassemble(0, Origin::String, b"let f = n: n; in f 2".to_vec(), b"/").expect("code");
    assert!(listing.starts_with("[0] top level") && listing.contains("\n[1] "));
}

#[test]
fn sets_of_any_size_are_made() {
    let mut evaluator = evaluator();
    for count in [0, 1, 8, 9, 1000] {
        let numbers = 0..count;
        let mut attributes: Vec<_> =
            numbers.map(|n| (format!("a{n}").into_bytes(), evaluator.string(b"x"))).collect();
        attributes.push((b"a0".to_vec(), evaluator.string(b"last")));
        let before = evaluator.machine().handle_count();
        let set = evaluator.attrs(&attributes).expect("a set");
        assert_eq!(evaluator.machine().handle_count(), before + 1);
        let names = evaluator.attributes(set).expect("a set");
        assert_eq!(names.len(), count.max(1));
        let first = names.first().map(|(name, _)| *name).expect("a name");
        let value = evaluator.attribute(set, first).expect("a value");
        assert_eq!(evaluator.coerce_to_string(value).ok().as_deref(), Some(&b"last"[..]));
    }
}
