//! Overwrites memory that nobody should still point to: the dead stack and blocks that were freed.
//!
//! Knows which allocators an exporter is likely to use. Must never know what anything points to. It only uses
//! memory that it owns, as any unrelated code would between a request and a release.

use std::ffi::c_void;

use pyo3::ffi;

/// Bytes of stack that are overwritten.
const STACK: usize = 4096;

/// Blocks taken from each allocator for each size.
const BLOCKS: usize = 4;

/// What is written; no small number, and no text.
const FILL: u8 = 0xe7;

/// Overwrites the stack below the caller, and blocks of about these sizes in bytes.
pub(crate) fn disturb(sizes: &[usize]) {
    overwrite_stack();
    for size in sizes.iter().filter(|size| **size > 0) {
        // Exporters that keep all arrays in one block take two or three times as much.
        for size in [*size, 2 * size, 3 * size] {
            overwrite_blocks(size);
        }
    }
}

#[inline(never)]
fn overwrite_stack() {
    let mut block = [0u8; STACK];
    for byte in &mut block {
        // SAFETY: a byte of our own array; volatile, so that the write is not left out.
        unsafe { std::ptr::from_mut(byte).write_volatile(FILL) };
    }
    std::hint::black_box(&block);
}

fn overwrite_blocks(size: usize) {
    let mut taken = [[std::ptr::null_mut::<c_void>(); BLOCKS]; 3];
    // SAFETY: every block is written within its size and given back once, to where it came from; null is
    // skipped by the first and allowed by the second.
    unsafe {
        for at in 0..BLOCKS {
            taken[0][at] = libc::malloc(size);
            taken[1][at] = ffi::PyMem_Malloc(size);
            taken[2][at] = ffi::PyObject_Malloc(size);
        }
        for block in taken.as_flattened().iter().filter(|block| !block.is_null()) {
            block.cast::<u8>().write_bytes(FILL, size);
        }
        for at in 0..BLOCKS {
            libc::free(taken[0][at]);
            ffi::PyMem_Free(taken[1][at]);
            ffi::PyObject_Free(taken[2][at]);
        }
    }
}
