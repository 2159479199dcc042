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
    /// Of each name the number of its [`ShortName`], so that finding a short one needs no look at its bytes. What many
    /// sources use is met early, and lies side by side.
    numbers: Vec<u128>,
    /// A hash table with linear probing; its length is a power of two, and a quarter of it is free.
    table: Vec<Slot>,
}

/// A name of at most 16 bytes as a number: the first byte is the lowest one, and zeros follow the last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ShortName {
    number: u128,
    length: u32,
}

/// By the length of a name, the bits of its number.
static BITS: [u128; ShortName::LONGEST + 1] = {
    let mut bits = [0; ShortName::LONGEST + 1];
    let mut length = 1;
    while length <= ShortName::LONGEST {
        bits[length] = bits[length - 1] << 8 | 0xff;
        length += 1;
    }
    bits
};

impl ShortName {
    /// The longest one has so many bytes.
    pub const LONGEST: usize = 16;

    /// The name without bytes.
    pub const EMPTY: ShortName = ShortName { number: 0, length: 0 };

    /// The first `length` of some bytes, all of them if that is more.
    #[inline(always)]
    pub fn first_of(bytes: &[u8; Self::LONGEST], length: usize) -> ShortName {
        let length = length.min(Self::LONGEST);
        ShortName { number: u128::from_le_bytes(*bytes) & BITS[length], length: length as u32 }
    }

    /// A name, if it is short.
    #[inline]
    pub fn of(name: &[u8]) -> Option<ShortName> {
        let length = name.len();
        let number = match length {
            0 => 0,
            1..=3 => {
                let [first, middle, last] = [name[0], name[length / 2], name[length - 1]].map(u128::from);
                first | middle << (8 * (length / 2)) | last << (8 * (length - 1))
            }
            4..=7 => {
                let (first, last) = (name.first_chunk()?, name.last_chunk()?);
                let [first, last] = [first, last].map(|&part| u128::from(u32::from_le_bytes(part)));
                first | last << (8 * (length - 4))
            }
            8..=Self::LONGEST => {
                let (first, last) = (name.first_chunk()?, name.last_chunk()?);
                let [first, last] = [first, last].map(|&part| u128::from(u64::from_le_bytes(part)));
                first | last << (8 * (length - 8))
            }
            _ => return None,
        };
        Some(ShortName { number, length: length as u32 })
    }

    /// Its first eight bytes, zeros after its end.
    #[inline]
    pub fn first_bytes(self) -> u64 {
        self.number as u64
    }

    #[inline]
    fn hash(self) -> Hash {
        let (first, last) = (self.number as u64, (self.number >> 64) as u64);
        // Names that differ in zeros at the end only differ in the lengths of their tags.
        Hash { bits: mix(first ^ SEED, last), length: self.length }
    }
}

const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// The hash of a name, and its length if it is short, or [`LONG`].
#[derive(Clone, Copy)]
struct Hash {
    bits: u64,
    length: u32,
}

/// The length of all names that are not short.
const LONG: u32 = ShortName::LONGEST as u32 + 1;

impl Hash {
    fn of_long(name: &[u8]) -> Hash {
        let bits = name.chunks(ShortName::LONGEST).fold(name.len() as u64, |state, part| {
            let number = ShortName::of(part).map_or(0, |name| name.number);
            mix(state ^ number as u64 ^ SEED, (number >> 64) as u64)
        });
        Hash { bits, length: LONG }
    }

    fn of(name: &[u8]) -> Hash {
        ShortName::of(name).map_or_else(|| Hash::of_long(name), ShortName::hash)
    }

    /// Upper bits of the hash, and the length, which is never 0 here.
    #[inline]
    fn tag(self) -> u32 {
        (self.bits >> 32) as u32 & !31 | (self.length + 1)
    }
}

/// A place of the hash table: the [`Hash::tag`] of a name and its symbol. Names of different tags are not compared.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Slot(u64);

impl Slot {
    const FREE: Slot = Slot(0);

    #[inline]
    fn new(tag: u32, symbol: u32) -> Slot {
        Slot(u64::from(tag) << 32 | u64::from(symbol))
    }

    #[inline]
    fn tag(self) -> u32 {
        (self.0 >> 32) as u32
    }

