//! What the attributes of a derivation say, gathered as plain data, and the derivation made of it.

use std::collections::BTreeSet;

use nivose_base::{DiagnosticId, Error, Pos, Result, Symbol};
use nivose_heap::Value;
use nivose_machine::context::ContextElement;
use nivose_machine::{Shared, StoreReference, invalid_path, sort_attributes, store_error};
use nivose_store::{
    ContentAddressMethod, Derivation, DerivationOutput, DownstreamPlaceholder, Hash, HashAlgorithm,
    HashFormat, OutputSet, StoreDir, StorePath, add_deep_inputs, check_name,
};
use nivose_world::Progress;

use crate::text::json_write::write_string;

/// The attributes, as far as they have been gone through.
#[derive(Default)]
pub struct Description {
    /// Name, builder, arguments and environment.
    pub derivation: Derivation,
    /// Numbers of the context elements that the attributes refer to.
    pub context: Vec<u32>,
    /// The members of the JSON object of structured attributes, if there are to be any.
    pub structured: Option<Vec<u8>>,
    /// Whether attributes that are null are left out.
    pub ignores_nulls: bool,
    outputs: Option<OutputSet>,
    content_addressed: bool,
    impure: bool,
    output_hash: Option<Vec<u8>>,
    algorithm: Option<HashAlgorithm>,
    method: Option<ContentAddressMethod>,
}

impl Description {
    /// No attributes yet, in room that is empty.
    pub fn new(derivation: Derivation, context: Vec<u32>) -> Self {
        Description { derivation, context, ..Description::default() }
    }

    /// Sets the name.
    ///
    /// # Errors
    /// A name that no store path may have.
    pub fn set_name(&mut self, name: &[u8]) -> Result<()> {
        let checked = check_name(name).map_err(|error| {
            derivation_error(format!("invalid derivation name: {error}. Please pass a different 'name'."))
        })?;
        checked.clone_into(&mut self.derivation.name);
        Ok(())
    }

    /// Takes one of the two flags that say how outputs are addressed.
    ///
    /// # Errors
    /// If it is set and its feature is not switched on.
    pub fn set_kind(&mut self, shared: &Shared, name: Symbol, flag: bool) -> Result<()> {
        let (place, feature) = match name {
            Symbol::CONTENT_ADDRESSED => (&mut self.content_addressed, "ca-derivations"),
            _ => (&mut self.impure, "impure-derivations"),
        };
        *place = flag;
        if flag { require_feature(shared, feature) } else { Ok(()) }
    }

    /// Takes a special attribute, if it is one.
    ///
    /// # Errors
    /// An unknown mode.
    pub fn set_special(&mut self, shared: &Shared, name: Symbol, text: &[u8]) -> Result<()> {
        match name {
            Symbol::BUILDER => text.clone_into(&mut self.derivation.builder),
            Symbol::SYSTEM => text.clone_into(&mut self.derivation.system),
            Symbol::OUTPUT_HASH => self.output_hash = Some(text.to_vec()),
            Symbol::OUTPUT_HASH_ALGO => self.algorithm = HashAlgorithm::from_name(text),
            Symbol::OUTPUT_HASH_MODE => self.method = Some(hash_mode(shared, text)?),
            _ => {}
        }
        Ok(())
    }

