//! The completions, in the shells themselves, as far as they are installed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The script for a shell, in a file.
fn script(shell: &str, directory: &Path) -> PathBuf {
    let said = Command::new(env!("CARGO_BIN_EXE_nivose")).args(["completion", shell]).output();
    let path = directory.join(format!("nivose.{shell}"));
    std::fs::write(&path, said.expect("it runs").stdout).expect("a file is written");
    path
}

fn scratch(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&directory).expect("a directory");
    directory
}

/// What a shell prints; nothing if there is no such shell.
fn output(shell: &str, arguments: &[&str]) -> Option<Vec<String>> {
    let run = Command::new(shell).args(arguments).stdin(Stdio::null()).output().ok()?;
    let errors = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success() && errors.is_empty(), "{shell} {arguments:?}: {errors}");
    Some(String::from_utf8_lossy(&run.stdout).lines().map(str::to_owned).collect())
}

#[test]
fn bash_completes() {
    let script = script("bash", &scratch("completion-bash"));
    for (line, expected) in [
        (&["nivose", "tr"][..], &["trace"][..]),
        (&["nivose", "eval", "--js"], &["--json"]),
        (&["nivose", "eval", "--diagnostics", "r"], &["rich"]),
        (&["nivose", "doc", "foldl"], &[r"foldl\'"]),
        (&["nivose", "doc", "genericC"], &["genericClosure"]),
        (&["/bin/nix-instantiate", "--eval-o"], &["--eval-only"]),
        (&["nix-instantiate", "file"], &[]),
    ] {
        let words = line.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
        let program = format!(
            "source '{}'; COMP_WORDS=({words}); COMP_CWORD={}; _nivose; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            script.display(),
            line.len() - 1
        );
        let Some(mut said) = output("bash", &["--norc", "-c", &program]) else { return };
        said.retain(|word| !word.is_empty());
        assert_eq!(said, expected, "{line:?}");
    }
}

#[test]
fn fish_completes() {
    let script = script("fish", &scratch("completion-fish"));
    for (line, expected) in [
        ("nivose tr", "trace"),
        ("nivose eval --js", "--json"),
        ("nivose eval --diagnostics r", "rich"),
        ("nivose doc foldl", "foldl'"),
        ("nix-instantiate --eval-o", "--eval-only"),
    ] {
        let program = format!("source '{}'; complete -C '{line}'", script.display());
        let Some(said) = output("fish", &["--no-config", "-c", &program]) else { return };
        let words: Vec<_> = said.iter().filter_map(|line| line.split('\t').next()).collect();
        assert_eq!(words, [expected], "{line}");
    }
}

#[test]
fn zsh_completes() {
    let directory = scratch("completion-zsh");
    let script = script("zsh", &directory);
    // The widgets of zsh need its line editor; what the function asks of them does not.
    for (line, current, expected) in [
        ("nivose doc foldl", 3, "foldl'"),
        ("nivose eval --js", 3, "*--json[as JSON"),
        ("nivose eval --js", 3, "*--diagnostics[how errors are shown\\: as Nix does"),
        ("nix-instantiate --ev", 2, "*--eval[print the value]"),
        ("nivose tr", 2, "trace:print what the machine does"),
    ] {
        let program = format!(
            "compdef() {{ }}; compadd() {{ print -rl -- $@ }}; _arguments() {{ print -rl -- $@ }}; \
             _describe() {{ print -rl -- ${{(P)2}} }}; source '{}'; words=({line}); CURRENT={current}; _nivose",
            script.display()
        );
        let Some(said) = output("zsh", &["-f", "-c", &program]) else { return };
        assert!(said.iter().any(|word| word.starts_with(expected)), "{line}: {said:?}");
    }
}
