//! The reference page of the instructions, rendered from the table.

use std::fmt::Write;

use crate::instruction::{LAST_BASE, OperandKind, Pops, Row, TABLE, flags};

/// The page as Markdown.
pub fn render() -> String {
    let mut out = String::from(INTRODUCTION);
    out.push_str("\n## Base instructions\n\n");
    table(&mut out, |row| row.instruction as u8 <= LAST_BASE as u8);
    out.push_str(
        "\n## Extension instructions\n\nEmitted at level 1 only, the wide jumps at level 0 too.\n\n",
    );
    table(&mut out, |row| row.instruction as u8 > LAST_BASE as u8);
    out
}

const INTRODUCTION: &str = "\
# Instructions of the abstract machine

Made from the table in `crates/bytecode/src/instruction.rs`; refresh with `UPDATE=1 cargo test -p nivose-bytecode`.

`{1}` is the top of the stack, `{2}` the value below it. *Stack* says how many values are popped and
pushed when no jump is taken. Numbers without an instruction are `Invalid`.
";

fn table(out: &mut String, wanted: impl Fn(&Row) -> bool) {
    out.push_str("| no | mnemonic | operands | stack | may | meaning |\n|---:|---|---|---|---|---|\n");
    for row in TABLE.iter().filter(|row| wanted(row)) {
        let operands: Vec<_> = row.operands.iter().map(|&kind| operand_name(kind)).collect();
        let number = row.instruction as u8;
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "| {number} | `{}` | {} | {} → {} | {} | {} |",
            row.mnemonic,
            operands.join(", "),
            pops_name(row.pops),
            row.pushes,
            flag_names(row.flags),
            row.meaning.trim()
        );
    }
}

fn operand_name(kind: OperandKind) -> &'static str {
    match kind {
        OperandKind::Constant => "constant",
        OperandKind::Slot => "slot",
        OperandKind::Upvalue => "upvalue",
        OperandKind::Count => "count",
        OperandKind::Cache => "cache",
        OperandKind::ScopeCaches => "caches",
        OperandKind::Jump => "jump",
        OperandKind::WideJump => "wide jump",
        OperandKind::Coerce => "coerce",
        OperandKind::Captures => "captures",
    }
}

fn pops_name(pops: Pops) -> String {
    match pops {
        Pops::Fixed(n) => n.to_string(),
        Pops::CountPlus(0) => "n".into(),
        Pops::CountPlus(more) => format!("n + {more}"),
        Pops::Pairs => "2 n".into(),
        Pops::Keys => "keys".into(),
    }
}

fn flag_names(set: u8) -> String {
    let names = [
        (flags::FORCES, "force"),
        (flags::CALLS, "call"),
        (flags::ALLOCATES, "allocate"),
        (flags::JUMPS, "jump"),
        (flags::ENDS, "end"),
    ];
    let shown: Vec<_> = names.iter().filter(|(flag, _)| set & flag != 0).map(|&(_, name)| name).collect();
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_in_the_documentation_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/instructions.md");
        let page = render();
        if std::env::var_os("UPDATE").is_some() {
            std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs")).expect("folder");
            std::fs::write(path, &page).expect("page");
        }
        let found = std::fs::read_to_string(path).unwrap_or_default();
        assert!(found == page, "docs/instructions.md is out of date: run the test with UPDATE=1");
    }
}
