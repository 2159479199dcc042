//! All the syntax errors of a source, for whoever mends it: after each error the binding that it is
//! in is left out and the rest is parsed again. Only for sources that are known to be wrong.

use nivose_base::{Error, Pos, Symbols};

use crate::parser::{ParseOptions, parse};

/// Errors that are looked for.
const MAX_ERRORS: usize = 10;

/// The errors of a source, in the order of their places. None is a consequence of another, as far as
/// leaving out whole bindings can tell.
pub fn all_errors(text: &[u8], base: Pos, symbols: &mut Symbols, options: &ParseOptions) -> Vec<Error> {
    let mut text = text.to_vec();
    let mut errors: Vec<Error> = Vec::new();
    let mut last = None;
    while errors.len() < MAX_ERRORS {
        let parsed = parse(&text, base, symbols, options);
        let Some(error) = parsed.diagnostics.into_iter().next() else { break };
        let at = error.pos().0.saturating_sub(base.0) as usize;
        if last.is_some_and(|last| at <= last) {
            break;
        }
        last = Some(at);
        errors.push(error);
        let Some(start) = parsed.broken_binding.map(|start| start as usize) else { break };
        let Some(end) = end_of_binding(&text, start, at) else { break };
        text[start..end].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
    }
    errors
}

/// What encloses a place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Parenthesis,
    Bracket,
    Brace,
    Let,
    /// `with` or `assert`, up to its semicolon.
    Clause,
    String,
    Indented,
    Interpolation,
}

/// Where the binding that begins at `start` ends, its error being at `error`: behind its semicolon,
/// or before what closes the bindings around it. Nothing if the source ends first.
fn end_of_binding(text: &[u8], start: usize, error: usize) -> Option<usize> {
    let mut scan = Scan::new(text, start);
    while scan.at < text.len() {
        if let Some(end) = scan.step(error)
            && may_follow_binding(&text[end..])
        {
            return Some(end);
        }
    }
    None
}

/// Whether what follows a semicolon may begin a binding or end the set. If not, it belongs to the broken one.
fn may_follow_binding(rest: &[u8]) -> bool {
    let first = rest.trim_ascii_start().first();
    first.is_none_or(|byte| {
        byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'"' | b'$' | b'}' | b'#' | b'/')
    })
}

/// Where something begins that was probably not meant to go on to the end of a source, which finds it open.
///
/// That is a string that goes over the end of its line, if the last one is open; otherwise a bracket
/// whose closing one stands further left than its line; otherwise what is open at the end.
pub fn unclosed(text: &[u8]) -> Option<u32> {
    let mut scan = Scan::new(text, 0);
    while scan.at < text.len() {
        // Nothing is the end of the whole.
        if scan.step(usize::MAX).is_some() {
            scan.at += 1;
        }
    }
    scan.places.truncate(scan.open.len());
    let innermost = *scan.places.last()?;
    let suspect = match scan.open.last() {
        Some(Open::String) => scan.long_string,
        _ => scan.outdented,
    };
    Some(suspect.unwrap_or(innermost) as u32)
}

/// The brackets that may be around a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Around {
    /// `[ … ]`
    List,
    /// `( … )`
    Parentheses,
    /// `{ … }`
    Braces,
    /// `let … in`
    Let,
    /// Anything else.
    Other,
}

/// The innermost brackets around an offset, and where they begin.
pub fn brackets_around(text: &[u8], offset: usize) -> (Around, Option<u32>) {
    let mut scan = Scan::new(text, 0);
    while scan.at < text.len().min(offset) {
        if scan.step(usize::MAX).is_some() {
            scan.at += 1;
        }
    }
    scan.places.truncate(scan.open.len());
    let around = match scan.open.last() {
        Some(Open::Bracket) => Around::List,
        Some(Open::Parenthesis) => Around::Parentheses,
        Some(Open::Brace) => Around::Braces,
        Some(Open::Let) => Around::Let,
        _ => Around::Other,
    };
    (around, scan.places.last().map(|&place| place as u32))
}

struct Scan<'a> {
    text: &'a [u8],
    at: usize,
    open: Vec<Open>,
    /// Where each of these begins; what is beyond their number is out of date.
    places: Vec<usize>,
    /// The first string `"…"` that goes over the end of a line.
    long_string: Option<usize>,
    /// The first bracket that is closed by one further left than its line begins.
    outdented: Option<usize>,
}

impl<'a> Scan<'a> {
    fn new(text: &'a [u8], at: usize) -> Self {
        Scan { text, at, open: Vec::new(), places: Vec::new(), long_string: None, outdented: None }
    }
}

