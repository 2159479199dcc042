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

/// Whether a frame names a derivation.
fn is_derivation_frame(frame: &TraceFrame) -> bool {
    let message = &frame.message;
    message.starts_with(b"while evaluating derivation '")
        || message.starts_with(b"while evaluating attribute '")
            && message.windows(17).any(|part| part == b"' of derivation '")
}

/// What a short trace leaves out of an error that has passed through the module system.
#[derive(Clone, Copy, Debug)]
pub struct ModuleTrace {
    /// The number of the module system's innermost frame, if it has any.
    innermost: Option<usize>,
}

impl ModuleTrace {
    /// That of an error.
    pub fn of(error: &Error) -> Self {
        let frames = error.trace().enumerate().filter(|(_, frame)| is_module_frame(frame));
        ModuleTrace { innermost: frames.map(|(number, _)| number).last() }
    }

    /// Whether the error has passed through the module system.
    pub fn is_some(self) -> bool {
        self.innermost.is_some()
    }

    /// Whether a frame, counted from the outermost, is left out: functions, and derivations that
    /// only lead to an option.
    pub fn hides(self, number: usize, frame: &TraceFrame) -> bool {
        self.innermost.is_some_and(|innermost| {
            frame.shown != Shown::Always || number < innermost && is_derivation_frame(frame)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DiagnosticId, Pos};

    #[test]
    fn what_the_module_system_says_is_known() {
        let mut error = Error::new(DiagnosticId::Thrown, &[&"no"]);
        let frame = |message: &str| TraceFrame::always(message, Pos::NONE);
        error.push_trace(frame("while evaluating derivation 'inner'"));
        assert!(!ModuleTrace::of(&error).is_some());
        error.push_trace(frame("while evaluating the option `services.x.enable':"));
        error.push_trace(TraceFrame::new("while calling a function", Pos::NONE));
        error.push_trace(frame("while evaluating attribute 'text' of derivation 'outer'"));
        error.push_trace(frame("while evaluating something else"));
        let trace = ModuleTrace::of(&error);
        let hidden: Vec<_> =
            error.trace().enumerate().map(|(number, frame)| trace.hides(number, frame)).collect();
        assert_eq!((trace.is_some(), hidden), (true, vec![false, true, true, false, false]));
    }
}
