//! A word of advice on mistakes that many make, recognised by the headline and by what stands around the place.

use nivose_base::{Error, Pos, Source};
use nivose_syntax::tree::{BinaryOperator, Expr};
use nivose_syntax::{Around, brackets_around, unclosed};

use super::characters::on_character;

/// On syntax errors.
pub fn on_syntax(error: Error, source: &Source) -> Error {
    let text = error.text().into_owned();
    let Some(what) = text.strip_prefix("syntax error, unexpected ") else { return error };
    let at = error.pos().0.saturating_sub(source.base().0) as usize;
    if let Some(advice) = on_token(what, &source.text, at) {
        return error.brief_note(advice, Pos::NONE);
    }
    if what.starts_with("invalid token")
        && let Some(note) = on_character(&source.text, at)
    {
        return error.brief_note(note, Pos::NONE);
    }
    let place = match what {
        _ if what.starts_with("'='") => end_of_line_before(&source.text, at),
        _ if what.starts_with("end of file") => unclosed(&source.text),
        _ if what.starts_with("';'") => unclosed_in_line(&source.text, at),
        _ if what.starts_with("']'") => open_around(&source.text, at, Around::Parentheses),
        _ if what.starts_with("')'") => open_around(&source.text, at, Around::List),
        _ if what.ends_with("expecting '.' or '='") => open_around(&source.text, at, Around::Let),
        _ => None,
    };
    let is_let = what.ends_with("expecting '.' or '='");
    match place {
        Some(place) if what.starts_with("'='") => error.note("a ';' may be missing", source.pos(place)),
        Some(place) if is_let => error.note("'in' and the result are missing of this", source.pos(place)),
        Some(place) => error.note("this is not closed", source.pos(place)),
        None => error,
    }
}

/// What can begin or join an expression, but not stand bare in a list.
const OPERATIONS: &[&str] = &[
    "':'", "'@'", "'if'", "'let'", "'with'", "'assert'", "'!'", "'-'", "'+'", "'*'", "'/'", "'++'", "'//'",
    "'=='", "'!='", "'<'", "'>'", "'<='", "'>='", "'&&'", "'||'", "'->'", "'?'",
];

/// What is meant by a token that other languages have there.
fn on_token(what: &str, text: &[u8], at: usize) -> Option<&'static str> {
    let around = || brackets_around(text, at).0;
    Some(match what {
        "'=', expecting 'then'" => "'==' compares two values",
        "':', expecting '.' or '='" | "'==', expecting '.' or '='" => "'=' gives an attribute its value",
        "'=', expecting end of file" if text.get(at + 1) == Some(&b'>') => "a function is written 'x: ...'",
        "';', expecting end of file" => "an expression has no ';' at its end",
        "'=', expecting end of file" => "attributes stand in braces: '{ name = value; }'",
        "',', expecting ';'" if around() == Around::Braces => "attributes end with ';'",
        "',', expecting ';'" if around() == Around::Let => "bindings end with ';'",
        _ if what.starts_with("','") && in_inherit(text, at) => {
            "the names after 'inherit' are separated by blanks"
        }
        _ if what.ends_with("expecting 'else'") => "every 'if' has an 'else'",
        _ if what.starts_with("','") && around() == Around::List => {
            "elements of a list are separated by blanks"
        }
        _ if OPERATIONS.contains(&what) && around() == Around::List => {
            "functions and operations stand in parentheses within a list"
        }
        "invalid token" if is_shell_variable(text, at) => {
            "a variable has no '$' before it; '${ }' puts a value into a string, path or name"
        }
        _ if what.starts_with("','") && around() == Around::Parentheses => {
            "arguments are separated by blanks, as in 'f a b'"
        }
        _ => return None,
    })
}

/// Whether there is a name after a dollar sign.
fn is_shell_variable(text: &[u8], at: usize) -> bool {
    let after = text.get(at + 1);
    text.get(at) == Some(&b'$') && after.is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
}

/// Whether an offset is among the names of an `inherit` on its line.
fn in_inherit(text: &[u8], at: usize) -> bool {
    let line = text.get(..at).and_then(|before| before.rsplit(|&byte| byte == b'\n' || byte == b';').next());
    let line = line.and_then(|line| std::str::from_utf8(line).ok()).unwrap_or_default();
    line.split(|c: char| c.is_whitespace() || c == '{').any(|word| word == "inherit")
}

/// The opening of what is around an offset, if it is of a kind.
fn open_around(text: &[u8], at: usize, wanted: Around) -> Option<u32> {
    let (around, place) = brackets_around(text, at);
    place.filter(|_| around == wanted)
}

/// The bracket that a semicolon finds open, where none can be.
fn unclosed_in_line(text: &[u8], at: usize) -> Option<u32> {
    let (Around::List | Around::Parentheses, Some(place)) = brackets_around(text, at) else { return None };
    // An earlier semicolon was the first to find it.
    let between = text.get(place as usize..at)?;
    (!between.contains(&b';')).then_some(place)
}

/// The last character of the lines before the one of an offset, if there are any.
fn end_of_line_before(text: &[u8], at: usize) -> Option<u32> {
    let before = text.get(..at)?;
    let line = before.iter().rposition(|&byte| byte == b'\n')?;
    before.get(..line)?.trim_ascii_end().len().checked_sub(1).map(|end| end as u32)
}

/// On what is called with something in brackets, or after a dot.
pub fn on_index(error: &Error, argument: Expr) -> Option<&'static str> {
    let text = error.text();
    let is_called =
        |kind| text.starts_with(&format!("attempt to call something which is not a function but {kind}:"));
    match argument {
        Expr::List(_) | Expr::Float(_) if is_called("a list") => {
            Some("'builtins.elemAt list 0' is the first element of a list")
        }
        Expr::List(_) if is_called("a set") => {
            Some("'set.name' selects an attribute, 'set.${name}' the one that a variable names")
        }
        _ => None,
    }
}

/// On values that an operation does not take.
pub fn on_values(error: Error, operator: Option<BinaryOperator>) -> Error {
    let text = error.text().into_owned();
    let begins = |with: &str| text.starts_with(with);
    let numbers = ["an integer", "a float", "a Boolean"];
    let advice = match operator {
        Some(BinaryOperator::Concat) if begins("expected a list but found a set") => "'//' merges sets",
        Some(BinaryOperator::Update) if begins("expected a set but found a list") => "'++' joins lists",
        Some(BinaryOperator::Add) if begins("cannot coerce a list to a string") => "'++' joins lists",
        Some(BinaryOperator::Add) if begins("cannot coerce a set to a string") => "'//' merges sets",
        Some(BinaryOperator::Subtract) if begins("expected an integer but found a function") => {
            "'-' subtracts here; a negative argument stands in parentheses, as in 'f (-1)'"
        }
        _ if begins("cannot coerce a function to a string") => "the function may lack an argument",
        _ if begins("cannot add a string to") => "'toString' makes a string of a number",
        _ if numbers.iter().any(|kind| begins(&format!("cannot coerce {kind} to a string"))) => {
            "'toString' makes a string of it"
        }
        _ => return error,
    };
    error.brief_note(advice, Pos::NONE)
}
