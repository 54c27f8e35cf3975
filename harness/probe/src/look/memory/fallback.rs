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
pub(super) use super::pipe::gather;

/// See [`super::gather`].
#[cfg(not(unix))]
pub(super) fn gather(pieces: &[super::Piece], into: &mut [u8]) -> usize {
    let mut bytes = into.iter_mut();
    for (nth, piece) in pieces.iter().enumerate() {
        // The first page is mapped nowhere.
        if piece.address < 4096 && piece.len > 0 {
            return nth;
        }
        for (at, byte) in bytes.by_ref().take(piece.len).enumerate() {
            // SAFETY: none that we could keep: the exporter claims that the address is readable. A wrong claim
            // ends this worker process, and the orchestrator names the request that the mark shows.
            *byte = unsafe { (piece.address.wrapping_add(at) as *const u8).read_volatile() };
        }
    }
    pieces.len()
}

/// Not known.
pub(crate) fn writable(_: u64) -> Option<bool> {
    None
}

/// Nothing is written where nobody says whether it can be.
pub(crate) fn write(_: u64, _: &[u8]) -> bool {
    false
}

/// Not known: nothing counts as stack.
pub(crate) fn stack_floor() -> usize {
    usize::MAX
}
