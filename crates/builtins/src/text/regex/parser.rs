//! POSIX extended syntax as libstdc++ reads it: pattern to automaton, without recursion.

use super::byte_set::ByteSet;
use super::nfa::{Fragment, Nfa, Operation};
use super::{RegexError, bracket};

/// The characters that a backslash may protect.
const SPECIAL: &[u8] = b".[\\()*+?{|^$";

/// A pattern read to its end.
pub(super) struct Parsed {
    pub(super) nfa: Nfa,
    pub(super) start: u32,
    pub(super) sets: Vec<ByteSet>,
    pub(super) groups: u32,
}

/// A group (or the whole pattern) whose end has not been read.
struct Open {
    /// The state that begins the group, and its number; nothing for the whole pattern.
    group: Option<(Fragment, u32)>,
    /// The alternatives before the last `|`.
    before: Option<Fragment>,
    /// The current alternative.
    current: Option<Fragment>,
}

struct Parser<'p> {
    pattern: &'p [u8],
    position: usize,
    nfa: Nfa,
    sets: Vec<ByteSet>,
    groups: u32,
    open: Vec<Open>,
    top: Open,
}

/// Reads a whole pattern.
pub(super) fn parse(pattern: &[u8]) -> Result<Parsed, RegexError> {
    let top = Open { group: None, before: None, current: None };
    let nfa = Nfa::default();
    let mut parser = Parser { pattern, position: 0, nfa, sets: Vec::new(), groups: 0, open: Vec::new(), top };
    // The state that libstdc++ has for the group of the whole match.
    let begin = parser.nfa.single(Operation::Pass)?;
    while let Some(byte) = parser.next_byte() {
        parser.item(byte)?;
    }
    if !parser.open.is_empty() {
        return Err(RegexError::Invalid);
    }
    let body = parser.close()?;
    let whole = parser.nfa.append(begin, body);
    let end = parser.nfa.single(Operation::Pass)?;
    let whole = parser.nfa.append(whole, end);
    let accept = parser.nfa.single(Operation::Accept)?;
    let whole = parser.nfa.append(whole, accept);
    Ok(Parsed { nfa: parser.nfa, start: whole.start, sets: parser.sets, groups: parser.groups })
}

