//! Errors as text: in C++ Nix's layout for people, as one JSON object for tools.
//!
//! Nothing is printed here: the caller gets bytes.

use std::collections::HashSet;
use std::io::Write;

use crate::source::LineColumn;
use crate::suggestion::did_you_mean;
use crate::{Error, Origin, Pos, Shown, Source, SourceMap, TraceFrame};

/// Frames that a shortened trace shows, besides those that are always shown.
const SHORT_TRACE: usize = 4;
/// Longest run of repeated frames that is still written out.
const WRITTEN_DUPLICATES: usize = 5;
/// Bytes of a source line that an excerpt shows.
const EXCERPT_WIDTH: usize = 240;
/// Most excerpts of one error: further frames name only their place.
const MAX_EXCERPTS: usize = 1000;

/// How an error is rendered.
#[derive(Clone, Copy, Debug, Default)]
pub struct RenderOptions {
    /// Shows all frames of the trace (`--show-trace`).
    pub show_trace: bool,
    /// Colours, as escape sequences of a terminal.
    pub colour: bool,
}

/// The escape sequences of what is coloured; all empty without colours.
struct Palette {
    error: &'static str,
    place: &'static str,
    mark: &'static str,
    caret: &'static str,
    note: &'static str,
    end: &'static str,
}

const PLAIN: Palette = Palette { error: "", place: "", mark: "", caret: "", note: "", end: "" };
const COLOURED: Palette = Palette {
    error: "\x1b[31;1m",
    place: "\x1b[34;1m",
    mark: "\x1b[35;1m",
    caret: "\x1b[31;1m",
    note: "\x1b[35;1m",
    end: "\x1b[0m",
};

/// An error the way C++ Nix prints it, without a final newline:
/// the trace from the outside in, then the headline, its place, and names that may have been meant.
pub fn render(error: &Error, sources: &SourceMap, options: RenderOptions) -> Vec<u8> {
    let palette = if options.colour { &COLOURED } else { &PLAIN };
    let mut text = Renderer { sources, palette, out: Vec::new(), excerpts: 0 };
    if text.trace(error, options.show_trace) {
        text.out.push(b'\n');
        text.prefix();
    }
    text.out.extend_from_slice(error.message());
    text.out.push(b'\n');
    text.place("", error.pos());
    if let Some(sentence) = did_you_mean(error.suggestions()) {
        text.out.extend_from_slice(sentence.as_bytes());
    }
    indent(&text.out, palette)
}

/// Puts `error: ` before the first line and as many blanks before the others that are not empty.
fn indent(text: &[u8], palette: &Palette) -> Vec<u8> {
    let Palette { error, end, .. } = palette;
    let mut out = format!("{error}error:{end}").into_bytes();
    for (number, line) in text.trim_ascii_end().split(|&byte| byte == b'\n').enumerate() {
        if number > 0 {
            out.push(b'\n');
        }
        if !line.is_empty() {
            let blanks: &[u8] = if number == 0 { b" " } else { b"       " };
            out.extend_from_slice(blanks);
            out.extend_from_slice(line);
        }
    }
    out
}

struct Renderer<'a> {
    sources: &'a SourceMap,
    palette: &'a Palette,
    out: Vec<u8>,
    excerpts: usize,
}

impl Renderer<'_> {
    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to memory does not fail.
        let _ = self.out.write_fmt(text);
    }

    fn prefix(&mut self) {
        let Palette { error, end, .. } = *self.palette;
        self.put(format_args!("{error}error:{end} "));
    }

    /// Writes the trace and tells whether there was anything to write.
    fn trace(&mut self, error: &Error, all: bool) -> bool {
        let mut seen = HashSet::new();
        let mut duplicates: Vec<&TraceFrame> = Vec::new();
        let (mut shown, mut cut) = (0, false);
        let wanted = |frame: &&TraceFrame| !frame.message.is_empty() && (all || frame.shown != Shown::InFull);
        for frame in error.trace().filter(wanted) {
            cut |= !all && shown + duplicates.len() >= SHORT_TRACE;
            if cut && frame.shown != Shown::Always {
                continue;
            }
            if !seen.insert((&frame.message, frame.pos)) {
                duplicates.push(frame);
                continue;
            }
            shown += self.duplicates(&mut duplicates) + 1;
            self.frame(frame);
        }
        shown += self.duplicates(&mut duplicates);
        if cut {
            let Palette { note, end, .. } = *self.palette;
            let hint = "(stack trace truncated; use '--show-trace' to show the full, detailed trace)";
            self.put(format_args!("\n{note}{hint}{end}\n"));
        }
        shown > 0
    }

    fn frame(&mut self, frame: &TraceFrame) {
        self.out.extend_from_slice("\n… ".as_bytes());
        self.out.extend_from_slice(&frame.message);
        self.out.push(b'\n');
        self.place("  ", frame.pos);
    }

    /// Writes a run of frames that were shown before, or only their number, and forgets them.
    fn duplicates(&mut self, run: &mut Vec<&TraceFrame>) -> usize {
        let count = run.len();
        if count > WRITTEN_DUPLICATES {
            let Palette { note, end, .. } = *self.palette;
            self.put(format_args!("\n{note}({count} duplicate frames omitted){end}\n"));
        } else {
            run.iter().for_each(|frame| self.frame(frame));
        }
        run.clear();
        count
    }

    /// Writes a place with an excerpt of the source.
    fn place(&mut self, margin: &str, pos: Pos) {
        let Some((source, at)) = self.sources.resolve(pos) else { return };
        let Palette { place, mark, end, .. } = *self.palette;
        self.put(format_args!("{margin}{place}at {mark}"));
        self.out.extend_from_slice(&source_name(&source.origin));
        self.put(format_args!(":{}:{}{place}:{end}\n", at.line, at.column));
        self.excerpts += 1;
        if self.excerpts <= MAX_EXCERPTS {
            self.excerpt(source, at);
        }
    }

    /// Writes the line of a place with a caret under it, and its neighbours.
    fn excerpt(&mut self, source: &Source, at: LineColumn) {
        let window = Window::around(at.column as usize);
        for number in [at.line.saturating_sub(1), at.line, at.line + 1] {
            let Some(line) = source.line(number) else { continue };
            self.put(format_args!(" {number:>5}| "));
            self.out.extend_from_slice(window.cut(line));
            self.out.truncate(self.out.trim_ascii_end().len());
            self.out.push(b'\n');
            if number == at.line {
                let Palette { caret, end, .. } = *self.palette;
                let blanks = window.blanks(line, at.column as usize);
                self.put(format_args!("      | {blanks}{caret}^{end}\n"));
            }
        }
    }
}

