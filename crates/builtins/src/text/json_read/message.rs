//! The wording of errors.

use super::JsonError;
use super::lexer::{Lexer, Token};

/// What would have been right.
#[derive(Clone, Copy, Debug)]
pub(super) enum Expected {
    String,
    NameSeparator,
    EndArray,
    EndObject,
    EndOfInput,
    Value,
}

impl Expected {
    fn name(self) -> &'static str {
        match self {
            Self::String => "string literal",
            Self::NameSeparator => "':'",
            Self::EndArray => "']'",
            Self::EndObject => "'}'",
            Self::EndOfInput => "end of input",
            Self::Value => "'[', '{', or a literal",
        }
    }
}

/// The error for a token that does not belong where it is.
pub(super) fn unexpected(
    lexer: &Lexer<'_>,
    token: &Token<'_>,
    context: &str,
    expected: Option<Expected>,
) -> JsonError {
    let problem = match token {
        Token::Error(problem) => format!("{problem}; last read: '{}'", last_read(lexer)),
        other => format!("unexpected {}", name(other)),
    };
    let expected = expected.map_or_else(String::new, |expected| format!("; expected {}", expected.name()));
    parse_error(lexer, &format!("syntax error while parsing {context} - {problem}{expected}"))
}

/// The error for a text without any character.
pub(super) fn empty_input(lexer: &Lexer<'_>) -> JsonError {
    parse_error(
        lexer,
        "attempting to parse an empty input; check that your input string or stream contains the expected JSON",
    )
}

/// The error for a number beyond those that a double can hold.
pub(super) fn number_overflow(lexer: &Lexer<'_>) -> JsonError {
    JsonError(format!("[json.exception.out_of_range.406] number overflow parsing '{}'", last_read(lexer)))
}

fn parse_error(lexer: &Lexer<'_>, what: &str) -> JsonError {
    let (line, column) = lexer.position();
    JsonError(format!("[json.exception.parse_error.101] parse error at line {line}, column {column}: {what}"))
}

/// What was read since the last string or number began, with control characters made visible.
fn last_read(lexer: &Lexer<'_>) -> String {
    let mut shown = String::new();
    for part in lexer.last_read().utf8_chunks() {
        for character in part.valid().chars() {
            if character <= '\x1f' {
                shown += &format!("<U+{:04X}>", u32::from(character));
            } else {
                shown.push(character);
            }
        }
        if !part.invalid().is_empty() {
            shown.push(char::REPLACEMENT_CHARACTER);
        }
    }
    shown
}

fn name(token: &Token<'_>) -> &'static str {
    match token {
        Token::True => "true literal",
        Token::False => "false literal",
        Token::Null => "null literal",
        Token::String(_) => "string literal",
        Token::Integer(_) | Token::Unsigned(_) | Token::Float(_) => "number literal",
        Token::BeginArray => "'['",
        Token::BeginObject => "'{'",
        Token::EndArray => "']'",
        Token::EndObject => "'}'",
        Token::NameSeparator => "':'",
        Token::ValueSeparator => "','",
        Token::Error(_) => "<parse error>",
        Token::EndOfInput => "end of input",
    }
}
