//! The value word.
//!
//! The low bits tell the sort: `xx1` an integer of 63 bits, `000` an object in weak head normal
//! form, `010` a set, `100` a thunk, `110` an immediate: a small kind number and 32 bits.

use std::marker::PhantomData;

use nivose_base::Symbol;

use crate::attrs::Attrs;
use crate::layout::{Header, Kind, words};
use crate::objects::{StringRef, Thunk, viewed};

/// A Nix value or a thunk, branded with the step for which it may be held.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Value<'h>(u64, PhantomData<&'h ()>);

/// The number of a builtin in the machine's registry.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Builtin(pub u32);

const TAG_MASK: u64 = 7;
const TAG_OBJECT: u64 = 0;
const TAG_ATTRS: u64 = 2;
const TAG_THUNK: u64 = 4;
const TAG_IMMEDIATE: u64 = 6;

/// The immediates, told apart by bits 3 to 7.
const NULL: u64 = TAG_IMMEDIATE;
const FALSE: u64 = 1 << 3 | TAG_IMMEDIATE;
const TRUE: u64 = 2 << 3 | TAG_IMMEDIATE;
const BUILTIN: u64 = 3 << 3 | TAG_IMMEDIATE;
const NOT_FOUND: u64 = 4 << 3 | TAG_IMMEDIATE;
const FINALISE_NO: u64 = 5 << 3 | TAG_IMMEDIATE;
const FINALISE_YES: u64 = 6 << 3 | TAG_IMMEDIATE;
const CAUGHT: u64 = 7 << 3 | TAG_IMMEDIATE;
const NAME: u64 = 8 << 3 | TAG_IMMEDIATE;
const CODE: u64 = 9 << 3 | TAG_IMMEDIATE;
const NUMBER: u64 = 10 << 3 | TAG_IMMEDIATE;
const NONE: u64 = 11 << 3 | TAG_IMMEDIATE;
const MARKER: u64 = 12 << 3 | TAG_IMMEDIATE;
const IMMEDIATE_MASK: u64 = 0xff;

