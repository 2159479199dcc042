//! Every error of the table of diagnostics is provoked through source text, and comes with its id.
//! The warnings of the table are the compiler's, which has a test of its own for them.

use std::collections::BTreeSet;
use std::process::Command;

use nivose_base::{DiagnosticId, Severity};

/// The flags and the expression that provoke a diagnostic, by its stable id.
const PROVOKED: &[(&str, &[&str], &str)] = &[
    ("syntax", &[], "1 +"),
    ("lint", &["--lint-url-literals", "fatal"], "http://nixos.org"),
    ("invalid-integer", &[], "9223372036854775808"),
    ("invalid-float", &[], "1.0e400"),
    ("path-trailing-slash", &[], "./a/"),
    ("attribute-already-defined", &[], "{ a = 1; a = 2; }"),
    ("dynamic-attribute-already-defined", &[], "{ ${\"a\" + \"\"} = 1; a = 2; }"),
    ("duplicate-formal", &[], "{ a, a }: a"),
    ("dynamic-attribute-in-let", &[], "let ${\"a\" + \"\"} = 1; in 1"),
    ("dynamic-attribute-in-inherit", &[], "{ inherit (builtins) ${\"a\" + \"\"}; }"),
    ("experimental-feature-disabled", &[], "1 |> (x: x)"),
    ("null-byte", &[], "builtins.fromJSON ''\"\\u0000\"''"),
    ("undefined-variable", &[], "nowhere"),
    ("home-path-in-pure-mode", &["--pure-eval"], "~/x"),
    ("unexpected-type", &[], "if 1 then 2 else 3"),
    ("not-callable", &[], "1 2"),
    ("cannot-coerce", &[], "\"${1}\""),
    ("cannot-add", &[], "1 + \"a\""),
    ("cannot-compare", &[], "1 < \"a\""),
    ("cannot-compare-type", &[], "{ } < { }"),
    ("integer-overflow", &[], "9223372036854775807 + 1"),
    ("division-by-zero", &[], "1 / 0"),
    ("float-out-of-range", &[], "builtins.floor 1.0e30"),
    ("integer-not-a-float", &[], "builtins.floor 9007199254740993"),
    ("missing-attribute", &[], "{ }.a"),
    ("missing-argument", &[], "({ a }: a) { }"),
    ("unexpected-argument", &[], "({ }: 1) { a = 1; }"),
    ("index-out-of-bounds", &[], "builtins.elemAt [ ] 0"),
    ("empty-list", &[], "builtins.head [ ]"),
    ("negative-list-size", &[], "builtins.genList (i: i) (-1)"),
    ("function-args-of-non-function", &[], "builtins.functionArgs 1"),
    ("thrown", &[], "throw \"x\""),
    ("aborted", &[], "abort \"x\""),
    ("assertion-failed", &[], "assert false; 1"),
    ("assertion-not-equal", &[], "assert 1 == 2; 1"),
    ("abort-on-warn", &["--option", "abort-on-warn", "true"], "builtins.warn \"x\" 1"),
    ("infinite-recursion", &[], "let x = x; in x"),
    ("stack-overflow", &[], "let f = x: 1 + f x; in f 1"),
    ("out-of-memory", &["--max-memory", "8M"], "builtins.genList (i: i) 100000000"),
    ("context-not-allowed", &[], "{ ${builtins.toFile \"n\" \"\"} = 1; }"),
    ("context-in-path", &[], "/a + builtins.toFile \"n\" \"\""),
    ("negative-substring", &[], "builtins.substring (-1) 1 \"a\""),
    ("replace-lengths", &[], "builtins.replaceStrings [ \"a\" ] [ ] \"\""),
    ("invalid-regex", &[], "builtins.match \"(\" \"\""),
    ("regex-budget", &[], "builtins.match \"((a{100}){100}){100}\" \"\""),
    ("invalid-context", &[], "builtins.appendContext \"s\" { a = { }; }"),
    (
        "invalid-hash",
        &[],
        "builtins.convertHash { hash = \"z\"; hashAlgo = \"md5\"; toHashFormat = \"sri\"; }",
    ),
    ("unknown-hash-name", &[], "builtins.hashString \"crc32\" \"\""),
    ("not-json", &[], "builtins.toJSON (x: x)"),
    ("to-string-result", &[], "builtins.toJSON { __toString = self: 1; }"),
    ("json-write", &[], "builtins.toJSON (builtins.substring 0 1 \"é\")"),
    ("json-read", &[], "builtins.fromJSON \"[\""),
    ("toml-read", &[], "builtins.fromTOML \"a\""),
    ("path-does-not-exist", &[], "import /no/such/file.nix"),
    ("not-an-absolute-path", &[], "import \"a\""),
    ("search-path-miss", &[], "<nowhere>"),
    ("search-path-in-pure-mode", &["--pure-eval"], "<nowhere>"),
    ("forbidden-path", &["--pure-eval"], "builtins.readFile /etc/hostname"),
    ("forbidden-uri", &["--restrict-eval"], "builtins.fetchurl \"http://localhost:1/x\""),
    ("file", &[], "builtins.readDir ./diagnostics-file"),
    ("file-not-a-string", &[], "builtins.readFile ./diagnostics-file"),
    ("store-path", &[], "builtins.toFile \"a b\" \"\""),
    ("derivation", &[], "(derivation { name = \"n\"; system = \"s\"; }).drvPath"),
    (
        "import-from-derivation",
        &["--read-write-mode", "--store", "dummy://?read-only=false"],
        "import (derivation { name = \"n\"; system = \"s\"; builder = \"b\"; })",
    ),
    ("not-available", &[], "builtins.fetchurl \"http://localhost:1/x\""),
    ("invalid-argument", &[], "builtins.path { }"),
    ("step-limit", &["--max-steps", "100"], "let f = n: f (n + 1); in f 0"),
    ("time-limit", &["--max-time", "0.1"], "let f = n: f (n + 1); in f 0"),
    ("usage", &["--no-such-flag"], "1"),
    ("attribute-path", &["-A", "b"], "{ a = 1; }"),
    ("missing-auto-argument", &["-A", "b"], "{ a }: 1"),
];

