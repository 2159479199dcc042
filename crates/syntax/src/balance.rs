//! What is open at the end of a text that comes line by line: brackets, strings, comments, and operators without their
//! right side. For a dialogue, which asks the parser only when a text may be complete. Whether it is one says the parser.

use nivose_base::Pos;

use crate::lexer::Lexer;
use crate::lexer::text::{IndentedPiece, TextEnd};
use crate::token::TokenKind;

/// Something that was opened and not closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Open {
    Parenthesis,
    Bracket,
    Brace,
    Let,
    Comment,
    String,
    Indented,
    /// `${ … }`
    Interpolation,
    /// The same within a path, whose text goes on behind it.
    PathInterpolation,
}

/// What the lines so far leave open. Each line is read once.
#[derive(Clone, Debug)]
pub struct Balance {
    open: Vec<Open>,
    /// The last token.
    last: TokenKind,
    /// Whether something was met that the parser will not get over.
    is_broken: bool,
}

impl Default for Balance {
    fn default() -> Self {
        Balance { open: Vec::new(), last: TokenKind::EndOfFile, is_broken: false }
    }
}

impl Balance {
    /// Reads a line, without its line end.
    pub fn line(&mut self, line: &[u8]) {
        let text = [line, b"\n"].concat();
        let mut rest = &text[..];
        while !self.is_broken && !rest.is_empty() {
            let length =
                if self.open.last() == Some(&Open::Comment) { self.comment(rest) } else { self.tokens(rest) };
            rest = rest.get(length..).unwrap_or_default();
        }
    }

    /// Reads tokens and the text of strings up to the end, or to a comment that does not end there; says how far.
    fn tokens(&mut self, text: &[u8]) -> usize {
        // Whether pipe operators are on does not matter to brackets.
        let mut lexer = Lexer::new(text, Pos(0), true);
        while !self.is_broken && (lexer.position() as usize) < text.len() {
            match self.open.last().copied() {
                // Its star does not end it too.
                Some(Open::Comment) => return lexer.position() as usize + 1,
                Some(Open::String) => self.string(&mut lexer),
                Some(Open::Indented) => self.indented(&mut lexer),
                _ if !self.token(&mut lexer, text) => return text.len(),
                _ => {}
            }
        }
        lexer.position() as usize
    }

    /// Whether nothing is known to be missing. If something is, the text is no complete input.
    pub fn may_be_complete(&self) -> bool {
        let awaits_operand = (TokenKind::Question..=TokenKind::PipeLeft).contains(&self.last);
        self.is_broken || self.open.is_empty() && !awaits_operand
    }

    /// Reads up to the end of a comment.
    fn comment(&mut self, text: &[u8]) -> usize {
        let Some(end) = text.windows(2).position(|pair| pair == b"*/") else { return text.len() };
        self.open.pop();
        end + 2
    }

    fn string(&mut self, lexer: &mut Lexer<'_>) {
        match lexer.string_text(&mut Vec::new()) {
            Ok(end) => self.end_text(end),
            Err(_) => self.is_broken = true,
        }
    }

    fn indented(&mut self, lexer: &mut Lexer<'_>) {
        if let IndentedPiece::End(end) = lexer.indented_piece() {
            self.end_text(end);
        }
    }

    fn end_text(&mut self, end: TextEnd) {
        match end {
            TextEnd::Close => _ = self.open.pop(),
            TextEnd::Interpolation => self.open.push(Open::Interpolation),
            TextEnd::EndOfFile => {}
        }
    }

