//! Requests as data. What is missing has a default; what is of another type, or too much, is refused here.

use serde_json::{Map, Value};

/// What a request wants.
pub enum Wanted {
    Evaluate,
    Trace { events: usize },
    Tree,
    Code { level: u8 },
    Document { name: String },
    Names,
}

/// How a value is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Nix,
    Json,
    Xml,
}

/// What an evaluation may take.
pub struct Limits {
    pub steps: u64,
    pub memory: usize,
    pub depth: u32,
}

impl Limits {
    /// What no request exceeds: an address space of 32 bits holds the heap, a copy of what lives in it, and an answer.
    const MOST: Limits = Limits { steps: 10_000_000_000, memory: 512 << 20, depth: 1_000_000 };
    const DEFAULT: Limits = Limits { steps: 1_000_000_000, memory: 256 << 20, depth: 100_000 };
}

/// A request that was understood.
pub struct Request {
    pub wanted: Wanted,
    /// Absolute paths and texts.
    pub files: Vec<(String, String)>,
    /// The path of one of the files.
    pub entry: String,
    pub strict: bool,
    pub form: Form,
    pub limits: Limits,
    pub features: Vec<String>,
}

/// Events of a trace, if a request does not say how many.
const EVENTS: u64 = 5_000;

/// The most events of a trace.
const MOST_EVENTS: u64 = 100_000;

impl Request {
    /// Reads a request.
    pub fn read(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| format!("this is no JSON: {error}"))?;
        let Value::Object(members) = value else { return Err("a request is an object".to_owned()) };
        let members = Members(&members);
        let wanted = wanted(&members)?;
        let needs_files = !matches!(wanted, Wanted::Document { .. } | Wanted::Names);
        let (files, entry) = if needs_files { files(&members)? } else { Default::default() };
        Ok(Request {
            wanted,
            files,
            entry,
            strict: members.boolean("strict")?,
            form: form(&members)?,
            limits: limits(&members)?,
            features: features(&members)?,
        })
    }

    /// The text of the entry.
    pub fn text(&self) -> &str {
        self.files.iter().find(|(path, _)| *path == self.entry).map_or("", |(_, text)| text)
    }
}

fn wanted(members: &Members<'_>) -> Result<Wanted, String> {
    Ok(match members.text("do")?.unwrap_or_default() {
        "evaluate" => Wanted::Evaluate,
        "trace" => Wanted::Trace { events: members.number("events", EVENTS, MOST_EVENTS)? as usize },
        "tree" => Wanted::Tree,
        "code" => Wanted::Code { level: members.number("level", 1, 1)? as u8 },
        "document" => Wanted::Document { name: members.text("name")?.unwrap_or_default().to_owned() },
        "names" => Wanted::Names,
        other => return Err(format!("there is nothing like '{other}' to do")),
    })
}

type Files = (Vec<(String, String)>, String);

fn files(members: &Members<'_>) -> Result<Files, String> {
    let given = members.object("files")?.ok_or("there are no 'files'")?;
    let file = |(name, text): (&String, &Value)| match text {
        Value::String(text) => Ok((path_of(name)?, text.clone())),
        _ => Err(format!("the file '{name}' is no text")),
    };
    let files = given.iter().map(file).collect::<Result<Vec<_>, _>>()?;
    let entry = path_of(members.text("entry")?.ok_or("there is no 'entry'")?)?;
    if files.iter().any(|(path, _)| *path == entry) {
        Ok((files, entry))
    } else {
        Err(format!("there is no file '{entry}'"))
    }
}

/// The path of a file: names are paths from the root.
fn path_of(name: &str) -> Result<String, String> {
    let usual = |part: &str| !matches!(part, "" | "." | "..") && !part.contains('\0');
    let name = name.strip_prefix('/').unwrap_or(name);
    if name.split('/').all(usual) {
        Ok(format!("/{name}"))
    } else {
        Err(format!("'{name}' is no name of a file"))
    }
}

fn form(members: &Members<'_>) -> Result<Form, String> {
    Ok(match members.text("form")?.unwrap_or("nix") {
        "nix" => Form::Nix,
        "json" => Form::Json,
        "xml" => Form::Xml,
        other => return Err(format!("a value has no form '{other}'")),
    })
}

fn limits(members: &Members<'_>) -> Result<Limits, String> {
    let none = Map::new();
    let given = Members(members.object("limits")?.unwrap_or(&none));
    let (default, most) = (Limits::DEFAULT, Limits::MOST);
    Ok(Limits {
        steps: given.number("steps", default.steps, most.steps)?,
        memory: given.number("memory", default.memory as u64, most.memory as u64)? as usize,
        depth: given.number("depth", default.depth.into(), most.depth.into())? as u32,
    })
}

fn features(members: &Members<'_>) -> Result<Vec<String>, String> {
    let wrong = || "'features' is no list of texts".to_owned();
    let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(wrong);
    match members.0.get("features") {
        None => Ok(Vec::new()),
        Some(Value::Array(given)) => given.iter().map(text).collect(),
        Some(_) => Err(wrong()),
    }
}

/// The members of an object, by their types.
struct Members<'a>(&'a Map<String, Value>);

impl<'a> Members<'a> {
    fn text(&self, name: &str) -> Result<Option<&'a str>, String> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(format!("'{name}' is no text")),
        }
    }

    fn boolean(&self, name: &str) -> Result<bool, String> {
        match self.0.get(name) {
            None => Ok(false),
            Some(Value::Bool(value)) => Ok(*value),
            Some(_) => Err(format!("'{name}' is neither true nor false")),
        }
    }

    fn object(&self, name: &str) -> Result<Option<&'a Map<String, Value>>, String> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::Object(members)) => Ok(Some(members)),
            Some(_) => Err(format!("'{name}' is no object")),
        }
    }

    /// A number from 0 to `most`.
    fn number(&self, name: &str, default: u64, most: u64) -> Result<u64, String> {
        match self.0.get(name).map(Value::as_u64) {
            None => Ok(default),
            Some(Some(number)) if number <= most => Ok(number),
            Some(_) => Err(format!("'{name}' is no number up to {most}")),
        }
    }
}
