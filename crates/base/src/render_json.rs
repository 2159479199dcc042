//! Errors for tools: one JSON object on one line.

use crate::json_text::json_string;
use crate::render::source_name;
use crate::{Error, Pos, SourceMap};

/// An error as one JSON object on one line: `id`, `message`, `suggestions`, `notes`, `trace`
/// (outermost frame first) and, where the place is known, `file`, `line` and `column`.
pub fn render_json(error: &Error, sources: &SourceMap) -> String {
    let mut out = String::from("{\"level\":\"error\",\"id\":");
    json_string(&mut out, error.id().slug());
    message(&mut out, error.message());
    place(&mut out, sources, error.pos());
    out.push_str(",\"suggestions\":[");
    for (index, name) in error.suggestions().iter().enumerate() {
        separator(&mut out, index);
        json_string(&mut out, name);
    }
    let notes = error.notes().iter().map(|note| (&note.message[..], note.pos));
    places(&mut out, "],\"notes\":[", notes, sources);
    let trace = error.trace().map(|frame| (&frame.message[..], frame.pos));
    places(&mut out, "],\"trace\":[", trace, sources);
    out.push_str("]}");
    out
}

/// Objects with a message and, where it is known, a place.
fn places<'a>(
    out: &mut String,
    head: &str,
    items: impl Iterator<Item = (&'a [u8], Pos)>,
    sources: &SourceMap,
) {
    out.push_str(head);
    for (index, (text, pos)) in items.enumerate() {
        separator(out, index);
        out.push_str("{\"message\":");
        json_string(out, &String::from_utf8_lossy(text));
        place(out, sources, pos);
        out.push('}');
    }
}

fn message(out: &mut String, text: &[u8]) {
    out.push_str(",\"message\":");
    json_string(out, &String::from_utf8_lossy(text));
}

fn separator(out: &mut String, index: usize) {
    if index > 0 {
        out.push(',');
    }
}

fn place(out: &mut String, sources: &SourceMap, pos: Pos) {
    let Some((source, at)) = sources.resolve(pos) else { return };
    out.push_str(",\"file\":");
    json_string(out, &String::from_utf8_lossy(&source_name(&source.origin)));
    out.push_str(&format!(",\"line\":{},\"column\":{}", at.line, at.column));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DiagnosticId, Origin, TraceFrame};

    #[test]
    fn json_has_places_notes_and_trace() {
        let mut sources = SourceMap::new();
        let id = sources.add(Origin::File(b"/f.nix".to_vec()), b"x\ny".to_vec()).expect("room");
        let pos = sources.get(id).pos(2);
        let mut error = Error::new(DiagnosticId::Thrown, &[&"a\"b\x01"]).at(pos).note("see", pos);
        error.push_trace(TraceFrame::new("up", Pos::NONE));
        let expected = r#"{"level":"error","id":"thrown","message":"a\"b\u0001","file":"/f.nix","line":2,"column":1,"suggestions":[],"notes":[{"message":"see","file":"/f.nix","line":2,"column":1}],"trace":[{"message":"up"}]}"#;
        assert_eq!(render_json(&error, &sources), expected);
    }
}
