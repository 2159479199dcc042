//! The command as scripts see it: streams, exit statuses, flags, environment.

use std::io::Write;
use std::process::{Command, Output, Stdio};

fn nivose() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nivose"));
    for name in [
        "NIX_PATH",
        "NIX_CONFIG",
        "NIX_USER_CONF_FILES",
        "NIX_CONFIG_HOME",
        "XDG_CONFIG_HOME",
        "XDG_CONFIG_DIRS",
        "NIX_SHOW_STATS",
        "NIVOSE_GC",
        "NIVOSE_OPT_LEVEL",
        "CLICOLOR_FORCE",
    ] {
        command.env_remove(name);
    }
    command.env("HOME", "/nonexistent").env("NIX_REMOTE", "dummy://").env("NIX_CONF_DIR", "/nonexistent");
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
fn line_by_line_without_a_terminal() {
    let set = file("repl/set.nix", "{ n ? 1 }: { inherit n; }");
    let input = "x = 1\nx + 1\n[ x\n]\nthrow \"no\"\n:nope\nn\nm\n:q\n7";
    let line = ["repl", &set, "--arg", "n", "5", "-E", "{ m = n; }"];
    let said = "Added 1 variables.\n\nAdded 1 variables.\n\n\n2\n\n[ 1 ]\n\n\n\n5\n\n5\n\n";
    let out = fed(&line, input);
    assert_eq!(out.split_once(":? for help.\n").map(|(_, rest)| rest), Some(said));
    assert!(fed(&["repl"], "1 + (").ends_with("help.\n"));
}

#[test]
fn long_inputs_over_many_lines() {
    let numbers: String = (0..4000).map(|number| format!("{number}\n")).collect();
    let input = format!("n = [\n{numbers}]\nbuiltins.length n\nlet a = 1; in\n a +\n 1\n");
    assert!(fed(&["repl"], &input).ends_with("help.\n\n4000\n\n2\n\n"));
    // A mistake within a short one is told at once.
    assert!(fed(&["repl"], "[\n1 = 2\n1 + 1\n").ends_with("\n\n2\n\n"));
}

#[test]
fn what_a_dialogue_cannot_load_ends_it() {
    let broken = file("repl/broken.nix", "{ a = ");
    for input in [&broken, "/nonexistent.nix"] {
        let output = nivose().args(["repl", input]).stdin(Stdio::null()).output().expect("the program runs");
        assert_eq!(output.status.code(), Some(1), "{input}");
        assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: "));
    }
}

