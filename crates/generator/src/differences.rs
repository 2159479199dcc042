//! Where C++ Nix 2.8 is known to answer otherwise than 2.36: the one list, each entry with its reason.

use crate::comparison::Verdict;
use crate::nix::Nix;
use crate::node::{Dialect, Node};
use crate::outcome::{Class, Outcome};

/// What a difference is recognised by.
pub struct Case<'a> {
    /// The text of the program.
    pub text: &'a str,
    /// What came of it here.
    pub ours: &'a Outcome,
    /// What C++ Nix 2.8 made of it.
    pub theirs: &'a Outcome,
}

/// A known difference.
pub struct Difference {
    /// A short name.
    pub name: &'static str,
    /// Why the two answer differently.
    pub reason: &'static str,
    applies: fn(&Case<'_>) -> bool,
}

fn both_values(case: &Case<'_>) -> bool {
    case.ours.class == Class::Value && case.theirs.class == Class::Value
}

/// Whether a program has a float, or something that makes one.
fn has_float(text: &str) -> bool {
    let digits = |pair: &[u8]| pair[0] == b'.' && pair[1].is_ascii_digit();
    text.as_bytes().windows(2).any(digits) || text.contains("1e3") || text.contains("12E-2")
}

/// Whether a program has an integer from which arithmetic may overflow.
fn has_great_integer(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_digit()).any(|digits| digits.len() > 18)
}

/// The rest: what can be written in Nix so that 2.8 does it as 2.36 does is checked by doing so.
const EMULATED: &str = "emulated";

const PRELUDE: &str = include_str!("prelude_28.nix");

/// All others.
pub const DIFFERENCES: &[Difference] = &[
    Difference {
        name: "integer-overflow",
        reason: "2.8 wraps around; since 2.25 it is an error",
        applies: |case| case.ours.diagnostic == Some("integer-overflow"),
    },
    Difference {
        name: "context-of-overflow",
        reason: "addErrorContext looks at its message when there is an error, and in 2.8 an overflow is none",
        applies: |case| {
            case.text.contains("addErrorContext")
                && case.theirs.class == Class::Value
                && has_great_integer(case.text)
        },
    },
    Difference {
        name: "float-text",
        reason: "toJSON of floats has six digits in 2.8, and all that are needed since; hashes and paths follow",
        applies: |case| {
            (case.text.contains("toJSON") || case.text.contains("__structuredAttrs"))
                && both_values(case)
                && has_float(case.text)
        },
    },
    Difference {
        name: "replacements-evaluated",
        reason: "2.8 evaluates all replacements of replaceStrings first, since 2.16 each when it is needed",
        applies: |case| case.text.contains("replaceStrings") && case.theirs.class != Class::Value,
    },
    Difference {
        name: "dollar-in-names",
        reason: "2.8 writes a backslash before every dollar of an attribute's name",
        applies: |case| {
            both_values(case) && case.theirs.text.replace("\\$", "$") == case.ours.text.replace("\\$", "$")
        },
    },
    Difference {
        name: "order-of-early-names",
        reason: "2.8 walks sets in the order of where names lie, which for those that it knows from the start (name, system, builder …) is not ours to choose",
        applies: |case| {
            let fails = |outcome: &Outcome| matches!(outcome.class, Class::Caught | Class::Uncaught);
            case.text.contains("derivation") && fails(case.ours) && fails(case.theirs)
        },
    },
    Difference {
        name: "repeated-lists",
        reason: "2.8 tells lists apart by their elements when it marks what is printed again, 2.36 by the cell that holds them",
        applies: |case| both_values(case) && same_but_repeated(&case.ours.text, &case.theirs.text),
    },
    Difference {
        name: "overrides-see-overrides",
        reason: "a variable that is handed on within __overrides is the overridden one in C++ Nix, the overriding one here (COMPATIBILITY.md)",
        applies: |case| {
            case.text.contains("__overrides") && case.ours.diagnostic == Some("infinite-recursion")
        },
    },
    Difference {
        name: "resources",
        reason: "the limits of depth, memory and time are other ones",
        applies: |case| case.ours.class == Class::Resources || case.theirs.class == Class::Resources,
    },
];

/// What is to be said of two outcomes.
pub(crate) fn explain(ours: Outcome, theirs: Outcome, program: &Node, nix: &Nix) -> Verdict {
    if agree(&ours, &theirs) {
        return Verdict::Same(ours.class);
    }
    // What came of it among other programs may not be what comes of it alone.
    let theirs = nix.run(&program.print(Dialect::Current));
    if agree(&ours, &theirs) {
        return Verdict::Same(ours.class);
    }
    let text = program.print(Dialect::Current);
    let case = Case { text: &text, ours: &ours, theirs: &theirs };
    if ours.class != Class::Internal {
        if let Some(known) = DIFFERENCES.iter().find(|difference| (difference.applies)(&case)) {
            return Verdict::Known(known.name);
        }
        let emulated = PRELUDE.replace("PROGRAM", &program.print(Dialect::Nix28));
        if agree(&ours, &nix.run(&emulated)) {
            return Verdict::Known(EMULATED);
        }
    }
    Verdict::Different(Box::new((ours, theirs)))
}

/// Values are compared, and how programs fail.
fn agree(ours: &Outcome, theirs: &Outcome) -> bool {
    ours.class == theirs.class && (ours.class != Class::Value || ours.text == theirs.text)
}

/// Whether two texts of values are the same, but for lists that `theirs` marks as repeated.
fn same_but_repeated(ours: &str, theirs: &str) -> bool {
    const MARK: &str = "«repeated»";
    let (mut ours, mut theirs) = (ours, theirs);
    while let Some(at) = theirs.find(MARK) {
        let (Some(rest), true) = (ours.get(at..), ours.get(..at) == theirs.get(..at)) else { return false };
        theirs = &theirs[at + MARK.len()..];
        ours = match rest.strip_prefix(MARK) {
            Some(rest) => rest,
            None if rest.starts_with('[') => after_brackets(rest),
            None => return false,
        };
    }
    ours == theirs
}

/// What follows a list in the text of a value.
fn after_brackets(text: &str) -> &str {
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '[' if !quoted => depth += 1,
            ']' if !quoted => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[at + c.len_utf8()..];
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_lists_are_seen_through() {
        assert!(same_but_repeated(
            "{ a = [ 1 \"]\" ]; b = [ 1 \"]\" ]; c = 1; }",
            "{ a = [ 1 \"]\" ]; b = «repeated»; c = 1; }"
        ));
        assert!(!same_but_repeated(
            "{ a = [ 1 ]; b = [ 1 ]; c = 1; }",
            "{ a = [ 1 ]; b = «repeated»; c = 2; }"
        ));
        assert!(!same_but_repeated("{ a = [ 1 ]; b = { }; }", "{ a = [ 1 ]; b = «repeated»; }"));
    }

    #[test]
    fn every_difference_has_a_reason() {
        assert!(DIFFERENCES.iter().all(|difference| difference.reason.len() > 20));
    }
}
