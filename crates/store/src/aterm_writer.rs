//! Writing derivations in the ATerm format, and the variants of it that are
//! hashed to compute output paths.
//!
//! Format: Nix manual, "Derivation ATerm file format".

use std::borrow::Cow;

use crate::base16;
use crate::content_address::ContentAddressMethod;
use crate::derivation::{Derivation, DerivationOutput, InputOutputs};
use crate::hash::HashAlgorithm;
use crate::output_set::{OutputName, OutputSet};
use crate::store_dir::StoreDir;
use crate::store_path::StorePath;

/// Derivations replaced by their hashes modulo fixed outputs, in the order of
/// the hashes and each once.
pub(crate) type HashedInputs<'a> = [([u8; 32], Cow<'a, OutputSet>)];

impl Derivation {
    /// Appends the text of the derivation's file.
    pub fn write_aterm(&self, dir: &StoreDir, out: &mut Vec<u8>) {
        self.write_outputs(dir, false, out);
        self.write_inputs(dir, out);
        out.push(b',');
        let mut writer = Writer { dir, out, mask_outputs: false };
        writer.rest(self, |writer, _, value| writer.string(value));
    }

    /// Appends the beginning of the text, up to the inputs; without the paths of input-addressed outputs if
    /// `mask_outputs` says so.
    pub(crate) fn write_outputs(&self, dir: &StoreDir, mask_outputs: bool, out: &mut Vec<u8>) {
        let mut writer = Writer { dir, out, mask_outputs };
        writer.raw(match self.is_dynamic() {
            true => b"DrvWithVersion(\"xp-dyn-drv\",",
            false => b"Derive(",
        });
        writer.list(&self.outputs, |writer, (name, output)| writer.output(name, output));
        writer.raw(b",");
    }

    /// Appends the list of the derivations that are used.
    pub(crate) fn write_inputs(&self, dir: &StoreDir, out: &mut Vec<u8>) {
        Writer { dir, out, mask_outputs: false }.inputs(self);
    }

    /// Appends the end of the text, from the sources on, without the values of variables that are called like outputs:
    /// where these belong goes to `blanks`.
    pub(crate) fn write_rest(
        &self,
        dir: &StoreDir,
        out: &mut Vec<u8>,
        blanks: &mut Vec<(usize, OutputName)>,
    ) {
        let mut writer = Writer { dir, out, mask_outputs: false };
        // Both come in byte order.
        let mut outputs = self.outputs.keys().peekable();
        writer.rest(self, |writer, name, value| {
            while outputs.next_if(|output| output.as_bytes() < name).is_some() {}
            match outputs.next_if(|output| output.as_bytes() == name) {
                Some(output) => {
                    writer.raw(b"\"");
                    blanks.push((writer.out.len(), output.clone()));
                    writer.raw(b"\"");
                }
                None => writer.string(value),
            }
        });
    }

    /// Whether an input is an output of an output, which needs a newer format.
    fn is_dynamic(&self) -> bool {
        self.input_derivations.values().any(|node| !node.dynamic.is_empty())
    }
}

/// Appends the list of the derivations that are used, replaced by their hashes.
pub(crate) fn write_hashed_inputs(inputs: &HashedInputs<'_>, out: &mut Vec<u8>) {
    let dir = StoreDir::default();
    Writer { dir: &dir, out, mask_outputs: false }.list(inputs, |writer, (hash, outputs)| {
        writer.raw(b"(\"");
        base16::encode_into(hash, writer.out);
        writer.raw(b"\",");
        writer.output_set(outputs);
        writer.raw(b")");
    });
}

struct Writer<'a> {
    dir: &'a StoreDir,
    out: &'a mut Vec<u8>,
    mask_outputs: bool,
}

