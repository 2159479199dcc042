//! `parseFlakeRef` and `flakeRefToString`: references to flakes as sets and as text. Nothing is fetched.

use nivose_base::{DiagnosticId, Error, Pos, Result};
use nivose_heap::{Value, View};
use nivose_machine::{BuiltinSpec, Cx, Shared, Step, Task, sort_attributes, type_with_article};
use nivose_world::path;

use crate::arguments::{expect_plain_string, force_and_run};
use crate::attrs::attribute_in_order;
use crate::checks;
use crate::derivation_description::require_feature;
use crate::json::plain_string;

/// The attributes of a reference, `type` among them.
type Parts = Vec<(Vec<u8>, Vec<u8>)>;

fn parse_flake_ref<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    require_feature(cx.shared(), "flakes")?;
    Ok(force_and_run(cx, parse_forced, arguments, 0))
}

fn parse_forced<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let text = expect_plain_string(cx, arguments[0])?;
    let parts = parse(text)?;
    let mut attributes = Vec::with_capacity(parts.len());
    for (name, text) in parts {
        let value = match (&name[..], number(&text)) {
            (b"revCount" | b"lastModified", Some(number)) => cx.int(number),
            (b"submodules" | b"shallow" | b"allRefs" | b"exportIgnore" | b"lfs", _) => {
                Value::bool(text == b"1")
            }
            _ => {
                plain_string(&text)?;
                cx.string(&text)
            }
        };
        attributes.push((cx.shared().symbols.intern(&name), Pos::NONE, value));
    }
    sort_attributes(&mut attributes);
    Ok(Step::done(cx.heap().attrs_from(&attributes)))
}

/// A number in digits alone.
fn number(text: &[u8]) -> Option<i64> {
    let digits = Some(text).filter(|text| text.iter().all(u8::is_ascii_digit))?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cold]
fn invalid(parts: &[&[u8]]) -> Error {
    Error::with_message(DiagnosticId::InvalidArgument, parts.concat())
}

fn part(name: &str, value: &[u8]) -> (Vec<u8>, Vec<u8>) {
    (name.as_bytes().to_vec(), value.to_vec())
}

/// The attributes of a reference in text form.
fn parse(text: &[u8]) -> Result<Parts> {
    let Some((scheme, rest)) = split_scheme(text) else { return parse_without_scheme(text) };
    let (rest, fragment) = split_at(rest, b'#');
    if fragment.is_some_and(|fragment| !fragment.is_empty()) {
        return Err(invalid(&[b"unexpected fragment in flake reference '", text, b"'"]));
    }
    let (place, query) = split_at(rest, b'?');
    let mut parts = match scheme {
        b"flake" => parse_indirect(place, text)?,
        b"github" | b"gitlab" | b"sourcehut" => parse_forge(scheme, place, text)?,
        b"path" => vec![part("type", b"path"), part("path", &decode(place))],
        _ => return parse_address(scheme, text, place, query),
    };
    parts.extend(parse_query(query));
    Ok(parts)
}

/// `scheme:rest`, where the scheme is letters, digits and `+-.`.
fn split_scheme(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = text.iter().position(|&byte| byte == b':')?;
    let scheme = &text[..colon];
    let is_scheme = scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte));
    is_scheme.then(|| (scheme, &text[colon + 1..]))
}

/// Splits at the first `separator`.
fn split_at(text: &[u8], separator: u8) -> (&[u8], Option<&[u8]>) {
    match text.iter().position(|&byte| byte == separator) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

/// A path, or the name of an entry of the registry.
fn parse_without_scheme(text: &[u8]) -> Result<Parts> {
    if path::is_absolute(text) {
        let (place, query) = split_at(text, b'?');
        let mut parts = vec![part("type", b"path"), part("path", &path::canonicalise(place))];
        parts.extend(parse_query(query));
        return Ok(parts);
    }
    if text.starts_with(b".") {
        return Err(invalid(&[b"flake reference '", text, b"' is not an absolute path"]));
    }
    parse_indirect(text, text)
}

/// `ID`, `ID/REF`, `ID/REV` or `ID/REF/REV`.
fn parse_indirect(place: &[u8], text: &[u8]) -> Result<Parts> {
    let mut components = place.split(|&byte| byte == b'/');
    let id = components.next().unwrap_or_default();
    if !is_flake_id(id) {
        return Err(invalid(&[b"'", text, b"' is not a valid flake reference"]));
    }
    let mut parts = vec![part("type", b"indirect"), part("id", id)];
    match (components.next(), components.next(), components.next()) {
        (None, ..) => {}
        (Some(one), None, _) => parts.push(reference(one)),
        (Some(name), Some(revision), None) if is_revision(revision) => {
            parts.extend([part("ref", name), part("rev", revision)]);
        }
        _ => return Err(invalid(&[b"'", text, b"' is not a valid flake reference"])),
    }
    Ok(parts)
}

fn is_flake_id(id: &[u8]) -> bool {
    id.first().is_some_and(u8::is_ascii_alphabetic)
        && id.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte))
}

