//! From the command line to the exit status: reads what is asked for, has it done, shows the result or the failure.
//!
//! Results go to standard output, each only when it is complete; everything else goes to standard
//! error. The exit status is 0, or 1 for every failure.

use std::ffi::OsString;
use std::time::Instant;

use crate::command::{self, Command, Invocation, Request, Work};
use crate::configuration::{Configuration, wants_hand_over};
use crate::failure::Failure;
use crate::session::Session;
use crate::{hand_over as other_program, help, profiler, report, statistics};

/// Does what the command line of the process says, and ends the process.
pub fn main() -> ! {
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    let program = if arguments.is_empty() { OsString::new() } else { arguments.remove(0) };
    let status = match command::invocation(&program, &mut arguments) {
        Ok(Invocation::Say(text)) => say("nivose", &text),
        Ok(Invocation::Run(command)) => run(command, arguments),
        Err(failure) => {
            let configuration = Configuration { hands_over: wants_hand_over(), ..Configuration::default() };
            fail_or_hand_over("nivose", &failure, &configuration)
        }
    };
    // Nothing is taken down: the system is quicker at it.
    std::process::exit(status);
}

/// Runs a command and gives its exit status.
fn run(command: Command, arguments: Vec<OsString>) -> i32 {
    let mut configuration = Configuration::default();
    let parsed =
        configuration.read_surroundings().and_then(|()| command.parse(arguments, &mut configuration));
    match parsed {
        Ok((Request::Help, _)) => say(command.program(), &help::command(command)),
        Ok((Request::Version, _)) => say(command.program(), &help::version(command.program())),
        Ok((Request::Run, work)) => carry_out(command, work, configuration),
        Err(failure) => fail_or_hand_over(command.program(), &failure, &configuration),
    }
}

fn carry_out(command: Command, work: Work, mut configuration: Configuration) -> i32 {
    if configuration.hands_over && work.writes_store(&configuration) {
        return hand_over(command.program(), None, &configuration);
    }
    configuration.warnings.iter().for_each(|warning| configuration.messages.warn(warning));
    configuration.writes_derivations = work.writes_derivations(&configuration);
    let started = Instant::now();
    let mut session = match Session::new(&configuration) {
        Ok(session) => session,
        Err(failure) => return fail(command.program(), &failure, &configuration),
    };
    let result = work.run(&mut session);
    session.progress.finish();
    let mut out = session.take_held();
    let result = result.and_then(|last| {
        out.extend(last);
        written(&session)
    });
    if let Err(failure) = &result
        && configuration.hands_over
        && failure.is_not_available()
    {
        session.ending.begin();
        return hand_over(command.program(), session.stdin(), &configuration);
    }
    let result = result.and(report::write_result(&out));
    let status = i32::from(result.is_err());
    if let Err(failure) = result {
        show_failure(command, failure, &mut session);
    }
    profiler::write(&mut session);
    statistics::show(&mut session, started.elapsed());
    // Letting go of a large heap piece by piece would take longer than the rest of the program.
    std::mem::forget(session);
    status
}

/// Says what an evaluation that may write to the store did not write there.
///
/// # Errors
/// If another program is to do it.
fn written(session: &Session) -> Result<(), Failure> {
    let configuration = &session.configuration;
    match session.unwritten.failure() {
        Some(failure) if configuration.hands_over => Err(failure),
        Some(failure) => {
            configuration.messages.warn(&failure.to_string());
            Ok(())
        }
        None => Ok(()),
    }
}

/// Shows why an evaluation failed, with all that its sources say about it.
fn show_failure(command: Command, failure: Failure, session: &mut Session) {
    let mut failures = Vec::new();
    match failure {
        Failure::Evaluation(error) => {
            let further = session.evaluator.further_errors(&error);
            failures.push(session.evaluator.explain(error));
            failures.extend(further);
        }
        other => {
            session.ending.begin();
            return report::show_failure(command.program(), &other, &session.configuration, None);
        }
    }
    session.ending.begin();
    let sources = &session.evaluator.machine().shared.sources;
    for error in failures {
        let failure = Failure::Evaluation(error);
        report::show_failure(command.program(), &failure, &session.configuration, Some(sources));
    }
}

/// Has another program do the whole call.
fn hand_over(program: &str, stdin: Option<&[u8]>, configuration: &Configuration) -> i32 {
    let result = match command::in_nix(std::env::args_os()) {
        Some((name, arguments)) => other_program::hand_over(name, arguments, stdin),
        None => Err(Failure::message(format!("Nix has no '{program}' to hand the call over to"))),
    };
    result.unwrap_or_else(|failure| fail(program, &failure, configuration))
}

/// Fails before there is an evaluation.
fn fail_or_hand_over(program: &str, failure: &Failure, configuration: &Configuration) -> i32 {
    if configuration.hands_over && failure.is_not_available() {
        return hand_over(program, None, configuration);
    }
    fail(program, failure, configuration)
}

fn say(program: &str, text: &str) -> i32 {
    match report::write_result(text.as_bytes()) {
        Ok(()) => 0,
        Err(failure) => fail(program, &failure, &Configuration::default()),
    }
}

fn fail(program: &str, failure: &Failure, configuration: &Configuration) -> i32 {
    report::show_failure(program, failure, configuration, None);
    1
}
