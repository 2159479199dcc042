//! A process that evaluates again and again does not grow. The only test of its binary, since it looks at the memory
//! of the whole process.
#![cfg(target_os = "linux")]

use nivose::Engine;

/// Bytes of the process that are in memory.
fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").expect("figures of the process");
    let pages: usize = text.split(' ').nth(1).and_then(|word| word.parse().ok()).expect("a number of pages");
    pages * 4096
}

/// Evaluates in an evaluation of its own: something with names of its own, with cycles, and something that fails.
fn evaluate(round: usize) {
    let evaluation = Engine::new().start();
    let source = format!(
        "let s = {{ self = s; name{round} = builtins.genList (x: {{ a = \"${{toString x}}\"; }}) 200; }};
         in builtins.length (map (x: x.a) s.self.name{round})"
    );
    let value = evaluation.evaluate(source.as_str()).expect("a value");
    assert_eq!(value.as_int().ok(), Some(200));
    evaluation.evaluate("throw (toString [ 1 2 3 ])").expect_err("it throws");
}

#[test]
fn a_thousand_evaluations_return_to_the_starting_level() {
    (0..200).for_each(evaluate);
    let before = resident();
    (200..1200).for_each(evaluate);
    let after = resident();
    // Not a tenth of what one evaluation takes may stay of each.
    assert!(after < before + (10 << 20), "{before} bytes before, {after} bytes after");
}
