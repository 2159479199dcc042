//! Words: what their names are and which are keywords, without branches on their length, which nothing predicts. Where
//! they end is found byte by byte all the same: what comes next need not wait for that while the branches are foretold.

use nivose_base::ShortName;

use super::Lexer;
use crate::token::TokenKind;

/// So many bytes of a word are looked at at once.
const CHUNK: usize = ShortName::LONGEST;

/// A keyword as the number of a [`ShortName`], and its kind; nothing is 0.
type Keyword = (u64, TokenKind);

/// The length of the table of keywords.
const PLACES: usize = 1 << 4;

const WORDS: [(&[u8], TokenKind); 10] = [
    (b"if", TokenKind::If),
    (b"then", TokenKind::Then),
    (b"else", TokenKind::Else),
    (b"assert", TokenKind::Assert),
    (b"with", TokenKind::With),
    (b"let", TokenKind::Let),
    (b"in", TokenKind::In),
    (b"rec", TokenKind::Rec),
    (b"inherit", TokenKind::Inherit),
    (b"or", TokenKind::Or),
];

/// A number that gives each keyword a place of its own.
const FACTOR: u64 = factor();

/// The keywords, each at its [`place`].
static KEYWORDS: [Keyword; PLACES] = match table(FACTOR) {
    Some(table) => table,
    None => panic!("the factor was chosen so"),
};

const fn factor() -> u64 {
    let mut factor = 0x9e37_79b9_7f4a_7c15;
    while table(factor).is_none() {
        factor = factor.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(2);
    }
    factor
}

/// The table for a factor, if no two keywords have the same place.
const fn table(factor: u64) -> Option<[Keyword; PLACES]> {
    let mut table = [(0, TokenKind::Identifier); PLACES];
    let mut index = 0;
    while index < WORDS.len() {
        let (word, kind) = WORDS[index];
        let number = number(word);
        let place = place(number, factor);
        if table[place].0 != 0 {
            return None;
        }
        table[place] = (number, kind);
        index += 1;
    }
    Some(table)
}

const fn number(word: &[u8]) -> u64 {
    let mut number = 0;
    let mut index = word.len();
    while index > 0 {
        index -= 1;
        number = number << 8 | word[index] as u64;
    }
    number
}

const fn place(number: u64, factor: u64) -> usize {
    (number.wrapping_mul(factor) >> (u64::BITS - PLACES.ilog2())) as usize
}

/// The kind of a word whose first eight bytes are these, with zeros after its end. No keyword has eight.
#[inline(always)]
fn kind(first: u64) -> TokenKind {
    let (keyword, kind) = KEYWORDS[place(first, FACTOR)];
    if keyword == first { kind } else { TokenKind::Identifier }
}

impl Lexer<'_> {
    /// Goes on with the word between two indices; the bytes are the first from there on.
    #[inline(always)]
    pub(super) fn named_word(&mut self, start: usize, end: usize, bytes: &[u8; CHUNK]) {
        self.name = ShortName::first_of(bytes, end - start);
        if matches!(self.byte(end), b'/' | b'.' | b'+' | b':') {
            return self.word_or_more(start, end);
        }
        self.take_word(start, end);
    }

    /// The same near the end of the source.
    #[cold]
    #[inline(never)]
    pub(super) fn last_word(&mut self, start: usize, end: usize) {
        let mut bytes = [0; CHUNK];
        for (byte, &of) in bytes.iter_mut().zip(self.text.get(start..end).unwrap_or_default()) {
            *byte = of;
        }
        self.named_word(start, end, &bytes);
    }

    /// Takes the word whose name is known and which stands between two indices for the token at hand.
    #[inline(always)]
    pub(super) fn take_word(&mut self, start: usize, end: usize) {
        self.take(kind(self.name.first_bytes()), start, end);
    }

    /// The name of the word at hand, if it has no more than [`ShortName::LONGEST`] bytes.
    #[inline]
    pub(crate) fn short_name(&self) -> Option<ShortName> {
        let length = self.token.end - self.token.start;
        (length as usize <= ShortName::LONGEST).then_some(self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_and_others() {
        for (word, expected) in WORDS {
            assert_eq!(kind(number(word)), expected);
        }
        for word in ["i", "iff", "orr", "o", "inheri", "inherit'", "rec_", "x"] {
            assert_eq!(kind(number(word.as_bytes())), TokenKind::Identifier, "{word}");
        }
    }
}
