//! The bytecode of the abstract machine: one table of instructions and everything derived from
//! it, and the chunk, the hand-off from the compiler to the machine.
//!
//! Nothing here knows syntax, the heap or values: a chunk is plain data.

pub mod chunk;
pub mod decode;
pub mod disassemble;
pub mod disassemble_json;
pub mod effect;
pub mod encode;
pub mod instruction;
pub mod reference;
pub mod uvarint;
pub mod verify;

pub use chunk::{Chunk, Constant};
pub use decode::{Decoded, Operand, decode};
pub use encode::{ChunkBuilder, Label};
pub use instruction::Instruction;
pub use uvarint::{read_u16, read_u32, read_uvarint};
