//! The command `nivose`: an evaluator for the Nix language, in place of `nix-instantiate` and `nix eval`.
//!
//! Results go to standard output and only when they are complete; everything else goes to standard
//! error. The exit status is 0, or 1 for every failure.

mod arguments;
mod command;
mod configuration;
mod disassemble;
mod evaluate;
mod failure;
mod help;
mod instantiate;
mod report;
mod search_path;
mod session;
mod settings;
mod statistics;

use std::ffi::OsString;
use std::time::Instant;

use arguments::Arguments;
use command::{Command, Invocation, Request, Work};
use configuration::Configuration;
use failure::Failure;
use session::Session;

fn main() {
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    let program = if arguments.is_empty() { OsString::new() } else { arguments.remove(0) };
    let succeeded = match command::invocation(&program, &mut arguments) {
        Ok(Invocation::Say(text)) => say("nivose", &text),
        Ok(Invocation::Run(command)) => run(command, arguments),
        Err(failure) => fail("nivose", &failure, &Configuration::default()),
    };
    // Nothing is taken down: the system is quicker at it.
    std::process::exit(i32::from(!succeeded));
}

/// Runs a command and tells whether it succeeded.
fn run(command: Command, arguments: Vec<OsString>) -> bool {
    let mut configuration = Configuration::default();
    let request = Configuration::from_environment().and_then(|from_environment| {
        configuration = from_environment;
        command.parse(&mut Arguments::new(arguments), &mut configuration)
    });
    match request {
        Ok(Request::Help) => say(command.program(), command.help()),
        Ok(Request::Version) => say(command.program(), &help::version(command.program())),
        Ok(Request::Run(work)) => carry_out(command, work, configuration),
        Err(failure) => fail(command.program(), &failure, &configuration),
    }
}

fn carry_out(command: Command, work: Work, mut configuration: Configuration) -> bool {
    report::show_warnings(&configuration.warnings);
    if let Work::Instantiate(instantiate) = &work {
        configuration.writes_derivations = instantiate.writes_derivations();
    }
    let started = Instant::now();
    let mut session = match Session::new(&configuration) {
        Ok(session) => session,
        Err(failure) => return fail(command.program(), &failure, &configuration),
    };
    let result = work.run(&mut session).and_then(|out| report::write_result(&out));
    if let Err(failure) = &result {
        let sources = &session.evaluator.machine().shared.sources;
        report::show_failure(command.program(), failure, &configuration, Some(sources));
    }
    statistics::show(&mut session.evaluator, started.elapsed());
    // Letting go of a large heap piece by piece would take longer than the rest of the program.
    std::mem::forget(session);
    result.is_ok()
}

fn say(program: &str, text: &str) -> bool {
    match report::write_result(text.as_bytes()) {
        Ok(()) => true,
        Err(failure) => fail(program, &failure, &Configuration::default()),
    }
}

fn fail(program: &str, failure: &Failure, configuration: &Configuration) -> bool {
    report::show_failure(program, failure, configuration, None);
    false
}
