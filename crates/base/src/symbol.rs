//! Interned names.
//!
//! A [`Symbol`] stands for one byte string (attribute and variable names need not be UTF-8). Two
//! symbols are equal exactly when their bytes are. Nothing that a program can observe may depend
//! on the numbers: they follow the order in which names were first met.

/// An interned name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(transparent)]
pub struct Symbol(pub u32);

/// Declares the names that the evaluator itself refers to; they are interned first, in this
/// order, so that their symbols are constants.
macro_rules! well_known {
    ($($name:ident = $text:literal),* $(,)?) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        #[repr(u32)]
        enum Index { $($name),* }

        impl Symbol {
            $(#[doc = concat!("The name `", $text, "`.")]
            pub const $name: Symbol = Symbol(Index::$name as u32);)*
        }

        const WELL_KNOWN: &[&str] = &[$($text),*];
    };
}

well_known! {
    EMPTY = "", NAME = "name", VALUE = "value", OUT_PATH = "outPath", DRV_PATH = "drvPath",
    TYPE = "type", DERIVATION = "derivation", FUNCTOR = "__functor", TO_STRING = "__toString",
    OVERRIDES = "__overrides", BODY = "body", SUCCESS = "success", RIGHT = "right",
    WRONG = "wrong", KEY = "key", START_SET = "startSet", OPERATOR = "operator", FILE = "file",
    LINE = "line", COLUMN = "column", PATH = "path", PREFIX = "prefix", FILTER = "filter",
    RECURSIVE = "recursive", SHA256 = "sha256", OUTPUTS = "outputs", OUT = "out",
    OUTPUT_NAME = "outputName", ALL_OUTPUTS = "allOutputs", VERSION = "version",
    BUILDER = "builder", SYSTEM = "system", ARGS = "args", ALL = "all", DRV_ATTRS = "drvAttrs",
    IGNORE_NULLS = "__ignoreNulls", STRUCTURED_ATTRS = "__structuredAttrs", JSON = "__json",
    CONTENT_ADDRESSED = "__contentAddressed", IMPURE = "__impure", OUTPUT_HASH = "outputHash",
    OUTPUT_HASH_ALGO = "outputHashAlgo", OUTPUT_HASH_MODE = "outputHashMode", SUB = "__sub",
    MUL = "__mul", DIV = "__div", LESS_THAN = "__lessThan", FIND_FILE = "__findFile",
    NIX_PATH = "__nixPath", CUR_POS = "__curPos", OR = "or", TRUE = "true", FALSE = "false",
    NULL = "null", BUILTINS = "builtins", HASH = "hash", HASH_ALGO = "hashAlgo",
    TO_HASH_FORMAT = "toHashFormat", URL = "url", META = "meta", ID_TYPE = "_type",
    RECURSE_FOR_DERIVATIONS = "recurseForDerivations",
}

/// The table of interned names.
pub struct Symbols {
    /// The bytes of every name, one after the other.
    bytes: Vec<u8>,
    /// Where the bytes of each name end; they begin where those of the one before end.
    ends: Vec<usize>,
    /// A hash table with linear probing; its length is a power of two, and a quarter of it is free.
    table: Vec<Slot>,
}

/// A place of the hash table. It tells everything about a short name, so that finding one takes one look at memory,
/// which is seldom in the cache.
#[derive(Clone, Copy)]
struct Slot {
    /// The [`Key`] of the name.
    first: u64,
    last: u64,
    tag: u32,
    symbol: u32,
}

impl Slot {
    const FREE: Slot = Slot::new(Key { first: 0, last: 0, tag: NO_NAME }, 0);

    const fn new(Key { first, last, tag }: Key, symbol: u32) -> Slot {
        Slot { first, last, tag, symbol }
    }

    fn key(&self) -> Key {
        Key { first: self.first, last: self.last, tag: self.tag }
    }

    fn is_free(&self) -> bool {
        self.tag == NO_NAME
    }
}

/// What is compared of a name: short ones are equal if their keys are.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Key {
    /// See [`ends_of`].
    first: u64,
    last: u64,
    /// The length of a short name; of others a hash.
    tag: u32,
}

/// The longest name that [`ends_of`] tells everything about.
const SHORT: usize = 16;

/// The bit of a tag that says that the name is longer.
const LONG: u32 = 1 << 31;

/// The tag of no name.
const NO_NAME: u32 = SHORT as u32 + 1;

/// The length of the first hash table.
const FIRST_TABLE: usize = 1 << 10;

impl Default for Symbols {
    fn default() -> Self {
        Self::new()
    }
}

impl Symbols {
    /// A table that holds just the well-known names.
    pub fn new() -> Self {
        let mut symbols =
            Symbols { bytes: Vec::new(), ends: Vec::new(), table: vec![Slot::FREE; FIRST_TABLE] };
        for name in WELL_KNOWN {
            symbols.intern(name.as_bytes());
        }
        symbols
    }

    /// The symbol of `name`, made if the name is new. What is seldom is called at the end, so that no registers are kept.
    #[inline]
    pub fn intern(&mut self, name: &[u8]) -> Symbol {
        if name.len() > SHORT {
            return self.intern_long(name);
        }
        match self.find(name, Key::of_short(name)) {
            Ok(symbol) => symbol,
            Err(place) => self.insert(name, place),
        }
    }

    #[inline(never)]
    fn intern_long(&mut self, name: &[u8]) -> Symbol {
        match self.find(name, Key::of(name)) {
            Ok(symbol) => symbol,
            Err(place) => self.insert(name, place),
        }
    }

    /// The symbol of `name` if it was ever interned. A name that was not names no attribute.
    #[inline]
    pub fn lookup(&self, name: &[u8]) -> Option<Symbol> {
        self.find(name, Key::of(name)).ok()
    }

