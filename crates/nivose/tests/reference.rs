//! The examples of the reference do what they say.

use nivose::world::MemoryWorld;
use nivose::{Engine, Source};
use nivose_builtins::reference::{Example, Outcome, families};

/// The files that the examples speak of.
fn world() -> MemoryWorld {
    MemoryWorld::new()
        .with_file("/src/notes.txt", "snow\n")
        .with_file("/src/greeting.nix", "{\n  greeting = \"hello\";\n}\n")
        .with_file("/src/uses-greeting.nix", "\"${greeting}, world\"\n")
        .with_file("/src/data/a.txt", "a")
        .with_file("/src/data/more/b.txt", "b")
}

fn outcome(example: &Example) -> String {
    let engine = Engine::builder().world(world()).build().expect("engine");
    let source = Source::new(example.expression.as_str()).in_directory("/src");
    match engine.start().evaluate(source).and_then(|value| {
        value.force_deep()?;
        value.print()
    }) {
        Ok(text) => format!("# => {text}"),
        Err(failure) => format!("# error: {}", failure.message()),
    }
}

#[test]
fn the_examples_do_what_they_say() {
    let mut wrong = Vec::new();
    for entry in families().into_iter().flat_map(|family| family.entries) {
        for example in &entry.examples {
            let expected = match example.outcome {
                Outcome::Value(value) => format!("# => {value}"),
                Outcome::Error(headline) => format!("# error: {headline}"),
            };
            let found = outcome(example);
            if found != expected {
                wrong.push(format!(
                    "{}\n{}\n{expected}\nbut found\n{found}\n",
                    entry.name, example.expression
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
