//! The steps of a trace: what was being evaluated when an error came up, in C++ Nix's words.

use std::process::Command;

/// What an expression fails with, and its full trace, at a level of optimisation.
fn show_trace(level: &str, expression: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nivose"));
    command.env_remove("NIX_CONFIG").env_remove("NIVOSE_OPT_LEVEL").env("NIX_PATH", "");
    let line =
        ["nix-instantiate", "--eval", "--strict", "--show-trace", "--opt-level", level, "-E", expression];
    let output = command.args(line).output().expect("the program runs");
    assert_eq!(output.status.code(), Some(1), "{expression}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The steps that the trace shows, outermost first.
fn steps_at(level: &str, expression: &str) -> Vec<String> {
    let text = show_trace(level, expression);
    let steps = text.lines().filter_map(|line| line.trim_start().strip_prefix("… "));
    steps.map(str::to_owned).collect()
}

#[track_caller]
fn check(expression: &str, expected: &[&str]) {
    for level in ["0", "1"] {
        assert_eq!(steps_at(level, expression), expected, "{expression} at level {level}");
    }
}

const THROW: &str = "while calling the 'throw' builtin";

#[test]
fn conditions() {
    let branch = "while evaluating a branch condition";
    check("if throw \"x\" then 1 else 2", &[branch, THROW]);
    check("let x = throw \"x\"; in if x then 1 else 2", &[branch, THROW]);
    check("if 1 then 2 else 3", &[branch]);
    check("assert throw \"x\"; 1", &["in the condition of the assert statement", THROW]);
    check("assert 1; 1", &["in the condition of the assert statement"]);
}

#[test]
fn operands_of_logic() {
    check("throw \"x\" && true", &["in the left operand of the AND (&&) operator", THROW]);
    check("true && throw \"x\"", &["in the right operand of the AND (&&) operator", THROW]);
    check("throw \"x\" || true", &["in the left operand of the OR (||) operator", THROW]);
    check("let x = throw \"x\"; in false || x", &["in the right operand of the OR (||) operator", THROW]);
    check("1 -> true", &["in the left operand of the IMPL (->) operator"]);
    check("true -> 1", &["in the right operand of the IMPL (->) operator"]);
    check("!(throw \"x\")", &["in the argument of the not operator", THROW]);
    check("(throw \"x\") != 1", &[THROW]);
}

#[test]
fn operands_of_sets_and_lists() {
    let (left, right) = (
        "in the left operand of the update (//) operator",
        "in the right operand of the update (//) operator",
    );
    check("1 // { }", &[left]);
    check("{ } // 1", &[right]);
    check("{ } // throw \"x\"", &[right, THROW]);
    check("let a = throw \"x\"; b = { }; in a // b", &[left, THROW]);
    check("let a = throw \"x\"; b = { }; in b // a", &[right, THROW]);
    check("1 ++ [ ]", &["while evaluating one of the elements to concatenate"]);
    check("[ ] ++ throw \"x\"", &["while evaluating one of the elements to concatenate", THROW]);
    check("\"${1}\"", &["while evaluating a path segment"]);
    check("1.5.a", &["while selecting an attribute"]);
    check("with throw \"x\"; a", &["while evaluating the first subexpression of a with expression", THROW]);
}

#[test]
fn attributes_that_were_selected() {
    let expression = "let s = { a.b = throw \"x\"; }; in if s.a.b then 1 else 2";
    let expected = ["while evaluating a branch condition", "while evaluating the attribute 'a.b'", THROW];
    assert_eq!(steps_at("1", expression), expected);
}

#[test]
fn calls_and_where_they_are() {
    let (f, site) = ("while calling 'f'", "from call site");
    check("let f = x: x + 1; in f (throw \"x\")", &[site, f, THROW]);
    check(
        "({ a }: a) 1",
        &[
            site,
            "while calling anonymous lambda",
            "while evaluating the value passed for the lambda argument",
        ],
    );
    // A builtin runs in the frame that calls it, in tail position too.
    let expression = "let f = x: if x == 0 then throw \"x\" else 1 + f (x - 1); in f 1";
    check(expression, &[site, f, site, f, THROW]);
    // The frame of a call of a function in tail position is given up.
    let expression = "let f = x: if x == 0 then throw \"x\" else f (x - 1); in f 1";
    check(expression, &[site, f, THROW]);
}

#[test]
fn arguments_of_builtins() {
    let (length, element) = ("while calling the 'length' builtin", "while calling the 'elemAt' builtin");
    check("builtins.length (throw \"x\")", &[length, THROW]);
    check("builtins.elemAt [ 1 ] (builtins.length (throw \"x\"))", &[element, length, THROW]);
    let called = ["from call site", "while calling 'g'", length, THROW];
    check("let f = builtins.length; g = x: f (throw x) + 1; in g \"x\" + 1", &called);
    check("let g = x: builtins.length (throw x); in g \"x\" + 1", &called);
    check("builtins.elemAt (throw \"x\") \"s\"", &[element]);
}

#[test]
fn an_argument_that_is_refused_early_has_the_place_of_the_call() {
    let source = "(x: if x == 1 then\n 1 + builtins.elemAt (throw \"a\") \"s\" else 2) (2 - 1) + 1";
    for level in ["0", "1"] {
        let text = show_trace(level, source);
        let frame = text.split("'elemAt' builtin").nth(1).unwrap_or_default();
        assert!(frame.starts_with("\n         at «string»:2:6:\n"), "{text}");
    }
}

#[test]
fn the_place_of_a_builtin_is_its_own_call() {
    for source in [
        "let f = n:\n throw \"x\"; in f 3",
        "let f = n:\n throw \"${n}\"; in f \"x\"",
        "let f = n: g n; g = n:\n builtins.head n; in f [ ]",
        "let f = n:\n builtins.elemAt [ ] \"s\"; in f 3",
    ] {
        for level in ["0", "1"] {
            let text = show_trace(level, source);
            let frame = text.split("' builtin").nth(1).unwrap_or_default();
            assert!(frame.starts_with("\n         at «string»:2:2:\n"), "{source} at level {level}: {text}");
        }
    }
}

#[test]
fn deep_evaluation_names_the_way() {
    let way = [
        "while evaluating the attribute 'a'",
        "while evaluating list element at index 1",
        "while evaluating the attribute 'b'",
        THROW,
    ];
    check("{ a = [ 1 { b = throw \"x\"; } ]; }", &way);
    let deep = [&["while calling the 'deepSeq' builtin"][..], &way].concat();
    check("builtins.deepSeq { a = [ 1 { b = throw \"x\"; } ]; } 1", &deep);
    check(
        "builtins.toJSON { a = [ (x: x) ]; }",
        &[
            "while calling the 'toJSON' builtin",
            "while evaluating attribute 'a'",
            "while evaluating list element at index 0",
        ],
    );
}

#[test]
fn hidden_builtins_are_not_named() {
    check("assert 1 == 2; 1", &[]);
    let condition = "in the condition of the assert statement";
    check("assert { a = 1; } == { a = throw \"x\"; }; 1", &[condition, THROW]);
}
