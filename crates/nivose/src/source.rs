//! Source text as the embedding program gives it. Where its relative paths lead is known when it is evaluated: the world of
//! the evaluation knows the current directory.

use std::path::Path;

use nivose_base::{Origin, Result};
use nivose_world::path::directory_name;

use crate::evaluator::Evaluator;

/// Nix source text, with a name for messages and a directory for its relative paths.
///
/// ```
/// use nivose::{Engine, Source};
/// let evaluation = Engine::new().start();
/// let source = Source::new("{ place = ./data; }").named("/etc/app/config.nix");
/// assert_eq!(evaluation.evaluate(source)?.attribute("place")?.as_path()?, "/etc/app/data");
/// # Ok::<(), nivose::Diagnostic>(())
/// ```
#[derive(Clone, Debug)]
pub struct Source {
    text: Vec<u8>,
    file: Option<Vec<u8>>,
    directory: Option<Vec<u8>>,
}

impl Source {
    /// A text without a name. Its relative paths start from the current directory, or from `/` in a world that has none.
    pub fn new(text: impl Into<Vec<u8>>) -> Self {
        Source { text: text.into(), file: None, directory: None }
    }

    /// Gives it the name of a file, whose directory its relative paths start from. A relative name starts from the current
    /// directory. The file is not read and need not be there.
    #[must_use]
    pub fn named(mut self, file: impl AsRef<Path>) -> Self {
        self.file = Some(bytes_of(file.as_ref()).to_vec());
        self
    }

    /// Gives it a directory that its relative paths start from, whatever its name.
    #[must_use]
    pub fn in_directory(mut self, directory: impl AsRef<Path>) -> Self {
        self.directory = Some(bytes_of(directory.as_ref()).to_vec());
        self
    }

    /// Where the text comes from, the text, and the directory that its relative paths start from.
    pub(crate) fn placed(self, evaluator: &mut Evaluator) -> Result<(Origin, Vec<u8>, Vec<u8>)> {
        let file = self.file.map(|file| evaluator.absolute(&file)).transpose()?;
        let directory = match (self.directory, &file) {
            (Some(directory), _) => evaluator.absolute(&directory)?,
            (None, Some(file)) => directory_name(file).to_vec(),
            // Most texts have no relative paths: a world without a current directory must not keep them from being evaluated.
            (None, None) => evaluator.absolute(b".").unwrap_or_else(|_| b"/".to_vec()),
        };
        Ok((file.map_or(Origin::String, Origin::File), self.text, directory))
    }
}

/// A path in the form that worlds know.
pub(crate) fn bytes_of(path: &Path) -> &[u8] {
    path.as_os_str().as_encoded_bytes()
}

impl From<&str> for Source {
    fn from(text: &str) -> Self {
        Source::new(text)
    }
}

impl From<String> for Source {
    fn from(text: String) -> Self {
        Source::new(text)
    }
}

impl From<Vec<u8>> for Source {
    fn from(text: Vec<u8>) -> Self {
        Source::new(text)
    }
}
