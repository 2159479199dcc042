//! Writing Nix archives (NAR) as a stream, from events.
//!
//! The caller walks the tree, in the byte order of the names; nothing is kept
//! but the nesting. Format: Nix manual, "Nix Archive (NAR) format".

use std::fmt;

use crate::hash::Hasher;

/// Takes bytes in order: a hasher, a buffer or any closure.
pub trait ByteSink {
    /// Takes the next bytes.
    fn write_bytes(&mut self, bytes: &[u8]);
}

impl<F: FnMut(&[u8])> ByteSink for F {
    fn write_bytes(&mut self, bytes: &[u8]) {
        self(bytes);
    }
}

impl ByteSink for Hasher {
    fn write_bytes(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }
}

impl ByteSink for Vec<u8> {
    fn write_bytes(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// An event that does not fit where it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchiveError {
    /// An object where none is expected: after the end, inside a directory
    /// before an entry's name, or inside a file.
    UnexpectedObject,
    /// An entry outside a directory, or before the last one's object.
    UnexpectedEntry,
    /// An entry name that no file can have: empty, `.`, `..`, or with a slash
    /// or a NUL byte.
    InvalidEntryName,
    /// The end of something that is not open.
    UnexpectedEnd,
    /// More or fewer bytes of contents than announced.
    WrongSize,
}

impl fmt::Display for ArchiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnexpectedObject => "unexpected file system object in archive",
            Self::UnexpectedEntry => "unexpected directory entry in archive",
            Self::InvalidEntryName => "invalid name of a directory entry in archive",
            Self::UnexpectedEnd => "unexpected end of a file system object in archive",
            Self::WrongSize => "file contents in archive differ in size from what was announced",
        })
    }
}

impl std::error::Error for ArchiveError {}

/// What may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// An object: the root's or the last entry's.
    Object,
    /// An entry or the directory's end.
    Entries,
    /// Contents of a file, so many bytes.
    Contents(u64),
    /// Nothing.
    Complete,
}

/// Turns events into the bytes of an archive.
///
/// A directory is `begin_directory`, any number of `entry` each followed by an
/// object, `end_directory`; a file is `begin_regular`, any number of
/// `contents`, `end_regular`; a link is `symlink`.
#[derive(Debug)]
pub struct ArchiveWriter<S> {
    sink: S,
    /// Tokens not handed on yet, to call the sink seldom.
    tokens: Vec<u8>,
    state: State,
    /// How many directories are open.
    depth: usize,
    /// The announced size of the file being written.
    size: u64,
    /// The last name in each open directory, to check the order.
    #[cfg(debug_assertions)]
    last_names: Vec<Vec<u8>>,
}

impl<S: ByteSink> ArchiveWriter<S> {
    /// A writer that expects the root object.
    pub fn new(sink: S) -> Self {
        let mut writer = Self {
            sink,
            tokens: Vec::with_capacity(256),
            state: State::Object,
            depth: 0,
            size: 0,
            #[cfg(debug_assertions)]
            last_names: Vec::new(),
        };
        writer.token(b"nix-archive-1");
        writer
    }

    /// Begins a directory.
    ///
    /// # Errors
    /// [`ArchiveError::UnexpectedObject`].
    pub fn begin_directory(&mut self) -> Result<(), ArchiveError> {
        self.begin_object(&[b"(", b"type", b"directory"])?;
        self.depth += 1;
        self.state = State::Entries;
        #[cfg(debug_assertions)]
        self.last_names.push(Vec::new());
        self.flush();
        Ok(())
    }

    /// Names the entry whose object comes next. Entries must come in the byte
    /// order of their names, which is checked in debug builds only.
    ///
    /// # Errors
    /// [`ArchiveError::UnexpectedEntry`] or [`ArchiveError::InvalidEntryName`].
    pub fn entry(&mut self, name: &[u8]) -> Result<(), ArchiveError> {
        if self.state != State::Entries {
            return Err(ArchiveError::UnexpectedEntry);
        }
        if matches!(name, b"" | b"." | b"..") || name.iter().any(|byte| matches!(byte, b'/' | 0)) {
            return Err(ArchiveError::InvalidEntryName);
        }
        self.assert_order(name);
        self.tokens(&[b"entry", b"(", b"name", name, b"node"]);
        self.state = State::Object;
        Ok(())
    }

    /// Ends the innermost directory.
    ///
    /// # Errors
    /// [`ArchiveError::UnexpectedEnd`].
    pub fn end_directory(&mut self) -> Result<(), ArchiveError> {
        if self.state != State::Entries {
            return Err(ArchiveError::UnexpectedEnd);
        }
        self.depth -= 1;
        #[cfg(debug_assertions)]
        self.last_names.pop();
        self.end_object();
        Ok(())
    }

