//! What a machine does, as text for people and as JSON lines for programs.
//!
//! Lines are handed out as things happen, so that traces of any length take no memory. Values are shown as far as they are
//! known; nothing is evaluated to show them.

use std::fmt::Write;

use nivose_base::json_text::json_string;
use nivose_base::render::source_name;
use nivose_base::{Pos, indent};
use nivose_bytecode::chunk::{Chunk, Constant};
use nivose_bytecode::decode::{Captures, Decoded, Operand};
use nivose_bytecode::disassemble::disassemble_instruction;
use nivose_bytecode::instruction::Instruction;
use nivose_heap::Value;
use nivose_machine::code::CodeId;
use nivose_machine::observe::{End, Event, Executing, Observer, Way};
use nivose_machine::show::{Limits, excerpt, show_with};
use nivose_machine::{Shared, describe};

/// What is traced, and how it looks.
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use nivose::{Engine, TraceOptions};
/// let lines = Arc::new(Mutex::new(Vec::new()));
/// let seen = lines.clone();
/// let evaluation = Engine::new().start();
/// let options = TraceOptions { calls_only: true, ..TraceOptions::default() };
/// evaluation.trace(options, move |line| seen.lock().expect("lock").push(line.to_owned()))?;
/// evaluation.evaluate("let double = x: x + x; in double 2")?;
/// let lines = lines.lock().expect("lock");
/// assert!(lines.iter().any(|line| line.contains("call double")), "{lines:?}");
/// # Ok::<(), nivose::Diagnostic>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct TraceOptions {
    /// A JSON object a line instead of text.
    pub json: bool,
    /// Each chunk of code too, when it is compiled: before it runs for the first time.
    pub code: bool,
    /// Only calls and forces, no instructions.
    pub calls_only: bool,
    /// No frames deeper than this.
    pub max_depth: Option<usize>,
    /// Only code of files whose path contains this.
    pub file: Option<String>,
    /// Only what happens while a function of this name runs.
    pub function: Option<String>,
}

/// Takes the lines, without line ends.
type Sink = Box<dyn FnMut(&str) + Send>;

/// Writes a trace.
pub(crate) struct Tracer {
    options: TraceOptions,
    sink: Sink,
    /// For each open frame the value that it is about to give, as far as it was seen.
    results: Vec<Option<String>>,
    /// The depth at which the function that is asked for was entered.
    inside: Option<usize>,
}

impl Tracer {
    pub fn new(options: TraceOptions, sink: impl FnMut(&str) + Send + 'static) -> Self {
        Tracer { options, sink: Box::new(sink), results: Vec::new(), inside: None }
    }

    /// Whether something at this depth in this code is to be shown.
    fn wants(&self, shared: &Shared, depth: usize, code: CodeId) -> bool {
        let deep = self.options.max_depth.is_some_and(|max| depth > max);
        let outside = self.options.function.is_some() && self.inside.is_none();
        !deep
            && !outside
            && self.options.file.as_ref().is_none_or(|file| source_of(shared, code).contains(file))
    }

    fn enter(&mut self, shared: &Shared, depth: usize, code: CodeId, way: Way, site: Pos) {
        self.results.truncate(depth);
        self.results.push(None);
        if self.inside.is_none()
            && self
                .options
                .function
                .as_ref()
                .is_some_and(|wanted| name_of(shared, code).as_ref() == Some(wanted))
        {
            self.inside = Some(depth);
        }
        if !self.wants(shared, depth, code) {
            return;
        }
        let what = title(shared, code);
        let word = match way {
            Way::Call => "call",
            Way::TailCall => "tail call",
            Way::Force => "force",
        };
        let mut line = String::new();
        if self.options.json {
            let _ = write!(line, "{{\"event\":\"{}\",\"depth\":{depth},\"what\":", word.replace(' ', "-"));
            json_string(&mut line, &what);
            line.push_str(",\"at\":");
            json_string(&mut line, &place_of(shared, code));
            line.push_str(",\"from\":");
            json_place(&mut line, shared, site);
            line.push('}');
        } else {
            let from = if site.is_some() { format!("  ({})", shared.describe(site)) } else { String::new() };
            let _ = write!(line, "{}{word} {what}{from}", indent(depth));
        }
        (self.sink)(&line);
    }

