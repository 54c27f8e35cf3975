//! Linux: `process_vm_readv` on the own process, which answers `EFAULT` where a load would kill.
//!
//! Knows four system calls. Must never know who asks.

use std::io::Error;
use std::sync::Once;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use super::{Piece, pipe, whole};

/// What cannot be checked here.
pub(crate) const UNCHECKED: &[&str] = &[];

/// Pieces that one call takes at most: `UIO_MAXIOV` of the kernel.
const MOST_PIECES: usize = 1024;

/// A sandbox forbids the calls. Decided by the first of them; a pipe gives the same answers more slowly.
static FORBIDDEN: AtomicBool = AtomicBool::new(false);

/// The id of this process, 0 until it is known: the C library does not remember it, and it is needed at each call.
static PROCESS: AtomicI32 = AtomicI32::new(0);

fn process() -> i32 {
    match PROCESS.load(Ordering::Relaxed) {
        0 => find_process(),
        known => known,
    }
}

#[cold]
fn find_process() -> i32 {
    static FORGET_IN_CHILDREN: Once = Once::new();
    extern "C" fn forget() {
        PROCESS.store(0, Ordering::Relaxed);
    }
    // SAFETY: `forget` stores one number, which is allowed in the child of a fork.
    FORGET_IN_CHILDREN.call_once(|| unsafe {
        libc::pthread_atfork(None, None, Some(forget));
    });
    // SAFETY: the call has no conditions.
    let process = unsafe { libc::getpid() };
    PROCESS.store(process, Ordering::Relaxed);
    process
}

/// What a call for these pieces gave: bytes, or `None` where a sandbox forbids it.
fn permitted(copied: isize) -> Option<usize> {
    usize::try_from(copied).ok().or_else(|| {
        let error = Error::last_os_error().raw_os_error();
        (!matches!(error, Some(libc::EPERM | libc::ENOSYS))).then_some(0)
    })
}

/// See [`super::gather`].
pub(super) fn gather(pieces: &[Piece], into: &mut [u8]) -> usize {
    let (mut done, mut at) = (0, 0);
    for chunk in pieces.chunks(MOST_PIECES) {
        if FORBIDDEN.load(Ordering::Relaxed) {
            return done + pipe::gather(&pieces[done..], &mut into[at..]);
        }
        let wanted: usize = chunk.iter().map(|piece| piece.len).sum();
        let Some(copied) = copy(chunk, &mut into[at..at + wanted]) else {
            FORBIDDEN.store(true, Ordering::Relaxed);
            return done + pipe::gather(&pieces[done..], &mut into[at..]);
        };
        if copied < wanted {
            return done + whole(chunk, copied);
        }
        done += chunk.len();
        at += wanted;
    }
    done
}

/// Bytes that one call copies, from the first piece on; `into` is as long as all of them.
fn copy(pieces: &[Piece], into: &mut [u8]) -> Option<usize> {
    let remote = |piece: &Piece| libc::iovec {
        iov_base: piece.address as *mut libc::c_void,
        iov_len: piece.len,
    };
    let local = libc::iovec {
        iov_base: into.as_mut_ptr().cast(),
        iov_len: into.len(),
    };
    let (few, many);
    let remotes: &[libc::iovec] = if let [piece] = pieces {
        few = [remote(piece)];
        &few
    } else {
        many = pieces.iter().map(remote).collect::<Vec<_>>();
        &many
    };
    // SAFETY: `local` is `into`, which is ours to write; the kernel checks every remote address itself, and stops
    // at the first that cannot be read.
    permitted(unsafe {
        libc::process_vm_readv(
            process(),
            &raw const local,
            1,
            remotes.as_ptr(),
            remotes.len() as libc::c_ulong,
            0,
        )
    })
}

/// Writes `bytes` at `address`; whether all of them could be written.
pub(crate) fn write(address: u64, bytes: &[u8]) -> bool {
    let Ok(target) = usize::try_from(address) else {
        return false;
    };
    if FORBIDDEN.load(Ordering::Relaxed) {
        return write_directly(address, bytes);
    }
    let local = libc::iovec {
        iov_base: bytes.as_ptr().cast_mut().cast(),
        iov_len: bytes.len(),
    };
    let remote = libc::iovec {
        iov_base: target as *mut libc::c_void,
        iov_len: bytes.len(),
    };
    // SAFETY: `local` describes `bytes`, which is only read; the kernel checks the remote address itself and
    // answers EFAULT for one that cannot be written. That the memory may be written is the promise of a view
    // that was granted for WRITABLE.
    let written = unsafe { libc::process_vm_writev(process(), &raw const local, 1, &raw const remote, 1, 0) };
    match permitted(written) {
        Some(written) => written == bytes.len(),
        None => write_directly(address, bytes),
    }
}

