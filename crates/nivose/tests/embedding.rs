//! The public interface under use that its examples do not show: misuse, threads, limits, many evaluations.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nivose::raw::StressMode;
use nivose::world::{MemoryWorld, World, WorldError, WorldLayer};
use nivose::{
    Attributes, DiagnosticId, Elements, Engine, Evaluation, MessageKind, Next, Result, Source, Value,
};
use serde::{Deserialize, Serialize};

fn failure<T>(result: Result<T>) -> (DiagnosticId, String) {
    match result {
        Ok(_) => panic!("a failure was expected"),
        Err(failure) => (failure.id(), failure.to_string()),
    }
}

fn stressed() -> Evaluation {
    let builder = Engine::builder().options(|options| options.heap.stress = StressMode::On);
    builder.build().expect("engine").start()
}

/// A program that takes much longer than any test waits.
const LONG: &str = "let l = builtins.genList (i: i) 100000; in builtins.foldl' (n: i: n + builtins.length (map (j: j) l)) 0 l";

#[test]
fn values_of_another_evaluation_are_refused() {
    let (one, other) = (Engine::new().start(), Engine::new().start());
    let value = one.evaluate("1").expect("value");
    assert_eq!(failure(other.list([&value])).0, DiagnosticId::ForeignValue);
    assert_eq!(failure(other.attrs([("a", value.clone())])).0, DiagnosticId::ForeignValue);
    let function = other.evaluate("x: x").expect("function");
    assert_eq!(failure(function.call([&value])).0, DiagnosticId::ForeignValue);
    assert_eq!(failure(function.equals(&value)).0, DiagnosticId::ForeignValue);
}

#[test]
fn values_outlive_collections_and_their_evaluation() {
    let evaluation = stressed();
    let list =
        evaluation.evaluate("map (n: { inherit n; text = \"n${toString n}\"; }) [ 1 2 3 ]").expect("list");
    let held: Vec<Value> = list.elements().expect("elements");
    drop(list);
    evaluation.evaluate("builtins.foldl' (a: b: a + b) 0 (builtins.genList (i: i) 1000)").expect("garbage");
    evaluation.collect_garbage().expect("collection");
    drop(evaluation);
    let texts: Result<Vec<String>> = held.iter().map(|value| value.attribute("text")?.as_str()).collect();
    assert_eq!(texts.expect("texts"), ["n1", "n2", "n3"]);
}

#[test]
fn values_that_are_dropped_are_let_go() {
    let evaluation = Engine::new().start();
    let set = evaluation.evaluate(
        "{ a.b = [ 1 2 ]; f = x: x; d = derivation { name = \"d\"; system = \"s\"; builder = \"/b\"; }; }",
    );
    let set = set.expect("set");
    let before = evaluation.statistics().expect("figures").held_values;
    for _ in 0..3 {
        set.select("a.b.1").and_then(|value| value.as_int()).expect("selected");
        set.attributes().expect("attributes");
        set.attribute("d").and_then(|value| value.derivations()).expect("derivations");
        set.attribute("f").and_then(|f| f.call([&set])).expect("called");
        set.equals(&set).expect("compared");
        set.to_string();
        set.print().expect("printed");
        set.attribute("a").and_then(|value| value.to::<BTreeMap<String, Vec<u8>>>()).expect("data");
        set.attribute("a").and_then(|value| value.to_json()).expect("text");
        set.force_deep().expect("forced");
    }
    assert_eq!(evaluation.statistics().expect("figures").held_values, before);
}

#[test]
fn of_several_values_for_a_name_the_last_counts() {
    let evaluation = Engine::new().start();
    let number = |number: i64| evaluation.to_value(&number).expect("value");
    let set = evaluation.attrs([("a", number(1)), ("b", number(2)), ("a", number(3))]).expect("set");
    assert_eq!(set.to_string(), "{ a = 3; b = 2; }");
}

