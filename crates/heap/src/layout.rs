//! The header word of objects, their kinds and their sizes.

use crate::value::Value;

/// The kind of an object. Those that are special to the collector come last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Kind {
    /// Payload: the bits of a 64-bit float.
    Float,
    /// Payload: an integer beyond 63 bits.
    BigInt,
    /// `len` bytes. `count` remembers the symbol of the text: its number and 1, or 0.
    String,
    /// A context object, then `len` bytes.
    ContextString,
    /// `len` bytes: an absolute, canonical path.
    Path,
    /// `len` values. `count` tells whether a thunk has it as its value.
    List,
    /// `len` values from a place on in a list or in a buffer of elements: where they are, and the place. `count` as for lists.
    ListView,
    /// Room for `len` elements, some of them in use, then the used range: see `heap/joined.rs`.
    Elements,
    /// `len` bytes from a place on in a buffer of bytes: where they are, the place, and a context object or nothing.
    StringView,
    /// Room for `len` bytes, some of them in use, then the used range.
    Bytes,
    /// A shape, then `len` values.
    Attrs,
    /// A word for the cached order, then `len` pairs of name and position, ascending by symbol.
    Shape,
    /// `len` numbers of 32 bits: the indices of a shape in byte order of the names.
    Order,
    /// `count` upvalues; `len` is the code.
    Closure,
    /// A function, then `count` arguments in the order of application.
    Partial,
    /// The namespace and the enclosing scope (or nothing).
    With,
    /// `len` numbers of 32 bits, ascending: the interned context elements.
    Context,
    /// A context of more elements, then `len` numbers as above that are not in it.
    ContextRun,
    /// `count` upvalues; `len` is the code.
    Suspended,
    /// A function and `count` − 1 arguments, not yet applied.
    Application,
    /// A thunk that is being evaluated; it keeps its words, so that an interrupted one can be put back.
    Blackhole,
    /// A thunk whose evaluation failed; the first word is the number of the error.
    Failed,
    /// A thunk that has its value, in the first word.
    Evaluated,
    /// A set of `len` attributes in layers: the set below and the flat set on top of it; or, once flattened, a flat set
    /// and nothing. `count` tells how deep they are, and how often they were looked into.
    Layers,
    /// What a minor collection leaves in place of an object: the rest of the header word tells where the object is now.
    Forwarded,
}

impl Kind {
    /// How many there are.
    const NUMBER: usize = Kind::Forwarded as usize + 1;

    /// Whether the collector looks closer at objects of the kind before it keeps them: the object was moved, something else
    /// may stand for it, or it remembers an error.
    #[inline(always)]
    pub(crate) fn is_special(self) -> bool {
        self as u8 >= Kind::Failed as u8
    }
}

/// What the sizes of objects of one kind are made of, all in words.
#[derive(Clone, Copy)]
struct Extent {
    /// Which bits of `count` and `len` tell how many parts there are; only those of one of the two.
    count: u16,
    len: u32,
    /// All bits if the parts are values, else none.
    values: u32,
    /// How many parts fit into a word, as a power of two.
    per_word: u8,
    /// Words, and values among them, that are always there.
    more: u8,
    more_values: u8,
    /// The least number of words for the parts.
    least: u8,
}

impl Extent {
    /// Words of which neither `count` nor `len` tells.
    const fn fixed(words: u8, values: u8) -> Extent {
        Extent { count: 0, len: 0, values: 0, per_word: 0, more: words, more_values: values, least: 0 }
    }

    /// Words before `len` parts that are no values, of which `1 << per_word` fit into one.
    const fn raw(words: u8, values: u8, per_word: u8) -> Extent {
        Extent { len: u32::MAX, per_word, ..Self::fixed(words, values) }
    }

    /// Words beside `len` values.
    const fn values(words: u8, values: u8) -> Extent {
        Extent { len: u32::MAX, values: u32::MAX, ..Self::fixed(words, values) }
    }

    /// Values beside `count` of them.
    const fn captured(values: u8) -> Extent {
        Extent { count: u16::MAX, values: u32::MAX, ..Self::fixed(values, values) }
    }

