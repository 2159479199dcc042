//! Bytes to tokens, one at a time, with nothing allocated.
//!
//! A token that is wrong is an `Invalid` one; the error waits in the lexer until the parser trips over it, so
//! that reading a token cannot fail.
//!
//! The text of strings and what follows an interpolation in a path are scanned on demand (see
//! `text`): the parser knows where it is, so the lexer needs no modes.

mod number;
mod path;
pub(crate) mod text;
mod word;

use nivose_base::{DiagnosticId, Error, Pos, ShortName, Span};

use crate::token::{Token, TokenKind};

const WORD_START: u8 = 1;
const WORD: u8 = 2;
const DIGIT: u8 = 4;
const PATH: u8 = 8;
const SCHEME: u8 = 16;
const URI: u8 = 32;
const SPACE: u8 = 64;
const PERIOD: u8 = 128;

/// What a function gives for each byte, as a table that is made by the compiler.
macro_rules! table {
    ($first:expr, $of:ident) => {{
        let mut table = [$first; 256];
        let mut byte = 0;
        while byte < 256 {
            table[byte] = $of(byte as u8);
            byte += 1;
        }
        table
    }};
}

/// The classes that each byte belongs to.
static CLASSES: [u8; 256] = table!(0, classes_of);

const fn classes_of(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' => WORD_START | WORD | PATH | SCHEME | URI,
        b'0'..=b'9' => WORD | DIGIT | PATH | SCHEME | URI,
        b'_' => WORD_START | WORD | PATH | URI,
        b'-' => WORD | PATH | SCHEME | URI,
        b'\'' => WORD | URI,
        b'.' => PATH | SCHEME | URI | PERIOD,
        b'+' => PATH | SCHEME | URI,
        b'%' | b'/' | b'?' | b':' | b'@' | b'&' | b'=' | b'$' | b',' | b'!' | b'~' | b'*' => URI,
        b' ' | b'\t' | b'\r' | b'\n' => SPACE,
        _ => 0,
    }
}

fn is(byte: u8, class: u8) -> bool {
    CLASSES[byte as usize] & class != 0
}

/// What begins with a byte.
#[derive(Clone, Copy)]
enum Start {
    Space,
    LineComment,
    /// A word, or a path or URI that begins like one.
    Word,
    /// A token that could also be a path.
    MaybePath,
    /// The same, for a dot.
    Dot,
    /// The same, or a comment.
    Slash,
    /// An assignment or a comparison.
    Equals,
    /// The only token.
    Single,
    /// One of several tokens.
    Symbol,
}

/// What begins with each byte.
static STARTS: [Start; 256] = table!(Start::Symbol, start_of);

const fn start_of(byte: u8) -> Start {
    match byte {
        b' ' | b'\t' | b'\r' | b'\n' => Start::Space,
        b'#' => Start::LineComment,
        b'a'..=b'z' | b'A'..=b'Z' | b'_' => Start::Word,
        b'.' => Start::Dot,
        b'/' => Start::Slash,
        b'0'..=b'9' | b'+' | b'-' | b'~' | b'<' => Start::MaybePath,
        b'=' => Start::Equals,
        _ if !matches!(single(byte), TokenKind::Invalid) => Start::Single,
        _ => Start::Symbol,
    }
}

/// The only token that begins with each byte, if there is just one and it has one byte; otherwise an invalid one.
static SINGLES: [TokenKind; 256] = table!(TokenKind::Invalid, single);

const fn single(byte: u8) -> TokenKind {
    match byte {
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
        _ => TokenKind::Invalid,
    }
}

/// The value of the number token read last.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Number {
    Integer(i64),
    Float(f64),
}

/// Something is wrong: the first error waits in the lexer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failed;

