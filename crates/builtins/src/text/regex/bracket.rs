//! Bracket expressions such as `[^a-z[:digit:]_]`: text to a set of bytes.
//!
//! Accepts and rejects what libstdc++ does under the "C" locale on a machine whose `char` is signed. No part of Nix's
//! own interface shows collation, so collating names are only what the "C" locale has.

use super::RegexError;
use super::byte_set::ByteSet;

/// The names that `[.name.]` and `[=name=]` know, by code. From the POSIX portable character set and ASCII's control names.
const COLLATING_NAMES: [&str; 128] = [
    "NUL",
    "SOH",
    "STX",
    "ETX",
    "EOT",
    "ENQ",
    "ACK",
    "alert",
    "backspace",
    "tab",
    "newline",
    "vertical-tab",
    "form-feed",
    "carriage-return",
    "SO",
    "SI",
    "DLE",
    "DC1",
    "DC2",
    "DC3",
    "DC4",
    "NAK",
    "SYN",
    "ETB",
    "CAN",
    "EM",
    "SUB",
    "ESC",
    "IS4",
    "IS3",
    "IS2",
    "IS1",
    "space",
    "exclamation-mark",
    "quotation-mark",
    "number-sign",
    "dollar-sign",
    "percent-sign",
    "ampersand",
    "apostrophe",
    "left-parenthesis",
    "right-parenthesis",
    "asterisk",
    "plus-sign",
    "comma",
    "hyphen",
    "period",
    "slash",
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "colon",
    "semicolon",
    "less-than-sign",
    "equals-sign",
    "greater-than-sign",
    "question-mark",
    "commercial-at",
    "A",
    "B",
    "C",
    "D",
    "E",
    "F",
    "G",
    "H",
    "I",
    "J",
    "K",
    "L",
    "M",
    "N",
    "O",
    "P",
    "Q",
    "R",
    "S",
    "T",
    "U",
    "V",
    "W",
    "X",
    "Y",
    "Z",
    "left-square-bracket",
    "backslash",
    "right-square-bracket",
    "circumflex",
    "underscore",
    "grave-accent",
    "a",
    "b",
    "c",
    "d",
    "e",
    "f",
    "g",
    "h",
    "i",
    "j",
    "k",
    "l",
    "m",
    "n",
    "o",
    "p",
    "q",
    "r",
    "s",
    "t",
    "u",
    "v",
    "w",
    "x",
    "y",
    "z",
    "left-curly-bracket",
    "vertical-line",
    "right-curly-bracket",
    "tilde",
    "DEL",
];

/// One token inside brackets.
enum Token<'p> {
    Byte(u8),
    Dash,
    End,
    Class(&'p [u8]),
    Collating(&'p [u8]),
    Equivalence(&'p [u8]),
}

/// What came just before, which decides what a dash means.
enum Previous {
    Nothing,
    Byte(u8),
    Class,
}

struct Bracket<'p> {
    pattern: &'p [u8],
    position: usize,
    at_start: bool,
    set: ByteSet,
    previous: Previous,
}

/// Parses what follows `[`, which is at `position`, up to and including its `]`.
///
/// Gives the set and the position behind it.
pub(super) fn parse(pattern: &[u8], position: usize) -> Result<(ByteSet, usize), RegexError> {
    let negated = pattern.get(position) == Some(&b'^');
    let position = position + usize::from(negated);
    let set = ByteSet::default();
    let mut bracket = Bracket { pattern, position, at_start: true, set, previous: Previous::Nothing };
    bracket.first()?;
    while bracket.term()? {}
    bracket.flush();
    let set = if negated { bracket.set.complement() } else { bracket.set };
    Ok((set, bracket.position))
}

impl<'p> Bracket<'p> {
    /// Reads a first dash as a plain character; anything else waits for [`Self::term`].
    fn first(&mut self) -> Result<(), RegexError> {
        let start = self.position;
        match self.token()? {
            Token::Dash => self.previous = Previous::Byte(b'-'),
            Token::Byte(byte) => self.previous = Previous::Byte(byte),
            _ => self.position = start,
        }
        self.at_start = false;
        Ok(())
    }

    /// Reads one term; false at the closing bracket.
    fn term(&mut self) -> Result<bool, RegexError> {
        match self.token()? {
            Token::End => return Ok(false),
            Token::Byte(byte) => self.push(byte),
            Token::Collating(name) => {
                let byte = collating_element(name)?;
                self.set.insert(byte);
                self.push(byte);
            }
            Token::Class(name) => self.push_class(&class(name)?),
            Token::Equivalence(name) => self.push_class(&equivalents(collating_element(name)?)),
            Token::Dash => return self.dash(),
        }
        Ok(true)
    }

    /// Reads what follows a dash that is not the first character.
    fn dash(&mut self) -> Result<bool, RegexError> {
        let end = self.token()?;
        match (&self.previous, end) {
            (_, Token::End) => {
                self.push(b'-');
                return Ok(false);
            }
            (&Previous::Byte(first), Token::Byte(last)) => self.range(first, last)?,
            (&Previous::Byte(first), Token::Dash) => self.range(first, b'-')?,
            _ => return Err(RegexError::Invalid),
        }
        self.previous = Previous::Nothing;
        Ok(true)
    }

    /// Adds a range, whose ends are compared as signed characters.
    fn range(&mut self, first: u8, last: u8) -> Result<(), RegexError> {
        let (first, last) = (first.cast_signed(), last.cast_signed());
        if first > last {
            return Err(RegexError::Invalid);
        }
        self.set.union(&ByteSet::of(|byte| (first..=last).contains(&byte.cast_signed())));
        Ok(())
    }

    fn push(&mut self, byte: u8) {
        self.flush();
        self.previous = Previous::Byte(byte);
    }

    fn push_class(&mut self, class: &ByteSet) {
        self.flush();
        self.previous = Previous::Class;
        self.set.union(class);
    }

    fn flush(&mut self) {
        if let Previous::Byte(byte) = self.previous {
            self.set.insert(byte);
        }
    }

    fn token(&mut self) -> Result<Token<'p>, RegexError> {
        let byte = self.next_byte()?;
        let token = match byte {
            b'-' => Token::Dash,
            b'[' => return self.bracketed(),
            b']' if !self.at_start => Token::End,
            other => Token::Byte(other),
        };
        self.at_start = false;
        Ok(token)
    }

    /// Reads what may follow a `[` inside brackets: a named class or element; otherwise the `[` stands for itself.
    fn bracketed(&mut self) -> Result<Token<'p>, RegexError> {
        self.at_start = false;
        let kind = *self.pattern.get(self.position).ok_or(RegexError::Invalid)?;
        if !matches!(kind, b':' | b'.' | b'=') {
            return Ok(Token::Byte(b'['));
        }
        self.position += 1;
        let rest = self.pattern.get(self.position..).unwrap_or_default();
        let length = rest.iter().position(|&byte| byte == kind).ok_or(RegexError::Invalid)?;
        let name = rest.get(..length).unwrap_or_default();
        if rest.get(length + 1) != Some(&b']') {
            return Err(RegexError::Invalid);
        }
        self.position += length + 2;
        Ok(match kind {
            b':' => Token::Class(name),
            b'.' => Token::Collating(name),
            _ => Token::Equivalence(name),
        })
    }

    fn next_byte(&mut self) -> Result<u8, RegexError> {
        let byte = *self.pattern.get(self.position).ok_or(RegexError::Invalid)?;
        self.position += 1;
        Ok(byte)
    }
}

