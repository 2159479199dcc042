//! Pages about the language and the machine: the reference of the builtins and instructions, how constructs compile, how to
//! read a trace. They are files of `docs/`; the reference is made from the declarations.

#[doc = include_str!("../../../docs/builtins.md")]
pub mod builtins {}

#[doc = include_str!("../../../docs/instructions.md")]
pub mod instructions {}

#[doc = include_str!("../../../docs/constructs.md")]
pub mod constructs {}

#[doc = include_str!("../../../docs/trace.md")]
pub mod trace {}