/// What a `nix-instantiate` that fails in the end has printed, and what it says.
fn results_and_failure(line: &[&str]) -> (String, String) {
    let output = run(&[&["nix-instantiate"], line].concat());
    assert_eq!(output.status.code(), Some(1), "{line:?}");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_failure_does_not_take_back_the_results_before_it() {
    let directory = file("results/default.nix", "{ n = 1; }");
    let directory = directory.trim_end_matches("/default.nix");
    let no = "throw \"no\"";
    let both = "{ a = 1; b = throw \"no\"; }";
    for (line, printed) in [
        (&["--eval", "-E", "1", no, "3"][..], "1\n"),
        (&["--eval", "-E", both, "-A", "a", "-A", "b"], "1\n"),
        (&["--eval", "-E", "1", "", "2"], "1\n"),
        (&["--eval", directory, "./nonexistent"], "{ n = 1; }\n"),
        (&["--find-file", "-I", &format!("x={directory}"), "x", "nowhere"], &format!("{directory}\n")),
        (&["--parse", "-E", "1", "x"], "1\n"),
        (&["--eval", "--raw", "-E", "\"a\"", no], "a"),
        // Each is printed whole or not at all.
        (&["--eval", "--json", "-E", "[ 1 ]", both], "[1]\n"),
        (&["--eval", "--strict", "-E", "1", both], "1\n"),
    ] {
        assert_eq!(results_and_failure(line).0, printed, "{line:?}");
    }
    let package = "derivation { name = \"n\"; system = \"s\"; builder = \"/b\"; }";
    let (paths, said) = results_and_failure(&["--dry-run", "-E", package, no]);
    assert!(paths.ends_with("-n.drv\n") && said.contains("error: no\n"), "{paths}{said}");
}

#[test]
fn what_calls_itself_a_derivation_names_one_in_the_store() {
    let message = |path: &str| {
        let set =
            format!("{{ type = \"derivation\"; name = \"x\"; drvPath = \"{path}\"; outputName = \"out\"; }}");
        failure(&["nix-instantiate", "--dry-run", "-E", &set])
    };
    for path in ["/foo", "x", "/nix/store/a.drv", "/nix/store"] {
        assert_eq!(message(path), format!("error: path '{path}' is not in the Nix store\n"));
    }
    let plain = format!("{}-x", "0".repeat(32));
    let expected = format!("error: store path '{plain}' is not a valid derivation path\n");
    assert_eq!(message(&format!("/nix/store/{plain}")), expected);
}

#[test]
fn only_functions_on_the_way_are_called_with_arguments() {
    let function = "{ x }: x";
    assert_eq!(out(&["nix-instantiate", "--eval", "--arg", "x", "1", "-E", function]), "1\n");
    assert_eq!(out(&["eval", "--arg", "x", "1", "-E", function]), "«lambda @ «string»:1:1»\n");
    let sets = "{ x }: { a = x; b = { x }: x; }";
    assert_eq!(out(&["eval", "--arg", "x", "1", "-E", sets, "a"]), "1\n");
    assert!(out(&["eval", "--arg", "x", "1", "-E", sets, "b"]).starts_with("«lambda b @ "));
    assert_eq!(out(&["eval", "--arg", "x", "1", "-E", function, "--apply", "f: f { x = 2; }"]), "2\n");
}

#[test]
fn one_input_only() {
    let exclusive = "error: '--file' and '--expr' are exclusive\n";
    assert!(failure(&["eval", "--expr", "1", "--file", "./x"]).starts_with(exclusive));
    for command in ["parse", "disassemble", "trace"] {
        assert!(failure(&[command, "-E", "1", "./x"]).starts_with("error: unexpected argument './x'\n"));
    }
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
            .contains("option 'opt-level' has an invalid value '7'")
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
    let version = out(&["nix-instantiate", "--version"]);
    assert!(version.starts_with("nix-instantiate (nivose, like Nix) 2."), "{version}");
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
    let missing = failure(&["nix-instantiate", "--find-file", "nowhere"]);
    assert!(missing.starts_with("error: file 'nowhere' was not found"), "{missing}");
    // An empty entry is the working directory.
    let environment =
        nivose().env("NIX_PATH", ":").current_dir(directory).args(["eval", "-E", "<default.nix>"]).output();
    assert_eq!(environment.expect("the program runs").stdout, format!("{default}\n").into_bytes());
    // An address that Nix does not know is the name of a file.
    assert!(failure(&["nix-instantiate", "foo://bar"]).contains("foo:/bar' does not exist"));
    assert!(failure(&["nix-instantiate", "https://bar"]).contains("cannot fetch 'https://bar'"));
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
    assert!(text.starts_with("{\n  \"cpuTime\": "), "{text}");
    // The names of C++ Nix 2.36, and ours.
    let names = [
        (
            "",
            "cpuTime envs gc list nivose nrAvoided nrExprs nrFunctionCalls nrLookups nrOpUpdateValuesCopied \
            nrOpUpdates nrPrimOpCalls nrThunks sets sizes symbols time values",
        ),
        ("envs", "bytes elements number"),
        ("gc", "cycles heapSize totalBytes"),
        ("list", "bytes concats elements"),
        ("sets", "bytes elements number"),
        ("sizes", "Attr Bindings Env Value"),
        ("symbols", "bytes number"),
        ("time", "cpu gc gcFraction"),
        ("values", "bytes number"),
    ];
    for (within, expected) in names {
        let program = format!(
            "figures: builtins.concatStringsSep \" \" (builtins.attrNames (builtins.fromJSON figures){})",
            if within.is_empty() { String::new() } else { format!(".{within}") }
        );
        let expression = format!("({program}) ''{text}''");
        let found = run(&["eval", "--raw", "-E", &expression]);
        assert_eq!(String::from_utf8_lossy(&found.stdout), expected, "{within}");
    }
}

#[test]
fn files_of_settings() {
    let loops = "let f = n: if n == 0 then 0 else 1 + f (n - 1); in f 500";
    let system = file("conf/nix.conf", "max-call-depth = 100\n!include missing\ninclude more\n");
    file("conf/more", "eval-system = from-include\n");
    let user = file("user/nix/nix.conf", "max-call-depth = 10000 # enough\nnothing = 1\n");
    let directory = |file: &str| file.trim_end_matches("/nix.conf").to_owned();
    let run = |line: &[&str], user: &str| {
        let mut command = nivose();
        command.env("NIX_CONF_DIR", directory(&system)).env("XDG_CONFIG_HOME", user);
        command.args(line).output().expect("the program runs")
    };
    assert_eq!(run(&["eval", "-E", loops], "/nonexistent").status.code(), Some(1));
    let output = run(&["eval", "-E", loops], directory(&user).trim_end_matches("/nix"));
    assert_eq!(output.stdout, b"500\n");
    assert_eq!(output.stderr, b"warning: unknown setting 'nothing'\n");
    assert_eq!(run(&["eval", "-E", "builtins.currentSystem"], "/x").stdout, b"\"from-include\"\n");
    let output = nivose().env("NIX_CONFIG", "include /no/such").args(["eval", "-E", "1"]).output();
    let said = String::from_utf8(output.expect("the program runs").stderr).expect("text");
    assert_eq!(said, "error: file '/no/such' included from 'NIX_CONFIG' not found\n");
}

#[test]
fn the_search_path_has_its_order() {
    let a = file("path-a/x/default.nix", "\"a\"");
    let b = file("path-b/x/default.nix", "\"b\"");
    let root = |file: &str| file.trim_end_matches("/x/default.nix").to_owned();
    let found = |line: &[&str]| {
        let mut command = nivose();
        command.env("NIX_PATH", root(&a)).env("NIX_CONFIG", "nix-path = /nowhere");
        let output =
            command.args(["eval", "-E", "import <x>"]).args(line).output().expect("the program runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert_eq!(found(&[]), "\"a\"\n");
    assert_eq!(found(&["-I", &root(&b)]), "\"b\"\n");
    assert_eq!(found(&["--extra-nix-path", &root(&b)]), "\"a\"\n");
    assert_eq!(found(&["--nix-path", &format!("x={}/x", root(&b))]), "\"b\"\n");
}

#[test]
fn messages_for_tools() {
    let line = ["nix-instantiate", "--eval", "--log-format", "internal-json", "-E"];
    let output = run(&[&line[..], &["builtins.trace \"seen\" (throw \"no\")"]].concat());
    let text = String::from_utf8(output.stderr).expect("text");
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], r#"@nix {"action":"msg","level":0,"msg":"trace: seen"}"#);
    assert!(lines[1].starts_with(r#"@nix {"action":"msg","level":0,"msg":"error:"#), "{text}");
    assert!(lines[1].ends_with(r#""raw_msg":"no"}"#), "{text}");
}

#[test]
fn more_and_less_is_said() {
    let path = file("said/default.nix", "builtins.warn \"careful\" 1");
    let said =
        |line: &[&str]| String::from_utf8(run(&[&["eval", &path], line].concat()).stderr).expect("text");
    assert_eq!(said(&[]), "evaluation warning: careful\n");
    assert_eq!(said(&["-v"]), format!("evaluating file '{path}'\nevaluation warning: careful\n"));
    assert_eq!(said(&["--quiet", "--quiet", "--quiet"]), "");
}

#[test]
fn values_become_files() {
    let place = format!("{}/written", env!("CARGO_TARGET_TMPDIR"));
    let _ = std::fs::remove_dir_all(&place);
    let line = ["eval", "-E", "{ a = \"1\"; b.c = \"2\"; b.d = { }; }", "--write-to", &place];
    assert_eq!(out(&line), "");
    assert_eq!(std::fs::read(format!("{place}/b/c")).expect("a file"), b"2");
    assert!(std::fs::read_dir(format!("{place}/b/d")).expect("a directory").next().is_none());
    assert!(failure(&line).contains("already exists"));
    let other = format!("{place}/more");
    let text = failure(&["eval", "-E", "{ a = { b = 1; }; }", "--write-to", &other]);
    assert_eq!(text, "error: value at '«string»:1:9' is not a string or an attribute set\n");
    assert!(
        failure(&["eval", "-E", "{ \"..\" = \"\"; }", "--write-to", &format!("{place}/x")])
            .contains("invalid file name")
    );
}

#[test]
fn json_over_several_lines() {
    let value = "{ a = [ 1 { } ]; }";
    assert_eq!(out(&["eval", "--json", "-E", value]), "{\"a\":[1,{}]}\n");
    assert_eq!(out(&["eval", "--json", "--pretty", "-E", value]), "{\n  \"a\": [\n    1,\n    {}\n  ]\n}\n");
    assert!(
        failure(&["eval", "--json", "--raw", "-E", "1"]).contains("--raw and --json are mutually exclusive")
    );
}

/// A directory with another program of a name, and the name of nivose first on the path.
#[cfg(unix)]
fn with_another(name: &str) -> Command {
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::sync::atomic::{AtomicUsize, Ordering};
    // Tests run side by side.
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let other = file(&format!("other-{number}/{name}"), "#!/bin/sh\necho \"other: $*\"\ncat\nexit 7\n");
    std::fs::set_permissions(&other, PermissionsExt::from_mode(0o755)).expect("permissions");
    let own = file(&format!("own-{number}/readme"), "").trim_end_matches("/readme").to_owned();
    let link = format!("{own}/{name}");
    let _ = std::fs::remove_file(&link);
    symlink(env!("CARGO_BIN_EXE_nivose"), &link).expect("a link");
    let mut command = Command::new(&link);
    let others = std::path::Path::new(&other).parent().expect("a directory").display().to_string();
    command.env("PATH", format!("{own}:{others}:/usr/bin:/bin")).env("NIX_CONF_DIR", "/nonexistent");
    command.env_remove("NIX_REMOTE").env_remove("NIX_CONFIG").stdin(Stdio::null());
    command
}

#[test]
#[cfg(unix)]
fn what_is_not_done_here_goes_to_the_next_program_if_one_says_so() {
    let text = "derivation { name = \"n\"; system = \"s\"; builder = \"/b\"; }";
    let output = with_another("nix-instantiate").args(["-E", text]).output().expect("the program runs");
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]));
    let line = ["--hand-over", "-E", text, "-A", "x"];
    let output = with_another("nix-instantiate").args(line).output().expect("the program runs");
    assert_eq!(output.status.code(), Some(7));
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("other: -E {text} -A x\n"));
    let mut command = with_another("nix");
    let output =
        command.env("NIVOSE_HAND_OVER", "1").args(["build", "x"]).output().expect("the program runs");
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(7), &b"other: build x\n"[..]));
    let output = with_another("nix").args(["eval", "--expr", "1 + 1"]).output().expect("the program runs");
    assert_eq!(output.stdout, b"2\n");
    let line = ["--hand-over", "--eval", "-I", "x=https://example.org/x.tar.gz", "-E", "<x>"];
    let output = with_another("nix-instantiate").args(line).output().expect("the program runs");
    assert_eq!(output.status.code(), Some(7));
    let fetches = "builtins.fetchurl \"https://example.org/x\"";
    let mut command = with_another("nix-instantiate");
    let mut child = command
        .args(["--hand-over", "--eval", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program runs");
    child.stdin.take().expect("a pipe").write_all(fetches.as_bytes()).expect("room");
    let output = child.wait_with_output().expect("an end");
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("other: --eval -\n{fetches}"));
}

