//! An answer: how it differs from others, in one number, and in full, as it is written down.
//!
//! Knows every field of the struct. Must never know which answer is right: what tells two apart is whatever a rule might
//! look at.

use std::ffi::c_int;

use bufcheck_model::observation::{Answer, Array, Field, FieldSet, ObjRef, Raised, Refusal, Text, View};
use bufcheck_protocol::layout::MAX_NDIM;
use pyo3::ffi::{self, Py_buffer, PyObject};
use pyo3::prelude::*;

use super::readable::{may_hold, numbers, readable};
use crate::look::object::{is_plausible, owner};
use crate::look::reader::{Guarded, Reader};
use crate::look::text_of;

/// A struct after the request.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    pub(super) exporter: *mut PyObject,
    /// Where the struct stands.
    pub(super) address: usize,
    pub(super) raw: Py_buffer,
    pub(super) untouched: FieldSet,
    pub(super) returned: c_int,
    pub(super) poison: u8,
    /// An exception was set before, and is now.
    pub(super) errors: [bool; 2],
}

fn mix(hash: u64, word: u64) -> u64 {
    (hash.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95)
}

impl Seen {
    pub(super) fn granted(&self) -> bool {
        self.returned != -1
    }

    /// One number for all answers that no rule can tell apart.
    pub(super) fn signature(&self) -> u64 {
        let raw = &self.raw;
        let has = |field| !self.untouched.contains(field);
        let pattern = if has_more_than_internal(self.untouched) {
            self.poison
        } else {
            0
        };
        let mut hash = mix(
            u64::from(self.untouched.0) | u64::from(pattern) << 16,
            u64::from(self.returned.cast_unsigned())
                | u64::from(self.errors[0]) << 40
                | u64::from(self.errors[1]) << 41,
        );
        hash = mix(hash, self.owner_word());
        if !self.granted() {
            // SAFETY: the thread is attached; the type is only compared.
            return mix(hash, unsafe { ffi::PyErr_Occurred() } as u64) | 1;
        }
        let nulls = [
            raw.buf.is_null(),
            raw.format.is_null(),
            raw.shape.is_null(),
            raw.strides.is_null(),
            raw.suboffsets.is_null(),
        ];
        let nulls = nulls.iter().fold(0, |bits, null| bits << 1 | u64::from(*null));
        hash = mix(hash, nulls | u64::from(raw.ndim.cast_unsigned()) << 8);
        hash = mix(hash, raw.itemsize.cast_unsigned() as u64);
        hash = mix(hash, u64::from(raw.readonly.cast_unsigned()));
        hash = mix(hash, self.length_word());
        if has(Field::Format) && !raw.format.is_null() {
            hash = mix(hash, format_word(raw.format as usize));
        }
        if (1..=MAX_NDIM).contains(&usize::try_from(raw.ndim).unwrap_or(0)) {
            hash = mix(hash, self.arrays_word());
        }
        // 0 stands for no answer.
        hash | 1
    }

    fn owner_word(&self) -> u64 {
        if self.untouched.contains(Field::Obj) {
            return 1;
        }
        let owner = self.raw.obj;
        if owner.is_null() {
            2
        } else if owner == self.exporter {
            3
        } else if may_hold::<PyObject>(owner as usize) {
            // SAFETY: it can be read, and only the pointer is.
            unsafe { super::raw::kind(owner) as u64 }
        } else {
            4
        }
    }

    fn length_word(&self) -> u64 {
        let raw = &self.raw;
        let whole = raw.itemsize != 0 && raw.len % raw.itemsize == 0;
        (raw.len.signum() + 1).cast_unsigned() as u64
            | u64::from(raw.len == raw.itemsize) << 2
            | u64::from(whole) << 3
    }

    /// What shape, strides and suboffsets amount to.
    fn arrays_word(&self) -> u64 {
        let raw = &self.raw;
        let axes = usize::try_from(raw.ndim).unwrap_or(0);
        // SAFETY: the exporter has returned, and the lock of the interpreter is held.
        let of = |pointer: *mut isize| unsafe { numbers(pointer as usize, axes) };
        let (shape, strides, suboffsets) = (of(raw.shape), of(raw.strides), of(raw.suboffsets));
        let mut word = u64::from(shape.is_none())
            | u64::from(strides.is_none()) << 1
            | u64::from(suboffsets.is_none()) << 2;
        for (number, pointer) in [raw.shape, raw.strides, raw.suboffsets].into_iter().enumerate() {
            word |= u64::from(self.is_in_view(pointer as usize)) << (16 + number);
        }
        if let Some(suboffsets) = suboffsets {
            word |= u64::from(suboffsets.iter().all(|one| *one < 0)) << 3;
        }
        let Some(shape) = shape else {
            return word;
        };
        let product = shape
            .iter()
            .try_fold(raw.itemsize, |product, extent| product.checked_mul(*extent));
        word |= u64::from(product == Some(raw.len)) << 4;
        word |= u64::from(shape.iter().any(|extent| *extent < 0)) << 5;
        word |= u64::from(shape.contains(&0)) << 6;
        word |= u64::from(product.is_none()) << 7;
        if let Some(strides) = strides {
            let axes = || shape.iter().zip(strides);
            word |= u64::from(runs(raw.itemsize, &mut axes().rev())) << 8;
            word |= u64::from(runs(raw.itemsize, &mut axes())) << 9;
            word |= u64::from(strides.iter().any(|stride| *stride < 0)) << 10;
            word |= u64::from(strides.contains(&0)) << 11;
        }
        word
    }

