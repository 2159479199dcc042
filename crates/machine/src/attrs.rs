//! Building, merging and looking into sets.

use nivose_base::literal::write_name;
use nivose_base::suggestion::suggestions;
use nivose_base::{DiagnosticId, Error, Pos, Result, Symbol, Symbols};
use nivose_heap::{Attrs, FlatAttrs, Heap, ShapeEntry, StringRef, Value};

use crate::code::Code;
use crate::frame::FrameKind;
use crate::hold::hold;
use crate::machine::Machine;
use crate::shared::Shared;
use crate::show::show;
use crate::types::type_error;

/// The indices of a set's entries in byte order of the names.
pub fn byte_order(symbols: &Symbols, set: FlatAttrs<'_>) -> Vec<u32> {
    set.cached_order().map_or_else(|| order_of(symbols, set.entries()), <[u32]>::to_vec)
}

/// The indices of a set's entries in byte order of the names, remembered with its shape.
pub fn name_order<'h>(shared: &mut Shared, set: FlatAttrs<'h>) -> &'h [u32] {
    if set.cached_order().is_none() {
        let order = byte_order(&shared.symbols, set);
        shared.heap.cache_order(set, &order);
    }
    set.cached_order().unwrap_or_default()
}

/// The names of any set in their byte order, each with the place where it was written.
pub fn sorted_names(symbols: &Symbols, set: Attrs<'_>) -> Vec<ShapeEntry> {
    let (entries, _) = set.parts();
    order_of(symbols, &entries).into_iter().map(|index| entries[index as usize]).collect()
}

/// The indices of entries in byte order of the names.
pub(crate) fn order_of(symbols: &Symbols, entries: &[ShapeEntry]) -> Vec<u32> {
    let names: Vec<&[u8]> = entries.iter().map(|entry| symbols.bytes(entry.name)).collect();
    // Most comparisons are decided by the first eight bytes, as one number.
    let mut order: Vec<(u64, u32)> = names.iter().map(|name| prefix(name)).zip(0..).collect();
    order.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| names[a.1 as usize].cmp(names[b.1 as usize])));
    order.into_iter().map(|(_, index)| index).collect()
}

/// The first eight bytes of a name as a number that orders as they do; zeros stand for missing ones.
fn prefix(name: &[u8]) -> u64 {
    match name.first_chunk() {
        Some(bytes) => u64::from_be_bytes(*bytes),
        None => {
            let mut bytes = [0; 8];
            bytes[..name.len()].copy_from_slice(name);
            u64::from_be_bytes(bytes)
        }
    }
}

