//! Where C++ Nix 2.8 is known to answer otherwise than 2.36: the one list, each entry with its reason.

use crate::comparison::Verdict;
use crate::nix::Nix;
use crate::node::{Dialect, Node};
use crate::outcome::{Class, Outcome};
use crate::printed;

/// A known difference.
pub struct Difference {
    /// A short name.
    pub name: &'static str,
    /// Why the two answer differently.
    pub reason: &'static str,
    seen: Seen,
}

/// How a difference is recognised.
enum Seen {
    /// 2.8 agrees once the emulation of this name in `prelude_28.nix` makes it do what 2.36 does.
    Emulated,
    /// Both agree once neither writes floats into JSON: `prelude_floats.nix`.
    WithoutFloats,
    /// The values are the same, and their texts (ours, theirs) differ in a way that is known.
    Printed(fn(&str, &str) -> bool),
    /// Recursion without end that only C++ Nix does not see before its stack is full.
    Overflow,
    /// One of the two ran into a limit.
    Limited,
}

/// All of them.
pub const DIFFERENCES: &[Difference] = &[
    Difference {
        name: "integer-overflow",
        reason: "2.8 wraps around; since 2.25 it is an error",
        seen: Seen::Emulated,
    },
    Difference {
        name: "order-of-update",
        reason: "2.8 evaluates the left operand of `//` first, since 2.32 the right one is evaluated and checked first",
        seen: Seen::Emulated,
    },
    Difference {
        name: "functions-of-nothing",
        reason: "since 2.18 filter and sort do not look at the function if the list is empty, and map looks whether it is one",
        seen: Seen::Emulated,
    },
    Difference {
        name: "names-of-store-paths",
        reason: "2.8 lets store paths have the names `.` and `..`, 2.36 refuses them",
        seen: Seen::Emulated,
    },
    Difference {
        name: "order-of-derivation",
        reason: "2.36 checks the name of a derivation before it evaluates the other attributes, 2.8 after",
        seen: Seen::Emulated,
    },
    Difference {
        name: "traces-of-unfinished",
        reason: "2.8 dies when trace is to show a value that is being evaluated, 2.36 writes «potential infinite recursion»",
        seen: Seen::Emulated,
    },
    Difference {
        name: "paths-of-messages",
        reason: "2.8 copies a path that is the message of addErrorContext into the store, 2.36 does not",
        seen: Seen::Emulated,
    },
    Difference {
        name: "bytes-in-json",
        reason: "2.8 writes strings that are not UTF-8 into JSON, 2.36 refuses them",
        seen: Seen::Emulated,
    },
    Difference {
        name: "positions-of-texts",
        reason: "unsafeGetAttrPos of an attribute that stands in an expression on the command line is null in 2.36",
        seen: Seen::Emulated,
    },
    Difference {
        name: "range-of-substring",
        reason: "numbers of substring have 32 bits in 2.8",
        seen: Seen::Emulated,
    },
    Difference {
        name: "order-of-substring",
        reason: "2.36 refuses a negative start of substring before it evaluates the string, 2.8 after",
        seen: Seen::Emulated,
    },
    Difference {
        name: "range-of-indexes",
        reason: "indexes of elemAt are cut to 32 bits in 2.8, so that some are found that are far outside",
        seen: Seen::Emulated,
    },
    Difference {
        name: "range-of-rounding",
        reason: "floor and ceil of what no integer is near are an error since 2.25",
        seen: Seen::Emulated,
    },
    Difference {
        name: "replacements-evaluated",
        reason: "2.8 evaluates all replacements of replaceStrings first, since 2.16 each when it is needed",
        seen: Seen::Emulated,
    },
    Difference {
        name: "order-of-names",
        reason: "2.8 walks sets in the order in which names became known; to this the generator gives byte order, but for those that 2.8 knows from the start",
        seen: Seen::Emulated,
    },
    Difference {
        name: "float-text",
        reason: "toJSON of floats has six digits in 2.8, and all that are needed since; hashes and paths follow",
        seen: Seen::WithoutFloats,
    },
    Difference {
        name: "dollar-in-names",
        reason: "2.8 writes a backslash before every dollar of an attribute's name",
        seen: Seen::Printed(printed::same_but_dollars),
    },
    Difference {
        name: "repeated-lists",
        reason: "2.8 tells lists apart by their elements when it marks what is printed again, 2.36 by the cell that holds them",
        seen: Seen::Printed(printed::same_but_repeated),
    },
    Difference {
        name: "repeated-lists-here",
        reason: "a list that a variable hands on is the same list here, and in C++ Nix if the variable was bound before in the order of names",
        seen: Seen::Printed(printed::same_but_repeated_here),
    },
    Difference {
        name: "recursion-of-elements",
        reason: "an element made by map or genList that needs itself is infinite recursion here, and a stack overflow in C++ Nix",
        seen: Seen::Overflow,
    },
    Difference {
        name: "resources",
        reason: "the limits of depth, memory and time are other ones",
        seen: Seen::Limited,
    },
];

/// Several of them at once.
const SEVERAL: &str = "several";