    /// The answer in full.
    pub(super) fn answer(&self, py: Python<'_>, raised: Option<Raised>) -> Answer {
        if !self.granted() {
            return Answer::Refused(Refusal {
                raised,
                obj: self.owner(py),
                references: None,
                overrun: false,
            });
        }
        let raw = &self.raw;
        let has = |field| !self.untouched.contains(field);
        let number = |field, value: isize| if has(field) { value as i64 } else { 0 };
        Answer::Granted(Box::new(View {
            returned: self.returned,
            raised: raised.filter(|_| !self.errors[0]),
            untouched: self.untouched,
            buf: if has(Field::Buf) { raw.buf as u64 } else { 0 },
            obj: self.owner(py),
            len: number(Field::Len, raw.len),
            itemsize: number(Field::Itemsize, raw.itemsize),
            readonly: if has(Field::Readonly) { raw.readonly } else { 0 },
            ndim: if has(Field::Ndim) { raw.ndim } else { 0 },
            format: self.format(),
            shape: self.array(Field::Shape, raw.shape),
            strides: self.array(Field::Strides, raw.strides),
            suboffsets: self.array(Field::Suboffsets, raw.suboffsets),
            changed: FieldSet::EMPTY,
            overrun: false,
            unreleased: false,
            raised_by_release: None,
            references: None,
            obj_references: None,
            content: None,
        }))
    }

    fn owner(&self, py: Python<'_>) -> ObjRef {
        let object = self.raw.obj;
        if self.untouched.contains(Field::Obj) {
            ObjRef::Untouched
        } else if object.is_null() {
            ObjRef::Null
        } else if object == self.exporter {
            ObjRef::Exporter
        } else if is_plausible(&mut Guarded, object as usize) {
            // SAFETY: it was found to be an object just now.
            ObjRef::Other(unsafe { owner(py, object) })
        } else {
            ObjRef::Stray(object as u64)
        }
    }

    fn is_in_view(&self, address: usize) -> bool {
        (self.address..self.address + size_of::<Py_buffer>()).contains(&address)
    }

    fn format(&self) -> Text {
        let pointer = self.raw.format as usize;
        if pointer == 0 || self.untouched.contains(Field::Format) {
            return Text::Null;
        }
        let mut bytes = Vec::new();
        let ending = Guarded.text(pointer, &mut bytes);
        text_of(ending, &bytes, pointer as u64)
    }

    fn array(&self, field: Field, pointer: *mut isize) -> Array {
        let address = pointer as usize;
        if address == 0 || self.untouched.contains(field) {
            return Array::Null;
        }
        let axes = usize::try_from(self.raw.ndim)
            .ok()
            .filter(|axes| (1..=MAX_NDIM).contains(axes));
        let Some(axes) = axes.filter(|_| !self.untouched.contains(Field::Ndim)) else {
            return Array::Unread(address as u64);
        };
        let mut found = [0isize; MAX_NDIM];
        if !Guarded.numbers(address, &mut found[..axes]) {
            return Array::Unreadable(address as u64);
        }
        let found = found[..axes].iter().map(|number| *number as i64).collect();
        if self.is_in_view(address) {
            Array::InView(found)
        } else {
            Array::Elsewhere(found)
        }
    }
}

fn has_more_than_internal(fields: FieldSet) -> bool {
    let mut fields = fields;
    fields.remove(Field::Internal);
    !fields.is_empty()
}

/// Whether items lie side by side, the last of these axes the slowest.
fn runs(itemsize: isize, axes: &mut dyn Iterator<Item = (&isize, &isize)>) -> bool {
    let mut step = itemsize;
    for (extent, stride) in axes {
        if *extent > 1 && *stride != step {
            return false;
        }
        step = step.saturating_mul(*extent);
    }
    true
}

/// The first bytes of a format, as a number.
fn format_word(address: usize) -> u64 {
    /// Bytes that are looked at.
    const BOUND: usize = 256;
    let mut hash = 0;
    for at in address..address.saturating_add(BOUND) {
        if (at == address || at.is_multiple_of(64)) && !readable(at, 1) {
            return mix(hash, 1 << 32);
        }
        // SAFETY: up to the next multiple of 64 it is in a page that can be read.
        let byte = unsafe { *(at as *const u8) };
        if byte == 0 {
            return hash;
        }
        hash = mix(hash, u64::from(byte));
    }
    mix(hash, 2 << 32)
}
