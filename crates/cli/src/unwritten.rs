//! What an evaluation would have written to the store on disk, which this program does not do. An evaluation that may
//! write (`--read-write-mode`) is as good as with Nix if nothing was missing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::arguments::to_path;
use crate::failure::Failure;

/// How many paths are missing from the store. Nobody counts unless the evaluation may write.
#[derive(Clone, Default)]
pub struct Unwritten(Option<Arc<AtomicU64>>);

impl Unwritten {
    /// Counts, if the evaluation may write to a store.
    pub fn new(may_write: bool) -> Self {
        Unwritten(may_write.then(Arc::default))
    }

    /// Notes that the evaluation put something at a path of the store.
    pub fn note(&self, path: &[u8]) {
        if let Some(count) = &self.0
            && std::fs::symlink_metadata(to_path(path)).is_err()
        {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What is to be said of it, if anything is missing.
    pub fn failure(&self) -> Option<Failure> {
        let count = self.0.as_ref()?.load(Ordering::Relaxed);
        let what = if count == 1 { "a path of the store was" } else { "paths of the store were" };
        (count > 0).then(|| {
            let number = if count == 1 { String::new() } else { format!("{count} ") };
            Failure::not_available(format!(
                "{number}{what} computed but not written, for nivose does not write to a store; \
                 '--hand-over' has another nix-instantiate do it"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_counts() {
        let unwritten = Unwritten::new(true);
        unwritten.note(b"/");
        assert!(unwritten.failure().is_none());
        unwritten.note(b"/nonexistent/path");
        assert!(
            unwritten
                .failure()
                .is_some_and(|failure| failure.to_string().starts_with("a path of the store was"))
        );
        unwritten.note(b"/nonexistent/other");
        assert!(
            unwritten
                .failure()
                .is_some_and(|failure| failure.to_string().starts_with("2 paths of the store were"))
        );
        let nobody = Unwritten::new(false);
        nobody.note(b"/nonexistent/path");
        assert!(nobody.failure().is_none());
    }
}
