//! Evaluators side by side on the same work: a table, and a chart.
//!
//! The commands take turns, so that a busy machine slows all of them alike. Times are those of the
//! processor, user and system; memory is the peak of what was resident.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use nivose_bench::{geometric_mean, median};

#[path = "compare/chart.rs"]
mod chart;
#[path = "compare/measure.rs"]
mod measure;

use measure::{Outcome, measure};

const USAGE: &str = "\
usage: compare [-n ROUNDS] [--only TEXT] [--nixpkgs FOLDER] [--chart FILE] [--table FILE] [NAME='COMMAND …' …]

Runs each workload with each command in turn and compares medians. A command is given the workload's file as its last
argument, and may begin with VARIABLE=value. The first command is the yardstick. Without commands these are compared:
nix-instantiate, if there is one, and the nivose of this repository, which must have been built with
`cargo build --release`.

  -n ROUNDS         how often each is run (5)
  --only TEXT       only workloads whose name has this in it
  --nixpkgs FOLDER  also evaluates packages and a system of this nixpkgs
  --chart FILE      where the chart is written (bench/comparison.svg)
  --table FILE      writes the table there too, as Markdown
";

/// What the command line asks for.
struct Arguments {
    rounds: usize,
    only: String,
    nixpkgs: Option<PathBuf>,
    chart: PathBuf,
    table: Option<PathBuf>,
    evaluators: Vec<Evaluator>,
}

/// A command that evaluates.
pub struct Evaluator {
    name: String,
    words: Vec<String>,
}

/// A file to be evaluated, and arguments for it.
struct Workload {
    name: String,
    file: PathBuf,
    arguments: Vec<String>,
}

/// What one evaluator took for one workload: medians.
#[derive(Clone, Copy)]
pub struct Figures {
    seconds: f64,
    megabytes: f64,
}

/// A line of the table: for each evaluator its figures, unless it failed.
pub struct Row {
    name: String,
    figures: Vec<Option<Figures>>,
}

