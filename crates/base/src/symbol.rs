//! Interned names.
//!
//! A [`Symbol`] stands for one byte string (attribute and variable names need not be UTF-8). Two
//! symbols are equal exactly when their bytes are. Nothing that a program can observe may depend
//! on the numbers: they follow the order in which names were first met.

use std::hash::Hasher;

use hashbrown::HashTable;
use rustc_hash::FxHasher;

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
    /// Where each name ends in `bytes`; it begins where the one before ends.
    ends: Vec<usize>,
    table: HashTable<Symbol>,
}

impl Default for Symbols {
    fn default() -> Self {
        Self::new()
    }
}

impl Symbols {
    /// A table that holds just the well-known names.
    pub fn new() -> Self {
        let mut symbols = Symbols { bytes: Vec::new(), ends: Vec::new(), table: HashTable::new() };
        for name in WELL_KNOWN {
            symbols.intern(name.as_bytes());
        }
        symbols
    }

    /// The symbol of `name`, made if the name is new.
    pub fn intern(&mut self, name: &[u8]) -> Symbol {
        let hash = hash(name);
        let (bytes, ends) = (&self.bytes, &self.ends);
        if let Some(&symbol) = self.table.find(hash, |&s| slice(bytes, ends, s) == name) {
            return symbol;
        }
        let symbol = Symbol(self.ends.len() as u32);
        self.bytes.extend_from_slice(name);
        self.ends.push(self.bytes.len());
        let (bytes, ends) = (&self.bytes, &self.ends);
        self.table.insert_unique(hash, symbol, |&s| self::hash(slice(bytes, ends, s)));
        symbol
    }

    /// The symbol of `name` if it was ever interned. A name that was not names no attribute.
    pub fn lookup(&self, name: &[u8]) -> Option<Symbol> {
        self.table.find(hash(name), |&s| slice(&self.bytes, &self.ends, s) == name).copied()
    }

    /// The bytes of a symbol of this table.
    pub fn bytes(&self, symbol: Symbol) -> &[u8] {
        slice(&self.bytes, &self.ends, symbol)
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
        let beside_text = size_of::<usize>() + 2 * size_of::<Symbol>();
        self.bytes.len() + self.ends.len() * beside_text
    }

    /// Whether there is no name; never so, the well-known names are always there.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

fn slice<'a>(bytes: &'a [u8], ends: &[usize], symbol: Symbol) -> &'a [u8] {
    let index = symbol.0 as usize;
    let start = if index == 0 { 0 } else { ends[index - 1] };
    &bytes[start..ends[index]]
}

fn hash(name: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(name);
    hasher.write_usize(name.len());
    hasher.finish()
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
    fn equal_bytes_share_a_symbol() {
        let mut symbols = Symbols::new();
        let a = symbols.intern(b"\xff x");
        assert_eq!(symbols.intern(b"\xff x"), a);
        assert_ne!(symbols.intern(b"\xff"), a);
        assert_eq!(symbols.bytes(a), b"\xff x");
        assert_eq!(symbols.lookup(b"never"), None);
    }
}
