//! The status line of long work: on a terminal, after a second, and gone without a trace at the end.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::configuration::variable;

/// How long work may take before it shows itself.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often the line changes.
const INTERVAL: Duration = Duration::from_millis(200);

/// What is known of the work so far.
#[derive(Default)]
pub struct Progress {
    /// Files of the language that were read.
    pub files: AtomicU64,
    /// Whether somebody watches.
    watched: AtomicBool,
    line: Mutex<Line>,
}

#[derive(Default)]
struct Line {
    /// The file that was opened last.
    file: Vec<u8>,
    shown: bool,
    finished: bool,
}

impl Progress {
    /// Starts to watch, if there is a terminal and the user does not mind.
    pub fn watch(self: &Arc<Self>, quiet: bool) {
        let unwanted = quiet
            || variable("NIVOSE_STATUS").as_deref() == Some("0")
            || matches!(variable("TERM").as_deref(), None | Some("" | "dumb"))
            || !io::stderr().is_terminal();
        if unwanted {
            return;
        }
        self.watched.store(true, Ordering::Relaxed);
        let progress = self.clone();
        // Without the thread there is no line, which is no harm.
        let _ = std::thread::Builder::new().name("status".into()).spawn(move || progress.show());
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the file that is being read.
    pub fn enter_file(&self, path: &[u8]) {
        if self.watched.load(Ordering::Relaxed) {
            self.line().file = path.to_vec();
        }
    }

    /// Does something that writes to the terminal.
    pub fn hide_while(&self, write: impl FnOnce()) {
        if !self.watched.load(Ordering::Relaxed) {
            return write();
        }
        let mut line = self.line();
        line.erase();
        write();
    }

    /// Ends the watch and takes the line away.
    pub fn finish(&self) {
        if self.watched.swap(false, Ordering::Relaxed) {
            let mut line = self.line();
            line.erase();
            line.finished = true;
        }
    }

    /// The same for a thread that must not wait for those that write.
    pub fn give_up(&self) {
        if self.watched.swap(false, Ordering::Relaxed)
            && let Ok(mut line) = self.line.try_lock()
        {
            line.erase();
            line.finished = true;
        }
    }

    fn show(&self) {
        std::thread::sleep(PATIENCE);
        loop {
            {
                let mut line = self.line();
                if line.finished {
                    return;
                }
                line.draw(self.files.load(Ordering::Relaxed));
            }
            std::thread::sleep(INTERVAL);
        }
    }
}

impl Line {
    fn erase(&mut self) {
        if std::mem::take(&mut self.shown) {
            let _ = io::stderr().write_all(b"\r\x1b[K");
        }
    }

    fn draw(&mut self, files: u64) {
        let columns = terminal_size::terminal_size_of(io::stderr()).map_or(80, |(width, _)| width.0);
        let text = status(files, resident_memory(), &String::from_utf8_lossy(&self.file), columns.into());
        self.shown = io::stderr().write_all(format!("\r{text}\x1b[K").as_bytes()).is_ok();
    }
}

/// The text of the line; shorter than the terminal is wide.
fn status(files: u64, memory: Option<u64>, file: &str, columns: usize) -> String {
    let mut text = format!("evaluating: {files} files");
    if let Some(bytes) = memory {
        text.push_str(&format!(", {} MB", bytes >> 20));
    }
    let room = columns.saturating_sub(1);
    let left = room.saturating_sub(text.chars().count() + 2);
    let name: Vec<char> = file.chars().filter(|c| !c.is_control()).collect();
    // The end of a path says more than its beginning.
    if !name.is_empty() && left >= 12 {
        let skipped = name.len().saturating_sub(left);
        let end: String = name.iter().skip(skipped + usize::from(skipped > 0)).collect();
        text.push_str(&format!(", {}{end}", if skipped > 0 { "…" } else { "" }));
    }
    text.chars().take(room).collect()
}

/// Memory of the process, where the system tells it.
fn resident_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    text.split_whitespace().nth(1)?.parse::<u64>().ok()?.checked_mul(4096)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_shorter_than_the_terminal() {
        let file = "/a/long/path/to/some/file/default.nix";
        assert_eq!(status(3, Some(5 << 20), file, 100), format!("evaluating: 3 files, 5 MB, {file}"));
        let cut = status(3, Some(5 << 20), file, 50);
        assert_eq!((cut.chars().count(), cut.ends_with("file/default.nix")), (49, true));
        assert_eq!(status(3, None, file, 20), "evaluating: 3 files");
        assert_eq!(status(3, None, file, 10), "evaluatin");
    }
}
