//! The public interface changes only on purpose: what is public is listed in `interface.txt`, and this test checks the
//! list. `UPDATE=1 cargo test -p nivose --test interface` renews it; the difference belongs into the same commit.
//!
//! The list is made from the source text: items that `lib.rs` and `raw.rs` export, with their public parts, without
//! bodies and documentation. Items that macros make are not seen; the diagnostics are listed by their slugs instead.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use syn::{Attribute, Block, File, ImplItem, Item, ItemImpl, TraitItem, Type, UseTree, Visibility};

/// Files of other crates whose types are a part of the interface.
const OTHERS: &[&str] = &[
    "base/src/source.rs",
    "builtins/src/print.rs",
    "heap/src/census.rs",
    "machine/src/control.rs",
    "machine/src/counts.rs",
    "machine/src/observe.rs",
    "world/src/caching.rs",
    "world/src/layer.rs",
    "world/src/memory.rs",
    "world/src/os.rs",
    "world/src/world.rs",
];

#[test]
fn the_list_of_the_interface_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("interface.txt");
    let list = list();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &list).expect("list");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    let changed = list.lines().zip(found.lines()).find(|(new, old)| new != old);
    assert!(
        found == list,
        "the public interface changed (first difference: {changed:?}); if that is meant: UPDATE=1"
    );
}

#[test]
fn every_entry_has_an_example() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut exported = BTreeSet::new();
    let library = parse(&root.join("lib.rs")).items;
    library.iter().filter(|item| !is_hidden(item)).for_each(|item| note_exports(item, &mut exported));
    let mut lacking = Vec::new();
    library.iter().for_each(|item| note_lacking(item, &mut lacking));
    for item in sources(&root).iter().flat_map(|path| parse(path).items) {
        if belongs(&item, &exported) {
            note_lacking(&item, &mut lacking);
        }
    }
    assert!(lacking.is_empty(), "without an example: {lacking:?}");
}

/// Whether an export is there for the sake of the command only.
fn is_hidden(item: &Item) -> bool {
    let Item::Use(item) = item else { return false };
    item.attrs
        .iter()
        .any(|attribute| attribute.path().is_ident("doc") && attribute.meta.require_list().is_ok())
}

/// Notes the public parts of an item that have no example and do not say where one is.
fn note_lacking(item: &Item, lacking: &mut Vec<String>) {
    let mut note = |public: bool, attributes: &[Attribute], name: &syn::Ident| {
        let text = documentation(attributes);
        if public && !["```", "example is with", "see ["].iter().any(|mark| text.contains(mark)) {
            lacking.push(name.to_string());
        }
    };
    match item {
        Item::Struct(item) => note(is_exported(&item.vis), &item.attrs, &item.ident),
        Item::Enum(item) => note(is_exported(&item.vis), &item.attrs, &item.ident),
        Item::Trait(item) => note(is_exported(&item.vis), &item.attrs, &item.ident),
        Item::Fn(item) => note(is_exported(&item.vis), &item.attrs, &item.sig.ident),
        Item::Impl(item) if item.trait_.is_none() => {
            let own = type_name(&item.self_ty).unwrap_or_default();
            let exported =
                ["Engine", "EngineBuilder", "Evaluation", "Source", "Value", "Diagnostic"].contains(&&*own);
            for member in &item.items {
                // What a diagnostic tells is shown with the type.
                if let ImplItem::Fn(member) = member
                    && exported
                    && own != "Diagnostic"
                    && own != "Source"
                {
                    note(is_exported(&member.vis), &member.attrs, &member.sig.ident);
                }
            }
        }
        _ => {}
    }
}

