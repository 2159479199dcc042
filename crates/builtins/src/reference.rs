//! The reference of the builtins: what each does, how lazy its arguments are, when it fails, since when it exists, examples.
//!
//! The one-line summary stands in a builtin's declaration, the rest in `doc/FAMILY.md`, one section a builtin: prose, then
//! a line `- *argument*: …` for each argument, `- Fails: …`, `- Since: …`, and a block of examples, each an expression followed
//! by `# => VALUE` or `# error: HEADLINE`. Nothing here evaluates; a test of the library runs the examples.

use std::fmt::Write;

use crate::registry::{declarations, feature_of, global_name};

/// The pages, in the order of the reference.
const PAGES: &[&str] = &[
    include_str!("../doc/constants.md"),
    include_str!("../doc/types.md"),
    include_str!("../doc/numbers.md"),
    include_str!("../doc/strings.md"),
    include_str!("../doc/lists.md"),
    include_str!("../doc/attributes.md"),
    include_str!("../doc/control.md"),
    include_str!("../doc/formats.md"),
    include_str!("../doc/files.md"),
    include_str!("../doc/store.md"),
    include_str!("../doc/fetchers.md"),
];

/// A family of builtins.
pub struct Family {
    /// Its title.
    pub title: &'static str,
    /// What all have in common; may be empty.
    pub introduction: &'static str,
    /// The builtins.
    pub entries: Vec<Entry>,
}

/// What is known of one builtin.
pub struct Entry {
    /// Its name in `builtins`.
    pub name: &'static str,
    /// What it does, in one sentence or two; empty for constants, whose prose says it.
    pub summary: &'static str,
    /// More about it; may be empty.
    pub prose: &'static str,
    /// Its arguments, with how far each is evaluated; none for constants.
    pub arguments: Vec<Argument>,
    /// When it fails.
    pub fails: Option<&'static str>,
    /// The version of Nix that had it first.
    pub since: &'static str,
    /// The experimental feature that it takes.
    pub feature: Option<&'static str>,
    /// Examples.
    pub examples: Vec<Example>,
}

/// An argument of a builtin.
pub struct Argument {
    /// Its name.
    pub name: &'static str,
    /// How far it is evaluated, and when.
    pub laziness: &'static str,
}

/// An expression and what becomes of it.
pub struct Example {
    /// The expression, perhaps of several lines.
    pub expression: String,
    /// What it gives.
    pub outcome: Outcome,
}

