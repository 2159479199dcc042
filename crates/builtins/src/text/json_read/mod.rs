//! Reading JSON as a sequence of events, with the error texts of C++ Nix's JSON library (nlohmann's, version 3.11).
//!
//! The reader makes no values and does not recurse: [`Reader::next`] gives one [`Event`] after another. What the events
//! mean (which duplicate key wins, which strings Nix can hold) is the caller's.

mod lexer;
mod message;

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use lexer::{Lexer, Token};
use message::Expected;

/// One step through a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Event<'i> {
    /// `{`.
    BeginObject,
    /// `}`.
    EndObject,
    /// `[`.
    BeginArray,
    /// `]`.
    EndArray,
    /// The name of a member, decoded; its value follows.
    Key(Cow<'i, [u8]>),
    /// A string, decoded: valid UTF-8, possibly with NUL.
    String(Cow<'i, [u8]>),
    /// A whole number.
    Integer(i64),
    /// A whole number above those of Nix, but below 2⁶⁴: Nix rejects it, see [`unsigned_overflow`].
    Unsigned(u64),
    /// A number with a fraction or an exponent, or a whole number too large for the others.
    Float(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// `null`.
    Null,
}

/// Why a document was rejected: the library's full text, which is Nix's headline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError(String);

impl fmt::Display for JsonError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl Error for JsonError {}

/// Nix's headline for an [`Event::Unsigned`].
#[must_use]
pub fn unsigned_overflow(number: u64) -> String {
    format!("unsigned json number {number} outside of Nix integer range")
}

/// What the reader is about to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A value.
    Value,
    /// A value or `]`, behind `[`.
    FirstElement,
    /// A name or `}`, behind `{`.
    FirstKey,
    /// `,` or the end of the innermost array or object; the end of the text if there is none.
    AfterValue,
    /// Nothing any more.
    Done,
}

/// Reads one document.
#[derive(Debug)]
pub struct Reader<'i> {
    lexer: Lexer<'i>,
    state: State,
    /// Whether each open array or object is an object, the innermost last.
    open: Vec<bool>,
}

/// A reader between two events, without its text.
#[derive(Debug)]
pub struct Suspended(Reader<'static>);

impl Suspended {
    /// A reader at the beginning of any text.
    #[must_use]
    pub fn new() -> Self {
        Self(Reader::new(&[]))
    }

    /// How many arrays and objects are open.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.0.depth()
    }

    /// The reader again; the text must be the one that it was suspended with.
    #[must_use]
    pub fn resume(self, text: &[u8]) -> Reader<'_> {
        self.0.with_text(text)
    }
}

impl Default for Suspended {
    fn default() -> Self {
        Self::new()
    }
}

impl<'i> Reader<'i> {
    /// Lets go of the text, to go on later.
    #[must_use]
    pub fn suspend(self) -> Suspended {
        Suspended(self.with_text(&[]))
    }

    fn with_text<'j>(self, text: &'j [u8]) -> Reader<'j> {
        Reader { lexer: self.lexer.with_text(text), state: self.state, open: self.open }
    }

    /// A reader at the beginning of a text.
    #[must_use]
    pub fn new(text: &'i [u8]) -> Self {
        Self { lexer: Lexer::new(text), state: State::Value, open: Vec::new() }
    }

    /// The next event; nothing behind the end of the document.
    ///
    /// # Errors
    /// [`JsonError`] for anything that is not JSON; the reader is at its end then.
    #[expect(clippy::should_implement_trait, reason = "the errors are of the document, not of an item")]
    pub fn next(&mut self) -> Result<Option<Event<'i>>, JsonError> {
        match self.state {
            State::Done => Ok(None),
            State::AfterValue => self.after_value(),
            State::FirstKey => match self.lexer.token() {
                Token::EndObject => self.close(),
                token => self.key(token),
            },
            State::FirstElement => match self.lexer.token() {
                Token::EndArray => self.close(),
                token => self.value(token),
            },
            State::Value => {
                let token = self.lexer.token();
                self.value(token)
            }
        }
    }

    /// How many arrays and objects are open.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// Goes on behind a complete value.
    fn after_value(&mut self) -> Result<Option<Event<'i>>, JsonError> {
        let innermost = self.open.last().copied();
        if let Some(is_object) = innermost {
            if self.lexer.skip(b',') {
                let token = self.lexer.token();
                return if is_object { self.key(token) } else { self.value(token) };
            }
            if self.lexer.skip(if is_object { b'}' } else { b']' }) {
                return self.close();
            }
        }
        match (innermost, self.lexer.token()) {
            (None, Token::EndOfInput) => {
                self.state = State::Done;
                Ok(None)
            }
            (None, token) => Err(self.unexpected(&token, "value", Some(Expected::EndOfInput))),
            (Some(true), token) => Err(self.unexpected(&token, "object", Some(Expected::EndObject))),
            (Some(false), token) => Err(self.unexpected(&token, "array", Some(Expected::EndArray))),
        }
    }

    // All of these give what `next` gives, so that an event is written only once.

    fn close(&mut self) -> Result<Option<Event<'i>>, JsonError> {
        self.state = State::AfterValue;
        Ok(Some(if self.open.pop() == Some(true) { Event::EndObject } else { Event::EndArray }))
    }

    fn open(&mut self, object: bool) -> Result<Option<Event<'i>>, JsonError> {
        self.open.push(object);
        self.state = if object { State::FirstKey } else { State::FirstElement };
        Ok(Some(if object { Event::BeginObject } else { Event::BeginArray }))
    }

    /// Reads a name, whose token is given, and the colon behind it.
    fn key(&mut self, token: Token<'i>) -> Result<Option<Event<'i>>, JsonError> {
        let Token::String(key) = token else {
            return Err(self.unexpected(&token, "object key", Some(Expected::String)));
        };
        if self.lexer.skip(b':') {
            self.state = State::Value;
            return Ok(Some(Event::Key(key)));
        }
        let other = self.lexer.token();
        Err(self.unexpected(&other, "object separator", Some(Expected::NameSeparator)))
    }

    #[inline]
    fn value(&mut self, token: Token<'i>) -> Result<Option<Event<'i>>, JsonError> {
        self.state = State::AfterValue;
        match token {
            Token::BeginObject => self.open(true),
            Token::BeginArray => self.open(false),
            Token::String(text) => Ok(Some(Event::String(text))),
            Token::Integer(number) => Ok(Some(Event::Integer(number))),
            Token::Unsigned(number) => Ok(Some(Event::Unsigned(number))),
            Token::Float(number) if number.is_finite() => Ok(Some(Event::Float(number))),
            Token::True => Ok(Some(Event::Boolean(true))),
            Token::False => Ok(Some(Event::Boolean(false))),
            Token::Null => Ok(Some(Event::Null)),
            token => Err(self.no_value(&token)),
        }
    }

    #[cold]
    fn no_value(&mut self, token: &Token<'i>) -> JsonError {
        self.state = State::Done;
        match token {
            Token::Float(_) => message::number_overflow(&self.lexer),
            Token::EndOfInput if self.lexer.read_count() == 1 => message::empty_input(&self.lexer),
            // The library names no expectation behind an error of its lexer here.
            Token::Error(_) => self.unexpected(token, "value", None),
            _ => self.unexpected(token, "value", Some(Expected::Value)),
        }
    }

    #[cold]
    fn unexpected(&mut self, token: &Token<'i>, context: &str, expected: Option<Expected>) -> JsonError {
        self.state = State::Done;
        message::unexpected(&self.lexer, token, context, expected)
    }
}

#[cfg(test)]
mod tests;
