//! The operators on numbers, strings, paths and lists, beyond the short cuts of the dispatch loop.

use nivose_base::{DiagnosticId, Error, Result};
use nivose_bytecode::instruction::Coerce;
use nivose_heap::{Copying, Growth, Heap, StringRef, Value};
use nivose_world::path;

use crate::coerce::{Continue, coerce_then};
use crate::context::union;
use crate::handover::Step;
use crate::machine::Machine;
use crate::native::{Cx, MAX_ARGUMENTS, Task};
use crate::shared::Shared;
use crate::types::{type_error, type_with_article};

/// Two numbers after conversion.
enum Numbers {
    Ints(i64, i64),
    Floats(f64, f64),
}

fn number(value: Value<'_>) -> Option<f64> {
    value.as_float().or_else(|| value.as_int().map(|i| i as f64))
}

fn numbers(left: Value<'_>, right: Value<'_>) -> Option<Numbers> {
    match (left.as_int(), right.as_int()) {
        (Some(a), Some(b)) => Some(Numbers::Ints(a, b)),
        _ => Some(Numbers::Floats(number(left)?, number(right)?)),
    }
}

#[cold]
fn overflow(verb: &str, a: i64, sign: &str, b: i64) -> Error {
    let text = format!("{verb} {a} {sign} {b}");
    Error::new(DiagnosticId::IntegerOverflow, &[&text])
}

/// The type error of an operand that is no number: a float is asked for where the other one is a float.
#[cold]
fn not_a_number(shared: &Shared, left: Value<'_>, right: Value<'_>) -> Error {
    let wanted = |other: Value<'_>| if other.as_float().is_some() { "a float" } else { "an integer" };
    if number(left).is_none() {
        return type_error(shared, wanted(right), left);
    }
    type_error(shared, wanted(left), right)
}

impl Shared {
    /// `left + right` of two numbers.
    ///
    /// # Errors
    /// Overflow, or an operand that is no number.
    pub fn add_numbers<'h>(&mut self, left: Value<'h>, right: Value<'h>) -> Result<Value<'h>> {
        match numbers(left, right) {
            Some(Numbers::Ints(a, b)) => {
                let sum = a.checked_add(b).ok_or_else(|| overflow("adding", a, "+", b))?;
                Ok(self.heap.int(sum))
            }
            Some(Numbers::Floats(a, b)) => Ok(self.heap.float(a + b)),
            None => Err(not_a_number(self, left, right)),
        }
    }

    /// `left - right`.
    ///
    /// # Errors
    /// As [`Shared::add_numbers`].
    pub fn subtract_numbers<'h>(&mut self, left: Value<'h>, right: Value<'h>) -> Result<Value<'h>> {
        match numbers(left, right) {
            Some(Numbers::Ints(a, b)) => {
                let difference = a.checked_sub(b).ok_or_else(|| overflow("subtracting", a, "-", b))?;
                Ok(self.heap.int(difference))
            }
            Some(Numbers::Floats(a, b)) => Ok(self.heap.float(a - b)),
            None => Err(not_a_number(self, left, right)),
        }
    }

    /// `left * right`.
    ///
    /// # Errors
    /// As [`Shared::add_numbers`].
    pub fn multiply_numbers<'h>(&mut self, left: Value<'h>, right: Value<'h>) -> Result<Value<'h>> {
        match numbers(left, right) {
            Some(Numbers::Ints(a, b)) => {
                let product = a.checked_mul(b).ok_or_else(|| overflow("multiplying", a, "*", b))?;
                Ok(self.heap.int(product))
            }
            Some(Numbers::Floats(a, b)) => Ok(self.heap.float(a * b)),
            None => Err(not_a_number(self, left, right)),
        }
    }

    /// `left / right`. The divisor is looked at first, as C++ Nix does.
    ///
    /// # Errors
    /// Division by zero, also of floats; overflow; an operand that is no number.
    pub fn divide_numbers<'h>(&mut self, left: Value<'h>, right: Value<'h>) -> Result<Value<'h>> {
        match number(right) {
            None => return Err(type_error(self, "a float", right)),
            Some(0.0) => return Err(Error::new(DiagnosticId::DivisionByZero, &[])),
            Some(_) => {}
        }
        match numbers(left, right) {
            Some(Numbers::Ints(a, b)) => {
                let quotient = a.checked_div(b).ok_or_else(|| overflow("dividing", a, "/", b))?;
                Ok(self.heap.int(quotient))
            }
            Some(Numbers::Floats(a, b)) => Ok(self.heap.float(a / b)),
            None => Err(not_a_number(self, left, right)),
        }
    }

