//! The heap as its users see it: typed allocation, thresholds and statistics.

mod contexts;
mod joined;
mod sets;
mod update;

use std::ops::Range;
use std::time::Duration;

use nivose_base::Symbol;

use crate::attrs::ShapeEntry;
use crate::census::Census;
use crate::collect::{Roots, Tracer, Work};
use crate::layout::{Header, Kind, PLACED, WORD, words};
use crate::nursery::{LARGEST as NURSERY_LARGEST, MAX_SOFT_LIMIT, Nursery, SLACK};
use crate::objects::{APPLICATION_CODE, Thunk};
use crate::shapes::{Shapes, UpdateMemo};
use crate::space::{MAPPED, Space};
use crate::system;
use crate::value::Value;

#[cfg(debug_assertions)]
pub(crate) use self::joined::used_range;
pub use self::joined::{Copying, Growth};

/// When to collect for the sake of testing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum StressMode {
    /// Only when memory asks for it.
    #[default]
    Off,
    /// At every safe point for the first 10 000, then at seeded gaps.
    On,
    /// Never: for comparison.
    Never,
}

/// The settings of a heap.
#[derive(Clone, Copy, Debug)]
pub struct HeapConfig {
    /// Bytes that may be in use; a collection that leaves more is a diagnostic.
    pub limit: usize,
    /// New objects are collected after this many bytes at the least.
    pub minimum_nursery: usize,
    /// No major collection happens before this many bytes outlived minor ones since the last.
    pub minimum_threshold: usize,
    /// Testing.
    pub stress: StressMode,
}

impl Default for HeapConfig {
    fn default() -> Self {
        HeapConfig {
            limit: usize::MAX,
            minimum_nursery: 1 << 20,
            minimum_threshold: 16 << 20,
            stress: StressMode::Off,
        }
    }
}

/// Figures of a heap.
#[derive(Clone, Copy, Debug, Default)]
pub struct HeapStatistics {
    /// Number of minor collections.
    pub minor_collections: u64,
    /// Number of major collections.
    pub collections: u64,
    /// Bytes allocated over all time.
    pub allocated_bytes: u64,
    /// Bytes live after the last collection.
    pub live_bytes: u64,
    /// Greatest number of bytes claimed from the system.
    pub peak_bytes: u64,
}

/// A heap.
pub struct Heap {
    nursery: Nursery,
    space: Space,
    config: HeapConfig,
    /// A major collection is due when this many bytes came to the old space since the last, and the heap is as large as
    /// what is held beside it.
    threshold: usize,
    /// Bytes that were held beside the heap at the last minor collection.
    beside: usize,
    /// Objects that were too large for the nursery, and old ones that were changed, since the last minor collection.
    remembered: Vec<*mut Header>,
    /// The same, where only some words of an object were changed.
    remembered_words: Vec<Range<*mut Value<'static>>>,
    work: Work,
    shapes: Shapes,
    updates: UpdateMemo,
    /// Room in which the names of a new set are put together.
    entries: Vec<ShapeEntry>,
    statistics: HeapStatistics,
    /// What was made, if somebody wants to know.
    counting: Option<Box<Counting>>,
    empty_list: Value<'static>,
    empty_attrs: Value<'static>,
    empty_string: Value<'static>,
    safe_points: u64,
    next_stress: u64,
    /// Bytes marked by the collections that were only for testing.
    stress_work: u64,
    /// Bytes of roots that the last collection looked at.
    root_bytes: usize,
    seed: u64,
    /// Bytes that were walked over to verify collections.
    #[cfg(debug_assertions)]
    verified_bytes: u64,
}

/// What is counted only for whoever asked for it.
struct Counting {
    /// Objects up to the last minor collection.
    census: Census,
    /// Tells the time.
    clock: fn() -> Duration,
    /// The time that collections took.
    collecting: Duration,
}

// SAFETY: the heap owns everything that its pointers lead to; a machine has it exclusively.
unsafe impl Send for Heap {}

