//! `--diagnostics rich`: errors with marked pieces of source, in the style of rustc. What is said is
//! the error's; nothing is worked out here.

use std::collections::BTreeMap;
use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};
use nivose_base::module_trace::ModuleTrace;
use nivose_base::render::source_name;
use nivose_base::suggestion::did_you_mean;
use nivose_base::{Error, Note, Pos, Shown, Source, SourceMap, TraceFrame};

/// Frames of the trace that are shown unless all are wanted, besides those that always are.
const SHORT_TRACE: usize = 4;
/// Columns where there is no terminal.
const DEFAULT_WIDTH: usize = 100;

/// How an error is shown.
#[derive(Clone, Copy, Debug)]
pub struct RichOptions {
    /// Whether all of the trace is shown.
    pub show_trace: bool,
    /// Whether there are colours.
    pub colour: bool,
    /// Columns of the terminal.
    pub width: Option<usize>,
}

/// Something to mark in a source.
struct Mark {
    range: Range<usize>,
    label: Option<String>,
    primary: bool,
}

/// The text of an error, without a final newline.
pub fn render(error: &Error, sources: &SourceMap, options: RichOptions) -> String {
    let frames = shown_frames(error, sources, options.show_trace);
    let (primary, label) = primary(error, &frames, sources, options.show_trace);
    let mut marks = marks(error, primary, label, sources);
    let texts: BTreeMap<u32, (String, String)> = marks
        .keys()
        .filter_map(|&base| {
            let source = sources.source_of(Pos(base))?;
            let name = String::from_utf8_lossy(&source_name(&source.origin)).into_owned();
            Some((base, (name, String::from_utf8(source.text.to_vec()).ok()?)))
        })
        .collect();
    let headline = error.text();
    let mut report = Group::with_title(Level::ERROR.primary_title(&*headline).id(error.id().slug()));
    for base in in_order(primary, sources, &texts) {
        let Some((name, text)) = texts.get(&base) else { continue };
        let annotations = marks.remove(&base).unwrap_or_default().into_iter().map(annotation);
        report = report.element(Snippet::source(text.as_str()).path(name.as_str()).annotations(annotations));
    }
    for line in plain_notes(error) {
        report = report.element(Level::NOTE.message(line));
    }
    for frame in frames {
        report = report.element(Level::NOTE.message(frame_line(frame, sources)));
    }
    if let Some(sentence) = did_you_mean(error.suggestions()) {
        report = report.element(Level::HELP.message(sentence));
    }
    report = report.element(Level::HELP.message(format!("nivose explain {}", error.id().slug())));
    let renderer = if options.colour { Renderer::styled() } else { Renderer::plain() };
    renderer.term_width(options.width.unwrap_or(DEFAULT_WIDTH)).render(&[report])
}

/// The place that an error is about, and what to say there: its own, or that of the innermost frame
/// if that is in a source of the evaluator's own.
fn primary(error: &Error, frames: &[&TraceFrame], sources: &SourceMap, all: bool) -> (Pos, Option<String>) {
    let is_shown = |pos: Pos| pos.is_some() && (all || !sources.is_internal(pos));
    let innermost = frames.iter().rev().find(|frame| is_shown(frame.pos));
    match innermost {
        Some(frame) if !is_shown(error.pos()) => {
            (frame.pos, Some(String::from_utf8_lossy(&frame.message).into_owned()))
        }
        _ => (error.pos(), None),
    }
}

/// The sources with marks: that of the error first.
fn in_order(primary: Pos, sources: &SourceMap, texts: &BTreeMap<u32, (String, String)>) -> Vec<u32> {
    let first = sources.source_of(primary).map(|source| source.base().0);
    let others = texts.keys().copied().filter(|base| Some(*base) != first);
    first.into_iter().chain(others).collect()
}

/// What is marked, by the position of the first byte of the source.
fn marks(
    error: &Error,
    primary: Pos,
    label: Option<String>,
    sources: &SourceMap,
) -> BTreeMap<u32, Vec<Mark>> {
    let mut marks: BTreeMap<u32, Vec<Mark>> = BTreeMap::new();
    let mut add = |pos: Pos, label: Option<String>, primary: bool| {
        let Some(source) = sources.source_of(pos) else {
            return;
        };
        let range = token_at(source, pos);
        marks.entry(source.base().0).or_default().push(Mark { range, label, primary });
    };
    add(primary, label, true);
    for note in error.notes() {
        add(note.pos, Some(label_of(note)), false);
    }
    marks
}

