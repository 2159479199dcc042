//! `findFile`: looking a name up in a search path.

use nivose_base::{DiagnosticId, Error, Result, Symbol};
use nivose_heap::Value;
use nivose_machine::coerce::coerce_step;
use nivose_machine::{BuiltinSpec, Coerce, Cx, Shared, Step, Task};
use nivose_world::{SymlinkMode, path};

use crate::arguments::{expect_plain_string, expect_string};
use crate::checks;
use crate::derivation_description::warn;

fn find_file<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    checks::list(cx.shared(), arguments[0])?;
    Ok(cx.start(FindFile::default(), &[arguments[0].resolved(), arguments[1]]))
}

/// An entry of a search path.
struct Entry {
    prefix: Vec<u8>,
    place: Vec<u8>,
}

/// Gathers the entries, then looks. Slots: the search path, the name.
#[derive(Default)]
struct FindFile {
    entries: Vec<Entry>,
    /// Whether the input is the path of the next entry.
    coerced: bool,
}

impl Task for FindFile {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
        let search_path = cx.slot(0);
        let elements = checks::list(cx.shared(), search_path)?;
        let mut place = std::mem::take(&mut self.coerced).then_some(input);
        for _ in 0..1000 {
            let Some(element) = elements.get(self.entries.len()).map(|element| element.resolved()) else {
                return self.look(cx);
            };
            if let Some(step) = self.entry(cx, element, place.take())? {
                return Ok(step);
            }
        }
        Ok(Step::YIELD)
    }
}

impl FindFile {
    /// Adds an entry; or says what must be known of it first.
    fn entry<'h>(
        &mut self,
        cx: &mut Cx<'_, 'h>,
        element: Value<'h>,
        place: Option<Value<'h>>,
    ) -> Result<Option<Step<'h>>> {
        if element.is_thunk() {
            return Ok(Some(cx.force(element)));
        }
        let set = checks::attrs(cx.shared(), element)?;
        let mut prefix = Vec::new();
        if let Some(value) = set.get(Symbol::PREFIX).map(Value::resolved) {
            if value.is_thunk() {
                return Ok(Some(cx.force(value)));
            }
            prefix = expect_plain_string(cx, value)?.to_vec();
        }
        let Some(value) = set.get(Symbol::PATH).map(Value::resolved) else {
            return Err(cx.shared().missing_attribute(set, Symbol::PATH));
        };
        let place = match place {
            Some(place) => place,
            None => match self.place(cx, value)?.at_once() {
                Ok(place) => place,
                Err(step) => return Ok(Some(step)),
            },
        };
        let place = expect_string(cx, place)?.bytes().to_vec();
        self.entries.push(Entry { prefix, place });
        Ok(None)
    }

    fn place<'h>(&mut self, cx: &mut Cx<'_, 'h>, value: Value<'h>) -> Result<Step<'h>> {
        if value.is_thunk() {
            return Ok(cx.force(value));
        }
        let step = coerce_step(cx.shared(), value, Coerce::WEAK)?;
        self.coerced = !step.is_done();
        Ok(step)
    }

    /// All entries are known: looks the name up.
    fn look<'h>(&self, cx: &mut Cx<'_, 'h>) -> Result<Step<'h>> {
        let name = cx.slot(1).resolved();
        if name.is_thunk() {
            return Ok(cx.force(name));
        }
        let name = expect_plain_string(cx, name)?;
        for entry in &self.entries {
            if let Some(found) = entry.find(cx.shared(), name)? {
                return Ok(Step::done(cx.heap().path(&found)));
            }
        }
        if name.starts_with(b"nix/") {
            // Any such name is found; whether there is such a file shows when it is read.
            return Ok(Step::done(cx.heap().path(&[b"<", name, b">"].concat())));
        }
        let pure = cx.shared().settings.pure_eval;
        let id = if pure { DiagnosticId::SearchPathInPureMode } else { DiagnosticId::SearchPathMiss };
        Err(Error::new(id, &[&name]))
    }
}

impl Entry {
    /// The path that the entry has for a name, if it exists.
    fn find(&self, shared: &mut Shared, name: &[u8]) -> Result<Option<Vec<u8>>> {
        let Some(rest) = remainder(name, &self.prefix) else { return Ok(None) };
        if is_address(&self.place) {
            if shared.settings.addresses_fail {
                let message =
                    [b"cannot fetch '", &self.place[..], b"': this evaluator does not fetch"].concat();
                return Err(Error::with_message(DiagnosticId::NotAvailable, message));
            }
            warn_once(shared, &self.place, "cannot be downloaded");
            return Ok(None);
        }
        let base = shared.world.current_directory().unwrap_or_else(|_| b"/".to_vec());
        let root = path::absolute(&self.place, &base);
        if !exists(shared, &root)? {
            warn_once(shared, &self.place, "does not exist");
            return Ok(None);
        }
        let found = path::canonicalise(&path::join(&root, rest));
        Ok(if exists(shared, &found)? { Some(found) } else { None })
    }
}

/// What of a name follows a prefix, which matches whole components only.
fn remainder<'a>(name: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    if prefix.is_empty() {
        return Some(name);
    }
    match name.strip_prefix(prefix)? {
        [] => Some(b""),
        [b'/', rest @ ..] => Some(rest),
        _ => None,
    }
}

/// Whether a place names something to be fetched, by one of the addresses that C++ Nix knows.
pub fn is_address(place: &[u8]) -> bool {
    const SCHEMES: &[&[u8]] =
        &[b"channel:", b"flake:", b"http://", b"https://", b"file://", b"git://", b"s3://", b"ssh://"];
    SCHEMES.iter().any(|scheme| place.starts_with(scheme))
}

fn exists(shared: &mut Shared, path: &[u8]) -> Result<bool> {
    let place = shared.resolve_path(path, SymlinkMode::Ancestors)?;
    Ok(shared.path_metadata(&place)?.is_some())
}

/// The entries that were warned of.
#[derive(Default)]
struct Warned(std::collections::BTreeSet<Vec<u8>>);

fn warn_once(shared: &mut Shared, place: &[u8], why: &str) {
    if shared.extensions.get::<Warned>().0.insert(place.to_vec()) {
        let place = String::from_utf8_lossy(place);
        warn(shared, &format!("Nix search path entry '{place}' {why}, ignoring"));
    }
}

/// The builtins of this family.
pub const BUILTINS: &[BuiltinSpec] = &[BuiltinSpec {
    name: "findFile",
    arguments: &["search-path", "lookup-path"],
    strict: &[0],
    doc: "The path of the file *lookup-path* in *search-path*, a list of sets with `path` and, if only names below it \
          count, `prefix`. `<name>` stands for `builtins.findFile builtins.nixPath \"name\"`.",
    run: find_file,
}];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_match_whole_components() {
        assert_eq!(remainder(b"a/b", b"a"), Some(&b"b"[..]));
        assert_eq!(remainder(b"a", b"a"), Some(&b""[..]));
        assert_eq!(remainder(b"ab", b"a"), None);
        assert_eq!(remainder(b"ab", b""), Some(&b"ab"[..]));
    }
}
