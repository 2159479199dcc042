//! The builtins that fetch. This evaluator downloads nothing: they check their arguments as C++ Nix does, answer where
//! the hash that a program gives names something in the store, and else say that they cannot.

use nivose_base::{DiagnosticId, Error, Pos, Result, Symbol};
use nivose_heap::{Attrs, Value, View};
use nivose_machine::coerce::coerce_step;
use nivose_machine::{BuiltinSpec, Coerce, Cx, Shared, Step, Task, sort_attributes};
use nivose_store::{ContentAddressMethod, Hash, HashAlgorithm, check_name};
use nivose_world::path;

use crate::arguments::expect_plain_string;
use crate::attrs::attribute_in_order;
use crate::derivation_description::{parse_hash, require_feature};

/// "… is not available": nothing is fetched or run.
#[cold]
fn not_available(message: Vec<u8>) -> Error {
    Error::with_message(DiagnosticId::NotAvailable, message)
}

#[cold]
fn invalid_argument(parts: &[&[u8]]) -> Error {
    Error::with_message(DiagnosticId::InvalidArgument, parts.concat())
}

/// What `fetchurl` and `fetchTarball` are asked for.
#[derive(Default)]
struct Download {
    unpacks: bool,
    url: Option<Vec<u8>>,
    name: Option<Vec<u8>>,
    expected: Option<Hash>,
    /// The attribute that is looked at; those before it are done.
    next: usize,
}

fn fetch_url<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    Ok(cx.start(Download::default(), &[arguments[0].resolved()]))
}

fn fetch_tarball<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let download = Download { unpacks: true, name: Some(b"source".to_vec()), ..Download::default() };
    Ok(cx.start(download, &[arguments[0].resolved()]))
}

/// Slots: the argument.
impl Task for Download {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, _: Value<'h>) -> Result<Step<'h>> {
        let argument = cx.slot(0);
        match argument.as_attrs() {
            None => self.url = Some(expect_plain_string(cx, argument)?.to_vec()),
            Some(set) => {
                let set = cx.shared().flat(set)?;
                while let Some((name, value)) = attribute_in_order(cx.shared(), set, self.next) {
                    if let Some(unforced) = self.attribute(cx, name, value)? {
                        return Ok(cx.force(unforced));
                    }
                    self.next += 1;
                }
            }
        }
        self.finish(cx.shared())
    }
}

impl Download {
    fn builtin(&self) -> &'static [u8] {
        if self.unpacks { b"fetchTarball" } else { b"fetchurl" }
    }

    /// Takes one attribute; or gives what must be forced first.
    fn attribute<'h>(
        &mut self,
        cx: &mut Cx<'_, 'h>,
        name: Symbol,
        value: Value<'h>,
    ) -> Result<Option<Value<'h>>> {
        if !matches!(name, Symbol::URL | Symbol::NAME | Symbol::SHA256) {
            let name = cx.shared().symbols.bytes(name);
            return Err(invalid_argument(&[
                b"unsupported argument '",
                name,
                b"' to '",
                self.builtin(),
                b"'",
            ]));
        }
        if value.is_thunk() {
            return Ok(Some(value));
        }
        let text = expect_plain_string(cx, value)?;
        match name {
            Symbol::URL => self.url = Some(text.to_vec()),
            Symbol::NAME => self.name = Some(text.to_vec()),
            _ => self.expected = Some(parse_hash(cx.shared(), text, Some(HashAlgorithm::Sha256))?),
        }
        Ok(None)
    }

    fn finish<'h>(&mut self, shared: &mut Shared) -> Result<Step<'h>> {
        let Some(url) = self.url.take() else { return Err(invalid_argument(&[b"'url' argument required"])) };
        let url = if self.unpacks { channel_address(url) } else { url };
        let name = self.name.take().filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| path::base_name(&url).to_vec());
        shared.check_uri(&url)?;
        if let Err(error) = check_name(&name) {
            let why = error.to_string();
            let hint = b". Please use the 'name' attribute to give it a valid one.";
            return Err(invalid_argument(&[
                b"invalid store path name when fetching URL '",
                &url,
                b"': ",
                why.as_bytes(),
                hint,
            ]));
        }
        match &self.expected {
            Some(expected) => self.pinned(shared, expected, &name, &url),
            None if shared.settings.pure_eval => {
                let end = b"' requires a 'sha256' argument";
                Err(invalid_argument(&[b"in pure evaluation mode, '", self.builtin(), end]))
            }
            None => Err(cannot_fetch(self.builtin(), &url)),
        }
    }

    /// What a hash names, if it is in the store.
    fn pinned<'h>(&self, shared: &mut Shared, expected: &Hash, name: &[u8], url: &[u8]) -> Result<Step<'h>> {
        let method = if self.unpacks { ContentAddressMethod::Nar } else { ContentAddressMethod::Flat };
        match stored(shared, method, expected, name)? {
            Some(path) => Ok(Step::done(shared.store_path_string(&path))),
            None => Err(cannot_fetch(self.builtin(), url)),
        }
    }
}

