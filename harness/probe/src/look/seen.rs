//! What an answer points to: read right after the exporter returned, and again at any later time.
//!
//! Knows where each array stood and how the format ended, in buffers that are used again for the next answer. Must
//! never ask, and never judge.

use std::ffi::c_int;

use bufcheck_model::observation::{Field, FieldSet};
use bufcheck_protocol::layout::MAX_NDIM;
use pyo3::ffi::Py_buffer;

use crate::look::asked::{Asked, bit};
use crate::look::reader::{Arrays, Ending, Reader, Wanted};

/// What stands behind `shape`, `strides` or `suboffsets`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nothing: NULL or never written.
    #[default]
    Null,
    /// The pointer cannot be read.
    Unreadable,
    /// `ndim` does not say how much to read.
    Unread,
    /// In the struct.
    InView,
    /// On the stack below the asking frame.
    OnStack,
    /// Anywhere else.
    Elsewhere,
}

/// The fields behind which arrays stand, in the order of [`Seen::places`].
const ARRAYS: [Field; 3] = [Field::Shape, Field::Strides, Field::Suboffsets];

/// An answer as it stood right after the exporter returned.
pub(crate) struct Seen {
    /// The struct.
    pub(crate) asked: Asked,
    /// Fields equal to the fill pattern.
    pub(crate) untouched: FieldSet,
    /// Where shape, strides and suboffsets stand.
    pub(crate) places: [Place; 3],
    /// The numbers that stand there.
    pub(crate) arrays: Box<Arrays>,
    /// How the format ends.
    pub(crate) ending: Ending,
    /// Its bytes, without the NUL.
    pub(crate) format: Vec<u8>,
}

impl Seen {
    /// Room for an answer.
    pub(crate) fn new(asked: Asked) -> Self {
        Self {
            asked,
            untouched: FieldSet::EMPTY,
            places: [Place::Null; 3],
            arrays: Box::new([[0; MAX_NDIM]; 3]),
            ending: Ending::Null,
            format: Vec::new(),
        }
    }

    /// Looks at a granted view, right after the exporter returned.
    #[inline]
    pub(crate) fn look(&mut self, reader: &mut impl Reader) {
        self.find_untouched();
        let mut wanted = Wanted {
            axes: self.axes(),
            ..Wanted::default()
        };
        for which in 0..3 {
            self.places[which] = self.find_place(which);
            match self.places[which] {
                Place::InView => {
                    let address = self.pointer(which);
                    let into = &mut self.arrays[which][..wanted.axes];
                    self.asked.pinned.numbers_inside(address, into);
                }
                Place::Elsewhere => wanted.arrays[which] = self.pointer(which),
                Place::Null | Place::Unreadable | Place::Unread | Place::OnStack => {}
            }
        }
        if !self.untouched.contains(Field::Format) {
            wanted.format = self.asked.raw.format as usize;
        }
        let found = reader.copy(&wanted, &mut self.arrays, &mut self.format);
        for which in 0..3 {
            if wanted.arrays[which] != 0 && !found.arrays[which] {
                self.places[which] = Place::Unreadable;
            }
        }
        self.ending = found.ending;
    }

    /// Where an array stands, as long as it can be read. What stood on the dead stack was copied when the exporter
    /// returned.
    #[inline]
    fn find_place(&self, which: usize) -> Place {
        let address = self.pointer(which);
        if address == 0 || self.untouched.contains(ARRAYS[which]) {
            Place::Null
        } else if self.axes() == 0 {
            Place::Unread
        } else if self.asked.on_stack[which] {
            Place::OnStack
        } else if self.asked.pinned.contains(address) {
            Place::InView
        } else {
            Place::Elsewhere
        }
    }

    #[inline]
    fn find_untouched(&mut self) {
        let poison = self.asked.poison;
        let word = usize::from_ne_bytes([poison; size_of::<usize>()]);
        let int = c_int::from_ne_bytes([poison; size_of::<c_int>()]);
        let raw = &self.asked.raw;
        self.untouched = FieldSet(
            bit(raw.buf as usize == word, Field::Buf)
                | bit(raw.obj as usize == word, Field::Obj)
                | bit(raw.len.cast_unsigned() == word, Field::Len)
                | bit(raw.itemsize.cast_unsigned() == word, Field::Itemsize)
                | bit(raw.readonly == int, Field::Readonly)
                | bit(raw.ndim == int, Field::Ndim)
                | bit(raw.format as usize == word, Field::Format)
                | bit(raw.shape as usize == word, Field::Shape)
                | bit(raw.strides as usize == word, Field::Strides)
                | bit(raw.suboffsets as usize == word, Field::Suboffsets)
                | bit(raw.internal as usize == word, Field::Internal),
        );
    }

    /// What differs now from when it was looked at: fields, and what they point to.
    #[inline]
    pub(crate) fn changed(&self, reader: &mut impl Reader) -> FieldSet {
        let mut changed = self.asked.changed();
        let mut wanted = Wanted {
            axes: self.axes(),
            ..Wanted::default()
        };
        for (which, field) in ARRAYS.into_iter().enumerate() {
            match self.places[which] {
                Place::InView if !self.holds_inside(which) => changed.insert(field),
                Place::OnStack | Place::Elsewhere => wanted.arrays[which] = self.pointer(which),
                Place::InView | Place::Null | Place::Unreadable | Place::Unread => {}
            }
        }
        if self.ending == Ending::Terminated {
            wanted.format = self.asked.raw.format as usize;
        }
        let (arrays, format) = reader.differs(&wanted, &self.arrays, &self.format);
        for which in 0..3 {
            changed.0 |= bit(arrays[which], ARRAYS[which]);
        }
        changed.0 |= bit(format, Field::Format);
        changed
    }

    #[inline]
    fn holds_inside(&self, which: usize) -> bool {
        let pinned = &self.asked.pinned;
        pinned.holds_inside(self.pointer(which), self.array(which))
    }

    /// The number of axes, where it is one that can be read.
    #[inline]
    pub(crate) fn axes(&self) -> usize {
        axes(self.asked.raw.ndim)
    }

    /// The numbers behind shape (0), strides (1) or suboffsets (2).
    #[inline]
    pub(crate) fn array(&self, which: usize) -> &[isize] {
        &self.arrays[which][..self.axes()]
    }

    /// The pointer of shape (0), strides (1) or suboffsets (2).
    #[inline]
    pub(crate) fn pointer(&self, which: usize) -> usize {
        pointer(&self.asked.raw, which)
    }
}

/// The pointer of shape (0), strides (1) or suboffsets (2).
fn pointer(raw: &Py_buffer, which: usize) -> usize {
    match which {
        0 => raw.shape as usize,
        1 => raw.strides as usize,
        _ => raw.suboffsets as usize,
    }
}

/// As many axes as there are arrays' numbers to read.
fn axes(ndim: c_int) -> usize {
    usize::try_from(ndim)
        .ok()
        .filter(|axes| *axes <= MAX_NDIM)
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_counted_in_the_order_of_the_struct() {
        let mut raw = Py_buffer::new();
        raw.shape = std::ptr::without_provenance_mut(8);
        raw.strides = std::ptr::without_provenance_mut(16);
        raw.suboffsets = std::ptr::without_provenance_mut(24);
        assert_eq!([0, 1, 2].map(|which| pointer(&raw, which)), [8, 16, 24]);
    }

    #[test]
    fn axes_beyond_the_bound_are_not_read() {
        assert_eq!([-1, 0, 1, 64, 65, c_int::MAX].map(axes), [0, 0, 1, 64, 0, 0]);
    }
}
