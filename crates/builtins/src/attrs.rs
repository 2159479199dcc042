//! Sets: `attrNames`, `listToAttrs`, `mapAttrs`, `removeAttrs`, `zipAttrsWith` and the like.

use std::ops::Range;

use nivose_base::{Pos, Result, Symbol};
use nivose_heap::{FlatAttrs, Value};
use nivose_machine::{BuiltinSpec, Cx, Must, Shared, Step, name_order, sort_attributes};

use crate::build::{Parts, build};
use crate::checks;
use crate::each::elements_of;
use crate::scan::{force_elements_and_run, scan_and_run};

/// The attribute at a place in byte order of the names; `None` behind the last one.
pub fn attribute_in_order<'h>(
    shared: &mut Shared,
    set: FlatAttrs<'h>,
    place: usize,
) -> Option<(Symbol, Value<'h>)> {
    let index = *name_order(shared, set).get(place)? as usize;
    Some((set.entries()[index].name, set.values()[index].resolved()))
}

/// The set that an argument is, once it is flat.
fn flat<'h>(argument: Value<'h>) -> Option<FlatAttrs<'h>> {
    argument.resolved().as_attrs()?.as_flat()
}

/// The names of a set in byte order.
struct Names;

impl Parts for Names {
    fn whole<'h>(shared: &mut Shared, _: &[Value<'h>], len: usize) -> Value<'h> {
        shared.heap.list_to_fill(len)
    }

    fn fill<'h>(shared: &mut Shared, arguments: &[Value<'h>], whole: Value<'h>, parts: Range<usize>) {
        let Some(set) = flat(arguments[0]) else { return };
        let order = name_order(shared, set);
        let entries = set.entries();
        let Shared { heap, symbols, .. } = shared;
        heap.fill(whole, parts, |heap, index| {
            let name = entries[order[index] as usize].name;
            heap.name(name, symbols.bytes(name))
        });
    }
}

fn attr_names<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let len = checks::flat(cx.shared(), arguments[0])?.len();
    build::<Names>(cx, arguments, len, 32)
}

fn attr_values<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let set = checks::flat(cx.shared(), arguments[0])?;
    let order = name_order(cx.shared(), set);
    let values: Vec<Value<'h>> = order.iter().map(|&place| set.values()[place as usize]).collect();
    cx.list(&values).map(Step::done)
}

fn get_attr<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let symbol = checks::symbol(cx.shared(), arguments[0])?;
    let set = checks::attrs(cx.shared(), arguments[1])?;
    match set.get(symbol) {
        Some(value) => Ok(Step::done(value)),
        None => Err(cx.shared().missing_attribute(set, symbol)),
    }
}

fn has_attr<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let name = checks::known_symbol(cx.shared(), arguments[0])?;
    let set = checks::attrs(cx.shared(), arguments[1])?;
    let found = name.is_some_and(|name| set.has(name));
    Ok(Step::done(Value::bool(found)))
}

/// A new set of the attributes at the given places, ascending. It is another set even if all stay:
/// what is printed tells one set from the other.
fn select<'h>(cx: &mut Cx<'_, 'h>, set: FlatAttrs<'h>, places: &[usize]) -> Result<Value<'h>> {
    cx.reserve(places.len().saturating_mul(16))?;
    Ok(cx.heap().subset(set, places))
}

fn remove_attrs<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    checks::attrs(cx.shared(), arguments[0])?;
    checks::list(cx.shared(), arguments[1])?;
    force_elements_and_run(cx, arguments, 1, Must::Name, remove_named)
}

/// Removes names that are forced.
fn remove_named<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let set = checks::flat(cx.shared(), arguments[0])?;
    let shared = cx.shared();
    let names = elements_of(arguments[1]).iter().filter_map(|name| name.resolved().as_string());
    let mut places: Vec<usize> =
        names.filter_map(|name| shared.lookup(name).and_then(|name| set.index_of(name))).collect();
    places.sort_unstable();
    places.dedup();
    cx.reserve((set.len() - places.len()).saturating_mul(16))?;
    Ok(Step::done(cx.heap().without(set, &places)))
}

fn intersect_attrs<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let named = checks::flat(cx.shared(), arguments[0])?;
    let set = checks::flat(cx.shared(), arguments[1])?;
    select(cx, set, &common_places(named, set)).map(Step::done)
}

