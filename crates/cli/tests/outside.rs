//! The command where the outside does not play along: full disks, closed pipes, links in circles, names that are not
//! text, input without an end, signals.
#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

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
    assert_eq!(said(&output), "error: writing to file: No space left on device\n");
}

#[test]
fn errors_and_traces_that_cannot_be_written_change_nothing() {
    let full = || File::options().write(true).open("/dev/full").expect("the device");
    let output = command().args(["-E", "builtins.trace \"x\" 1"]).stderr(full()).output().expect("an end");
    assert_eq!((output.status.code(), output.stdout), (Some(0), b"1\n".to_vec()));
    let output = command().args(["-E", "throw \"x\""]).stderr(full()).output().expect("an end");
    assert_eq!(output.status.code(), Some(1));
}

/// Runs a line of the shell in which `nivose` is the command.
fn in_shell(line: &str) -> Output {
    let line = line.replace("nivose", env!("CARGO_BIN_EXE_nivose"));
    let mut shell = Command::new("sh");
    shell.args(["-c", &line]).env("NIX_REMOTE", "dummy://").env_remove("NIX_PATH").stdin(Stdio::null());
    shell.output().expect("an end")
}

#[test]
fn a_closed_output_is_told() {
    for line in ["nivose eval -E 1 >&-", "nivose nix-instantiate --parse -E 1 >&-", "nivose --version >&-"] {
        let output = in_shell(line);
        assert_eq!(output.status.code(), Some(1), "{line}");
        assert_eq!(said(&output), "error: writing to file: Bad file descriptor\n", "{line}");
    }
    // What prints nothing writes nothing.
    assert_eq!(in_shell("nivose eval --raw -E '\"\"' >&-").status.code(), Some(0));
    for line in ["nivose eval -E 1 >/dev/null", "nivose eval -E 1 1<>/dev/null", "nivose eval -E 1 <&- 2>&-"]
    {
        assert_eq!(in_shell(line).status.code(), Some(0), "{line}");
    }
}

#[test]
fn limits_of_the_command_are_told_with_a_place() {
    let endless = "let f = n: f (n + 1); in f 0";
    for (flags, told) in [
        (["--max-steps", "1000"], "the evaluation took more than 1000 steps"),
        (["--max-time", "0.1"], "the evaluation took longer than 100ms"),
        (["--max-memory", "1"], "out of memory: the limit of 1 bytes is exceeded"),
    ] {
        let output = command().args(flags).args(["-E", endless]).output().expect("an end");
        assert_eq!(output.status.code(), Some(1), "{flags:?}");
        let told = format!("error: {told}\n       at «string»:1:");
        assert!(said(&output).contains(&told), "{flags:?}: {}", said(&output));
    }
    for flags in [["--max-steps", "1000000"], ["--max-time", "1000"]] {
        let output = command().args(flags).args(["-E", "1 + 1"]).output().expect("an end");
        assert_eq!((output.status.code(), output.stdout), (Some(0), b"2\n".to_vec()), "{flags:?}");
    }
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
    assert!(said(&output).contains("it has more than 33554432 bytes"), "{}", said(&output));
    for arguments in [["/dev/zero"].as_slice(), &["--arg-from-file", "x", "/dev/zero", "-E", "x: 1"]] {
        let output = command().args(["--max-memory", "32M"]).args(arguments).output().expect("an end");
        assert_eq!(output.status.code(), Some(1));
        assert!(said(&output).contains("more than 33554432 bytes"), "{}", said(&output));
    }
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
fn files_of_all_sorts_are_told_apart() {
    let folder = folder("sorts");
    let fifo = folder.join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().expect("the command mkfifo").success());
    fs::write(folder.join("secret"), "1").expect("a file");
    fs::set_permissions(folder.join("secret"), std::os::unix::fs::PermissionsExt::from_mode(0o000))
        .expect("a mode");
    let is_root = File::open(folder.join("secret")).is_ok();
    let cases = [
        ("builtins.readFile ./fifo", "is not a regular file"),
        ("import ./fifo", "is not a regular file"),
        ("builtins.hashFile \"md5\" ./fifo", "is not a regular file"),
        ("builtins.path { path = ./.; name = \"x\"; }", "has an unsupported type"),
        ("\"${./fifo}\"", "has an unsupported type"),
        ("builtins.readFile ./.", "is not a regular file"),
        ("builtins.readDir ./secret", "is not a directory"),
        ("builtins.readFile ./secret/x", "does not exist"),
        ("import ./missing", "does not exist"),
        ("builtins.readFile ./secret", "Permission denied"),
        ("import ./secret", "Permission denied"),
        ("\"${./secret}\"", "Permission denied"),
    ];
    for (expression, expected) in cases {
        if expected == "Permission denied" && is_root {
            continue;
        }
        let output = command().args(["-E", expression]).current_dir(&folder).output().expect("an end");
        assert_eq!(output.status.code(), Some(1), "{expression}");
        assert!(said(&output).contains(expected), "{expression}: {}", said(&output));
    }
    let _ = fs::remove_dir_all(folder);
}

