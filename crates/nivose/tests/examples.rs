//! The example programs do what they say.

#[path = "../examples/builtin.rs"]
#[allow(dead_code)]
mod builtin;
#[path = "../examples/configuration.rs"]
#[allow(dead_code)]
mod configuration;
#[path = "../examples/dependencies.rs"]
#[allow(dead_code)]
mod dependencies;
#[path = "../examples/policy.rs"]
#[allow(dead_code)]
mod policy;
#[path = "../examples/watch.rs"]
#[allow(dead_code)]
mod watch;

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// An empty directory of a test's own.
fn directory(name: &str) -> PathBuf {
    let directory = std::env::temp_dir().join(format!("nivose-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("directory");
    directory
}

#[test]
fn a_configuration_is_read_and_its_mistakes_are_shown() {
    let evaluation = configuration::start().expect("evaluation");
    let read = |text: &str| configuration::read(&evaluation.evaluate(text)?, 3);
    let text = "{ cores }: { name = \"a\"; workers = cores; routes.\"/\" = { files = \"/www\"; }; }";
    assert_eq!(read(text).expect("text"), "a with 3 workers\n  / shows /www\n");
    assert_eq!(read("{ name = \"a\"; workers = 1; }").expect("text"), "a with 1 workers\n");
    let failure = read("{ cores }: {\n  name = \"a\";\n  workers = \"many\";\n}").expect_err("mistake");
    assert_eq!(failure.to_string(), "workers: invalid type: string \"many\", expected usize at «string»:3:3");
}

#[test]
fn a_configuration_imports_files() {
    let directory = directory("configuration");
    std::fs::write(directory.join("c.nix"), "{ name = \"a\"; workers = import ./workers.nix; }")
        .expect("file");
    std::fs::write(directory.join("workers.nix"), "6").expect("file");
    let evaluation = configuration::start().expect("evaluation");
    let written = evaluation.evaluate_file(directory.join("c.nix")).expect("value");
    assert_eq!(configuration::read(&written, 1).expect("text"), "a with 6 workers\n");
    std::fs::remove_dir_all(&directory).expect("directory");
}

#[test]
fn dependencies_are_listed() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/packages");
    let text = dependencies::show(directory, "packages").expect("list");
    assert_eq!(
        text,
        "crystal\nflake-press: crystal-1.4.2\nplough: crystal-1.4.2, flake-press-0.9\n\
         plough-dark: crystal-1.4.2, flake-press-0.9\n"
    );
}

#[test]
fn policies_complain() {
    assert_eq!(
        policy::example().expect("complaints"),
        [
            "broken (line 6): ports: cannot be checked: later",
            "mail (line 4): memory: asks for 1024 MB, more than 512",
            "mail (line 4): owner: nobody owns it",
            "web (line 3): ports: port 80 is privileged",
        ]
    );
    let endless = policy::check("{ endless = service: let f = n: f (n + 1); in f 0; }", "{ a = { }; }");
    let complaint = "a (line 1): endless: cannot be checked: the evaluation took more than 100000 steps";
    assert_eq!(endless.expect("complaint"), [complaint]);
}

#[test]
fn the_language_has_new_builtins() {
    assert_eq!(builtin::example().expect("text"), "{ names = [ \"flake-0\" \"crystal-1\" ]; total = 8; }");
    let evaluation = builtin::engine().expect("engine").start();
    let failure = evaluation.evaluate("builtins.fromCSV { } \"a,b\\n1\"").expect_err("a short row");
    assert_eq!(failure.message(), "'1' has 1 cells, not 2");
}

#[test]
fn what_was_read_is_watched() {
    let directory = directory("watch");
    let (main, part) = (directory.join("main.nix"), directory.join("part.nix"));
    std::fs::write(&main, "import ./part.nix + 1").expect("file");
    std::fs::write(&part, "1").expect("file");
    let (text, seen) = watch::evaluate(&main.display().to_string());
    assert_eq!(text.expect("value"), "2");
    assert_eq!(seen.paths(), [main.display().to_string(), part.display().to_string()]);
    assert!(!seen.is_stale());
    std::fs::write(&part, "2").expect("file");
    let later = SystemTime::now() + Duration::from_secs(10);
    std::fs::File::open(&part).and_then(|file| file.set_modified(later)).expect("time");
    assert!(seen.is_stale());
    assert_eq!(watch::evaluate(&main.display().to_string()).0.expect("value"), "3");
    std::fs::remove_dir_all(&directory).expect("directory");
}

#[test]
fn what_is_missing_is_watched_for() {
    let directory = directory("watch-missing");
    let (main, part) = (directory.join("main.nix"), directory.join("part/a.nix"));
    let evaluate = || watch::evaluate(&main.display().to_string());
    let (text, seen) = evaluate();
    assert!(text.is_err() && !seen.is_stale());
    std::fs::write(&main, "import ./part/a.nix + 1").expect("file");
    assert!(seen.is_stale());
    let (text, seen) = evaluate();
    assert!(text.is_err() && !seen.is_stale());
    std::fs::create_dir(directory.join("part")).expect("directory");
    std::fs::write(&part, "1").expect("file");
    assert!(seen.is_stale());
    let (text, seen) = evaluate();
    assert_eq!(text.expect("value"), "2");
    std::fs::remove_file(&part).expect("file");
    assert!(seen.is_stale());
    std::fs::remove_dir_all(&directory).expect("directory");
}
