//! Runs a program over a subject: depth first, with an explicit stack.
//!
//! The order of search, and which of several matches wins, are those of libstdc++'s executor for POSIX syntax:
//! - a loop tries one more round first, and is left only if that found nothing;
//! - both sides of an alternative are tried; the first match among the longest ones wins;
//! - a loop goes at most twice in a row into its body without having consumed anything;
//! - groups keep what they held in earlier rounds.
//!
//! What follows a choice depends only on the position and, where a loop can go round without consuming, on the rounds
//! that the loops have gone at this position. Choices are remembered by these, which keeps the time proportional to the
//! length of the subject; what still takes too long is stopped after a number of steps.

use super::Stopped;
use super::memo::{Choice, Memo};
use super::program::{FirstBytes, Instruction, Program};

/// How many steps a search may take at most: around a second.
const STEP_LIMIT: u64 = 1 << 28;
/// How many steps a search in a short subject may take.
const SHORT_STEP_LIMIT: u64 = 1 << 24;
/// How many steps more it may take for each instruction at each position: many times what a search takes that remembers
/// all its choices.
const STEPS_PER_POINT: u64 = 64;
/// After how many of them the search looks whether it is to go on.
const STEPS_AT_ONCE: u64 = 1 << 18;
/// After how many bytes of a run it does.
const BYTES_AT_ONCE: u32 = 1 << 20;
/// How many steps it takes to ask for a choice with counted rounds, or to remember it: the map is far slower than the rest.
const COUNTED_CHOICE: u64 = 32;
/// How many frames the stack may hold.
const STACK_LIMIT: usize = 1 << 24;
/// After how many steps a program whose loops count begins to remember its choices.
const REMEMBER_AFTER: u64 = 1 << 12;
/// Beyond this many entries a buffer is given back after use.
const KEEP_LIMIT: usize = 1 << 16;
/// The end of a group that has not matched.
const UNMATCHED: u32 = u32::MAX;

/// Where a group begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GroupBounds {
    start: u32,
    end: u32,
}

impl GroupBounds {
    const UNMATCHED: Self = Self { start: 0, end: UNMATCHED };

    /// The bounds, if the group has matched.
    pub(super) fn bounds(self) -> Option<(usize, usize)> {
        (self.end != UNMATCHED).then_some((self.start as usize, self.end as usize))
    }
}

/// How often a loop has gone into its body at one position.
#[derive(Clone, Copy, Debug, Default)]
struct Rounds {
    position: u32,
    count: u32,
}

/// What to do when the search comes back.
#[derive(Clone, Copy, Debug)]
enum Frame {
    /// Leave the loop, unless its body has led to a match.
    Exit { exit: u32, slot: u32, position: u32 },
    /// Leave the run after one byte less, but not before `low`.
    Run { instruction: u32, low: u32, position: u32 },
    /// Try the second side of an alternative.
    Second { second: u32, slot: u32, position: u32 },
    /// Both sides have been tried.
    Join { slot: u32, position: u32, found: bool },
    /// Remember what was found.
    Remember { slot: u32, position: u32 },
    /// Set a group's start back.
    Start { group: u32, start: u32 },
    /// Set a group's end back.
    End { group: u32, end: u32 },
    /// Set a loop's counter back.
    Rounds { slot: u32, rounds: Rounds },
}

/// Buffers for matching, to be used again and again; also holds the groups of the last match.
#[derive(Debug, Default)]
pub struct Scratch {
    stack: Vec<Frame>,
    memo: Memo,
    current: Vec<GroupBounds>,
    rounds: Vec<Rounds>,
    pub(super) groups: Vec<GroupBounds>,
    pub(super) whole: (usize, usize),
}

impl Scratch {
    /// Makes everything ready for a search, with nothing remembered.
    fn prepare(&mut self, program: &Program, end: u32) {
        self.stack.clear();
        self.current.clear();
        self.current.resize(program.groups as usize, GroupBounds::UNMATCHED);
        self.groups.clear();
        if program.cyclic {
            self.rounds.clear();
            self.rounds.resize(program.slots as usize, Rounds::default());
        }
        self.memo.prepare(if program.cyclic { 0 } else { program.slots }, end);
    }

