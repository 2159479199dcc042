//! Reading derivations from the ATerm format.
//!
//! Only the syntax and the form of each output are checked; whether output
//! paths are the right ones is for `Instantiator::check`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::arguments::Arguments;
use crate::content_address::ContentAddressMethod;
use crate::derivation::{Derivation, DerivationOutput, InputOutputs};
use crate::environment::Environment;
use crate::hash::{Hash, HashAlgorithm};
use crate::name;
use crate::output_set::{OutputName, OutputSet};
use crate::outputs::Outputs;
use crate::store_dir::StoreDir;
use crate::store_path::StorePath;

/// Why a text is not a derivation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtermError {
    /// The derivation's name.
    pub derivation: String,
    /// Where in the text, in bytes from its start.
    pub offset: usize,
    /// What is wrong.
    pub problem: String,
}

impl fmt::Display for AtermError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { derivation, offset, problem } = self;
        write!(f, "error parsing derivation '{derivation}': {problem} at byte {offset}")
    }
}

impl std::error::Error for AtermError {}

/// Reads the text of a derivation's file. The name, which is not in the text,
/// comes from the file's store path, without `.drv`.
///
/// # Errors
/// [`AtermError`] at the first byte that does not fit.
pub fn parse_derivation(dir: &StoreDir, name: &str, text: &[u8]) -> Result<Derivation, AtermError> {
    let mut parser = Parser { dir, name, text, offset: 0 };
    parser.derivation().map_err(|problem| AtermError {
        derivation: name.to_owned(),
        offset: parser.offset,
        problem,
    })
}

/// The error says what is wrong; where is in the parser.
type Parsed<T> = Result<T, String>;

struct Parser<'a> {
    dir: &'a StoreDir,
    name: &'a str,
    text: &'a [u8],
    offset: usize,
}

