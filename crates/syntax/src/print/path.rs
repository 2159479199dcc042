//! The text of paths.

/// Appends a path made absolute, without `.` and `..`.
pub(super) fn print_path(base: &[u8], path: &[u8], out: &mut Vec<u8>) {
    let base = if path.starts_with(b"/") { b"" } else { base };
    let mut kept: Vec<&[u8]> = Vec::new();
    for component in base.split(|&b| b == b'/').chain(path.split(|&b| b == b'/')) {
        match component {
            b"" | b"." => {}
            b".." => drop(kept.pop()),
            _ => kept.push(component),
        }
    }
    if kept.is_empty() {
        out.push(b'/');
    }
    for component in kept {
        out.push(b'/');
        out.extend_from_slice(component);
    }
}
