//! POSIX extended regular expressions over bytes, with the results of libstdc++'s `std::regex`, which C++ Nix uses.
//!
//! [`Regex`] chooses between two engines: a depth-first executor that mirrors libstdc++'s order of search, and for
//! patterns that are used often and need no groups a deterministic automaton. The crate caches nothing: callers keep
//! the compiled expressions.

mod bracket;
mod byte_set;
mod dfa;
mod executor;
mod memo;
mod nfa;
mod parser;
mod program;

use std::error::Error;
use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

pub use executor::Scratch;

use dfa::Dfa;
use executor::Search;
use program::Program;

/// After how many whole matches the deterministic automaton is worth building.
const DFA_AFTER: u32 = 4;

/// Why a pattern was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegexError {
    /// The pattern is not a regular expression (Nix: `invalid regular expression '…'`).
    Invalid,
    /// Its automaton has too many states (Nix: `memory limit exceeded by regular expression '…'`).
    TooBig,
}

impl RegexError {
    /// Nix's headline for a pattern that was rejected.
    #[must_use]
    pub fn headline(self, pattern: &str) -> String {
        match self {
            Self::Invalid => format!("invalid regular expression '{pattern}'"),
            Self::TooBig => format!("memory limit exceeded by regular expression '{pattern}'"),
        }
    }
}

impl fmt::Display for RegexError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Invalid => "invalid regular expression",
            Self::TooBig => "memory limit exceeded by regular expression",
        })
    }
}

impl Error for RegexError {}

/// Why matching came to no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// It took too many steps or too much memory; the headline is that of [`RegexError::TooBig`].
    Limit,
    /// The caller did not want it to go on.
    Interrupted,
}

impl fmt::Display for Stopped {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Limit => RegexError::TooBig.fmt(out),
            Self::Interrupted => out.write_str("interrupted"),
        }
    }
}

impl Error for Stopped {}

/// The groups of a match: byte ranges of the subject, nothing for a group that did not take part.
pub type Groups = Vec<Option<Range<usize>>>;

/// A compiled regular expression.
#[derive(Debug)]
pub struct Regex {
    program: Program,
    uses: AtomicU32,
    dfa: OnceLock<Option<Dfa>>,
}

impl Regex {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// [`RegexError`] exactly where libstdc++ rejects the pattern.
    pub fn new(pattern: &[u8]) -> Result<Self, RegexError> {
        let program = Program::new(parser::parse(pattern)?);
        Ok(Self { program, uses: AtomicU32::new(0), dfa: OnceLock::new() })
    }

    /// The number of groups in the pattern.
    #[must_use]
    pub fn group_count(&self) -> usize {
        self.program.groups as usize
    }

    /// About how many bytes of memory it takes, without the deterministic automaton.
    #[must_use]
    pub fn size(&self) -> usize {
        self.program.size()
    }

    /// Matches a whole subject, as `builtins.match` does; gives the groups, without the whole match itself.
    ///
    /// # Errors
    /// [`Stopped`] if the search takes too long.
    pub fn full_match(&self, subject: &[u8]) -> Result<Option<Groups>, Stopped> {
        let mut scratch = Scratch::default();
        let found = self.full_match_in(subject, &mut scratch, &mut || true)?;
        Ok(found.then(|| scratch.groups().map(|group| group.map(|(start, end)| start..end)).collect()))
    }

    /// Matches a whole subject with buffers to use again; the groups are left in [`Scratch::groups`]. Every few
    /// milliseconds `goes_on` is asked.
    ///
    /// # Errors
    /// [`Stopped`] if the search takes too long.
    pub fn full_match_in(
        &self,
        subject: &[u8],
        scratch: &mut Scratch,
        goes_on: &mut dyn FnMut() -> bool,
    ) -> Result<bool, Stopped> {
        if (self.program.groups == 0 || self.program.cyclic)
            && let Some(dfa) = self.dfa()
        {
            scratch.clear_groups(subject.len());
            let matches = dfa.matches(subject, goes_on)?;
            if !matches || self.program.groups == 0 {
                return Ok(matches);
            }
        }
        executor::full_match(&self.program, subject, scratch, goes_on)
    }

    /// The deterministic automaton, if the expression has been used often enough and is simple enough.
    fn dfa(&self) -> Option<&Dfa> {
        if let Some(built) = self.dfa.get() {
            return built.as_ref();
        }
        // A program that may take exponential time gets its automaton at once.
        if !self.program.cyclic && self.uses.fetch_add(1, Ordering::Relaxed) < DFA_AFTER {
            return None;
        }
        self.dfa.get_or_init(|| Dfa::new(&self.program)).as_ref()
    }
}

impl Scratch {
    /// The groups of the last match in order: start and end in the subject, nothing for a group that did not take part.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = Option<(usize, usize)>> {
        self.groups.iter().map(|slot| slot.bounds())
    }

    /// Start and end of the last match.
    #[must_use]
    pub fn whole(&self) -> (usize, usize) {
        self.whole
    }

    fn clear_groups(&mut self, end: usize) {
        self.groups.clear();
        self.whole = (0, end);
    }
}

/// Goes through the matches of a subject, as `std::regex_iterator` and so `builtins.split` do.
///
/// It holds positions only; expression, subject and buffers are handed in anew for each step, so that a caller may
/// stop between two steps.
#[derive(Clone, Copy, Debug, Default)]
pub struct MatchCursor {
    last: Option<(usize, usize)>,
    previous: bool,
    done: bool,
}

impl MatchCursor {
    /// Finds the next match; its bounds and groups are left in `scratch`. False after the last one. Every few
    /// milliseconds `goes_on` is asked.
    ///
    /// # Errors
    /// [`Stopped`] if the search takes too long.
    pub fn next(
        &mut self,
        regex: &Regex,
        subject: &[u8],
        scratch: &mut Scratch,
        goes_on: &mut dyn FnMut() -> bool,
    ) -> Result<bool, Stopped> {
        if self.done {
            return Ok(false);
        }
        let found = self.step(&regex.program, subject, scratch, goes_on)?;
        self.last = Some(scratch.whole);
        self.done = !found;
        if self.done {
            scratch.trim();
        }
        Ok(found)
    }

    /// Where the last match ended, which is where the text before the next one begins.
    #[must_use]
    pub fn last_end(&self) -> usize {
        self.last.map_or(0, |(_, end)| end)
    }

    fn step(
        &mut self,
        program: &Program,
        subject: &[u8],
        scratch: &mut Scratch,
        goes_on: &mut dyn FnMut() -> bool,
    ) -> Result<bool, Stopped> {
        let mut search = Search { start: 0, anchored: false, not_empty: false, previous: self.previous };
        if let Some((start, end)) = self.last {
            search.start = end;
            if start == end {
                // Behind an empty match, a longer one at the same place is tried first.
                let here = Search { anchored: true, not_empty: true, ..search };
                if end >= subject.len() {
                    return Ok(false);
                }
                if executor::search(program, subject, scratch, here, goes_on)? {
                    return Ok(true);
                }
                search.start = end + 1;
            }
            self.previous = true;
            search.previous = true;
        }
        executor::search(program, subject, scratch, search, goes_on)
    }
}

#[cfg(test)]
mod tests;