fn is_revision(text: &[u8]) -> bool {
    text.len() == 40 && text.iter().all(u8::is_ascii_hexdigit)
}

/// A revision or the name of one.
fn reference(text: &[u8]) -> (Vec<u8>, Vec<u8>) {
    part(if is_revision(text) { "rev" } else { "ref" }, &decode(text))
}

/// `OWNER/REPO`, perhaps with `/REF-OR-REV`.
fn parse_forge(scheme: &[u8], place: &[u8], text: &[u8]) -> Result<Parts> {
    let components: Vec<&[u8]> = place.splitn(3, |&byte| byte == b'/').collect();
    let [owner, repo, rest @ ..] = &components[..] else {
        return Err(invalid(&[b"URL '", text, b"' is invalid"]));
    };
    let mut parts = vec![part("type", scheme), part("owner", &decode(owner)), part("repo", &decode(repo))];
    parts.extend(rest.iter().map(|rest| reference(rest)));
    Ok(parts)
}

/// A repository or archive at an address.
fn parse_address(scheme: &[u8], text: &[u8], place: &[u8], query: Option<&[u8]>) -> Result<Parts> {
    let (application, transport) = match scheme.iter().position(|&byte| byte == b'+') {
        Some(at) => (&scheme[..at], &scheme[at + 1..]),
        None => (&b""[..], scheme),
    };
    let kind: &[u8] = match (application, transport) {
        (b"git", _) | (b"", b"git" | b"ssh") => b"git",
        (b"hg", _) => b"hg",
        (b"file", _) => b"file",
        (b"tarball", _) => b"tarball",
        (b"", b"http" | b"https" | b"file") if is_archive(place) => b"tarball",
        (b"", b"http" | b"https" | b"file") => b"file",
        _ => return Err(invalid(&[b"input '", text, b"' is unsupported"])),
    };
    let known = parse_query(query);
    // What a repository's address does not name is an attribute; an archive's address keeps what it has.
    let (own, kept): (Parts, Parts) = known.into_iter().partition(|(name, _)| is_own(kind, name));
    let mut url = [transport, b":", place].concat();
    for (index, (name, value)) in kept.iter().enumerate() {
        url.push(if index == 0 { b'?' } else { b'&' });
        url.extend_from_slice(&[&name[..], b"=", &value[..]].concat());
    }
    let mut parts = vec![part("type", kind), (b"url".to_vec(), url)];
    parts.extend(own);
    Ok(parts)
}

fn is_own(kind: &[u8], name: &[u8]) -> bool {
    const REPOSITORY: &[&[u8]] = &[
        b"ref",
        b"rev",
        b"dir",
        b"narHash",
        b"shallow",
        b"submodules",
        b"allRefs",
        b"revCount",
        b"lastModified",
        b"lfs",
        b"exportIgnore",
    ];
    const ARCHIVE: &[&[u8]] = &[b"narHash", b"rev", b"revCount", b"lastModified", b"dir"];
    let names = if kind == b"git" || kind == b"hg" { REPOSITORY } else { ARCHIVE };
    names.contains(&name)
}

fn is_archive(place: &[u8]) -> bool {
    const ENDINGS: &[&[u8]] = &[b".zip", b".tar", b".tgz", b".tar.gz", b".tar.xz", b".tar.bz2", b".tar.zst"];
    ENDINGS.iter().any(|ending| place.ends_with(ending))
}

fn parse_query(query: Option<&[u8]>) -> Parts {
    let pairs = query.unwrap_or_default().split(|&byte| byte == b'&').filter(|pair| !pair.is_empty());
    pairs
        .filter_map(|pair| {
            split_at(pair, b'=').1.map(|value| (decode(split_at(pair, b'=').0), decode(value)))
        })
        .collect()
}

/// Resolves `%XX`.
fn decode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        match tail.first_chunk().and_then(|&[high, low]| Some(16 * hex_digit(high)? + hex_digit(low)?)) {
            Some(byte) if *first == b'%' => {
                out.push(byte);
                rest = &tail[2..];
            }
            _ => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    out
}

fn hex_digit(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|digit| digit as u8)
}

/// Writes what may not stand in an address as `%XX`.
fn encode(text: &[u8], allowed: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for &byte in text {
        match byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || allowed.contains(&byte) {
            true => out.push(byte),
            false => out.extend_from_slice(format!("%{byte:02X}").as_bytes()),
        }
    }
    out
}

fn flake_ref_to_string<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    require_feature(cx.shared(), "flakes")?;
    Ok(cx.start(FlakeRefToString::default(), &[arguments[0]]))
}

/// Slots: the set.
#[derive(Default)]
struct FlakeRefToString {
    /// The parts so far, in byte order of the names.
    parts: Parts,
}

