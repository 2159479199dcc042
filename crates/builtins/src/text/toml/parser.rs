//! The structure of a document: lines, keys, tables, arrays.

use std::collections::BTreeMap;

use super::problem::Problem;
use super::{Document, Node, NodeId, TomlError};

/// How a table or array came to be, which decides what may still be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// A part of a table header before the last: may still get a header of its own.
    Implicit,
    /// A table header.
    Header,
    /// A part of a dotted key before the last.
    Dotted,
    /// A table or array written as a value: nothing can be added. Also scalars.
    Value,
    /// An array made by `[[headers]]`.
    TableArray,
}

/// An array or inline table whose end has not been read.
enum Open {
    Array(Vec<NodeId>),
    /// The table and the key whose value comes next.
    Inline(NodeId, Vec<String>),
}

/// The next step in reading a value.
enum Step {
    /// A value follows.
    Begin,
    /// A value has been read.
    Complete(NodeId),
}

pub(super) struct Parser<'t> {
    text: &'t [u8],
    /// Where the text is no longer UTF-8: its length if it is to the end.
    valid: usize,
    position: usize,
    nodes: Vec<Node>,
    origins: Vec<Origin>,
    /// The table of the last header.
    current: NodeId,
}

/// Parses a whole document.
pub(super) fn parse(text: &[u8]) -> Result<Document, TomlError> {
    let valid = std::str::from_utf8(text).map_or_else(|error| error.valid_up_to(), str::len);
    let (nodes, origins) = (Vec::new(), Vec::new());
    let mut parser = Parser { text, valid, position: 0, nodes, origins, current: NodeId(0) };
    match parser.document() {
        Ok(()) => Ok(Document { nodes: parser.nodes }),
        Err(problem) => {
            let read = text.get(..parser.position).unwrap_or_default();
            let line = 1 + read.iter().filter(|&&byte| byte == b'\n').count();
            Err(TomlError { problem, line })
        }
    }
}

