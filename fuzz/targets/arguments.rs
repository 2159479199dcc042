//! Any command line, as a shell would hand it over: its words are what stands between null bytes, the first is the name
//! of the program. It is read to what is to be done, or to a message; nothing is done.
#![no_main]

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use libfuzzer_sys::fuzz_target;
use nivose::raw::is_address;
use nivose_cli::command::{Command, Invocation, in_nix, invocation};
use nivose_cli::configuration::Configuration;
use nivose_cli::failure::Failure;
use nivose_cli::search_path::parse_list;

fn words(data: &[u8]) -> Vec<OsString> {
    data.split(|&byte| byte == 0).map(|word| OsStr::from_bytes(word).to_owned()).collect()
}

/// Reads the line of a command into a fresh configuration.
fn read(command: Command, line: Vec<OsString>) -> Result<(), Failure> {
    let mut configuration = Configuration::default();
    let (_, work) = command.parse(line, &mut configuration)?;
    work.writes_store(&configuration);
    for (_, location) in configuration.nix_path.entries.iter().flatten().chain(&configuration.nix_path.extra)
    {
        is_address(location);
    }
    Ok(())
}

fuzz_target!(|data: &[u8]| {
    let mut line = words(data);
    in_nix(line.iter().cloned());
    let program = line.remove(0);
    let result = match invocation(&program, &mut line) {
        Ok(Invocation::Say(text)) => return assert!(!text.is_empty(), "nothing to say"),
        Ok(Invocation::Run(command)) => read(command, line),
        Err(failure) => Err(failure),
    };
    if let Err(failure) = result {
        assert!(!failure.to_string().is_empty(), "a failure without a message");
    }
    // What stands in NIX_PATH comes from the same shell.
    for (prefix, path) in parse_list(data) {
        assert!(prefix.len() + path.len() <= data.len());
    }
});
