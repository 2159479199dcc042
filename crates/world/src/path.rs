//! Textual operations on paths of bytes: nothing here looks at a file system.

/// The canonical form of an absolute path: no empty, `.` or `..` components and no final slash; the root is `/`.
///
/// `..` removes the component before it textually and stays at the root. A path without a leading slash is taken as if it had one.
#[must_use]
pub fn canonicalise(path: &[u8]) -> Vec<u8> {
    let mut canonical = Vec::with_capacity(path.len().max(1));
    for component in path.split(|&byte| byte == b'/') {
        push_component(&mut canonical, component);
    }
    if canonical.is_empty() {
        canonical.push(b'/');
    }
    canonical
}

/// Applies one component to a canonical path whose root is written as the empty string.
fn push_component(canonical: &mut Vec<u8>, component: &[u8]) {
    match component {
        b"" | b"." => {}
        b".." => canonical.truncate(last_slash(canonical).unwrap_or(0)),
        name => {
            canonical.push(b'/');
            canonical.extend_from_slice(name);
        }
    }
}

/// Whether [`canonicalise`] would return the path unchanged.
#[must_use]
pub fn is_canonical(path: &[u8]) -> bool {
    match path {
        b"/" => true,
        [b'/', rest @ ..] => {
            // Most paths have nothing that could be such a component: seen without a branch for each byte.
            let is_odd = |(&first, &second)| (first == b'/') & ((second == b'/') | (second == b'.'));
            let has_odd = path.iter().zip(rest).fold(false, |found, pair| found | is_odd(pair));
            !path.ends_with(b"/") && !has_odd
                || rest.split(|&byte| byte == b'/').all(|name| !matches!(name, b"" | b"." | b".."))
        }
        _ => false,
    }
}

/// Whether the path begins at the root.
#[must_use]
pub fn is_absolute(path: &[u8]) -> bool {
    path.first() == Some(&b'/')
}

/// The last component, in the way of `builtins.baseNameOf`: one final slash is ignored, a second one is not.
///
/// `a/b/` gives `b`; `a/b//` and `/` give the empty string.
#[must_use]
pub fn base_name(path: &[u8]) -> &[u8] {
    let end = match path {
        [start @ .., b'/'] => start,
        whole => whole,
    };
    match last_slash(end) {
        Some(slash) => end.get(slash + 1..).unwrap_or_default(),
        None => end,
    }
}

/// What is before the last slash, in the way of `builtins.dirOf` for strings.
///
/// Without a slash it is `.`; of `/a` it is `/`; of `a/b/` it is `a/b`.
#[must_use]
pub fn directory_name(path: &[u8]) -> &[u8] {
    match last_slash(path) {
        None => b".",
        Some(0) => b"/",
        Some(slash) => path.get(..slash).unwrap_or_default(),
    }
}

/// Puts a name or a relative path behind a directory, with exactly one slash between them; nothing is canonicalised.
#[must_use]
pub fn join(directory: &[u8], relative: &[u8]) -> Vec<u8> {
    let mut joined = Vec::with_capacity(directory.len() + 1 + relative.len());
    joined.extend_from_slice(directory);
    if directory.last() != Some(&b'/') {
        joined.push(b'/');
    }
    joined.extend_from_slice(relative);
    joined
}

/// The canonical form of a path that may be relative to a directory.
#[must_use]
pub fn absolute(path: &[u8], base: &[u8]) -> Vec<u8> {
    if is_absolute(path) { canonicalise(path) } else { canonicalise(&join(base, path)) }
}

/// Whether `path` is `directory` or lies below it; both canonical.
#[must_use]
pub fn is_within(path: &[u8], directory: &[u8]) -> bool {
    match path.strip_prefix(directory) {
        Some(rest) => rest.is_empty() || rest.first() == Some(&b'/') || directory == b"/",
        None => false,
    }
}

/// The non-empty components of a path, in order.
pub fn components(path: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    path.split(|&byte| byte == b'/').filter(|name| !name.is_empty())
}

fn last_slash(path: &[u8]) -> Option<usize> {
    path.iter().rposition(|&byte| byte == b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_forms() {
        let cases: [(&str, &str); 9] = [
            ("/a/./b/../c//d", "/a/c/d"),
            ("/", "/"),
            ("", "/"),
            ("/..", "/"),
            ("/../../a/", "/a"),
            ("/a/b/../..", "/"),
            ("/a/.../b", "/a/.../b"),
            ("/a/.b", "/a/.b"),
            ("//a", "/a"),
        ];
        for (path, expected) in cases {
            assert_eq!(canonicalise(path.as_bytes()), expected.as_bytes(), "{path}");
            assert_eq!(is_canonical(path.as_bytes()), path == expected, "{path}");
        }
    }

    #[test]
    fn base_names() {
        for (path, expected) in [("a/b/", "b"), ("a/b//", ""), ("/", ""), ("", ""), ("b", "b"), ("/a/b", "b")]
        {
            assert_eq!(base_name(path.as_bytes()), expected.as_bytes(), "{path}");
        }
    }

    #[test]
    fn directory_names() {
        for (path, expected) in
            [("a", "."), ("/a", "/"), ("a/b/", "a/b"), ("/a/b", "/a"), ("", "."), ("/", "/")]
        {
            assert_eq!(directory_name(path.as_bytes()), expected.as_bytes(), "{path}");
        }
    }

    #[test]
    fn joining() {
        assert_eq!(join(b"/", b"a"), b"/a");
        assert_eq!(join(b"/a", b"b"), b"/a/b");
        assert_eq!(absolute(b"../x", b"/a/b"), b"/a/x");
        assert_eq!(absolute(b"/x/.", b"/a/b"), b"/x");
    }

    #[test]
    fn containment() {
        assert!(is_within(b"/nix/store/x", b"/nix/store"));
        assert!(is_within(b"/nix/store", b"/nix/store"));
        assert!(is_within(b"/nix", b"/"));
        assert!(!is_within(b"/nix/store2", b"/nix/store"));
    }
}
