//! Ends the command from outside of its evaluation: at Ctrl-C, and when its time is over.
//!
//! The evaluation is told first, and fails with a diagnostic that has a place. Whatever it is busy with (a large
//! collection, a hash, a source of megabytes, a reader that does not read), the program ends a moment later.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nivose::raw::Error;
use nivose::{Control, DiagnosticId};

use crate::configuration::Configuration;
use crate::failure::Failure;
use crate::report;
use crate::status::Progress;

/// How long the evaluation has to end by itself: many times what it usually takes to the next safe point.
const GRACE: Duration = Duration::from_millis(8);
/// The same when its time is over, where nobody waits at a terminal: a diagnostic with a place is worth more.
const EXPIRY_GRACE: Duration = Duration::from_millis(500);
/// Bytes of stack of the thread that waits: it only writes a message.
const STACK: usize = 256 << 10;

/// Who says why the command ended: it does so itself, or the thread that ends it.
#[derive(Clone, Default)]
pub struct Ending(Arc<AtomicBool>);

impl Ending {
    /// Waits for a signal and for the end of the time. To be called once, before anything is evaluated.
    pub fn watch(&self, control: Control, progress: Arc<Progress>, configuration: &Configuration) {
        let watch = Watch {
            ending: self.clone(),
            control,
            progress,
            configuration: configuration.clone(),
            limit: configuration.max_time,
        };
        watch.start();
    }

    /// From now on the command says itself how it ends. Does not come back if somebody else does.
    pub fn begin(&self) {
        if self.0.swap(true, Ordering::AcqRel) {
            loop {
                std::thread::park();
            }
        }
    }

    /// Whether nobody says it yet; then it is the caller who does.
    fn take(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }
}

struct Watch {
    ending: Ending,
    control: Control,
    progress: Arc<Progress>,
    configuration: Configuration,
    limit: Option<Duration>,
}

/// What a thread waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Event {
    Signal,
    Timeout,
}

impl Watch {
    /// Without handlers or thread Ctrl-C ends the program at once, which will do; so it does where there are no signals.
    fn start(self) {
        let Ok(signals) = Signals::new() else { return };
        let builder = std::thread::Builder::new().name("nivose-ending".into()).stack_size(STACK);
        let _ = builder.spawn(move || self.wait(signals));
    }

    fn wait(self, mut signals: Signals) {
        // With a limit of time the command ends as any other does.
        if self.configuration.is_dialogue && self.limit.is_none() {
            return self.interrupt_lines(signals);
        }
        // Ready before it is needed: while memory of gigabytes is made or moved, this thread may get none for a while.
        let interrupted = self.lines(Error::new(DiagnosticId::Interrupted, &[]));
        let lines = match signals.next(self.limit) {
            Ok(Event::Signal) => {
                self.control.cancel();
                // Signals in the meantime say nothing new: `timeout` sends two at once.
                std::thread::sleep(GRACE);
                interrupted
            }
            Ok(Event::Timeout) => {
                let limit = format!("{:?}", self.limit.unwrap_or_default());
                self.control.expire(limit.clone());
                // A signal or a failure ends the waiting, no more.
                let _ = signals.next(Some(EXPIRY_GRACE));
                self.lines(Error::new(DiagnosticId::TimeLimit, &[&limit]))
            }
            Err(_) => return,
        };
        signals.obey_next();
        // Otherwise it is being told by the command itself.
        if self.ending.take() {
            self.end(&lines);
        }
    }

    /// Each signal ends what is being evaluated, and not the command.
    fn interrupt_lines(&self, mut signals: Signals) {
        while signals.next(None).is_ok() {
            self.control.cancel();
        }
    }

    fn lines(&self, error: Error) -> Vec<u8> {
        report::failure_lines("", &Failure::Evaluation(error), &self.configuration, None)
    }

    fn end(&self, lines: &[u8]) -> ! {
        self.progress.give_up();
        end(lines)
    }
}

/// Writes lines to standard error and ends the process. The evaluation may hold every lock there is, and may wait for
/// a reader that does not read: so this takes none, and waits a moment only.
#[cfg(unix)]
fn end(lines: &[u8]) -> ! {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stderr = rustix::stdio::stderr();
    let moment = Timespec { tv_sec: 0, tv_nsec: 10_000_000 };
    if poll(&mut [PollFd::new(&stderr, PollFlags::OUT)], Some(&moment)).is_ok_and(|ready| ready > 0) {
        // A closed standard error leaves nobody to tell.
        let _ = rustix::io::write(stderr, lines);
    }
    signal_hook::low_level::exit(1)
}

#[cfg(not(unix))]
fn end(lines: &[u8]) -> ! {
    use std::io::Write;
    let _ = io::stderr().write_all(lines);
    std::process::exit(1)
}

/// The signals that end the program.
#[cfg(unix)]
struct Signals {
    stream: std::os::unix::net::UnixStream,
    /// Whether the handler of the next one ends the program itself, whatever the thread is doing.
    obeys: Arc<AtomicBool>,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use signal_hook::consts::SIGINT;
        let (wait, wake) = std::os::unix::net::UnixStream::pair()?;
        let obeys: Arc<AtomicBool> = Arc::default();
        // With the shell's number for it.
        signal_hook::flag::register_conditional_shutdown(SIGINT, 130, obeys.clone())?;
        signal_hook::low_level::pipe::register(SIGINT, wake)?;
        Ok(Signals { stream: wait, obeys })
    }

    /// The next signal ends the program at once.
    fn obey_next(&self) {
        self.obeys.store(true, Ordering::Release);
    }

    /// Waits by `poll`, whose clock is exact: a socket's timeout is rounded up by several milliseconds.
    fn next(&mut self, timeout: Option<Duration>) -> io::Result<Event> {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        use std::io::Read;
        use std::time::Instant;
        let end = timeout.map(|timeout| Instant::now() + timeout);
        loop {
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            let left = left.and_then(|left| Timespec::try_from(left).ok());
            match poll(&mut [PollFd::new(&self.stream, PollFlags::IN)], left.as_ref()) {
                Ok(0) => return Ok(Event::Timeout),
                Ok(_) => return self.stream.read_exact(&mut [0]).map(|()| Event::Signal),
                // The signal itself, if this thread was chosen to handle it.
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// There are none that could be waited for.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Signals)
    }

    fn next(&mut self, timeout: Option<Duration>) -> io::Result<Event> {
        let timeout = timeout.ok_or(io::ErrorKind::Unsupported)?;
        std::thread::sleep(timeout);
        Ok(Event::Timeout)
    }

    fn obey_next(&self) {}
}
