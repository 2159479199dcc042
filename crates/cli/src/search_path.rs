//! The search path: from `-I`, `NIX_PATH` and the setting `nix-path` to entries.

use nivose::world::path;

/// An entry: the prefix that it stands for (empty for none), and a path or an address.
pub type Entry = (Vec<u8>, Vec<u8>);

/// One entry as `-I` takes it: `PATH` or `PREFIX=PATH`.
pub fn parse_entry(text: &[u8]) -> Entry {
    match text.iter().position(|&byte| byte == b'=') {
        Some(at) => (text[..at].to_vec(), text[at + 1..].to_vec()),
        None => (Vec::new(), text.to_vec()),
    }
}

/// The entries of `NIX_PATH`: separated by colons, of which those in addresses do not count.
pub fn parse_list(text: &[u8]) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (entry, after) = rest.split_at(end_of_entry(rest));
        if !entry.is_empty() {
            entries.push(parse_entry(entry));
        }
        rest = after.get(1..).unwrap_or_default();
    }
    entries
}

/// Where the first entry of a list ends.
fn end_of_entry(list: &[u8]) -> usize {
    let mut start = 0;
    for (at, &byte) in list.iter().enumerate() {
        match byte {
            b'=' if start == 0 => start = at + 1,
            b':' if !belongs_to_address(&list[start..], at.saturating_sub(start)) => return at,
            _ => {}
        }
    }
    list.len()
}

/// Whether the colon at `colon` is part of an address such as `https://…`, `channel:…` or `flake:…`.
fn belongs_to_address(location: &[u8], colon: usize) -> bool {
    let (scheme, rest) = location.split_at(colon);
    let is_first = !scheme.contains(&b':') && !scheme.contains(&b'/');
    is_first && (rest.starts_with(b"://") || matches!(scheme, b"channel" | b"flake"))
}

/// Whether a location is an address, which one would have to fetch.
pub fn is_address(location: &[u8]) -> bool {
    let scheme = location.split(|&byte| byte == b':').next().unwrap_or_default();
    scheme.len() < location.len() && belongs_to_address(location, scheme.len())
}

/// Where Nix looks without `NIX_PATH`; `exists` tells what is there.
pub fn default_entries(home: Option<&[u8]>, mut exists: impl FnMut(&[u8]) -> bool) -> Vec<Entry> {
    const PROFILE: &str = "/nix/var/nix/profiles/per-user/root/channels";
    let mut entries = Vec::new();
    if let Some(home) = home {
        entries.push((Vec::new(), path::join(home, b".nix-defexpr/channels")));
    }
    entries.push((b"nixpkgs".to_vec(), format!("{PROFILE}/nixpkgs").into_bytes()));
    entries.push((Vec::new(), PROFILE.as_bytes().to_vec()));
    entries.retain(|(_, location)| exists(location));
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(entries: Vec<Entry>) -> Vec<String> {
        let show = |(prefix, path): Entry| {
            [prefix, path].map(|part| String::from_utf8_lossy(&part).into_owned()).join("|")
        };
        entries.into_iter().map(show).collect()
    }

    #[test]
    fn lists_of_entries() {
        assert_eq!(shown(parse_list(b"a=/b:/c::d=e")), ["a|/b", "|/c", "d|e"]);
        let list = b"n=https://h/x.tar.gz:/c:channel:nixos:p=flake:nixpkgs:q";
        assert_eq!(
            shown(parse_list(list)),
            ["n|https://h/x.tar.gz", "|/c", "|channel:nixos", "p|flake:nixpkgs", "|q"]
        );
        assert!(parse_list(b"").is_empty());
    }

    #[test]
    fn addresses() {
        assert!(is_address(b"https://x/y") && is_address(b"channel:x") && is_address(b"flake:x"));
        assert!(!is_address(b"/a:b") && !is_address(b"a") && !is_address(b"x:y"));
    }

    #[test]
    fn only_default_entries_that_exist() {
        let entries = default_entries(Some(b"/home/u"), |path| path.starts_with(b"/home"));
        assert_eq!(shown(entries), ["|/home/u/.nix-defexpr/channels"]);
    }
}
