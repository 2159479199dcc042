//! Bytes to tokens, one at a time, with nothing allocated.
//!
//! The text of strings and what follows an interpolation in a path are scanned on demand (see
//! `text`): the parser knows where it is, so the lexer needs no modes.

mod number;
mod path;
pub(crate) mod text;

use nivose_base::{DiagnosticId, Error, Pos, Span};

use crate::token::{Token, TokenKind, word_kind};

const WORD_START: u8 = 1;
const WORD: u8 = 2;
const DIGIT: u8 = 4;
const PATH: u8 = 8;
const SCHEME: u8 = 16;
const URI: u8 = 32;
const SPACE: u8 = 64;

/// The classes that each byte belongs to.
static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = classes_of(byte as u8);
        byte += 1;
    }
    table
}

const fn classes_of(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' => WORD_START | WORD | PATH | SCHEME | URI,
        b'0'..=b'9' => WORD | DIGIT | PATH | SCHEME | URI,
        b'_' => WORD_START | WORD | PATH | URI,
        b'-' => WORD | PATH | SCHEME | URI,
        b'\'' => WORD | URI,
        b'.' | b'+' => PATH | SCHEME | URI,
        b'%' | b'/' | b'?' | b':' | b'@' | b'&' | b'=' | b'$' | b',' | b'!' | b'~' | b'*' => URI,
        b' ' | b'\t' | b'\r' | b'\n' => SPACE,
        _ => 0,
    }
}

fn is(byte: u8, class: u8) -> bool {
    CLASSES[byte as usize] & class != 0
}

/// The value of the number token read last.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Number {
    Integer(i64),
    Float(f64),
}

