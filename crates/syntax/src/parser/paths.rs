//! Attribute paths: of bindings, selections and `?`.

use nivose_base::Span;

use super::{Frame, Outcome, Parser, Step};
use crate::token::TokenKind;
use crate::tree::*;

/// What an attribute path belongs to.
#[derive(Clone, Copy)]
pub(super) enum PathOwner {
    Select { set: ExprId },
    HasAttr { set: ExprId },
    Binding { start: u32, doc: Option<Text> },
}

/// What can begin a name.
const NAME: &[TokenKind] = &[TokenKind::Identifier, TokenKind::Or, TokenKind::DollarBrace, TokenKind::Quote];

impl Parser<'_> {
    /// Reads the path of a selection; its dot is read.
    pub(super) fn select(&mut self, set: ExprId) -> Outcome {
        let names = self.room.names.len() as u32;
        self.read_path(PathOwner::Select { set }, names)
    }

    /// Reads the path after `?`.
    pub(super) fn has_attr(&mut self, set: ExprId) -> Outcome {
        let names = self.room.names.len() as u32;
        self.read_path(PathOwner::HasAttr { set }, names)
    }

    /// Reads names up to the end of a path; those read so far are the names from `names` on.
    pub(super) fn read_path(&mut self, owner: PathOwner, names: u32) -> Outcome {
        loop {
            match self.lexer.token.kind {
                TokenKind::Identifier | TokenKind::Or => {
                    let name = AttrName::Static(self.symbol(), self.span());
                    self.room.names.push(name);
                    self.advance();
                }
                TokenKind::Quote | TokenKind::DollarBrace => {
                    self.room.frames.push(Frame::Path { owner, names });
                    return self.begin_name();
                }
                _ => return Err(self.unexpected(NAME)),
            }
            if self.lexer.token.kind != TokenKind::Dot {
                return self.finish_path(owner, names);
            }
            self.advance();
        }
    }

    /// Begins a name that is a string or computed. Whoever wants it is the frame on top.
    pub(super) fn begin_name(&mut self) -> Outcome {
        if self.lexer.token.kind == TokenKind::Quote {
            return self.begin_string();
        }
        self.enter(Frame::ComputedName { start: self.lexer.token.start })?;
        self.advance();
        Ok(Step::Expression)
    }

    /// Ends a `${…}` that is a name.
    pub(super) fn finish_computed_name(&mut self, start: u32, expr: ExprId) -> Outcome {
        let end = self.lexer.token.end;
        self.expect(TokenKind::RightBrace)?;
        self.nesting -= 1;
        self.name_read(expr, Span::new(start, end))
    }

    /// Gives a name that was read to what wanted it.
    pub(super) fn name_read(&mut self, expr: ExprId, span: Span) -> Outcome {
        let name = self.attr_name(expr, span);
        match self.room.frames.pop() {
            Some(Frame::Path { owner, names }) => {
                self.room.names.push(name);
                self.after_name(owner, names)
            }
            Some(Frame::InheritName { from }) => {
                self.inherit_computed(name, from)?;
                self.read_inherited(from)
            }
            _ => Err(self.unexpected(&[])),
        }
    }

    /// After a name of a path: the next one, or the end.
    pub(super) fn after_name(&mut self, owner: PathOwner, names: u32) -> Outcome {
        if self.lexer.token.kind != TokenKind::Dot {
            return self.finish_path(owner, names);
        }
        self.advance();
        self.read_path(owner, names)
    }

    /// The name that an expression gives: known if it is a string without interpolation.
    fn attr_name(&mut self, expr: ExprId, span: Span) -> AttrName {
        let Expr::Str(text) = self.room.tree.expr(expr) else {
            return AttrName::Dynamic(expr, span);
        };
        let symbol = self.symbols.intern(self.room.tree.text(text));
        // The expression has done its duty; as a rule it is the last one and can go.
        self.room.tree.take_back(expr);
        if text.range().end == self.room.tree.bytes.len() {
            self.room.tree.bytes.truncate(text.range().start);
        }
        AttrName::Static(symbol, span)
    }

    /// Ends a path.
    fn finish_path(&mut self, owner: PathOwner, names: u32) -> Outcome {
        match owner {
            PathOwner::Binding { start, doc } => {
                if self.lexer.token.kind != TokenKind::Assign {
                    return Err(self.unexpected(&[TokenKind::Dot, TokenKind::Assign]));
                }
                self.advance();
                self.room.frames.push(Frame::BindingValue { names, start, doc });
                Ok(Step::Expression)
            }
            PathOwner::HasAttr { set } => {
                let (path, end) = self.take_path(names);
                let span = Span::new(self.room.tree.span(set).start, end);
                Ok(Step::Operated(self.push(Expr::HasAttr { set, path }, span)))
            }
            PathOwner::Select { set } => self.finish_select(set, names),
        }
    }

    fn finish_select(&mut self, set: ExprId, names: u32) -> Outcome {
        let (path, end) = self.take_path(names);
        if self.lexer.token.kind == TokenKind::Or {
            self.advance();
            self.room.frames.push(Frame::Default { set, path });
            return Ok(Step::Simple);
        }
        let span = Span::new(self.room.tree.span(set).start, end);
        let select = Expr::Select { set, path, default: None };
        Ok(Step::Selected(self.push(select, span)))
    }

    /// Moves the names from an index on into the tree; says also where the last one ends.
    fn take_path(&mut self, from: u32) -> (Slice<AttrName>, u32) {
        let end = match self.room.names.last() {
            Some(AttrName::Static(_, span) | AttrName::Dynamic(_, span)) => span.end,
            None => self.lexer.token.start,
        };
        (self.room.tree.names.add(self.room.names.drain(from as usize..)), end)
    }
}
