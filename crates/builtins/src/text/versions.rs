//! Version strings and derivation names: `splitVersion`, `compareVersions`, `parseDrvName`.

use std::cmp::Ordering;

/// The components of a version: runs of digits and runs of other characters, separated by `.`, `-` or a change between
/// the two kinds. Separators are not part of any component.
#[derive(Clone, Debug)]
pub struct Components<'v> {
    rest: &'v [u8],
}

/// Splits a version as `builtins.splitVersion` does.
#[must_use]
pub fn components(version: &[u8]) -> Components<'_> {
    Components { rest: version }
}

impl<'v> Iterator for Components<'v> {
    type Item = &'v [u8];

    fn next(&mut self) -> Option<&'v [u8]> {
        let start = self.rest.iter().position(|&byte| !is_separator(byte))?;
        let rest = self.rest.get(start..)?;
        let digits = rest.first()?.is_ascii_digit();
        let same = |byte: &u8| byte.is_ascii_digit() == digits && !is_separator(*byte);
        let length = rest.iter().position(|byte| !same(byte)).unwrap_or(rest.len());
        let (component, rest) = rest.split_at_checked(length)?;
        self.rest = rest;
        Some(component)
    }
}

fn is_separator(byte: u8) -> bool {
    byte == b'.' || byte == b'-'
}

/// Compares two versions component by component, as `builtins.compareVersions` does; a missing component is empty.
#[must_use]
pub fn compare(left: &[u8], right: &[u8]) -> Ordering {
    let (mut left, mut right) = (components(left), components(right));
    loop {
        let (first, second) = (left.next(), right.next());
        if first.is_none() && second.is_none() {
            return Ordering::Equal;
        }
        match compare_components(first.unwrap_or_default(), second.unwrap_or_default()) {
            Ordering::Equal => {}
            different => return different,
        }
    }
}

/// The order of two components: `pre`, then text, then numbers; an empty component is before numbers, and before text
/// other than `pre`.
fn compare_components(left: &[u8], right: &[u8]) -> Ordering {
    if is_less(left, right) {
        Ordering::Less
    } else if is_less(right, left) {
        Ordering::Greater
    } else {
        Ordering::Equal
    }
}

fn is_less(left: &[u8], right: &[u8]) -> bool {
    match (number(left), number(right)) {
        (Some(left), Some(right)) => left < right,
        (None, Some(_)) if left.is_empty() => true,
        _ if left == b"pre" && right != b"pre" => true,
        _ if right == b"pre" => false,
        (None, Some(_)) => true,
        (Some(_), None) => false,
        (None, None) => left < right,
    }
}

/// The value of a component that is a number of 32 bits; longer ones count as text.
fn number(component: &[u8]) -> Option<i32> {
    let digit = |value: i32, byte: &u8| match byte {
        b'0'..=b'9' => value.checked_mul(10)?.checked_add(i32::from(byte - b'0')),
        _ => None,
    };
    if component.is_empty() { None } else { component.iter().try_fold(0, digit) }
}

/// Splits a derivation's name into name and version, as `builtins.parseDrvName` does: at the first dash that is followed
/// by something other than a letter.
#[must_use]
pub fn parse_derivation_name(name: &[u8]) -> (&[u8], &[u8]) {
    let begins_version = |pair: &[u8]| matches!(pair, [b'-', next] if !next.is_ascii_alphabetic());
    match name.windows(2).position(begins_version) {
        Some(dash) => (name.get(..dash).unwrap_or_default(), name.get(dash + 1..).unwrap_or_default()),
        None => (name, &[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(version: &str) -> Vec<String> {
        components(version.as_bytes()).map(|part| String::from_utf8_lossy(part).into_owned()).collect()
    }

    #[test]
    fn splitting() {
        assert_eq!(split("1.2.3pre4"), ["1", "2", "3", "pre", "4"]);
        assert_eq!(split("1.0_beta"), ["1", "0", "_beta"]);
        assert_eq!(split("1.-2"), ["1", "2"]);
        assert_eq!(split("é1"), ["é", "1"]);
        assert_eq!(split(".1."), ["1"]);
        assert!(split("..-").is_empty());
        assert!(split("").is_empty());
    }

    /// Answers of C++ Nix 2.36.
    const COMPARISONS: &str = "1.0 ~ 1.0: 0|1.0 ~ 2.0: -1|1.9 ~ 1.10: -1|1.0 ~ 1.0.0: -1|2.3 ~ 2.3pre1: 1|2.3pre1 ~ 2.3pre12: -1|\
        2.3a ~ 2.3c: -1|2.3.1 ~ 2.3a: 1|2.3pre1 ~ 2.3c: -1|2.3pre1 ~ 2.3q: -1|2.3 ~ 2.3.1: -1|1.0-rc ~ 1.0: 1|1.0-rc ~ 1.0.1: -1|\
        1.0pre ~ 1.0-rc: -1|pre ~ : -1| ~ : 0| ~ 1: -1| ~ a: -1| ~ pre: 1|1 ~ a: 1|a ~ b: -1|A ~ a: -1|1.2.3 ~ 1-2-3: 0|1..2 ~ 1.2: 0|\
        1.2. ~ 1.2: 0|01 ~ 1: 0|1a ~ 1.a: 0|4.0.0-beta ~ 4.0.0-alpha: 1|1.0+2 ~ 1.0+1: 1|2147483647 ~ 2147483646: 1|2147483648 ~ 1: -1|\
        1 ~ 2147483648: 1|99999999999 ~ 99999999998: 1|99999999999 ~ a: -1|99999999999 ~ pre: 1|10000000000 ~ 9000000000: -1|\
        00000000000000000001 ~ 1: 0";

    #[test]
    fn comparing() {
        for case in COMPARISONS.split('|') {
            let (pair, expected) = case.rsplit_once(": ").unwrap();
            let (left, right) = pair.split_once(" ~ ").unwrap();
            let (left, right) = (left.as_bytes(), right.as_bytes());
            assert_eq!(compare(left, right) as i32, expected.parse::<i32>().unwrap(), "{case}");
            assert_eq!(compare(right, left), compare(left, right).reverse(), "{case}");
        }
    }

    #[test]
    fn derivation_names() {
        let cases = [
            ("firefox-121.0.1", "firefox", "121.0.1"),
            ("xorg-server", "xorg-server", ""),
            ("x-+1", "x", "+1"),
            ("a--1", "a", "-1"),
            ("a-", "a-", ""),
            ("-1", "", "1"),
            ("", "", ""),
            ("dash-0", "dash", "0"),
        ];
        for (name, expected, version) in cases {
            assert_eq!(
                parse_derivation_name(name.as_bytes()),
                (expected.as_bytes(), version.as_bytes()),
                "{name}"
            );
        }
    }
}