/// What a line of the shell ends with: the status, and what its messages contain.
const IN_SHELL: &[(&str, i32, &str)] = &[
    // Standard input.
    ("nivose eval -E 1 <&-", 0, ""),
    ("nivose nix-instantiate --eval - <&-", 1, "unexpected end of file"),
    ("nivose nix-instantiate --eval - </", 1, "cannot read 'standard input': Is a directory"),
    ("printf '\\377' | nivose nix-instantiate --eval -", 1, "unexpected invalid token"),
    ("printf '1 +' | nivose nix-instantiate --eval -", 1, "unexpected end of file"),
    // Standard error.
    ("nivose eval -E 'builtins.trace \"x\" 1' 2>&-", 0, ""),
    ("nivose eval -E 'throw \"x\"' 2>&-", 1, ""),
    // Standard output: whatever is printed, and a directory that is gone.
    ("nivose eval --json -E '[ 1 ]' >/dev/full", 1, "error: writing to file: No space left on device"),
    ("nivose eval --raw -E '\"x\"' >/dev/full", 1, "error: writing to file: No space left on device"),
    ("nivose nix-instantiate --eval --xml -E 1 >/dev/full", 1, "No space left on device"),
    ("nivose nix-instantiate --parse -E 'x: x' >/dev/full", 1, "No space left on device"),
    ("nivose --help >/dev/full", 1, "No space left on device"),
    ("nivose disassemble -E 1 >/dev/full", 1, "No space left on device"),
    ("mkdir gone && cd gone && rmdir ../gone && nivose eval -E 1", 1, "cannot read '.': No such file"),
    ("nivose eval --write-to full -E '\"text\"' && nivose eval --write-to full -E 1", 1, "already exists"),
    // Names that are not text.
    ("nivose nix-instantiate --eval -E \"$(printf '\"\\377\"')\"", 0, ""),
    ("nivose nix-instantiate --eval -E '{ x }: x' --argstr x \"$(printf '\\377')\"", 0, ""),
    ("nivose nix-instantiate --eval -E '{ }' -A \"$(printf '\\377')\"", 1, "not found"),
    ("nivose nix-instantiate --eval \"$(printf 'missing\\377')\"", 1, "does not exist"),
    ("NIX_PATH=\"$(printf 'x=\\377')\" nivose nix-instantiate --eval -E '<x>'", 1, "was not found"),
    ("HOME=\"$(printf '/\\377')\" nivose nix-instantiate --eval -E '1'", 0, ""),
    ("nivose nix-instantiate --eval -E 'builtins.getEnv \"X\"'", 0, ""),
    ("mkdir -p d && touch \"$(printf 'd/\\377')\" && nivose nix-instantiate --eval -E '\"${./d}\"'", 0, ""),
    // Settings.
    ("mkdir -p c && printf 'x = \\377' >c/nix.conf && NIX_CONF_DIR=$PWD/c nivose eval -E 1", 0, ""),
    ("mkdir -p c/nix.conf && NIX_CONF_DIR=$PWD/c nivose eval -E 1", 0, ""),
    ("NIX_CONF_DIR=/nowhere nivose eval -E 1", 0, ""),
    (
        "mkdir -p l && yes '#' | head -c 17000000 >l/nix.conf && NIX_CONF_DIR=$PWD/l nivose eval -E 1",
        1,
        "it has more than 16777216 bytes",
    ),
    ("NIX_CONFIG='include /dev/zero' nivose eval -E 1", 1, "it has more than 16777216 bytes"),
    // Links and folders.
    ("ln -s nowhere dangling && nivose nix-instantiate --eval dangling", 1, "does not exist"),
    (
        "ln -s . here && nivose nix-instantiate --eval -E 'builtins.attrNames (builtins.readDir ./here/here)'",
        0,
        "",
    ),
    ("ln -s . here && nivose nix-instantiate --eval -E '\"${./.}\"'", 0, ""),
    ("ln -s a a && nivose nix-instantiate --eval a", 1, "too many symbolic links"),
    ("mkdir e && nivose nix-instantiate --eval e", 1, "does not exist"),
    ("touch f && nivose nix-instantiate --eval f/x.nix", 1, "does not exist"),
    ("touch empty && nivose nix-instantiate --eval empty", 1, "unexpected end of file"),
    ("nivose nix-instantiate --eval \"$(head -c 5000 /dev/zero | tr '\\0' a)\"", 1, "File name too long"),
];

#[test]
fn the_shell_does_not_play_along() {
    for (number, (line, status, told)) in IN_SHELL.iter().enumerate() {
        let folder = folder(&format!("shell-{number}"));
        let line = line.replace("nivose", &format!("'{}'", env!("CARGO_BIN_EXE_nivose")));
        let mut shell = Command::new("sh");
        shell.args(["-c", &line]).current_dir(&folder).env("NIX_REMOTE", "dummy://").env_remove("NIX_PATH");
        shell.env("X", std::ffi::OsStr::from_bytes(b"\xff")).stdin(Stdio::null());
        let output = shell.output().expect("an end");
        assert_eq!(output.status.code(), Some(*status), "{line}: {}", said(&output));
        assert!(said(&output).contains(told), "{line}: {}", said(&output));
        assert!(!said(&output).contains("panicked"), "{line}: {}", said(&output));
        let _ = fs::remove_dir_all(folder);
    }
}