    /// A thunk whose `count` words are values.
    const fn thunk() -> Extent {
        Extent { least: 1, ..Self::captured(0) }
    }

    /// One of which that does not count any more, but perhaps the first.
    const fn settled(values: u8) -> Extent {
        Extent { values: 0, more_values: values, ..Self::thunk() }
    }

    const fn of(kind: Kind) -> Extent {
        match kind {
            Kind::Float | Kind::BigInt => Self::fixed(1, 0),
            Kind::String | Kind::Path => Self::raw(0, 0, 3),
            Kind::Bytes => Self::raw(1, 0, 3),
            Kind::ContextString => Self::raw(1, 1, 3),
            Kind::Order | Kind::Context => Self::raw(0, 0, 1),
            Kind::ContextRun => Self::raw(1, 1, 1),
            Kind::Shape => Self::raw(1, 1, 0),
            Kind::List => Self::values(0, 0),
            Kind::Elements => Self::values(1, 0),
            Kind::Attrs => Self::values(1, 1),
            Kind::ListView | Kind::With | Kind::Layers => Self::fixed(2, 2),
            Kind::StringView => Self::fixed(3, 3),
            Kind::Closure => Self::captured(0),
            Kind::Partial => Self::captured(1),
            Kind::Suspended | Kind::Application | Kind::Blackhole => Self::thunk(),
            Kind::Failed => Self::settled(0),
            Kind::Evaluated => Self::settled(1),
            Kind::Forwarded => Self::fixed(0, 0),
        }
    }
}

/// All of them.
const KINDS: [Kind; Kind::NUMBER] = [
    Kind::Float,
    Kind::BigInt,
    Kind::String,
    Kind::ContextString,
    Kind::Path,
    Kind::List,
    Kind::ListView,
    Kind::Elements,
    Kind::StringView,
    Kind::Bytes,
    Kind::Attrs,
    Kind::Shape,
    Kind::Order,
    Kind::Closure,
    Kind::Partial,
    Kind::With,
    Kind::Context,
    Kind::ContextRun,
    Kind::Suspended,
    Kind::Application,
    Kind::Blackhole,
    Kind::Failed,
    Kind::Evaluated,
    Kind::Layers,
    Kind::Forwarded,
];

/// The extents of objects, by kind.
static EXTENTS: [Extent; Kind::NUMBER] = {
    let mut extents = [Extent::of(Kind::Float); Kind::NUMBER];
    let mut at = 0;
    while at < Kind::NUMBER {
        extents[KINDS[at] as usize] = Extent::of(KINDS[at]);
        at += 1;
    }
    extents
};

/// The first word of every object.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(8))]
pub struct Header {
    /// What it is.
    pub kind: Kind,
    /// The major collection that last reached it; 0 for a new object.
    pub mark: u8,
    /// Number of captured values or arguments, for the kinds that have them; else flags.
    pub count: u16,
    /// Length or code, see [`Kind`].
    pub len: u32,
}

/// Bytes of the header and of any word.
pub const WORD: usize = 8;

/// Flag in `count` of a set: its attributes have no positions.
pub const NO_POSITIONS: u16 = 1;

/// Flag in `count` of a list or a view of one: a thunk has it as its value.
pub const PLACED: u16 = 1;

/// How many times a list or string with context was made by adding to what was made so before, in two bits of `count`.
const JOINED: u16 = 6;
const JOINED_SHIFT: u32 = 1;

/// The same of a string without context is in place of its symbol: these numbers and those above stand for it.
const JOINED_STRING: u16 = u16::MAX - MOST_JOINED as u16;

/// More is not counted.
pub const MOST_JOINED: u8 = 3;

impl Header {
    /// The size of the object in bytes, header included, a multiple of the word.
    #[inline]
    pub fn size(&self) -> usize {
        WORD + self.extent().0 * WORD
    }

    /// How many of the words after the header, from the first on, are values.
    #[inline]
    pub fn values(&self) -> usize {
        self.extent().1
    }

