//! Evaluates the Nix expression given as the first argument and shows the value without forcing what is inside.

use nivose::world::OsWorld;
use nivose::{Evaluator, Options, Origin};

fn main() -> std::process::ExitCode {
    let text = std::env::args().nth(1).unwrap_or_else(|| String::from("1 + 1"));
    let mut evaluator = Evaluator::new(Options::default(), Box::new(OsWorld::new()));
    match evaluator.evaluate(Origin::String, text.into_bytes(), b"/".to_vec()) {
        Ok(value) => {
            let shown = evaluator.machine().inspect(value, |shared, value| shared.show(value));
            println!("{}", String::from_utf8_lossy(&shown));
            std::process::ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}
