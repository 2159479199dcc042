//! Evaluation of a program by the C++ Nix 2.8 that is installed.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::fixture;
use crate::names;
use crate::outcome::{Class, Outcome};

/// The command, with a folder of its own for the files that programs read.
pub struct Nix {
    place: PathBuf,
    /// Where relative paths start, within `place`.
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
        let place = std::env::temp_dir().join(format!("nivose-generator-{}", std::process::id()));
        // Programs may copy the folders around it too.
        let folder = place.join("a/b/c/d/e/files");
        fixture::write(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(Nix { place, folder })
    }

    pub(crate) fn folder(&self) -> &str {
        self.folder.to_str().unwrap_or("/tmp")
    }

    /// What comes of a program.
    pub(crate) fn run(&self, text: &str) -> Outcome {
        self.run_all(&[text.to_owned()])
            .pop()
            .unwrap_or_else(|| ended(Class::Internal, String::from("no outcome")))
    }

    /// What comes of programs, many in one process: one that fails ends it, and the rest get another.
    pub(crate) fn run_all(&self, texts: &[String]) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        while outcomes.len() < texts.len() {
            let begun = outcomes.len();
            let (values, end) = self.evaluate(&texts[begun..]);
            outcomes
                .extend(values.into_iter().map(|text| ended(Class::Value, text)).take(texts.len() - begun));
            if outcomes.len() < texts.len() {
                outcomes.push(self.refined(&texts[outcomes.len()], end));
            }
        }
        outcomes
    }

    /// Whether an error can be caught is seen by catching it, and whether it is one of the text by not evaluating it.
    fn refined(&self, text: &str, end: Outcome) -> Outcome {
        if end.class == Class::Parse {
            let unused = format!("if true then true else (\n{text}\n)");
            return match self.evaluate(&[unused]).0.is_empty() {
                true => end,
                false => self.refined(text, Outcome { class: Class::Uncaught, ..end }),
            };
        }
        if end.class != Class::Uncaught {
            return end;
        }
        let caught = format!("(builtins.tryEval (builtins.deepSeq (\n{text}\n) null)).success");
        match self.evaluate(&[caught]).0.first().is_some_and(|value| value == "false") {
            true => Outcome { class: Class::Caught, ..end },
            false => end,
        }
    }

    /// The values of the first programs as text, and how it ended after them.
    fn evaluate(&self, texts: &[String]) -> (Vec<String>, Outcome) {
        let mut command = Command::new("sh");
        // What grows without bound is to end soon.
        let limited = "ulimit -v 2000000; exec timeout -s KILL 20 nix-instantiate --eval --strict -E \"$@\"";
        command.args(["-c", limited, "sh"]).arg(known_names());
        // What begins with a dash would be taken for a flag.
        texts.iter().for_each(|text| {
            command.arg(SEPARATOR).arg(format!("\n{text}"));
        });
        command.arg(SEPARATOR).current_dir(&self.folder).stdin(Stdio::null());
        command.env("NIX_REMOTE", "dummy://").env_remove("NIX_PATH").env("HOME", "/nonexistent");
        let output = match command.output() {
            Ok(output) => output,
            Err(error) => return (Vec::new(), ended(Class::Internal, error.to_string())),
        };
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut values: Vec<String> =
            out.split(&format!("{SEPARATOR}\n")).skip(1).map(str::to_owned).collect();
        // What stands after the last separator is nothing, or the beginning of what failed.
        values.pop();
        // Every value has a line end behind it, and paths may end in more of them.
        values.iter_mut().for_each(|value| value.truncate(value.len().saturating_sub(1)));
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        (values, ended(class(output.status.code(), &err), err))
    }
}

/// Printed between the values of programs.
const SEPARATOR: &str = "\"<end of value>\"";

/// Makes names known in byte order, for that is the order in which sets are walked: it goes by where the text of a
/// name lies, and after a few hundred names memory is handed out in order.
fn known_names() -> String {
    let fillers: String = (0..500).map(|number| format!("filler{number} = 0; ")).collect();
    let names: String = names::ALL.iter().map(|name| format!("{name} = 0; ")).collect();
    format!("[ (_: {{ {fillers}}}) (_: {{ {names}}}) ]")
}

impl Drop for Nix {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.place);
    }
}

fn ended(class: Class, text: String) -> Outcome {
    Outcome { class, diagnostic: None, text, place: String::new(), traces: Vec::new() }
}

/// The kind of an error, from its words.
fn class(status: Option<i32>, err: &str) -> Class {
    let has = |text: &str| err.contains(text);
    let at_parsing = [
        "error: syntax error",
        "error: undefined variable",
        "already defined at",
        "error: duplicate formal",
        "error: path has a trailing slash",
    ];
    match status {
        Some(1) if at_parsing.iter().any(|text| has(text)) => Class::Parse,
        Some(1) if has("stack overflow") || has("out of memory") => Class::Resources,
        Some(1) => Class::Uncaught,
        _ => Class::Resources,
    }
}
