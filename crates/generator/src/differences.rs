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

/// All of them.
pub const DIFFERENCES: &[Difference] = &[
    Difference {
        name: "integer-overflow",
        reason: "2.8 wraps around; since 2.25 it is an error",
        applies: |case| case.ours.diagnostic == Some("integer-overflow"),
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
    let text = program.print(Dialect::Current);
    let case = Case { text: &text, ours: &ours, theirs: &theirs };
    if ours.class != Class::Internal {
        if let Some(known) = DIFFERENCES.iter().find(|difference| (difference.applies)(&case)) {
            return Verdict::Known(known.name);
        }
        if agree(&ours, &nix.run(&program.print(Dialect::Nix28))) {
            return Verdict::Known("order-of-update");
        }
    }
    Verdict::Different(Box::new((ours, theirs)))
}

/// Values are compared, and how programs fail. Whether an error can be caught is seen only where something catches it.
fn agree(ours: &Outcome, theirs: &Outcome) -> bool {
    let fails = |class| matches!(class, Class::Caught | Class::Uncaught);
    match (ours.class, theirs.class) {
        (Class::Value, Class::Value) => ours.text == theirs.text,
        (a, b) => a == b || fails(a) && fails(b),
    }
}