#[test]
fn messages_say_what_sort_they_are() {
    let evaluation = Engine::new().start();
    evaluation.evaluate("builtins.warn \"\" (builtins.trace \"warning: none\" 1)").expect("value");
    let messages = evaluation.take_messages();
    let told: Vec<_> = messages.iter().map(|message| (message.kind, message.text.as_str())).collect();
    assert_eq!(told, [(MessageKind::EvaluationWarning, ""), (MessageKind::Trace, "warning: none")]);
}

#[test]
fn memory_is_limited_unless_it_is_said_otherwise() {
    // A world that says how much memory there is.
    let engine = |builder: nivose::EngineBuilder| {
        builder.world_with(|| Box::new(Small(MemoryWorld::new()))).build().expect("engine").start()
    };
    let large = "builtins.length (builtins.genList (i: i) 10000000)";
    let (id, message) = failure(engine(Engine::builder()).evaluate(large));
    assert_eq!(id, DiagnosticId::OutOfMemory);
    assert!(message.contains("50331648 bytes"), "{message}");
    let given = engine(Engine::builder().memory_limit(1 << 30));
    assert_eq!(given.evaluate(large).and_then(|value| value.as_int()).ok(), Some(10_000_000));
    let none = engine(Engine::builder().memory_limit(usize::MAX));
    assert_eq!(none.evaluate(large).and_then(|value| value.as_int()).ok(), Some(10_000_000));
}

/// A world on a machine with 64 MiB.
struct Small(MemoryWorld);

impl WorldLayer for Small {
    type Inner = MemoryWorld;

    fn inner(&mut self) -> &mut MemoryWorld {
        &mut self.0
    }

    fn physical_memory(&mut self) -> Option<u64> {
        Some(64 << 20)
    }
}

#[test]
fn engines_and_evaluations_can_be_shown() {
    let engine = Engine::builder().builtin("f", "", |x: i64| Ok::<_, String>(x)).step_limit(7).build();
    let engine = engine.expect("engine");
    let text = format!("{engine:?}");
    assert!(text.contains("steps: Some(7)") && text.contains("\"f\""), "{text}");
    assert_eq!(format!("{:?}", engine.start()), "Evaluation { .. }");
}

#[test]
fn a_builtin_that_uses_its_own_evaluation_is_told_so() {
    let slot: Arc<Mutex<Option<Value>>> = Arc::default();
    let seen = slot.clone();
    let look = move |_: i64| match &*seen.lock().expect("lock") {
        Some(value) => value.as_int().map_err(|failure| failure.to_string()),
        None => Ok(0),
    };
    let engine = Engine::builder().builtin("look", "", look).build().expect("engine");
    let evaluation = engine.start();
    *slot.lock().expect("lock") = Some(evaluation.evaluate("1").expect("value"));
    let (id, message) = failure(evaluation.evaluate("builtins.look 1"));
    assert_eq!(id, DiagnosticId::HostFunction);
    assert!(message.contains("the evaluation is in use"), "{message}");
    *slot.lock().expect("lock") = Some(Engine::new().start().evaluate("2").expect("value"));
    assert_eq!(evaluation.evaluate("builtins.look 1").and_then(|value| value.as_int()).ok(), Some(2));
}