/// Where the names of `named` stand in `set`, ascending.
fn common_places(named: FlatAttrs<'_>, set: FlatAttrs<'_>) -> Vec<usize> {
    let (few, many) = (named.len().min(set.len()), named.len().max(set.len()));
    if few * 8 < many {
        return search_places(named, set);
    }
    let (names, entries) = (named.entries(), set.entries());
    let mut i = 0;
    let found = |place: &usize| {
        while names.get(i).is_some_and(|name| name.name < entries[*place].name) {
            i += 1;
        }
        names.get(i).is_some_and(|name| name.name == entries[*place].name)
    };
    (0..entries.len()).filter(found).collect()
}

/// The same, where one set is much smaller than the other: its names are looked up one by one.
fn search_places(named: FlatAttrs<'_>, set: FlatAttrs<'_>) -> Vec<usize> {
    if named.len() < set.len() {
        return named.entries().iter().filter_map(|entry| set.index_of(entry.name)).collect();
    }
    let entries = set.entries().iter().enumerate();
    entries.filter(|(_, entry)| named.index_of(entry.name).is_some()).map(|(place, _)| place).collect()
}

fn cat_attrs<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    checks::name(cx.shared(), arguments[0])?;
    checks::list(cx.shared(), arguments[1])?;
    force_elements_and_run(cx, arguments, 1, Must::Set, cat_forced)
}

/// The values of one name in sets that are forced.
fn cat_forced<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let Some(name) = checks::known_symbol(cx.shared(), arguments[0])? else {
        return Ok(Step::done(cx.heap().empty_list()));
    };
    let sets = elements_of(arguments[1]).iter().filter_map(|set| set.resolved().as_attrs());
    let values: Vec<Value<'h>> = sets.filter_map(|set| set.get(name)).collect();
    cx.list(&values).map(Step::done)
}

/// `f name value` for each attribute.
struct MappedAttrs;

impl Parts for MappedAttrs {
    fn whole<'h>(shared: &mut Shared, arguments: &[Value<'h>], _: usize) -> Value<'h> {
        match flat(arguments[1]) {
            Some(set) => shared.heap.attrs_like(set, set.values(), false),
            None => Value::NULL,
        }
    }

    fn fill<'h>(shared: &mut Shared, arguments: &[Value<'h>], whole: Value<'h>, parts: Range<usize>) {
        let Some(set) = flat(arguments[1]) else { return };
        let (function, entries, values) = (arguments[0], set.entries(), set.values());
        let Shared { heap, symbols, .. } = shared;
        heap.fill(whole, parts, |heap, index| {
            let name = entries[index].name;
            let name = heap.name(name, symbols.bytes(name));
            heap.application(function, &[name, values[index]])
        });
    }
}

fn map_attrs<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let set = checks::flat(cx.shared(), arguments[1])?;
    if set.is_empty() {
        return Ok(Step::done(arguments[1]));
    }
    build::<MappedAttrs>(cx, arguments, set.len(), 64)
}

fn list_to_attrs<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    checks::list(cx.shared(), arguments[0])?;
    scan_and_run(cx, arguments, 0, scan_pairs, pairs_to_attrs)
}

/// The set that an element is and the name that it gives, both of which may have to be forced.
fn scan_pairs<'h>(shared: &mut Shared, list: Value<'h>, at: &mut usize) -> Result<Option<Value<'h>>> {
    while let Some(element) = elements_of(list).get(*at) {
        let element = element.resolved();
        if element.is_thunk() {
            return Ok(Some(element));
        }
        let set = checks::attrs(shared, element)?;
        let name =
            set.get(Symbol::NAME).ok_or_else(|| shared.missing_attribute(set, Symbol::NAME))?.resolved();
        if name.is_thunk() {
            return Ok(Some(name));
        }
        checks::name(shared, name)?;
        *at += 1;
    }
    Ok(None)
}

/// The set of pairs whose names are forced; of equal names the first one counts.
fn pairs_to_attrs<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let pairs = elements_of(arguments[0]);
    cx.reserve(pairs.len().saturating_mul(24))?;
    let shared = cx.shared();
    let mut attributes: Vec<(Symbol, Pos, Value<'h>)> = Vec::with_capacity(pairs.len());
    for pair in pairs {
        let set = checks::attrs(shared, *pair)?;
        let name = checks::symbol(shared, set.get(Symbol::NAME).unwrap_or(Value::NULL))?;
        attributes.push((name, Pos::NONE, set.value()));
    }
    sort_attributes(&mut attributes);
    for (_, pos, value) in &mut attributes {
        let set = checks::attrs(shared, *value)?;
        *pos = set.position_of(Symbol::VALUE).unwrap_or(Pos::NONE);
        *value = set.get(Symbol::VALUE).ok_or_else(|| shared.missing_attribute(set, Symbol::VALUE))?;
    }
    Ok(Step::done(shared.heap.attrs_from(&attributes)))
}

