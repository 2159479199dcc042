//! Documents and their events; rejected documents and their errors, as C++ Nix words them.

use super::*;

fn events(text: &str) -> Result<Vec<Event<'_>>, String> {
    let mut reader = Reader::new(text.as_bytes());
    let mut events = Vec::new();
    while let Some(event) = reader.next().map_err(|error| error.to_string())? {
        events.push(event);
    }
    assert_eq!(reader.next(), Ok(None));
    Ok(events)
}

fn value(text: &str) -> Event<'_> {
    events(text).unwrap().pop().unwrap()
}

fn text(bytes: &[u8]) -> Event<'_> {
    Event::String(Cow::Borrowed(bytes))
}

#[test]
fn structure() {
    use Event::*;
    let key = |name: &'static str| Key(Cow::Borrowed(name.as_bytes()));
    let found = events(" \t\r\n{ \"a\" :\n 1 , \"\" : [ ], \"c\":[true,[null,{}]] }\n").unwrap();
    let expected = [
        BeginObject,
        key("a"),
        Integer(1),
        key(""),
        BeginArray,
        EndArray,
        key("c"),
        BeginArray,
        Boolean(true),
        BeginArray,
        Null,
        BeginObject,
        EndObject,
        EndArray,
        EndArray,
        EndObject,
    ];
    assert_eq!(found, expected);
    assert_eq!(events("\u{feff}[1]").unwrap(), [BeginArray, Integer(1), EndArray]);
}

#[test]
fn numbers() {
    assert_eq!(value("-0"), Event::Integer(0));
    assert_eq!(value("9223372036854775807"), Event::Integer(i64::MAX));
    assert_eq!(value("-9223372036854775808"), Event::Integer(i64::MIN));
    assert_eq!(value("9223372036854775808"), Event::Unsigned(1 << 63));
    assert_eq!(value("18446744073709551616"), Event::Float(18_446_744_073_709_551_616.0));
    assert_eq!(value("-9223372036854775809"), Event::Float(-9_223_372_036_854_775_809.0));
    assert_eq!(value("1e3"), Event::Float(1000.0));
    assert_eq!(value("-1.5E-1"), Event::Float(-0.15));
    assert_eq!(value("1e-400"), Event::Float(0.0));
    assert_eq!(
        unsigned_overflow(1 << 63),
        "unsigned json number 9223372036854775808 outside of Nix integer range"
    );
}

