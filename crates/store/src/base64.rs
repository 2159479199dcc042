//! Base 64 with the standard alphabet, as lenient in reading as C++ Nix:
//! padding may be missing, newlines are skipped, and what follows the first
//! `=` is not looked at.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The number of characters, padding included, that `bytes` bytes take.
pub(crate) const fn encoded_length(bytes: usize) -> usize {
    bytes.div_ceil(3) * 4
}

/// Appends the padded text of `bytes`.
pub(crate) fn encode_into(bytes: &[u8], out: &mut Vec<u8>) {
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for position in 0..4 {
            out.push(match position <= chunk.len() {
                true => ALPHABET[(group >> (18 - 6 * position) & 63) as usize],
                false => b'=',
            });
        }
    }
}

/// The bytes of `text`; `None` if it holds a character of no meaning. Bits
/// that do not fill a byte are dropped.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut pending, mut bits) = (0_u32, 0);
    for &character in text.iter().take_while(|&&character| character != b'=') {
        if character == b'\n' {
            continue;
        }
        pending = (pending << 6 | value(character)?) & 0xffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((pending >> bits & 0xff) as u8);
        }
    }
    Some(bytes)
}

fn value(character: u8) -> Option<u32> {
    let (first, offset) = match character {
        b'A'..=b'Z' => (b'A', 0),
        b'a'..=b'z' => (b'a', 26),
        b'0'..=b'9' => (b'0', 52),
        b'+' => (b'+', 62),
        b'/' => (b'/', 63),
        _ => return None,
    };
    Some(u32::from(character - first) + offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(bytes: &[u8]) -> String {
        let mut out = Vec::new();
        encode_into(bytes, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn known_texts() {
        for (plain, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            assert_eq!(encode(plain.as_bytes()), text);
            assert_eq!(text.len(), encoded_length(plain.len()));
            assert_eq!(decode(text.as_bytes()).unwrap(), plain.as_bytes());
        }
    }

    #[test]
    fn reading_is_lenient() {
        assert_eq!(decode(b"Zm8").unwrap(), b"fo");
        assert_eq!(decode(b"Zm\n8=trailing!").unwrap(), b"fo");
        assert_eq!(decode(b"Zm!8"), None);
    }
}
