//! The builtins of text and data, called by the machine as programs call them.

use std::fmt::Write;

use nivose_base::Result;
use nivose_heap::{HeapConfig, StressMode, Value};
use nivose_machine::context::ContextElement;
use nivose_machine::{Cx, Handle, Machine, Settings, Shared, Step, StoreAccess, Task};
use nivose_store::StoreDir;
use nivose_world::MemoryWorld;

fn machine(heap: HeapConfig, settings: Settings) -> Machine {
    let store = StoreAccess::new(StoreDir::default());
    let mut shared = Shared::new(heap, settings, Box::new(MemoryWorld::new()), store);
    nivose_builtins::install(&mut shared);
    Machine::new(shared)
}

fn plain() -> Machine {
    machine(HeapConfig::default(), Settings::default())
}

/// Applies the builtin of a name to its slots, as thunks if asked to.
struct Call {
    name: &'static str,
    lazily: bool,
}

impl Task for Call {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, _: Value<'h>) -> Result<Step<'h>> {
        let name = cx.shared().symbols.intern(self.name.as_bytes());
        let builtin = cx.shared().builtins_value().as_attrs().and_then(|set| set.get(name)).unwrap();
        let mut arguments = cx.slots().to_vec();
        if self.lazily {
            arguments = arguments.iter().map(|&argument| lazy(cx, argument)).collect();
        }
        Ok(cx.tail_call(builtin, &arguments))
    }
}

/// A thunk for a value.
fn lazy<'h>(cx: &mut Cx<'_, 'h>, value: Value<'h>) -> Value<'h> {
    let name = cx.shared().symbols.intern(b"lazy");
    let set = cx.heap().attrs_from(&[(name, nivose_base::Pos::NONE, value)]);
    let (get, key) = (cx.shared().symbols.intern(b"getAttr"), cx.string(b"lazy"));
    match cx.shared().builtins_value().as_attrs().and_then(|set| set.get(get)) {
        Some(get) => cx.heap().application(get, &[key, set]),
        None => value,
    }
}

fn string(machine: &mut Machine, text: &[u8]) -> Handle {
    machine.make(|shared, _| shared.heap.string(text))
}

fn call(machine: &mut Machine, name: &'static str, arguments: &[Handle]) -> Result<Handle> {
    machine.run_task(Box::new(Call { name, lazily: false }), arguments)
}

/// Applies a builtin to strings and shows the result, or the headline of the error.
fn shown(machine: &mut Machine, name: &'static str, arguments: &[&str]) -> String {
    let arguments: Vec<Handle> = arguments.iter().map(|text| string(machine, text.as_bytes())).collect();
    let eager = machine.run_task(Box::new(Call { name, lazily: false }), &arguments);
    let eager = show(machine, eager);
    let lazy = machine.run_task(Box::new(Call { name, lazily: true }), &arguments);
    assert_eq!(eager, show(machine, lazy));
    eager
}

fn show(machine: &mut Machine, result: Result<Handle>) -> String {
    match result {
        Ok(handle) => {
            machine.inspect(handle, |shared, value| String::from_utf8_lossy(&shared.show(value)).into_owned())
        }
        Err(error) => error.text().into_owned(),
    }
}

fn text_of(machine: &mut Machine, handle: Handle) -> Vec<u8> {
    machine.inspect(handle, |_, value| value.as_string().unwrap().bytes().to_vec())
}