impl Row {
    /// How many times less time and memory an evaluator took than the first one.
    pub fn ratios(&self, evaluator: usize) -> Option<(f64, f64)> {
        let (first, other) = (self.figures[0]?, self.figures[evaluator]?);
        Some((first.seconds / other.seconds, first.megabytes / other.megabytes))
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some((measure::FLAG, command)) = arguments.split_first().map(|(flag, rest)| (flag.as_str(), rest))
    {
        return measure::report(command);
    }
    match parse(&arguments).and_then(|arguments| compare(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn parse(words: &[String]) -> Result<Arguments, String> {
    let bench = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut arguments = Arguments {
        rounds: 5,
        only: String::new(),
        nixpkgs: None,
        chart: bench.join("comparison.svg"),
        table: None,
        evaluators: Vec::new(),
    };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().cloned().ok_or_else(|| format!("{word} needs a value\n\n{USAGE}"));
        match word.as_str() {
            "-n" => arguments.rounds = value()?.parse().map_err(|_| "-n needs a number")?,
            "--only" => arguments.only = value()?,
            "--nixpkgs" => arguments.nixpkgs = Some(absolute(&value()?)?),
            "--chart" => arguments.chart = value()?.into(),
            "--table" => arguments.table = Some(value()?.into()),
            evaluator if !evaluator.starts_with('-') => arguments.evaluators.push(named(evaluator)?),
            _ => return Err(USAGE.to_owned()),
        }
    }
    if arguments.evaluators.is_empty() {
        arguments.evaluators = installed(bench)?;
    }
    Ok(arguments)
}

fn absolute(path: &str) -> Result<PathBuf, String> {
    std::fs::canonicalize(path).map_err(|error| format!("{path}: {error}"))
}

/// An evaluator given as `NAME=COMMAND …`.
fn named(text: &str) -> Result<Evaluator, String> {
    let (name, command) = text.split_once('=').ok_or_else(|| USAGE.to_owned())?;
    let words = command.split_whitespace().map(str::to_owned).collect();
    Ok(Evaluator { name: name.to_owned(), words })
}

/// The evaluators that are compared if none are named.
fn installed(bench: &Path) -> Result<Vec<Evaluator>, String> {
    let own = bench.join("../target/release/nivose");
    if !own.exists() {
        return Err(format!("{} is missing: cargo build --release", own.display()));
    }
    let mut evaluators = Vec::new();
    let version = Command::new("nix-instantiate").arg("--version").stderr(Stdio::null()).output();
    match version {
        Ok(version) if version.status.success() => {
            let name = String::from_utf8_lossy(&version.stdout).replace("nix-instantiate (Nix)", "Nix");
            let name = name.trim().to_owned();
            evaluators.push(Evaluator {
                words: words("NIX_REMOTE=dummy:// nix-instantiate --eval --strict"),
                name,
            });
        }
        _ => eprintln!("There is no nix-instantiate to compare with."),
    }
    let mut command = vec![own.display().to_string()];
    command.extend(words("nix-instantiate --eval --strict"));
    evaluators.push(Evaluator { name: "nivose".to_owned(), words: command });
    Ok(evaluators)
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// The workloads that are asked for.
fn workloads(arguments: &Arguments) -> Vec<Workload> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads");
    let mut workloads = Vec::new();
    let mut add = |folder: &Path, given: &[String]| {
        let mut files: Vec<_> =
            std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
        files.sort();
        for file in files.into_iter().filter(|file| file.extension().is_some_and(|end| end == "nix")) {
            let name = file.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if name.contains(&arguments.only) {
                workloads.push(Workload { name, file, arguments: given.to_vec() });
            }
        }
    };
    add(&folder, &[]);
    if let Some(nixpkgs) = &arguments.nixpkgs {
        add(&folder.join("nixpkgs"), &["--argstr".into(), "nixpkgs".into(), nixpkgs.display().to_string()]);
    }
    workloads
}

fn compare(arguments: &Arguments) -> Result<(), String> {
    let mut rows = Vec::new();
    for workload in workloads(arguments) {
        let row = run(&workload, arguments)?;
        println!("{}", line(&row));
        rows.push(row);
    }
    let table = table(&rows, &arguments.evaluators);
    println!("\n{table}");
    if let Some(file) = &arguments.table {
        std::fs::write(file, &table).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    if arguments.evaluators.len() > 1 {
        let chart = chart::draw(&rows, &arguments.evaluators);
        std::fs::write(&arguments.chart, chart)
            .map_err(|error| format!("{}: {error}", arguments.chart.display()))?;
        println!("The chart is in {}.", arguments.chart.display());
    }
    Ok(())
}

/// Runs a workload with all evaluators in turn.
fn run(workload: &Workload, arguments: &Arguments) -> Result<Row, String> {
    let mut taken: Vec<Vec<Figures>> = vec![Vec::new(); arguments.evaluators.len()];
    let mut answers: Vec<Option<Outcome>> = arguments.evaluators.iter().map(|_| None).collect();
    for _ in 0..arguments.rounds {
        for (index, evaluator) in arguments.evaluators.iter().enumerate() {
            let outcome = measure(&evaluator.words, &workload.arguments, &workload.file)?;
            if outcome.succeeded {
                taken[index].push(outcome.figures);
            }
            answers[index] = Some(outcome);
        }
    }
    for (outcome, evaluator) in answers.iter().flatten().zip(&arguments.evaluators) {
        if !outcome.succeeded {
            println!("{}: {} failed: {}", workload.name, evaluator.name, outcome.message());
        }
    }
    let mut given =
        answers.iter().flatten().filter(|outcome| outcome.succeeded).map(|outcome| &outcome.answer);
    if let Some(first) = given.next()
        && given.any(|answer| answer != first)
    {
        println!("{}: the answers differ", workload.name);
    }
    let figures = taken.into_iter().map(|taken| {
        (taken.len() == arguments.rounds).then(|| Figures {
            seconds: median(taken.iter().map(|figures| figures.seconds).collect()),
            megabytes: median(taken.iter().map(|figures| figures.megabytes).collect()),
        })
    });
    Ok(Row { name: workload.name.clone(), figures: figures.collect() })
}

fn cell(figures: Option<Figures>) -> String {
    figures.map_or_else(|| "failed".to_owned(), |f| format!("{:.3} s, {:.0} MB", f.seconds, f.megabytes))
}

fn line(row: &Row) -> String {
    let cells: Vec<_> = row.figures.iter().map(|&figures| format!("{:>18}", cell(figures))).collect();
    format!("{:<20}{}", row.name, cells.join(" "))
}

/// All rows as a table in Markdown.
fn table(rows: &[Row], evaluators: &[Evaluator]) -> String {
    let mut text = String::from("| workload |");
    for (index, evaluator) in evaluators.iter().enumerate() {
        text += &format!(" {} |", evaluator.name);
        text += if index > 0 { " speed | memory |" } else { "" };
    }
    text += &format!("\n|{}\n", "---|".repeat(evaluators.len() * 3 - 1));
    for row in rows {
        text += &format!("| {} |", row.name);
        for (index, &figures) in row.figures.iter().enumerate() {
            text += &format!(" {} |", cell(figures));
            if index > 0 {
                text += &row
                    .ratios(index)
                    .map_or_else(|| " | |".to_owned(), |(s, m)| format!(" {s:.2} × | {m:.2} × |"));
            }
        }
        text.push('\n');
    }
    text + &means(rows, evaluators)
}

/// The last line of the table.
fn means(rows: &[Row], evaluators: &[Evaluator]) -> String {
    let mut text = String::from("| geometric mean | |");
    for index in 1..evaluators.len() {
        let (speed, memory): (Vec<_>, Vec<_>) = rows.iter().filter_map(|row| row.ratios(index)).unzip();
        text += &format!(" | {:.2} × | {:.2} × |", geometric_mean(&speed), geometric_mean(&memory));
    }
    text + "\n"
}
