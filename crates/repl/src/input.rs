//! What a piece of input is: a command, bindings, an expression, or not complete yet. Only its beginning is looked at;
//! whether it can be read is for the parser to say.

/// The parts of a command: its name with the colon, and what follows.
pub fn command(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    if !text.starts_with(':') {
        return None;
    }
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    Some((&text[..end], text[end..].trim()))
}

/// Whether input that is no expression is meant as bindings: it begins with `inherit`, or with names and an `=`.
pub fn looks_like_bindings(text: &str) -> bool {
    let text = text.trim_start();
    if let Some(rest) = text.strip_prefix("inherit") {
        return rest.starts_with(|next: char| next.is_whitespace() || next == '(');
    }
    let mut rest = Some(text);
    while let Some(after) = rest.and_then(after_name).map(str::trim_start) {
        if after.starts_with('=') {
            return !after.starts_with("==");
        }
        rest = after.strip_prefix('.').map(str::trim_start);
    }
    false
}

/// What follows the name of an attribute: a word, a string, or `${…}`.
fn after_name(text: &str) -> Option<&str> {
    if let Some(quoted) = text.strip_prefix('"') {
        return quoted.find('"').map(|end| &quoted[end + 1..]);
    }
    if let Some(dynamic) = text.strip_prefix("${") {
        return dynamic.find('}').map(|end| &dynamic[end + 1..]);
    }
    let is_name = |next: char| next.is_ascii_alphanumeric() || "_'-".contains(next);
    let rest = text.trim_start_matches(is_name);
    (rest.len() < text.len()).then_some(rest)
}

/// The set whose attributes bindings are.
pub fn as_set(text: &str) -> String {
    let text = text.trim_end();
    let end = if text.ends_with(';') { "" } else { ";" };
    format!("{{ {text}{end} }}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_have_a_name_and_a_rest() {
        assert_eq!(command(" :a  { } "), Some((":a", "{ }")));
        assert_eq!(command(":q"), Some((":q", "")));
        assert_eq!(command("1"), None);
    }

    #[test]
    fn bindings_begin_with_names() {
        for text in ["x = 1", "a.b = 1; c = 2", "inherit (x) y", "\"a b\" = 1;", "${n}.b=1", "a . b = 1"] {
            assert!(looks_like_bindings(text), "{text}");
        }
        for text in [
            "x == 1",
            "{ a = 1; b = 2; }",
            "let a = 1; in a",
            "f { a = 1; }",
            "x: y = 1",
            "{ x = 1; }",
            "inherited",
            "",
            "= 1",
            "(x) = 1",
        ] {
            assert!(!looks_like_bindings(text), "{text}");
        }
        assert_eq!(as_set("x = 1;"), as_set("x = 1"));
    }
}
