//! Many evaluations in one process, disturbed at random: `soak --root DIRECTORY [--answers FILE] [--seconds N] [--threads N] [--seed N]`.
//!
//! Each thread starts evaluations of its own, asks each for the derivations of a few packages of the set in DIRECTORY, and
//! drops it. Meanwhile others pause, step, resume and cancel at random moments; what was cancelled is asked again. Every
//! answer must be that of an undisturbed evaluation (and that of FILE, a JSON object from names to store paths), and the
//! memory of the process must not grow. It fails if one does not hold. For people, not for tests: it takes time.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use nivose::{Control, Engine, Evaluation, Result, Value};

/// Kibibytes that may stay behind for each evaluation. The system's allocator keeps more for itself unless it is told to give
/// large pieces back: `MALLOC_MMAP_THRESHOLD_=131072` does for that of glibc.
const MOST_KEPT: u64 = 64;

/// What is asked for.
struct Settings {
    root: String,
    answers: Option<String>,
    seconds: u64,
    threads: u64,
    seed: u64,
}

impl Settings {
    /// From the command line.
    fn read() -> std::result::Result<Self, String> {
        let (mut root, mut answers, mut seconds, mut threads, mut seed) = (None, None, 60, 8, 1);
        let mut line = std::env::args().skip(1);
        while let Some(name) = line.next() {
            let value = line.next().ok_or_else(|| format!("'{name}' needs a value"))?;
            let number = || value.parse().map_err(|_| format!("'{value}' is no number"));
            match name.as_str() {
                "--root" => root = Some(value),
                "--answers" => answers = Some(value),
                "--seconds" => seconds = number()?,
                "--threads" => threads = number()?,
                "--seed" => seed = number()?,
                _ => return Err(format!("unknown option '{name}'")),
            }
        }
        let root = root.ok_or("--root says where the set of packages is")?;
        Ok(Settings { root, answers, seconds, threads, seed })
    }
}

/// Numbers that look random, the same for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// What happened so far.
#[derive(Default)]
struct Tally {
    evaluations: AtomicU64,
    compared: AtomicU64,
    cancelled: AtomicU64,
    paused: AtomicU64,
    steps: AtomicU64,
    complaints: Mutex<Vec<String>>,
}

fn count(counter: &AtomicU64, more: u64) {
    counter.fetch_add(more, Ordering::Relaxed);
}

