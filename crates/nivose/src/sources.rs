//! Sources from files, and what can be done with a source besides evaluating it.

use nivose_base::{DiagnosticId, Error, Origin, Result};
use nivose_builtins::import::{import_file, resolve_file};
use nivose_bytecode::disassemble::disassemble;
use nivose_compiler::Unit;
use nivose_heap::Value;
use nivose_machine::{Cx, FrontEnd, Handle, Shared, Step, Task};
use nivose_syntax::print::{PathBase, print_expr};
use nivose_world::{SymlinkMode, path};

use crate::Evaluator;
use crate::front_end::NixFrontEnd;

impl Evaluator {
    /// Evaluates a file, or the `default.nix` of a directory, by its absolute path.
    ///
    /// # Errors
    /// A file that cannot be read, its first diagnostic, or what the evaluation fails with.
    pub fn evaluate_file(&mut self, path: &[u8]) -> Result<Handle> {
        let task = ImportTask { path: path::canonicalise(path), loaded: false };
        self.machine().run_task(Box::new(task), &[])
    }

    /// The file that is meant by an absolute path (of a directory it is `default.nix`), and its text.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read_source(&mut self, path: &[u8]) -> Result<(Vec<u8>, Vec<u8>)> {
        let shared = &mut self.machine().shared;
        let file = resolve_file(shared, &path::canonicalise(path))?;
        let place = shared.resolve_path(&file, SymlinkMode::Full)?;
        let text = shared.read_file(&place)?;
        Ok((file, text))
    }

    /// A source as `nix-instantiate --parse` prints it. Variables are checked too.
    ///
    /// # Errors
    /// The first diagnostic of the source.
    pub fn parse(&mut self, origin: Origin, text: Vec<u8>, directory: &[u8]) -> Result<Vec<u8>> {
        let shared = &mut self.machine().shared;
        let mut analysed = Analysed::new(shared, 0, origin, text, directory)?;
        let home = shared.world.home_directory().unwrap_or_else(|| b"/".to_vec());
        let tree = analysed.unit()?.tree().ok_or_else(|| internal("the unit is forgotten"))?;
        let root = tree.root.ok_or_else(|| internal("a source without an expression"))?;
        Ok(print_expr(tree, root, &shared.symbols, PathBase { directory, home: &home }))
    }

    /// The listing of the bytecode of a source: every chunk, the top level first.
    ///
    /// # Errors
    /// The first diagnostic of the source.
    pub fn disassemble(
        &mut self,
        level: u8,
        origin: Origin,
        text: Vec<u8>,
        directory: &[u8],
    ) -> Result<String> {
        let source = text.clone();
        let shared = &mut self.machine().shared;
        let mut analysed = Analysed::new(shared, level, origin, text, directory)?;
        let chunks = analysed.unit()?.compile_all(&shared.symbols)?;
        let mut listing = String::new();
        for (number, chunk) in chunks.iter().enumerate() {
            let separator = if number == 0 { "" } else { "\n" };
            listing
                .push_str(&format!("{separator}[{number}] {}", disassemble(chunk, &shared.symbols, &source)));
        }
        Ok(listing)
    }
}

/// The value of a file, forced.
struct ImportTask {
    path: Vec<u8>,
    loaded: bool,
}

impl Task for ImportTask {
    fn resume<'h>(&mut self, cx: &mut Cx<'_, 'h>, input: Value<'h>) -> Result<Step<'h>> {
        if std::mem::replace(&mut self.loaded, true) {
            return Ok(Step::Return(input));
        }
        import_file(cx.shared(), &self.path).map(Step::Force)
    }
}

/// A source that was analysed apart from the evaluation.
struct Analysed {
    front_end: NixFrontEnd,
    unit: u32,
}

impl Analysed {
    fn new(shared: &mut Shared, level: u8, origin: Origin, text: Vec<u8>, directory: &[u8]) -> Result<Self> {
        let mut front_end = NixFrontEnd::new(level, shared);
        let source =
            shared.sources.add(origin, text).ok_or_else(|| internal("more than 4 GiB of source text"))?;
        let unit = front_end.load(source, directory, &shared.sources, &mut shared.symbols, None)?;
        Ok(Analysed { front_end, unit })
    }

    fn unit(&mut self) -> Result<&mut Unit> {
        self.front_end.unit(self.unit).ok_or_else(|| internal("there is no such unit"))
    }
}

fn internal(what: &str) -> Error {
    Error::new(DiagnosticId::Internal, &[&what])
}
