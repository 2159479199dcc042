//! Every chunk of the listed programs and of the language tests passes the verifier, and the
//! compiler makes use of the whole instruction set.

mod common;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use common::{analyse, chunks};
use nivose_bytecode::chunk::ChunkKind;
use nivose_bytecode::decode::instructions;
use nivose_bytecode::instruction::{Instruction, LAST_BASE, TABLE};
use nivose_bytecode::{Chunk, effect};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() && !path.is_symlink() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "nix") {
            found.push(path);
        }
    }
}

fn all_sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in ["tests/listings", "../../tests/lang"] {
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut found);
    }
    assert!(found.len() > 500, "the language tests are missing");
    found
}

fn used(chunks: &[Chunk]) -> impl Iterator<Item = Instruction> {
    chunks.iter().flat_map(|chunk| instructions(&chunk.code)).flatten().map(|decoded| decoded.instruction)
}

#[test]
fn every_chunk_is_valid_at_both_levels() {
    for path in all_sources() {
        let Ok(text) = std::fs::read(&path) else { continue };
        for level in [0, 1] {
            let Ok(mut analysed) = analyse(&text, level) else { continue };
            let chunks = chunks(&mut analysed);
            if level == 0 {
                let is_base = |i: Instruction| i as u8 <= LAST_BASE as u8 || is_wide(i);
                assert!(used(&chunks).all(is_base), "{}", path.display());
            }
        }
    }
}

#[test]
fn functions_are_known_before_they_are_compiled() {
    for path in all_sources() {
        let Ok(text) = std::fs::read(&path) else { continue };
        for level in [0, 1] {
            let Ok(mut analysed) = analyse(&text, level) else { continue };
            for (number, chunk) in (0..).zip(chunks(&mut analysed)) {
                let known = analysed.unit.lambda_info(number);
                match chunk.kind {
                    ChunkKind::Lambda(info) => assert_eq!(known, Some(*info), "{}", path.display()),
                    _ => assert_eq!(known, None, "{}", path.display()),
                }
            }
        }
    }
}

fn is_wide(instruction: Instruction) -> bool {
    TABLE.iter().any(|row| effect::wide_variant(row.instruction) == Some(instruction))
}

/// A source whose branches are too long for a narrow jump.
fn long_source() -> Vec<u8> {
    let filler = |n: usize| format!("[ {} ]", "1 ".repeat(n));
    let list = filler(40_000);
    format!(
        "x: {{ a ? {{ v = a; w = {list}; }}.v, b ? if x then {list} else b }}: [
            (if x then {list} else 1) (if !x.y then {list} else 1) (x && {list}) (x || {list})
            (x.y.z or {list}) (x.y or ({list} ++ x.z or {list})) (x.${{x}} or {list} ++ 1)
        ]"
    )
    .into_bytes()
}

#[test]
fn long_branches_jump_wide() {
    for level in [0, 1] {
        let mut analysed = analyse(&long_source(), level).expect("analyses");
        let seen: HashSet<_> = used(&chunks(&mut analysed)).collect();
        assert!(seen.contains(&Instruction::JumpIfTrueWide), "{level}");
        assert!(seen.contains(&Instruction::JumpIfFalseWide), "{level}");
    }
}

#[test]
fn every_instruction_occurs() {
    // Handlers of `tryEval` belong to the machine; undefined variables are found earlier.
    let unused = [Instruction::JumpIfCatchable, Instruction::FailUndefined];
    // Needed by no construct: the order of evaluation asks for the flipped ones.
    let unordered = [Instruction::LessOrEq, Instruction::More];
    let mut seen: HashSet<Instruction> = HashSet::new();
    for path in all_sources() {
        let text = std::fs::read(&path).expect("source");
        for level in [0, 1] {
            if let Ok(mut analysed) = analyse(&text, level) {
                seen.extend(used(&chunks(&mut analysed)));
            }
        }
    }
    let missing: Vec<_> = TABLE
        .iter()
        .map(|row| row.instruction)
        .filter(|i| !seen.contains(i) && !is_wide(*i) && !unused.contains(i) && !unordered.contains(i))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn nesting_needs_no_native_stack() {
    let depth = 50_000;
    let nested = |open: &str, inner: &str, close: &str| {
        format!("x: {}{inner}{}", open.repeat(depth), close.repeat(depth)).into_bytes()
    };
    let sources = [
        nested("", "1", " + 1"),
        nested("1 ++ ", "2", ""),
        nested("if x then 1 else ", "2", ""),
        nested("let y = x; in ", "y", ""),
        nested("with x; ", "y", ""),
        nested("x: ", "x", ""),
        nested("assert x == 1; ", "1", ""),
        nested("", "x", " // x"),
    ];
    for source in sources {
        for level in [0, 1] {
            let mut analysed = analyse(&source, level).expect("analyses");
            for blueprint in 0..=1 {
                let chunk = analysed.unit.compile(blueprint, &analysed.symbols).expect("compiles");
                assert!(!chunk.code.is_empty());
            }
        }
    }
}
