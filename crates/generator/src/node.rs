//! Programs as trees of text: what the generator makes, the shrinker cuts and the comparisons print.
//!
//! A tree knows where parentheses are needed and what may be left out, and nothing else of the language.

use std::borrow::Cow;

/// How tightly the forms of the language bind, the loosest first.
pub(crate) mod tight {
    pub(crate) const OPEN: u8 = 0;
    pub(crate) const IMPLY: u8 = 1;
    pub(crate) const OR: u8 = 2;
    pub(crate) const AND: u8 = 3;
    pub(crate) const EQUAL: u8 = 4;
    pub(crate) const LESS: u8 = 5;
    pub(crate) const UPDATE: u8 = 6;
    pub(crate) const NOT: u8 = 7;
    pub(crate) const ADD: u8 = 8;
    pub(crate) const MULTIPLY: u8 = 9;
    pub(crate) const CONCAT: u8 = 10;
    pub(crate) const HAS: u8 = 11;
    pub(crate) const NEGATE: u8 = 12;
    pub(crate) const APPLY: u8 = 13;
    pub(crate) const SELECT: u8 = 14;
    pub(crate) const ATOM: u8 = 15;
}

/// Whom a program is printed for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// Whoever evaluates as C++ Nix 2.36 does.
    Current,
    /// C++ Nix 2.8 with the functions of `prelude_28.nix`.
    Nix28,
}

/// What a part of a program is to the shrinker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// An expression: may be replaced by another.
    Expression,
    /// An expression `a // b`.
    Update,
    /// An expression `a + b`.
    Add,
    /// A binding, an element, an interpolation: may be left out.
    Item,
    /// Neither.
    Fixed,
}

impl Role {
    pub(crate) fn is_expression(self) -> bool {
        matches!(self, Role::Expression | Role::Update | Role::Add)
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Piece {
    Text(Cow<'static, str>),
    /// A part, and how tightly it has to bind not to need parentheses.
    Part(Node, u8),
}

/// A program or a part of one.
#[derive(Clone, Debug)]
pub struct Node {
    pub(crate) role: Role,
    tight: u8,
    pub(crate) pieces: Vec<Piece>,
}

impl Node {
    pub(crate) fn new(tight: u8) -> Self {
        Node { role: Role::Expression, tight, pieces: Vec::new() }
    }

    pub(crate) fn item() -> Self {
        Node { role: Role::Item, tight: tight::ATOM, pieces: Vec::new() }
    }

    pub(crate) fn fixed() -> Self {
        Node { role: Role::Fixed, tight: tight::ATOM, pieces: Vec::new() }
    }

    pub(crate) fn atom(text: impl Into<Cow<'static, str>>) -> Self {
        Node::new(tight::ATOM).text(text)
    }

    pub(crate) fn text(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.pieces.push(Piece::Text(text.into()));
        self
    }

    /// Adds a part that must bind at least as tightly as `required`.
    pub(crate) fn part(mut self, part: Node, required: u8) -> Self {
        self.pieces.push(Piece::Part(part, required));
        self
    }

    /// Adds a part that stands alone.
    pub(crate) fn open(self, part: Node) -> Self {
        self.part(part, tight::OPEN)
    }

    pub(crate) fn binary(level: u8, left: (Node, u8), operator: &'static str, right: (Node, u8)) -> Self {
        let mut node = Node::new(level).part(left.0, left.1).text(operator).part(right.0, right.1);
        node.role = match operator {
            " // " => Role::Update,
            " + " => Role::Add,
            _ => Role::Expression,
        };
        node
    }

    /// The application of something to arguments.
    pub(crate) fn apply(function: Node, arguments: impl IntoIterator<Item = Node>) -> Self {
        let start = Node::new(tight::APPLY).part(function, tight::APPLY);
        arguments.into_iter().fold(start, |node, argument| node.text(" ").part(argument, tight::SELECT))
    }

    /// The application of a named function.
    pub(crate) fn call(function: &'static str, arguments: impl IntoIterator<Item = Node>) -> Self {
        Node::apply(Node::atom(function), arguments)
    }

    /// A selection `base.name`.
    pub(crate) fn select(base: Node, name: impl Into<Cow<'static, str>>) -> Self {
        Node::new(tight::SELECT).part(base, tight::ATOM).text(".").text(name)
    }

    /// The number of parts.
    pub fn size(&self) -> usize {
        1 + self.parts().map(Node::size).sum::<usize>()
    }

    pub(crate) fn parts(&self) -> impl Iterator<Item = &Node> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Part(part, _) => Some(part),
            Piece::Text(_) => None,
        })
    }

    /// The text of a program.
    pub fn print(&self, dialect: Dialect) -> String {
        let mut text = String::new();
        self.write(tight::OPEN, dialect, &mut text);
        text
    }

    fn write(&self, required: u8, dialect: Dialect, out: &mut String) {
        if dialect == Dialect::Nix28 && matches!(self.role, Role::Update | Role::Add) {
            return self.write_call(out);
        }
        let parentheses = self.tight < required;
        out.push_str(if parentheses { "(" } else { "" });
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Part(part, required) => part.write(*required, dialect, out),
            }
        }
        out.push_str(if parentheses { ")" } else { "" });
    }

    /// An operator as a call of a function of `prelude_28.nix`: it cannot be rebound otherwise.
    fn write_call(&self, out: &mut String) {
        let mut operands: Vec<&Node> = self.parts().collect();
        out.push_str(if self.role == Role::Add { "(plus'" } else { "(update'" });
        if self.role == Role::Update {
            operands.reverse();
        }
        for part in operands {
            out.push(' ');
            part.write(tight::ATOM, Dialect::Nix28, out);
        }
        out.push(')');
    }
}
