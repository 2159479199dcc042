//! Everything that holds values between two instructions, for the collector.

use nivose_base::Map;
use nivose_base::{Error, Symbol};
use nivose_heap::{Heap, Roots, Tracer, Value};

use crate::code::CodeTable;
use crate::frame::Frame;
use crate::handles::Handles;
use crate::identities::Identities;
use crate::machine::Machine;
use crate::native::Task;
use crate::scope_memo::ScopeMemo;
use crate::shared::{Imported, Shared};

/// The holders of an evaluation, apart from the heap itself.
struct Holders<'a> {
    stack: &'a mut [Value<'static>],
    frames: &'a mut [Frame],
    tasks: &'a mut [Option<Box<dyn Task>>],
    codes: &'a mut CodeTable,
    globals: &'a mut Map<Symbol, Value<'static>>,
    builtins_set: &'a mut Value<'static>,
    imports: &'a mut Map<Vec<u8>, Imported>,
    handles: &'a mut Handles,
    visited: &'a mut Identities,
    scope_memo: &'a mut ScopeMemo,
    failures: &'a mut Vec<Option<Error>>,
    held: usize,
}

impl Machine {
    /// Frees what is not reached, if that is worth it. Only between two instructions.
    #[cold]
    #[inline(never)]
    pub(crate) fn collect(&mut self) {
        self.collect_by(Heap::collect);
    }

    /// After that: frees the rest too, if otherwise the limit is exceeded together with `outside` bytes beside the heap;
    /// whether it did.
    pub(crate) fn collect_beyond(&mut self, outside: usize) -> bool {
        self.collect_by(|heap, roots| heap.collect_beyond(roots, outside))
    }

    /// Frees everything that is not reached. Between two evaluations.
    pub fn collect_garbage(&mut self) {
        self.collect_by(Heap::collect_all);
    }

    fn collect_by<R>(&mut self, collect: impl FnOnce(&mut Heap, &mut dyn Roots) -> R) -> R {
        let Machine { shared, stack, sp, frames, tasks, handles, visited, scope_memo, .. } = self;
        let Shared { heap, codes, globals, builtins_set, imports, failures, held, .. } = shared;
        let stack = &mut stack[..*sp];
        let mut holders = Holders {
            stack,
            frames,
            tasks,
            codes,
            globals,
            builtins_set,
            imports,
            handles,
            visited,
            scope_memo,
            failures,
            held: *held,
        };
        collect(heap, &mut holders)
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
        self.codes.trace(tracer);
        self.globals.values_mut().for_each(|value| tracer.trace(value));
        tracer.trace(self.builtins_set);
        self.imports.values_mut().for_each(|imported| tracer.trace(&mut imported.0));
    }

    fn bytes(&self) -> usize {
        size_of_val(self.stack) + size_of_val(self.frames) + size_of_val(self.tasks)
    }

    fn beside(&self) -> usize {
        self.held
    }

    fn finished(&mut self, tracer: &Tracer<'_>) {
        self.codes.relocate_caches(tracer);
        self.visited.relocate(tracer);
        self.scope_memo.forget();
        self.tasks.iter_mut().flatten().for_each(|task| task.relocate(tracer));
        if tracer.is_major() {
            forget_failures(self.failures, &tracer.failures);
        }
    }
}

/// Drops the errors that no live thunk remembers.
fn forget_failures(failures: &mut Vec<Option<Error>>, remembered: &[u32]) {
    let mut live = vec![false; failures.len()];
    remembered.iter().for_each(|&number| live[number as usize] = true);
    for (failure, live) in failures.iter_mut().zip(live) {
        if !live {
            *failure = None;
        }
    }
    while let Some(None) = failures.last() {
        failures.pop();
    }
}
