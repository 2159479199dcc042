//! Parses files and says how fast: `parse_files [--list LIST] FILE…`, where LIST names a file of
//! file names, one per line.

use std::time::Instant;

use nivose_base::{Pos, Symbols};
use nivose_syntax::{ParseOptions, Room, parse_in};

fn main() {
    let mut names = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--list" => {
                let list = arguments.next().and_then(|list| std::fs::read_to_string(list).ok());
                names.extend(list.unwrap_or_default().lines().map(str::to_owned));
            }
            _ => names.push(argument),
        }
    }
    let texts: Vec<_> = names.iter().filter_map(|name| Some((name, std::fs::read(name).ok()?))).collect();
    let bytes: usize = texts.iter().map(|(_, text)| text.len()).sum();
    let describe = |offset| format!("offset {offset}");
    let options = ParseOptions { pipe_operators: false, describe: &describe, watch: &|_| Ok(()) };
    let (mut symbols, mut expressions, mut failed) = (Symbols::new(), 0, 0);
    let mut room = Room::default();
    let begin = Instant::now();
    for (name, text) in &texts {
        let parsed = parse_in(&mut room, text, Pos(1), &mut symbols, &options);
        expressions += parsed.tree.expr_count();
        for error in &parsed.diagnostics {
            failed += 1;
            println!("{name}: {error} (offset {})", error.pos().0.saturating_sub(1));
        }
    }
    let seconds = begin.elapsed().as_secs_f64();
    let speed = bytes as f64 / seconds / 1e6;
    println!(
        "{} files, {bytes} bytes, {expressions} expressions, {failed} errors: {seconds:.3} s, {speed:.0} MB/s",
        texts.len()
    );
}
