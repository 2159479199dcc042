//! From a description to a derivation: computing output paths, writing them
//! into the environment, and the path of the derivation's own file.

use crate::derivation::{Derivation, DerivationOutput, DerivationType};
use crate::derivation_error::DerivationError;
use crate::derivation_modulo::{DerivationModulo, DerivationSource, ModuloMemo};
use crate::derivation_text::DerivationText;
use crate::hash::HashAlgorithm;
use crate::output_set::OutputName;
use crate::placeholder::output_placeholder;
use crate::store_dir::StoreDir;
use crate::store_path::StorePath;

/// Instantiates derivations of one store, remembering their hashes for those
/// that use them.
#[derive(Clone, Debug, Default)]
pub struct Instantiator {
    dir: StoreDir,
    memo: ModuloMemo,
    parts: DerivationText,
    text: Vec<u8>,
}

/// A derivation's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instantiated<'a> {
    /// Its path.
    pub path: StorePath,
    /// Its content.
    pub text: &'a [u8],
}

impl Instantiator {
    /// An instantiator that knows no derivation yet.
    pub fn new(dir: StoreDir) -> Self {
        Self { dir, memo: ModuloMemo::default(), parts: DerivationText::default(), text: Vec::new() }
    }

    /// The store directory.
    pub fn store_dir(&self) -> &StoreDir {
        &self.dir
    }

    /// What is known of derivations.
    pub fn memo(&self) -> &ModuloMemo {
        &self.memo
    }

    /// Completes a derivation and computes its file.
    ///
    /// Outputs that are to be input-addressed come in as
    /// [`DerivationOutput::Deferred`] and get their paths, unless these depend
    /// on an input that must be built first. The environment gets a variable
    /// for each output: its path, a placeholder if it is content-addressed, or
    /// nothing if it stays deferred. Input derivations that were not
    /// instantiated here are read from `source`.
    ///
    /// # Errors
    /// [`DerivationError`]; the derivation is then half done.
    pub fn instantiate(
        &mut self,
        derivation: &mut Derivation,
        source: &dyn DerivationSource,
    ) -> Result<Instantiated<'_>, DerivationError> {
        let modulo = self.fill_outputs(derivation, source)?;
        self.text.clear();
        self.parts.write(&self.dir, derivation, &mut self.text);
        let hash = HashAlgorithm::Sha256.hash(&self.text);
        let name = [derivation.name.as_bytes(), b".drv"];
        let path = self.dir.make_referring_path("text", derivation.references(), false, &hash, &name)?;
        self.memo.insert(path.clone(), modulo);
        Ok(Instantiated { path, text: &self.text })
    }

    /// Checks that the outputs of a derivation read from somewhere have the
    /// paths that follow from it, and the environment says so.
    ///
    /// # Errors
    /// [`DerivationError`].
    pub fn check(
        &mut self,
        derivation: &Derivation,
        source: &dyn DerivationSource,
    ) -> Result<(), DerivationError> {
        self.memo.learn_inputs(&self.dir, derivation, source)?;
        let paths = match derivation.derivation_type()? {
            DerivationType::InputAddressed => self.output_paths(derivation)?,
            _ => Vec::new(),
        };
        for (name, expected) in paths {
            self.check_output(derivation, &name, &expected)?;
        }
        Ok(())
    }

    /// Gives the outputs their paths, and the parts of the text what they are made of.
    fn fill_outputs(
        &mut self,
        derivation: &mut Derivation,
        source: &dyn DerivationSource,
    ) -> Result<DerivationModulo, DerivationError> {
        match derivation.derivation_type()? {
            DerivationType::Fixed => self.export_known_paths(derivation),
            DerivationType::Floating | DerivationType::Impure => export_placeholders(derivation),
            DerivationType::InputAddressed | DerivationType::Deferred => {
                return self.fill_input_addressed(derivation, source);
            }
        }
        self.parts.set(&self.dir, derivation);
        self.memo.modulo(&self.dir, derivation, &mut self.parts)
    }

    /// The same for outputs whose paths follow from the derivation, unless an input is deferred.
    fn fill_input_addressed(
        &mut self,
        derivation: &mut Derivation,
        source: &dyn DerivationSource,
    ) -> Result<DerivationModulo, DerivationError> {
        derivation.outputs.names().for_each(|name| derivation.env.insert(name.as_bytes(), b""));
        if !self.set_text(derivation, source)? {
            return Ok(DerivationModulo::Deferred);
        }
        let hash = self.parts.hash(&self.dir, derivation, true);
        for (name, output) in derivation.outputs.iter_mut() {
            let path = self.dir.make_output_path(&derivation.name, name, &hash)?;
            *output = DerivationOutput::InputAddressed(path);
        }
        self.export_known_paths(derivation);
        Ok(DerivationModulo::regular(&self.dir, derivation, &mut self.parts))
    }

    /// Sets the parts of the text; false if an input is deferred. The inputs are usually known.
    fn set_text(
        &mut self,
        derivation: &Derivation,
        source: &dyn DerivationSource,
    ) -> Result<bool, DerivationError> {
        match self.memo.set_text(&self.dir, derivation, &mut self.parts) {
            Err(_) => {
                self.memo.learn_inputs(&self.dir, derivation, source)?;
                self.memo.set_text(&self.dir, derivation, &mut self.parts)
            }
            done => done,
        }
    }

    /// The paths of input-addressed outputs; none if they are deferred.
    fn output_paths(
        &mut self,
        derivation: &Derivation,
    ) -> Result<Vec<(OutputName, StorePath)>, DerivationError> {
        if !self.memo.set_text(&self.dir, derivation, &mut self.parts)? {
            return Ok(Vec::new());
        }
        let hash = self.parts.hash(&self.dir, derivation, true);
        let path =
            |name: &OutputName| Ok((name.clone(), self.dir.make_output_path(&derivation.name, name, &hash)?));
        derivation.outputs.names().map(path).collect()
    }

    fn export_known_paths(&mut self, derivation: &mut Derivation) {
        let Self { dir, text, .. } = self;
        for (name, output) in derivation.outputs.iter() {
            text.clear();
            if let Some(path) = output.path() {
                dir.write(path, text);
            }
            derivation.env.insert(name.as_bytes(), text);
        }
    }

    fn check_output(
        &self,
        derivation: &Derivation,
        name: &OutputName,
        expected: &StorePath,
    ) -> Result<(), DerivationError> {
        let expected = self.dir.print(expected);
        let found = derivation.outputs.get(name).and_then(DerivationOutput::path);
        let found = found.map(|path| self.dir.print(path)).unwrap_or_default();
        let owner = derivation.name.clone();
        if found != expected {
            return Err(DerivationError::WrongOutputPath { derivation: owner, found, expected });
        }
        match derivation.env.get(name.as_bytes()) {
            Some(value) if *value == *expected.as_bytes() => Ok(()),
            _ => {
                let variable = name.clone();
                Err(DerivationError::WrongVariable { derivation: owner, variable, expected })
            }
        }
    }
}

fn export_placeholders(derivation: &mut Derivation) {
    for name in derivation.outputs.names() {
        derivation.env.insert(name.as_bytes(), output_placeholder(name.as_bytes()).as_bytes());
    }
}
