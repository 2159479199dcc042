//! Ways in which C++ Nix 2.8 writes the same value differently.

/// Whether two texts of values are the same, but for dollars in the names of attributes: `theirs` has a backslash
/// before each.
pub(crate) fn same_but_dollars(ours: &str, theirs: &str) -> bool {
    let mut plain = String::new();
    let mut rest = theirs;
    while let Some(at) = rest.find('"') {
        let string = quoted(&rest[at..]);
        let is_name = rest[at + string.len()..].starts_with(" = ");
        plain.push_str(&rest[..at]);
        plain.push_str(&if is_name { unescaped(string) } else { string.to_owned() });
        rest = &rest[at + string.len()..];
    }
    plain + rest == ours
}

/// A string without the backslashes before dollars that need none.
fn unescaped(string: &str) -> String {
    string.replace("\\${", "\0").replace("\\$", "$").replace('\0', "\\${")
}

/// The string in quotes that a text begins with.
fn quoted(text: &str) -> &str {
    let mut escaped = true;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return &text[..=at],
            _ => {}
        }
    }
    text
}

/// Whether two texts of values are the same, but for lists that `theirs` marks as repeated: lists that are written
/// before already.
pub(crate) fn same_but_repeated(ours: &str, theirs: &str) -> bool {
    let (mut left, mut right) = (ours, theirs);
    loop {
        let same = left.bytes().zip(right.bytes()).take_while(|(left, right)| left == right).count();
        let same = (0..=same).rev().find(|&at| left.is_char_boundary(at) && right.is_char_boundary(at));
        (left, right) = (&left[same.unwrap_or(0)..], &right[same.unwrap_or(0)..]);
        if left.is_empty() && right.is_empty() {
            return true;
        }
        let (Some(again), Some(marked)) = (repeated(ours, left), right.strip_prefix(MARK)) else {
            return false;
        };
        (left, right) = (again, marked);
    }
}

/// The same, for lists that are marked as repeated in `ours`.
pub(crate) fn same_but_repeated_here(ours: &str, theirs: &str) -> bool {
    same_but_repeated(theirs, ours)
}

/// What follows a list that was written before, if the rest of a text begins with one.
fn repeated<'t>(text: &'t str, rest: &'t str) -> Option<&'t str> {
    let list = list(rest);
    let place = text.len() - rest.len();
    (!list.is_empty() && is_written_before(text, place, list)).then(|| &rest[list.len()..])
}

const MARK: &str = "«repeated»";

/// Whether a list, in which more may be marked as repeated, is written somewhere before a place.
fn is_written_before(text: &str, place: usize, wanted: &str) -> bool {
    let starts = text[..place].match_indices('[').map(|(at, _)| at);
    starts.into_iter().any(|at| {
        let before = list(&text[at..]);
        at + before.len() <= place && (before == wanted || wanted.contains(MARK))
    })
}

/// The list that a text begins with, or nothing.
fn list(text: &str) -> &str {
    let (mut depth, mut at) = (0, 0);
    while let Some(c) = text[at..].chars().next() {
        match c {
            '"' => {
                at += quoted(&text[at..]).len();
                continue;
            }
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return if at == 0 { "" } else { &text[..=at] };
        }
        at += c.len_utf8();
    }
    ""
}

/// A text of a value in which builtins look like other functions.
pub(crate) fn without_builtins(text: &str) -> String {
    text.replace("<PRIMOP-APP>", "<LAMBDA>").replace("<PRIMOP>", "<LAMBDA>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_lists_are_seen_through() {
        assert!(same_but_repeated(
            "{ a = [ 1 \"]\" ]; b = [ 1 \"]\" ]; c = 1; }",
            "{ a = [ 1 \"]\" ]; b = «repeated»; c = 1; }"
        ));
        assert!(!same_but_repeated(
            "{ a = [ 1 ]; b = [ 1 ]; c = 1; }",
            "{ a = [ 1 ]; b = «repeated»; c = 2; }"
        ));
        assert!(!same_but_repeated("{ a = [ 1 ]; b = { }; }", "{ a = [ 1 ]; b = «repeated»; }"));
        assert!(!same_but_repeated("{ a = [ 2 ]; b = [ 1 ]; }", "{ a = [ 2 ]; b = «repeated»; }"));
    }

    #[test]
    fn dollars_in_names_are_seen_through() {
        assert!(same_but_dollars(r#"{ "$a" = "\${x}"; }"#, r#"{ "\$a" = "\${x}"; }"#));
        assert!(same_but_dollars(r#"{ "$\${a" = 1; }"#, r#"{ "\$\${a" = 1; }"#));
        assert!(!same_but_dollars(r#"{ a = "$x"; }"#, r#"{ a = "\$x"; }"#));
    }
}