    /// Begins a regular file of `size` bytes.
    ///
    /// # Errors
    /// [`ArchiveError::UnexpectedObject`].
    pub fn begin_regular(&mut self, executable: bool, size: u64) -> Result<(), ArchiveError> {
        self.begin_object(&[b"(", b"type", b"regular"])?;
        if executable {
            self.tokens(&[b"executable", b""]);
        }
        self.token(b"contents");
        self.tokens.extend_from_slice(&size.to_le_bytes());
        self.state = State::Contents(size);
        self.size = size;
        self.flush();
        Ok(())
    }

    /// The next bytes of the file's contents.
    ///
    /// # Errors
    /// [`ArchiveError::WrongSize`] if there are more than announced,
    /// [`ArchiveError::UnexpectedObject`] if no file is open.
    pub fn contents(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        let State::Contents(left) = self.state else {
            return Err(ArchiveError::UnexpectedObject);
        };
        let left = left.checked_sub(bytes.len() as u64).ok_or(ArchiveError::WrongSize)?;
        self.state = State::Contents(left);
        self.sink.write_bytes(bytes);
        Ok(())
    }

    /// Ends the file.
    ///
    /// # Errors
    /// [`ArchiveError::WrongSize`] if contents are missing,
    /// [`ArchiveError::UnexpectedEnd`] if no file is open.
    pub fn end_regular(&mut self) -> Result<(), ArchiveError> {
        match self.state {
            State::Contents(0) => {
                self.pad(self.size);
                self.end_object();
                Ok(())
            }
            State::Contents(_) => Err(ArchiveError::WrongSize),
            _ => Err(ArchiveError::UnexpectedEnd),
        }
    }

    /// A whole regular file.
    ///
    /// # Errors
    /// [`ArchiveError::UnexpectedObject`].
    pub fn regular(&mut self, executable: bool, contents: &[u8]) -> Result<(), ArchiveError> {
        self.begin_regular(executable, contents.len() as u64)?;
        self.contents(contents)?;
        self.end_regular()
    }

    /// A symbolic link.
    ///
    /// # Errors
    /// [`ArchiveError::UnexpectedObject`].
    pub fn symlink(&mut self, target: &[u8]) -> Result<(), ArchiveError> {
        self.begin_object(&[b"(", b"type", b"symlink", b"target", target])?;
        self.end_object();
        Ok(())
    }

    /// Ends the archive and gives the sink back.
    ///
    /// # Errors
    /// [`ArchiveError::UnexpectedEnd`] if the root object is not complete.
    pub fn finish(mut self) -> Result<S, ArchiveError> {
        if self.state != State::Complete {
            return Err(ArchiveError::UnexpectedEnd);
        }
        self.flush();
        Ok(self.sink)
    }

    fn begin_object(&mut self, tokens: &[&[u8]]) -> Result<(), ArchiveError> {
        if self.state != State::Object {
            return Err(ArchiveError::UnexpectedObject);
        }
        self.tokens(tokens);
        Ok(())
    }

    /// Closes an object and the entry it belongs to, if it is not the root.
    fn end_object(&mut self) {
        self.token(b")");
        self.state = match self.depth {
            0 => State::Complete,
            _ => {
                self.token(b")");
                State::Entries
            }
        };
    }

    fn tokens(&mut self, tokens: &[&[u8]]) {
        for token in tokens {
            self.token(token);
        }
    }

    /// A string: its length, its bytes and zeros up to a multiple of eight.
    fn token(&mut self, token: &[u8]) {
        let length = token.len() as u64;
        self.tokens.extend_from_slice(&length.to_le_bytes());
        self.tokens.extend_from_slice(token);
        self.pad(length);
    }

    fn pad(&mut self, length: u64) {
        let padding = length.wrapping_neg() & 7;
        self.tokens.extend((0..padding).map(|_| 0));
    }

    fn flush(&mut self) {
        self.sink.write_bytes(&self.tokens);
        self.tokens.clear();
    }

    #[cfg(debug_assertions)]
    fn assert_order(&mut self, name: &[u8]) {
        if let Some(last) = self.last_names.last_mut() {
            debug_assert!(last.as_slice() < name, "archive entries out of order");
            name.clone_into(last);
        }
    }

    #[cfg(not(debug_assertions))]
    fn assert_order(&mut self, _name: &[u8]) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::HashAlgorithm;
    use crate::hash_text::HashFormat;

    fn hash(write: impl FnOnce(&mut ArchiveWriter<Hasher>) -> Result<(), ArchiveError>) -> String {
        let mut writer = ArchiveWriter::new(Hasher::new(HashAlgorithm::Sha256));
        write(&mut writer).unwrap();
        writer.finish().unwrap().finish().format(HashFormat::Nix32)
    }

