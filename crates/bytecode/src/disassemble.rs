//! The listing of a chunk: offset, mnemonic, operands with what they stand for, and the source
//! line where it changes.

use std::fmt::Write;

use nivose_base::{Source, Symbols};

use crate::chunk::{Chunk, ChunkKind, Constant, LambdaInfo};
use crate::decode::{Captures, Decoded, Operand, instructions};
use crate::instruction::{Coerce, Instruction, Position};

/// Longest piece of a string or source line that is shown.
const SHOWN_BYTES: usize = 60;
/// Most keys of a set that are shown.
const SHOWN_KEYS: usize = 12;

/// What a listing is made of.
struct Listing<'a> {
    chunk: &'a Chunk,
    symbols: &'a Symbols,
    out: String,
}

impl<'a> Listing<'a> {
    fn new(chunk: &'a Chunk, symbols: &'a Symbols) -> Self {
        Listing { chunk, symbols, out: String::new() }
    }
}

/// The listing of a chunk, one line for each instruction. `source` is what the chunk was compiled from, if it is at hand:
/// its lines are shown then.
pub fn disassemble(chunk: &Chunk, symbols: &Symbols, source: Option<&Source>) -> String {
    let mut listing = Listing::new(chunk, symbols);
    listing.header();
    let mut line = None;
    for decoded in instructions(&chunk.code) {
        match decoded {
            Ok(decoded) => {
                listing.line_change(&decoded, source, &mut line);
                listing.instruction(&decoded);
            }
            Err(error) => listing.put(format_args!("{:>5}  ?? {error}\n", error.offset)),
        }
    }
    listing.out
}

/// One instruction as a listing shows it, without offset and line end.
pub fn disassemble_instruction(chunk: &Chunk, symbols: &Symbols, decoded: &Decoded) -> String {
    let mut listing = Listing::new(chunk, symbols);
    listing.operation(decoded);
    listing.out
}

impl Listing<'_> {
    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.out.write_fmt(text);
    }

    fn header(&mut self) {
        match &self.chunk.kind {
            ChunkKind::TopLevel => self.put(format_args!("top level")),
            ChunkKind::Thunk => self.put(format_args!("thunk")),
            ChunkKind::Lambda(info) => self.lambda(info),
        }
        let Chunk { upvalues, max_stack, .. } = *self.chunk;
        let with = if self.chunk.captures_with { ", with scopes" } else { "" };
        self.put(format_args!("; upvalues {upvalues}{with}; stack {max_stack}\n"));
    }

    fn lambda(&mut self, info: &LambdaInfo) {
        self.put(format_args!("lambda"));
        for parameter in &info.parameters {
            if let Some(name) = parameter.function_name {
                self.put(format_args!(" {} =", self.symbols.text(name)));
            }
            let argument = parameter.argument.map_or("_".into(), |name| self.symbols.text(name));
            self.put(format_args!(" {argument}:"));
        }
        let Some(formals) = &info.formals else { return };
        let mut shown: Vec<String> = formals.list.iter().map(|f| self.formal(f)).collect();
        if formals.ellipsis {
            shown.push("...".into());
        }
        self.put(format_args!(" {{ {} }}", shown.join(", ")));
    }

    fn formal(&self, formal: &crate::chunk::FormalInfo) -> String {
        let default = if formal.has_default { " ?" } else { "" };
        format!("{}{default}", self.symbols.text(formal.name))
    }

    /// Shows the source line if it differs from the one of the instruction before.
    fn line_change(&mut self, decoded: &Decoded, source: Option<&Source>, shown: &mut Option<u32>) {
        let Some(span) = self.chunk.span_at(decoded.offset) else { return };
        let Some((number, text)) = source.and_then(|source| source.line_of(span.start)) else { return };
        if *shown == Some(number) {
            return;
        }
        *shown = Some(number);
        let text = shorten(text.trim_ascii()).replace("\\\"", "\"").replace("\\'", "'");
        self.put(format_args!("{number:>5} | {text}\n"));
    }

    fn instruction(&mut self, decoded: &Decoded) {
        self.put(format_args!("{:>9}  ", decoded.offset));
        self.operation(decoded);
        while self.out.ends_with(' ') {
            self.out.pop();
        }
        self.out.push('\n');
    }

    fn operation(&mut self, decoded: &Decoded) {
        let mnemonic = decoded.instruction.row().map_or("Invalid", |row| row.mnemonic);
        self.put(format_args!("{mnemonic:<22}"));
        for operand in decoded.operands {
            self.operand(operand);
        }
        if decoded.instruction == Instruction::AssertFail {
            let text = self.chunk.tables().assertion_at(decoded.offset).unwrap_or_default();
            self.put(format_args!(" {}", shorten(text)));
        }
        if self.chunk.tables().formal_selects.binary_search(&decoded.offset).is_ok() {
            self.put(format_args!(" required formal"));
        }
    }

    fn operand(&mut self, operand: Operand) {
        match operand {
            Operand::None => {}
            Operand::Constant(index) => self.constant(index),
            Operand::Slot(index) => self.put(format_args!(" slot {index}")),
            Operand::Upvalue(index) => self.put(format_args!(" upvalue {index}")),
            Operand::Count(count) => self.put(format_args!(" {count}")),
            Operand::Cache(index) | Operand::ScopeCaches(index) => self.put(format_args!(" cache {index}")),
            Operand::Target(offset) => self.put(format_args!(" -> {offset}")),
            Operand::Coerce(coerce) => self.put(format_args!(" {}", coerce_text(coerce))),
            Operand::Captures(captures) => self.captures(captures),
        }
    }

    fn captures(&mut self, captures: Captures) {
        self.constant(captures.constant);
        for position in captures.positions(&self.chunk.code) {
            match position {
                Position::Slot(index) => self.put(format_args!(" slot {index}")),
                Position::Deferred(index) => self.put(format_args!(" deferred {index}")),
                Position::Upvalue(index) => self.put(format_args!(" upvalue {index}")),
            }
        }
        if captures.with {
            self.put(format_args!(" with"));
        }
    }

    fn constant(&mut self, index: u32) {
        let text = match self.chunk.constants.get(index as usize) {
            Some(constant) => constant_text(constant, self.symbols),
            None => "out of range".into(),
        };
        self.put(format_args!(" #{index} {text}"));
    }
}