impl Parser<'_> {
    fn derivation(&mut self) -> Parsed<Derivation> {
        let is_dynamic = self.accept(b"DrvWithVersion(\"xp-dyn-drv\",");
        if !is_dynamic {
            self.expect("Derive(")?;
        }
        let outputs = self.outputs()?;
        self.expect(",")?;
        let input_derivations = self.inputs(is_dynamic)?;
        self.expect(",")?;
        let input_sources = self.sources()?;
        self.expect(",")?;
        let system = self.string()?;
        self.expect(",")?;
        let builder = self.string()?;
        self.expect(",")?;
        let args = self.arguments()?;
        self.expect(",")?;
        let env = self.variables()?;
        self.expect(")")?;
        self.end()?;
        let name = self.name.to_owned();
        Ok(Derivation { name, outputs, input_sources, input_derivations, system, builder, args, env })
    }

    fn outputs(&mut self) -> Parsed<Outputs> {
        let mut outputs = Vec::new();
        self.list(&mut |parser| {
            parser.expect("(")?;
            let name = parser.output_name()?;
            let output = parser.output(&name)?;
            outputs.push((name, output));
            parser.expect(")")
        })?;
        Ok(outputs.into_iter().collect())
    }

    fn output(&mut self, name: &str) -> Parsed<DerivationOutput> {
        self.expect(",")?;
        let path = self.string()?;
        self.expect(",")?;
        let kind = self.string()?;
        self.expect(",")?;
        let hash = self.string()?;
        match (kind.is_empty(), path.is_empty()) {
            (true, true) => Ok(DerivationOutput::Deferred),
            (true, false) => Ok(DerivationOutput::InputAddressed(self.store_path(&path)?)),
            (false, _) => self.content_addressed(name, &path, &kind, &hash),
        }
    }

    fn content_addressed(
        &self,
        name: &str,
        path: &[u8],
        kind: &[u8],
        hash: &[u8],
    ) -> Parsed<DerivationOutput> {
        let (method, algorithm) = ContentAddressMethod::split_prefix(kind);
        let algorithm = HashAlgorithm::parse(algorithm).map_err(|error| error.to_string())?;
        match (hash, path.is_empty()) {
            (b"", true) => Ok(DerivationOutput::Floating { method, algorithm }),
            (b"impure", true) => Ok(DerivationOutput::Impure { method, algorithm }),
            (b"" | b"impure", false) => Err(format!("output '{name}' should have no path")),
            _ => self.fixed(name, path, method, hash, algorithm),
        }
    }

    fn fixed(
        &self,
        name: &str,
        path: &[u8],
        method: ContentAddressMethod,
        hash: &[u8],
        algorithm: HashAlgorithm,
    ) -> Parsed<DerivationOutput> {
        let hash = Hash::parse(hash, Some(algorithm)).map_err(|error| error.to_string())?;
        let output = DerivationOutput::fixed(self.dir, self.name, name, method, hash)
            .map_err(|error| error.to_string())?;
        match output.path() == Some(&self.store_path(path)?) {
            true => Ok(output),
            false => Err(format!("output '{name}' has a path that its hash does not give")),
        }
    }

    fn inputs(&mut self, is_dynamic: bool) -> Parsed<BTreeMap<StorePath, InputOutputs>> {
        let mut inputs = BTreeMap::new();
        self.list(&mut |parser| {
            parser.expect("(")?;
            let path = parser.path()?;
            parser.expect(",")?;
            let depth = if is_dynamic { InputOutputs::MAX_DEPTH } else { 0 };
            let node = parser.input_outputs(depth)?;
            inputs.insert(path, node);
            parser.expect(")")
        })?;
        Ok(inputs)
    }

    /// Recursive, but no deeper than `depth`.
    fn input_outputs(&mut self, depth: usize) -> Parsed<InputOutputs> {
        if depth == 0 || !self.accept(b"(") {
            return Ok(self.output_set()?.into());
        }
        let outputs = self.output_set()?;
        let mut dynamic = BTreeMap::new();
        self.expect(",")?;
        self.list(&mut |parser| {
            parser.expect("(")?;
            let name = parser.output_name()?;
            parser.expect(",")?;
            let node = parser.input_outputs(depth - 1)?;
            dynamic.insert(name, node);
            parser.expect(")")
        })?;
        self.expect(")")?;
        Ok(InputOutputs { outputs, dynamic })
    }

    fn output_set(&mut self) -> Parsed<OutputSet> {
        let mut names = Vec::new();
        self.list(&mut |parser| {
            names.push(parser.output_name()?);
            Ok(())
        })?;
        Ok(names.into_iter().collect())
    }

    fn sources(&mut self) -> Parsed<BTreeSet<StorePath>> {
        let mut sources = BTreeSet::new();
        self.list(&mut |parser| {
            sources.insert(parser.path()?);
            Ok(())
        })?;
        Ok(sources)
    }

    fn arguments(&mut self) -> Parsed<Arguments> {
        let mut arguments = Arguments::new();
        self.list(&mut |parser| {
            arguments.push(&parser.string()?);
            Ok(())
        })?;
        Ok(arguments)
    }

    fn variables(&mut self) -> Parsed<Environment> {
        let mut variables = Vec::new();
        self.list(&mut |parser| {
            parser.expect("(")?;
            let name = parser.string()?;
            parser.expect(",")?;
            let value = parser.string()?;
            variables.push((name, value));
            parser.expect(")")
        })?;
        Ok(variables.into_iter().collect())
    }

    fn list(&mut self, element: &mut dyn FnMut(&mut Self) -> Parsed<()>) -> Parsed<()> {
        self.expect("[")?;
        if self.accept(b"]") {
            return Ok(());
        }
        loop {
            element(self)?;
            if self.accept(b"]") {
                return Ok(());
            }
            self.expect(",")?;
        }
    }

    fn path(&mut self) -> Parsed<StorePath> {
        let text = self.string()?;
        self.store_path(&text)
    }

    fn store_path(&self, text: &[u8]) -> Parsed<StorePath> {
        self.dir.parse(text).map_err(|error| error.to_string())
    }

    fn output_name(&mut self) -> Parsed<OutputName> {
        let text = self.string()?;
        name::check_name(&text).map(OutputName::from).map_err(|error| error.to_string())
    }

    fn string(&mut self) -> Parsed<Vec<u8>> {
        self.expect("\"")?;
        let mut value = Vec::new();
        loop {
            let rest = self.rest();
            let length = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'));
            let length = length.ok_or("unexpected end of text in a string")?;
            let (plain, special) = rest.split_at(length);
            value.extend_from_slice(plain);
            match special {
                [b'\\', escaped, ..] => value.push(unescape(*escaped)),
                [b'\\'] => return Err("unexpected end of text in a string".to_owned()),
                _ => {
                    self.offset += length + 1;
                    return Ok(value);
                }
            }
            self.offset += length + 2;
        }
    }

    fn rest(&self) -> &[u8] {
        self.text.get(self.offset..).unwrap_or_default()
    }

    fn accept(&mut self, token: &[u8]) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.offset += token.len();
        }
        found
    }

    fn expect(&mut self, token: &str) -> Parsed<()> {
        match self.accept(token.as_bytes()) {
            true => Ok(()),
            false => Err(format!("expected string '{token}'")),
        }
    }

    fn end(&self) -> Parsed<()> {
        match self.rest().is_empty() {
            true => Ok(()),
            false => Err("expected the end of the text".to_owned()),
        }
    }
}

