//! The indentation of indented strings: found over all lines, taken from each.
//!
//! Only spaces indent. A line counts from its first byte that is neither a space nor the end of
//! the line; an escape or an interpolation counts like such a byte.

use super::Parser;
use super::strings::Piece;
use crate::lexer::Failed;
use crate::tree::*;

/// Where a walk over the pieces stands.
struct Line {
    /// Whether only spaces were met in this line.
    at_start: bool,
    /// How many.
    spaces: usize,
}

impl Parser<'_> {
    /// Makes parts of the pieces from an index on, without the indentation.
    pub(super) fn strip_indentation(&mut self, from: usize, start: u32) -> Result<(), Failed> {
        let indentation = self.indentation(from);
        let mut line = Line { at_start: true, spaces: 0 };
        let mut text_start = self.room.tree.bytes.len();
        for index in from..self.room.pieces.len() {
            let begin = self.room.tree.bytes.len();
            match self.room.pieces[index] {
                Piece::Expr(expr) => {
                    line = Line { at_start: false, spaces: 0 };
                    self.end_literal(text_start);
                    text_start = begin;
                    self.room.parts.push(Part::Expr(expr));
                    continue;
                }
                Piece::Plain(start, end) => {
                    let text = self.lexer.slice(start, end);
                    strip(text, indentation, &mut line, &mut self.room.tree.bytes);
                }
                Piece::Byte(byte) => {
                    strip(&[byte], indentation, &mut line, &mut self.room.tree.bytes);
                }
                Piece::Quotes => strip(b"''", indentation, &mut line, &mut self.room.tree.bytes),
            }
            if index + 1 == self.room.pieces.len() {
                strip_last_line(&mut self.room.tree.bytes, begin);
            }
            self.refuse_null_bytes(begin, start)?;
        }
        self.end_literal(text_start);
        self.room.pieces.truncate(from);
        Ok(())
    }

    /// Adds the literal that begins at an index of the tree's bytes, unless it is empty.
    fn end_literal(&mut self, start: usize) {
        let end = self.room.tree.bytes.len();
        if end > start {
            self.room.parts.push(Part::Literal(Slice::new(start, end)));
        }
    }

    /// Fails if the tree's bytes from an index on hold a null byte.
    fn refuse_null_bytes(&mut self, from: usize, offset: u32) -> Result<(), Failed> {
        let text = self.room.tree.bytes.get(from..).unwrap_or_default();
        match self.lexer.null_byte_of(text) {
            Some(_) => Err(self.lexer.null_byte_in(offset as usize, text)),
            None => Ok(()),
        }
    }

    /// The smallest indentation of the lines of the pieces from an index on.
    fn indentation(&self, from: usize) -> usize {
        let mut least = usize::MAX;
        let mut line = Line { at_start: true, spaces: 0 };
        for piece in &self.room.pieces[from..] {
            match *piece {
                Piece::Plain(start, end) => {
                    measure(self.lexer.slice(start, end), &mut line, &mut least);
                }
                _ if line.at_start => {
                    least = least.min(line.spaces);
                    line.at_start = false;
                }
                _ => {}
            }
        }
        least
    }
}

/// Lowers `least` to the indentation of the lines that get their first content in `text`.
fn measure(text: &[u8], line: &mut Line, least: &mut usize) {
    let mut rest = text;
    loop {
        if line.at_start {
            let spaces = rest.iter().take_while(|&&b| b == b' ').count();
            line.spaces += spaces;
            rest = &rest[spaces..];
            match rest.first() {
                None => return,
                Some(b'\n') => {}
                Some(_) => {
                    *least = (*least).min(line.spaces);
                    line.at_start = false;
                }
            }
        }
        let Some(end) = memchr::memchr(b'\n', rest) else {
            return;
        };
        rest = &rest[end + 1..];
        *line = Line { at_start: true, spaces: 0 };
    }
}

/// Appends `text` to `out` without the indentation of its lines.
fn strip(text: &[u8], indentation: usize, line: &mut Line, out: &mut Vec<u8>) {
    let mut rest = text;
    while !rest.is_empty() {
        if line.at_start {
            let spaces = rest.iter().take_while(|&&b| b == b' ').count();
            let dropped = spaces.min(indentation.saturating_sub(line.spaces));
            line.spaces += spaces;
            out.extend_from_slice(&rest[dropped..spaces]);
            rest = &rest[spaces..];
            if rest.is_empty() {
                return;
            }
        }
        let end = memchr::memchr(b'\n', rest);
        let length = end.map_or(rest.len(), |end| end + 1);
        out.extend_from_slice(&rest[..length]);
        rest = &rest[length..];
        *line = Line { at_start: end.is_some(), spaces: 0 };
    }
}

/// Takes the last line of the text that begins at an index away if it holds only spaces.
fn strip_last_line(out: &mut Vec<u8>, begin: usize) {
    let text = out.get(begin..).unwrap_or_default();
    let Some(end) = memchr::memrchr(b'\n', text) else {
        return;
    };
    if text[end + 1..].iter().all(|&b| b == b' ') {
        out.truncate(begin + end + 1);
    }
}
