//! `replaceStrings`. What a pattern is replaced with is evaluated only if the pattern occurs.

use nivose_base::{DiagnosticId, Error, Result};
use nivose_heap::{StringRef, Value};
use nivose_machine::context::union;
use nivose_machine::{BuiltinSpec, Cx, Must, Step, Task};

use crate::arguments::{expect_string, force_and_run};
use crate::checks;
use crate::each::elements_of;
use crate::scan::force_elements_and_run;

/// Bytes looked at in one step.
const BUDGET: usize = 1 << 20;

fn replace_strings<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    let from = checks::list(cx.shared(), arguments[0])?;
    let to = checks::list(cx.shared(), arguments[1])?;
    if from.len() != to.len() {
        return Err(Error::new(DiagnosticId::ReplaceLengths, &[]));
    }
    force_elements_and_run(cx, arguments, 0, Must::String, replace_known)
}

/// Replaces patterns that are forced.
fn replace_known<'h>(cx: &mut Cx<'_, 'h>, arguments: &[Value<'h>]) -> Result<Step<'h>> {
    if arguments[2].resolved().is_thunk() {
        return Ok(force_and_run(cx, replace_known, arguments, 2));
    }
    let subject = expect_string(cx, arguments[2])?;
    let from = elements_of(arguments[0]);
    let task = Replace {
        candidates: Candidates::new(from),
        text: Vec::with_capacity(subject.bytes().len().min(1 << 20)),
        at: 0,
        used: vec![false; from.len()],
    };
    Ok(cx.start(task, &[arguments[0], arguments[1], arguments[2], Value::NULL]))
}

/// No pattern.
const NONE: u32 = u32::MAX;

/// The patterns that may match, by the byte that comes next, each list in the order of the patterns.
struct Candidates {
    /// The first pattern that begins with each byte.
    first: [u32; 256],
    /// For each pattern the next one that begins with the same byte.
    next: Vec<u32>,
    /// The first empty pattern.
    empty: Option<u32>,
}

impl Candidates {
    fn new(patterns: &[Value<'_>]) -> Self {
        let empty = patterns.iter().position(|&pattern| bytes_of(pattern).is_empty());
        let mut candidates = Candidates {
            first: [NONE; 256],
            next: vec![NONE; patterns.len()],
            empty: empty.map(|e| e as u32),
        };
        // Patterns behind an empty one never match: that one matches everywhere.
        let before_empty = &patterns[..empty.unwrap_or(patterns.len())];
        for (number, &pattern) in before_empty.iter().enumerate().rev() {
            let first = &mut candidates.first[usize::from(bytes_of(pattern)[0])];
            candidates.next[number] = std::mem::replace(first, number as u32);
        }
        candidates
    }

    /// How many bytes come before the first one before which a pattern may match.
    fn skip(&self, text: &[u8]) -> usize {
        if self.empty.is_some() {
            return 0;
        }
        text.iter().position(|&byte| self.first[usize::from(byte)] != NONE).unwrap_or(text.len())
    }

    /// The number of the first pattern that matches at the start of `rest`.
    #[inline]
    fn find(&self, patterns: &[Value<'_>], rest: &[u8]) -> Option<usize> {
        let mut number = rest.first().map_or(NONE, |&byte| self.first[usize::from(byte)]);
        while number != NONE {
            // The first byte of the pattern is that of the text.
            match bytes_of(patterns[number as usize]) {
                [_] => return Some(number as usize),
                pattern if rest.starts_with(pattern) => return Some(number as usize),
                _ => number = self.next[number as usize],
            }
        }
        self.empty.map(|number| number as usize)
    }
}

fn bytes_of<'h>(value: Value<'h>) -> &'h [u8] {
    value.resolved().as_string().map_or(&[], StringRef::bytes)
}

