//! Bindings: sets, recursive sets, `let` and `inherit`.

use nivose_base::{DiagnosticId, Error, Span, Symbol};

use super::attributes::{Pending, PendingValue};
use super::{Frame, Outcome, Parser, PathOwner, SetKind, Step};
use crate::lexer::Failed;
use crate::token::TokenKind;
use crate::tree::*;

impl SetKind {
    /// What ends the bindings.
    fn closing(self) -> TokenKind {
        match self {
            SetKind::Let => TokenKind::In,
            _ => TokenKind::RightBrace,
        }
    }

    /// What C++ Nix's parser expects where neither a name nor the end follows.
    fn expected(self) -> &'static [TokenKind] {
        match self {
            SetKind::Plain => &[TokenKind::Inherit],
            SetKind::Let => &[TokenKind::In, TokenKind::Inherit],
            _ => &[TokenKind::Inherit, TokenKind::RightBrace],
        }
    }
}

impl Parser<'_> {
    /// Begins a set whose opening brace is read.
    pub(super) fn begin_set(&mut self, start: u32) -> Outcome {
        self.begin_bindings(SetKind::Plain, start)?;
        self.next_binding()
    }

    /// Begins `rec { … }` or, where no other `let` can stand, `let { … }`.
    pub(super) fn begin_keyword_set(&mut self, kind: SetKind) -> Outcome {
        let start = self.lexer.token.start;
        self.advance();
        self.expect(TokenKind::LeftBrace)?;
        self.begin_bindings(kind, start)?;
        self.next_binding()
    }

    /// Begins `let … in` or `let { … }`.
    pub(super) fn let_bindings(&mut self) -> Outcome {
        let start = self.lexer.token.start;
        self.advance();
        let mut kind = SetKind::Let;
        if self.lexer.token.kind == TokenKind::LeftBrace {
            kind = SetKind::LegacyLet;
            self.advance();
        }
        self.begin_bindings(kind, start)?;
        self.next_binding()
    }

    /// A set or a function with a set pattern, whose first tokens say which.
    pub(super) fn set_or_function(&mut self) -> Outcome {
        let (start, doc) = (self.lexer.token.start, self.keep_doc());
        self.advance();
        match self.lexer.token.kind {
            TokenKind::RightBrace => self.empty_set_or_function(start, doc),
            TokenKind::Ellipsis => {
                self.begin_pattern(None, start, doc);
                self.next_formal()
            }
            TokenKind::Identifier => self.binding_or_formal(start, doc),
            _ => self.begin_set(start),
        }
    }

    /// After `{`, at `}`.
    fn empty_set_or_function(&mut self, start: u32, doc: Option<Text>) -> Outcome {
        let span = Span::new(start, self.lexer.token.end);
        self.advance();
        if matches!(self.lexer.token.kind, TokenKind::Colon | TokenKind::At) {
            self.begin_pattern(None, start, doc);
            return self.finish_pattern();
        }
        let set = self.room.sets.open(false, span.start);
        let set = self.close_set(set, span.end);
        Ok(Step::Primary(self.push(Expr::Set(set), span)))
    }

    /// After `{`, at an identifier.
    fn binding_or_formal(&mut self, start: u32, doc: Option<Text>) -> Outcome {
        let (name, span, name_doc) = (self.symbol(), self.span(), self.keep_doc());
        self.advance();
        if matches!(self.lexer.token.kind, TokenKind::Comma | TokenKind::Question | TokenKind::RightBrace) {
            self.begin_pattern(None, start, doc);
            return self.after_formal_name(name, span);
        }
        self.begin_bindings(SetKind::Plain, start)?;
        self.binding = span.start;
        let names = self.room.names.len() as u32;
        self.room.names.push(AttrName::Static(name, span));
        self.after_name(PathOwner::Binding { start: span.start, doc: name_doc }, names)
    }

    /// Keeps the documentation comment before the token at hand.
    pub(super) fn keep_doc(&mut self) -> Option<Text> {
        let span = self.lexer.doc_before(self.lexer.token.start)?;
        Some(self.keep(span.start, span.end))
    }

    fn begin_bindings(&mut self, kind: SetKind, start: u32) -> Result<(), Failed> {
        let set = self.room.sets.open(kind != SetKind::Plain, start);
        self.enter(Frame::Bindings { set, kind, start })
    }

    /// The bindings that are being read.
    fn current_set(&self) -> (u32, SetKind, u32) {
        match self.room.frames.last() {
            Some(&Frame::Bindings { set, kind, start }) => (set, kind, start),
            _ => (0, SetKind::Plain, 0),
        }
    }

    /// Reads the next binding, or the end of the bindings.
    pub(super) fn next_binding(&mut self) -> Outcome {
        self.binding = self.lexer.token.start;
        match self.lexer.token.kind {
            TokenKind::Identifier | TokenKind::Quote | TokenKind::DollarBrace | TokenKind::Or => {
                let owner = PathOwner::Binding { start: self.lexer.token.start, doc: self.keep_doc() };
                self.read_path(owner, self.room.names.len() as u32)
            }
            TokenKind::Inherit => self.begin_inherit(),
            token => {
                let (set, kind, start) = self.current_set();
                if token != kind.closing() {
                    return Err(self.unexpected(kind.expected()));
                }
                self.finish_bindings(set, kind, start)
            }
        }
    }

    fn finish_bindings(&mut self, set: u32, kind: SetKind, start: u32) -> Outcome {
        let span = Span::new(start, self.lexer.token.end);
        self.leave();
        self.advance();
        let bindings = self.close_set(set, span.end);
        let expr = match kind {
            SetKind::Let => {
                self.room.frames.push(Frame::LetBody { bindings, start });
                return Ok(Step::Expression);
            }
            SetKind::LegacyLet => Expr::LegacyLet(bindings),
            _ => Expr::Set(bindings),
        };
        Ok(Step::Primary(self.push(expr, span)))
    }

    /// Fails if the bindings of a `let` have computed names.
    pub(super) fn check_let(&mut self, bindings: BindingsId, start: u32) -> Result<(), Failed> {
        if self.room.tree.bindings(bindings).dynamic.is_empty() {
            return Ok(());
        }
        let error = Error::new(DiagnosticId::DynamicAttributeInLet, &[]);
        Err(self.fail_at(error, start))
    }

    /// Ends a binding whose value was read.
    pub(super) fn finish_binding(
        &mut self,
        names: u32,
        start: u32,
        doc: Option<Text>,
        value: ExprId,
    ) -> Outcome {
        self.binding = start;
        self.expect(TokenKind::Semicolon)?;
        let (set, ..) = self.current_set();
        self.add_binding(set, names as usize, start, doc, value)?;
        self.room.names.truncate(names as usize);
        self.next_binding()
    }

    fn begin_inherit(&mut self) -> Outcome {
        self.advance();
        if self.lexer.token.kind != TokenKind::LeftParenthesis {
            return self.first_inherited(None);
        }
        self.enter(Frame::InheritSource)?;
        self.advance();
        Ok(Step::Expression)
    }

    /// Ends the `(e)` of an `inherit`.
    pub(super) fn finish_inherit_source(&mut self, source: ExprId) -> Outcome {
        self.expect(TokenKind::RightParenthesis)?;
        self.nesting -= 1;
        let (set, ..) = self.current_set();
        let index = self.room.sets.add_source(set, source);
        self.first_inherited(Some(index))
    }

    /// Reads the names of an `inherit`; notes if there are none.
    fn first_inherited(&mut self, from: Option<u32>) -> Outcome {
        if self.lexer.token.kind == TokenKind::Semicolon {
            let (set, ..) = self.current_set();
            self.room.sets.note_empty_inherit(set);
        }
        self.read_inherited(from)
    }

    /// Reads the (further) names of an `inherit`.
    pub(super) fn read_inherited(&mut self, from: Option<u32>) -> Outcome {
        loop {
            match self.lexer.token.kind {
                TokenKind::Identifier | TokenKind::Or => {
                    let (name, span) = (self.symbol(), self.span());
                    self.inherit(name, span, from)?;
                    self.advance();
                }
                TokenKind::Quote | TokenKind::DollarBrace => {
                    self.room.frames.push(Frame::InheritName { from });
                    return self.begin_name();
                }
                TokenKind::Semicolon => {
                    self.advance();
                    return Ok(Step::Binding);
                }
                _ => return Err(self.unexpected(&[])),
            }
        }
    }

    /// Adds an inherited attribute.
    fn inherit(&mut self, name: Symbol, span: Span, from: Option<u32>) -> Result<(), Failed> {
        let (set, ..) = self.current_set();
        let value = from.map_or(PendingValue::Inherit, PendingValue::InheritFrom);
        if let Some(present) = self.room.sets.find(set, name) {
            let present = self.room.sets.get(set, present).span;
            return Err(self.already_defined(&[name], span.start, present.start));
        }
        self.room.sets.add(set, Pending { name, span, value }, None);
        Ok(())
    }

    /// Adds an inherited attribute whose name was a string, or refuses a computed name.
    pub(super) fn inherit_computed(&mut self, name: AttrName, from: Option<u32>) -> Result<(), Failed> {
        match name {
            AttrName::Static(name, span) => self.inherit(name, span, from),
            AttrName::Dynamic(_, span) => {
                let error = Error::new(DiagnosticId::DynamicAttributeInInherit, &[]);
                Err(self.fail_at(error, span.start))
            }
        }
    }
}
