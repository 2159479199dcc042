//! Memory is given back: what an evaluation no longer reaches does not stay, however it came to be.

use nivose::{DiagnosticId, Engine, Evaluation};

/// Live bytes after everything that nothing reaches was freed.
fn live(evaluation: &Evaluation) -> u64 {
    evaluation.collect_garbage().expect("a collection");
    evaluation.statistics().expect("figures").live_bytes
}

/// What stays of each evaluation of a source beyond what the first one left, when its value is dropped. Code and
/// constants stay; they are small here.
fn left_by_each(source: &str) -> u64 {
    let evaluation = Engine::new().start();
    evaluation.evaluate(source).expect(source);
    let first = live(&evaluation);
    let rounds = 10;
    for _ in 0..rounds {
        evaluation.evaluate(source).expect(source);
    }
    live(&evaluation).saturating_sub(first) / rounds
}

#[test]
fn nothing_stays_of_values_that_are_dropped() {
    let sources = [
        // Lists, sets and strings.
        "builtins.length (map (x: [ x (toString x) { a = x; } ]) (builtins.genList (x: x) 20000))",
        // Thunks that failed, with all that they captured.
        "let f = x: let t = throw (toString x); in [ x t (builtins.tryEval t).success ];
         in builtins.foldl' (n: x: n + builtins.length (f x)) 0 (builtins.genList (x: x) 5000)",
        // Cycles.
        "let f = x: let s = { a = x; self = s; list = [ s ]; }; in s.self.self.a;
         in builtins.foldl' (n: x: n + f x) 0 (builtins.genList (x: x) 20000)",
        // Large objects.
        "builtins.length (builtins.genList (x: builtins.genList (y: y) 2000) 50)",
        // Strings with contexts.
        "builtins.stringLength (builtins.concatStringsSep \"\" (builtins.genList (x: builtins.toFile \"f\" \"text\") 500))",
        // Caches of names in order, and of shapes.
        "builtins.length (builtins.attrNames (builtins.listToAttrs (builtins.genList (x: { name = \"n${toString x}\"; value = x; }) 5000)))",
    ];
    for source in sources {
        let left = left_by_each(source);
        assert!(left < 4 << 10, "{left} bytes of each: {source}");
    }
}

#[test]
fn nothing_stays_of_evaluations_that_fail() {
    let evaluation = Engine::new().start();
    let source = "let big = builtins.genList (x: [ x ]) 20000; in builtins.foldl' (n: x: if x == [ 19999 ] then throw \"end\" else n) 0 big";
    let fail = || evaluation.evaluate(source).expect_err("it throws").id();
    assert_eq!(fail(), DiagnosticId::Thrown);
    let first = live(&evaluation);
    (0..10).for_each(|_| assert_eq!(fail(), DiagnosticId::Thrown));
    let left = live(&evaluation).saturating_sub(first) / 10;
    assert!(left < 4 << 10, "{left} bytes of each");
}

/// Attributes each of which needs a good part of what is collected at a time, and has a small value.
const INDEPENDENT: &str = "
  let work = n: builtins.length (builtins.filter (x: x.a >= n) (builtins.genList (x: { a = x; b = [ x n ]; }) 30000));
  in builtins.listToAttrs (builtins.genList (n: { name = toString n; value = work n; }) COUNT)";

/// The most that the values took while so many independent attributes were evaluated.
fn peak(count: usize) -> u64 {
    let evaluation = Engine::new().start();
    let source = INDEPENDENT.replace("COUNT", &count.to_string());
    evaluation.evaluate(source.as_str()).and_then(|set| set.force_deep()).expect("all of it");
    evaluation.statistics().expect("figures").peak_bytes
}

#[test]
fn many_independent_attributes_need_no_more_than_few() {
    let (few, many) = (peak(15), peak(60));
    assert!(many < few + few / 2, "{few} for few, {many} for many");
}

#[test]
fn large_operands_that_follow_each_other_are_collected_on_the_way() {
    let limit = 256 << 20;
    for (start, join) in
        [("[ 1 2 ]", "x ++ x"), ("\"abcdefghijklmnop\"", "x + x"), ("\"abcdefghijklmnop\"", "\"${x}${x}\"")]
    {
        let evaluation = Engine::builder().memory_limit(limit).build().expect("an engine").start();
        let source = format!(
            "let double = n: x: if n == 0 then x else double (n - 1) ({join}); in builtins.seq (double 40 {start}) 1"
        );
        let failure = evaluation.evaluate(source.as_str()).expect_err("it is too large");
        assert_eq!(failure.id(), DiagnosticId::OutOfMemory, "{join}");
        let peak = evaluation.statistics().expect("figures").peak_bytes;
        assert!(peak <= limit as u64 / 8 * 7, "{peak} bytes: {join}");
    }
}