impl Scan<'_> {
    /// Reads a little; the end of the binding if this is it.
    fn step(&mut self, error: usize) -> Option<usize> {
        match self.open.last() {
            Some(Open::String | Open::Indented) => {
                self.string_part();
                None
            }
            _ => self.code(error),
        }
    }

    fn push(&mut self, what: Open) {
        self.places.truncate(self.open.len());
        self.open.push(what);
        self.places.push(self.at);
    }

    fn looking_at(&self, what: &[u8]) -> bool {
        self.text[self.at..].starts_with(what)
    }

    /// Reads a little of a string.
    fn string_part(&mut self) {
        let indented = self.open.last() == Some(&Open::Indented);
        let skipped: &[&[u8]] =
            if indented { &[b"''$", b"'''", b"''\\", b"$$"] } else { &[b"\\\\", b"\\\"", b"\\$", b"$$"] };
        let ends: &[u8] = if indented { b"''" } else { b"\"" };
        if let Some(skipped) = skipped.iter().find(|what| self.looking_at(what)) {
            self.at += skipped.len();
        } else if self.looking_at(b"${") {
            self.enter(Open::Interpolation, 2);
        } else if self.looking_at(ends) {
            self.note_long_string();
            self.open.pop();
            self.at += ends.len();
        } else {
            self.at += 1;
        }
    }

    /// Reads a little of what is no string; the end of the binding if this is it.
    fn code(&mut self, error: usize) -> Option<usize> {
        let byte = self.text[self.at];
        match byte {
            b'#' => self.skip_to(b"\n"),
            b'/' if self.looking_at(b"/*") => self.skip_to(b"*/"),
            b'"' => self.enter(Open::String, 1),
            b'\'' if self.looking_at(b"''") => self.enter(Open::Indented, 2),
            b'$' if self.looking_at(b"${") => self.enter(Open::Interpolation, 2),
            b'(' => self.enter(Open::Parenthesis, 1),
            b'[' => self.enter(Open::Bracket, 1),
            b'{' => self.enter(Open::Brace, 1),
            b')' => _ = self.close(&[Open::Parenthesis]),
            b']' => _ = self.close(&[Open::Bracket]),
            b'}' => {
                let closed = self.close(&[Open::Brace, Open::Interpolation]);
                return if closed { None } else { Some(self.at - 1) };
            }
            b';' => return self.semicolon(error),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => return self.word(error),
            _ => self.at += 1,
        }
        None
    }

    fn enter(&mut self, what: Open, length: usize) {
        self.push(what);
        self.at += length;
    }

    fn skip_to(&mut self, what: &[u8]) {
        let rest = &self.text[self.at..];
        let found = rest.windows(what.len()).position(|window| window == what);
        self.at = found.map_or(self.text.len(), |found| self.at + found + what.len());
    }

    /// Closes the nearest of some kinds with what was left open in it, and tells whether there was one.
    fn close(&mut self, kinds: &[Open]) -> bool {
        self.at += 1;
        // What a string holds is closed by nothing outside of it.
        let within = self.open.iter().rposition(|open| matches!(open, Open::String | Open::Indented));
        let found = self.open.iter().rposition(|open| kinds.contains(open));
        let Some(index) = found.filter(|&index| within.is_none_or(|within| index > within)) else {
            return false;
        };
        self.note_outdented(index);
        self.open.truncate(index);
        true
    }

    /// Where what is open at an index begins.
    fn place(&self, index: usize) -> usize {
        self.places.get(index).copied().unwrap_or(0)
    }

    fn note_long_string(&mut self) {
        let start = self.place(self.open.len().saturating_sub(1));
        let is_long = self.open.last() == Some(&Open::String) && self.text[start..self.at].contains(&b'\n');
        if is_long {
            self.long_string.get_or_insert(start);
        }
    }

    fn note_outdented(&mut self, index: usize) {
        let start = self.place(index);
        let (opening, closing) = (self.indentation(start), self.indentation(self.at - 1));
        let is_first = closing.1 == self.at - 1;
        if is_first && closing.1 - closing.0 < opening.1 - opening.0 {
            self.outdented.get_or_insert(start);
        }
    }

    /// The blanks at the beginning of the line of a place, as a range.
    fn indentation(&self, place: usize) -> (usize, usize) {
        let start = self.text[..place].iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let blanks = self.text[start..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        (start, start + blanks)
    }

    fn semicolon(&mut self, error: usize) -> Option<usize> {
        self.at += 1;
        if self.open.last() == Some(&Open::Clause) {
            self.open.pop();
            return None;
        }
        let inner = [Open::Brace, Open::Let, Open::Interpolation];
        let is_end = self.at > error && !self.open.iter().any(|open| inner.contains(open));
        is_end.then_some(self.at)
    }

    fn word(&mut self, error: usize) -> Option<usize> {
        let rest = &self.text[self.at..];
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'\'');
        let length = rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
        match &rest[..length] {
            b"let" => self.push(Open::Let),
            b"with" | b"assert" => self.push(Open::Clause),
            b"in" => match self.open.iter().rposition(|open| *open == Open::Let) {
                Some(index) => self.open.truncate(index),
                None if self.at > error => return Some(self.at),
                None => {}
            },
            _ => {}
        }
        self.at += length;
        None
    }
}
