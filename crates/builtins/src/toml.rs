//! `fromTOML`: makes values of what [`crate::text::toml`] reads.

use nivose_base::{DiagnosticId, Error, Pos, Result, Symbol};
use nivose_heap::Value;
use nivose_machine::{BuiltinSpec, Cx, Step, Task, sort_attributes};

use crate::arguments::expect_plain_string;
use crate::json::plain_string;
use crate::text::toml::{Document, Node, NodeId, TIMESTAMPS_UNSUPPORTED, parse};

/// Nodes made into values in one step.
const BUDGET: usize = 10_000;

/// The feature that makes dates into tagged sets.
const TIMESTAMPS: &str = "parse-toml-timestamps";

fn toml_error(message: impl AsRef<[u8]>) -> Error {
    Error::new(DiagnosticId::TomlRead, &[&message])
}

fn from_toml<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let &[text] = arguments else { return Ok(Step::done(Value::NULL)) };
    let text = expect_plain_string(cx, text)?;
    // The tree is at most a few times as large as the text.
    cx.reserve(text.len().saturating_mul(8))?;
    let document = parse(text).map_err(|error| toml_error(error.to_string()))?;
    let todo = vec![Todo::Visit(document.root())];
    Ok(cx.start(FromToml { document, todo }, &[]))
}

enum Todo {
    /// Push the value of a node.
    Visit(NodeId),
    /// Make the values on top into the array or the table that the node is.
    Build(NodeId),
}

/// Makes values of a document. Slots: finished values whose container is not finished yet.
struct FromToml {
    document: Document,
    todo: Vec<Todo>,
}

impl FromToml {
    fn visit<'h>(&mut self, cx: &mut Cx<'_, 'h>, id: NodeId) -> Result<()> {
        let value = match self.document.node(id) {
            Some(Node::Table(members)) => {
                self.todo.push(Todo::Build(id));
                self.todo.extend(members.values().rev().map(|&member| Todo::Visit(member)));
                return Ok(());
            }
            Some(Node::Array(elements)) => {
                self.todo.push(Todo::Build(id));
                self.todo.extend(elements.iter().rev().map(|&element| Todo::Visit(element)));
                return Ok(());
            }
            Some(scalar) => make_scalar(cx, scalar)?,
            None => Value::NULL,
        };
        cx.push(value);
        Ok(())
    }

    fn build<'h>(&mut self, cx: &mut Cx<'_, 'h>, id: NodeId) -> Result<()> {
        let count = match self.document.node(id) {
            Some(Node::Table(members)) => members.len(),
            Some(Node::Array(elements)) => elements.len(),
            _ => 0,
        };
        let start = cx.slot_count().saturating_sub(count);
        let values = cx.slots().get(start..).unwrap_or_default().to_vec();
        cx.truncate(start);
        let value = match self.document.node(id) {
            Some(Node::Table(members)) => make_set(cx, members.keys(), &values)?,
            _ => {
                let list = cx.list(&values)?;
                cx.heap().place_list(list)
            }
        };
        cx.push(value);
        Ok(())
    }
}

fn make_set<'h, 'k>(
    cx: &mut Cx<'_, 'h>,
    names: impl Iterator<Item = &'k String>,
    values: &[Value<'h>],
) -> Result<Value<'h>> {
    cx.reserve(values.len().saturating_mul(16))?;
    let mut attributes = Vec::with_capacity(values.len());
    for (name, &value) in names.zip(values) {
        plain_string(name.as_bytes()).map_err(nested)?;
        attributes.push((cx.shared().symbols.intern(name.as_bytes()), Pos::NONE, value));
    }
    sort_attributes(&mut attributes);
    Ok(cx.heap().attrs_from(&attributes))
}

fn make_scalar<'h>(cx: &mut Cx<'_, 'h>, node: &Node) -> Result<Value<'h>> {
    Ok(match node {
        Node::String(text) => {
            plain_string(text.as_bytes()).map_err(nested)?;
            cx.reserve(text.len())?;
            cx.string(text.as_bytes())
        }
        Node::Integer(number) => cx.int(*number),
        Node::Float(number) => cx.heap().float(*number),
        Node::Boolean(boolean) => Value::bool(*boolean),
        Node::Timestamp(text) => return make_timestamp(cx, text),
        Node::Table(_) | Node::Array(_) => Value::NULL,
    })
}

fn make_timestamp<'h>(cx: &mut Cx<'_, 'h>, text: &str) -> Result<Value<'h>> {
    if !cx.shared().settings.has_feature(TIMESTAMPS) {
        return Err(toml_error(TIMESTAMPS_UNSUPPORTED));
    }
    let (tag, text) = (cx.string(b"timestamp"), cx.string(text.as_bytes()));
    let mut attributes = vec![(Symbol::ID_TYPE, Pos::NONE, tag), (Symbol::VALUE, Pos::NONE, text)];
    sort_attributes(&mut attributes);
    Ok(cx.heap().attrs_from(&attributes))
}

/// An error within the text, which C++ Nix shows with its own `error:` before it.
#[cold]
fn nested(error: Error) -> Error {
    toml_error([b"error: ", error.message()].concat())
}

impl Task for FromToml {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, _: Value<'h>) -> Result<Step<'h>> {
        for _ in 0..BUDGET {
            match self.todo.pop() {
                Some(Todo::Visit(id)) => self.visit(cx, id)?,
                Some(Todo::Build(id)) => self.build(cx, id)?,
                None => return Ok(Step::done(cx.pop())),
            }
        }
        Ok(Step::YIELD)
    }
}

/// The builtins of this file.
pub const BUILTINS: &[BuiltinSpec] = &[BuiltinSpec {
    name: "fromTOML",
    arguments: &["e"],
    strict: &[0],
    doc: "The value that the TOML document *e* describes. Dates and times are errors unless the feature \
          `parse-toml-timestamps` is on.",
    run: from_toml,
}];
