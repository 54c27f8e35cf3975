//! Writing through a view without trusting it.
//!
//! Knows how this platform writes to the own process so that a bad address is an error and no crash. Must
//! never know what is written.

/// Writes `bytes` at `address`; whether all of them could be written.
#[cfg(target_os = "linux")]
pub(super) fn write(address: u64, bytes: &[u8]) -> bool {
    let Ok(address) = usize::try_from(address) else {
        return false;
    };
    let local = libc::iovec {
        iov_base: bytes.as_ptr().cast_mut().cast(),
        iov_len: bytes.len(),
    };
    let remote = libc::iovec {
        iov_base: address as *mut libc::c_void,
        iov_len: bytes.len(),
    };
    // SAFETY: `local` describes `bytes`, which is only read; the kernel checks the remote address itself and
    // answers EFAULT for one that cannot be written. That the memory may be written is the promise of a view
    // that was granted for WRITABLE.
    let written =
        unsafe { libc::process_vm_writev(libc::getpid(), &raw const local, 1, &raw const remote, 1, 0) };
    usize::try_from(written) == Ok(bytes.len())
}

/// Writes `bytes` at `address`, if its ends can be written; whether they were.
#[cfg(not(target_os = "linux"))]
pub(super) fn write(address: u64, bytes: &[u8]) -> bool {
    let Some(last) = (bytes.len() as u64)
        .checked_sub(1)
        .and_then(|last| address.checked_add(last))
    else {
        return false;
    };
    let writable = |at| crate::look::memory::writable(at) == Some(true);
    if !writable(address) || !writable(last) {
        return false;
    }
    let Ok(address) = usize::try_from(address) else {
        return false;
    };
    // SAFETY: both ends can be written, items are far smaller than a page, and that the memory may be written
    // is the promise of a view that was granted for WRITABLE.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), address as *mut u8, bytes.len()) };
    true
}