    /// Gives back what one large subject needed.
    pub(super) fn trim(&mut self) {
        if self.stack.capacity() > KEEP_LIMIT {
            self.stack = Vec::new();
        }
        self.memo.trim(KEEP_LIMIT);
    }
}

/// How a search is to be done.
#[derive(Clone, Copy, Debug)]
pub(super) struct Search {
    /// Where it begins.
    pub(super) start: usize,
    /// Only matches that begin at `start` count.
    pub(super) anchored: bool,
    /// Empty matches at the beginning do not count.
    pub(super) not_empty: bool,
    /// There is something before `start`, so that `^` does not hold there.
    pub(super) previous: bool,
}

/// Matches a whole subject; the groups of a match are left in `scratch`.
pub(super) fn full_match(
    program: &Program,
    subject: &[u8],
    scratch: &mut Scratch,
    goes_on: &mut dyn FnMut() -> bool,
) -> Result<bool, Stopped> {
    let search = Search { start: 0, anchored: true, not_empty: false, previous: false };
    let mut executor = Executor::<true>::new(program, subject, scratch, search, goes_on)?;
    let found = executor.run(0)?;
    executor.finish(0, found);
    scratch.trim();
    Ok(found)
}

/// Finds the first match at or behind a position; its bounds and groups are left in `scratch`.
pub(super) fn search(
    program: &Program,
    subject: &[u8],
    scratch: &mut Scratch,
    search: Search,
    goes_on: &mut dyn FnMut() -> bool,
) -> Result<bool, Stopped> {
    let mut executor = Executor::<false>::new(program, subject, scratch, search, goes_on)?;
    let mut begin = search.start;
    loop {
        if !search.anchored {
            match executor.next_begin(begin) {
                Some(next) => begin = next,
                None => break,
            }
        }
        let found = executor.run(begin)?;
        if found || search.anchored || begin >= subject.len() {
            executor.finish(begin, found);
            return Ok(found);
        }
        begin += 1;
    }
    executor.finish(begin, false);
    Ok(false)
}

struct Executor<'a, const WHOLE: bool> {
    program: &'a Program,
    subject: &'a [u8],
    scratch: &'a mut Scratch,
    search: Search,
    begin: u32,
    end: u32,
    /// Whether the part of the search that just ended found a match.
    found: bool,
    /// The end of the best match so far.
    best: Option<u32>,
    /// Steps that are left before the search looks whether it is to go on.
    steps: u64,
    /// Steps that are left after these.
    more_steps: u64,
    /// With so many steps left, choices begin to be remembered.
    remember_from: u64,
    goes_on: &'a mut dyn FnMut() -> bool,
}

impl<'a, const WHOLE: bool> Executor<'a, WHOLE> {
    fn new(
        program: &'a Program,
        subject: &'a [u8],
        scratch: &'a mut Scratch,
        search: Search,
        goes_on: &'a mut dyn FnMut() -> bool,
    ) -> Result<Self, Stopped> {
        let end = u32::try_from(subject.len()).ok().filter(|&end| end < UNMATCHED).ok_or(Stopped::Limit)?;
        scratch.prepare(program, end);
        let points = (program.instructions.len() as u64).saturating_mul(u64::from(end) + 1);
        let limit = SHORT_STEP_LIMIT.saturating_add(points.saturating_mul(STEPS_PER_POINT)).min(STEP_LIMIT);
        Ok(Self {
            program,
            subject,
            scratch,
            search,
            begin: 0,
            end,
            found: false,
            best: None,
            steps: STEPS_AT_ONCE,
            more_steps: limit - STEPS_AT_ONCE,
            remember_from: limit - REMEMBER_AFTER,
            goes_on,
        })
    }

    /// Leaves the result in the scratch buffers.
    fn finish(&mut self, begin: usize, found: bool) {
        if found {
            self.scratch.whole = (begin, self.best.unwrap_or(self.begin) as usize);
        }
    }

    /// The first position from `begin` on where a match may begin.
    fn next_begin(&self, begin: usize) -> Option<usize> {
        let first: &FirstBytes = &self.program.first;
        if first.accepts {
            return Some(begin);
        }
        let rest = self.subject.get(begin..)?;
        match rest.iter().position(|&byte| first.bytes.contains(byte)) {
            Some(offset) => Some(begin + offset),
            None => first.accepts_at_end.then_some(self.subject.len()),
        }
    }

