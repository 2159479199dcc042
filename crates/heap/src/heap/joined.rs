//! Lists and strings made by joining others, in time that grows with what is added.
//!
//! The first results of joinings are ordinary lists and strings. When something is added once more, at either end, all
//! moves into a *buffer* with spare room on both sides, and the result is a *view* of the buffer's used range. What is
//! added to a view that ends where the used range ends is written beside it, where nobody looks yet; only the first
//! to come finds the room. So nothing that a view shows ever changes, and folds copy each element a few times only.
//! What is short is copied: it costs less than a view.

use std::ops::Range;

use super::Heap;
use crate::layout::{Header, Kind, MOST_JOINED, WORD, words};
use crate::value::Value;

/// What adding to lists or strings came to.
pub enum Growth<'h> {
    /// The result, made in place.
    Done(Value<'h>),
    /// All is to be copied.
    Copy(Copying),
}

/// How lists or strings are to be copied.
#[derive(Clone, Copy, Default)]
pub struct Copying {
    /// Room for so many more elements or bytes on either side, if the memory is there.
    pub spare: usize,
    /// How many times others were added to what the result begins with.
    times: u8,
}

impl Copying {
    /// The same without spare room.
    pub fn exact(self) -> Self {
        Copying { spare: 0, ..self }
    }
}

/// Buffers have room for no more, so that the numbers in their used range are small.
const MAX_BUFFER: usize = 1 << 31;

/// What differs between lists and strings.
trait Sequence {
    /// An element or a byte.
    type Unit: Copy;
    const VIEW: Kind;
    const BUFFER: Kind;
    /// What has fewer units is copied.
    const SHORT: usize;

    fn units<'h>(value: Value<'h>) -> &'h [Self::Unit];
}

struct Lists;
struct Strings;

impl Sequence for Lists {
    type Unit = Value<'static>;
    const VIEW: Kind = Kind::ListView;
    const BUFFER: Kind = Kind::Elements;
    const SHORT: usize = 32;

    fn units<'h>(value: Value<'h>) -> &'h [Value<'static>] {
        let elements = value.as_list().unwrap_or_default();
        // SAFETY: they go where the values of objects are, which the collector traces.
        unsafe { std::slice::from_raw_parts(elements.as_ptr().cast(), elements.len()) }
    }
}

impl Sequence for Strings {
    type Unit = u8;
    const VIEW: Kind = Kind::StringView;
    const BUFFER: Kind = Kind::Bytes;
    const SHORT: usize = 256;

    fn units<'h>(value: Value<'h>) -> &'h [u8] {
        value.as_string().map_or(&[], |string| string.bytes())
    }
}

/// The longest of the parts that are joined, and how much comes before and after it.
struct Base {
    index: usize,
    len: usize,
    before: usize,
    after: usize,
}

