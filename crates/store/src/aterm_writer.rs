//! Writing derivations in the ATerm format, and the variants of it that are
//! hashed to compute output paths.
//!
//! Format: Nix manual, "Derivation ATerm file format".

use crate::base16;
use crate::content_address::ContentAddressMethod;
use crate::derivation::{Derivation, DerivationOutput, InputOutputs};
use crate::hash::HashAlgorithm;
use crate::output_set::{OutputName, OutputSet};
use crate::store_dir::StoreDir;
use crate::store_path::StorePath;

/// Outputs of a derivation, which is replaced by its hash modulo fixed outputs.
pub(crate) type HashedInput<'a> = (&'a [u8; 32], &'a OutputSet);

impl Derivation {
    /// Appends the text of the derivation's file.
    pub fn write_aterm(&self, dir: &StoreDir, out: &mut Vec<u8>) {
        self.write_outputs(dir, false, out);
        self.write_inputs(dir, out);
        out.push(b',');
        let mut writer = Writer { dir, out, mask_outputs: false };
        writer.rest(self, |writer, _, value| write_text(value, writer.out));
    }

    /// Appends the beginning of the text, up to the inputs; without the paths of input-addressed outputs if
    /// `mask_outputs` says so.
    pub(crate) fn write_outputs(&self, dir: &StoreDir, mask_outputs: bool, out: &mut Vec<u8>) {
        let mut writer = Writer { dir, out, mask_outputs };
        writer.raw(match self.is_dynamic() {
            true => b"DrvWithVersion(\"xp-dyn-drv\",",
            false => b"Derive(",
        });
        writer.list(self.outputs.iter(), |writer, (name, output)| writer.output(name, output));
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
        let mut outputs = self.outputs.names().peekable();
        writer.rest(self, |writer, name, value| {
            while outputs.next_if(|output| output.as_bytes() < name).is_some() {}
            match outputs.next_if(|output| output.as_bytes() == name) {
                Some(output) => blanks.push((writer.out.len(), output.clone())),
                None => write_text(value, writer.out),
            }
        });
    }

    /// Whether an input is an output of an output, which needs a newer format.
    fn is_dynamic(&self) -> bool {
        self.input_derivations.values().any(|node| !node.dynamic.is_empty())
    }
}

/// Appends the list of the derivations that are used, replaced by their hashes, by which they are ordered.
pub(crate) fn write_hashed_inputs(inputs: &[HashedInput<'_>], out: &mut Vec<u8>) {
    let dir = StoreDir::default();
    let each_once = inputs.chunk_by(|a, b| a.0 == b.0);
    Writer { dir: &dir, out, mask_outputs: false }.list(each_once, |writer, same| {
        let Some((&(hash, outputs), others)) = same.split_first() else { return };
        writer.raw(b"(\"");
        base16::encode_into(hash, writer.out);
        writer.raw(b"\",");
        match others {
            [] => writer.output_set(outputs),
            _ => {
                let mut all = outputs.clone();
                others.iter().for_each(|(_, outputs)| all.union(outputs));
                writer.output_set(&all);
            }
        }
        writer.raw(b")");
    });
}

struct Writer<'a> {
    dir: &'a StoreDir,
    out: &'a mut Vec<u8>,
    mask_outputs: bool,
}

impl Writer<'_> {
    /// `value` writes the value of a variable, which stands between quotes.
    fn rest(&mut self, derivation: &Derivation, mut value: impl FnMut(&mut Self, &[u8], &[u8])) {
        self.list(&derivation.input_sources, Self::path);
        self.raw(b",");
        // C++ Nix takes for granted that nothing in it needs an escape.
        self.plain(&derivation.system);
        self.raw(b",");
        self.string(&derivation.builder);
        self.raw(b",");
        self.list(derivation.args.iter(), |writer, argument| writer.string(argument));
        self.raw(b",");
        self.list(derivation.env.iter(), |writer, (name, text)| {
            writer.raw(b"(\"");
            write_text(name, writer.out);
            writer.raw(b"\",\"");
            value(writer, name, text);
            writer.raw(b"\")");
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

    #[inline(always)]
    fn raw(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
    }
}

/// Appends a text with escapes where it needs them.
pub(crate) fn write_text(text: &[u8], out: &mut Vec<u8>) {
    let plain = plain_length(text);
    match plain == text.len() {
        true => out.extend_from_slice(text),
        false => write_escaped(text, plain, out),
    }
}

/// The same for a text of which the first bytes are plain, but not the one after them.
#[inline(never)]
fn write_escaped(mut text: &[u8], mut plain: usize, out: &mut Vec<u8>) {
    out.reserve(text.len());
    loop {
        let (before, rest) = text.split_at(plain);
        out.extend_from_slice(before);
        let Some((&byte, rest)) = rest.split_first() else { return };
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => out.push(byte),
        }
        text = rest;
        plain = plain_length(text);
    }
}

/// The number of bytes before the first one that may need an escape.
fn plain_length(text: &[u8]) -> usize {
    let (words, rest) = text.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        if let Some(position) = first_marked(word) {
            return index * 8 + position;
        }
    }
    if rest.is_empty() {
        return text.len();
    }
    // The last bytes, with some before them that are plain.
    match text.last_chunk() {
        Some(last) => first_marked(last).map_or(text.len(), |position| text.len() - 8 + position),
        None => rest.iter().position(|&byte| may_need_escape(byte)).unwrap_or(text.len()),
    }
}

fn may_need_escape(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

/// The place of the first byte that may need an escape. All are looked at in one word: without the top bit, sums stay
/// within their bytes.
fn first_marked(word: &[u8; 8]) -> Option<usize> {
    const fn each(byte: u8) -> u64 {
        u64::from_ne_bytes([byte; 8])
    }
    let word = u64::from_le_bytes(*word);
    let low = word & each(0x7f);
    let unless_zero = |bytes: u64| bytes + each(0x7f);
    let plain =
        (low + each(0x80 - b' ')) & unless_zero(low ^ each(b'"')) & unless_zero(low ^ each(b'\\')) | word;
    let marked = !plain & each(0x80);
    (marked != 0).then(|| marked.trailing_zeros() as usize / 8)
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
    fn words_are_looked_at_like_bytes() {
        for byte in 0..=255_u8 {
            for (position, len) in
                [(0, 1), (6, 7), (0, 8), (7, 8), (15, 31), (16, 31), (23, 31), (24, 31), (30, 31)]
            {
                for other in [b'x', 0xff, 0x80] {
                    let mut text = vec![other; len];
                    text[position] = byte;
                    let expected = if may_need_escape(byte) { position } else { len };
                    assert_eq!(plain_length(&text), expected);
                }
            }
        }
    }
}
