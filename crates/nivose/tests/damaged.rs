//! Code that the verifier accepts and the compiler would not write: it runs all the same.

use nivose::raw::{Evaluator, Options, Origin, PrintOptions, Result, SourceMap, Symbol, Symbols};
use nivose::world::MemoryWorld;
use nivose_base::SourceId;
use nivose_bytecode::chunk::{ChunkKind, Constant, LambdaInfo};
use nivose_bytecode::instruction::Position;
use nivose_bytecode::verify::verify;
use nivose_bytecode::{Chunk, ChunkBuilder, Instruction};
use nivose_machine::FrontEnd;

/// Has the same chunks for every source.
struct Given(Vec<Chunk>);

impl FrontEnd for Given {
    fn load(
        &mut self,
        _: SourceId,
        _: &[u8],
        _: &SourceMap,
        _: &mut Symbols,
        scope: Option<&[Symbol]>,
    ) -> Result<u32> {
        verify(&self.0, scope.is_some()).expect("sound chunks");
        Ok(0)
    }

    fn compile(&mut self, _: u32, blueprint: u32, _: &SourceMap, _: &mut Symbols) -> Result<Chunk> {
        Ok(self.0[blueprint as usize].clone())
    }

    fn lambda_info(&self, _: u32, _: u32) -> Option<LambdaInfo> {
        None
    }
}

/// What is printed of the value of chunk 0.
fn run(chunks: Vec<Chunk>) -> String {
    let mut evaluator = Evaluator::new(Options::default(), Box::new(MemoryWorld::new()));
    evaluator.machine().shared.front_end = Box::new(Given(chunks));
    let value = evaluator.evaluate(Origin::String, Vec::new(), b"/".to_vec()).expect("a value");
    let text = evaluator.print(value, PrintOptions::INSTANTIATE).expect("its text");
    String::from_utf8_lossy(&text).into_owned()
}

/// A thunk that gives what it captured.
fn captured() -> Chunk {
    let mut builder = ChunkBuilder::new(0, false);
    builder.op_index(Instruction::GetUpvalue, 0);
    builder.op(Instruction::Return);
    builder.finish(ChunkKind::Thunk, 1, false)
}

/// A top level that suspends that thunk with slot 1, finalises it when the frame has `height` slots, and gives its value.
fn deferring(height: u32) -> Chunk {
    let mut builder = ChunkBuilder::new(0, false);
    let number = |builder: &mut ChunkBuilder| builder.op_constant(Instruction::Constant, Constant::Int(7));
    // What once lay in the slots is no value of the frame.
    (0..2).for_each(|_| number(&mut builder));
    (0..2).for_each(|_| builder.op(Instruction::Pop));
    builder.captures(Instruction::ThunkSuspended, 1, false, &[Position::Deferred(1)]);
    (1..height).for_each(|_| number(&mut builder));
    builder.op_index(Instruction::Finalise, 0);
    builder.op_index(Instruction::GetLocal, 0);
    builder.op(Instruction::Force);
    builder.op(Instruction::Return);
    builder.finish(ChunkKind::TopLevel, 0, false)
}

#[test]
fn only_slots_of_the_frame_are_captured_later() {
    assert_eq!(run(vec![deferring(2), captured()]), "7");
    assert_ne!(run(vec![deferring(1), captured()]), "7");
}
