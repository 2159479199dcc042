//! The command: compares evaluators on random programs.

use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use std::collections::BTreeMap;

use nivose_generator::{Comparison, DIFFERENCES, Dialect, Node, Outcome, Verdict, program, shrink};

const USAGE: &str =
    "usage: nivose-generator levels|collectors|nix [--seed S] [--count N] [--stop-after FAILURES] [--print] [--show ENDING]
       nivose-generator differences

Compares N programs from seed S on, and shrinks those that are evaluated differently:
  levels      level 0 with the default level
  collectors  a collector that never runs with one that runs at every safe point
  nix         this evaluator with the C++ Nix 2.8 that is installed
differences lists the known differences from C++ Nix 2.8. --print shows the programs,
--show those that end so.";

struct Arguments {
    comparison: String,
    seed: u64,
    count: u64,
    stop_after: usize,
    print: bool,
    show: Option<String>,
}

/// The program in hand, for the report if the evaluator dies of it.
static CURRENT: Mutex<String> = Mutex::new(String::new());

fn main() -> ExitCode {
    match arguments() {
        Ok(arguments) if arguments.comparison == "differences" => list_differences(),
        Ok(arguments) => match compare(&arguments) {
            Ok(code) => code,
            Err(message) => fail(&message),
        },
        Err(message) => fail(&format!("{message}\n{USAGE}")),
    }
}

fn fail(message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::from(2)
}

fn arguments() -> Result<Arguments, String> {
    let mut words = std::env::args().skip(1);
    let comparison = words.next().ok_or("what is to be compared?")?;
    let mut arguments =
        Arguments { comparison, seed: 1, count: 1000, stop_after: 5, print: false, show: None };
    while let Some(flag) = words.next() {
        if flag == "--show" {
            arguments.show = words.next();
            continue;
        }
        let mut number = || {
            let word = words.next().ok_or_else(|| format!("{flag} needs a number"))?;
            word.parse::<u64>().map_err(|error| format!("{flag} {word}: {error}"))
        };
        match flag.as_str() {
            "--seed" => arguments.seed = number()?,
            "--count" => arguments.count = number()?,
            "--stop-after" => arguments.stop_after = number()? as usize,
            "--print" => arguments.print = true,
            _ => return Err(format!("unknown flag {flag}")),
        }
    }
    Ok(arguments)
}

fn list_differences() -> ExitCode {
    for difference in DIFFERENCES {
        println!("{}: {}", difference.name, difference.reason);
    }
    ExitCode::SUCCESS
}

fn compare(arguments: &Arguments) -> Result<ExitCode, String> {
    let comparison = Comparison::named(&arguments.comparison)?;
    report_panics();
    let begun = Instant::now();
    let mut endings: BTreeMap<String, usize> = BTreeMap::new();
    let mut failures = 0;
    let last = arguments.seed.saturating_add(arguments.count);
    let mut seed = arguments.seed;
    while seed < last && failures < arguments.stop_after {
        let seeds: Vec<u64> = (seed..last).take(comparison.batch()).collect();
        let programs: Vec<Node> = seeds.iter().map(|&seed| program(seed, comparison.profile())).collect();
        show_programs(arguments, &seeds, &programs);
        for ((verdict, seed), program) in
            comparison.check_all(&programs).into_iter().zip(&seeds).zip(&programs)
        {
            let ending = match verdict {
                Verdict::Same(class) => format!("{class:?}"),
                Verdict::Known(name) => format!("differs: {name}"),
                Verdict::Different(_) => {
                    failures += 1;
                    report(&comparison, *seed, program);
                    String::from("UNEXPLAINED")
                }
            };
            if arguments.show.as_ref().is_some_and(|show| ending.contains(show.as_str())) {
                println!("# seed {seed}: {ending}\n{}\n", program.print(Dialect::Current));
            }
            *endings.entry(ending).or_default() += 1;
        }
        seed += seeds.len() as u64;
    }
    summarise(&endings, begun);
    Ok(if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Keeps what is about to be evaluated, and prints it if that is wanted.
fn show_programs(arguments: &Arguments, seeds: &[u64], programs: &[Node]) {
    let texts = seeds
        .iter()
        .zip(programs)
        .map(|(seed, program)| format!("# seed {seed}\n{}\n", program.print(Dialect::Current)));
    let text: Vec<String> = texts.collect();
    let text = text.join("\n");
    if arguments.print {
        println!("{text}");
    }
    *CURRENT.lock().unwrap_or_else(PoisonError::into_inner) = text;
}

fn summarise(endings: &BTreeMap<String, usize>, begun: Instant) {
    let count: usize = endings.values().sum();
    for (ending, count) in endings {
        println!("{count:8} {ending}");
    }
    println!("{count:8} programs in {:.1} s", begun.elapsed().as_secs_f64());
}

fn report_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        usual(panic);
        eprintln!("while evaluating {}", CURRENT.lock().unwrap_or_else(PoisonError::into_inner));
    }));
}

fn report(comparison: &Comparison, seed: u64, program: &Node) {
    let small =
        shrink(program, &mut |candidate| matches!(comparison.check(candidate), Verdict::Different(_)));
    println!("seed {seed}: evaluated differently\n{}", small.print(Dialect::Current));
    if let Verdict::Different(outcomes) = comparison.check(&small) {
        show("first", &outcomes.0);
        show("second", &outcomes.1);
    }
    println!();
}

fn show(which: &str, outcome: &Outcome) {
    let text: String = outcome.text.chars().take(600).collect();
    println!("  {which}: {:?} {} {text}", outcome.class, outcome.diagnostic.unwrap_or_default());
    println!("    at {:?}, traces {:?}", outcome.place, outcome.traces);
}