#[test]
fn a_reader_that_goes_away_meanwhile_ends_the_traces() {
    let line = "nivose nix-instantiate --eval -E 'builtins.foldl'\\'' (n: i: builtins.trace i n) 0 (builtins.genList (i: i) 100000)' 2>&1 | head -c 100";
    let output = in_shell(line);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 100));
}

/// Doubles a string.
const DOUBLE: &str = "let double = n: s: if n == 0 then s else double (n - 1) (s + s); in ";

/// Work of all sorts that takes long: much of it within one builtin, one collection, or before anything runs.
const LONG_WORK: &[&str] = &[
    "let f = n: if n == 0 then 0 else f (n - 1) + f (n - 1); in f 60",
    "let f = n: if n == 0 then 0 else let a = f (n - 1); in [ a a ]; in f 60 == f 60",
    "let f = n: f (n + builtins.length (builtins.genList (x: [ x ]) 100000)); in builtins.deepSeq (builtins.genList (x: [ x ]) 3000000) (f 0)",
    "builtins.foldl' (n: i: builtins.hashString \"sha512\" (double 26 \"ab\")) 0 (builtins.genList (i: i) 100000)",
    "builtins.sort (a: b: a < b) (builtins.genList (x: builtins.bitXor x 5592405) 6000000)",
    "builtins.foldl' (n: i: builtins.stringLength (builtins.replaceStrings [ \"a\" ] [ \"bb\" ] (double 24 \"ab\"))) 0 (builtins.genList (i: i) 100000)",
    "builtins.foldl' (n: i: builtins.match \"(a|aa)*(a*)*b\" (double 26 \"a\")) 0 (builtins.genList (i: i) 100000)",
    "builtins.foldl' (n: i: builtins.length (builtins.fromJSON (\"[\" + double 22 \"[1],\" + \"1]\"))) 0 (builtins.genList (i: i) 100000)",
    "builtins.foldl' (n: i: builtins.stringLength (builtins.toJSON (builtins.genList (x: { a = x; }) 3000000))) 0 (builtins.genList (i: i) 100000)",
    "map (i: builtins.genList (x: { a = x; b = [ x ]; }) 1000000) (builtins.genList (i: i) 1000)",
    "import (builtins.toFile \"x\" (\"[\" + double 26 \"{a=1;b=[2];}\" + \"]\"))",
];

/// More than any interruption takes, on a busy machine and a debug build.
const SOON: Duration = Duration::from_secs(10);

#[test]
fn an_interruption_ends_the_command_whatever_it_does() {
    for (number, work) in LONG_WORK.iter().enumerate() {
        for moment in [5, 20, 50, 100, 150, 200, 300, 400, 600, 800].map(|moment| moment + number as u64) {
            let expression = format!("{DOUBLE}{work}");
            let mut command = command();
            command
                .args(["--max-memory", "4G", "-E", &expression])
                .stdout(Stdio::null())
                .stderr(Stdio::piped());
            let child = command.spawn().expect("a start");
            std::thread::sleep(Duration::from_millis(moment));
            let sent = Instant::now();
            let kill = ["-INT", &child.id().to_string()].map(str::to_owned);
            assert!(Command::new("kill").args(kill).status().expect("the command kill").success());
            let output = child.wait_with_output().expect("an end");
            assert!(sent.elapsed() < SOON, "{work} after {moment} ms");
            // At first the program has no handler yet, and the signal itself ends it.
            let early = output.status.code().is_none() && output.stderr.is_empty() && moment < 200;
            let told = output.status.code() == Some(1) && said(&output).contains("interrupted by the user");
            assert!(early || told, "{work} after {moment} ms: {:?} {}", output.status, said(&output));
        }
    }
}

#[test]
fn an_interruption_ends_a_command_whose_messages_nobody_reads() {
    let text = "builtins.foldl' (n: i: builtins.trace (toString i) n) 0 (builtins.genList (i: i) 1000000)";
    let mut command = command();
    let child = command.args(["-E", text]).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = child.spawn().expect("a start");
    std::thread::sleep(Duration::from_millis(500));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill").success());
    assert_eq!(child.wait().expect("an end").code(), Some(1));
}

#[test]
fn an_interruption_ends_the_wait_for_input() {
    let mut command = command();
    let child = command.arg("-").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = child.spawn().expect("a start");
    let input = child.stdin.take();
    std::thread::sleep(Duration::from_millis(500));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill").success());
    let output = child.wait_with_output().expect("an end");
    drop(input);
    assert_eq!((output.status.code(), said(&output)), (Some(1), "error: interrupted by the user\n".into()));
}
