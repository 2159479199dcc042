//! Finding which store paths a text refers to: those whose hash part occurs
//! in it, wherever.

use std::collections::BTreeSet;

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use crate::nixbase32::is_digit;
use crate::store_path::{HASH_PART_LENGTH, StorePath};

type HashPart = [u8; HASH_PART_LENGTH];

/// Looks for references in data that arrives in pieces.
#[derive(Clone, Debug)]
pub struct ReferenceScanner {
    /// The paths looked for and not found yet; several may share a hash part.
    candidates: HashMap<HashPart, Vec<StorePath>, FxBuildHasher>,
    found: BTreeSet<StorePath>,
    /// The end of the last piece, where a hash part may have begun.
    tail: Vec<u8>,
}

impl ReferenceScanner {
    /// A scanner that looks for these paths.
    pub fn new(candidates: impl IntoIterator<Item = StorePath>) -> Self {
        let mut by_hash_part = HashMap::<HashPart, Vec<StorePath>, FxBuildHasher>::default();
        for path in candidates {
            if let Some(hash_part) = path.hash_part().as_bytes().first_chunk() {
                by_hash_part.entry(*hash_part).or_default().push(path);
            }
        }
        Self { candidates: by_hash_part, found: BTreeSet::new(), tail: Vec::new() }
    }

    /// Looks at the next piece of data.
    pub fn scan(&mut self, piece: &[u8]) {
        // Hash parts that cross the border lie in the tail and so many bytes.
        let border = piece.get(..HASH_PART_LENGTH - 1).unwrap_or(piece);
        let mut joint = std::mem::take(&mut self.tail);
        joint.extend_from_slice(border);
        self.scan_whole(&joint);
        self.scan_whole(piece);
        let rest = if piece.len() < HASH_PART_LENGTH { &joint } else { piece };
        self.tail = rest[rest.len().saturating_sub(HASH_PART_LENGTH - 1)..].to_vec();
    }

    /// The paths found so far.
    pub fn found(&self) -> &BTreeSet<StorePath> {
        &self.found
    }

    /// The paths found.
    pub fn finish(self) -> BTreeSet<StorePath> {
        self.found
    }

    fn scan_whole(&mut self, data: &[u8]) {
        let mut rest = data;
        while let Some(window) = rest.first_chunk::<HASH_PART_LENGTH>() {
            let skip = match window.iter().rposition(|&byte| !is_digit(byte)) {
                Some(position) => position + 1,
                None => {
                    self.meet(window);
                    1
                }
            };
            rest = rest.get(skip..).unwrap_or_default();
        }
    }

    fn meet(&mut self, hash_part: &HashPart) {
        if let Some(paths) = self.candidates.remove(hash_part) {
            self.found.extend(paths);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "0x4qfbmwlkncsnxvybjz0bkrgxbfll00-a.txt";
    const B: &str = "1s06fymvf6i57yqi2ligz2imllfrl90c-b.txt";

    fn paths(names: &[&str]) -> BTreeSet<StorePath> {
        names.iter().map(|name| StorePath::parse(name.as_bytes()).unwrap()).collect()
    }

    fn scan(text: &str, piece_length: usize) -> BTreeSet<StorePath> {
        let mut scanner = ReferenceScanner::new(paths(&[A, B]));
        text.as_bytes().chunks(piece_length).for_each(|piece| scanner.scan(piece));
        scanner.finish()
    }

    #[test]
    fn found_however_the_data_is_cut() {
        let text = format!("some text /nix/store/{A} xx0{}yy", &B[..32]);
        for piece_length in 1..=text.len() {
            assert_eq!(scan(&text, piece_length), paths(&[A, B]), "{piece_length}");
        }
    }

    #[test]
    fn only_what_occurs() {
        assert_eq!(scan(&format!("/nix/store/{A}"), 1000), paths(&[A]));
        assert_eq!(scan(&A[..31], 1000), paths(&[]));
        assert_eq!(scan("", 1), paths(&[]));
    }
}
