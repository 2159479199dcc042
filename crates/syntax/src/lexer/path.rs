//! Path tokens: plain, home-relative, search paths, and the literal pieces around interpolations.

use nivose_base::{DiagnosticId, Error};

use super::{Failed, Lexer, PATH, is};
use crate::token::TokenKind;

impl Lexer<'_> {
    /// Takes a path that begins here, if one does.
    #[inline]
    pub(super) fn path(&mut self, start: usize) -> Option<TokenKind> {
        match self.byte(start) {
            b'<' => self.search_path(start),
            b'~' => self.path_after(start, start + 1, TokenKind::HomePath),
            _ if start < self.no_path_before => None,
            _ => {
                let slash = self.run(start, PATH);
                self.path_after(start, slash, TokenKind::Path)
            }
        }
    }

    /// Goes on with a path whose first slash must stand at `slash`.
    fn path_after(&mut self, start: usize, slash: usize, kind: TokenKind) -> Option<TokenKind> {
        if self.byte(slash) != b'/' {
            self.no_path_before = self.no_path_before.max(slash);
            return None;
        }
        let mut end = slash;
        while self.byte(end) == b'/' && is(self.byte(end + 1), PATH) {
            end = self.run(end + 1, PATH);
        }
        if end == slash {
            return self.path_beginning(slash);
        }
        if self.byte(end) == b'/' {
            end += 1;
        }
        Some(self.finish_path(start, end, kind))
    }

    /// Takes a beginning such as `./${`, where the interpolation follows the first slash.
    fn path_beginning(&mut self, slash: usize) -> Option<TokenKind> {
        if self.byte(slash) == b'/' && self.interpolation_at(slash + 1) {
            self.position = slash + 1;
            return Some(TokenKind::PathBeginning);
        }
        self.no_path_before = self.no_path_before.max(slash);
        None
    }

    /// Ends a path token after `end` or, if an interpolation can still follow, beyond.
    fn finish_path(&mut self, start: usize, end: usize, kind: TokenKind) -> TokenKind {
        let whole = self.path_text_end(end);
        self.position = whole;
        if self.interpolation_at(whole) {
            return TokenKind::PathBeginning;
        }
        if self.check_slash(start, whole).is_err() {
            return TokenKind::Invalid;
        }
        if whole == end {
            return kind;
        }
        let message = "unexpected end of path, expecting '${'";
        self.invalid(Error::new(DiagnosticId::Syntax, &[&message]).at(self.pos(whole)))
    }

    /// Whether `${` stands at an index.
    fn interpolation_at(&self, index: usize) -> bool {
        self.byte(index) == b'$' && self.byte(index + 1) == b'{'
    }

    /// Where the path characters and slashes from `index` on end.
    fn path_text_end(&self, mut index: usize) -> usize {
        while self.byte(index) == b'/' || is(self.byte(index), PATH) {
            index += 1;
        }
        index
    }

    /// Fails if the text from `start` to `end`, the end of a path, ends with a slash.
    fn check_slash(&mut self, start: usize, end: usize) -> Result<(), Failed> {
        if end > start && self.byte(end - 1) == b'/' {
            let error = Error::new(DiagnosticId::PathTrailingSlash, &[]);
            return Err(self.fail(error.at(self.pos(end))));
        }
        Ok(())
    }

    /// Scans the literal text of a path after an interpolation; says whether another follows.
    pub(crate) fn path_text(&mut self) -> Result<(u32, u32, bool), Failed> {
        let start = self.position;
        let end = self.path_text_end(start);
        let more = self.interpolation_at(end);
        if !more {
            self.check_slash(start, end)?;
        }
        self.position = end;
        Ok((start as u32, end as u32, more))
    }

    /// Steps over the `${` that stands here.
    pub(crate) fn skip_interpolation_opening(&mut self) {
        self.position += 2;
    }

    /// Takes `<…>` if it is a search path.
    fn search_path(&mut self, start: usize) -> Option<TokenKind> {
        let mut end = self.run(start + 1, PATH);
        if end == start + 1 {
            return None;
        }
        while self.byte(end) == b'/' && is(self.byte(end + 1), PATH) {
            end = self.run(end + 1, PATH);
        }
        (self.byte(end) == b'>').then(|| {
            self.position = end + 1;
            TokenKind::SearchPath
        })
    }
}
