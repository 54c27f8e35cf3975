//! Unix: bytes travel through a pipe, for the kernel answers `EFAULT` to a write from a bad address.
//!
//! Knows pipes. Must never know who asks. Slower than a direct call: two system calls a page, through one pipe for
//! each thread.

use std::cell::RefCell;
use std::os::fd::{AsRawFd as _, OwnedFd};

use super::Piece;

/// Bytes at a time: a pipe holds at least a page, so no write of this many blocks.
const CHUNK: usize = 4096;

/// The end to read from and the end to write to.
type Pipe = (OwnedFd, OwnedFd);

/// See [`super::gather`].
pub(super) fn gather(pieces: &[Piece], into: &mut [u8]) -> usize {
    thread_local!(static PIPE: RefCell<Option<Pipe>> = const { RefCell::new(None) });
    PIPE.with_borrow_mut(|pipe| {
        let mut rest = into;
        let mut done = 0;
        for piece in pieces {
            let (now, later) = rest.split_at_mut(piece.len);
            rest = later;
            if !through(pipe, piece.address, now) {
                // Half a chunk may still be in it.
                *pipe = None;
                break;
            }
            done += 1;
        }
        done
    })
}

fn through(pipe: &mut Option<Pipe>, address: usize, into: &mut [u8]) -> bool {
    if pipe.is_none() {
        let flags = rustix::pipe::PipeFlags::CLOEXEC;
        *pipe = rustix::pipe::pipe_with(flags).ok();
    }
    let Some((reader, writer)) = pipe else {
        return false;
    };
    into.chunks_mut(CHUNK).enumerate().all(|(at, chunk)| {
        let source = address.wrapping_add(at * CHUNK) as *const libc::c_void;
        let len = chunk.len();
        // SAFETY: the kernel checks the address itself and answers EFAULT for one that cannot be read.
        let written = unsafe { libc::write(writer.as_raw_fd(), source, len) };
        usize::try_from(written) == Ok(len) && rustix::io::read(&*reader, chunk) == Ok(len)
    })
}
