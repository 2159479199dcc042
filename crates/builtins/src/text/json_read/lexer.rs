//! Tokens of JSON, and the position that the library would report.

use std::borrow::Cow;

/// One token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'i> {
    True,
    False,
    Null,
    String(Cow<'i, [u8]>),
    Integer(i64),
    Unsigned(u64),
    Float(f64),
    BeginArray,
    BeginObject,
    EndArray,
    EndObject,
    NameSeparator,
    ValueSeparator,
    /// Something that is no token, in the library's words.
    Error(Cow<'static, str>),
    EndOfInput,
}

const NO_SECOND_SURROGATE: &str =
    "invalid string: surrogate U+D800..U+DBFF must be followed by U+DC00..U+DFFF";
const NO_FIRST_SURROGATE: &str = "invalid string: surrogate U+DC00..U+DFFF must follow U+D800..U+DBFF";
const NO_HEX_DIGITS: &str = "invalid string: '\\u' must be followed by 4 hex digits";
const ILL_FORMED: &str = "invalid string: ill-formed UTF-8 byte";

/// The names of the control characters in messages.
const CONTROL_NAMES: [&str; 32] = [
    "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "HT", "LF", "VT", "FF", "CR", "SO", "SI",
    "DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC", "FS", "GS", "RS",
    "US",
];

/// The characters of one byte that stand for themselves in a string.
static IS_PLAIN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = b' ';
    while byte < 0x80 {
        table[byte as usize] = byte != b'"' && byte != b'\\';
        byte += 1;
    }
    table
};

/// Why a string ended early.
type Problem = Cow<'static, str>;

/// Reads tokens from a text.
#[derive(Debug)]
pub(super) struct Lexer<'i> {
    text: &'i [u8],
    /// How many bytes were read.
    read: usize,
    /// Whether the end of the text was read.
    at_end: bool,
    /// Whether the last byte read was put back: the token before was a number.
    put_back: bool,
    /// Where the last string or number begins.
    token_start: usize,
}

impl<'i> Lexer<'i> {
    pub(super) fn new(text: &'i [u8]) -> Self {
        Self { text, read: 0, at_end: false, put_back: false, token_start: 0 }
    }

