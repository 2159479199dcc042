//! Number tokens.

use nivose_base::{DiagnosticId, Error};

use super::{DIGIT, Lexer, Number, is};
use crate::token::TokenKind;

impl Lexer<'_> {
    /// Takes a number, which begins with a digit or with a dot before a digit.
    pub(super) fn number(&mut self, start: usize) -> TokenKind {
        let end = self.run(start, DIGIT);
        let fraction = match &self.text[start..end] {
            _ if self.byte(end) != b'.' => None,
            [] => Some(end + 1),
            [b'0'] => Some(end + 1).filter(|&i| is(self.byte(i), DIGIT)),
            [b'1'..=b'9', ..] => Some(end + 1),
            _ => None,
        };
        match fraction {
            Some(fraction) => self.float(start, self.run(fraction, DIGIT)),
            None => self.integer(start, end),
        }
    }

    fn integer(&mut self, start: usize, end: usize) -> TokenKind {
        let mut value: i64 = 0;
        for &digit in &self.text[start..end] {
            let next = value.checked_mul(10).and_then(|v| v.checked_add(i64::from(digit - b'0')));
            let Some(next) = next else { return self.bad_number(DiagnosticId::InvalidInteger, start, end) };
            value = next;
        }
        self.number = Number::Integer(value);
        self.end(end, TokenKind::Integer)
    }

    /// Takes a float whose mantissa ends at `end`.
    fn float(&mut self, start: usize, end: usize) -> TokenKind {
        let end = self.exponent_end(end);
        let text = &self.text[start..end];
        let value = std::str::from_utf8(text).ok().and_then(|text| text.parse::<f64>().ok());
        let mantissa = text.iter().take_while(|b| !b.eq_ignore_ascii_case(&b'e'));
        let zero = mantissa.into_iter().all(|b| matches!(b, b'0' | b'.'));
        match value {
            Some(value) if value.is_normal() || zero => self.number = Number::Float(value),
            _ => return self.bad_number(DiagnosticId::InvalidFloat, start, end),
        }
        self.end(end, TokenKind::Float)
    }

    /// Where a float ends whose mantissa ends at `end`.
    fn exponent_end(&self, end: usize) -> usize {
        if !self.byte(end).eq_ignore_ascii_case(&b'e') {
            return end;
        }
        let digits = end + 1 + usize::from(matches!(self.byte(end + 1), b'+' | b'-'));
        let exponent_end = self.run(digits, DIGIT);
        if exponent_end == digits { end } else { exponent_end }
    }

    #[cold]
    fn bad_number(&mut self, id: DiagnosticId, start: usize, end: usize) -> TokenKind {
        self.invalid(Error::new(id, &[&&self.text[start..end]]).at(self.pos(start)))
    }
}
