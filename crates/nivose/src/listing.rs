//! Listings of code: of all of a source, or of what an evaluation compiles.

use nivose_base::{Origin, Result, Source, Symbol, Symbols};
use nivose_bytecode::chunk::Chunk;
use nivose_bytecode::disassemble::disassemble;
use nivose_bytecode::disassemble_json::disassemble_json;
use nivose_machine::code::CodeId;
use nivose_machine::observe::CompilationObserver;
use nivose_machine::{Handle, Shared};

use crate::evaluator::Evaluator;
use crate::sources::Analysed;

/// How a listing looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ListingFormat {
    /// For people.
    Text,
    /// For programs: a JSON object a line.
    Json,
}

impl ListingFormat {
    /// Hands out the lines of a chunk's listing.
    fn list(
        self,
        number: u32,
        chunk: &Chunk,
        symbols: &Symbols,
        source: Option<&Source>,
        emit: &mut dyn FnMut(&str),
    ) {
        match self {
            ListingFormat::Json => disassemble_json(number as usize, chunk, symbols, source, emit),
            ListingFormat::Text => {
                let listing = format!("[{number}] {}", disassemble(chunk, symbols, source));
                listing.lines().for_each(emit);
            }
        }
    }
}

impl Evaluator {
    /// The listing of the bytecode of a source, every chunk, the top level first, line by line.
    ///
    /// # Errors
    /// The first diagnostic of the source.
    pub fn list_code(
        &mut self,
        level: u8,
        source: (Origin, Vec<u8>, &[u8]),
        format: ListingFormat,
        emit: &mut dyn FnMut(&str),
    ) -> Result<()> {
        self.list_code_with(level, source, None, format, emit)
    }

    fn list_code_with(
        &mut self,
        level: u8,
        source: (Origin, Vec<u8>, &[u8]),
        scope: Option<&[Symbol]>,
        format: ListingFormat,
        emit: &mut dyn FnMut(&str),
    ) -> Result<()> {
        let (origin, text, directory) = source;
        let shared = &mut self.machine().shared;
        let mut analysed = Analysed::new(shared, level, origin, text, directory, scope)?;
        let source = shared.sources.get(analysed.source);
        // Compiling a chunk numbers those within it.
        let mut number = 0;
        while number < analysed.unit()?.blueprint_count() {
            let chunk = analysed.unit()?.compile(number, &shared.symbols)?;
            if number > 0 && format == ListingFormat::Text {
                emit("");
            }
            format.list(number, &chunk, &shared.symbols, Some(source), emit);
            number += 1;
        }
        Ok(())
    }

    /// The listing of the bytecode of a source as one text.
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
        let mut listing = String::new();
        let mut emit = |line: &str| listing.extend([line, "\n"]);
        self.list_code(level, (origin, text, directory), ListingFormat::Text, &mut emit)?;
        Ok(listing)
    }

    /// The same for a source in which the attributes of a forced set are variables.
    ///
    /// # Errors
    /// The first diagnostic of the source.
    pub fn disassemble_in(
        &mut self,
        scope: Handle,
        level: u8,
        origin: Origin,
        text: Vec<u8>,
        directory: &[u8],
    ) -> Result<String> {
        let names = self.names_in(scope);
        let mut listing = String::new();
        let mut emit = |line: &str| listing.extend([line, "\n"]);
        let source = (origin, text, directory);
        self.list_code_with(level, source, Some(&names), ListingFormat::Text, &mut emit)?;
        Ok(listing)
    }
}

/// Lists each chunk when it is compiled: what an evaluation never enters is never listed.
pub struct Listing {
    format: ListingFormat,
    /// Takes the lines, without line ends.
    sink: Box<dyn FnMut(&str) + Send>,
}

impl Listing {
    /// Listings to `sink`.
    pub fn new(format: ListingFormat, sink: impl FnMut(&str) + Send + 'static) -> Self {
        Listing { format, sink: Box::new(sink) }
    }
}

impl CompilationObserver for Listing {
    fn compiled(&mut self, shared: &Shared, code: CodeId, chunk: &Chunk) {
        let source = shared.sources.source_of(shared.codes.unit_of(code).base);
        if let (Some(source), ListingFormat::Text) = (source, self.format) {
            let name = nivose_base::render::source_name(&source.origin);
            (self.sink)(&format!("compiled, of {}:", String::from_utf8_lossy(&name)));
        }
        let blueprint = shared.codes.origin(code).blueprint;
        self.format.list(blueprint, chunk, &shared.symbols, source, &mut self.sink);
    }
}