/// Writes a source text.
type Writer = fn() -> String;

/// Diagnostics whose text would be too long for the table above, as functions that write it.
const WRITTEN: &[(&str, Writer)] = &[
    ("nesting-too-deep", || "(".repeat(200_000)),
    ("too-many-captures", || {
        let names: Vec<String> = (0..70_000).map(|i| format!("a{i}")).collect();
        let bindings: String = names.iter().map(|name| format!("{name} = 1 + 1; ")).collect();
        format!("let {bindings} in [ [ {} ] ]", names.join(" "))
    }),
];

/// Diagnostics that no source text of a test can provoke.
const NOT_PROVOKED: &[(&str, &str)] = &[
    ("interrupted", "needs a signal while an evaluation runs"),
    ("internal", "a mistake of the program itself"),
    ("string-too-long", "needs a string of 4 GiB"),
    ("memory-refused", "needs a system that refuses memory"),
    ("conversion", "for programs that embed the evaluator"),
    ("host-function", "for programs that embed the evaluator"),
    ("foreign-value", "for programs that embed the evaluator"),
    ("busy", "for programs that embed the evaluator"),
    ("configuration", "for programs that embed the evaluator"),
];

/// The id with which the evaluation of an expression fails.
fn failure(flags: &[&str], expression: &str) -> String {
    let folder = env!("CARGO_TARGET_TMPDIR");
    let file = format!("{folder}/diagnostics.{}.nix", flags.len() + expression.len());
    let mut command = Command::new(env!("CARGO_BIN_EXE_nivose"));
    for name in ["NIX_CONFIG", "NIX_PATH", "NIVOSE_OPT_LEVEL", "NIVOSE_GC"] {
        command.env_remove(name);
    }
    command.env("NIX_REMOTE", "dummy://").current_dir(folder);
    command.args(["nix-instantiate", "--eval", "--strict", "--error-format", "json"]).args(flags);
    if expression.len() < 10_000 {
        command.args(["-E", expression]);
    } else {
        std::fs::write(&file, expression).expect("a file");
        command.arg(&file);
    }
    let output = command.output().expect("the program runs");
    let shown = &expression[..expression.len().min(200)];
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]), "{shown}");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let id = text.split("\"id\":\"").nth(1).and_then(|rest| rest.split('"').next());
    id.unwrap_or_else(|| panic!("no id in {text:?} for {shown}")).to_owned()
}

#[test]
fn every_error_of_the_table_is_provoked() {
    std::fs::write(format!("{}/diagnostics-file", env!("CARGO_TARGET_TMPDIR")), b"a\0b").expect("a file");
    for &(id, flags, expression) in PROVOKED {
        assert_eq!(failure(flags, expression), id, "{expression}");
    }
    for (id, write) in WRITTEN {
        assert_eq!(failure(&[], &write()), *id);
    }
}

#[test]
fn no_error_of_the_table_is_left_out() {
    let known: BTreeSet<&str> =
        PROVOKED.iter().map(|(id, ..)| *id).chain(WRITTEN.iter().map(|(id, _)| *id)).collect();
    let excused: BTreeSet<&str> = NOT_PROVOKED.iter().map(|(id, _)| *id).collect();
    assert!(NOT_PROVOKED.iter().all(|(id, why)| !why.is_empty() && !known.contains(id)));
    let errors = DiagnosticId::all().filter(|id| id.severity() == Severity::Error);
    let missing: Vec<&str> =
        errors.map(DiagnosticId::slug).filter(|id| !known.contains(id) && !excused.contains(id)).collect();
    assert_eq!(missing, Vec::<&str>::new());
}