/// The character of a collating name.
fn collating_element(name: &[u8]) -> Result<u8, RegexError> {
    let code = COLLATING_NAMES.iter().position(|known| known.as_bytes() == name);
    code.and_then(|code| u8::try_from(code).ok()).ok_or(RegexError::Invalid)
}

/// The characters with the same primary sorting weight, which are those that differ in case only.
fn equivalents(byte: u8) -> ByteSet {
    ByteSet::of(|other| other.eq_ignore_ascii_case(&byte))
}

/// The members of a named class; names are not sensitive to case.
fn class(name: &[u8]) -> Result<ByteSet, RegexError> {
    let member: fn(&u8) -> bool = match name.to_ascii_lowercase().as_slice() {
        b"alnum" => u8::is_ascii_alphanumeric,
        b"alpha" => u8::is_ascii_alphabetic,
        b"blank" => |byte| matches!(byte, b' ' | b'\t'),
        b"cntrl" => u8::is_ascii_control,
        b"d" | b"digit" => u8::is_ascii_digit,
        b"graph" => u8::is_ascii_graphic,
        b"lower" => u8::is_ascii_lowercase,
        b"print" => |byte| (b' '..=b'~').contains(byte),
        b"punct" => u8::is_ascii_punctuation,
        b"s" | b"space" => |byte| matches!(byte, b' ' | b'\t'..=b'\r'),
        b"upper" => u8::is_ascii_uppercase,
        b"w" => |byte| byte.is_ascii_alphanumeric() || *byte == b'_',
        b"xdigit" => u8::is_ascii_hexdigit,
        _ => return Err(RegexError::Invalid),
    };
    Ok(ByteSet::of(|byte| member(&byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The printable members of a bracket expression given without its opening bracket.
    fn members(text: &str) -> Option<String> {
        let (set, end) = parse(text.as_bytes(), 0).ok()?;
        assert_eq!(end, text.len(), "{text}");
        Some((b' '..=b'~').filter(|&byte| set.contains(byte)).map(char::from).collect())
    }

    #[test]
    fn accepted() {
        let cases = [
            ("abc]", "abc"),
            ("]a]", "]a"),
            ("-a]", "-a"),
            ("a-]", "-a"),
            ("a-c]", "abc"),
            ("+--]", "+,-"),
            ("[]", "["),
            ("[a]", "[a"),
            ("\\n]", "\\n"),
            ("[:digit:]a]", "0123456789a"),
            ("[:DIGIT:]]", "0123456789"),
            ("[.hyphen.]]", "-"),
            ("[.space.]-#]", " !\"#"),
            ("[=a=]]", "Aa"),
            ("a^]", "^a"),
        ];
        for (text, expected) in cases {
            assert_eq!(members(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn rejected() {
        for text in [
            "",
            "a",
            "]",
            "^]",
            "z-a]",
            "[:nope:]]",
            "[:digit:",
            "[.nope.]]",
            "[:digit:]-z]",
            "a-c-e]",
            "a-[:digit:]]",
            "[",
        ] {
            assert_eq!(parse(text.as_bytes(), 0).err(), Some(RegexError::Invalid), "{text}");
        }
    }

    #[test]
    fn negation_and_high_bytes() {
        let (set, _) = parse(b"^]a]", 0).unwrap();
        assert!(!set.contains(b']') && !set.contains(b'a') && set.contains(b'\n') && set.contains(0xc3));
        let (range, _) = parse(b"\x80-\x7f]", 0).unwrap();
        assert_eq!(range, ByteSet::FULL);
        assert!(parse(b"a-\xff]", 0).is_err());
    }
}
