//! `match` and `split`. The regular expressions themselves are in [`crate::text::regex`]; compiled ones are kept for
//! the whole evaluation.

use std::sync::Arc;

use nivose_base::{DiagnosticId, Error, Map, Result};
use nivose_heap::{Heap, Value};
use nivose_machine::{BuiltinSpec, Cx, Shared, Step, Task};

use crate::arguments::{expect_plain_string, expect_string, force_and_run};
use crate::text::regex::{MatchCursor, Regex, RegexError, Scratch};

/// How many bytes all kept expressions may take together; then all are dropped.
const CACHE_LIMIT: usize = 64 << 20;
/// What a kept expression takes besides its program; its deterministic automaton included.
const ENTRY_SIZE: usize = 4096;

/// Subjects up to this length are split in one step.
const SHORT: usize = 8192;
/// Matches that a longer subject is split at in one step.
const BUDGET: usize = 5000;

/// The compiled expressions by their text, and buffers for matching.
#[derive(Default)]
struct RegexCache {
    compiled: Map<Box<[u8]>, Arc<Regex>>,
    /// Bytes that `compiled` takes.
    size: usize,
    scratch: Scratch,
}

impl RegexCache {
    fn get(&mut self, pattern: &[u8]) -> Result<Arc<Regex>> {
        if let Some(regex) = self.compiled.get(pattern) {
            return Ok(regex.clone());
        }
        let regex = Arc::new(Regex::new(pattern).map_err(|error| rejected(error, pattern))?);
        let size = ENTRY_SIZE + pattern.len() + regex.size();
        if self.size + size > CACHE_LIMIT {
            self.compiled.clear();
            self.size = 0;
        }
        self.size += size;
        self.compiled.insert(pattern.into(), regex.clone());
        Ok(regex)
    }
}

fn cache(shared: &mut Shared) -> &mut RegexCache {
    shared.extensions.get()
}

#[cold]
fn rejected(error: RegexError, pattern: &[u8]) -> Error {
    let id = match error {
        RegexError::Invalid => DiagnosticId::InvalidRegex,
        RegexError::TooBig => DiagnosticId::RegexBudget,
    };
    Error::new(id, &[&pattern])
}

/// Why a search was stopped: what the evaluation is to end with, or the limit.
#[cold]
fn stopped(interruption: Result<()>, pattern: &[u8]) -> Error {
    interruption.err().unwrap_or_else(|| Error::new(DiagnosticId::RegexBudget, &[&pattern]))
}

/// The groups of the last match as strings; null for a group that did not take part.
fn groups<'h>(heap: &mut Heap, scratch: &Scratch, subject: &[u8]) -> Value<'h> {
    let group = |bounds: Option<(usize, usize)>| match bounds {
        Some((start, end)) => heap.string(subject.get(start..end).unwrap_or_default()),
        None => Value::NULL,
    };
    let groups: Vec<Value<'h>> = scratch.groups().map(group).collect();
    heap.list(&groups)
}

fn match_<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let &[pattern, subject] = arguments else { return Ok(Step::done(Value::NULL)) };
    let pattern = expect_plain_string(cx, pattern)?;
    let regex = cache(cx.shared()).get(pattern)?;
    if subject.resolved().is_thunk() {
        return Ok(force_and_run(cx, match_, arguments, 1));
    }
    let subject = expect_string(cx, subject)?.bytes();
    cx.reserve(subject.len())?;
    let shared = cx.shared();
    let scratch = &mut shared.extensions.get::<RegexCache>().scratch;
    let (control, mut interruption) = (&shared.control, Ok(()));
    let mut goes_on = || {
        interruption = control.check();
        interruption.is_ok()
    };
    let found = regex.full_match_in(subject, scratch, &mut goes_on);
    let found = found.map_err(|_| stopped(interruption, pattern))?;
    Ok(Step::done(if found { groups(&mut shared.heap, scratch, subject) } else { Value::NULL }))
}

