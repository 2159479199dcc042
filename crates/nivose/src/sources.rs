//! Sources from files, and what can be done with a source besides evaluating it.

use nivose_base::{DiagnosticId, Error, Origin, Result, SourceId, Symbol};
use nivose_builtins::import::{import_file, resolve_file};
use nivose_compiler::Unit;
use nivose_heap::Value;
use nivose_machine::{Cx, FrontEnd, Handle, Shared, Step, Task, describe};
use nivose_syntax::dump::{DumpFormat, dump};
use nivose_syntax::print::{PathBase, print_expr};
use nivose_syntax::{ParseOptions, parse};
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
        let mut analysed = Analysed::new(shared, 0, origin, text, directory, None)?;
        let home = shared.world.home_directory().unwrap_or_else(|| b"/".to_vec());
        let tree = analysed.unit()?.tree().ok_or_else(|| internal("the unit is forgotten"))?;
        let root = tree.root.ok_or_else(|| internal("a source without an expression"))?;
        Ok(print_expr(tree, root, &shared.symbols, PathBase { directory, home: &home }))
    }

    /// What is wrong with a source, and what deserves a warning.
    pub fn check(&mut self, origin: Origin, text: Vec<u8>, directory: &[u8]) -> Vec<Error> {
        let shared = &mut self.machine().shared;
        match Analysed::new(shared, 0, origin, text, directory, None) {
            Err(error) => vec![error],
            Ok(mut analysed) => match analysed.unit() {
                Err(error) => vec![error],
                Ok(unit) => unit.warnings(&shared.symbols),
            },
        }
    }

    /// The tree of a source, a line a node; what is wrong with the source is given back.
    ///
    /// # Errors
    /// More source text than there can be.
    pub fn dump_tree(
        &mut self,
        source: (Origin, Vec<u8>),
        format: DumpFormat,
        emit: &mut dyn FnMut(&str),
    ) -> Result<Vec<Error>> {
        let shared = &mut self.machine().shared;
        let pipe_operators = shared.settings.has_feature("pipe-operators");
        let id = shared.sources.add(source.0, source.1);
        let id = id.ok_or_else(|| internal("more than 4 GiB of source text"))?;
        let text = shared.sources.get(id);
        let place = |offset: u32| describe(&shared.sources, text.pos(offset));
        let options = ParseOptions { pipe_operators, describe: &place, watch: &|_| Ok(()) };
        let parsed = parse(&text.text, text.base(), &mut shared.symbols, &options);
        let locate = |offset: u32| {
            let found = shared.sources.resolve(text.pos(offset));
            found.map_or((0, 0), |(_, place)| (place.line, place.column))
        };
        dump(&parsed.tree, &shared.symbols, &locate, format, emit);
        Ok(parsed.diagnostics)
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
            return Ok(Step::done(input));
        }
        import_file(cx.shared(), &self.path).map(|value| cx.force(value))
    }
}

/// A source that was analysed apart from the evaluation.
pub(crate) struct Analysed {
    front_end: NixFrontEnd,
    unit: u32,
    pub source: SourceId,
}

impl Analysed {
    pub fn new(
        shared: &mut Shared,
        level: u8,
        origin: Origin,
        text: Vec<u8>,
        directory: &[u8],
        scope: Option<&[Symbol]>,
    ) -> Result<Self> {
        let mut front_end = NixFrontEnd::new(level, shared);
        let source =
            shared.sources.add(origin, text).ok_or_else(|| internal("more than 4 GiB of source text"))?;
        let unit = front_end.load(source, directory, &shared.sources, &mut shared.symbols, scope)?;
        Ok(Analysed { front_end, unit, source })
    }

    pub fn unit(&mut self) -> Result<&mut Unit> {
        self.front_end.unit(self.unit).ok_or_else(|| internal("there is no such unit"))
    }
}

fn internal(what: &str) -> Error {
    Error::new(DiagnosticId::Internal, &[&what])
}
