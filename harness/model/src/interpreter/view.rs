//! A view and its memory as data.
//!
//! Knows which bytes the memory holds and which layout the fields tell. Must never know where in memory it lies.

use bufcheck_protocol::format::hex_bytes;
use bufcheck_protocol::layout::{Layout, LayoutProblem, Numbers, RawLayout};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Bytes that are kept for a pointer, whatever the width of one is.
const POINTER: usize = 8;

/// The fields of a `Py_buffer`, and the memory behind them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// Bytes of memory; the byte at `i` is `7 * i + 3`, as far as `memory` does not say otherwise.
    pub size: usize,
    /// Its first bytes, as hexadecimal digits.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub memory: String,
    /// Each `[at, to]`: a pointer to the byte `to` is stored at the byte `at`, where eight bytes are kept for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pointers: Vec<[usize; 2]>,
    /// Bytes from the start of the memory to `buf`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub start: usize,
    /// `format`; NULL if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// `itemsize`.
    pub itemsize: i64,
    /// `ndim`; default: one for each entry of `shape`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ndim: Option<i32>,
    /// `shape`; NULL if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<Vec<i64>>,
    /// `strides`; NULL if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strides: Option<Vec<i64>>,
    /// `suboffsets`; NULL if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suboffsets: Option<Vec<i64>>,
    /// `len`; default: the items of `shape`, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub len: Option<i64>,
    /// `readonly`.
    #[serde(default, skip_serializing_if = "is_no")]
    pub readonly: i32,
}

/// A view that cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ViewProblem {
    /// `memory` is not written as bytes, or there are more of them than `size` says.
    #[error("`memory` is no even number of hexadecimal digits, or longer than `size`")]
    Digits,
    /// A pointer does not lie in the memory, or leads out of it.
    #[error("a pointer does not lie within the memory, or leads out of it")]
    Pointer,
    /// The fields contradict themselves.
    #[error("the fields make no layout")]
    Layout,
    /// Larger than any case needs.
    #[error("the memory is larger than {} bytes", View::MAX_SIZE)]
    Size,
}

impl View {
    /// The largest memory, in bytes.
    pub const MAX_SIZE: usize = 1 << 16;

    /// Its memory, seen from a start at this address.
    ///
    /// # Errors
    ///
    /// [`ViewProblem`] where the keys contradict themselves.
    pub fn bytes(&self, address: usize) -> Result<Vec<u8>, ViewProblem> {
        if self.size > Self::MAX_SIZE {
            return Err(ViewProblem::Size);
        }
        let mut bytes: Vec<u8> = (0..self.size).map(pattern).collect();
        let given = unhex(&self.memory).ok_or(ViewProblem::Digits)?;
        bytes
            .get_mut(..given.len())
            .ok_or(ViewProblem::Digits)?
            .copy_from_slice(&given);
        for [at, to] in &self.pointers {
            let place = at.checked_add(POINTER).and_then(|end| bytes.get_mut(*at..end));
            let place = place.filter(|_| *to <= self.size).ok_or(ViewProblem::Pointer)?;
            place.fill(0);
            let pointer = address.wrapping_add(*to).to_ne_bytes();
            place[..pointer.len()].copy_from_slice(&pointer);
        }
        Ok(bytes)
    }

    /// These bytes with the pointers in them read as zero, and whether each was what it had been.
    pub fn without_pointers(&self, bytes: &[u8], before: &[u8]) -> (Vec<u8>, bool) {
        let mut bytes = bytes.to_vec();
        let mut kept = true;
        for [at, _] in &self.pointers {
            let place = *at..at + POINTER;
            kept &= bytes.get(place.clone()) == before.get(place.clone());
            if let Some(place) = bytes.get_mut(place) {
                place.fill(0);
            }
        }
        (bytes, kept)
    }

    /// `ndim`.
    pub fn ndim(&self) -> i32 {
        let axes = self.shape.as_ref().map_or(1, Vec::len);
        self.ndim
            .unwrap_or_else(|| i32::try_from(axes).unwrap_or(i32::MAX))
    }

    /// `len`, in bytes.
    pub fn len(&self) -> i64 {
        let items = || {
            self.shape
                .as_ref()?
                .iter()
                .try_fold(1_i64, |product, extent| product.checked_mul(*extent))
        };
        self.len.unwrap_or_else(|| {
            items()
                .and_then(|items| items.checked_mul(self.itemsize))
                .unwrap_or(i64::MAX)
        })
    }

    /// Whether `len` is 0.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where its items lie.
    ///
    /// # Errors
    ///
    /// [`ViewProblem::Layout`].
    pub fn layout(&self) -> Result<Layout, ViewProblem> {
        let raw = RawLayout {
            len: self.len(),
            itemsize: self.itemsize,
            ndim: self.ndim(),
            shape: numbers(self.shape.as_deref()),
            strides: numbers(self.strides.as_deref()),
            suboffsets: numbers(self.suboffsets.as_deref()),
        };
        Layout::of_view(&raw).map_err(|_: LayoutProblem| ViewProblem::Layout)
    }
}

fn numbers(array: Option<&[i64]>) -> Numbers<'_> {
    array.map_or(Numbers::Null, Numbers::Known)
}

/// The byte at a place of memory that nothing else is said of.
#[allow(
    clippy::cast_possible_truncation,
    reason = "the pattern repeats after 256 bytes"
)]
const fn pattern(at: usize) -> u8 {
    (at as u8).wrapping_mul(7).wrapping_add(3)
}

/// What an output is filled with before a call.
pub const BLANK: u8 = 0xee;

/// The bytes that a call puts into a view.
#[allow(
    clippy::cast_possible_truncation,
    reason = "the pattern repeats after 256 bytes"
)]
pub fn carried(bytes: usize) -> Vec<u8> {
    (0..bytes)
        .map(|at| (at as u8).wrapping_mul(11).wrapping_add(129))
        .collect()
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// Hexadecimal digits as bytes.
pub fn unhex(digits: &str) -> Option<Vec<u8>> {
    hex_bytes(digits)
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_zero(value: &usize) -> bool {
    *value == 0
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_no(value: &i32) -> bool {
    *value == 0
}