#[test]
fn strings() {
    assert_eq!(value(r#""\"\\\/\n\r\t\b\f""#), text(b"\"\\/\n\r\t\x08\x0c"));
    assert_eq!(value(r#""a\u0041\u00e9\u65e5\ud83d\ude00\uD83D\uDE00b""#), text("aAé日😀😀b".as_bytes()));
    assert_eq!(value(r#""a\u0000b""#), text(b"a\0b"));
    assert!(matches!(events("\"é 日本 😀\"").unwrap()[..], [Event::String(Cow::Borrowed(_))]));
}

#[test]
fn deep_documents() {
    let depth = 200_000;
    let document = "[".repeat(depth) + &"]".repeat(depth);
    assert_eq!(events(&document).unwrap().len(), 2 * depth);
}

/// Each rejected document with the place and the text of its error.
const REJECTED: [(&str, &str); 42] = [
    (
        "",
        "1, column 1: attempting to parse an empty input; check that your input string or stream contains the expected JSON",
    ),
    (
        " ",
        "1, column 2: syntax error while parsing value - unexpected end of input; expected '[', '{', or a literal",
    ),
    (
        "[1 /* one */]",
        "1, column 4: syntax error while parsing array - invalid literal; last read: '1 /'; expected ']'",
    ),
    (
        "\"\\ud83d\"",
        "1, column 8: syntax error while parsing value - invalid string: surrogate U+D800..U+DBFF must be followed by U+DC00..U+DFFF; last read: '\"\\ud83d\"'",
    ),
    (
        "{\n  \"a\": 1,\n  \"b\" 2\n}\n",
        "3, column 0: syntax error while parsing object separator - unexpected number literal; expected ':'",
    ),
    (
        "{",
        "1, column 2: syntax error while parsing object key - unexpected end of input; expected string literal",
    ),
    (
        "\"a\nb\"",
        "2, column 0: syntax error while parsing value - invalid string: control character U+000A (LF) must be escaped to \\u000A or \\n; last read: '\"a<U+000A>'",
    ),
    (
        "{'a': 1}",
        "1, column 2: syntax error while parsing object key - invalid literal; last read: '{''; expected string literal",
    ),
    (
        "[1, 2, ]",
        "1, column 8: syntax error while parsing value - unexpected ']'; expected '[', '{', or a literal",
    ),
    (
        "1 2",
        "1, column 3: syntax error while parsing value - unexpected number literal; expected end of input",
    ),
    (
        "01",
        "1, column 2: syntax error while parsing value - unexpected number literal; expected end of input",
    ),
    ("nul", "1, column 4: syntax error while parsing value - invalid literal; last read: 'nul'"),
    ("trux", "1, column 4: syntax error while parsing value - invalid literal; last read: 'trux'"),
    (
        "-",
        "1, column 2: syntax error while parsing value - invalid number; expected digit after '-'; last read: '-'",
    ),
    (
        "1.x",
        "1, column 3: syntax error while parsing value - invalid number; expected digit after '.'; last read: '1.x'",
    ),
    (
        "1e",
        "1, column 3: syntax error while parsing value - invalid number; expected '+', '-', or digit after exponent; last read: '1e'",
    ),
    (
        "1e+x",
        "1, column 4: syntax error while parsing value - invalid number; expected digit after exponent sign; last read: '1e+x'",
    ),
    (
        "\"abc",
        "1, column 5: syntax error while parsing value - invalid string: missing closing quote; last read: '\"abc'",
    ),
    (
        "\"\\x41\"",
        "1, column 3: syntax error while parsing value - invalid string: forbidden character after backslash; last read: '\"\\x'",
    ),
    (
        "\"\\u12g4\"",
        "1, column 6: syntax error while parsing value - invalid string: '\\u' must be followed by 4 hex digits; last read: '\"\\u12g'",
    ),
    (
        "\"\\udc00\"",
        "1, column 7: syntax error while parsing value - invalid string: surrogate U+DC00..U+DFFF must follow U+D800..U+DBFF; last read: '\"\\udc00'",
    ),
    (
        "\"\\ud800\\n\"",
        "1, column 9: syntax error while parsing value - invalid string: surrogate U+D800..U+DBFF must be followed by U+DC00..U+DFFF; last read: '\"\\ud800\\n'",
    ),
    (
        "\"\x01\"",
        "1, column 2: syntax error while parsing value - invalid string: control character U+0001 (SOH) must be escaped to \\u0001; last read: '\"<U+0001>'",
    ),
    ("[1 2]", "1, column 4: syntax error while parsing array - unexpected number literal; expected ']'"),
    (
        "{\"a\":1,}",
        "1, column 8: syntax error while parsing object key - unexpected '}'; expected string literal",
    ),
    (
        "{\"a\":1 \"b\":2}",
        "1, column 10: syntax error while parsing object - unexpected string literal; expected '}'",
    ),
    (
        "{1:2}",
        "1, column 2: syntax error while parsing object key - unexpected number literal; expected string literal",
    ),
    (
        "[",
        "1, column 2: syntax error while parsing value - unexpected end of input; expected '[', '{', or a literal",
    ),
    ("[1", "1, column 3: syntax error while parsing array - unexpected end of input; expected ']'"),
    ("]", "1, column 1: syntax error while parsing value - unexpected ']'; expected '[', '{', or a literal"),
    ("}", "1, column 1: syntax error while parsing value - unexpected '}'; expected '[', '{', or a literal"),
    (",", "1, column 1: syntax error while parsing value - unexpected ','; expected '[', '{', or a literal"),
    (":", "1, column 1: syntax error while parsing value - unexpected ':'; expected '[', '{', or a literal"),
    ("[1}", "1, column 3: syntax error while parsing array - unexpected '}'; expected ']'"),
    (
        "{\"a\" true",
        "1, column 9: syntax error while parsing object separator - unexpected true literal; expected ':'",
    ),
    (
        "[1]x",
        "1, column 4: syntax error while parsing value - invalid literal; last read: '1]x'; expected end of input",
    ),
    ("nan", "1, column 2: syntax error while parsing value - invalid literal; last read: 'na'"),
    ("+1", "1, column 1: syntax error while parsing value - invalid literal; last read: '+'"),
    (".5", "1, column 1: syntax error while parsing value - invalid literal; last read: '.'"),
    (
        "1 false",
        "1, column 7: syntax error while parsing value - unexpected false literal; expected end of input",
    ),
    (
        "1 null",
        "1, column 6: syntax error while parsing value - unexpected null literal; expected end of input",
    ),
    ("{} {", "1, column 4: syntax error while parsing value - unexpected '{'; expected end of input"),
];

#[test]
fn rejected_documents() {
    for (document, expected) in REJECTED {
        let error = events(document).unwrap_err();
        assert_eq!(
            error,
            format!("[json.exception.parse_error.101] parse error at line {expected}"),
            "{document}"
        );
    }
}

#[test]
fn numbers_out_of_range() {
    assert_eq!(
        events("[1e400]").unwrap_err(),
        "[json.exception.out_of_range.406] number overflow parsing '1e400'"
    );
}

#[test]
fn ill_formed_utf8() {
    for bytes in [
        &b"\"\xff\""[..],
        b"\"\xc3(\"",
        b"\"\xe0\x80\x80\"",
        b"\"\xed\xa0\x80\"",
        b"\"\xf4\x90\x80\x80\"",
        b"\"\xc3",
    ] {
        let error = Reader::new(bytes).next().unwrap_err().to_string();
        assert!(error.contains("invalid string: ill-formed UTF-8 byte; last read: '"), "{error}");
    }
    assert!(Reader::new(b"\xef\xbb1").next().unwrap_err().to_string().contains("invalid BOM"));
}