#[test]
#[cfg(unix)]
fn an_evaluation_that_may_write_says_what_it_did_not_write() {
    let line = ["--eval", "--read-write-mode", "-E", "builtins.stringLength (builtins.toFile \"a\" \"b\")"];
    let store = ["NIX_STORE_DIR", "/nonexistent/store"];
    let mut command = with_another("nix-instantiate");
    let output = command.args(line).env(store[0], store[1]).output().expect("the program runs");
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), &b"53\n"[..]));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.starts_with("warning: a path of the store was computed but not written"), "{said}");
    let mut command = with_another("nix-instantiate");
    command.env(store[0], store[1]).env("NIVOSE_HAND_OVER", "1");
    let output = command.args(line).output().expect("the program runs");
    assert_eq!(output.status.code(), Some(7));
    for quiet in [&["--eval", "--read-write-mode", "-E", "1"], &["--eval", "--strict", "-E", line[3]]] {
        let output = with_another("nix-instantiate").args(quiet).output().expect("the program runs");
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{quiet:?}");
    }
}

#[test]
#[cfg(unix)]
fn a_link_called_nix_is_as_pure_as_nix() {
    let said = |line: &[&str]| {
        let output = with_another("nix").args(line).output().expect("the program runs");
        String::from_utf8_lossy(if output.status.success() { &output.stdout } else { &output.stderr })
            .into_owned()
    };
    assert!(said(&["--version"]).starts_with("nix (nivose, like Nix) 2."));
    assert!(said(&["eval", "--expr", "builtins ? currentSystem"]).starts_with("false"));
    assert!(said(&["eval", "--impure", "--expr", "builtins ? currentSystem"]).starts_with("true"));
    let pure = file("pure/default.nix", "builtins ? currentSystem");
    assert!(said(&["eval", "--file", &pure]).starts_with("true"));
    for line in [&["eval", ".#hello"][..], &["eval", &pure], &["eval"]] {
        assert!(said(line).contains("does not know flakes"), "{line:?}");
    }
}

