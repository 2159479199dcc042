//! Giving a whole call to the next program of the same name on `PATH`: for what this one does not do.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;

/// The flag that asks for it, which the other program does not know.
const FLAG: &str = "--hand-over";

/// Runs the next program called `name` on `PATH` with the arguments of this one. Comes back only if
/// there is none, or if standard input, which was read already, had to be passed on.
///
/// # Errors
/// If there is no such program, or it cannot be run.
pub fn hand_over(name: &str, arguments: Vec<OsString>, stdin: Option<&[u8]>) -> Result<i32, Failure> {
    let program = next_program(name).ok_or_else(|| {
        Failure::message(format!("there is no other '{name}' on PATH to hand the call over to"))
    })?;
    let mut command = Command::new(&program);
    command.args(arguments.into_iter().filter(|argument| argument != FLAG));
    command.env_remove("NIVOSE_HAND_OVER");
    let cannot = |error| Failure::message(format!("cannot run '{}': {error}", program.display()));
    match stdin {
        None => replace(command).map_err(cannot),
        Some(text) => run_fed(command, text).map_err(cannot),
    }
}

/// The first program of a name on `PATH` that is not this one.
fn next_program(name: &str) -> Option<PathBuf> {
    let own = std::env::current_exe().and_then(std::fs::canonicalize).ok();
    let path = std::env::var_os("PATH")?;
    let candidates = std::env::split_paths(&path).map(|directory| directory.join(name));
    candidates.into_iter().find(|file| is_other_program(file, own.as_deref()))
}

fn is_other_program(file: &Path, own: Option<&Path>) -> bool {
    std::fs::canonicalize(file).is_ok_and(|file| file.is_file() && Some(file.as_path()) != own)
}

#[cfg(unix)]
fn replace(mut command: Command) -> std::io::Result<i32> {
    use std::os::unix::process::CommandExt;
    Err(command.exec())
}

#[cfg(not(unix))]
fn replace(mut command: Command) -> std::io::Result<i32> {
    command.status().map(|status| status.code().unwrap_or(1))
}

fn run_fed(mut command: Command, text: &[u8]) -> std::io::Result<i32> {
    let mut child = command.stdin(Stdio::piped()).spawn()?;
    if let Some(mut pipe) = child.stdin.take() {
        // A program that does not want to read all of it is free to do so.
        let _ = pipe.write_all(text);
    }
    child.wait().map(|status| status.code().unwrap_or(1))
}