/// Reads tokens from a text.
pub(crate) struct Lexer<'a> {
    text: &'a [u8],
    base: Pos,
    pipe_operators: bool,
    /// Where the next token is looked for.
    position: usize,
    /// Up to here no path can begin: the run of path characters is known not to go on in one.
    no_path_before: usize,
    /// Up to here no URI can begin.
    no_uri_before: usize,
    /// The text of the documentation comment before the token, without its delimiters.
    pub(crate) doc: Option<Span>,
    /// The value of a number token.
    pub(crate) number: Number,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a [u8], base: Pos, pipe_operators: bool) -> Self {
        Lexer {
            text,
            base,
            pipe_operators,
            position: 0,
            no_path_before: 0,
            no_uri_before: 0,
            doc: None,
            number: Number::Integer(0),
        }
    }

    /// The byte at an index; NUL beyond the end.
    fn byte(&self, index: usize) -> u8 {
        self.text.get(index).copied().unwrap_or(0)
    }

    /// The length of the text.
    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    /// The text between two indices.
    pub(crate) fn slice(&self, start: u32, end: u32) -> &'a [u8] {
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }

    /// The index of the first byte from `index` on that is not of a class.
    fn run(&self, mut index: usize, class: u8) -> usize {
        while is(self.byte(index), class) {
            index += 1;
        }
        index
    }

    /// The position of an offset.
    pub(crate) fn pos(&self, offset: usize) -> Pos {
        Pos(self.base.0.saturating_add(offset as u32))
    }

    /// Where the token after the present one is looked for.
    pub(crate) fn position(&self) -> u32 {
        self.position as u32
    }

    /// Where a message about the end of the text at an offset points: at the blanks before it or,
    /// if there are none, at the byte before it.
    #[cold]
    pub(crate) fn last_content(&self, end: u32) -> u32 {
        let before = self.slice(0, end);
        let blanks = before.iter().rev().take_while(|&&b| is(b, SPACE)).count();
        (before.len() - blanks.max(1).min(before.len())) as u32
    }

    /// Reads the next token.
    pub(crate) fn next(&mut self) -> Result<Token, Error> {
        self.skip_blanks();
        let start = self.position;
        let kind = self.scan(start)?;
        Ok(Token { kind, start: start as u32, end: self.position as u32 })
    }

    /// Skips white space and comments; remembers a documentation comment.
    fn skip_blanks(&mut self) {
        self.doc = None;
        loop {
            let byte = self.byte(self.position);
            if is(byte, SPACE) {
                self.position += 1;
            } else if byte == b'#' {
                let rest = &self.text[self.position..];
                let end = memchr::memchr2(b'\n', b'\r', rest);
                self.position = end.map_or(self.text.len(), |end| self.position + end);
            } else if byte != b'/' || self.byte(self.position + 1) != b'*' || !self.block_comment() {
                break;
            }
        }
    }

    /// Skips a comment that begins with `/*` here, if it ends somewhere.
    fn block_comment(&mut self) -> bool {
        let body = self.position + 2;
        let Some(length) = memchr::memmem::find(self.text.get(body..).unwrap_or_default(), b"*/") else {
            return false;
        };
        let documents = self.byte(body) == b'*' && length > 0;
        self.doc = documents.then(|| Span::new(body as u32 + 1, (body + length) as u32));
        self.position = body + length + 2;
        true
    }

    /// Ends the token after `length` bytes.
    fn take(&mut self, length: usize, kind: TokenKind) -> TokenKind {
        self.position += length;
        kind
    }

    fn scan(&mut self, start: usize) -> Result<TokenKind, Error> {
        let byte = self.byte(start);
        let kind = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => return self.word(start),
            b'0'..=b'9' | b'.' | b'+' | b'-' | b'/' | b'~' | b'<' => return self.maybe_path(start),
            b'"' => TokenKind::Quote,
            b'(' => TokenKind::LeftParenthesis,
            b')' => TokenKind::RightParenthesis,
            b'[' => TokenKind::LeftBracket,
            b']' => TokenKind::RightBracket,
            b'{' => TokenKind::LeftBrace,
            b'}' => TokenKind::RightBrace,
            b';' => TokenKind::Semicolon,
            b':' => TokenKind::Colon,
            b',' => TokenKind::Comma,
            b'@' => TokenKind::At,
            b'?' => TokenKind::Question,
            b'*' => TokenKind::Star,
            _ => return self.symbol(start, byte),
        };
        Ok(self.take(1, kind))
    }

    /// Tokens of one or two bytes whose first byte does not say which.
    fn symbol(&mut self, start: usize, byte: u8) -> Result<TokenKind, Error> {
        let (length, kind) = match (byte, self.byte(start + 1)) {
            (b'=', b'=') => (2, TokenKind::Equal),
            (b'=', _) => (1, TokenKind::Assign),
            (b'!', b'=') => (2, TokenKind::NotEqual),
            (b'!', _) => (1, TokenKind::Not),
            (b'>', b'=') => (2, TokenKind::MoreOrEqual),
            (b'>', _) => (1, TokenKind::More),
            (b'&', b'&') => (2, TokenKind::AndAnd),
            (b'|', b'|') => (2, TokenKind::OrOr),
            (b'|', b'>') => (2, self.pipe(TokenKind::PipeRight)?),
            (b'$', b'{') => (2, TokenKind::DollarBrace),
            (b'\'', b'\'') => (2, TokenKind::IndentedOpen),
            // A null byte ends the text for C++ Nix's parser, wherever it stands.
            (0, _) => (0, TokenKind::EndOfFile),
            _ => (1, TokenKind::Invalid),
        };
        Ok(self.take(length, kind))
    }

    /// The kind of a pipe, if the feature is on.
    fn pipe(&self, kind: TokenKind) -> Result<TokenKind, Error> {
        if self.pipe_operators {
            return Ok(kind);
        }
        let error = Error::new(DiagnosticId::ExperimentalFeatureDisabled, &[&"pipe-operators"]);
        Err(error.at(self.pos(self.position)))
    }

    /// A word, or a path or URI that begins like one.
    fn word(&mut self, start: usize) -> Result<TokenKind, Error> {
        let end = self.run(start + 1, WORD);
        match self.byte(end) {
            b'/' | b'.' | b'+' => {
                if let Some(kind) = self.path(start)? {
                    return Ok(kind);
                }
                if self.byte(end) != b'/' && self.uri(start) {
                    return Ok(TokenKind::Uri);
                }
            }
            b':' if self.uri(start) => return Ok(TokenKind::Uri),
            _ => {}
        }
        self.position = end;
        Ok(word_kind(&self.text[start..end]))
    }

    /// Takes a URI that begins here, if one does.
    fn uri(&mut self, start: usize) -> bool {
        if start < self.no_uri_before || self.byte(start) == b'_' {
            return false;
        }
        let colon = self.run(start, SCHEME);
        if self.byte(colon) != b':' || !is(self.byte(colon + 1), URI) {
            self.no_uri_before = colon;
            return false;
        }
        self.position = self.run(colon + 1, URI);
        true
    }

    /// A token whose first byte could also begin a path.
    fn maybe_path(&mut self, start: usize) -> Result<TokenKind, Error> {
        if let Some(kind) = self.path(start)? {
            return Ok(kind);
        }
        let (length, kind) = match (self.byte(start), self.byte(start + 1)) {
            (b'0'..=b'9', _) => return self.number(start),
            (b'.', b'0'..=b'9') => return self.number(start),
            (b'.', b'.') if self.byte(start + 2) == b'.' => (3, TokenKind::Ellipsis),
            (b'.', _) => (1, TokenKind::Dot),
            (b'+', b'+') => (2, TokenKind::PlusPlus),
            (b'+', _) => (1, TokenKind::Plus),
            (b'-', b'>') => (2, TokenKind::Arrow),
            (b'-', _) => (1, TokenKind::Minus),
            (b'/', b'/') => (2, TokenKind::SlashSlash),
            (b'/', _) => (1, TokenKind::Slash),
            (b'<', b'=') => (2, TokenKind::LessOrEqual),
            (b'<', b'|') => (2, self.pipe(TokenKind::PipeLeft)?),
            (b'<', _) => (1, TokenKind::Less),
            _ => (1, TokenKind::Invalid),
        };
        Ok(self.take(length, kind))
    }
}