/// The store path of contents of that hash, if it is there.
fn stored(
    shared: &mut Shared,
    method: ContentAddressMethod,
    hash: &Hash,
    name: &[u8],
) -> Result<Option<Vec<u8>>> {
    let path = shared.add_source(method, hash, name, None)?;
    let is_there = shared.store.dir.parse(&path).is_ok_and(|parsed| shared.is_valid_store_path(&parsed));
    Ok(is_there.then_some(path))
}

#[cold]
fn cannot_fetch(builtin: &[u8], url: &[u8]) -> Error {
    let end = b"': this evaluator does not fetch; give its hash and have it in the store";
    not_available([b"'", builtin, b"' cannot fetch '", url, end].concat())
}

/// `channel:NAME` is short for the archive of a channel.
fn channel_address(url: Vec<u8>) -> Vec<u8> {
    match url.strip_prefix(b"channel:") {
        Some(channel) => [b"https://channels.nixos.org/", channel, b"/nixexprs.tar.xz"].concat(),
        None => url,
    }
}

fn fetch_git<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    fetch_tree_as(cx, b"fetchGit", arguments)
}

fn fetch_mercurial<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    fetch_tree_as(cx, b"fetchMercurial", arguments)
}

fn fetch_tree<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    fetch_tree_as(cx, b"fetchTree", arguments)
}

fn fetch_tree_as<'h>(
    cx: &mut Cx<'_, 'h>,
    builtin: &'static [u8],
    arguments: &[Value<'h>],
) -> Result<Step<'h>> {
    let task = FetchTree { builtin, ..FetchTree::default() };
    Ok(cx.start(task, &[arguments[0].resolved()]))
}

/// Takes the attributes of a tree in byte order. Slots: the argument.
#[derive(Default)]
struct FetchTree {
    builtin: &'static [u8],
    url: Option<Vec<u8>>,
    kind: Option<Vec<u8>>,
    name: Option<Vec<u8>>,
    revision: Option<Vec<u8>>,
    content: Option<Hash>,
    next: usize,
    /// Whether the input is a string that was asked for.
    coerced: bool,
}

impl Task for FetchTree {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
        let argument = cx.slot(0);
        let mut text = std::mem::take(&mut self.coerced).then_some(input);
        let Some(set) = argument.as_attrs() else {
            let text = match text {
                Some(text) => text,
                None => match self.coerce(cx, argument)?.at_once() {
                    Ok(text) => text,
                    Err(step) => return Ok(step),
                },
            };
            self.url = text.as_string().map(|string| string.bytes().to_vec());
            return self.finish(cx, None);
        };
        let flat = cx.shared().flat(set)?;
        while let Some((name, value)) = attribute_in_order(cx.shared(), flat, self.next) {
            if let Some(step) = self.attribute(cx, name, value, text.take())? {
                return Ok(step);
            }
        }
        self.finish(cx, Some(set))
    }
}

