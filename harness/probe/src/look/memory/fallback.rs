//! Elsewhere: a pipe on Unix; on other systems bytes are loaded directly, so that an address that cannot be
//! read ends the process.
//!
//! Knows what it does not check, and says so. Must never know who asks.

/// What cannot be checked here.
pub(crate) const UNCHECKED: &[&str] = &[
    #[cfg(not(unix))]
    "whether memory is mapped: an address that cannot be read ends the worker instead of being reported",
    "whether memory claimed writable can be written",
    "whether arrays lie on the stack of a function that has returned",
];

#[cfg(unix)]
pub(super) use super::pipe::read;

/// Copies the bytes at `address`.
#[cfg(not(unix))]
pub(super) fn read(address: usize, into: &mut [u8]) -> bool {
    // The first page is mapped nowhere.
    if address < 4096 {
        return false;
    }
    for (at, byte) in into.iter_mut().enumerate() {
        // SAFETY: none that we could keep: the exporter claims that the address is readable. A wrong claim
        // ends this worker process, and the orchestrator names the request that the mark shows.
        *byte = unsafe { ((address + at) as *const u8).read_volatile() };
    }
    true
}

/// Not known.
pub(crate) fn writable(_: u64) -> Option<bool> {
    None
}

/// Not known: nothing counts as stack.
pub(crate) fn stack_floor() -> usize {
    usize::MAX
}
