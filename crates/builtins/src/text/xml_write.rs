//! Escaping for `builtins.toXML`.

/// Appends the value of an attribute, escaped as C++ Nix does: `"`, `<`, `>` and `&` by name, line feeds by number, all
/// other bytes as they are.
pub fn escape_attribute(text: &[u8], out: &mut Vec<u8>) {
    let mut done = 0;
    for (index, &byte) in text.iter().enumerate() {
        let Some(escape) = escape(byte) else { continue };
        out.extend_from_slice(text.get(done..index).unwrap_or_default());
        out.extend_from_slice(escape);
        done = index + 1;
    }
    out.extend_from_slice(text.get(done..).unwrap_or_default());
}

fn escape(byte: u8) -> Option<&'static [u8]> {
    match byte {
        b'"' => Some(b"&quot;"),
        b'<' => Some(b"&lt;"),
        b'>' => Some(b"&gt;"),
        b'&' => Some(b"&amp;"),
        b'\n' => Some(b"&#xA;"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        let mut out = b"x".to_vec();
        escape_attribute(b"<a href=\"x\">'&amp;'</a>\n\t\r\x01\xff", &mut out);
        assert_eq!(out, b"x&lt;a href=&quot;x&quot;&gt;'&amp;amp;'&lt;/a&gt;&#xA;\t\r\x01\xff");
    }
}
