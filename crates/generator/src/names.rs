//! The names that programs use: few, so that they meet and hide each other.

/// Names of variables, in byte order.
pub(crate) const VARIABLES: &[&str] =
    &["a", "b", "c", "d", "e", "f", "foo-bar", "g", "h", "x", "x'", "y", "z"];

/// Names of attributes, in byte order.
/// Those that C++ Nix knows before it reads a program are left out, for their order is another.
pub(crate) const FIELDS: &[&str] = &["a", "b", "c", "d", "e", "k", "u", "v", "w", "y", "z"];

/// Names of attributes of dictionaries, quoted where they have to be, in byte order.
pub(crate) const KEYS: &[&str] =
    &["\"1\"", "\"A b\"", "a", "a1", "aa", "b", "\"if\"", "k", "or", "v", "z", "\"é\""];

/// Everything that a program may name, in byte order: names that a parser meets in this order are also numbered so.
pub(crate) const ALL: &[&str] = &[
    "\"\"",
    "\"1\"",
    "\"10\"",
    "\"2\"",
    "\"3\"",
    "\"4\"",
    "\"5\"",
    "\"A b\"",
    "__toString",
    "a",
    "a1",
    "aa",
    "all",
    "allOutputs",
    "args",
    "b",
    "builder",
    "c",
    "d",
    "dev",
    "drvAttrs",
    "drvPath",
    "e",
    "f",
    "foo-bar",
    "g",
    "h",
    "\"if\"",
    "k",
    "key",
    "n",
    "name",
    "next",
    "or",
    "out",
    "outPath",
    "outputName",
    "outputs",
    "path",
    "right",
    "self",
    "success",
    "super",
    "system",
    "type",
    "v",
    "value",
    "version",
    "w",
    "wrong",
    "x",
    "x'",
    "y",
    "z",
    "\"é\"",
];
