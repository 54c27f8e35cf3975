//! Unix: bytes travel through a pipe, for the kernel answers `EFAULT` to a write from a bad address.
//!
//! Knows pipes. Must never know who asks. Slower than a direct call: three system calls a page.

use std::os::fd::AsRawFd as _;

/// Bytes at a time: a pipe holds at least a page, so no write of this many blocks.
const CHUNK: usize = 4096;

/// Copies the bytes at `address`; whether all of them could be read.
pub(super) fn read(address: usize, into: &mut [u8]) -> bool {
    let Ok((reader, writer)) = rustix::pipe::pipe() else {
        return false;
    };
    for (at, chunk) in into.chunks_mut(CHUNK).enumerate() {
        let source = (address + at * CHUNK) as *const libc::c_void;
        // SAFETY: the kernel checks the address itself and answers EFAULT for one that cannot be read.
        let written = unsafe { libc::write(writer.as_raw_fd(), source, chunk.len()) };
        let len = chunk.len();
        if usize::try_from(written) != Ok(len) || rustix::io::read(&reader, chunk) != Ok(len) {
            return false;
        }
    }
    true
}
