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
    files: AtomicU64,
    /// Derivations that were instantiated.
    derivations: AtomicU64,
    /// Whether somebody watches.
    watched: AtomicBool,
    line: Mutex<Line>,
}

#[derive(Default)]
struct Line {
    /// What was begun last: a file, or the name of a derivation.
    subject: Vec<u8>,
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
        self.files.fetch_add(1, Ordering::Relaxed);
        self.enter(path);
    }

    /// Notes the derivation that was made.
    pub fn enter_derivation(&self, name: &[u8]) {
        self.derivations.fetch_add(1, Ordering::Relaxed);
        self.enter(name);
    }

    fn enter(&self, subject: &[u8]) {
        if self.watched.load(Ordering::Relaxed) {
            self.line().subject = subject.to_vec();
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
                let counts = [&self.files, &self.derivations].map(|count| count.load(Ordering::Relaxed));
                line.draw(counts);
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

    fn draw(&mut self, counts: [u64; 2]) {
        let columns = terminal_size::terminal_size_of(io::stderr()).map_or(80, |(width, _)| width.0);
        let subject = String::from_utf8_lossy(&self.subject);
        let text = status(counts, resident_memory(), &subject, columns.into());
        self.shown = io::stderr().write_all(format!("\r{text}\x1b[K").as_bytes()).is_ok();
    }
}

/// The text of the line; shorter than the terminal is wide.
fn status([files, derivations]: [u64; 2], memory: Option<u64>, subject: &str, columns: usize) -> String {
    let plural = |count| if count == 1 { "" } else { "s" };
    let mut parts = vec![format!("evaluating: {files} file{}", plural(files))];
    if derivations > 0 {
        parts.push(format!("{derivations} derivation{}", plural(derivations)));
    }
    if let Some(bytes) = memory {
        parts.push(format!("{} MB", bytes >> 20));
    }
    let room = columns.saturating_sub(1);
    let fits = |parts: &[String]| parts.join(", ").chars().count() <= room;
    while parts.len() > 1 && !fits(&parts) {
        parts.pop();
    }
    let mut text = parts.join(", ");
    let left = room.saturating_sub(text.chars().count() + 2);
    let name: Vec<char> = subject.chars().filter(|c| !c.is_control()).collect();
    // The end of a path says more than its beginning.
    if !name.is_empty() && left >= 12.min(name.len()) {
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
        assert_eq!(status([3, 0], Some(5 << 20), file, 100), format!("evaluating: 3 files, 5 MB, {file}"));
        let cut = status([3, 0], Some(5 << 20), file, 50);
        assert_eq!((cut.chars().count(), cut.ends_with("file/default.nix")), (49, true));
        let both = status([1, 1], Some(5 << 20), "hello-2.12", 80);
        assert_eq!(both, "evaluating: 1 file, 1 derivation, 5 MB, hello-2.12");
        assert_eq!(status([3, 0], None, file, 20), "evaluating: 3 files");
        assert_eq!(status([3, 2], Some(5 << 20), file, 36), "evaluating: 3 files, 2 derivations");
        assert_eq!(status([3, 0], None, file, 10), "evaluatin");
    }
}
