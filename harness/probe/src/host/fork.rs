//! Processes that an exporter forks off: none of them goes on as a worker.
//!
//! Knows whether this process is the worker itself. Must never know what the exporter wanted with another one.
//!
//! A child of `fork` that comes back out of the code under test would go on asking, and answer on the same pipe. It is
//! ended at its next step, without a word. One that stays in code of its own lives on; it holds no end of the protocol,
//! so that the death of the worker is seen at once.

use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

/// This process was forked off a worker.
static FORKED: AtomicBool = AtomicBool::new(false);

/// The descriptors of the protocol, which a child closes; -1 where there is none.
static PROTOCOL: [AtomicI32; 2] = [AtomicI32::new(-1), AtomicI32::new(-1)];

/// Makes this process the worker: what is forked off it from now on is none.
#[cfg(unix)]
pub(crate) fn guard(jobs: &std::fs::File, replies: &std::fs::File) {
    use std::os::fd::AsRawFd;
    static ONCE: std::sync::Once = std::sync::Once::new();
    for (place, file) in PROTOCOL.iter().zip([jobs, replies]) {
        place.store(file.as_raw_fd(), Ordering::Relaxed);
    }
    ONCE.call_once(|| {
        // SAFETY: the handler lives as long as the process, and does only what a handler in a forked child may do:
        // it stores to atomics and calls `close`.
        unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    });
}

/// There is no fork.
#[cfg(not(unix))]
pub(crate) fn guard<J, R>(_: &J, _: &R) {}

#[cfg(unix)]
extern "C" fn in_child() {
    FORKED.store(true, Ordering::Relaxed);
    for place in &PROTOCOL {
        let descriptor = place.swap(-1, Ordering::Relaxed);
        if descriptor >= 0 {
            // SAFETY: this process never uses the descriptor again: it ends before its next step.
            unsafe { libc::close(descriptor) };
        }
    }
}

/// Whether this process was forked off a worker. Async-signal-safe.
pub(crate) fn is_child() -> bool {
    FORKED.load(Ordering::Relaxed)
}

/// Ends this process if it is a child of the worker. To be called before every step and every word.
#[inline]
pub(crate) fn end_if_child() {
    if is_child() {
        leave(0);
    }
}

/// Ends this process without a word: no handlers, no buffers.
#[cold]
pub(crate) fn leave(status: i32) -> ! {
    // SAFETY: it takes any status, and does not come back.
    unsafe { libc::_exit(status) }
}
