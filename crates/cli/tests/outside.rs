//! The command where the outside does not play along: full disks, closed pipes, links in circles, names that are not
//! text, input without an end, signals.
#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nivose"));
    command.args(["nix-instantiate", "--eval", "--strict"]).env("NIX_REMOTE", "dummy://");
    command.env_remove("NIX_PATH").stdin(Stdio::null());
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A folder of its own for a test.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("nivose-outside-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder can be made");
    folder
}

#[test]
fn a_full_disk_is_told() {
    let full = File::options().write(true).open("/dev/full").expect("the device");
    let output = command().args(["-E", "1"]).stdout(full).output().expect("an end");
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("cannot write the result: No space left on device"), "{}", said(&output));
}

#[test]
fn errors_and_traces_that_cannot_be_written_change_nothing() {
    let full = || File::options().write(true).open("/dev/full").expect("the device");
    let output = command().args(["-E", "builtins.trace \"x\" 1"]).stderr(full()).output().expect("an end");
    assert_eq!((output.status.code(), output.stdout), (Some(0), b"1\n".to_vec()));
    let output = command().args(["-E", "throw \"x\""]).stderr(full()).output().expect("an end");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = command()
        .args(["-E", "builtins.genList (x: x) 300000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a start");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("an end");
    assert_eq!(said(&output), "");
}

#[test]
fn links_in_circles_are_told() {
    let folder = folder("links");
    std::os::unix::fs::symlink("b", folder.join("a")).expect("a link");
    std::os::unix::fs::symlink("a", folder.join("b")).expect("a link");
    for expression in
        ["import ./a", "builtins.readFile ./a", "builtins.readDir ./a", "builtins.readFile ./a/x"]
    {
        let output = command().args(["-E", expression]).current_dir(&folder).output().expect("an end");
        assert_eq!(output.status.code(), Some(1), "{expression}");
        let told = said(&output);
        assert!(
            told.contains("symlink recursion") || told.contains("symbolic links"),
            "{expression}: {told}"
        );
    }
    let _ = fs::remove_dir_all(folder);
}

#[test]
fn names_and_contents_are_bytes() {
    let folder = folder("bytes");
    let name = std::ffi::OsStr::from_bytes(b"a\xffb.nix");
    fs::write(folder.join(name), b"\"c\xfed\"").expect("a file");
    let output = command().arg(name).current_dir(&folder).output().expect("an end");
    assert_eq!((output.status.code(), output.stdout), (Some(0), b"\"c\xfed\"\n".to_vec()));
    let names =
        command().args(["-E", "builtins.attrNames (builtins.readDir ./.)"]).current_dir(&folder).output();
    assert_eq!(names.expect("an end").stdout, b"[ \"a\xffb.nix\" ]\n".to_vec());
    let json = command().args(["--json", "-E", "\"c\u{fffd}\""]).output().expect("an end");
    assert_eq!(json.status.code(), Some(0));
    let json = command().arg("--json").arg(name).current_dir(&folder).output().expect("an end");
    assert!(said(&json).contains("invalid UTF-8 byte"), "{}", said(&json));
    let _ = fs::remove_dir_all(folder);
}

#[test]
fn input_without_an_end_ends() {
    let zeros = File::open("/dev/zero").expect("the device");
    let output = command().args(["--max-memory", "32M", "-"]).stdin(zeros).output().expect("an end");
    assert_eq!(output.status.code(), Some(1));
    for expression in ["builtins.readFile /dev/zero", "import /dev/zero"] {
        let output = command().args(["-E", expression]).output().expect("an end");
        assert!(said(&output).contains("is not a regular file"), "{}", said(&output));
    }
}

#[test]
fn the_limits_of_the_process_are_kept() {
    let program = format!(
        "ulimit -v 400000; exec '{}' nix-instantiate --eval -E 'builtins.deepSeq (builtins.genList (x: [ x ]) 20000000) 1'",
        env!("CARGO_BIN_EXE_nivose")
    );
    let output = Command::new("sh").args(["-c", &program]).output().expect("an end");
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("out of memory"), "{}", said(&output));
}

#[test]
fn an_interruption_ends_the_evaluation() {
    let same = "let f = n: if n == 0 then 0 else let a = f (n - 1); in [ a a ]; in f 60 == f 60";
    let child =
        command().args(["-E", same]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a start");
    std::thread::sleep(Duration::from_millis(300));
    let killed =
        Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("the command kill");
    assert!(killed.success());
    let output = child.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("interrupted by the user"), "{}", said(&output));
}
