//! The derivations that a value holds: what `nix-instantiate` instantiates.

use nivose_base::{DiagnosticId, Error, Result, Symbol};
use nivose_heap::Value;
use nivose_machine::{Handle, byte_order, type_error};

use crate::evaluator::Evaluator;

/// A derivation that a value holds. An example is with [`Value::derivations`](crate::Value::derivations).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoundDerivation {
    /// The path of its file in the store.
    pub drv_path: Vec<u8>,
    /// The output that was asked for.
    pub output_name: Vec<u8>,
}

/// What a look at a value tells.
enum Finding {
    /// A set that is to be looked at for its `type`.
    Typed,
    /// Lists and sets whose parts may be derivations, by number in the order to visit.
    Parts(Vec<u32>),
    /// Something else.
    Other,
}

impl Evaluator {
    /// The derivations in a value: itself, or those in lists and sets. Sets within sets are entered
    /// if they say `recurseForDerivations = true`. Functions are called with `arguments`, a set.
    ///
    /// # Errors
    /// A value that is not made of derivations, or what the evaluation fails with.
    pub fn derivations(&mut self, value: Handle, arguments: Handle) -> Result<Vec<FoundDerivation>> {
        self.machine().forget_visits();
        let mut search = Search { evaluator: self, found: Vec::new(), held: Vec::new() };
        let result = search.run(value, arguments);
        let Search { found, held, .. } = search;
        held.into_iter().for_each(|handle| self.machine().release(handle));
        result.map(|()| found)
    }
}

struct Search<'a> {
    evaluator: &'a mut Evaluator,
    found: Vec<FoundDerivation>,
    /// What is to be let go at the end.
    held: Vec<Handle>,
}

impl Search<'_> {
    fn run(&mut self, value: Handle, arguments: Handle) -> Result<()> {
        let mut pending = vec![(value, true)];
        while let Some((value, enter)) = pending.pop() {
            let value = if enter { self.auto_call(value, arguments)? } else { value };
            let first = pending.len();
            self.visit(value, enter, &mut pending)?;
            pending[first..].reverse();
        }
        Ok(())
    }

    fn auto_call(&mut self, value: Handle, arguments: Handle) -> Result<Handle> {
        let called = self.evaluator.auto_call(value, arguments)?;
        self.held.push(called);
        Ok(called)
    }

    /// A part of a list or set by its number, forced.
    fn part(&mut self, value: Handle, number: u32) -> Result<Handle> {
        let part = self.evaluator.once(&[value], move |cx| {
            let container = cx.slot(0).resolved();
            let parts = match container.as_attrs() {
                Some(set) => cx.shared().flat(set)?.values(),
                None => container.as_list().unwrap_or_default(),
            };
            Ok(cx.force(parts.get(number as usize).copied().unwrap_or(Value::NULL)))
        })?;
        self.held.push(part);
        Ok(part)
    }

    /// Notes a derivation, or adds the parts of a list or set to those to be visited.
    fn visit(&mut self, value: Handle, enter: bool, pending: &mut Vec<(Handle, bool)>) -> Result<()> {
        let mut finding = self.look(value, true);
        if matches!(finding, Finding::Typed) {
            let kind = self.text_of(value, Symbol::TYPE)?;
            if kind.as_deref() == Some(b"derivation") {
                return self.note(value);
            }
            finding = self.look(value, false);
        }
        match finding {
            Finding::Parts(parts) if enter || self.recurses(value)? => {
                for part in parts {
                    let part = self.part(value, part)?;
                    pending.push((part, self.is_list(value)));
                }
                Ok(())
            }
            Finding::Other if enter => Err(no_derivation()),
            _ => Ok(()),
        }
    }

    fn look(&mut self, value: Handle, typed: bool) -> Finding {
        self.evaluator.machine().inspect(value, |shared, value| {
            let value = value.resolved();
            if let Some(list) = value.as_list() {
                return Finding::Parts((0..list.len() as u32).collect());
            }
            match value.as_attrs() {
                Some(set) if typed && set.get(Symbol::TYPE).is_some() => Finding::Typed,
                Some(set) => {
                    let set = shared.heap.flat(set);
                    let mut order = byte_order(&shared.symbols, set);
                    order.retain(|&index| is_plain(shared.symbols.bytes(set.entries()[index as usize].name)));
                    Finding::Parts(order)
                }
                None => Finding::Other,
            }
        })
    }

    fn is_list(&mut self, value: Handle) -> bool {
        self.evaluator.machine().inspect(value, |_, value| value.resolved().as_list().is_some())
    }

    /// Whether a set within a set says that it is to be entered.
    fn recurses(&mut self, value: Handle) -> Result<bool> {
        let name = Symbol::RECURSE_FOR_DERIVATIONS;
        let Some(answer) = self.attribute(value, name)? else { return Ok(false) };
        self.evaluator.machine().inspect(answer, |shared, answer| {
            let answer = answer.resolved();
            answer.as_bool().ok_or_else(|| type_error(shared, "a Boolean", answer))
        })
    }

    fn attribute(&mut self, value: Handle, name: Symbol) -> Result<Option<Handle>> {
        let index = self.evaluator.machine().inspect(value, |shared, value| {
            let set = value.resolved().as_attrs()?;
            shared.heap.flat(set).index_of(name)
        });
        let Some(index) = index else { return Ok(None) };
        self.part(value, index as u32).map(Some)
    }

    /// The text of an attribute that is a string.
    fn text_of(&mut self, value: Handle, name: Symbol) -> Result<Option<Vec<u8>>> {
        let Some(text) = self.attribute(value, name)? else { return Ok(None) };
        let bytes = |value: Value<'_>| value.resolved().as_string().map(|text| text.bytes().to_vec());
        Ok(self.evaluator.machine().inspect(text, |_, text| bytes(text)))
    }

    /// Notes a derivation, once.
    fn note(&mut self, value: Handle) -> Result<()> {
        if !self.evaluator.machine().visit(value) {
            return Ok(());
        }
        let Some(drv_path) = self.text_of(value, Symbol::DRV_PATH)? else {
            let name = self.text_of(value, Symbol::NAME)?.unwrap_or_default();
            let message = [b"derivation '", &name[..], b"' does not have a 'drvPath' attribute"].concat();
            return Err(Error::with_message(DiagnosticId::Derivation, message));
        };
        let output_name = self.text_of(value, Symbol::OUTPUT_NAME)?.unwrap_or_else(|| b"out".to_vec());
        self.found.push(FoundDerivation { drv_path, output_name });
        Ok(())
    }
}

fn no_derivation() -> Error {
    let message = "expression does not evaluate to a derivation (or a set or list of those)";
    Error::with_message(DiagnosticId::Derivation, message)
}

/// Whether a name is one that derivations are looked for under: a letter or `_`, then letters, digits, `-`, `_`, `+`.
fn is_plain(name: &[u8]) -> bool {
    let Some((first, rest)) = name.split_first() else { return false };
    (first.is_ascii_alphabetic() || *first == b'_')
        && rest.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+'))
}