impl Task for FlakeRefToString {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, _: Value<'h>) -> Result<Step<'h>> {
        let argument = cx.slot(0).resolved();
        if argument.is_thunk() {
            return Ok(cx.force(argument));
        }
        let set = checks::flat(cx.shared(), argument)?;
        while let Some((name, value)) = attribute_in_order(cx.shared(), set, self.parts.len()) {
            if value.is_thunk() {
                return Ok(cx.force(value));
            }
            let name = cx.shared().symbols.bytes(name).to_vec();
            let text = match value.view() {
                View::String(string) if !string.has_context() => string.bytes().to_vec(),
                View::Int(i) if i >= 0 => i.to_string().into_bytes(),
                View::Int(i) => {
                    let value = i.to_string();
                    let what = b"negative value given for flake ref attr ";
                    return Err(invalid(&[what, &name, b": ", value.as_bytes()]));
                }
                View::Bool(b) => vec![b'0' + u8::from(b)],
                _ => return Err(wrong_type(cx.shared(), &name, value)),
            };
            self.parts.push((name, text));
        }
        Ok(Step::done(cx.string(&write(&self.parts)?)))
    }
}

#[cold]
fn wrong_type(shared: &Shared, name: &[u8], value: Value<'_>) -> Error {
    let found = type_with_article(shared, value);
    let start =
        b"flake reference attribute sets may only contain integers, Booleans, and strings, but attribute '";
    invalid(&[start, name, b"' is ", found.as_bytes()])
}

/// The text form of a reference.
fn write(parts: &Parts) -> Result<Vec<u8>> {
    let get = |name: &str| parts.iter().find(|part| part.0 == name.as_bytes()).map(|part| &part.1[..]);
    let required = |name: &str| {
        get(name).ok_or_else(|| invalid(&[b"input attribute '", name.as_bytes(), b"' is missing"]))
    };
    let kind = required("type")?;
    let mut used: Vec<&str> = vec!["type"];
    let mut text = match kind {
        b"indirect" => {
            used.extend(["id", "ref", "rev"]);
            [b"flake:", required("id")?].concat()
        }
        b"github" | b"gitlab" | b"sourcehut" => {
            used.extend(["owner", "repo", "ref", "rev"]);
            [kind, b":", required("owner")?, b"/", required("repo")?].concat()
        }
        b"path" => {
            used.push("path");
            [b"path:", &encode(required("path")?, b"/:@!$&'()*+,;=")[..]].concat()
        }
        b"git" | b"hg" | b"tarball" | b"file" => {
            used.push("url");
            address(kind, required("url")?)
        }
        _ => return Err(invalid(&[b"input of type '", kind, b"' is unsupported"])),
    };
    if used.contains(&"ref") {
        for reference in [get("ref"), get("rev")].into_iter().flatten() {
            text = [&text[..], b"/", reference].concat();
        }
    }
    append_query(&mut text, parts.iter().filter(|part| !used.iter().any(|used| used.as_bytes() == part.0)));
    Ok(text)
}

/// The address of a repository or archive with its type in the scheme, where that does not show otherwise.
fn address(kind: &[u8], url: &[u8]) -> Vec<u8> {
    let place = split_at(url, b'?').0;
    let shows = match kind {
        b"git" => url.starts_with(b"git:"),
        b"hg" => false,
        b"tarball" => is_archive(place),
        _ => !is_archive(place),
    };
    if shows { url.to_vec() } else { [kind, b"+", url].concat() }
}

fn append_query<'a>(text: &mut Vec<u8>, parts: impl Iterator<Item = &'a (Vec<u8>, Vec<u8>)>) {
    for (name, value) in parts {
        text.push(if text.contains(&b'?') { b'&' } else { b'?' });
        text.extend_from_slice(&[&encode(name, b"")[..], b"=", &encode(value, b"/:@!$'()*,;")[..]].concat());
    }
}

/// The builtins of this family.
pub const BUILTINS: &[BuiltinSpec] = &[
    BuiltinSpec {
        name: "parseFlakeRef",
        arguments: &["flake-ref"],
        strict: &[],
        doc: "The attributes of the flake reference *flake-ref*.",
        run: parse_flake_ref,
    },
    BuiltinSpec {
        name: "flakeRefToString",
        arguments: &["attrs"],
        strict: &[],
        doc: "The flake reference of these attributes as text.",
        run: flake_ref_to_string,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(text: &str) -> String {
        String::from_utf8(write(&parse(text.as_bytes()).unwrap()).unwrap()).unwrap()
    }

    #[test]
    fn references_come_back() {
        for text in [
            "github:NixOS/nixpkgs/23.05?dir=lib",
            "flake:nixpkgs/branch",
            "path:/a/b",
            "git+https://example.org/repo?ref=main",
            "https://example.org/x.tar.gz",
            "gitlab:owner/repo",
        ] {
            assert_eq!(round_trip(text), text);
        }
        assert_eq!(round_trip("nixpkgs"), "flake:nixpkgs");
        assert_eq!(round_trip("/a/../b"), "path:/b");
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "1a", "github:x", "x/y/z", "./a", "what://x"] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
