//! The search path: from `-I`, `NIX_PATH` and the setting `nix-path` to entries.

use nivose::raw::is_address;
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

/// The entries of `NIX_PATH`: separated by colons, of which those in addresses do not count. An empty entry stands for
/// the working directory; none follows a colon at the end.
pub fn parse_list(text: &[u8]) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (entry, after) = rest.split_at(end_of_entry(rest));
        entries.push(parse_entry(entry));
        rest = after.get(1..).unwrap_or_default();
    }
    entries
}

/// Where the first entry of a list ends.
fn end_of_entry(list: &[u8]) -> usize {
    let (mut start, mut in_address) = (0, false);
    for (at, &byte) in list.iter().enumerate() {
        match byte {
            b'=' if !in_address => start = at + 1,
            b':' if !in_address && is_address(&list[start..]) => in_address = true,
            b':' => return at,
            _ => {}
        }
    }
    list.len()
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
        assert_eq!(shown(parse_list(b"a=/b:/c::d=e")), ["a|/b", "|/c", "|", "d|e"]);
        let list = b"n=https://h/x.tar.gz:/c:channel:nixos:p=flake:nixpkgs:q";
        assert_eq!(
            shown(parse_list(list)),
            ["n|https://h/x.tar.gz", "|/c", "|channel:nixos", "p|flake:nixpkgs", "|q"]
        );
        assert!(parse_list(b"").is_empty());
    }

    #[test]
    fn empty_entries() {
        assert_eq!(shown(parse_list(b"::foo=/tmp:")), ["|", "|", "foo|/tmp"]);
        assert_eq!(shown(parse_list(b"a=:=b:::c")), ["a|", "|b", "|", "|", "|c"]);
        assert_eq!(shown(parse_list(b":")), ["|"]);
    }

    #[test]
    fn colons_of_addresses_that_nix_does_not_know_count() {
        assert_eq!(shown(parse_list(b"n=git+https://x:/a")), ["n|git+https", "|//x", "|/a"]);
        assert_eq!(shown(parse_list(b"a=b=http://x:/a")), ["a|b=http://x", "|/a"]);
        assert_eq!(shown(parse_list(b"/a:http://x")), ["|/a", "|http://x"]);
    }

    #[test]
    fn only_default_entries_that_exist() {
        let entries = default_entries(Some(b"/home/u"), |path| path.starts_with(b"/home"));
        assert_eq!(shown(entries), ["|/home/u/.nix-defexpr/channels"]);
    }
}