#[test]
fn matching_and_splitting() {
    let mut machine = plain();
    let cases: [(&'static str, &[&str], &str); 8] = [
        ("match", &["([a-z]+)(-x)?([0-9]*)", "abc12"], r#"[ "abc" null "12" ]"#),
        ("match", &["a", "ab"], "null"),
        ("match", &["[a", "x"], "invalid regular expression '[a'"),
        ("split", &["(a)|b", "xaybz"], r#"[ "x" [ "a" ] "y" [ null ] "z" ]"#),
        ("split", &["", "ab"], r#"[ "" [ ] "a" [ ] "b" [ ] "" ]"#),
        ("split", &["x", "abc"], r#"[ "abc" ]"#),
        ("split", &["x", ""], r#"[ "" ]"#),
        ("split", &["*", ""], "invalid regular expression '*'"),
    ];
    for (name, arguments, expected) in cases {
        assert_eq!(shown(&mut machine, name, arguments), expected);
    }
}

#[test]
fn a_pattern_is_rejected_before_the_subject_is_looked_at() {
    let mut machine = plain();
    let (bad, number) = (string(&mut machine, b"("), machine.make(|shared, _| shared.heap.int(1)));
    let result = call(&mut machine, "match", &[bad, number]);
    assert_eq!(show(&mut machine, result), "invalid regular expression '('");
    let result = call(&mut machine, "compareVersions", &[number, bad]);
    assert_eq!(show(&mut machine, result), "expected a string but found an integer: 1");
}

#[test]
fn long_subjects_are_split_in_steps() {
    let mut machine = plain();
    let pattern = string(&mut machine, b"[-.]");
    for count in [1000, 50_000] {
        let text = string(&mut machine, "ab-".repeat(count).as_bytes());
        let pieces = call(&mut machine, "split", &[pattern, text]).unwrap();
        machine.inspect(pieces, |_, value| {
            let pieces = value.as_list().unwrap();
            assert_eq!(pieces.len(), 2 * count + 1);
            assert_eq!(pieces[2 * count - 2].as_string().unwrap().bytes(), b"ab");
            assert_eq!(pieces[2 * count].as_string().unwrap().bytes(), b"");
        });
    }
}

#[test]
fn many_patterns_do_not_fill_the_memory() {
    let mut machine = plain();
    for number in 0..40_000 {
        let pattern = string(&mut machine, format!("x{number}").as_bytes());
        let subject = string(&mut machine, b"x7");
        let result = call(&mut machine, "match", &[pattern, subject]);
        let expected = if number == 7 { "[ ]" } else { "null" };
        assert_eq!(show(&mut machine, result), expected);
        machine.release(pattern);
    }
}

#[test]
fn versions() {
    let mut machine = plain();
    assert_eq!(shown(&mut machine, "compareVersions", &["2.3pre1", "2.3"]), "-1");
    assert_eq!(shown(&mut machine, "splitVersion", &["1.2pre3"]), r#"[ "1" "2" "pre" "3" ]"#);
    assert_eq!(shown(&mut machine, "splitVersion", &["..."]), "[ ]");
    assert_eq!(shown(&mut machine, "parseDrvName", &["nix-2.18"]), r#"{ name = "nix"; version = "2.18"; }"#);
}

#[test]
fn reading_json() {
    let mut machine = plain();
    let cases = [
        (
            "{\"b\": [1, 2.5, null], \"a\": {\"x\": true}, \"b\": \"last\"}",
            r#"{ a = { x = true; }; b = "last"; }"#,
        ),
        ("[[], {}, \"\", -0.0, 18446744073709551616]", r#"[ [ ] { } "" -0 1.84467e+19 ]"#),
        ("\"\\u0041\\ud83d\\ude00\"", "\"A😀\""),
        ("[9223372036854775808]", "unsigned json number 9223372036854775808 outside of Nix integer range"),
        (
            "\"x\\u0000\"",
            "input string 'x␀' cannot be represented as Nix string because it contains null bytes",
        ),
        (
            "{\"\\u0000\":1}",
            "input string '␀' cannot be represented as Nix string because it contains null bytes",
        ),
        (
            "[1,]",
            "[json.exception.parse_error.101] parse error at line 1, column 4: syntax error while parsing value - \
             unexpected ']'; expected '[', '{', or a literal",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(shown(&mut machine, "fromJSON", &[text]), expected);
    }
}

#[test]
fn objects_with_the_same_names_share_their_shape() {
    let mut machine = plain();
    let text = string(&mut machine, b"[{\"a\":1,\"b\":2},{\"b\":1,\"a\":2},{\"a\":1,\"c\":2}]");
    let list = call(&mut machine, "fromJSON", &[text]).unwrap();
    machine.inspect(list, |_, value| {
        let sets = value.as_list().unwrap().iter().map(|set| set.as_attrs().unwrap().as_flat().unwrap());
        let shapes: Vec<u64> = sets.map(|set| set.shape().bits()).collect();
        assert_eq!(shapes[0], shapes[1]);
        assert_ne!(shapes[0], shapes[2]);
    });
}

/// A document of many nested and repeated parts.
fn document(rows: usize) -> String {
    let mut text = String::from("[");
    for row in 0..rows {
        let comma = if row > 0 { "," } else { "" };
        let _ = write!(
            text,
            "{comma}{{\"id\":{row},\"k{row}\":[1.5,\"a\\nb\",{{}},[[]]],\"tags\":{{\"x\":null}}}}"
        );
    }
    text + "]"
}

#[test]
fn values_survive_collections_between_steps() {
    let stress = HeapConfig { stress: StressMode::On, ..HeapConfig::default() };
    let mut machine = machine(stress, Settings::default());
    let text = document(10_000);
    let handle = string(&mut machine, text.as_bytes());
    let value = call(&mut machine, "fromJSON", &[handle]).unwrap();
    let again = call(&mut machine, "toJSON", &[value]).unwrap();
    let again = text_of(&mut machine, again);
    assert!(again == text.as_bytes());
    let toml = string(&mut machine, "[[t]]\na = [1, \"x\"]\nb.c = {}\n".repeat(5000).as_bytes());
    let toml = call(&mut machine, "fromTOML", &[toml]).unwrap();
    let xml = call(&mut machine, "toXML", &[toml]).unwrap();
    assert_eq!(text_of(&mut machine, xml).iter().filter(|&&byte| byte == b'\n').count(), 5000 * 16 + 9);
}

#[test]
fn depth_is_no_danger() {
    let mut machine = plain();
    let depth = 200_000;
    let text = string(&mut machine, ("[".repeat(depth) + &"]".repeat(depth)).as_bytes());
    let value = call(&mut machine, "fromJSON", &[text]).unwrap();
    let again = call(&mut machine, "toJSON", &[value]).unwrap();
    assert_eq!(text_of(&mut machine, again).len(), 2 * depth);
    let xml = call(&mut machine, "toXML", &[value]);
    assert_eq!(show(&mut machine, xml), "stack overflow; max-call-depth exceeded");
}

#[test]
fn the_depth_of_calls_limits_json() {
    let mut machine = machine(HeapConfig::default(), Settings { max_call_depth: 100, ..Settings::default() });
    for (depth, fits) in [(100, true), (101, false)] {
        let text = string(&mut machine, ("[".repeat(depth) + &"]".repeat(depth)).as_bytes());
        let value = call(&mut machine, "fromJSON", &[text]).unwrap();
        assert_eq!(call(&mut machine, "toJSON", &[value]).is_ok(), fits);
    }
}

#[test]
fn contexts_are_gathered() {
    let mut machine = plain();
    let list = machine.make(|shared, _| {
        let path = |name: &str| ContextElement::Opaque(name.as_bytes().into());
        let (a, b) = (shared.contexts.intern(path("/a")), shared.contexts.intern(path("/b")));
        let (a, b) = (shared.heap.context(&[a]), shared.heap.context(&[a.min(b), a.max(b)]));
        let strings =
            [Some(a), None, Some(b), Some(a)].map(|context| shared.heap.string_with_context(b"s", context));
        shared.heap.list(&strings)
    });
    for name in ["toJSON", "toXML"] {
        let text = call(&mut machine, name, &[list]).unwrap();
        machine.inspect(text, |_, value| assert_eq!(value.as_string().unwrap().context()[..], [0, 1]));
        let error = call(&mut machine, "fromJSON", &[text]);
        assert!(show(&mut machine, error).contains("is not allowed to refer to a store path (such as '/a')"));
    }
}

#[test]
fn what_json_cannot_hold() {
    let mut machine = plain();
    let bytes = string(&mut machine, b"ab\xff");
    let error = call(&mut machine, "toJSON", &[bytes]);
    let expected =
        "JSON serialization error: [json.exception.type_error.316] invalid UTF-8 byte at index 2: 0xFF";
    assert_eq!(show(&mut machine, error), expected);
    let function = machine.make(|shared, _| {
        let name = shared.symbols.intern(b"match");
        shared.builtins_value().as_attrs().and_then(|set| set.get(name)).unwrap()
    });
    let error = call(&mut machine, "toJSON", &[function]);
    assert_eq!(show(&mut machine, error), "cannot convert the built-in function 'match' to JSON");
}

#[test]
fn reading_toml() {
    let mut machine = plain();
    assert_eq!(
        shown(&mut machine, "fromTOML", &["b = [1, {y = 2.5}]\na.c = \"s\""]),
        r#"{ a = { c = "s"; }; b = [ 1 { y = 2.5; } ]; }"#
    );
    let date = "while parsing TOML: Dates and times are not supported";
    assert_eq!(shown(&mut machine, "fromTOML", &["d = 2020-01-01"]), date);
    let nul = "while parsing TOML: error: input string 'x␀y' cannot be represented as Nix string because it contains \
               null bytes";
    assert_eq!(shown(&mut machine, "fromTOML", &["s = \"x\\u0000y\""]), nul);
}
