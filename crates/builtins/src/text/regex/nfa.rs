//! The automaton under construction: states that fragments of the pattern append and copy.
//!
//! Its shape, and so the order in which alternatives are tried and the number of states that a pattern costs, is
//! libstdc++'s. [`super::program`] makes the form that is run.

use super::RegexError;

/// The greatest number of states that a pattern may cost, in libstdc++'s count.
const STATE_LIMIT: usize = 100_000;

/// A link that is not set yet.
pub(super) const UNSET: u32 = u32::MAX;

/// What a state does before going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    /// Nothing.
    Pass,
    /// Consumes this byte.
    Byte(u8),
    /// Consumes a byte of the set with this number.
    Set(u32),
    /// Goes into a body through `branch` and may come back; `next` leaves. Loops and optional parts.
    Repeat,
    /// Tries `branch`, then `next`.
    Alternative,
    /// Begins a group.
    GroupStart(u32),
    /// Ends a group.
    GroupEnd(u32),
    /// Holds at the beginning of the subject.
    LineStart,
    /// Holds at its end.
    LineEnd,
    /// A match.
    Accept,
}

/// One state.
#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    pub(super) operation: Operation,
    pub(super) next: u32,
    pub(super) branch: u32,
}

/// A part of the automaton with one way in and one way out; its states are the last ones from `first` on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fragment {
    pub(super) first: u32,
    pub(super) start: u32,
    pub(super) end: u32,
}

/// The states so far.
#[derive(Debug, Default)]
pub(super) struct Nfa {
    pub(super) states: Vec<State>,
    /// States that a copy has replaced; they still count.
    discarded: usize,
}

impl Nfa {
    fn insert(&mut self, operation: Operation, branch: u32) -> Result<u32, RegexError> {
        let index = self.states.len();
        if index + self.discarded >= STATE_LIMIT {
            return Err(RegexError::TooBig);
        }
        self.states.push(State { operation, next: UNSET, branch });
        Ok(u32::try_from(index).unwrap_or(UNSET))
    }

    /// A fragment of one state.
    pub(super) fn single(&mut self, operation: Operation) -> Result<Fragment, RegexError> {
        let state = self.insert(operation, UNSET)?;
        Ok(Fragment { first: state, start: state, end: state })
    }

    fn set_next(&mut self, state: u32, next: u32) {
        if let Some(state) = self.states.get_mut(state as usize) {
            state.next = next;
        }
    }

    /// One fragment after another.
    pub(super) fn append(&mut self, left: Fragment, right: Fragment) -> Fragment {
        self.set_next(left.end, right.start);
        Fragment { first: left.first, start: left.start, end: right.end }
    }

    /// `left|right`.
    pub(super) fn alternative(&mut self, left: Fragment, right: Fragment) -> Result<Fragment, RegexError> {
        let end = self.insert(Operation::Pass, UNSET)?;
        self.set_next(left.end, end);
        self.set_next(right.end, end);
        let start = self.insert(Operation::Alternative, left.start)?;
        self.set_next(start, right.start);
        Ok(Fragment { first: left.first, start, end })
    }

    /// `body*`.
    pub(super) fn star(&mut self, body: Fragment) -> Result<Fragment, RegexError> {
        let repeat = self.insert(Operation::Repeat, body.start)?;
        self.set_next(body.end, repeat);
        Ok(Fragment { first: body.first, start: repeat, end: repeat })
    }

    /// `body+`.
    pub(super) fn plus(&mut self, body: Fragment) -> Result<Fragment, RegexError> {
        let star = self.star(body)?;
        Ok(Fragment { start: body.start, ..star })
    }

    /// `body?`.
    pub(super) fn optional(&mut self, body: Fragment) -> Result<Fragment, RegexError> {
        let end = self.insert(Operation::Pass, UNSET)?;
        let repeat = self.insert(Operation::Repeat, body.start)?;
        self.set_next(body.end, end);
        self.set_next(repeat, end);
        Ok(Fragment { first: body.first, start: repeat, end })
    }

    /// `body{least,}` or `body{least,least + more}`.
    pub(super) fn interval(
        &mut self,
        body: Fragment,
        least: u32,
        more: Option<u32>,
    ) -> Result<Fragment, RegexError> {
        let template = self.take(body);
        let mut whole = self.single(Operation::Pass)?;
        for _ in 0..least {
            let copy = self.copy(&template)?;
            whole = self.append(whole, copy);
        }
        match more {
            None => {
                let copy = self.copy(&template)?;
                let star = self.star(copy)?;
                Ok(self.append(whole, star))
            }
            Some(more) => self.optional_copies(whole, &template, more),
        }
    }

    /// Appends `more` copies, each of which may be left out together with all that follow it.
    fn optional_copies(
        &mut self,
        mut whole: Fragment,
        template: &Template,
        more: u32,
    ) -> Result<Fragment, RegexError> {
        let end = self.single(Operation::Pass)?;
        let mut repeats = Vec::new();
        for _ in 0..more {
            let copy = self.copy(template)?;
            let repeat = self.insert(Operation::Repeat, copy.start)?;
            repeats.push(repeat);
            let part = Fragment { first: copy.first, start: repeat, end: copy.end };
            whole = self.append(whole, part);
        }
        whole = self.append(whole, end);
        repeats.into_iter().for_each(|repeat| self.set_next(repeat, end.start));
        Ok(whole)
    }

    /// Removes a fragment, which is the last one, for copying.
    fn take(&mut self, fragment: Fragment) -> Template {
        let states = self.states.split_off((fragment.first as usize).min(self.states.len()));
        self.discarded += states.len();
        Template { states, fragment }
    }

    fn copy(&mut self, template: &Template) -> Result<Fragment, RegexError> {
        let first = u32::try_from(self.states.len()).unwrap_or(UNSET);
        let rebase = |link: u32| if link == UNSET { UNSET } else { link - template.fragment.first + first };
        for state in &template.states {
            let copy = self.insert(state.operation, rebase(state.branch))?;
            self.set_next(copy, rebase(state.next));
        }
        Ok(Fragment { first, start: rebase(template.fragment.start), end: rebase(template.fragment.end) })
    }
}

/// States taken out of the automaton, with the links that they had in it.
struct Template {
    states: Vec<State>,
    fragment: Fragment,
}
