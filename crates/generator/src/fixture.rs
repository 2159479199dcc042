//! The files that programs read, in the folder that their paths start from.

use std::io;
use std::path::Path;

use nivose::world::MemoryWorld;

/// The folder, in the worlds that live in memory.
pub(crate) const FOLDER: &str = "/work-folder";

/// Names and contents.
const FILES: &[(&str, &str)] = &[
    ("number.nix", "41 + 1"),
    ("function.nix", "{ x ? 1, ... }: { value = x; name = \"function\"; }"),
    ("set.nix", "rec { a = 1; b = a + 1; name = \"set\"; nested = { inherit a; }; }"),
    ("text", "some text\nof two lines\n"),
    ("scoped.nix", "value"),
    ("folder/function.nix", "x: x"),
    ("folder/default.nix", "[ 1 2 3 ]"),
    ("folder/other", "other"),
];

/// A world with the files in a folder.
pub(crate) fn world(folder: &str) -> MemoryWorld {
    let world = MemoryWorld::new().with_current_directory(folder).with_home("/home");
    FILES.iter().fold(world, |world, (name, contents)| world.with_file(format!("{folder}/{name}"), *contents))
}

/// Writes the files into a folder on disk.
///
/// # Errors
/// If it cannot be written.
pub(crate) fn write(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder.join("folder"))?;
    FILES.iter().try_for_each(|(name, contents)| std::fs::write(folder.join(name), contents))
}