#[test]
fn builtins_of_the_program_are_like_others() {
    let engine = Engine::builder()
        .builtin("join", "", |words: Vec<String>, by: String| Ok::<_, String>(words.join(&by)))
        .builtin("fail", "", |(): ()| Err::<(), _>("no luck"))
        .builtin(
            "numbers",
            "",
            |text: String| -> std::result::Result<BTreeMap<String, Option<f64>>, String> {
                Ok(text.split(',').map(|word| (word.to_owned(), word.parse().ok())).collect())
            },
        );
    let engine = engine.options(|options| options.heap.stress = StressMode::On).build().expect("engine");
    let evaluation = engine.start();
    let text = |source: &str| evaluation.evaluate(source).and_then(|value| value.print());
    assert_eq!(text("builtins.join (map toString [ 1 2 ]) \"-\"").expect("text"), "\"1-2\"");
    assert_eq!(text("map (builtins.join [ \"a\" \"b\" ]) [ \"+\" ]").expect("text"), "[ \"a+b\" ]");
    assert_eq!(text("builtins.numbers \"a,1.5\"").expect("text"), "{ \"1.5\" = 1.5; a = null; }");
    assert_eq!(text("builtins.join").expect("text"), "«primop join»");
    assert_eq!(
        text("(builtins.tryEval (builtins.join [ (throw \"x\") ] \"\")).success").expect("text"),
        "false"
    );
    let (id, message) = failure(evaluation.evaluate("builtins.fail null"));
    assert_eq!((id, message.as_str()), (DiagnosticId::HostFunction, "no luck at «string»:1:1"));
    let (id, message) = failure(evaluation.evaluate("builtins.join [ \"a\" 1 ] \"\""));
    assert_eq!(id, DiagnosticId::Conversion);
    assert_eq!(message, "argument 1: [1]: invalid type: integer `1`, expected a string at «string»:1:1");
    assert_eq!(failure(evaluation.evaluate("builtins.join (x: x) \"\"")).0, DiagnosticId::Conversion);
    let names = Engine::builder().builtin("a b", "", |x: i64| Ok::<_, String>(x)).build();
    assert_eq!(failure(names).0, DiagnosticId::Configuration);
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(rename_all = "camelCase")]
enum Shape {
    Empty,
    Circle(f64),
    Line(i8, i8),
    Rectangle { width: u32, height: Option<u32> },
}

#[test]
fn data_goes_there_and_back() {
    let shapes = vec![
        Shape::Empty,
        Shape::Circle(0.5),
        Shape::Line(-1, 1),
        Shape::Rectangle { width: 2, height: Some(3) },
        Shape::Rectangle { width: 2, height: None },
    ];
    let evaluation = stressed();
    let value = evaluation.to_value(&shapes).expect("value");
    assert_eq!(
        value.to_string(),
        "[ \"empty\" { circle = 0.5; } { line = [ -1 1 ]; } { rectangle = { height = 3; width = 2; }; } \
         { rectangle = { height = null; width = 2; }; } ]"
    );
    assert_eq!(value.to::<Vec<Shape>>().expect("data"), shapes);
    let lazily: Vec<Shape> =
        nivose::from_str("map (n: { rectangle = { width = n; unused = abort \"\"; }; }) [ 1 ]")
            .expect("data");
    assert_eq!(lazily, [Shape::Rectangle { width: 1, height: None }]);
    assert_eq!(
        nivose::from_str::<(char, String, Option<()>)>("[ \"a\" /b null ]").expect("data"),
        ('a', "/b".into(), None)
    );
    let large = evaluation.to_value(&u64::MAX);
    assert!(failure(large).1.contains("does not fit"));
    assert_eq!(failure(evaluation.to_value("a\0b")).0, DiagnosticId::Conversion);
}

#[test]
fn what_does_not_fit_says_where() {
    let read = |text: &str| {
        failure(nivose::from_str::<BTreeMap<String, Vec<Shape>>>(Source::new(text).named("/etc/shapes.nix")))
            .1
    };
    assert_eq!(
        read("{\n  a = [ \"empty\" { circle = \"x\"; } ];\n}"),
        "a[1].circle: invalid type: string \"x\", expected f64 at /etc/shapes.nix:2:19"
    );
    assert_eq!(
        read("{\n  b = [ \"square\" ];\n}"),
        "b[0]: unknown variant `square`, expected one of `empty`, `circle`, `line`, `rectangle` at /etc/shapes.nix:2:3"
    );
    assert_eq!(
        read("{ a = [ { rectangle = { }; } ]; }"),
        "a[0].rectangle: missing field `width` at /etc/shapes.nix:1:11"
    );
    assert_eq!(read("{ a = [ (1 / 0) ]; }"), "division by zero at /etc/shapes.nix:1:12");
    assert!(read("{ a = x: x; }").contains("a: a function cannot be made data"));
}