/// What a value is, for looking at it. Thunks are not followed.
#[derive(Clone, Copy)]
pub enum View<'h> {
    /// `null`
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// A string with its context.
    String(StringRef<'h>),
    /// A path: absolute, canonical bytes.
    Path(&'h [u8]),
    /// A list.
    List(&'h [Value<'h>]),
    /// A set.
    Attrs(Attrs<'h>),
    /// A function: its code.
    Closure(u32),
    /// A builtin.
    Builtin(Builtin),
    /// A function or builtin with some of its arguments.
    Partial {
        /// The function.
        function: Value<'h>,
        /// The arguments, in the order of application.
        arguments: &'h [Value<'h>],
    },
    /// A thunk.
    Thunk(Thunk<'h>),
    /// A marker of the machine.
    Internal,
}

impl<'h> Value<'h> {
    /// `null`.
    pub const NULL: Value<'static> = Value::from_bits(NULL);
    /// `true`.
    pub const TRUE: Value<'static> = Value::from_bits(TRUE);
    /// `false`.
    pub const FALSE: Value<'static> = Value::from_bits(FALSE);
    /// The marker "attribute not found".
    pub const NOT_FOUND: Value<'static> = Value::from_bits(NOT_FOUND);
    /// The marker that stands for a caught error.
    pub const CAUGHT: Value<'static> = Value::from_bits(CAUGHT);
    /// The finalise request *no*.
    pub const FINALISE_NO: Value<'static> = Value::from_bits(FINALISE_NO);
    /// The finalise request *yes*.
    pub const FINALISE_YES: Value<'static> = Value::from_bits(FINALISE_YES);
    /// No value at all: the content of words that are not in use.
    pub const NONE: Value<'static> = Value::from_bits(NONE);
    /// Greatest integer that needs no object.
    pub const MAX_SMALL: i64 = i64::MAX >> 1;
    /// Least integer that needs no object.
    pub const MIN_SMALL: i64 = i64::MIN >> 1;

    pub(crate) const fn from_bits(bits: u64) -> Value<'h> {
        Value(bits, PhantomData)
    }

    /// The word itself, for identity and hashing.
    #[inline(always)]
    pub fn bits(self) -> u64 {
        self.0
    }

    /// The same word with another brand.
    ///
    /// # Safety
    /// The value must be traced, or not be used after the next collection.
    #[inline(always)]
    pub unsafe fn rebrand<'other>(self) -> Value<'other> {
        Value::from_bits(self.0)
    }

    pub(crate) fn from_object(object: *mut Header, kind: Kind) -> Value<'h> {
        let tag = match kind {
            Kind::Attrs | Kind::Layers => TAG_ATTRS,
            Kind::Suspended | Kind::Application | Kind::Blackhole | Kind::Evaluated | Kind::Failed => {
                TAG_THUNK
            }
            _ => TAG_OBJECT,
        };
        Value::from_bits(object as usize as u64 | tag)
    }

    /// A boolean.
    #[inline(always)]
    pub fn bool(b: bool) -> Value<'h> {
        Value::from_bits(if b { TRUE } else { FALSE })
    }

    /// An integer, if it is small enough to need no object.
    #[inline(always)]
    pub fn small_int(i: i64) -> Option<Value<'h>> {
        let shifted = i << 1;
        (shifted >> 1 == i).then_some(Value::from_bits(shifted as u64 | 1))
    }

    /// A builtin.
    pub const fn builtin(builtin: Builtin) -> Value<'h> {
        Value::from_bits((builtin.0 as u64) << 32 | BUILTIN)
    }

    /// The internal value that names an attribute.
    pub const fn name(name: Symbol) -> Value<'h> {
        Value::from_bits((name.0 as u64) << 32 | NAME)
    }

    /// The internal value that stands for a code of the machine.
    pub const fn code(code: u32) -> Value<'h> {
        Value::from_bits((code as u64) << 32 | CODE)
    }

    /// An internal number of 32 bits.
    pub const fn number(number: u32) -> Value<'h> {
        Value::from_bits((number as u64) << 32 | NUMBER)
    }

    /// An internal marker that stands for what native code asks of the machine; no value is one.
    pub const fn marker(number: u32) -> Value<'h> {
        Value::from_bits((number as u64) << 32 | MARKER)
    }

    #[inline(always)]
    fn tag(self) -> u64 {
        self.0 & TAG_MASK
    }

    #[inline(always)]
    fn payload(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// Whether this is [`Value::NONE`].
    #[inline(always)]
    pub fn is_none(self) -> bool {
        self.0 == NONE
    }

    /// Whether it is a thunk, evaluated or not.
    #[inline(always)]
    pub fn is_thunk(self) -> bool {
        self.tag() == TAG_THUNK
    }

    /// Whether it is a set.
    #[inline(always)]
    pub fn is_attrs(self) -> bool {
        self.tag() == TAG_ATTRS
    }

    /// Whether it is an integer in the word itself.
    #[inline(always)]
    pub fn is_small_int(self) -> bool {
        self.0 & 1 != 0
    }

    /// The integer in the word itself.
    #[inline(always)]
    pub fn as_small_int(self) -> Option<i64> {
        self.is_small_int().then_some(self.0 as i64 >> 1)
    }

    /// Whether it is an internal marker or name.
    pub fn is_internal(self) -> bool {
        self.tag() == TAG_IMMEDIATE && self.0 & IMMEDIATE_MASK >= NOT_FOUND
    }

    /// Whether it leads to an object.
    pub fn is_object(self) -> bool {
        self.object().is_some()
    }

    /// The object, if there is one.
    #[inline(always)]
    pub(crate) fn object(self) -> Option<*mut Header> {
        let is_object = !self.is_small_int() && self.tag() != TAG_IMMEDIATE;
        is_object.then_some(self.address())
    }

    /// The object, if there is one that is neither a set nor a thunk.
    #[inline(always)]
    fn plain_object(self) -> Option<*mut Header> {
        (self.tag() == TAG_OBJECT).then_some(self.address())
    }

    /// Whether the word is tagged as references to objects of the kind are.
    #[cfg(debug_assertions)]
    pub(crate) fn suits(self, kind: Kind) -> bool {
        self.tag() == Value::from_object(std::ptr::null_mut(), kind).tag()
    }

    /// The value for an object that was moved.
    #[inline(always)]
    pub(crate) fn moved_to(self, object: *mut Header) -> Value<'h> {
        Value::from_bits(object as usize as u64 | self.tag())
    }

    /// The address of a value known to be an object.
    #[inline(always)]
    pub(crate) fn address(self) -> *mut Header {
        (self.0 & !TAG_MASK) as usize as *mut Header
    }

    /// Has the processor fetch the header of the object, which is looked at soon, if there is one.
    #[inline(always)]
    pub(crate) fn prefetch(self) {
        #[cfg(all(target_arch = "x86_64", not(miri)))]
        {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            // SAFETY: any address may be named; nothing happens where nothing is.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(self.0 as usize as *const i8) }
        }
    }

    /// The kind of the object, if there is one.
    #[inline(always)]
    pub fn kind(self) -> Option<Kind> {
        // SAFETY: a tagged pointer always points to a live object (brand).
        self.object().map(|object| unsafe { (*object).kind })
    }

    /// The integer, of any size.
    #[inline(always)]
    pub fn as_int(self) -> Option<i64> {
        if let Some(i) = self.as_small_int() {
            return Some(i);
        }
        // SAFETY: the payload of a big integer is its first word.
        (self.kind() == Some(Kind::BigInt)).then(|| unsafe { words(self.address()).cast::<i64>().read() })
    }

    /// The float.
    pub fn as_float(self) -> Option<f64> {
        // SAFETY: the payload of a float is its first word.
        (self.kind() == Some(Kind::Float)).then(|| unsafe { words(self.address()).cast::<f64>().read() })
    }

    /// The boolean.
    #[inline(always)]
    pub fn as_bool(self) -> Option<bool> {
        match self.0 {
            TRUE => Some(true),
            FALSE => Some(false),
            _ => None,
        }
    }

    /// The builtin.
    pub fn as_builtin(self) -> Option<Builtin> {
        (self.0 & IMMEDIATE_MASK == BUILTIN).then(|| Builtin(self.payload()))
    }

    /// The name, of an internal value that is one.
    #[inline(always)]
    pub fn as_name(self) -> Option<Symbol> {
        (self.0 & IMMEDIATE_MASK == NAME).then(|| Symbol(self.payload()))
    }

    /// The code, of an internal value that is one.
    pub fn as_code(self) -> Option<u32> {
        (self.0 & IMMEDIATE_MASK == CODE).then(|| self.payload())
    }

    /// The internal number.
    pub fn as_number(self) -> Option<u32> {
        (self.0 & IMMEDIATE_MASK == NUMBER).then(|| self.payload())
    }

    /// The number of a marker.
    #[inline(always)]
    pub fn as_marker(self) -> Option<u32> {
        (self.0 & IMMEDIATE_MASK == MARKER).then(|| self.payload())
    }

    /// The number of a value known to be an internal one.
    #[inline(always)]
    pub(crate) fn number_of(self) -> u32 {
        debug_assert!(self.as_number().is_some());
        self.payload()
    }

    /// Whether it is `null`.
    pub fn is_null(self) -> bool {
        self.0 == NULL
    }

    /// The set.
    #[inline(always)]
    pub fn as_attrs(self) -> Option<Attrs<'h>> {
        // SAFETY: the tag says that it is a set.
        self.is_attrs().then(|| unsafe { Attrs::new(self.address()) })
    }

    /// The elements of the list.
    #[inline(always)]
    pub fn as_list(self) -> Option<&'h [Value<'h>]> {
        let object = self.plain_object()?;
        // SAFETY: the kind is checked; lists never change and live for the step.
        unsafe {
            match (*object).kind {
                Kind::List => Some(std::slice::from_raw_parts(words(object).cast(), (*object).len as usize)),
                Kind::ListView => Some(view_elements(object)),
                _ => None,
            }
        }
    }

    /// The string.
    #[inline(always)]
    pub fn as_string(self) -> Option<StringRef<'h>> {
        let object = self.plain_object()?;
        // SAFETY: the kind is checked by `StringRef::new`.
        unsafe { StringRef::new(object) }
    }

    /// The path.
    pub fn as_path(self) -> Option<&'h [u8]> {
        let object = self.plain_object()?;
        // SAFETY: the kind is checked; the bytes never change and live for the step.
        unsafe {
            ((*object).kind == Kind::Path)
                .then(|| std::slice::from_raw_parts(words(object).cast(), (*object).len as usize))
        }
    }

    /// The code of a function.
    #[inline(always)]
    pub fn as_closure(self) -> Option<u32> {
        let object = self.plain_object()?;
        // SAFETY: the length of a closure is its code.
        unsafe { ((*object).kind == Kind::Closure).then(|| (*object).len) }
    }

    /// Whether it is a function of the program.
    #[inline(always)]
    pub fn is_closure(self) -> bool {
        self.as_closure().is_some()
    }

    /// A function, without the arguments that it has already, and these, in the order of application.
    #[inline(always)]
    pub fn unapplied(self) -> (Value<'h>, &'h [Value<'h>]) {
        match self.plain_object() {
            // SAFETY: the kind is checked; such objects never change and live for the step.
            Some(object) if unsafe { (*object).kind } == Kind::Partial => unsafe { applied_parts(object) },
            _ => (self, &[]),
        }
    }

    /// The thunk.
    #[inline(always)]
    pub fn as_thunk(self) -> Option<Thunk<'h>> {
        // SAFETY: the tag says that it is a thunk.
        self.is_thunk().then(|| unsafe { Thunk::new(self.address()) })
    }

    /// The value behind evaluated thunks; an unevaluated thunk is left as it is.
    #[inline(always)]
    pub fn resolved(self) -> Value<'h> {
        let mut value = self;
        while let Some(thunk) = value.as_thunk() {
            match thunk.value() {
                Some(inner) => value = inner,
                None => break,
            }
        }
        value
    }

    /// What the value is.
    pub fn view(self) -> View<'h> {
        match self.tag() {
            _ if self.is_small_int() => View::Int(self.0 as i64 >> 1),
            TAG_IMMEDIATE => match self.0 & IMMEDIATE_MASK {
                NULL => View::Null,
                TRUE => View::Bool(true),
                FALSE => View::Bool(false),
                BUILTIN => View::Builtin(Builtin(self.payload())),
                _ => View::Internal,
            },
            // SAFETY: the tags say what the object is.
            TAG_ATTRS => View::Attrs(unsafe { Attrs::new(self.address()) }),
            // SAFETY: as above.
            TAG_THUNK => View::Thunk(unsafe { Thunk::new(self.address()) }),
            _ => self.view_object(),
        }
    }

    fn view_object(self) -> View<'h> {
        let object = self.address();
        // SAFETY: it is an object of the kind looked at; objects in normal form never change.
        unsafe {
            let header = *object;
            let payload = words(object);
            match header.kind {
                Kind::Float => View::Float(payload.cast::<f64>().read()),
                Kind::BigInt => View::Int(payload.cast::<i64>().read()),
                Kind::String | Kind::ContextString | Kind::StringView => {
                    StringRef::new(object).map_or(View::Internal, View::String)
                }
                Kind::Path => View::Path(std::slice::from_raw_parts(payload.cast(), header.len as usize)),
                Kind::List => View::List(std::slice::from_raw_parts(payload.cast(), header.len as usize)),
                Kind::ListView => View::List(view_elements(object)),
                Kind::Closure => View::Closure(header.len),
                Kind::Partial => {
                    let (function, arguments) = applied_parts(object);
                    View::Partial { function, arguments }
                }
                _ => View::Internal,
            }
        }
    }
}