    #[inline]
    fn symbol(self) -> u32 {
        self.0 as u32
    }
}

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
        let table = vec![Slot::FREE; FIRST_TABLE];
        let mut symbols = Symbols { bytes: Vec::new(), ends: Vec::new(), numbers: Vec::new(), table };
        for name in WELL_KNOWN {
            symbols.intern(name.as_bytes());
        }
        symbols
    }

    /// The symbol of `name`, made if the name is new.
    #[inline]
    pub fn intern(&mut self, name: &[u8]) -> Symbol {
        match ShortName::of(name) {
            Some(name) => self.intern_short(name),
            None => self.intern_long(name),
        }
    }

    /// The symbol of a name that is short, made if it is new. What is seldom is called at the end, so that no registers
    /// are kept.
    #[inline]
    pub fn intern_short(&mut self, name: ShortName) -> Symbol {
        match self.find_short(name) {
            Ok(symbol) => symbol,
            Err(place) => self.insert_short(name, place),
        }
    }

    #[inline(never)]
    fn intern_long(&mut self, name: &[u8]) -> Symbol {
        match self.find_long(name) {
            Ok(symbol) => symbol,
            Err(place) => self.insert(name, 0, Hash::of_long(name), place),
        }
    }

    /// The symbol of `name` if it was ever interned. A name that was not names no attribute.
    #[inline]
    pub fn lookup(&self, name: &[u8]) -> Option<Symbol> {
        match ShortName::of(name) {
            Some(name) => self.find_short(name).ok(),
            None => self.find_long(name).ok(),
        }
    }

    #[inline(always)]
    fn find_short(&self, name: ShortName) -> Result<Symbol, usize> {
        self.find(name.hash(), |symbol| self.numbers.get(symbol as usize) == Some(&name.number))
    }

    fn find_long(&self, name: &[u8]) -> Result<Symbol, usize> {
        self.find(Hash::of_long(name), |symbol| self.bytes(Symbol(symbol)) == name)
    }

    /// The symbol of a name, or the place of the table where it would be; `is_it` says whether a name of its tag is it.
    #[inline(always)]
    fn find(&self, hash: Hash, is_it: impl Fn(u32) -> bool) -> Result<Symbol, usize> {
        let (mask, tag) = (self.table.len() - 1, hash.tag());
        let mut place = hash.bits as usize & mask;
        while let Some(&slot) = self.table.get(place) {
            if slot.tag() == tag {
                if is_it(slot.symbol()) {
                    return Ok(Symbol(slot.symbol()));
                }
            } else if slot == Slot::FREE {
                break;
            }
            place = (place + 1) & mask;
        }
        Err(place)
    }

    #[cold]
    #[inline(never)]
    fn insert_short(&mut self, name: ShortName, place: usize) -> Symbol {
        let bytes = name.number.to_le_bytes();
        self.insert(&bytes[..name.length as usize], name.number, name.hash(), place)
    }

    #[cold]
    #[inline(never)]
    fn insert(&mut self, name: &[u8], number: u128, hash: Hash, place: usize) -> Symbol {
        let symbol = self.ends.len() as u32;
        assert!(symbol < u32::MAX, "fewer names than 2^32 fit into memory");
        self.bytes.extend_from_slice(name);
        self.ends.push(self.bytes.len());
        self.numbers.push(number);
        self.table[place] = Slot::new(hash.tag(), symbol);
        if self.ends.len() > self.table.len() / 4 * 3 {
            self.grow();
        }
        Symbol(symbol)
    }

    fn grow(&mut self) {
        let mask = self.table.len() * 2 - 1;
        let mut table = vec![Slot::FREE; mask + 1];
        for symbol in 0..self.ends.len() as u32 {
            let hash = Hash::of(self.bytes(Symbol(symbol)));
            let mut place = hash.bits as usize & mask;
            while table[place] != Slot::FREE {
                place = (place + 1) & mask;
            }
            table[place] = Slot::new(hash.tag(), symbol);
        }
        self.table = table;
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
        self.bytes.len()
            + size_of_val(&self.ends[..])
            + size_of_val(&self.numbers[..])
            + size_of_val(&self.table[..])
    }

    /// Whether there is no name; never so, the well-known names are always there.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
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
    fn short_names_are_numbers_of_all_their_bytes() {
        let text = *b"0123456789abcdef";
        for length in 0..=ShortName::LONGEST {
            let name = ShortName::first_of(&text, length);
            assert_eq!(ShortName::of(&text[..length]), Some(name));
            assert_eq!(name.number.to_le_bytes()[..length], text[..length]);
            assert_eq!(name.number.checked_shr(8 * length as u32).unwrap_or(0), 0);
        }
        assert_eq!(ShortName::of(&[b'x'; ShortName::LONGEST + 1]), None);
        let mut symbols = Symbols::new();
        assert_ne!(symbols.intern(b"a"), symbols.intern(b"a\0"));
        assert_ne!(symbols.intern(&[0; 16]), symbols.intern(&[0; 17]));
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
