//! The trace of an error within nixpkgs' module system: by option and file, not by the functions of
//! the library that lead there.

use crate::{Error, Shown, TraceFrame};

/// How the module system begins what it says of an option, a definition, a module.
const PHRASES: &[&[u8]] = &[
    b"while evaluating the option `",
    b"while evaluating definitions from `",
    b"while evaluating a definition from `",
    b"while evaluating the module argument `",
    b"while evaluating the error message for definitions for `",
];

/// Whether a frame was added by the module system.
fn is_module_frame(frame: &TraceFrame) -> bool {
    frame.shown == Shown::Always && PHRASES.iter().any(|phrase| frame.message.starts_with(phrase))
}

/// Whether an error has passed through the module system.
pub fn is_in_modules(error: &Error) -> bool {
    error.trace().any(is_module_frame)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DiagnosticId, Pos};

    #[test]
    fn what_the_module_system_says_is_known() {
        let mut error = Error::new(DiagnosticId::Thrown, &[&"no"]);
        let frame = |message: &str| TraceFrame::always(message, Pos::NONE);
        error.push_trace(frame("while evaluating something else"));
        assert!(!is_in_modules(&error));
        error.push_trace(frame("while evaluating the option `services.x.enable':"));
        assert!(is_in_modules(&error));
    }
}
