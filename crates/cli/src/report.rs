//! What a command says: results on standard output, failures and warnings on standard error.

use std::io::{self, ErrorKind, IsTerminal, Write};

use nivose_base::render::{RenderOptions, render, render_json};
use nivose_base::{DiagnosticId, Error, SourceMap};

use crate::configuration::{Configuration, ErrorFormat, variable};
use crate::failure::Failure;

/// Writes a whole result. Whoever closed the other end does not want more: that is no failure.
///
/// # Errors
/// If it cannot be written.
pub fn write_result(result: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(result).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::Output(error)),
        _ => Ok(()),
    }
}

/// Shows why a command failed. `sources` are those of the evaluation, if there was one.
pub fn show_failure(
    program: &str,
    failure: &Failure,
    configuration: &Configuration,
    sources: Option<&SourceMap>,
) {
    let nothing = SourceMap::new();
    let sources = sources.unwrap_or(&nothing);
    let mut text = match (failure, configuration.error_format) {
        (Failure::Evaluation(error), ErrorFormat::Json) => render_json(error, sources).into_bytes(),
        (Failure::Evaluation(error), ErrorFormat::Text) => {
            let options = RenderOptions { show_trace: configuration.show_trace, colour: wants_colour() };
            render(error, sources, options)
        }
        (Failure::Usage(message), ErrorFormat::Json) => {
            render_json(&Error::new(DiagnosticId::Usage, &[message]), sources).into_bytes()
        }
        (other, _) => plain(other).into_bytes(),
    };
    text.push(b'\n');
    if refers_to_help(failure) && configuration.error_format == ErrorFormat::Text {
        text.extend(format!("Try '{program} --help' for more information.\n").into_bytes());
    }
    // A closed standard error leaves nobody to tell.
    let _ = io::stderr().write_all(&text);
}

fn plain(failure: &Failure) -> String {
    let (start, end) = if wants_colour() { ("\x1b[31;1m", "\x1b[0m") } else { ("", "") };
    format!("{start}error:{end} {failure}")
}

fn refers_to_help(failure: &Failure) -> bool {
    match failure {
        Failure::Usage(_) => true,
        Failure::Evaluation(error) => error.id().refers_to_help(),
        Failure::Output(_) => false,
    }
}

/// Shows warnings.
pub fn show_warnings(warnings: &[String]) {
    let (start, end) = if wants_colour() { ("\x1b[35;1m", "\x1b[0m") } else { ("", "") };
    for warning in warnings {
        let _ = writeln!(io::stderr(), "{start}warning:{end} {warning}");
    }
}

/// Whether standard error is to have colours: a terminal that can show them, and nobody objects.
fn wants_colour() -> bool {
    let set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    if set("NO_COLOR") || set("NOCOLOR") {
        return false;
    }
    let forced = variable("CLICOLOR_FORCE").is_some_and(|value| !matches!(value.as_str(), "" | "0"));
    forced || (io::stderr().is_terminal() && variable("TERM").as_deref() != Some("dumb"))
}
