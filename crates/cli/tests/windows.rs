//! The windows into an evaluation: `parse`, `disassemble`, `trace`, `doc`, and what environment and settings ask to be told.

use std::process::{Command, Output};

fn nivose(line: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nivose"));
    command.args(line).env_remove("NIX_SHOW_STATS").envs(environment.iter().copied());
    command.output().expect("the program runs")
}

fn out(line: &[&str]) -> String {
    let output = nivose(line, &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn the_tree_of_a_source_is_shown() {
    assert_eq!(
        out(&["parse", "-E", "x: x.a"]),
        "Lambda x:  1:1\n  body: Select  1:4\n    set: Variable x  1:4\n    name: Name a  1:6\n"
    );
    let json = out(&["parse", "--json", "-E", "1"]);
    assert_eq!(
        json,
        "{\"depth\":0,\"role\":\"\",\"kind\":\"Int\",\"detail\":\"1\",\"start\":0,\"end\":1,\"line\":1,\"column\":1}\n"
    );
    let broken = nivose(&["parse", "-E", "[ 1"], &[]);
    assert_eq!(broken.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&broken.stderr).contains("syntax error, unexpected end of file"));
}

#[test]
fn listings_have_two_levels_and_two_forms() {
    let base = out(&["disassemble", "--opt-level", "0", "-E", "f: f 1 2"]);
    assert!(
        base.contains("    1 | f: f 1 2\n") && !base.contains("CallN") && !base.contains("TailCall"),
        "{base}"
    );
    assert!(out(&["disassemble", "-E", "f: f 1 2"]).contains("TailCall"));
    let lines = out(&["disassemble", "--json", "-E", "1"]);
    assert_eq!(lines.lines().count(), 3);
    assert!(lines.contains(
        "\"mnemonic\":\"Constant\",\"operands\":[{\"kind\":\"constant\",\"value\":0,\"text\":\"#0 1\"}]"
    ));
}

#[test]
fn a_trace_ends_with_the_value() {
    let trace = out(&["trace", "--calls", "-E", "let f = x: x + 1; in f 1"]);
    assert_eq!(trace, "force `let f = x: x + 1; in f 1`\n  call f  («string»:1:22)\n  = 2\n= 2\n2\n");
    let flat = out(&["trace", "--calls", "--depth", "0", "--strict", "-E", "[ (1 + 1) ]"]);
    assert!(flat.ends_with("[ 2 ]\n"), "{flat}");
    let json = out(&["trace", "--json", "--in-function", "f", "-E", "let f = x: x; in f 1 + f 2"]);
    assert!(
        json.lines().all(|line| line.starts_with("{\"event\":")) && json.contains("\"result\":\"2\""),
        "{json}"
    );
    assert!(out(&["trace", "--in-file", "elsewhere", "-E", "1"]) == "1\n");
    assert_eq!(nivose(&["trace", "--depth", "x", "-E", "1"], &[]).status.code(), Some(1));
}

#[test]
fn the_reference_is_at_hand() {
    assert!(out(&["doc", "map"]).starts_with("# map\n\n`map f list`\n"));
    assert!(out(&["doc", "builtins.foldl'"]).contains("- *nul*: lazy"));
    assert!(out(&["doc", "thunksuspended"]).starts_with("# ThunkSuspended\n"));
    assert!(out(&["doc"]).contains("\n  genericClosure "));
    let unknown = nivose(&["doc", "mop"], &[]);
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("there is no builtin 'mop'"));
}

#[test]
fn function_calls_are_told() {
    let output = nivose(&["eval", "--trace-function-calls", "-E", "let f = x: x; in f 1"], &[]);
    let told = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[0].starts_with("function-trace entered «string»:1:18 at "), "{told}");
    assert!(lines[1].starts_with("function-trace exited «string»:1:18 at "), "{told}");
    assert_eq!((lines.len(), output.stdout.as_slice()), (2, &b"1\n"[..]));
}

#[test]
fn calls_are_counted_beside_the_other_figures() {
    let counts = [("NIX_SHOW_STATS", "1"), ("NIX_COUNT_CALLS", "1")];
    let output = nivose(&["eval", "-E", "let f = x: builtins.length x.a; in f { a = [ ]; }"], &counts);
    let figures = String::from_utf8_lossy(&output.stderr).into_owned();
    for part in [
        "\"primops\": {\"length\": 1}",
        "\"functions\": [{\"name\": \"f\", \"file\": \"«string»\", \"line\": 1, \"column\": 9, \"count\": 1}]",
        "\"attributes\": [{\"file\": \"«string»\", \"line\": 1, \"column\": 40, \"count\": 1}]",
        "\"nrFunctionCalls\": 1",
    ] {
        assert!(figures.contains(part), "{part} in {figures}");
    }
}
