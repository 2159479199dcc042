//! The listings of small programs at both levels, kept in `tests/listings`. `UPDATE=1` rewrites them.

mod common;

use std::path::{Path, PathBuf};

use common::{analyse, chunks};
use nivose_base::{Origin, SourceMap};
use nivose_bytecode::disassemble::disassemble;

fn listing(text: &[u8], level: u8) -> String {
    let mut analysed = match analyse(text, level) {
        Ok(analysed) => analysed,
        Err(errors) => {
            return errors.iter().map(|e| format!("error: {} at {}\n", e.text(), e.pos().0)).collect();
        }
    };
    let mut sources = SourceMap::new();
    let source = sources.add(Origin::String, text.to_vec()).map(|id| sources.get(id));
    let mut out = String::new();
    for (number, chunk) in chunks(&mut analysed).iter().enumerate() {
        out.push_str(&format!("[{number}] {}\n", disassemble(chunk, &analysed.symbols, source)));
    }
    out
}

fn sources() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/listings");
    let entries = std::fs::read_dir(folder).expect("folder");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "nix"));
    paths.sort();
    paths
}

#[test]
fn listings_are_as_recorded() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut differing = Vec::new();
    for path in sources() {
        let text = std::fs::read(&path).expect("source");
        for level in [0, 1] {
            let recorded = path.with_extension(format!("level{level}"));
            let listing = listing(&text, level);
            if update {
                std::fs::write(&recorded, &listing).expect("listing");
            }
            if std::fs::read_to_string(&recorded).unwrap_or_default() != listing {
                differing.push(recorded);
            }
        }
    }
    assert!(differing.is_empty(), "refresh with UPDATE=1: {differing:?}");
}