    /// How many words follow the header, and how many of them, from the first on, are values, without a branch on the
    /// kind: the collector meets kinds in no order that could be foretold.
    #[inline(always)]
    pub(crate) fn extent(&self) -> (usize, usize) {
        let extent = &EXTENTS[self.kind as usize];
        let parts = (u32::from(self.count & extent.count) | self.len & extent.len) as usize;
        let words = (parts + ((1 << extent.per_word) - 1)) >> extent.per_word;
        let words = words.max(usize::from(extent.least)) + usize::from(extent.more);
        (words, (parts & extent.values as usize) + usize::from(extent.more_values))
    }

    /// Whether the object outlived a collection, or is too large to be moved by one.
    #[inline(always)]
    pub fn is_old(&self) -> bool {
        self.mark != 0
    }

    /// Notes how many times the list or string was added to, up to [`MOST_JOINED`].
    pub fn set_joined(&mut self, times: u8) {
        let times = u16::from(times.min(MOST_JOINED));
        match self.kind {
            Kind::String => self.count = JOINED_STRING + times,
            _ => self.count |= times << JOINED_SHIFT,
        }
    }

    /// How many times [`Header::set_joined`] noted; only the first to ask is told.
    pub fn take_joined(&mut self) -> u8 {
        match self.kind {
            Kind::String if self.count >= JOINED_STRING => {
                let times = self.count - JOINED_STRING;
                self.count = 0;
                times as u8
            }
            Kind::List | Kind::ContextString => {
                let times = (self.count & JOINED) >> JOINED_SHIFT;
                self.count &= !JOINED;
                times as u8
            }
            _ => 0,
        }
    }

    /// The number in a string's `count` that stands for its symbol.
    #[inline(always)]
    pub fn symbol_number(&self) -> Option<u32> {
        let noted = self.kind == Kind::String && self.count != 0 && self.count < JOINED_STRING;
        noted.then(|| u32::from(self.count) - 1)
    }

    /// Notes it; a number that is too large is forgotten.
    #[inline]
    pub fn note_symbol_number(&mut self, number: u32) {
        match u16::try_from(number + 1) {
            Ok(count) if count < JOINED_STRING && self.kind == Kind::String => self.count = count,
            _ => {}
        }
    }

    /// Leaves the new address of an object in its place. The address takes the upper seven bytes.
    pub fn forward(&mut self, to: *mut Header) {
        let word = (to as usize as u64) << 8 | Kind::Forwarded as u64;
        // SAFETY: a header is one word.
        unsafe { std::ptr::from_mut(self).cast::<[u8; WORD]>().write(word.to_le_bytes()) };
    }

    /// The new address of an object that was moved.
    #[inline(always)]
    pub fn forwarded(&self) -> Option<*mut Header> {
        if self.kind != Kind::Forwarded {
            return None;
        }
        // SAFETY: a header is one word.
        let word = u64::from_le_bytes(unsafe { std::ptr::from_ref(self).cast::<[u8; WORD]>().read() });
        Some((word >> 8) as usize as *mut Header)
    }
}

