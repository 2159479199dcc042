//! Ends the command from outside of its evaluation: at Ctrl-C, and when its time is over.
//!
//! The evaluation is told first, and fails with a diagnostic that has a place. Whatever it is busy with (a large
//! collection, a hash, a source of megabytes, a reader that does not read), the program ends a moment later.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nivose::{Control, DiagnosticId, Error};

use crate::configuration::Configuration;
use crate::failure::Failure;
use crate::report;
use crate::status::Progress;

/// How long the evaluation has to end by itself.
const GRACE: Duration = Duration::from_millis(20);
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
        let (error, grace) = match signals.next(self.limit) {
            Ok(Event::Signal) => {
                self.control.cancel();
                (Error::new(DiagnosticId::Interrupted, &[]), GRACE)
            }
            Ok(Event::Timeout) => {
                let limit = format!("{:?}", self.limit.unwrap_or_default());
                self.control.expire(limit.clone());
                (Error::new(DiagnosticId::TimeLimit, &[&limit]), EXPIRY_GRACE)
            }
            Err(_) => return,
        };
        match signals.next(Some(grace)) {
            Ok(Event::Timeout) if self.ending.take() => self.end(error),
            // It is being told by the command itself, or a second signal has ended the program.
            _ => {}
        }
    }

    fn end(&self, error: Error) {
        self.progress.give_up();
        report::show_failure("", &Failure::Evaluation(error), &self.configuration, None);
        std::process::exit(1);
    }
}

/// The signals that end the program. The handler of a second one does so itself, whatever the thread is doing.
#[cfg(unix)]
struct Signals(std::os::unix::net::UnixStream);

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use signal_hook::consts::SIGINT;
        let (wait, wake) = std::os::unix::net::UnixStream::pair()?;
        let seen: Arc<AtomicBool> = Arc::default();
        // In this order: a signal that was seen before ends the program with the shell's number for it.
        signal_hook::flag::register_conditional_shutdown(SIGINT, 130, seen.clone())?;
        signal_hook::flag::register(SIGINT, seen)?;
        signal_hook::low_level::pipe::register(SIGINT, wake)?;
        Ok(Signals(wait))
    }

    fn next(&mut self, timeout: Option<Duration>) -> io::Result<Event> {
        use std::io::{ErrorKind, Read};
        self.0.set_read_timeout(timeout)?;
        match self.0.read_exact(&mut [0]) {
            Ok(()) => Ok(Event::Signal),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                Ok(Event::Timeout)
            }
            Err(error) => Err(error),
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
}
