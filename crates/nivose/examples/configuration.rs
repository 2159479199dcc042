//! Reads a typed configuration that is written in Nix: `cargo run -p nivose --example configuration [FILE]`.
//!
//! The file may import others, and may be a function of what the program knows; what is wrong in it is shown with its place.

use std::collections::BTreeMap;
use std::process::ExitCode;

use nivose::{Engine, Evaluation, Kind, Result, Value};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Configuration {
    name: String,
    workers: usize,
    #[serde(default)]
    routes: BTreeMap<String, Route>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Route {
    Proxy { port: u16 },
    Files(String),
}

const EXAMPLE: &str = r#"
{ cores }:
let service = port: { proxy = { inherit port; }; };
in {
  name = "snow";
  workers = cores * 2;
  routes = {
    "/" = { files = "/srv/www"; };
    "/api" = service 8080;
    "/metrics" = service (8080 + 1);
  };
}
"#;

/// An evaluation that reads files, but neither works for ever nor takes all memory.
pub fn start() -> Result<Evaluation> {
    let engine = Engine::builder().system_world().step_limit(1_000_000).memory_limit(256 << 20).build()?;
    Ok(engine.start())
}

/// Reads a configuration for a machine with so many cores.
pub fn read(written: &Value, cores: usize) -> Result<String> {
    let configuration: Configuration = match written.kind()? {
        Kind::Function => {
            let known = written.evaluation().to_value(&BTreeMap::from([("cores", cores)]))?;
            written.call([&known])?.to()?
        }
        _ => written.to()?,
    };
    let mut out = format!("{} with {} workers\n", configuration.name, configuration.workers);
    for (path, route) in &configuration.routes {
        out += &match route {
            Route::Proxy { port } => format!("  {path} goes to port {port}\n"),
            Route::Files(directory) => format!("  {path} shows {directory}\n"),
        };
    }
    Ok(out)
}

/// The example, or the file that is named.
fn run() -> Result<String> {
    let evaluation = start()?;
    let written = match std::env::args_os().nth(1) {
        Some(file) => evaluation.evaluate_file(&file)?,
        None => evaluation.evaluate(EXAMPLE)?,
    };
    read(&written, 4)
}

/// Prints what was read.
pub fn main() -> ExitCode {
    match run() {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("{}", failure.rendered());
            ExitCode::FAILURE
        }
    }
}