impl FetchTree {
    fn coerce<'h>(&mut self, cx: &mut Cx<'_, 'h>, value: Value<'h>) -> Result<Step<'h>> {
        let step = coerce_step(cx.shared(), value, Coerce::WEAK)?;
        self.coerced = !step.is_done();
        Ok(step)
    }

    /// Takes one attribute; or says what must be known of it first.
    fn attribute<'h>(
        &mut self,
        cx: &mut Cx<'_, 'h>,
        name: Symbol,
        value: Value<'h>,
        text: Option<Value<'h>>,
    ) -> Result<Option<Step<'h>>> {
        if value.is_thunk() {
            return Ok(Some(cx.force(value)));
        }
        let key = cx.shared().symbols.bytes(name).to_vec();
        let text = match (text, value.view()) {
            (Some(text), _) => Some(text),
            (None, View::String(_)) => Some(value),
            (None, View::Path(path)) => Some(cx.string(path)),
            (None, View::Bool(_) | View::Int(_)) => None,
            (None, View::Attrs(_)) if key == b"url" => match self.coerce(cx, value)?.at_once() {
                Ok(text) => Some(text),
                Err(step) => return Ok(Some(step)),
            },
            _ => return Err(self.wrong_type(cx.shared(), &key, value)),
        };
        if let Some(text) = text.and_then(|text| text.as_string()) {
            self.set(cx.shared(), &key, text.bytes())?;
        }
        self.next += 1;
        Ok(None)
    }

    #[cold]
    fn wrong_type(&self, shared: &Shared, key: &[u8], value: Value<'_>) -> Error {
        let found = nivose_machine::type_with_article(shared, value);
        let end = b" while a string, Boolean or integer is expected";
        invalid_argument(&[b"argument '", key, b"' to '", self.builtin, b"' is ", found.as_bytes(), end])
    }

    fn set(&mut self, shared: &mut Shared, key: &[u8], text: &[u8]) -> Result<()> {
        match key {
            b"url" => self.url = Some(text.to_vec()),
            b"type" => self.kind = Some(text.to_vec()),
            b"name" => self.name = Some(text.to_vec()),
            b"rev" => self.revision = Some(text.to_vec()),
            b"narHash" => self.content = Some(parse_hash(shared, text, Some(HashAlgorithm::Sha256))?),
            _ => {}
        }
        Ok(())
    }

    fn finish<'h>(&mut self, cx: &mut Cx<'_, 'h>, set: Option<Attrs<'h>>) -> Result<Step<'h>> {
        let is_tree = self.builtin == b"fetchTree";
        if is_tree && set.is_some() && self.kind.is_none() {
            return Err(invalid_argument(&[b"argument 'type' is missing in call to 'fetchTree'"]));
        }
        if self.url.is_none() && !is_tree {
            return Err(match (self.builtin, set) {
                (b"fetchGit", Some(set)) => cx.shared().missing_attribute(set, Symbol::URL),
                _ => invalid_argument(&[b"'url' argument required"]),
            });
        }
        let url = self.url.take().unwrap_or_default();
        if let Some(hash) = self.content.take() {
            let name = self.name.clone().unwrap_or_else(|| b"source".to_vec());
            if let Some(path) = stored(cx.shared(), ContentAddressMethod::Nar, &hash, &name)? {
                return Ok(Step::done(self.tree(cx, &path, &hash)));
            }
        }
        cx.shared().check_uri(&url)?;
        if cx.shared().settings.pure_eval && self.revision.is_none() {
            let start = b"in pure evaluation mode, '";
            return Err(invalid_argument(&[
                start,
                self.builtin,
                b"' doesn't fetch unlocked input '",
                &url,
                b"'",
            ]));
        }
        Err(cannot_fetch(self.builtin, &url))
    }

    /// What is known of a tree that is in the store.
    fn tree<'h>(&self, cx: &mut Cx<'_, 'h>, path: &[u8], hash: &Hash) -> Value<'h> {
        let out_path = cx.shared().store_path_string(path);
        let hash = cx.string(hash.format(nivose_store::HashFormat::Sri).as_bytes());
        let nar_hash = cx.shared().symbols.intern(b"narHash");
        let mut attributes = vec![(Symbol::OUT_PATH, Pos::NONE, out_path), (nar_hash, Pos::NONE, hash)];
        if let Some(revision) = &self.revision {
            let short = revision.get(..7).unwrap_or(revision);
            for (name, text) in [(&b"rev"[..], &revision[..]), (b"shortRev", short)] {
                let text = cx.string(text);
                attributes.push((cx.shared().symbols.intern(name), Pos::NONE, text));
            }
        }
        sort_attributes(&mut attributes);
        cx.heap().attrs_from(&attributes)
    }
}

fn fetch_closure<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    crate::checks::attrs(cx.shared(), arguments[0])?;
    Err(not_available(b"'fetchClosure' is not available: this evaluator does not fetch".to_vec()))
}

fn get_flake<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    require_feature(cx.shared(), "flakes")?;
    Ok(crate::arguments::force_and_run(cx, get_flake_forced, arguments, 0))
}

fn get_flake_forced<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let text = expect_plain_string(cx, arguments[0])?;
    Err(not_available([b"'getFlake' cannot fetch '", text, b"': this evaluator does not fetch"].concat()))
}

/// The builtins of this family. `fetchTree` and `fetchClosure` are seen only with the features of their names.
pub const BUILTINS: &[BuiltinSpec] = &[
    BuiltinSpec {
        name: "fetchurl",
        arguments: &["arg"],
        strict: &[0],
        doc: "The store path of the file at an address: *arg* is the address, or a set of `url`, `name` and `sha256`. \
              The file must be in the store.",
        run: fetch_url,
    },
    BuiltinSpec {
        name: "fetchTarball",
        arguments: &["args"],
        strict: &[0],
        doc: "The store path of the contents of the archive at an address: *args* is the address, or a set of `url`, \
              `name` and `sha256`. The contents must be in the store.",
        run: fetch_tarball,
    },
    BuiltinSpec {
        name: "fetchGit",
        arguments: &["args"],
        strict: &[0],
        doc: "A tree of a Git repository: *args* is its address, or a set of `url`, `rev`, `ref`, `narHash` and others. \
              The tree must be in the store, and `narHash` given.",
        run: fetch_git,
    },
    BuiltinSpec {
        name: "fetchMercurial",
        arguments: &["args"],
        strict: &[0],
        doc: "A tree of a Mercurial repository, like `fetchGit`.",
        run: fetch_mercurial,
    },
    BuiltinSpec {
        name: "getFlake",
        arguments: &["args"],
        strict: &[],
        doc: "The outputs of the flake that *args* refers to. Flakes are not fetched by this evaluator.",
        run: get_flake,
    },
    BuiltinSpec {
        name: "fetchTree",
        arguments: &["input"],
        strict: &[0],
        doc: "The tree that *input* describes: a set of `type` and what that type needs. The tree must be in the store, and \
              `narHash` given.",
        run: fetch_tree,
    },
    BuiltinSpec {
        name: "fetchClosure",
        arguments: &["args"],
        strict: &[0],
        doc: "A store path with all that it refers to from a binary cache. Not available: this evaluator does not fetch.",
        run: fetch_closure,
    },
];
