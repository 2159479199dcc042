//! What observers are told, as text, as JSON lines, and as data.

use std::sync::{Arc, Mutex};

use nivose::raw::{
    Chunk, CompilationObserver, Evaluator, Event, FunctionTrace, Observer, Options, Origin, Shared,
    SharedCounts, Way,
};
use nivose::world::MemoryWorld;
use nivose::{Engine, Source, TraceOptions};

const FIX: &str = "let fix = f: let x = f x; in x; in (fix (self: { a = self.b; b = 1; })).a";

fn named_source(text: &str) -> Source {
    Source::new(text).named("/src/a.nix")
}

fn trace(source: &str, options: TraceOptions) -> Vec<String> {
    let lines: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = lines.clone();
    let evaluation = Engine::builder().options(|options| options.level = 0).build().expect("engine").start();
    evaluation.trace(options, move |line| seen.lock().expect("lock").push(line.to_owned())).expect("trace");
    let _ = evaluation.evaluate(named_source(source));
    evaluation.stop_trace().expect("trace");
    evaluation.evaluate("let f = x: x; in f 1").expect("no trace any more");
    let lines = lines.lock().expect("lock");
    lines.clone()
}

#[test]
fn a_trace_explains_laziness() {
    let shown = trace(FIX, TraceOptions::default()).join("\n").replace("/src/a.nix", "«string»");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/trace.md");
    let page = std::fs::read_to_string(path).expect("page");
    let (before, rest) = page.split_once("```text\n").expect("the trace begins");
    let (block, after) = rest.split_once("```").expect("the trace ends");
    assert!(before.contains(FIX), "the page shows the source");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, format!("{before}```text\n{shown}\n```{after}")).expect("page");
    } else {
        assert_eq!(block.trim_end(), shown);
    }
}

#[test]
fn deep_calls_are_not_indented_without_end() {
    let options = TraceOptions { calls_only: true, ..TraceOptions::default() };
    let lines = trace("let f = n: if n == 0 then 0 else 1 + f (n - 1); in f 3000", options);
    let longest = lines.iter().map(String::len).max();
    assert!(lines.len() > 6000 && longest.is_some_and(|longest| longest < 300), "{longest:?}");
}

#[test]
fn calls_and_forces_alone() {
    let options = TraceOptions { calls_only: true, ..TraceOptions::default() };
    assert_eq!(
        trace(FIX, options.clone()),
        [
            "force `let fix = f: let x = f x; in x; in (fix (self: {…`",
            "  call fix  (/src/a.nix:1:37)",
            "  = «`f x`»",
            "  force `f x`  (/src/a.nix:1:37)",
            "  tail call function at /src/a.nix:1:42  (/src/a.nix:1:22)",
            "  = { a = «`self.b`»; b = 1; }",
            "  force `self.b`  (/src/a.nix:1:1)",
            "  = 1",
            "= 1",
        ]
    );
    let failing = "(builtins.tryEval (let f = x: throw \"a\"; in f 1 + 1)).success";
    assert_eq!(
        trace(failing, options),
        [
            "force `(builtins.tryEval (let f = x: throw \"a\"; in f 1 …`",
            "  builtin tryEval  (/src/a.nix:1:2)",
            "  force `let f = x: throw \"a\"; in f 1 + 1`  (/src/a.nix:1:2)",
            "    call f  (/src/a.nix:1:45)",
            "      builtin throw  (/src/a.nix:1:31)",
            "    = failed",
            "  = failed",
            "= false",
        ]
    );
}

#[test]
fn filters_narrow_a_trace() {
    let source = "let f = x: g x + 1; g = x: x * 2; in f 1 + g 5";
    let only = |options: TraceOptions| trace(source, TraceOptions { calls_only: true, ..options }).join("\n");
    let function = only(TraceOptions { function: Some("f".into()), ..TraceOptions::default() });
    assert_eq!(function, "  call f  (/src/a.nix:1:38)\n    call g  (/src/a.nix:1:12)\n    = 2\n  = 3");
    let flat = only(TraceOptions { max_depth: Some(0), ..TraceOptions::default() });
    assert_eq!(flat, "force `let f = x: g x + 1; g = x: x * 2; in f 1 + g 5`\n= 13");
    assert_eq!(only(TraceOptions { file: Some("other.nix".into()), ..TraceOptions::default() }), "");
    assert_ne!(only(TraceOptions { file: Some("a.nix".into()), ..TraceOptions::default() }), "");
}

