//! What every handler of signals needs: a stack of its own, and a blank action.
//!
//! Knows signals. Must never know what a handler does.

use std::io;
use std::ptr;

/// Bytes of a handler's own stack: the one of the thread may be what is exhausted.
const STACK: usize = 64 << 10;

/// Gives the calling thread a stack for its handlers.
pub(crate) fn give_stack() -> io::Result<()> {
    let stack = libc::stack_t {
        ss_sp: Box::leak(vec![0_u8; STACK].into_boxed_slice())
            .as_mut_ptr()
            .cast(),
        ss_flags: 0,
        ss_size: STACK,
    };
    // SAFETY: the stack was leaked, so it is there whenever a signal comes.
    if unsafe { libc::sigaltstack(&raw const stack, ptr::null_mut()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// An action without handler, flags and mask.
pub(crate) fn unset() -> libc::sigaction {
    // SAFETY: for this plain C struct zero means: the default action, no flags, an empty mask.
    unsafe { std::mem::zeroed() }
}