/// The part of long lines that is shown.
#[derive(Clone, Copy)]
struct Window {
    start: usize,
}

impl Window {
    fn around(column: usize) -> Self {
        let far = column > EXCERPT_WIDTH * 3 / 4;
        Window { start: if far { column - EXCERPT_WIDTH / 2 } else { 0 } }
    }

    fn cut(self, line: &[u8]) -> &[u8] {
        let rest = line.get(self.start..).unwrap_or_default();
        rest.get(..EXCERPT_WIDTH).unwrap_or(rest)
    }

    /// What brings a caret under the column (counted from 1) of the line: a blank for each
    /// character before it, and tabs for tabs.
    fn blanks(self, line: &[u8], column: usize) -> String {
        let before = line.get(self.start..column.saturating_sub(1)).unwrap_or_default();
        let text = String::from_utf8_lossy(before);
        text.chars().map(|c| if c == '\t' { '\t' } else { ' ' }).collect()
    }
}

/// How messages name a source.
pub fn source_name(origin: &Origin) -> Vec<u8> {
    match origin {
        Origin::File(path) => path.clone(),
        Origin::String => "«string»".into(),
        Origin::Stdin => "«stdin»".into(),
        Origin::Internal(name) => format!("«nix-internal»/{name}").into_bytes(),
    }
}

/// An error as one JSON object on one line: `id`, `message`, `suggestions`, `trace` (outermost
/// frame first) and, where the place is known, `file`, `line` and `column`.
pub fn render_json(error: &Error, sources: &SourceMap) -> String {
    let mut out = String::from("{\"level\":\"error\",\"id\":");
    json_string(&mut out, error.id().slug());
    out.push_str(",\"message\":");
    json_string(&mut out, &error.text());
    json_place(&mut out, sources, error.pos());
    out.push_str(",\"suggestions\":[");
    for (index, name) in error.suggestions().iter().enumerate() {
        json_separator(&mut out, index);
        json_string(&mut out, name);
    }
    out.push_str("],\"trace\":[");
    for (index, frame) in error.trace().enumerate() {
        json_separator(&mut out, index);
        out.push_str("{\"message\":");
        json_string(&mut out, &String::from_utf8_lossy(&frame.message));
        json_place(&mut out, sources, frame.pos);
        out.push('}');
    }
    out.push_str("]}");
    out
}

fn json_separator(out: &mut String, index: usize) {
    if index > 0 {
        out.push(',');
    }
}

fn json_place(out: &mut String, sources: &SourceMap, pos: Pos) {
    let Some((source, at)) = sources.resolve(pos) else { return };
    out.push_str(",\"file\":");
    json_string(out, &String::from_utf8_lossy(&source_name(&source.origin)));
    out.push_str(&format!(",\"line\":{},\"column\":{}", at.line, at.column));
}