    /// Reads a token; false at the end of the line.
    fn token(&mut self, lexer: &mut Lexer<'_>, text: &[u8]) -> bool {
        lexer.advance();
        let kind = lexer.token.kind;
        let rest = text.get(lexer.position() as usize..).unwrap_or_default();
        match kind {
            TokenKind::EndOfFile => {
                // A null byte ends the text for the parser.
                self.is_broken |= !rest.is_empty();
                return false;
            }
            // A comment that ends in its line is none of the lexer's tokens.
            TokenKind::Slash if rest.starts_with(b"*") => {
                self.open.push(Open::Comment);
                return true;
            }
            TokenKind::LeftParenthesis => self.open.push(Open::Parenthesis),
            TokenKind::LeftBracket => self.open.push(Open::Bracket),
            TokenKind::LeftBrace => self.brace(),
            TokenKind::Let => self.open.push(Open::Let),
            TokenKind::Quote => self.open.push(Open::String),
            TokenKind::IndentedOpen => self.open.push(Open::Indented),
            TokenKind::DollarBrace => self.open.push(Open::Interpolation),
            TokenKind::PathBeginning => self.path_interpolation(lexer),
            TokenKind::RightParenthesis => self.close(&[Open::Parenthesis]),
            TokenKind::RightBracket => self.close(&[Open::Bracket]),
            TokenKind::In => self.close(&[Open::Let]),
            TokenKind::RightBrace if self.open.last() == Some(&Open::PathInterpolation) => {
                self.close(&[Open::PathInterpolation]);
                match lexer.path_text() {
                    Ok((_, _, true)) => self.path_interpolation(lexer),
                    Ok(_) => {}
                    Err(_) => self.is_broken = true,
                }
            }
            TokenKind::RightBrace => self.close(&[Open::Brace, Open::Interpolation]),
            TokenKind::Invalid => self.is_broken = true,
            _ => {}
        }
        self.last = kind;
        true
    }

    fn path_interpolation(&mut self, lexer: &mut Lexer<'_>) {
        lexer.skip_interpolation_opening();
        self.open.push(Open::PathInterpolation);
    }

    /// `let { … }` has no `in`.
    fn brace(&mut self) {
        if self.last == TokenKind::Let {
            self.open.pop();
        }
        self.open.push(Open::Brace);
    }

    fn close(&mut self, kinds: &[Open]) {
        self.is_broken |= !self.open.pop().is_some_and(|open| kinds.contains(&open));
    }
}

#[cfg(test)]
mod tests {
    use nivose_base::Symbols;

    use super::*;
    use crate::{ParseOptions, parse};

    fn balance(text: &str) -> Balance {
        let mut balance = Balance::default();
        text.split('\n').for_each(|line| balance.line(line.as_bytes()));
        balance
    }

    /// Whether the parser has nothing to say against a text.
    fn is_complete(text: &str) -> bool {
        let (describe, watch) = (|_: u32| String::new(), |_: usize| Ok(()));
        let options = ParseOptions { pipe_operators: true, describe: &describe, watch: &watch };
        parse(text.as_bytes(), Pos(0), &mut Symbols::new(), &options).diagnostics.is_empty()
    }

    #[test]
    fn what_is_open() {
        for text in [
            "[",
            "{ a = (1); ",
            "\"a",
            "''\n  ''$",
            "\"${a",
            "/* [ ]",
            "/*/",
            "let a = 1;",
            "1 +\n\n# x",
            "./a${b",
            "x ?",
        ] {
            assert!(!balance(text).may_be_complete(), "{text}");
        }
    }

    #[test]
    fn what_may_be_complete() {
        for text in [
            "[ 1\n]",
            "# [",
            "/* [\n*/ 1",
            "a''b",
            "./a''x''",
            "./a${b}c''['' + 1",
            "1.e5''[''",
            "\"\\\"\" + ''''${'' + \"$${\"",
            "let a = 1; in a",
            "let { body = 1; }",
            "let\n{ body = 1; }",
            "http://x''y",
            "<a/b>",
            "[ )",
            "]",
            "\0[",
            "$",
            "",
        ] {
            assert!(balance(text).may_be_complete(), "{text}");
        }
    }

    /// Whatever pieces are put together.
    #[test]
    fn no_complete_text_is_held_back() {
        const PIECES: &[&str] = &[
            "[", "]", "{", "}", "(", ")", "\"", "''", "'", "${", "$", "\\", "/*", "*/", "#", "\n", " ", "a",
            "a = 1;", "let ", " in ", "./a", "/", "1.", "5", "+", ":", "x:", ".", "rec ", ";", "?", "=",
            "with a;", "~/", "<a>",
        ];
        let mut seed = 1u64;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..12 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                text.push_str(PIECES[(seed >> 33) as usize % PIECES.len()]);
            }
            assert!(balance(&text).may_be_complete() || !is_complete(&text), "{text:?}");
        }
    }
}
