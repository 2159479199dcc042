//! The one table of diagnostics.
//!
//! Each has a stable id (its slug), a headline in C++ Nix's wording with `{0}`, `{1}` … for its
//! arguments, a severity, whether `tryEval` catches it, and a line of help.

/// How bad a diagnostic is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Severity {
    /// Evaluation cannot go on.
    Error,
    /// Evaluation goes on.
    Warning,
}

/// What becomes of an error under `tryEval`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    Caught,
    Uncaught,
}

macro_rules! diagnostics {
    ($($(#[doc = $help:literal])* $id:ident, $slug:literal, $severity:ident, $reach:ident, $headline:literal;)*) => {
        /// A diagnostic of the table.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u16)]
        pub enum DiagnosticId { $($(#[doc = $help])* $id),* }

        struct Row {
            id: DiagnosticId,
            slug: &'static str,
            severity: Severity,
            reach: Reach,
            headline: &'static str,
            help: &'static str,
        }

        static TABLE: &[Row] = &[$(Row {
            id: DiagnosticId::$id,
            slug: $slug,
            severity: Severity::$severity,
            reach: Reach::$reach,
            headline: $headline,
            help: concat!($($help, "\n"),*),
        }),*];
    };
}

diagnostics! {
    // --- text to tree ---
    /// The parser met a token that cannot stand there.
    Syntax, "syntax", Error, Uncaught, "syntax error, {0}";
    /// An integer literal must lie between 0 and 9223372036854775807.
    InvalidInteger, "invalid-integer", Error, Uncaught, "invalid integer '{0}'";
    /// A float literal must be representable as a normal 64-bit number.
    InvalidFloat, "invalid-float", Error, Uncaught, "invalid float '{0}'";
    /// A path literal may not end with a slash.
    PathTrailingSlash, "path-trailing-slash", Error, Uncaught, "path has a trailing slash";
    /// The source nests deeper than the parser allows.
    NestingTooDeep, "nesting-too-deep", Error, Uncaught, "the expression is nested too deeply (more than {0} levels)";
    /// An attribute of a set is defined twice.
    AttributeAlreadyDefined, "attribute-already-defined", Error, Uncaught, "attribute '{0}' already defined at {1}";
    /// Two dynamic attributes, or a dynamic and a static one, have the same name.
    DynamicAttributeAlreadyDefined, "dynamic-attribute-already-defined", Error, Uncaught, "dynamic attribute '{0}' already defined at {1}";
    /// A function names an argument twice.
    DuplicateFormal, "duplicate-formal", Error, Uncaught, "duplicate formal function argument '{0}'";
    /// Names in `let` must be known when the file is read.
    DynamicAttributeInLet, "dynamic-attribute-in-let", Error, Uncaught, "dynamic attributes not allowed in let";
    /// Names after `inherit` must be known when the file is read.
    DynamicAttributeInInherit, "dynamic-attribute-in-inherit", Error, Uncaught, "dynamic attributes not allowed in inherit";
    /// A function or suspended expression refers to too many variables around it.
    TooManyCaptures, "too-many-captures", Error, Uncaught, "an expression refers to more than {0} variables around it";
    /// The expression uses a feature that must be switched on.
    ExperimentalFeatureDisabled, "experimental-feature-disabled", Error, Uncaught, "experimental Nix feature '{0}' is disabled; add '--extra-experimental-features {0}' to enable it";
    /// Strings cannot hold null bytes.
    NullByte, "null-byte", Error, Uncaught, "input string '{0}' cannot be represented as Nix string because it contains null bytes";
    /// No enclosing scope defines the variable.
    UndefinedVariable, "undefined-variable", Error, Uncaught, "undefined variable '{0}'";
    /// Home-relative paths are not available in pure evaluation.
    HomePathInPureMode, "home-path-in-pure-mode", Error, Uncaught, "the path '{0}' can not be resolved in pure mode";

    // --- types ---
    /// A value has another type than the operation asks for.
    UnexpectedType, "unexpected-type", Error, Uncaught, "expected {0} but found {1}: {2}";
    /// Only functions, builtins and sets with `__functor` can be called.
    NotCallable, "not-callable", Error, Uncaught, "attempt to call something which is not a function but {0}: {1}";
    /// The value has no string form here.
    CannotCoerce, "cannot-coerce", Error, Uncaught, "cannot coerce {0} to a string: {1}";
    /// `+` takes its type from the left operand.
    CannotAdd, "cannot-add", Error, Uncaught, "cannot add {0} to {1}";
    /// Values of different types have no order.
    CannotCompare, "cannot-compare", Error, Uncaught, "cannot compare {0} with {1}; values are {2} and {3}";
    /// Values of this type have no order.
    CannotCompareType, "cannot-compare-type", Error, Uncaught, "cannot compare {0} with {1}; values of that type are incomparable (values are {2} and {3})";
    /// Integers have 64 bits.
    IntegerOverflow, "integer-overflow", Error, Uncaught, "integer overflow in {0}";
    /// Division by zero.
    DivisionByZero, "division-by-zero", Error, Uncaught, "division by zero";
    /// The float has no integer near it.
    FloatOutOfRange, "float-out-of-range", Error, Uncaught, "NixFloat argument {0} is not in the range of NixInt";

    /// Rounding takes integers through floats, which cannot hold this one.
    IntegerNotAFloat, "integer-not-a-float", Error, Uncaught, "Due to a bug (see https://github.com/NixOS/nix/issues/12899) {0}\nFuture Nix versions might implement the correct behavior.";

    // --- functions, sets, lists ---
    /// The set has no such attribute.
    MissingAttribute, "missing-attribute", Error, Uncaught, "attribute '{0}' missing";
    /// A function was called without an argument that it requires.
    MissingArgument, "missing-argument", Error, Uncaught, "function '{0}' called without required argument '{1}'";
    /// A function was called with an argument that it does not name.
    UnexpectedArgument, "unexpected-argument", Error, Uncaught, "function '{0}' called with unexpected argument '{1}'";
    /// The index lies outside the list.
    IndexOutOfBounds, "index-out-of-bounds", Error, Uncaught, "'builtins.elemAt' called with index {0} on a list of size {1}";
    /// An empty list has no head and no tail.
    EmptyList, "empty-list", Error, Uncaught, "'builtins.{0}' called on an empty list";
    /// A list cannot have a negative length.
    NegativeListSize, "negative-list-size", Error, Uncaught, "cannot create list of size {0}";
    /// `functionArgs` takes a function.
    FunctionArgsOfNonFunction, "function-args-of-non-function", Error, Uncaught, "'functionArgs' requires a function";

    // --- control ---
    /// The program gave up with `throw`.
    Thrown, "thrown", Error, Caught, "{0}";
    /// The program gave up with `abort`.
    Aborted, "aborted", Error, Uncaught, "evaluation aborted with the following error message: '{0}'";
    /// The condition of an `assert` is false.
    AssertionFailed, "assertion-failed", Error, Caught, "assertion '{0}' failed";
    /// The sides of an asserted equality differ.
    AssertionNotEqual, "assertion-not-equal", Error, Caught, "{0}";
    /// With `abort-on-warn`, a warning ends the evaluation.
    AbortOnWarn, "abort-on-warn", Error, Uncaught, "aborting to reveal stack trace of warning, as abort-on-warn is set";
    /// A value depends on itself.
    InfiniteRecursion, "infinite-recursion", Error, Uncaught, "infinite recursion encountered";
    /// Calls nest deeper than the setting `max-call-depth`.
    StackOverflow, "stack-overflow", Error, Uncaught, "stack overflow; max-call-depth exceeded";
    /// The heap grew beyond the memory limit.
    OutOfMemory, "out-of-memory", Error, Uncaught, "out of memory: the limit of {0} bytes is exceeded";
    /// The system has no more memory for the program, though its limit of memory is not reached.
    MemoryRefused, "memory-refused", Error, Uncaught, "out of memory: the system gives no more";
    /// The evaluation was interrupted.
    Interrupted, "interrupted", Error, Uncaught, "interrupted by the user";
    /// Whoever started the evaluation limited its steps (entries of functions and suspended expressions).
    StepLimit, "step-limit", Error, Uncaught, "the evaluation took more than {0} steps";
    /// Whoever started the evaluation limited its time.
    TimeLimit, "time-limit", Error, Uncaught, "the evaluation took longer than {0}";
    /// A mistake of ours.
    Internal, "internal", Error, Uncaught, "internal error: {0}; please report this";

    // --- strings and contexts ---
    /// The string carries a reference to the store where none is allowed.
    ContextNotAllowed, "context-not-allowed", Error, Uncaught, "the string '{0}' is not allowed to refer to a store path (such as '{1}')";
    /// A path cannot be continued by a string that refers to the store.
    ContextInPath, "context-in-path", Error, Uncaught, "a string that refers to a store path cannot be appended to a path";
    /// `substring` counts from zero.
    NegativeSubstring, "negative-substring", Error, Uncaught, "negative start position in 'substring'";
    /// The two lists of `replaceStrings` belong together.
    ReplaceLengths, "replace-lengths", Error, Uncaught, "'from' and 'to' arguments passed to builtins.replaceStrings have different lengths";
    /// The regular expression is malformed.
    InvalidRegex, "invalid-regex", Error, Uncaught, "invalid regular expression '{0}'";
    /// Matching took more steps than the budget allows.
    RegexBudget, "regex-budget", Error, Uncaught, "memory limit exceeded by regular expression '{0}'";
    /// The string or list would take more than 4 GiB.
    StringTooLong, "string-too-long", Error, Uncaught, "a string or list cannot take more than {0} bytes";
    /// A context must be a well-formed set of store paths.
    InvalidContext, "invalid-context", Error, Uncaught, "{0}";
    /// The hash or its algorithm is malformed.
    InvalidHash, "invalid-hash", Error, Uncaught, "{0}";
    /// No hash algorithm or format of hashes has that name.
    UnknownHashName, "unknown-hash-name", Error, Uncaught, "{0}";

    // --- serialisation ---
    /// The value has no JSON form.
    NotJson, "not-json", Error, Uncaught, "cannot convert {0} to JSON";
    /// `__toString` must give a string or a path.
    ToStringResult, "to-string-result", Error, Uncaught, "`__toString` should return a string, but got {0}: {1}";
    /// JSON could not be written.
    JsonWrite, "json-write", Error, Uncaught, "JSON serialization error: {0}";
    /// JSON could not be read.
    JsonRead, "json-read", Error, Uncaught, "{0}";
    /// TOML could not be read.
    TomlRead, "toml-read", Error, Uncaught, "while parsing TOML: {0}";

    // --- paths, files, store ---
    /// The path does not exist.
    PathDoesNotExist, "path-does-not-exist", Error, Uncaught, "path '{0}' does not exist";
    /// Paths made from strings must be absolute.
    NotAnAbsolutePath, "not-an-absolute-path", Error, Uncaught, "string '{0}' doesn't represent an absolute path";
    /// Nothing in the search path has that name.
    SearchPathMiss, "search-path-miss", Error, Caught, "file '{0}' was not found in the Nix search path (add it using $NIX_PATH or -I)";
    /// The search path is not available in pure evaluation.
    SearchPathInPureMode, "search-path-in-pure-mode", Error, Caught, "cannot look up '<{0}>' in pure evaluation mode (use '--impure' to override)";
    /// The path lies outside what this evaluation may see.
    ForbiddenPath, "forbidden-path", Error, Uncaught, "access to absolute path '{0}' is forbidden in {1}";
    /// The address is not among those allowed.
    ForbiddenUri, "forbidden-uri", Error, Uncaught, "access to URI '{0}' is forbidden in restricted mode";
    /// The file could not be read.
    File, "file", Error, Uncaught, "{0}";
    /// The text of the file cannot be a string.
    FileNotAString, "file-not-a-string", Error, Uncaught, "the contents of the file '{0}' cannot be represented as a Nix string";
    /// A store path or a name in the store is malformed.
    StorePath, "store-path", Error, Uncaught, "{0}";
    /// A derivation's attributes are malformed.
    Derivation, "derivation", Error, Uncaught, "{0}";
    /// Evaluation would have to build something first.
    ImportFromDerivation, "import-from-derivation", Error, Uncaught, "{0}";
    /// Evaluation would need the network or another program.
    NotAvailable, "not-available", Error, Uncaught, "{0}";
    /// A builtin got an argument that it does not take.
    InvalidArgument, "invalid-argument", Error, Uncaught, "{0}";

    // --- command ---
    /// The command line does not make sense.
    Usage, "usage", Error, Uncaught, "{0}";
    /// A selection path leads nowhere.
    AttributePath, "attribute-path", Error, Uncaught, "{0}";

    /// A function at the end of a selection asks for an argument that the command line does not give.
    MissingAutoArgument, "missing-auto-argument", Error, Uncaught, "cannot evaluate a function that has an argument without a value ('{0}')\nNix attempted to evaluate a function as a top level expression; in\nthis case it must have its arguments supplied either by default\nvalues, or passed explicitly with '--arg' or '--argstr'. See\nhttps://nix.dev/manual/nix/stable/language/syntax.html#functions.";

    // --- programs that embed the evaluator ---
    /// A value has no counterpart in the Rust type that was asked for, or data of Rust none in Nix.
    Conversion, "conversion", Error, Uncaught, "{0}";
    /// A builtin of the embedding program failed.
    HostFunction, "host-function", Error, Uncaught, "{0}";
    /// Values of one evaluation mean nothing in another.
    ForeignValue, "foreign-value", Error, Uncaught, "a value of another evaluation was used";
    /// A builtin of the embedding program must not use the evaluation that it is called by.
    Busy, "busy", Error, Uncaught, "the evaluation is in use by a call further out on the same thread";
    /// An engine cannot be made with these options.
    Configuration, "configuration", Error, Uncaught, "{0}";
    /// The setting `lint-…` for this form is `fatal`.
    Lint, "lint", Error, Uncaught, "{0}";

    // --- warnings ---
    /// A binding that nothing uses.
    UnusedBinding, "unused-binding", Warning, Uncaught, "unused binding '{0}'";
    /// A binding hides another of the same name.
    ShadowedBinding, "shadowed-binding", Warning, Uncaught, "'{0}' shadows an outer binding";
    /// An `inherit` that names nothing or repeats what is there.
    UselessInherit, "useless-inherit", Warning, Uncaught, "useless 'inherit'";
    /// Code that can never run.
    DeadCode, "dead-code", Warning, Uncaught, "this code can never run";
    /// A form that should not be used any more.
    Deprecated, "deprecated", Warning, Uncaught, "{0}";
}

impl DiagnosticId {
    fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// The headline, with `{0}` … where arguments go.
    pub fn headline(self) -> &'static str {
        self.row().headline
    }

    /// The stable name.
    pub fn slug(self) -> &'static str {
        self.row().slug
    }

    /// How bad it is.
    pub fn severity(self) -> Severity {
        self.row().severity
    }

    /// Whether `tryEval` catches it.
    pub fn is_catchable(self) -> bool {
        self.row().reach == Reach::Caught
    }

    /// Whether C++ Nix takes it for a mistake in the command line, and refers to the command's help.
    pub fn refers_to_help(self) -> bool {
        matches!(self, DiagnosticId::Usage | DiagnosticId::UnknownHashName)
    }

    /// Whether it ends an evaluation from outside: it says nothing about the expression, and no suspended expression
    /// keeps it.
    pub fn is_interruption(self) -> bool {
        matches!(self, DiagnosticId::Interrupted | DiagnosticId::StepLimit | DiagnosticId::TimeLimit)
    }

    /// Whether it says that memory is used up: with less of it in use the same expression may succeed.
    pub fn is_out_of_memory(self) -> bool {
        matches!(self, DiagnosticId::OutOfMemory | DiagnosticId::MemoryRefused)
    }

    /// Help for people.
    pub fn help(self) -> &'static str {
        self.row().help.trim()
    }

    /// Every diagnostic, in the order of the table.
    pub fn all() -> impl Iterator<Item = DiagnosticId> {
        TABLE.iter().map(|row| row.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_at_their_index_and_slugs_are_unique() {
        let mut slugs: Vec<_> = DiagnosticId::all().map(DiagnosticId::slug).collect();
        for (index, id) in DiagnosticId::all().enumerate() {
            assert_eq!(id as usize, index);
            assert!(!id.help().is_empty());
        }
        let count = slugs.len();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), count);
    }
}
