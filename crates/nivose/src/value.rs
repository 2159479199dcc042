//! Values as a program that embeds the evaluator holds them.
//!
//! A value belongs to its evaluation and keeps it alive; it survives collections, and is let go when the last clone
//! is dropped. Looking at a value evaluates it, never more than is asked for.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use nivose_base::suggestion::suggestions;
use nivose_base::{DiagnosticId, Error, Pos, Symbol};
use nivose_builtins::print::PrintOptions;
use nivose_heap::{ShapeEntry, View};
use nivose_machine::{Handle, Shared, sorted_names, type_error};

use crate::data::de::from_node;
use crate::data::lazy::Lazy;
use crate::diagnostic::{Diagnostic, Location, Result};
use crate::evaluation::Evaluation;
use crate::evaluator::Evaluator;
use crate::guarded::{Guarded, Root};

/// The type of an evaluated value.
///
/// ```
/// use nivose::Kind;
/// assert_eq!(nivose::evaluate("x: x")?.kind()?, Kind::Function);
/// # Ok::<(), nivose::Diagnostic>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// `null`
    Null,
    /// A Boolean.
    Bool,
    /// An integer of 64 bits.
    Int,
    /// A float of 64 bits.
    Float,
    /// A string: bytes, and what they refer to in the store.
    String,
    /// A path.
    Path,
    /// A list.
    List,
    /// A set of attributes.
    Attrs,
    /// A function, written in Nix or built in.
    Function,
}

/// A value of an evaluation. Clones are the same value. It can go to other threads, and it cannot be used with another
/// evaluation: that is refused.
///
/// ```
/// let lib = nivose::evaluate("{ double = x: 2 * x; broken = throw \"never asked for\"; }")?;
/// let double = lib.attribute("double")?;
/// let answer = double.call([&lib.evaluation().to_value(&21)?])?;
/// assert_eq!(answer.as_int()?, 42);
/// # Ok::<(), nivose::Diagnostic>(())
/// ```
#[derive(Clone)]
pub struct Value {
    root: Arc<Root>,
    /// Where it was found: the place of the attribute.
    pos: Pos,
}

type Values<'h> = Vec<nivose_heap::Value<'h>>;

impl Value {
    pub(crate) fn new(root: Root) -> Self {
        Value { root: Arc::new(root), pos: Pos::NONE }
    }

    /// A value that was found at a place.
    pub(crate) fn found(root: Root, pos: Pos) -> Self {
        Value { root: Arc::new(root), pos }
    }

    fn kept(&self, handle: Handle, pos: Pos) -> Self {
        Value { root: Arc::new(Root { guarded: self.guarded().clone(), handle }), pos }
    }

    pub(crate) fn guarded(&self) -> &Arc<Guarded> {
        &self.root.guarded
    }

    /// The handle, if the value belongs to this evaluation.
    pub(crate) fn handle_in(&self, guarded: &Arc<Guarded>) -> Result<Handle> {
        if Arc::ptr_eq(self.guarded(), guarded) {
            return Ok(self.root.handle);
        }
        Err(Diagnostic::new(DiagnosticId::ForeignValue, DiagnosticId::ForeignValue.headline()))
    }

    /// Does something with the value; errors without a place get that of the value.
    fn run<T>(&self, work: impl FnOnce(&mut Evaluator, Handle) -> nivose_base::Result<T>) -> Result<T> {
        self.guarded().run(|evaluator| work(evaluator, self.root.handle).map_err(|error| error.at(self.pos)))
    }

