//! Hand-picked expressions; the large random comparison is among the crate's integration tests.

use super::*;

fn matched(pattern: &str, subject: &str) -> Option<Vec<Option<String>>> {
    let groups = Regex::new(pattern.as_bytes()).unwrap().full_match(subject.as_bytes()).unwrap()?;
    Some(groups.into_iter().map(|group| group.map(|range| subject[range].to_owned())).collect())
}

fn texts(groups: &[&str]) -> Option<Vec<Option<String>>> {
    Some(groups.iter().map(|&group| (group != "-").then(|| group.to_owned())).collect())
}

fn pieces(pattern: &str, subject: &str) -> String {
    let regex = Regex::new(pattern.as_bytes()).unwrap();
    let (mut cursor, mut scratch) = (MatchCursor::default(), Scratch::default());
    let mut out = String::new();
    let mut end = 0;
    while cursor.next(&regex, subject.as_bytes(), &mut scratch, &mut || true).unwrap() {
        let (start, next) = scratch.whole();
        out += &format!("{}<", &subject[end..start]);
        for group in scratch.groups() {
            out += group.map_or("-", |(start, end)| &subject[start..end]);
            out += ",";
        }
        out += ">";
        end = next;
    }
    out + &subject[end..]
}

#[test]
fn groups_of_whole_matches() {
    let cases: [(&str, &str, &[&str]); 16] = [
        ("(a|ab)(c|bcd)(d*)", "abcd", &["a", "bcd", ""]),
        ("(a|b|ab)*", "ab", &["b"]),
        ("(aa|a)*", "aaa", &["a"]),
        ("(a*)(ab)*(b*)", "abb", &["a", "-", "bb"]),
        ("(a*)|b", "b", &["-"]),
        ("((a)|(b))*", "ab", &["b", "a", "b"]),
        ("(a*)*", "aaa", &[""]),
        ("(a*)+", "aaa", &[""]),
        ("(a?)*b", "aab", &[""]),
        ("(.*)(foo|foobar)", "xfoobarfoo", &["xfoobar", "foo"]),
        ("(a+?)(a*)", "aaa", &["aaa", ""]),
        ("($)?a", "a", &["-"]),
        ("(^)*a", "a", &[""]),
        ("(a|(b)){2}", "ba", &["a", "b"]),
        ("(x(y)?)*", "xyx", &["x", "y"]),
        ("(.*)\n(.*)", "one\ntwo", &["one", "two"]),
    ];
    for (pattern, subject, expected) in cases {
        assert_eq!(matched(pattern, subject), texts(expected), "{pattern} {subject}");
    }
}

#[test]
fn whole_matches_without_groups() {
    let regex = Regex::new(b".*99.*").unwrap();
    for _ in 0..2 * DFA_AFTER {
        for (subject, expected) in [("a99b", true), ("9a9", false), ("99", true), ("", false), ("999", true)]
        {
            assert_eq!(regex.full_match(subject.as_bytes()).unwrap().is_some(), expected, "{subject}");
        }
    }
    assert!(regex.dfa.get().is_some_and(Option::is_some));
}

#[test]
fn splitting() {
    let cases = [
        ("", "abc", "<>a<>b<>c<>"),
        ("x*", "axb", "<>a<><>b<>"),
        ("(a|ab|abc)", "abcd", "<abc,>d"),
        ("(x|xy)(z?)", "xyz xz", "<xy,z,> <x,z,>"),
        ("(a)|b", "xaxbx", "x<a,>x<-,>x"),
        ("^a", "aaa", "<>aa"),
        ("a$", "aaa", "aa<>"),
        ("(a*)", "", "<,>"),
        ("a", "", ""),
        ("[-.]", "a-b.c", "a<>b<>c"),
    ];
    for (pattern, subject, expected) in cases {
        assert_eq!(pieces(pattern, subject), expected, "{pattern} {subject}");
    }
}