impl Base {
    fn of<S: Sequence>(parts: &[Value<'_>]) -> Self {
        let mut base = Base { index: 0, len: 0, before: 0, after: 0 };
        for (index, &part) in parts.iter().enumerate() {
            let len = S::units(part).len();
            if len > base.len {
                let before = base.total();
                base = Base { index, len, before, after: 0 };
            } else {
                base.after += len;
            }
        }
        base
    }

    fn total(&self) -> usize {
        self.before + self.len + self.after
    }
}

/// What a buffer says of its room.
enum Room {
    /// It is taken; the first new unit has this number.
    Taken(usize),
    /// There is not enough.
    Full,
    /// Somebody else has added there.
    Lost,
}

/// The numbers of the units of a buffer that are in use, in the word after the units.
///
/// # Safety
/// `buffer` must be a buffer.
unsafe fn used_word(buffer: *mut Header) -> *mut [u32; 2] {
    // SAFETY: a buffer has one more word than its units take.
    unsafe { buffer.cast::<u8>().add((*buffer).size() - WORD).cast() }
}

/// The used range of a buffer.
///
/// # Safety
/// `buffer` must be a buffer.
pub(crate) unsafe fn used_range(buffer: *mut Header) -> Range<usize> {
    // SAFETY: by the caller.
    let [start, end] = unsafe { used_word(buffer).read() };
    start as usize..end as usize
}

/// Takes room about the units of `base`, which begin at `start`.
///
/// # Safety
/// `buffer` must be a buffer, and the units in use.
unsafe fn take_room(buffer: *mut Header, start: usize, base: &Base) -> Room {
    // SAFETY: by the caller.
    unsafe {
        let (used, capacity) = (used_range(buffer), (*buffer).len as usize);
        let end = start + base.len;
        if base.before > 0 && start != used.start || base.after > 0 && end != used.end {
            return Room::Lost;
        }
        if base.before > used.start || base.after > capacity - used.end {
            return Room::Full;
        }
        used_word(buffer).write([(used.start - base.before) as u32, (used.end + base.after) as u32]);
        Room::Taken(start - base.before)
    }
}

/// Writes the units of parts one after the other.
///
/// # Panics
/// If there are not `len` of them.
///
/// # Safety
/// There must be room for `len`.
unsafe fn write_parts<S: Sequence>(parts: &[Value<'_>], to: *mut S::Unit, len: usize) {
    let mut written = 0;
    for &part in parts {
        let units = S::units(part);
        assert!(units.len() <= len - written, "the parts have more units");
        // SAFETY: by the caller, and what is left of the room suffices; nobody has looked at it yet, so that it is no
        // part of the units.
        unsafe { std::ptr::copy_nonoverlapping(units.as_ptr(), to.add(written), units.len()) };
        written += units.len();
    }
    assert!(written == len, "the parts have fewer units");
}

impl Heap {
    /// Lists and strings of less are copied when others are added to them.
    pub const SHORT_LIST: usize = Lists::SHORT;
    /// See [`Heap::SHORT_LIST`].
    pub const SHORT_STRING: usize = Strings::SHORT;

    /// Joins lists in place, if the room is there.
    pub fn grow_list<'h>(&mut self, parts: &[Value<'h>]) -> Growth<'h> {
        self.grow::<Lists>(parts, Value::NONE)
    }

    /// The same for strings; the result has the context.
    pub fn grow_string<'h>(&mut self, parts: &[Value<'h>], context: Option<Value<'h>>) -> Growth<'h> {
        self.grow::<Strings>(parts, context.unwrap_or(Value::NONE))
    }

    fn grow<'h, S: Sequence>(&mut self, parts: &[Value<'h>], context: Value<'h>) -> Growth<'h> {
        let base = Base::of::<S>(parts);
        let total = base.total();
        if total < S::SHORT {
            return Growth::Copy(Copying::default());
        }
        let object = parts[base.index].address();
        // SAFETY: the base has units, so it is a list or string; a view has a list or buffer and a place in it.
        unsafe {
            let is_view = (*object).kind == S::VIEW;
            let target = if is_view { words(object).read().address() } else { object };
            if (*target).kind != S::BUFFER {
                let times = (*target).take_joined();
                let grows = times >= MOST_JOINED && total <= MAX_BUFFER / 2;
                return Growth::Copy(Copying { spare: if grows { total / 2 } else { 0 }, times });
            }
            let start = words(object).add(1).read().number_of() as usize;
            match take_room(target, start, &base) {
                Room::Taken(start) => {
                    self.write_around::<S>(target, start, parts, &base);
                    Growth::Done(self.view::<S>(target, start, total, context))
                }
                Room::Full if total <= MAX_BUFFER / 2 => Growth::Copy(Copying { spare: total / 2, times: 0 }),
                Room::Full | Room::Lost => Growth::Copy(Copying::default()),
            }
        }
    }

    /// Writes the parts before and after the base into room that was taken.
    ///
    /// # Safety
    /// The room begins at `start`, and the base lies in it.
    unsafe fn write_around<S: Sequence>(
        &mut self,
        buffer: *mut Header,
        start: usize,
        parts: &[Value<'_>],
        base: &Base,
    ) {
        // SAFETY: by the caller.
        unsafe {
            let room = words(buffer).cast::<S::Unit>().add(start);
            let after = room.add(base.before + base.len);
            write_parts::<S>(&parts[..base.index], room, base.before);
            write_parts::<S>(&parts[base.index + 1..], after, base.after);
            if S::BUFFER == Kind::Elements && (*buffer).is_old() {
                self.remember_words(room.cast(), base.before);
                self.remember_words(after.cast(), base.after);
            }
        }
    }

    /// Words of an old object were filled in, often beside those before them.
    fn remember_words(&mut self, first: *mut Value<'static>, count: usize) {
        if count == 0 {
            return;
        }
        // SAFETY: as many words are in the object.
        let range = unsafe { first..first.add(count) };
        match self.remembered_words.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            Some(last) if last.start == range.end => last.start = range.start,
            _ => self.remembered_words.push(range),
        }
    }

    fn view<'h, S: Sequence>(
        &mut self,
        target: *mut Header,
        start: usize,
        len: usize,
        context: Value<'h>,
    ) -> Value<'h> {
        let (payload, value) = self.object(S::VIEW, 0, len as u32);
        // SAFETY: a view has room for two words, that of a string for three; the target is an object.
        unsafe {
            payload.write(Value::from_object(target, (*target).kind));
            payload.add(1).write(Value::number(start as u32));
            if S::VIEW == Kind::StringView {
                payload.add(2).write(context);
            }
        }
        value
    }

    /// The elements of a list in a range, without a copy of them.
    ///
    /// # Panics
    /// If it has not so many.
    pub fn view_list<'h>(&mut self, list: Value<'h>, range: Range<usize>) -> Value<'h> {
        assert!(
            range.start <= range.end && range.end <= Lists::units(list).len(),
            "the list has the elements"
        );
        let object = list.address();
        // SAFETY: it has elements, or at least an object: it is a list or a view of one.
        let (target, start) = unsafe {
            match (*object).kind {
                Kind::ListView => {
                    let start = words(object).add(1).read().number_of() as usize;
                    (words(object).read().address(), start + range.start)
                }
                _ => (object, range.start),
            }
        };
        self.view::<Lists>(target, start, range.len(), Value::NONE)
    }

    /// A long list without its first element. `None` if it is better copied: it is short, or the result would keep more
    /// than twice its own length alive.
    pub fn list_tail<'h>(&mut self, list: Value<'h>) -> Option<Value<'h>> {
        let len = list.as_list()?.len();
        let object = list.address();
        // SAFETY: it is a list or a view of one.
        let whole = unsafe {
            match (*object).kind {
                Kind::ListView => (*words(object).read().address()).len,
                _ => (*object).len,
            }
        };
        let is_long = len > Lists::SHORT && len > whole as usize / 2;
        is_long.then(|| self.view_list(list, 1..len))
    }

    /// The elements of lists, `len` together, one after the other.
    ///
    /// # Panics
    /// If they have not as many.
    pub fn join_lists<'h>(&mut self, parts: &[Value<'h>], len: usize, how: Copying) -> Value<'h> {
        assert!(len <= Self::MAX_LEN, "lengths are checked before");
        if how.spare > 0 {
            return self.join_with_room::<Lists>(parts, len, how.spare, Value::NONE);
        }
        let (payload, value) = self.object(Kind::List, 0, len as u32);
        // SAFETY: there is room for all elements.
        unsafe { write_parts::<Lists>(parts, payload.cast(), len) };
        Self::note_joined::<Lists>(value, len, how);
        value
    }

    /// The bytes of strings, `len` together, one after the other, with a context, or without.
    ///
    /// # Panics
    /// If they have not as many.
    pub fn join_strings<'h>(
        &mut self,
        parts: &[Value<'h>],
        len: usize,
        context: Option<Value<'h>>,
        how: Copying,
    ) -> Value<'h> {
        assert!(len <= Self::MAX_LEN, "lengths are checked before");
        if how.spare > 0 {
            return self.join_with_room::<Strings>(parts, len, how.spare, context.unwrap_or(Value::NONE));
        }
        let (room, value) = self.string_room(len, context);
        // SAFETY: there is room for all bytes.
        unsafe { write_parts::<Strings>(parts, room, len) };
        Self::note_joined::<Strings>(value, len, how);
        value
    }

    fn note_joined<S: Sequence>(value: Value<'_>, total: usize, how: Copying) {
        if total >= S::SHORT {
            // SAFETY: it is an object that was just made.
            unsafe { (*value.address()).set_joined(how.times + 1) };
        }
    }

    fn join_with_room<'h, S: Sequence>(
        &mut self,
        parts: &[Value<'h>],
        total: usize,
        spare: usize,
        context: Value<'h>,
    ) -> Value<'h> {
        let capacity = total + 2 * spare;
        assert!(capacity <= MAX_BUFFER, "lengths are checked before");
        let (payload, buffer) = self.object(S::BUFFER, 0, capacity as u32);
        let (payload, buffer): (*mut Value<'h>, _) = (payload, buffer.address());
        // SAFETY: there is room for the units and the used range. Elements that are not in use are nothing.
        unsafe {
            if S::BUFFER == Kind::Elements {
                for unused in [payload, payload.add(spare + total)] {
                    (0..spare).for_each(|index| unused.add(index).write(Value::NONE));
                }
            }
            write_parts::<S>(parts, payload.cast::<S::Unit>().add(spare), total);
            used_word(buffer).write([spare as u32, (spare + total) as u32]);
        }
        self.view::<S>(buffer, spare, total, context)
    }
}
