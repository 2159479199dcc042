//! Documents and what they mean.

use super::*;

/// A value as one line of text; for trees that are known to be shallow.
fn show(document: &Document, id: NodeId) -> String {
    match document.node(id).unwrap() {
        Node::Table(entries) => {
            let shown: Vec<_> =
                entries.iter().map(|(name, id)| format!("{name}={}", show(document, *id))).collect();
            format!("{{{}}}", shown.join(","))
        }
        Node::Array(elements) => {
            let shown: Vec<_> = elements.iter().map(|id| show(document, *id)).collect();
            format!("[{}]", shown.join(","))
        }
        Node::String(text) => format!("{text:?}"),
        Node::Integer(number) => number.to_string(),
        Node::Float(number) => format!("{number:?}"),
        Node::Boolean(value) => value.to_string(),
        Node::Timestamp(text) => format!("@{text}"),
    }
}

fn parsed(text: &str) -> String {
    match parse(text.as_bytes()) {
        Ok(document) => show(&document, document.root()),
        Err(error) => error.to_string(),
    }
}

#[test]
fn tables() {
    let cases = [
        ("", "{}"),
        ("# only a comment", "{}"),
        (
            "top = 1\n[a]\nx = 1\n[a.b]\ny = 2\n[c.d.e]\nz = 3\n[c]\nw = 4\n[ f . \"g h\" ]\nq = 5\n[empty]",
            "{a={b={y=2},x=1},c={d={e={z=3}},w=4},empty={},f={g h={q=5}},top=1}",
        ),
        (
            "a.b.c = 5\na . d = 6\n3.14 = \"pi\"\n\"\" = 7\ntrue = 9",
            "{=7,3={14=\"pi\"},a={b={c=5},d=6},true=9}",
        ),
        (
            "[[p]]\nn = 1\n[[p]]\n[p.meta]\nd = []\n[[p.f]]\ni = 1\n[[p.f]]\n[[p]]\n[o]",
            "{o={},p=[{n=1},{f=[{i=1},{}],meta={d=[]}},{}]}",
        ),
        (
            "t = { a = 1, b = { c = [ { d = 1 }, { d = 2 } ] } }\ne = {}\nd = { x.y = 1, x.z = 2 }",
            "{d={x={y=1,z=2}},e={},t={a=1,b={c=[{d=1},{d=2}]}}}",
        ),
        (
            "[fruit]\napple.color = 1\n[fruit.apple.texture]\nsmooth = true",
            "{fruit={apple={color=1,texture={smooth=true}}}}",
        ),
        ("a = [ # one\n 1,\n\n 2, # two\n]\n", "{a=[1,2]}"),
        ("a = 1 [b] # a header behind a value\nc = 2", "{a=1,b={c=2}}"),
    ];
    for (text, expected) in cases {
        assert_eq!(parsed(text), expected, "{text}");
    }
}

#[test]
fn numbers() {
    let cases = [
        ("0xDEADbeef", "3735928559"),
        ("0o755", "493"),
        ("0b1101", "13"),
        ("1_000_000", "1000000"),
        ("9223372036854775807", "9223372036854775807"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("+5", "5"),
        ("-0", "0"),
        ("1e3", "1000.0"),
        ("6.02e+23", "6.02e23"),
        ("9_224.5_1", "9224.51"),
        ("-0.0", "-0.0"),
        ("+inf", "inf"),
        ("-inf", "-inf"),
        ("nan", "NaN"),
        ("5e-324", "5e-324"),
        ("1e06", "1000000.0"),
    ];
    for (text, expected) in cases {
        assert_eq!(parsed(&format!("a = {text}")), format!("{{a={expected}}}"));
    }
}

#[test]
fn strings() {
    let cases = [
        (r#""tab\t\"q\" \\ \u00e9\U0001F600""#, "tab\t\"q\" \\ é😀"),
        (r"'C:\path'", r"C:\path"),
        ("\"\"\"\none\r\ntwo \\\n   three\"\"\"", "one\r\ntwo three"),
        ("'''\nraw \\n 'x' ''y'' '''", "raw \\n 'x' ''y'' "),
        ("\"\"\"\"a\"\"b\"\"\"\"", "\"a\"\"b\""),
        ("\"\"\"a\"\"\"\"\"", "a\"\""),
        ("''", ""),
        ("\"\"\"\"\"\"", ""),
        ("\"\\u0000\"", "\0"),
    ];
    for (text, expected) in cases {
        assert_eq!(parsed(&format!("a = {text}")), format!("{{a={expected:?}}}"));
    }
}

#[test]
fn timestamps() {
    let cases = [
        ("1979-05-27T07:32:00Z", "1979-05-27T07:32:00Z"),
        ("1979-05-27t07:32:00z", "1979-05-27T07:32:00Z"),
        ("1979-05-27 07:32:00.5+01:30", "1979-05-27T07:32:00.500+01:30"),
        ("1979-05-27T00:32:00.999999-07:00", "1979-05-27T00:32:00.999999-07:00"),
        ("1979-05-27T00:32:00.123456789Z", "1979-05-27T00:32:00.123456789Z"),
        ("1979-05-27T00:32:00.12", "1979-05-27T00:32:00.120"),
        ("1979-05-27", "1979-05-27"),
        ("00:32:00.1234", "00:32:00.123400"),
        ("2000-02-29 # leap", "2000-02-29"),
        ("07:32:00.000", "07:32:00"),
        ("2000-01-01T00:00:00+24:60", "2000-01-01T00:00:00+25:00"),
        ("2000-01-01T00:00:00-00:00", "2000-01-01T00:00:00Z"),
    ];
    for (text, expected) in cases {
        assert_eq!(parsed(&format!("a = {text}")), format!("{{a=@{expected}}}"));
    }
}

#[test]
fn lines_of_errors() {
    assert_eq!(parse(b"a = 1\nb = 2\nc").unwrap_err().line(), 3);
}

#[test]
fn deep_documents() {
    let depth = 100_000;
    let nested = format!("a = {}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(parse(nested.as_bytes()).unwrap().nodes.len(), depth + 1);
    let dotted = format!("{}b = 1", "a.".repeat(depth));
    assert_eq!(parse(dotted.as_bytes()).unwrap().nodes.len(), depth + 2);
}