#[test]
fn what_does_not_fit_is_shown_as_other_failures_are() {
    let text = "{\n  a = [ ];\n  b = [ \"square\" ];\n}";
    let failure = nivose::from_str::<BTreeMap<String, Vec<Shape>>>(text).expect_err("a mistake");
    let lines: Vec<&str> = failure.rendered().lines().collect();
    assert_eq!(
        lines,
        [
            "error: b[0]: unknown variant `square`, expected one of `empty`, `circle`, `line`, `rectangle`",
            "       at «string»:3:3:",
            "            2|   a = [ ];",
            "            3|   b = [ \"square\" ];",
            "             |   ^",
            "            4| }",
        ]
    );
}

#[test]
fn deep_data_is_refused_and_not_followed() {
    let deep = "builtins.foldl' (value: _: { a = value; }) null (builtins.genList (i: i) 100000)";
    #[derive(Debug, Deserialize)]
    struct Nested {
        #[allow(dead_code)]
        a: Option<Box<Nested>>,
    }
    assert!(failure(nivose::from_str::<Nested>(deep)).1.contains("nests deeper than 200 levels"));
    #[derive(Serialize)]
    struct Endless<'a>(Option<&'a Endless<'a>>, Vec<Endless<'a>>);
    let mut data = Endless(None, Vec::new());
    for _ in 0..300 {
        data = Endless(None, vec![data]);
    }
    assert!(failure(Engine::new().start().to_value(&data)).1.contains("nests deeper"));
}

#[test]
fn an_evaluation_is_paused_stepped_and_resumed_from_another_thread() {
    let evaluation = Engine::new().start();
    let control = evaluation.control();
    control.pause();
    let text = "let sum = n: if n == 0 then 0 else n + sum (n - 1); in sum 100";
    let work = std::thread::spawn(move || evaluation.evaluate(text).and_then(|value| value.as_int()));
    let wait = Duration::from_secs(60);
    assert!(control.wait_until_waiting(wait));
    control.step(10);
    assert!(control.wait_until_waiting(wait));
    assert!(!work.is_finished());
    control.resume();
    assert_eq!(work.join().expect("thread").ok(), Some(5050));
}

#[test]
fn cancelled_work_can_be_taken_up_again() {
    let evaluation = Engine::new().start();
    let control = evaluation.control();
    control.cancel();
    let later = evaluation.suspend("{ a = 1 + 1; }").expect("thunk");
    assert_eq!(failure(later.attribute("a")).0, DiagnosticId::Interrupted);
    assert!(control.is_cancelled());
    control.resume();
    assert_eq!(later.attribute("a").and_then(|value| value.as_int()).ok(), Some(2));
}

#[test]
fn a_limit_counts_for_each_operation_and_spoils_nothing() {
    let engine = Engine::builder().step_limit(2000).build().expect("engine");
    let evaluation = engine.start();
    let set = evaluation.evaluate(format!("{{ long = {LONG}; short = 1 + 1; }}").as_str()).expect("set");
    let long = set.attribute("long").expect("attribute");
    assert_eq!(failure(long.force()).0, DiagnosticId::StepLimit);
    assert_eq!(failure(long.force()).0, DiagnosticId::StepLimit);
    assert_eq!(set.attribute("short").and_then(|value| value.as_int()).ok(), Some(2));
    let failed = evaluation.evaluate(format!("builtins.tryEval ({LONG})").as_str());
    assert_eq!(failure(failed).0, DiagnosticId::StepLimit);
}