    fn leave(&mut self, shared: &Shared, depth: usize, code: CodeId, end: End) {
        let result = self.results.get_mut(depth).and_then(Option::take);
        self.results.truncate(depth);
        if self.wants(shared, depth, code) && (self.options.json || end != End::Replaced) {
            let line =
                if self.options.json { left_json(depth, end, result) } else { left(depth, end, result) };
            (self.sink)(&line);
        }
        if self.inside == Some(depth) {
            self.inside = None;
        }
    }

    fn builtin(&mut self, shared: &Shared, depth: usize, number: u32, site: Pos) {
        let name = shared.builtins.get(number).map_or("", |spec| spec.name);
        let mut line = String::new();
        if self.options.json {
            let _ = write!(line, "{{\"event\":\"builtin\",\"depth\":{depth},\"name\":\"{name}\",\"from\":");
            json_place(&mut line, shared, site);
            line.push('}');
        } else {
            let _ = write!(line, "{}builtin {name}  ({})", indent(depth + 1), shared.describe(site));
        }
        (self.sink)(&line);
    }

    fn instruction(&mut self, shared: &Shared, executing: &Executing<'_>) {
        let Executing { depth, code, decoded, stack, again } = *executing;
        if decoded.instruction == Instruction::Return
            && let (Some(result), Some(&value)) = (self.results.get_mut(depth), stack.last())
        {
            *result = Some(shown(shared, value));
        }
        if self.options.calls_only || !self.wants(shared, depth, code) {
            return;
        }
        // A code that was compiled before there was an observer shows no constants.
        let bare = Chunk::empty();
        let chunk = shared.codes.chunk(code).unwrap_or(&bare);
        let operation = operation(shared, code, chunk, &decoded);
        let values: Vec<String> = stack.iter().map(|&value| shown(shared, value)).collect();
        let mut line = String::new();
        if self.options.json {
            let _ = write!(
                line,
                "{{\"event\":\"instruction\",\"depth\":{depth},\"offset\":{},\"text\":",
                decoded.offset
            );
            json_string(&mut line, &operation);
            let _ = write!(line, ",\"again\":{again},\"stack\":[");
            for (index, value) in values.iter().enumerate() {
                line.push_str(if index == 0 { "" } else { "," });
                json_string(&mut line, value);
            }
            line.push(']');
            if let Some(span) = chunk.span_at(decoded.offset) {
                let _ = write!(line, ",\"start\":{},\"end\":{}", span.start, span.end);
            }
            line.push('}');
        } else {
            let again = if again { " (again)" } else { "" };
            let operation = format!("{operation}{again}");
            let (indent, values) = (indent(depth), values.join(" | "));
            let _ = write!(line, "{indent}{:>4}  {operation:<40} [ {values} ]", decoded.offset);
        }
        (self.sink)(&line);
    }
}

impl Observer for Tracer {
    fn observe(&mut self, shared: &Shared, event: &Event<'_>) {
        match *event {
            Event::Enter { depth, code, way, site } => {
                self.enter(shared, depth, code, way, site);
            }
            Event::Leave { depth, code, end, .. } => self.leave(shared, depth, code, end),
            Event::Builtin { depth, number, site } => {
                if !(self.options.function.is_some() && self.inside.is_none())
                    && self.options.max_depth.is_none_or(|max| depth <= max)
                {
                    self.builtin(shared, depth, number, site);
                }
            }
            Event::Instruction(ref executing) => self.instruction(shared, executing),
        }
    }
}

/// The place that something was called from; `null` for the outermost, which nothing called.
fn json_place(line: &mut String, shared: &Shared, site: Pos) {
    if site.is_some() { json_string(line, &shared.describe(site)) } else { line.push_str("null") }
}