/// [`write`] where a sandbox forbids the call.
fn write_directly(address: u64, bytes: &[u8]) -> bool {
    let Some(last) = (bytes.len() as u64)
        .checked_sub(1)
        .and_then(|last| address.checked_add(last))
    else {
        return false;
    };
    let Ok(target) = usize::try_from(address) else {
        return false;
    };
    if writable(address) != Some(true) || writable(last) != Some(true) {
        return false;
    }
    // SAFETY: both ends could be written a moment ago, no page lies between them (what is written is shorter), and
    // that the memory may be written is the promise of a view that was granted for WRITABLE.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), target as *mut u8, bytes.len()) };
    true
}

/// Whether the page that holds `address` can be written; `None` where the kernel does not say.
///
/// It adds 0 to the aligned word around the address, atomically and in the kernel (`FUTEX_WAKE_OP`): no byte
/// ever changes, not even while another thread writes there, and a page that cannot be written is `EFAULT`.
pub(crate) fn writable(address: u64) -> Option<bool> {
    /// `FUTEX_OP(FUTEX_OP_ADD, 0, FUTEX_OP_CMP_LT, -2048)`: add 0, and as good as never wake anyone.
    const ADD_NOTHING: u32 = 1 << 28 | 2 << 24 | 0x800;
    let word = usize::try_from(address).ok()? & !3;
    let own = 0u32;
    // SAFETY: the first word is ours and nobody waits on it; the kernel checks the second address itself, and
    // adding 0 leaves its value. A waiter there may at worst see a wake-up, which futexes allow at any time.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_futex,
            &raw const own,
            libc::FUTEX_WAKE_OP | libc::FUTEX_PRIVATE_FLAG,
            0usize,
            0usize,
            word,
            ADD_NOTHING as usize,
        )
    };
    if answer >= 0 {
        return Some(true);
    }
    match Error::last_os_error().raw_os_error() {
        Some(libc::EFAULT) => Some(false),
        _ => None,
    }
}

/// The lowest address of this thread's stack.
pub(crate) fn stack_floor() -> usize {
    thread_local!(static FLOOR: OnceLock<usize> = const { OnceLock::new() });
    FLOOR.with(|floor| *floor.get_or_init(find_stack_floor))
}

fn find_stack_floor() -> usize {
    let mut attributes = std::mem::MaybeUninit::<libc::pthread_attr_t>::uninit();
    let (mut floor, mut size) = (std::ptr::null_mut(), 0);
    // SAFETY: `attributes` is initialised by the first call, read by the second and destroyed by the third,
    // the latter two only if the first succeeded; the out-pointers are ours.
    unsafe {
        if libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) != 0 {
            return usize::MAX;
        }
        libc::pthread_attr_getstack(attributes.as_ptr(), &raw mut floor, &raw mut size);
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
    }
    floor as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_reads_what_the_call_reads() {
        let source: Vec<u8> = (0..10_000u32).map(|at| at.to_le_bytes()[0]).collect();
        let piece = |from: usize, len| Piece {
            address: source.as_ptr() as usize + from,
            len,
        };
        let bad = Piece { address: 16, len: 1 };
        for pieces in [
            vec![piece(0, 10_000)],
            vec![piece(7, 5000), piece(0, 0), piece(2, 1)],
            vec![piece(0, 3), bad, piece(0, 3)],
            vec![bad],
        ] {
            let len = pieces.iter().map(|piece| piece.len).sum();
            let (mut one, mut two) = (vec![0; len], vec![0; len]);
            let read = gather(&pieces, &mut one);
            assert_eq!(read, pipe::gather(&pieces, &mut two));
            let read: usize = pieces[..read].iter().map(|piece| piece.len).sum();
            assert_eq!(one[..read], two[..read]);
        }
    }

    #[test]
    fn a_constant_cannot_be_written_and_a_variable_stays_as_it_is() {
        static CONSTANT: [u8; 8] = *b"constant";
        let variable = [7u8; 8];
        assert_eq!(writable(variable.as_ptr() as u64 + 3), Some(true));
        assert_eq!(variable, [7; 8]);
        assert_eq!(writable(CONSTANT.as_ptr() as u64), Some(false));
    }

    #[test]
    fn both_ways_to_write_write_what_can_be_written() {
        static CONSTANT: [u8; 8] = *b"constant";
        for write in [write, write_directly] {
            let mut variable = [7u8; 8];
            assert!(write(variable.as_mut_ptr() as u64, &[1, 2, 3]));
            assert_eq!(variable, [1, 2, 3, 7, 7, 7, 7, 7]);
            assert!(!write(CONSTANT.as_ptr() as u64, &[1]));
            assert!(!write(16, &[1]));
        }
    }

    #[test]
    fn a_child_has_another_process_id_than_its_parent() {
        let own = process();
        assert_eq!(own, process());
        // SAFETY: the child only compares a number and ends; it takes no lock.
        unsafe {
            let child = libc::fork();
            if child == 0 {
                libc::_exit(i32::from(process() == own || process() != libc::getpid()));
            }
            let mut status = -1;
            libc::waitpid(child, &raw mut status, 0);
            assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0);
        }
    }

    #[test]
    fn the_stack_lies_above_its_floor() {
        let local = 0u8;
        assert!(stack_floor() < &raw const local as usize);
    }
}
