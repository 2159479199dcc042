//! Sources from files, and what can be done with a source besides evaluating it.

use nivose_base::{DiagnosticId, Error, Origin, Result, SourceId, Symbol};
use nivose_builtins::import::{import_file, resolve_file};
use nivose_compiler::Unit;
use nivose_machine::{FrontEnd, Handle, Shared, describe};
use nivose_syntax::dump::{DumpFormat, dump};
use nivose_syntax::print::{PathBase, print_expr};
use nivose_syntax::{ParseOptions, parse};
use nivose_world::{SymlinkMode, path};

use crate::evaluator::Evaluator;
use crate::front_end::{NixFrontEnd, parse_watch};

impl Evaluator {
    /// Evaluates a file, or the `default.nix` of a directory. A relative path starts from the current directory.
    ///
    /// # Errors
    /// A file that cannot be read, its first diagnostic, or what the evaluation fails with.
    pub fn evaluate_file(&mut self, path: &[u8]) -> Result<Handle> {
        let path = self.absolute(path)?;
        self.once(&[], move |cx| import_file(cx.shared(), &path).map(|value| cx.force(value)))
    }

    /// A path made absolute: a relative one starts from the current directory.
    pub(crate) fn absolute(&mut self, path: &[u8]) -> Result<Vec<u8>> {
        if path::is_absolute(path) {
            return Ok(path::canonicalise(path));
        }
        let directory = self.machine().shared.world.current_directory().map_err(|error| {
            let path = String::from_utf8_lossy(path);
            let message =
                format!("the path '{path}' is relative, and there is no current directory: {error}");
            Error::with_message(DiagnosticId::File, message)
        })?;
        Ok(path::absolute(path, &directory))
    }

    /// The file that is meant by a path (of a directory it is `default.nix`), and its text. A relative path starts from the
    /// current directory.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read_source(&mut self, path: &[u8]) -> Result<(Vec<u8>, Vec<u8>)> {
        let path = self.absolute(path)?;
        let shared = &mut self.machine().shared;
        let file = resolve_file(shared, &path)?;
        let place = shared.resolve_path(&file, SymlinkMode::Full)?;
        let text = shared.read_file(&place)?;
        Ok((file, text))
    }

    /// Forgets which files were imported and what is known of the file system: files that have changed are read anew.
    /// Values that exist stay what they are.
    pub fn forget_files(&mut self) {
        let shared = &mut self.machine().shared;
        shared.imports.clear();
        shared.world.forget();
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

    /// The tree of a source, a line a node; what is wrong with the source, or why it is not read to its end, is given back.
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
        let id = shared.add_text(source.0, source.1)?;
        let text = shared.sources.get(id);
        let place = |offset: u32| describe(&shared.sources, text.pos(offset));
        let watch = parse_watch(&shared.control, shared.heap.config().limit);
        let options = ParseOptions { pipe_operators, describe: &place, watch: &watch };
        let parsed = parse(&text.text, text.base(), &mut shared.symbols, &options);
        let locate = |offset: u32| {
            let found = shared.sources.resolve(text.pos(offset));
            found.map_or((0, 0), |(_, place)| (place.line, place.column))
        };
        dump(&parsed.tree, &shared.symbols, &locate, format, emit);
        Ok(parsed.diagnostics)
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
        let source = shared.add_text(origin, text)?;
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