    /// The same state over another text.
    pub(super) fn with_text<'j>(self, text: &'j [u8]) -> Lexer<'j> {
        let Self { read, at_end, put_back, token_start, .. } = self;
        Lexer { text, read, at_end, put_back, token_start }
    }

    /// How many characters were read, the end of the text included.
    pub(super) fn read_count(&self) -> usize {
        self.read + usize::from(self.at_end)
    }

    /// The line, from 1 on, and the column: how many characters of the line were read. A line feed begins a new line
    /// at column 0, and putting one back leaves the column at 0.
    pub(super) fn position(&self) -> (usize, usize) {
        let read = self.text.get(..self.read).unwrap_or_default();
        let lines = read.iter().filter(|&&byte| byte == b'\n').count();
        let line_start = read.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
        let put_back_line_feed = self.put_back && self.text.get(self.read) == Some(&b'\n');
        let column = if put_back_line_feed { 0 } else { read.len() - line_start + usize::from(self.at_end) };
        (lines + 1, column)
    }

    /// The text since the last string or number began.
    pub(super) fn last_read(&self) -> &'i [u8] {
        self.text.get(self.token_start..self.read).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.read).copied()
    }

    /// Reads one byte, or the end.
    fn get(&mut self) -> Option<u8> {
        let byte = self.peek();
        match byte {
            Some(_) => self.read += 1,
            None => self.at_end = true,
        }
        byte
    }

    /// Reads the next token if it is the given one of one character. There was one before.
    #[inline]
    pub(super) fn skip(&mut self, character: u8) -> bool {
        self.put_back = false;
        self.skip_space();
        let found = self.peek() == Some(character);
        self.read += usize::from(found);
        found
    }

    #[inline]
    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.read += 1;
        }
    }

    /// Reads the next token.
    pub(super) fn token(&mut self) -> Token<'i> {
        self.put_back = false;
        if self.read == 0 && self.peek() == Some(0xef) && !self.skip_byte_order_mark() {
            return Token::Error("invalid BOM; must be 0xEF 0xBB 0xBF if given".into());
        }
        self.skip_space();
        match self.get() {
            Some(b'{') => Token::BeginObject,
            Some(b'}') => Token::EndObject,
            Some(b'[') => Token::BeginArray,
            Some(b']') => Token::EndArray,
            Some(b':') => Token::NameSeparator,
            Some(b',') => Token::ValueSeparator,
            Some(b'"') => self.string(),
            Some(first @ (b'-' | b'0'..=b'9')) => self.number(first),
            Some(b't') => self.literal(b"rue", Token::True),
            Some(b'f') => self.literal(b"alse", Token::False),
            Some(b'n') => self.literal(b"ull", Token::Null),
            None | Some(0) => Token::EndOfInput,
            Some(_) => Token::Error("invalid literal".into()),
        }
    }

    fn skip_byte_order_mark(&mut self) -> bool {
        [0xef, 0xbb, 0xbf].into_iter().all(|byte| self.get() == Some(byte))
    }

    fn literal(&mut self, rest: &[u8], token: Token<'i>) -> Token<'i> {
        if rest.iter().all(|&byte| self.get() == Some(byte)) {
            token
        } else {
            Token::Error("invalid literal".into())
        }
    }

    /// Reads a string behind its opening quote.
    fn string(&mut self) -> Token<'i> {
        self.token_start = self.read - 1;
        match self.string_contents() {
            Ok(contents) => Token::String(contents),
            Err(problem) => Token::Error(problem),
        }
    }

    fn string_contents(&mut self) -> Result<Cow<'i, [u8]>, Problem> {
        let start = self.read;
        self.plain()?;
        let plain = self.text.get(start..self.read).unwrap_or_default();
        match self.get() {
            Some(b'"') => return Ok(Cow::Borrowed(plain)),
            Some(b'\\') => {}
            _ => return Err("invalid string: missing closing quote".into()),
        }
        let mut contents = Vec::with_capacity(2 * plain.len() + 32);
        contents.extend_from_slice(plain);
        loop {
            self.escape(&mut contents)?;
            let start = self.read;
            self.plain()?;
            contents.extend_from_slice(self.text.get(start..self.read).unwrap_or_default());
            match self.get() {
                Some(b'"') => return Ok(Cow::Owned(contents)),
                Some(b'\\') => {}
                _ => return Err("invalid string: missing closing quote".into()),
            }
        }
    }

    /// Reads up to a quote, a backslash or the end, all of which stay unread.
    fn plain(&mut self) -> Result<(), Problem> {
        loop {
            let rest = self.text.get(self.read..).unwrap_or_default();
            let plain = rest.iter().position(|&byte| !IS_PLAIN[usize::from(byte)]).unwrap_or(rest.len());
            self.read += plain;
            let Some(&byte) = rest.get(plain) else { break };
            match byte {
                b'"' | b'\\' => break,
                0..=0x1f => {
                    self.read += 1;
                    return Err(control_character(byte));
                }
                _ => {
                    self.read += 1;
                    self.multi_byte(byte)?;
                }
            }
        }
        Ok(())
    }

    /// Reads the rest of a character of several bytes.
    fn multi_byte(&mut self, lead: u8) -> Result<(), Problem> {
        let (second, more) = match lead {
            0xc2..=0xdf => (0x80..=0xbf, 0),
            0xe0 => (0xa0..=0xbf, 1),
            0xe1..=0xec | 0xee | 0xef => (0x80..=0xbf, 1),
            0xed => (0x80..=0x9f, 1),
            0xf0 => (0x90..=0xbf, 2),
            0xf1..=0xf3 => (0x80..=0xbf, 2),
            0xf4 => (0x80..=0x8f, 2),
            _ => return Err(ILL_FORMED.into()),
        };
        let mut ranges = std::iter::once(second).chain(std::iter::repeat_n(0x80..=0xbf, more));
        let well_formed = ranges.all(|range| self.get().is_some_and(|byte| range.contains(&byte)));
        if well_formed { Ok(()) } else { Err(ILL_FORMED.into()) }
    }

    /// Reads an escape behind its backslash.
    fn escape(&mut self, contents: &mut Vec<u8>) -> Result<(), Problem> {
        let byte = match self.get() {
            Some(byte @ (b'"' | b'\\' | b'/')) => byte,
            Some(b'b') => 0x08,
            Some(b'f') => 0x0c,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'u') => {
                let character = self.unicode_escape()?;
                contents.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            _ => return Err("invalid string: forbidden character after backslash".into()),
        };
        contents.push(byte);
        Ok(())
    }

    /// Reads what follows `\u`, and a second escape behind the first half of a surrogate pair.
    fn unicode_escape(&mut self) -> Result<char, Problem> {
        let first = self.hex_digits()?;
        match first {
            0xdc00..=0xdfff => return Err(NO_FIRST_SURROGATE.into()),
            0xd800..=0xdbff => {}
            _ => return char::from_u32(first).ok_or(Cow::Borrowed(NO_HEX_DIGITS)),
        }
        if self.get() != Some(b'\\') || self.get() != Some(b'u') {
            return Err(NO_SECOND_SURROGATE.into());
        }
        match self.hex_digits()? {
            second @ 0xdc00..=0xdfff => {
                let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                char::from_u32(code).ok_or(Cow::Borrowed(NO_SECOND_SURROGATE))
            }
            _ => Err(NO_SECOND_SURROGATE.into()),
        }
    }

    fn hex_digits(&mut self) -> Result<u32, Problem> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.get().and_then(|byte| char::from(byte).to_digit(16));
            code = code << 4 | digit.ok_or(Cow::Borrowed(NO_HEX_DIGITS))?;
        }
        Ok(code)
    }

    /// Reads a number whose first character was read; the character behind it is read and put back.
    fn number(&mut self, first: u8) -> Token<'i> {
        self.token_start = self.read - 1;
        match self.number_shape(first) {
            Err(problem) => Token::Error(problem.into()),
            Ok(whole) => {
                self.put_back = true;
                convert(self.last_read(), whole)
            }
        }
    }

    /// Reads over a number; gives whether it is a whole one.
    fn number_shape(&mut self, first: u8) -> Result<bool, &'static str> {
        let leading =
            if first == b'-' { self.digit("invalid number; expected digit after '-'")? } else { first };
        if leading != b'0' {
            self.skip_digits();
        }
        let mut whole = true;
        if self.peek() == Some(b'.') {
            self.read += 1;
            self.digit("invalid number; expected digit after '.'")?;
            self.skip_digits();
            whole = false;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.read += 1;
            self.exponent()?;
            whole = false;
        }
        Ok(whole)
    }

    fn exponent(&mut self) -> Result<(), &'static str> {
        let problem = if matches!(self.peek(), Some(b'+' | b'-')) {
            self.read += 1;
            "invalid number; expected digit after exponent sign"
        } else {
            "invalid number; expected '+', '-', or digit after exponent"
        };
        self.digit(problem)?;
        self.skip_digits();
        Ok(())
    }

    fn digit(&mut self, problem: &'static str) -> Result<u8, &'static str> {
        self.get().filter(u8::is_ascii_digit).ok_or(problem)
    }

    fn skip_digits(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.read += 1;
        }
    }
}

