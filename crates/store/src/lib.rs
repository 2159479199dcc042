//! The Nix store as data: hashes, store paths, derivations, archives and a
//! store kept in memory.
//!
//! Everything here is a pure function of its inputs. The crate reads no file,
//! asks no clock and knows nothing of the evaluator; whoever has a real store
//! hands it in through [`DerivationSource`] and [`ReferenceSource`].

mod archive;
mod arguments;
mod aterm_parser;
mod aterm_writer;
mod base16;
mod base64;
mod closure;
mod content_address;
mod derivation;
mod derivation_error;
mod derivation_modulo;
mod derivation_text;
mod environment;
mod hash;
mod hash_text;
mod instantiate;
mod memory;
mod name;
pub mod nixbase32;
mod output_set;
mod outputs;
mod placeholder;
mod references;
mod store_dir;
mod store_path;

pub use archive::{ArchiveError, ArchiveWriter, ByteSink};
pub use arguments::Arguments;
pub use aterm_parser::{AtermError, parse_derivation};
pub use closure::{ReferenceSource, UnknownPath, add_deep_inputs, compute_closure};
pub use content_address::{ContentAddressMethod, FixedOutputError};
pub use derivation::{Derivation, DerivationOutput, DerivationType, InputOutputs, output_path_name};
pub use derivation_error::DerivationError;
pub use derivation_modulo::{DerivationModulo, DerivationSource, ModuloMemo, NoDerivations};
pub use environment::Environment;
pub use hash::{Hash, HashAlgorithm, Hasher, UnknownHashAlgorithm};
pub use hash_text::{HashFormat, HashTextError, UnknownHashFormat};
pub use instantiate::{Instantiated, Instantiator};
pub use memory::{MemoryStore, Object};
pub use name::{MAX_NAME_LENGTH, NameError, check_name};
pub use output_set::{OutputName, OutputSet};
pub use outputs::Outputs;
pub use placeholder::{DownstreamPlaceholder, output_placeholder};
pub use references::ReferenceScanner;
pub use store_dir::{StoreDir, StoreDirError};
pub use store_path::{DIGEST_LENGTH, HASH_PART_LENGTH, StorePath, StorePathError};
