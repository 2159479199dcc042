//! Everything that holds values between two instructions, for the collector.

use crate::Map;
use nivose_base::{Error, Symbol};
use nivose_heap::{Roots, Tracer, Value};

use crate::code::CodeTable;
use crate::frame::Frame;
use crate::machine::Machine;
use crate::shared::{Imported, Shared};

/// The holders of an evaluation, apart from the heap itself.
struct Holders<'a> {
    stack: &'a mut [Value<'static>],
    frames: &'a mut [Frame],
    codes: &'a mut CodeTable,
    globals: &'a mut Map<Symbol, Value<'static>>,
    builtins_set: &'a mut Value<'static>,
    imports: &'a mut Map<Vec<u8>, Imported>,
    handles: &'a mut [Value<'static>],
    failures: &'a mut Vec<Option<Error>>,
}

impl Machine {
    /// Frees what is not reached. Only between two instructions.
    #[cold]
    #[inline(never)]
    pub(crate) fn collect(&mut self) {
        let Machine { shared, stack, sp, frames, handles, .. } = self;
        let Shared { heap, codes, globals, builtins_set, imports, failures, .. } = shared;
        let stack = &mut stack[..*sp];
        let mut holders = Holders { stack, frames, codes, globals, builtins_set, imports, handles, failures };
        heap.collect(&mut holders);
    }
}

impl Roots for Holders<'_> {
    fn trace(&mut self, tracer: &mut Tracer<'_>) {
        self.stack.iter_mut().for_each(|value| tracer.trace(value));
        self.handles.iter_mut().for_each(|value| tracer.trace(value));
        for frame in &mut *self.frames {
            // The thunk that is being evaluated is a blackhole, and so stays what it is here.
            tracer.trace(&mut frame.closure);
            tracer.trace(&mut frame.withs);
            tracer.trace(&mut frame.continuation.update);
        }
        for code in &mut self.codes.codes {
            code.constants.iter_mut().for_each(|value| tracer.trace(value));
            code.keys.iter_mut().for_each(|keys| tracer.trace(&mut keys.shape));
        }
        self.globals.values_mut().for_each(|value| tracer.trace(value));
        tracer.trace(self.builtins_set);
        self.imports.values_mut().for_each(|imported| tracer.trace(&mut imported.0));
    }

    fn marked(&mut self, tracer: &Tracer<'_>) {
        for code in &mut self.codes.codes {
            code.caches.iter_mut().for_each(|cache| cache.shape = 0);
        }
        let mut live = vec![false; self.failures.len()];
        tracer.failures.iter().for_each(|&number| live[number as usize] = true);
        for (failure, live) in self.failures.iter_mut().zip(live) {
            if !live {
                *failure = None;
            }
        }
        while let Some(None) = self.failures.last() {
            self.failures.pop();
        }
    }
}