    #[test]
    fn the_bytes_of_a_small_file() {
        let mut writer = ArchiveWriter::new(Vec::new());
        writer.regular(false, b"hi").unwrap();
        let expected = b"\x0d\0\0\0\0\0\0\0nix-archive-1\0\0\0\
            \x01\0\0\0\0\0\0\0(\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0type\0\0\0\0\
            \x07\0\0\0\0\0\0\0regular\0\x08\0\0\0\0\0\0\0contents\
            \x02\0\0\0\0\0\0\0hi\0\0\0\0\0\0\x01\0\0\0\0\0\0\0)\0\0\0\0\0\0\0";
        assert_eq!(writer.finish().unwrap(), expected);
    }

    /// Expected hashes are those of `nix-hash --type sha256 --base32`.
    #[test]
    fn hashes_of_trees() {
        assert_eq!(hash(|w| w.regular(false, b"")), EMPTY_FILE);
        assert_eq!(hash(|w| w.regular(true, b"#!/bin/sh\n")), SCRIPT);
        assert_eq!(hash(|w| w.symlink(b"../target")), LINK);
        assert_eq!(
            hash(|w| {
                w.begin_directory()?;
                w.entry(b"B")?;
                w.regular(false, b"12345678")?;
                w.entry(b"a")?;
                w.begin_directory()?;
                w.entry(b"link")?;
                w.symlink(b"../B")?;
                w.end_directory()?;
                w.entry(b"empty")?;
                w.begin_directory()?;
                w.end_directory()?;
                w.entry(b"run")?;
                w.regular(true, b"#!/bin/sh\n")?;
                w.end_directory()
            }),
            TREE
        );
    }

    const EMPTY_FILE: &str = "0ip26j2h11n1kgkz36rl4akv694yz65hr72q4kv4b3lxcbi65b3p";
    const SCRIPT: &str = "0m35wabrvlzjvv71f2xvca3vd91gh9mwvh4mm38h7yb0h9kc30v2";
    const LINK: &str = "0d68k8xwc4dqhxaq2gkswn550yr5qw07576lkhlqbpxdpnlp4ng5";
    const TREE: &str = "1kryyfmxxsr9rsc0fn23xc8ipd66fa8q6ahlcwfx9dv78fgkll6d";

    #[test]
    fn contents_in_pieces_and_closures_as_sinks() {
        let mut bytes = Vec::new();
        let mut writer = ArchiveWriter::new(|piece: &[u8]| bytes.extend_from_slice(piece));
        writer.begin_regular(false, 3).unwrap();
        writer.contents(b"a").unwrap();
        writer.contents(b"bc").unwrap();
        writer.end_regular().unwrap();
        assert!(writer.finish().is_ok());
        let mut whole = ArchiveWriter::new(Vec::new());
        whole.regular(false, b"abc").unwrap();
        assert_eq!(bytes, whole.finish().unwrap());
    }

    #[test]
    fn events_out_of_place() {
        let writer = || ArchiveWriter::new(Vec::new());
        assert_eq!(writer().entry(b"x"), Err(ArchiveError::UnexpectedEntry));
        assert_eq!(writer().end_directory(), Err(ArchiveError::UnexpectedEnd));
        assert_eq!(writer().end_regular(), Err(ArchiveError::UnexpectedEnd));
        assert_eq!(writer().contents(b"x"), Err(ArchiveError::UnexpectedObject));
        assert_eq!(writer().finish().err(), Some(ArchiveError::UnexpectedEnd));
        let mut file = writer();
        file.begin_regular(false, 2).unwrap();
        assert_eq!(file.contents(b"abc"), Err(ArchiveError::WrongSize));
        file.contents(b"a").unwrap();
        assert_eq!(file.end_regular(), Err(ArchiveError::WrongSize));
        file.contents(b"b").unwrap();
        file.end_regular().unwrap();
        assert_eq!(file.symlink(b"x"), Err(ArchiveError::UnexpectedObject));
        let mut directory = writer();
        directory.begin_directory().unwrap();
        assert_eq!(directory.begin_directory(), Err(ArchiveError::UnexpectedObject));
        for name in [&b""[..], b".", b"..", b"a/b", b"a\0"] {
            assert_eq!(directory.entry(name), Err(ArchiveError::InvalidEntryName));
        }
        directory.entry(b"x").unwrap();
        assert_eq!(directory.end_directory(), Err(ArchiveError::UnexpectedEnd));
    }

    #[test]
    fn deep_directories() {
        let mut writer = ArchiveWriter::new(|_: &[u8]| {});
        for _ in 0..100_000 {
            writer.begin_directory().unwrap();
            writer.entry(b"d").unwrap();
        }
        writer.symlink(b"x").unwrap();
        for _ in 0..100_000 {
            writer.end_directory().unwrap();
        }
        assert!(writer.finish().is_ok());
    }
}
