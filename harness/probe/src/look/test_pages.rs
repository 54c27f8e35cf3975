//! Pages of which single ones can be taken away, for the tests of what looks at memory.
//!
//! Knows mappings. Must never know what is looked for.

use std::ffi::c_void;

use bufcheck_model::observation::{Array, FieldSet, ObjRef, Text, View};
use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap};

use crate::look::memory::page_size;

/// Pages of which single ones can be taken away.
pub(super) struct Pages {
    pub(super) start: *mut c_void,
    pub(super) count: usize,
}

impl Pages {
    pub(super) fn new(count: usize) -> Self {
        let (all, private) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE);
        // SAFETY: a fresh mapping at an address of the system's choice.
        let start = unsafe { mmap_anonymous(std::ptr::null_mut(), count * page_size(), all, private) };
        Self {
            start: start.expect("pages"),
            count,
        }
    }

    pub(super) fn protect(&self, page: usize, flags: MprotectFlags) {
        // SAFETY: a page of our own, to which no reference exists.
        unsafe { mprotect(self.start.byte_add(page * page_size()), page_size(), flags) }.expect("protected");
    }

    /// A view of items that starts `from` bytes behind the first page.
    pub(super) fn view(&self, from: usize, itemsize: i64, shape: &[i64], strides: &[i64]) -> View {
        View {
            returned: 0,
            raised: None,
            untouched: FieldSet::EMPTY,
            buf: self.start as u64 + from as u64,
            obj: ObjRef::Exporter,
            len: itemsize * shape.iter().product::<i64>(),
            itemsize,
            readonly: 0,
            ndim: i32::try_from(shape.len()).unwrap(),
            format: Text::Null,
            shape: Array::Elsewhere(shape.to_vec()),
            strides: Array::Elsewhere(strides.to_vec()),
            suboffsets: Array::Null,
            changed: FieldSet::EMPTY,
            overrun: false,
            unreleased: false,
            raised_by_release: None,
            references: None,
            obj_references: None,
            content: None,
        }
    }

    pub(super) fn flat(&self) -> View {
        self.view(0, 1, &[(self.count * page_size()).cast_signed() as i64], &[1])
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: mapped by `new`, and nothing refers to it any more.
        unsafe { munmap(self.start, self.count * page_size()) }.expect("unmapped");
    }
}
