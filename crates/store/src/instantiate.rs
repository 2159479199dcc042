//! From a description to a derivation: computing output paths, writing them
//! into the environment, and the path of the derivation's own file.

use crate::derivation::{Derivation, DerivationOutput, DerivationType, output_path_name};
use crate::derivation_error::DerivationError;
use crate::derivation_modulo::{DerivationModulo, DerivationSource, ModuloMemo};
use crate::derivation_text::DerivationText;
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
        self.memo.learn_inputs(&self.dir, derivation, source)?;
        let modulo = self.fill_outputs(derivation)?;
        self.text.clear();
        self.parts.write(&self.dir, derivation, &mut self.text);
        let name = format!("{}.drv", derivation.name);
        let references = derivation.references();
        let path = self.dir.make_text_path(name.as_bytes(), &self.text, references)?;
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
    fn fill_outputs(&mut self, derivation: &mut Derivation) -> Result<DerivationModulo, DerivationError> {
        match derivation.derivation_type()? {
            DerivationType::Fixed => self.export_known_paths(derivation),
            DerivationType::Floating | DerivationType::Impure => export_placeholders(derivation),
            DerivationType::InputAddressed | DerivationType::Deferred => {
                return self.fill_input_addressed(derivation);
            }
        }
        self.parts.set(&self.dir, derivation);
        self.memo.modulo(&self.dir, derivation, &mut self.parts)
    }

    /// The same for outputs whose paths follow from the derivation, unless an input is deferred.
    fn fill_input_addressed(
        &mut self,
        derivation: &mut Derivation,
    ) -> Result<DerivationModulo, DerivationError> {
        export(derivation, |_, _| Vec::new());
        if !self.memo.set_text(&self.dir, derivation, &mut self.parts)? {
            return Ok(DerivationModulo::Deferred);
        }
        for (name, path) in self.hashed_paths(derivation)? {
            derivation.outputs.insert(name, DerivationOutput::InputAddressed(path));
        }
        self.export_known_paths(derivation);
        Ok(DerivationModulo::regular(&self.dir, derivation, &mut self.parts))
    }

    /// The paths of input-addressed outputs; none if they are deferred.
    fn output_paths(
        &mut self,
        derivation: &Derivation,
    ) -> Result<Vec<(OutputName, StorePath)>, DerivationError> {
        match self.memo.set_text(&self.dir, derivation, &mut self.parts)? {
            true => self.hashed_paths(derivation),
            false => Ok(Vec::new()),
        }
    }

    /// The same once the parts of the text are set.
    fn hashed_paths(
        &mut self,
        derivation: &Derivation,
    ) -> Result<Vec<(OutputName, StorePath)>, DerivationError> {
        let hash = self.parts.hash(&self.dir, derivation, true);
        let path = |name: &OutputName| {
            let kind = format!("output:{name}");
            let path_name = output_path_name(&derivation.name, name);
            let path = self.dir.make_store_path(&kind, &hash, path_name.as_bytes())?;
            Ok((name.clone(), path))
        };
        derivation.outputs.keys().map(path).collect()
    }

    fn export_known_paths(&self, derivation: &mut Derivation) {
        export(derivation, |_, output| match output.path() {
            Some(path) => self.dir.print(path).into_bytes(),
            None => Vec::new(),
        });
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
    export(derivation, |name, _| output_placeholder(name.as_bytes()).into_bytes());
}

/// Sets the environment variable of each output.
fn export(derivation: &mut Derivation, value: impl Fn(&str, &DerivationOutput) -> Vec<u8>) {
    for (name, output) in &derivation.outputs {
        derivation.env.insert(name.as_bytes(), &value(name, output));
    }
}