fn unescape(letter: u8) -> u8 {
    match letter {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(name: &str, text: &str) -> Derivation {
        let dir = StoreDir::default();
        let derivation = parse_derivation(&dir, name, text.as_bytes()).unwrap();
        let mut written = Vec::new();
        derivation.write_aterm(&dir, &mut written);
        assert_eq!(String::from_utf8(written).unwrap(), text);
        derivation
    }

    fn problem(text: &str) -> String {
        let error = parse_derivation(&StoreDir::default(), "n", text.as_bytes()).unwrap_err();
        error.problem
    }

    #[test]
    fn dynamic_inputs() {
        let derivation = there_and_back(
            "d",
            "DrvWithVersion(\"xp-dyn-drv\",[(\"out\",\"\",\"r:sha256\",\"\")],[\
             (\"/nix/store/c015dhfh5l0lp6wxyvdn7bmwhbbr6hr9-dep.drv\",([\"cat\",\"dog\"],\
             [(\"cat\",[\"kitten\"]),(\"goose\",([\"gosling\"],[(\"egg\",[\"shell\"])]))])),\
             (\"/nix/store/g1driw1rl09jpj482icgln2c7lkw5ra9-ca.drv\",[\"out\"])],[],\
             \"s\",\"b\",[],[])",
        );
        let node = derivation.input_derivations.values().next().unwrap();
        assert!(node.dynamic["goose"].dynamic["egg"].outputs.contains("shell"));
    }

    #[test]
    fn kinds_of_outputs() {
        for (kind, expected) in [
            ("\"\",\"\",\"\"", DerivationOutput::Deferred),
            (
                "\"\",\"text:sha256\",\"\"",
                DerivationOutput::Floating {
                    method: ContentAddressMethod::Text,
                    algorithm: HashAlgorithm::Sha256,
                },
            ),
            (
                "\"\",\"r:sha1\",\"impure\"",
                DerivationOutput::Impure {
                    method: ContentAddressMethod::Nar,
                    algorithm: HashAlgorithm::Sha1,
                },
            ),
        ] {
            let text = format!("Derive([(\"out\",{kind})],[],[],\"s\",\"b\",[],[])");
            assert_eq!(there_and_back("n", &text).outputs.get("out"), Some(&expected));
        }
    }

    #[test]
    fn broken_texts() {
        assert_eq!(problem(""), "expected string 'Derive('");
        assert_eq!(problem("Derive([],[],[],\"s\",\"b\",[],[]) "), "expected the end of the text");
        assert_eq!(problem("Derive([],[],[],\"s\\"), "unexpected end of text in a string");
        assert_eq!(problem("Derive([],[],[\"/x\"],"), "path '/x' is not in the Nix store");
        assert_eq!(
            problem("Derive([(\"out\",\"/nix/store/x\",\"r:crc\",\"\")"),
            "unknown hash algorithm 'crc', expect 'blake3', 'md5', 'sha1', 'sha256', or 'sha512'"
        );
        let wrong = "Derive([(\"out\",\"/nix/store/00000000000000000000000000000000-n\",\"md5\",\
                     \"d41d8cd98f00b204e9800998ecf8427e\")";
        assert_eq!(problem(wrong), "output 'out' has a path that its hash does not give");
    }

    #[test]
    fn every_prefix_of_a_text_is_refused() {
        let text = "Derive([(\"out\",\"\",\"r:sha256\",\"\")],\
                    [(\"/nix/store/g1driw1rl09jpj482icgln2c7lkw5ra9-ca.drv\",[\"out\"])],\
                    [],\"s\",\"b\",[\"a\\n\"],[(\"x\",\"y\")])";
        there_and_back("n", text);
        for length in 0..text.len() {
            problem(&text[..length]);
        }
    }

    #[test]
    fn deep_nesting_is_refused() {
        let deep = "([],[(\"o\",".repeat(100_000);
        let path = "/nix/store/g1driw1rl09jpj482icgln2c7lkw5ra9-ca.drv";
        problem(&format!("DrvWithVersion(\"xp-dyn-drv\",[],[(\"{path}\",{deep}"));
    }
}