    /// `left ++ right`; an empty side gives the other list itself.
    ///
    /// # Errors
    /// An operand that is no list, or too little memory.
    pub fn concat_lists<'h>(&mut self, left: Value<'h>, right: Value<'h>) -> Result<Value<'h>> {
        let Some(a) = left.as_list() else { return Err(type_error(self, "a list", left)) };
        let Some(b) = right.as_list() else { return Err(type_error(self, "a list", right)) };
        if b.is_empty() {
            return Ok(left);
        }
        if a.is_empty() {
            return Ok(right);
        }
        let (parts, len) = ([left, right], a.len() + b.len());
        if len < Heap::SHORT_LIST {
            return Ok(self.heap.join_lists(&parts, len, Copying::default()));
        }
        match self.heap.grow_list(&parts) {
            Growth::Done(value) => Ok(value),
            Growth::Copy(how) => {
                let how = self.reserve_join(len, how, 8)?;
                Ok(self.heap.join_lists(&parts, len, how))
            }
        }
    }

    /// Makes sure that so many units of a size fit into memory. The spare ones on either side are given up if they do not.
    fn reserve_join(&mut self, len: usize, how: Copying, size: usize) -> Result<Copying> {
        if how.spare > 0 && self.reserve((len + 2 * how.spare) * size).is_ok() {
            return Ok(how);
        }
        self.reserve(len * size)?;
        Ok(how.exact())
    }

    /// Two strings as one, with the contexts of both.
    ///
    /// # Errors
    /// Too little memory.
    pub fn append_strings<'h>(&mut self, left: Value<'h>, right: Value<'h>) -> Result<Value<'h>> {
        self.join_strings(&[left, right])
    }

    /// Several strings (others count as empty) as one, with the contexts of all.
    ///
    /// # Errors
    /// Too little memory.
    pub fn join_strings<'h>(&mut self, parts: &[Value<'h>]) -> Result<Value<'h>> {
        let mut len = 0usize;
        let mut context = None;
        for part in parts.iter().filter_map(|part| part.as_string()) {
            len += part.bytes().len();
            if let Some(more) = part.context_value() {
                context = union(&mut self.heap, context, Some(more));
            }
        }
        if len < Heap::SHORT_STRING {
            return Ok(self.heap.join_strings(parts, len, context, Copying::default()));
        }
        let is_whole = |part: &StringRef<'h>| {
            let same_context = part.context_value().map(Value::bits) == context.map(Value::bits);
            part.bytes().len() == len && same_context
        };
        if let Some(&whole) = parts.iter().find(|part| part.as_string().as_ref().is_some_and(is_whole)) {
            return Ok(whole);
        }
        match self.heap.grow_string(parts, context) {
            Growth::Done(value) => Ok(value),
            Growth::Copy(how) => {
                let how = self.reserve_join(len, how, 1)?;
                Ok(self.heap.join_strings(parts, len, context, how))
            }
        }
    }

    /// A path continued by a text.
    ///
    /// # Errors
    /// A text that refers to the store.
    pub fn append_to_path<'h>(&mut self, left: &[u8], right: Value<'h>) -> Result<Value<'h>> {
        let Some(text) = right.as_string() else { return Err(type_error(self, "a string", right)) };
        if text.has_context() {
            return Err(Error::new(DiagnosticId::ContextInPath, &[]));
        }
        self.reserve(left.len() + text.bytes().len())?;
        let joined = [left, text.bytes()].concat();
        Ok(self.heap.path(&path::canonicalise(&joined)))
    }
}

impl Machine {
    pub(crate) fn negate(&mut self, value: Value<'static>) -> Result<Value<'static>> {
        let zero = self.shared.heap.int(0);
        self.shared.subtract_numbers(zero, value)
    }

    pub(crate) fn subtract(&mut self, left: Value<'static>, right: Value<'static>) -> Result<Value<'static>> {
        self.shared.subtract_numbers(left, right)
    }

