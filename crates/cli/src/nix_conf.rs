//! The files of settings: `nix.conf` of the system and of the user, and `NIX_CONFIG`.
//!
//! Lines are `NAME = VALUE`, `include FILE` or `!include FILE`; `#` begins a comment. What a setting
//! means is not known here.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use nivose::world::{WorldError, read_bounded};

use crate::configuration::{Configuration, variable};
use crate::failure::Failure;
use crate::settings;

/// How deep files may include each other.
const MAX_DEPTH: u32 = 50;

/// How many files may be included: without it, each of `n` files that includes the next one twice would double the work.
const MAX_FILES: u32 = 1000;

/// More of a file is not read.
const MAX_SIZE: u64 = 16 << 20;

/// Where files of settings are.
pub trait Files {
    /// Whether there is such a file.
    fn exists(&self, file: &Path) -> bool;

    /// The contents of a file.
    ///
    /// # Errors
    /// If it cannot be read, or is too long.
    fn read(&self, file: &Path) -> Result<Vec<u8>, WorldError>;
}

/// The files of the system.
struct SystemFiles;

impl Files for SystemFiles {
    fn exists(&self, file: &Path) -> bool {
        file.exists()
    }

    fn read(&self, file: &Path) -> Result<Vec<u8>, WorldError> {
        read_bounded(std::fs::File::open(file)?, 0, MAX_SIZE)
    }
}

/// Applies the settings of the system, then those of the user, then those of `NIX_CONFIG`.
///
/// # Errors
/// A line that is no setting, a value that a setting does not take, or a file to include that is not there.
pub fn apply_all(configuration: &mut Configuration) -> Result<(), Failure> {
    let mut reader = Reader { configuration, files: &SystemFiles, included: 0 };
    let system = std::env::var_os("NIX_CONF_DIR").map_or_else(|| PathBuf::from("/etc/nix"), PathBuf::from);
    reader.file(&system.join("nix.conf"), 0)?;
    for file in user_files(&|name| std::env::var_os(name), std::env::home_dir()).iter().rev() {
        reader.file(file, 0)?;
    }
    match variable("NIX_CONFIG") {
        Some(text) => reader.text(&text, Path::new("NIX_CONFIG"), 0),
        None => Ok(()),
    }
}

/// Applies the settings of a text that stands in `file`, as `NIX_CONFIG` does.
///
/// # Errors
/// As [`apply_all`].
pub fn apply_text(
    configuration: &mut Configuration,
    text: &str,
    file: &Path,
    files: &dyn Files,
) -> Result<(), Failure> {
    Reader { configuration, files, included: 0 }.text(text, file, 0)
}

/// The files of the user, the one that wins first.
fn user_files(variable: &dyn Fn(&str) -> Option<OsString>, home: Option<PathBuf>) -> Vec<PathBuf> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    if let Some(files) = set("NIX_USER_CONF_FILES") {
        return std::env::split_paths(&files).filter(|file| !file.as_os_str().is_empty()).collect();
    }
    let own = set("NIX_CONFIG_HOME").map(PathBuf::from).or_else(|| {
        let base = set("XDG_CONFIG_HOME").map(PathBuf::from).or_else(|| Some(home?.join(".config")));
        base.map(|base| base.join("nix"))
    });
    let shared = set("XDG_CONFIG_DIRS").unwrap_or_else(|| "/etc/xdg".into());
    let shared: Vec<PathBuf> = std::env::split_paths(&shared).map(|base| base.join("nix")).collect();
    own.into_iter().chain(shared).map(|directory| directory.join("nix.conf")).collect()
}

/// Applies what it reads.
struct Reader<'a> {
    configuration: &'a mut Configuration,
    files: &'a dyn Files,
    /// How many files were included.
    included: u32,
}

