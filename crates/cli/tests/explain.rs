//! The examples of `nivose explain` provoke what they are examples of.

use std::process::Command;

/// What no example should provoke.
const WITHOUT_EXAMPLE: &[&str] = &["internal"];

/// The sections of the pages: the id, and the example with its kind: `nix` for an expression that fails,
/// `check` for one that deserves a warning, `console` for a command; examples in `rust` run as documentation tests.
fn sections() -> Vec<(String, Option<(String, String)>)> {
    let pages = include_str!("../src/explain/pages.md");
    let section = |part: &str| {
        let (head, text) = part.split_once('\n').expect("a text");
        let example = text.split_once("```").map(|(_, code)| {
            let (kind, code) = code.split_once('\n').expect("code");
            (kind.to_owned(), code.split_once("\n```").expect("an end").0.to_owned())
        });
        (head.trim_start_matches("# ").to_owned(), example)
    };
    pages.split("\n\n").map(section).collect()
}

/// What is said about an example, as JSON.
fn said(kind: &str, example: &str) -> String {
    let program = env!("CARGO_BIN_EXE_nivose");
    let mut command = match kind {
        "nix" => {
            let mut command = Command::new(program);
            command.args(["eval", "-E", example]);
            command
        }
        _ => {
            let mut command = Command::new("sh");
            command.args(["-c", &example.replace("nivose ", &format!("{program} "))]);
            command
        }
    };
    for name in ["NIX_PATH", "NIX_CONFIG", "NIX_REMOTE", "NIVOSE_HAND_OVER", "NIVOSE_GC"] {
        command.env_remove(name);
    }
    command.env("NIVOSE_DIAGNOSTICS", "json").env("HOME", "/nonexistent").env("NIX_CONF_DIR", "/nonexistent");
    let output = command.current_dir(env!("CARGO_TARGET_TMPDIR")).output().expect("the program runs");
    assert_eq!(output.status.code(), Some(1), "{example}: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The ids of the warnings about an example.
fn checked(example: &str) -> Vec<String> {
    let found = nivose::Engine::new().start().check(example).expect("an evaluation");
    found.iter().map(|warning| warning.id().slug().to_owned()).collect()
}

#[test]
#[cfg(unix)]
fn examples_provoke_their_diagnostics() {
    let mut wrong = Vec::new();
    for (id, example) in sections() {
        let Some((kind, example)) = example else {
            assert!(WITHOUT_EXAMPLE.contains(&id.as_str()), "{id} has no example");
            continue;
        };
        let is_said = match kind.as_str() {
            "rust" => continue,
            "check" => checked(&example).contains(&id),
            _ => said(&kind, &example).lines().any(|line| line.contains(&format!("\"id\":\"{id}\""))),
        };
        if !is_said {
            wrong.push(format!("{id}: {example}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
