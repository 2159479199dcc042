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
        if let Some(end) = scan.step(error) {
            return Some(end);
        }
    }
    None
}

/// Where the innermost string, bracket or `let` begins that the end of a source finds open.
pub fn unclosed(text: &[u8]) -> Option<u32> {
    let mut scan = Scan::new(text, 0);
    while scan.at < text.len() {
        // Nothing is the end of the whole.
        if scan.step(usize::MAX).is_some() {
            scan.at += 1;
        }
    }
    scan.places.truncate(scan.open.len());
    scan.places.last().map(|&at| at as u32)
}

struct Scan<'a> {
    text: &'a [u8],
    at: usize,
    open: Vec<Open>,
    /// Where each of these begins; what is beyond their number is out of date.
    places: Vec<usize>,
}

impl<'a> Scan<'a> {
    fn new(text: &'a [u8], at: usize) -> Self {
        Scan { text, at, open: Vec::new(), places: Vec::new() }
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
        self.open.truncate(index);
        true
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
