//! Sources and positions.
//!
//! Every source gets a range of one global number space, so that a position anywhere is a single
//! [`Pos`]. Lines and columns are worked out only when somebody asks.

use std::sync::OnceLock;

/// A byte range within one source; `end` is exclusive.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl Span {
    /// The span from `start` up to `end`.
    pub fn new(start: u32, end: u32) -> Self {
        Span { start, end }
    }

    /// The smallest span that covers both.
    pub fn to(self, other: Span) -> Self {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// A position in some source of a [`SourceMap`]; zero is "no position".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[repr(transparent)]
pub struct Pos(pub u32);

impl Pos {
    /// No position.
    pub const NONE: Pos = Pos(0);

    /// Whether this is a position.
    pub fn is_some(self) -> bool {
        self.0 != 0
    }
}

/// A source of a [`SourceMap`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SourceId(pub u32);

/// Where a source came from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// A file, by its absolute path.
    File(Vec<u8>),
    /// Text given on the command line or by a program; shown as `«string»`.
    String,
    /// Standard input; shown as `«stdin»`.
    Stdin,
    /// Text that is part of the evaluator, such as the code of `derivation`; shown as `«nix-internal»/NAME`.
    Internal(&'static str),
}

/// A source: its origin, its text, and what is needed to find lines.
pub struct Source {
    /// Where the text came from.
    pub origin: Origin,
    /// The text, any bytes.
    pub text: Vec<u8>,
    /// The position of its first byte.
    base: u32,
    line_starts: OnceLock<Vec<u32>>,
}

impl Source {
    /// The position of the byte at `offset`.
    pub fn pos(&self, offset: u32) -> Pos {
        Pos(self.base.saturating_add(offset))
    }

    /// The position of the first byte.
    pub fn base(&self) -> Pos {
        Pos(self.base)
    }

    /// Offsets at which lines begin. A line ends with LF, CR or CRLF.
    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let text = &self.text;
            let ends = memchr::memchr2_iter(b'\n', b'\r', text)
                .filter(|&end| text[end] == b'\n' || text.get(end + 1) != Some(&b'\n'));
            std::iter::once(0).chain(ends.map(|i| i as u32 + 1)).collect()
        })
    }

    /// The number, counted from 1, and the text of the line that an offset lies in; an empty text has no lines.
    pub fn line_of(&self, offset: u32) -> Option<(u32, &[u8])> {
        if self.text.is_empty() {
            return None;
        }
        let number = self.line_starts().partition_point(|&start| start <= offset) as u32;
        Some((number, self.line(number)?))
    }

    /// The text of a line (counted from 1) without its end, if there is such a line.
    pub fn line(&self, number: u32) -> Option<&[u8]> {
        let starts = self.line_starts();
        let index = (number as usize).checked_sub(1)?;
        let start = *starts.get(index)? as usize;
        let end = starts.get(index + 1).map_or(self.text.len(), |&e| e as usize);
        let line = &self.text[start..end];
        let kept = line.iter().rev().take_while(|&&b| b == b'\n' || b == b'\r').count();
        Some(&line[..line.len() - kept])
    }
}

/// A position worked out: both numbers count from 1, columns in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LineColumn {
    /// The line.
    pub line: u32,
    /// The byte within the line.
    pub column: u32,
}

/// All sources of an evaluation.
#[derive(Default)]
pub struct SourceMap {
    sources: Vec<Source>,
}

impl SourceMap {
    /// An empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes of all texts.
    pub fn memory(&self) -> usize {
        self.sources.last().map_or(0, |last| last.base as usize + last.text.len())
    }

    /// Adds a source. `None` if the space of positions (4 GiB of text) is used up.
    pub fn add(&mut self, origin: Origin, text: Vec<u8>) -> Option<SourceId> {
        let base = self.sources.last().map_or(Some(1), |last| {
            last.base.checked_add(u32::try_from(last.text.len()).ok()?)?.checked_add(1)
        })?;
        base.checked_add(u32::try_from(text.len()).ok()?)?;
        self.sources.push(Source { origin, text, base, line_starts: OnceLock::new() });
        Some(SourceId(self.sources.len() as u32 - 1))
    }

    /// A source of this map.
    pub fn get(&self, id: SourceId) -> &Source {
        &self.sources[id.0 as usize]
    }

    /// The source that a position lies in.
    pub fn source_of(&self, pos: Pos) -> Option<&Source> {
        if !pos.is_some() {
            return None;
        }
        let index = self.sources.partition_point(|s| s.base <= pos.0);
        self.sources.get(index.checked_sub(1)?)
    }

    /// Whether a position is in a source of the evaluator's own.
    pub fn is_internal(&self, pos: Pos) -> bool {
        self.source_of(pos).is_some_and(|source| matches!(source.origin, Origin::Internal(_)))
    }

    /// Source, line and column of a position.
    pub fn resolve(&self, pos: Pos) -> Option<(&Source, LineColumn)> {
        let source = self.source_of(pos)?;
        let offset = pos.0 - source.base;
        let starts = source.line_starts();
        let line = starts.partition_point(|&start| start <= offset);
        let start = starts.get(line.checked_sub(1)?)?;
        Some((source, LineColumn { line: line as u32, column: offset - start + 1 }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_resolve_across_sources() {
        let mut map = SourceMap::new();
        let a = map.add(Origin::String, b"ab\ncd\r\nef".to_vec()).expect("room");
        let b = map.add(Origin::Stdin, b"xy".to_vec()).expect("room");
        let at = |id, offset| map.resolve(map.get(id).pos(offset)).map(|(_, lc)| (lc.line, lc.column));
        assert_eq!(at(a, 4), Some((2, 2)));
        assert_eq!(at(a, 7), Some((3, 1)));
        assert_eq!(at(a, 9), Some((3, 3)));
        assert_eq!(at(b, 1), Some((1, 2)));
        assert_eq!(map.get(a).line(2), Some(&b"cd"[..]));
        assert!(map.resolve(Pos::NONE).is_none());
    }
}
