//! Text to code: the parser and the compiler behind the machine's [`FrontEnd`].

use std::sync::Arc;

use nivose_base::{DiagnosticId, Error, Result, SourceId, SourceMap, Symbol, Symbols};
use nivose_bytecode::Chunk;
use nivose_bytecode::chunk::LambdaInfo;
use nivose_compiler::{Compiler, Global, Globals, Options, Source, Unit};
use nivose_heap::{Value, View};
use nivose_machine::{FrontEnd, Map, Shared, describe};
use nivose_syntax::print::PathBase;
use nivose_syntax::{ParseOptions, parse};

/// The front end of an evaluation, with the units that it analysed.
pub struct NixFrontEnd {
    compiler: Compiler,
    units: Vec<Unit>,
    pipe_operators: bool,
    home: Vec<u8>,
}

impl NixFrontEnd {
    /// A front end for the global names of an evaluation.
    pub fn new(level: u8, shared: &mut Shared) -> Self {
        let globals = global_scope(shared);
        NixFrontEnd {
            compiler: Compiler::new(Arc::new(globals), Options { level }),
            units: Vec::new(),
            home: shared.world.home_directory().unwrap_or_else(|| b"/".to_vec()),
            pipe_operators: shared.settings.has_feature("pipe-operators"),
        }
    }

    /// A unit by its number.
    pub fn unit(&mut self, number: u32) -> Option<&mut Unit> {
        self.units.get_mut(number as usize)
    }
}

/// What the compiler has to know of the global names.
fn global_scope(shared: &mut Shared) -> Globals {
    let set = shared.builtins_value();
    let names: Vec<(Symbol, Value<'static>)> = shared.global_names().collect();
    let registered: Map<u64, Symbol> = names.iter().map(|&(name, value)| (value.bits(), name)).collect();
    let global = |name: Symbol, value: Value<'static>| match value.view() {
        _ if value.bits() == set.bits() => Global::Builtins,
        View::Null => Global::Null,
        View::Bool(b) => Global::Bool(b),
        View::Thunk(_) => Global::Lazy(name),
        _ => Global::Builtin(name),
    };
    let members: Vec<(Symbol, Global)> = set
        .as_attrs()
        .into_iter()
        .flat_map(|set| set.iter())
        .filter_map(|(member, value)| Some((member, global(*registered.get(&value.bits())?, value))))
        .collect();
    let globals: Vec<(Symbol, Global)> =
        names.into_iter().map(|(name, value)| (name, global(name, value))).collect();
    let difference = shared.symbols.intern(nivose_builtins::assertion::NAME.as_bytes());
    Globals::new(globals, members, &mut shared.symbols).with_assert_equal(difference)
}

impl FrontEnd for NixFrontEnd {
    fn load(
        &mut self,
        source: SourceId,
        directory: &[u8],
        sources: &SourceMap,
        symbols: &mut Symbols,
        scope: Option<&[Symbol]>,
    ) -> Result<u32> {
        let text = sources.get(source);
        let place = |offset: u32| describe(sources, text.pos(offset));
        let options = ParseOptions { pipe_operators: self.pipe_operators, describe: &place };
        let parsed = parse(&text.text, text.base(), symbols, &options);
        if let Some(error) = parsed.diagnostics.into_iter().next() {
            return Err(error);
        }
        let given = Source { base: text.base(), paths: PathBase { directory, home: &self.home }, scope };
        let unit = self.compiler.analyse(parsed.tree, symbols, given).map_err(first)?;
        self.units.push(unit);
        Ok(self.units.len() as u32 - 1)
    }

    fn compile(&mut self, unit: u32, blueprint: u32, symbols: &mut Symbols) -> Result<Chunk> {
        match self.units.get_mut(unit as usize) {
            Some(unit) => unit.compile(blueprint, symbols),
            None => Err(Error::new(DiagnosticId::Internal, &[&"there is no such unit"])),
        }
    }

    fn lambda_info(&self, unit: u32, blueprint: u32) -> Option<LambdaInfo> {
        self.units.get(unit as usize)?.lambda_info(blueprint)
    }
}

fn first(errors: Vec<Error>) -> Error {
    let none = || Error::new(DiagnosticId::Internal, &[&"a failure without a diagnostic"]);
    errors.into_iter().next().unwrap_or_else(none)
}