#[test]
fn programs_get_one_object_a_line() {
    let lines = trace("(x: x) 1", TraceOptions { json: true, ..TraceOptions::default() });
    assert_eq!(
        lines,
        [
            r#"{"event":"force","depth":0,"what":"`(x: x) 1`","at":"/src/a.nix:1:1","from":null}"#,
            r##"{"event":"instruction","depth":0,"offset":0,"text":"Constant #0 1","again":false,"stack":[],"start":7,"end":8}"##,
            r##"{"event":"instruction","depth":0,"offset":2,"text":"Constant #1 `x: x`","again":false,"stack":["1"],"start":1,"end":6}"##,
            r#"{"event":"instruction","depth":0,"offset":4,"text":"Call","again":false,"stack":["1","«lambda @ /src/a.nix:1:2»"],"start":0,"end":8}"#,
            r#"{"event":"call","depth":1,"what":"function at /src/a.nix:1:2","at":"/src/a.nix:1:2","from":"/src/a.nix:1:1"}"#,
            r#"{"event":"instruction","depth":1,"offset":0,"text":"GetLocal slot 0","again":false,"stack":["1"],"start":4,"end":5}"#,
            r#"{"event":"instruction","depth":1,"offset":2,"text":"Return","again":false,"stack":["1","1"],"start":4,"end":5}"#,
            r#"{"event":"leave","depth":1,"end":"returned","result":"1"}"#,
            r#"{"event":"instruction","depth":0,"offset":5,"text":"Force","again":false,"stack":["1"],"start":0,"end":8}"#,
            r#"{"event":"instruction","depth":0,"offset":6,"text":"Return","again":false,"stack":["1"],"start":0,"end":8}"#,
            r#"{"event":"leave","depth":0,"end":"returned","result":"1"}"#,
        ]
    );
}

fn observed(source: &str, level: u8, observer: Box<dyn Observer>) -> Evaluator {
    let options = Options { level, ..Options::default() };
    let mut evaluator = Evaluator::new(options, Box::new(MemoryWorld::new()));
    evaluator.machine().set_observer(observer);
    evaluator.evaluate(Origin::File(b"/f.nix".to_vec()), source.into(), b"/".to_vec()).expect("value");
    evaluator
}

#[test]
fn function_calls_are_told_as_by_cpp_nix() {
    let lines: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = lines.clone();
    let mut now = 0;
    let clock = move || {
        now += 1;
        now
    };
    let sink = move |line: &str| seen.lock().expect("lock").push(line.to_owned());
    observed("let f = x: x + 1; in f 1 + builtins.length [ ]", 0, Box::new(FunctionTrace::new(clock, sink)));
    assert_eq!(
        *lines.lock().expect("lock"),
        [
            "function-trace entered /f.nix:1:22 at 1",
            "function-trace exited /f.nix:1:22 at 2",
            "function-trace entered /f.nix:1:28 at 3",
            "function-trace exited /f.nix:1:28 at 4",
        ]
    );
}

#[test]
fn calls_are_counted_by_place() {
    let source = "let f = x: x.a + x.a; s = { a = builtins.length [ ]; }; in f s + f s";
    for level in [0, 1] {
        let counts = SharedCounts::default();
        let mut evaluator = observed(source, level, Box::new(counts.clone()));
        assert_eq!(
            counts.json(&evaluator.machine().shared),
            r#""primops": {"length": 1}, "functions": [{"name": "f", "file": "/f.nix", "line": 1, "column": 9, "count": 2}], "attributes": [{"file": "/f.nix", "line": 1, "column": 29, "count": 4}]"#
        );
    }
}

/// Checks that frames are entered and left in pairs.
struct Balance(Arc<Mutex<(usize, Vec<usize>)>>);

impl Observer for Balance {
    fn observe(&mut self, _: &Shared, event: &Event<'_>) {
        let (entered, open) = &mut *self.0.lock().expect("lock");
        match event {
            Event::Enter { depth, .. } => {
                assert_eq!(*depth, open.len());
                open.push(*depth);
                *entered += 1;
            }
            Event::Leave { depth, way, .. } => {
                assert_eq!(Some(*depth), open.pop());
                assert!(matches!(way, Way::Call | Way::TailCall | Way::Force));
            }
            Event::Builtin { depth, .. } => assert_eq!(*depth + 1, open.len()),
            Event::Instruction(executing) => assert_eq!(executing.depth + 1, open.len()),
        }
    }
}

