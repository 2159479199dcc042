//! Gives the language builtins of one's own: a table of comma-separated values, and a generator with state:
//! `cargo run -p nivose --example builtin`.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use nivose::{Engine, Result};
use serde::Deserialize;

/// How `builtins.fromCSV` reads its text.
#[derive(Deserialize)]
struct Options {
    #[serde(default = "comma")]
    separator: char,
}

fn comma() -> char {
    ','
}

/// The rows of a table by the names in its first line.
fn from_csv(options: Options, text: String) -> std::result::Result<Vec<BTreeMap<String, String>>, String> {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let cells =
        |line: &str| line.split(options.separator).map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let names = lines.next().map(cells).ok_or("a table without a first line")?;
    lines
        .map(|line| {
            let row = cells(line);
            if row.len() != names.len() {
                return Err(format!("'{line}' has {} cells, not {}", row.len(), names.len()));
            }
            Ok(names.iter().cloned().zip(row).collect())
        })
        .collect()
}

/// An engine whose language reads tables.
pub fn engine() -> Result<Engine> {
    let next = AtomicU64::new(0);
    Engine::builder()
        .builtin("fromCSV", "The rows of a table of comma-separated values, as sets.", from_csv)
        .builtin("ticket", "A number that was not given before, for a name.", move |name: String| {
            Ok::<_, String>(format!("{name}-{}", next.fetch_add(1, Ordering::Relaxed)))
        })
        .build()
}

const EXAMPLE: &str = r#"
let
  rows = builtins.fromCSV { separator = ";"; } ''
    name; weight
    flake; 3
    crystal; 5
  '';
  weigh = row: builtins.fromJSON row.weight;
in {
  names = map (row: builtins.ticket row.name) rows;
  total = builtins.foldl' (sum: row: sum + weigh row) 0 rows;
}
"#;

/// The value of the example, as text.
pub fn example() -> Result<String> {
    engine()?.start().evaluate(EXAMPLE)?.print()
}

/// Prints the value of the example.
pub fn main() {
    match example() {
        Ok(text) => println!("{text}"),
        Err(failure) => eprintln!("{}", failure.rendered()),
    }
}
