//! One layout of an exporter with its memory: everything that stays the same from view to view.
//!
//! Knows the numbers in the width of the C API. Must never know requests.

use std::ffi::CString;

use bufcheck_model::reference::{ReferenceSpec, SpecError};
use bufcheck_protocol::layout::{Layout, Memory, Order};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::chain::HeldView;
use super::memory::Block;

/// Who has the memory.
enum Source {
    /// This exporter.
    Own(Block),
    /// Another one, of which this is a view.
    View(#[expect(dead_code, reason = "held for its drop alone")] HeldView),
}

/// A layout and its memory.
pub(super) struct Plan {
    source: Source,
    pub(super) first: *mut u8,
    pub(super) layout: Layout,
    pub(super) c: bool,
    pub(super) f: bool,
    pub(super) len: isize,
    pub(super) itemsize: isize,
    pub(super) ndim: i32,
    pub(super) format: CString,
    /// Empty where the field is NULL.
    pub(super) shape: Vec<isize>,
    pub(super) strides: Vec<isize>,
    pub(super) suboffsets: Vec<isize>,
}

impl Plan {
    /// Memory of its own.
    pub(super) fn own(spec: &ReferenceSpec) -> PyResult<Self> {
        let image = spec.image().map_err(|error| refuse(&error))?;
        let block = Block::new(&image, spec.pages)?;
        let first = block.start().wrapping_add(image.first);
        Self::new(spec, Source::Own(block), first)
    }

    /// The memory of a view of an exporter of the same layout.
    pub(super) fn of_view(spec: &ReferenceSpec, view: HeldView) -> PyResult<Self> {
        let first = view.first();
        Self::new(spec, Source::View(view), first)
    }

    fn new(spec: &ReferenceSpec, source: Source, first: *mut u8) -> PyResult<Self> {
        let layout = spec.layout().map_err(|error| refuse(&error))?;
        let format = CString::new(spec.format.as_str())?;
        let narrow = |numbers: &[i64]| -> PyResult<Vec<isize>> {
            let narrowed = numbers.iter().map(|number| isize::try_from(*number));
            narrowed.collect::<Result<_, _>>().map_err(PyErr::from)
        };
        let shape = layout.shape().iter().map(|extent| isize::try_from(*extent));
        Ok(Self {
            source,
            first,
            c: layout.is_contiguous(Order::C),
            f: layout.is_contiguous(Order::F),
            len: isize::try_from(layout.size())?,
            itemsize: isize::try_from(layout.itemsize())?,
            ndim: i32::try_from(layout.ndim())?,
            format,
            shape: shape.collect::<Result<_, _>>()?,
            strides: narrow(layout.strides())?,
            suboffsets: narrow(layout.suboffsets().unwrap_or(&[]))?,
            layout,
        })
    }

    /// The block, if it belongs to this exporter.
    pub(super) fn block(&self) -> Option<&Block> {
        match &self.source {
            Source::Own(block) => Some(block),
            Source::View(_) => None,
        }
    }

    /// Address of the first item, behind all pointers; `None` where there is none.
    pub(super) fn first_item(&self) -> Option<*mut u8> {
        if self.layout.is_empty() {
            return None;
        }
        let mut address = self.first;
        for offset in self.suboffsets.iter().filter(|offset| **offset >= 0) {
            // SAFETY: the layout says that a pointer of this exporter's making stands here.
            let pointer = unsafe { address.cast::<*mut u8>().read_unaligned() };
            address = pointer.wrapping_offset(*offset);
        }
        Some(address)
    }

    /// All items in C index order; `None` beyond `most` bytes.
    pub(super) fn gather(&self, most: usize) -> Option<Vec<u8>> {
        if usize::try_from(self.layout.size()).ok()? > most {
            return None;
        }
        let walked = self.layout.walk(self.first as u64, &mut Mine, most).ok()?;
        Some(walked.bytes)
    }
}

fn refuse(error: &SpecError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// The exporter's own memory, which it laid out itself and can therefore read without asking.
struct Mine;

impl Memory for Mine {
    type Error = std::convert::Infallible;

    fn read(&mut self, address: u64, into: &mut [u8]) -> Result<(), Self::Error> {
        let from = std::ptr::with_exposed_provenance::<u8>(usize::try_from(address).unwrap_or(0));
        // SAFETY: addresses come from the layout that the memory was made for, or from the pointers
        // written into it, all inside the block.
        unsafe { std::ptr::copy_nonoverlapping(from, into.as_mut_ptr(), into.len()) };
        Ok(())
    }

    fn read_pointer(&mut self, address: u64) -> Result<u64, Self::Error> {
        let mut bytes = [0; size_of::<usize>()];
        self.read(address, &mut bytes)?;
        Ok(usize::from_ne_bytes(bytes) as u64)
    }
}