    /// The symbol of `name`, or the place of the table where it would be.
    #[inline(always)]
    fn find(&self, name: &[u8], key: Key) -> Result<Symbol, usize> {
        let mask = self.table.len() - 1;
        let mut place = key.hash() & mask;
        while let Some(slot) = self.table.get(place) {
            if slot.key() == key {
                if name.len() <= SHORT || self.bytes(Symbol(slot.symbol)) == name {
                    return Ok(Symbol(slot.symbol));
                }
            } else if slot.is_free() {
                break;
            }
            place = (place + 1) & mask;
        }
        Err(place)
    }

    #[cold]
    #[inline(never)]
    fn insert(&mut self, name: &[u8], place: usize) -> Symbol {
        let symbol = self.ends.len() as u32;
        assert!(symbol < u32::MAX, "fewer names than 2^32 fit into memory");
        self.bytes.extend_from_slice(name);
        self.ends.push(self.bytes.len());
        self.table[place] = Slot::new(Key::of(name), symbol);
        if self.ends.len() > self.table.len() / 4 * 3 {
            self.grow();
        }
        Symbol(symbol)
    }

    fn grow(&mut self) {
        let length = self.table.len() * 2;
        let old = std::mem::replace(&mut self.table, vec![Slot::FREE; length]);
        for slot in old.into_iter().filter(|slot| !slot.is_free()) {
            let mut place = slot.key().hash() & (length - 1);
            while !self.table[place].is_free() {
                place = (place + 1) & (length - 1);
            }
            self.table[place] = slot;
        }
    }

    /// The bytes of a symbol of this table.
    pub fn bytes(&self, symbol: Symbol) -> &[u8] {
        let index = symbol.0 as usize;
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.bytes[start..self.ends[index]]
    }

    /// The text of a symbol for messages; bytes that are not UTF-8 are replaced.
    pub fn text(&self, symbol: Symbol) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self.bytes(symbol))
    }

    /// The number of names.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Bytes that the names take, about.
    pub fn memory(&self) -> usize {
        self.bytes.len() + size_of_val(&self.ends[..]) + size_of_val(&self.table[..])
    }

    /// Whether there is no name; never so, the well-known names are always there.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

/// Two words that hold the first and the last bytes of a name: all of them if it is no longer than both.
#[inline]
fn ends_of(name: &[u8]) -> (u64, u64) {
    if let (Some(first), Some(last)) = (name.first_chunk(), name.last_chunk()) {
        return (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
    }
    if let (Some(first), Some(last)) = (name.first_chunk(), name.last_chunk()) {
        return (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into());
    }
    match *name {
        [a, b, c] => (u64::from(a) | u64::from(b) << 8, c.into()),
        [a, b] => (u64::from(a) | u64::from(b) << 8, 0),
        [a] => (a.into(), 0),
        _ => (0, 0),
    }
}

impl Key {
    #[inline]
    fn of(name: &[u8]) -> Key {
        let short = Key::of_short(name);
        if name.len() <= SHORT { short } else { Key { tag: LONG | inner_hash(name), ..short } }
    }

    #[inline]
    fn of_short(name: &[u8]) -> Key {
        let (first, last) = ends_of(name);
        Key { first, last, tag: name.len() as u32 }
    }

    /// Fast, and no defence against names that were made to collide.
    #[inline]
    fn hash(self) -> usize {
        let tag = u64::from(self.tag) << 32 | u64::from(self.tag);
        mix(self.first ^ tag ^ 0x9e37_79b9_7f4a_7c15, self.last) as usize
    }
}

/// A hash of what a long name has between its first and last bytes, and of its length.
fn inner_hash(name: &[u8]) -> u32 {
    let inner = name[8..name.len() - 8].chunks(8);
    let hash = inner.fold(name.len() as u64, |state, part| {
        let (first, last) = ends_of(part);
        mix(state, first ^ last << 1)
    });
    hash as u32
}

#[inline]
fn mix(state: u64, word: u64) -> u64 {
    let product = u128::from(state) * u128::from(word ^ 0xd6e8_feb8_6659_fd93);
    (product ^ product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_names_have_their_constants() {
        let mut symbols = Symbols::new();
        assert_eq!(symbols.bytes(Symbol::OUT_PATH), b"outPath");
        assert_eq!(symbols.intern(b"recurseForDerivations"), Symbol::RECURSE_FOR_DERIVATIONS);
        assert_eq!(symbols.intern(b""), Symbol::EMPTY);
    }

    #[test]
    fn names_of_all_lengths_are_told_apart() {
        let mut symbols = Symbols::new();
        let before = symbols.len();
        let text: Vec<u8> = (0..=255).collect();
        let names: Vec<_> = (1..40).flat_map(|length| (0..200).map(move |at| (at, at + length))).collect();
        let made: Vec<_> = names.iter().map(|&(from, to)| symbols.intern(&text[from..to])).collect();
        assert_eq!(symbols.len() - before, names.len() - WELL_KNOWN.iter().filter(|n| n.len() == 1).count());
        for (&(from, to), &symbol) in names.iter().zip(&made) {
            assert_eq!(symbols.bytes(symbol), &text[from..to]);
            assert_eq!(symbols.lookup(&text[from..to]), Some(symbol));
        }
    }

    #[test]
    fn equal_bytes_share_a_symbol() {
        let mut symbols = Symbols::new();
        let a = symbols.intern(b"\xff x");
        assert_eq!(symbols.intern(b"\xff x"), a);
        assert_ne!(symbols.intern(b"\xff"), a);
        assert_eq!(symbols.bytes(a), b"\xff x");
        assert_eq!(symbols.lookup(b"never"), None);
    }
}
