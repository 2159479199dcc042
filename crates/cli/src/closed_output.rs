//! Whether standard output was closed before the program started (`>&-`).
//!
//! Rust's runtime opens `/dev/null` in place of standard streams that are closed, before `main`: a result would be
//! lost without a word. So this is looked at before the runtime, among the initialisers that the loader runs.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicBool, Ordering};

static CLOSED: AtomicBool = AtomicBool::new(false);

/// Whether standard output was closed before the program started.
pub fn was_closed() -> bool {
    CLOSED.load(Ordering::Relaxed)
}

// SAFETY: the section holds pointers to functions of the C calling convention, which the loader calls once, on the
// only thread there is. This one makes one system call and changes one static; it needs nothing of Rust's runtime.
#[cfg(target_os = "linux")]
#[used]
#[unsafe(link_section = ".init_array")]
static LOOK: extern "C" fn() = look;

#[cfg(target_os = "linux")]
extern "C" fn look() {
    let flags = rustix::io::fcntl_getfd(rustix::stdio::stdout());
    CLOSED.store(flags == Err(rustix::io::Errno::BADF), Ordering::Relaxed);
}
