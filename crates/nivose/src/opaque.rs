//! `Debug` for types that hold functions or a whole evaluation: they say their names, and that there is more.

use std::fmt;

macro_rules! opaque {
    ($($type:ty, $name:literal;)*) => {$(
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct($name).finish_non_exhaustive()
            }
        }
    )*};
}

opaque! {
    crate::Evaluation, "Evaluation";
    crate::Next, "Next";
    crate::host::Answer<'_>, "Answer";
    crate::host::Waiting, "Waiting";
    crate::raw::Evaluator, "Evaluator";
    crate::raw::FlameGraph, "FlameGraph";
    crate::raw::FunctionTrace, "FunctionTrace";
    crate::raw::Listing, "Listing";
    crate::raw::Observers, "Observers";
}