/// A pointer to the words after the header.
///
/// # Safety
/// `object` must point to an object.
pub unsafe fn words<'h>(object: *mut Header) -> *mut Value<'h> {
    // SAFETY: every object has the room for its words directly after the header.
    unsafe { object.add(1).cast() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_one_word() {
        assert_eq!(size_of::<Header>(), WORD);
    }

    #[test]
    fn a_forwarded_header_tells_the_address() {
        let mut header = Header { kind: Kind::List, mark: 0, count: 1, len: 7 };
        assert_eq!(header.forwarded(), None);
        let to = 0x7fff_1234_5678_usize as *mut Header;
        header.forward(to);
        assert_eq!(header.forwarded(), Some(to));
    }

    #[test]
    fn joinings_are_noted_beside_what_else_is_counted() {
        let header = |kind, count| Header { kind, mark: 0, count, len: 100 };
        for mut header in
            [header(Kind::List, PLACED), header(Kind::String, 7), header(Kind::ContextString, 0)]
        {
            let before = if header.kind == Kind::String { 0 } else { header.count };
            assert_eq!(header.take_joined(), 0);
            for times in [1, MOST_JOINED, MOST_JOINED + 1] {
                header.set_joined(times);
                assert_eq!(header.symbol_number(), None);
                assert_eq!([header.take_joined(), header.take_joined()], [times.min(MOST_JOINED), 0]);
                assert_eq!(header.count, before);
            }
        }
        let mut string = header(Kind::String, 0);
        let last = u32::from(JOINED_STRING) - 2;
        for number in [last, last + 1] {
            string.note_symbol_number(number);
            assert_eq!((string.take_joined(), string.symbol_number()), (0, Some(last)));
        }
    }

    /// The words after the header, as [`Kind`] documents them.
    fn words(header: &Header) -> usize {
        let (count, len) = (header.count as usize, header.len as usize);
        match header.kind {
            Kind::Forwarded => 0,
            Kind::Float | Kind::BigInt => 1,
            Kind::String | Kind::Path => len.div_ceil(WORD),
            Kind::ContextString => 1 + len.div_ceil(WORD),
            Kind::List => len,
            Kind::Elements => len + 1,
            Kind::Bytes => len.div_ceil(WORD) + 1,
            Kind::ListView => 2,
            Kind::StringView => 3,
            Kind::Attrs | Kind::Shape => 1 + len,
            Kind::Order | Kind::Context => len.div_ceil(2),
            Kind::ContextRun => 1 + len.div_ceil(2),
            Kind::Closure => count,
            Kind::Partial => 1 + count,
            Kind::With | Kind::Layers => 2,
            Kind::Suspended | Kind::Application | Kind::Blackhole | Kind::Evaluated | Kind::Failed => {
                count.max(1)
            }
        }
    }

    /// Those of them that are values.
    fn values(header: &Header) -> usize {
        let (count, len) = (header.count as usize, header.len as usize);
        match header.kind {
            Kind::List | Kind::Elements => len,
            Kind::ListView => 2,
            Kind::StringView => 3,
            Kind::Attrs => 1 + len,
            Kind::Shape | Kind::ContextString | Kind::ContextRun | Kind::Evaluated => 1,
            Kind::Closure | Kind::Suspended | Kind::Application | Kind::Blackhole => count,
            Kind::Partial => 1 + count,
            Kind::With | Kind::Layers => 2,
            _ => 0,
        }
    }

    #[test]
    fn extents_are_as_documented() {
        for (number, kind) in KINDS.into_iter().enumerate() {
            assert_eq!(kind as usize, number);
            for count in [0, 1, 2, 7, u16::MAX] {
                for len in [0, 1, 2, 7, 8, 9, u32::MAX] {
                    let header = Header { kind, mark: 0, count, len };
                    assert_eq!(header.extent(), (words(&header), values(&header)), "{header:?}");
                }
            }
        }
    }

    #[test]
    fn sizes_are_as_documented() {
        let size = |kind, count, len| Header { kind, mark: 0, count, len }.size();
        assert_eq!(size(Kind::Float, 0, 0), 16);
        assert_eq!(size(Kind::String, 0, 9), 24);
        assert_eq!(size(Kind::ContextString, 0, 8), 24);
        assert_eq!(size(Kind::List, 0, 3), 32);
        assert_eq!(size(Kind::ListView, 0, 3), 24);
        assert_eq!(size(Kind::Elements, 0, 3), 40);
        assert_eq!(size(Kind::StringView, 0, 3), 32);
        assert_eq!(size(Kind::Bytes, 0, 9), 32);
        assert_eq!(size(Kind::ContextRun, 0, 3), 32);
        assert_eq!(size(Kind::Attrs, 0, 2), 32);
        assert_eq!(size(Kind::Suspended, 0, 7), 16);
        assert_eq!(size(Kind::Suspended, 2, 7), 24);
        assert_eq!(size(Kind::Closure, 0, 7), 8);
        assert_eq!(size(Kind::Order, 0, 3), 24);
    }
}
