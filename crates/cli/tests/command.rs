//! The command as scripts see it: streams, exit statuses, flags, environment.

use std::io::Write;
use std::process::{Command, Output, Stdio};

fn nivose() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nivose"));
    for name in
        ["NIX_PATH", "NIX_CONFIG", "NIX_SHOW_STATS", "NIVOSE_GC", "NIVOSE_OPT_LEVEL", "CLICOLOR_FORCE"]
    {
        command.env_remove(name);
    }
    command.env("HOME", "/nonexistent").env("NIX_REMOTE", "dummy://");
    command.current_dir(env!("CARGO_TARGET_TMPDIR"));
    command
}

fn run(line: &[&str]) -> Output {
    nivose().args(line).output().expect("the program runs")
}

/// What a command that succeeds writes.
fn out(line: &[&str]) -> String {
    let output = run(line);
    assert!(output.status.success(), "{line:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What a command that fails says. It writes nothing else and its exit status is 1.
fn failure(line: &[&str]) -> String {
    let output = run(line);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]), "{line:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn fed(line: &[&str], input: &str) -> String {
    let mut child =
        nivose().args(line).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program runs");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("room");
    String::from_utf8_lossy(&child.wait_with_output().expect("an end").stdout).into_owned()
}

/// A file of a test of its own.
fn file(name: &str, text: &str) -> String {
    let path = format!("{}/{name}", env!("CARGO_TARGET_TMPDIR"));
    std::fs::create_dir_all(std::path::Path::new(&path).parent().expect("a directory")).expect("a directory");
    std::fs::write(&path, text).expect("a file");
    path
}

#[test]
fn expressions_and_standard_input() {
    assert_eq!(out(&["nix-instantiate", "--eval", "-E", "1 + 1", "\"s\""]), "2\n\"s\"\n");
    assert_eq!(fed(&["nix-instantiate", "--eval", "-"], "{ a = 5; }.a"), "5\n");
    assert_eq!(fed(&["eval", "-"], "[ 1 2 ]"), "[ 1 2 ]\n");
    assert_eq!(fed(&["nix-instantiate", "--eval", "-E", "-"], "1 + 1"), "2\n");
    // Standard input comes first and only once.
    assert_eq!(fed(&["nix-instantiate", "--eval", "-E", "3", "-", "4", "-"], "1 + 1"), "2\n3\n4\n");
    assert_eq!(out(&["nix-instantiate", "--eval", "--raw", "-E", "\"no newline\""]), "no newline");
}

#[test]
fn nothing_is_printed_unless_all_is_well() {
    let line = ["nix-instantiate", "--eval", "-E", "{ a = 1; b = throw \"no\"; }", "-A", "a", "-A", "b"];
    assert!(failure(&line).contains("error: no\n"));
}

#[test]
fn flags_about_building_mean_nothing() {
    assert_eq!(
        out(&["nix-instantiate", "--eval", "-j", "2", "-k", "-K", "--no-build-output", "-E", "1"]),
        "1\n"
    );
    assert_eq!(out(&["nix-instantiate", "--find-file"]), "");
}

#[test]
fn mistakes_in_the_command_line() {
    let text = failure(&["nix-instantiate", "--eval", "--nothing"]);
    assert_eq!(
        text,
        "error: unrecognised flag '--nothing'\nTry 'nix-instantiate --help' for more information.\n"
    );
    assert!(failure(&["nix-instantiate", "--eval", "-A"]).contains("'-A' requires an argument"));
    assert_eq!(
        failure(&["nix-instantiate", "--eval", "--arg", "x"]),
        "error: flag '--arg' requires 2 argument(s), but only 1 were given\n\
         Try 'nix-instantiate --help' for more information.\n"
    );
    let unknown_hash = "let h = builtins.hashString \"crc32\" \"\"; in h";
    let hint = "\nTry 'nix-instantiate --help' for more information.\n";
    assert!(failure(&["nix-instantiate", "--eval", "-E", unknown_hash]).ends_with(hint));
    assert!(failure(&["evil"]).contains("unknown command 'evil'"));
    assert!(
        failure(&["eval", "--opt-level", "7", "-E", "1"])
            .contains("'--opt-level' does not take the value '7'")
    );
    assert!(
        failure(&["nix-instantiate", "--eval", "./no-such-file.nix"])
            .contains("no-such-file.nix' does not exist")
    );
}

#[test]
fn help_and_versions() {
    assert!(out(&["--help"]).starts_with("nivose evaluates the Nix language."));
    assert_eq!(out(&[]), out(&["--help"]));
    assert_eq!(out(&["help", "eval"]), out(&["eval", "--help"]));
    assert!(out(&["nix-instantiate", "--version"]).starts_with("nix-instantiate (nivose "));
    assert!(out(&["--version"]).starts_with("nivose "));
}

#[test]
fn files_directories_and_the_search_path() {
    let default = file("sources/default.nix", "{ n ? 1 }: { inherit n; here = ./.; }");
    let directory = default.trim_end_matches("/default.nix");
    assert_eq!(out(&["nix-instantiate", "--eval", "--arg", "n", "2 + 3", "-A", "n", directory]), "5\n");
    assert_eq!(out(&["nix-instantiate", "--eval", "--argstr", "n", "2", "-A", "n", directory]), "\"2\"\n");
    let here = out(&["nix-instantiate", "--eval", "-I", &format!("x={directory}"), "-A", "here", "<x>"]);
    assert_eq!(here, format!("{directory}\n"));
    let found = out(&["nix-instantiate", "--find-file", "-I", &format!("x={directory}"), "x/default.nix"]);
    assert_eq!(found, format!("{default}\n"));
    assert!(
        failure(&["nix-instantiate", "--find-file", "nowhere"])
            .contains("was not found in the Nix search path")
    );
    let environment = nivose().env("NIX_PATH", format!("y={directory}")).args(["eval", "-E", "<y>"]).output();
    assert_eq!(environment.expect("the program runs").stdout, format!("{directory}\n").into_bytes());
}

