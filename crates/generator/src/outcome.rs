//! What came of evaluating a program.

/// What a program ended with, as all evaluators must agree on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Class {
    /// A value.
    Value,
    /// An error that `tryEval` catches.
    Caught,
    /// Another error.
    Uncaught,
    /// An error of the text: the program never ran.
    Parse,
    /// Too much memory, time or depth.
    Resources,
    /// An evaluator failed, not the program.
    Internal,
}

/// What came of evaluating a program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// The kind of end.
    pub class: Class,
    /// The stable name of the diagnostic, if there is one and it is known.
    pub diagnostic: Option<&'static str>,
    /// The value as text, or the headline of the error.
    pub text: String,
    /// Where the error arose, if that is known.
    pub place: String,
    /// What was traced, in order.
    pub traces: Vec<String>,
}
