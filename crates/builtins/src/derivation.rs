//! `derivationStrict`: from a set of attributes to the paths of a derivation and its outputs.
//!
//! A task goes through the attributes in byte order of their names and gathers plain data; `derivation_description`
//! makes the derivation of it.

use nivose_base::{Error, Pos, Result, Symbol, TraceFrame};
use nivose_heap::{Attrs, FlatAttrs, Value};
use nivose_machine::coerce::coerce_step;
use nivose_machine::{BuiltinSpec, Coerce, Cx, DescriptionRoom, Step, Task, name_order};

use crate::arguments::expect_plain_string;

use crate::checks;
use crate::derivation_description::Description;
use crate::json::{JsonOptions, ToJson};

/// How the values of attributes become strings: everything, paths as store paths.
const ANYTHING: Coerce = Coerce(Coerce::STRONG.0 | Coerce::IMPORT_PATHS.0);

fn derivation_strict<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let set = arguments[0].resolved();
    let attributes = checks::attrs(cx.shared(), set)?;
    let Some(name) = attributes.get(Symbol::NAME) else {
        return Err(cx.shared().missing_attribute(attributes, Symbol::NAME));
    };
    let DescriptionRoom { derivation, context, order } = cx.shared().store.take_room();
    let description = Description::new(derivation, context);
    let task = DerivationStrict { description, order, ..DerivationStrict::default() };
    Ok(cx.start(task, &[set, name]))
}

/// What the input of the next step is.
#[derive(Clone, Copy, Default)]
enum Waiting {
    /// The name of the derivation, which stands in slot 1.
    #[default]
    Name,
    /// Nothing: go on with the attributes.
    Nothing,
    /// The string form of an attribute.
    Text(Symbol),
    /// The string form of an argument of the builder.
    Argument,
    /// The JSON form of an attribute.
    Json(Symbol),
}

/// Goes through the attributes. Slots: the set, and the value of its `name`.
#[derive(Default)]
struct DerivationStrict {
    description: Description,
    /// Indices of the attributes in byte order of their names.
    order: Vec<u32>,
    /// How many attributes are done.
    done: usize,
    /// The attribute that is looked at, for messages.
    current: Option<u32>,
    /// How many elements of `args` are done.
    arguments_done: usize,
    waiting: Waiting,
}

impl Task for DerivationStrict {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
        let Some(set) = cx.slot(0).as_attrs() else { return Ok(Step::done(Value::NULL)) };
        if let Some(step) = self.take(cx, set, input)? {
            return Ok(step);
        }
        for _ in 0..1000 {
            self.current = self.order.get(self.done).copied();
            let Some(index) = self.current else { return self.finish(cx) };
            let flat = cx.shared().flat(set)?;
            let (name, value) =
                (flat.entries()[index as usize].name, flat.values()[index as usize].resolved());
            let step = match value.is_thunk() && name != Symbol::IGNORE_NULLS {
                true => Some(cx.force(value)),
                false => self.attribute(cx, name, value)?,
            };
            if let Some(step) = step {
                return Ok(step);
            }
        }
        Ok(Step::YIELD)
    }

    fn recovers(&self) -> bool {
        true
    }

    fn recover<'h>(&mut self, cx: &mut Cx<'_, 'h>, error: Error) -> Result<Step<'h>> {
        Err(self.explain(cx, error))
    }
}

