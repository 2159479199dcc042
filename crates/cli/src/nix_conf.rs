//! The files of settings: `nix.conf` of the system and of the user, and `NIX_CONFIG`.
//!
//! Lines are `NAME = VALUE`, `include FILE` or `!include FILE`; `#` begins a comment. What a setting
//! means is not known here.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::configuration::{Configuration, variable};
use crate::failure::Failure;
use crate::settings;

/// How deep files may include each other.
const MAX_DEPTH: u32 = 50;

/// Applies the settings of the system, then those of the user, then those of `NIX_CONFIG`.
///
/// # Errors
/// A line that is no setting, a value that a setting does not take, or a file to include that is not there.
pub fn apply_all(configuration: &mut Configuration) -> Result<(), Failure> {
    let system = std::env::var_os("NIX_CONF_DIR").map_or_else(|| PathBuf::from("/etc/nix"), PathBuf::from);
    apply_file(configuration, &system.join("nix.conf"), 0)?;
    for file in user_files(&|name| std::env::var_os(name), std::env::home_dir()).iter().rev() {
        apply_file(configuration, file, 0)?;
    }
    match variable("NIX_CONFIG") {
        Some(text) => apply_text(configuration, &text, Path::new("NIX_CONFIG"), 0),
        None => Ok(()),
    }
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

/// Applies a file, if it can be read.
fn apply_file(configuration: &mut Configuration, file: &Path, depth: u32) -> Result<(), Failure> {
    match std::fs::read(file) {
        Ok(text) => apply_text(configuration, &String::from_utf8_lossy(&text), file, depth),
        Err(_) => Ok(()),
    }
}

fn apply_text(configuration: &mut Configuration, text: &str, file: &Path, depth: u32) -> Result<(), Failure> {
    for line in text.lines() {
        let content = line.split('#').next().unwrap_or_default();
        let words: Vec<&str> = content.split_whitespace().collect();
        match words.as_slice() {
            [] => {}
            ["include", other] => include(configuration, other, file, depth, true)?,
            ["!include", other] => include(configuration, other, file, depth, false)?,
            [name, "=", value @ ..] => settings::apply(configuration, name, &value.join(" "))?,
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

fn include(
    configuration: &mut Configuration,
    name: &str,
    from: &Path,
    depth: u32,
    required: bool,
) -> Result<(), Failure> {
    let file = from.parent().unwrap_or(Path::new("")).join(name);
    if depth >= MAX_DEPTH {
        return Err(Failure::usage(format!("'{}' includes itself", file.display())));
    }
    if required && !file.exists() {
        let (file, from) = (file.display(), from.display());
        return Err(Failure::message(format!("file '{file}' included from '{from}' not found")));
    }
    apply_file(configuration, &file, depth + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(text: &str) -> Result<Configuration, String> {
        let mut configuration = Configuration::default();
        apply_text(&mut configuration, text, Path::new("NIX_CONFIG"), 0)
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
