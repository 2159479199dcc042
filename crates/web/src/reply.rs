//! Answers as JSON, and diagnostics in them. What lines of JSON the evaluator makes itself is put in as it is.

use nivose::{Diagnostic, Location};
use nivose_base::json_text::json_string;

/// An object that is being written.
pub struct Object(String);

impl Object {
    pub fn new() -> Self {
        Object(String::from("{"))
    }

    /// Adds a member that is JSON already.
    pub fn json(mut self, name: &str, json: &str) -> Self {
        self.0.push_str(if self.0.len() == 1 { "\"" } else { ",\"" });
        self.0.extend([name, "\":", json]);
        self
    }

    pub fn text(self, name: &str, text: &str) -> Self {
        self.json(name, &quoted(text))
    }

    pub fn text_or_null(self, name: &str, text: Option<&str>) -> Self {
        self.json(name, &text.map_or("null".to_owned(), quoted))
    }

    pub fn number(self, name: &str, number: u64) -> Self {
        self.json(name, &number.to_string())
    }

    pub fn list(self, name: &str, elements: impl IntoIterator<Item = String>) -> Self {
        let elements: Vec<_> = elements.into_iter().collect();
        self.json(name, &format!("[{}]", elements.join(",")))
    }

    pub fn finish(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

/// A text as a JSON string.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    json_string(&mut out, text);
    out
}

/// A diagnostic with all that is known of it.
pub fn diagnostic(diagnostic: &Diagnostic) -> String {
    let steps = diagnostic.trace().iter().map(|step| placed(&step.message, step.location.as_ref()));
    let notes = diagnostic.notes().iter().map(|note| placed(&note.message, note.location.as_ref()));
    located(Object::new(), diagnostic.location())
        .text("level", &format!("{:?}", diagnostic.severity()).to_lowercase())
        .text("id", diagnostic.id().slug())
        .text("message", diagnostic.message())
        .list("notes", notes)
        .list("suggestions", diagnostic.suggestions().iter().map(|name| quoted(name)))
        .list("trace", steps)
        .text("help", diagnostic.help())
        .text("rendered", diagnostic.rendered())
        .finish()
}

fn placed(message: &str, location: Option<&Location>) -> String {
    located(Object::new().text("message", message), location).finish()
}

fn located(object: Object, location: Option<&Location>) -> Object {
    let Some(location) = location else { return object };
    let object = object.text("file", &location.file);
    object.number("line", location.line.into()).number("column", location.column.into())
}
