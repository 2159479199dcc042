//! Functions: plain arguments and set patterns.

use nivose_base::{DiagnosticId, Error, Span, Symbol};

use super::{Frame, Outcome, Parser, Step};
use crate::lexer::Failed;
use crate::token::TokenKind;
use crate::tree::*;

/// A set pattern that is being read.
pub(super) struct Pattern {
    /// The name before or after `@`.
    argument: Option<(Symbol, Span)>,
    start: u32,
    /// Its formals are the pending ones from here on.
    formals: usize,
    ellipsis: bool,
    doc: Option<Text>,
}

impl Parser<'_> {
    /// A variable or a function that begins with an identifier.
    pub(super) fn variable_or_function(&mut self) -> Outcome {
        let (symbol, span, doc) = (self.symbol(), self.span(), self.lexer.doc_before(self.lexer.token.start));
        self.advance();
        if !matches!(self.lexer.token.kind, TokenKind::Colon | TokenKind::At) {
            return self.variable(symbol, span);
        }
        let doc = doc.map(|doc| self.keep(doc.start, doc.end));
        let colon = self.lexer.token.kind == TokenKind::Colon;
        self.advance();
        if colon {
            return self.begin_body((Some(symbol), span), None, false, span.start, doc);
        }
        self.expect(TokenKind::LeftBrace)?;
        self.begin_pattern(Some((symbol, span)), span.start, doc);
        self.next_formal()
    }

    /// Begins a set pattern.
    pub(super) fn begin_pattern(&mut self, argument: Option<(Symbol, Span)>, start: u32, doc: Option<Text>) {
        let formals = self.room.formals.len();
        self.room.patterns.push(Pattern { argument, start, formals, ellipsis: false, doc });
    }

    /// Reads the (further) formals of a pattern up to a default or the end.
    pub(super) fn next_formal(&mut self) -> Outcome {
        loop {
            match self.lexer.token.kind {
                TokenKind::Identifier => {
                    let (name, span) = (self.symbol(), self.span());
                    self.advance();
                    if self.lexer.token.kind == TokenKind::Comma {
                        self.room.formals.push(Formal { name, span, default: None });
                        self.advance();
                        continue;
                    }
                    return self.last_formal_name(name, span);
                }
                TokenKind::Ellipsis => {
                    self.advance();
                    if let Some(pattern) = self.room.patterns.last_mut() {
                        pattern.ellipsis = true;
                    }
                    self.expect(TokenKind::RightBrace)?;
                }
                TokenKind::RightBrace => self.advance(),
                _ => {
                    let expected = [TokenKind::Identifier, TokenKind::Ellipsis, TokenKind::RightBrace];
                    return Err(self.unexpected(&expected));
                }
            }
            return self.finish_pattern();
        }
    }

    /// After the name of the first formal.
    pub(super) fn after_formal_name(&mut self, name: Symbol, span: Span) -> Outcome {
        if self.lexer.token.kind != TokenKind::Comma {
            return self.last_formal_name(name, span);
        }
        self.room.formals.push(Formal { name, span, default: None });
        self.advance();
        self.next_formal()
    }

    /// After the name of a formal that no comma follows: its default, or the end of the pattern.
    fn last_formal_name(&mut self, name: Symbol, span: Span) -> Outcome {
        self.room.formals.push(Formal { name, span, default: None });
        match self.lexer.token.kind {
            TokenKind::Question => {
                self.enter(Frame::FormalDefault)?;
                self.advance();
                Ok(Step::Expression)
            }
            TokenKind::RightBrace => {
                self.advance();
                self.finish_pattern()
            }
            _ => Err(self.unexpected(&[TokenKind::RightBrace, TokenKind::Comma])),
        }
    }

    /// Ends the default of a formal.
    pub(super) fn finish_default(&mut self, default: ExprId) -> Outcome {
        self.nesting -= 1;
        if let Some(formal) = self.room.formals.last_mut() {
            formal.default = Some(default);
        }
        self.after_formal()
    }

    fn after_formal(&mut self) -> Outcome {
        match self.lexer.token.kind {
            TokenKind::Comma => {
                self.advance();
                self.next_formal()
            }
            TokenKind::RightBrace => {
                self.advance();
                self.finish_pattern()
            }
            _ => Err(self.unexpected(&[TokenKind::RightBrace, TokenKind::Comma])),
        }
    }

    /// After the closing brace of a pattern.
    pub(super) fn finish_pattern(&mut self) -> Outcome {
        let Some(mut pattern) = self.room.patterns.pop() else {
            return Err(self.unexpected(&[]));
        };
        if pattern.argument.is_none() {
            pattern.argument = self.name_after_pattern()?;
        }
        self.expect(TokenKind::Colon)?;
        let formals = self.room.tree.formals.add(self.room.formals.drain(pattern.formals..));
        let argument = match pattern.argument {
            Some((name, span)) => (Some(name), span),
            None => (None, Span::new(pattern.start, pattern.start)),
        };
        self.begin_body(argument, Some(formals), pattern.ellipsis, pattern.start, pattern.doc)
    }

    /// The name after the `@` that may follow a pattern.
    fn name_after_pattern(&mut self) -> Result<Option<(Symbol, Span)>, Failed> {
        match self.lexer.token.kind {
            TokenKind::Colon => return Ok(None),
            TokenKind::At => self.advance(),
            _ => return Err(self.unexpected(&[TokenKind::Colon, TokenKind::At])),
        }
        if self.lexer.token.kind != TokenKind::Identifier {
            return Err(self.unexpected(&[TokenKind::Identifier]));
        }
        let name = (self.symbol(), self.span());
        self.advance();
        Ok(Some(name))
    }

    /// Begins the body of a function.
    fn begin_body(
        &mut self,
        (argument, argument_span): (Option<Symbol>, Span),
        formals: Option<Slice<Formal>>,
        ellipsis: bool,
        start: u32,
        doc: Option<Text>,
    ) -> Outcome {
        let (body, name) = (ExprId(0), None);
        let function = Lambda { argument, argument_span, formals, ellipsis, body, name, doc };
        let lambda = self.room.tree.push_lambda(function);
        self.room.frames.push(Frame::LambdaBody { lambda, start });
        Ok(Step::Expression)
    }

    /// Ends a function: its body was read.
    pub(super) fn finish_function(
        &mut self,
        lambda: LambdaId,
        start: u32,
        body: ExprId,
    ) -> Result<(), Failed> {
        self.check_formals(lambda, start)?;
        self.room.tree.set_body(lambda, body);
        Ok(())
    }

    /// Fails if a function names an argument twice.
    fn check_formals(&mut self, lambda: LambdaId, start: u32) -> Result<(), Failed> {
        let lambda = self.room.tree.lambda(lambda);
        let Some(formals) = lambda.formals else {
            return Ok(());
        };
        let formals = self.room.tree.formals(formals);
        if let Some((name, offset)) = duplicate(formals) {
            return Err(self.duplicate_formal(name, offset));
        }
        match lambda.argument {
            Some(name) if formals.iter().any(|formal| formal.name == name) => {
                Err(self.duplicate_formal(name, start))
            }
            _ => Ok(()),
        }
    }

    #[cold]
    fn duplicate_formal(&mut self, name: Symbol, offset: u32) -> Failed {
        let error = Error::new(DiagnosticId::DuplicateFormal, &[&self.symbols.bytes(name)]);
        self.fail_at(error, offset)
    }
}

/// The first formal whose name an earlier one has.
fn duplicate(formals: List<'_, Formal>) -> Option<(Symbol, u32)> {
    if formals.len() <= 8 {
        let repeated = |(index, formal): &(usize, Formal)| {
            formals.iter().take(*index).any(|earlier| earlier.name == formal.name)
        };
        let found = formals.iter().enumerate().find(repeated);
        return found.map(|(_, formal)| (formal.name, formal.span.start));
    }
    let mut sorted: Vec<_> = formals.iter().map(|f| (f.name, f.span.start)).collect();
    sorted.sort_unstable();
    let repeated = sorted.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(|pair| pair[1]);
    repeated.min_by_key(|&(_, offset)| offset)
}