fn is_exported(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn documentation(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        syn::Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn list() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = sources(&root.join("src"));
    files.extend(OTHERS.iter().map(|name| root.join("..").join(name)));
    let parsed: Vec<File> = files.iter().map(|file| parse(file)).collect();
    let mut exported =
        BTreeSet::from(["MemoryWorld", "OsWorld", "CachingWorld", "World", "WorldLayer"].map(String::from));
    let mut out = String::new();
    for name in ["lib.rs", "raw.rs"] {
        let items = parse(&root.join("src").join(name)).items;
        items.iter().for_each(|item| note_exports(item, &mut exported));
        section(&mut out, name, items.into_iter().filter(is_public).collect());
    }
    for (path, file) in files.iter().zip(parsed) {
        let name = path.strip_prefix(root).unwrap_or(path).display().to_string();
        if !name.ends_with("lib.rs") && !name.ends_with("raw.rs") {
            section(
                &mut out,
                &name,
                file.items.into_iter().filter(|item| belongs(item, &exported)).collect(),
            );
        }
    }
    out.push_str("\n// diagnostics\n");
    nivose::DiagnosticId::all().for_each(|id| out.push_str(&format!("{}\n", id.slug())));
    out
}

fn parse(path: &Path) -> File {
    let text = std::fs::read_to_string(path).expect("source");
    syn::parse_file(&text).expect("Rust")
}

/// The source files below a directory, sorted.
fn sources(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).expect("directory") {
        let path = entry.expect("entry").path();
        if path.is_dir() { found.extend(sources(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// Adds a part of the list, without bodies and documentation.
fn section(out: &mut String, name: &str, items: Vec<Item>) {
    let items: Vec<Item> = items.into_iter().filter_map(bare).collect();
    if items.is_empty() {
        return;
    }
    let text = prettyplease::unparse(&File { shebang: None, attrs: Vec::new(), items });
    out.push_str(&format!("\n// {}\n{}", name.replace("../", ""), text.replace(" {}\n", ";\n")));
}

fn note_exports(item: &Item, exported: &mut BTreeSet<String>) {
    if let Item::Use(item) = item
        && matches!(item.vis, Visibility::Public(_))
    {
        note_names(&item.tree, exported);
    }
}

fn note_names(tree: &UseTree, exported: &mut BTreeSet<String>) {
    match tree {
        UseTree::Path(path) => note_names(&path.tree, exported),
        UseTree::Group(group) => group.items.iter().for_each(|tree| note_names(tree, exported)),
        UseTree::Name(name) => drop(exported.insert(name.ident.to_string())),
        UseTree::Rename(rename) => drop(exported.insert(rename.rename.to_string())),
        UseTree::Glob(_) => {}
    }
}

fn is_public(item: &Item) -> bool {
    let visibility = match item {
        Item::Struct(item) => &item.vis,
        Item::Enum(item) => &item.vis,
        Item::Trait(item) => &item.vis,
        Item::Fn(item) => &item.vis,
        Item::Type(item) => &item.vis,
        Item::Const(item) => &item.vis,
        Item::Use(item) => &item.vis,
        Item::Mod(item) => &item.vis,
        _ => return false,
    };
    matches!(visibility, Visibility::Public(_))
}

/// Whether an item is exported, or an implementation for a type that is.
fn belongs(item: &Item, exported: &BTreeSet<String>) -> bool {
    let name = match item {
        Item::Struct(item) => item.ident.to_string(),
        Item::Enum(item) => item.ident.to_string(),
        Item::Trait(item) => item.ident.to_string(),
        Item::Fn(item) => item.sig.ident.to_string(),
        Item::Type(item) => item.ident.to_string(),
        Item::Impl(item) => return type_name(&item.self_ty).is_some_and(|name| exported.contains(&name)),
        _ => return false,
    };
    exported.contains(&name) && is_public(item)
}

fn type_name(ty: &Type) -> Option<String> {
    let Type::Path(path) = ty else { return None };
    path.path.segments.last().map(|segment| segment.ident.to_string())
}

/// The item as the list shows it; nothing if nothing of it is public.
fn bare(mut item: Item) -> Option<Item> {
    match &mut item {
        Item::Struct(item) => {
            strip(&mut item.attrs);
            for field in &mut item.fields {
                strip(&mut field.attrs);
            }
            if let syn::Fields::Named(fields) = &mut item.fields {
                let public = fields.named.iter().filter(|field| matches!(field.vis, Visibility::Public(_)));
                fields.named = public.cloned().collect();
            } else if let syn::Fields::Unnamed(fields) = &mut item.fields {
                let public = fields.unnamed.iter().filter(|field| matches!(field.vis, Visibility::Public(_)));
                fields.unnamed = public.cloned().collect();
            }
        }
        Item::Enum(item) => {
            strip(&mut item.attrs);
            item.variants.iter_mut().for_each(|variant| strip(&mut variant.attrs));
            item.variants
                .iter_mut()
                .flat_map(|variant| &mut variant.fields)
                .for_each(|field| strip(&mut field.attrs));
        }
        Item::Trait(item) => {
            strip(&mut item.attrs);
            item.items.iter_mut().for_each(bare_trait_item);
        }
        Item::Fn(item) => {
            strip(&mut item.attrs);
            *item.block = empty();
        }
        Item::Impl(item) => return bare_impl(item.clone()).map(Item::Impl),
        Item::Use(item) => strip(&mut item.attrs),
        Item::Mod(item) => strip(&mut item.attrs),
        Item::Type(item) => strip(&mut item.attrs),
        Item::Const(item) => strip(&mut item.attrs),
        _ => return None,
    }
    Some(item)
}

fn bare_trait_item(item: &mut TraitItem) {
    match item {
        TraitItem::Fn(item) => {
            strip(&mut item.attrs);
            item.default = item.default.is_some().then(empty);
        }
        TraitItem::Const(item) => strip(&mut item.attrs),
        TraitItem::Type(item) => strip(&mut item.attrs),
        _ => {}
    }
}

/// An implementation: of a trait only that it is there, otherwise its public members.
fn bare_impl(mut item: ItemImpl) -> Option<ItemImpl> {
    strip(&mut item.attrs);
    if item.trait_.is_some() {
        item.items.clear();
        return Some(item);
    }
    item.items.retain(|member| match member {
        ImplItem::Fn(member) => matches!(member.vis, Visibility::Public(_)),
        ImplItem::Const(member) => matches!(member.vis, Visibility::Public(_)),
        _ => false,
    });
    for member in &mut item.items {
        match member {
            ImplItem::Fn(member) => {
                strip(&mut member.attrs);
                member.block = empty();
            }
            ImplItem::Const(member) => strip(&mut member.attrs),
            _ => {}
        }
    }
    (!item.items.is_empty()).then_some(item)
}

fn empty() -> Block {
    Block { brace_token: Default::default(), stmts: Vec::new() }
}

/// Keeps of the attributes what users depend on.
fn strip(attributes: &mut Vec<Attribute>) {
    attributes.retain(|attribute| {
        ["derive", "must_use", "non_exhaustive", "cfg"].iter().any(|name| attribute.path().is_ident(name))
    });
}
