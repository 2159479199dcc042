//! Strings, indented strings and paths with interpolations.

use nivose_base::Span;

use super::{Frame, Outcome, Parser, Step};
use crate::lexer::Failed;
use crate::lexer::text::{IndentedPiece, TextEnd};
use crate::token::TokenKind;
use crate::tree::*;

/// A piece of an indented string that is being read.
#[derive(Clone, Copy)]
pub(super) enum Piece {
    /// Text between two offsets of the source; its blanks can be indentation.
    Plain(u32, u32),
    /// A byte that was escaped or stands for itself.
    Byte(u8),
    /// Two single quotes.
    Quotes,
    /// An interpolated expression.
    Expr(ExprId),
}

impl Parser<'_> {
    /// Begins a `"…"` string, whose opening quote is the token at hand.
    pub(super) fn begin_string(&mut self) -> Outcome {
        let (parts, start) = (self.room.parts.len() as u32, self.lexer.token.start);
        self.read_string(parts, start)
    }

    /// Reads the (further) text of a string.
    fn read_string(&mut self, parts: u32, start: u32) -> Outcome {
        let from = self.room.tree.bytes.len();
        let end = self.lexer.string_text(&mut self.room.tree.bytes)?;
        let text = Slice::new(from, self.room.tree.bytes.len());
        match end {
            TextEnd::Close => self.finish_string(parts, start, text),
            TextEnd::Interpolation => {
                self.push_literal(text);
                self.enter(Frame::String { parts, start })?;
                self.advance();
                Ok(Step::Expression)
            }
            TextEnd::EndOfFile => Err(self.text_unfinished(&[TokenKind::Quote])),
        }
    }

    /// Adds a literal part, unless it is empty.
    fn push_literal(&mut self, text: Text) {
        if !text.is_empty() {
            self.room.parts.push(Part::Literal(text));
        }
    }

    /// The error for a literal that the end of the source cuts off.
    #[cold]
    fn text_unfinished(&mut self, expected: &[TokenKind]) -> Failed {
        self.unexpected_kind(TokenKind::EndOfFile, self.lexer.position(), expected)
    }

    /// Ends a string with its last text.
    fn finish_string(&mut self, parts: u32, start: u32, text: Text) -> Outcome {
        let span = Span::new(start, self.lexer.position());
        self.advance();
        let expr = if self.room.parts.len() == parts as usize {
            Expr::Str(text)
        } else {
            self.push_literal(text);
            Expr::Interpolation(self.take_parts(parts))
        };
        let expr = self.push(expr, span);
        match self.room.frames.last() {
            Some(Frame::Path { .. } | Frame::InheritName { .. }) => Ok(Step::Name(expr)),
            _ => Ok(Step::Primary(expr)),
        }
    }

    /// Moves the parts from an index on into the tree.
    fn take_parts(&mut self, from: u32) -> Slice<Part> {
        self.room.tree.parts.add(self.room.parts.drain(from as usize..))
    }

    /// Ends an interpolation. The text after the brace is no token, so nothing is read on.
    fn close_interpolation(&mut self) -> Result<(), Failed> {
        if self.lexer.token.kind != TokenKind::RightBrace {
            return Err(self.unexpected(&[TokenKind::RightBrace]));
        }
        self.nesting -= 1;
        Ok(())
    }

    /// Goes on with a string after an interpolated expression.
    pub(super) fn resume_string(&mut self, parts: u32, start: u32, expr: ExprId) -> Outcome {
        self.close_interpolation()?;
        self.room.parts.push(Part::Expr(expr));
        self.read_string(parts, start)
    }

    /// Begins an indented string, whose opening quotes are the token at hand.
    pub(super) fn begin_indented(&mut self) -> Outcome {
        let (pieces, start) = (self.room.pieces.len() as u32, self.lexer.token.start);
        self.lexer.skip_first_line();
        self.read_indented(pieces, start)
    }

    /// Reads the (further) pieces of an indented string.
    fn read_indented(&mut self, pieces: u32, start: u32) -> Outcome {
        let end = loop {
            self.room.pieces.push(match self.lexer.indented_piece() {
                IndentedPiece::Plain(start, end) => Piece::Plain(start, end),
                IndentedPiece::Byte(byte) => Piece::Byte(byte),
                IndentedPiece::Quotes => Piece::Quotes,
                IndentedPiece::End(end) => break end,
            });
        };
        match end {
            TextEnd::Close => self.finish_indented(pieces, start),
            TextEnd::Interpolation => {
                self.enter(Frame::Indented { pieces, start })?;
                self.advance();
                Ok(Step::Expression)
            }
            TextEnd::EndOfFile => Err(self.text_unfinished(&[
                TokenKind::IndentedText,
                TokenKind::DollarBrace,
                TokenKind::IndentedClose,
            ])),
        }
    }

    /// Goes on with an indented string after an interpolated expression.
    pub(super) fn resume_indented(&mut self, pieces: u32, start: u32, expr: ExprId) -> Outcome {
        self.close_interpolation()?;
        self.room.pieces.push(Piece::Expr(expr));
        self.read_indented(pieces, start)
    }

    /// Ends an indented string: strips the indentation.
    fn finish_indented(&mut self, pieces: u32, start: u32) -> Outcome {
        let span = Span::new(start, self.lexer.position());
        self.advance();
        let parts = self.room.parts.len();
        self.strip_indentation(pieces as usize, start)?;
        let expr = match self.room.parts[parts..] {
            [] => Expr::Str(Slice::new(0, 0)),
            [Part::Literal(text)] => {
                self.room.parts.truncate(parts);
                Expr::Str(text)
            }
            _ => Expr::Interpolation(self.take_parts(parts as u32)),
        };
        Ok(Step::Primary(self.push(expr, span)))
    }

    /// Begins a path with interpolations, whose beginning is the token at hand.
    pub(super) fn begin_path(&mut self) -> Outcome {
        let (parts, span) = (self.room.parts.len() as u32, self.span());
        let text = self.keep(span.start, span.end);
        self.push_literal(text);
        self.interpolate_path(parts, span.start)
    }

    /// Reads an interpolated expression of a path; its opening stands next in the source.
    fn interpolate_path(&mut self, parts: u32, start: u32) -> Outcome {
        self.lexer.skip_interpolation_opening();
        self.enter(Frame::PathLiteral { parts, start })?;
        self.advance();
        Ok(Step::Expression)
    }

    /// Goes on with a path after an interpolated expression.
    pub(super) fn resume_path(&mut self, parts: u32, start: u32, expr: ExprId) -> Outcome {
        self.close_interpolation()?;
        self.room.parts.push(Part::Expr(expr));
        let (from, to, more) = self.lexer.path_text()?;
        let text = self.keep(from, to);
        self.push_literal(text);
        if more {
            return self.interpolate_path(parts, start);
        }
        self.advance();
        let path = Expr::InterpolatedPath(self.take_parts(parts));
        Ok(Step::Primary(self.push(path, Span::new(start, to))))
    }
}