#[test]
fn rejected_patterns() {
    let patterns = [
        "(",
        ")",
        "a)",
        "(a",
        "[a",
        "*a",
        "+",
        "?",
        "{1}",
        "a{",
        "a{,2}",
        "a{2",
        "a{2,1}",
        "a{x}",
        "^*",
        "$+",
        "(*a)",
        "a|*b",
        "\\d",
        "\\",
        "a\\",
        "(a)\\1",
        "\\]",
        "\\}",
        "\\/",
        "\\-",
        "\\n",
        "[z-a]",
        "a{99999999999}",
    ];
    for pattern in patterns {
        assert_eq!(Regex::new(pattern.as_bytes()).err(), Some(RegexError::Invalid), "{pattern}");
    }
}

#[test]
fn accepted_patterns() {
    for pattern in [
        "a|", "|a", "()", "a||b", "a+?", "a**", "]", "}", "a]", "(|a)", "\\{", "a{0}", "a{2,}", "^^", "$$",
        "a^b", "[]a]",
    ] {
        assert!(Regex::new(pattern.as_bytes()).is_ok(), "{pattern}");
    }
}

#[test]
fn patterns_that_are_too_big() {
    assert_eq!(Regex::new(b"a{200000}").err(), Some(RegexError::TooBig));
    assert_eq!(Regex::new(b"((a{100}){100}){100}").err(), Some(RegexError::TooBig));
    assert!(Regex::new(b"a{1000}").is_ok());
}

#[test]
fn deep_nesting_needs_no_stack() {
    let depth = 20_000;
    let pattern = format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(
        Regex::new(pattern.as_bytes()).unwrap().full_match(b"a").unwrap().map(|groups| groups.len()),
        Some(depth)
    );
}

#[test]
fn long_subjects_take_linear_time() {
    let subject = vec![b'a'; 200_000];
    assert_eq!(Regex::new(b"(a|aa)*(a|b)*c").unwrap().full_match(&subject), Ok(None));
    assert_eq!(Regex::new(b"(.*,)*(.*);").unwrap().full_match(&subject), Ok(None));
    let (mut cursor, mut scratch) = (MatchCursor::default(), Scratch::default());
    let regex = Regex::new(b"(a|b)*c").unwrap();
    assert_eq!(cursor.next(&regex, &subject, &mut scratch, &mut || true), Ok(false));
}

#[test]
fn searches_end_when_nobody_wants_them() {
    let subject = vec![b'a'; 4 << 20];
    for pattern in ["(a|aa)*b", "[a-z]*1", "([a-z]*)1", "(a*)*b"] {
        let regex = Regex::new(pattern.as_bytes()).unwrap();
        for allowed in 0..3 {
            let mut asked = 0;
            let mut goes_on = || {
                asked += 1;
                asked <= allowed
            };
            let mut scratch = Scratch::default();
            let mut cursor = MatchCursor::default();
            assert_eq!(
                cursor.next(&regex, &subject, &mut scratch, &mut goes_on),
                Err(Stopped::Interrupted),
                "{pattern}"
            );
            assert_eq!(asked, allowed + 1, "{pattern}");
        }
        // The automaton asks too.
        let mut found = Ok(true);
        for _ in 0..10 {
            found = regex.full_match_in(&subject, &mut Scratch::default(), &mut || false);
        }
        assert_eq!(found, Err(Stopped::Interrupted), "{pattern}");
    }
}

#[test]
fn nested_empty_loops_take_bearable_time() {
    let subject = [b'a'; 300];
    let regex = Regex::new(b"((a*)*)*b").unwrap();
    // The automaton rejects a whole match; a search has to go through all the ways.
    assert_eq!(regex.full_match(&subject), Ok(None));
    let (mut cursor, mut scratch) = (MatchCursor::default(), Scratch::default());
    assert_eq!(cursor.next(&regex, &subject, &mut scratch, &mut || true), Ok(false));
    // So many loops that next to nothing of what is remembered comes again: it is given up.
    let regex = Regex::new(b"(|ab)***{2,7}x").unwrap();
    assert_eq!(
        MatchCursor::default().next(&regex, b"yabcyeebcycc", &mut scratch, &mut || true),
        Err(Stopped::Limit)
    );
}