/// Safe points that all collect in stress mode, before the gaps begin.
const DENSE_STRESS: u64 = 10_000;

/// Bytes that may be marked before the gaps begin, however few safe points there were.
const DENSE_STRESS_WORK: u64 = 512 << 20;

/// A major collection that frees less than one in so many bytes found little to free.
const FEW_FREED: usize = 8;

impl Heap {
    /// An empty heap.
    pub fn new(config: HeapConfig) -> Self {
        let mut heap = Heap {
            nursery: Nursery::new(),
            space: Space::new(),
            config,
            threshold: config.minimum_threshold,
            beside: 0,
            remembered: Vec::new(),
            remembered_words: Vec::new(),
            work: Work::default(),
            shapes: Shapes::default(),
            updates: UpdateMemo::default(),
            entries: Vec::new(),
            statistics: HeapStatistics::default(),
            counting: None,
            empty_list: Value::NONE,
            empty_attrs: Value::NONE,
            empty_string: Value::NONE,
            safe_points: 0,
            next_stress: 0,
            stress_work: 0,
            root_bytes: 0,
            seed: 0x9e37_79b9_7f4a_7c15,
            #[cfg(debug_assertions)]
            verified_bytes: 0,
        };
        heap.reset_nursery(0);
        heap.empty_list = heap.list_from(&[]);
        let shape = heap.shape(&[]);
        heap.empty_attrs = heap.attrs_with(shape, 0, |_| {});
        heap.empty_string = heap.string(b"");
        heap
    }

    #[inline(always)]
    fn allocate(&mut self, header: Header) -> *mut Header {
        let size = header.size();
        let placed = if size <= NURSERY_LARGEST { self.nursery.take(size) } else { None };
        let object = placed.unwrap_or_else(|| self.allocate_slow(size, &header));
        // SAFETY: there is room for at least the header.
        unsafe { object.write(header) };
        object
    }

    #[cold]
    #[inline(never)]
    fn allocate_slow(&mut self, size: usize, header: &Header) -> *mut Header {
        let placed = if size <= NURSERY_LARGEST { self.nursery.extend(size) } else { None };
        placed.unwrap_or_else(|| self.allocate_large(size, header))
    }

    /// Objects that the nursery has no room for are looked at by the next minor collection, whether
    /// anything leads to them or not.
    fn allocate_large(&mut self, size: usize, header: &Header) -> *mut Header {
        let Some(object) = self.space.allocate_directly(size) else { return self.allocate_refused(size) };
        if let Some(counting) = &mut self.counting {
            counting.census.add(header);
        }
        // All of it is about to be written, except for the spare room of bytes.
        if size >= MAPPED && header.kind != Kind::Bytes {
            // SAFETY: what is so large was mapped, and lies at its beginning.
            unsafe { system::prepare(object.cast(), size) };
        }
        self.remembered.push(object);
        self.statistics.allocated_bytes += size as u64;
        if self.config.stress == StressMode::Off && self.is_major_due() {
            // Dead ones among them are freed by a major collection, which only follows a minor one.
            self.nursery.limit(0);
        }
        object
    }

    /// The system has no room for a large object: the nursery may have, or the reserve. Whoever needs much asks before.
    fn allocate_refused(&mut self, size: usize) -> *mut Header {
        self.nursery.limit(0);
        if let Some(object) = self.nursery.extend(size) {
            return object;
        }
        let object = self.space.allocate_spare(size, self.nursery.used());
        self.remembered.push(object);
        object
    }