    /// Looks for the best match that begins at a position.
    fn run(&mut self, begin: usize) -> Result<bool, Stopped> {
        self.begin = u32::try_from(begin).map_err(|_| Stopped::Limit)?;
        self.search.previous |= begin > self.search.start;
        self.best = None;
        let mut point = (self.program.start, self.begin);
        loop {
            self.found = false;
            self.forward(point)?;
            if WHOLE && self.found {
                return Ok(true);
            }
            match self.back()? {
                Some(next) => point = next,
                None => return Ok(self.found),
            }
        }
    }

    #[inline]
    fn byte(&self, position: u32) -> Option<u8> {
        self.subject.get(position as usize).copied()
    }

    #[inline]
    fn step(&mut self) -> Result<(), Stopped> {
        match self.steps.checked_sub(1) {
            Some(left) => self.steps = left,
            None => self.next_steps()?,
        }
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn next_steps(&mut self) -> Result<(), Stopped> {
        self.look()?;
        self.steps = self.more_steps.min(STEPS_AT_ONCE).checked_sub(1).ok_or(Stopped::Limit)?;
        self.more_steps -= self.steps + 1;
        Ok(())
    }

    /// Counts steps that were taken at once.
    #[inline]
    fn spend(&mut self, steps: u64) {
        let beyond = steps.saturating_sub(self.steps);
        self.steps -= steps - beyond;
        self.more_steps = self.more_steps.saturating_sub(beyond);
    }

    #[cold]
    #[inline(never)]
    fn look(&mut self) -> Result<(), Stopped> {
        if (self.goes_on)() { Ok(()) } else { Err(Stopped::Interrupted) }
    }

    /// Goes on until there is a match or no way forward.
    fn forward(&mut self, (mut index, mut position): (u32, u32)) -> Result<(), Stopped> {
        loop {
            self.step()?;
            let Some(instruction) = self.program.instruction(index) else { return Ok(()) };
            let next = match instruction {
                Instruction::Byte { byte, next } => {
                    let matches = self.byte(position) == Some(byte);
                    position += u32::from(matches);
                    matches.then_some(next)
                }
                Instruction::Set { set, next } => {
                    let matches =
                        self.byte(position).is_some_and(|byte| self.program.set_contains(set, byte));
                    position += u32::from(matches);
                    matches.then_some(next)
                }
                Instruction::Run { set, exit, slot } => {
                    match self.run_through(index, (set, exit, slot), position)? {
                        Some((next, end)) => {
                            position = end;
                            Some(next)
                        }
                        None => None,
                    }
                }
                other => self.stand(other, position)?,
            };
            match next {
                Some(next) => index = next,
                None => return Ok(()),
            }
        }
    }

    /// Executes an instruction that consumes nothing.
    fn stand(&mut self, instruction: Instruction, position: u32) -> Result<Option<u32>, Stopped> {
        match instruction {
            Instruction::Repeat { body, exit, slot } => self.repeat(body, exit, slot, position),
            Instruction::Alternative { first, second, slot } => {
                if self.known(slot, position) {
                    return Ok(None);
                }
                self.push(Frame::Second { second, slot, position })?;
                Ok(Some(first))
            }
            Instruction::GroupStart { group, next } => self.start_group(group, position).map(|()| Some(next)),
            Instruction::GroupEnd { group, next } => self.end_group(group, position).map(|()| Some(next)),
            Instruction::LineStart { next } => {
                Ok((position == self.begin && !self.search.previous).then_some(next))
            }
            Instruction::LineEnd { next } => Ok((position == self.end).then_some(next)),
            _ => {
                self.accept(position);
                Ok(None)
            }
        }
    }

    fn accept(&mut self, position: u32) {
        let counts =
            if WHOLE { position == self.end } else { !(self.search.not_empty && position == self.begin) };
        if !counts {
            return;
        }
        self.found = true;
        if self.best.is_none_or(|best| best < position) {
            self.best = Some(position);
            self.scratch.groups.clone_from(&self.scratch.current);
        }
    }

    fn push(&mut self, frame: Frame) -> Result<(), Stopped> {
        if self.scratch.stack.len() >= STACK_LIMIT {
            return Err(Stopped::Limit);
        }
        self.scratch.stack.push(frame);
        Ok(())
    }

    fn start_group(&mut self, group: u32, position: u32) -> Result<(), Stopped> {
        let Some(slot) = self.scratch.current.get_mut(group as usize) else { return Ok(()) };
        let start = std::mem::replace(&mut slot.start, position);
        self.push(Frame::Start { group, start })
    }

    fn end_group(&mut self, group: u32, position: u32) -> Result<(), Stopped> {
        let Some(slot) = self.scratch.current.get_mut(group as usize) else { return Ok(()) };
        let end = std::mem::replace(&mut slot.end, position);
        self.push(Frame::End { group, end })
    }

    /// Enters a loop's body if that may be, otherwise leaves the loop.
    fn repeat(&mut self, body: u32, exit: u32, slot: u32, position: u32) -> Result<Option<u32>, Stopped> {
        if self.known(slot, position) {
            return Ok(None);
        }
        if !self.program.cyclic {
            self.push(Frame::Exit { exit, slot, position })?;
            return Ok(Some(body));
        }
        self.counted_repeat(body, exit, slot, position)
    }

    /// Enters the body of a loop at most twice at one position.
    fn counted_repeat(
        &mut self,
        body: u32,
        exit: u32,
        slot: u32,
        position: u32,
    ) -> Result<Option<u32>, Stopped> {
        let Some(rounds) = self.scratch.rounds.get_mut(slot as usize) else { return Ok(None) };
        let before = *rounds;
        let count = if before.count == 0 || before.position != position { 1 } else { before.count + 1 };
        if count > 2 {
            return Ok(Some(exit));
        }
        *rounds = Rounds { position, count };
        self.push(Frame::Exit { exit, slot, position })?;
        self.push(Frame::Rounds { slot, rounds: before })?;
        Ok(Some(body))
    }

    /// Consumes as many bytes of a set as there are, and goes on behind them; [`Self::shorten`] gives some back.
    fn run_through(
        &mut self,
        instruction: u32,
        (set, exit, slot): (u32, u32, u32),
        low: u32,
    ) -> Result<Option<(u32, u32)>, Stopped> {
        if self.known(slot, low) {
            return Ok(None);
        }
        let mut high = low;
        while self.byte(high).is_some_and(|byte| self.program.set_contains(set, byte)) {
            if self.known(slot, high + 1) {
                // All that follows was tried before.
                if self.found {
                    self.remember_range(slot, low, high + 1);
                    return Ok(None);
                }
                return self.shorten(instruction, (exit, slot), low, high + 1);
            }
            high += 1;
            if high.is_multiple_of(BYTES_AT_ONCE) {
                self.look()?;
            }
        }
        self.spend(u64::from(high - low) / 8);
        self.shorten(instruction, (exit, slot), low, high + 1)
    }

    /// Leaves a run at the greatest position below `above` from which a match may go on, if there is one from `low` on.
    fn shorten(
        &mut self,
        instruction: u32,
        (exit, slot): (u32, u32),
        low: u32,
        above: u32,
    ) -> Result<Option<(u32, u32)>, Stopped> {
        let program = self.program;
        let Some(first) = program.exits.get(slot as usize) else { return Ok(None) };
        let mut position = above;
        while position > low {
            position -= 1;
            let may_go_on = match self.byte(position) {
                Some(byte) => first.bytes.contains(byte) || (first.accepts && !WHOLE),
                None => first.accepts_at_end,
            };
            if may_go_on {
                self.remember_range(slot, position + 1, above);
                self.push(Frame::Run { instruction, low, position })?;
                return Ok(Some((exit, position)));
            }
        }
        self.remember_range(slot, low, above);
        Ok(None)
    }

    /// Takes frames from the stack until one says where to go on.
    fn back(&mut self) -> Result<Option<(u32, u32)>, Stopped> {
        while let Some(frame) = self.scratch.stack.pop() {
            let point = match frame {
                Frame::Exit { exit, slot, position } => self.leave(exit, slot, position)?,
                Frame::Run { instruction, low, position } => self.back_in_run(instruction, low, position)?,
                Frame::Second { second, slot, position } => {
                    let found = std::mem::take(&mut self.found);
                    if !WHOLE {
                        self.push(Frame::Join { slot, position, found })?;
                    }
                    Some((second, position))
                }
                other => {
                    self.restore(other);
                    None
                }
            };
            if point.is_some() {
                return Ok(point);
            }
        }
        Ok(None)
    }

    /// Executes a frame that only sets something back or remembers it.
    fn restore(&mut self, frame: Frame) {
        match frame {
            Frame::Join { slot, position, found } => {
                self.found |= found;
                self.remember(slot, position);
            }
            Frame::Remember { slot, position } => self.remember(slot, position),
            Frame::Start { group, start } => {
                if let Some(slot) = self.scratch.current.get_mut(group as usize) {
                    slot.start = start;
                }
            }
            Frame::End { group, end } => {
                if let Some(slot) = self.scratch.current.get_mut(group as usize) {
                    slot.end = end;
                }
            }
            Frame::Rounds { slot, rounds } => {
                if let Some(place) = self.scratch.rounds.get_mut(slot as usize) {
                    *place = rounds;
                }
            }
            Frame::Exit { .. } | Frame::Run { .. } | Frame::Second { .. } => {}
        }
    }

    fn leave(&mut self, exit: u32, slot: u32, position: u32) -> Result<Option<(u32, u32)>, Stopped> {
        if self.found {
            self.remember(slot, position);
            return Ok(None);
        }
        if !WHOLE {
            self.push(Frame::Remember { slot, position })?;
        }
        Ok(Some((exit, position)))
    }

    fn back_in_run(
        &mut self,
        instruction: u32,
        low: u32,
        position: u32,
    ) -> Result<Option<(u32, u32)>, Stopped> {
        let Some(Instruction::Run { exit, slot, .. }) = self.program.instruction(instruction) else {
            return Ok(None);
        };
        if self.found {
            self.remember_range(slot, low, position + 1);
            return Ok(None);
        }
        self.remember(slot, position);
        self.shorten(instruction, (exit, slot), low, position)
    }

    /// A choice at a position, under the rounds that its loops have gone there. Nothing if it is not worth remembering.
    #[inline]
    fn choice(&mut self, slot: u32, position: u32) -> Option<Choice> {
        if !self.program.cyclic {
            return Some(Choice { slot, position, rounds: 0 });
        }
        let early = self.steps + self.more_steps > self.remember_from;
        if early || self.program.counted.len() > 32 {
            None
        } else {
            self.spend(COUNTED_CHOICE);
            Some(self.counted_choice(slot, position))
        }
    }

    /// The rounds take two bits per loop.
    fn counted_choice(&self, slot: u32, position: u32) -> Choice {
        let count = |&counted: &u32| match self.scratch.rounds.get(counted as usize) {
            Some(rounds) if rounds.position == position => u64::from(rounds.count),
            _ => 0,
        };
        let rounds = self.program.counted.iter().fold(0, |rounds, counted| rounds << 2 | count(counted));
        Choice { slot, position, rounds }
    }

    /// Whether a choice was made before; [`Self::found`] then says with what result. A whole match needs to know only
    /// that it was made, since the first success ends the search.
    #[inline]
    fn known(&mut self, slot: u32, position: u32) -> bool {
        let Some(choice) = self.choice(slot, position) else { return false };
        match self.scratch.memo.get(choice) {
            Some(found) => {
                self.found = found;
                true
            }
            None => {
                if WHOLE {
                    self.scratch.memo.set(choice, false);
                }
                false
            }
        }
    }

    #[inline]
    fn remember(&mut self, slot: u32, position: u32) {
        if WHOLE {
            return;
        }
        if let Some(choice) = self.choice(slot, position) {
            self.scratch.memo.set(choice, self.found);
        }
    }

    /// Remembers the result for the positions from `low` to before `above`, in a program whose loops do not count.
    #[inline]
    fn remember_range(&mut self, slot: u32, low: u32, above: u32) {
        if !WHOLE {
            self.scratch.memo.set_range(slot, low..above, self.found);
        }
    }
}
