//! Overwrites memory that nobody should still point to: the dead stack and blocks that were freed.
//!
//! Knows which allocators an exporter is likely to use. Must never know what anything points to. It only uses
//! memory that it owns, as any unrelated code would between a request and a release.

use std::ffi::c_void;
use std::ptr::null_mut;

use pyo3::ffi;

/// Words of stack that are overwritten: 32 KiB, since slots that are not optimised reach deep.
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
#[allow(clippy::large_stack_arrays, reason = "it is the stack that is overwritten")]
fn overwrite_stack() {
    let mut block = [0u64; STACK];
    for word in &mut block {
        // SAFETY: a word of our own array; volatile, so that the write is not left out.
        unsafe { std::ptr::from_mut(word).write_volatile(u64::from_ne_bytes([FILL; 8])) };
    }
    std::hint::black_box(&block);
}

fn overwrite_blocks(size: usize) {
    let mut taken = [(null_mut::<c_void>(), null_mut::<c_void>(), null_mut::<c_void>()); BLOCKS];
    // SAFETY: every block is written within its size and given back once, to where it came from; null is
    // skipped by the first and allowed by the second.
    unsafe {
        for (block, mem, object) in &mut taken {
            *block = libc::malloc(size);
            *mem = ffi::PyMem_Malloc(size);
            *object = ffi::PyObject_Malloc(size);
            for fresh in [*block, *mem, *object]
                .into_iter()
                .filter(|block| !block.is_null())
            {
                fresh.cast::<u8>().write_bytes(FILL, size);
            }
        }
        for (block, mem, object) in taken {
            libc::free(block);
            ffi::PyMem_Free(mem);
            ffi::PyObject_Free(object);
        }
    }
}
