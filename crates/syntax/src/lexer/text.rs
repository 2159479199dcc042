//! The text inside string literals, scanned when the parser stands in one.

use nivose_base::{DiagnosticId, Error};

use super::{Failed, Lexer};

/// What ended a piece of text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TextEnd {
    /// The closing quotes, which are consumed.
    Close,
    /// The beginning of an interpolation, which is consumed.
    Interpolation,
    /// The end of the source.
    EndOfFile,
}

/// A piece of the text of an indented string.
#[derive(Clone, Copy, Debug)]
pub(crate) enum IndentedPiece {
    /// Text between two offsets, taken as it is; its blanks can be indentation.
    Plain(u32, u32),
    /// A byte that was escaped or stands for itself; it ends the indentation of its line.
    Byte(u8),
    /// Two single quotes, written as three.
    Quotes,
    /// The text ended.
    End(TextEnd),
}

impl Lexer<'_> {
    /// Appends the text of a `"…"` string from here on to `out`, escapes resolved.
    pub(crate) fn string_text(&mut self, out: &mut Vec<u8>) -> Result<TextEnd, Failed> {
        let (begin, kept) = (self.position, out.len());
        loop {
            let start = self.position;
            let rest = self.text.get(start..).unwrap_or_default();
            let plain = self.plain_length(rest);
            out.extend_from_slice(&rest[..plain]);
            self.position = start + plain;
            let Some(&special) = rest.get(plain) else {
                return Ok(TextEnd::EndOfFile);
            };
            self.position += 1;
            match special {
                b'"' => return Ok(TextEnd::Close),
                0 => return Err(self.null_byte(begin, kept, out)),
                b'$' if self.dollar(out) => return Ok(TextEnd::Interpolation),
                b'$' => {}
                b'\\' => self.escape(begin, kept, out)?,
                _ => self.carriage_return(out),
            }
        }
    }

    /// How far plain text of a string goes.
    fn plain_length(&self, text: &[u8]) -> usize {
        let end = memchr::memchr3(b'"', b'\\', b'$', text).unwrap_or(text.len());
        let odd = if self.has_odd_bytes { memchr::memchr2(b'\r', 0, &text[..end]) } else { None };
        odd.unwrap_or(end)
    }

    /// The first null byte of a text that is a part of the source with escapes resolved.
    pub(crate) fn null_byte_of(&self, text: &[u8]) -> Option<usize> {
        if self.has_odd_bytes { memchr::memchr(0, text) } else { None }
    }

    /// After a dollar: whether an interpolation begins; otherwise keeps what is literal.
    fn dollar(&mut self, out: &mut Vec<u8>) -> bool {
        match self.byte(self.position) {
            b'{' => {
                self.position += 1;
                return true;
            }
            b'$' => {
                out.extend_from_slice(b"$$");
                self.position += 1;
            }
            _ => out.push(b'$'),
        }
        false
    }

    /// After a backslash: keeps the byte that it stands for.
    fn escape(&mut self, begin: usize, kept: usize, out: &mut Vec<u8>) -> Result<(), Failed> {
        let Some(&byte) = self.text.get(self.position) else {
            return Ok(());
        };
        if byte == 0 {
            return Err(self.null_byte(begin, kept, out));
        }
        self.position += 1;
        out.push(unescape(byte));
        Ok(())
    }

    /// A carriage return, with or without a line feed, counts as a line feed.
    fn carriage_return(&mut self, out: &mut Vec<u8>) {
        self.position += usize::from(self.byte(self.position) == b'\n');
        out.push(b'\n');
    }

    /// The error for a string with a null byte; its text up to the end of the piece is shown.
    #[cold]
    fn null_byte(&mut self, begin: usize, kept: usize, out: &[u8]) -> Failed {
        let rest = self.text.get(self.position..).unwrap_or_default();
        let end = rest.iter().position(|b| matches!(b, b'"' | b'\\' | b'$')).unwrap_or(rest.len());
        let head = out.get(kept..).unwrap_or_default();
        self.null_byte_in(begin, &[head, b"\0", &rest[..end]].concat())
    }

    /// The error for a text with null bytes that begins at an index.
    #[cold]
    pub(crate) fn null_byte_in(&mut self, begin: usize, text: &[u8]) -> Failed {
        let mut shown = Vec::with_capacity(text.len() + 2);
        for &byte in text {
            match byte {
                0 => shown.extend_from_slice("␀".as_bytes()),
                _ => shown.push(byte),
            }
        }
        self.fail(Error::new(DiagnosticId::NullByte, &[&shown]).at(self.pos(begin)))
    }

    /// Steps over the blanks and the line feed that may follow the opening quotes.
    pub(crate) fn skip_first_line(&mut self) {
        let mut end = self.position;
        while self.byte(end) == b' ' {
            end += 1;
        }
        if self.byte(end) == b'\n' {
            self.position = end + 1;
        }
    }

    /// Scans the next piece of an indented string.
    pub(crate) fn indented_piece(&mut self) -> IndentedPiece {
        let start = self.position;
        let end = self.plain_indented_end(start);
        if end > start {
            self.position = end;
            return IndentedPiece::Plain(start as u32, end as u32);
        }
        let bytes = [0, 1, 2, 3].map(|i| self.byte(start + i));
        let (length, piece) = match bytes {
            [b'$', b'{', ..] => (2, IndentedPiece::End(TextEnd::Interpolation)),
            [b'$', ..] => (1, IndentedPiece::Byte(b'$')),
            [b'\'', b'\'', b'$', _] => (3, IndentedPiece::Byte(b'$')),
            [b'\'', b'\'', b'\'', _] => (3, IndentedPiece::Quotes),
            [b'\'', b'\'', b'\\', byte] if start + 3 < self.text.len() => {
                (4, IndentedPiece::Byte(unescape(byte)))
            }
            [b'\'', b'\'', ..] => (2, IndentedPiece::End(TextEnd::Close)),
            [b'\'', ..] => (1, IndentedPiece::Byte(b'\'')),
            _ => (0, IndentedPiece::End(TextEnd::EndOfFile)),
        };
        self.position = start + length;
        piece
    }

    /// Where plain text of an indented string that begins at `index` ends.
    ///
    /// A dollar belongs to it with the byte after it unless that is a brace or a single quote, a
    /// single quote unless that is another or a dollar.
    fn plain_indented_end(&self, mut index: usize) -> usize {
        loop {
            let rest = self.text.get(index..).unwrap_or_default();
            let Some(found) = memchr::memchr2(b'$', b'\'', rest) else {
                return self.text.len();
            };
            index += found;
            let pair = match rest[found] {
                b'$' => [b'{', b'\''],
                _ => [b'\'', b'$'],
            };
            match rest.get(found + 1) {
                Some(next) if !pair.contains(next) => index += 2,
                _ => return index,
            }
        }
    }
}

/// What a backslash and a byte stand for.
fn unescape(byte: u8) -> u8 {
    match byte {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        _ => byte,
    }
}
