//! Selection paths such as `a.b."c.d".0`: into names, and along the values that they lead through.

use nivose_base::suggestion::suggestions;
use nivose_base::{DiagnosticId, Error, Result};
use nivose_heap::Value;
use nivose_machine::{Handle, Shared, type_with_article};

use crate::evaluator::Evaluator;

/// The parts of a selection path: separated by dots, except within quotes.
///
/// # Errors
/// If a quote is not closed.
pub fn split_selection(path: &[u8]) -> Result<Vec<Vec<u8>>> {
    let (mut parts, mut part, mut quoted) = (Vec::new(), Vec::new(), false);
    for &byte in path {
        match byte {
            b'"' => quoted = !quoted,
            b'.' if !quoted => parts.push(std::mem::take(&mut part)),
            _ => part.push(byte),
        }
    }
    if quoted {
        let message = [b"missing closing quote in selection path '", path, b"'"].concat();
        return Err(Error::with_message(DiagnosticId::AttributePath, message));
    }
    if !part.is_empty() {
        parts.push(part);
    }
    Ok(parts)
}

impl Evaluator {
    /// The value, forced, at the end of a selection path. Functions on the way are called with `arguments`, a set.
    ///
    /// # Errors
    /// A path that leads nowhere, or what the evaluation fails with.
    pub fn select(&mut self, value: Handle, path: &[u8], arguments: Handle) -> Result<Handle> {
        let mut at = value;
        for part in split_selection(path)? {
            let container = self.auto_call(at, arguments)?;
            let selection = Selection { part, path: path.to_vec() };
            let selected = self.once(&[container], move |cx| {
                let container = cx.slot(0).resolved();
                selection.part_of(cx.shared(), container).map(|part| cx.force(part))
            });
            self.machine().release(container);
            if at != value {
                self.machine().release(at);
            }
            at = selected?;
        }
        Ok(at)
    }
}

/// One part of a selection path, and the whole for messages.
struct Selection {
    part: Vec<u8>,
    path: Vec<u8>,
}

/// The index that a part stands for: it selects from lists only.
fn index(part: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(part).ok()?;
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

impl Selection {
    /// The part of a forced value that is selected, unevaluated.
    fn part_of<'h>(&self, shared: &Shared, container: Value<'h>) -> Result<Value<'h>> {
        match index(&self.part) {
            Some(index) => self.element(shared, container, index),
            None => self.attribute(shared, container),
        }
    }

    fn attribute<'h>(&self, shared: &Shared, container: Value<'h>) -> Result<Value<'h>> {
        let Some(set) = container.as_attrs() else { return Err(self.mismatch(shared, "set", container)) };
        if self.part.is_empty() {
            return Err(self.error(&[b"empty attribute name in selection path '", &self.path, b"'"]));
        }
        let found = shared.symbols.lookup(&self.part).and_then(|name| set.get(name));
        found.ok_or_else(|| {
            let (entries, _) = set.parts();
            let names = entries.iter().map(|entry| shared.symbols.bytes(entry.name));
            let near = suggestions(&self.part, names);
            let parts: [&[u8]; 5] =
                [b"attribute '", &self.part, b"' in selection path '", &self.path, b"' not found"];
            self.error(&parts).suggest(near)
        })
    }

    fn element<'h>(&self, shared: &Shared, container: Value<'h>, index: u32) -> Result<Value<'h>> {
        let Some(list) = container.as_list() else { return Err(self.mismatch(shared, "list", container)) };
        let out_of_range: [&[u8]; 5] =
            [b"list index ", &self.part, b" in selection path '", &self.path, b"' is out of range"];
        list.get(index as usize).copied().ok_or_else(|| self.error(&out_of_range))
    }

    fn mismatch(&self, shared: &Shared, wanted: &str, found: Value<'_>) -> Error {
        let found = type_with_article(shared, found);
        let end = format!("' should be a {wanted} but is {found}");
        self.error(&[b"the expression selected by the selection path '", &self.path, end.as_bytes()])
    }

    fn error(&self, parts: &[&[u8]]) -> Error {
        Error::with_message(DiagnosticId::AttributePath, parts.concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_split_at_dots_outside_of_quotes() {
        let split = |path: &str| split_selection(path.as_bytes()).map(|parts| parts.join(&b'|'));
        assert_eq!(split("a.b.0").ok(), Some(b"a|b|0".to_vec()));
        assert_eq!(split("a.\"b.c\".d").ok(), Some(b"a|b.c|d".to_vec()));
        assert_eq!(split("").ok(), Some(Vec::new()));
        assert_eq!(split("a.").ok(), Some(b"a".to_vec()));
        assert_eq!(split("a..b").ok(), Some(b"a||b".to_vec()));
        let error = split("a.\"b").err().map(|error| error.text().into_owned());
        assert_eq!(error.as_deref(), Some("missing closing quote in selection path 'a.\"b'"));
    }

    #[test]
    fn only_numbers_are_indices() {
        assert_eq!((index(b"12"), index(b"a1"), index(b"-1")), (Some(12), None, None));
        assert_eq!((index(b"99999999999"), index(b"")), (None, None));
    }
}
