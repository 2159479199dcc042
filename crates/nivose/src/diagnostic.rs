//! Failures and warnings as data: what happened, where, and how evaluation came there.
//!
//! Places are worked out when a diagnostic is made, so that it can outlive its evaluation.

use std::fmt;
use std::sync::Weak;

use nivose_base::render::{RenderOptions, render, source_name};
use nivose_base::{DiagnosticId, Error, Pos, Severity, Shown, SourceMap};

use crate::guarded::Guarded;

/// The result of what an evaluation can fail at.
pub type Result<T> = std::result::Result<T, Diagnostic>;

/// A place in Nix source text.
///
/// ```
/// let failure = nivose::evaluate("{\n  a = b;\n}").err().expect("b is not defined");
/// let place = failure.location().expect("a place");
/// assert_eq!((place.line, place.column), (2, 7));
/// assert_eq!(place.text, "  a = b;");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Location {
    /// The path of the file, or what stands for one, such as `«string»`.
    pub file: String,
    /// The line, counted from 1.
    pub line: u32,
    /// The column, counted from 1, in bytes.
    pub column: u32,
    /// The text of the line.
    pub text: String,
}

impl Location {
    pub(crate) fn of(sources: &SourceMap, pos: Pos) -> Option<Self> {
        let (source, at) = sources.resolve(pos)?;
        let text = source.line(at.line).unwrap_or_default();
        Some(Location {
            file: String::from_utf8_lossy(&source_name(&source.origin)).into_owned(),
            line: at.line,
            column: at.column,
            text: String::from_utf8_lossy(text).into_owned(),
        })
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// One step on the way from the top to the place of a failure.
///
/// ```
/// let failure = nivose::evaluate("let f = x: 1 / x; in f 0").err().expect("a division by zero");
/// let step = failure.trace().last().expect("a step");
/// assert_eq!(step.message, "while calling 'f'");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TraceStep {
    /// What was being done.
    pub message: String,
    /// Where.
    pub location: Option<Location>,
    /// When C++ Nix shows it: [`Diagnostic::rendered`] leaves some out.
    pub shown: Shown,
}

/// Something about a failure that its headline does not say, such as where an operand was written.
///
/// ```
/// let evaluation = nivose::Engine::new().start();
/// let failure = evaluation.evaluate("let count = \"3\"; in\n  count + 1").err().expect("no number");
/// assert!(failure.notes().is_empty());
/// let failure = failure.explained();
/// let note = &failure.notes()[0];
/// assert_eq!(note.message, "'count' is defined");
/// assert_eq!(note.location.as_ref().map(|place| (place.line, place.column)), Some((1, 5)));
/// # Ok::<(), nivose::Diagnostic>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    /// What there is to say.
    pub message: String,
    /// Where.
    pub location: Option<Location>,
}

/// Why an evaluation failed, or what deserves a warning.
///
/// It is shown as one line, by [`Diagnostic::rendered`] as C++ Nix shows it.
///
/// ```
/// let failure = nivose::evaluate("{ port = 80; }.prot").err().expect("there is no such attribute");
/// assert_eq!(failure.id().slug(), "missing-attribute");
/// assert_eq!(failure.message(), "attribute 'prot' missing");
/// assert_eq!(failure.suggestions(), ["port"]);
/// assert_eq!(failure.to_string(), "attribute 'prot' missing at «string»:1:1");
/// assert!(failure.rendered().starts_with("error: attribute 'prot' missing"));
/// ```
#[derive(Clone)]
pub struct Diagnostic(Box<Inner>);

#[derive(Clone)]
struct Inner {
    id: DiagnosticId,
    message: String,
    location: Option<Location>,
    trace: Vec<TraceStep>,
    notes: Vec<Note>,
    suggestions: Vec<String>,
    rendered: String,
    /// What it was made of and where, to be explained.
    error: Option<(Error, Weak<Guarded>)>,
}

impl Diagnostic {
    /// What an error of an evaluation with these sources says.
    pub(crate) fn of(error: &Error, sources: &SourceMap) -> Self {
        let step = |frame: &nivose_base::TraceFrame| TraceStep {
            message: String::from_utf8_lossy(&frame.message).into_owned(),
            location: Location::of(sources, frame.pos),
            shown: frame.shown,
        };
        let note = |note: &nivose_base::Note| Note {
            message: String::from_utf8_lossy(&note.message).into_owned(),
            location: Location::of(sources, note.pos),
        };
        Diagnostic(Box::new(Inner {
            id: error.id(),
            message: error.text().into_owned(),
            location: Location::of(sources, error.pos()),
            trace: error.trace().map(step).collect(),
            notes: error.notes().iter().map(note).collect(),
            error: None,
            suggestions: error.suggestions().to_vec(),
            rendered: String::from_utf8_lossy(&render(error, sources, RenderOptions::default())).into_owned(),
        }))
    }

    /// A failure of our own, without a place.
    pub(crate) fn new(id: DiagnosticId, message: impl Into<Vec<u8>>) -> Self {
        Diagnostic::of(&Error::with_message(id, message), &SourceMap::new())
    }

    /// The same, to be explained by the evaluation that failed.
    pub(crate) fn explainable(mut self, error: Error, evaluation: Weak<Guarded>) -> Self {
        self.0.error = Some((error, evaluation));
        self
    }

    /// The failure with notes of what its headline does not say. They are worked out from the sources, which takes longer than
    /// to fail: for failures that people see. Nothing is added if the evaluation is gone or busy. An example is with [`Note`].
    #[must_use]
    pub fn explained(&self) -> Self {
        let explain = || {
            let (error, evaluation) = self.0.error.clone()?;
            let explained = |evaluator: &mut crate::evaluator::Evaluator| {
                let explained = evaluator.explain(error);
                Diagnostic::of(&explained, &evaluator.machine().shared.sources)
            };
            evaluation.upgrade()?.look(explained).ok()
        };
        explain().unwrap_or_else(|| self.clone())
    }

    /// The same error for the machine.
    pub(crate) fn into_error(self) -> Error {
        Error::with_message(self.0.id, self.0.message)
    }

    /// Which diagnostic of the table it is; [`DiagnosticId::slug`] is its stable name.
    pub fn id(&self) -> DiagnosticId {
        self.0.id
    }

    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.0.id.severity()
    }

    /// The headline, in C++ Nix's words.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Where it arose.
    pub fn location(&self) -> Option<&Location> {
        self.0.location.as_ref()
    }

    /// How evaluation came there, outermost step first.
    pub fn trace(&self) -> &[TraceStep] {
        &self.0.trace
    }

    /// What the headline does not say. Nothing until the failure is [explained](Diagnostic::explained).
    pub fn notes(&self) -> &[Note] {
        &self.0.notes
    }

    /// Names that may have been meant.
    pub fn suggestions(&self) -> &[String] {
        &self.0.suggestions
    }

    /// What the diagnostic means, for people who have not met it before.
    pub fn help(&self) -> &'static str {
        self.0.id.help()
    }

    /// Whether `builtins.tryEval` catches it.
    pub fn is_catchable(&self) -> bool {
        self.0.id.is_catchable()
    }

    /// Whether the evaluation was cancelled or reached a limit of time or steps: it may be asked again.
    pub fn is_interruption(&self) -> bool {
        self.0.id.is_interruption()
    }

    /// The text that C++ Nix shows, with an excerpt of the source and a shortened trace.
    pub fn rendered(&self) -> &str {
        &self.0.rendered
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())?;
        match self.location() {
            Some(location) => write!(f, " at {location}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self, self.id().slug())
    }
}

impl std::error::Error for Diagnostic {}