#[test]
fn settings_with_wrong_values_and_without_effect() {
    let output = run(&["eval", "--option", "pure-eval", "maybe", "-E", "1"]);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), &b"1\n"[..]));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("warning: Boolean setting 'pure-eval' has invalid value 'maybe'"), "{said}");
    let output = run(&["eval", "--ignore-try", "-E", "1"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("setting 'ignore-try' has no effect in nivose"), "{said}");
    assert!(run(&["eval", "--no-ignore-try", "-E", "1"]).stderr.is_empty());
}

#[test]
fn profiles_are_written_to_a_file() {
    let profile = file("profile/nix.profile", "");
    let text = "let f = x: x + 1; in f 1";
    let line = ["eval", "--eval-profiler", "flamegraph", "--eval-profile-file", &profile, "-E", text];
    assert_eq!(out(&line), "2\n");
    assert_eq!(std::fs::read_to_string(&profile).expect("a profile"), "«string»:1:22:f 1\n");
    assert!(failure(&["eval", "--eval-profiler", "x", "-E", "1"]).contains("invalid value 'x'"));
}

#[test]
fn lints_are_told_or_end_the_evaluation() {
    let flags = ["--lint-url-literals", "--lint-short-path-literals", "--lint-absolute-path-literals"];
    for (flag, form, said) in [
        (flags[0], "http://a.b", "an address stands in quotes: 'http://a.b'"),
        (flags[1], "a/b", "a relative path begins with './': 'a/b'"),
        (flags[1], "a/${\"b\"}", "a relative path begins with './': 'a/'"),
        (flags[2], "/a", "an absolute path depends on the machine: '/a'"),
        (flags[2], "~/a", "an absolute path depends on the machine: '~/a'"),
    ] {
        let form = format!("{form} == 1");
        let said_at = |level: &str| {
            let output = run(&["nix-instantiate", "--eval", flag, level, "-E", &form]);
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            (text(&output.stdout), text(&output.stderr))
        };
        assert_eq!(said_at("ignore"), ("false\n".into(), String::new()), "{form}");
        assert_eq!(
            said_at("warn"),
            ("false\n".into(), format!("warning: {said}, at «string»:1:1\n")),
            "{form}"
        );
        let (value, errors) = said_at("fatal");
        assert!(value.is_empty() && errors.starts_with(&format!("error: {said}\n")), "{form}: {errors}");
    }
    for form in ["\"http://a.b\"", "./a", "../a", "./a/${\"b\"}"] {
        let flags = flags.map(|flag| [flag, "fatal"]).concat();
        let output = run(&[&["nix-instantiate", "--eval", "-E", form], flags.as_slice()].concat());
        assert!(output.status.success(), "{form}");
    }
    assert!(failure(&["eval", "--lint-url-literals", "x", "-E", "1"]).contains("invalid value 'x'"));
}

