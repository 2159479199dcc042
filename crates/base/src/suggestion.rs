//! Suggestions for misspelt names: "Did you mean one of a, b or c?".

/// How far a name may be from what was written.
const MAX_DISTANCE: usize = 2;
/// How many names are suggested at most.
const MAX_SUGGESTIONS: usize = 3;

/// The number of insertions, deletions and replacements of bytes between two names, or nothing if it exceeds `limit`.
#[must_use]
pub fn distance(left: &[u8], right: &[u8], limit: usize) -> Option<usize> {
    if left.len().abs_diff(right.len()) > limit {
        return None;
    }
    let mut row: Vec<usize> = (0..=right.len()).collect();
    let mut next = Vec::with_capacity(row.len());
    for (index, byte) in left.iter().enumerate() {
        fill_row(&row, &mut next, index + 1, *byte, right);
        if next.iter().min().is_some_and(|&least| least > limit) {
            return None;
        }
        std::mem::swap(&mut row, &mut next);
    }
    row.last().copied().filter(|&distance| distance <= limit)
}

/// Computes one row of the distance table from the row before it.
fn fill_row(row: &[usize], next: &mut Vec<usize>, first: usize, byte: u8, right: &[u8]) {
    next.clear();
    next.push(first);
    let mut before = first;
    for (pair, &other) in row.windows(2).zip(right) {
        let [diagonal, above] = [pair.first().copied().unwrap_or(0), pair.last().copied().unwrap_or(0)];
        let replaced = diagonal + usize::from(byte != other);
        before = replaced.min(above + 1).min(before + 1);
        next.push(before);
    }
}

/// The candidates nearest to a name, at most three: sorted by distance, then by name.
pub fn suggestions<'c>(name: &[u8], candidates: impl IntoIterator<Item = &'c [u8]>) -> Vec<String> {
    let mut near: Vec<(usize, &[u8])> = candidates
        .into_iter()
        .filter_map(|candidate| Some((distance(name, candidate, MAX_DISTANCE)?, candidate)))
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter()
        .take(MAX_SUGGESTIONS)
        .map(|(_, near)| String::from_utf8_lossy(near).into_owned())
        .collect()
}

/// "Did you mean a, b or c?" for names close to one that is missing; nothing for none.
pub fn did_you_mean(names: &[String]) -> Option<String> {
    let (last, others) = names.split_last()?;
    Some(match others {
        [] => format!("Did you mean {last}?"),
        _ => format!("Did you mean one of {} or {last}?", others.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        let cases = [
            ("", "", Some(0)),
            ("abc", "abd", Some(1)),
            ("ab", "abcd", Some(2)),
            ("kitten", "sitting", None),
            ("abc", "bc", Some(1)),
        ];
        for (left, right, expected) in cases {
            assert_eq!(distance(left.as_bytes(), right.as_bytes(), 2), expected, "{left} {right}");
            assert_eq!(distance(right.as_bytes(), left.as_bytes(), 2), expected, "{right} {left}");
        }
        assert_eq!(distance(b"kitten", b"sitting", 3), Some(3));
    }

    #[test]
    fn sentences() {
        let found = |candidates: &[&str]| {
            did_you_mean(&suggestions(b"foo", candidates.iter().map(|candidate| candidate.as_bytes())))
        };
        assert_eq!(found(&["bar"]).as_deref(), None);
        assert_eq!(found(&["fob", "bar"]).as_deref(), Some("Did you mean fob?"));
        assert_eq!(
            found(&["fo", "fooxx", "fox", "fa"]).as_deref(),
            Some("Did you mean one of fo, fox or fa?")
        );
        assert_eq!(found(&["fo", "fox"]).as_deref(), Some("Did you mean one of fo or fox?"));
    }
}
