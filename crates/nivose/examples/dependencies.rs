//! Lists what the packages of a set are built from: `cargo run -p nivose --example dependencies [DIRECTORY [ATTRIBUTE]]`.
//!
//! Only names and inputs are evaluated. A package that cannot be evaluated is reported and does not spoil the others.

use std::collections::BTreeMap;

use nivose::{Engine, Kind, Result, Value};

/// Whether a value is a package: a set that says so.
fn is_package(value: &Value) -> Result<bool> {
    if value.kind()? != Kind::Attrs {
        return Ok(false);
    }
    match value.get("type")? {
        Some(kind) => Ok(kind.as_str()? == "derivation"),
        None => Ok(false),
    }
}

/// The names of the packages that a package is directly built from.
fn inputs(package: &Value) -> Result<Vec<String>> {
    let Some(inputs) = package.get("buildInputs")? else { return Ok(Vec::new()) };
    let mut names = Vec::new();
    for input in inputs.elements()? {
        if is_package(&input)? {
            names.push(input.attribute("name")?.as_str()?);
        }
    }
    Ok(names)
}

/// The inputs of all packages of a set, or why they cannot be told.
pub fn list(set: &Value) -> Result<BTreeMap<String, Result<Vec<String>>>> {
    let mut listed = BTreeMap::new();
    for (name, value) in set.attributes()? {
        match is_package(&value) {
            Ok(true) => listed.insert(name, inputs(&value)),
            Ok(false) => None,
            Err(failure) => listed.insert(name, Err(failure)),
        };
    }
    Ok(listed)
}

/// The list as text.
pub fn show(directory: &str, attribute: &str) -> Result<String> {
    let set = Engine::system().start().evaluate_file(directory)?.select(attribute)?;
    let line = |(name, inputs): (String, Result<Vec<String>>)| match inputs {
        Ok(inputs) if inputs.is_empty() => format!("{name}\n"),
        Ok(inputs) => format!("{name}: {}\n", inputs.join(", ")),
        Err(failure) => format!("{name}: cannot be evaluated: {failure}\n"),
    };
    Ok(list(&set)?.into_iter().map(line).collect())
}

/// The packages of the set that is named, or of the one in this repository.
pub fn main() {
    let mut arguments = std::env::args().skip(1);
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/packages");
    let directory = arguments.next().unwrap_or_else(|| example.into());
    let attribute = arguments.next().unwrap_or_else(|| "packages".into());
    match show(&directory, &attribute) {
        Ok(text) => print!("{text}"),
        Err(failure) => eprintln!("{}", failure.rendered()),
    }
}
