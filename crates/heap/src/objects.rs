//! Views of objects: strings, thunks.

use std::borrow::Cow;
use std::marker::PhantomData;

use nivose_base::Symbol;

use crate::heap::Heap;
use crate::layout::{Header, Kind, words};
use crate::value::Value;

/// A string of the heap.
#[derive(Clone, Copy)]
pub struct StringRef<'h> {
    object: *mut Header,
    brand: PhantomData<&'h ()>,
}

impl<'h> StringRef<'h> {
    /// The string that an object is, if it is one.
    ///
    /// # Safety
    /// `object` must point to an object that lives for `'h`.
    #[inline(always)]
    pub(crate) unsafe fn new(object: *mut Header) -> Option<Self> {
        // SAFETY: by the caller.
        let kind = unsafe { (*object).kind };
        let is_string = matches!(kind, Kind::String | Kind::ContextString | Kind::StringView);
        is_string.then_some(StringRef { object, brand: PhantomData })
    }

    /// The bytes.
    #[inline(always)]
    pub fn bytes(self) -> &'h [u8] {
        // SAFETY: the bytes of strings never change and live for the step. Those of a view are in its buffer.
        unsafe {
            let first: *mut u8 = match (*self.object).kind {
                Kind::String => words(self.object).cast(),
                Kind::ContextString => words(self.object).add(1).cast(),
                _ => viewed(self.object),
            };
            std::slice::from_raw_parts(first, (*self.object).len as usize)
        }
    }

    /// The symbol of the text, if somebody has noted it.
    #[inline(always)]
    pub fn symbol(self) -> Option<Symbol> {
        // SAFETY: it is an object.
        unsafe { (*self.object).symbol_number() }.map(Symbol)
    }

    /// Notes the symbol of the text; greater numbers than the header has room for are forgotten.
    #[inline]
    pub fn note_symbol(self, symbol: Symbol) {
        // SAFETY: it is an object; the count of a plain string is there for this.
        unsafe { (*self.object).note_symbol_number(symbol.0) }
    }

    /// The numbers of the context elements, ascending; empty for a plain string.
    pub fn context(self) -> Cow<'h, [u32]> {
        self.context_value().map_or(Cow::Borrowed(&[]), Heap::context_elements)
    }

    /// Whether it refers to anything.
    pub fn has_context(self) -> bool {
        // Only a context without elements is without a first one.
        self.context_value().is_some_and(|context| !Heap::context_is_empty(context))
    }

    /// The context object, to be shared with another string.
    #[inline(always)]
    pub fn context_value(self) -> Option<Value<'h>> {
        // SAFETY: the first word of a string with context is its context, the last one of a view too, or nothing.
        unsafe {
            match (*self.object).kind {
                Kind::String => None,
                Kind::ContextString => Some(words(self.object).read()),
                _ => Some(words(self.object).add(2).read()).filter(|context| !context.is_none()),
            }
        }
    }
}

/// Where the elements or bytes of a view begin.
///
/// # Safety
/// `view` must be a view of a list or string.
#[inline]
pub(crate) unsafe fn viewed<T>(view: *mut Header) -> *mut T {
    // SAFETY: the first word is a list or buffer, the second the number of an element or byte in it.
    unsafe {
        let (target, start) = (words(view).read(), words(view).add(1).read());
        words(target.address()).cast::<T>().add(start.number_of() as usize)
    }
}

/// What stands in place of a code in an application.
pub(crate) const APPLICATION_CODE: u32 = u32::MAX;

/// The state of a thunk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ThunkState {
    /// Code that was not run yet.
    Suspended,
    /// An application that was not made yet.
    Application,
    /// Being evaluated.
    Blackhole,
    /// Failed.
    Failed,
    /// Has its value.
    Evaluated,
}

/// A thunk of the heap. Its state changes here and nowhere else.
#[derive(Clone, Copy)]
pub struct Thunk<'h> {
    object: *mut Header,
    brand: PhantomData<&'h ()>,
}