/// Reads tokens from a text.
pub(crate) struct Lexer<'a> {
    text: &'a [u8],
    base: Pos,
    pipe_operators: bool,
    /// Whether there is a carriage return or a null byte anywhere; strings of most sources need not look for them.
    has_odd_bytes: bool,
    /// The token at hand: the one read last.
    pub(crate) token: Token,
    /// The first bytes of the word read last.
    name: ShortName,
    /// Where the next token is looked for.
    position: usize,
    /// Up to here no path can begin: the run of path characters is known not to go on in one.
    no_path_before: usize,
    /// Up to here no URI can begin.
    no_uri_before: usize,
    /// The text of the documentation comment met last, without its delimiters.
    doc: Option<Span>,
    /// Where the token begins that it stands before.
    documented: usize,
    /// The value of a number token.
    pub(crate) number: Number,
    /// The first error.
    error: Option<Error>,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a [u8], base: Pos, pipe_operators: bool) -> Self {
        Lexer {
            text,
            base,
            pipe_operators,
            has_odd_bytes: memchr::memchr2(b'\r', 0, text).is_some(),
            token: Token { kind: TokenKind::EndOfFile, start: 0, end: 0 },
            name: ShortName::EMPTY,
            position: 0,
            no_path_before: 0,
            no_uri_before: 0,
            doc: None,
            documented: 0,
            number: Number::Integer(0),
            error: None,
        }
    }

    /// Keeps an error, unless an earlier one is known.
    #[cold]
    pub(crate) fn fail(&mut self, error: Error) -> Failed {
        self.error.get_or_insert(error);
        Failed
    }

    /// Whether an error waits.
    pub(crate) fn has_failed(&self) -> bool {
        self.error.is_some()
    }

    /// The error that waits.
    pub(crate) fn take_error(&mut self) -> Option<Error> {
        self.error.take()
    }

    /// The byte at an index; NUL beyond the end.
    #[inline(always)]
    fn byte(&self, index: usize) -> u8 {
        self.text.get(index).copied().unwrap_or(0)
    }

    /// The length of the text.
    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    /// The text between two indices.
    #[inline]
    pub(crate) fn slice(&self, start: u32, end: u32) -> &'a [u8] {
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }

    /// The index of the first byte from `index` on that is not of a class.
    #[inline(always)]
    fn run(&self, index: usize, class: u8) -> usize {
        let rest = self.text.get(index..).unwrap_or_default();
        index + rest.iter().position(|&byte| !is(byte, class)).unwrap_or(rest.len())
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

    /// The text of the documentation comment before a token that begins at `start`.
    pub(crate) fn doc_before(&self, start: u32) -> Option<Span> {
        if self.documented == start as usize { self.doc } else { None }
    }

    /// Reads the next token. Nearly half of all tokens are single bytes, for which this needs few registers.
    #[inline(always)]
    pub(crate) fn advance(&mut self) {
        let mut start = self.position;
        if self.byte(start) == b' ' {
            start += 1;
        }
        match SINGLES[self.byte(start) as usize] {
            TokenKind::Invalid => self.advance_from(start),
            kind => self.take(kind, start, start + 1),
        }
    }

    /// Takes what stands between two indices for the token at hand.
    #[inline(always)]
    fn take(&mut self, kind: TokenKind, start: usize, end: usize) {
        self.position = end;
        self.token = Token { kind, start: start as u32, end: end as u32 };
    }

    /// Reads the first token from an index on. The usual ones are read here; calls stand at ends only, so that none of
    /// them has registers to be kept.
    #[inline(never)]
    fn advance_from(&mut self, start: usize) {
        let (mut start, mut byte) = (start, self.byte(start));
        if is(byte, SPACE) {
            start = self.skip_spaces(start + 1);
            byte = self.byte(start);
        }
        // Branches foretell the usual ones better than a table of places to jump to.
        if is(byte, WORD_START) {
            return self.word(start);
        }
        let single = SINGLES[byte as usize];
        if single != TokenKind::Invalid {
            return self.take(single, start, start + 1);
        }
        let next = self.byte(start + 1);
        match STARTS[byte as usize] {
            Start::Equals if next == b'=' => self.take(TokenKind::Equal, start, start + 2),
            Start::Equals => self.take(TokenKind::Assign, start, start + 1),
            Start::Dot if start < self.no_path_before && !is(next, DIGIT | PERIOD) => {
                self.take(TokenKind::Dot, start, start + 1);
            }
            _ => self.advance_over(start),
        }
    }

    /// The same for whatever begins there, blanks and comments.
    #[inline(never)]
    fn advance_over(&mut self, start: usize) {
        let mut start = start;
        loop {
            let byte = self.byte(start);
            match STARTS[byte as usize] {
                Start::Space => start = self.skip_spaces(start + 1),
                Start::LineComment => start = self.line_comment_end(start),
                Start::Slash if self.byte(start + 1) == b'*' => match self.block_comment(start) {
                    Some(end) => start = end,
                    None => return self.maybe_path(start),
                },
                Start::Dot | Start::Slash | Start::MaybePath => return self.maybe_path(start),
                Start::Symbol => return self.symbol(start, byte),
                Start::Word | Start::Equals | Start::Single => return self.advance_from(start),
            }
        }
    }

    /// The index of the first byte from `index` on that is no blank; most blanks are those of an indentation.
    #[inline(always)]
    fn skip_spaces(&self, index: usize) -> usize {
        let mut index = index;
        while let Some(eight) = self.text.get(index..).and_then(|rest| rest.first_chunk()) {
            let others = u64::from_le_bytes(*eight) ^ u64::from_le_bytes([b' '; 8]);
            index += others.trailing_zeros() as usize / 8;
            if others != 0 {
                if !is(self.byte(index), SPACE) {
                    return index;
                }
                index += 1;
            }
        }
        self.run(index, SPACE)
    }

    /// Where a comment that begins with `#` ends.
    #[inline(never)]
    fn line_comment_end(&mut self, start: usize) -> usize {
        let rest = &self.text[start..];
        let end = start + memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        self.carry_doc(start, end);
        end
    }

    /// Where a comment that begins with `/*` ends, if it does.
    #[inline(never)]
    fn block_comment(&mut self, start: usize) -> Option<usize> {
        let body = start + 2;
        let length = memchr::memmem::find(self.text.get(body..).unwrap_or_default(), b"*/")?;
        let documents = self.byte(body) == b'*' && length > 0;
        self.doc = documents.then(|| Span::new(body as u32 + 1, (body + length) as u32));
        let end = body + length + 2;
        self.documented = self.run(end, SPACE);
        Some(end)
    }

    /// A line comment between a documentation comment and its token does not part them.
    fn carry_doc(&mut self, start: usize, end: usize) {
        if self.documented == start {
            self.documented = self.run(end, SPACE);
        }
    }

    /// Ends the token at an index.
    #[inline(always)]
    fn end(&mut self, end: usize, kind: TokenKind) -> TokenKind {
        self.position = end;
        kind
    }

    /// Takes what ends where the lexer stands for the token at hand.
    #[inline(always)]
    fn take_ended(&mut self, kind: TokenKind, start: usize) {
        self.take(kind, start, self.position);
    }

    /// Ends the token that is wrong.
    #[cold]
    fn invalid(&mut self, error: Error) -> TokenKind {
        self.fail(error);
        TokenKind::Invalid
    }

    /// Tokens of one or two bytes whose first byte does not say which.
    #[inline(never)]
    fn symbol(&mut self, start: usize, byte: u8) {
        let (length, kind) = match (byte, self.byte(start + 1)) {
            (b'!', b'=') => (2, TokenKind::NotEqual),
            (b'!', _) => (1, TokenKind::Not),
            (b'>', b'=') => (2, TokenKind::MoreOrEqual),
            (b'>', _) => (1, TokenKind::More),
            (b'&', b'&') => (2, TokenKind::AndAnd),
            (b'|', b'|') => (2, TokenKind::OrOr),
            (b'|', b'>') => (2, self.pipe(start, TokenKind::PipeRight)),
            (b'$', b'{') => (2, TokenKind::DollarBrace),
            (b'\'', b'\'') => (2, TokenKind::IndentedOpen),
            // A null byte ends the text for C++ Nix's parser, wherever it stands.
            (0, _) => (0, TokenKind::EndOfFile),
            _ => (1, TokenKind::Invalid),
        };
        self.take(kind, start, start + length);
    }

    /// The kind of a pipe, if the feature is on.
    fn pipe(&mut self, start: usize, kind: TokenKind) -> TokenKind {
        if self.pipe_operators {
            return kind;
        }
        let error = Error::new(DiagnosticId::ExperimentalFeatureDisabled, &[&"pipe-operators"]);
        self.invalid(error.at(self.pos(start)))
    }

    /// A word, or a path or URI that begins like one.
    #[inline(always)]
    fn word(&mut self, start: usize) {
        let end = self.run(start + 1, WORD);
        match self.text.get(start..).and_then(|rest| rest.first_chunk()) {
            Some(bytes) => self.named_word(start, end, bytes),
            None => self.last_word(start, end),
        }
    }

    /// The same, where the word up to `end` may go on as something else.
    #[inline(never)]
    fn word_or_more(&mut self, start: usize, end: usize) {
        match self.more_than_word(start, end) {
            Some(kind) => self.take_ended(kind, start),
            None => self.take_word(start, end),
        }
    }

    /// A path or URI that begins with the word from `start` to `end`, if there is one.
    #[inline(always)]
    fn more_than_word(&mut self, start: usize, end: usize) -> Option<TokenKind> {
        let next = self.byte(end);
        let is_known = start < self.no_path_before && start < self.no_uri_before;
        if is_known || next == b':' && !is(self.byte(end + 1), URI) {
            return None;
        }
        // All that a URI has before its colon can stand in a path before its slash.
        let stop = self.run(end, PATH);
        if !matches!(self.byte(stop), b'/' | b':') {
            self.no_path_before = self.no_path_before.max(stop);
            self.no_uri_before = self.no_uri_before.max(stop);
            return None;
        }
        self.path_or_uri(start, next)
    }

    /// A path or URI that begins with a word before `next`, if there is one.
    #[inline(never)]
    fn path_or_uri(&mut self, start: usize, next: u8) -> Option<TokenKind> {
        if next != b':'
            && let Some(kind) = self.path(start)
        {
            return Some(kind);
        }
        (next != b'/' && self.uri(start)).then_some(TokenKind::Uri)
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
    #[inline(never)]
    fn maybe_path(&mut self, start: usize) {
        let kind = match self.path(start) {
            Some(kind) => kind,
            None => self.no_path(start),
        };
        self.take_ended(kind, start);
    }

    /// The same where no path begins.
    fn no_path(&mut self, start: usize) -> TokenKind {
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
            (b'<', b'|') => (2, self.pipe(start, TokenKind::PipeLeft)),
            (b'<', _) => (1, TokenKind::Less),
            _ => (1, TokenKind::Invalid),
        };
        self.end(start + length, kind)
    }
}
