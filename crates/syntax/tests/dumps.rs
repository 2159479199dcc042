//! Dumps of trees: every form, broken sources, and sources that nest deep.

use nivose_base::{Pos, Symbols};
use nivose_syntax::dump::{DumpFormat, dump};
use nivose_syntax::{ParseOptions, parse};

fn lines(text: &str, format: DumpFormat) -> Vec<String> {
    let mut symbols = Symbols::new();
    let options =
        ParseOptions { pipe_operators: true, describe: &|offset| offset.to_string(), watch: &|_| Ok(()) };
    let parsed = parse(text.as_bytes(), Pos(1), &mut symbols, &options);
    let mut lines = Vec::new();
    let locate = |offset: u32| (1, offset + 1);
    dump(&parsed.tree, &symbols, &locate, format, &mut |line| lines.push(line.to_owned()));
    lines
}

#[test]
fn every_form_is_shown() {
    let text = "let f = { a, b ? 1, ... }@args: x: a.b.${x} or \"p${b}q\"; in
        with rec { inherit f; inherit (x) y; ${z} = ~/h; }; assert f ? a; if !true then -1.5 else [ <n> ./p ] ++ f 1 2";
    let shown = lines(text, DumpFormat::Text).join("\n");
    assert_eq!(shown, include_str!("dumps/forms.txt").trim_end());
}

#[test]
fn programs_get_one_object_a_line() {
    assert_eq!(
        lines("a + \"\\n\"", DumpFormat::Json),
        [
            r#"{"depth":0,"role":"","kind":"Binary","detail":"+","start":0,"end":8,"line":1,"column":1}"#,
            r#"{"depth":1,"role":"left","kind":"Variable","detail":"a","start":0,"end":1,"line":1,"column":1}"#,
            r#"{"depth":1,"role":"right","kind":"Str","detail":"\"\\n\"","start":4,"end":8,"line":1,"column":5}"#,
        ]
    );
}

#[test]
fn what_is_broken_is_shown_as_far_as_it_was_read() {
    assert!(
        lines("[ 1 (2 + ) ]", DumpFormat::Text).iter().any(|line| line.trim_start().starts_with("Error"))
    );
}

#[test]
fn depth_is_no_trouble() {
    let text = format!("{}1", "1 + ".repeat(200_000));
    assert_eq!(lines(&text, DumpFormat::Json).len(), 400_001);
    let text = format!("{}1", "- ".repeat(40_000));
    assert!(lines(&text, DumpFormat::Text).iter().all(|line| line.len() < 300));
}
