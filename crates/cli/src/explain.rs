//! `nivose explain`: what diagnostics mean, each with an example. The pages are in one file; a test runs the examples.

use nivose_base::{DiagnosticId, Severity};

const PAGES: &str = include_str!("explain/pages.md");

/// The ids of all diagnostics.
pub fn ids() -> impl Iterator<Item = &'static str> {
    DiagnosticId::all().map(DiagnosticId::slug)
}

/// The list of all diagnostics with their headlines.
pub fn list() -> String {
    let mut out = String::new();
    for id in DiagnosticId::all() {
        let warning = if id.severity() == Severity::Warning { "warning: " } else { "" };
        let headline = id.headline().lines().next().unwrap_or_default();
        let text = match headline {
            "{0}" => id.help().trim_end_matches('.').to_owned(),
            _ => with_gaps(headline),
        };
        out.push_str(&format!("{:<34} {warning}{text}\n", id.slug()));
    }
    out.push_str("\n'nivose explain ID' says more.\n");
    out
}

/// The page of a diagnostic.
pub fn page(slug: &str) -> Option<String> {
    let id = DiagnosticId::all().find(|id| id.slug() == slug)?;
    let (text, example) = section(slug)?;
    let caught = if id.is_catchable() { "\n'builtins.tryEval' catches it.\n" } else { "" };
    let mut out = format!("{slug}: {}\n\n{}{caught}", with_gaps(id.headline()), filled(text));
    if !example.is_empty() {
        out.push_str("\nExample:\n\n");
        for line in example.lines() {
            out.push_str(&format!("    {line}\n"));
        }
    }
    Some(out)
}

/// A headline with a sign for what differs from error to error.
fn with_gaps(headline: &str) -> String {
    (0..10).fold(headline.to_owned(), |text, number| text.replace(&format!("{{{number}}}"), "…"))
}

/// Text and example of a section of the pages.
fn section(slug: &str) -> Option<(&'static str, &'static str)> {
    let head = format!("# {slug}\n");
    let section = PAGES.split_inclusive("\n\n").find_map(|part| part.strip_prefix(head.as_str()))?;
    let (text, code) = section.split_once("```").unwrap_or((section, ""));
    let example = code.split_once('\n').map_or("", |(_, code)| code.trim_end().trim_end_matches('`'));
    Some((text.trim(), example.trim_end()))
}

/// Text in lines of at most 80 columns.
fn filled(text: &str) -> String {
    let mut out = String::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > 80 {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width;
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_diagnostic_has_a_page() {
        for id in ids() {
            let page = page(id).unwrap_or_else(|| panic!("no page for {id}"));
            assert!(page.starts_with(id) && page.contains("\n\n"), "{page}");
        }
        let sections = PAGES.lines().filter_map(|line| line.strip_prefix("# "));
        let unknown: Vec<_> = sections.filter(|slug| !ids().any(|id| id == *slug)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        assert_eq!(page("nothing"), None);
    }

    #[test]
    fn a_page_has_text_and_example() {
        assert!(
            page("missing-attribute")
                .is_some_and(|page| page.starts_with("missing-attribute: attribute '…' missing"))
        );
        let expected =
            "division-by-zero: division by zero\n\nThe divisor is zero.\n\nExample:\n\n    1 / 0\n";
        assert_eq!(page("division-by-zero").as_deref(), Some(expected));
    }
}