impl Parser<'_> {
    fn next_byte(&mut self) -> Option<u8> {
        let byte = *self.pattern.get(self.position)?;
        self.position += 1;
        Some(byte)
    }

    fn peek(&self) -> Option<u8> {
        self.pattern.get(self.position).copied()
    }

    fn accept(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.position += usize::from(found);
        found
    }

    /// Reads one item, whose first byte was just consumed.
    fn item(&mut self, byte: u8) -> Result<(), RegexError> {
        match byte {
            b'^' => self.assertion(Operation::LineStart),
            b'$' => self.assertion(Operation::LineEnd),
            b'|' => self.bar(),
            b'(' => self.open_group(),
            b')' => self.close_group(),
            b'*' | b'+' | b'?' | b'{' => Err(RegexError::Invalid),
            other => {
                let operation = self.atom(other)?;
                let atom = self.nfa.single(operation)?;
                self.quantified(atom)
            }
        }
    }

    fn atom(&mut self, byte: u8) -> Result<Operation, RegexError> {
        match byte {
            b'.' => Ok(self.set(ByteSet::single(0).complement())),
            b'[' => {
                let (set, end) = bracket::parse(self.pattern, self.position)?;
                self.position = end;
                Ok(self.set(set))
            }
            b'\\' => match self.next_byte() {
                Some(escaped) if SPECIAL.contains(&escaped) => Ok(Operation::Byte(escaped)),
                _ => Err(RegexError::Invalid),
            },
            plain => Ok(Operation::Byte(plain)),
        }
    }

    fn set(&mut self, set: ByteSet) -> Operation {
        let number = self.sets.iter().position(|known| *known == set).unwrap_or(self.sets.len());
        if number == self.sets.len() {
            self.sets.push(set);
        }
        Operation::Set(u32::try_from(number).unwrap_or(u32::MAX))
    }

    /// An assertion takes no quantifier.
    fn assertion(&mut self, operation: Operation) -> Result<(), RegexError> {
        let fragment = self.nfa.single(operation)?;
        self.push(fragment);
        Ok(())
    }

    fn push(&mut self, fragment: Fragment) {
        let current = match self.top.current {
            Some(before) => self.nfa.append(before, fragment),
            None => fragment,
        };
        self.top.current = Some(current);
    }

    /// Ends the current alternative and joins it with those before it.
    fn end_alternative(&mut self) -> Result<Fragment, RegexError> {
        // Every alternative ends with a state of its own, as in libstdc++.
        let end = self.nfa.single(Operation::Pass)?;
        self.push(end);
        let current = self.top.current.take().unwrap_or(end);
        match self.top.before.take() {
            Some(before) => self.nfa.alternative(before, current),
            None => Ok(current),
        }
    }

    fn bar(&mut self) -> Result<(), RegexError> {
        let before = self.end_alternative()?;
        self.top.before = Some(before);
        Ok(())
    }

    fn open_group(&mut self) -> Result<(), RegexError> {
        let start = self.nfa.single(Operation::GroupStart(self.groups))?;
        let inner = Open { group: Some((start, self.groups)), before: None, current: None };
        self.groups += 1;
        let outer = std::mem::replace(&mut self.top, inner);
        self.open.push(outer);
        Ok(())
    }

    fn close_group(&mut self) -> Result<(), RegexError> {
        if self.open.is_empty() {
            return Err(RegexError::Invalid);
        }
        let group = self.close()?;
        self.quantified(group)
    }

    /// Ends the innermost open part and returns to the one around it.
    fn close(&mut self) -> Result<Fragment, RegexError> {
        let body = self.end_alternative()?;
        let Some((start, number)) = self.top.group else { return Ok(body) };
        if let Some(outer) = self.open.pop() {
            self.top = outer;
        }
        let opened = self.nfa.append(start, body);
        let end = self.nfa.single(Operation::GroupEnd(number))?;
        Ok(self.nfa.append(opened, end))
    }

    /// Applies the quantifiers that follow, then adds the result to the current alternative.
    fn quantified(&mut self, mut fragment: Fragment) -> Result<(), RegexError> {
        while let Some(quantifier @ (b'*' | b'+' | b'?' | b'{')) = self.peek() {
            self.position += 1;
            fragment = match quantifier {
                b'*' => self.nfa.star(fragment)?,
                b'+' => self.nfa.plus(fragment)?,
                b'?' => self.nfa.optional(fragment)?,
                _ => {
                    let (least, more) = self.bounds()?;
                    self.nfa.interval(fragment, least, more)?
                }
            };
        }
        self.push(fragment);
        Ok(())
    }

    /// Reads `m}`, `m,}` or `m,n}`: the least number and how many more.
    fn bounds(&mut self) -> Result<(u32, Option<u32>), RegexError> {
        let least = self.number()?.ok_or(RegexError::Invalid)?;
        let most = if self.accept(b',') { self.number()? } else { Some(least) };
        if !self.accept(b'}') {
            return Err(RegexError::Invalid);
        }
        match most {
            None => Ok((least, None)),
            Some(most) => Ok((least, Some(most.checked_sub(least).ok_or(RegexError::Invalid)?))),
        }
    }

    /// Reads a number below 2³¹, if there is one.
    fn number(&mut self) -> Result<Option<u32>, RegexError> {
        let mut number: Option<i32> = None;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            self.position += 1;
            let shifted = number.unwrap_or(0).checked_mul(10);
            let sum = shifted.and_then(|value| value.checked_add(i32::from(digit - b'0')));
            number = Some(sum.ok_or(RegexError::Invalid)?);
        }
        Ok(number.map(i32::unsigned_abs))
    }
}
