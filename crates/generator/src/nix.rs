//! Evaluation of a program by the C++ Nix 2.8 that is installed.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::fixture;
use crate::names;
use crate::outcome::{Class, Outcome};

/// The command, with a folder of its own for the files that programs read.
pub struct Nix {
    folder: PathBuf,
}

impl Nix {
    /// Looks for the command.
    ///
    /// # Errors
    /// If it is not there or has another version.
    pub(crate) fn new() -> Result<Self, String> {
        let version = Command::new("nix-instantiate").arg("--version").output();
        let version = version.map_err(|error| format!("nix-instantiate: {error}"))?;
        let text = String::from_utf8_lossy(&version.stdout).into_owned();
        if !text.trim_end().contains(" 2.8") {
            return Err(format!("C++ Nix 2.8 is wanted, this is {}", text.trim_end()));
        }
        let folder = std::env::temp_dir().join(format!("nivose-generator-{}", std::process::id()));
        fixture::write(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(Nix { folder })
    }

    pub(crate) fn folder(&self) -> &str {
        self.folder.to_str().unwrap_or("/tmp")
    }

    /// What comes of a program. Names are made known in byte order first, for that is the order in which
    /// its sets are walked.
    pub(crate) fn run(&self, text: &str) -> Outcome {
        let known: String = names::ALL.iter().map(|name| format!("{name} = 0; ")).collect();
        let wrapped = format!("builtins.seq (_: {{ {known}}}) (\n{text}\n)");
        let file = self.folder.join("program");
        let written = std::fs::write(&file, &wrapped);
        let mut command = Command::new("sh");
        // What grows without bound is to end soon.
        command.args([
            "-c",
            "ulimit -v 2000000; exec timeout 20 nix-instantiate --eval --strict -E \"$(cat program)\"",
        ]);
        command
            .current_dir(&self.folder)
            .env("NIX_REMOTE", "dummy://")
            .env_remove("NIX_PATH")
            .env("HOME", "/nonexistent");
        command.stdin(Stdio::null());
        match written.and_then(|()| command.output()) {
            Ok(output) => self.outcome(output.status.code(), &output.stdout, &output.stderr),
            Err(error) => ended(Class::Internal, error.to_string(), Vec::new()),
        }
    }

    fn outcome(&self, status: Option<i32>, out: &[u8], err: &[u8]) -> Outcome {
        let err = String::from_utf8_lossy(err).into_owned();
        let traces = err.lines().filter(|line| line.starts_with("trace: ")).map(str::to_owned).collect();
        if status == Some(0) {
            return ended(
                Class::Value,
                String::from_utf8_lossy(out).trim_end_matches('\n').to_owned(),
                traces,
            );
        }
        ended(class(status, &err), err, traces)
    }
}

impl Drop for Nix {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn ended(class: Class, text: String, traces: Vec<String>) -> Outcome {
    Outcome { class, diagnostic: None, text, place: String::new(), traces }
}

/// The kind of an error, from its words: whether `tryEval` would catch it is told by what raised it.
fn class(status: Option<i32>, err: &str) -> Class {
    let has = |text: &str| err.contains(text);
    let at_parsing =
        ["error: syntax error", "error: undefined variable", "already defined at", "error: duplicate formal"];
    match status {
        Some(1) if at_parsing.iter().any(|text| has(text)) => Class::Parse,
        Some(1) if has("stack overflow") || has("out of memory") => Class::Resources,
        Some(1) => Class::Uncaught,
        _ => Class::Resources,
    }
}
