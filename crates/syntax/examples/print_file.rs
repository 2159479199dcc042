//! Prints what a file is parsed to, like `nix-instantiate --parse FILE`; each FILE in turn.

use std::io::Write;

use nivose_base::{Pos, Symbols};
use nivose_syntax::print::{PathBase, print_expr};
use nivose_syntax::{ParseOptions, parse};

fn main() -> std::io::Result<()> {
    let home = std::env::var("HOME").unwrap_or_default();
    let mut out = std::io::stdout().lock();
    for name in std::env::args().skip(1) {
        let text = std::fs::read(&name)?;
        let path = std::path::absolute(&name)?;
        let directory = path.parent().map_or("/".into(), |d| d.to_string_lossy());
        let describe = |offset: u32| place(&name, &text, offset);
        let options = ParseOptions { pipe_operators: false, describe: &describe, watch: &|_| Ok(()) };
        let mut symbols = Symbols::new();
        let parsed = parse(&text, Pos(1), &mut symbols, &options);
        for error in &parsed.diagnostics {
            writeln!(out, "error: {error} at {}", place(&name, &text, error.pos().0 - 1))?;
        }
        if let (true, Some(root)) = (parsed.diagnostics.is_empty(), parsed.tree.root) {
            let base = PathBase { directory: directory.as_bytes(), home: home.as_bytes() };
            out.write_all(&print_expr(&parsed.tree, root, &symbols, base))?;
            out.write_all(b"\n")?;
        }
    }
    Ok(())
}

/// File, line and column of an offset.
fn place(name: &str, text: &[u8], offset: u32) -> String {
    let before = text.get(..offset as usize).unwrap_or(text);
    let line = before.iter().filter(|&&b| b == b'\n').count() + 1;
    let column = before.len() - before.iter().rposition(|&b| b == b'\n').map_or(0, |i| i + 1) + 1;
    format!("{name}:{line}:{column}")
}