impl<'h> Thunk<'h> {
    /// # Safety
    /// `object` must be a thunk that lives for `'h`.
    #[inline(always)]
    pub(crate) unsafe fn new(object: *mut Header) -> Self {
        Thunk { object, brand: PhantomData }
    }

    /// The thunk that a value is.
    ///
    /// # Safety
    /// It must be one.
    #[inline(always)]
    pub unsafe fn of(value: Value<'h>) -> Self {
        debug_assert!(value.is_thunk());
        Thunk { object: value.address(), brand: PhantomData }
    }

    #[inline(always)]
    fn kind(self) -> Kind {
        // SAFETY: it is an object.
        unsafe { (*self.object).kind }
    }

    /// The state.
    #[inline(always)]
    pub fn state(self) -> ThunkState {
        match self.kind() {
            Kind::Suspended => ThunkState::Suspended,
            Kind::Application => ThunkState::Application,
            Kind::Failed => ThunkState::Failed,
            Kind::Evaluated => ThunkState::Evaluated,
            _ => ThunkState::Blackhole,
        }
    }

    /// Whether nothing of it was evaluated yet.
    #[inline(always)]
    pub fn is_unevaluated(self) -> bool {
        matches!(self.kind(), Kind::Suspended | Kind::Application)
    }

    /// The value, if it is evaluated; it may be another thunk.
    #[inline(always)]
    pub fn value(self) -> Option<Value<'h>> {
        // SAFETY: the first word of an evaluated thunk is its value.
        (self.kind() == Kind::Evaluated).then(|| unsafe { words(self.object).read() })
    }

    /// The number of the error, if it failed.
    pub fn failure(self) -> Option<u32> {
        // SAFETY: the first word of a failed thunk is an internal number.
        (self.kind() == Kind::Failed).then(|| unsafe { words(self.object).read().as_number() })?
    }

    /// The code of a suspended or running thunk.
    #[inline(always)]
    pub fn code(self) -> u32 {
        // SAFETY: it is an object.
        unsafe { (*self.object).len }
    }

    /// The captured values, or function and arguments, of a thunk that has not been evaluated.
    pub fn captured(self) -> &'h [Value<'h>] {
        // SAFETY: as many words as `count` says follow.
        unsafe { std::slice::from_raw_parts(words(self.object).cast(), (*self.object).count as usize) }
    }

    /// Marks it as being evaluated.
    #[inline(always)]
    pub fn begin(self) {
        // SAFETY: one machine at a time changes the state of a thunk; the size stays the same.
        unsafe { (*self.object).kind = Kind::Blackhole }
    }

    /// Whether it outlived a collection.
    #[inline(always)]
    pub(crate) fn is_old(self) -> bool {
        // SAFETY: it is an object.
        unsafe { (*self.object).is_old() }
    }

    /// Gives it its value, which may be another thunk.
    #[inline(always)]
    pub(crate) fn finish(self, value: Value<'h>) {
        // SAFETY: every thunk has room for one word.
        unsafe {
            words(self.object).write(value);
            (*self.object).kind = Kind::Evaluated;
        }
    }

    /// Records that it failed with the error of this number.
    pub fn fail(self, error: u32) {
        // SAFETY: as above.
        unsafe {
            words(self.object).write(Value::number(error));
            (*self.object).kind = Kind::Failed;
        }
    }

    /// Puts a thunk whose evaluation was given up (interrupted) back to what it was.
    pub fn restore(self) {
        let kind = if self.code() == APPLICATION_CODE { Kind::Application } else { Kind::Suspended };
        // SAFETY: a thunk under evaluation keeps its words.
        unsafe { (*self.object).kind = kind }
    }

    /// The thunk as a value.
    pub fn as_value(self) -> Value<'h> {
        Value::from_object(self.object, Kind::Evaluated)
    }
}