#[test]
fn completions_and_manual_pages() {
    for shell in ["bash", "zsh", "fish"] {
        assert!(out(&["completion", shell]).contains("experimental-features"), "{shell}");
    }
    assert!(failure(&["completion", "sh"]).contains("bash, zsh or fish"));
    for page in out(&["manual"]).lines() {
        assert!(out(&["manual", page]).starts_with(".Dd "), "{page}");
    }
    assert!(out(&["help", "settings"]).contains("max-call-depth"));
}

#[test]
#[cfg(unix)]
fn hostile_command_lines() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let odd = OsStr::from_bytes(b"a\xff");
    let run = |line: &[&OsStr]| nivose().args(line).output().expect("the program runs");
    let eval = [OsStr::new("nix-instantiate"), OsStr::new("--eval"), OsStr::new("-E")];
    let output =
        run(&[&eval[..], &[OsStr::new("{ s }: s"), OsStr::new("--argstr"), OsStr::new("s"), odd]].concat());
    assert_eq!(output.stdout, b"\"a\xff\"\n");
    for line in
        [vec![odd], vec![OsStr::new("eval"), odd], vec![OsStr::new("eval"), OsStr::from_bytes(b"--\xff")]]
    {
        assert_eq!(run(&line).status.code(), Some(1), "{line:?}");
    }
    let names: Vec<String> = (0..33_000).map(|n| format!("a{n}")).collect();
    let many = names.iter().flat_map(|name| ["--argstr", name, "x"]).map(OsStr::new);
    let line: Vec<_> = eval.into_iter().chain([OsStr::new("{ a32999, ... }: a32999")]).chain(many).collect();
    assert_eq!(run(&line).stdout, b"\"x\"\n");
    let many = vec![OsStr::new("1"); 100_000];
    assert_eq!(run(&[&eval[..], &many].concat()).stdout, b"1\n".repeat(100_000));
}