    #[inline(always)]
    fn object<'h>(&mut self, kind: Kind, count: u16, len: u32) -> (*mut Value<'h>, Value<'h>) {
        let object = self.allocate(Header { kind, mark: 0, count, len });
        // SAFETY: the object was just made.
        (unsafe { words(object).cast() }, Value::from_object(object, kind))
    }

    /// An integer of any size.
    #[inline(always)]
    pub fn int<'h>(&mut self, i: i64) -> Value<'h> {
        Value::small_int(i).unwrap_or_else(|| self.big_int(i))
    }

    #[cold]
    fn big_int<'h>(&mut self, i: i64) -> Value<'h> {
        let (payload, value) = self.object(Kind::BigInt, 0, 0);
        // SAFETY: there is room for one word.
        unsafe { payload.cast::<i64>().write(i) };
        value
    }

    /// A float.
    pub fn float<'h>(&mut self, f: f64) -> Value<'h> {
        let (payload, value) = self.object(Kind::Float, 0, 0);
        // SAFETY: there is room for one word.
        unsafe { payload.cast::<f64>().write(f) };
        value
    }

    /// The greatest length of strings, lists and sets.
    pub const MAX_LEN: usize = u32::MAX as usize - 16;

    /// A string without context. Lengths beyond [`Heap::MAX_LEN`] are the caller's to refuse.
    pub fn string<'h>(&mut self, bytes: &[u8]) -> Value<'h> {
        assert!(bytes.len() <= Self::MAX_LEN, "lengths are checked before");
        let (payload, value) = self.object(Kind::String, 0, bytes.len() as u32);
        // SAFETY: there is room for the bytes, rounded up to words; the last word is cleared so that
        // no byte is left undefined.
        unsafe {
            if !bytes.is_empty() {
                payload.add((bytes.len() - 1) / WORD).cast::<u64>().write(0);
            }
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), payload.cast::<u8>(), bytes.len());
        }
        value
    }

    /// A string that is the text of a symbol.
    pub fn name<'h>(&mut self, symbol: Symbol, text: &[u8]) -> Value<'h> {
        let value = self.string(text);
        if let Some(string) = value.as_string() {
            string.note_symbol(symbol);
        }
        value
    }

    /// A string with a context object, or without.
    pub fn string_with_context<'h>(&mut self, bytes: &[u8], context: Option<Value<'h>>) -> Value<'h> {
        self.string_of_parts(std::iter::once(bytes), bytes.len(), context)
    }

    /// A string of `len` bytes, those of the parts one after the other.
    ///
    /// # Panics
    /// If they have not as many.
    pub fn string_of_parts<'a, 'h>(
        &mut self,
        parts: impl Iterator<Item = &'a [u8]>,
        len: usize,
        context: Option<Value<'h>>,
    ) -> Value<'h> {
        assert!(len <= Self::MAX_LEN, "lengths are checked before");
        let (room, value) = self.string_room(len, context);
        let mut written = 0;
        for part in parts {
            assert!(part.len() <= len - written, "the parts have more bytes");
            // SAFETY: there is room for `len` bytes, and the part fits into what is left of it.
            unsafe { std::ptr::copy_nonoverlapping(part.as_ptr(), room.add(written), part.len()) };
            written += part.len();
        }
        assert!(written == len, "the parts have fewer bytes");
        value
    }

    /// A string whose bytes are still to be written.
    #[inline]
    fn string_room<'h>(&mut self, len: usize, context: Option<Value<'h>>) -> (*mut u8, Value<'h>) {
        let kind = if context.is_some() { Kind::ContextString } else { Kind::String };
        let (payload, value) = self.object(kind, 0, len as u32);
        // SAFETY: there is room for the context, if any, and `len` bytes rounded up to words.
        unsafe {
            let mut start = payload;
            if let Some(context) = context {
                start.write(context);
                start = start.add(1);
            }
            // The last word is cleared so that no byte is left undefined.
            if len > 0 {
                start.add((len - 1) / WORD).cast::<u64>().write(0);
            }
            (start.cast(), value)
        }
    }

    /// A path: absolute, canonical bytes.
    pub fn path<'h>(&mut self, bytes: &[u8]) -> Value<'h> {
        let (payload, value) = self.object(Kind::Path, 0, bytes.len() as u32);
        // SAFETY: there is room for the bytes.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), payload.cast(), bytes.len()) };
        value
    }

    /// The empty list.
    pub fn empty_list<'h>(&self) -> Value<'h> {
        self.empty_list
    }

    /// The empty set.
    pub fn empty_attrs<'h>(&self) -> Value<'h> {
        self.empty_attrs
    }

    /// The empty string.
    pub fn empty_string<'h>(&self) -> Value<'h> {
        self.empty_string
    }

    /// A list of the given elements.
    pub fn list<'h>(&mut self, elements: &[Value<'h>]) -> Value<'h> {
        if elements.is_empty() { self.empty_list } else { self.list_from(elements) }
    }

    /// A list of nulls that [`Heap::fill`] replaces before anybody else sees it.
    pub fn list_to_fill<'h>(&mut self, len: usize) -> Value<'h> {
        if len == 0 {
            return self.empty_list;
        }
        assert!(len <= Self::MAX_LEN, "lengths are checked before");
        let (payload, value) = self.object(Kind::List, 0, len as u32);
        // SAFETY: there is room for the elements.
        (0..len).for_each(|index| unsafe { payload.add(index).write(Value::NULL) });
        value
    }

    /// Replaces elements or values (in the order of the entries) of a list or set that was just made
    /// by its author, by what `part` gives.
    ///
    /// # Panics
    /// If the container has not so many.
    #[inline]
    pub fn fill<'h>(
        &mut self,
        container: Value<'h>,
        parts: Range<usize>,
        mut part: impl FnMut(&mut Heap, usize) -> Value<'h>,
    ) {
        let object = container.address();
        let (len, first) = match container.kind() {
            // SAFETY: it is an object.
            Some(Kind::List) => (unsafe { (*object).len }, 0),
            // SAFETY: as above.
            Some(Kind::Attrs) => (unsafe { (*object).len }, 1),
            _ => (0, 0),
        };
        assert!(parts.end <= len as usize, "the container has no such parts");
        // SAFETY: the parts are there.
        unsafe {
            let room: *mut Value<'static> = words(object).add(first);
            for index in parts.clone() {
                room.add(index).write(part(self, index).rebrand());
            }
            if (*object).is_old() {
                self.remembered_words.push(room.add(parts.start)..room.add(parts.end));
            }
        }
    }

    fn list_from<'h>(&mut self, elements: &[Value<'h>]) -> Value<'h> {
        let (payload, value) = self.object(Kind::List, 0, elements.len() as u32);
        // SAFETY: there is room for the elements.
        unsafe { std::ptr::copy_nonoverlapping(elements.as_ptr(), payload, elements.len()) };
        value
    }

    /// The list as the value of one more thunk. C++ Nix tells lists apart by the cell that holds
    /// them: the first thunk takes the list itself, each further one gets a view of its own, so that
    /// the printers can do as it does.
    #[inline(always)]
    pub fn place_list<'h>(&mut self, value: Value<'h>) -> Value<'h> {
        if !matches!(value.kind(), Some(Kind::List | Kind::ListView)) {
            return value;
        }
        let object = value.address();
        // SAFETY: it is a list or a view of one; the mark "placed" changes nothing else.
        unsafe {
            if (*object).len == 0 {
                return value;
            }
            if (*object).count & PLACED == 0 {
                (*object).count |= PLACED;
                return value;
            }
        }
        self.place_view(value)
    }

    /// A view of a list that has its place.
    #[inline(never)]
    fn place_view<'h>(&mut self, value: Value<'h>) -> Value<'h> {
        let len = value.as_list().map_or(0, <[_]>::len);
        let alias = self.view_list(value, 0..len);
        // SAFETY: it was just made.
        unsafe { (*alias.address()).count |= PLACED };
        alias
    }

    /// The elements of lists that have `len` together, one after the other.
    ///
    /// # Panics
    /// If they have not as many.
    pub fn concat<'a, 'h: 'a>(
        &mut self,
        lists: impl Iterator<Item = &'a [Value<'h>]>,
        len: usize,
    ) -> Value<'h> {
        assert!(len <= Self::MAX_LEN, "lengths are checked before");
        let (payload, value) = self.object(Kind::List, 0, len as u32);
        let mut filled = 0;
        for list in lists {
            assert!(list.len() <= len - filled, "the lists have more elements");
            // SAFETY: there is room for `len` elements, and the list fits into what is left of it.
            unsafe { std::ptr::copy_nonoverlapping(list.as_ptr(), payload.add(filled), list.len()) };
            filled += list.len();
        }
        assert!(filled == len, "the lists have fewer elements");
        value
    }

    /// Gives a thunk its value, which may be another thunk.
    #[inline(always)]
    pub fn finish<'h>(&mut self, thunk: Thunk<'h>, value: Value<'h>) {
        thunk.finish(value);
        if thunk.is_old() && value.object().is_some() {
            self.remembered.push(thunk.as_value().address());
        }
    }

    /// Notes that words of an object were filled in.
    #[inline]
    pub fn note_change(&mut self, value: Value<'_>) {
        if let Some(object) = value.object() {
            self.remember(object);
        }
    }

    /// An object was changed: if it is old, it may lead to a new one now.
    fn remember(&mut self, object: *mut Header) {
        // SAFETY: it is an object.
        if unsafe { (*object).is_old() } {
            self.remembered.push(object);
        }
    }

    /// Room for a closure; every captured word must be written before the next safe point.
    ///
    /// # Safety
    /// The caller writes `count` words.
    #[inline(always)]
    pub unsafe fn closure<'h>(&mut self, code: u32, count: u16) -> (*mut Value<'h>, Value<'h>) {
        self.object(Kind::Closure, count, code)
    }

    /// Takes back the object that was made last.
    ///
    /// # Safety
    /// No other one was made after it, and nothing refers to it.
    #[inline(always)]
    pub unsafe fn take_back(&mut self, value: Value<'_>) {
        self.nursery.take_back(value.address());
    }

    /// Room for a suspended computation.
    ///
    /// # Safety
    /// The caller writes `count` words.
    #[inline(always)]
    pub unsafe fn suspended<'h>(&mut self, code: u32, count: u16) -> (*mut Value<'h>, Value<'h>) {
        self.object(Kind::Suspended, count, code)
    }

    /// An application that is made when it is needed.
    ///
    /// # Panics
    /// If there are more arguments than a header counts; [`Heap::partial`] likewise. Verified code has not so many.
    #[inline]
    pub fn application<'h>(&mut self, function: Value<'h>, arguments: &[Value<'h>]) -> Value<'h> {
        assert!(arguments.len() < u16::MAX as usize, "an application has fewer arguments");
        let count = arguments.len() as u16 + 1;
        let (payload, value) = self.object(Kind::Application, count, APPLICATION_CODE);
        // SAFETY: there is room for `count` words.
        unsafe {
            payload.write(function);
            for (index, &argument) in arguments.iter().enumerate() {
                payload.add(1 + index).write(argument);
            }
        }
        value
    }

    /// A function or builtin with its first arguments, in the order of application.
    pub fn partial<'h>(&mut self, function: Value<'h>, arguments: &[Value<'h>]) -> Value<'h> {
        assert!(arguments.len() <= u16::MAX as usize, "an application has fewer arguments");
        let (payload, value) = self.object(Kind::Partial, arguments.len() as u16, 0);
        // SAFETY: there is room for the function and the arguments.
        unsafe {
            payload.write(function);
            std::ptr::copy_nonoverlapping(arguments.as_ptr(), payload.add(1), arguments.len());
        }
        value
    }

    /// A `with` scope over `namespace` inside `parent` (or [`Value::NONE`]).
    pub fn with_scope<'h>(&mut self, namespace: Value<'h>, parent: Value<'h>) -> Value<'h> {
        let (payload, value) = self.object(Kind::With, 0, 0);
        // SAFETY: there is room for two words.
        unsafe {
            payload.write(namespace);
            payload.add(1).write(parent);
        }
        value
    }

    /// Namespace and parent of a `with` scope.
    pub fn with_parts<'h>(scope: Value<'h>) -> Option<(Value<'h>, Value<'h>)> {
        // SAFETY: a scope has two words.
        (scope.kind() == Some(Kind::With)).then(|| unsafe {
            let payload = words(scope.address());
            (payload.read(), payload.add(1).read())
        })
    }

    /// The words that a closure or a thunk captured.
    ///
    /// # Safety
    /// `value` must be a closure or a thunk whose words are intact.
    #[inline(always)]
    pub unsafe fn captured<'h>(value: Value<'h>) -> *mut Value<'h> {
        // SAFETY: by the caller.
        unsafe { words(value.address()).cast() }
    }

    /// How many words a closure or a thunk captured.
    ///
    /// # Safety
    /// `value` must be a closure or a thunk.
    #[inline(always)]
    pub unsafe fn captured_count(value: Value<'_>) -> usize {
        // SAFETY: by the caller.
        unsafe { (*value.address()).count as usize }
    }

    /// The code of a closure.
    ///
    /// # Safety
    /// `value` must be a closure.
    #[inline(always)]
    pub unsafe fn closure_code(value: Value<'_>) -> u32 {
        // SAFETY: by the caller.
        unsafe { (*value.address()).len }
    }

    /// Whether [`Heap::wants_collection`] is worth asking.
    #[inline(always)]
    pub fn may_want_collection(&self) -> bool {
        self.nursery.is_full()
    }

    /// Whether a safe point should collect. Counts the safe point in stress mode.
    #[inline]
    pub fn wants_collection(&mut self) -> bool {
        match self.config.stress {
            StressMode::Off => self.nursery.is_full(),
            StressMode::Never => false,
            StressMode::On => self.stress(),
        }
    }

    /// The answer of a safe point under test.
    #[cold]
    fn stress(&mut self) -> bool {
        self.safe_points += 1;
        if self.safe_points < self.next_stress {
            return false;
        }
        // Roots are quick to look at beside objects.
        let looked_at = (self.in_use() + self.root_bytes / 16) as u64;
        self.stress_work += looked_at;
        if self.safe_points >= DENSE_STRESS || self.stress_work >= DENSE_STRESS_WORK {
            // The gap grows with what a collection looks at, live objects and roots (a deep stack), so that all
            // collections together stay linear in what is allocated and entered.
            self.seed ^= self.seed << 13;
            self.seed ^= self.seed >> 7;
            self.seed ^= self.seed << 17;
            let spread = 1000 + looked_at / 64;
            self.next_stress = self.safe_points + 1 + self.seed % spread;
        }
        true
    }

    /// Moves what is alive out of the nursery; frees what the roots do not reach if enough came to
    /// the old space since that was done last.
    pub fn collect(&mut self, roots: &mut dyn Roots) {
        let stressed =
            self.config.stress == StressMode::On && self.statistics.minor_collections.is_multiple_of(4);
        let begun = self.take_census();
        self.root_bytes = roots.bytes();
        self.collect_new(roots);
        self.beside = roots.beside();
        if stressed || self.is_major_due() {
            self.collect_old(roots);
        }
        self.note_time(begun);
    }

    /// Whether so much came to the old space that marking it pays.
    fn is_major_due(&self) -> bool {
        self.space.allocated >= self.threshold && self.space.in_use() >= self.beside
    }

    /// Counts from now on what is made and how long collections take, by `clock`.
    pub fn count(&mut self, clock: fn() -> Duration) {
        self.counting =
            Some(Box::new(Counting { census: Census::default(), clock, collecting: Duration::ZERO }));
    }

    /// What was made since [`Heap::count`] (and what was in the nursery then), and the time that collections took.
    pub fn counted(&self) -> Option<(Census, Duration)> {
        let counting = self.counting.as_deref()?;
        let mut census = counting.census;
        self.nursery.objects().for_each(|header| census.add(header));
        Some((census, counting.collecting))
    }

    /// Counts what is in the nursery, before it is moved; the time.
    fn take_census(&mut self) -> Duration {
        let Some(counting) = &mut self.counting else { return Duration::ZERO };
        self.nursery.objects().for_each(|header| counting.census.add(header));
        (counting.clock)()
    }

    /// Notes that a collection is over.
    fn note_time(&mut self, begun: Duration) {
        if let Some(counting) = &mut self.counting {
            counting.collecting += (counting.clock)().saturating_sub(begun);
        }
    }

    /// Frees what the roots do not reach, after a minor collection, if what is in use and `outside` bytes beside the
    /// heap go beyond the limit together; whether that was so. Close to the limit some is allocated in between nevertheless.
    pub fn collect_beyond(&mut self, roots: &mut dyn Roots, outside: usize) -> bool {
        let beyond = self.space.in_use().saturating_add(outside) > self.config.limit;
        let is_due = beyond && self.space.allocated >= self.config.limit / 16;
        if is_due {
            let begun = self.counting.as_ref().map_or(Duration::ZERO, |counting| (counting.clock)());
            self.collect_old(roots);
            self.note_time(begun);
        }
        is_due
    }

    /// Makes the next safe point collect.
    pub fn want_collection(&mut self) {
        self.nursery.limit(0);
    }

    /// Frees all that the roots do not reach.
    pub fn collect_all(&mut self, roots: &mut dyn Roots) {
        let begun = self.take_census();
        self.collect_new(roots);
        self.collect_old(roots);
        self.note_time(begun);
    }

    /// The minor collection.
    fn collect_new(&mut self, roots: &mut dyn Roots) {
        self.statistics.allocated_bytes += self.nursery.used() as u64;
        self.note_peak();
        let mut remembered = std::mem::take(&mut self.remembered);
        let mut tracer = Tracer::new(&mut self.space, &self.nursery, &mut self.work, false);
        remembered.drain(..).for_each(|object| tracer.rescan(object));
        for words in self.remembered_words.drain(..) {
            tracer.rescan_words(words);
        }
        for own in [&mut self.empty_list, &mut self.empty_attrs, &mut self.empty_string] {
            tracer.trace(own);
        }
        roots.trace(&mut tracer);
        tracer.drain();
        roots.finished(&tracer);
        self.shapes.relocate(&tracer);
        self.updates.relocate(&tracer);
        self.remembered = remembered;
        self.statistics.minor_collections += 1;
        self.reset_nursery(roots.bytes());
        #[cfg(debug_assertions)]
        self.verify(roots, false);
    }

    /// The major collection; the nursery is empty.
    fn collect_old(&mut self, roots: &mut dyn Roots) {
        self.note_peak();
        let before = self.space.in_use();
        self.space.begin_collection();
        let mut tracer = Tracer::new(&mut self.space, &self.nursery, &mut self.work, true);
        for own in [&mut self.empty_list, &mut self.empty_attrs, &mut self.empty_string] {
            tracer.trace(own);
        }
        roots.trace(&mut tracer);
        tracer.drain();
        roots.finished(&tracer);
        self.shapes.relocate(&tracer);
        self.updates.relocate(&tracer);
        self.space.sweep();
        self.statistics.collections += 1;
        self.statistics.live_bytes = self.space.in_use() as u64;
        self.threshold = self.next_threshold(before);
        #[cfg(debug_assertions)]
        self.verify(roots, true);
    }

    /// How many bytes may come to the old space before the next major collection: as many as are live; twice as many if
    /// this one found little to free of the `before` bytes in a heap that is most of what the process holds.
    fn next_threshold(&self, before: usize) -> usize {
        let live = self.space.in_use();
        let freed_little = before.saturating_sub(live) < before / FEW_FREED;
        let growth = if freed_little && live >= self.beside { 2 * live } else { live };
        self.config.minimum_threshold.max(growth.min(self.room()))
    }

    /// Checks everything that the roots reach after a collection, as long as the work is in proportion
    /// to what was allocated.
    #[cfg(debug_assertions)]
    fn verify(&mut self, roots: &mut dyn Roots, is_major: bool) {
        if self.verified_bytes > crate::verify::GRACE + self.statistics.allocated_bytes {
            return;
        }
        let walk = crate::verify::Verification::new(&self.space, &self.nursery, is_major);
        let tracer = Tracer::new(&mut self.space, &self.nursery, &mut self.work, true);
        let mut tracer = tracer.verifying(walk);
        for own in [&mut self.empty_list, &mut self.empty_attrs, &mut self.empty_string] {
            tracer.trace(own);
        }
        roots.trace(&mut tracer);
        self.verified_bytes += tracer.verified();
    }

    /// Makes the nursery empty, as large as what is in it can be moved elsewhere for sure.
    fn reset_nursery(&mut self, root_bytes: usize) {
        let soft_limit = self.soft_limit(root_bytes);
        if self.config.stress == StressMode::Never {
            return self.nursery.reset(soft_limit, usize::MAX);
        }
        let room = self.space.secure(soft_limit + SLACK);
        self.nursery.reset(soft_limit.min(room.saturating_sub(SLACK)), room);
    }

    /// Whether the system refused memory that a collection or a large object needed; the nursery has little room until
    /// [`Heap::recovers`].
    pub fn was_refused(&self) -> bool {
        self.space.refused
    }

    /// After a collection of everything: whether there is memory again.
    pub fn recovers(&mut self) -> bool {
        self.reset_nursery(0);
        !self.space.refused
    }

    /// Whether the system would give so many bytes.
    pub fn is_available(&mut self, bytes: usize) -> bool {
        self.space.is_available(bytes)
    }

    /// For tests: makes the system refuse memory after so many requests of this heap.
    pub fn refuse_after(&mut self, requests: Option<u64>) {
        self.space.refuse_after(requests);
    }

    /// The soft limit of the nursery: grows with what is old and with the roots, so that the work of
    /// minor collections stays in proportion to what is allocated.
    fn soft_limit(&self, root_bytes: usize) -> usize {
        match self.config.stress {
            StressMode::On => 0,
            StressMode::Never => usize::MAX,
            StressMode::Off => {
                let share = (self.space.in_use() / 16).max(root_bytes);
                share.max(self.config.minimum_nursery).min(MAX_SOFT_LIMIT)
            }
        }
    }

    fn note_peak(&mut self) {
        let claimed = (self.space.claimed() + self.nursery.used()) as u64;
        self.statistics.peak_bytes = self.statistics.peak_bytes.max(claimed);
    }

    /// Bytes in use, dead ones among them.
    fn in_use(&self) -> usize {
        self.space.in_use() + self.nursery.used()
    }

    /// What may be allocated until the next collection without going far beyond the limit. Close to it some is
    /// allowed nevertheless, so that collections do not follow each other all the time.
    fn room(&self) -> usize {
        let limit = self.config.limit;
        limit.saturating_sub(self.space.in_use()).max(limit / 16)
    }

    /// Whether `more` bytes beside what was live after the last collection would go beyond the limit. What was
    /// allocated since may be garbage; how much that is, `room` bounds.
    pub fn exceeds_limit(&self, more: usize) -> bool {
        (self.statistics.live_bytes as usize).saturating_add(more) > self.config.limit
    }

    /// Bytes of the tables of shapes, which lie beside the heap.
    pub fn table_memory(&self) -> usize {
        self.shapes.memory() + self.updates.memory()
    }

    /// The settings.
    pub fn config(&self) -> &HeapConfig {
        &self.config
    }

    /// The figures up to now.
    pub fn statistics(&self) -> HeapStatistics {
        let mut figures = self.statistics;
        figures.allocated_bytes += self.nursery.used() as u64;
        let claimed = (self.space.claimed() + self.nursery.used()) as u64;
        figures.peak_bytes = figures.peak_bytes.max(claimed);
        figures
    }
}

#[cfg(test)]
mod tests;