/// What a note says at its place: sentences that a place would end end with "here".
fn label_of(note: &Note) -> String {
    let text = String::from_utf8_lossy(&note.message).into_owned();
    let is_open = ["defined", "called", "given", "missing"].iter().any(|end| text.ends_with(end));
    if is_open { text + " here" } else { text }
}

fn annotation<'a>(mark: Mark) -> Annotation<'a> {
    let kind = if mark.primary { AnnotationKind::Primary } else { AnnotationKind::Context };
    let annotation = kind.span(mark.range);
    match mark.label {
        Some(label) => annotation.label(label),
        None => annotation,
    }
}

/// The word at a position, or a character that is none.
fn token_at(source: &Source, pos: Pos) -> Range<usize> {
    let start = (pos.0.saturating_sub(source.base().0) as usize).min(source.text.len());
    let rest = &source.text[start..];
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'\'' | b'.');
    let word = rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
    let first = std::str::from_utf8(rest).ok().and_then(|rest| rest.chars().next());
    let length = if word > 0 { word } else { first.map_or(0, char::len_utf8) };
    start..start + length
}

/// Notes that belong to no place.
fn plain_notes(error: &Error) -> impl Iterator<Item = String> {
    let nowhere = error.notes().iter().filter(|note| !note.pos.is_some());
    nowhere.map(|note| String::from_utf8_lossy(&note.message).into_owned())
}

fn shown_frames<'e>(error: &'e Error, sources: &SourceMap, all: bool) -> Vec<&'e TraceFrame> {
    let mut shown: Vec<&TraceFrame> = Vec::new();
    let modules = ModuleTrace::of(error);
    let is_for_all = |&(number, frame): &(usize, &TraceFrame)| {
        let is_inside = sources.is_internal(frame.pos) || modules.hides(number, frame);
        !frame.message.is_empty() && (all || !is_inside)
    };
    for (_, frame) in error.trace().enumerate().filter(is_for_all) {
        let is_wanted = match frame.shown {
            Shown::Always => true,
            Shown::AmongFirst => all || shown.len() < SHORT_TRACE,
            Shown::InFull => all,
        };
        if is_wanted && shown.last() != Some(&frame) {
            shown.push(frame);
        }
    }
    shown
}

fn frame_line(frame: &TraceFrame, sources: &SourceMap) -> String {
    let message = String::from_utf8_lossy(&frame.message);
    match sources.resolve(frame.pos) {
        Some((source, at)) => {
            let name = source_name(&source.origin);
            format!("... {message} at {}:{}:{}", String::from_utf8_lossy(&name), at.line, at.column)
        }
        None => format!("... {message}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nivose_base::{DiagnosticId, Origin};

    #[test]
    fn several_places_are_marked() {
        let mut sources = SourceMap::new();
        let id = sources.add(Origin::File(b"/f.nix".to_vec()), b"let\n  n = 1;\nin n ++ [ ]\n".to_vec());
        let source = sources.get(id.expect("room"));
        let error = Error::new(DiagnosticId::UnexpectedType, &[&"a list", &"an integer", &"1"])
            .at(source.pos(18))
            .note("'n' is defined", source.pos(6));
        let options = RichOptions { show_trace: false, colour: false, width: None };
        let expected = "\
error[unexpected-type]: expected a list but found an integer: 1
 --> /f.nix:3:6
  |
2 |   n = 1;
  |   - 'n' is defined here
3 | in n ++ [ ]
  |      ^
  |
  = help: nivose explain unexpected-type";
        assert_eq!(render(&error, &sources, options), expected);
    }

    #[test]
    fn odd_places_are_no_problem() {
        let mut sources = SourceMap::new();
        for text in [&b""[..], b"\xff\xfe", "é".as_bytes(), b"a"] {
            let id = sources.add(Origin::String, text.to_vec()).expect("room");
            for offset in [0, text.len() as u32, 100] {
                let error = Error::new(DiagnosticId::DivisionByZero, &[]).at(sources.get(id).pos(offset));
                for width in [1, 20] {
                    let options = RichOptions { show_trace: true, colour: true, width: Some(width) };
                    assert!(render(&error, &sources, options).contains("division by zero"));
                }
            }
        }
    }
}
