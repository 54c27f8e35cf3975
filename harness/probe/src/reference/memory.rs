//! Blocks of memory with an address.
//!
//! Knows how a block is allocated, loaded with an image and protected. Must never know layouts.

use std::alloc::{Layout, alloc, dealloc};
use std::ptr::NonNull;
use std::sync::OnceLock;

use bufcheck_model::reference::{Image, Pages};
use pyo3::exceptions::{PyMemoryError, PyOSError};
use pyo3::prelude::*;

/// Addresses of blocks are multiples of this: enough for every item type.
const ALIGNMENT: usize = 64;

/// A block of memory; freed on drop.
pub(super) struct Block {
    start: NonNull<u8>,
    len: usize,
    pages: Pages,
}

impl Block {
    /// A block with the bytes of the image, its pointers made real.
    pub(super) fn new(image: &Image, pages: Pages) -> PyResult<Self> {
        let len = image.bytes.len();
        let start = match pages {
            Pages::Heap => allocate(len)?,
            Pages::Protected => map(len.max(1), libc::PROT_READ | libc::PROT_WRITE)?,
        };
        let block = Self { start, len, pages };
        block.load(image);
        if pages == Pages::Protected {
            // SAFETY: the range was mapped just now and belongs to the block.
            let status = unsafe { libc::mprotect(start.as_ptr().cast(), len.max(1), libc::PROT_READ) };
            if status != 0 {
                return Err(PyOSError::new_err("the pages cannot be protected"));
            }
        }
        Ok(block)
    }

    /// Address of the first byte.
    pub(super) fn start(&self) -> *mut u8 {
        self.start.as_ptr()
    }

    /// Whether the pages can be written.
    pub(super) fn is_writable(&self) -> bool {
        self.pages == Pages::Heap
    }

    /// Writes the bytes of an image of the same size, its pointers made real.
    pub(super) fn load(&self, image: &Image) {
        let len = self.len.min(image.bytes.len());
        // SAFETY: `len` bytes are inside both blocks, and nobody else writes here meanwhile: the
        // interpreter is attached, and consumers were told that contents may change.
        unsafe { std::ptr::copy_nonoverlapping(image.bytes.as_ptr(), self.start(), len) };
        for (at, target) in &image.pointers {
            if at + size_of::<usize>() <= len {
                let pointer = self.start().wrapping_add(*target);
                // SAFETY: the place is inside the block; a pointer may stand at any address.
                unsafe { self.start().add(*at).cast::<*mut u8>().write_unaligned(pointer) };
            }
        }
    }

    /// A copy of the whole block.
    pub(super) fn bytes(&self) -> Vec<u8> {
        // SAFETY: the block is initialised and nobody writes meanwhile: the interpreter is attached.
        unsafe { std::slice::from_raw_parts(self.start(), self.len) }.to_vec()
    }

    /// Overwrites the whole block.
    pub(super) fn scribble(&self, byte: u8) {
        if self.is_writable() {
            // SAFETY: the range is the block itself.
            unsafe { self.start().write_bytes(byte, self.len) };
        }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        match self.pages {
            // SAFETY: allocated by `allocate` with this very layout.
            Pages::Heap => unsafe { dealloc(self.start(), heap_layout(self.len)) },
            Pages::Protected => {
                // SAFETY: mapped by `map` with this length; nothing refers to it any more.
                unsafe { libc::munmap(self.start().cast(), self.len.max(1)) };
            }
        }
    }
}

fn heap_layout(len: usize) -> Layout {
    Layout::from_size_align(len.max(1), ALIGNMENT).unwrap_or(Layout::new::<u64>())
}

fn allocate(len: usize) -> PyResult<NonNull<u8>> {
    // SAFETY: the layout is at least one byte long.
    NonNull::new(unsafe { alloc(heap_layout(len)) })
        .ok_or_else(|| PyMemoryError::new_err(format!("no memory for {len} bytes")))
}

fn map(len: usize, protection: i32) -> PyResult<NonNull<u8>> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANON;
    // SAFETY: a fresh anonymous mapping at an address of the system's choice.
    let start = unsafe { libc::mmap(std::ptr::null_mut(), len, protection, flags, -1, 0) };
    if start == libc::MAP_FAILED {
        return Err(PyMemoryError::new_err(format!("no pages for {len} bytes")));
    }
    NonNull::new(start.cast()).ok_or_else(|| PyMemoryError::new_err("mapped at NULL"))
}

/// A page that can be neither read nor written, the same one for the whole process.
pub(super) fn forbidden_page() -> *mut u8 {
    static PAGE: OnceLock<usize> = OnceLock::new();
    let page = PAGE.get_or_init(|| map(4096, libc::PROT_NONE).map_or(0, |page| page.as_ptr() as usize));
    std::ptr::with_exposed_provenance_mut(*page)
}