#[test]
fn arguments_from_files_and_standard_input() {
    let text = file("argument.txt", "from a file");
    let line = [
        "nix-instantiate",
        "--eval",
        "-E",
        "{ a, b }: a + b",
        "--arg-from-file",
        "a",
        &text,
        "--argstr",
        "b",
        "!",
    ];
    assert_eq!(out(&line), "\"from a file!\"\n");
    let line = ["nix-instantiate", "--eval", "-E", "{ a }: a", "--arg-from-stdin", "a"];
    assert_eq!(fed(&line, "piped"), "\"piped\"\n");
}

#[test]
fn forms_of_output() {
    let value = "{ b = [ 1 2.0 ]; a = \"x\"; }";
    assert_eq!(
        out(&["nix-instantiate", "--eval", "--strict", "--json", "-E", value]),
        "{\"a\":\"x\",\"b\":[1,2.0]}\n"
    );
    assert!(out(&["nix-instantiate", "--eval", "--xml", "-E", value]).starts_with("<?xml version='1.0'"));
    assert_eq!(out(&["nix-instantiate", "--parse", "-E", "a: a - 1"]), "(a: (__sub a 1))\n");
    assert_eq!(out(&["eval", "-E", value, "b.0"]), "1\n");
    assert_eq!(out(&["eval", "-E", "{ x = 3; }", "--apply", "s: s.x + 1", "--json"]), "4\n");
    assert!(out(&["disassemble", "--opt-level", "0", "-E", "x: x"]).starts_with("[0] top level"));
}

#[test]
fn paths_of_derivations() {
    let text = "derivation { name = \"n\"; system = \"s\"; builder = \"/b\"; }";
    let path = out(&["eval", "--raw", "-E", text, "drvPath"]);
    assert!(path.starts_with("/nix/store/") && path.ends_with("-n.drv"));
    assert_eq!(out(&["nix-instantiate", "-E", text]), format!("{path}\n"));
    let two = "derivation { name = \"n\"; system = \"s\"; builder = \"/b\"; outputs = [ \"out\" \"dev\" ]; }";
    assert!(out(&["nix-instantiate", "-E", two, "-A", "dev"]).ends_with("-n.drv!dev\n"));
    let output = nivose()
        .env_remove("NIX_REMOTE")
        .args(["nix-instantiate", "-E", text])
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("does not write derivations to a store"));
    let output =
        nivose().env_remove("NIX_REMOTE").args(["nix-instantiate", "--dry-run", "-E", text]).output();
    assert_eq!(output.expect("the program runs").stdout, format!("{path}\n").into_bytes());
}

#[test]
fn settings_from_flags_and_the_environment() {
    let loops = "let f = n: if n == 0 then 0 else 1 + f (n - 1); in f 500";
    assert!(failure(&["eval", "--max-call-depth", "100", "-E", loops]).contains("max-call-depth exceeded"));
    assert_eq!(out(&["eval", "--option", "max-call-depth", "1000", "-E", loops]), "500\n");
    let output = nivose().env("NIX_CONFIG", "max-call-depth = 100").args(["eval", "-E", loops]).output();
    assert_eq!(output.expect("the program runs").status.code(), Some(1));
    assert_eq!(out(&["eval", "--eval-system", "other", "-E", "builtins.currentSystem"]), "\"other\"\n");
    assert!(
        failure(&["eval", "--pure-eval", "-E", "import /etc/nowhere.nix"]).contains("pure evaluation mode")
    );
    let unknown = run(&["eval", "--option", "nothing", "1", "-E", "1"]);
    assert_eq!(
        (unknown.stdout.as_slice(), unknown.stderr.as_slice()),
        (&b"1\n"[..], &b"warning: unknown setting 'nothing'\n"[..])
    );
    assert!(
        failure(&[
            "eval",
            "--max-memory",
            "40M",
            "-E",
            "builtins.foldl' (a: i: a ++ [ i ]) [ ] (builtins.genList (i: i) 100000000)"
        ])
        .contains("out of memory")
    );
}

#[test]
fn errors_for_people_and_for_tools() {
    let text = failure(&["eval", "-E", "{ abc = 1; }.abd"]);
    assert!(text.starts_with("error: attribute 'abd' missing\n       at «string»:1:"), "{text}");
    assert!(text.ends_with("Did you mean abc?\n"), "{text}");
    let json = failure(&["eval", "--error-format", "json", "-E", "throw \"x\""]);
    assert!(json.starts_with("{\"level\":\"error\",\"id\":\"thrown\",\"message\":\"x\""), "{json}");
    let coloured =
        nivose().env("CLICOLOR_FORCE", "1").env_remove("NO_COLOR").args(["eval", "-E", "x"]).output();
    assert!(coloured.expect("the program runs").stderr.starts_with(b"\x1b[31;1merror:"));
}

#[test]
fn traces_go_to_standard_error() {
    let output = run(&["eval", "-E", "builtins.trace \"seen\" 1"]);
    assert_eq!((output.stdout.as_slice(), output.stderr.as_slice()), (&b"1\n"[..], &b"trace: seen\n"[..]));
}

#[test]
fn figures_when_asked_for() {
    let output =
        nivose().env("NIX_SHOW_STATS", "1").args(["eval", "-E", "1"]).output().expect("the program runs");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.starts_with("{\n  \"cpuTime\": ") && text.contains("\"nrFunctionCalls\""), "{text}");
}