/// The value of a number: whole ones that fit neither integer become floats.
fn convert<'i>(digits: &[u8], whole: bool) -> Token<'i> {
    if whole && let Some(number) = small_integer(digits) {
        return Token::Integer(number);
    }
    let text = std::str::from_utf8(digits).unwrap_or_default();
    if whole {
        if let Ok(number) = text.parse::<i64>() {
            return Token::Integer(number);
        }
        if let Ok(number) = text.parse::<u64>() {
            return Token::Unsigned(number);
        }
    }
    Token::Float(text.parse().unwrap_or(f64::NAN))
}

/// A whole number of so few digits that it surely fits.
#[inline]
fn small_integer(text: &[u8]) -> Option<i64> {
    let (digits, is_negative) = text.strip_prefix(b"-").map_or((text, false), |digits| (digits, true));
    if digits.len() > 18 {
        return None;
    }
    let number = digits.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0'));
    Some(if is_negative { -number } else { number })
}

fn control_character(byte: u8) -> Problem {
    let name = CONTROL_NAMES.get(usize::from(byte)).copied().unwrap_or_default();
    let short = match byte {
        0x08 => " or \\b",
        b'\t' => " or \\t",
        b'\n' => " or \\n",
        0x0c => " or \\f",
        b'\r' => " or \\r",
        _ => "",
    };
    format!("invalid string: control character U+{byte:04X} ({name}) must be escaped to \\u{byte:04X}{short}")
        .into()
}