impl Reader<'_> {
    /// Applies a file, if it is there and may be read.
    fn file(&mut self, file: &Path, depth: u32) -> Result<(), Failure> {
        match self.files.read(file) {
            Ok(text) => self.text(&String::from_utf8_lossy(&text), file, depth),
            Err(WorldError::Other(reason)) => {
                Err(Failure::message(format!("cannot read settings from '{}': {reason}", file.display())))
            }
            Err(_) => Ok(()),
        }
    }

    fn text(&mut self, text: &str, file: &Path, depth: u32) -> Result<(), Failure> {
        for line in text.lines() {
            let content = line.split('#').next().unwrap_or_default();
            let words: Vec<&str> = content.split_whitespace().collect();
            match words.as_slice() {
                [] => {}
                ["include", other] => self.include(other, file, depth, true)?,
                ["!include", other] => self.include(other, file, depth, false)?,
                [name, "=", value @ ..] => settings::apply(self.configuration, name, &value.join(" "))?,
                _ => {
                    let line = line.trim();
                    let file = file.display();
                    return Err(Failure::usage(format!(
                        "syntax error in configuration line '{line}' in '{file}'"
                    )));
                }
            }
        }
        Ok(())
    }

    fn include(&mut self, name: &str, from: &Path, depth: u32, required: bool) -> Result<(), Failure> {
        let file = from.parent().unwrap_or(Path::new("")).join(name);
        if depth >= MAX_DEPTH {
            return Err(Failure::usage(format!("'{}' includes itself", file.display())));
        }
        if required && !self.files.exists(&file) {
            let (file, from) = (file.display(), from.display());
            return Err(Failure::message(format!("file '{file}' included from '{from}' not found")));
        }
        self.included += 1;
        if self.included > MAX_FILES {
            return Err(Failure::usage(format!("more than {MAX_FILES} files of settings are included")));
        }
        self.file(&file, depth + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(text: &str) -> Result<Configuration, String> {
        let mut configuration = Configuration::default();
        apply_text(&mut configuration, text, Path::new("NIX_CONFIG"), &SystemFiles)
            .map_err(|failure| failure.to_string())?;
        Ok(configuration)
    }

    #[test]
    fn lines_are_settings() {
        let text = "max-call-depth = 7 # comment\n\n  pure-eval = true\nextra-allowed-uris = a  b\nfoo = 1";
        let configuration = applied(text).expect("settings");
        let settings = &configuration.options.settings;
        assert_eq!((settings.max_call_depth, settings.pure_eval), (7, true));
        assert_eq!(settings.allowed_uris, ["a", "b"]);
        assert_eq!(configuration.warnings, ["unknown setting 'foo'"]);
    }

    #[test]
    fn other_lines_are_mistakes() {
        let wrong = "syntax error in configuration line 'pure-eval=true' in 'NIX_CONFIG'";
        assert_eq!(applied("pure-eval=true").err().as_deref(), Some(wrong));
        let missing = "file '/no/such.conf' included from 'NIX_CONFIG' not found";
        assert_eq!(applied("include /no/such.conf").err().as_deref(), Some(missing));
        assert!(applied("!include /no/such.conf").is_ok());
    }

    #[test]
    fn includes_are_bounded() {
        /// Each file includes the one named by the next letter, twice.
        struct Doubling;
        impl Files for Doubling {
            fn exists(&self, _: &Path) -> bool {
                true
            }
            fn read(&self, file: &Path) -> Result<Vec<u8>, WorldError> {
                let first = file.as_os_str().as_encoded_bytes().first().ok_or(WorldError::NotFound)?;
                let next = char::from(first + 1);
                let text = (next <= 'z').then(|| format!("include {next}\ninclude {next}").into_bytes());
                text.ok_or(WorldError::NotFound)
            }
        }
        let mut configuration = Configuration::default();
        let mut message = |text, files: &dyn Files| {
            let result = apply_text(&mut configuration, text, Path::new("NIX_CONFIG"), files);
            result.err().map(|failure| failure.to_string())
        };
        let many = "more than 1000 files of settings are included";
        assert_eq!(message("include a", &Doubling).as_deref(), Some(many));
        struct Itself;
        impl Files for Itself {
            fn exists(&self, _: &Path) -> bool {
                true
            }
            fn read(&self, _: &Path) -> Result<Vec<u8>, WorldError> {
                Ok(b"!include a".to_vec())
            }
        }
        assert_eq!(message("include a", &Itself).as_deref(), Some("'a' includes itself"));
    }

    #[test]
    fn the_files_of_the_user() {
        let files = |given: &[(&str, &str)]| {
            let given: Vec<_> = given.to_vec();
            let variable = move |name: &str| {
                given.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
            };
            let shown = user_files(&variable, Some("/home/u".into()));
            shown.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(files(&[]), "/home/u/.config/nix/nix.conf /etc/xdg/nix/nix.conf");
        assert_eq!(files(&[("NIX_USER_CONF_FILES", "/a:/b")]), "/a /b");
        let xdg = [("XDG_CONFIG_HOME", "/x"), ("XDG_CONFIG_DIRS", "/y:/z")];
        assert_eq!(files(&xdg), "/x/nix/nix.conf /y/nix/nix.conf /z/nix/nix.conf");
        assert!(files(&[("NIX_CONFIG_HOME", "/n")]).starts_with("/n/nix.conf "));
    }
}
