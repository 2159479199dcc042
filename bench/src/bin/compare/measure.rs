//! What a command takes. It is started by a small process of its own, whose only child it is: the system tells
//! the peak of a process's children together.

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};

use super::Figures;

/// Tells this program to run one command and to report.
pub const FLAG: &str = "--measure";

/// How one run ended.
pub struct Outcome {
    pub figures: Figures,
    pub succeeded: bool,
    pub answer: String,
    messages: String,
}

impl Outcome {
    /// The last line of what was said.
    pub fn message(&self) -> &str {
        self.messages.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("nothing said")
    }
}

/// Runs a command on a file.
pub fn measure(words: &[String], arguments: &[String], file: &Path) -> Result<Outcome, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(own);
    command
        .arg(FLAG)
        .args(words.iter().skip_while(|word| variable(word).is_some()))
        .args(arguments)
        .arg(file);
    command.envs(words.iter().map_while(|word| variable(word))).env_remove("NIX_PATH").stdin(Stdio::null());
    let output = command.output().map_err(|error| error.to_string())?;
    let messages = String::from_utf8_lossy(&output.stderr).into_owned();
    let (messages, report) = messages.trim_end().rsplit_once('\n').unwrap_or(("", &messages));
    let numbers: Vec<f64> = report.split_whitespace().filter_map(|number| number.parse().ok()).collect();
    let &[seconds, megabytes] = &numbers[..] else { return Err(format!("{words:?}: {report}")) };
    Ok(Outcome {
        figures: Figures { seconds, megabytes },
        succeeded: output.status.success(),
        answer: String::from_utf8_lossy(&output.stdout).into_owned(),
        messages: messages.to_owned(),
    })
}

/// `NAME=value` before a command.
fn variable(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_').then_some((name, value))
}

/// Runs a command, and says on the last line of standard error what it took: seconds and megabytes.
pub fn report(words: &[String]) -> ExitCode {
    let Some((program, arguments)) = words.split_first() else { return ExitCode::FAILURE };
    let begin = Instant::now();
    let status = match Command::new(program).args(arguments).status() {
        Ok(status) => status,
        Err(error) => {
            eprintln!("{program}: {error}");
            return ExitCode::FAILURE;
        }
    };
    let wall = begin.elapsed().as_secs_f64();
    let (seconds, megabytes) = match getrusage(UsageWho::RUSAGE_CHILDREN) {
        Ok(usage) => {
            let time = |value: nix::sys::time::TimeVal| value.tv_sec() as f64 + value.tv_usec() as f64 / 1e6;
            // Kilobytes on Linux, bytes on macOS.
            let unit = if cfg!(target_os = "macos") { 1_048_576.0 } else { 1024.0 };
            (time(usage.user_time()) + time(usage.system_time()), usage.max_rss() as f64 / unit)
        }
        Err(_) => (wall, f64::NAN),
    };
    eprintln!("\n{seconds} {megabytes}");
    if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
