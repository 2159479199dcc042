//! Strings and names as they are written in source text: in results, in messages, in desugared programs.

/// A string literal: quotes, and escapes for what would not read back.
pub fn write_string(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for (index, &byte) in bytes.iter().enumerate() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'$' if bytes.get(index + 1) == Some(&b'{') => out.extend_from_slice(b"\\$"),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

/// An attribute name: bare if it is an identifier and no keyword, else quoted.
pub fn write_name(name: &[u8], out: &mut Vec<u8>) {
    if is_bare_name(name) { out.extend_from_slice(name) } else { write_string(name, out) }
}

/// Whether a name may stand without quotes.
pub fn is_bare_name(name: &[u8]) -> bool {
    const KEYWORDS: &[&[u8]] =
        &[b"if", b"then", b"else", b"assert", b"with", b"let", b"in", b"rec", b"inherit"];
    let Some((first, rest)) = name.split_first() else { return false };
    let identifier = (first.is_ascii_alphabetic() || *first == b'_')
        && rest.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'\'' | b'-'));
    identifier && !KEYWORDS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_quoted_but_or_is_not() {
        assert!(is_bare_name(b"or") && is_bare_name(b"a'-b"));
        assert!(!is_bare_name(b"if") && !is_bare_name(b"") && !is_bare_name(b"1a"));
    }
}