    /// Looks at the evaluated value.
    fn look<T>(
        &self,
        look: impl for<'h> FnOnce(&mut Shared, nivose_heap::Value<'h>) -> nivose_base::Result<T>,
    ) -> Result<T> {
        self.run(|evaluator, handle| {
            evaluator.machine().force_handle(handle)?;
            evaluator.machine().inspect(handle, look)
        })
    }

    /// Keeps values that are found in the evaluated value.
    fn find(
        &self,
        find: impl for<'h> FnOnce(
            &mut Shared,
            nivose_heap::Value<'h>,
        ) -> nivose_base::Result<Vec<nivose_heap::Value<'h>>>,
    ) -> Result<Vec<Handle>> {
        self.run(|evaluator, handle| {
            evaluator.machine().force_handle(handle)?;
            evaluator.machine().find_in(handle, find)
        })
    }

    /// The evaluation that it belongs to. An example is with [`Value`].
    pub fn evaluation(&self) -> Evaluation {
        Evaluation::of(self)
    }

    /// Where the value was found, if it was found as an attribute whose place is known.
    ///
    /// # Errors
    /// If the evaluation cannot be used.
    ///
    /// ```
    /// let set = nivose::evaluate("{\n  a = 1;\n}")?;
    /// assert_eq!(set.attribute("a")?.location()?.map(|place| place.line), Some(2));
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn location(&self) -> Result<Option<Location>> {
        let pos = self.pos;
        self.guarded().look(|evaluator| Location::of(&evaluator.machine().shared.sources, pos))
    }

    /// Whether looking at it takes no evaluation.
    ///
    /// # Errors
    /// If the evaluation cannot be used.
    ///
    /// ```
    /// let set = nivose::evaluate("{ a = 1 + 1; }")?;
    /// let a = set.attribute("a")?;
    /// assert!(!a.is_evaluated()?);
    /// a.force()?;
    /// assert!(a.is_evaluated()?);
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn is_evaluated(&self) -> Result<bool> {
        let handle = self.root.handle;
        self.guarded()
            .look(|evaluator| evaluator.machine().inspect(handle, |_, value| !value.resolved().is_thunk()))
    }

    /// Evaluates it, not deeply.
    ///
    /// # Errors
    /// What the evaluation fails with.
    ///
    /// ```
    /// let set = nivose::evaluate("{ a = throw \"no\"; }")?;
    /// assert_eq!(set.attribute("a")?.force().err().map(|failure| failure.message().to_owned()), Some("no".into()));
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn force(&self) -> Result<()> {
        self.run(|evaluator, handle| evaluator.machine().force_handle(handle))
    }

    /// Evaluates everything within it.
    ///
    /// # Errors
    /// What the evaluation fails with.
    ///
    /// ```
    /// assert!(nivose::evaluate("[ { a = 1 / 0; } ]")?.force_deep().is_err());
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn force_deep(&self) -> Result<()> {
        self.run(|evaluator, handle| {
            let forced = evaluator.force_deep(handle)?;
            evaluator.machine().release(forced);
            evaluator.machine().force_handle(handle)
        })
    }

    /// The type of the value.
    ///
    /// # Errors
    /// What the evaluation fails with. An example is with [`Kind`].
    pub fn kind(&self) -> Result<Kind> {
        self.look(|_, value| {
            Ok(match value.resolved().view() {
                View::Null => Kind::Null,
                View::Bool(_) => Kind::Bool,
                View::Int(_) => Kind::Int,
                View::Float(_) => Kind::Float,
                View::String(_) => Kind::String,
                View::Path(_) => Kind::Path,
                View::List(_) => Kind::List,
                View::Attrs(_) => Kind::Attrs,
                View::Closure(_) | View::Builtin(_) | View::Partial { .. } => Kind::Function,
                View::Thunk(_) | View::Internal => return Err(internal("a forced value that is none")),
            })
        })
    }

    /// Whether it is `null`.
    ///
    /// # Errors
    /// What the evaluation fails with.
    ///
    /// ```
    /// assert!(nivose::evaluate("null")?.is_null()?);
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn is_null(&self) -> Result<bool> {
        Ok(self.kind()? == Kind::Null)
    }

    /// The Boolean that it is.
    ///
    /// # Errors
    /// A value of another type, or what the evaluation fails with.
    ///
    /// ```
    /// assert!(nivose::evaluate("1 < 2")?.as_bool()?);
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn as_bool(&self) -> Result<bool> {
        self.look(|shared, value| expect(shared, "a Boolean", value, value.resolved().as_bool()))
    }

    /// The integer that it is.
    ///
    /// # Errors
    /// A value of another type, or what the evaluation fails with.
    ///
    /// ```
    /// let failure = nivose::evaluate("1.5")?.as_int().err().expect("a float is no integer");
    /// assert_eq!(failure.message(), "expected an integer but found a float: 1.5");
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn as_int(&self) -> Result<i64> {
        self.look(|shared, value| expect(shared, "an integer", value, value.resolved().as_int()))
    }

    /// The float that it is; of an integer the nearest.
    ///
    /// # Errors
    /// A value of another type, or what the evaluation fails with.
    ///
    /// ```
    /// assert_eq!(nivose::evaluate("1 / 2.0")?.as_float()?, 0.5);
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn as_float(&self) -> Result<f64> {
        self.look(|shared, value| {
            let plain = value.resolved();
            let number = plain.as_float().or_else(|| plain.as_int().map(|int| int as f64));
            expect(shared, "a float", value, number)
        })
    }

    /// The bytes of the string that it is.
    ///
    /// # Errors
    /// A value of another type, or what the evaluation fails with.
    ///
    /// ```
    /// assert_eq!(nivose::evaluate("\"a\" + \"b\"")?.as_bytes()?, b"ab");
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn as_bytes(&self) -> Result<Vec<u8>> {
        self.look(|shared, value| {
            let text = value.resolved().as_string().map(|string| string.bytes().to_vec());
            expect(shared, "a string", value, text)
        })
    }

    /// The text of the string that it is.
    ///
    /// # Errors
    /// A value of another type, a string that is not UTF-8, or what the evaluation fails with.
    ///
    /// ```
    /// assert_eq!(nivose::evaluate("builtins.concatStringsSep \", \" [ \"a\" \"b\" ]")?.as_str()?, "a, b");
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn as_str(&self) -> Result<String> {
        utf8(self.as_bytes()?)
    }

    /// The path that it is.
    ///
    /// # Errors
    /// A value of another type, a path that is not UTF-8, or what the evaluation fails with.
    ///
    /// ```
    /// assert_eq!(nivose::evaluate("/a/b + \"/../c\"")?.as_path()?, "/a/c");
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn as_path(&self) -> Result<String> {
        utf8(self.look(|shared, value| {
            let path = value.resolved().as_path().map(<[u8]>::to_vec);
            expect(shared, "a path", value, path)
        })?)
    }

    /// What the string refers to in the store: `PATH`, `PATH^OUTPUT`, or `PATH (deep)`.
    ///
    /// # Errors
    /// A value of another type, or what the evaluation fails with.
    ///
    /// ```
    /// let text = "builtins.appendContext \"x\" { \"${builtins.storeDir}/00000000000000000000000000000000-a\".path = true; }";
    /// assert_eq!(nivose::evaluate(text)?.context()?, ["/nix/store/00000000000000000000000000000000-a"]);
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn context(&self) -> Result<Vec<String>> {
        self.look(|shared, value| {
            let elements = value.resolved().as_string().map(|string| string.context().to_vec());
            let elements = expect(shared, "a string", value, elements)?;
            let describe =
                |element| String::from_utf8_lossy(&shared.contexts.get(element).describe()).into_owned();
            Ok(elements.into_iter().map(describe).collect())
        })
    }

    /// The number of elements of a list, or of attributes of a set.
    ///
    /// # Errors
    /// A value of another type, or what the evaluation fails with.
    ///
    /// ```
    /// assert_eq!(nivose::evaluate("[ 1 2 3 ]")?.len()?, 3);
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn len(&self) -> Result<usize> {
        self.look(|shared, value| {
            let plain = value.resolved();
            let len = plain.as_list().map(<[_]>::len).or_else(|| plain.as_attrs().map(|set| set.len()));
            expect(shared, "a list", value, len)
        })
    }

    /// Whether a list has no elements, or a set no attributes.
    ///
    /// # Errors
    /// A value of another type, or what the evaluation fails with.
    ///
    /// ```
    /// assert!(nivose::evaluate("{ }")?.is_empty()?);
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }

    /// An element of a list, counted from 0, unevaluated; `None` beyond the end.
    ///
    /// # Errors
    /// A value of another type, or what the evaluation fails with.
    ///
    /// ```
    /// let list = nivose::evaluate("[ 1 (1 / 0) ]")?;
    /// assert_eq!(list.element(0)?.expect("there are two").as_int()?, 1);
    /// assert!(list.element(2)?.is_none());
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn element(&self, index: usize) -> Result<Option<Value>> {
        let found = self.find(|shared, value| {
            let list = expect(shared, "a list", value, value.resolved().as_list())?;
            Ok(list.get(index).copied().into_iter().collect())
        })?;
        Ok(found.first().map(|&handle| self.kept(handle, self.pos)))
    }

    /// The elements of a list, unevaluated.
    ///
    /// # Errors
    /// A value of another type, or what the evaluation fails with.
    ///
    /// ```
    /// let squares = nivose::evaluate("map (n: n * n) [ 1 2 3 ]")?;
    /// let sum = squares.elements()?.iter().map(|n| n.as_int()).sum::<Result<i64, _>>()?;
    /// assert_eq!(sum, 14);
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn elements(&self) -> Result<Vec<Value>> {
        let found = self.find(|shared, value| {
            Ok(expect(shared, "a list", value, value.resolved().as_list())?.to_vec())
        })?;
        Ok(found.into_iter().map(|handle| self.kept(handle, self.pos)).collect())
    }

    /// An attribute of a set, unevaluated; `None` if there is none of that name.
    ///
    /// # Errors
    /// A value of another type, or what the evaluation fails with.
    ///
    /// ```
    /// let set = nivose::evaluate("{ a = 1; }")?;
    /// assert!(set.get("a")?.is_some());
    /// assert!(set.get("b")?.is_none());
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn get(&self, name: impl AsRef<[u8]>) -> Result<Option<Value>> {
        let mut pos = Pos::NONE;
        let found = self.find(|shared, value| {
            let set = expect(shared, "a set", value, value.resolved().as_attrs())?;
            let Some(name) = shared.symbols.lookup(name.as_ref()) else { return Ok(Vec::new()) };
            pos = set.position_of(name).unwrap_or(self.pos);
            Ok(set.get(name).into_iter().collect())
        })?;
        Ok(found.first().map(|&handle| self.kept(handle, pos)))
    }

    /// An attribute of a set, unevaluated.
    ///
    /// # Errors
    /// A set without it, a value of another type, or what the evaluation fails with.
    ///
    /// ```
    /// let failure = nivose::evaluate("{ count = 1; }")?.attribute("cuont").err().expect("a mistake");
    /// assert_eq!((failure.message(), failure.suggestions()), ("attribute 'cuont' missing", &["count".to_owned()][..]));
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn attribute(&self, name: impl AsRef<[u8]>) -> Result<Value> {
        let name = name.as_ref();
        match self.get(name)? {
            Some(value) => Ok(value),
            None => self.look(|shared, value| Err(missing(shared, value, name))),
        }
    }

    /// The value that a path of attributes and indices leads to, such as `a.b.0` or `a."b.c"`, evaluated. Functions on
    /// the way whose arguments all have defaults are called, as by `nix-instantiate -A`.
    ///
    /// # Errors
    /// A path that leads nowhere, or what the evaluation fails with.
    ///
    /// ```
    /// let set = nivose::evaluate("{ a = { n ? 2 }: { list = [ 1 n ]; }; }")?;
    /// assert_eq!(set.select("a.list.1")?.as_int()?, 2);
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn select(&self, path: &str) -> Result<Value> {
        let handle = self.run(|evaluator, handle| {
            let arguments = evaluator.empty_set();
            let selected = evaluator.select(handle, path.as_bytes(), arguments);
            evaluator.machine().release(arguments);
            match selected? {
                same if same == handle => evaluator.again(handle),
                other => Ok(other),
            }
        })?;
        Ok(self.kept(handle, Pos::NONE))
    }

    /// The names of a set's attributes, in byte order.
    ///
    /// # Errors
    /// A value of another type, a name that is not UTF-8, or what the evaluation fails with.
    ///
    /// ```
    /// assert_eq!(nivose::evaluate("{ b = 1; a = 2; }")?.names()?, ["a", "b"]);
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn names(&self) -> Result<Vec<String>> {
        let names = self.look(|shared, value| {
            let set = expect(shared, "a set", value, value.resolved().as_attrs())?;
            let name = |entry: ShapeEntry| shared.symbols.bytes(entry.name).to_vec();
            Ok(sorted_names(&shared.symbols, set).into_iter().map(name).collect::<Vec<_>>())
        })?;
        names.into_iter().map(utf8).collect()
    }

    /// The attributes of a set, unevaluated, in byte order of the names.
    ///
    /// # Errors
    /// A value of another type, a name that is not UTF-8, or what the evaluation fails with.
    ///
    /// ```
    /// for (name, value) in nivose::evaluate("{ a = 1; b = 2; }")?.attributes()? {
    ///     println!("{name} is {}", value.as_int()?);
    /// }
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn attributes(&self) -> Result<Vec<(String, Value)>> {
        let names = self.names()?;
        let mut places = Vec::new();
        let found = self.find(|shared, value| {
            let set = expect(shared, "a set", value, value.resolved().as_attrs())?;
            let order: Vec<Symbol> =
                sorted_names(&shared.symbols, set).into_iter().map(|entry| entry.name).collect();
            places = order.iter().map(|&name| set.position_of(name).unwrap_or(self.pos)).collect();
            Ok::<Values<'_>, Error>(order.iter().filter_map(|&name| set.get(name)).collect())
        })?;
        let values = found.into_iter().zip(places).map(|(handle, pos)| self.kept(handle, pos));
        Ok(names.into_iter().zip(values).collect())
    }

    /// Calls a function with arguments, one after the other; the result is evaluated.
    ///
    /// # Errors
    /// A value that cannot be called, an argument of another evaluation, or what the evaluation fails with.
    ///
    /// ```
    /// let add = nivose::evaluate("a: b: a + b")?;
    /// let two = add.evaluation().to_value(&2)?;
    /// assert_eq!(add.call([&two, &two])?.as_int()?, 4);
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn call<'a>(&self, arguments: impl IntoIterator<Item = &'a Value>) -> Result<Value> {
        let arguments = arguments.into_iter();
        let handles = arguments.map(|value| value.handle_in(self.guarded())).collect::<Result<Vec<_>>>()?;
        let handle = self.run(|evaluator, function| {
            let mut result = evaluator.again(function)?;
            for &argument in &handles {
                let next = evaluator.apply(result, argument);
                evaluator.machine().release(result);
                result = next?;
            }
            Ok(result)
        })?;
        Ok(self.kept(handle, Pos::NONE))
    }

    /// Whether two values are equal, as `==` says; evaluates what it has to.
    ///
    /// # Errors
    /// A value of another evaluation, or what the evaluation fails with.
    ///
    /// ```
    /// let pair = nivose::evaluate("[ { a = 1; } { a = 2 - 1; } ]")?;
    /// assert!(pair.element(0)?.expect("two").equals(&pair.element(1)?.expect("two"))?);
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn equals(&self, other: &Value) -> Result<bool> {
        let other = other.handle_in(self.guarded())?;
        self.run(|evaluator, handle| evaluator.equal(handle, other))
    }

    /// How two values are ordered, as `<` says: numbers, strings, paths, and lists of these.
    ///
    /// # Errors
    /// Values without an order, a value of another evaluation, or what the evaluation fails with.
    ///
    /// ```
    /// use std::cmp::Ordering;
    /// let list = nivose::evaluate("[ \"b\" \"a\" ]")?.elements()?;
    /// assert_eq!(list[0].compare(&list[1])?, Ordering::Greater);
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn compare(&self, other: &Value) -> Result<Ordering> {
        let other = other.handle_in(self.guarded())?;
        self.run(|evaluator, handle| {
            if evaluator.less(handle, other)? {
                return Ok(Ordering::Less);
            }
            Ok(if evaluator.less(other, handle)? { Ordering::Greater } else { Ordering::Equal })
        })
    }

    /// The text that `nix eval` prints for it: everything is evaluated, and parts that fail are printed as
    /// `«error: …»`. Its [`Display`](fmt::Display) form evaluates nothing instead.
    ///
    /// # Errors
    /// What the evaluation of the value itself fails with.
    ///
    /// ```
    /// let set = nivose::evaluate("{ a = 1 + 1; b = 1 / 0; }")?;
    /// assert_eq!(set.to_string(), "{ a = «thunk»; b = «thunk»; }");
    /// assert_eq!(set.print()?, "{ a = 2; b = «error: division by zero»; }");
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn print(&self) -> Result<String> {
        self.text(|evaluator, handle| evaluator.print(handle, PrintOptions::EVAL))
    }

    /// The same with a line for every part of a list or set, as `nix repl` prints it for `:p`.
    ///
    /// # Errors
    /// What the evaluation of the value itself fails with.
    ///
    /// ```
    /// let set = nivose::evaluate("{ a = 1; b = [ ]; }")?;
    /// assert_eq!(set.print_pretty()?, "{\n  a = 1;\n  b = [ ];\n}");
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn print_pretty(&self) -> Result<String> {
        self.text(|evaluator, handle| evaluator.print(handle, PrintOptions::REPL_DEEP))
    }

    /// The string that it is coerced to by interpolation.
    ///
    /// # Errors
    /// A value that has no string form, or what the evaluation fails with.
    ///
    /// ```
    /// assert_eq!(nivose::evaluate("{ outPath = \"/out\"; }")?.coerce_to_string()?, "/out");
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn coerce_to_string(&self) -> Result<String> {
        self.text(Evaluator::coerce_to_string)
    }

    /// The value as JSON, as `nix-instantiate --json` prints it.
    ///
    /// # Errors
    /// A value that has no JSON form, or what the evaluation fails with.
    ///
    /// ```
    /// assert_eq!(nivose::evaluate("{ a = [ 1 null ]; }")?.to_json()?, r#"{"a":[1,null]}"#);
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn to_json(&self) -> Result<String> {
        self.text(|evaluator, handle| evaluator.to_json(handle, false))
    }

    /// The value as XML, as `builtins.toXML` gives it.
    ///
    /// # Errors
    /// What the evaluation fails with.
    ///
    /// ```
    /// assert!(nivose::evaluate("[ 1 ]")?.to_xml()?.contains("<int value=\"1\" />"));
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn to_xml(&self) -> Result<String> {
        self.text(|evaluator, handle| evaluator.to_xml(handle, true, false))
    }

    /// The derivations that it holds: itself, or those in lists and sets.
    ///
    /// # Errors
    /// A value that is not made of derivations, or what the evaluation fails with.
    ///
    /// ```
    /// let package = "derivation { name = \"a\"; system = \"x\"; builder = \"/b\"; }";
    /// let found = nivose::evaluate(package)?.derivations()?;
    /// assert!(String::from_utf8_lossy(&found[0].drv_path).ends_with("-a.drv"));
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn derivations(&self) -> Result<Vec<crate::derivations::FoundDerivation>> {
        self.run(|evaluator, handle| {
            evaluator.machine().force_handle(handle)?;
            let arguments = evaluator.empty_set();
            let found = evaluator.derivations(handle, arguments);
            evaluator.machine().release(arguments);
            found
        })
    }

    /// The value as data of Rust. Only what the type asks for is evaluated: attributes that a structure does not have
    /// are left alone. It is one operation: the limits of steps and time hold for the whole, and the evaluation is busy
    /// while the data is made.
    ///
    /// # Errors
    /// A value that does not fit the type, with the place of the attribute; or what the evaluation fails with.
    ///
    /// ```
    /// #[derive(serde::Deserialize)]
    /// struct Server { host: String, port: u16 }
    /// let text = "{ host = \"a\" + \"b\"; port = 8000 + 80; other = throw \"left alone\"; }";
    /// let server: Server = nivose::evaluate(text)?.to()?;
    /// assert_eq!((server.host.as_str(), server.port), ("ab", 8080));
    /// # Ok::<(), nivose::Diagnostic>(())
    /// ```
    pub fn to<T: serde::de::DeserializeOwned>(&self) -> Result<T> {
        self.run(|evaluator, handle| {
            let handle = evaluator.again(handle)?;
            from_node(Lazy::new(&RefCell::new(evaluator), handle, self.pos))
        })
    }

    fn text(
        &self,
        print: impl FnOnce(&mut Evaluator, Handle) -> nivose_base::Result<Vec<u8>>,
    ) -> Result<String> {
        let bytes = self.run(|evaluator, handle| {
            evaluator.machine().force_handle(handle)?;
            print(evaluator, handle)
        })?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

fn internal(what: &str) -> Error {
    Error::new(DiagnosticId::Internal, &[&what])
}

fn expect<T>(
    shared: &Shared,
    what: &str,
    value: nivose_heap::Value<'_>,
    found: Option<T>,
) -> nivose_base::Result<T> {
    found.ok_or_else(|| type_error(shared, what, value))
}

fn missing(shared: &Shared, value: nivose_heap::Value<'_>, name: &[u8]) -> Error {
    let entries = value.resolved().as_attrs().map(|set| set.parts().0).unwrap_or_default();
    let near = suggestions(name, entries.iter().map(|entry| shared.symbols.bytes(entry.name)));
    Error::new(DiagnosticId::MissingAttribute, &[&name]).suggest(near)
}

fn utf8(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
        Diagnostic::new(DiagnosticId::Conversion, format!("'{text}' is not valid UTF-8"))
    })
}

impl fmt::Display for Value {
    /// Writes what is known of the value; nothing is evaluated.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = PrintOptions::MESSAGE;
        let printed = if self.is_evaluated().unwrap_or(false) {
            self.run(|evaluator, handle| evaluator.print(handle, options))
        } else {
            Ok("«thunk»".into())
        };
        match printed {
            Ok(text) => f.write_str(&String::from_utf8_lossy(&text)),
            Err(failure) => write!(f, "«error: {}»", failure.message()),
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value({self})")
    }
}
