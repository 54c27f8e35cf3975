//! A struct of our own that nobody exported, over memory of ours.
//!
//! Knows how the fields lie in guarded memory. Must never know which function gets it.

use std::ffi::CString;
use std::ptr;

use bufcheck_model::interpreter::{Fact, Facts, View, ViewProblem, hex};
use pyo3::ffi::Py_buffer;

use super::room::{Room, words};

/// The fields of a view, in the room of a call.
pub(super) struct Bare {
    /// In the arena of the fields.
    pub(super) view: *mut Py_buffer,
    /// The memory as it was.
    before: Vec<u8>,
    format: Option<CString>,
}

impl Bare {
    /// Puts a view into the room.
    pub(super) fn new(room: &mut Room, of: &View) -> Result<Self, ViewProblem> {
        // The pointers in it depend on where it will lie.
        let blank = vec![0; of.size.min(View::MAX_SIZE)];
        let address = room.memory.put(&blank);
        let before = of.bytes(address as usize)?;
        let address = room.memory.put(&before);
        let format = of
            .format
            .as_ref()
            .and_then(|format| CString::new(format.as_str()).ok());
        let all = [&of.shape, &of.strides, &of.suboffsets];
        let mut arrays = [ptr::null_mut::<isize>(); 3];
        for ((place, numbers), arena) in arrays.iter_mut().zip(all).zip(&mut room.arrays) {
            if let Some(numbers) = numbers {
                *place = arena.put(&words(numbers)).cast();
            }
        }
        // SAFETY: the struct holds numbers and pointers only, for which zeroes are values.
        let mut view: Py_buffer = unsafe { std::mem::zeroed() };
        view.buf = address.wrapping_add(of.start).cast();
        view.len = isize::try_from(of.len()).unwrap_or(isize::MAX);
        view.itemsize = isize::try_from(of.itemsize).unwrap_or(isize::MAX);
        view.readonly = of.readonly;
        view.ndim = of.ndim();
        view.format = format
            .as_ref()
            .map_or(ptr::null_mut(), |format| format.as_ptr().cast_mut());
        [view.shape, view.strides, view.suboffsets] = arrays;
        // SAFETY: a struct of plain numbers and pointers is as good as its bytes.
        let bytes =
            unsafe { std::slice::from_raw_parts((&raw const view).cast::<u8>(), size_of::<Py_buffer>()) };
        Ok(Self {
            view: room.fields.put(bytes).cast(),
            before,
            format,
        })
    }

    /// Notes the memory as it is now.
    pub(super) fn note_memory(&self, room: &Room, of: &View, facts: &mut Facts) {
        let (bytes, kept) = of.without_pointers(&room.memory.bytes(), &self.before);
        facts.insert(Fact::Memory, hex(&bytes).into());
        facts.insert(Fact::PointersKept, kept.into());
    }

    /// Overwrites the struct and its arrays: whoever copied them does not notice.
    pub(super) fn forget(self, room: &mut Room) {
        for arena in room.arrays.iter_mut().chain([&mut room.fields]) {
            let noise = vec![0x5b; arena.bytes().len()];
            arena.put(&noise);
        }
        // Nothing says that the text of a format is copied: it outlives whoever points to it.
        std::mem::forget(self.format);
    }
}
