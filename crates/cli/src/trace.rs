//! `nivose trace`: what the machine does while it evaluates a file or an expression.
//!
//! Lines are written as things happen, since a trace may be longer than memory; the value follows.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use nivose::TraceOptions;
use nivose::raw::PrintOptions;

use crate::arguments::Given;
use crate::command::CommandLine;
use crate::failure::Failure;
use crate::options::OptionId;
use crate::report::Lines;
use crate::session::Session;
use crate::source_argument::SourceArgument;

/// A command line of `nivose trace`.
#[derive(Debug, Default)]
pub struct Trace {
    source: SourceArgument,
    options: TraceOptions,
    strict: bool,
}

impl CommandLine for Trace {
    fn take(&mut self, given: &mut Given) -> Result<bool, Failure> {
        let text = |given: &mut Given| String::from_utf8_lossy(&given.value()).into_owned();
        match given.id {
            OptionId::Json => self.options.json = true,
            OptionId::Strict => self.strict = true,
            OptionId::Calls => self.options.calls_only = true,
            OptionId::Code => self.options.code = true,
            OptionId::InFile => self.options.file = Some(text(given)),
            OptionId::InFunction => self.options.function = Some(text(given)),
            OptionId::Depth => {
                let depth = text(given);
                let number = depth.parse();
                let refused = |_| Failure::usage(format!("'{depth}' is no depth"));
                self.options.max_depth = Some(number.map_err(refused)?);
            }
            _ => return Ok(self.source.take(given)),
        }
        Ok(true)
    }

    fn positional(&mut self, argument: Vec<u8>) -> Result<(), Failure> {
        self.source.positional(argument)
    }

    fn finish(&mut self) -> Result<(), Failure> {
        self.source.finish()
    }
}

impl Trace {
    /// Evaluates, writes the trace, and gives the value.
    ///
    /// # Errors
    /// What the evaluation fails with.
    pub fn run(self, session: &mut Session) -> Result<Vec<u8>, Failure> {
        let (origin, text, directory) = self.source.read(session)?;
        let json = self.options.json;
        let stop = session.evaluator.machine().control();
        let closed: Arc<AtomicBool> = Arc::default();
        let close = closed.clone();
        let lines = Arc::new(Mutex::new(Lines::new()?));
        let out = lines.clone();
        session.evaluator.trace(self.options, move |line| {
            // Whoever closed the other end does not want more.
            if !out.lock().unwrap_or_else(PoisonError::into_inner).write(line) {
                close.store(true, Ordering::Relaxed);
                stop.cancel();
            }
        });
        let strict = self.strict;
        let value = session
            .evaluator
            .evaluate(origin, text, directory)
            .and_then(|value| if strict { session.evaluator.force_deep(value) } else { Ok(value) });
        session.evaluator.stop_trace();
        if let Some(lines) = Arc::into_inner(lines) {
            lines.into_inner().unwrap_or_else(PoisonError::into_inner).finish()?;
        }
        if closed.load(Ordering::Relaxed) {
            return Ok(Vec::new());
        }
        let options = PrintOptions { force: false, ..PrintOptions::EVAL };
        let mut printed = session.evaluator.print(value?, options)?;
        printed.push(b'\n');
        Ok(if json { Vec::new() } else { printed })
    }
}