#[test]
fn a_conversion_is_one_operation() {
    let elements = "builtins.genList (i: builtins.foldl' (a: b: a + b) i (builtins.genList (j: j) 100)) 100";
    let limited = |steps| Engine::builder().step_limit(steps).build().expect("engine").start();
    let list = limited(2000).evaluate(elements).expect("list");
    assert_eq!(failure(list.to::<Vec<i64>>()).0, DiagnosticId::StepLimit);
    let evaluation = limited(1_000_000);
    let list = evaluation.evaluate(elements).expect("list");
    assert_eq!(list.to::<Vec<i64>>().expect("data").len(), 100);
    assert_eq!(evaluation.statistics().expect("figures").held_values, 1);
    let engine = Engine::builder().time_limit(Duration::from_millis(500)).build().expect("engine");
    let endless = engine.start().evaluate("let more = n: [ n (more (n + 1)) ]; in more 0").expect("list");
    let late = engine.start().evaluate(format!("builtins.genList (i: {LONG}) 3").as_str()).expect("list");
    assert_eq!(failure(late.to::<Vec<i64>>()).0, DiagnosticId::TimeLimit);
    assert!(endless.to::<(u8, (u8, serde::de::IgnoredAny))>().is_ok());
}

#[test]
fn a_limit_of_time_counts_for_each_operation() {
    let engine = Engine::builder().time_limit(Duration::from_millis(500)).build().expect("engine");
    let evaluation = engine.start();
    let numbers = evaluation.evaluate("[ 1 2 ]").expect("list");
    let begun = std::time::Instant::now();
    while begun.elapsed() < Duration::from_millis(800) {
        assert_eq!(numbers.len().expect("length"), 2);
    }
    for _ in 0..2 {
        assert_eq!(failure(evaluation.evaluate(LONG)).0, DiagnosticId::TimeLimit);
        assert_eq!(evaluation.evaluate("1 + 1").and_then(|value| value.as_int()).ok(), Some(2));
    }
}

#[test]
fn paths_may_be_relative_and_of_the_standard_library() {
    let world = MemoryWorld::new()
        .with_file("/home/a/default.nix", "import ./b.nix + 1")
        .with_file("/home/a/b.nix", "1")
        .with_current_directory("/home");
    let evaluation = Engine::builder().world(world).search_path("a", "a").build().expect("engine").start();
    let number = |value: Result<Value>| value.and_then(|value| value.as_int()).expect("number");
    assert_eq!(number(evaluation.evaluate_file("a")), 2);
    assert_eq!(number(evaluation.evaluate_file(std::path::Path::new("a/b.nix"))), 1);
    assert_eq!(number(evaluation.evaluate_file(std::path::PathBuf::from("/home/./a"))), 2);
    assert_eq!(number(evaluation.evaluate("import <a>")), 2);
    assert_eq!(number(evaluation.evaluate("import ./a")), 2);
    assert_eq!(number(evaluation.evaluate(Source::new("import ./b.nix").in_directory("a"))), 1);
    let named = Source::new("{ place = ./b.nix; wrong = 1 / 0; }").named("a/c.nix");
    let set = evaluation.evaluate(named).expect("set");
    assert_eq!(set.attribute("place").and_then(|place| place.as_path()).expect("path"), "/home/a/b.nix");
    let place = set.attribute("wrong").and_then(|wrong| wrong.force()).expect_err("failure");
    assert_eq!(place.location().expect("place").file, "/home/a/c.nix");
}

/// A world without a current directory.
struct Nowhere(MemoryWorld);

impl WorldLayer for Nowhere {
    type Inner = MemoryWorld;

    fn inner(&mut self) -> &mut MemoryWorld {
        &mut self.0
    }

    fn current_directory(&mut self) -> std::result::Result<Vec<u8>, WorldError> {
        Err(WorldError::NotFound)
    }
}