/// What an example gives.
pub enum Outcome {
    /// A value, as it is printed.
    Value(&'static str),
    /// An error, by its headline.
    Error(&'static str),
}

/// The whole reference.
pub fn families() -> Vec<Family> {
    PAGES.iter().map(|page| family(page)).collect()
}

/// What is known of one builtin, by its name with or without `builtins.` or `__`.
pub fn find(name: &str) -> Option<Entry> {
    let name = name.strip_prefix("builtins.").or_else(|| name.strip_prefix("__")).unwrap_or(name);
    families().into_iter().flat_map(|family| family.entries).find(|entry| entry.name == name)
}

fn family(page: &'static str) -> Family {
    let (head, sections) = page.split_once("\n## ").unwrap_or((page, ""));
    let (title, introduction) = head.split_once('\n').unwrap_or((head, ""));
    let entries = if sections.is_empty() { Vec::new() } else { sections.split("\n## ").map(entry).collect() };
    Family { title: title.trim_start_matches("# "), introduction: introduction.trim(), entries }
}

fn entry(section: &'static str) -> Entry {
    let (name, body) = section.split_once('\n').unwrap_or((section, ""));
    let spec = declarations().find(|spec| spec.name == name && name != "derivation");
    let (text, examples) = body.split_once("```nix\n").unwrap_or((body, ""));
    let start = if text.starts_with("- ") { 0 } else { text.find("\n- ").map_or(text.len(), |at| at + 1) };
    let (prose, list) = text.split_at(start);
    let items = || list.split("\n- ").map(|item| item.trim_start_matches("- ").trim());
    let labelled = |label: &str| items().find_map(|item| item.strip_prefix(label)).map(str::trim);
    Entry {
        name,
        summary: spec.map_or("", |spec| spec.doc),
        prose: prose.trim(),
        arguments: items().filter_map(argument).collect(),
        fails: labelled("Fails:"),
        since: labelled("Since:").unwrap_or_default(),
        feature: feature_of(name),
        examples: self::examples(examples.trim_end().trim_end_matches("```")),
    }
}

/// `*name*: laziness`
fn argument(item: &'static str) -> Option<Argument> {
    let (name, laziness) = item.strip_prefix('*')?.split_once("*:")?;
    Some(Argument { name, laziness: laziness.trim() })
}

fn examples(block: &'static str) -> Vec<Example> {
    let (mut found, mut expression) = (Vec::new(), String::new());
    for line in block.lines() {
        let value = line.strip_prefix("# => ").map(Outcome::Value);
        match value.or_else(|| line.strip_prefix("# error: ").map(Outcome::Error)) {
            Some(outcome) => found.push(Example { expression: std::mem::take(&mut expression), outcome }),
            None => {
                if !expression.is_empty() {
                    expression.push('\n');
                }
                expression.push_str(line);
            }
        }
    }
    found
}

impl Entry {
    /// The builtin applied to its arguments: `map f list`.
    pub fn usage(&self) -> String {
        let plain = self.name == "builtins" || !global_name(self.name).starts_with("__");
        let mut usage = if plain { self.name.to_owned() } else { format!("builtins.{}", self.name) };
        for argument in &self.arguments {
            usage.push(' ');
            usage.push_str(argument.name);
        }
        usage
    }

    /// The entry as Markdown, under a heading of this level.
    pub fn markdown(&self, level: usize) -> String {
        let mut out = format!("{} {}\n\n`{}`\n\n", "#".repeat(level), self.name, self.usage());
        for text in [self.summary, self.prose] {
            if !text.is_empty() {
                let _ = writeln!(out, "{text}\n");
            }
        }
        for Argument { name, laziness } in &self.arguments {
            let _ = writeln!(out, "- *{name}*: {laziness}");
        }
        if let Some(fails) = self.fails {
            let _ = writeln!(out, "- Fails {fails}");
        }
        if let Some(feature) = self.feature {
            let _ = writeln!(out, "- Only with the experimental feature `{feature}`");
        }
        let _ = writeln!(out, "- Since Nix {}", self.since);
        if !self.examples.is_empty() {
            out.push_str("\n```nix\n");
            self.examples.iter().for_each(|example| out.push_str(&example.text()));
            out.push_str("```\n");
        }
        out
    }
}

impl Example {
    fn text(&self) -> String {
        match self.outcome {
            Outcome::Value(value) => format!("{}\n# => {value}\n", self.expression),
            Outcome::Error(headline) => format!("{}\n# error: {headline}\n", self.expression),
        }
    }
}

/// The reference as one page of Markdown.
pub fn render() -> String {
    let mut out = String::from(INTRODUCTION);
    let families = families();
    for family in &families {
        let names: Vec<String> = family.entries.iter().map(link).collect();
        let _ = writeln!(out, "- {}: {}", family.title, names.join(", "));
    }
    for family in &families {
        let _ = writeln!(out, "\n## {}", family.title);
        if !family.introduction.is_empty() {
            let _ = writeln!(out, "\n{}", family.introduction);
        }
        for entry in &family.entries {
            let _ = write!(out, "\n{}", entry.markdown(3));
        }
    }
    out
}

/// A link to an entry on the same page.
fn link(entry: &Entry) -> String {
    // The page's own title takes the plain anchor.
    let suffix = if entry.name == "builtins" { "-1" } else { "" };
    format!("[{}](#{}{suffix})", entry.name, entry.name.to_lowercase().replace('\'', ""))
}

const INTRODUCTION: &str = "\
# Builtins

Made from the declarations in `crates/builtins/src` and the texts in `crates/builtins/doc`; refresh with
`UPDATE=1 cargo test -p nivose-builtins reference`. The examples run as tests.

*Evaluated* means: until it is known what the value is, but not what lies within a list or set (weak head normal form). *Evaluated
deeply* goes on to everything within. *Lazy* arguments are not evaluated before the builtin's result is, or not at all.
Arguments are evaluated in their order unless it is said otherwise. Every builtin fails if an argument has another type than is asked for.

";

#[cfg(test)]
mod tests {
    use nivose_machine::{BuiltinSpec, Must};

    use super::*;

    #[test]
    fn every_builtin_is_described_and_nothing_else() {
        let described: Vec<Entry> = families().into_iter().flat_map(|family| family.entries).collect();
        for spec in declarations() {
            let entries = described.iter().filter(|entry| entry.name == spec.name).count();
            assert_eq!(entries, 1, "{} is described {entries} times", spec.name);
        }
        for entry in &described {
            assert!(!entry.since.is_empty(), "since when is there {}?", entry.name);
            match declarations().find(|spec| spec.name == entry.name && entry.name != "derivation") {
                Some(spec) => check(entry, spec),
                None => assert!(entry.arguments.is_empty() && !entry.prose.is_empty(), "{}", entry.name),
            }
        }
    }

    fn check(entry: &Entry, spec: &BuiltinSpec) {
        let names: Vec<&str> = entry.arguments.iter().map(|argument| argument.name).collect();
        assert_eq!(names, spec.arguments, "the arguments of {}", entry.name);
        assert!(entry.fails.is_some(), "when does {} fail?", entry.name);
        for (number, argument) in entry.arguments.iter().enumerate() {
            let strict = argument.laziness.starts_with("evaluated");
            assert!(strict || argument.laziness.starts_with("lazy"), "{} {}", entry.name, argument.name);
            assert!(
                strict || !spec.strict.iter().any(|&entry| Must::of(entry).0 == number),
                "{} {} is not lazy",
                entry.name,
                argument.name
            );
        }
    }

    #[test]
    fn entries_are_found_by_every_name() {
        for name in ["map", "builtins.map", "__map"] {
            assert_eq!(find(name).map(|entry| entry.usage()), Some("map f list".into()));
        }
        assert_eq!(find("sub").map(|entry| entry.usage()), Some("builtins.sub e1 e2".into()));
        assert!(find("mop").is_none());
    }

    #[test]
    fn the_page_in_the_documentation_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/builtins.md");
        let page = render();
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, &page).expect("page");
        }
        let found = std::fs::read_to_string(path).unwrap_or_default();
        assert!(found == page, "docs/builtins.md is out of date: run the test with UPDATE=1");
    }
}
