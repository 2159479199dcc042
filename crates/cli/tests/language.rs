//! The language tests: every `tests/lang/AREA/NAME.nix` is evaluated by the command, at the default level, at
//! level 0, and with the collector under stress.
//!
//! `NAME.out` is the exact output; or `NAME.err` the headline of the error, found in what the
//! command says from its last `error:` on. `NAME.args` holds arguments, a line each; `NAME.trace` the
//! `trace:` and `evaluation warning:` lines. The folder of the areas reads as `/pwd`.
//!
//! `LANG_FILTER=text` runs the cases whose name contains the text; `LANG_BLESS=1` writes the answers
//! of the default level for cases that have none.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Longer than any case may take, on a busy machine and a debug build.
const LIMIT: Duration = Duration::from_secs(120);

struct Case {
    name: String,
    arguments: Vec<String>,
    out: Option<Vec<u8>>,
    headline: Option<String>,
    trace: Option<String>,
}

fn source_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/lang")
}

fn read(path: &Path) -> Option<Vec<u8>> {
    fs::read(path).ok()
}

fn read_text(path: &Path) -> Option<String> {
    read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn sorted_entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder of tests is readable");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

fn cases() -> Vec<Case> {
    let filter = std::env::var("LANG_FILTER").unwrap_or_default();
    let areas = sorted_entries(&source_folder()).into_iter().filter(|path| path.is_dir());
    let files = areas.flat_map(|area| sorted_entries(&area));
    let sources = files.filter(|file| file.extension().is_some_and(|e| e == "nix") && file.is_file());
    sources.map(|file| load(&file)).filter(|case| case.name.contains(&filter)).collect()
}

fn load(file: &Path) -> Case {
    let relative = file.strip_prefix(source_folder()).expect("a file of the folder");
    Case {
        name: relative.with_extension("").to_string_lossy().into_owned(),
        arguments: read_text(&file.with_extension("args"))
            .unwrap_or_default()
            .lines()
            .map(str::to_owned)
            .collect(),
        out: read(&file.with_extension("out")),
        headline: read_text(&file.with_extension("err")),
        trace: read_text(&file.with_extension("trace")),
    }
}

/// Copies a folder without the answers, links as links.
fn copy(from: &Path, to: &Path, depth: usize) {
    fs::create_dir_all(to).expect("a folder can be made");
    for path in sorted_entries(from) {
        let target = to.join(path.file_name().expect("a name"));
        let kind = fs::symlink_metadata(&path).expect("the entry is there").file_type();
        let answer = path
            .extension()
            .is_some_and(|e| ["out", "err", "trace", "args", "cpp-nix"].iter().any(|a| e == *a));
        if kind.is_symlink() {
            let link = fs::read_link(&path).expect("a link");
            std::os::unix::fs::symlink(link, target).expect("a link can be made");
        } else if kind.is_dir() {
            copy(&path, &target, depth + 1);
        } else if !(answer && depth == 1) {
            fs::copy(&path, target).expect("a file can be copied");
        }
    }
}

struct Stage {
    folder: PathBuf,
}

impl Stage {
    fn new(label: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("nivose-lang-{label}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        copy(&source_folder(), &folder, 0);
        Stage { folder: folder.canonicalize().expect("the stage exists") }
    }

    fn hide(&self, bytes: &[u8]) -> Vec<u8> {
        let folder = self.folder.to_string_lossy().into_owned();
        replace(bytes, folder.as_bytes(), b"/pwd")
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = rest.windows(from.len()).position(|window| window == from) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(to);
        rest = &rest[at + from.len()..];
    }
    out.extend_from_slice(rest);
    out
}

struct Outcome {
    status: Option<i32>,
    out: Vec<u8>,
    err: String,
}

fn run(case: &Case, stage: &Stage, settings: &[(&str, &str)]) -> Outcome {
    let file = stage.folder.join(&case.name).with_extension("nix");
    let mut command = Command::new(env!("CARGO_BIN_EXE_nivose"));
    command.args(["nix-instantiate", "--eval", "--strict"]).args(&case.arguments).arg(&file);
    command.current_dir(file.parent().expect("a folder"));
    command.env_remove("NIX_PATH").env("HOME", "/nonexistent").env("NIX_REMOTE", "dummy://");
    command.envs(settings.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command can be started");
    let (mut stdout, mut stderr) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
    let reader = std::thread::spawn(move || read_all(&mut stdout));
    let error_reader = std::thread::spawn(move || read_all(&mut stderr));
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("the command can be waited for") {
            break status.code();
        }
        if begun.elapsed() > LIMIT {
            let _ = child.kill();
            let _ = child.wait();
            break None;
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    let out = stage.hide(&reader.join().expect("read"));
    let err = String::from_utf8_lossy(&stage.hide(&error_reader.join().expect("read"))).into_owned();
    Outcome { status, out, err }
}

fn read_all(from: &mut impl std::io::Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = from.read_to_end(&mut bytes);
    bytes
}

/// Leaves out source excerpts: lines of blanks, a number and a bar.
fn without_excerpts(text: &str) -> String {
    let excerpt =
        |line: &str| line.trim_start().trim_start_matches(|c: char| c.is_ascii_digit()).starts_with('|');
    text.lines().filter(|line| !excerpt(line)).collect::<Vec<_>>().join("\n")
}

fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn traces(err: &str) -> String {
    let lines = err.lines().map(str::trim_start);
    let wanted = |line: &&str| line.starts_with("trace:") || line.starts_with("evaluation warning:");
    lines.filter(wanted).map(|line| format!("{line}\n")).collect()
}

/// What is wrong with an outcome, if anything.
fn judge(case: &Case, outcome: &Outcome) -> Option<String> {
    let told = squeeze(&without_excerpts(&outcome.err));
    match (&case.out, &case.headline) {
        (Some(out), None) if outcome.status == Some(0) && outcome.out == *out => {}
        (None, Some(headline)) if outcome.status == Some(1) && outcome.out.is_empty() => {
            let headline = squeeze(headline);
            let end = told.rfind(&headline).map_or(0, |at| at + 1);
            let from = told[..end].rfind("error:").unwrap_or(0);
            if !told.contains("error:") || !told[from..].contains(&headline) {
                return Some(format!("expected the error {headline:?}, got {told:?}"));
            }
        }
        _ => {
            let out = String::from_utf8_lossy(&outcome.out);
            return Some(format!("status {:?}, output {out:?}, {told:?}", outcome.status));
        }
    }
    let trace = case.trace.as_ref()?;
    let got = traces(&outcome.err);
    (got != *trace).then(|| format!("expected the traces {trace:?}, got {got:?}"))
}

fn bless(case: &Case, outcome: &Outcome) {
    let file = source_folder().join(&case.name);
    match outcome.status {
        Some(0) => fs::write(file.with_extension("out"), &outcome.out).expect("the answer can be written"),
        _ => {
            let last = outcome.err.rfind("error:").map_or(0, |at| at + "error:".len());
            let headline = outcome.err[last..].lines().next().unwrap_or_default().trim().to_owned();
            fs::write(file.with_extension("err"), headline + "\n").expect("the answer can be written");
        }
    }
}

fn run_all(label: &str, settings: &[(&str, &str)]) {
    let stage = Stage::new(label);
    let cases = cases();
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(BTreeMap::new());
    let blessing = std::env::var("LANG_BLESS").is_ok() && settings.is_empty();
    let workers = std::thread::available_parallelism().map_or(2, |n| n.get());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = run(case, &stage, settings);
                    if case.out.is_none() && case.headline.is_none() && blessing {
                        bless(case, &outcome);
                    } else if let Some(fault) = judge(case, &outcome) {
                        failures.lock().expect("no panic holds it").insert(case.name.clone(), fault);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().expect("no panic holds it");
    assert!(!cases.is_empty(), "no case matches the filter");
    for (name, fault) in &failures {
        eprintln!("FAIL {name}: {fault}");
    }
    assert!(failures.is_empty(), "{} of {} cases failed ({label})", failures.len(), cases.len());
}

/// A case whose answer differs from C++ Nix's keeps that answer beside it, as `NAME.out.cpp-nix` and
/// so on; the reason stands in COMPATIBILITY.md.
#[test]
fn changed_answers_are_documented() {
    let folder = source_folder();
    let document = read_text(&folder.join("../../COMPATIBILITY.md")).expect("COMPATIBILITY.md is readable");
    let areas = sorted_entries(&folder).into_iter().filter(|path| path.is_dir());
    let files = areas.flat_map(|area| sorted_entries(&area));
    let mut changed = 0;
    for theirs in files.filter(|file| file.extension().is_some_and(|e| e == "cpp-nix")) {
        let ours = theirs.with_extension("");
        assert_ne!(read(&theirs), read(&ours), "{} is no difference", theirs.display());
        let relative = ours.strip_prefix(&folder).expect("a file of the folder").with_extension("");
        let name = relative.to_string_lossy().into_owned();
        assert!(document.contains(&format!("`{name}`")), "{name} is not in COMPATIBILITY.md");
        changed += 1;
    }
    assert!(changed > 0, "the changed answers are there");
}

#[test]
fn at_the_default_level() {
    run_all("default", &[]);
}

#[test]
fn at_level_0() {
    run_all("level-0", &[("NIVOSE_OPT_LEVEL", "0")]);
}

#[test]
fn under_a_stressed_collector() {
    run_all("stress", &[("NIVOSE_GC", "stress")]);
}