/// The function of a partial application and its arguments.
///
/// # Safety
/// `object` must be such an object that lives for `'h`.
#[inline(always)]
unsafe fn applied_parts<'h>(object: *mut Header) -> (Value<'h>, &'h [Value<'h>]) {
    // SAFETY: the first word is the function, as many as the header counts follow.
    unsafe {
        let payload = words(object);
        (payload.read(), std::slice::from_raw_parts(payload.add(1).cast(), (*object).count as usize))
    }
}

/// The elements of a view of a list.
///
/// # Safety
/// `object` must be such a view that lives for `'h`.
unsafe fn view_elements<'h>(object: *mut Header) -> &'h [Value<'h>] {
    // SAFETY: what a view shows is in use and never changes.
    unsafe { std::slice::from_raw_parts(viewed(object), (*object).len as usize) }
}

impl std::fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.view() {
            View::Int(i) => write!(f, "{i}"),
            View::Bool(b) => write!(f, "{b}"),
            View::Null => f.write_str("null"),
            View::String(s) => write!(f, "{:?}", String::from_utf8_lossy(s.bytes())),
            _ => write!(f, "{:?}@{:x}", self.kind(), self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_one_word() {
        assert_eq!(size_of::<Value<'static>>(), 8);
    }

    #[test]
    fn small_integers_are_exact() {
        for i in [0, 1, -1, Value::MAX_SMALL, Value::MIN_SMALL] {
            assert_eq!(Value::small_int(i).and_then(Value::as_int), Some(i));
        }
        assert!(Value::small_int(i64::MAX).is_none());
        assert!(Value::small_int(Value::MIN_SMALL - 1).is_none());
    }
}
