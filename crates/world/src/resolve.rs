//! Following symbolic links by hand, over any [`World`].

use std::collections::VecDeque;

use crate::path;
use crate::world::{EntryKind, World, WorldError};

/// How many links one path may pass through before it counts as endless; the number that C++ Nix allows.
const MAX_LINKS: usize = 1024;

/// Which links of a path are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SymlinkMode {
    /// All of them.
    Full,
    /// Those of the ancestors, but not a final one.
    Ancestors,
}

/// The canonical path that an absolute path leads to.
///
/// Components that do not exist are kept as they are, so the result need not exist.
///
/// # Errors
/// `SymlinkLoop` after too many links (Nix: `infinite symlink recursion in path 'P'`), or what the world reports
/// for a component, absence excepted.
pub fn resolve_symlinks(
    world: &mut dyn World,
    path: &[u8],
    mode: SymlinkMode,
) -> Result<Vec<u8>, WorldError> {
    if path::is_canonical(path) && !passes_link(world, path, mode)? {
        return Ok(path.to_vec());
    }
    let mut pending: VecDeque<Vec<u8>> = path::components(path).map(<[u8]>::to_vec).collect();
    let mut resolved = Vec::from(*b"/");
    let mut links_left = MAX_LINKS;
    while let Some(component) = pending.pop_front() {
        let next = path::canonicalise(&path::join(&resolved, &component));
        let follow = mode == SymlinkMode::Full || !pending.is_empty();
        let is_name = component != b"." && component != b"..";
        match if follow && is_name { link_target(world, &next)? } else { None } {
            None => resolved = next,
            Some(target) => {
                links_left = links_left.checked_sub(1).ok_or(WorldError::SymlinkLoop)?;
                if path::is_absolute(&target) {
                    resolved = Vec::from(*b"/");
                }
                path::components(&target).rev().for_each(|part| pending.push_front(part.to_vec()));
            }
        }
    }
    Ok(resolved)
}

/// Whether a link has to be followed on the way along a canonical path. Most paths have none, and cost no copies.
fn passes_link(world: &mut dyn World, path: &[u8], mode: SymlinkMode) -> Result<bool, WorldError> {
    let inner = path.iter().enumerate().skip(1).filter(|&(_, &byte)| byte == b'/').map(|(at, _)| at);
    let last = (mode == SymlinkMode::Full && path != b"/").then_some(path.len());
    for end in inner.chain(last) {
        if is_link(world, &path[..end])? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The target of the link at a path, or nothing if the path is no link or does not exist.
fn link_target(world: &mut dyn World, path: &[u8]) -> Result<Option<Vec<u8>>, WorldError> {
    if is_link(world, path)? { world.read_link(path).map(Some) } else { Ok(None) }
}

/// Whether there is a link at a path.
fn is_link(world: &mut dyn World, path: &[u8]) -> Result<bool, WorldError> {
    match world.metadata(path) {
        Ok(metadata) => Ok(metadata.kind == EntryKind::Symlink),
        Err(error) if error.is_absence() => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryWorld;

    fn world() -> MemoryWorld {
        MemoryWorld::new()
            .with_file("/real/dir/file", "x")
            .with_symlink("/relative", "real/dir")
            .with_symlink("/real/up", "../real/./dir")
            .with_symlink("/real/dir/self", "self")
            .with_symlink("/absolute", "/relative/file")
    }

    #[test]
    fn links_are_followed() {
        let mut world = world();
        let cases = [
            ("/relative/file", "/real/dir/file"),
            ("/real/up", "/real/dir"),
            ("/absolute", "/real/dir/file"),
            ("/no/such", "/no/such"),
            ("/", "/"),
        ];
        for (path, expected) in cases {
            let resolved = resolve_symlinks(&mut world, path.as_bytes(), SymlinkMode::Full).unwrap();
            assert_eq!(resolved, expected.as_bytes(), "{path}");
        }
    }

    #[test]
    fn a_final_link_can_be_kept() {
        let resolved = resolve_symlinks(&mut world(), b"/relative/self", SymlinkMode::Ancestors).unwrap();
        assert_eq!(resolved, b"/real/dir/self");
    }

    #[test]
    fn loops_end() {
        let result = resolve_symlinks(&mut world(), b"/relative/self", SymlinkMode::Full);
        assert_eq!(result, Err(WorldError::SymlinkLoop));
    }
}