#[test]
fn relative_paths_are_refused_where_there_is_no_current_directory() {
    let world = || Box::new(Nowhere(MemoryWorld::new().with_file("/a", "1"))) as Box<dyn World>;
    let evaluation = Engine::builder().world_with(world).build().expect("engine").start();
    let (id, message) = failure(evaluation.evaluate_file("a"));
    assert_eq!(id, DiagnosticId::File);
    assert_eq!(
        message,
        "the path 'a' is relative, and there is no current directory: No such file or directory"
    );
    assert!(evaluation.evaluate(Source::new("1").named("a")).is_err());
    assert!(evaluation.check(Source::new("1").named("a")).is_err());
    assert_eq!(evaluation.evaluate("import ./a").and_then(|value| value.as_int()).ok(), Some(1));
    assert_eq!(evaluation.evaluate_file("/a").and_then(|value| value.as_int()).ok(), Some(1));
}

#[test]
fn threads_that_share_an_evaluation_take_turns() {
    let evaluation = Engine::new().start();
    let function = evaluation
        .evaluate("n: builtins.foldl' (a: b: a + b) 0 (builtins.genList (i: i) n)")
        .expect("function");
    let threads: Vec<_> = (0..8)
        .map(|n| {
            let function = function.clone();
            std::thread::spawn(move || {
                function.call([&function.evaluation().to_value(&(n * 100))?])?.as_int()
            })
        })
        .collect();
    for (n, thread) in threads.into_iter().enumerate() {
        let n = n as i64 * 100;
        assert_eq!(thread.join().expect("thread").ok(), Some(n * (n - 1).max(0) / 2));
    }
}

#[test]
fn evaluations_on_many_threads_answer_alike() {
    let world = MemoryWorld::new()
        .with_file("/p/default.nix", include_str!("../../../examples/packages/default.nix"));
    let world = add_files(world);
    let engine = Engine::builder().world(world).build().expect("engine");
    let answer = move |engine: Engine| engine.start().evaluate_file("/p")?.select("report")?.as_str();
    let first = answer(engine.clone()).expect("report");
    let threads: Vec<_> =
        (0..8).map(|_| (engine.clone(), answer)).map(|(e, a)| std::thread::spawn(move || a(e))).collect();
    for thread in threads {
        assert_eq!(thread.join().expect("thread").expect("report"), first);
    }
}

/// Adds the other files of the package set.
fn add_files(mut world: MemoryWorld) -> MemoryWorld {
    let root = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/packages"));
    let mut pending = vec![root.to_path_buf()];
    while let Some(directory) = pending.pop() {
        for entry in std::fs::read_dir(directory).expect("directory") {
            let path = entry.expect("entry").path();
            if path.is_dir() {
                pending.push(path);
                continue;
            }
            let name = format!("/p/{}", path.strip_prefix(root).expect("below").display());
            world = world.with_file(name, std::fs::read(&path).expect("file"));
        }
    }
    world
}

#[test]
fn a_thousand_evaluations_come_and_go() {
    let engine = Engine::new();
    for n in 0..1000 {
        let value = engine.start().evaluate(format!("let f = x: x + {n}; in f 1").as_str()).expect("value");
        assert_eq!(value.as_int().ok(), Some(n + 1));
    }
}

#[test]
fn cancellation_at_any_moment_leaves_the_evaluation_whole() {
    let evaluation = Engine::new().start();
    let control = evaluation.control();
    let work = "builtins.length (builtins.attrNames (builtins.listToAttrs (map (n: { name = \"a${toString n}\"; value = n; }) (builtins.genList (n: n) 3000))))";
    for round in 0..60u64 {
        let canceller = control.clone();
        let thread = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_micros(round * 37 % 2000));
            canceller.cancel();
        });
        let outcome = evaluation.evaluate(work).and_then(|value| value.as_int());
        thread.join().expect("thread");
        match outcome {
            Ok(answer) => assert_eq!(answer, 3000),
            Err(failure) => assert_eq!(failure.id(), DiagnosticId::Interrupted),
        }
        control.resume();
        assert_eq!(evaluation.evaluate(work).and_then(|value| value.as_int()).ok(), Some(3000));
    }
}