impl DerivationStrict {
    /// Takes what the last step asked for. May ask for more.
    fn take<'h>(
        &mut self,
        cx: &mut Cx<'_, 'h>,
        set: Attrs<'h>,
        input: Value<'h>,
    ) -> Result<Option<Step<'h>>> {
        match std::mem::replace(&mut self.waiting, Waiting::Nothing) {
            Waiting::Name => self.begin(cx, set),
            Waiting::Nothing => Ok(None),
            Waiting::Text(name) => self.text(cx, name, input).map(|()| None),
            Waiting::Argument => self.argument(cx, input).map(|()| None),
            Waiting::Json(name) => self.json(cx, set, name, input).map(|()| None),
        }
    }

    /// The attributes that say how to go through the others.
    fn begin<'h>(&mut self, cx: &mut Cx<'_, 'h>, set: Attrs<'h>) -> Result<Option<Step<'h>>> {
        self.waiting = Waiting::Name;
        let name = cx.slot(1).resolved();
        if name.is_thunk() {
            return Ok(Some(cx.force(name)));
        }
        let name = expect_plain_string(cx, name)?;
        self.description.set_name(name)?;
        for symbol in [Symbol::STRUCTURED_ATTRS, Symbol::IGNORE_NULLS] {
            let Some(flag) = set.get(symbol).map(Value::resolved) else { continue };
            if flag.is_thunk() {
                return Ok(Some(cx.force(flag)));
            }
            let flag = checks::boolean(cx.shared(), flag)?;
            match symbol {
                Symbol::STRUCTURED_ATTRS => self.description.structured = flag.then(Vec::new),
                _ => self.description.ignores_nulls = flag,
            }
        }
        self.description.derivation.env.reserve();
        let flat = cx.shared().flat(set)?;
        self.order.clear();
        self.order.extend_from_slice(name_order(cx.shared(), flat));
        self.waiting = Waiting::Nothing;
        Ok(None)
    }

    /// One attribute, whose value is forced. None if it is done.
    fn attribute<'h>(
        &mut self,
        cx: &mut Cx<'_, 'h>,
        name: Symbol,
        value: Value<'h>,
    ) -> Result<Option<Step<'h>>> {
        if name == Symbol::ARGS && !(value.is_null() && self.description.ignores_nulls) {
            return self.next_argument(cx, value);
        }
        self.done += 1;
        if name == Symbol::IGNORE_NULLS || (value.is_null() && self.description.ignores_nulls) {
            return Ok(None);
        }
        match name {
            Symbol::CONTENT_ADDRESSED | Symbol::IMPURE => {
                let flag = checks::boolean(cx.shared(), value)?;
                self.description.set_kind(cx.shared(), name, flag).map(|()| None)
            }
            Symbol::STRUCTURED_ATTRS if self.description.structured.is_some() => Ok(None),
            _ if self.description.structured.is_some() => {
                self.waiting = Waiting::Json(name);
                let task = ToJson::new(cx.shared(), JsonOptions::default());
                Ok(Some(cx.start(task, &[value])))
            }
            _ => match coerce_step(cx.shared(), value, ANYTHING)?.at_once() {
                Ok(string) => self.text(cx, name, string).map(|()| None),
                Err(step) => {
                    self.waiting = Waiting::Text(name);
                    Ok(Some(step))
                }
            },
        }
    }

    /// Goes on with the list `args`. None if something is done.
    fn next_argument<'h>(&mut self, cx: &mut Cx<'_, 'h>, list: Value<'h>) -> Result<Option<Step<'h>>> {
        let elements = checks::list(cx.shared(), list)?;
        let Some(element) = elements.get(self.arguments_done).map(|element| element.resolved()) else {
            self.done += 1;
            return Ok(None);
        };
        if element.is_thunk() {
            return Ok(Some(cx.force(element)));
        }
        match coerce_step(cx.shared(), element, ANYTHING)?.at_once() {
            Ok(string) => self.argument(cx, string).map(|()| None),
            Err(step) => {
                self.waiting = Waiting::Argument;
                Ok(Some(step))
            }
        }
    }

    fn argument<'h>(&mut self, cx: &mut Cx<'_, 'h>, string: Value<'h>) -> Result<()> {
        self.arguments_done += 1;
        let text = self.string(cx, string)?;
        self.description.derivation.args.push(text);
        Ok(())
    }

    /// The bytes of a string; what it refers to is remembered.
    fn string<'h>(&mut self, cx: &mut Cx<'_, 'h>, value: Value<'h>) -> Result<&'h [u8]> {
        let string = crate::arguments::expect_string(cx, value)?;
        if string.has_context() {
            self.description.context.extend_from_slice(&string.context());
        }
        Ok(string.bytes())
    }

    /// The string form of an attribute: a variable of the environment.
    fn text<'h>(&mut self, cx: &mut Cx<'_, 'h>, name: Symbol, value: Value<'h>) -> Result<()> {
        let text = self.string(cx, value)?;
        match name {
            Symbol::OUTPUTS => {
                let names = text.split(|byte| byte.is_ascii_whitespace()).filter(|name| !name.is_empty());
                self.description.set_outputs(cx.shared(), names)?;
            }
            Symbol::JSON => self.description.warn_of_json(cx.shared()),
            _ => self.description.set_special(cx.shared(), name, text)?,
        }
        self.description.derivation.env.push(cx.shared().symbols.bytes(name), text);
        Ok(())
    }

    /// The JSON form of an attribute; the special ones are looked at besides.
    fn json<'h>(
        &mut self,
        cx: &mut Cx<'_, 'h>,
        set: Attrs<'h>,
        name: Symbol,
        value: Value<'h>,
    ) -> Result<()> {
        let text = self.string(cx, value)?;
        let key = cx.shared().symbols.bytes(name).to_vec();
        self.description.add_json(&key, text)?;
        let value = set.get(name).unwrap_or(Value::NULL).resolved();
        match name {
            Symbol::OUTPUTS => {
                let elements = checks::list(cx.shared(), value)?;
                let names: Result<Vec<&[u8]>> =
                    elements.iter().map(|element| expect_plain_string(cx, *element)).collect();
                self.description.set_outputs(cx.shared(), names?.into_iter())
            }
            Symbol::BUILDER => {
                let text = self.string(cx, value)?;
                self.description.set_special(cx.shared(), name, text)
            }
            Symbol::SYSTEM | Symbol::OUTPUT_HASH | Symbol::OUTPUT_HASH_ALGO | Symbol::OUTPUT_HASH_MODE => {
                let text = expect_plain_string(cx, value)?;
                self.description.set_special(cx.shared(), name, text)
            }
            _ => self.description.warn_of_ineffective(cx.shared(), name),
        }
    }

    /// All attributes are known: the result.
    fn finish<'h>(&mut self, cx: &mut Cx<'_, 'h>) -> Result<Step<'h>> {
        let paths = self.description.instantiate(cx.shared())?;
        let Description { derivation, context, .. } = std::mem::take(&mut self.description);
        let order = std::mem::take(&mut self.order);
        cx.shared().store.give_back(DescriptionRoom { derivation, context, order });
        Ok(Step::done(paths))
    }

    /// Adds where in which derivation an error arose.
    #[cold]
    fn explain(&self, cx: &mut Cx<'_, '_>, mut error: Error) -> Error {
        let Some(set) = cx.slot(0).as_attrs() else { return error };
        // The name was evaluated first.
        let name = set.get(Symbol::NAME).and_then(|name| name.resolved().as_string());
        let name = name.map_or(&b""[..], |name| name.bytes());
        let entries = set.as_flat().map_or(&[][..], FlatAttrs::entries);
        if let Some(entry) = self.current.and_then(|index| entries.get(index as usize)) {
            let attribute = cx.shared().symbols.bytes(entry.name);
            let message =
                [b"while evaluating attribute '", attribute, b"' of derivation '", name, b"'"].concat();
            error.push_trace(TraceFrame::always(message, entry.pos));
        }
        let pos = set.position_of(Symbol::NAME).unwrap_or(Pos::NONE);
        let mut message = [b"while evaluating derivation '", name, b"'"].concat();
        if pos.is_some() {
            let place = format!("\n  whose name attribute is located at {}", cx.shared().describe(pos));
            message.extend_from_slice(place.as_bytes());
        }
        error.push_trace(TraceFrame::always(message, Pos::NONE));
        error
    }
}

/// The builtins of this family.
pub const BUILTINS: &[BuiltinSpec] = &[BuiltinSpec {
    name: "derivationStrict",
    arguments: &["attributes"],
    strict: &[0],
    doc: "Instantiates the derivation that *attributes* describe and gives its path, `drvPath`, and those of its \
          outputs, by their names.",
    run: derivation_strict,
}];
