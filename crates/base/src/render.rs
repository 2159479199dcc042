//! Errors as text for people, in C++ Nix's layout.
//!
//! Nothing is printed here: the caller gets bytes.

use std::collections::HashSet;
use std::io::Write;

use crate::module_trace::ModuleTrace;
use crate::source::LineColumn;
use crate::suggestion::did_you_mean;
use crate::{Error, Note, Origin, Pos, Shown, Source, SourceMap, TraceFrame};

/// Frames that a shortened trace shows, besides those that are always shown.
const SHORT_TRACE: usize = 4;
/// Longest run of repeated frames that is still written out.
const WRITTEN_DUPLICATES: usize = 5;
/// Bytes of a source line that an excerpt shows at most, and at least.
const EXCERPT_WIDTH: usize = 240;
const NARROW_EXCERPT: usize = 20;
/// Columns before the source line of an excerpt.
const EXCERPT_MARGIN: usize = 15;
/// Most excerpts of one error: further frames name only their place.
const MAX_EXCERPTS: usize = 1000;

/// How an error is rendered.
#[derive(Clone, Copy, Debug, Default)]
pub struct RenderOptions {
    /// Shows all frames of the trace (`--show-trace`).
    pub show_trace: bool,
    /// Colours, as escape sequences of a terminal.
    pub colour: bool,
    /// Columns of the terminal: excerpts are cut to fit.
    pub width: Option<usize>,
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
    let room = options.width.map_or(EXCERPT_WIDTH, |width| width.saturating_sub(EXCERPT_MARGIN));
    let width = room.clamp(NARROW_EXCERPT, EXCERPT_WIDTH);
    let mut text = Renderer { sources, palette, out: Vec::new(), excerpts: 0, width, last_place: None };
    let has_trace = text.trace(error, options.show_trace);
    if has_trace {
        text.out.push(b'\n');
        text.prefix();
    }
    text.out.extend_from_slice(error.message());
    text.out.push(b'\n');
    // A builtin's frame has shown the place already.
    let is_hidden = !options.show_trace && has_trace && sources.is_internal(error.pos());
    if text.last_place != Some(error.pos()) && !is_hidden {
        text.place("", error.pos());
    }
    error.notes().iter().for_each(|note| text.note(note));
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
    /// Bytes of a source line that are shown.
    width: usize,
    /// The place of the frame that was written last.
    last_place: Option<Pos>,
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
        let modules = ModuleTrace::of(error);
        let (mut shown, mut cut, mut hidden) = (0, !all && modules.is_some(), false);
        let wanted = |&(number, frame): &(usize, &TraceFrame)| {
            !frame.message.is_empty()
                && (all || frame.shown != Shown::InFull && !modules.hides(number, frame))
        };
        for (_, frame) in error.trace().enumerate().filter(wanted) {
            // How the evaluator's own sources do what they do is for those who want to see everything.
            if !all && self.sources.is_internal(frame.pos) {
                hidden = true;
                continue;
            }
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
        if cut || hidden && shown > 0 {
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
        self.last_place = frame.pos.is_some().then_some(frame.pos);
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

    /// Writes a note: what it says, where, and the line there.
    fn note(&mut self, note: &Note) {
        let Palette { note: start, mark, end, .. } = *self.palette;
        self.put(format_args!("{start}note:{end} "));
        self.out.extend_from_slice(&note.message);
        let Some((source, at)) = self.sources.resolve(note.pos) else {
            self.out.push(b'\n');
            return;
        };
        self.put(format_args!(" at {mark}"));
        self.out.extend_from_slice(&source_name(&source.origin));
        self.put(format_args!(":{}:{}{end}", at.line, at.column));
        self.out.extend_from_slice(if note.excerpt { b":\n" } else { b"\n" });
        if note.excerpt {
            self.lines(source, at, at.line..=at.line);
        }
    }

    /// Writes the line of a place with a caret under it, and its neighbours.
    fn excerpt(&mut self, source: &Source, at: LineColumn) {
        self.lines(source, at, at.line.saturating_sub(1)..=at.line + 1);
    }

    /// Writes lines around a place with a caret under it.
    fn lines(&mut self, source: &Source, at: LineColumn, lines: std::ops::RangeInclusive<u32>) {
        let window = Window::around(at.column as usize, self.width);
        for number in lines {
            let Some(line) = source.line(number) else { continue };
            if number > at.line && line.is_empty() && source.line(number + 1).is_none() {
                continue;
            }
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
    width: usize,
}

impl Window {
    fn around(column: usize, width: usize) -> Self {
        let far = column > width * 3 / 4;
        Window { start: if far { column - width / 2 } else { 0 }, width }
    }

    fn cut(self, line: &[u8]) -> &[u8] {
        let end = line.len().min(self.start + self.width);
        line.get(boundary(line, self.start)..boundary(line, end)).unwrap_or_default()
    }

    /// What brings a caret under the column (counted from 1) of the line: a blank for each
    /// character before it, and tabs for tabs.
    fn blanks(self, line: &[u8], column: usize) -> String {
        let before = line.get(boundary(line, self.start)..column.saturating_sub(1)).unwrap_or_default();
        let text = String::from_utf8_lossy(before);
        text.chars().map(|c| if c == '\t' { '\t' } else { ' ' }).collect()
    }
}

/// The start of the character that has a byte of a line.
fn boundary(line: &[u8], at: usize) -> usize {
    let is_inside = |at: &usize| line.get(*at).is_some_and(|byte| byte & 0xC0 == 0x80);
    (at.saturating_sub(3)..=at).rev().find(|at| !is_inside(at)).unwrap_or(at)
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
    fn sources_of_the_evaluator_are_shown_on_demand() {
        let (mut sources, id) = source("f 1\n");
        let internal = sources.add(Origin::Internal("g.nix"), b"g\n".to_vec()).expect("room");
        let (outside, inside) = (sources.get(id).pos(0), sources.get(internal).pos(0));
        let mut error = Error::new(DiagnosticId::DivisionByZero, &[]).at(inside);
        error.push_trace(TraceFrame::new("while calling the 'g' builtin", inside));
        assert!(plain(&error, &sources).contains("g.nix"), "there is nothing else");
        error.push_trace(TraceFrame::new("while calling the 'f' builtin", outside));
        let short = plain(&error, &sources);
        assert!(short.contains("'f'") && short.contains("truncated") && !short.contains("g.nix"), "{short}");
        let options = RenderOptions { show_trace: true, ..RenderOptions::default() };
        let whole = String::from_utf8(render(&error, &sources, options)).expect("text");
        assert_eq!(whole.matches("g.nix").count(), 1, "{whole}");
    }

    #[test]
    fn lines_are_cut_between_characters() {
        let window = Window { start: 2, width: 3 };
        assert_eq!(
            (window.cut("aéèb".as_bytes()), window.blanks("aéèb".as_bytes(), 4).as_str()),
            ("éè".as_bytes(), " ")
        );
    }

    #[test]
    fn a_place_is_shown_once() {
        let (sources, id) = source("f 1\n");
        let pos = sources.get(id).pos(0);
        let mut error = Error::new(DiagnosticId::DivisionByZero, &[]).at(pos);
        error.push_trace(TraceFrame::new("while calling the 'f' builtin", pos));
        let expected = "error:
       … while calling the 'f' builtin
         at /f.nix:1:1:
            1| f 1
             | ^

       error: division by zero";
        assert_eq!(plain(&error, &sources), expected);
    }

    #[test]
    fn notes_come_after_the_place() {
        let (sources, id) = source("{\n  a = b.x;\n}\n");
        let pos = |offset| sources.get(id).pos(offset);
        let error = Error::new(DiagnosticId::DivisionByZero, &[])
            .at(pos(0))
            .note("here it is", pos(4))
            .brief_note("here too", pos(8))
            .brief_note("and nowhere", Pos::NONE);
        let expected = "error: division by zero
       at /f.nix:1:1:
            1| {
             | ^
            2|   a = b.x;
       note: here it is at /f.nix:2:3:
            2|   a = b.x;
             |   ^
       note: here too at /f.nix:2:7
       note: and nowhere";
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
        let full = render(&error, &sources, RenderOptions { show_trace: true, ..RenderOptions::default() });
        assert_eq!(String::from_utf8_lossy(&full).matches('…').count(), 7);
    }

    #[test]
    fn traces_through_the_module_system_name_options_and_files() {
        let sources = SourceMap::new();
        let mut error = Error::new(DiagnosticId::DivisionByZero, &[]);
        error.push_trace(TraceFrame::new("while calling the 'foldl'' builtin", Pos::NONE));
        error.push_trace(TraceFrame::always("while evaluating definitions from `/c.nix':", Pos::NONE));
        error.push_trace(TraceFrame::always("while evaluating the option `x.y':", Pos::NONE));
        error.push_trace(TraceFrame::new("while calling the 'mapAttrs' builtin", Pos::NONE));
        let text = plain(&error, &sources);
        let shown: Vec<_> = text.lines().filter(|line| line.contains('…')).map(str::trim).collect();
        let expected =
            ["… while evaluating the option `x.y':", "… while evaluating definitions from `/c.nix':"];
        assert_eq!(shown, expected);
        assert!(text.contains("(stack trace truncated"));
        let full = render(&error, &sources, RenderOptions { show_trace: true, ..RenderOptions::default() });
        assert_eq!(String::from_utf8_lossy(&full).matches('…').count(), 4);
    }

    #[test]
    fn calls_are_for_full_traces() {
        let sources = SourceMap::new();
        let mut error = Error::new(DiagnosticId::DivisionByZero, &[]);
        error.push_trace(TraceFrame::in_full("while calling 'f'", Pos::NONE));
        error.push_trace(TraceFrame::in_full("while calling anonymous lambda", Pos::NONE));
        assert_eq!(plain(&error, &sources), "error: division by zero");
        let full = render(&error, &sources, RenderOptions { show_trace: true, ..RenderOptions::default() });
        assert_eq!(String::from_utf8_lossy(&full).matches('…').count(), 2);
    }

    #[test]
    fn long_runs_of_frames_seen_before_are_counted() {
        let sources = SourceMap::new();
        let mut error = Error::new(DiagnosticId::DivisionByZero, &[]);
        for _ in 0..8 {
            error.push_trace(TraceFrame::new("again", Pos::NONE));
        }
        let full = render(&error, &sources, RenderOptions { show_trace: true, ..RenderOptions::default() });
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
    fn excerpts_fit_the_terminal() {
        let (sources, id) = source(&format!("{}x{}", "a".repeat(100), "b".repeat(100)));
        let error = Error::new(DiagnosticId::DivisionByZero, &[]).at(sources.get(id).pos(100));
        for (width, longest) in [(60, 60), (20, 35), (0, 35)] {
            let options = RenderOptions { width: Some(width), ..RenderOptions::default() };
            let text = String::from_utf8(render(&error, &sources, options)).expect("text");
            assert!(text.lines().all(|line| line.len() <= longest), "{text}");
            assert!(text.contains("ax"), "{text}");
        }
    }

    #[test]
    fn colours_are_the_only_difference() {
        let (sources, id) = source("x");
        let error = Error::new(DiagnosticId::UndefinedVariable, &[&"x"]).at(sources.get(id).pos(0));
        let coloured = render(&error, &sources, RenderOptions { colour: true, ..RenderOptions::default() });
        let mut text = String::from_utf8(coloured).expect("text");
        assert!(text.starts_with("\x1b[31;1merror:\x1b[0m undefined"));
        for code in ["\x1b[31;1m", "\x1b[34;1m", "\x1b[35;1m", "\x1b[0m"] {
            text = text.replace(code, "");
        }
        assert_eq!(text, plain(&error, &sources));
    }
}
