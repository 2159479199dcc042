//! The reference of builtins and instructions.

use nivose::raw::{instructions, reference};

use crate::reply::{Object, quoted};

/// What a builtin or an instruction does.
pub fn document(name: &str) -> String {
    let name = name.strip_prefix("builtins.").unwrap_or(name);
    let builtin = reference::find(name).map(|entry| entry.markdown(1));
    let text = builtin.or_else(|| {
        let row = instructions().iter().find(|row| row.mnemonic == name)?;
        Some(format!("# {}\n\n{}\n", row.mnemonic, row.meaning.trim()))
    });
    Object::new().text_or_null("text", text.as_deref()).finish()
}

/// The names that [`document`] knows.
pub fn names() -> String {
    let builtins = reference::families().into_iter().flat_map(|family| family.entries);
    let builtins = builtins.map(|entry| quoted(entry.name));
    let instructions = instructions().iter().map(|row| quoted(row.mnemonic));
    Object::new().list("builtins", builtins).list("instructions", instructions).finish()
}
