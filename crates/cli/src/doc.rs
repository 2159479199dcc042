//! `nivose doc`: the reference of the builtins and of the instructions, on the terminal.

use std::fmt::Write;

use nivose::raw::{instructions, reference};

/// All names, with what each is in a few words.
pub fn list() -> String {
    let mut out = String::new();
    for family in reference::families() {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{}:", family.title);
        for entry in &family.entries {
            let text = if entry.summary.is_empty() { entry.prose } else { entry.summary };
            let sentence = text.split_inclusive(['.', ';', ':']).next().unwrap_or_default();
            let sentence = sentence.trim_end_matches(['.', ';', ':']).replace('\n', " ");
            let _ = writeln!(out, "  {:<30} {sentence}", entry.name);
        }
    }
    out.push_str("Instructions of the machine:\n");
    for row in instructions() {
        let _ = writeln!(out, "  {:<30} {}", row.mnemonic, row.meaning.trim());
    }
    out
}

/// The page of a builtin or an instruction.
pub fn page(name: &str) -> Option<String> {
    if let Some(entry) = reference::find(name) {
        return Some(entry.markdown(1));
    }
    let row = instructions().iter().find(|row| row.mnemonic.eq_ignore_ascii_case(name))?;
    Some(format!(
        "# {}\n\nInstruction {} of the machine. {}\n",
        row.mnemonic,
        row.instruction as u8,
        row.meaning.trim()
    ))
}

/// All names.
pub fn names() -> impl Iterator<Item = &'static str> {
    let builtins =
        reference::families().into_iter().flat_map(|family| family.entries).map(|entry| entry.name);
    builtins.chain(instructions().iter().map(|row| row.mnemonic))
}