impl<'t> Parser<'t> {
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.get(self.position).copied()
    }

    /// The next byte, if it may stand in strings and comments.
    pub(super) fn peek_plain(&self) -> Option<u8> {
        let plain = |byte: &u8| *byte == b'\t' || !byte.is_ascii_control();
        self.peek().filter(plain).filter(|_| self.position != self.valid)
    }

    pub(super) fn rest(&self) -> &'t [u8] {
        self.text.get(self.position..).unwrap_or_default()
    }

    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// What was read since a position.
    pub(super) fn since(&self, start: usize) -> &'t [u8] {
        self.text.get(start..self.position).unwrap_or_default()
    }

    pub(super) fn advance(&mut self, bytes: usize) {
        self.position = (self.position + bytes).min(self.text.len());
    }

    fn accept(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.advance(usize::from(found));
        found
    }

    pub(super) fn skip_spaces(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.position += 1;
        }
    }

    /// The length of the line end that comes next, if one does.
    fn line_end(&self) -> usize {
        match self.rest() {
            [b'\n', ..] => 1,
            [b'\r', b'\n', ..] => 2,
            _ => 0,
        }
    }

    /// Reads a line end, if there is one.
    pub(super) fn skip_line_end(&mut self) -> bool {
        let length = self.line_end();
        self.advance(length);
        length > 0
    }

    fn ends_line(&self) -> bool {
        self.peek().is_none() || self.line_end() > 0
    }

    /// Skips a comment, if there is one. What is said of a byte that may not be in it depends on where it stands.
    fn skip_comment(&mut self, bad_comment: Problem) -> Result<bool, Problem> {
        if !self.accept(b'#') {
            return Ok(false);
        }
        while self.peek_plain().is_some() {
            self.position += 1;
        }
        if self.ends_line() { Ok(true) } else { Err(bad_comment) }
    }

    /// Skips white space, comments and line ends.
    fn skip_trivia(&mut self, bad_comment: Problem) -> Result<(), Problem> {
        loop {
            self.skip_spaces();
            self.skip_comment(bad_comment)?;
            if !self.skip_line_end() {
                return Ok(());
            }
        }
    }

    /// Skips the comments that the document begins with, up to the first line without one.
    fn skip_leading_comments(&mut self) -> Result<(), Problem> {
        self.skip_spaces();
        while self.skip_comment(Problem::Comment)? {
            self.skip_line_end();
            self.skip_spaces();
        }
        Ok(())
    }

    /// Skips white space and a comment on one line, and says whether the line ends there.
    fn skip_to_line_end(&mut self) -> Result<bool, Problem> {
        self.skip_spaces();
        self.skip_comment(Problem::Comment)?;
        Ok(self.ends_line())
    }

    fn document(&mut self) -> Result<(), Problem> {
        self.add(Node::Table(BTreeMap::new()), Origin::Header);
        if self.rest().starts_with(b"\xef\xbb\xbf") {
            self.advance(3);
        }
        self.skip_leading_comments()?;
        self.skip_trivia(Problem::Key)?;
        while let Some(byte) = self.peek() {
            if byte == b'[' {
                self.header()?
            } else {
                self.pair()?
            }
            self.skip_trivia(Problem::Key)?;
        }
        Ok(())
    }

    fn add(&mut self, node: Node, origin: Origin) -> NodeId {
        self.nodes.push(node);
        self.origins.push(origin);
        NodeId(self.nodes.len() - 1)
    }

    fn origin(&self, id: NodeId) -> Origin {
        self.origins.get(id.0).copied().unwrap_or(Origin::Value)
    }

    fn child(&self, table: NodeId, name: &str) -> Option<NodeId> {
        match self.nodes.get(table.0) {
            Some(Node::Table(entries)) => entries.get(name).copied(),
            _ => None,
        }
    }

    fn insert(&mut self, table: NodeId, name: String, child: NodeId) {
        if let Some(Node::Table(entries)) = self.nodes.get_mut(table.0) {
            entries.insert(name, child);
        }
    }

    /// Reads the line of `[key]` or `[[key]]`.
    fn header(&mut self) -> Result<(), Problem> {
        self.advance(1);
        let array = self.accept(b'[');
        let mut path =
            self.header_key(array).ok_or(if array { Problem::ArrayHeader } else { Problem::Header })?;
        if !self.skip_to_line_end()? {
            return Err(Problem::BehindHeader);
        }
        let last = path.pop().ok_or(Problem::Key)?;
        let mut table = NodeId(0);
        for name in path {
            table = self.enter(table, name, Origin::Implicit)?;
        }
        self.current = if array { self.table_array(table, last)? } else { self.header_table(table, last)? };
        Ok(())
    }

    /// Reads the key of a header and the brackets behind it, if they are right.
    fn header_key(&mut self, array: bool) -> Option<Vec<String>> {
        self.skip_spaces();
        let path = self.key().ok()?;
        let closed = self.accept(b']') && (!array || self.accept(b']'));
        closed.then_some(path)
    }

    /// Goes from a table into one that it holds, by a name of a header or a dotted key that is not its last. If there is
    /// none, one is made, whose origin says which of the two the name is of.
    fn enter(&mut self, table: NodeId, name: String, made: Origin) -> Result<NodeId, Problem> {
        let Some(child) = self.child(table, &name) else {
            return Ok(self.new_table(table, name, made));
        };
        let dotted = made == Origin::Dotted;
        match (self.nodes.get(child.0), self.origin(child)) {
            (Some(Node::Table(_)), Origin::Value) => Err(Problem::InlineTable),
            (Some(Node::Table(_)), origin) if dotted && origin != made => Err(Problem::DottedIntoTable),
            (Some(Node::Table(_)), _) => Ok(child),
            (_, Origin::TableArray) if dotted => Err(Problem::DottedIntoArray),
            (Some(Node::Array(elements)), Origin::TableArray) => {
                elements.last().copied().ok_or(Problem::ValueExists)
            }
            _ if self.holds_only_tables(child) => Err(Problem::InlineTables),
            _ => Err(Problem::ValueExists),
        }
    }

    /// Whether something is an array of tables, however written; an empty array is none.
    fn holds_only_tables(&self, id: NodeId) -> bool {
        let is_table = |element: &NodeId| matches!(self.nodes.get(element.0), Some(Node::Table(_)));
        match self.nodes.get(id.0) {
            Some(Node::Array(elements)) => !elements.is_empty() && elements.iter().all(is_table),
            _ => false,
        }
    }

    fn new_table(&mut self, parent: NodeId, name: String, origin: Origin) -> NodeId {
        let table = self.add(Node::Table(BTreeMap::new()), origin);
        self.insert(parent, name, table);
        table
    }

    fn header_table(&mut self, parent: NodeId, name: String) -> Result<NodeId, Problem> {
        let Some(child) = self.child(parent, &name) else {
            return Ok(self.new_table(parent, name, Origin::Header));
        };
        match self.origins.get_mut(child.0) {
            Some(origin @ Origin::Implicit) => {
                *origin = Origin::Header;
                Ok(child)
            }
            _ => Err(Problem::TableExists),
        }
    }

    /// Adds an element to an array of tables.
    fn table_array(&mut self, parent: NodeId, name: String) -> Result<NodeId, Problem> {
        let array = match self.child(parent, &name) {
            Some(child) if self.origin(child) == Origin::TableArray => child,
            Some(child) if self.holds_only_tables(child) => return Err(Problem::InlineTablesHeader),
            Some(_) => return Err(Problem::ArrayExists),
            None => {
                let array = self.add(Node::Array(Vec::new()), Origin::TableArray);
                self.insert(parent, name, array);
                array
            }
        };
        let element = self.add(Node::Table(BTreeMap::new()), Origin::Header);
        if let Some(Node::Array(elements)) = self.nodes.get_mut(array.0) {
            elements.push(element);
        }
        Ok(element)
    }

    /// Reads the line of `key = value`, or up to a header behind it.
    fn pair(&mut self) -> Result<(), Problem> {
        let path = self.key_and_separator()?;
        let value = self.value()?;
        let ends = self.skip_to_line_end()?;
        self.insert_path(self.current, path, value)?;
        if ends || self.peek() == Some(b'[') { Ok(()) } else { Err(Problem::BehindValue) }
    }

    fn key_and_separator(&mut self) -> Result<Vec<String>, Problem> {
        let path = self.key()?;
        if !self.accept(b'=') {
            return Err(Problem::Separator);
        }
        self.skip_spaces();
        Ok(path)
    }

    /// Reads a key with its dots, and the spaces behind it.
    fn key(&mut self) -> Result<Vec<String>, Problem> {
        let mut path = Vec::new();
        loop {
            path.push(self.simple_key()?);
            self.skip_spaces();
            if !self.accept(b'.') {
                return Ok(path);
            }
            self.skip_spaces();
        }
    }

    fn simple_key(&mut self) -> Result<String, Problem> {
        if matches!(self.peek(), Some(b'"' | b'\'')) {
            return self.short_string();
        }
        let start = self.position;
        while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')) {
            self.position += 1;
        }
        let name = String::from_utf8_lossy(self.since(start));
        if name.is_empty() { Err(Problem::Key) } else { Ok(name.into_owned()) }
    }

    /// Inserts a value under a dotted key.
    fn insert_path(&mut self, table: NodeId, mut path: Vec<String>, value: NodeId) -> Result<(), Problem> {
        let last = path.pop().ok_or(Problem::Key)?;
        let mut table = table;
        for name in path {
            table = self.enter(table, name, Origin::Dotted)?;
        }
        if self.child(table, &last).is_some() {
            return Err(Problem::ValueExists);
        }
        self.insert(table, last, value);
        Ok(())
    }

    /// Reads a value with all that it holds, by an explicit stack.
    fn value(&mut self) -> Result<NodeId, Problem> {
        let mut open = Vec::new();
        let mut step = Step::Begin;
        loop {
            step = match step {
                Step::Begin => self.begin_value(&mut open)?,
                Step::Complete(value) => match open.pop() {
                    None => return Ok(value),
                    Some(Open::Array(mut elements)) => {
                        elements.push(value);
                        self.after_element(elements, &mut open)?
                    }
                    Some(Open::Inline(table, path)) => {
                        self.insert_path(table, path, value)?;
                        self.after_member(table, &mut open)?
                    }
                },
            };
        }
    }

    fn begin_value(&mut self, open: &mut Vec<Open>) -> Result<Step, Problem> {
        match self.peek() {
            Some(b'[') => {
                self.advance(1);
                self.next_element(Vec::new(), open)
            }
            Some(b'{') => {
                self.advance(1);
                let table = self.add(Node::Table(BTreeMap::new()), Origin::Value);
                self.skip_spaces();
                if self.accept(b'}') { Ok(Step::Complete(table)) } else { self.next_member(table, open) }
            }
            _ => {
                let node = self.scalar()?;
                Ok(Step::Complete(self.add(node, Origin::Value)))
            }
        }
    }

    /// Goes on where an element or the end of an array may be.
    fn next_element(&mut self, elements: Vec<NodeId>, open: &mut Vec<Open>) -> Result<Step, Problem> {
        self.skip_trivia(Problem::UnknownValue)?;
        if self.accept(b']') {
            return Ok(Step::Complete(self.add(Node::Array(elements), Origin::Value)));
        }
        if self.peek().is_none() {
            return Err(Problem::OpenArray);
        }
        open.push(Open::Array(elements));
        Ok(Step::Begin)
    }

    fn after_element(&mut self, elements: Vec<NodeId>, open: &mut Vec<Open>) -> Result<Step, Problem> {
        self.skip_trivia(Problem::Comment)?;
        if self.accept(b',') {
            self.skip_to_line_end()?;
        } else if !matches!(self.peek(), None | Some(b']')) {
            return Err(Problem::BehindElement);
        }
        self.next_element(elements, open)
    }

    fn next_member(&mut self, table: NodeId, open: &mut Vec<Open>) -> Result<Step, Problem> {
        let path = self.key_and_separator()?;
        open.push(Open::Inline(table, path));
        Ok(Step::Begin)
    }

    /// Goes on behind a member of an inline table, in which neither line ends nor a last comma may be.
    fn after_member(&mut self, table: NodeId, open: &mut Vec<Open>) -> Result<Step, Problem> {
        self.skip_spaces();
        if self.accept(b'}') {
            return Ok(Step::Complete(table));
        }
        if !self.accept(b',') {
            return Err(Problem::BehindMember);
        }
        self.skip_spaces();
        if self.peek() == Some(b'}') { Err(Problem::TrailingComma) } else { self.next_member(table, open) }
    }
}