/// Slots: patterns, replacements, the subject, the context of the replacements used so far.
struct Replace {
    candidates: Candidates,
    text: Vec<u8>,
    /// The next byte of the subject; one behind the end when all is done.
    at: usize,
    /// The replacements whose context was added.
    used: Vec<bool>,
}

impl Replace {
    /// Copies bytes of the subject up to the next match or the end; gives the number of the pattern that matches.
    fn skip<'h>(&mut self, patterns: &[Value<'h>], subject: &[u8]) -> Option<usize> {
        let start = self.at;
        let stop = subject.len().min(start + BUDGET);
        let mut found = None;
        while self.at < stop && found.is_none() {
            self.at += self.candidates.skip(&subject[self.at..stop]);
            if self.at < stop {
                found = self.candidates.find(patterns, &subject[self.at..]);
                self.at += usize::from(found.is_none());
            }
        }
        self.text.extend_from_slice(&subject[start..self.at]);
        found
    }

    /// Writes the replacement of a pattern of `len` bytes and goes behind the match; an empty one takes one byte along.
    fn replace<'h>(
        &mut self,
        cx: &mut Cx<'_, 'h>,
        number: usize,
        len: usize,
        subject: &[u8],
        replacement: Value<'h>,
    ) -> Result<()> {
        let string = expect_string(cx, replacement)?;
        let text = string.bytes();
        if self.text.capacity() - self.text.len() <= text.len() {
            cx.make_room(&mut self.text, text.len() + 1)?;
        }
        self.text.extend_from_slice(text);
        if len == 0 {
            self.text.extend(subject.get(self.at));
        }
        self.at += len.max(1);
        if !std::mem::replace(&mut self.used[number], true) {
            self.add_context(cx, string.context_value());
        }
        Ok(())
    }

    fn add_context<'h>(&self, cx: &mut Cx<'_, 'h>, context: Option<Value<'h>>) {
        let before = Some(cx.slot(3)).filter(|context| !context.is_null());
        if let Some(context) = union(cx.heap(), before, context) {
            cx.set_slot(3, context);
        }
    }

    fn finish<'h>(&self, cx: &mut Cx<'_, 'h>, subject: StringRef<'h>) -> Result<Step<'h>> {
        self.add_context(cx, subject.context_value());
        let context = Some(cx.slot(3)).filter(|context| !context.is_null());
        cx.reserve(self.text.len())?;
        Ok(Step::done(cx.heap().string_with_context(&self.text, context)))
    }
}

impl Task for Replace {
    fn memory(&self) -> usize {
        self.text.capacity()
    }

    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, _input: Value<'h>) -> Result<Step<'h>> {
        let (patterns, replacements) = (elements_of(cx.slot(0)), elements_of(cx.slot(1)));
        let value = cx.slot(2);
        let subject = expect_string(cx, value)?;
        let bytes = subject.bytes();
        let before = self.text.len() + self.at;
        while self.text.len() + self.at < before + BUDGET {
            if self.at > bytes.len() {
                return self.finish(cx, subject);
            }
            let mut found = self.skip(patterns, bytes);
            if found.is_none() && self.at == bytes.len() {
                found = self.candidates.find(patterns, &[]);
            }
            let Some(number) = found else {
                if self.at == bytes.len() {
                    return self.finish(cx, subject);
                }
                continue;
            };
            let replacement = replacements[number].resolved();
            if replacement.is_thunk() {
                return Ok(cx.force(replacement));
            }
            self.replace(cx, number, bytes_of(patterns[number]).len(), bytes, replacement)?;
        }
        Ok(Step::YIELD)
    }
}

/// The builtins of this file.
pub const BUILTINS: &[BuiltinSpec] = &[BuiltinSpec {
    name: "replaceStrings",
    arguments: &["from", "to", "s"],
    strict: &[Must::List.be(0), 1],
    doc: "Replaces each occurrence of a string of *from* in *s* by the string at the same place of *to*. At each place the \
          first one that matches counts.",
    run: replace_strings,
}];