fn left(depth: usize, end: End, result: Option<String>) -> String {
    let result = match (end, result) {
        (End::Failed, _) => String::from("failed"),
        (_, result) => result.unwrap_or_else(|| String::from("…")),
    };
    format!("{}= {result}", indent(depth))
}

fn left_json(depth: usize, end: End, result: Option<String>) -> String {
    let end = match end {
        End::Returned => "returned",
        End::Replaced => "replaced",
        End::Failed => "failed",
    };
    let mut line = format!("{{\"event\":\"leave\",\"depth\":{depth},\"end\":\"{end}\"");
    if let Some(result) = &result {
        line.push_str(",\"result\":");
        json_string(&mut line, result);
    }
    line.push('}');
    line
}

/// A value as far as it is known; names and other internal values by what they stand for.
fn shown(shared: &Shared, value: Value<'_>) -> String {
    if let Some(name) = value.as_name() {
        return format!("'{}'", shared.symbols.text(name));
    }
    for (marker, meaning) in [
        (Value::NOT_FOUND, "«not found»"),
        (Value::FINALISE_YES, "«finalise»"),
        (Value::FINALISE_NO, "«do not finalise»"),
    ] {
        if value.bits() == marker.bits() {
            return meaning.to_owned();
        }
    }
    let limits = Limits { depth: 2, attributes: 4, elements: 4, string: 24, source: EXCERPT_IN_VALUES };
    String::from_utf8_lossy(&show_with(shared, value, limits)).into_owned()
}

/// The name that a function is bound to.
pub(crate) fn name_of(shared: &Shared, code: CodeId) -> Option<String> {
    let info = shared.codes.lambda(code)?;
    let name = info.parameters.last()?.function_name?;
    Some(shared.symbols.text(name).into_owned())
}

/// Where the expression that a code comes from begins.
pub(crate) fn place_of(shared: &Shared, code: CodeId) -> String {
    let first = shared.codes.lambda(code).and_then(|info| info.parameters.first());
    let start = first.map(|parameter| shared.codes.pos(code, parameter.offset));
    let start = start.or_else(|| shared.source_text(code).map(|(start, _)| start));
    describe(&shared.sources, start.unwrap_or(Pos::NONE))
}

fn source_of(shared: &Shared, code: CodeId) -> String {
    let source = shared.sources.source_of(shared.codes.unit_of(code).base);
    source.map_or(String::new(), |source| String::from_utf8_lossy(&source_name(&source.origin)).into_owned())
}

/// What a frame runs: a function by its name, or the text of an expression.
fn title(shared: &Shared, code: CodeId) -> String {
    if shared.codes.lambda(code).is_some() {
        return name_of(shared, code).unwrap_or_else(|| format!("function at {}", place_of(shared, code)));
    }
    match shared.source_text(code) {
        Some((_, text)) => format!("`{}`", excerpt(text, EXCERPT)),
        None => place_of(shared, code),
    }
}

/// Longest excerpt of a source.
const EXCERPT: usize = 48;

/// The same within a value or an instruction.
const EXCERPT_IN_VALUES: usize = 24;

/// An instruction with its operands; code that it refers to is shown by its source text.
fn operation(shared: &Shared, code: CodeId, chunk: &Chunk, decoded: &Decoded) -> String {
    let text = disassemble_instruction(chunk, &shared.symbols, decoded);
    let mut text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (Operand::Constant(index) | Operand::Captures(Captures { constant: index, .. })) =
        decoded.operands[0]
    else {
        return text;
    };
    let Some(Constant::Blueprint(number) | Constant::Function(number)) = chunk.constants.get(index as usize)
    else {
        return text;
    };
    if let Some((_, source)) = shared.blueprint_text(code, *number) {
        let source = format!("`{}`", excerpt(source, EXCERPT_IN_VALUES));
        for what in ["blueprint", "function"] {
            text = text.replace(&format!("{what} {number}"), &source);
        }
    }
    text
}