    /// Takes the names of the outputs.
    ///
    /// # Errors
    /// None at all, one twice, or one that cannot be.
    pub fn set_outputs<'a>(&mut self, shared: &Shared, names: impl Iterator<Item = &'a [u8]>) -> Result<()> {
        let mut outputs = OutputSet::new();
        for name in names {
            let name = String::from_utf8_lossy(name);
            if outputs.contains(&name) {
                return Err(derivation_error(format!("duplicate derivation output '{name}'")));
            }
            if name == "drvPath" {
                return Err(derivation_error("invalid derivation output name 'drvPath'"));
            }
            outputs.insert(shared.store.output_name(&name));
        }
        if outputs.is_empty() {
            return Err(derivation_error("derivation cannot have an empty set of outputs"));
        }
        self.outputs = Some(outputs);
        Ok(())
    }

    /// Adds a member of the JSON object. They come in byte order of their names.
    ///
    /// # Errors
    /// A name that is not UTF-8.
    pub fn add_json(&mut self, name: &[u8], value: &[u8]) -> Result<()> {
        let members = self.structured.get_or_insert_default();
        if !members.is_empty() {
            members.push(b',');
        }
        write_string(name, members)
            .map_err(|error| Error::new(DiagnosticId::JsonWrite, &[&error.to_string()]))?;
        members.push(b':');
        members.extend_from_slice(value);
        Ok(())
    }

    /// Warns of structured attributes that are given ready-made.
    pub fn warn_of_json(&self, shared: &mut Shared) {
        let name = &self.derivation.name;
        warn(
            shared,
            &format!(
                "In derivation '{name}': setting structured attributes via '__json' is deprecated, and may be \
                 disallowed in future versions of Nix. Set '__structuredAttrs = true' instead."
            ),
        );
    }

    /// Warns of attributes that mean nothing beside structured attributes.
    pub fn warn_of_ineffective(&self, shared: &mut Shared, attribute: Symbol) -> Result<()> {
        const INEFFECTIVE: &[&str] = &[
            "allowedReferences",
            "allowedRequisites",
            "disallowedReferences",
            "disallowedRequisites",
            "maxSize",
            "maxClosureSize",
        ];
        let attribute = shared.symbols.text(attribute).into_owned();
        if INEFFECTIVE.contains(&attribute.as_str()) {
            let name = &self.derivation.name;
            let message = format!(
                "In a derivation named '{name}', 'structuredAttrs' disables the effect of the derivation attribute \
                 '{attribute}'; use 'outputChecks.<output>.{attribute}' instead"
            );
            warn(shared, &message);
        }
        Ok(())
    }

    /// Makes the derivation and gives the set of its paths.
    ///
    /// # Errors
    /// Missing attributes, attributes that do not go together, and inputs that are not to be had.
    pub fn instantiate<'h>(&mut self, shared: &mut Shared) -> Result<Value<'h>> {
        if let Some(members) = self.structured.take() {
            let text = [b"{", &members[..], b"}"].concat();
            self.derivation.env.insert(b"__json", &text);
        }
        self.add_inputs(shared)?;
        self.require_attributes()?;
        self.make_outputs(shared)?;
        let path = write_derivation(shared, &mut self.derivation)?;
        Ok(describe_paths(shared, &path, &self.derivation))
    }

    /// Turns the context into inputs.
    fn add_inputs(&mut self, shared: &mut Shared) -> Result<()> {
        self.context.sort_unstable();
        self.context.dedup();
        for &element in &self.context {
            match shared.store_reference(element)? {
                StoreReference::Opaque(path) => {
                    self.derivation.input_sources.insert(path);
                }
                StoreReference::Built(path, output) => {
                    if shared.store.instantiator.memo().get(&path).is_none() {
                        shared.learn_derivation(&path)?;
                    }
                    self.derivation.add_input(path, output);
                }
                StoreReference::DrvDeep(path) => {
                    shared.learn_closure(&path)?;
                    add_deep_inputs(&shared.store.memory, &path, &mut self.derivation)
                        .map_err(|unknown| invalid_path(shared.store.dir.print(&unknown.0).as_bytes()))?;
                }
            }
        }
        Ok(())
    }

    fn require_attributes(&self) -> Result<()> {
        for (name, value) in [("builder", &self.derivation.builder), ("system", &self.derivation.system)] {
            if value.is_empty() {
                return Err(derivation_error(format!("required attribute '{name}' missing")));
            }
        }
        let only_out =
            self.outputs.as_ref().is_none_or(|outputs| outputs.len() == 1 && outputs.contains("out"));
        let is_text = self.method == Some(ContentAddressMethod::Text) && only_out;
        if self.derivation.name.ends_with(".drv") && !is_text {
            return Err(derivation_error(
                "derivation names are allowed to end in '.drv' only if they produce a single derivation file",
            ));
        }
        if self.output_hash.is_some() && !only_out {
            return Err(derivation_error("multiple outputs are not supported in fixed-output derivations"));
        }
        Ok(())
    }

    /// How the outputs are addressed.
    fn make_outputs(&mut self, shared: &mut Shared) -> Result<()> {
        let outputs = self.outputs.take();
        let outputs = outputs.unwrap_or_else(|| OutputSet::from_iter([shared.store.output_name("out")]));
        let output = match self.output_hash.take() {
            Some(hash) => self.fixed_output(shared, &hash)?,
            None => self.other_output()?,
        };
        for name in &outputs {
            self.derivation.outputs.insert(name.clone(), output.clone());
        }
        Ok(())
    }

    fn fixed_output(&self, shared: &mut Shared, text: &[u8]) -> Result<DerivationOutput> {
        let hash = parse_hash(shared, text, self.algorithm)?;
        let method = self.method.unwrap_or(ContentAddressMethod::Flat);
        DerivationOutput::fixed(&shared.store.dir, &self.derivation.name, "out", method, hash)
            .map_err(store_error)
    }

    fn other_output(&self) -> Result<DerivationOutput> {
        let algorithm = self.algorithm.unwrap_or(HashAlgorithm::Sha256);
        let method = self.method.unwrap_or(ContentAddressMethod::Nar);
        match (self.content_addressed, self.impure) {
            (true, true) => Err(derivation_error("derivation cannot be both content-addressed and impure")),
            (true, false) => Ok(DerivationOutput::Floating { method, algorithm }),
            (false, true) => Ok(DerivationOutput::Impure { method, algorithm }),
            (false, false) => Ok(DerivationOutput::Deferred),
        }
    }
}