fn json_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DiagnosticId, SourceId};

    fn source(text: &str) -> (SourceMap, SourceId) {
        let mut sources = SourceMap::new();
        let id = sources.add(Origin::File(b"/f.nix".to_vec()), text.as_bytes().to_vec()).expect("room");
        (sources, id)
    }

    fn plain(error: &Error, sources: &SourceMap) -> String {
        String::from_utf8(render(error, sources, RenderOptions::default())).expect("text")
    }

    #[test]
    fn a_headline_with_its_place_and_suggestions() {
        let (sources, id) = source("{\n  a = b.x;\n}\n");
        let error = Error::new(DiagnosticId::MissingAttribute, &[&"x"])
            .at(sources.get(id).pos(8))
            .suggest(vec!["y".into(), "z".into()]);
        let expected = "error: attribute 'x' missing
       at /f.nix:2:7:
            1| {
            2|   a = b.x;
             |       ^
            3| }
       Did you mean one of y or z?";
        assert_eq!(plain(&error, &sources), expected);
    }

    #[test]
    fn a_trace_comes_before_the_headline() {
        let (sources, id) = source("f 1");
        let mut error = Error::new(DiagnosticId::Thrown, &[&"two\nlines"]);
        error.push_trace(TraceFrame::new("while calling the 'f' builtin", sources.get(id).pos(0)));
        error.push_trace(TraceFrame::new("in the outer step", Pos::NONE));
        let expected = "error:
       … in the outer step

       … while calling the 'f' builtin
         at /f.nix:1:1:
            1| f 1
             | ^

       error: two
       lines";
        assert_eq!(plain(&error, &sources), expected);
    }

    #[test]
    fn short_traces_have_four_frames_and_those_always_shown() {
        let sources = SourceMap::new();
        let mut error = Error::new(DiagnosticId::DivisionByZero, &[]);
        error.push_trace(TraceFrame::always("always", Pos::NONE));
        for number in 0..6 {
            error.push_trace(TraceFrame::new(format!("step {number}"), Pos::NONE));
        }
        let text = plain(&error, &sources);
        let shown: Vec<_> = text.lines().filter(|line| line.contains('…')).map(str::trim).collect();
        assert_eq!(shown, ["… step 5", "… step 4", "… step 3", "… step 2", "… always"]);
        assert!(text.contains("(stack trace truncated; use '--show-trace'"));
        let full = render(&error, &sources, RenderOptions { show_trace: true, colour: false });
        assert_eq!(String::from_utf8_lossy(&full).matches('…').count(), 7);
    }

    #[test]
    fn calls_are_for_full_traces() {
        let sources = SourceMap::new();
        let mut error = Error::new(DiagnosticId::DivisionByZero, &[]);
        error.push_trace(TraceFrame::in_full("while calling 'f'", Pos::NONE));
        error.push_trace(TraceFrame::in_full("while calling anonymous lambda", Pos::NONE));
        assert_eq!(plain(&error, &sources), "error: division by zero");
        let full = render(&error, &sources, RenderOptions { show_trace: true, colour: false });
        assert_eq!(String::from_utf8_lossy(&full).matches('…').count(), 2);
    }

    #[test]
    fn long_runs_of_frames_seen_before_are_counted() {
        let sources = SourceMap::new();
        let mut error = Error::new(DiagnosticId::DivisionByZero, &[]);
        for _ in 0..8 {
            error.push_trace(TraceFrame::new("again", Pos::NONE));
        }
        let full = render(&error, &sources, RenderOptions { show_trace: true, colour: false });
        let text = String::from_utf8_lossy(&full);
        assert_eq!(text.matches("… again").count(), 1);
        assert!(text.contains("(7 duplicate frames omitted)"));
    }

    #[test]
    fn long_lines_are_cut_around_the_caret_and_characters_count_once() {
        let (sources, id) = source(&format!("é\t{}x{}", "a".repeat(5000), "b".repeat(5000)));
        let far = Error::new(DiagnosticId::DivisionByZero, &[]).at(sources.get(id).pos(5003));
        assert!(plain(&far, &sources).lines().all(|line| line.len() < 300));
        let near = Error::new(DiagnosticId::DivisionByZero, &[]).at(sources.get(id).pos(3));
        assert!(plain(&near, &sources).contains("\n             |  \t^"));
    }

    #[test]
    fn colours_are_the_only_difference() {
        let (sources, id) = source("x");
        let error = Error::new(DiagnosticId::UndefinedVariable, &[&"x"]).at(sources.get(id).pos(0));
        let coloured = render(&error, &sources, RenderOptions { show_trace: false, colour: true });
        let mut text = String::from_utf8(coloured).expect("text");
        assert!(text.starts_with("\x1b[31;1merror:\x1b[0m undefined"));
        for code in ["\x1b[31;1m", "\x1b[34;1m", "\x1b[35;1m", "\x1b[0m"] {
            text = text.replace(code, "");
        }
        assert_eq!(text, plain(&error, &sources));
    }

    #[test]
    fn json_has_places_and_trace() {
        let (sources, id) = source("x\ny");
        let mut error = Error::new(DiagnosticId::Thrown, &[&"a\"b\x01"]).at(sources.get(id).pos(2));
        error.push_trace(TraceFrame::new("up", Pos::NONE));
        let expected = r#"{"level":"error","id":"thrown","message":"a\"b\u0001","file":"/f.nix","line":2,"column":1,"suggestions":[],"trace":[{"message":"up"}]}"#;
        assert_eq!(render_json(&error, &sources), expected);
    }
}
