//! Values that hold no others: strings, words, numbers, dates.

use super::parser::Parser;
use super::problem::Problem;
use super::{Node, number, timestamp};

impl Parser<'_> {
    /// Reads a value that is neither an array nor an inline table.
    pub(super) fn scalar(&mut self) -> Result<Node, Problem> {
        match self.peek() {
            Some(b'"' | b'\'') => self.string().map(Node::String),
            Some(b't') => self.word("true", Node::Boolean(true), Problem::Boolean),
            Some(b'f') => self.word("false", Node::Boolean(false), Problem::Boolean),
            Some(b'T') => Err(Problem::LowerTrue),
            Some(b'F') => Err(Problem::LowerFalse),
            Some(b'i' | b'I') => self.word("inf", Node::Float(f64::INFINITY), Problem::LowerInf),
            Some(b'n' | b'N') => self.word("nan", Node::Float(f64::NAN), Problem::LowerNan),
            _ => self.timestamp_or_number(),
        }
    }

    fn word(&mut self, word: &str, value: Node, otherwise: Problem) -> Result<Node, Problem> {
        if !self.rest().starts_with(word.as_bytes()) {
            return Err(otherwise);
        }
        self.advance(word.len());
        Ok(value)
    }

    fn timestamp_or_number(&mut self) -> Result<Node, Problem> {
        let (node, length) = match timestamp::read(self.rest())? {
            Some((text, length)) => (Node::Timestamp(text), length),
            None => number::read(self.rest())?,
        };
        self.advance(length);
        Ok(node)
    }
}