    pub(crate) fn multiply(&mut self, left: Value<'static>, right: Value<'static>) -> Result<Value<'static>> {
        self.shared.multiply_numbers(left, right)
    }

    pub(crate) fn divide(&mut self, left: Value<'static>, right: Value<'static>) -> Result<Value<'static>> {
        self.shared.divide_numbers(left, right)
    }

    /// `left ++ right`; none if there must be a safe point before.
    pub(crate) fn concat(
        &mut self,
        left: Value<'static>,
        right: Value<'static>,
    ) -> Result<Option<Value<'static>>> {
        if self.wants_attention() && left.as_list().is_some() && right.as_list().is_some() {
            return Ok(None);
        }
        self.shared.concat_lists(left, right).map(Some)
    }

    /// `left + right`: the left operand decides what is meant.
    #[inline(never)]
    pub(crate) fn add(&mut self, left: Value<'static>, right: Value<'static>) -> Result<Step<'static>> {
        if number(left).is_some() {
            if number(right).is_none() {
                return Err(self.cannot_add(left, right));
            }
            return self.shared.add_numbers(left, right).map(Step::done);
        }
        if let (Some(_), Some(_)) = (left.as_string(), right.as_string()) {
            if self.wants_attention() {
                return Ok(join_step(&mut self.shared, &[left, right]));
            }
            return self.shared.append_strings(left, right).map(Step::done);
        }
        if left.as_path().is_some() {
            return coerce_then(&mut self.shared, right, Coerce::WEAK, Continue::AppendToPath, left);
        }
        // Only a left string has paths on the right copied to the store.
        let how = if left.as_string().is_some() { Coerce::IMPORT_PATHS } else { Coerce::WEAK };
        if left.as_string().is_some() {
            return coerce_then(&mut self.shared, right, how, Continue::Append, left);
        }
        coerce_then(&mut self.shared, left, Coerce::WEAK, Continue::CoerceRight, right)
    }

    #[cold]
    fn cannot_add(&self, left: Value<'_>, right: Value<'_>) -> Error {
        let (right, left) = (type_with_article(&self.shared, right), type_with_article(&self.shared, left));
        Error::new(DiagnosticId::CannotAdd, &[&right, &left])
    }

    /// `Interpolate`: a path stays one if it is the first part.
    pub(crate) fn interpolate(&mut self, parts: &[Value<'static>]) -> Result<Option<Value<'static>>> {
        if parts.len() <= MAX_ARGUMENTS && self.wants_attention() {
            return Ok(None);
        }
        self.shared.join_strings(parts).map(Some)
    }

    /// `<name>`: the search path is asked by the builtin that a program could have replaced.
    pub(crate) fn find_file_step(&mut self, name: Value<'static>) -> Step<'static> {
        let find_file = self.shared.global(nivose_base::Symbol::FIND_FILE);
        let nix_path = self.shared.global(nivose_base::Symbol::NIX_PATH);
        self.shared.tail_call(find_file, &[nix_path, name])
    }

    /// `~/path`.
    #[inline(never)]
    pub(crate) fn home_path(&mut self, written: Value<'static>) -> Result<Value<'static>> {
        let text = written.as_string().map_or(&[][..], |string| string.bytes());
        if self.shared.settings.pure_eval {
            return Err(Error::new(DiagnosticId::HomePathInPureMode, &[&text]));
        }
        let home = self.shared.world.home_directory().unwrap_or_else(|| b"/".to_vec());
        let joined = [&home, text.strip_prefix(b"~").unwrap_or(text)].concat();
        Ok(self.shared.heap.path(&path::canonicalise(&joined)))
    }
}

/// Joins two lists or some strings after a safe point. What is joined may be large, and many such that follow each other,
/// each the operand of the next, have no other safe point between them. Slots: the parts.
struct Join;

#[cold]
#[inline(never)]
pub(crate) fn join_step<'h>(shared: &mut Shared, parts: &[Value<'h>]) -> Step<'h> {
    shared.start(Join, parts)
}

impl Task for Join {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, _: Value<'h>) -> Result<Step<'h>> {
        let parts = cx.slots().to_vec();
        let joined = match parts[..] {
            [left, right] if left.as_list().is_some() => cx.shared().concat_lists(left, right),
            _ => cx.shared().join_strings(&parts),
        };
        joined.map(Step::done)
    }
}