/// What the code of a chunk is, for programs: `top level`, `thunk` or `lambda`, and its head as people read it.
pub(crate) fn describe(chunk: &Chunk, symbols: &Symbols) -> (&'static str, String) {
    let kind = match &chunk.kind {
        ChunkKind::TopLevel => return ("top level", String::new()),
        ChunkKind::Thunk => return ("thunk", String::new()),
        ChunkKind::Lambda(info) => info,
    };
    let mut listing = Listing::new(chunk, symbols);
    listing.lambda(kind);
    let head = listing.out.trim_start_matches("lambda").trim().to_owned();
    ("lambda", head)
}

/// An operand for people.
pub(crate) fn operand_text(chunk: &Chunk, symbols: &Symbols, operand: Operand) -> String {
    let mut listing = Listing::new(chunk, symbols);
    listing.operand(operand);
    listing.out.trim().to_owned()
}

fn coerce_text(coerce: Coerce) -> &'static str {
    match (coerce.is_strong(), coerce.imports_paths()) {
        (false, false) => "weak",
        (false, true) => "weak, import paths",
        (true, false) => "strong",
        (true, true) => "strong, import paths",
    }
}

/// A constant for people.
pub fn constant_text(constant: &Constant, symbols: &Symbols) -> String {
    match constant {
        Constant::Null => "null".into(),
        Constant::Bool(value) => value.to_string(),
        Constant::Int(value) => value.to_string(),
        Constant::Float(value) => format!("{value:?}"),
        Constant::String(text) => format!("\"{}\"", shorten(text)),
        Constant::Name(name) => format!("'{}'", symbols.text(*name)),
        Constant::AbsolutePath(path) => format!("path {}", shorten(path)),
        Constant::RelativePath(path) => format!("relative path {}", shorten(path)),
        Constant::SearchPath(path) => format!("<{}>", shorten(path)),
        Constant::HomePath(path) => format!("home path {}", shorten(path)),
        Constant::Builtin(name) => format!("builtin {}", symbols.text(*name)),
        Constant::Builtins => "builtins".into(),
        Constant::FinaliseRequest(yes) => format!("finalise {}", if *yes { "yes" } else { "no" }),
        Constant::Blueprint(number) => format!("blueprint {number}"),
        Constant::Function(number) => format!("function {number}"),
        Constant::Keys(keys) => keys_text(keys, symbols),
    }
}

fn keys_text(keys: &[crate::chunk::Key], symbols: &Symbols) -> String {
    let mut names: Vec<_> = keys.iter().take(SHOWN_KEYS).map(|key| symbols.text(key.name)).collect();
    if keys.len() > SHOWN_KEYS {
        names.push(format!("… {} more", keys.len() - SHOWN_KEYS).into());
    }
    format!("keys [{}]", names.join(" "))
}

/// At most [`SHOWN_BYTES`] bytes, on one line.
fn shorten(text: &[u8]) -> String {
    let cut = &text[..text.len().min(SHOWN_BYTES)];
    let more = if text.len() > SHOWN_BYTES { "…" } else { "" };
    format!("{}{more}", String::from_utf8_lossy(cut).escape_debug())
}