fn split<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let &[pattern, subject] = arguments else { return Ok(Step::done(Value::NULL)) };
    let text = expect_plain_string(cx, pattern)?;
    let regex = cache(cx.shared()).get(text)?;
    if subject.resolved().is_thunk() {
        return Ok(force_and_run(cx, split, arguments, 1));
    }
    let bytes = expect_string(cx, subject)?.bytes();
    let mut splitter = Splitter { regex, cursor: MatchCursor::default(), end: 0, matched: false };
    if bytes.len() > SHORT {
        let task = SplitTask { splitter };
        return Ok(cx.start(task, &[pattern.resolved(), subject.resolved()]));
    }
    let mut pieces = splitter.pieces(cx.shared(), text, bytes, usize::MAX)?;
    pieces.push(splitter.rest(cx.heap(), subject.resolved()));
    Ok(Step::done(cx.list(&pieces)?))
}

/// Goes through a subject match by match.
struct Splitter {
    regex: Arc<Regex>,
    cursor: MatchCursor,
    /// Where the last match ended.
    end: usize,
    matched: bool,
}

impl Splitter {
    /// For each of the next matches, at most `limit`, the text before it and its groups; fewer at the end.
    fn pieces<'h>(
        &mut self,
        shared: &mut Shared,
        pattern: &[u8],
        subject: &[u8],
        limit: usize,
    ) -> Result<Vec<Value<'h>>> {
        let scratch = &mut shared.extensions.get::<RegexCache>().scratch;
        let (control, mut interruption) = (&shared.control, Ok(()));
        let mut goes_on = || {
            interruption = control.check();
            interruption.is_ok()
        };
        let mut pieces = Vec::new();
        while pieces.len() / 2 < limit {
            match self.cursor.next(&self.regex, subject, scratch, &mut goes_on) {
                Ok(true) => {}
                Ok(false) => break,
                Err(_) => return Err(stopped(interruption, pattern)),
            }
            let (start, end) = scratch.whole();
            pieces.push(shared.heap.string(subject.get(self.end..start).unwrap_or_default()));
            let list = groups(&mut shared.heap, scratch, subject);
            pieces.push(shared.heap.place_list(list));
            self.end = end;
            self.matched = true;
        }
        Ok(pieces)
    }

    /// What is left behind the last match: without a match the subject itself, with its context.
    fn rest<'h>(&self, heap: &mut Heap, subject: Value<'h>) -> Value<'h> {
        if !self.matched {
            return subject;
        }
        let bytes = subject.as_string().map_or(&b""[..], |string| string.bytes());
        heap.string(bytes.get(self.end..).unwrap_or_default())
    }
}

/// Splits a long subject. Slots: pattern, subject, then the pieces.
struct SplitTask {
    splitter: Splitter,
}

impl SplitTask {
    fn finish<'h>(&self, cx: &mut Cx<'_, 'h>) -> Result<Step<'h>> {
        let subject = cx.slot(1);
        let rest = self.splitter.rest(cx.heap(), subject);
        cx.push(rest);
        let pieces = cx.slots().get(2..).unwrap_or_default().to_vec();
        Ok(Step::done(cx.list(&pieces)?))
    }
}

impl Task for SplitTask {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, _: Value<'h>) -> Result<Step<'h>> {
        let (pattern, subject) = (cx.slot(0), cx.slot(1));
        let (pattern, subject) = (expect_plain_string(cx, pattern)?, expect_string(cx, subject)?.bytes());
        let pieces = self.splitter.pieces(cx.shared(), pattern, subject, BUDGET)?;
        pieces.iter().for_each(|&piece| cx.push(piece));
        if pieces.len() == 2 * BUDGET { Ok(Step::YIELD) } else { self.finish(cx) }
    }
}

/// The builtins of this file.
pub const BUILTINS: &[BuiltinSpec] = &[
    BuiltinSpec {
        name: "match",
        arguments: &["regex", "str"],
        strict: &[0],
        doc: "The groups of the POSIX extended regular expression *regex* as a list if it matches all of *str*, else \
              `null`. A group that takes no part in the match is `null`.",
        run: match_,
    },
    BuiltinSpec {
        name: "split",
        arguments: &["regex", "str"],
        strict: &[0],
        doc: "Splits *str* at each match of the POSIX extended regular expression *regex*: a list of the texts between \
              the matches, and between them lists of the groups of each match.",
        run: split,
    },
];
