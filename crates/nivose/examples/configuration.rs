//! Reads a typed configuration that is written in Nix: `configuration [FILE]`.
//!
//! The file may be a function of the settings that the program gives it; what is wrong in it is shown with its place.

use std::collections::BTreeMap;

use nivose::{Engine, Result, Source};
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

/// Reads a configuration for a machine with so many cores.
pub fn read(source: impl Into<Source>, cores: usize) -> Result<String> {
    let evaluation = Engine::builder().step_limit(1_000_000).memory_limit(256 << 20).build()?.start();
    let written = evaluation.evaluate(source)?;
    let settings = evaluation.to_value(&BTreeMap::from([("cores", cores)]))?;
    let configuration: Configuration = written.call([&settings])?.to()?;
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
pub fn main() {
    let source = match std::env::args().nth(1) {
        Some(file) => std::fs::read(&file).map(|text| Source::new(text).named(file)),
        None => Ok(Source::new(EXAMPLE)),
    };
    match source.map(|source| read(source, 4)) {
        Ok(Ok(text)) => print!("{text}"),
        Ok(Err(failure)) => eprintln!("{}", failure.rendered()),
        Err(error) => eprintln!("error: {error}"),
    }
}
