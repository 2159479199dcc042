//! The table of crates in ARCHITECTURE.md has the crates that there are, and what they depend on: no more and no less. It
//! does not look at the picture above the table, nor at what tests alone depend on.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Crates, without the prefix of their names, and those of this repository that they depend on.
type Arrows = BTreeMap<String, BTreeSet<String>>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What a manifest depends on, also on some systems only.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let mut counts = false;
    let mut found = BTreeSet::new();
    for line in manifest.lines() {
        if let Some(section) = line.strip_prefix('[') {
            counts = section.trim_end().ends_with("dependencies]") && !section.contains("dev-");
        }
        let name = line.split(['.', '=', ' ']).next().unwrap_or_default();
        if counts && (name == "nivose" || name.starts_with("nivose-")) {
            found.insert(short(name));
        }
    }
    found
}

fn short(name: &str) -> String {
    name.strip_prefix("nivose-").unwrap_or(name).to_owned()
}

fn in_the_manifests() -> Arrows {
    let entries = fs::read_dir(root().join("crates")).expect("the crates");
    let folders = entries.map(|entry| entry.expect("an entry").path());
    let named = folders.map(|folder| {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect("a manifest");
        let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
        (name, dependencies(&manifest))
    });
    named.collect()
}

/// The names in backquotes.
fn quoted(cell: &str) -> BTreeSet<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn in_the_table() -> Arrows {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("the page");
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let row = |line: &str| {
        let cells: Vec<_> = line.trim_matches('|').split('|').collect();
        let name = quoted(cells[0]).into_iter().next().expect("a crate");
        (name, quoted(cells[cells.len() - 1]))
    };
    rows.map(row).collect()
}

#[test]
fn the_table_is_that_of_the_manifests() {
    assert_eq!(in_the_table(), in_the_manifests(), "left: ARCHITECTURE.md, right: the manifests");
}

#[test]
fn dependencies_are_found() {
    let manifest = "[package]\nname = \"nivose-x\"\n[dependencies]\nnivose.workspace = true\nnivose-base = { path = \"../base\" }\n\
        serde = \"1\"\n[target.'cfg(unix)'.dependencies]\nnivose-heap.workspace = true\n[dev-dependencies]\nnivose-store.workspace = true\n";
    let wanted = ["nivose", "base", "heap"].map(str::to_owned);
    assert_eq!(dependencies(manifest), BTreeSet::from(wanted));
}