type Answer<T> = std::result::Result<T, String>;

/// Builtins whose arguments are not evaluated before they run.
fn lazy_engine(stress: StressMode) -> Engine {
    Engine::builder()
        .options(|options| options.heap.stress = stress)
        .builtin("choose", "", |first: bool, a: Value, b: Value| Answer::Ok(if first { a } else { b }))
        .builtin("middle", "", |list: Elements| list.0.get(list.0.len() / 2).cloned().ok_or("an empty list"))
        .builtin("rename", "", |set: Attributes, name: String| set.0.get(&name).cloned().ok_or(name))
        .builtin("apply", "", |function: Value, arguments: Elements| {
            Answer::Ok(Next::call(&function, &arguments.0, |result: Value| Answer::Ok(result)))
        })
        .builtin("sum", "", |list: Elements| Answer::Ok(add(list.0.into_iter(), 0)))
        .builtin("look", "", |value: Value| value.as_int().map_err(|failure| failure.message().to_owned()))
        .build()
        .expect("engine")
}

/// Evaluates the elements one after the other, up to the first that is zero.
fn add(mut rest: std::vec::IntoIter<Value>, sum: i64) -> Next {
    let Some(value) = rest.next() else { panic!("there is a zero at the end") };
    Next::evaluate(&value, move |number: i64| {
        Answer::Ok(if number == 0 { Next::done(sum) } else { add(rest, sum + number) })
    })
}

#[test]
fn builtins_of_the_program_can_leave_arguments_unevaluated() {
    for stress in [StressMode::Off, StressMode::On] {
        let evaluation = lazy_engine(stress).start();
        let answer = |text: &str| evaluation.evaluate(text).map(|value| value.print().expect("text"));
        assert_eq!(answer("builtins.choose false (throw \"a\") [ 2 ]").expect("value"), "[ 2 ]");
        assert_eq!(answer("builtins.middle [ (throw \"a\") (1 + 1) (throw \"c\") ]").expect("value"), "2");
        assert_eq!(
            answer("builtins.rename { a = throw \"a\"; b = \"c\" + \"d\"; } \"b\"").expect("value"),
            "\"cd\""
        );
        assert_eq!(answer("builtins.apply (a: b: [ a b ]) [ 1 (1 + 1) ]").expect("value"), "[ 1 2 ]");
        assert_eq!(answer("builtins.apply builtins.add [ 1 2 ]").expect("value"), "3");
        let refused = |text: &str| failure(evaluation.evaluate(text)).1;
        assert!(refused("builtins.middle { }").starts_with("argument 1: expected a list but found a set"));
        assert!(refused("builtins.rename { } \"x\"").starts_with('x'));
        assert!(
            refused("builtins.apply 1 [ 2 ]")
                .starts_with("attempt to call something which is not a function")
        );
        assert!(refused("builtins.apply (x: throw \"inner\") [ 2 ]").starts_with("inner"));
        assert!(refused("builtins.apply (x: x) (builtins.genList (x: x) 9)").contains("at most 8 arguments"));
        // The evaluation is busy while the function runs.
        assert!(refused("builtins.look 1").starts_with("the evaluation is in use"));
        evaluation.collect_garbage().expect("collection");
        assert_eq!(evaluation.statistics().expect("figures").held_values, 0);
    }
}

#[test]
fn a_builtin_of_the_program_that_goes_on_and_on_nests_nowhere() {
    let evaluation = lazy_engine(StressMode::Off).start();
    let sum = "builtins.sum (builtins.genList (x: 100000 - x) 100001)";
    assert_eq!(evaluation.evaluate(sum).expect("value").as_int().expect("integer"), 5_000_050_000);
}