fn read(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

impl Tally {
    fn complain(&self, complaint: String) {
        self.complaints.lock().expect("no panic").push(complaint);
    }
}

/// The path of a package's derivation, or what its evaluation fails with; an interruption is neither.
fn answer(packages: &Value, name: &str) -> Result<String> {
    let path = packages.attribute(name).and_then(|package| package.attribute("drvPath")?.as_str());
    match path {
        Err(failure) if !failure.is_interruption() => Ok(format!("error: {}", failure.message())),
        other => other,
    }
}

fn packages(evaluation: &Evaluation, root: &str) -> Result<Value> {
    evaluation.evaluate_file(root)?.call([&evaluation.evaluate("{ }")?])
}

/// The answers for all packages that have a derivation, undisturbed.
fn undisturbed(root: &str) -> Result<BTreeMap<String, String>> {
    let packages = packages(&Engine::system().start(), root)?;
    let answers = packages.names()?.into_iter().map(|name| Ok((name.clone(), answer(&packages, &name)?)));
    let answers: BTreeMap<_, _> = answers.collect::<Result<_>>()?;
    Ok(answers.into_iter().filter(|(_, answer)| answer.ends_with(".drv")).collect())
}

/// Says where the answers are not those of a file of known ones.
fn compare_with_file(answers: &BTreeMap<String, String>, file: &str, tally: &Tally) -> Result<usize> {
    let text = format!("builtins.fromJSON (builtins.readFile {file})");
    let known: BTreeMap<String, Option<String>> = Engine::system().start().evaluate(text)?.to()?;
    for (name, known) in known.iter().filter_map(|(name, known)| Some((name, known.as_ref()?))) {
        if answers.get(name) != Some(known) {
            tally.complain(format!("{name}: {:?} instead of {known}", answers.get(name)));
        }
    }
    Ok(known.len())
}

/// Disturbs an evaluation a few times, until it is over: nobody holds the other end of `over` then.
fn disturb(control: &Control, over: &Receiver<()>, mut random: Random, tally: &Tally) {
    for _ in 0..random.below(5) {
        // As likely within a millisecond as within a second.
        let longest = 1 << random.below(22);
        let delay = Duration::from_micros(random.below(longest));
        if over.recv_timeout(delay) != Err(RecvTimeoutError::Timeout) {
            return;
        }
        if random.below(2) == 0 {
            control.cancel();
            count(&tally.cancelled, 1);
        } else {
            hold(control, &mut random, tally);
        }
    }
}

/// Pauses an evaluation and lets it take some steps.
fn hold(control: &Control, random: &mut Random, tally: &Tally) {
    control.pause();
    count(&tally.paused, 1);
    for _ in 0..random.below(8) {
        let steps = random.below(1000);
        control.step(steps);
        count(&tally.steps, steps);
        control.wait_until_waiting(Duration::from_millis(5));
    }
    control.resume();
}

/// Asks one evaluation for a few packages.
fn ask(evaluation: &Evaluation, root: &str, names: &[&String]) -> Result<Vec<String>> {
    let packages = packages(evaluation, root)?;
    let mut kept = Vec::new();
    for name in names {
        kept.push(packages.get(name)?);
        answer(&packages, name)?;
    }
    evaluation.collect_garbage()?;
    // The packages outlived a collection.
    let paths = kept.iter().flatten().map(|package| package.attribute("drvPath")?.as_str());
    paths.collect()
}

/// One evaluation after the other until the time is over.
fn work(settings: &Settings, answers: &BTreeMap<String, String>, end: Instant, seed: u64, tally: &Tally) {
    let names: Vec<&String> = answers.keys().collect();
    let mut random = Random(seed);
    while Instant::now() < end {
        let asked: Vec<&String> =
            (0..=random.below(4)).map(|_| names[random.below(names.len() as u64) as usize]).collect();
        let evaluation = Engine::system().start();
        let (control, (over, wait)) = (evaluation.control(), channel());
        let others = Random(seed ^ random.below(u64::MAX) | 1);
        std::thread::scope(|scope| {
            let disturbed = control.clone();
            scope.spawn(move || disturb(&disturbed, &wait, others, tally));
            let found = loop {
                match ask(&evaluation, &settings.root, &asked) {
                    Err(failure) if failure.is_interruption() => control.resume(),
                    found => break found,
                }
            };
            drop(over);
            let expected: Vec<String> = asked.iter().map(|name| answers[*name].clone()).collect();
            match found {
                Ok(found) if found == expected => count(&tally.compared, found.len() as u64),
                found => tally.complain(format!("{asked:?}: {found:?} instead of {expected:?}")),
            }
        });
        count(&tally.evaluations, 1);
    }
}

/// Kibibytes that the process has in memory, where the system tells it.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Looks at memory now and then; the greatest of each twentieth of the time.
fn watch(settings: &Settings, tally: &Tally) -> Vec<u64> {
    let part = Duration::from_millis(settings.seconds * 1000 / 20);
    let mut greatest = Vec::new();
    for index in 1..=20 {
        let end = Instant::now() + part;
        let mut most = 0;
        while Instant::now() < end {
            std::thread::sleep(Duration::from_millis(50));
            most = most.max(resident());
        }
        greatest.push(most);
        let (evaluations, compared) = (read(&tally.evaluations), read(&tally.compared));
        println!("{index:>2}/20: {evaluations} evaluations, {compared} answers, at most {most} KiB resident");
    }
    greatest
}

fn soak(settings: &Settings) -> Result<bool> {
    let tally = Tally::default();
    let answers = undisturbed(&settings.root)?;
    println!("{} packages", answers.len());
    if let Some(file) = &settings.answers {
        println!("{} known answers compared", compare_with_file(&answers, file, &tally)?);
    }
    let end = Instant::now() + Duration::from_secs(settings.seconds);
    let before = resident();
    let memory = std::thread::scope(|scope| {
        for thread in 0..settings.threads {
            let seed = (settings.seed * 1000 + thread + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let (tally, answers) = (&tally, &answers);
            scope.spawn(move || work(settings, answers, end, seed, tally));
        }
        watch(settings, &tally)
    });
    println!(
        "{} evaluations, {} answers compared, {} cancellations, {} pauses with {} steps granted",
        read(&tally.evaluations),
        read(&tally.compared),
        read(&tally.cancelled),
        read(&tally.paused),
        read(&tally.steps)
    );
    let (most, after) = (memory.into_iter().max().unwrap_or(0), resident());
    println!("KiB resident: {before} before, at most {most} meanwhile, {after} after");
    let complaints = tally.complaints.into_inner().expect("no panic");
    complaints.iter().for_each(|complaint| println!("{complaint}"));
    // The most depends on which evaluations meet; what stays after the last one was dropped does not.
    let grows = after.saturating_sub(before) > MOST_KEPT * read(&tally.evaluations);
    if grows {
        println!("memory grows");
    }
    Ok(complaints.is_empty() && !grows)
}

fn main() -> ExitCode {
    let settings = match Settings::read() {
        Ok(settings) => settings,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::FAILURE;
        }
    };
    match soak(&settings) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("{}", failure.rendered());
            ExitCode::FAILURE
        }
    }
}
