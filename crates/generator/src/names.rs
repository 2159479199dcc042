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
    "\"-\"",
    "\"-7\"",
    "\"..\"",
    "\"/etc\"",
    "\"0123456789abcdef\"",
    "\"1\"",
    "\"1.0\"",
    "\"1.10a\"",
    "\"10\"",
    "\"2\"",
    "\"2.0pre1\"",
    "\"3\"",
    "\"4\"",
    "\"42\"",
    "\"5\"",
    "\"<&>\"",
    "\"A b\"",
    "__functor",
    "__toString",
    "a",
    "a'",
    "\"a,b,,c\"",
    "\"a/b/c\"",
    "a1",
    "aa",
    "abc",
    "all",
    "allOutputs",
    "args",
    "b",
    "bin",
    "body",
    "bool",
    "builder",
    "c",
    "d",
    "\"default.nix\"",
    "dev",
    "directory",
    "drvAttrs",
    "drvPath",
    "e",
    "f",
    "float",
    "foo",
    "\"foo-1.2.3\"",
    "foo-bar",
    "\"function.nix\"",
    "g",
    "h",
    "\"if\"",
    "int",
    "k",
    "key",
    "lambda",
    "list",
    "missing",
    "n",
    "name",
    "\"name-1.2-rc3\"",
    "next",
    "null",
    "or",
    "other",
    "out",
    "outPath",
    "outputName",
    "outputs",
    "p'",
    "path",
    "q",
    "q'",
    "regular",
    "right",
    "self",
    "set",
    "strict",
    "string",
    "success",
    "super",
    "system",
    "t",
    "true",
    "type",
    "u",
    "v",
    "value",
    "version",
    "w",
    "w'",
    "wrong",
    "x",
    "\"x y  z\"",
    "x'",
    "y",
    "z",
    "\"é\"",
];

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn names_are_in_byte_order() {
        assert!(ALL.windows(2).all(|pair| pair[0].trim_matches('"') < pair[1].trim_matches('"')));
    }
}