/// Completes a derivation and gives its path; it is kept if the settings say so.
fn write_derivation(shared: &mut Shared, derivation: &mut Derivation) -> Result<StorePath> {
    let store = &mut shared.store;
    let made = store.instantiator.instantiate(derivation, &store.memory).map_err(store_error)?;
    if shared.settings.keeps_derivations {
        // Without references: what refers to a derivation deeply has only this file as its source, as in C++ Nix's
        // store in memory.
        store.memory.add_object(made.path.clone(), Some(made.text.into()), BTreeSet::new());
    }
    Ok(made.path)
}

/// The set of the paths of a derivation and its outputs.
fn describe_paths<'h>(shared: &mut Shared, path: &StorePath, derivation: &Derivation) -> Value<'h> {
    let file = shared.store.print(path);
    shared.world.note(Progress::Derivation { name: derivation.name.as_bytes(), path: &file });
    let mut attributes = Vec::with_capacity(derivation.outputs.len() + 1);
    for (name, output) in derivation.outputs.iter() {
        let element = ContextElement::Built { drv: file.clone(), output: name.clone().into() };
        let element = shared.contexts.intern(element);
        shared.store.note_reference(element, StoreReference::Built(path.clone(), name.clone()));
        let Shared { heap, store, symbols, .. } = shared;
        let context = heap.context(&[element]);
        let value = match output.path() {
            Some(path) => {
                let parts = store.dir.parts(path).map(str::as_bytes);
                heap.string_of_parts(parts.into_iter(), parts[0].len() + parts[1].len(), Some(context))
            }
            None => heap.string_with_context(&output_text(&store.dir, path, name, output), Some(context)),
        };
        attributes.push((symbols.intern(name.as_bytes()), Pos::NONE, value));
    }
    let element = shared.contexts.intern(ContextElement::DrvDeep(file.clone()));
    let context = shared.heap.context(&[element]);
    let value = shared.heap.string_with_context(&file, Some(context));
    attributes.push((Symbol::DRV_PATH, Pos::NONE, value));
    sort_attributes(&mut attributes);
    shared.heap.attrs_from(&attributes)
}

/// The path of an output, or what stands for it until it is built.
pub fn output_text(dir: &StoreDir, derivation: &StorePath, name: &str, output: &DerivationOutput) -> Vec<u8> {
    match output.path() {
        Some(path) => dir.print(path).into_bytes(),
        None => DownstreamPlaceholder::unknown_output(derivation, name).render().into_bytes(),
    }
}

/// A hash as an attribute gives it; an empty text means zeros, of which is warned.
///
/// # Errors
/// A malformed hash.
pub fn parse_hash(shared: &mut Shared, text: &[u8], algorithm: Option<HashAlgorithm>) -> Result<Hash> {
    let hash = Hash::parse_allow_empty(text, algorithm)
        .map_err(|error| Error::with_message(DiagnosticId::InvalidHash, error.to_string()))?;
    if text.is_empty() {
        warn(shared, &format!("found empty hash, assuming '{}'", hash.format(HashFormat::Sri)));
    }
    Ok(hash)
}

fn hash_mode(shared: &Shared, text: &[u8]) -> Result<ContentAddressMethod> {
    let Some(method) = ContentAddressMethod::from_name(text) else {
        let text = String::from_utf8_lossy(text);
        return Err(derivation_error(format!("invalid value '{text}' for 'outputHashMode' attribute")));
    };
    match method {
        ContentAddressMethod::Text => require_feature(shared, "dynamic-derivations")?,
        ContentAddressMethod::Git => require_feature(shared, "git-hashing")?,
        _ => {}
    }
    Ok(method)
}

/// Fails unless an experimental feature is switched on.
///
/// # Errors
/// If it is not.
pub fn require_feature(shared: &Shared, feature: &str) -> Result<()> {
    match shared.settings.has_feature(feature) {
        true => Ok(()),
        false => Err(Error::new(DiagnosticId::ExperimentalFeatureDisabled, &[&feature])),
    }
}

/// Hands a warning to whoever watches.
pub fn warn(shared: &mut Shared, message: &str) {
    shared.world.emit(nivose_world::MessageKind::Warning, message.as_bytes());
}

#[cold]
fn derivation_error(message: impl Into<String>) -> Error {
    Error::with_message(DiagnosticId::Derivation, message.into())
}
