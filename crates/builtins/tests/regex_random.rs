//! Compares the regular expressions with 4000 answers of C++ Nix to random patterns and subjects.
//!
//! Each line of the data is `[pattern, subject, result of match, result of split]`.

use nivose_builtins::text::regex::{MatchCursor, Regex, Scratch};
use serde_json::{Value, json};

const DATA: &str = include_str!("data/regex-random.json");

fn group(subject: &str, bounds: Option<(usize, usize)>) -> Value {
    bounds.map_or(Value::Null, |(start, end)| json!(&subject[start..end]))
}

fn full_match(regex: &Regex, subject: &str, scratch: &mut Scratch) -> Value {
    if !regex.full_match_in(subject.as_bytes(), scratch, &mut || true).unwrap() {
        return Value::Null;
    }
    scratch.groups().map(|bounds| group(subject, bounds)).collect()
}

fn split(regex: &Regex, subject: &str, scratch: &mut Scratch) -> Value {
    let mut cursor = MatchCursor::default();
    let mut pieces = Vec::new();
    let mut end = 0;
    while cursor.next(regex, subject.as_bytes(), scratch, &mut || true).unwrap() {
        let (start, next) = scratch.whole();
        pieces.push(json!(&subject[end..start]));
        pieces.push(scratch.groups().map(|bounds| group(subject, bounds)).collect());
        end = next;
    }
    pieces.push(json!(&subject[end..]));
    Value::Array(pieces)
}

#[test]
fn random_expressions_agree() {
    let cases: Vec<(String, String, Value, Value)> = serde_json::from_str(DATA).unwrap();
    assert_eq!(cases.len(), 4000);
    let mut scratch = Scratch::default();
    for (pattern, subject, matched, pieces) in cases {
        let regex = Regex::new(pattern.as_bytes()).unwrap();
        // Often enough that both engines answer.
        for _ in 0..6 {
            assert_eq!(full_match(&regex, &subject, &mut scratch), matched, "match {pattern:?} {subject:?}");
        }
        assert_eq!(split(&regex, &subject, &mut scratch), pieces, "split {pattern:?} {subject:?}");
    }
}
