//! The inventory of unsafe code in UNSAFE.md is that of the sources.

#![cfg(not(miri))]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Blocks, functions and implementations.
type Counts = [usize; 3];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All Rust sources below a folder.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder that can be read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.ends_with("target") {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn counts(text: &str) -> Counts {
    let code: Vec<_> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    ["{", "fn ", "impl "].map(|what| {
        let what = ["unsafe ", what].concat();
        code.iter().map(|line| line.matches(&what).count()).sum()
    })
}

fn in_the_sources() -> BTreeMap<String, Counts> {
    let root = root();
    let mut found = Vec::new();
    ["crates", "fuzz", "examples"].iter().for_each(|folder| sources(&root.join(folder), &mut found));
    let named = found.into_iter().map(|path| {
        let text = fs::read_to_string(&path).expect("a source that can be read");
        let name = path.strip_prefix(&root).expect("a path below the root").to_string_lossy().into_owned();
        (name, counts(&text))
    });
    named.filter(|(_, counts)| *counts != [0; 3]).collect()
}

fn in_the_list() -> BTreeMap<String, Counts> {
    let text = fs::read_to_string(root().join("UNSAFE.md")).expect("the list");
    let rows = text.lines().filter_map(|line| {
        let cells: Vec<_> = line.strip_prefix("| `")?.split(['|', '`']).map(str::trim).collect();
        let numbers: Vec<usize> = cells.iter().filter_map(|cell| cell.parse().ok()).collect();
        Some((cells[0].to_owned(), numbers.try_into().ok()?))
    });
    rows.collect()
}

/// A value that native code makes has the lifetime that it asks for: a brand that holds nothing would let it be kept beyond
/// a collection.
#[test]
fn only_the_machine_takes_the_brand_away() {
    let unbranded = ["Value<", "'static>"].concat();
    let mut found = Vec::new();
    sources(&root().join("crates"), &mut found);
    let is_trusted = |path: &Path| {
        ["heap", "machine"].iter().any(|name| path.starts_with(root().join("crates").join(name)))
    };
    for path in found.iter().filter(|path| !is_trusted(path)) {
        let text = fs::read_to_string(path).expect("a source that can be read");
        let mut code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        assert!(!code.any(|line| line.contains(&unbranded)), "{} names {unbranded}", path.display());
    }
}

#[test]
fn every_unsafe_thing_is_listed() {
    assert_eq!(in_the_list(), in_the_sources(), "left: UNSAFE.md, right: the sources");
}

#[test]
fn unsafe_things_are_counted() {
    let text = "? { x }\n// ? { y }\n? fn f() { ? { z } }\n? impl Send for T {}".replace("?", "unsafe");
    assert_eq!(counts(&text), [2, 1, 1]);
}