fn emulations() -> impl Iterator<Item = &'static str> {
    let emulated = DIFFERENCES.iter().filter(|difference| matches!(difference.seen, Seen::Emulated));
    emulated.map(|difference| difference.name)
}

/// What is to be said of two outcomes.
pub(crate) fn explain(ours: Outcome, theirs: Outcome, program: &Node, both: &Both<'_>) -> Verdict {
    if agree(&ours, &theirs) {
        return Verdict::Same(ours.class);
    }
    // What came of it among other programs may not be what comes of it alone.
    let theirs = both.nix.run(&program.print(Dialect::Current));
    if agree(&ours, &theirs) {
        return Verdict::Same(ours.class);
    }
    match known(&ours, &theirs, program, both) {
        Some(name) => Verdict::Known(name),
        None => Verdict::Different(Box::new((ours, theirs))),
    }
}

/// Both evaluators.
pub(crate) struct Both<'a> {
    /// This one.
    pub(crate) run: &'a dyn Fn(&str) -> Outcome,
    pub(crate) nix: &'a Nix,
}

/// The name of the difference that explains that the outcomes are not the same.
fn known(ours: &Outcome, theirs: &Outcome, program: &Node, both: &Both<'_>) -> Option<&'static str> {
    let limited = |outcome: &Outcome| outcome.class == Class::Resources;
    if ours.class == Class::Internal || theirs.class == Class::Parse {
        return None;
    }
    let overflows = ours.diagnostic == Some("infinite-recursion") && theirs.text.contains("stack overflow");
    as_printed(ours, theirs)
        .or_else(|| named(|seen| matches!(seen, Seen::Overflow)).filter(|_| overflows))
        .or_else(|| emulated(ours, program, both))
        .or_else(|| {
            named(|seen| matches!(seen, Seen::WithoutFloats)).filter(|_| without_floats(program, both))
        })
        .or_else(|| named(|seen| matches!(seen, Seen::Limited)).filter(|_| limited(ours) || limited(theirs)))
}

/// The name of the difference that is recognised in some way.
fn named(seen: fn(&Seen) -> bool) -> Option<&'static str> {
    DIFFERENCES.iter().find(|difference| seen(&difference.seen)).map(|difference| difference.name)
}

/// The way in which texts of the same value differ.
fn as_printed(ours: &Outcome, theirs: &Outcome) -> Option<&'static str> {
    if ours.class != Class::Value || theirs.class != Class::Value {
        return None;
    }
    let differs = |difference: &&Difference| matches!(difference.seen, Seen::Printed(same) if same(&ours.text, &theirs.text));
    DIFFERENCES.iter().find(differs).map(|difference| difference.name)
}

/// The emulation that makes 2.8 agree.
fn emulated(ours: &Outcome, program: &Node, both: &Both<'_>) -> Option<&'static str> {
    let agrees = |names: &[&str]| agree_otherwise(ours, &both.nix.run(&for_28(program, names)));
    let all: Vec<&'static str> = emulations().collect();
    agrees(&all).then(|| all.iter().copied().find(|name| agrees(&[name])).unwrap_or(SEVERAL))
}

/// Whether both agree if floats are the same texts in both.
fn without_floats(program: &Node, both: &Both<'_>) -> bool {
    const PRELUDE: &str = include_str!("prelude_floats.nix");
    let text = program.print(Dialect::Current);
    if !text.contains("toJSON") && !text.contains("__structuredAttrs") {
        return false;
    }
    let all: Vec<&'static str> = emulations().collect();
    let ours = (both.run)(&PRELUDE.replace("PROGRAM", &text));
    let theirs = both.nix.run(&PRELUDE.replace("PROGRAM", &for_28(program, &all)));
    agree_otherwise(&ours, &theirs)
}

/// A program for 2.8 with emulations.
fn for_28(program: &Node, emulations: &[&str]) -> String {
    const PRELUDE: &str = include_str!("prelude_28.nix");
    // Where two are of one builtin, the later one does what both do.
    let chosen: String = emulations.iter().map(|name| format!("// emulations'.{name} ")).collect();
    PRELUDE.replace("CHOSEN", &chosen).replace("PROGRAM", &program.print(Dialect::Nix28))
}

/// Values are compared, and how programs fail.
fn agree(ours: &Outcome, theirs: &Outcome) -> bool {
    ours.class == theirs.class && (ours.class != Class::Value || ours.text == theirs.text)
}

/// The same where functions in Nix stand for builtins, and other differences may come together with that.
fn agree_otherwise(ours: &Outcome, theirs: &Outcome) -> bool {
    let plain =
        |outcome: &Outcome| Outcome { text: printed::without_builtins(&outcome.text), ..outcome.clone() };
    let (ours, theirs) = (plain(ours), plain(theirs));
    agree(&ours, &theirs) || as_printed(&ours, &theirs).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_difference_has_a_reason() {
        assert!(DIFFERENCES.iter().all(|difference| difference.reason.len() > 20));
    }

    #[test]
    fn every_emulation_is_there() {
        let prelude = include_str!("prelude_28.nix");
        assert!(emulations().all(|name| prelude.contains(&format!("    {name} = {{"))));
    }
}
