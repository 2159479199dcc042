//! Operators, climbed by precedence on the parser's own stack.

use super::{Frame, Infix, Outcome, Parser, Step};
use crate::token::TokenKind;
use crate::tree::*;

/// How operators of one precedence group.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Grouping {
    Left,
    Right,
    None,
}

/// The precedence of `!`.
const NOT: u8 = 8;
/// The precedence of the prefix `-`. That of `?` lies between it and all others.
const NEGATE: u8 = 13;

impl Infix {
    /// The operator that a token stands for.
    fn of(kind: TokenKind) -> Option<Infix> {
        use BinaryOperator::*;
        Some(Infix::Operator(match kind {
            TokenKind::Plus => Add,
            TokenKind::Minus => Subtract,
            TokenKind::Star => Multiply,
            TokenKind::Slash => Divide,
            TokenKind::PlusPlus => Concat,
            TokenKind::SlashSlash => Update,
            TokenKind::Equal => Equal,
            TokenKind::NotEqual => NotEqual,
            TokenKind::Less => Less,
            TokenKind::LessOrEqual => LessOrEqual,
            TokenKind::More => More,
            TokenKind::MoreOrEqual => MoreOrEqual,
            TokenKind::AndAnd => And,
            TokenKind::OrOr => Or,
            TokenKind::Arrow => Implies,
            TokenKind::PipeRight => return Some(Infix::PipeRight),
            TokenKind::PipeLeft => return Some(Infix::PipeLeft),
            _ => return None,
        }))
    }

    /// How tightly it binds, and how it groups.
    fn precedence(self) -> (u8, Grouping) {
        use BinaryOperator::*;
        match self {
            Infix::PipeRight => (1, Grouping::Left),
            Infix::PipeLeft => (1, Grouping::Right),
            Infix::Operator(operator) => match operator {
                Implies => (2, Grouping::Right),
                Or => (3, Grouping::Left),
                And => (4, Grouping::Left),
                Equal | NotEqual => (5, Grouping::None),
                Less | LessOrEqual | More | MoreOrEqual => (6, Grouping::None),
                Update => (7, Grouping::Right),
                Add | Subtract => (9, Grouping::Left),
                Multiply | Divide => (10, Grouping::Left),
                Concat => (11, Grouping::Right),
            },
        }
    }
}

/// What an operator on the stack has to say about one that follows its operand.
enum Order {
    /// The one on the stack takes the operand.
    Reduce,
    /// The one that follows takes it.
    Shift,
    /// The two cannot stand next to each other.
    Conflict,
    /// Pipes of both directions do not mix: the expression ends.
    End,
}

impl Parser<'_> {
    /// After an operand: an operator, or the end of the expression.
    pub(super) fn after_operand(&mut self, operand: ExprId) -> Outcome {
        if self.lexer.token.kind < TokenKind::Question {
            let expr = self.reduce_all(operand);
            return self.resume(expr);
        }
        if self.lexer.token.kind == TokenKind::Question {
            let set = self.reduce_negations(operand);
            self.advance();
            return self.has_attr(set);
        }
        match Infix::of(self.lexer.token.kind) {
            Some(infix) => self.shift(operand, infix),
            None => Ok(Step::Complete(self.reduce_all(operand))),
        }
    }

    /// Goes on with the right operand of `infix`, after reducing what binds tighter.
    fn shift(&mut self, operand: ExprId, infix: Infix) -> Outcome {
        let mut left = operand;
        loop {
            match self.order(infix) {
                Order::Reduce => left = self.reduce(left),
                Order::Shift => break,
                Order::Conflict => return Err(self.unexpected(&[])),
                Order::End => return Ok(Step::Complete(self.reduce_all(left))),
            }
        }
        self.room.frames.push(Frame::Binary { operator: infix, left, point: self.lexer.token.start });
        self.advance();
        Ok(Step::Operand)
    }

    /// How the operator on the stack, if any, stands to one that follows.
    fn order(&self, infix: Infix) -> Order {
        let (next, _) = infix.precedence();
        let (present, grouping) = match self.room.frames.last() {
            Some(Frame::Binary { operator, .. }) => {
                let mixed = infix != *operator;
                match operator {
                    Infix::PipeRight if mixed && infix == Infix::PipeLeft => return Order::End,
                    Infix::PipeLeft if mixed && infix == Infix::PipeRight => return Order::End,
                    _ => operator.precedence(),
                }
            }
            Some(Frame::Prefix { negate, .. }) => (if *negate { NEGATE } else { NOT }, Grouping::Left),
            _ => return Order::Shift,
        };
        match (present.cmp(&next), grouping) {
            (std::cmp::Ordering::Greater, _) => Order::Reduce,
            (std::cmp::Ordering::Less, _) => Order::Shift,
            (_, Grouping::Left) => Order::Reduce,
            (_, Grouping::Right) => Order::Shift,
            (_, Grouping::None) => Order::Conflict,
        }
    }

    /// Gives an operand to the `-` before it, which alone bind tighter than `?`.
    fn reduce_negations(&mut self, operand: ExprId) -> ExprId {
        let mut expr = operand;
        while let Some(Frame::Prefix { negate: true, .. }) = self.room.frames.last() {
            expr = self.reduce(expr);
        }
        expr
    }

    /// Gives an operand to all operators that wait for it.
    fn reduce_all(&mut self, operand: ExprId) -> ExprId {
        let mut expr = operand;
        while let Some(Frame::Binary { .. } | Frame::Prefix { .. }) = self.room.frames.last() {
            expr = self.reduce(expr);
        }
        expr
    }

    /// Gives an operand to the operator on the stack.
    fn reduce(&mut self, right: ExprId) -> ExprId {
        match self.room.frames.pop() {
            Some(Frame::Binary { operator, left, point }) => self.reduce_binary(operator, left, right, point),
            Some(Frame::Prefix { negate, start }) => {
                let expr = if negate { Expr::Negate(right) } else { Expr::Not(right) };
                self.push_from(expr, start, right)
            }
            _ => right,
        }
    }

    fn reduce_binary(&mut self, operator: Infix, left: ExprId, right: ExprId, point: u32) -> ExprId {
        let span = self.room.tree.span(left).to(self.room.tree.span(right));
        let expr = match operator {
            Infix::Operator(operator) => Expr::Binary { operator, left, right },
            Infix::PipeRight => self.piped(right, left),
            Infix::PipeLeft => self.piped(left, right),
        };
        let id = self.push(expr, span);
        self.room.tree.place(id, span, point);
        id
    }

    /// The call that a pipe stands for.
    fn piped(&mut self, function: ExprId, argument: ExprId) -> Expr {
        Expr::Call { function, arguments: self.room.tree.children.add(std::iter::once(argument)) }
    }
}