#[test]
#[cfg(unix)]
fn odd_streams_and_files() {
    let shell = |line: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", &line.replace("nivose", env!("CARGO_BIN_EXE_nivose"))]);
        command.env("NIX_CONF_DIR", "/nonexistent").env_remove("NIX_CONFIG");
        let output = command.current_dir(env!("CARGO_TARGET_TMPDIR")).output().expect("a shell");
        (
            String::from_utf8_lossy(&output.stdout).into_owned(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let piped = shell("nivose eval -E 'builtins.genList (i: i) 100000' | head -c 5; echo");
    assert_eq!(piped, ("[ 0 1\n".into(), String::new()));
    assert_eq!(shell("nivose eval -E 1 >&-; echo $? >&2").1.lines().last(), Some("1"));
    assert_eq!(shell("nivose eval -E x 2>&-; echo $?").0, "1\n");
    assert_eq!(shell("nivose eval - <&-; echo $?").0, "1\n");
    assert_eq!(shell("echo '1 + 1' | nivose eval /dev/stdin").0, "2\n");
    if cfg!(target_os = "linux") {
        let full = shell("nivose eval -E 1 > /dev/full");
        assert!(full.1.contains("writing to file"), "{full:?}");
    }
    assert!(shell("mkdir -p a.nix; nivose eval a.nix").1.contains("a.nix/default.nix' does not exist"));
    assert!(shell("mkdir -p gone; cd gone; rmdir ../gone; nivose eval -E 1").1.contains("cannot read '.'"));
}
