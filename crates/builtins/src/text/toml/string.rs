//! Strings: in double or single quotes, in one of them or in three.

use super::parser::Parser;
use super::problem::Problem;

/// How a string is written.
#[derive(Clone, Copy)]
struct Style {
    quote: u8,
    /// Whether it is in three quotes, and may have several lines.
    long: bool,
}

impl Style {
    /// Whether a byte ends what is taken as it is written.
    const fn is_special(self, byte: u8) -> bool {
        byte == self.quote || (byte == b'\\' && self.quote == b'"')
    }

    /// What is said of a string that is not written so.
    const fn problem(self) -> Problem {
        match (self.quote, self.long) {
            (b'"', false) => Problem::BasicString,
            (b'"', true) => Problem::LongBasicString,
            (_, false) => Problem::LiteralString,
            (_, true) => Problem::LongLiteralString,
        }
    }
}

/// What was read of a string.
#[derive(Default)]
struct Contents {
    bytes: Vec<u8>,
    /// The first escape that is no character: of less weight than how the string is written, to its end.
    no_character: Option<Problem>,
}

impl Parser<'_> {
    /// Reads a string, which may be in three quotes.
    pub(super) fn string(&mut self) -> Result<String, Problem> {
        let quote = self.peek().unwrap_or_default();
        self.styled_string(Style { quote, long: self.rest().starts_with(&[quote; 3]) })
    }

    /// Reads a string in one quote, as keys are.
    pub(super) fn short_string(&mut self) -> Result<String, Problem> {
        let quote = self.peek().unwrap_or_default();
        self.styled_string(Style { quote, long: false })
    }

    fn styled_string(&mut self, style: Style) -> Result<String, Problem> {
        let mut contents = Contents::default();
        self.contents(style, &mut contents).ok_or(style.problem())?;
        match contents.no_character {
            Some(problem) => Err(problem),
            None => String::from_utf8(contents.bytes).map_err(|_| style.problem()),
        }
    }

    /// Reads to the end of a string; nothing if it is not written as its style wants.
    fn contents(&mut self, style: Style, contents: &mut Contents) -> Option<()> {
        self.advance(if style.long { 3 } else { 1 });
        if style.long {
            self.skip_line_end();
        }
        loop {
            match self.peek()? {
                byte if !style.is_special(byte) => self.characters(style, contents)?,
                b'\\' => self.escape(style.long, contents)?,
                _ if self.quotes(style, contents) => return Some(()),
                _ => {}
            }
        }
    }

    /// Reads quotes, and says whether they end the string: of three and more, up to two more belong to it.
    fn quotes(&mut self, style: Style, contents: &mut Contents) -> bool {
        let ending = if style.long { 3 } else { 1 };
        let most = if style.long { 5 } else { 1 };
        let quotes = self.rest().iter().take(most).take_while(|&&byte| byte == style.quote).count();
        self.advance(quotes);
        let ends = quotes >= ending;
        let kept = if ends { quotes - ending } else { quotes };
        contents.bytes.extend(std::iter::repeat_n(style.quote, kept));
        ends
    }

    /// Reads plain bytes, or a line end, which is kept as it is written.
    fn characters(&mut self, style: Style, contents: &mut Contents) -> Option<()> {
        let start = self.position();
        while self.peek_plain().is_some_and(|byte| !style.is_special(byte)) {
            self.advance(1);
        }
        if self.position() == start && !(style.long && self.skip_line_end()) {
            return None;
        }
        contents.bytes.extend_from_slice(self.since(start));
        Some(())
    }

    fn escape(&mut self, long: bool, contents: &mut Contents) -> Option<()> {
        self.advance(1);
        let kind = self.peek()?;
        let byte = match kind {
            b'b' => 0x08,
            b't' => b'\t',
            b'n' => b'\n',
            b'f' => 0x0c,
            b'r' => b'\r',
            b'"' | b'\\' => kind,
            b'u' => return self.codepoint(4, contents),
            b'U' => return self.codepoint(8, contents),
            _ if long => return self.continued_line(),
            _ => return None,
        };
        self.advance(1);
        contents.bytes.push(byte);
        Some(())
    }

    fn codepoint(&mut self, digits: usize, contents: &mut Contents) -> Option<()> {
        self.advance(1);
        let mut code = 0_u32;
        for _ in 0..digits {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16))?;
            code = code << 4 | digit;
            self.advance(1);
        }
        match char::from_u32(code) {
            Some(character) => {
                contents.bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes())
            }
            None => {
                let problem = if code > 0x10_ffff { Problem::LargeCodepoint } else { Problem::Surrogate };
                contents.no_character.get_or_insert(problem);
            }
        }
        Some(())
    }

    /// Skips what follows a backslash at the end of a line: the line end and all white space behind it.
    fn continued_line(&mut self) -> Option<()> {
        self.skip_spaces();
        if !self.skip_line_end() {
            return None;
        }
        loop {
            self.skip_spaces();
            if !self.skip_line_end() {
                return Some(());
            }
        }
    }
}