fn zip_attrs_with<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    checks::function(cx.shared(), arguments[0])?;
    checks::list(cx.shared(), arguments[1])?;
    force_elements_and_run(cx, arguments, 1, Must::Set, zip_forced)
}

/// `f name values` for each name that occurs in sets that are forced.
fn zip_forced<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let mut found: Vec<(Symbol, Value<'h>)> = Vec::new();
    for &set in elements_of(arguments[1]) {
        found.extend(checks::flat(cx.shared(), set)?.iter());
    }
    cx.reserve(found.len().saturating_mul(72))?;
    // Stable: the values of one name stay in the order of the sets.
    found.sort_by_key(|attribute| attribute.0);
    let Shared { heap, symbols, .. } = cx.shared();
    let mut attributes = Vec::new();
    let mut values = Vec::new();
    for group in found.chunk_by(|a, b| a.0 == b.0) {
        values.clear();
        values.extend(group.iter().map(|attribute| attribute.1));
        let (name, list) = (heap.string(symbols.bytes(group[0].0)), heap.list(&values));
        let list = heap.place_list(list);
        attributes.push((group[0].0, Pos::NONE, heap.application(arguments[0], &[name, list])));
    }
    Ok(Step::done(heap.attrs_from(&attributes)))
}

/// The builtins of this file.
pub const BUILTINS: &[BuiltinSpec] = &[
    BuiltinSpec {
        name: "attrNames",
        arguments: &["set"],
        strict: &[0],
        doc: "The names of the attributes of *set*, sorted by their bytes.",
        run: attr_names,
    },
    BuiltinSpec {
        name: "attrValues",
        arguments: &["set"],
        strict: &[0],
        doc: "The values of the attributes of *set*, in the order of `attrNames`.",
        run: attr_values,
    },
    BuiltinSpec {
        name: "getAttr",
        arguments: &["s", "set"],
        strict: &[Must::Name.be(0), 1],
        doc: "The attribute of *set* that is named *s*; fails if there is none.",
        run: get_attr,
    },
    BuiltinSpec {
        name: "hasAttr",
        arguments: &["s", "set"],
        strict: &[Must::Name.be(0), 1],
        doc: "Whether *set* has an attribute named *s*.",
        run: has_attr,
    },
    BuiltinSpec {
        name: "removeAttrs",
        arguments: &["set", "list"],
        strict: &[Must::Set.be(0), 1],
        doc: "*set* without the attributes whose names are in *list*. Names that it does not have are ignored.",
        run: remove_attrs,
    },
    BuiltinSpec {
        name: "intersectAttrs",
        arguments: &["e1", "e2"],
        strict: &[Must::Set.be(0), 1],
        doc: "The attributes of *e2* whose names are also in *e1*.",
        run: intersect_attrs,
    },
    BuiltinSpec {
        name: "catAttrs",
        arguments: &["attr", "list"],
        strict: &[Must::Name.be(0), 1],
        doc: "The values of the attribute *attr* of all sets in *list* that have it.",
        run: cat_attrs,
    },
    BuiltinSpec {
        name: "mapAttrs",
        arguments: &["f", "attrset"],
        strict: &[1],
        doc: "A set of the same names: each value is `f name value`, computed when it is needed.",
        run: map_attrs,
    },
    BuiltinSpec {
        name: "listToAttrs",
        arguments: &["e"],
        strict: &[0],
        doc: "The set of the given pairs, each a set of `name` and `value`. Of pairs with one name the first counts.",
        run: list_to_attrs,
    },
    BuiltinSpec {
        name: "zipAttrsWith",
        arguments: &["f", "list"],
        strict: &[Must::Function.be(0), 1],
        doc: "Merges the sets of *list*: each name that occurs gets `f name values`, where *values* are those that the \
              sets have for it, in order.",
        run: zip_attrs_with,
    },
];
