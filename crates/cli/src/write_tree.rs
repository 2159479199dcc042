//! `--write-to`: a value as files. Strings become files, sets become directories.

use std::fs;
use std::io::Write;

use nivose::DiagnosticId;
use nivose::raw::{Error, Handle, Pos};

use crate::arguments::to_path;
use crate::failure::Failure;
use crate::session::Session;

/// A value that is to become a file or directory.
struct Pending {
    value: Handle,
    path: Vec<u8>,
    pos: Pos,
}

/// Writes a forced value to a path where nothing is yet.
///
/// # Errors
/// If something is there, a value has no form as a file, or a file cannot be written.
pub fn write(session: &mut Session, value: Handle, path: Vec<u8>) -> Result<(), Failure> {
    let mut pending = vec![Pending { value, path, pos: Pos::NONE }];
    while let Some(next) = pending.pop() {
        let first = pending.len();
        one(session, next, &mut pending)?;
        pending[first..].reverse();
    }
    Ok(())
}

fn one(session: &mut Session, next: Pending, pending: &mut Vec<Pending>) -> Result<(), Failure> {
    let Pending { value, path, pos } = next;
    let target = to_path(&path);
    if fs::symlink_metadata(&target).is_ok() {
        return Err(failure(format!("path '{}' already exists", target.display())));
    }
    let text = session
        .evaluator
        .machine()
        .inspect(value, |_, value| value.resolved().as_string().map(|text| text.bytes().to_vec()));
    if let Some(text) = text {
        let written = fs::File::create_new(&target).and_then(|mut file| file.write_all(&text));
        return written.map_err(|error| cannot_write(&target, &error));
    }
    let Some(attributes) = session.evaluator.attributes(value) else {
        let place = session.evaluator.machine().shared.describe(pos);
        let place = if place.is_empty() { "undefined position".into() } else { place };
        return Err(failure(format!("value at '{place}' is not a string or an attribute set")));
    };
    fs::create_dir(&target).map_err(|error| cannot_write(&target, &error))?;
    for (name, pos) in attributes {
        let bytes = session.evaluator.machine().shared.symbols.bytes(name).to_vec();
        if matches!(bytes.as_slice(), b"" | b"." | b"..") || bytes.contains(&b'/') {
            return Err(failure(format!("invalid file name '{}'", String::from_utf8_lossy(&bytes))));
        }
        let value = session.evaluator.attribute(value, name)?;
        pending.push(Pending { value, path: [&path[..], b"/", &bytes].concat(), pos });
    }
    Ok(())
}

fn failure(message: String) -> Failure {
    Failure::Evaluation(Error::with_message(DiagnosticId::File, message))
}

fn cannot_write(path: &std::path::Path, error: &std::io::Error) -> Failure {
    failure(format!("cannot write '{}': {error}", path.display()))
}