/// Sorts attributes by symbol; of equal names the first one stays.
pub fn sort_attributes(attributes: &mut Vec<(Symbol, Pos, Value<'_>)>) {
    if attributes.is_sorted_by(|a, b| a.0 < b.0) {
        return;
    }
    attributes.sort_by_key(|attribute| attribute.0);
    attributes.dedup_by_key(|attribute| attribute.0);
}

impl Machine {
    /// The set of key–value pairs that the `Attrs` at a code offset makes.
    #[inline(never)]
    pub(crate) fn build_attrs(
        &mut self,
        pairs: &[Value<'static>],
        code: &Code,
        at: u32,
    ) -> Result<Value<'static>> {
        let mut attributes = Vec::with_capacity(pairs.len() / 2);
        for (index, pair) in pairs.chunks_exact(2).enumerate() {
            if let Some(name) = self.dynamic_key(pair[0].resolved())? {
                attributes.push((name, index, pair[1]));
            }
        }
        let offsets = self.shared.codes.more(code).tables().keys_at(at).unwrap_or_default();
        let pos = |index: usize| offsets.get(index).map_or(Pos::NONE, |&offset| code.pos(offset));
        let attributes = attributes.into_iter().map(|(name, index, value)| (name, pos(index), value));
        let mut attributes: Vec<_> = attributes.collect();
        attributes.sort_by_key(|attribute: &(Symbol, Pos, Value<'static>)| attribute.0);
        if let Some(twice) = attributes.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            let name = self.shared.symbols.text(twice[0].0).into_owned();
            let place = self.shared.describe(twice[0].1);
            let id = DiagnosticId::DynamicAttributeAlreadyDefined;
            return Err(Error::new(id, &[&name, &place]).at(twice[1].1));
        }
        Ok(self.shared.heap.attrs_from(&attributes))
    }

    /// The name that a key stands for; null stands for none.
    fn dynamic_key(&mut self, key: Value<'static>) -> Result<Option<Symbol>> {
        if key.is_null() { Ok(None) } else { self.key_symbol_or_intern(key).map(Some) }
    }

    fn key_symbol_or_intern(&mut self, key: Value<'static>) -> Result<Symbol> {
        if let Some(name) = key.as_name() {
            return Ok(name);
        }
        let text = self.key_text(key)?;
        Ok(self.shared.intern(text))
    }

    /// The text of a computed key.
    fn key_text(&self, key: Value<'static>) -> Result<StringRef<'static>> {
        let Some(string) = key.as_string() else { return Err(type_error(&self.shared, "a string", key)) };
        match string.context().first() {
            None => Ok(string),
            Some(&element) => Err(self.shared.context_not_allowed(string.bytes(), element)),
        }
    }

    /// The symbol of a key that is looked up; none if no attribute anywhere has that name.
    pub(crate) fn key_symbol(&self, key: Value<'static>) -> Result<Option<Symbol>> {
        match key.as_name() {
            Some(name) => Ok(Some(name)),
            None => Ok(self.shared.lookup(self.key_text(key)?)),
        }
    }

    /// `set.${key}`.
    #[inline(never)]
    pub(crate) fn select_key(&mut self, set: Value<'static>, key: Value<'static>) -> Result<Value<'static>> {
        let name = self.key_symbol_or_intern(key)?;
        let found = set.as_attrs().and_then(|attrs| attrs.get(name));
        found.ok_or_else(|| self.select_failure(set, Value::name(name)))
    }

    /// Why a selection failed.
    #[cold]
    pub(crate) fn select_failure(&self, set: Value<'static>, name: Value<'static>) -> Error {
        match (set.as_attrs(), name.as_name()) {
            (Some(attrs), Some(name)) => self.shared.missing_attribute(attrs, name),
            _ => type_error(&self.shared, "a set", set),
        }
    }

    #[cold]
    pub(crate) fn undefined(&self, name: Symbol) -> Error {
        Error::new(DiagnosticId::UndefinedVariable, &[&self.shared.symbols.bytes(name)])
    }

    /// The name of the function that `code` belongs to, for messages.
    fn function_name(&self, code: &Code) -> String {
        let name =
            self.shared.codes.more(code).lambda().and_then(|info| info.parameters.last()?.function_name);
        name.map_or_else(
            || String::from("anonymous lambda"),
            |name| self.shared.symbols.text(name).into_owned(),
        )
    }

    #[cold]
    pub(crate) fn missing_argument(&self, code: &Code, name: Symbol) -> Error {
        let function = self.function_name(code);
        let id = DiagnosticId::MissingArgument;
        self.with_caller(Error::new(id, &[&function, &self.shared.symbols.bytes(name)]))
    }

    /// Where the function on top was called, or the builtin that calls it.
    fn caller_pos(&self) -> Pos {
        if let Some((code, pc)) = self.caller() {
            return self.shared.codes.get(code).pos_at(pc);
        }
        let below = self.frames.iter().rev().skip(1).take(16).find(|frame| frame.kind == FrameKind::Code);
        below.map_or(Pos::NONE, |frame| self.shared.codes.get(frame.code).pos_at(frame.offset_at()))
    }

    /// Adds where the function on top was called, if that is known.
    pub(crate) fn with_caller(&self, error: Error) -> Error {
        let caller = self.caller_pos();
        if caller.is_some() { error.note("the function is called", caller) } else { error }
    }

    /// The error of a select, which for one that fetches a required argument is that it is missing.
    #[cold]
    pub(crate) fn formal_failure(&self, error: Error, code: &Code, at: usize, key: Value<'static>) -> Error {
        let fetches =
            self.shared.codes.more(code).tables().formal_selects.binary_search(&(at as u32)).is_ok();
        match key.as_name() {
            Some(name) if fetches && error.id() == DiagnosticId::MissingAttribute => {
                self.missing_argument(code, name)
            }
            _ if fetches && error.id() == DiagnosticId::UnexpectedType => self.with_caller(error),
            _ => error,
        }
    }

    #[cold]
    pub(crate) fn unexpected_argument(&self, set: Attrs<'_>, code: &Code) -> Error {
        let function = self.function_name(code);
        let formals = self.shared.codes.formals(code).map_or(&[][..], |formals| &formals.list);
        let named = |name: Symbol| formals.iter().any(|formal| formal.name == name);
        let names = sorted_names(&self.shared.symbols, set);
        let unknown = names.iter().map(|entry| entry.name).find(|&name| !named(name));
        let name = unknown.unwrap_or(Symbol::EMPTY);
        let id = DiagnosticId::UnexpectedArgument;
        let wanted = formals.iter().map(|formal| self.shared.symbols.bytes(formal.name));
        let near = suggestions(self.shared.symbols.bytes(name), wanted);
        let argument = set.position_of(name).unwrap_or(Pos::NONE);
        let error = Error::new(id, &[&function, &self.shared.symbols.bytes(name)]).suggest(near);
        let error = self.with_caller(error);
        if argument.is_some() { error.note("the argument is given", argument) } else { error }
    }

    /// `ValidateClosedFormals`.
    #[inline(never)]
    pub(crate) fn validate_closed(&self, set: Value<'static>, code: &Code) -> Result<()> {
        let Some(attrs) = set.as_attrs() else {
            return Err(self.with_caller(type_error(&self.shared, "a set", set)));
        };
        let Some(formals) = self.shared.codes.formals(code) else { return Ok(()) };
        let found = formals.list.iter().filter(|formal| attrs.get(formal.name).is_some()).count();
        if found == attrs.len() { Ok(()) } else { Err(self.unexpected_argument(attrs, code)) }
    }

    /// `left // right`.
    #[inline(never)]
    pub(crate) fn update(&mut self, left: Value<'static>, right: Value<'static>) -> Result<Value<'static>> {
        let Some(over) = right.as_attrs() else { return Err(type_error(&self.shared, "a set", right)) };
        let Some(under) = left.as_attrs() else { return Err(type_error(&self.shared, "a set", left)) };
        self.shared.counts.updates += 1;
        if over.is_empty() {
            return Ok(left);
        }
        if under.is_empty() {
            return Ok(right);
        }
        self.shared.reserve(Heap::written_by_update(under, over).saturating_mul(WRITTEN))?;
        self.shared.counts.update_values_copied += (under.len() + over.len()) as u64;
        Ok(hold(self.shared.heap.update(under, over)))
    }
}

/// Bytes of an attribute at the most: of its value, and of its name where no other set shares the shape, while layers are
/// put together.
const ATTRIBUTE: usize = 32;

/// Bytes of an attribute that `//` writes: the same without layers.
const WRITTEN: usize = 16;

/// Names that a message lists.
const SHOWN_NAMES: usize = 8;
/// Bytes that these may have.
const SHOWN_BYTES: usize = 60;

impl Shared {
    /// The set as a flat one. Layers are put together, which the set keeps.
    ///
    /// # Errors
    /// If that does not fit into memory.
    #[inline]
    pub fn flat<'h>(&mut self, set: Attrs<'h>) -> Result<FlatAttrs<'h>> {
        if let Some(flat) = set.as_flat() {
            return Ok(flat);
        }
        self.reserve(set.len().saturating_mul(ATTRIBUTE))?;
        Ok(self.heap.flat(set))
    }

    /// The value of a name in a set that has layers, which are put together once it was asked for many.
    #[cold]
    #[inline(never)]
    pub(crate) fn look_into_layers<'h>(&mut self, set: Attrs<'h>, name: Symbol) -> Option<Value<'h>> {
        if set.is_much_used() && !self.exceeds_limit(set.len() * ATTRIBUTE) {
            self.heap.flat(set);
        }
        set.get(name)
    }

    /// "attribute 'a' missing", with names that may have been meant.
    #[cold]
    pub fn missing_attribute(&self, set: Attrs<'_>, name: Symbol) -> Error {
        let name = self.symbols.bytes(name);
        let suggestions = suggestions(name, set.parts().0.iter().map(|entry| self.symbols.bytes(entry.name)));
        let mut shown = Vec::new();
        write_name(name, &mut shown);
        let error = Error::new(DiagnosticId::MissingAttribute, &[&shown]).suggest(suggestions);
        let (message, pos) = self.describe_set(set);
        if pos.is_some() || set.is_empty() { error.note(message, pos) } else { error }
    }

    /// What a set has, and where it was made if it was made in one place.
    fn describe_set(&self, set: Attrs<'_>) -> (String, Pos) {
        let (entries, _) = set.parts();
        let first = entries.iter().map(|entry| entry.pos).filter(|pos| pos.is_some()).min_by_key(|pos| pos.0);
        let pos = first.filter(|&pos| self.is_one_place(pos, &entries)).unwrap_or(Pos::NONE);
        let order = order_of(&self.symbols, &entries);
        let names: Vec<String> = order
            .iter()
            .take(SHOWN_NAMES)
            .filter_map(|&index| entries.get(index as usize))
            .map(|entry| {
                let mut name = Vec::new();
                write_name(self.symbols.bytes(entry.name), &mut name);
                String::from_utf8_lossy(&name).into_owned()
            })
            .collect();
        let message = match entries.len() {
            0 => String::from("the set is empty"),
            1 => format!("the set has only '{}', defined", names.concat()),
            count if count <= SHOWN_NAMES && names.iter().map(String::len).sum::<usize>() <= SHOWN_BYTES => {
                format!("the set has {}, defined", names.join(", "))
            }
            count => format!("the set has {count} attributes, the first defined"),
        };
        (message, pos)
    }

    /// Whether all attributes were written in the source of one of them.
    fn is_one_place(&self, pos: Pos, entries: &[ShapeEntry]) -> bool {
        let source = self.sources.source_of(pos).map(|source| source.base());
        entries.iter().all(|entry| self.sources.source_of(entry.pos).map(|source| source.base()) == source)
    }

    /// "the string … is not allowed to refer to a store path".
    #[cold]
    pub fn context_not_allowed(&self, text: &[u8], element: u32) -> Error {
        let shown = self.contexts.get(element).describe();
        Error::new(DiagnosticId::ContextNotAllowed, &[&text, &shown])
    }

    /// A value as messages show it.
    pub fn show(&self, value: Value<'_>) -> Vec<u8> {
        show(self, value)
    }
}
