//! Expressions: what begins one, and how its enclosing construct goes on when it is complete.

use nivose_base::{Span, Symbol};

use super::{Frame, Outcome, Parser, SetKind, Step};
use crate::lexer::Number;
use crate::token::TokenKind;
use crate::tree::*;

impl Parser<'_> {
    /// Begins any expression.
    #[inline(always)]
    pub(super) fn begin_expression(&mut self) -> Outcome {
        match self.lexer.token.kind {
            TokenKind::Identifier => self.variable_or_function(),
            TokenKind::Quote => self.begin_string(),
            TokenKind::LeftBrace => self.set_or_function(),
            _ => self.begin_other(),
        }
    }

    /// The same for what is less usual.
    #[inline(never)]
    fn begin_other(&mut self) -> Outcome {
        let start = self.lexer.token.start;
        let frame = match self.lexer.token.kind {
            TokenKind::Let => return self.let_bindings(),
            TokenKind::If => Frame::IfCondition { start },
            TokenKind::Assert => Frame::AssertCondition { start },
            TokenKind::With => Frame::WithNamespace { start },
            _ => return self.begin_operand(),
        };
        self.room.frames.push(frame);
        self.advance();
        Ok(Step::Expression)
    }

    /// Begins an operand: a prefix operator or a simple expression.
    pub(super) fn begin_operand(&mut self) -> Outcome {
        let start = self.lexer.token.start;
        let negate = match self.lexer.token.kind {
            TokenKind::Minus => true,
            TokenKind::Not => false,
            _ => return self.begin_simple(),
        };
        self.room.frames.push(Frame::Prefix { negate, start });
        self.advance();
        Ok(Step::Operand)
    }

    /// Begins a simple expression.
    pub(super) fn begin_simple(&mut self) -> Outcome {
        match self.lexer.token.kind {
            TokenKind::Identifier => {
                let (symbol, span) = (self.symbol(), self.span());
                self.advance();
                self.variable(symbol, span)
            }
            TokenKind::Quote => self.begin_string(),
            _ => self.begin_other_simple(),
        }
    }

    /// The same for what is less usual.
    #[inline(never)]
    fn begin_other_simple(&mut self) -> Outcome {
        match self.lexer.token.kind {
            TokenKind::IndentedOpen => self.begin_indented(),
            TokenKind::LeftParenthesis => self.begin_parenthesis(),
            TokenKind::LeftBracket => self.begin_list(),
            TokenKind::LeftBrace => {
                let start = self.lexer.token.start;
                self.advance();
                self.begin_set(start)
            }
            TokenKind::Rec => self.begin_keyword_set(SetKind::Recursive),
            TokenKind::Let => self.begin_keyword_set(SetKind::LegacyLet),
            TokenKind::PathBeginning => self.begin_path(),
            _ => self.literal(),
        }
    }

    /// A variable that was read.
    pub(super) fn variable(&mut self, symbol: Symbol, span: Span) -> Outcome {
        let expr = match symbol {
            Symbol::CUR_POS => Expr::CurrentPosition,
            _ => Expr::Variable(symbol),
        };
        Ok(Step::Primary(self.push(expr, span)))
    }

    /// A literal of one token.
    fn literal(&mut self) -> Outcome {
        let span = self.span();
        let expr = match self.lexer.token.kind {
            TokenKind::Integer | TokenKind::Float => match self.lexer.number {
                Number::Integer(value) => Expr::Int(value),
                Number::Float(value) => Expr::Float(value),
            },
            TokenKind::Path => Expr::Path(self.keep(span.start, span.end)),
            TokenKind::HomePath => Expr::HomePath(self.keep(span.start, span.end)),
            TokenKind::SearchPath => Expr::SearchPath(self.keep(span.start + 1, span.end - 1)),
            TokenKind::Uri => Expr::Str(self.keep(span.start, span.end)),
            _ => return Err(self.unexpected(&[])),
        };
        self.advance();
        Ok(Step::Primary(self.push(expr, span)))
    }

    /// Keeps a part of the source as a text of the tree.
    pub(super) fn keep(&mut self, start: u32, end: u32) -> Text {
        let from = self.room.tree.bytes.len();
        self.room.tree.bytes.extend_from_slice(self.lexer.slice(start, end));
        Slice::new(from, self.room.tree.bytes.len())
    }

    fn begin_parenthesis(&mut self) -> Outcome {
        self.enter(Frame::Parenthesis { start: self.lexer.token.start })?;
        self.advance();
        Ok(Step::Expression)
    }

    fn begin_list(&mut self) -> Outcome {
        let (children, start) = (self.room.children.len() as u32, self.lexer.token.start);
        self.enter(Frame::List { children, start })?;
        self.advance();
        self.next_element(children, start)
    }

    /// Reads the next element of a list, or its end.
    fn next_element(&mut self, children: u32, start: u32) -> Outcome {
        if self.lexer.token.kind != TokenKind::RightBracket {
            return Ok(Step::Simple);
        }
        let span = Span::new(start, self.lexer.token.end);
        self.leave();
        self.advance();
        let elements = self.take_children(children);
        Ok(Step::Primary(self.push(Expr::List(elements), span)))
    }

    /// Goes one level of brackets up.
    pub(super) fn leave(&mut self) {
        self.room.frames.pop();
        self.nesting -= 1;
    }

    /// Moves the children from an index on into the tree.
    fn take_children(&mut self, from: u32) -> Slice<ExprId> {
        self.room.tree.children.add(self.room.children.drain(from as usize..))
    }

    /// After a simple expression: a selection, the `or` that is taken for an argument, or neither.
    #[inline(always)]
    pub(super) fn after_primary(&mut self, expr: ExprId) -> Outcome {
        match self.lexer.token.kind {
            TokenKind::Dot => {
                self.advance();
                self.select(expr)
            }
            TokenKind::Or => self.apply_to_or(expr),
            _ => self.after_selection(expr),
        }
    }

    /// `f or`, which calls `f` with the variable `or`.
    fn apply_to_or(&mut self, function: ExprId) -> Outcome {
        let span = self.span();
        self.advance();
        let argument = self.push(Expr::Variable(Symbol::OR), span);
        let from = self.room.children.len() as u32;
        self.room.children.push(argument);
        let arguments = self.take_children(from);
        let start = self.room.tree.span(function).start;
        let call = self.push_from(Expr::Call { function, arguments }, start, argument);
        Ok(Step::Selected(call))
    }

    /// After a simple expression with its selections: the next element or argument.
    pub(super) fn after_selection(&mut self, expr: ExprId) -> Outcome {
        match self.room.frames.last() {
            Some(&Frame::List { children, start }) => {
                self.room.children.push(expr);
                self.next_element(children, start)
            }
            Some(&Frame::Call { children }) => {
                self.room.children.push(expr);
                if self.lexer.token.kind.begins_simple() {
                    return Ok(Step::Simple);
                }
                self.room.frames.pop();
                let call = self.finish_call(children, expr);
                self.after_operand(call)
            }
            Some(&Frame::Default { set, path }) => {
                self.room.frames.pop();
                let start = self.room.tree.span(set).start;
                let select = Expr::Select { set, path, default: Some(expr) };
                Ok(Step::Selected(self.push_from(select, start, expr)))
            }
            _ if self.lexer.token.kind.begins_simple() => {
                self.room.frames.push(Frame::Call { children: self.room.children.len() as u32 });
                self.room.children.push(expr);
                Ok(Step::Simple)
            }
            _ => self.after_operand(expr),
        }
    }

    /// Makes the call of the function that is the child at `from`; `last` is its last argument.
    fn finish_call(&mut self, from: u32, last: ExprId) -> ExprId {
        let function = self.room.children.get(from as usize).copied().unwrap_or(last);
        let arguments = self.take_children(from + 1);
        self.room.children.truncate(from as usize);
        let start = self.room.tree.span(function).start;
        self.push_from(Expr::Call { function, arguments }, start, last)
    }

    /// Hands a complete expression to what encloses it.
    pub(super) fn resume(&mut self, expr: ExprId) -> Outcome {
        let Some(frame) = self.room.frames.pop() else {
            return Ok(Step::Finished);
        };
        match frame {
            Frame::Root => self.finish(expr),
            Frame::Parenthesis { start } => self.close_parenthesis(expr, start),
            Frame::IfCondition { start } => {
                let next = Frame::IfConsequence { condition: expr, start };
                self.go_on(TokenKind::Then, next)
            }
            Frame::IfConsequence { condition, start } => {
                let next = Frame::IfAlternative { condition, consequence: expr, start };
                self.go_on(TokenKind::Else, next)
            }
            Frame::AssertCondition { start } => {
                self.go_on(TokenKind::Semicolon, Frame::AssertBody { condition: expr, start })
            }
            Frame::WithNamespace { start } => {
                self.go_on(TokenKind::Semicolon, Frame::WithBody { namespace: expr, start })
            }
            _ => self.resume_body(frame, expr),
        }
    }

    /// Goes on with the next part of a construct after a keyword or semicolon.
    fn go_on(&mut self, separator: TokenKind, next: Frame) -> Outcome {
        self.expect(separator)?;
        self.room.frames.push(next);
        Ok(Step::Expression)
    }

    /// Hands a complete expression to a construct that ends with it.
    fn resume_body(&mut self, frame: Frame, body: ExprId) -> Outcome {
        let (expr, start) = match frame {
            Frame::IfAlternative { condition, consequence, start } => {
                (Expr::If { condition, consequence, alternative: body }, start)
            }
            Frame::AssertBody { condition, start } => (Expr::Assert { condition, body }, start),
            Frame::WithBody { namespace, start } => (Expr::With { namespace, body }, start),
            Frame::LetBody { bindings, start } => {
                self.check_let(bindings, start)?;
                (Expr::Let { bindings, body }, start)
            }
            Frame::LambdaBody { lambda, start } => {
                self.finish_function(lambda, start, body)?;
                (Expr::Lambda(lambda), start)
            }
            _ => return self.resume_binding(frame, body),
        };
        Ok(Step::Complete(self.push_from(expr, start, body)))
    }

    /// Hands a complete expression to bindings, names and formals.
    fn resume_binding(&mut self, frame: Frame, expr: ExprId) -> Outcome {
        match frame {
            Frame::BindingValue { names, start, doc } => self.finish_binding(names, start, doc, expr),
            Frame::InheritSource => self.finish_inherit_source(expr),
            Frame::FormalDefault => self.finish_default(expr),
            Frame::ComputedName { start } => self.finish_computed_name(start, expr),
            Frame::String { parts, start } => self.resume_string(parts, start, expr),
            Frame::Indented { pieces, start } => self.resume_indented(pieces, start, expr),
            Frame::PathLiteral { parts, start } => self.resume_path(parts, start, expr),
            _ => Err(self.unexpected(&[])),
        }
    }

    fn finish(&mut self, expr: ExprId) -> Outcome {
        if self.lexer.token.kind != TokenKind::EndOfFile {
            return Err(self.unexpected(&[TokenKind::EndOfFile]));
        }
        self.room.tree.root = Some(expr);
        Ok(Step::Finished)
    }

    /// Parentheses leave no trace but that the expression's place covers them.
    fn close_parenthesis(&mut self, expr: ExprId, start: u32) -> Outcome {
        let end = self.lexer.token.end;
        self.expect(TokenKind::RightParenthesis)?;
        self.nesting -= 1;
        self.room.tree.place(expr, Span::new(start, end), self.room.tree.point(expr));
        Ok(Step::Primary(expr))
    }
}