#[test]
fn frames_are_entered_and_left_in_pairs() {
    let source = r#"
      let
        fib = n: if n < 2 then n else fib (n - 1) + fib (n - 2);
        loop = n: if n == 0 then "done" else loop (n - 1);
        try = e: (builtins.tryEval e).success;
        sorted = builtins.sort (a: b: a < b) (builtins.genList (n: (n * 37) / 5) 50);
      in [ (fib 10) (loop 1000) (try (throw "a")) (try (assert fib 3 == 0; 1)) (builtins.foldl' (a: b: a + b) 0 sorted) ]
    "#;
    let source = format!("let l = {source}; in builtins.deepSeq l (builtins.toJSON l)");
    for level in [0, 1] {
        let state: Arc<Mutex<(usize, Vec<usize>)>> = Arc::default();
        observed(&source, level, Box::new(Balance(state.clone())));
        let (entered, open) = &*state.lock().expect("lock");
        assert!(*entered > 1000 && open.is_empty(), "level {level}: {entered} entered, {open:?} open");
    }
}

/// Notes what is compiled: the source text of each.
struct Compiled(Arc<Mutex<Vec<String>>>);

impl CompilationObserver for Compiled {
    fn compiled(&mut self, shared: &Shared, code: u32, chunk: &Chunk) {
        assert!(!chunk.code.is_empty());
        let (_, text) = shared.source_text(code).expect("it was written");
        self.0.lock().expect("lock").push(String::from_utf8_lossy(text).into_owned());
    }
}

#[test]
fn code_is_told_when_it_is_compiled_and_never_if_it_does_not_run() {
    for level in [0, 1] {
        let compiled: Arc<Mutex<Vec<String>>> = Arc::default();
        let mut evaluator =
            Evaluator::new(Options { level, ..Options::default() }, Box::new(MemoryWorld::new()));
        evaluator.machine().set_compilation_observer(Box::new(Compiled(compiled.clone())));
        let source = "let f = x: x * 2; never = y: y; in [ (f 1) (f 2) (never 3) ]";
        let list = evaluator.evaluate(Origin::String, source.into(), b"/".to_vec()).expect("value");
        assert_eq!(*compiled.lock().expect("lock"), [source]);
        let first = evaluator.select(list, b"0", list).expect("element");
        evaluator.machine().release(first);
        evaluator.select(list, b"1", list).expect("element");
        assert_eq!(*compiled.lock().expect("lock"), [source, "f 1", "x: x * 2", "f 2"]);
        assert!(evaluator.machine().take_compilation_observer().is_some());
    }
}

#[test]
fn a_trace_shows_code_before_it_runs() {
    let options = TraceOptions { code: true, calls_only: true, ..TraceOptions::default() };
    let lines = trace("(x: x) 1", options.clone());
    let listed =
        lines.iter().position(|line| line.starts_with("[1] lambda x:")).expect("the function is listed");
    let called =
        lines.iter().position(|line| line.contains("call function")).expect("the function is called");
    assert!(listed < called, "{lines:?}");
    assert_eq!(lines[listed - 1], "compiled, of /src/a.nix:");
    let lines = trace("(x: x) 1", TraceOptions { json: true, ..options });
    assert!(lines[0].starts_with(r#"{"chunk":0,"source":"/src/a.nix","kind":"top level""#), "{lines:?}");
}

#[test]
fn counts_are_exact_and_the_same_at_both_levels() {
    let source = "let
        s = { a.b = 1; c = 2; };
        add = x: x + s.a.b;
      in builtins.foldl' add2 0 (map add [ 1 2 3 ]) + builtins.length (builtins.attrNames (s // { d = 3; }))";
    let source = source.replace("add2", "(a: b: a + b)");
    for level in [0, 1] {
        let engine = Engine::builder().counting(true).options(|options| options.level = level).build();
        let evaluation = engine.expect("engine").start();
        let before = evaluation.statistics().expect("figures").counts.expect("counts");
        assert_eq!(evaluation.evaluate(source.as_str()).expect("value").as_int().expect("integer"), 12);
        let counts = evaluation.statistics().expect("figures").counts.expect("counts");
        // `foldl'`, `map`, `length`, `attrNames`.
        assert_eq!(counts.builtin_calls, 4, "level {level}");
        // At the base level a function of two arguments is two functions.
        assert_eq!(counts.function_calls, if level == 0 { 3 + 6 } else { 3 + 3 }, "level {level}");
        // Two for each element.
        assert_eq!((counts.selections, counts.updates), (6, 1), "level {level}");
        assert_eq!(
            (counts.lists - before.lists, counts.elements - before.elements),
            (3, 3 + 3 + 3),
            "level {level}"
        );
        assert_eq!(
            (counts.sets - before.sets, counts.attributes - before.attributes),
            (4, 1 + 2 + 1 + 3),
            "level {level}"
        );
    }
    let evaluation = Engine::new().start();
    evaluation.evaluate(source.as_str()).expect("value");
    assert!(evaluation.statistics().expect("figures").counts.is_none());
}
