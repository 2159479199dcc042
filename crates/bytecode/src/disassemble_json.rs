//! Listings for programs: a JSON object a line, one for each chunk and each instruction.
//!
//! A chunk has `chunk` (its number), `source` (the name of the file that it was compiled from, if that is at hand), `kind` (`top level`, `thunk` or `lambda`), `head` (how a lambda is written), `upvalues`, `with`,
//! `stack`. An instruction has `chunk`, `offset`, `mnemonic`, `operands` (a list of `kind`, `text` and, if it is a number, `value`) and,
//! if it comes from the source, `start`, `end` and `line`.

use std::fmt::Write;

use nivose_base::json_text::json_string;
use nivose_base::render::source_name;
use nivose_base::{Source, Symbols};

use crate::chunk::Chunk;
use crate::decode::{Decoded, Operand, instructions};
use crate::disassemble::{describe, operand_text};

/// Hands out the lines of a chunk's listing, without line ends.
pub fn disassemble_json(
    number: usize,
    chunk: &Chunk,
    symbols: &Symbols,
    source: Option<&Source>,
    emit: &mut dyn FnMut(&str),
) {
    emit(&header(number, chunk, symbols, source));
    for decoded in instructions(&chunk.code) {
        match decoded {
            Ok(decoded) => emit(&instruction(number, chunk, symbols, source, &decoded)),
            Err(error) => {
                let (offset, reason) = (error.offset, error.to_string());
                emit(&format!("{{\"chunk\":{number},\"offset\":{offset},\"error\":{}}}", quoted(&reason)));
            }
        }
    }
}

fn header(number: usize, chunk: &Chunk, symbols: &Symbols, source: Option<&Source>) -> String {
    let (kind, head) = describe(chunk, symbols);
    let source = source.map_or(String::new(), |source| {
        let name = source_name(&source.origin);
        format!("\"source\":{},", quoted(&String::from_utf8_lossy(&name)))
    });
    format!(
        "{{\"chunk\":{number},{source}\"kind\":\"{kind}\",\"head\":{},\"upvalues\":{},\"with\":{},\"stack\":{}}}",
        quoted(&head),
        chunk.upvalues,
        chunk.captures_with,
        chunk.max_stack
    )
}

fn instruction(
    number: usize,
    chunk: &Chunk,
    symbols: &Symbols,
    source: Option<&Source>,
    decoded: &Decoded,
) -> String {
    let mnemonic = decoded.instruction.row().map_or("Invalid", |row| row.mnemonic);
    let offset = decoded.offset;
    let mut out =
        format!("{{\"chunk\":{number},\"offset\":{offset},\"mnemonic\":\"{mnemonic}\",\"operands\":[");
    for (index, &operand) in decoded.operands.iter().filter(|&&operand| operand != Operand::None).enumerate()
    {
        let separator = if index == 0 { "" } else { "," };
        let (kind, value) = kind_and_value(operand);
        let text = quoted(&operand_text(chunk, symbols, operand));
        let value = value.map_or(String::new(), |value| format!(",\"value\":{value}"));
        // Writing to a string cannot fail.
        let _ = write!(out, "{separator}{{\"kind\":\"{kind}\"{value},\"text\":{text}}}");
    }
    out.push(']');
    if let Some(span) = chunk.span_at(offset) {
        let _ = write!(out, ",\"start\":{},\"end\":{}", span.start, span.end);
        if let Some((line, _)) = source.and_then(|source| source.line_of(span.start)) {
            let _ = write!(out, ",\"line\":{line}");
        }
    }
    out.push('}');
    out
}

fn kind_and_value(operand: Operand) -> (&'static str, Option<u32>) {
    match operand {
        Operand::None => ("none", None),
        Operand::Constant(index) => ("constant", Some(index)),
        Operand::Slot(index) => ("slot", Some(index)),
        Operand::Upvalue(index) => ("upvalue", Some(index)),
        Operand::Count(count) => ("count", Some(count)),
        Operand::Cache(index) => ("cache", Some(index)),
        Operand::ScopeCaches(first) => ("scope caches", Some(first)),
        Operand::Target(offset) => ("target", Some(offset)),
        Operand::Coerce(_) => ("coerce", None),
        Operand::Captures(captures) => ("captures", Some(captures.constant)),
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::new();
    json_string(&mut out, text);
    out
}

#[cfg(test)]
mod tests {
    use nivose_base::{Origin, SourceMap, Span};

    use super::*;
    use crate::chunk::ChunkKind;
    use crate::encode::ChunkBuilder;
    use crate::instruction::Instruction;

    #[test]
    fn instructions_are_objects_with_their_lines() {
        let mut builder = ChunkBuilder::new(3, false);
        builder.set_span(Span::new(4, 7));
        builder.op_index(Instruction::GetLocal, 2);
        builder.op(Instruction::Return);
        let chunk = builder.finish(ChunkKind::Thunk, 0, false);
        let mut found = Vec::new();
        let mut sources = SourceMap::new();
        let source = sources.add(Origin::String, b"x:\n \"a\"".to_vec()).map(|id| sources.get(id));
        disassemble_json(3, &chunk, &Symbols::new(), source, &mut |line| found.push(line.to_owned()));
        assert_eq!(
            found[0],
            r#"{"chunk":3,"source":"«string»","kind":"thunk","head":"","upvalues":0,"with":false,"stack":4}"#
        );
        assert_eq!(
            found[1],
            r#"{"chunk":3,"offset":0,"mnemonic":"GetLocal","operands":[{"kind":"slot","value":2,"text":"slot 2"}],"start":4,"end":7,"line":2}"#
        );
        assert_eq!(found.len(), 3);
    }
}
