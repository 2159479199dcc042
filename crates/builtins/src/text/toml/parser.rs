//! The structure of a document: lines, keys, tables, arrays.

use std::collections::BTreeMap;

use super::scalar::is_control;
use super::{Document, Node, NodeId, TomlError};

/// The message of an error.
pub(super) type Problem = &'static str;

const BAD_KEY: Problem =
    "toml::parse_simple_key: invalid key: key must be \"quoted\", 'quoted-literal', or bare key.";
const NO_SEPARATOR: Problem = "toml::parse_key_value_pair: invalid key value separator `=`";
const NO_LINE_END: Problem = "toml::parse_file: newline (LF / CRLF) or EOF is expected";
const NO_TABLE_END: Problem = "toml::parse_table_key: invalid table key: `]` is expected";
const NO_ARRAY_END: Problem = "toml::parse_array: comma `,` or closing bracket `]` is expected";
const NO_INLINE_END: Problem = "toml::parse_inline_table: missing comma or closing brace `}`";
const TABLE_EXISTS: Problem = "toml::insert_value: failed to insert a table, table already defined";
const ARRAY_EXISTS: Problem =
    "toml::insert_value: failed to insert an array of tables, value already defined";
const VALUE_EXISTS: Problem = "toml::insert_value: failed to insert a value, value already exists";
const BAD_COMMENT: Problem = "toml::parse_comment_line: invalid character in a comment";
const BAD_UTF8: Problem = "toml::parse: invalid utf-8 byte sequence";

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
    position: usize,
    nodes: Vec<Node>,
    origins: Vec<Origin>,
    /// The table of the last header.
    current: NodeId,
}

/// Parses a whole document.
pub(super) fn parse(text: &[u8]) -> Result<Document, TomlError> {
    let root = NodeId(0);
    let mut parser = Parser { text, position: 0, nodes: Vec::new(), origins: Vec::new(), current: root };
    match parser.document() {
        Ok(()) => Ok(Document { nodes: parser.nodes }),
        Err(message) => {
            let read = text.get(..parser.position).unwrap_or_default();
            let line = 1 + read.iter().filter(|&&byte| byte == b'\n').count();
            Err(TomlError { message, line })
        }
    }
}

impl<'t> Parser<'t> {
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.get(self.position).copied()
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

    /// Reads a line end, if there is one.
    pub(super) fn skip_line_end(&mut self) -> bool {
        let length = match self.rest() {
            [b'\n', ..] => 1,
            [b'\r', b'\n', ..] => 2,
            _ => 0,
        };
        self.advance(length);
        length > 0
    }

    fn skip_comment(&mut self) -> Result<(), Problem> {
        if !self.accept(b'#') {
            return Ok(());
        }
        while let Some(byte) = self.peek() {
            if byte == b'\n' || self.rest().starts_with(b"\r\n") {
                break;
            }
            if is_control(byte) {
                return Err(BAD_COMMENT);
            }
            self.position += 1;
        }
        Ok(())
    }

    /// Skips white space, comments and line ends.
    fn skip_trivia(&mut self) -> Result<(), Problem> {
        loop {
            self.skip_spaces();
            self.skip_comment()?;
            if !self.skip_line_end() {
                return Ok(());
            }
        }
    }

    fn document(&mut self) -> Result<(), Problem> {
        if let Err(error) = std::str::from_utf8(self.text) {
            self.position = error.valid_up_to();
            return Err(BAD_UTF8);
        }
        self.add(Node::Table(BTreeMap::new()), Origin::Header);
        if self.rest().starts_with(b"\xef\xbb\xbf") {
            self.advance(3);
        }
        loop {
            self.skip_trivia()?;
            match self.peek() {
                None => return Ok(()),
                Some(b'[') => self.header()?,
                Some(_) => self.pair()?,
            }
            self.skip_spaces();
            self.skip_comment()?;
            if self.peek().is_some() && !self.skip_line_end() {
                return Err(NO_LINE_END);
            }
        }
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

    /// Reads `[key]` or `[[key]]`.
    fn header(&mut self) -> Result<(), Problem> {
        self.advance(1);
        let array = self.accept(b'[');
        self.skip_spaces();
        let mut path = self.key()?;
        if !self.accept(b']') || (array && !self.accept(b']')) {
            return Err(NO_TABLE_END);
        }
        let last = path.pop().ok_or(BAD_KEY)?;
        let mut table = NodeId(0);
        for name in path {
            table = self.header_step(table, name)?;
        }
        self.current = if array { self.table_array(table, last)? } else { self.header_table(table, last)? };
        Ok(())
    }

    /// Goes through a part of a header before the last.
    fn header_step(&mut self, table: NodeId, name: String) -> Result<NodeId, Problem> {
        let Some(child) = self.child(table, &name) else {
            return Ok(self.new_table(table, name, Origin::Implicit));
        };
        match (self.origin(child), self.nodes.get(child.0)) {
            (Origin::Value, _) => Err(TABLE_EXISTS),
            (Origin::TableArray, Some(Node::Array(elements))) => elements.last().copied().ok_or(TABLE_EXISTS),
            _ => Ok(child),
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
            _ => Err(TABLE_EXISTS),
        }
    }

    /// Adds an element to an array of tables.
    fn table_array(&mut self, parent: NodeId, name: String) -> Result<NodeId, Problem> {
        let array = match self.child(parent, &name) {
            Some(child) if self.origin(child) == Origin::TableArray => child,
            Some(_) => return Err(ARRAY_EXISTS),
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

    /// Reads `key = value`.
    fn pair(&mut self) -> Result<(), Problem> {
        let path = self.key_and_separator()?;
        let value = self.value()?;
        self.insert_path(self.current, path, value)
    }

    fn key_and_separator(&mut self) -> Result<Vec<String>, Problem> {
        let path = self.key()?;
        if !self.accept(b'=') {
            return Err(NO_SEPARATOR);
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
        match self.peek() {
            Some(b'"') => return self.basic_string(false),
            Some(b'\'') => return self.literal_string(false),
            _ => {}
        }
        let start = self.position;
        while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')) {
            self.position += 1;
        }
        let name = String::from_utf8_lossy(self.since(start));
        if name.is_empty() { Err(BAD_KEY) } else { Ok(name.into_owned()) }
    }

    /// Inserts a value under a dotted key.
    fn insert_path(&mut self, table: NodeId, mut path: Vec<String>, value: NodeId) -> Result<(), Problem> {
        let last = path.pop().ok_or(BAD_KEY)?;
        let mut table = table;
        for name in path {
            table = match self.child(table, &name) {
                None => self.new_table(table, name, Origin::Dotted),
                Some(child) if matches!(self.origin(child), Origin::Dotted | Origin::Implicit) => child,
                Some(_) => return Err(TABLE_EXISTS),
            };
        }
        if self.child(table, &last).is_some() {
            return Err(VALUE_EXISTS);
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
        self.skip_trivia()?;
        if self.accept(b']') {
            return Ok(Step::Complete(self.add(Node::Array(elements), Origin::Value)));
        }
        open.push(Open::Array(elements));
        Ok(Step::Begin)
    }

    fn after_element(&mut self, elements: Vec<NodeId>, open: &mut Vec<Open>) -> Result<Step, Problem> {
        self.skip_trivia()?;
        if self.accept(b',') {
            return self.next_element(elements, open);
        }
        if !self.accept(b']') {
            return Err(NO_ARRAY_END);
        }
        Ok(Step::Complete(self.add(Node::Array(elements), Origin::Value)))
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
            return Err(NO_INLINE_END);
        }
        self.skip_spaces();
        self.next_member(table, open)
    }
}
