//! Indentation of nested things, the same wherever they are printed.

/// Blanks for each level.
const WIDTH: usize = 2;

/// Lines are not indented further than so many levels: else the text of a chain would be quadratic in its length.
const DEEPEST: usize = 100;

const BLANKS: &str = match str::from_utf8(&[b' '; WIDTH * DEEPEST]) {
    Ok(blanks) => blanks,
    Err(_) => "",
};

/// The blanks that a line begins with at a depth.
pub fn indent(depth: usize) -> &'static str {
    &BLANKS[..WIDTH * depth.min(DEEPEST)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_indented_up_to_a_bound() {
        assert_eq!((indent(0), indent(2)), ("", "    "));
        assert_eq!(indent(usize::MAX), " ".repeat(200));
    }
}