impl Writer<'_> {
    fn rest(&mut self, derivation: &Derivation, mut value: impl FnMut(&mut Self, &[u8], &[u8])) {
        self.list(&derivation.input_sources, Self::path);
        self.raw(b",");
        // C++ Nix takes for granted that nothing in it needs an escape.
        self.plain(&derivation.system);
        self.raw(b",");
        self.string(&derivation.builder);
        self.raw(b",");
        self.list(&derivation.args, |writer, argument| writer.string(argument));
        self.raw(b",");
        self.list(derivation.env.iter(), |writer, (name, text)| {
            writer.raw(b"(");
            writer.string(name);
            writer.raw(b",");
            value(writer, name, text);
            writer.raw(b")");
        });
        self.raw(b")");
    }

    fn output(&mut self, name: &str, output: &DerivationOutput) {
        self.raw(b"(");
        self.plain(name.as_bytes());
        self.raw(b",");
        self.output_path(output);
        self.raw(b",");
        self.output_content(output);
        self.raw(b")");
    }

    fn output_path(&mut self, output: &DerivationOutput) {
        match output {
            DerivationOutput::InputAddressed(_) if self.mask_outputs => self.plain(b""),
            _ => match output.path() {
                Some(path) => self.path(path),
                None => self.plain(b""),
            },
        }
    }

    fn output_content(&mut self, output: &DerivationOutput) {
        match output {
            DerivationOutput::InputAddressed(_) | DerivationOutput::Deferred => {
                self.raw(b"\"\",\"\"");
            }
            DerivationOutput::Fixed { method, hash, .. } => {
                self.method(*method, hash.algorithm());
                self.raw(b",\"");
                base16::encode_into(hash.digest(), self.out);
                self.raw(b"\"");
            }
            DerivationOutput::Floating { method, algorithm } => {
                self.method(*method, *algorithm);
                self.raw(b",\"\"");
            }
            DerivationOutput::Impure { method, algorithm } => {
                self.method(*method, *algorithm);
                self.raw(b",\"impure\"");
            }
        }
    }

    fn method(&mut self, method: ContentAddressMethod, algorithm: HashAlgorithm) {
        self.raw(b"\"");
        self.raw(method.prefix().as_bytes());
        self.raw(algorithm.name().as_bytes());
        self.raw(b"\"");
    }

    fn inputs(&mut self, derivation: &Derivation) {
        let is_dynamic = derivation.is_dynamic();
        self.list(&derivation.input_derivations, |writer, (path, node)| {
            writer.raw(b"(");
            writer.path(path);
            writer.raw(b",");
            match is_dynamic {
                true => writer.input_outputs(node),
                false => writer.output_set(&node.outputs),
            }
            writer.raw(b")");
        });
    }

    /// Recursive, but no deeper than [`InputOutputs::MAX_DEPTH`].
    fn input_outputs(&mut self, node: &InputOutputs) {
        if node.dynamic.is_empty() {
            return self.output_set(&node.outputs);
        }
        self.raw(b"(");
        self.output_set(&node.outputs);
        self.raw(b",");
        self.list(&node.dynamic, |writer, (name, inner)| {
            writer.raw(b"(");
            writer.plain(name.as_bytes());
            writer.raw(b",");
            writer.input_outputs(inner);
            writer.raw(b")");
        });
        self.raw(b")");
    }

    fn output_set(&mut self, outputs: &OutputSet) {
        self.list(outputs, |writer, name| writer.plain(name.as_bytes()));
    }

    fn list<T>(&mut self, items: impl IntoIterator<Item = T>, mut item: impl FnMut(&mut Self, T)) {
        self.raw(b"[");
        for (index, element) in items.into_iter().enumerate() {
            if index > 0 {
                self.raw(b",");
            }
            item(self, element);
        }
        self.raw(b"]");
    }

    fn path(&mut self, path: &StorePath) {
        self.raw(b"\"");
        self.dir.write(path, self.out);
        self.raw(b"\"");
    }

    /// A string that needs no escapes.
    fn plain(&mut self, text: &[u8]) {
        self.raw(b"\"");
        self.raw(text);
        self.raw(b"\"");
    }

    fn string(&mut self, text: &[u8]) {
        self.raw(b"\"");
        write_text(text, self.out);
        self.raw(b"\"");
    }

    fn raw(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
    }
}

/// The letter that stands after a backslash for each byte; 0 for bytes that
/// stand for themselves.
const ESCAPES: [u8; 256] = {
    let mut escapes = [0; 256];
    escapes[b'"' as usize] = b'"';
    escapes[b'\\' as usize] = b'\\';
    escapes[b'\n' as usize] = b'n';
    escapes[b'\r' as usize] = b'r';
    escapes[b'\t' as usize] = b't';
    escapes
};

/// Appends a text with escapes where it needs them.
pub(crate) fn write_text(mut text: &[u8], out: &mut Vec<u8>) {
    out.reserve(text.len());
    loop {
        let (plain, rest) = text.split_at(plain_length(text));
        out.extend_from_slice(plain);
        let Some((&special, rest)) = rest.split_first() else { return };
        out.extend_from_slice(&[b'\\', ESCAPES[usize::from(special)]]);
        text = rest;
    }
}

/// The number of bytes before the first one to be escaped. Blocks without any,
/// and without other control characters, are passed over by a test without
/// branches, which becomes vector code.
fn plain_length(text: &[u8]) -> usize {
    let (blocks, _) = text.as_chunks::<16>();
    let plain_blocks = blocks.iter().take_while(|block| is_surely_plain(block)).count();
    let start = plain_blocks * 16;
    let rest = text.get(start..).unwrap_or_default();
    let special = rest.iter().position(|&byte| ESCAPES[usize::from(byte)] != 0);
    start + special.unwrap_or(rest.len())
}

fn is_surely_plain(block: &[u8; 16]) -> bool {
    block.iter().fold(true, |plain, &byte| plain & (byte >= b' ') & (byte != b'"') & (byte != b'\\'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        let mut out = Vec::new();
        write_text(b"a\"b\\c\nd\re\tf$\xff\0\"", &mut out);
        assert_eq!(out, b"a\\\"b\\\\c\\nd\\re\\tf$\xff\0\\\"");
        out.clear();
        write_text(b"", &mut out);
        assert_eq!(out, b"");
    }

    #[test]
    fn the_block_test_agrees_with_the_table() {
        for byte in 0..=255_u8 {
            for position in [0, 7, 15, 16, 30] {
                let mut text = [b'x'; 31];
                text[position] = byte;
                let expected = if ESCAPES[usize::from(byte)] == 0 { 31 } else { position };
                assert_eq!(plain_length(&text), expected);
            }
        }
    }
}
