//! Linux: `process_vm_readv` on the own process, which answers `EFAULT` where a load would kill.
//!
//! Knows three system calls. Must never know who asks.

use std::sync::OnceLock;

/// What cannot be checked here.
pub(crate) const UNCHECKED: &[&str] = &[];

/// Copies the bytes at `address`; whether all of them could be read.
pub(super) fn read(address: usize, into: &mut [u8]) -> bool {
    let mut done = 0;
    while done < into.len() {
        let local = libc::iovec {
            iov_base: into[done..].as_mut_ptr().cast(),
            iov_len: into.len() - done,
        };
        let remote = libc::iovec {
            iov_base: (address + done) as *mut libc::c_void,
            iov_len: local.iov_len,
        };
        // SAFETY: `local` describes a part of `into`, which is ours to write; the kernel checks every remote
        // address itself and answers EFAULT for one that cannot be read.
        let copied =
            unsafe { libc::process_vm_readv(libc::getpid(), &raw const local, 1, &raw const remote, 1, 0) };
        match usize::try_from(copied) {
            Ok(copied) if copied > 0 => done += copied,
            Ok(_) => return false,
            Err(_) => match std::io::Error::last_os_error().raw_os_error() {
                // A sandbox may forbid the call; a pipe gives the same answer more slowly.
                Some(libc::EPERM | libc::ENOSYS) => {
                    return super::pipe::read(address + done, &mut into[done..]);
                }
                _ => return false,
            },
        }
    }
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
    match std::io::Error::last_os_error().raw_os_error() {
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
        let (mut one, mut two) = (vec![0; source.len()], vec![0; source.len()]);
        assert!(
            read(source.as_ptr() as usize, &mut one)
                && super::super::pipe::read(source.as_ptr() as usize, &mut two)
        );
        assert_eq!((&one, &two), (&source, &source));
        assert!(!read(16, &mut one) && !super::super::pipe::read(16, &mut two));
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
    fn the_stack_lies_above_its_floor() {
        let local = 0u8;
        assert!(stack_floor() < &raw const local as usize);
    }
}
