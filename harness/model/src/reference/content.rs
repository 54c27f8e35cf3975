//! What the items hold: a fixed function of their position, or declared bytes.
//!
//! Knows items by their index alone; strides matter in one point only: along an axis of stride 0 all
//! items are the same item. Must never know where an item lies.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ReferenceSpec;
use super::error::{MAX_BYTES, SpecError};

/// The bytes of item `n`, counted in C index order over the axes whose stride is not 0, from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fill {
    /// The number `n + 1`, little-endian, over the whole item (what does not fit is cut off).
    #[default]
    Count,
    /// The number `n + 1`, big-endian.
    CountBig,
    /// Byte `k` is `((n * itemsize + k) * 73 + 41) mod 251`: no two neighbours are equal.
    Mix,
    /// Byte `k` is 1 where `n * itemsize + k` is a multiple of 3, else 0: valid booleans.
    Thirds,
    /// Byte `k` is the lower-case letter number `(n * itemsize + k) mod 26`.
    Letters,
}

impl Fill {
    /// The bytes of item `n`.
    pub fn item(self, n: u64, itemsize: usize) -> Vec<u8> {
        let place = |k: usize| n.wrapping_mul(itemsize as u64).wrapping_add(k as u64);
        let low = |number: u64| number.to_le_bytes()[0];
        let number = |k: usize| {
            let bytes = n.wrapping_add(1).to_le_bytes();
            bytes.get(k).copied().unwrap_or(0)
        };
        (0..itemsize)
            .map(|k| match self {
                Self::Count => number(k),
                Self::CountBig => number(itemsize - 1 - k),
                Self::Mix => low((place(k) % 251 * 73 + 41) % 251),
                Self::Thirds => u8::from(place(k) % 3 == 0),
                Self::Letters => b'a' + low(place(k) % 26),
            })
            .collect()
    }
}

impl ReferenceSpec {
    /// All bytes of the exporter in C index order of its items: the truth about its content.
    ///
    /// # Errors
    ///
    /// What [`ReferenceSpec::check`] finds, or [`SpecError::TooLarge`] beyond 64 MiB (a broadcast of a
    /// few bytes to a huge shape has a content that nobody should write down).
    pub fn content(&self) -> Result<Vec<u8>, SpecError> {
        let layout = self.layout()?;
        if layout.size() > MAX_BYTES {
            return Err(SpecError::TooLarge { bytes: layout.size() });
        }
        let items = Items::new(self, layout.strides())?;
        let mut content = Vec::new();
        if !layout.is_empty() {
            let mut index = vec![0; layout.ndim()];
            loop {
                content.extend(items.bytes(&index));
                if !advance(&mut index, layout.shape()) {
                    break;
                }
            }
        }
        Ok(content)
    }
}

/// Steps to the next index in C order; false behind the last.
pub(super) fn advance(index: &mut [u64], shape: &[u64]) -> bool {
    for (at, extent) in index.iter_mut().zip(shape).rev() {
        *at += 1;
        if *at < *extent {
            return true;
        }
        *at = 0;
    }
    false
}

/// The bytes of each item by its index.
pub(super) struct Items<'a> {
    spec: &'a ReferenceSpec,
    declared: Option<Vec<u8>>,
    itemsize: usize,
    /// Extents, with 1 for axes along which all items are the same.
    distinct: Vec<u64>,
}

impl<'a> Items<'a> {
    pub(super) fn new(spec: &'a ReferenceSpec, strides: &[i64]) -> Result<Self, SpecError> {
        let itemsize =
            usize::try_from(spec.itemsize).map_err(|_| SpecError::TooLarge { bytes: spec.itemsize })?;
        let declared = spec.bytes.as_deref().map(decode_hex).transpose()?;
        if let Some(bytes) = &declared {
            let wanted = spec.layout()?.size();
            if bytes.len() as u64 != wanted {
                return Err(SpecError::BytesLength {
                    found: bytes.len(),
                    wanted,
                });
            }
        }
        let distinct = spec.shape.iter().zip(strides);
        let distinct = distinct.map(|(extent, stride)| if *stride == 0 { 1 } else { *extent });
        Ok(Self {
            spec,
            declared,
            itemsize,
            distinct: distinct.collect(),
        })
    }

    /// Extents, with 1 for axes along which all items are the same.
    pub(super) fn distinct(&self) -> &[u64] {
        &self.distinct
    }

    pub(super) fn bytes(&self, index: &[u64]) -> Vec<u8> {
        let number = |shape: &[u64]| {
            index.iter().zip(shape).fold(0_u64, |number, (at, extent)| {
                number
                    .wrapping_mul(*extent)
                    .wrapping_add(if *extent == 1 { 0 } else { *at })
            })
        };
        match &self.declared {
            Some(bytes) => {
                let start = usize::try_from(number(&self.spec.shape)).unwrap_or(usize::MAX);
                let start = start.saturating_mul(self.itemsize);
                let item = bytes.get(start..start.saturating_add(self.itemsize));
                item.map_or_else(|| vec![0; self.itemsize], <[u8]>::to_vec)
            }
            None => self.spec.fill.item(number(&self.distinct), self.itemsize),
        }
    }
}

fn decode_hex(text: &str) -> Result<Vec<u8>, SpecError> {
    let mut digits = Vec::new();
    for (at, character) in text.char_indices().filter(|(_, character)| *character != ' ') {
        let digit = character.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        digits.push(digit.ok_or(SpecError::Hex { at, character })?);
    }
    if digits.len() % 2 != 0 {
        return Err(SpecError::HexOdd { digits: digits.len() });
    }
    Ok(digits
        .chunks_exact(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect())
}
